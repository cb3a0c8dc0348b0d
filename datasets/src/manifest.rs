//! The list of trade files that make up the store. Replacing it is the one commit point of an append.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::DataError;

const FORMAT: u32 = 1;
const NAME: &str = "manifest.json";

/// One immutable trade file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Path below `trades/`, such as `month=2024-05/000001-000.parquet`.
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

impl Segment {
    /// The partition, such as `2024-05`.
    pub fn month(&self) -> &str {
        self.path.strip_prefix("month=").and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// The append that wrote it.
    pub fn sequence(&self) -> u64 {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        file.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
    }
}

/// What one append did: every row that was read is imported, rejected or a duplicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppendRecord {
    pub sequence: u64,
    /// File name without folders, and its SHA-256; empty for rows that came from no file.
    pub source: String,
    pub source_sha256: String,
    pub mapping: String,
    pub recorded_at: Option<DateTime<Utc>>,
    pub read: u64,
    pub imported: u64,
    pub rejected: u64,
    pub duplicates: u64,
}

/// The state of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// Number of the newest append.
    pub sequence: u64,
    /// Sorted by path: by month, then by append.
    pub segments: Vec<Segment>,
    pub appends: Vec<AppendRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    checksum: String,
    manifest: Manifest,
}

impl Default for Manifest {
    fn default() -> Self {
        Manifest { format: FORMAT, sequence: 0, segments: Vec::new(), appends: Vec::new() }
    }
}

impl Manifest {
    /// Rows in all trade files, every version counted.
    pub fn rows(&self) -> u64 {
        self.segments.iter().map(|segment| segment.rows).sum()
    }

    /// SHA-256 over the whole list, checksums of the files included: it names this state of the store.
    pub fn root_hash(&self) -> String {
        hex(&Sha256::digest(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// The store as it was after append `sequence`: files are never changed or removed, and each is named by its append.
    pub fn as_of(&self, sequence: u64) -> Manifest {
        let segments = self.segments.iter().filter(|segment| segment.sequence() <= sequence).cloned().collect();
        let appends = self.appends.iter().filter(|append| append.sequence <= sequence).cloned().collect();
        Manifest { format: self.format, sequence: self.sequence.min(sequence), segments, appends }
    }

    /// Reads the manifest of a store; a folder without one is an empty store.
    pub(crate) fn read(dir: &Path) -> Result<Manifest, DataError> {
        let path = dir.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Manifest::default()),
            Err(source) => return Err(DataError::Unreadable { file: path, source }),
        };
        let sealed: Sealed = serde_json::from_slice(&bytes).map_err(|error| DataError::damaged(&path, error))?;
        if sealed.manifest.format != FORMAT {
            return Err(DataError::damaged(&path, format!("format {}, known is {FORMAT}", sealed.manifest.format)));
        }
        // Comparing the bytes, not only the checksum, finds changes that JSON would forgive.
        if sealed.manifest.sealed()? != bytes {
            return Err(DataError::damaged(&path, "its checksum does not match its content"));
        }
        Ok(sealed.manifest)
    }

    /// Replaces the manifest on disk: afterwards the new state holds, before it the old one.
    pub(crate) fn commit(&self, dir: &Path) -> Result<(), DataError> {
        let path = dir.join(NAME);
        let temporary = dir.join("manifest.json.new");
        let write = || -> io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(&self.sealed().map_err(io::Error::other)?)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            sync_folder(dir)
        };
        write().map_err(DataError::write(&path))
    }

    fn sealed(&self) -> Result<Vec<u8>, DataError> {
        let sealed = Sealed { checksum: self.root_hash(), manifest: self.clone() };
        let mut bytes = serde_json::to_vec(&sealed).map_err(|error| DataError::damaged(Path::new(NAME), error))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Makes renames within `dir` durable.
pub(crate) fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[(b >> 4) as usize], DIGITS[(b & 15) as usize]]).map(char::from).collect()
}
