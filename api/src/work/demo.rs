//! The demonstration: a sample market, a price model over it, and three data assets valued by three approaches.

use chrono::NaiveDate;
use datasets::synthetic::{Params, law, market as sample_market};
use pricing_models::comparables::{Market, comparables};
use pricing_models::covariance::Errors;
use rayon::prelude::*;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::assumption::Assumption;
use valuation::case::{Case, read::Format};
use valuation::evidence::Evidence;
use valuation::given::{Given, GivenMoney};
use valuation::market::comparison::ModelComparable;
use valuation::market::price_model::PriceModel;
use valuation::method::Method;
use valuation::record::Valuation;

use crate::app::App;
use crate::error::Error;
use crate::progress::Progress;
use crate::register::{Entry, Kind};
use crate::report;
use crate::work::model::{Ask, Model, StoreMarket};
use crate::work::valuation::ValuationSummary;
use crate::work::{asset, market, model, trades};
use valuation::words::{self, Language};

/// The three sample assets.
const CASES: [&str; 3] = [
    include_str!("../../demo/credit.json"),
    include_str!("../../demo/weather.json"),
    include_str!("../../demo/tourism.json"),
];

/// Comparables a case takes from the market.
const COMPARABLES: usize = 5;

/// What the demonstration made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Demo {
    /// Rows of the sample market now in the store.
    pub trades: u64,
    pub screened_out: u64,
    pub model_id: String,
    pub n: u64,
    pub r2: f64,
    pub valuations: Vec<DemoValuation>,
    pub data_dir: String,
}

/// One asset valued.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DemoValuation {
    #[serde(flatten)]
    pub valuation: ValuationSummary,
    pub files: Vec<String>,
}

/// Makes the demonstration; making it again adds nothing.
///
/// Errors: those of the store, the fit and the register.
pub async fn demo(app: &App, rows: usize, seed: u64, progress: &Progress, language: Language) -> Result<Demo, Error> {
    let said = |key: &str| words::text(key, language);
    let step = progress.step(said("progress.market"), None);
    trades::append(app, move || sample_market(seed, rows)).await?;
    drop(step);

    let step = progress.step(said("progress.fit"), None);
    let dir = app.trades_dir();
    let (market, fitted) = app
        .compute
        .run(move || -> Result<(StoreMarket, Model), Error> {
            let market = model::market(&dir)?;
            let ask = Ask {
                formula: law(Params::shipped()).formula,
                weights: None,
                errors: Errors::Hc1,
                family: Default::default(),
                groups: Some("title_family".to_owned()),
                seed,
            };
            let fitted = market.fit(&ask)?;
            Ok((market, fitted))
        })
        .await?;
    model::keep(app, &fitted).await?;
    drop(step);

    let trades = market.trades.len() as u64;
    let screened_out = market.screened.excluded.len() as u64;
    let step = progress.step(said("progress.value"), Some(CASES.len() as u64));
    let price_model = fitted.price_model.clone().ok_or_else(|| Error::internal("the sample law prices assets"))?;
    let valued = app
        .compute
        .run(move || -> Result<Vec<Valuation>, Error> {
            CASES.par_iter().map(|text| one(text, &market, &price_model)).collect()
        })
        .await?;
    let mut valuations = Vec::new();
    for valuation in valued {
        valuations.push(record(app, valuation).await?);
        step.advance(1);
    }
    Ok(Demo {
        trades,
        screened_out,
        model_id: fitted.card.model_id.clone(),
        n: fitted.card.n,
        r2: fitted.card.r2,
        valuations,
        data_dir: app.dir().display().to_string(),
    })
}

fn one(text: &str, market: &StoreMarket, price_model: &PriceModel) -> Result<Valuation, Error> {
    let refused = |fault| Error::of_case(None, text, fault);
    let mut case = Case::from_text(text, Format::Json).map_err(refused)?;
    fill(&mut case, market, price_model)?;
    let models = [(price_model.model_id.clone(), price_model.clone())].into();
    valuation::value::value(&case, &models).map_err(refused)
}

/// Puts the nearest one-off trades of the market into the case's market comparison.
fn fill(case: &mut Case, market: &StoreMarket, price_model: &PriceModel) -> Result<(), Error> {
    let trades: Vec<u32> = market
        .screened
        .kept
        .iter()
        .copied()
        .filter(|row| {
            let trade = &market.trades[*row as usize];
            trade.kind.code() == "trade"
                && trade.price_unit.is_some_and(|unit| unit.code() == "one_off")
                && trade.traded_on <= case.valuation_date
        })
        .collect();
    let frame = market.frame.select(&trades);
    let place = Market { frame: &frame, price: "price", id: "trade_id" };
    let found = comparables(price_model, &case.asset.attributes, &place, COMPARABLES)?;
    let weight = Decimal::ONE / Decimal::from(found.nearest.len().max(1) as u64);
    let mut chosen = Vec::new();
    let mut known: Option<NaiveDate> = None;
    for comparable in &found.nearest {
        let trade = &market.trades[trades[comparable.row as usize] as usize];
        known = known.max(Some(trade.traded_on));
        chosen.push(ModelComparable {
            name: format!("{} {}", trade.product_title, trade.trade_id),
            price: GivenMoney {
                amount: trade.price.unwrap_or_default(),
                currency: trade.currency,
                evidence: Some("EM".to_owned()),
                assumption: None,
                distribution: None,
            },
            traded_on: trade.traded_on,
            weight: Given {
                value: weight,
                evidence: None,
                assumption: Some(Assumption {
                    author: case.prepared_by.clone().unwrap_or_default(),
                    reason: "最近可比案例等权".to_owned(),
                    reviewer: case.reconcile.reviewer.clone().unwrap_or_default(),
                }),
                distribution: None,
            },
            attributes: market::attributes(price_model, &frame, comparable.row as usize)?,
        });
    }
    case.evidence.push(Evidence {
        id: "EM".to_owned(),
        title: "样本市场成交记录".to_owned(),
        source: "样本市场（合成数据）".to_owned(),
        known_on: known.unwrap_or(case.valuation_date),
        sha256: None,
    });
    for method in &mut case.methods {
        if let Method::MarketComparison(comparison) = method
            && let Some(by_model) = &mut comparison.by_model
        {
            by_model.model.clone_from(&price_model.model_id);
            by_model.comparables.clone_from(&chosen);
        }
    }
    Ok(())
}

/// Records the asset and the valuation, and writes its working paper and report.
async fn record(app: &App, valuation: Valuation) -> Result<DemoValuation, Error> {
    let asset = valuation.case.asset.clone();
    let request = asset::AssetRequest { id: None, asset, supersedes: None, reason: None, registration: None };
    asset::add(app, request).await?;
    let summary = ValuationSummary::of(&valuation);
    let id = valuation.valuation_id.clone();
    let document = serde_json::to_value(&valuation).map_err(Error::internal)?;
    app.record(Entry { kind: Kind::Valuation, id: id.clone(), document, supersedes: None }).await?;
    let paths = crate::work::report::keep(app, &id, &[report::Format::Xlsx, report::Format::Html]).await?;
    let files = paths.iter().map(|path| path.display().to_string()).collect();
    Ok(DemoValuation { valuation: summary, files })
}
