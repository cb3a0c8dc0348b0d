//! Trades: a file through a mapping into the store, and a record of what was imported.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use datasets::import::{ImportOptions, Imported, Progress, import};
use datasets::manifest::{AppendRecord, Manifest};
use datasets::mapping::Mapping;
use datasets::schema::Trade;
use datasets::store::{Damage, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use valuation::fault::Fault;

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

/// The record of one append to the store, an import or another, and what the whole store was afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AppendEntry {
    #[serde(flatten)]
    append: AppendRecord,
    /// Names the state of the store after this append.
    root_hash: String,
}

impl AppendEntry {
    fn of(manifest: &Manifest, append: &AppendRecord) -> AppendEntry {
        AppendEntry { append: append.clone(), root_hash: manifest.as_of(append.sequence).root_hash() }
    }

    fn id(sequence: u64) -> String {
        format!("T-{sequence}")
    }
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
    let done = app
        .compute
        .run(move || {
            let options = ImportOptions {
                recorded_at: request.recorded_at.unwrap_or_else(Utc::now),
                dry_run: request.dry_run,
                rejects_file: request.rejects_file.as_deref(),
                progress: Some(&progress),
            };
            Ok(import(&request.file, &request.mapping, &Store::open(dir)?, &options)?)
        })
        .await?;
    record_appends(app).await?;
    Ok(done)
}

/// Adds trades that came from no file and records the append; what is in the store already is left out.
///
/// Errors: a trade that contradicts itself; those of the store.
pub async fn append(app: &App, make: impl FnOnce() -> Vec<Trade> + Send + 'static) -> Result<(), Error> {
    let dir = app.trades_dir();
    app.compute.run(move || -> Result<_, Error> { Ok(Store::open(dir)?.append(&make())?) }).await?;
    record_appends(app).await
}

/// Records every append of the store that this organisation has not recorded: the one just made, and one after which the
/// program was stopped before it could be recorded.
async fn record_appends(app: &App) -> Result<(), Error> {
    let dir = app.trades_dir();
    let manifest = app.compute.run(move || -> Result<_, Error> { Ok(Store::open(dir)?.manifest()?) }).await?;
    let organisation = &app.config.data.organisation;
    let mut missing = Vec::new();
    for append in manifest.appends.iter().rev() {
        let id = AppendEntry::id(append.sequence);
        if app.register.get(organisation, Kind::Trades, &id, None).await?.is_some() {
            break; // Appends are recorded in their order.
        }
        let document = serde_json::to_value(AppendEntry::of(&manifest, append)).map_err(Error::internal)?;
        missing.push(Entry { kind: Kind::Trades, id, document, supersedes: None });
    }
    missing.reverse();
    if !missing.is_empty() {
        app.register.record(organisation, &app.config.data.actor, &missing).await?;
    }
    Ok(())
}

/// Compares all trade files with their checksums, and the store with what was recorded of it (`recorded`, the documents of
/// the appends; nothing is asked of the records where it is `None`). Answers how many files were read.
pub fn damage(dir: &Path, recorded: Option<&[Value]>) -> (u64, Vec<Finding>) {
    let (store, manifest) = match opened(dir) {
        Ok(opened) => opened,
        Err(finding) => return (0, vec![finding]),
    };
    let verified = store.verify_segments(&manifest.segments);
    let mut findings = changed(dir, verified.failures);
    findings.extend(strangers(&store, &manifest));
    if let Some(recorded) = recorded {
        findings.extend(against(&manifest, &entries(recorded)));
    }
    (verified.checked, findings)
}

