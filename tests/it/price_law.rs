//! Price models on the markets: the sample market's known law is recovered, and what the exchanges' listings allow is said.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use datasets::import::{ImportOptions, import};
use datasets::mapping::Mapping;
use datasets::scan::Scan;
use datasets::schema::Trade;
use datasets::store::Store;
use datasets::synthetic::{Law, Params, law, market, month_index};
use pricing_models::card::{Acceptance, ModelCard, Run};
use pricing_models::covariance::Errors;
use pricing_models::evaluate::{Validation, cross_validate};
use pricing_models::formula::Formula;
use pricing_models::frame::{Column, Frame};
use pricing_models::hedonic::{Fit, FitOptions, fit};
use pricing_models::screen::{Rule, Screened, screen};
use rust_decimal::prelude::ToPrimitive;

/// Trades as columns.
fn columns(trades: &[Trade], law: &Law) -> Frame {
    let real = |read: &dyn Fn(&Trade) -> Option<f64>| {
        Column::Real(trades.iter().map(|trade| read(trade).unwrap_or(f64::NAN)).collect())
    };
    let text = |read: &dyn Fn(&Trade) -> String| Column::text(trades.iter().map(read));
    [
        ("price", real(&|t| t.price.and_then(|price| price.to_f64()))),
        ("records", real(&|t| t.records)),
        ("fields", real(&|t| t.fields)),
        ("quality", real(&|t| t.quality)),
        ("history_months", real(&|t| t.history_months)),
        ("month_index", real(&|t| Some(f64::from(month_index(law.first_month, t.traded_on))))),
        ("category", text(&|t| t.category.clone().unwrap_or_default())),
        ("exchange", text(&|t| t.exchange.clone())),
        ("price_unit", text(&|t| t.price_unit.map_or_else(String::new, |unit| word(&unit)))),
        ("update_frequency", text(&|t| t.update_frequency.code().to_owned())),
        ("licence_scope", text(&|t| t.licence_scope.code().to_owned())),
        ("exclusivity", text(&|t| t.exclusivity.code().to_owned())),
        ("vat_status", text(&|t| t.vat_status.code().to_owned())),
        ("kind", text(&|t| t.kind.code().to_owned())),
        ("price_state", text(&|t| t.price_state.code().to_owned())),
        ("price_origin", text(&|t| t.price_origin.code().to_owned())),
        ("title_family", text(&|t| t.title_family.clone())),
        ("traded_on", text(&|t| t.traded_on.to_string())),
    ]
    .into_iter()
    .fold(Frame::new(), |frame, (name, column)| frame.with(name, column).unwrap())
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn options(errors: Errors) -> FitOptions {
    FitOptions { errors, weights: None, level: 0.95, groups: BTreeMap::new() }
}

fn usual_rules() -> Vec<Rule> {
    vec![
        Rule::IsPrice { column: "price_state".into(), accepted: vec!["priced".into()] },
        Rule::Positive { column: "price".into() },
        Rule::Origin { column: "price_origin".into(), ours: vec!["tool_suggested".into()], share_max: 0.0 },
        Rule::SharedFamilyPrice { price: "price".into(), family: "title_family".into(), rows_min: 5, share_min: 0.9 },
    ]
}

/// The sample market as known at its end, screened.
fn sample_market(rows: usize) -> (Law, Frame, Screened) {
    let law = law(Params::shipped());
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.append(&market(20_260_101, rows)).unwrap();
    let frame = columns(&store.trades_known(&Scan::default()).unwrap(), &law);
    let screened = screen(&frame, &usual_rules()).unwrap();
    (law, frame, screened)
}

#[test]
fn the_price_law_is_recovered_and_a_wrong_law_is_not() {
    let (law, frame, screened) = sample_market(50_000);
    assert_eq!(screened.kept.len() + screened.excluded.len(), frame.rows());
    let model =
        fit(&frame.select(&screened.kept), &Formula::parse(&law.formula).unwrap(), &options(Errors::Iid)).unwrap();
    let truth: Vec<(&str, f64)> = law.terms.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(truth.len(), model.terms.len());
    let test = model.wald(&truth).unwrap();
    assert!(test.p > 0.01, "{test:?}");
    assert!((model.residual_sd / law.sigma - 1.0).abs() < 0.02, "{}", model.residual_sd);

    let mut wrong = truth.clone();
    wrong.iter_mut().filter(|(name, _)| *name == "log(records)").for_each(|(_, value)| *value += 0.02);
    assert!(model.wald(&wrong).unwrap().p < 0.01);

    // Prices that the tool itself suggested bias a fit that keeps them.
    let rules: Vec<Rule> = usual_rules().into_iter().filter(|rule| !matches!(rule, Rule::Origin { .. })).collect();
    let biased = frame.select(&screen(&frame, &rules).unwrap().kept);
    let biased = fit(&biased, &Formula::parse(&law.formula).unwrap(), &options(Errors::Iid)).unwrap();
    assert!(biased.wald(&truth).unwrap().p < 0.01);
}

/// A fit, its evaluation by title family, and its card.
fn carded(frame: &Frame, screened: &Screened, formula: &str, errors: Errors, folds: usize) -> (Fit, ModelCard) {
    let kept = frame.select(&screened.kept);
    let model = fit(&kept, &Formula::parse(formula).unwrap(), &options(errors)).unwrap();
    let validation = Validation { groups: "title_family".into(), folds, seed: 7, level: 0.90 };
    let (evaluation, _) = cross_validate(&kept, &model, &validation).unwrap();
    let card = model.card(Run {
        data_hash: frame.content_hash(),
        code_version: "test".into(),
        screened: Some(screened),
        window: None,
        cut_off: None,
        evaluation: Some(evaluation),
        acceptance: Acceptance {
            median_ape_max: Some(25.0),
            coverage_shortfall_max: Some(0.05),
            ..Acceptance::default()
        },
        note: None,
    });
    (model, card)
}

#[test]
fn the_card_of_the_sample_market_has_the_same_bytes_at_any_number_of_threads() {
    let (law, frame, screened) = sample_market(12_000);
    let at = |threads: usize, errors: Errors| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| carded(&frame, &screened, &law.formula, errors, 4).1.to_json())
    };
    for errors in [Errors::Hc3, Errors::Cluster("title_family".into())] {
        let one = at(1, errors.clone());
        assert_eq!(one, at(2, errors.clone()));
        assert_eq!(one, at(8, errors));
    }
    let (_, card) = carded(&frame, &screened, &law.formula, Errors::Hc1, 4);
    assert_eq!(card.accepted, Some(true), "{:?}", card.limits);
    let coverage = card.evaluation.as_ref().unwrap().coverage.unwrap();
    assert!(coverage.low <= 0.90 && 0.90 <= coverage.high, "{coverage:?}");
    assert_eq!(card.data.read, frame.rows() as u64);
    let again: ModelCard = serde_json::from_str(&card.to_json()).unwrap();
    assert_eq!((again.identity(), &again), (card.model_id.clone(), &card));
}

