//! Adding rows to the store: all of them or none.
//!
//! Files are written below `.staging/`, where no reader of plain Parquet looks. Replacing the manifest commits them, and
//! only then are they moved to their month. A crash before the commit leaves the old state; after it, readers find the
//! files in the staging folder until the next append has moved them.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use rayon::prelude::*;

use crate::duplicates;
use crate::error::DataError;
use crate::manifest::{AppendRecord, Manifest, Segment, sync_folder};
use crate::schema::Month;
use crate::segment::SegmentWriter;
use crate::store::Store;
use crate::tally::Tally;

/// Memory that unfinished row groups may take before the largest is written out.
const HELD_BYTES: usize = 64 << 20;
/// Trade files that are written at the same time; beyond it the oldest month is closed and may be opened again.
const OPEN_FILES: usize = 96;

/// An append in progress. Dropping it without [`Appender::finish`] leaves the store as it was.
pub(crate) struct Appender<'a> {
    store: &'a Store,
    manifest: Manifest,
    staging: PathBuf,
    open: BTreeMap<Month, Open>,
    staged: Vec<Staged>,
    opened: u64,
    _lock: File,
}

struct Open {
    writer: SegmentWriter,
    staged: Staged,
    age: u64,
}

/// A finished file in the staging folder.
pub(crate) struct Staged {
    pub month: Month,
    /// Files of one month in the order of the rows read.
    pub part: u32,
    pub path: PathBuf,
    pub name: String,
    pub segment: Option<Segment>,
    pub tally: Tally,
}

/// What an append added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    pub tally: Tally,
    pub duplicates: u64,
}

