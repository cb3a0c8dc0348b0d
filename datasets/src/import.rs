//! Bringing a file of trades into the store: every row that is read is imported, rejected with its reason, or a duplicate.
//!
//! The file is read in blocks that end where a record ends; blocks are converted in parallel and written in their order,
//! so memory does not depend on the size of the file and the bytes of the store not on the number of threads.

mod pieces;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};

use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use rayon::prelude::*;
use serde::Serialize;

use crate::append::Appender;
use crate::columns::Columns;
use crate::content_key::SeenKeys;
use crate::error::DataError;
use crate::loaded::{Reject, Rejects};
use crate::manifest::AppendRecord;
use crate::mapping::Mapping;
use crate::plan::Plan;
use crate::records::Records;
use crate::row::{Cells, RowReader};
use crate::schema::Month;
use crate::store::Store;
use pieces::{Piece, Pieces};

/// Pieces converted at the same time. Fixed, so that no result depends on the number of threads.
const GROUP: usize = 8;
/// Rows of one month for which a piece makes room at first.
const COLUMN_ROWS: usize = 256;
/// Rejects that an [`Imported`] holds; all are counted, and all go to [`ImportOptions::rejects_file`].
pub const REJECTS_KEPT: usize = 10_000;

/// What an import is told besides the file and the mapping.
#[derive(Clone, Copy)]
pub struct ImportOptions<'a> {
    /// The moment of recording for rows whose mapping does not give one.
    pub recorded_at: DateTime<Utc>,
    /// Read and judge everything, change nothing.
    pub dry_run: bool,
    /// A CSV file that gets every reject.
    pub rejects_file: Option<&'a Path>,
    /// Is told now and then how far the import is.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

impl ImportOptions<'_> {
    /// An import recorded at this moment.
    pub fn at(recorded_at: DateTime<Utc>) -> Self {
        ImportOptions { recorded_at, dry_run: false, rejects_file: None, progress: None }
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub rows: u64,
    pub bytes: u64,
    pub bytes_total: u64,
}

/// What an import did: `imported + rejected + duplicates = read`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    pub read: u64,
    pub imported: u64,
    pub rejected: u64,
    pub duplicates: u64,
    /// The first [`REJECTS_KEPT`] of them, by line.
    pub rejects: Vec<Reject>,
    /// Imported rows by kind.
    pub by_kind: BTreeMap<String, u64>,
    /// Imported rows by price state.
    pub by_price_state: BTreeMap<String, u64>,
    /// Imported rows whose price is only a printed bound.
    pub censored: u64,
    pub source_sha256: String,
    /// `utf-8`, `gb18030` or `parquet`.
    pub encoding: &'static str,
    pub dry_run: bool,
}

/// Imports a CSV or Parquet file.
///
/// ```
/// use datasets::{import::{ImportOptions, import}, mapping::Mapping, store::Store};
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("trades.csv");
/// std::fs::write(&file, "exchange,kind,traded_on,product_id,price,currency,price_unit\n\
///                        demo,trade,2024-05-20,P1,0.50,CNY,call\n\
///                        demo,trade,2024-05-21,P2,-1,CNY,call\n")?;
/// let store = Store::open(dir.path().join("store"))?;
/// let options = ImportOptions::at("2024-06-01T00:00:00Z".parse()?);
/// let done = import(&file, &Mapping::find("hengshu")?, &store, &options)?;
/// assert_eq!((done.read, done.imported, done.rejected, done.duplicates), (2, 1, 1, 0));
/// assert_eq!((done.rejects[0].line, done.rejects[0].reason.as_str()), (3, "negative_price"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the file as a whole cannot be read (missing, empty, broken text, a column that the mapping names is lacking), or
/// the store cannot be written. The store is then unchanged.
pub fn import(file: &Path, mapping: &Mapping, store: &Store, options: &ImportOptions) -> Result<Imported, DataError> {
    let (header, mut pieces) = Pieces::open(file, mapping)?;
    let survey = pieces.survey();
    let plan = Plan::bind(mapping, &header, file, options.recorded_at, &survey.sha256)?;
    pieces.narrow(&plan)?;
    let mut appender = Appender::begin(store)?;
    let mut rejects = Rejects::new(REJECTS_KEPT, options.rejects_file)?;
    let mut progress = Progress { rows: 0, bytes: 0, bytes_total: survey.bytes };
    let mut duplicates = 0;
    // What a reader remembers only saves time, so any reader may take any piece.
    let readers: Mutex<Vec<RowReader>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let (sender, groups) = mpsc::sync_channel(1);
        scope.spawn(move || read_ahead(pieces, &sender));
        for group in groups {
            let group = group?;
            let converted: Vec<Converted> =
                group.par_iter().map(|piece| convert(piece, &plan, &readers)).collect::<Result<_, _>>()?;
            progress.bytes = (progress.bytes + group.iter().map(Piece::bytes).sum::<u64>()).min(survey.bytes);
            let mut batches = Vec::new();
            for part in converted {
                progress.rows += part.read;
                duplicates += part.duplicates;
                batches.extend(part.batches);
                part.rejects.into_iter().try_for_each(|reject| rejects.push(reject))?;
            }
            appender.write(batches)?;
            if let Some(report) = options.progress {
                report(progress);
            }
        }
        Ok::<(), DataError>(())
    })?;
    if progress.rows == 0 {
        return Err(DataError::NoRows { file: file.to_owned() });
    }
    let (rejected, rejects) = rejects.finish()?;
    let record = AppendRecord {
        sequence: 0,
        source: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        source_sha256: survey.sha256.clone(),
        mapping: PathBuf::from(&mapping.name).file_name().unwrap_or_default().to_string_lossy().into_owned(),
        recorded_at: Some(options.recorded_at),
        read: progress.rows,
        imported: 0,
        rejected,
        duplicates,
    };
    let appended = appender.finish(record, options.dry_run)?;
    Ok(Imported {
        read: progress.rows,
        imported: appended.tally.rows,
        rejected,
        duplicates: duplicates + appended.duplicates,
        rejects,
        censored: appended.tally.censored(),
        by_kind: appended.tally.by_kind,
        by_price_state: appended.tally.by_price_state,
        encoding: survey.encoding,
        source_sha256: survey.sha256,
        dry_run: options.dry_run,
    })
}

