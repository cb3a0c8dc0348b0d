//! Is everything recorded as it was written, and does this build calculate the same amounts again?

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use valuation::record::Valuation;
use valuation::verify::Discrepancy;

use crate::app::App;
use crate::error::Error;
use crate::register::{self, Finding, Kind};
use crate::whole;
use crate::work::trades;

/// What `verify` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// Records that were looked at.
    pub checked: u64,
    /// Files outside the register that were read whole.
    pub files: u64,
    /// Valuations that were calculated again.
    pub recalculated: u64,
    /// The version that calculated again; amounts are compared after rounding to money.
    pub engine_version: String,
    pub failures: Vec<Finding>,
}

impl Verified {
    /// What is known before anything is calculated.
    pub fn begun(failures: Vec<Finding>) -> Verified {
        Verified { failures, engine_version: env!("CARGO_PKG_VERSION").to_owned(), ..Verified::default() }
    }
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
    let mut answer = Verified { checked, ..Verified::begun(sealed) };
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
    let store = app.trades_dir();
    let (segments, found) = app.compute.run(move || Ok(trades::damage(&store, Some(&imports)))).await?;
    answer.files = count + segments;
    answer.failures.extend(found);
    Ok(answer)
}

/// Checks one valuation and what it rests on: its record, the price models it refers to, and the trade files that were there
/// when each of them was fitted, up to its cut-off.
///
/// Errors: `record_not_found`.
pub async fn one(app: &App, id: &str, sealed: Vec<Finding>) -> Result<Verified, Error> {
    let organisation = &app.config.data.organisation;
    let (mut valuation, mut models, mut appends) = (None, BTreeMap::new(), Vec::new());
    let (_, walked) = app
        .register
        .walk(|row, _| {
            let mine = &row.organisation == organisation;
            match (row.kind.as_str(), serde_json::from_str::<Value>(&row.document)) {
                ("valuation", Ok(document)) if mine && row.id == id => valuation = Some((row.number, document)),
                ("model", Ok(document)) if mine => drop(models.insert(row.id.clone(), (row.number, document))),
                ("trades", Ok(document)) if mine => appends.push((row.number, document)),
                _ => {}
            }
        })
        .await?;
    let Some((number, document)) = valuation else {
        // In a damaged register it may be there and only not readable as it was written.
        let failures: Vec<Finding> = sealed.into_iter().chain(walked).collect();
        if failures.is_empty() {
            return Err(Error::RecordNotFound { kind: Kind::Valuation.key(), id: id.to_owned() });
        }
        return Ok(Verified::begun(failures));
    };
    let mut answer = Verified { checked: 1, recalculated: 1, ..Verified::begun(sealed) };
    answer.failures.extend(told_of(&walked, organisation, Kind::Valuation, id, Some(number)));
    let referred = document.get("price_models").and_then(Value::as_object).cloned().unwrap_or_default();
    for (model, used) in referred {
        answer.checked += 1;
        let Some((fitted_at, record)) = models.get(&model) else {
            let missing = Finding::new("evidence_missing", format!("{} {model}", Kind::Model.key()), id);
            answer.failures.extend(told_of(&walked, organisation, Kind::Model, &model, None));
            answer.failures.push(missing);
            continue;
        };
        answer.failures.extend(told_of(&walked, organisation, Kind::Model, &model, Some(*fitted_at)));
        if record.get("price_model") != Some(&used) {
            answer.failures.push(Finding::new("evidence_changed", format!("{} {model}", Kind::Model.key()), id));
        }
        let cut_off = used.get("cut_off").and_then(Value::as_str).and_then(|day| day.parse().ok());
        let store = app.trades_dir();
        let before = appends.iter().filter(|(at, _)| at < fitted_at);
        let before: Vec<Value> = before.map(|(_, document)| document.clone()).collect();
        let until = cut_off.unwrap_or(NaiveDate::MAX);
        let (files, found) = app.compute.run(move || Ok(trades::damage_until(&store, &before, until))).await?;
        answer.files += files;
        answer.failures.extend(found);
    }
    answer.failures.extend(recalculated(app, id.to_owned(), document).await?);
    Ok(answer)
}

/// The findings of a walk that are about one record or its place in the chain.
fn told_of(walked: &[Finding], organisation: &str, kind: Kind, id: &str, number: Option<i64>) -> Vec<Finding> {
    let names = [Some(format!("{} {id}", kind.key())), number.map(|number| format!("{organisation} #{number}"))];
    walked.iter().filter(|finding| names.iter().flatten().any(|name| *name == finding.subject)).cloned().collect()
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
