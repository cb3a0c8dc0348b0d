//! Over many sample markets: the known price law is recovered, and prediction intervals cover what they promise.

use datasets::synthetic::{Params, law};
use pricing_models::covariance::Errors;
use pricing_models::formula::Formula;
use pricing_models::hedonic::{Fit, FitOptions, fit};
use tests::market::screened;

const ROWS: usize = 20_000;

fn fitted(seed: u64) -> Fit {
    let formula = Formula::parse(&law(Params::shipped()).formula).expect("the law's formula is a formula");
    let options = FitOptions { errors: Errors::Hc1, weights: None, level: 0.95, groups: Default::default() };
    fit(&screened(seed, ROWS), &formula, &options).expect("the sample market can be fitted")
}

/// The p-value of the joint test that the coefficients are those of the law.
fn p_of_the_law(fit: &Fit) -> f64 {
    let law = law(Params::shipped());
    let terms = law.terms.iter().map(|(name, value)| (name.as_str(), *value));
    fit.wald(&terms.collect::<Vec<_>>()).expect("every term of the law has a coefficient").p
}

/// The share of another market's prices inside the 95 % intervals, and their number.
fn coverage(fit: &Fit, seed: u64) -> (f64, f64) {
    let other = screened(seed, ROWS);
    let prices = other.real("price", "the test").expect("prices");
    let predicted = fit.predict(&other, 0.95).expect("predicted");
    let mut inside = 0.0;
    for (price, predicted) in prices.iter().zip(&predicted) {
        let interval = predicted.price().expect("every row can be predicted");
        inside += f64::from(u8::from(interval.low <= *price && *price <= interval.high));
    }
    (inside / prices.len() as f64, prices.len() as f64)
}

mod soak {
    use tests::soak::rounds;

    use super::*;

    #[test]
    fn the_law_is_recovered_and_intervals_cover() {
        let count = rounds(3);
        let (mut rejected, mut covered, mut predicted) = (0, 0.0, 0.0);
        for seed in 1..=u64::from(count) {
            let fit = fitted(seed);
            rejected += u32::from(p_of_the_law(&fit) < 0.01);
            let (share, rows) = coverage(&fit, 10_000 + seed);
            covered += share * rows;
            predicted += rows;
        }
        // A true law is rejected in one of a hundred markets; four standard deviations above that is too often.
        let often = f64::from(count) * 0.01;
        assert!(f64::from(rejected) <= often + 4.0 * often.sqrt(), "{rejected} of {count} markets reject the true law");
        let (share, sd) = (covered / predicted, (0.95 * 0.05 / predicted).sqrt());
        assert!((share - 0.95).abs() < 4.0 * sd, "95 % intervals cover {share} of {predicted} prices");
    }
}