/// Reads group after group ahead of the conversion, the empty group last.
fn read_ahead(mut pieces: Pieces, sender: &mpsc::SyncSender<Result<Vec<Piece>, DataError>>) {
    loop {
        let group = pieces.group(GROUP);
        let ended = group.as_ref().is_ok_and(Vec::is_empty) || group.is_err();
        // Nobody listens any more where the import has failed.
        if sender.send(group).is_err() || ended {
            return;
        }
    }
}

/// One piece of the file as columns by month.
struct Converted {
    batches: Vec<(Month, RecordBatch)>,
    rejects: Vec<Reject>,
    read: u64,
    /// Rows whose content stands earlier in the same piece.
    duplicates: u64,
}

fn convert<'p>(piece: &Piece, plan: &'p Plan<'p>, readers: &Mutex<Vec<RowReader<'p>>>) -> Result<Converted, DataError> {
    let mut months: BTreeMap<Month, Columns> = BTreeMap::new();
    let mut done = Converted { batches: Vec::new(), rejects: Vec::new(), read: 0, duplicates: 0 };
    let idle = readers.lock().ok().and_then(|mut readers| readers.pop());
    let mut reader = idle.unwrap_or_else(|| RowReader::new(plan));
    // Feeds repeat themselves at once if at all: what is caught here need not be taken out of a written file later.
    let mut seen = SeenKeys::default();
    let mut take = |cells: Cells, line: u64, done: &mut Converted| match reader.trade(cells, line) {
        Ok((_, key)) if !seen.insert(key) => done.duplicates += 1,
        Ok((trade, key)) => {
            months.entry(Month::of(trade.traded_on)).or_insert_with(|| Columns::new(COLUMN_ROWS)).push(&trade, &key);
        }
        Err(fault) => done.rejects.push(Reject::new(line, fault.field, fault.reason, &fault.raw)),
    };
    match piece {
        Piece::Text { block, delimiter } => {
            let mut records = Records::new(&block.text, block.line, *delimiter);
            while let Some(record) = records.next() {
                done.read += 1;
                let raw = || String::from_utf8_lossy(record.raw);
                if record.last && block.unclosed {
                    done.rejects.push(Reject::new(record.line, "", "unclosed_quote", &raw()));
                } else if record.ends.len() != plan.width {
                    done.rejects.push(Reject::new(record.line, "", "ragged_row", &raw()));
                } else if let Ok(text) = std::str::from_utf8(record.text) {
                    take(Cells::Record { text, ends: record.ends, gap: record.gap }, record.line, &mut done);
                } else {
                    done.rejects.push(Reject::new(record.line, "", "broken_text", &raw()));
                }
            }
        }
        Piece::Rows { batch, first } => {
            let columns = pieces::texts(batch, plan)?;
            for row in 0..batch.num_rows() {
                done.read += 1;
                take(Cells::Columns { columns: &columns, row }, first + row as u64, &mut done);
            }
        }
    }
    if let Ok(mut readers) = readers.lock() {
        readers.push(reader);
    }
    for (month, mut columns) in months {
        let batch = columns.finish().map_err(|error| DataError::damaged(Path::new(plan.source), error))?;
        done.batches.push((month, batch));
    }
    Ok(done)
}
