//! The audit chain: each link holds the hash of its record and of the link before it.

use serde_json::json;

use crate::whole::sha256;

/// What the first link has for a previous one.
pub const ORIGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One link of an organisation's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Counted from 1, without a gap.
    pub number: i64,
    pub recorded_at: String,
    pub actor: String,
    pub kind: String,
    pub id: String,
    pub record_hash: String,
    /// Hash of the link before.
    pub previous: String,
    /// SHA-256 over everything above and the organisation.
    pub hash: String,
}

impl Link {
    /// The link that follows `head`.
    pub fn after(
        head: Option<&Link>,
        organisation: &str,
        actor: &str,
        kind: &str,
        id: &str,
        record_hash: &str,
        recorded_at: &str,
    ) -> Link {
        let mut link = Link {
            number: head.map_or(1, |head| head.number + 1),
            recorded_at: recorded_at.to_owned(),
            actor: actor.to_owned(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            record_hash: record_hash.to_owned(),
            previous: head.map_or_else(|| ORIGIN.to_owned(), |head| head.hash.clone()),
            hash: String::new(),
        };
        link.hash = link.expected_hash(organisation);
        link
    }

    /// The hash this link must have.
    pub fn expected_hash(&self, organisation: &str) -> String {
        // A JSON array says where one text ends and the next begins.
        let framed = json!([
            organisation,
            self.number,
            self.recorded_at,
            self.actor,
            self.kind,
            self.id,
            self.record_hash,
            self.previous
        ]);
        sha256(framed.to_string().as_bytes())
    }
}

/// The hash of a record's content: what must repeat when the same thing is recorded again.
pub fn record_hash(
    organisation: &str,
    kind: &str,
    id: &str,
    supersedes: Option<&str>,
    reason: Option<&str>,
    document: &str,
) -> String {
    sha256(json!([organisation, kind, id, supersedes, reason, document]).to_string().as_bytes())
}
