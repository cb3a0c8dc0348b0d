//! The limits of a model in plain words, derived from its own figures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::words::{self, Language};

use super::ModelCard;

/// One limit, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// The words stand under `limit.<code>`.
    pub code: String,
    pub zh: String,
    pub en: String,
}

/// The verdict first, then what the reader must know.
pub(super) fn limits(card: &ModelCard) -> Vec<Limit> {
    let mut limits = vec![verdict(card)];
    let used = format!("{:.0}", 100.0 * card.data.used as f64 / (card.data.read.max(1)) as f64);
    if card.data.used < card.data.read {
        let (used_rows, read) = (card.data.used.to_string(), card.data.read.to_string());
        limits.push(limit("rows_left_out", &[("used", &used_rows), ("read", &read), ("share", &used)]));
    }
    if !card.dropped.is_empty() {
        limits.push(limit("collinear", &[("columns", &card.dropped.join(", "))]));
    }
    if !card.r2_centred {
        limits.push(limit("uncentred", &[]));
    }
    // Belsley, Kuh and Welsch 1980: from 30 on dependence among the regressors does harm.
    if card.scaled_condition_number > 30.0 {
        limits.push(limit("ill_conditioned", &[("condition", &short(card.scaled_condition_number))]));
    }
    // A normal spread gives the factor exp(s²/2); far more says that a few prices far above the model decide the mean.
    if card.smearing > 1.5 * libm::exp(0.5 * card.residual_sd * card.residual_sd) {
        limits.push(limit("mean_unreliable", &[("smearing", &short(card.smearing))]));
    }
    if let Some(evaluation) = &card.evaluation {
        if evaluation.not_predicted > 0 {
            let (missed, all) = (evaluation.not_predicted, evaluation.n + evaluation.not_predicted);
            limits.push(limit("not_predicted", &[("rows", &missed.to_string()), ("all", &all.to_string())]));
        }
        if let Some(coverage) = evaluation.coverage.filter(|coverage| coverage.high < evaluation.validation.level) {
            let (share, level) = (percent(coverage.share), percent(evaluation.validation.level));
            limits.push(limit("interval_too_narrow", &[("coverage", &share), ("level", &level)]));
        }
        if let Some(r2) = evaluation.r2_out_of_fold.filter(|r2| *r2 < 0.0) {
            limits.push(limit("worse_than_mean", &[("r2", &format!("{r2:.2}"))]));
        }
    }
    if card.data.cut_off.is_none() {
        limits.push(limit("no_cut_off", &[]));
    }
    limits
}

fn verdict(card: &ModelCard) -> Limit {
    let Some(evaluation) = &card.evaluation else { return limit("not_evaluated", &[]) };
    let ape = evaluation.median_ape.map_or_else(|| "–".to_owned(), short);
    let coverage = evaluation.coverage.map_or_else(|| "–".to_owned(), |coverage| percent(coverage.share));
    let level = percent(evaluation.validation.level);
    let failed: Vec<&str> = card.acceptance.iter().filter(|test| !test.passed).map(|test| test.name.as_str()).collect();
    let code = match card.accepted {
        None => "not_judged",
        Some(true) => "accepted",
        Some(false) => "bad",
    };
    let said = |language: Language| {
        let labels: Vec<String> =
            failed.iter().map(|name| words::text(&format!("acceptance.{name}"), language)).collect();
        let glue = if language == Language::Zh { "、" } else { ", " };
        let places =
            [("ape", ape.as_str()), ("coverage", &coverage), ("level", &level), ("failed", &labels.join(glue))];
        words::format(&format!("limit.{code}"), language, &places)
    };
    Limit { code: code.to_owned(), zh: said(Language::Zh), en: said(Language::En) }
}

fn limit(code: &str, places: &[(&str, &str)]) -> Limit {
    let said = |language| words::format(&format!("limit.{code}"), language, places);
    Limit { code: code.to_owned(), zh: said(Language::Zh), en: said(Language::En) }
}

/// Three or so significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 1e6 => format!("{value:.1e}"),
        size if size >= 100.0 => format!("{value:.0}"),
        _ => format!("{value:.1}"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}
