//! Backup and restore: the register as lines of JSON, the files as they are, and a manifest of hashes. A backup of one
//! database can be restored into the other.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::register::{Kept, Link, RecordRow};
use crate::whole;
use crate::work::verify::NamedFile;

const REGISTER: &str = "register.jsonl";
const MANIFEST: &str = "manifest.json";
/// Places read or written at a time.
const PAGE: i64 = 256;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    pub engine_version: String,
    pub records: u64,
    /// Every file of the backup but this manifest, by its name there.
    pub files: Vec<NamedFile>,
}

/// One line of the register.
#[derive(Serialize, Deserialize)]
struct Line {
    organisation: String,
    number: i64,
    recorded_at: String,
    actor: String,
    kind: String,
    id: String,
    supersedes: Option<String>,
    reason: Option<String>,
    record_hash: String,
    document: String,
    previous: String,
    hash: String,
}

impl Line {
    fn of(kept: Kept) -> Line {
        let (row, link) = (kept.row, kept.link);
        Line {
            organisation: row.organisation,
            number: row.number,
            recorded_at: row.recorded_at,
            actor: row.actor,
            kind: row.kind,
            id: row.id,
            supersedes: row.supersedes,
            reason: row.reason,
            record_hash: row.hash,
            document: row.document,
            previous: link.previous,
            hash: link.hash,
        }
    }

    fn kept(self) -> Kept {
        let link = Link {
            number: self.number,
            recorded_at: self.recorded_at.clone(),
            actor: self.actor.clone(),
            kind: self.kind.clone(),
            id: self.id.clone(),
            record_hash: self.record_hash.clone(),
            previous: self.previous,
            hash: self.hash,
        };
        let row = RecordRow {
            organisation: self.organisation,
            number: self.number,
            recorded_at: self.recorded_at,
            actor: self.actor,
            kind: self.kind,
            id: self.id,
            supersedes: self.supersedes,
            reason: self.reason,
            hash: self.record_hash,
            document: self.document,
        };
        Kept { link, row }
    }
}

/// Files of the data folder that a backup holds: everything but the database, its anchor and what is on its way.
fn files_below(folder: &Path, within: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let left_out = |name: &str| name.starts_with("register.") || matches!(name, "uploads" | "postgres");
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        if within.as_os_str().is_empty() && left_out(&name.to_string_lossy()) {
            continue;
        }
        let inner = within.join(&name);
        if entry.file_type()?.is_dir() { files_below(&path, &inner, found)? } else { found.push(inner) }
    }
    Ok(())
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

/// Writes a backup into the folder `to`, which must be empty or not there. The service may run meanwhile: what is recorded
/// after the beginning is not in it.
///
/// Errors: `not_empty`; `register_damaged`; those of the disk.
pub async fn backup(app: &App, to: &Path) -> Result<Backup, Error> {
    if !is_empty(to) {
        return Err(Refusal::NotEmpty { path: to.display().to_string() }.into());
    }
    let refused = |cause: std::io::Error| Error::of_file(to, &cause);
    fs::create_dir_all(to).map_err(refused)?;
    let lines = to.join(REGISTER);
    let mut out = BufWriter::new(File::create(&lines).map_err(refused)?);
    let mut records = 0;
    for organisation in app.register.organisations().await? {
        let end = app.register.head(&organisation).await?.map_or(0, |head| head.number);
        let mut after = 0;
        while after < end {
            let places = app.register.places(&organisation, after, PAGE.min(end - after)).await?;
            let Some(last) = places.last() else { break };
            after = last.link.number;
            for kept in places {
                serde_json::to_writer(&mut out, &Line::of(kept)).map_err(Error::internal)?;
                out.write_all(b"\n").map_err(refused)?;
                records += 1;
            }
        }
    }
    out.into_inner().map_err(|cause| refused(cause.into_error()))?.sync_all().map_err(refused)?;
    let named = |file: &str, path: &Path| -> Result<NamedFile, Error> {
        let (sha256, _) = whole::sha256_of(path).map_err(|cause| Error::of_file(path, &cause))?;
        Ok(NamedFile { file: file.to_owned(), sha256 })
    };
    let mut files = vec![named(REGISTER, &lines)?];
    let mut found = Vec::new();
    files_below(app.dir(), Path::new(""), &mut found).map_err(|cause| Error::of_file(app.dir(), &cause))?;
    for file in found {
        let target = to.join("files").join(&file);
        copy(&app.dir().join(&file), &target)?;
        files.push(named(&Path::new("files").join(&file).to_string_lossy(), &target)?);
    }
    let backup = Backup { engine_version: env!("CARGO_PKG_VERSION").to_owned(), records, files };
    let text = serde_json::to_vec_pretty(&backup).map_err(Error::internal)?;
    whole::write(&to.join(MANIFEST), &text).map_err(refused)?;
    Ok(backup)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let refused = |cause: std::io::Error| Error::of_file(to, &cause);
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(refused)?;
    }
    fs::copy(from, to).map_err(refused)?;
    File::open(to).and_then(|file| file.sync_all()).map_err(refused)
}

