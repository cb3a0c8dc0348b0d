//! One option by itself: Black–Scholes–Merton and the Cox–Ross–Rubinstein tree, with the sensitivities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ValuationError;
use crate::evidence::Support;
use crate::money::Currency;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::kernel::{OptionKind, Sensitivities};
use crate::workbook::{
    Arithmetic, Axis, Binding, Bindings, Compare, Expr, InputId, Kernel, Quantity, RowRef, Run, Workbook, calculate,
};

/// How the option is valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    BlackScholes,
    /// The tree of Cox, Ross, Rubinstein.
    Crr,
}

/// When the holder may decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exercise {
    /// At the end only.
    #[default]
    European,
    /// At any time.
    American,
}

/// How a rate compounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compounding {
    #[default]
    Continuous,
    /// Once a year: the continuous rate is ln(1 + rate).
    Annual,
}

/// The terms of one option, as `hengshu option` reads them.
///
/// `dividend_yield` is continuous whatever the compounding of `rate`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionContract {
    #[serde(rename = "type")]
    pub kind: OptionKind,
    pub underlying: f64,
    pub strike: f64,
    pub rate: f64,
    /// Per year; or `variance`, its square.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatility: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance: Option<f64>,
    pub years: f64,
    #[serde(default)]
    pub dividend_yield: f64,
    #[serde(default = "black_scholes_model")]
    pub model: Model,
    /// Steps of the tree; with `crr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    #[serde(default)]
    pub exercise: Exercise,
    #[serde(default)]
    pub compounding: Compounding,
}

fn black_scholes_model() -> Model {
    Model::BlackScholes
}

/// What an option is worth and how its worth moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionPrice {
    pub value: f64,
    pub d1: f64,
    pub d2: f64,
    /// N(d1)
    pub n_d1: f64,
    /// N(d2)
    pub n_d2: f64,
    /// Per unit of the underlying.
    pub delta: f64,
    pub gamma: f64,
    /// Per unit of volatility.
    pub vega: f64,
    /// Per year that passes.
    pub theta: f64,
    /// Per unit of the rate as it is stated.
    pub rho: f64,
    pub model: Model,
    pub exercise: Exercise,
}

/// The rows a pricing reads.
pub(crate) struct Pricing {
    pub underlying: RowRef,
    pub strike: RowRef,
    /// Continuous.
    pub rate: RowRef,
    pub volatility: RowRef,
    pub years: RowRef,
    /// Continuous.
    pub dividend_yield: RowRef,
}

impl Pricing {
    /// In the order of a kernel's arguments.
    pub fn arguments(&self) -> Vec<Expr> {
        [self.underlying, self.strike, self.rate, self.volatility, self.years, self.dividend_yield]
            .map(Expr::from)
            .to_vec()
    }
}

/// The rows of the formula.
pub(crate) struct BlackScholes {
    pub d1: RowRef,
    pub d2: RowRef,
    pub value: RowRef,
}

fn normal(x: Expr) -> Expr {
    Expr::Normal(Box::new(x))
}

/// Writes d1, d2 and the value; an underlying that is not above zero has the worth of its payoff at the end.
pub(crate) fn black_scholes(sheet: &mut SheetDraft, money: Unit, kind: OptionKind, terms: &Pricing) -> BlackScholes {
    let [s, x, r, v, t, q] =
        [terms.underlying, terms.strike, terms.rate, terms.volatility, terms.years, terms.dividend_yield]
            .map(|row| move || Expr::from(row));
    let half = || Expr::number(1) / Expr::number(2);
    let spread = || v() * t().pow(half());
    let drift = (r() - q() + v().pow(Expr::number(2)) / Expr::number(2)) * t();
    let d1 = sheet.formula("d1", Unit::Ratio, ((s() / x()).ln() + drift) / spread());
    let d2 = sheet.formula("d2", Unit::Ratio, Expr::from(d1) - spread());
    let (held, paid) = (s() * (-(q() * t())).exp(), x() * (-(r() * t())).exp());
    let held = sheet.formula("underlying_discounted", money, held);
    let paid = sheet.formula("strike_discounted", money, paid);
    let (held, paid) = (|| Expr::from(held), || Expr::from(paid));
    let worth = match kind {
        OptionKind::Call => held() * normal(d1.into()) - paid() * normal(d2.into()),
        OptionKind::Put => paid() * normal(-Expr::from(d2)) - held() * normal(-Expr::from(d1)),
    };
    let end = match kind {
        OptionKind::Call => (held() - paid()).max(Expr::number(0)),
        OptionKind::Put => (paid() - held()).max(Expr::number(0)),
    };
    let priced = s().compare(Compare::Greater, Expr::number(0));
    let value = sheet.formula("option_value", money, priced.if_else(worth, end));
    BlackScholes { d1, d2, value }
}

