//! 2. Same request, same evidence, same seed, same build: same bytes, whatever the number of threads.

use chrono::NaiveDate;
use datasets::synthetic::{Params, law};
use pricing_models::covariance::Errors;
use pricing_models::formula::Formula;
use pricing_models::hedonic::{FitOptions, PriceBasis, fit};
use tests::journey::Journey;
use tests::market::screened;
use tests::sample::weather;
use valuation::case::{Case, PriceModels};
use valuation::money::Currency;
use valuation::value::value;

/// What `work` gives on 1, 2 and 8 threads; fails where the answers differ.
fn on_one_two_and_eight_threads(what: &str, work: impl Fn() -> Vec<u8> + Sync) {
    let answers = [1, 2, 8].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(&work)
    });
    assert!(!answers[0].is_empty(), "{what} gave nothing");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{what} differs between 1, 2 and 8 threads");
}

#[test]
fn a_model_fit_has_the_same_bytes_on_any_number_of_threads() {
    let market = screened(3, 12_000);
    let formula = Formula::parse(&law(Params::shipped()).formula).expect("a formula");
    let basis = PriceBasis { currency: Currency::CNY, price_unit: None, cut_off: NaiveDate::MAX };
    for errors in [Errors::Iid, Errors::Hc1, Errors::Hc3, Errors::Cluster("exchange".to_owned())] {
        let options = FitOptions { errors, weights: None, level: 0.95, groups: Default::default() };
        on_one_two_and_eight_threads("a model fit", || {
            let fit = fit(&market, &formula, &options).expect("fitted");
            let model = fit.price_model("M-1", &basis).expect("a price model");
            serde_json::to_vec(&(model, fit.coefficients, fit.residuals, fit.condition_number)).expect("JSON")
        });
    }
}

#[test]
fn a_valuation_has_the_same_bytes_on_any_number_of_threads() {
    let case = Case::from_value(&weather()).expect("the sample case");
    on_one_two_and_eight_threads("a valuation", || {
        serde_json::to_vec(&value(&case, &PriceModels::new()).expect("valued")).expect("JSON")
    });
}

/// Everything the user's journey leaves behind on so many threads, each command a process of its own.
fn left_behind(threads: usize) -> Vec<(String, String)> {
    let journey = Journey::take(2_500, threads);
    let mut left = vec![
        ("import".to_owned(), journey.imported.to_string()),
        ("model card".to_owned(), journey.fitted.to_string()),
        ("valuation".to_owned(), journey.valued.to_string()),
    ];
    for format in ["html", "xlsx", "json"] {
        left.push((format!("report.{format}"), api::whole::sha256(&journey.report(format, threads))));
    }
    // The trade files and their manifest.
    let data = journey.house.data().join("trades");
    let stored = journey.house.state().into_iter().filter_map(|(name, hash)| {
        let name = std::path::Path::new(&name).strip_prefix(&data).ok()?.display().to_string();
        Some((name, hash))
    });
    left.extend(stored);
    left
}

#[test]
fn the_journey_leaves_the_same_bytes_on_any_number_of_threads() {
    let one = left_behind(1);
    assert!(one.iter().filter(|(name, _)| name.ends_with(".parquet")).count() >= 36);
    for threads in [2, 8] {
        for (one, many) in one.iter().zip(left_behind(threads)) {
            assert!(*one == many, "{} differs on {threads} threads:\n{}\n{}", one.0, one.1, many.1);
        }
    }
}

#[test]
fn another_seed_gives_other_bytes_so_that_equal_bytes_say_something() {
    let journey = Journey::take(1_000, 2);
    let other = journey.house.done(&["value", "case.json", "--seed", "99"]);
    assert_ne!(other["valuation_id"], journey.valued["valuation_id"]);
    assert_ne!(other["estimates"][1]["interval"], journey.valued["estimates"][1]["interval"]);
    assert_eq!(other["estimates"][1]["value"], journey.valued["estimates"][1]["value"]);
}
