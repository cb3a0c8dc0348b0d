//! From a recorded valuation to a report: what stands in it and in which order.
//!
//! Sections follow 《资产评估执业准则——资产评估报告》 (statement, summary, body, special matters, validity) and the disclosure
//! list of 《数据资产评估指导意见》(中评协〔2023〕17号).

mod asset;
mod conclusion;
mod derivation;
mod method;
mod simulation;
mod support;
mod validity;

use valuation::record::Valuation;
use valuation::workbook::{Point, calculate};

use super::ReportError;
use super::document::{Block, Fact, Report, Said, Section};
use super::simulation::Summary;

/// What every section is composed from.
pub(crate) struct Source<'a> {
    pub valuation: &'a Valuation,
    pub point: &'a Point,
}

/// Composes the report of a recorded valuation; nothing but the record is read.
///
/// # Errors
/// [`ReportError::Workbook`] where the recorded workbook does not calculate.
pub fn compose(valuation: &Valuation) -> Result<Report, ReportError> {
    let point = calculate(&valuation.workbook, &valuation.bindings)?;
    let source = Source { valuation, point: &point };
    let mut sections = vec![
        validity::statement(),
        conclusion::summary(&source),
        asset::subject(&source),
        asset::engagement(&source),
        method::choice(&source),
    ];
    sections.extend(derivation::estimates(&source));
    sections.push(support::evidence(&source));
    sections.push(support::assumptions(&source));
    sections.push(conclusion::conclusion(&source));
    let summary = Summary::of(valuation)?;
    sections.extend(summary.as_ref().map(|summary| simulation::simulation(&source, summary)));
    sections.push(validity::special_matters(&source));
    sections.push(validity::use_and_validity(&source));
    sections.push(validity::verification(&source));
    Ok(Report {
        title: Said::word("report.title"),
        subject: valuation.case.asset.name.clone(),
        cover: cover(valuation),
        sections,
        simulation: summary,
    })
}

fn cover(valuation: &Valuation) -> Vec<Fact> {
    let case = &valuation.case;
    let mut cover = vec![
        Fact::new("report.fact.valuation_id", Said::plain(&valuation.valuation_id)),
        Fact::new("report.fact.valuation_date", Said::plain(case.valuation_date.to_string())),
    ];
    if let Some(by) = &case.prepared_by {
        cover.push(Fact::new("report.fact.prepared_by", Said::plain(by)));
    }
    cover
}

/// A section with its anchor; its heading is the word `report.section.<anchor>`.
fn section(anchor: &str, blocks: Vec<Block>) -> Section {
    Section { anchor: anchor.to_owned(), heading: Said::word(&format!("report.section.{anchor}")), blocks }
}

/// The user's text, or the words for what was not stated.
fn stated(text: &str) -> Said {
    if text.trim().is_empty() { Said::word("report.not_stated") } else { Said::plain(text) }
}

/// The snake-case name that a closed list serialises to, for looking its word up.
pub(crate) fn name_of<T: serde::Serialize>(value: &T) -> String {
    // A unit variant serialises to a string; anything else has no word and shows as its key.
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
