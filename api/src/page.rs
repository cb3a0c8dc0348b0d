//! The page at `/`: what the house holds, as an appraiser shows it to a client. One file, no script.

mod amount;
pub mod door;
mod market;
mod price_model;
mod valuation;

use ::valuation::words::{self, Language};
use askama::Template;

use crate::report::ReportError;
use crate::work::overview::Overview;
use market::Market;
use price_model::PriceModel;
use valuation::Valued;

/// Price models on the page; the interface lists them all.
const MODELS: usize = 4;

#[derive(Template)]
#[template(path = "front.html")]
struct Front<'a> {
    words: Words,
    valuations: Vec<Valued>,
    /// Where the list of valuations goes on.
    next: Option<&'a str>,
    /// The newest first.
    models: Vec<PriceModel>,
    model_count: String,
    more_models: bool,
    market: Market,
    data_dir: &'a str,
    version: &'static str,
}

/// The words of one language.
struct Words {
    language: Language,
}

impl Words {
    fn say(&self, key: &str) -> String {
        words::text(key, self.language)
    }

    fn filled(&self, key: &str, place: &str, value: &str) -> String {
        words::format(key, self.language, &[(place, value)])
    }

    /// The code of the language the page is written in.
    fn code(&self) -> &'static str {
        if self.language == Language::En { "en" } else { "zh" }
    }

    /// The code of the language the page can be switched to.
    fn other(&self) -> &'static str {
        if self.language == Language::En { "zh" } else { "en" }
    }
}

/// Writes the page in `language`.
///
/// # Errors
/// [`ReportError::Page`] where the template cannot be filled.
pub fn write(overview: &Overview, language: Language) -> Result<String, ReportError> {
    let models = &overview.models;
    let more = if models.next.is_some() { "+" } else { "" };
    let front = Front {
        words: Words { language },
        valuations: overview.valuations.items.iter().map(|record| Valued::of(record, language)).collect(),
        next: overview.valuations.next.as_deref(),
        models: models.items.iter().rev().take(MODELS).map(|model| PriceModel::of(model, language)).collect(),
        model_count: format!("{}{more}", models.items.len()),
        more_models: models.items.len() > MODELS,
        market: Market::of(&overview.holdings, language),
        data_dir: &overview.data_dir,
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(front.render()?)
}
