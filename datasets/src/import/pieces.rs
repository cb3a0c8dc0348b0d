//! A file in pieces that can be converted each by itself: blocks of text, or batches of a Parquet file.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use chrono::DateTime;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::error::DataError;
use crate::mapping::{Encoding, Mapping};
use crate::plan::Plan;
use crate::records::Records;
use crate::source::{Block, Blocks, survey};

/// Rows of one piece of a Parquet file.
const BATCH_ROWS: usize = 8_192;

/// A part of the file.
pub(super) enum Piece {
    Text {
        block: Block,
        delimiter: u8,
    },
    /// Rows of a Parquet file; `first` is the number of the first, counted from 1.
    Rows {
        batch: RecordBatch,
        first: u64,
    },
}

impl Piece {
    pub fn bytes(&self) -> u64 {
        match self {
            Piece::Text { block, .. } => block.text.len() as u64,
            Piece::Rows { batch, .. } => batch.get_array_memory_size() as u64,
        }
    }
}

/// What is known of the file before its rows are read.
#[derive(Clone)]
pub(super) struct FileFacts {
    pub sha256: String,
    pub bytes: u64,
    pub encoding: &'static str,
}

/// Reads a file piece by piece.
pub(super) struct Pieces {
    file: PathBuf,
    facts: FileFacts,
    from: Source,
}

enum Source {
    Text {
        blocks: Blocks,
        first: Option<Block>,
        delimiter: u8,
    },
    Parquet {
        builder: Option<ParquetRecordBatchReaderBuilder<File>>,
        reader: Option<ParquetRecordBatchReader>,
        row: u64,
    },
}

impl Pieces {
    /// Opens the file; the names of its columns and its pieces.
    ///
    /// Errors: a file that cannot be read, is empty, has broken text, or is Parquet and damaged.
    pub fn open(file: &Path, mapping: &Mapping) -> Result<(Vec<String>, Pieces), DataError> {
        if is_parquet(file)? {
            return Pieces::parquet(file);
        }
        let surveyed = survey(file, mapping.encoding)?;
        let encoding = if surveyed.encoding == Encoding::Gb18030 { "gb18030" } else { "utf-8" };
        let mut blocks = Blocks::open(file, surveyed.encoding, mapping.delimiter)?;
        let block = blocks.next()?.ok_or_else(|| DataError::EmptyFile { file: file.to_owned() })?;
        let mut records = Records::new(&block.text, block.line, mapping.delimiter);
        let header = records.next().ok_or_else(|| DataError::EmptyFile { file: file.to_owned() })?;
        let mut start = 0;
        let name = |end: usize| {
            let name = String::from_utf8_lossy(&header.text[start..end]).trim().to_owned();
            start = end + header.gap;
            name
        };
        let names: Vec<String> = header.ends.iter().copied().map(name).collect();
        let (rest, line) = records.position();
        let first = Block { text: block.text[block.text.len() - rest..].to_vec(), line, unclosed: block.unclosed };
        let facts = FileFacts { sha256: surveyed.sha256, bytes: surveyed.bytes, encoding };
        let from = Source::Text { blocks, first: Some(first), delimiter: mapping.delimiter };
        Ok((names, Pieces { file: file.to_owned(), facts, from }))
    }

