//! The trade files are plain Parquet: DuckDB and pyarrow, which we did not write, read the same rows and sums.

use datasets::scan::Scan;
use datasets::schema::Trade;
use datasets::store::Store;
use datasets::synthetic::market;
use rust_decimal::Decimal;
use tests::program::python_prints;

fn stored() -> (tempfile::TempDir, Store, Vec<Trade>) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path().join("store")).expect("a store");
    let mut trades = market(11, 4_000);
    store.append(&trades).expect("the first append");
    let second = market(12, 1_000);
    store.append(&second).expect("the second append");
    trades.extend(second);
    // Equal rows are stored once.
    trades.sort_by(|a, b| (&a.trade_id, a.recorded_at).cmp(&(&b.trade_id, b.recorded_at)));
    trades.dedup();
    (dir, store, trades)
}

/// Rows, sum of prices, distinct months, sum of records.
fn figures(trades: &[Trade]) -> String {
    let sum: Decimal = trades.iter().filter_map(|t| t.price).sum();
    let mut months: Vec<String> = trades.iter().map(|t| t.traded_on.format("%Y-%m").to_string()).collect();
    months.sort();
    months.dedup();
    let records: u64 = trades.iter().filter_map(|t| t.records).map(|n| n as u64).sum();
    format!("{} {} {} {records}", trades.len(), sum.normalize(), months.len())
}

#[test]
fn duckdb_counts_and_sums_what_we_stored() {
    let (_dir, store, trades) = stored();
    let script = "import sys, duckdb\n\
        rows = duckdb.sql(f\"select count(*), sum(price), count(distinct month), sum(records)::hugeint \
        from read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning = true)\").fetchall()[0]\n\
        print(rows[0], format(rows[1].normalize(), 'f'), rows[2], rows[3])";
    let folder = store.trades();
    assert_eq!(python_prints(script, &[folder.to_str().expect("a path")]).trim(), figures(&trades));
}

#[test]
fn duckdb_finds_the_rows_known_at_a_moment() {
    let (_dir, store, _) = stored();
    let at = "2024-06-30T12:00:00Z";
    let script = "import sys, duckdb\n\
        rows = duckdb.sql(f\"select count(*), sum(price) from (select * from \
        read_parquet('{sys.argv[1]}/**/*.parquet') where recorded_at <= '{sys.argv[2]}' qualify row_number() over \
        (partition by exchange, trade_id order by recorded_at desc) = 1) where status <> 'cancellation'\").fetchall()[0]\n\
        print(rows[0], format(rows[1].normalize(), 'f'))";
    let known = store.trades_known(&Scan::as_known_at(at.parse().expect("a moment"))).expect("a scan");
    let sum: Decimal = known.iter().filter_map(|t| t.price).sum();
    let folder = store.trades();
    let printed = python_prints(script, &[folder.to_str().expect("a path"), at]);
    assert_eq!(printed.trim(), format!("{} {}", known.len(), sum.normalize()));
}

#[test]
fn pyarrow_reads_the_same_rows() {
    let (_dir, store, trades) = stored();
    let script = "import sys, pyarrow.dataset as d, pyarrow.compute as c\n\
        t = d.dataset(sys.argv[1], partitioning='hive').to_table()\n\
        total = c.sum(t['price']).as_py()\n\
        print(t.num_rows, format(total.normalize(), 'f'), len(c.unique(t['month'])), int(c.sum(t['records']).as_py()))\n\
        print(sorted(set(zip(t['trade_id'].to_pylist(), t['product_title'].to_pylist())))[0])";
    let folder = store.trades();
    let printed = python_prints(script, &[folder.to_str().expect("a path")]);
    let first = trades.iter().map(|t| (&t.trade_id, &t.product_title)).min().expect("a trade");
    assert_eq!(printed.trim(), format!("{}\n('{}', '{}')", figures(&trades), first.0, first.1));
}
