//! Multiples: price per record, per call, per user … of comparables, a robust centre, and the subject's own base.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::evidence::Support;
use crate::given::{Given, GivenMoney, real};
use crate::market::component::{money_row, not_empty, number_row};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Arithmetic, Axis, Compare, Distribution, Expr, Over, Quantity, RowRef, Run};

/// `V = centre(price_j / base_j × adjustment_j) × base of the subject × (1 − bargaining gap)`.
///
/// | member | meaning | range |
/// | --- | --- | --- |
/// | `base` | what is multiplied: `record`, `call`, `user`, `gigabyte`, `revenue`, `profit`, `cost` | |
/// | `subject_base` | the subject's number of it | ≥ 0 |
/// | `comparables` | price, base and adjustment (1 where absent) | at least 1 |
/// | `centre` | `median`, `mean`, or `harmonic_mean` | |
/// | `bargaining_gap` | what asks lie above trades (1 − trade/ask); on comparables marked `ask` | 0 … 1 |
/// | `adjustment` | of the subject against the centre, such as size, control, liquidity | > 0 |
///
/// The subject's own deviation from the centre is drawn from the spread of the comparables: a normal on the logarithm with
/// 1.4826 × the median absolute deviation of the logarithms (three comparables or more); its centre is 0.
///
/// ```json
/// {"method": "market_multiple", "base": "record", "subject_base": {"value": 6500000, "evidence": "E1"}, "centre": "median",
///  "comparables": [
///   {"name": "甲", "price": {"amount": "120000", "currency": "CNY", "evidence": "E2"}, "base": {"value": 3000000, "evidence": "E2"},
///    "traded_on": "2025-11-03"}]}
/// ```
///
/// Errors: an empty list, a trade after the valuation date, mixed currencies, numbers without support.
///
/// Source: IVS 103 (2025), comparable transactions method; Rousseeuw and Croux 1993 (median absolute deviation).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarketMultiple {
    /// Distinguishes two uses of the method in one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub base: MultipleBase,
    pub subject_base: Given,
    pub comparables: Vec<MultipleComparable>,
    pub centre: Centre,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bargaining_gap: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<Given>,
}

/// What a price is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MultipleBase {
    Record,
    Call,
    User,
    Gigabyte,
    Revenue,
    Profit,
    Cost,
}

/// The centre of the multiples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Centre {
    Median,
    Mean,
    HarmonicMean,
}

/// A comparable with its price and its base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MultipleComparable {
    pub name: String,
    pub price: GivenMoney,
    pub base: Given,
    /// Not later than the valuation date.
    pub traded_on: NaiveDate,
    /// 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<Given>,
    /// The price was asked, not paid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
}

impl MarketMultiple {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: IVS 103 (2025), comparable transactions method.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        not_empty(desk, "comparables", self.comparables.len())?;
        if self.bargaining_gap.is_none() && self.comparables.iter().any(|comparable| comparable.ask) {
            let name = "bargaining_gap".to_owned();
            return Err(ValuationError::Missing { field: desk.field(&name), line: None, name });
        }
        let mut sheet = SheetDraft::begin(&desk.workbook, &desk.name, None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let id = desk.given("subject_base", &self.subject_base, Allowed::NotNegative)?;
        let base = sheet.input("subject_base", Unit::Count, id);
        let gap = match &self.bargaining_gap {
            Some(given) => Some(desk.row(&mut sheet, "bargaining_gap", given, Allowed::Share)?),
            None => None,
        };
        let adjustment = match &self.adjustment {
            Some(given) => Some(desk.row(&mut sheet, "adjustment", given, Allowed::Positive)?),
            None => None,
        };
        let multiple = self.multiples(desk, &mut sheet, gap)?;
        let centre = self.centre(&mut sheet, multiple);
        let money = desk.money();
        let mut value = Expr::from(centre) * Expr::from(base);
        if let Some(adjustment) = adjustment {
            value = value * Expr::from(adjustment);
        }
        if let Some(sd) = self.spread() {
            let support = self.support(desk)?;
            let distribution = Distribution::Normal { mean: 0.0, sd };
            let quantity = Quantity::Uncertain { central: 0.0, distribution };
            let id = desk.bind("subject_deviation", quantity, support);
            value = value * Expr::from(sheet.input("subject_deviation", Unit::Ratio, id)).exp();
        }
        let value = sheet.formula("value", money, value);
        sheet.cite("IVS 103 (2025)");
        sheet.finish(&mut desk.workbook);
        Ok(value)
    }

