//! Times the contribution engines on data that a peer program wrote; prints one JSON object.
//!
//! ```text
//! share_bench nearest FOLDER    train.f64 train.u32 test.f64 test.u32, 32 features, K = 5 → values.f64
//! share_bench exact FOLDER      table.f64: the worth of every coalition by mask           → values.f64
//! share_bench sampled DRAWS     the 51-player voting game of Castro et al. by permutations
//! ```

use std::path::Path;
use std::time::Instant;

use valuation::contribution::error::ContributionError;
use valuation::contribution::exact;
use valuation::contribution::game::Game;
use valuation::contribution::nearest::{self, Neighbourhood};
use valuation::contribution::sampled::{Plan, Scheme, estimate};

const FEATURES: usize = 32;

fn reals(path: &Path) -> std::io::Result<Vec<f64>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|eight| f64::from_le_bytes(*eight)).collect())
}

fn classes(path: &Path) -> std::io::Result<Vec<u32>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four)).collect())
}

fn write(path: &Path, values: &[f64]) -> std::io::Result<()> {
    std::fs::write(path, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

/// Seconds of the fastest of three runs, and the answer.
fn timed<T>(work: impl Fn() -> Result<T, ContributionError>) -> Result<(f64, T), ContributionError> {
    let mut best = (f64::INFINITY, work()?);
    for _ in 0..3 {
        let begin = Instant::now();
        let answer = work()?;
        best = (begin.elapsed().as_secs_f64().min(best.0), answer);
    }
    Ok(best)
}

fn castro() -> Game<'static> {
    let counted = [
        (45, 1),
        (41, 1),
        (27, 1),
        (26, 2),
        (25, 1),
        (21, 1),
        (17, 2),
        (14, 1),
        (13, 2),
        (12, 3),
        (11, 1),
        (10, 4),
        (9, 4),
        (8, 2),
        (7, 4),
        (6, 4),
        (5, 1),
        (4, 9),
        (3, 7),
    ];
    let weights = counted.iter().flat_map(|(weight, count)| vec![*weight; *count]).collect();
    Game::WeightedVoting { weights, quota: 270 }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, of] = arguments.as_slice() else { return Err("share_bench nearest|exact|sampled FOLDER|DRAWS".into()) };
    let folder = Path::new(of);
    match what.as_str() {
        "nearest" => {
            let (train, test) = (reals(&folder.join("train.f64"))?, reals(&folder.join("test.f64"))?);
            let (train_class, test_class) = (classes(&folder.join("train.u32"))?, classes(&folder.join("test.u32"))?);
            let rows = Neighbourhood {
                features: FEATURES,
                train: &train,
                train_class: &train_class,
                test: &test,
                test_class: &test_class,
                k: 5,
            };
            let (seconds, found) = timed(|| nearest::shapley(&rows))?;
            write(&folder.join("values.f64"), &found.values)?;
            println!("{{\"seconds\": {seconds}, \"total\": {}}}", found.total);
        }
        "exact" => {
            let table = reals(&folder.join("table.f64"))?;
            let game = Game::table(table.len().trailing_zeros() as usize, table)?;
            let (seconds, found) = timed(|| exact::shapley(&game))?;
            write(&folder.join("values.f64"), &found.values)?;
            println!("{{\"seconds\": {seconds}, \"evaluations\": {}}}", found.evaluations);
        }
        "sampled" => {
            let plan = Plan {
                scheme: Scheme::Permutation,
                seed: 1,
                draws_max: of.parse()?,
                std_error: None,
                departures: false,
            };
            let (seconds, found) = timed(|| estimate(&castro(), &plan))?;
            println!(
                "{{\"seconds\": {seconds}, \"values\": {:?}, \"std_error\": {:?}}}",
                found.values, found.std_error
            );
        }
        other => return Err(format!("{other}?").into()),
    }
    Ok(())
}
