//! What a fault of a file or of the trade store is for the program.

use std::path::Path;

use datasets::error::DataError;

use super::Error;

impl Error {
    /// A failed file operation: what the system said decides the code.
    pub fn of_file(path: &Path, cause: &std::io::Error) -> Error {
        use std::io::ErrorKind;
        let path = path.to_owned();
        match cause.kind() {
            ErrorKind::NotFound => Error::FileNotFound { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Error::ReadOnly { path },
            // A folder where a file is to be, or a file where a folder is to be.
            ErrorKind::IsADirectory | ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Error::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Error::DiskFull { path },
            _ => Error::Internal { cause: format!("{}: {cause}", path.display()) },
        }
    }
}

impl From<DataError> for Error {
    /// What the system said about a file decides the code, whoever opened it.
    fn from(fault: DataError) -> Error {
        use std::io::ErrorKind::{
            FileTooLarge, NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
        };
        match &fault {
            DataError::Unreadable { file, source } if source.kind() == NotFound => Error::of_file(file, source),
            DataError::StoreWrite { path, source } => match source.kind() {
                PermissionDenied | ReadOnlyFilesystem | StorageFull | QuotaExceeded | FileTooLarge => {
                    Error::of_file(path, source)
                }
                _ => Error::Data(fault),
            },
            _ => Error::Data(fault),
        }
    }
}
