//! 2. Same request, same evidence, same seed, same build: same bytes, whatever the number of threads.

use chrono::NaiveDate;
use datasets::synthetic::{Params, law};
use pricing_models::covariance::Errors;
use pricing_models::formula::Formula;
use pricing_models::hedonic::{FitOptions, PriceBasis, fit};
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
