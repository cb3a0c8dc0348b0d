//! One price model on the page: the headline figures of its card.

use rust_decimal::Decimal;
use valuation::words::Language;

use crate::report::numerals;
use crate::work::model::record::ModelSummary;

/// A price model as the page shows it.
pub struct PriceModel {
    pub id: String,
    /// The beginning of the id.
    pub short_id: String,
    pub formula: String,
    pub n: String,
    pub r2: String,
    pub rmse: String,
    pub median_ape: String,
    pub cut_off: String,
    pub window: String,
    pub verdict: String,
    /// `Some(false)` where it failed what was asked of it.
    pub accepted: Option<bool>,
}

impl PriceModel {
    pub fn of(model: &ModelSummary, language: Language) -> PriceModel {
        let absent = || "—".to_owned();
        let digits = model.model_id.strip_prefix("sha256:").unwrap_or(&model.model_id);
        PriceModel {
            id: model.model_id.clone(),
            short_id: digits.chars().take(12).collect(),
            formula: model.formula.clone(),
            n: numerals::decimals(Decimal::from(model.n), 0, 0),
            r2: model.r2.map_or_else(absent, |r2| format!("{r2:.3}")),
            rmse: format!("{:.3}", model.rmse),
            median_ape: model.median_ape.map_or_else(absent, |ape| format!("{ape:.1}%")),
            cut_off: model.cut_off.map_or_else(absent, |day| day.to_string()),
            window: model.window.map_or_else(absent, |(first, last)| format!("{first} – {last}")),
            verdict: model.verdict.as_ref().map_or_else(String::new, |limit| match language {
                Language::Zh => limit.zh.clone(),
                Language::En => limit.en.clone(),
            }),
            accepted: model.accepted,
        }
    }
}
