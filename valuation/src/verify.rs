//! Whether a recorded valuation is intact, and whether this build calculates the same amounts again.

use crate::error::ValuationError;
use crate::money::Money;
use crate::record::Valuation;
use crate::value::value;

/// What is wrong with a recorded valuation.
#[derive(Clone, Debug, PartialEq)]
pub enum Discrepancy {
    /// First tier: the record does not hash to its `hash`.
    NotIntact { recorded: String, found: String },
    /// Second tier: this build calculates another amount for `what`.
    Amount { what: String, recorded: Money, found: Money },
    /// Second tier: this build refuses the case.
    Refused { error: Box<ValuationError> },
}

/// Checks a record in two tiers: its bytes by hash, then its amounts by calculating the case again; amounts must agree after
/// rounding to money.
pub fn verify(recorded: &Valuation) -> Vec<Discrepancy> {
    let found = recorded.content_hash();
    if found != recorded.hash {
        return vec![Discrepancy::NotIntact { recorded: recorded.hash.clone(), found }];
    }
    let again = match value(&recorded.case, &recorded.price_models) {
        Ok(again) => again,
        Err(error) => return vec![Discrepancy::Refused { error: Box::new(error) }],
    };
    let amounts = |valuation: &Valuation| -> Vec<(String, Money)> {
        let named = |sheet: &str, what: &str, money: Money| (format!("{sheet}.{what}"), money);
        let mut list = Vec::new();
        for estimate in &valuation.estimates {
            list.push(named(&estimate.sheet, "value", estimate.value));
            list.push(named(&estimate.sheet, "low", estimate.interval.low));
            list.push(named(&estimate.sheet, "high", estimate.interval.high));
        }
        let conclusion = &valuation.conclusion;
        list.push(named("conclusion", "value", conclusion.value));
        list.push(named("conclusion", "low", conclusion.interval.low));
        list.push(named("conclusion", "high", conclusion.interval.high));
        list
    };
    let pairs = amounts(recorded).into_iter().zip(amounts(&again));
    pairs
        .filter(|((_, recorded), (_, found))| recorded != found)
        .map(|((what, recorded), (_, found))| Discrepancy::Amount { what, recorded, found })
        .collect()
}