impl<'a> Appender<'a> {
    pub fn begin(store: &'a Store) -> Result<Appender<'a>, DataError> {
        let dir = store.dir();
        fs::create_dir_all(store.trades()).map_err(DataError::write(dir))?;
        let lock_path = dir.join("lock");
        let lock = File::create(&lock_path).map_err(DataError::write(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataError::StoreBusy { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(DataError::StoreWrite { path: lock_path, source }),
        }
        let manifest = Manifest::read(dir)?;
        settle(store, &manifest)?;
        let staging = store.staging().join(format!("{:06}", manifest.sequence + 1));
        fs::create_dir_all(&staging).map_err(DataError::write(&staging))?;
        Ok(Appender { store, manifest, staging, open: BTreeMap::new(), staged: Vec::new(), opened: 0, _lock: lock })
    }

    /// Takes the next batches, each of one month, in the order of the rows.
    pub fn write(&mut self, batches: Vec<(Month, RecordBatch)>) -> Result<(), DataError> {
        let mut by_month: BTreeMap<Month, Vec<RecordBatch>> = BTreeMap::new();
        for (month, batch) in batches {
            by_month.entry(month).or_default().push(batch);
        }
        for month in by_month.keys() {
            if !self.open.contains_key(month) {
                self.open_file(*month)?;
            }
        }
        // Months are independent files, and each takes its batches in order: any number of threads writes these bytes.
        self.open
            .par_iter_mut()
            .filter_map(|(month, open)| by_month.get(month).map(|batches| (open, batches)))
            .try_for_each(|(open, batches)| {
                for batch in batches {
                    open.staged.tally += &Tally::of(batch);
                    open.writer.write(batch)?;
                }
                Ok(())
            })?;
        self.bound_memory()
    }

    fn open_file(&mut self, month: Month) -> Result<(), DataError> {
        let part = self.staged.iter().filter(|staged| staged.month == month).count() as u32;
        let file = format!("{:06}-{part:03}.parquet", self.manifest.sequence + 1);
        let folder = self.staging.join(format!("month={month}"));
        fs::create_dir_all(&folder).map_err(DataError::write(&folder))?;
        let path = folder.join(&file);
        let writer = SegmentWriter::create(&path)?;
        let name = format!("month={month}/{file}");
        let staged = Staged { month, part, path, name, segment: None, tally: Tally::default() };
        self.opened += 1;
        self.open.insert(month, Open { writer, staged, age: self.opened });
        Ok(())
    }

    fn bound_memory(&mut self) -> Result<(), DataError> {
        while self.open.len() > OPEN_FILES {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.age).map(|(month, _)| *month);
            if let Some(open) = oldest.and_then(|month| self.open.remove(&month)) {
                self.staged.push(close(open)?);
            }
        }
        let mut held: Vec<(usize, Month)> = self.open.iter().map(|(month, o)| (o.writer.held(), *month)).collect();
        held.sort_unstable();
        let mut total: usize = held.iter().map(|(bytes, _)| bytes).sum();
        while total > HELD_BYTES
            && let Some((bytes, month)) = held.pop()
        {
            if let Some(open) = self.open.get_mut(&month) {
                open.writer.release()?;
            }
            total -= bytes;
        }
        Ok(())
    }

    /// Drops duplicates and commits. `record` gets the counts that are known only now. A dry run, and an append that adds
    /// nothing, leave the store as it was.
    pub fn finish(mut self, mut record: AppendRecord, dry_run: bool) -> Result<Appended, DataError> {
        let open = std::mem::take(&mut self.open);
        let closed: Vec<Staged> = open.into_par_iter().map(|(_, open)| close(open)).collect::<Result<_, _>>()?;
        self.staged.extend(closed);
        self.staged.sort_by_key(|staged| (staged.month, staged.part));
        let staged = std::mem::take(&mut self.staged);
        let (kept, duplicates) = duplicates::remove(self.store, &self.manifest, staged)?;
        let mut tally = Tally::default();
        for staged in &kept {
            tally += &staged.tally;
        }
        if !dry_run && !kept.is_empty() {
            let mut manifest = self.manifest.clone();
            manifest.sequence += 1;
            manifest.segments.extend(kept.into_iter().filter_map(|staged| staged.segment));
            manifest.segments.sort_by(|a, b| a.path.cmp(&b.path));
            record.sequence = manifest.sequence;
            record.imported = tally.rows;
            record.duplicates += duplicates;
            manifest.appends.push(record);
            self.sync_staging()?;
            manifest.commit(self.store.dir())?;
            // The rows are in. Where moving fails, readers find them in the staging folder and the next append moves them.
            let _ = settle(self.store, &manifest);
        }
        Ok(Appended { tally, duplicates })
    }

    fn sync_staging(&self) -> Result<(), DataError> {
        let sync = || -> std::io::Result<()> {
            for entry in fs::read_dir(&self.staging)? {
                sync_folder(&entry?.path())?;
            }
            sync_folder(&self.staging)?;
            sync_folder(&self.store.staging())?;
            sync_folder(self.store.dir())
        };
        sync().map_err(DataError::write(&self.staging))
    }
}

impl Drop for Appender<'_> {
    fn drop(&mut self) {
        // Of a committed append nothing is left here; of a failed one nothing may be left.
        let committed = Manifest::read(self.store.dir()).is_ok_and(|now| now.sequence > self.manifest.sequence);
        if !committed {
            self.open.clear();
            let _ = fs::remove_dir_all(&self.staging);
            let _ = fs::remove_dir(self.store.staging());
        }
    }
}

fn close(open: Open) -> Result<Staged, DataError> {
    let Open { writer, mut staged, .. } = open;
    staged.segment = Some(writer.finish(staged.name.clone())?);
    Ok(staged)
}

/// Moves committed files to their month and clears what failed appends left behind.
fn settle(store: &Store, manifest: &Manifest) -> Result<(), DataError> {
    let staging = store.staging();
    if !staging.exists() {
        return Ok(());
    }
    for segment in &manifest.segments {
        let target = store.trades().join(&segment.path);
        if target.exists() {
            continue;
        }
        let staged = staged_path(&staging, segment);
        let folder = target.parent().unwrap_or(store.dir()).to_owned();
        let arrive = || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            fs::rename(&staged, &target)?;
            sync_folder(&folder)?;
            sync_folder(&store.trades())
        };
        // A committed file that is in neither place is damage, which reading and `verify` report.
        if staged.exists() {
            arrive().map_err(DataError::write(&target))?;
        }
    }
    fs::remove_dir_all(&staging).map_err(DataError::write(&staging))
}

/// Where a committed file waits until it is moved to its month.
pub(crate) fn staged_path(staging: &Path, segment: &Segment) -> PathBuf {
    let sequence = segment.path.rsplit('/').next().and_then(|file| file.split('-').next()).unwrap_or_default();
    staging.join(sequence).join(&segment.path)
}
