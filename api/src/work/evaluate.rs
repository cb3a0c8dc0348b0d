//! Ratio studies over a table.

use pricing_models::evaluate::study::{RatioStudy, StudyOptions, ratio_study};
use pricing_models::frame::Frame;

use crate::error::Error;

/// The ratio study of two columns of a table.
///
/// Errors: unknown or textual columns; too few pairs.
pub fn ratios(frame: &Frame, assessed: &str, sale: &str, options: &StudyOptions) -> Result<RatioStudy, Error> {
    let assessed = frame.real(assessed, "assessed")?;
    let sale = frame.real(sale, "sale")?;
    Ok(ratio_study(assessed, sale, options)?)
}