#[test]
fn the_exchanges_listings_are_fitted_and_the_card_says_how_bad_it_is() {
    let Some(data) = tests::reference::folder("hedonic_on_the_exchanges") else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let moment: DateTime<Utc> = "2024-06-01T00:00:00Z".parse().unwrap();
    for exchange in ["zhejiang", "guangzhou", "guiyang", "shanghai"] {
        let file = data.join(format!("dadada/raw/{exchange}.csv"));
        import(&file, &Mapping::find(exchange).unwrap(), &store, &ImportOptions::at(moment)).unwrap();
    }
    let frame = columns(&store.trades_known(&Scan::default()).unwrap(), &law(Params::shipped()));
    let rules = [
        Rule::IsPrice { column: "price_state".into(), accepted: vec!["priced".into()] },
        Rule::Positive { column: "price".into() },
    ];
    let screened = screen(&frame, &rules).unwrap();
    assert!(screened.kept.len() > 300, "{:?}", screened.reasons);
    println!("{:?}", screened.reasons);
    let (_, card) = carded(
        &frame,
        &screened,
        "log(price) ~ i(exchange) + i(price_unit) + i(update_frequency) + i(category)",
        Errors::Cluster("title_family".into()),
        5,
    );
    println!("{}", card.to_json());
    let evaluation = card.evaluation.unwrap();
    assert_eq!(card.accepted, Some(false));
    assert_eq!(card.limits[0].code, "bad");
    assert!(card.limits[0].zh.starts_with('差') && card.limits[0].en.starts_with("Bad"), "{:?}", card.limits);
    assert!(evaluation.median_ape.unwrap() > 25.0 || evaluation.coverage.unwrap().share < 0.85);
}
