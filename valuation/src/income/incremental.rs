//! Income with the data less income without them (增量收益).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenSeries, GivenStream};
use crate::income::frame::{Page, income_method};
use crate::income::measure::IncomeMeasure;
use crate::income::split::GUIDANCE;
use crate::income::stream::Stream;
use crate::workbook::{Axis, Expr, RowRef, Run};

income_method! {
    /// `F_t = RY_t − RN_t`, discounted: the increase of income, or the saving of cost, that the data bring.
    ///
    /// Each side is an `income`, or a `price`, a `volume` and a `unit_cost`: income = (price − unit cost) × volume. A saving is
    /// stated by the costs of both sides: `cost` counts against the side that bears it.
    ///
    /// ```json
    /// {"method": "incremental_income", "years": 4, "measure": "profit_before_tax",
    ///  "with_data": {"price": {"currency": "CNY", "first": "120", "evidence": "E1"},
    ///                "volume": {"value": 10000, "evidence": "E1"}},
    ///  "without_data": {"price": {"currency": "CNY", "first": "100", "evidence": "E1"},
    ///                   "volume": {"value": 10000, "evidence": "E1"}},
    ///  "tax_rate": {"value": 0.25, "evidence": "E1"},
    ///  "cash_flow": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"},
    ///  "discount_rate": {"value": 0.1, "evidence": "E1",
    ///    "basis": {"price_level": "nominal", "tax": "post_tax", "timing": "end_of_period"}}}
    /// ```
    ///
    /// Errors: a side without income and without price and volume, and those of every income method.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix: F_t = RY_t − RN_t.
    IncrementalIncome {
        /// The business with the data.
        with_data: Side,
        /// The business without them; nothing where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        without_data: Option<Side>,
        /// What the income is.
        measure: IncomeMeasure,
    }
}

income_method! {
    /// `V0 = PV(cash flow with) − PV(cash flow without)`, times the probability that the cash flow without would come about.
    ///
    /// | member | meaning | range |
    /// | --- | --- | --- |
    /// | `with_data`, `without_data` | the two sides, as in `incremental_income` | |
    /// | `probability` | chance of the side without; 1 where absent | 0 … 1 |
    ///
    /// Both present values are shown.
    ///
    /// Source: IVS 210 (with-and-without method).
    WithAndWithout {
        /// The business with the data.
        with_data: Side,
        /// The business without them.
        without_data: Side,
        /// What the income is.
        measure: IncomeMeasure,
        /// Chance that the business without the data comes about; certain where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        probability: Option<Given>,
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Income per year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub income: Option<GivenStream>,
    /// Price of one unit, with `volume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<GivenStream>,
    /// Units per year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<GivenSeries>,
    /// Cost of one unit, with `volume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_cost: Option<GivenStream>,
    /// Further cost per year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<GivenStream>,
}

/// The scalar rows of a side.
struct SideRows {
    income: Option<Stream>,
    price: Option<Stream>,
    volume: Option<Stream>,
    unit_cost: Option<Stream>,
    cost: Option<Stream>,
}

impl Side {
    fn begin(&self, desk: &mut Desk, page: &mut Page, side: &str) -> Result<SideRows, ValuationError> {
        let years = page.frame.years;
        let mut stream = |member: &str, given: &Option<GivenStream>| -> Result<Option<Stream>, ValuationError> {
            let Some(given) = given else { return Ok(None) };
            let name = format!("{side}.{member}");
            Ok(Some(Stream::signed(desk, &mut page.sheet, &name, given, years, Allowed::Any)?))
        };
        let (income, price) = (stream("income", &self.income)?, stream("price", &self.price)?);
        let (unit_cost, cost) = (stream("unit_cost", &self.unit_cost)?, stream("cost", &self.cost)?);
        let volume = match &self.volume {
            Some(given) => {
                let name = format!("{side}.volume");
                Some(Stream::numbers(desk, &mut page.sheet, &name, given, years, Allowed::NotNegative)?)
            }
            None => None,
        };
        let priced = price.is_some() || unit_cost.is_some();
        if priced != volume.is_some() || (income.is_none() && !priced && cost.is_none()) {
            let said = "`income`, or `price` and/or `unit_cost` with `volume`, or `cost` is expected".to_owned();
            return Err(ValuationError::Malformed { field: desk.field(side), line: None, said });
        }
        Ok(SideRows { income, price, volume, unit_cost, cost })
    }
}

impl SideRows {
    /// Writes the rows of a side and its income.
    fn row(&self, page: &mut Page, key: &str) -> RowRef {
        let mut parts: Option<Expr> = None;
        let mut add = |part: Expr| parts = Some(parts.take().map_or(part.clone(), |sum| sum + part));
        if let Some(income) = &self.income {
            add(page.stream(income, "side_income").into());
        }
        if let Some(volume) = &self.volume {
            let mut volume = Expr::from(volume.number(&mut page.sheet, "volume"));
            if let Some(length) = page.length {
                volume = volume * Expr::from(length);
            }
            let price = self.price.as_ref().map(|price| price.row(&mut page.sheet, "unit_price", None));
            let cost = self.unit_cost.as_ref().map(|cost| cost.row(&mut page.sheet, "unit_cost", None));
            add(match (price, cost) {
                (Some(price), Some(cost)) => (Expr::from(price) - cost.into()) * volume,
                (Some(price), None) => Expr::from(price) * volume,
                (None, Some(cost)) => -(Expr::from(cost) * volume),
                (None, None) => Expr::number(0),
            });
        }
        if let Some(cost) = &self.cost {
            add(-Expr::from(page.stream(cost, "side_cost")));
        }
        page.sheet.formula(key, page.money, parts.unwrap_or(Expr::number(0)))
    }
}

impl IncrementalIncome {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), appendix, incremental income.
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        let mut page = Page::begin(desk, self.frame())?;
        let with = self.with_data.begin(desk, &mut page, "with_data")?;
        let without = match &self.without_data {
            Some(side) => Some(side.begin(desk, &mut page, "without_data")?),
            None => None,
        };
        page.scalars(desk, self.measure.after_tax())?;
        page.periods(desk);
        let mut increment = Expr::from(with.row(&mut page, "income_with"));
        if let Some(without) = without {
            increment = increment - without.row(&mut page, "income_without").into();
        }
        let mut increment = page.sheet.formula("incremental_income", page.money, increment);
        if let Some(survival) = page.survival() {
            let rest = Expr::from(increment) * Expr::from(survival);
            increment = page.sheet.formula("surviving_income", page.money, rest);
        }
        let flow = page.after_tax(increment, self.measure.after_tax());
        page.close(desk, flow, GUIDANCE)
    }
}