/// Whether `dir` holds nothing yet, to be asked before a register is opened there.
///
/// Errors: `not_empty`.
pub fn may_restore(dir: &Path) -> Result<(), Error> {
    if is_empty(dir) { Ok(()) } else { Err(Refusal::NotEmpty { path: dir.display().to_string() }.into()) }
}

/// Restores the backup in `from` into an empty house, after every byte of it was compared with its manifest.
///
/// Errors: `not_empty`; `backup_damaged`; those of the disk and of the register.
pub async fn restore(app: &App, from: &Path) -> Result<Backup, Error> {
    if !app.register.organisations().await?.is_empty() {
        return Err(Refusal::NotEmpty { path: app.dir().display().to_string() }.into());
    }
    let backup = checked(from)?;
    let damaged = |what: String| Error::from(Refusal::BackupDamaged { what });
    let lines = from.join(REGISTER);
    let file = File::open(&lines).map_err(|cause| Error::of_file(&lines, &cause))?;
    let mut page: Vec<Kept> = Vec::new();
    let mut records = 0;
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|cause| Error::of_file(&lines, &cause))?;
        let line: Line = serde_json::from_str(&line).map_err(|cause| damaged(format!("{REGISTER}: {cause}")))?;
        let other = page.first().is_some_and(|first| first.row.organisation != line.organisation);
        if other || page.len() as i64 == PAGE {
            put_back(app, &mut page).await?;
        }
        page.push(line.kept());
        records += 1;
    }
    put_back(app, &mut page).await?;
    if records != backup.records {
        return Err(damaged(format!("{REGISTER}: {records} / {}", backup.records)));
    }
    for named in &backup.files {
        if let Some(file) = named.file.strip_prefix("files/") {
            copy(&from.join(&named.file), &app.dir().join(file))?;
        }
    }
    let (_, findings) = app.register.walk(|_, _| ()).await?;
    match findings.first() {
        Some(finding) => Err(damaged(format!("{} {}", finding.code, finding.subject))),
        None => Ok(backup),
    }
}

async fn put_back(app: &App, page: &mut Vec<Kept>) -> Result<(), Error> {
    if let Some(first) = page.first() {
        app.register.put_back(&first.row.organisation, page).await?;
    }
    page.clear();
    Ok(())
}

fn checked(from: &Path) -> Result<Backup, Error> {
    let damaged = |what: String| Error::from(Refusal::BackupDamaged { what });
    let manifest = from.join(MANIFEST);
    let text = fs::read(&manifest).map_err(|cause| Error::of_file(&manifest, &cause))?;
    let backup: Backup = serde_json::from_slice(&text).map_err(|cause| damaged(format!("{MANIFEST}: {cause}")))?;
    for named in &backup.files {
        let inside = Path::new(&named.file).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        match whole::sha256_of(&from.join(&named.file)) {
            Ok((found, _)) if inside && found == named.sha256 => {}
            _ => return Err(damaged(named.file.clone())),
        }
    }
    Ok(backup)
}