    /// Writes the grid and returns the row of multiples.
    fn multiples(
        &self,
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        gap: Option<RowRef>,
    ) -> Result<RowRef, ValuationError> {
        for (index, comparable) in self.comparables.iter().enumerate() {
            desk.known_by_then(&desk.field(&format!("comparables[{index}].traded_on")), comparable.traded_on)?;
        }
        let names = self.comparables.iter().map(|comparable| comparable.name.clone()).collect();
        sheet.block(Axis::Items(names), Run::Forward);
        let prices: Vec<&GivenMoney> = self.comparables.iter().map(|comparable| &comparable.price).collect();
        let mut price = Expr::from(money_row(desk, sheet, "comparables", "price", &prices)?);
        let bases: Vec<&Given> = self.comparables.iter().map(|comparable| &comparable.base).collect();
        let base = number_row(desk, sheet, "comparables", "base", &bases, Allowed::Positive)?;
        if let Some(gap) = gap {
            let asks = self.comparables.iter().enumerate().filter(|(_, comparable)| comparable.ask);
            let here = |index: usize| Expr::Position.compare(Compare::Equal, Expr::number(index as i64 + 1));
            let asked = asks.map(|(index, _)| here(index)).reduce(|sum, next| sum + next);
            let asked = sheet.formula("is_ask", Unit::Flag, asked.unwrap_or(Expr::number(0)));
            price = price * (Expr::number(1) - Expr::from(gap) * Expr::from(asked));
        }
        let given: Vec<&Given> = self.comparables.iter().filter_map(|c| c.adjustment.as_ref()).collect();
        if !given.is_empty() && given.len() != self.comparables.len() {
            let said = "state an adjustment for every comparable (1 where alike) or for none".to_owned();
            return Err(ValuationError::Malformed { field: desk.field("comparables"), line: None, said });
        }
        let mut multiple = price / Expr::from(base);
        if !given.is_empty() {
            let row = number_row(desk, sheet, "comparables", "adjustment", &given, Allowed::Positive)?;
            multiple = multiple * Expr::from(row);
        }
        Ok(sheet.formula("multiple", Unit::Ratio, multiple))
    }

    /// Writes the centre; the median ranks every multiple among all, ties by their order.
    fn centre(&self, sheet: &mut SheetDraft, multiple: RowRef) -> RowRef {
        let count = self.comparables.len() as i64;
        let names = || self.comparables.iter().map(|comparable| comparable.name.clone()).collect();
        match self.centre {
            Centre::Mean => {
                sheet.block(Axis::One, Run::Forward);
                sheet.formula("centre", Unit::Ratio, Expr::sum(multiple) / Expr::number(count))
            }
            Centre::HarmonicMean => {
                sheet.block(Axis::Items(names()), Run::Forward);
                let inverse = sheet.formula("inverse_multiple", Unit::Ratio, Expr::number(1) / multiple.into());
                sheet.block(Axis::One, Run::Forward);
                sheet.formula("centre", Unit::Ratio, Expr::number(count) / Expr::sum(inverse))
            }
            Centre::Median => {
                sheet.block(Axis::Items(names()), Run::Forward);
                let own = sheet.formula("multiple", Unit::Ratio, multiple.into());
                let mut rank = Expr::number(1);
                for other in 1..=count {
                    let at = Box::new(Expr::number(other));
                    let other_multiple = || Expr::Over(Over::Pick { row: multiple, at: at.clone() });
                    let less = other_multiple().compare(Compare::Less, own.into());
                    let equal = other_multiple().compare(Compare::Equal, own.into());
                    let before = Expr::number(other).compare(Compare::Less, Expr::Position);
                    rank = rank + less + equal * before;
                }
                let rank = sheet.formula("rank", Unit::Count, rank);
                sheet.block(Axis::One, Run::Forward);
                let at =
                    |place: i64| Expr::Over(Over::Group { row: own, by: rank, key: Box::new(Expr::number(place)) });
                let middle = match count % 2 {
                    1 => at(count / 2 + 1),
                    _ => (at(count / 2) + at(count / 2 + 1)) / Expr::number(2),
                };
                sheet.formula("centre", Unit::Ratio, middle)
            }
        }
    }

    /// Robust standard deviation of the comparables' log multiples; `None` for fewer than three, or where they agree.
    fn spread(&self) -> Option<f64> {
        let gap = self.bargaining_gap.as_ref().map_or(0.0, |gap| real(gap.value));
        let log = |comparable: &MultipleComparable| {
            let adjustment = comparable.adjustment.as_ref().map_or(1.0, |given| real(given.value));
            let paid = if comparable.ask { 1.0 - gap } else { 1.0 };
            libm::log(real(comparable.price.amount) * paid * adjustment / real(comparable.base.value))
        };
        let mut logs: Vec<f64> = self.comparables.iter().map(log).filter(|log| log.is_finite()).collect();
        if logs.len() < 3 {
            return None;
        }
        let centre = median(&mut logs);
        let mut apart: Vec<f64> = logs.iter().map(|log| (log - centre).abs()).collect();
        let sd = 1.4826 * median(&mut apart);
        (sd > 0.0).then_some(sd)
    }

    /// The spread rests on what the prices rest on.
    fn support(&self, desk: &Desk) -> Result<Support, ValuationError> {
        let each = self.comparables.iter().enumerate().map(|(index, comparable)| {
            let price = &comparable.price;
            desk.support(&format!("comparables[{index}].price"), &price.evidence, &price.assumption)
        });
        let each: Vec<Support> = each.collect::<Result<_, _>>()?;
        Ok(each.into_iter().next().unwrap_or(Support::Each(Vec::new())))
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}