impl WithAndWithout {
    /// Writes the sheet and returns the address of the value.
    ///
    /// Source: IVS 210 (with-and-without method).
    pub(crate) fn write(&self, desk: &mut Desk) -> Result<RowRef, ValuationError> {
        if self.implied.is_some() {
            let said = "two present values have no single implied rate".to_owned();
            return Err(ValuationError::Malformed { field: desk.field("implied"), line: None, said });
        }
        let mut page = Page::begin(desk, self.frame())?;
        let with = self.with_data.begin(desk, &mut page, "with_data")?;
        let without = self.without_data.begin(desk, &mut page, "without_data")?;
        let chance = match &self.probability {
            Some(given) => Some(desk.row(&mut page.sheet, "probability", given, Allowed::Share)?),
            None => None,
        };
        let taxed = self.measure.after_tax();
        page.scalars(desk, taxed)?;
        page.periods(desk);
        let flow = |page: &mut Page, rows: &SideRows, key: &str| {
            let mut income = rows.row(page, key);
            if let Some(survival) = page.survival() {
                let rest = Expr::from(income) * Expr::from(survival);
                income = page.sheet.formula("surviving_income", page.money, rest);
            }
            let flow = page.after_tax(income, taxed);
            (flow, page.present(flow))
        };
        let (with, present_with) = flow(&mut page, &with, "income_with");
        page.sheet.about("with");
        let (without, present_without) = flow(&mut page, &without, "income_without");
        page.sheet.about("without");
        page.sheet.block(Axis::One, Run::Forward);
        let with = page.total(with, present_with);
        page.sheet.about("with");
        let without = page.total(without, present_without);
        page.sheet.about("without");
        let mut difference = Expr::from(with) - without.into();
        if let Some(chance) = chance {
            difference = difference * Expr::from(chance);
        }
        let difference = page.sheet.formula("with_less_without", page.money, difference);
        let value = page.value(difference, "IVS 210 (2025)");
        page.finish(desk, value)
    }
}
