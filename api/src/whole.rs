//! Writing a file whole or not at all: a temporary name, synced, then renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Writes `bytes` to `path`; after a crash the old file or the new one is there, never a part.
///
/// A device or a pipe is written to and stays what it is: a rename would put a file in its place.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return File::options().write(true).open(path)?.write_all(bytes);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Two writers of one file must not share a temporary name.
    let temporary = folder.join(format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple()));
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&temporary, path)
    })();
    if let Err(cause) = written {
        let _ = fs::remove_file(&temporary);
        return Err(cause);
    }
    sync_folder(folder)
}

/// Makes a rename in `folder` survive a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(opened) => opened.sync_all(),
        // Some systems cannot open a folder as a file; there the rename itself is durable enough.
        Err(_) => Ok(()),
    }
}

/// SHA-256 of `bytes`, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of the file at `path` and its length, read in pieces.
pub fn sha256_of(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0_u8; 1 << 16];
    let mut bytes = 0_u64;
    loop {
        let read = io::Read::read(&mut file, &mut piece)?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), bytes));
        }
        hasher.update(&piece[..read]);
        bytes += read as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_abc_is_that_of_fips_180_and_files_are_replaced_whole() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), known);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/abc.txt");
        write(&path, b"longer than abc").expect("written");
        write(&path, b"abc").expect("written again");
        assert_eq!(sha256_of(&path).expect("read"), (known.to_owned(), 3));
        assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("listed").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Reached by a link below the folder: were it replaced, the link would be and not the device.
        let link = |device: &str| {
            let link = folder.path().join(device.trim_start_matches('/').replace('/', "-"));
            std::os::unix::fs::symlink(device, &link).expect("linked");
            link
        };
        let (null, full) = (link("/dev/null"), link("/dev/full"));
        write(&null, b"nothing stays").expect("taken");
        let refused = write(&full, b"no room").expect_err("there is no room");
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        for link in [null, full] {
            assert!(fs::symlink_metadata(&link).is_ok_and(|still| still.is_symlink()), "{}", link.display());
        }
    }
}