/// The same for the trade files of the months up to `cut_off` that were there after the last append of `recorded` (now where
/// there is none).
pub fn damage_until(dir: &Path, recorded: &[Value], cut_off: NaiveDate) -> (u64, Vec<Finding>) {
    let (store, manifest) = match opened(dir) {
        Ok(opened) => opened,
        Err(finding) => return (0, vec![finding]),
    };
    let entries = entries(recorded);
    let then = manifest.as_of(entries.last().map_or(u64::MAX, |last| last.append.sequence));
    let mut findings = if entries.is_empty() { Vec::new() } else { against(&then, &entries) };
    let month = cut_off.format("%Y-%m").to_string();
    let segments: Vec<_> = then.segments.into_iter().filter(|segment| segment.month() <= month.as_str()).collect();
    let verified = store.verify_segments(&segments);
    findings.extend(changed(dir, verified.failures));
    (verified.checked, findings)
}

fn opened(dir: &Path) -> Result<(Store, Manifest), Finding> {
    let opened = Store::open(dir).and_then(|store| Ok((store.manifest()?, store)));
    opened.map(|(manifest, store)| (store, manifest)).map_err(|fault| {
        let subject = fault.place().file.map_or_else(|| dir.to_owned(), PathBuf::from);
        Finding::new("not_readable", within(dir, &subject), fault.to_string())
    })
}

/// A path as it stands below the data folder.
fn within(dir: &Path, path: &Path) -> String {
    path.strip_prefix(dir.parent().unwrap_or(dir)).unwrap_or(path).display().to_string()
}

fn changed(dir: &Path, failures: Vec<Damage>) -> Vec<Finding> {
    let told = |damage: Damage| Finding::new("file_changed", within(dir, &damage.file), damage.reason);
    failures.into_iter().map(told).collect()
}

/// Trade files that no append wrote: other readers of the folder would take their rows for trades.
fn strangers(store: &Store, manifest: &Manifest) -> Vec<Finding> {
    let known: BTreeSet<PathBuf> = manifest.segments.iter().map(|segment| store.segment_path(segment)).collect();
    let mut found = Vec::new();
    for folder in std::fs::read_dir(store.trades()).into_iter().flatten().flatten() {
        let files = std::fs::read_dir(folder.path()).into_iter().flatten().flatten();
        found.extend(files.map(|file| file.path()).filter(|file| !known.contains(file)));
    }
    found.sort();
    let told = |file: PathBuf| Finding::new("file_unexpected", within(store.dir(), &file), "manifest.json");
    found.into_iter().map(told).collect()
}

/// What was recorded of the appends, in their order, whoever recorded it.
fn entries(recorded: &[Value]) -> Vec<AppendEntry> {
    let read = |document: &Value| serde_json::from_value(document.clone()).ok();
    let mut entries: Vec<AppendEntry> = recorded.iter().filter_map(read).collect();
    entries.sort_by_key(|entry| entry.append.sequence);
    entries
}

/// The appends of the manifest against those recorded. The state after the last recorded append holds every earlier one.
fn against(manifest: &Manifest, entries: &[AppendEntry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let subject = |sequence: u64| format!("append {sequence}");
    let made: BTreeMap<u64, &AppendRecord> = manifest.appends.iter().map(|made| (made.sequence, made)).collect();
    for entry in entries {
        if made.get(&entry.append.sequence) != Some(&&entry.append) {
            findings.push(Finding::new("import_missing", subject(entry.append.sequence), entry.root_hash.clone()));
        }
    }
    let recorded: BTreeSet<u64> = entries.iter().map(|entry| entry.append.sequence).collect();
    for append in manifest.appends.iter().filter(|append| !recorded.contains(&append.sequence)) {
        findings.push(Finding::new("import_unrecorded", subject(append.sequence), append.source.clone()));
    }
    let same = |entry: &AppendEntry| manifest.as_of(entry.append.sequence).root_hash() == entry.root_hash;
    if entries.last().is_some_and(|last| !same(last))
        && let Some(first) = entries.iter().find(|entry| !same(entry))
    {
        findings.push(Finding::new("store_changed", subject(first.append.sequence), first.root_hash.clone()));
    }
    findings
}
