//! What is known of the register outside its database: the last link of every chain, and the seal of the file at rest.
//!
//! A chain alone cannot show that its end was cut off, and a database has bytes that no statement reads. The file beside it
//! closes both gaps: after each write it names the last links, and after a clean close also the hash of the whole database.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::audit::Link;
use super::fault::RegisterError;
use crate::whole;

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The last link of each organisation's chain.
    pub heads: BTreeMap<String, Head>,
    /// SHA-256 of the database at rest; none while writes may be on their way.
    pub sealed: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub number: i64,
    pub hash: String,
}

fn path(dir: &Path) -> PathBuf {
    dir.join("register.anchor")
}

/// Whether the log of unfinished writes is empty, so that the database file holds everything.
pub fn at_rest(dir: &Path) -> bool {
    let log = dir.join(format!("{}-wal", super::FILE));
    fs::metadata(log).map_or(true, |found| found.len() == 0)
}

/// Keeps other processes from writing until the answer is dropped.
pub async fn hold(dir: &Path) -> Result<File, RegisterError> {
    let path = dir.join("register.lock");
    let held = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|cause| RegisterError::of_file(&path, &cause))?;
        file.lock().map_err(|cause| RegisterError::of_file(&path, &cause))?;
        Ok(file)
    });
    held.await.map_err(|cause| RegisterError::Unexpected { file: dir.to_owned(), cause: cause.to_string() })?
}

impl Anchor {
    /// The anchor as it stands; `None` where there is none.
    ///
    /// Errors: `register_damaged` where it cannot be read.
    pub fn read(dir: &Path) -> Result<Option<Anchor>, RegisterError> {
        let path = path(dir);
        match fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice::<Anchor>(&bytes) {
                // Only the bytes we write ourselves: a changed space counts as well.
                Ok(anchor) if anchor.bytes() == bytes => Ok(Some(anchor)),
                _ => Err(RegisterError::Damaged { file: path, what: "anchor".to_owned() }),
            },
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(RegisterError::of_file(&path, &cause)),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        // Plain maps of texts and whole numbers always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn write(&self, dir: &Path) -> Result<(), RegisterError> {
        let path = path(dir);
        whole::write(&path, &self.bytes()).map_err(|cause| RegisterError::of_file(&path, &cause))
    }

    /// Takes the seal away before the database changes.
    pub fn open(dir: &Path) -> Result<(), RegisterError> {
        match Anchor::read(dir)? {
            Some(Anchor { heads, sealed: Some(_) }) => Anchor { heads, sealed: None }.write(dir),
            _ => Ok(()),
        }
    }

    /// Names the link that was just written.
    pub fn moved(dir: &Path, organisation: &str, link: &Link) -> Result<(), RegisterError> {
        let mut anchor = Anchor::read(dir)?.unwrap_or_default();
        // A later write may have been named already.
        if anchor.heads.get(organisation).is_some_and(|head| head.number >= link.number) {
            return Ok(());
        }
        anchor.heads.insert(organisation.to_owned(), Head { number: link.number, hash: link.hash.clone() });
        anchor.write(dir)
    }

    /// Seals the database where it is at rest and not sealed yet.
    pub fn seal(dir: &Path) -> Result<(), RegisterError> {
        let file = dir.join(super::FILE);
        let anchor = Anchor::read(dir)?.unwrap_or_default();
        if anchor.sealed.is_some() || !at_rest(dir) || !file.exists() {
            return Ok(());
        }
        let (hash, _) = whole::sha256_of(&file).map_err(|cause| RegisterError::of_file(&file, &cause))?;
        Anchor { sealed: Some(hash), ..anchor }.write(dir)
    }
}
