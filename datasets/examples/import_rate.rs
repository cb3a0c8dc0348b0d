//! Measures the import: rows a second and the largest memory, on a generated file of plain trades.
//!
//! ```sh
//! cargo run --profile quick --example import_rate -- 3000000
//! ```
//! Prints one JSON object: `rows`, `bytes`, `seconds`, `rows_per_second`, `peak_mib` (peak resident memory of the import, the
//! generated file written beforehand by another process of this program).

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use datasets::import::{ImportOptions, import};
use datasets::mapping::Mapping;
use datasets::store::Store;
use datasets::{synthetic, trades_csv};

// As the program itself does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rows made at a time; each part has a seed of its own, so no two rows are equal by accident.
const PART: usize = 50_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", file, rows] => write(Path::new(file), rows.parse()?),
        ["read", file] => read(Path::new(file)),
        [] => measure(1_000_000),
        [rows] => measure(rows.parse()?),
        _ => Err("usage: import_rate [ROWS]".into()),
    }
}

fn write(file: &Path, rows: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(file)?);
    for part in 0..rows.div_ceil(PART) {
        let trades = synthetic::market(part as u64 + 1, PART.min(rows - part * PART));
        if part == 0 { trades_csv::write(&mut out, &trades)? } else { trades_csv::write_rows(&mut out, &trades)? }
    }
    out.flush()?;
    Ok(())
}

fn measure(rows: usize) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("trades.csv");
    // Another process, so that its memory is not counted.
    let program = std::env::current_exe()?;
    let written = std::process::Command::new(program).arg("write").arg(&file).arg(rows.to_string()).status()?;
    if !written.success() {
        return Err("the file of trades was not written".into());
    }
    read(&file)
}

fn read(file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let store = Store::open(dir.path().join("store"))?;
    let options = ImportOptions::at("2027-01-01T00:00:00Z".parse()?);
    let begin = Instant::now();
    let done = import(file, &Mapping::find("hengshu")?, &store, &options)?;
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{{\"rows\": {}, \"imported\": {}, \"rejected\": {}, \"duplicates\": {}, \"bytes\": {}, \"stored_bytes\": {}, \
         \"seconds\": {seconds:.3}, \"rows_per_second\": {:.0}, \"peak_mib\": {:.0}}}",
        done.read,
        done.imported,
        done.rejected,
        done.duplicates,
        std::fs::metadata(file)?.len(),
        store.manifest()?.segments.iter().map(|segment| segment.bytes).sum::<u64>(),
        done.read as f64 / seconds,
        peak_mib().unwrap_or(f64::NAN),
    );
    Ok(())
}

/// The largest resident memory so far, where the system tells it (Linux).
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
