//! Finding rows whose content is in the store already, in bounded memory.
//!
//! Equal content has equal `traded_on`, so only files of the same month are compared. The 128-bit fingerprints are read
//! from the `content_key` column of the month's files; where they are more than fit, they are compared in several passes,
//! each over one range of fingerprints. Memory is bounded by [`PASS_KEYS`] and one bit per new row of a month.

use std::fs;

use arrow::array::{Array, BooleanArray, FixedSizeBinaryArray, RecordBatch};
use arrow::compute::filter_record_batch;
use rayon::prelude::*;

use crate::append::Staged;
use crate::error::DataError;
use crate::manifest::{Manifest, Segment};
use crate::segment::{self, SegmentWriter};
use crate::store::Store;
use crate::tally::Tally;

/// Fingerprints compared in one pass (32 bytes each).
const PASS_KEYS: u64 = 1 << 19;

/// Of a row's fingerprint: the fingerprint, and 0 where the row is in the store, else its position among the new rows
/// of the month counted from 1.
type Seen = (u128, u32);

/// The staged files without duplicate rows (a file with nothing new is dropped), and how many rows were duplicates.
/// Of equal new rows the first is kept.
pub(crate) fn remove(store: &Store, manifest: &Manifest, staged: Vec<Staged>) -> Result<(Vec<Staged>, u64), DataError> {
    let mut months: Vec<Vec<Staged>> = Vec::new();
    for file in staged {
        match months.last_mut() {
            Some(files) if files[0].month == file.month => files.push(file),
            _ => months.push(vec![file]),
        }
    }
    let cleaned: Vec<(Vec<Staged>, u64)> =
        months.into_par_iter().map(|files| clean_month(store, manifest, files)).collect::<Result<_, _>>()?;
    let duplicates = cleaned.iter().map(|(_, duplicates)| duplicates).sum();
    Ok((cleaned.into_iter().flat_map(|(files, _)| files).collect(), duplicates))
}

fn clean_month(store: &Store, manifest: &Manifest, files: Vec<Staged>) -> Result<(Vec<Staged>, u64), DataError> {
    let month = files[0].month.to_string();
    let stored: Vec<&Segment> = manifest.segments.iter().filter(|segment| segment.month() == month).collect();
    let new_rows: u64 = files.iter().map(|file| file.tally.rows).sum();
    let passes = (stored.iter().map(|segment| segment.rows).sum::<u64>() + new_rows).div_ceil(PASS_KEYS).max(1);
    let mut keep = vec![true; new_rows as usize];
    let mut duplicates = 0;
    for pass in 0..passes {
        let mut seen: Vec<Seen> = Vec::new();
        for segment in &stored {
            collect(&store.segment_path(segment), Some(segment), (pass, passes), None, &mut seen)?;
        }
        let mut first = 1;
        for file in &files {
            collect(&file.path, None, (pass, passes), Some(first), &mut seen)?;
            first += file.tally.rows as u32;
        }
        seen.sort_unstable();
        for pair in seen.windows(2) {
            let ((before, _), (key, position)) = (pair[0], pair[1]);
            if before == key && position > 0 {
                keep[position as usize - 1] = false;
                duplicates += 1;
            }
        }
    }
    if duplicates == 0 {
        return Ok((files, 0));
    }
    let mut first = 0;
    let mut kept = Vec::new();
    for file in files {
        let rows = file.tally.rows as usize;
        kept.extend(rewrite(file, &keep[first..first + rows])?);
        first += rows;
    }
    Ok((kept, duplicates))
}

/// Adds the fingerprints of one file that fall into the range of this pass.
fn collect(
    path: &std::path::Path,
    segment: Option<&Segment>,
    (pass, passes): (u64, u64),
    first: Option<u32>,
    seen: &mut Vec<Seen>,
) -> Result<(), DataError> {
    let mut position = first.unwrap_or(0);
    for batch in segment::read(path, segment, Some(&["content_key"]))? {
        let batch = batch.map_err(|error| DataError::damaged(path, error))?;
        let keys = batch.column(0).as_any().downcast_ref::<FixedSizeBinaryArray>();
        let keys = keys.ok_or_else(|| DataError::damaged(path, "content_key is not a fingerprint"))?;
        for row in 0..keys.len() {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(keys.value(row));
            let key = u128::from_be_bytes(bytes);
            if ((key >> 96) as u64 * passes) >> 32 == pass {
                seen.push((key, position));
            }
            position += first.is_some() as u32;
        }
    }
    Ok(())
}

/// Writes the file again with the kept rows only; `None` where none is kept.
fn rewrite(mut file: Staged, keep: &[bool]) -> Result<Option<Staged>, DataError> {
    if keep.iter().all(|keep| *keep) {
        return Ok(Some(file));
    }
    let old = file.path.with_extension("all");
    fs::rename(&file.path, &old).map_err(DataError::write(&file.path))?;
    if keep.iter().any(|keep| *keep) {
        let mut writer = SegmentWriter::create(&file.path)?;
        file.tally = Tally::default();
        let mut first = 0;
        for batch in segment::read(&old, None, None)? {
            let batch = batch.map_err(|error| DataError::damaged(&old, error))?;
            let mask = BooleanArray::from(keep[first..first + batch.num_rows()].to_vec());
            first += batch.num_rows();
            let batch: RecordBatch =
                filter_record_batch(&batch, &mask).map_err(|error| DataError::damaged(&old, error))?;
            file.tally += &Tally::of(&batch);
            writer.write(&batch)?;
        }
        file.segment = Some(writer.finish(file.name.clone())?);
    } else {
        file.segment = None;
    }
    fs::remove_file(&old).map_err(DataError::write(&old))?;
    Ok(file.segment.is_some().then_some(file))
}
