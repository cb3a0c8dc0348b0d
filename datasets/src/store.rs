//! The store of trades: immutable Parquet files, partitioned by month, under one manifest.
//!
//! ```text
//! DIR/manifest.json                              the files that count, with their checksums
//! DIR/trades/month=2024-05/000001-000.parquet     append 1, first file of that month
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use crate::append::{Appended, Appender, staged_path};
use crate::columns::Columns;
use crate::content_key::{Fingerprint, RecordedAt};
use crate::error::DataError;
use crate::manifest::{AppendRecord, Manifest, Segment};
use crate::schema::{Month, Trade};
use crate::segment;

/// Rows of a batch that [`Store::append`] hands on.
const APPEND_ROWS: usize = 65_536;

/// A folder of trades. The value holds no state but the path: each operation reads the manifest as it is then, and so
/// sees one committed state from beginning to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    dir: PathBuf,
}

/// The result of [`Store::verify`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Trade files compared with their checksums.
    pub checked: u64,
    pub failures: Vec<Damage>,
}

/// A trade file that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    pub file: PathBuf,
    pub reason: String,
}

impl Store {
    /// The store in `dir`; a folder that does not exist is an empty store, made by the first append.
    ///
    /// # Errors
    /// Where the manifest cannot be read or is damaged.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Store, DataError> {
        let store = Store { dir: dir.into() };
        store.manifest()?;
        Ok(store)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder whose `month=…/*.parquet` any reader of Parquet may read.
    pub fn trades(&self) -> PathBuf {
        self.dir.join("trades")
    }

    pub(crate) fn staging(&self) -> PathBuf {
        self.dir.join(".staging")
    }

    /// The committed state: trade files and the appends that made them.
    pub fn manifest(&self) -> Result<Manifest, DataError> {
        Manifest::read(&self.dir)
    }

    /// Adds trades, all or none; rows whose content is in the store already are counted and left out.
    ///
    /// A correction or cancellation is a new row with the same `exchange` and `trade_id` and a later `recorded_at`.
    ///
    /// # Errors
    /// [`DataError::BadTrade`] where a trade contradicts itself; an error of the store where it cannot be written. The
    /// store is unchanged after an error.
    pub fn append(&self, trades: &[Trade]) -> Result<Appended, DataError> {
        if let Some((trade, (code, column))) = trades.iter().find_map(|t| t.fault().map(|fault| (t, fault))) {
            return Err(DataError::BadTrade { trade_id: trade.trade_id.clone(), reason: format!("{column}: {code}") });
        }
        let mut appender = Appender::begin(self)?;
        for chunk in trades.chunks(APPEND_ROWS) {
            let mut order: Vec<(Month, &Trade)> = chunk.iter().map(|t| (Month::of(t.traded_on), t)).collect();
            order.sort_by_key(|(month, _)| *month);
            let months: Vec<&[(Month, &Trade)]> = order.chunk_by(|(a, _), (b, _)| a == b).collect();
            let batches = months.into_par_iter().map(|rows| {
                let mut columns = Columns::new(rows.len());
                let mut fingerprint = Fingerprint::default();
                for (_, trade) in rows {
                    columns.push(trade, &fingerprint.key(trade, RecordedAt::FromSource, true));
                }
                let batch = columns.finish().map_err(|error| DataError::damaged(&self.dir, error))?;
                Ok((rows[0].0, batch))
            });
            appender.write(batches.collect::<Result<_, DataError>>()?)?;
        }
        let record = AppendRecord {
            sequence: 0,
            source: String::new(),
            source_sha256: String::new(),
            mapping: String::new(),
            recorded_at: None,
            read: trades.len() as u64,
            imported: 0,
            rejected: 0,
            duplicates: 0,
        };
        appender.finish(record, false)
    }

    /// Compares every trade file with its checksum.
    ///
    /// # Errors
    /// Where the manifest itself is damaged; damaged trade files are listed in the result.
    pub fn verify(&self) -> Result<Verified, DataError> {
        Ok(self.verify_segments(&self.manifest()?.segments))
    }

    /// Compares these trade files with their checksums.
    pub fn verify_segments(&self, segments: &[Segment]) -> Verified {
        let damage = |segment: &Segment| {
            let file = self.segment_path(segment);
            let reason = match fs::read(&file) {
                Ok(bytes) => segment::difference(&bytes, segment),
                Err(error) => Some(error.to_string()),
            };
            reason.map(|reason| Damage { file, reason })
        };
        let found: Vec<Option<Damage>> = segments.par_iter().map(damage).collect();
        Verified { checked: segments.len() as u64, failures: found.into_iter().flatten().collect() }
    }

    /// Where the file of a segment is now.
    pub fn segment_path(&self, segment: &Segment) -> PathBuf {
        let settled = self.trades().join(&segment.path);
        if settled.exists() {
            return settled;
        }
        let staged = staged_path(&self.staging(), segment);
        if staged.exists() { staged } else { settled }
    }
}
