//! Reading the store as it was known at a moment.

use std::collections::HashSet;

use arrow::array::{Array, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{Schema, SchemaRef};
use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use valuation::terms::RecordStatus;

use crate::columns::trades_of;
use crate::error::{DataError, nearest};
use crate::manifest::{Manifest, Segment};
use crate::schema::{COLUMNS, Trade, arrow_schema, column};
use crate::segment;
use crate::store::Store;

/// Which rows and columns to read.
///
/// Of each trade (`exchange` and `trade_id`) the newest row with `recorded_at` ≤ `as_known_at` is read, wherever its month;
/// a trade whose newest row is a cancellation is not. Of rows recorded at the same moment the one appended later is newer,
/// then the one on the later line of its file, then a correction and last a cancellation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// `None`: all that is known now.
    pub as_known_at: Option<DateTime<Utc>>,
    /// First and last day of `traded_on`, both included.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// Names of [`COLUMNS`], returned in stored order; `None`: all.
    pub columns: Option<Vec<String>>,
}

impl Scan {
    /// Everything as known at `moment`.
    pub fn as_known_at(moment: DateTime<Utc>) -> Scan {
        Scan { as_known_at: Some(moment), ..Scan::default() }
    }
}

/// One version of one trade, ordered so that the newest of a trade comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    trade: u128,
    recorded_at: i64,
    sequence: u32,
    source_line: i64,
    status: RecordStatus,
    segment: u32,
    row: u32,
}

impl Store {
    /// The rows that [`Scan`] asks for: one batch per trade file, by month and then by append. The same store and the same
    /// scan give the same batches at any number of threads.
    ///
    /// # Errors
    /// An unknown column (the nearest known is named), or a damaged file.
    pub fn scan(&self, scan: &Scan) -> Result<Vec<RecordBatch>, DataError> {
        let schema = projected(scan)?;
        let manifest = self.manifest()?;
        let masks = newest_rows(self, &manifest, scan)?;
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let read = |(segment, mask): (&Segment, &Vec<bool>)| {
            if !mask.contains(&true) {
                return Ok(None);
            }
            self.masked(segment, &names, mask, &schema).map(Some)
        };
        let batches: Vec<Option<RecordBatch>> =
            manifest.segments.par_iter().zip(masks.par_iter()).map(read).collect::<Result<_, DataError>>()?;
        Ok(batches.into_iter().flatten().filter(|batch| batch.num_rows() > 0).collect())
    }

    /// As [`Store::scan`] of all columns, as plain records.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn trades_known(&self, scan: &Scan) -> Result<Vec<Trade>, DataError> {
        let batches = self.scan(&Scan { columns: None, ..scan.clone() })?;
        let trades: Result<Vec<Vec<Trade>>, _> = batches.par_iter().map(trades_of).collect();
        Ok(trades.map_err(|error| DataError::damaged(self.dir(), error))?.into_iter().flatten().collect())
    }

    fn masked(
        &self,
        segment: &Segment,
        names: &[&str],
        mask: &[bool],
        schema: &SchemaRef,
    ) -> Result<RecordBatch, DataError> {
        let path = self.segment_path(segment);
        let damaged = |error| DataError::damaged(&path, error);
        let mut first = 0;
        let mut batches = Vec::new();
        for batch in segment::read(&path, Some(segment), Some(names))? {
            let batch = batch.map_err(damaged)?;
            let keep = BooleanArray::from(mask[first..first + batch.num_rows()].to_vec());
            first += batch.num_rows();
            batches.push(filter_record_batch(&batch, &keep).map_err(damaged)?);
        }
        let batch = concat_batches(&batches[0].schema(), &batches).map_err(damaged)?;
        batch.with_schema(schema.clone()).map_err(damaged)
    }
}

fn projected(scan: &Scan) -> Result<SchemaRef, DataError> {
    let Some(names) = &scan.columns else { return Ok(arrow_schema()) };
    if let Some(unknown) = names.iter().find(|name| column(name).is_none()) {
        let nearest = nearest(unknown, COLUMNS.iter().map(|column| column.name));
        return Err(DataError::UnknownColumn { column: unknown.clone(), nearest });
    }
    let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
    let schema = arrow_schema();
    let fields: Vec<_> =
        schema.fields().iter().filter(|field| wanted.contains(field.name().as_str())).cloned().collect();
    Ok(Schema::new(fields).into())
}

