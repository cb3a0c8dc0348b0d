//! The comparables nearest to a subject: near is what differs little in price, by the model's own coefficients.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::market::price_model::{AdjustmentGroup, Attributes, PriceModel, Response};

use crate::design::term_column;
use crate::error::ModelError;
use crate::frame::{Column, Frame};

/// Where to look for comparables.
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    pub frame: &'a Frame,
    /// Column of prices, in the currency and price unit of the model.
    pub price: &'a str,
    /// Column that names each row.
    pub id: &'a str,
}

/// One comparable, adjusted to the subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparable {
    pub id: String,
    pub row: u32,
    pub price: f64,
    /// Sum of the absolute contributions of all terms: 0.10 is a difference worth about 10 % in a log model.
    pub distance: f64,
    /// Net adjustment of each group that differs: a logarithm in a log model, an amount in a linear one.
    pub adjustments: BTreeMap<AdjustmentGroup, f64>,
    /// Sum of the absolute group adjustments.
    pub gross: f64,
    /// Sum of the group adjustments.
    pub net: f64,
    /// `price · exp(net)` in a log model, `price + net` in a linear one.
    pub adjusted_price: f64,
    /// Why it is at that distance: the terms that differ, the largest contribution first.
    pub reasons: Vec<Difference>,
}

/// A term in which subject and comparable differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    pub term: String,
    pub group: AdjustmentGroup,
    /// Regressor of the subject less that of the comparable.
    pub difference: f64,
    /// Coefficient times difference.
    pub contribution: f64,
}

/// The nearest comparables, and the rows that could not be compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparables {
    pub nearest: Vec<Comparable>,
    pub compared: u64,
    /// Rows without a usable price, attribute or level, by the column at fault.
    pub unusable: BTreeMap<String, u64>,
}

/// The `count` comparables with the smallest distance `Σ |bₖ·Δxₖ|`; equal distances by id, then by row.
///
/// A distance in regressors (Mahalanobis) counts differences that nobody pays for; this one counts only what moves the
/// price, in the unit of the price.
///
/// Errors: an unusable attribute of the subject, an unknown column.
///
/// Source: adjustment grid with gross and net adjustment as in appraisal practice (《资产评估执业准则》 market approach);
/// contributions of a linear model.
pub fn comparables(
    model: &PriceModel,
    subject: &Attributes,
    market: &Market,
    count: usize,
) -> Result<Comparables, ModelError> {
    let own = model.design_row(subject)?;
    let frame = market.frame;
    let prices = frame.real(market.price, "price")?;
    let ids = frame.column(market.id)?;
    let mut fault: Vec<Option<String>> = vec![None; frame.rows()];
    let mut columns = Vec::with_capacity(model.terms.len());
    for term in &model.terms {
        let known = |column: &str| model.levels.get(column).map(Vec::as_slice);
        columns.push(term_column(frame, term, &known, &mut fault)?);
    }
    let mut unusable = BTreeMap::new();
    let mut ranked: Vec<(f64, String, usize)> = Vec::new();
    for (row, fault) in fault.into_iter().enumerate() {
        let bad_price = !(prices[row].is_finite() && prices[row] > 0.0);
        if let Some(column) = fault.or_else(|| bad_price.then(|| market.price.to_owned())) {
            *unusable.entry(column).or_insert(0) += 1;
            continue;
        }
        let distance =
            (0..own.len()).fold(0.0, |sum, k| sum + (model.coefficients[k] * (own[k] - columns[k][row])).abs());
        ranked.push((distance, name(ids, row), row));
    }
    let compared = ranked.len() as u64;
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    ranked.truncate(count);
    let nearest = ranked
        .into_iter()
        .map(|(distance, id, row)| {
            let other: Vec<f64> = columns.iter().map(|column| column[row]).collect();
            adjusted(
                model,
                &own,
                &other,
                Comparable {
                    id,
                    row: row as u32,
                    price: prices[row],
                    distance,
                    adjustments: BTreeMap::new(),
                    gross: 0.0,
                    net: 0.0,
                    adjusted_price: prices[row],
                    reasons: Vec::new(),
                },
            )
        })
        .collect();
    Ok(Comparables { nearest, compared, unusable })
}

fn name(ids: &Column, row: usize) -> String {
    match ids {
        Column::Text(text) => text.get(row).unwrap_or_default().to_owned(),
        Column::Real(values) => values[row].to_string(),
    }
}

