//! `hengshu value CASE`.

use std::path::PathBuf;

use clap::Args;
use valuation::estimate::Interval;
use valuation::money::Money;
use valuation::words::{self, Language};

use crate::app::App;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::table::Table;
use crate::work::valuation::{self as work, ValuationSummary};

#[derive(Debug, Args)]
pub struct Value {
    /// A case file (JSON or TOML).
    case: PathBuf,
}

impl Value {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let (mut case, read_from) = work::read_case(&self.case)?;
        if let Some(seed) = global.seed {
            case.simulation.seed = seed;
        }
        let language = global.language();
        let step = global.progress().step(words::text("progress.value", language), None);
        let value = async move |app: &App| {
            let (valuation, _) = work::value(app, case, Some(read_from)).await?;
            let summary = ValuationSummary::of(&valuation);
            Answer::done(&summary, text(&summary, language))
        };
        let answered = global.with_app(Access::Write, value).await;
        drop(step);
        answered
    }
}

/// Amounts as people read them: `1,234,567.80`.
pub fn amount(money: &Money) -> String {
    let text = money.amount().to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

/// `[low, high]`, without decimals where both are large.
pub fn interval(interval: &Interval) -> String {
    format!("[{}, {}]", amount(&interval.low), amount(&interval.high))
}

fn text(summary: &ValuationSummary, language: Language) -> String {
    let word = |key: &str| words::text(key, language);
    let level = summary.conclusion.interval.level * 100.0;
    let level = words::format("cli.head.interval", language, &[("level", &format!("{level}"))]);
    let head = vec![word("cli.head.method"), word("cli.head.value"), level];
    let mut rows: Vec<Vec<String>> = summary
        .estimates
        .iter()
        .map(|estimate| {
            let method = word(&format!("method.{}", estimate.method.text()));
            vec![method, amount(&estimate.value), interval(&estimate.interval)]
        })
        .collect();
    let conclusion = &summary.conclusion;
    rows.push(vec![word("cli.head.conclusion"), amount(&conclusion.value), interval(&conclusion.interval)]);
    let table = Table { head, rows, right: vec![1, 2] };
    let mut lines = vec![
        format!("{}  {}  {}", summary.valuation_id, summary.asset, summary.valuation_date),
        String::new(),
        table.text(),
    ];
    for contradiction in &summary.contradictions {
        let said = word(&format!("contradiction.{}", contradiction.code));
        lines.push(format!("{} {said} ({})", word("cli.contradiction"), contradiction.field));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use valuation::money::Currency;

    #[test]
    fn amounts_are_grouped_by_thousands() {
        let said = |text: &str| amount(&Money::new(text.parse().expect("a number"), Currency::CNY));
        assert_eq!(said("-1234567.80"), "-1,234,567.80");
        assert_eq!(said("123456"), "123,456");
        assert_eq!(said("999"), "999");
    }
}
