//! Price indices over the trade store or a table.

use datasets::scan::Scan;
use datasets::store::Store;
use pricing_models::covariance::Errors;
use pricing_models::error::ModelError;
use pricing_models::frame::Frame;
use pricing_models::index::bilateral::{Formula, Series, bilateral};
use pricing_models::index::calendar::{Bucket, Periods};
use pricing_models::index::error::IndexError;
use pricing_models::index::hedonic::{Hedonic, Method as HedonicMethod, hedonic};
use pricing_models::index::multilateral::{Method as MultilateralMethod, Multilateral, multilateral};
use pricing_models::index::panel::{Names, Panel};
use pricing_models::index::repeat_sales::{Estimator, Pairing, RepeatSales, repeat_sales};
use pricing_models::index::{Index, Splice};

use crate::error::Error;
use crate::work::market;

/// Every method by the name of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Bilateral(Formula),
    Multilateral(MultilateralMethod),
    RepeatSales(Estimator),
    Hedonic(HedonicMethod),
}

impl Method {
    /// Every method with its name, in the order of the contract.
    pub const ALL: [(&'static str, Method); 19] = [
        ("laspeyres", Method::Bilateral(Formula::Laspeyres)),
        ("paasche", Method::Bilateral(Formula::Paasche)),
        ("fisher", Method::Bilateral(Formula::Fisher)),
        ("tornqvist", Method::Bilateral(Formula::Tornqvist)),
        ("walsh", Method::Bilateral(Formula::Walsh)),
        ("sato_vartia", Method::Bilateral(Formula::SatoVartia)),
        ("jevons", Method::Bilateral(Formula::Jevons)),
        ("carli", Method::Bilateral(Formula::Carli)),
        ("dutot", Method::Bilateral(Formula::Dutot)),
        ("geks", Method::Multilateral(MultilateralMethod::Geks)),
        ("geks_tornqvist", Method::Multilateral(MultilateralMethod::GeksTornqvist)),
        ("geks_walsh", Method::Multilateral(MultilateralMethod::GeksWalsh)),
        ("geks_jevons", Method::Multilateral(MultilateralMethod::GeksJevons)),
        ("wtpd", Method::Multilateral(MultilateralMethod::Wtpd)),
        ("time_dummy", Method::Hedonic(HedonicMethod::TimeDummy)),
        ("double_imputation", Method::Hedonic(HedonicMethod::DoubleImputation)),
        ("repeat_sales", Method::RepeatSales(Estimator::RepeatSales)),
        ("repeat_sales_arithmetic", Method::RepeatSales(Estimator::RepeatSalesArithmetic)),
        ("case_shiller", Method::RepeatSales(Estimator::CaseShiller)),
    ];

    /// The method called `name`.
    ///
    /// Errors: `wrong_usage` with every name.
    pub fn named(name: &str) -> Result<Method, Error> {
        Method::ALL.iter().find(|(known, _)| *known == name).map(|(_, method)| *method).ok_or_else(|| {
            let known: Vec<&str> = Method::ALL.iter().map(|(known, _)| *known).collect();
            Error::WrongUsage { said: format!("--method {name}: {}", known.join(", ")) }
        })
    }

    fn name(self) -> &'static str {
        Method::ALL.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

/// What is asked of an index.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub time: String,
    pub product: Option<String>,
    pub price: String,
    pub quantity: Option<String>,
    pub bucket: Option<Bucket>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub base: Option<String>,
    pub base_value: Option<f64>,
    pub chained: bool,
    pub window: Option<usize>,
    pub splice: Splice,
    pub formula: Option<String>,
    pub errors: Errors,
    pub bias_correction: bool,
    pub pairing: Pairing,
}

/// The trade store's screened trades as columns.
///
/// Errors: a damaged store; those of the screening.
pub fn store_frame(dir: &std::path::Path) -> Result<Frame, Error> {
    let trades = Store::open(dir)?.trades_known(&Scan::default())?;
    let frame = market::frame(&trades)?;
    let screened = pricing_models::screen::screen(&frame, &market::rules())?;
    Ok(frame.select(&screened.kept))
}

/// Computes an index over a table.
///
/// Errors: those of the index; unknown columns and periods with the nearest name.
pub fn compute(frame: &Frame, ask: &Ask) -> Result<Index, Error> {
    let index = computed(frame, ask)?;
    Ok(match ask.base_value {
        Some(value) => rescaled(index, value),
        None => index,
    })
}

fn computed(frame: &Frame, ask: &Ask) -> Result<Index, ModelError> {
    let periods = Periods::of(&frame.levels(&ask.time)?, ask.bucket)?;
    let periods = periods.within(ask.from.as_deref(), ask.to.as_deref())?;
    let base = ask.base.as_deref().map_or(Ok(0), |label| periods.find(label))?;
    if periods.labels.is_empty() {
        return Err(IndexError::NoRows.into());
    }
    let method = ask.method.name().to_owned();
    let product = || ask.product.as_deref().ok_or(IndexError::ProductNeeded { method: method.clone() });
    let panel = || -> Result<Panel, ModelError> {
        let names = Names { product: product()?, price: &ask.price, quantity: ask.quantity.as_deref() };
        Panel::read(frame, &periods, names)
    };
    match ask.method {
        Method::Bilateral(formula) => bilateral(&panel()?, Series { formula, base, chained: ask.chained }),
        Method::Multilateral(method) => {
            multilateral(&panel()?, Multilateral { method, base, window: ask.window, splice: ask.splice })
        }
        Method::RepeatSales(estimator) => {
            let asked = RepeatSales { estimator, pairing: ask.pairing, base, base_value: 100.0 };
            repeat_sales(frame, &periods, product()?, &ask.price, asked)
        }
        Method::Hedonic(kind) => {
            let asked = Hedonic {
                method: kind,
                formula: ask.formula.clone().ok_or(IndexError::FormulaNeeded { method })?,
                errors: ask.errors.clone(),
                base,
                window: ask.window,
                splice: ask.splice,
                bias_correction: ask.bias_correction,
                chained: ask.chained,
            };
            hedonic(frame, &periods, &asked)
        }
    }
}

/// The same index with another value in the base period.
fn rescaled(mut index: Index, base_value: f64) -> Index {
    let scale = base_value / index.base_value;
    for series in [&mut index.index, &mut index.std_error, &mut index.low, &mut index.high] {
        series.iter_mut().flatten().for_each(|value| *value *= scale);
    }
    Index { base_value, ..index }
}
