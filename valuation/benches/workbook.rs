//! The two workbooks of the speed targets: a million draws of a relief from royalty, and 100,000 amortisation schedules in
//! books.

mod cases;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use valuation::workbook::{Lanes, Sampling, evaluate, simulate};

fn royalty(c: &mut Criterion) {
    let (workbook, bindings, output) = cases::royalty();
    let mut group = c.benchmark_group("relief from royalty, 10 years, 1,000,000 draws");
    group.throughput(Throughput::Elements(1_000_000)).sample_size(20);
    for sampling in [Sampling::Random, Sampling::LatinHypercube, Sampling::Sobol] {
        let lanes = Lanes::Draws { count: 1_000_000, seed: 1, sampling };
        group.bench_function(format!("{sampling:?}"), |b| {
            b.iter(|| simulate(&workbook, &bindings, &lanes, &[output]).unwrap());
        });
    }
}

fn amortisation(c: &mut Criterion) {
    let (workbook, bindings, outputs) = cases::amortisation();
    let lanes = cases::assets(100_000);
    let mut group = c.benchmark_group("amortisation in books, 60 months, 100,000 assets");
    group.throughput(Throughput::Elements(100_000)).sample_size(10);
    group.bench_function("books", |b| b.iter(|| evaluate(&workbook, &bindings, &lanes, &outputs).unwrap()));
}

criterion_group!(benches, royalty, amortisation);
criterion_main!(benches);
