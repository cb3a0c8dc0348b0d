//! The known price law of the sample market, under the names that a fit gives its coefficients.

use chrono::NaiveDate;

use super::params::Params;

/// ln price = Σ coefficient × regressor + noise of standard deviation `sigma`.
///
/// The terms carry the names of a fixest-style formula: `(Intercept)`, `log(records)`, `category::finance`. The column
/// `month_index` is the number of months from `first_month` to `traded_on`; it is not stored, a reader derives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// Name and true coefficient, in the order of the formula.
    pub terms: Vec<(String, f64)>,
    pub sigma: f64,
    pub first_month: NaiveDate,
    /// The formula whose coefficients the terms are.
    pub formula: String,
}

impl Law {
    /// The coefficient of one term.
    pub fn coefficient(&self, term: &str) -> Option<f64> {
        self.terms.iter().find(|(name, _)| name == term).map(|(_, value)| *value)
    }
}

/// The law that priced the market of these parameters.
///
/// ```
/// use datasets::synthetic::{Params, law};
/// let law = law(Params::shipped());
/// assert_eq!(law.coefficient("log(records)"), Some(0.31));
/// assert_eq!(law.coefficient("category::finance"), Some(0.55));
/// assert_eq!(law.coefficient("category::weather"), None); // the reference
/// ```
pub fn law(params: &Params) -> Law {
    let slopes = &params.law;
    let mut terms = vec![
        ("(Intercept)".to_owned(), slopes.intercept),
        ("log(records)".to_owned(), slopes.ln_records),
        ("log(fields)".to_owned(), slopes.ln_fields),
        ("quality".to_owned(), slopes.quality),
        ("log(history_months)".to_owned(), slopes.ln_history_months),
        ("month_index".to_owned(), slopes.month_index),
    ];
    let mut formula =
        "log(price) ~ log(records) + log(fields) + quality + log(history_months) + month_index".to_owned();
    for factor in &params.factor {
        let reference = factor.levels.iter().find(|level| level.effect == 0.0).map_or("", |level| &level.level);
        // A level with a sign in its name is quoted in a formula.
        let quoted = if reference.contains('-') { format!("`{reference}`") } else { reference.to_owned() };
        formula.push_str(&format!(" + i({}, ref = {quoted})", factor.column));
        let others = factor.levels.iter().filter(|level| level.effect != 0.0);
        terms.extend(others.map(|level| (format!("{}::{}", factor.column, level.level), level.effect)));
    }
    Law { terms, sigma: slopes.sigma, first_month: params.first_month, formula }
}
