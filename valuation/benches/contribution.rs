//! Shapley values: from a table, in closed form, sampled, and of the neighbours of test rows.

use criterion::{Criterion, criterion_group, criterion_main};
use valuation::contribution::exact::shapley;
use valuation::contribution::game::Game;
use valuation::contribution::nearest::{self, Neighbourhood};
use valuation::contribution::sampled::{Plan, Scheme, estimate};

/// Numbers in [0, 1) that are the same every time.
fn spread(count: usize) -> Vec<f64> {
    (0..count).map(|k| f64::from((k as u32).wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24)).collect()
}

fn voting() -> Game<'static> {
    Game::WeightedVoting { weights: (0..51).map(|k| 3 + k * k % 43).collect(), quota: 450 }
}

fn contribution(criterion: &mut Criterion) {
    let table = Game::table(20, spread(1 << 20)).expect("a table");
    criterion.bench_function("shapley of 20 owners from a table", |b| b.iter(|| shapley(&table)));
    criterion.bench_function("shapley of 51 voters in closed form", |b| b.iter(|| shapley(&voting())));
    let plan = Plan { scheme: Scheme::Permutation, seed: 1, draws_max: 1_000, std_error: None, departures: false };
    criterion.bench_function("shapley of 51 voters from 1,000 orders", |b| b.iter(|| estimate(&voting(), &plan)));
    let (train, test) = (spread(32 * 10_000), spread(32 * 100));
    let classes: Vec<u32> = train.chunks(32).map(|row| u32::from(row[0] > 0.5)).collect();
    let rows = Neighbourhood {
        features: 32,
        train: &train,
        train_class: &classes,
        test: &test,
        test_class: &classes[..100],
        k: 5,
    };
    criterion.bench_function("shapley of 10,000 rows for 100 test rows", |b| b.iter(|| nearest::shapley(&rows)));
}

criterion_group!(benches, contribution);
criterion_main!(benches);