/// π to the digits a decimal holds.
fn pi() -> Expr {
    Expr::Number(rust_decimal::Decimal::from_parts(1102470953, 185874565, 1703060790, false, 28))
}

/// Prices one option.
///
/// The sensitivities of the tree: delta, gamma and theta from its first levels, vega and rho as central differences of
/// the tree. Errors: terms that are not finite or out of range, `american` by the formula, steps without a tree.
///
/// Source: Black and Scholes 1973, Merton 1973; Cox, Ross, Rubinstein 1979.
///
/// ```
/// use valuation::option::{OptionContract, price};
/// // Worked example of a project: 10.572 − 8.544 = 2.028.
/// let contract: OptionContract = serde_json::from_str(
///     r#"{"type": "call", "underlying": 18.646, "strike": 20, "rate": 0.08, "variance": 0.0687, "years": 1}"#,
/// )?;
/// let price = price(&contract)?;
/// assert!((price.value - 2.028).abs() < 5e-4 && (price.d1 - 0.1688).abs() < 5e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn price(contract: &OptionContract) -> Result<OptionPrice, ValuationError> {
    let volatility = contract.check()?;
    let (rate, stated) = match contract.compounding {
        Compounding::Continuous => (contract.rate, 1.0),
        Compounding::Annual => (libm::log(1.0 + contract.rate), 1.0 + contract.rate),
    };
    let numbers = [contract.underlying, contract.strike, rate, volatility, contract.years, contract.dividend_yield];
    let formula = by_formula(contract.kind, numbers)?;
    let steps = contract.steps.unwrap_or(1);
    let kernel = match (contract.model, contract.exercise) {
        (Model::BlackScholes, _) => {
            return Ok(OptionPrice { rho: formula.rho / stated, ..formula });
        }
        (Model::Crr, Exercise::American) => Kernel::AmericanOption { kind: contract.kind, steps },
        (Model::Crr, Exercise::European) => Kernel::EuropeanOption { kind: contract.kind, steps },
    };
    let Sensitivities { value, delta, gamma, theta, vega, rho } = kernel.sensitivities(&numbers);
    if !value.is_finite() {
        let (field, low) = ("steps".to_owned(), "1".to_owned());
        let high = "20000".to_owned();
        return Err(ValuationError::OutOfRange { field, value: steps.to_string(), low, high });
    }
    let (model, exercise) = (contract.model, contract.exercise);
    Ok(OptionPrice { value, delta, gamma, theta, vega, rho: rho / stated, model, exercise, ..formula })
}

impl OptionContract {
    /// Checks the terms and gives the volatility.
    fn check(&self) -> Result<f64, ValuationError> {
        let out = |field: &str, value: String, low: &str| ValuationError::OutOfRange {
            field: field.to_owned(),
            value,
            low: low.to_owned(),
            high: "∞".to_owned(),
        };
        let said = |field: &str, said: &str| ValuationError::Malformed {
            field: field.to_owned(),
            line: None,
            said: said.to_owned(),
        };
        let volatility = match (self.volatility, self.variance) {
            (Some(volatility), None) => volatility,
            (None, Some(variance)) => libm::sqrt(variance),
            _ => return Err(said("volatility", "exactly one of `volatility` and `variance` is expected")),
        };
        for (field, value) in [
            ("underlying", self.underlying),
            ("strike", self.strike),
            ("volatility", volatility),
            ("years", self.years),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(out(field, value.to_string(), "> 0"));
            }
        }
        if self.compounding == Compounding::Annual && self.rate <= -1.0 {
            return Err(out("rate", self.rate.to_string(), "> -1"));
        }
        match (self.model, self.exercise, self.steps) {
            (Model::BlackScholes, Exercise::American, _) => {
                Err(said("exercise", "`american` needs the model `crr` with `steps`"))
            }
            (Model::Crr, _, None) => {
                Err(ValuationError::Missing { field: "steps".to_owned(), line: None, name: "steps".to_owned() })
            }
            (Model::Crr, _, Some(steps)) if !(1..=20_000).contains(&steps) => Err(ValuationError::OutOfRange {
                field: "steps".to_owned(),
                value: steps.to_string(),
                low: "1".to_owned(),
                high: "20000".to_owned(),
            }),
            _ => Ok(volatility),
        }
    }
}

