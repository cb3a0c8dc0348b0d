//! One trade file: written under a temporary name with its checksum, read back whole or by columns.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use crate::error::DataError;
use crate::manifest::{Segment, hex};
use crate::schema::{COLUMNS, ColumnType, arrow_schema};

/// Rows of one row group; a group is what a writer keeps in memory.
const GROUP_ROWS: usize = 131_072;
/// Rows of one batch on reading.
pub(crate) const BATCH_ROWS: usize = 16_384;

/// A trade file that is being written.
pub(crate) struct SegmentWriter {
    path: PathBuf,
    writer: ArrowWriter<Hashing>,
    rows: u64,
}

/// Counts and hashes what goes to the file, so that the checksum costs no second pass.
struct Hashing {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.file.write_all(data)?;
        self.hash.update(data);
        self.bytes += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl SegmentWriter {
    pub fn create(path: &Path) -> Result<SegmentWriter, DataError> {
        let file = File::create_new(path).map_err(DataError::write(path))?;
        let sink = Hashing { file: BufWriter::with_capacity(1 << 16, file), hash: Sha256::new(), bytes: 0 };
        let writer = ArrowWriter::try_new(sink, arrow_schema(), Some(properties())).map_err(failed(path))?;
        Ok(SegmentWriter { path: path.to_owned(), writer, rows: 0 })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), DataError> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(failed(&self.path))
    }

    /// Bytes held in memory until the row group is full.
    pub fn held(&self) -> usize {
        self.writer.memory_size()
    }

    /// Ends the row group early, to free its memory.
    pub fn release(&mut self) -> Result<(), DataError> {
        self.writer.flush().map_err(failed(&self.path))
    }

    /// Writes the footer and makes the file durable. `name` is the path below `trades/`.
    pub fn finish(self, name: String) -> Result<Segment, DataError> {
        let mut sink = self.writer.into_inner().map_err(failed(&self.path))?;
        sink.flush().and_then(|()| sink.file.get_ref().sync_all()).map_err(DataError::write(&self.path))?;
        Ok(Segment { path: name, rows: self.rows, bytes: sink.bytes, sha256: hex(&sink.hash.finalize()) })
    }
}

fn failed(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> DataError + '_ {
    |error| {
        let source = match error {
            parquet::errors::ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => *source,
                Err(other) => io::Error::other(other),
            },
            other => io::Error::other(other),
        };
        DataError::StoreWrite { path: path.to_owned(), source }
    }
}

fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by("hengshu datasets".to_owned());
    for column in COLUMNS {
        let path = ColumnPath::from(column.name);
        // A dictionary of values that hardly repeat costs time and space.
        let repeats = match column.kind {
            ColumnType::Text => !matches!(column.name, "trade_id" | "attributes"),
            ColumnType::Date | ColumnType::Rate => true,
            ColumnType::Instant | ColumnType::Price | ColumnType::Number | ColumnType::Count | ColumnType::Key => false,
        };
        properties = properties.set_column_dictionary_enabled(path.clone(), repeats);
        // Readers skip row groups by time and by price; smallest and largest of the other columns help nobody.
        if matches!(column.kind, ColumnType::Date | ColumnType::Instant | ColumnType::Price) {
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
        }
    }
    properties.build()
}

/// The batches of one trade file, only the named columns (all where `None`), in file order.
///
/// With `segment` the bytes are first compared with its checksum; a fit must not read a damaged file in silence.
pub(crate) fn read(
    path: &Path,
    segment: Option<&Segment>,
    columns: Option<&[&str]>,
) -> Result<ParquetRecordBatchReader, DataError> {
    match segment {
        Some(segment) => {
            let bytes = std::fs::read(path).map_err(|error| match error.kind() {
                // The manifest names it: a file that went missing is damage, not a wrong path of the user.
                std::io::ErrorKind::NotFound => DataError::damaged(path, error),
                _ => DataError::read(path)(error),
            })?;
            if let Some(reason) = difference(&bytes, segment) {
                return Err(DataError::damaged(path, reason));
            }
            reader(ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)), path, columns)
        }
        None => {
            let file = File::open(path).map_err(DataError::read(path))?;
            reader(ParquetRecordBatchReaderBuilder::try_new(file), path, columns)
        }
    }
}

fn reader<R: parquet::file::reader::ChunkReader + 'static>(
    builder: parquet::errors::Result<ParquetRecordBatchReaderBuilder<R>>,
    path: &Path,
    columns: Option<&[&str]>,
) -> Result<ParquetRecordBatchReader, DataError> {
    let damaged = |error: parquet::errors::ParquetError| DataError::damaged(path, error);
    let builder = builder.map_err(damaged)?;
    let mask = match columns {
        Some(names) => ProjectionMask::columns(builder.parquet_schema(), names.iter().copied()),
        None => ProjectionMask::all(),
    };
    builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(damaged)
}

/// How the bytes differ from what was written, if they do.
pub(crate) fn difference(bytes: &[u8], segment: &Segment) -> Option<String> {
    if bytes.len() as u64 != segment.bytes {
        return Some(format!("it has {} bytes, {} were written", bytes.len(), segment.bytes));
    }
    (hex(&Sha256::digest(bytes)) != segment.sha256).then(|| "its checksum does not match".to_owned())
}
