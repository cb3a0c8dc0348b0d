//! Evidence files: kept under their hash, of a known type, recorded with their name.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::register::{Entry, Kind, Record};
use crate::whole;
use crate::work::asset::Kept;
use crate::work::verify::NamedFile;

/// A file as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Evidence {
    name: String,
    media_type: String,
    bytes: u64,
    files: Vec<NamedFile>,
}

/// A recorded file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceRecord {
    /// SHA-256 of the file.
    pub evidence_id: String,
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
    #[serde(flatten)]
    pub kept: Kept,
}

/// How a file of a type begins; none where only its whole content shows it.
const TYPES: [(&str, Option<&[u8]>); 9] = [
    ("application/pdf", Some(b"%PDF-")),
    ("image/png", Some(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", Some(b"\xff\xd8\xff")),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Some(b"PK\x03\x04")),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Some(b"PK\x03\x04")),
    ("application/vnd.apache.parquet", Some(b"PAR1")),
    ("application/json", None),
    ("text/csv", None),
    ("text/plain", None),
];

async fn answer(app: &App, record: &Record) -> Result<EvidenceRecord, Error> {
    let evidence: Evidence = serde_json::from_value(record.document.clone()).map_err(Error::internal)?;
    Ok(EvidenceRecord {
        evidence_id: record.id.clone(),
        name: evidence.name,
        media_type: evidence.media_type,
        bytes: evidence.bytes,
        kept: Kept::of(app, Kind::Evidence, record).await?,
    })
}

/// Whether the content of `file` is of `media_type`.
///
/// Errors: `evidence_type`.
fn check(file: &Path, media_type: &str) -> Result<(), Error> {
    let refused = || Error::from(Refusal::EvidenceType { said: media_type.to_owned() });
    let Some((_, begins)) = TYPES.iter().find(|(known, _)| *known == media_type) else { return Err(refused()) };
    let bytes = std::fs::read(file).map_err(|cause| Error::of_file(file, &cause))?;
    let fits = match begins {
        Some(begins) => bytes.starts_with(begins),
        None if media_type == "application/json" => serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok(),
        None => !bytes.is_empty() && !bytes.contains(&0),
    };
    if fits { Ok(()) } else { Err(refused()) }
}

/// Keeps an uploaded file; the same file again is answered as it was recorded first. The second member says whether it is
/// new.
///
/// Errors: `evidence_type`; those of the disk and of the register.
pub async fn keep(
    app: &App,
    uploaded: PathBuf,
    name: String,
    media_type: String,
) -> Result<(EvidenceRecord, bool), Error> {
    let folder = app.evidence_dir();
    let typed = media_type.clone();
    let stored = tokio::task::spawn_blocking(move || -> Result<(String, u64), Error> {
        check(&uploaded, &typed)?;
        let refused = |cause: std::io::Error| Error::of_file(&uploaded, &cause);
        let (hash, bytes) = whole::sha256_of(&uploaded).map_err(refused)?;
        std::fs::create_dir_all(&folder).map_err(refused)?;
        std::fs::File::open(&uploaded).and_then(|file| file.sync_all()).map_err(refused)?;
        std::fs::rename(&uploaded, folder.join(&hash)).map_err(refused)?;
        whole::sync_folder(&folder).map_err(refused)?;
        Ok((hash, bytes))
    });
    let (hash, bytes) = stored.await.map_err(Error::internal)??;
    let organisation = &app.config.data.organisation;
    if let Some(there) = app.register.get(organisation, Kind::Evidence, &hash, None).await? {
        return Ok((answer(app, &there).await?, false));
    }
    let files = vec![NamedFile { file: format!("evidence/{hash}"), sha256: hash.clone() }];
    let document = serde_json::to_value(Evidence { name, media_type, bytes, files }).map_err(Error::internal)?;
    let recorded = app.record(Entry { kind: Kind::Evidence, id: hash, document, supersedes: None }).await?;
    Ok((answer(app, &recorded.record).await?, recorded.fresh))
}

/// The record of a file.
///
/// Errors: `record_not_found`.
pub async fn show(app: &App, id: &str) -> Result<EvidenceRecord, Error> {
    let record = app.find(Kind::Evidence, id).await?;
    answer(app, &record).await
}

/// Where a recorded file lies.
///
/// Errors: `record_not_found`.
pub async fn path(app: &App, id: &str) -> Result<PathBuf, Error> {
    // Found in the register, so it is a hash and no path.
    let record = app.find(Kind::Evidence, id).await?;
    Ok(app.evidence_dir().join(record.id))
}

/// The bytes of a recorded file, as long as they are those that were recorded.
///
/// Errors: `record_not_found`; `store_damaged` where they are not.
pub async fn bytes(app: &App, id: &str) -> Result<(EvidenceRecord, Vec<u8>), Error> {
    let record = show(app, id).await?;
    let path = path(app, id).await?;
    let bytes = tokio::fs::read(&path).await.map_err(|cause| Error::of_file(&path, &cause))?;
    if whole::sha256(&bytes) != record.evidence_id {
        let what = format!("evidence/{id}");
        return Err(crate::register::RegisterError::Damaged { file: path, what }.into());
    }
    Ok((record, bytes))
}
