//! One pass over the rows of a file: tallies of every row, and the first rows as they stand.

use std::path::Path;

use arrow::array::{Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;

use super::Pass;
use super::cell;
use super::column::ColumnTally;
use super::duplicates::Duplicates;
use crate::error::DataError;
use crate::mapping::Encoding;
use crate::records::Records;
use crate::source::{Block, Blocks, hash, survey};

/// Parts worked on at a time, which bounds memory.
const PARTS: usize = 8;
/// Rows kept as they stand, for what needs whole rows.
pub(super) const SAMPLE_ROWS: usize = 100_000;

/// The first rows of the table.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    pub rows: Vec<Vec<String>>,
}

/// What gives rows to the pass.
pub(super) trait Rows {
    fn each(&self, row: &mut dyn FnMut(&[&str]));
}

impl Rows for Block {
    fn each(&self, row: &mut dyn FnMut(&[&str])) {
        let mut records = Records::new(&self.text, self.line, b',');
        while let Some(record) = records.next() {
            let mut start = 0;
            let fields: Vec<&str> = record
                .ends
                .iter()
                .map(|end| {
                    let field = record.text.get(start..*end).unwrap_or_default();
                    start = end + record.gap;
                    std::str::from_utf8(field).unwrap_or_default()
                })
                .collect();
            row(&fields);
        }
    }
}

impl Rows for Vec<StringArray> {
    fn each(&self, row: &mut dyn FnMut(&[&str])) {
        let length = self.first().map_or(0, Array::len);
        for at in 0..length {
            let fields: Vec<&str> =
                self.iter().map(|column| if column.is_null(at) { "" } else { column.value(at) }).collect();
            row(&fields);
        }
    }
}

/// What a part of the file adds.
struct Part {
    rows: u64,
    ragged: u64,
    columns: Vec<ColumnTally>,
    hashes: Vec<u64>,
    sample: Vec<Vec<String>>,
}

fn part(rows: &impl Rows, width: usize, sampled: usize) -> Part {
    let mut part =
        Part { rows: 0, ragged: 0, columns: vec![ColumnTally::default(); width], hashes: vec![], sample: vec![] };
    rows.each(&mut |fields| {
        part.rows += 1;
        part.ragged += u64::from(fields.len() != width);
        let mut whole = 0_u64;
        for (at, column) in part.columns.iter_mut().enumerate() {
            let text = fields.get(at).copied().unwrap_or_default();
            column.take(text);
            whole = cell::mixed(whole.rotate_left(5) ^ cell::hash(text.as_bytes()).wrapping_add(at as u64));
        }
        part.hashes.push(whole);
        if part.sample.len() < sampled {
            let text = |at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
            part.sample.push((0..width).map(text).collect());
        }
    });
    part
}

impl Pass {
    fn add(&mut self, parts: Vec<Part>) {
        for part in parts {
            self.rows += part.rows;
            self.ragged += part.ragged;
            self.columns.iter_mut().zip(part.columns).for_each(|(own, next)| own.add(next));
            self.duplicates.add(part.hashes);
            let room = SAMPLE_ROWS.saturating_sub(self.sample.rows.len());
            self.sample.rows.extend(part.sample.into_iter().take(room));
        }
    }

    fn room(&self) -> usize {
        SAMPLE_ROWS.saturating_sub(self.sample.rows.len())
    }
}

fn begin(sha256: String, names: Vec<String>) -> Pass {
    let columns = vec![ColumnTally::default(); names.len()];
    let duplicates = Duplicates::default();
    Pass { sha256, names, rows: 0, ragged: 0, columns, duplicates, sample: Sample::default() }
}

/// Reads a file once.
///
/// Errors: an unreadable, empty or damaged file; broken text; no rows.
pub(super) fn read(file: &Path) -> Result<Pass, DataError> {
    let parquet = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"));
    let pass = if parquet { read_parquet(file)? } else { read_text(file)? };
    if pass.rows == 0 {
        return Err(DataError::NoRows { file: file.to_owned() });
    }
    Ok(pass)
}

fn read_text(file: &Path) -> Result<Pass, DataError> {
    let surveyed = survey(file, Encoding::Auto)?;
    let mut blocks = Blocks::open(file, surveyed.encoding, b',')?;
    let empty = || DataError::EmptyFile { file: file.to_owned() };
    let block = blocks.next()?.ok_or_else(empty)?;
    let mut records = Records::new(&block.text, block.line, b',');
    let header = records.next().ok_or_else(empty)?;
    let mut start = 0;
    let names: Vec<String> = header
        .ends
        .iter()
        .map(|end| {
            let name = String::from_utf8_lossy(&header.text[start..*end]).trim().to_owned();
            start = end + header.gap;
            name
        })
        .collect();
    let (rest, line) = records.position();
    let mut first =
        Some(Block { text: block.text[block.text.len() - rest..].to_vec(), line, unclosed: block.unclosed });
    let mut pass = begin(surveyed.sha256, names);
    loop {
        let mut group = Vec::new();
        while group.len() < PARTS
            && let Some(block) = first.take().map_or_else(|| blocks.next(), |block| Ok(Some(block)))?
        {
            group.push(block);
        }
        if group.is_empty() {
            return Ok(pass);
        }
        let (width, room) = (pass.names.len(), pass.room());
        pass.add(group.par_iter().map(|block| part(block, width, room)).collect());
    }
}

fn read_parquet(file: &Path) -> Result<Pass, DataError> {
    let bad = |reason: String| DataError::BadParquet { file: file.to_owned(), reason };
    let (sha256, _) = hash(file)?;
    let input = std::fs::File::open(file).map_err(DataError::read(file))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|cause| bad(cause.to_string()))?;
    let names = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut pass = begin(sha256, names);
    let mut reader = builder.with_batch_size(16_384).build().map_err(|cause| bad(cause.to_string()))?;
    loop {
        let group: Vec<RecordBatch> =
            reader.by_ref().take(PARTS).collect::<Result<_, _>>().map_err(|cause| bad(cause.to_string()))?;
        if group.is_empty() {
            return Ok(pass);
        }
        let (width, room) = (pass.names.len(), pass.room());
        let parts: Result<Vec<Part>, DataError> = group
            .par_iter()
            .map(|batch| {
                let texts = batch.columns().iter().map(|column| {
                    let text = cast(column, &DataType::Utf8).map_err(|cause| bad(cause.to_string()))?;
                    text.as_any().downcast_ref::<StringArray>().cloned().ok_or_else(|| bad("Utf8".to_owned()))
                });
                Ok(part(&texts.collect::<Result<Vec<_>, _>>()?, width, room))
            })
            .collect();
        pass.add(parts?);
    }
}