fn adjusted(model: &PriceModel, own: &[f64], other: &[f64], mut comparable: Comparable) -> Comparable {
    for (k, term) in model.terms.iter().enumerate() {
        let difference = own[k] - other[k];
        if difference != 0.0 {
            let contribution = model.coefficients[k] * difference;
            *comparable.adjustments.entry(term.group).or_insert(0.0) += contribution;
            let (term, group) = (term.name.clone(), term.group);
            comparable.reasons.push(Difference { term, group, difference, contribution });
        }
    }
    comparable
        .reasons
        .sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()).then_with(|| a.term.cmp(&b.term)));
    comparable.gross = comparable.adjustments.values().fold(0.0, |sum, value| sum + value.abs());
    comparable.net = comparable.adjustments.values().fold(0.0, |sum, value| sum + value);
    comparable.adjusted_price = match model.response {
        Response::LogPrice => comparable.price * libm::exp(comparable.net),
        Response::Price => comparable.price + comparable.net,
    };
    comparable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::covariance::Errors;
    use crate::formula::Formula;
    use crate::hedonic::{FitOptions, PriceBasis, fit};
    use valuation::market::price_model::Attribute;
    use valuation::money::Currency;

    /// ln price = ln 10 + 0.5 ln records + 2 quality exactly; `noise` moves nothing.
    fn market() -> Frame {
        let records = [100.0, 100.0, 400.0, 900.0, 100.0, 50.0, 100.0];
        let quality = [0.5, 0.5, 0.9, 0.5, 0.7, 0.5, f64::NAN];
        let noise = [900.0, -900.0, 1.0, 4.0, 0.0, 3.0, 5.0];
        let price = records.iter().zip(quality).map(|(r, q): (&f64, f64)| 10.0 * r.sqrt() * (2.0 * q).exp()).collect();
        [("price", price), ("records", records.to_vec()), ("quality", quality.to_vec()), ("noise", noise.to_vec())]
            .into_iter()
            .fold(Frame::new(), |frame, (name, values)| frame.with(name, Column::Real(values)).unwrap())
            .with("id", Column::text(["b", "a", "c", "d", "e", "f", "g"]))
            .unwrap()
    }

    #[test]
    fn the_nearest_differ_least_in_price_and_are_adjusted_to_the_subject() {
        let frame = market();
        let groups = BTreeMap::from([
            ("records".to_owned(), AdjustmentGroup::Capacity),
            ("quality".to_owned(), AdjustmentGroup::Quality),
        ]);
        let options = FitOptions { errors: Errors::Iid, weights: None, level: 0.95, groups };
        let formula = Formula::parse("log(price) ~ log(records) + quality + noise").unwrap();
        let basis = PriceBasis {
            currency: Currency::CNY,
            price_unit: None,
            cut_off: chrono::NaiveDate::from_ymd_opt(2026, 6, 30).unwrap(),
        };
        let model = fit(&frame, &formula, &options).unwrap().price_model("sha256:0", &basis).unwrap();
        let subject = [("records", 100.0), ("quality", 0.6), ("noise", 0.0)]
            .map(|(name, value)| (name.to_owned(), Attribute::Number(value)))
            .into();
        let market = Market { frame: &frame, price: "price", id: "id" };
        let found = comparables(&model, &subject, &market, 4).unwrap();
        let ids: Vec<&str> = found.nearest.iter().map(|comparable| comparable.id.as_str()).collect();
        // a, b and e are each 0.1 of quality away (up to rounding); then f with half the records.
        assert_eq!(ids[3], "f");
        assert_eq!((found.compared, found.unusable.get("quality")), (6, Some(&1)));
        let value = 10.0 * 10.0 * 1.2f64.exp();
        for comparable in &found.nearest {
            assert!((comparable.adjusted_price / value - 1.0).abs() < 1e-9, "{comparable:?}");
            assert!((comparable.gross - comparable.distance).abs() < 1e-9);
        }
        let f = &found.nearest[3];
        assert_eq!(f.reasons[0].term, "log(records)");
        assert!((f.adjustments[&AdjustmentGroup::Capacity] - 0.5 * 2.0f64.ln()).abs() < 1e-9);
        assert!((f.adjustments[&AdjustmentGroup::Quality] - 0.2).abs() < 1e-9);
    }
}