    fn parquet(file: &Path) -> Result<(Vec<String>, Pieces), DataError> {
        let surveyed = crate::source::hash(file)?;
        let input = File::open(file).map_err(DataError::read(file))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|error| bad_parquet(file, error))?;
        let names = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let facts = FileFacts { sha256: surveyed.0, bytes: surveyed.1, encoding: "parquet" };
        let from = Source::Parquet { builder: Some(builder), reader: None, row: 1 };
        Ok((names, Pieces { file: file.to_owned(), facts, from }))
    }

    pub fn survey(&self) -> FileFacts {
        self.facts.clone()
    }

    /// Reads of a Parquet file only the columns that the plan uses.
    pub fn narrow(&mut self, plan: &Plan) -> Result<(), DataError> {
        if let Source::Parquet { builder, reader, .. } = &mut self.from
            && let Some(built) = builder.take()
        {
            let used = (0..plan.width).filter(|column| plan.uses(*column));
            let mask = ProjectionMask::roots(built.parquet_schema(), used);
            let built = built.with_projection(mask).with_batch_size(BATCH_ROWS).build();
            *reader = Some(built.map_err(|error| bad_parquet(&self.file, error))?);
        }
        Ok(())
    }

    /// The next pieces, at most `count`; none at the end.
    pub fn group(&mut self, count: usize) -> Result<Vec<Piece>, DataError> {
        let mut pieces = Vec::with_capacity(count);
        while pieces.len() < count
            && let Some(piece) = self.next()?
        {
            pieces.push(piece);
        }
        Ok(pieces)
    }

    fn next(&mut self) -> Result<Option<Piece>, DataError> {
        match &mut self.from {
            Source::Text { blocks, first, delimiter } => {
                let delimiter = *delimiter;
                let block = match first.take() {
                    Some(block) => Some(block),
                    None => blocks.next()?,
                };
                Ok(block.map(|block| Piece::Text { block, delimiter }))
            }
            Source::Parquet { reader, row, .. } => match reader.as_mut().and_then(Iterator::next) {
                Some(Ok(batch)) => {
                    let first = *row;
                    *row += batch.num_rows() as u64;
                    Ok(Some(Piece::Rows { batch, first }))
                }
                Some(Err(error)) => Err(bad_parquet(&self.file, error)),
                None => Ok(None),
            },
        }
    }
}

fn bad_parquet(file: &Path, error: impl ToString) -> DataError {
    DataError::BadParquet { file: file.to_owned(), reason: error.to_string() }
}

/// By its first bytes, or by its name where it is too short to have them.
fn is_parquet(file: &Path) -> Result<bool, DataError> {
    let mut magic = [0; 4];
    let named = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
    match File::open(file).map_err(DataError::read(file))?.read_exact(&mut magic) {
        Ok(()) => Ok(named || &magic == b"PAR1"),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            let empty = std::fs::metadata(file).map_err(DataError::read(file))?.len() == 0;
            Ok(named && !empty)
        }
        Err(source) => Err(DataError::Unreadable { file: file.to_owned(), source }),
    }
}

/// The columns of a batch as texts, in the order of the file; columns that the plan does not use are left empty.
pub(super) fn texts(batch: &RecordBatch, plan: &Plan) -> Result<Vec<StringArray>, DataError> {
    let mut read = batch.columns().iter();
    (0..plan.width)
        .map(|column| {
            let array = if plan.uses(column) { read.next() } else { None };
            let array = match array {
                Some(array) => text(array).map_err(|error| bad_parquet(Path::new(plan.source), error))?,
                None => new_null_array(&DataType::Utf8, batch.num_rows()),
            };
            let array = array.as_any().downcast_ref::<StringArray>().cloned();
            array.ok_or_else(|| bad_parquet(Path::new(plan.source), "a column is not readable as text"))
        })
        .collect()
}

fn text(array: &ArrayRef) -> Result<ArrayRef, arrow::error::ArrowError> {
    if let DataType::Timestamp(_, Some(_)) = array.data_type() {
        // A moment with a zone is a moment in UTC, written so.
        let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
        let micros = cast(&micros, &DataType::Int64)?;
        let micros = micros
            .as_any()
            .downcast_ref::<Int64Array>()
            .cloned()
            .unwrap_or_else(|| Int64Array::from(Vec::<i64>::new()));
        let said = |micros: i64| DateTime::from_timestamp_micros(micros).map(|moment| moment.to_rfc3339());
        return Ok(Arc::new(micros.iter().map(|micros| micros.and_then(said)).collect::<StringArray>()));
    }
    cast(array, &DataType::Utf8)
}
