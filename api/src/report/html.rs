//! A report as one self-contained page that prints on A4.

use askama::Template;

use super::ReportError;
use super::document::{Block, Report};

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
}

/// Writes the page; it refers to nothing outside itself.
///
/// # Errors
/// [`ReportError::Page`] where the template cannot be filled.
pub fn write(report: &Report) -> Result<String, ReportError> {
    Ok(Page { report }.render()?)
}
