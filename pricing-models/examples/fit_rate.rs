//! Fits fixest's own benchmark designs and prints one JSON object.
//!
//!   fit_rate ROWS easy|hard THREADS
//!
//! `easy`: `y ~ x | buyer + seller`, sellers drawn; `hard`: `y ~ x | buyer + seller + year`, sellers follow each other round.

use std::time::Instant;

use pricing_models::covariance::Errors;
use pricing_models::formula::Formula;
use pricing_models::frame::{Column, Frame};
use pricing_models::hedonic::{FitOptions, fit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let said: Vec<String> = std::env::args().collect();
    let [_, rows, design, threads] = said.as_slice() else { return Err("fit_rate ROWS easy|hard THREADS".into()) };
    let (n, threads): (u64, usize) = (rows.parse()?, threads.parse()?);
    let hard = design == "hard";
    let (buyers, years) = ((n / 10).max(1), 10);
    let sellers = (buyers / 23).max(2);
    let unit = |stream: u64, row: u64| (scramble(stream, row) >> 11) as f64 / (1u64 << 53) as f64;
    let seller = |row: u64| if hard { row % sellers } else { scramble(3, row) % sellers };
    let x: Vec<f64> = (0..n).map(|row| unit(1, row)).collect();
    let y = (0..n).map(|row| {
        let effects = 0.1 * ((row / 10) % 17) as f64 + 0.2 * (seller(row) % 13) as f64 + 0.1 * (row % years) as f64;
        0.05 * x[row as usize] + effects + unit(2, row)
    });
    let frame = Frame::new()
        .with("y", Column::Real(y.collect()))?
        .with("x", Column::Real(x.clone()))?
        .with("buyer", Column::Real((0..n).map(|row| (row / 10) as f64).collect()))?
        .with("seller", Column::Real((0..n).map(|row| seller(row) as f64).collect()))?
        .with("year", Column::Real((0..n).map(|row| (row % years) as f64).collect()))?;
    drop(x);
    let formula = if hard { "y ~ x | buyer + seller + year" } else { "y ~ x | buyer + seller" };
    let errors = Errors::Cluster("seller".to_owned());
    let options = FitOptions { errors, weights: None, level: 0.95, groups: Default::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let begin = Instant::now();
    let model = pool.install(|| fit(&frame, &Formula::parse(formula)?, &options))?;
    let seconds = begin.elapsed().as_secs_f64();
    let line = model.coefficient("x")?;
    let peak = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    });
    println!(
        "{{\"rows\": {n}, \"design\": \"{design}\", \"threads\": {threads}, \"seconds\": {seconds}, \"estimate\": {:?}, \
         \"std_error\": {:?}, \"peak_mib\": {}}}",
        line.estimate,
        line.std_error,
        peak.unwrap_or(f64::NAN) / 1024.0
    );
    Ok(())
}

/// SplitMix64 of a counter.
fn scramble(stream: u64, row: u64) -> u64 {
    let mut z = (stream << 40 ^ row).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
