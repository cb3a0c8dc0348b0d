//! The store keeps what it is given, all or nothing, and tells each moment's knowledge apart.

use chrono::{DateTime, TimeDelta, Utc};
use datasets::error::DataError;
use datasets::scan::Scan;
use datasets::schema::Trade;
use datasets::store::Store;
use datasets::synthetic::market;
use rust_decimal::Decimal;
use valuation::terms::RecordStatus;

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn one() -> Trade {
    let mut trade = market(3, 200).into_iter().find(|t| t.price.is_some_and(|p| !p.is_zero())).unwrap();
    trade.trade_id = "T1".to_owned();
    trade.status = RecordStatus::Original;
    trade.traded_on = "2024-05-20".parse().unwrap();
    trade.recorded_at = moment("2024-05-21T08:00:00Z");
    trade
}

fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn what_goes_in_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut trades = market(1, 5_000);
    let appended = store.append(&trades).unwrap();
    assert_eq!(appended.tally.rows + appended.duplicates, 5_000);
    assert!(appended.duplicates > 10);

    // The newest row of each trade, unless it is a cancellation, each once.
    trades.sort_by(|a, b| (&a.trade_id, a.recorded_at).cmp(&(&b.trade_id, b.recorded_at)));
    trades.dedup();
    let last = |pair: &[Trade]| pair.last().filter(|t| t.status != RecordStatus::Cancellation).cloned();
    let expected: Vec<Trade> = trades.chunk_by(|a, b| a.trade_id == b.trade_id).filter_map(last).collect();
    let mut known = store.trades_known(&Scan::default()).unwrap();
    known.sort_by(|a, b| a.trade_id.cmp(&b.trade_id));
    assert_eq!(known.len(), expected.len());
    assert_eq!(known, expected);
}

#[test]
fn the_same_rows_twice_add_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let trades = market(1, 2_000);
    store.append(&trades).unwrap();
    let before = store.manifest().unwrap();
    let again = store.append(&trades).unwrap();
    assert_eq!((again.tally.rows, again.duplicates), (0, 2_000));
    assert_eq!(store.manifest().unwrap(), before);
    assert!(!dir.path().join(".staging").exists());
    let more = store.append(&[trades.clone(), market(2, 100)].concat()).unwrap();
    assert_eq!(more.duplicates + more.tally.rows, 2_100);
    assert!(more.tally.rows > 90);
}

#[test]
fn the_manifest_knows_every_state_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut states = vec![store.manifest().unwrap()];
    for seed in 1..=3 {
        store.append(&market(seed, 500)).unwrap();
        states.push(store.manifest().unwrap());
    }
    for (sequence, state) in states.iter().enumerate() {
        assert_eq!(states[3].as_of(sequence as u64).root_hash(), state.root_hash(), "after append {sequence}");
    }
}

#[test]
fn each_moment_has_its_own_knowledge() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let first = one();
    let price = first.price.unwrap();
    // The correction also moves the trade to another month.
    let corrected = Trade {
        status: RecordStatus::Correction,
        price: Some(price + Decimal::ONE),
        traded_on: "2024-04-30".parse().unwrap(),
        recorded_at: first.recorded_at + TimeDelta::days(3),
        ..first.clone()
    };
    let cancelled = Trade {
        status: RecordStatus::Cancellation,
        recorded_at: first.recorded_at + TimeDelta::days(9),
        ..corrected.clone()
    };
    store.append(&[cancelled]).unwrap();
    store.append(&[corrected.clone(), first.clone()]).unwrap();
    let known = |at: DateTime<Utc>| store.trades_known(&Scan::as_known_at(at)).unwrap();
    assert_eq!(known(first.recorded_at - TimeDelta::microseconds(1)), vec![]);
    assert_eq!(known(first.recorded_at), vec![first.clone()]);
    assert_eq!(known(first.recorded_at + TimeDelta::days(3)), vec![corrected.clone()]);
    assert_eq!(known(first.recorded_at + TimeDelta::days(9)), vec![]);
    assert_eq!(store.trades_known(&Scan::default()).unwrap(), vec![]);
}