/// For each trade file, which rows are the newest word on their trade and fall within the days asked for.
fn newest_rows(store: &Store, manifest: &Manifest, scan: &Scan) -> Result<Vec<Vec<bool>>, DataError> {
    let read: Vec<(Vec<Version>, Vec<bool>)> = manifest
        .segments
        .par_iter()
        .enumerate()
        .map(|(index, segment)| versions(store, segment, index as u32, scan))
        .collect::<Result<_, _>>()?;
    let mut masks: Vec<Vec<bool>> = manifest.segments.iter().map(|s| vec![false; s.rows as usize]).collect();
    let mut all: Vec<Version> = Vec::with_capacity(read.iter().map(|(versions, _)| versions.len()).sum());
    let mut within: Vec<Vec<bool>> = Vec::with_capacity(read.len());
    for (versions, days) in read {
        all.extend(versions);
        within.push(days);
    }
    all.sort_unstable();
    for (position, version) in all.iter().enumerate() {
        let newest = all.get(position + 1).is_none_or(|next| next.trade != version.trade);
        if newest && version.status != RecordStatus::Cancellation {
            let (segment, row) = (version.segment as usize, version.row as usize);
            masks[segment][row] = within[segment][row];
        }
    }
    Ok(masks)
}

/// The versions in one file that were known, and for each row whether its day is asked for.
fn versions(store: &Store, segment: &Segment, index: u32, scan: &Scan) -> Result<(Vec<Version>, Vec<bool>), DataError> {
    let path = store.segment_path(segment);
    let damaged = |reason: String| DataError::damaged(&path, reason);
    let known_at = scan.as_known_at.map_or(i64::MAX, |moment| moment.timestamp_micros());
    let sequence = segment.path.rsplit('/').next().and_then(|f| f.split('-').next()?.parse().ok()).unwrap_or(0);
    let mut versions = Vec::new();
    let mut days = Vec::with_capacity(segment.rows as usize);
    let names = ["trade_id", "exchange", "status", "traded_on", "recorded_at", "source_line"];
    for batch in segment::read(&path, Some(segment), Some(&names))? {
        let batch = batch.map_err(|error| damaged(error.to_string()))?;
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_any().downcast_ref::<StringArray>());
        let days_of = batch.column_by_name("traded_on");
        let days_of = days_of.and_then(|c| c.as_any().downcast_ref::<Date32Array>());
        let moments = batch.column_by_name("recorded_at");
        let moments = moments.and_then(|c| c.as_any().downcast_ref::<TimestampMicrosecondArray>());
        let lines = batch.column_by_name("source_line").and_then(|c| c.as_any().downcast_ref::<Int64Array>());
        let (Some(ids), Some(exchanges), Some(statuses), Some(traded), Some(recorded), Some(lines)) =
            (text("trade_id"), text("exchange"), text("status"), days_of, moments, lines)
        else {
            return Err(damaged("its columns are not those of a trade file".to_owned()));
        };
        for row in 0..batch.num_rows() {
            let day = traded.value_as_date(row).unwrap_or_default();
            let position = days.len() as u32;
            days.push(scan.from.is_none_or(|from| day >= from) && scan.to.is_none_or(|to| day <= to));
            if recorded.value(row) <= known_at {
                versions.push(Version {
                    trade: identity(exchanges.value(row), ids.value(row)),
                    recorded_at: recorded.value(row),
                    sequence,
                    source_line: lines.value(row),
                    status: RecordStatus::from_code(statuses.value(row)).unwrap_or(RecordStatus::Original),
                    segment: index,
                    row: position,
                });
            }
        }
    }
    Ok((versions, days))
}

fn identity(exchange: &str, trade_id: &str) -> u128 {
    let mut hash = Sha256::new();
    hash.update((exchange.len() as u64).to_le_bytes());
    hash.update(exchange);
    hash.update(trade_id);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(bytes)
}

/// The first and last month that have trade files.
pub fn months(manifest: &Manifest) -> Vec<String> {
    let mut months: Vec<String> = manifest.segments.iter().map(|segment| segment.month().to_owned()).collect();
    months.dedup();
    months
}
