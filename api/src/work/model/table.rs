//! A table of the user's own, to fit a model on.

use std::path::Path;

use datasets::table::Values;
use pricing_models::frame::{Column, Frame};

use crate::error::Error;

/// Reads a CSV or Parquet table as columns: in CSV, numbers where every value that is there is a number, else text.
///
/// Errors: `file_not_found`; `bad_parquet`; `broken_file` with the line of a ragged or unreadable record.
pub fn read(path: &Path) -> Result<Frame, Error> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
        let columns = datasets::table::read_parquet(path)?;
        return Ok(columns.into_iter().try_fold(Frame::new(), |frame, (name, values)| match values {
            Values::Real(values) => frame.with(name, Column::Real(values)),
            Values::Text(values) => frame.with(name, Column::text(values)),
        })?);
    }
    let broken =
        |line: Option<u64>, said: String| Error::BrokenFile { file: Some(path.display().to_string()), line, said };
    let bytes = std::fs::read(path).map_err(|cause| Error::of_file(path, &cause))?;
    let (text, _, malformed) = match std::str::from_utf8(&bytes) {
        Ok(_) => encoding_rs::UTF_8.decode(&bytes),
        Err(_) => encoding_rs::GB18030.decode(&bytes),
    };
    if malformed {
        return Err(broken(None, "UTF-8, GB18030".to_owned()));
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| broken(Some(1), error.to_string()))?.clone();
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map(csv::Position::line);
            broken(line, error.to_string())
        })?;
        for (column, value) in columns.iter_mut().zip(record.iter()) {
            column.push(value.trim().to_owned());
        }
    }
    let mut frame = Frame::new();
    for (name, values) in names.iter().zip(columns) {
        let absent = |value: &str| value.is_empty() || value == "NA";
        let numbers: Option<Vec<f64>> =
            values.iter().map(|value| if absent(value) { Some(f64::NAN) } else { value.parse().ok() }).collect();
        let column = match numbers {
            Some(numbers) => Column::Real(numbers),
            None => Column::text(values),
        };
        let name = if name.is_empty() { "rownames" } else { name };
        frame = frame.with(name, column)?;
    }
    Ok(frame)
}