/// Value and sensitivities by the formula, from a sheet like that of the real option.
fn by_formula(kind: OptionKind, numbers: [f64; 6]) -> Result<OptionPrice, ValuationError> {
    let mut workbook = Workbook::default();
    let mut bindings = Bindings::default();
    let mut sheet = SheetDraft::begin(&workbook, "real_option", None, Arithmetic::Model);
    sheet.block(Axis::One, Run::Forward);
    let keys = ["underlying", "strike", "risk_free_rate", "volatility", "option_years", "dividend_yield"];
    let mut rows = Vec::with_capacity(keys.len());
    for (key, number) in keys.into_iter().zip(numbers) {
        let binding = Binding { quantity: Quantity::Real(number), support: Support::Each(Vec::new()) };
        bindings.inputs.insert(InputId::from(key), binding);
        rows.push(sheet.input(key, Unit::Ratio, key));
    }
    let [underlying, strike, rate, volatility, years, dividend_yield] = rows[..] else {
        return Err(ValuationError::Missing { field: "option".to_owned(), line: None, name: "option".to_owned() });
    };
    let terms = Pricing { underlying, strike, rate, volatility, years, dividend_yield };
    let formula = black_scholes(&mut sheet, Unit::Money(Currency::CNY), kind, &terms);
    let sensitive = sensitivities(&mut sheet, kind, &terms, &formula);
    sheet.finish(&mut workbook);
    let point = calculate(&workbook, &bindings)?;
    let number = |row: RowRef| point.number(row, 0).real();
    Ok(OptionPrice {
        value: number(formula.value),
        d1: number(formula.d1),
        d2: number(formula.d2),
        n_d1: number(sensitive[0]),
        n_d2: number(sensitive[1]),
        delta: number(sensitive[2]),
        gamma: number(sensitive[3]),
        vega: number(sensitive[4]),
        theta: number(sensitive[5]),
        rho: number(sensitive[6]),
        model: Model::BlackScholes,
        exercise: Exercise::European,
    })
}

/// Writes N(d1), N(d2), delta, gamma, vega, theta and rho.
fn sensitivities(sheet: &mut SheetDraft, kind: OptionKind, terms: &Pricing, formula: &BlackScholes) -> [RowRef; 7] {
    let [s, x, r, v, t, q] =
        [terms.underlying, terms.strike, terms.rate, terms.volatility, terms.years, terms.dividend_yield]
            .map(|row| move || Expr::from(row));
    let (d1, d2) = (|| Expr::from(formula.d1), || Expr::from(formula.d2));
    let mut row = |key: &str, value: Expr| sheet.formula(key, Unit::Ratio, value);
    let (n1, n2) = (row("normal_d1", normal(d1())), row("normal_d2", normal(d2())));
    let two = || Expr::number(2);
    let root = |x: Expr| x.pow(Expr::number(1) / Expr::number(2));
    let density = row("density_d1", (-(d1().pow(two()) / two())).exp() / root(two() * pi()));
    let (kept, discount) = (|| (-(q() * t())).exp(), || (-(r() * t())).exp());
    // 1 for a call, −1 for a put.
    let sign = || match kind {
        OptionKind::Call => Expr::number(1),
        OptionKind::Put => Expr::number(-1),
    };
    let delta = row("delta", sign() * kept() * normal(sign() * d1()));
    let gamma = row("gamma", kept() * Expr::from(density) / (s() * v() * root(t())));
    let vega = row("vega", s() * kept() * Expr::from(density) * root(t()));
    let wear = -(s() * Expr::from(density) * v() * kept() / (two() * root(t())));
    let carry = sign() * (q() * s() * kept() * normal(sign() * d1()) - r() * x() * discount() * normal(sign() * d2()));
    let theta = row("theta", wear + carry);
    let rho = row("rho", sign() * x() * t() * discount() * normal(sign() * d2()));
    [n1, n2, delta, gamma, vega, theta, rho]
}
