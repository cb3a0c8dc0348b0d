//! Simulates the relief from royalty of the speed target and prints one JSON line for the comparison with its peers:
//! `royalty_bench [DRAWS] [RUNS] [RUNS OF THE BOOKS]`.

#[path = "../benches/cases.rs"]
mod cases;

use std::time::Instant;

use valuation::workbook::{Lanes, Sampling, evaluate, simulate};

fn argument(place: usize, otherwise: usize) -> usize {
    std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The most memory this process held, in bytes (Linux; 0 elsewhere).
fn peak_rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Processor seconds this process has used, to hundredths (Linux; 0 elsewhere).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |place: usize| after_name.split_whitespace().nth(place).and_then(|t| t.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(0.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (draws, runs) = (argument(1, 1_000_000), argument(2, 9).max(1));
    let (workbook, bindings, output) = cases::royalty();
    let lanes = Lanes::Draws { count: draws, seed: 20260101, sampling: Sampling::Random };
    let mut found = simulate(&workbook, &bindings, &lanes, &[output])?;
    let mut seconds = Vec::new();
    let before = cpu_seconds();
    for _ in 0..runs {
        let start = Instant::now();
        found = simulate(&workbook, &bindings, &lanes, &[output])?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    let cpu = (cpu_seconds() - before) / runs as f64;
    let peak = peak_rss();
    let (books, inputs, outputs) = cases::amortisation();
    let assets = cases::assets(100_000);
    let mut books_seconds = Vec::new();
    for _ in 0..argument(3, 3) {
        let start = Instant::now();
        evaluate(&books, &inputs, &assets, &outputs)?;
        books_seconds.push(start.elapsed().as_secs_f64());
    }
    let value = &found.outputs[0];
    println!(
        "{}",
        serde_json::json!({
            "draws": draws,
            "seconds_median": median(seconds),
            "cpu_seconds": cpu,
            "mean": value.mean,
            "sd": value.sd,
            "threads": rayon::current_num_threads(),
            "peak_rss": peak,
            "books_schedules": 100_000,
            "books_seconds_median": median(books_seconds),
        })
    );
    Ok(())
}
