//! A report as JSON: the same sections, tables and figures, for programs.

use super::ReportError;
use super::document::Report;

/// Writes the report, indented, ending with a line break.
///
/// # Errors
/// [`ReportError::Json`] where it cannot be serialised.
pub fn write(report: &Report) -> Result<Vec<u8>, ReportError> {
    let mut bytes = serde_json::to_vec_pretty(report)?;
    bytes.push(b'\n');
    Ok(bytes)
}
