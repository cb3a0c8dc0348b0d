//! Reading the register as it was known at a moment, and searching it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Kind, Record, Register, RegisterError};

/// Records read at a time while searching.
const PAGE: i64 = 256;

/// The register as it was known at a moment; see [`Register::as_known_at`].
pub struct Known<'a> {
    register: &'a Register,
    at: Option<DateTime<Utc>>,
}

impl Register {
    /// The register as it was known at `moment`: later records are not seen, and what they superseded stands.
    pub fn as_known_at(&self, moment: DateTime<Utc>) -> Known<'_> {
        Known { register: self, at: Some(moment) }
    }

    /// The register as it is known now.
    pub fn now_known(&self) -> Known<'_> {
        Known { register: self, at: None }
    }
}

impl Known<'_> {
    /// The record `id`.
    pub async fn get(&self, organisation: &str, kind: Kind, id: &str) -> Result<Option<Record>, RegisterError> {
        self.register.get(organisation, kind, id, self.at).await
    }

    /// Up to `limit` records that are not superseded, after place `after` of the chain.
    pub async fn list(
        &self,
        organisation: &str,
        kind: Kind,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Record>, RegisterError> {
        self.register.list(organisation, kind, after, limit, self.at).await
    }

    /// The same of those that hold every word of `words` in a text, name or attribute, whatever the case of its letters.
    ///
    /// Every record of the kind is looked at: this finds part of a Chinese word as well as a whole one.
    pub async fn search(
        &self,
        organisation: &str,
        kind: Kind,
        words: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Record>, RegisterError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let page = self.list(organisation, kind, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.number;
            for record in page {
                let hit = |word: &String| record.id.to_lowercase().contains(word) || holds(&record.document, word);
                if words.iter().all(hit) {
                    found.push(record);
                    if found.len() as i64 == limit {
                        return Ok(found);
                    }
                }
            }
        }
    }
}

/// Whether a text or number of `value`, or the name of an attribute that the writer chose, holds `word`.
fn holds(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text.to_lowercase().contains(word),
        Value::Number(number) => number.to_string().contains(word),
        Value::Array(items) => items.iter().any(|item| holds(item, word)),
        Value::Object(members) => members.iter().any(|(name, member)| {
            let attributes = name == "attributes" && member.as_object().is_some_and(|m| named(m, word));
            attributes || holds(member, word)
        }),
        Value::Null | Value::Bool(_) => false,
    }
}

fn named(members: &serde_json::Map<String, Value>, word: &str) -> bool {
    members.keys().any(|name| name.to_lowercase().contains(word))
}
