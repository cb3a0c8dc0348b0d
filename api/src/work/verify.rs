//! Is everything recorded as it was written, and does this build calculate the same amounts again?

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use valuation::record::Valuation;
use valuation::verify::Discrepancy;

use crate::app::App;
use crate::error::Error;
use crate::register::{self, Finding, Kind};
use crate::whole;

/// What `verify` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// Records that were looked at.
    pub checked: u64,
    /// Files outside the register that were read whole.
    pub files: u64,
    /// Valuations that were calculated again.
    pub recalculated: u64,
    pub failures: Vec<Finding>,
}

/// The seal of the register, to be asked before it is opened.
pub fn seal(dir: &Path) -> Vec<Finding> {
    register::seal(dir)
}

/// Checks the whole house: the chains, every record, every file a record names, and every valuation by calculating it again.
pub async fn all(app: &App, sealed: Vec<Finding>) -> Result<Verified, Error> {
    let mut valuations = Vec::new();
    let mut files = Vec::new();
    let mut imports = Vec::new();
    let (checked, found) = app
        .register
        .walk(|row, findings| match serde_json::from_str::<Value>(&row.document) {
            Ok(document) => {
                files.extend(named_files(&document));
                if row.kind == Kind::Trades.key() {
                    imports.push(document);
                }
                // Other organisations' valuations are calculated again as well: the file is one.
                if row.kind == Kind::Valuation.key() {
                    valuations.push((row.organisation.clone(), row.id.clone()));
                }
            }
            Err(cause) => findings.push(Finding::new("record_changed", &row.id, cause.to_string())),
        })
        .await?;
    let mut answer = Verified { checked, failures: sealed, ..Verified::default() };
    answer.failures.extend(found);
    for (organisation, id) in valuations {
        if let Some(record) = app.register.get(&organisation, Kind::Valuation, &id, None).await? {
            answer.failures.extend(recalculated(app, id, record.document).await?);
            answer.recalculated += 1;
        }
    }
    let dir = app.dir().to_owned();
    let (count, found) = app.compute.run(move || Ok(read_files(&dir, files))).await?;
    answer.failures.extend(found);
    let trades = app.trades_dir();
    let (segments, found) = app.compute.run(move || Ok(crate::work::trades::damage(&trades, &imports))).await?;
    answer.files = count + segments;
    answer.failures.extend(found);
    Ok(answer)
}

/// Checks one valuation.
///
/// Errors: `record_not_found`.
pub async fn one(app: &App, id: &str, sealed: Vec<Finding>) -> Result<Verified, Error> {
    let record = app.find(Kind::Valuation, id).await?;
    let failures = recalculated(app, id.to_owned(), record.document).await?;
    let (_, found) = app.register.walk(|_, _| ()).await?;
    let mine = |finding: &Finding| finding.subject == format!("{} {id}", Kind::Valuation.key());
    let failures = sealed.into_iter().chain(found.into_iter().filter(mine)).chain(failures).collect();
    Ok(Verified { checked: 1, files: 0, recalculated: 1, failures })
}

async fn recalculated(app: &App, id: String, document: Value) -> Result<Vec<Finding>, Error> {
    app.compute
        .run(move || {
            let recorded: Valuation = match serde_json::from_value(document) {
                Ok(recorded) => recorded,
                Err(cause) => return Ok(vec![Finding::new("not_readable", id, cause.to_string())]),
            };
            let told = |discrepancy: Discrepancy| match discrepancy {
                Discrepancy::NotIntact { recorded, found } => {
                    Finding::new("not_intact", &id, format!("{recorded} → {found}"))
                }
                Discrepancy::Amount { what, recorded, found } => {
                    Finding::new("other_amount", &id, format!("{what}: {recorded} → {found}"))
                }
                Discrepancy::Refused { error } => Finding::new("refused_now", &id, error.to_string()),
            };
            Ok(valuation::verify::verify(&recorded).into_iter().map(told).collect())
        })
        .await
}

/// A file that a record names, relative to the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedFile {
    pub file: String,
    pub sha256: String,
}

/// The files a document names in its member `files`.
fn named_files(document: &Value) -> Vec<NamedFile> {
    let files = document.get("files").and_then(Value::as_array).into_iter().flatten();
    files.filter_map(|file| serde_json::from_value(file.clone()).ok()).collect()
}

/// Reads each file whole and compares its digest.
fn read_files(dir: &Path, mut files: Vec<NamedFile>) -> (u64, Vec<Finding>) {
    files.sort_by(|a, b| (&a.file, &a.sha256).cmp(&(&b.file, &b.sha256)));
    files.dedup();
    let findings = files
        .iter()
        .filter_map(|named| match whole::sha256_of(&dir.join(&named.file)) {
            Ok((found, _)) if found == named.sha256 => None,
            Ok((found, _)) => Some(Finding::new("file_changed", &named.file, format!("{} → {found}", named.sha256))),
            Err(cause) => Some(Finding::new("file_missing", &named.file, cause.to_string())),
        })
        .collect();
    (files.len() as u64, findings)
}