#[test]
fn a_scan_reads_only_the_days_and_columns_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.append(&market(1, 3_000)).unwrap();
    let all = store.trades_known(&Scan::default()).unwrap();
    let (from, to) = ("2023-03-10".parse().unwrap(), "2024-01-05".parse().unwrap());
    let scan = Scan {
        from: Some(from),
        to: Some(to),
        columns: Some(vec!["price".to_owned(), "kind".to_owned()]),
        ..Scan::default()
    };
    let batches = store.scan(&scan).unwrap();
    let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    assert_eq!(rows, all.iter().filter(|t| t.traded_on >= from && t.traded_on <= to).count());
    let names: Vec<String> = batches[0].schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["kind", "price"]);
    let wrong = Scan { columns: Some(vec!["prise".to_owned()]), ..Scan::default() };
    assert!(matches!(store.scan(&wrong), Err(DataError::UnknownColumn { nearest, .. }) if nearest == "price"));
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let write = |threads: usize| {
        let dir = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Store::open(dir.path()).unwrap().append(&market(5, 4_000)).unwrap());
        let bytes: Vec<Vec<u8>> = files(dir.path()).iter().map(|path| std::fs::read(path).unwrap()).collect();
        bytes
    };
    let one = write(1);
    assert!(one.len() > 30);
    assert!(one == write(2) && one == write(8));
}

#[test]
fn one_changed_byte_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.append(&market(1, 2_000)).unwrap();
    let sound = store.verify().unwrap();
    assert_eq!((sound.failures.len(), sound.checked), (0, 36));

    let victim = files(&store.trades())[7].clone();
    let intact = std::fs::read(&victim).unwrap();
    let mut bytes = intact.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&victim, &bytes).unwrap();
    let verified = store.verify().unwrap();
    assert_eq!(verified.failures.len(), 1);
    assert_eq!(verified.failures[0].file, victim);
    assert!(matches!(store.scan(&Scan::default()), Err(DataError::StoreDamaged { file, .. }) if file == victim));

    std::fs::write(&victim, &intact[..intact.len() - 9]).unwrap();
    assert!(store.verify().unwrap().failures[0].reason.contains("bytes"));
    std::fs::remove_file(&victim).unwrap();
    assert_eq!(store.verify().unwrap().failures.len(), 1);
    std::fs::write(&victim, &intact).unwrap();
    assert_eq!(store.verify().unwrap().failures, vec![]);

    // A change in the manifest is found as well.
    let manifest = dir.path().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replacen("\"rows\":", "\"rows\": ", 1)).unwrap();
    assert!(matches!(store.verify(), Err(DataError::StoreDamaged { .. })));
}

#[test]
fn a_crash_before_the_commit_leaves_the_old_state_and_after_it_the_new() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.append(&market(1, 1_000)).unwrap();
    let before = store.trades_known(&Scan::default()).unwrap();

    // A crash before the commit leaves files in the staging folder that the manifest does not name.
    let staging = dir.path().join(".staging/000002/month=2023-01");
    std::fs::create_dir_all(&staging).unwrap();
    std::fs::write(staging.join("000002-000.parquet"), b"half a file").unwrap();
    assert_eq!(store.trades_known(&Scan::default()).unwrap(), before);
    assert_eq!(store.verify().unwrap().failures, vec![]);
    store.append(&market(2, 1_000)).unwrap();
    assert_eq!(store.verify().unwrap().failures, vec![]);
    let after = store.trades_known(&Scan::default()).unwrap();

    // A crash after the commit leaves committed files in the staging folder.
    let manifest = store.manifest().unwrap();
    for segment in manifest.segments.iter().filter(|segment| segment.path.contains("000002-")) {
        let staged = dir.path().join(".staging/000002").join(&segment.path);
        std::fs::create_dir_all(staged.parent().unwrap()).unwrap();
        std::fs::rename(store.trades().join(&segment.path), staged).unwrap();
    }
    assert_eq!(store.trades_known(&Scan::default()).unwrap(), after);
    assert_eq!(store.verify().unwrap().failures, vec![]);
    store.append(&market(3, 10)).unwrap();
    assert!(manifest.segments.iter().all(|segment| store.trades().join(&segment.path).exists()));
    assert!(!dir.path().join(".staging").exists());
}

#[test]
fn a_bad_trade_or_a_busy_store_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let bad = Trade { price: Some(Decimal::NEGATIVE_ONE), ..one() };
    assert!(matches!(store.append(&[one(), bad]), Err(DataError::BadTrade { .. })));
    assert!(store.manifest().unwrap().segments.is_empty());

    store.append(&[one()]).unwrap();
    let lock = std::fs::File::open(dir.path().join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(store.append(&market(1, 5)), Err(DataError::StoreBusy { .. })));
    drop(lock);
    store.append(&market(1, 5)).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("file");
    std::fs::write(&blocked, b"in the way").unwrap();
    let store = Store::open(dir.path().join("none")).unwrap();
    assert!(store.manifest().unwrap().segments.is_empty());
    assert!(matches!(Store::open(blocked.join("store")), Err(DataError::Unreadable { .. })));
}
