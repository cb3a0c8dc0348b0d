//! Reading an input file: its text, and what JSON or TOML says in it.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use valuation::case::read::{Format, nearest};

use crate::error::Error;

/// The text of a file and its format by its ending; TOML where it ends in `.toml`, else JSON.
///
/// Errors: `file_not_found`; `broken_file` with the line of the first byte that is not UTF-8.
pub fn text(path: &Path) -> Result<(String, Format), Error> {
    let bytes = fs::read(path).map_err(|cause| Error::of_file(path, &cause))?;
    let text = String::from_utf8(bytes).map_err(|broken| {
        let valid = broken.utf8_error().valid_up_to();
        let line = broken.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        Error::BrokenFile { file: name(path), line: Some(line), said: "UTF-8".to_owned() }
    })?;
    let toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    Ok((text, if toml { Format::Toml } else { Format::Json }))
}

/// The path as errors name it.
pub fn name(path: &Path) -> Option<String> {
    Some(path.display().to_string())
}

/// Reads a small document such as an asset.
///
/// Errors: `unknown_field` with the nearest known name; `wrong_value`; `broken_file`; each with file and line.
pub fn parse<T: DeserializeOwned>(text: &str, format: Format, file: Option<String>) -> Result<T, Error> {
    match format {
        Format::Json => serde_json::from_str(text).map_err(|error| {
            let line = (error.line() > 0).then_some(error.line() as u64);
            match error.classify() {
                serde_json::error::Category::Data => refused(&error.to_string(), file, line),
                _ => Error::BrokenFile { file, line, said: error.to_string() },
            }
        }),
        Format::Toml => toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() as u64 + 1);
            match text.parse::<toml::Table>() {
                Ok(_) => refused(error.message(), file, line),
                Err(_) => Error::BrokenFile { file, line, said: error.message().to_owned() },
            }
        }),
    }
}

/// Reads a file as [`parse`] does.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let (text, format) = text(path)?;
    parse(&text, format, name(path))
}

/// A document that is well written but does not fit; the parser's wording is pinned by the tests of the error table.
pub fn refused(said: &str, file: Option<String>, line: Option<u64>) -> Error {
    let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    if said.starts_with("unknown field") || said.starts_with("unknown variant") {
        let field = quoted.first().copied().unwrap_or_default().to_owned();
        let nearest = nearest(&field, quoted.iter().skip(1).copied()).unwrap_or_else(|| "—".to_owned());
        return Error::UnknownField { file, line, field, nearest };
    }
    let field = said.starts_with("missing field").then(|| quoted.first().copied().unwrap_or_default().to_owned());
    // The position stands in the place of the fault.
    let said = said.split(" at line ").next().unwrap_or(said).to_owned();
    Error::WrongValue { file, line, field, said }
}
