//! Trades: a file through a mapping into the store, and a record of what was imported.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use datasets::import::{ImportOptions, Imported, Progress, import};
use datasets::mapping::Mapping;
use datasets::store::Store;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::register::{Entry, Finding, Kind};

/// What is to be imported.
pub struct ImportRequest {
    pub file: PathBuf,
    pub mapping: Mapping,
    /// The moment of recording for rows whose mapping gives none; now where absent.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Read and judge everything, change nothing.
    pub dry_run: bool,
    /// A CSV file that gets every reject.
    pub rejects_file: Option<PathBuf>,
}

/// The record of one import: which append of the store it is, and what the whole store was afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ImportRecord {
    sequence: u64,
    source_sha256: String,
    mapping: String,
    read: u64,
    imported: u64,
    rejected: u64,
    duplicates: u64,
    /// Names the state of the store after this append.
    root_hash: String,
}

/// Imports a file and records the import; `progress` hears how many bytes of how many are read.
///
/// Errors: what is wrong with the file as a whole, the mapping or the store; neither store nor register is changed then.
pub async fn import_file(
    app: &App,
    request: ImportRequest,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Imported, Error> {
    let dir = app.trades_dir();
    let (done, record) = app
        .compute
        .run(move || {
            let store = Store::open(dir)?;
            let before = store.manifest()?.sequence;
            let options = ImportOptions {
                recorded_at: request.recorded_at.unwrap_or_else(Utc::now),
                dry_run: request.dry_run,
                rejects_file: request.rejects_file.as_deref(),
                progress: Some(&progress),
            };
            let done = import(&request.file, &request.mapping, &store, &options)?;
            let manifest = store.manifest()?;
            let record = (manifest.sequence > before).then(|| ImportRecord {
                sequence: manifest.sequence,
                source_sha256: done.source_sha256.clone(),
                mapping: request.mapping.name.clone(),
                read: done.read,
                imported: done.imported,
                rejected: done.rejected,
                duplicates: done.duplicates,
                root_hash: manifest.root_hash(),
            });
            Ok((done, record))
        })
        .await?;
    if let Some(record) = record {
        let id = format!("T-{}-{}", record.sequence, record.source_sha256.get(..16).unwrap_or_default());
        let document = serde_json::to_value(&record).map_err(Error::internal)?;
        app.record(Entry { kind: Kind::Trades, id, document, supersedes: None }).await?;
    }
    Ok(done)
}

/// Compares the trade files with their checksums, and the store with what was recorded of it (`recorded`, the documents of
/// the imports in their order). Answers how many files were read.
pub fn damage(dir: &Path, recorded: &[serde_json::Value]) -> (u64, Vec<Finding>) {
    let checked = Store::open(dir).and_then(|store| Ok((store.verify()?, store.manifest()?)));
    let (verified, manifest) = match checked {
        Ok(checked) => checked,
        Err(fault) => return (0, vec![Finding::new("not_readable", dir.display().to_string(), fault.to_string())]),
    };
    let changed = |damage: datasets::store::Damage| {
        Finding::new("file_changed", damage.file.display().to_string(), damage.reason)
    };
    let mut findings: Vec<Finding> = verified.failures.into_iter().map(changed).collect();
    for document in recorded {
        let Ok(record) = serde_json::from_value::<ImportRecord>(document.clone()) else { continue };
        let subject = format!("import {}", record.sequence);
        let append = manifest.appends.iter().find(|append| append.sequence == record.sequence);
        if append.is_none_or(|append| append.source_sha256 != record.source_sha256) {
            findings.push(Finding::new("import_missing", subject, record.source_sha256));
        } else if record.sequence == manifest.sequence && record.root_hash != manifest.root_hash() {
            findings.push(Finding::new("store_changed", subject, record.root_hash));
        }
    }
    (verified.checked, findings)
}
