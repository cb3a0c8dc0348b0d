//! What a fault of the trade store is for the program.

use datasets::error::DataError;

use super::Error;

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
