//! The import of plain trades, and the reading of what was imported.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use datasets::import::{ImportOptions, import};
use datasets::mapping::Mapping;
use datasets::price_text::price_text;
use datasets::scan::Scan;
use datasets::store::Store;
use datasets::{synthetic, trades_csv};

// As the program itself does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROWS: usize = 200_000;

fn trades(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("trades.csv");
    let mut csv = Vec::new();
    trades_csv::write(&mut csv, &synthetic::market(1, ROWS)).expect("writing to memory cannot fail");
    std::fs::write(&file, csv).expect("the file is written");
    let mapping = Mapping::find("hengshu").expect("a shipped mapping");
    let options = ImportOptions::at("2027-01-01T00:00:00Z".parse().expect("a moment"));

    let mut group = criterion.benchmark_group("trades");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    let mut run = 0;
    group.bench_function("import", |bencher| {
        bencher.iter(|| {
            run += 1;
            let store = Store::open(dir.path().join(format!("store-{run}"))).expect("a store");
            black_box(import(&file, &mapping, &store, &options).expect("the file imports"))
        });
    });
    let store = Store::open(dir.path().join("store-1")).expect("a store");
    let columns = Some(["price", "records", "quality", "category"].map(str::to_owned).to_vec());
    let scan = Scan { columns, ..Scan::default() };
    group.bench_function("scan", |bencher| bencher.iter(|| black_box(store.scan(&scan).expect("a scan"))));
    group.finish();

    let mut group = criterion.benchmark_group("texts");
    group.throughput(Throughput::Elements(1));
    group.bench_function("price", |bencher| bencher.iter(|| price_text(black_box("754300.0000000001元/次"))));
    group.bench_function("market of 50,000", |bencher| bencher.iter(|| synthetic::market(black_box(7), 50_000)));
    group.finish();
}

criterion_group!(benches, trades);
criterion_main!(benches);
