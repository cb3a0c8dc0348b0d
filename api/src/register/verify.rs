//! Walking the register: are all bytes those that were recorded?

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::anchor::{self, Anchor, Head};
use super::audit::{Link, ORIGIN};
use super::fault::RegisterError;
use super::sql::{self, RecordRow};
use super::{FILE, Register};
use crate::whole;

/// Something that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// A word `finding.<code>` says it for people.
    pub code: String,
    /// The record, chain or file it is about.
    pub subject: String,
    pub detail: String,
}

impl Finding {
    pub fn new(code: &str, subject: impl Into<String>, detail: impl Into<String>) -> Finding {
        Finding { code: code.to_owned(), subject: subject.into(), detail: detail.into() }
    }
}

/// Rows read at a time: the walk needs little memory, whatever the length of the chain.
const PAGE: i64 = 256;

/// The seal, where the database was closed cleanly. Read before the database is opened, for opening may move bytes.
pub fn seal(dir: &Path) -> Vec<Finding> {
    let file = dir.join(FILE);
    match Anchor::read(dir) {
        Err(fault) => vec![Finding::new("anchor_damaged", "register.anchor", fault.to_string())],
        Ok(None) => Vec::new(),
        Ok(Some(anchor)) if !file.exists() && !anchor.heads.is_empty() => {
            vec![Finding::new("file_missing", FILE, "register")]
        }
        Ok(Some(Anchor { sealed: Some(sealed), .. })) => match whole::sha256_of(&file) {
            Ok((found, _)) if found == sealed && anchor::at_rest(dir) => Vec::new(),
            Ok((found, _)) => vec![Finding::new("register_changed", FILE, format!("{sealed} → {found}"))],
            Err(cause) => vec![Finding::new("file_missing", FILE, cause.to_string())],
        },
        Ok(Some(_)) => Vec::new(),
    }
}

impl Register {
    /// Walks every chain and every record; `visit` sees each record that reads as it was written.
    pub async fn walk(
        &self,
        mut visit: impl FnMut(&RecordRow, &mut Vec<Finding>),
    ) -> Result<(u64, Vec<Finding>), RegisterError> {
        let mut findings = Vec::new();
        let mut checked = 0;
        let mut connection = self.pool.acquire().await.map_err(|c| self.said(c))?;
        for said in sql::structure(&mut connection).await.map_err(|c| self.said(c))? {
            findings.push(Finding::new("register_structure", FILE, said));
        }
        let mut organisations = sql::organisations(&mut connection).await.map_err(|c| self.said(c))?;
        let anchor = match Anchor::read(&self.dir) {
            Ok(Some(anchor)) => anchor,
            Ok(None) => {
                if !organisations.is_empty() {
                    findings.push(Finding::new("anchor_damaged", "register.anchor", "missing"));
                }
                Anchor::default()
            }
            Err(_) => Anchor::default(), // told by `seal`
        };
        organisations.extend(anchor.heads.keys().cloned());
        organisations.sort();
        organisations.dedup();
        for organisation in organisations {
            let head = anchor.heads.get(&organisation);
            checked += self.chain(&mut connection, &organisation, head, &mut findings, &mut visit).await?;
        }
        Ok((checked, findings))
    }

    async fn chain(
        &self,
        connection: &mut SqliteConnection,
        organisation: &str,
        head: Option<&Head>,
        findings: &mut Vec<Finding>,
        visit: &mut impl FnMut(&RecordRow, &mut Vec<Finding>),
    ) -> Result<u64, RegisterError> {
        let (mut previous, mut number, mut met, mut checked) = (ORIGIN.to_owned(), 0, false, 0);
        loop {
            let links = sql::links(connection, organisation, number, PAGE).await;
            let links = links.map_err(|c| self.said(c))?;
            let rows = sql::records_by_number(connection, organisation, number, PAGE).await;
            let rows = rows.map_err(|c| self.said(c))?;
            let mut places: Vec<i64> = links.iter().map(|l| l.number).chain(rows.iter().map(|r| r.number)).collect();
            places.sort_unstable();
            places.dedup();
            // A page ends where both lists are complete, so that a gap in one is seen against the other.
            let full = |last: Option<i64>, len: usize| last.filter(|_| len as i64 == PAGE).unwrap_or(i64::MAX);
            let end =
                full(links.last().map(|l| l.number), links.len()).min(full(rows.last().map(|r| r.number), rows.len()));
            places.retain(|place| *place <= end);
            for place in &places {
                if *place != number + 1 {
                    findings.push(Finding::new("link_missing", format!("{organisation} #{}", number + 1), "audit"));
                }
                let link = links.iter().find(|link| link.number == *place);
                let row = rows.iter().find(|row| row.number == *place);
                met |= head.is_some_and(|head| link.is_some_and(|l| (l.number, &l.hash) == (head.number, &head.hash)));
                check(organisation, *place, link, row, &previous, findings, visit);
                previous = link.map_or(previous, |link| link.hash.clone());
                number = *place;
                checked += 1;
            }
            if places.is_empty() {
                break;
            }
        }
        if let (Some(head), false) = (head, met) {
            let subject = format!("{organisation} #{}", head.number);
            findings.push(Finding::new("chain_end_missing", subject, head.hash.clone()));
        }
        Ok(checked)
    }
}

/// One place of a chain: its link against the one before, its record against the link.
fn check(
    organisation: &str,
    number: i64,
    link: Option<&Link>,
    row: Option<&RecordRow>,
    previous: &str,
    findings: &mut Vec<Finding>,
    visit: &mut impl FnMut(&RecordRow, &mut Vec<Finding>),
) {
    let subject = format!("{organisation} #{number}");
    let (Some(link), Some(row)) = (link, row) else {
        let missing = if link.is_none() { "audit" } else { "record" };
        findings.push(Finding::new("link_missing", subject, missing));
        return;
    };
    if link.previous != previous || link.hash != link.expected_hash(organisation) {
        findings.push(Finding::new("chain_broken", subject.clone(), link.hash.clone()));
    }
    let hash = row.expected_hash();
    let same = row.organisation == organisation
        && row.hash == hash
        && link.record_hash == hash
        && (&row.recorded_at, &row.actor, &row.kind, &row.id) == (&link.recorded_at, &link.actor, &link.kind, &link.id);
    if same {
        visit(row, findings);
    } else {
        findings.push(Finding::new("record_changed", format!("{} {}", row.kind, row.id), subject));
    }
}
