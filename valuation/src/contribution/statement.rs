//! What each party is told: its payment, what is held back, what is due now, and why.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contribution::till::SplitRequest;
use crate::money::{Currency, Money};
use crate::words::{self, Language};

/// The till, divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Split {
    /// Sum to the till.
    pub payments: BTreeMap<String, Money>,
    /// The till.
    pub total: Money,
    /// Of the payments, what is kept until the estimates are better.
    pub held: Money,
    /// What is to be paid now; negative where more was paid before than is due.
    pub due: BTreeMap<String, Money>,
    pub statements: Vec<OwnerStatement>,
    /// How the units left over by rounding are given away.
    pub rounding: String,
}

/// One party's statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OwnerStatement {
    pub party: String,
    /// Contribution as given; absent for parties without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub value: Option<Decimal>,
    /// Share of the till.
    #[schemars(with = "String")]
    pub share: Decimal,
    pub payment: Money,
    pub held: Money,
    pub paid_before: Money,
    pub due: Money,
    pub reasons: Vec<SaidReason>,
}

/// A reason with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaidReason {
    pub code: String,
    pub zh: String,
    pub en: String,
}

/// A part of the rest, before rounding.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub exact: Decimal,
    pub reason: Reason,
}

/// Why a party gets what it gets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason {
    ByValue,
    Floor { floor: Decimal },
    Cap { cap: Decimal },
    NegativeAsZero,
    Charged,
    Remainder { unit: Decimal },
    Statutory { share: Decimal, document: String },
    Agreement { document: String, agreed_on: NaiveDate, reason: String, by_value: Option<Decimal> },
    Held { multiple: Decimal, reason: String },
}

impl Reason {
    fn said(&self) -> SaidReason {
        let (code, places): (&str, Vec<(&str, String)>) = match self {
            Reason::ByValue => ("by_value", vec![]),
            Reason::Floor { floor } => ("floor", vec![("floor", floor.to_string())]),
            Reason::Cap { cap } => ("cap", vec![("cap", cap.to_string())]),
            Reason::NegativeAsZero => ("negative_as_zero", vec![]),
            Reason::Charged => ("charged", vec![]),
            Reason::Remainder { unit } => ("remainder", vec![("unit", unit.to_string())]),
            Reason::Statutory { share, document } => {
                let percent = (share * Decimal::ONE_HUNDRED).normalize().to_string();
                ("statutory", vec![("percent", percent), ("document", document.clone())])
            }
            Reason::Agreement { document, agreed_on, reason, by_value } => (
                "agreement",
                vec![
                    ("document", document.clone()),
                    ("date", agreed_on.to_string()),
                    ("reason", reason.clone()),
                    ("by_value", by_value.map_or_else(|| "—".to_owned(), |amount| amount.to_string())),
                ],
            ),
            Reason::Held { multiple, reason } => {
                ("held", vec![("multiple", multiple.normalize().to_string()), ("reason", reason.clone())])
            }
        };
        let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let say = |language| words::format(&format!("split.reason.{code}"), language, &places);
        SaidReason { code: code.to_owned(), zh: say(Language::Zh), en: say(Language::En) }
    }
}

/// A statement while it is written.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub party: String,
    pub value: Option<Decimal>,
    /// The value as it counts, for those who are paid by value.
    pub counted: Option<Decimal>,
    pub exact: Option<Decimal>,
    pub payment: Decimal,
    pub held: Decimal,
    pub paid_before: Decimal,
    pub reasons: Vec<Reason>,
}

impl Statement {
    pub fn new(party: &str, value: Option<Decimal>, payment: Decimal, reason: Reason) -> Statement {
        let zero = Decimal::ZERO;
        let (party, reasons) = (party.to_owned(), vec![reason]);
        Statement { party, value, counted: None, exact: None, payment, held: zero, paid_before: zero, reasons }
    }

    /// Whether the payment follows from a value.
    pub fn by_value(&self) -> bool {
        self.exact.is_some()
    }

    fn due(&self) -> Decimal {
        self.payment - self.held - self.paid_before
    }
}

impl Split {
    pub(crate) fn of(request: &SplitRequest, currency: Currency, statements: Vec<Statement>) -> Split {
        let money = |amount: Decimal| {
            let mut amount = amount;
            amount.rescale(currency.minor_places());
            Money::new(amount, currency)
        };
        let till = request.till.amount();
        let (mut payments, mut due) = (BTreeMap::new(), BTreeMap::new());
        let add = |map: &mut BTreeMap<String, Decimal>, party: &str, amount: Decimal| {
            *map.entry(party.to_owned()).or_default() += amount;
        };
        for statement in &statements {
            add(&mut payments, &statement.party, statement.payment);
            add(&mut due, &statement.party, statement.due());
        }
        let all = |map: BTreeMap<String, Decimal>| map.into_iter().map(|(party, sum)| (party, money(sum))).collect();
        let statement = |from: &Statement| OwnerStatement {
            party: from.party.clone(),
            value: from.value,
            share: if till.is_zero() { Decimal::ZERO } else { (from.payment / till).round_dp(10).normalize() },
            payment: money(from.payment),
            held: money(from.held),
            paid_before: money(from.paid_before),
            due: money(from.due()),
            reasons: from.reasons.iter().map(Reason::said).collect(),
        };
        Split {
            payments: all(payments),
            total: money(till),
            held: money(statements.iter().map(|statement| statement.held).sum()),
            due: all(due),
            statements: statements.iter().map(statement).collect(),
            rounding: "largest_remainder".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::error::ContributionError;
    use crate::contribution::split::split;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn of(value: Value) -> Result<Split, ContributionError> {
        split(&serde_json::from_value(value).expect("a request"))
    }

    fn paid(split: &Split) -> Vec<(String, String)> {
        split.payments.iter().map(|(party, money)| (party.clone(), money.amount().to_string())).collect()
    }

    fn yuan(amount: &str) -> Value {
        json!({"amount": amount, "currency": "CNY"})
    }

    #[test]
    fn floors_caps_statutory_shares_and_agreements_go_before_values() {
        let done = of(json!({
            "till": yuan("1000.00"), "values": {"a": 70, "b": 20, "c": 8, "d": 2},
            "floors": {"d": "50"}, "caps": {"a": "400.005"},
            "statutory": [{"party": "财政", "share": "0.1", "document": "授权运营协议第5条"}],
            "agreements": [{"owner": "c", "amount": "100.00", "document": "合同 1", "agreed_on": "2026-01-01",
                            "reason": "保底"}],
        }))
        .expect("feasible");
        // 1000 − 100 − 100 = 800: a is capped at 400, d raised to 50, b takes the rest.
        let expected = [("a", "400.00"), ("b", "350.00"), ("c", "100.00"), ("d", "50.00"), ("财政", "100.00")];
        assert_eq!(paid(&done), expected.map(|(party, sum)| (party.to_owned(), sum.to_owned())));
        let codes = |party: &str| {
            let statement = done.statements.iter().find(|statement| statement.party == party).expect("there");
            statement.reasons.iter().map(|reason| reason.code.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            (codes("a"), codes("d"), codes("c")),
            (vec!["cap".into()], vec!["floor".into()], vec!["agreement".into()])
        );
    }

    #[test]
    fn what_is_held_for_the_error_is_released_as_the_error_shrinks() {
        let at = |error: &str, before: Value| {
            of(json!({
                "till": yuan("1000.00"), "values": {"a": 0.6, "b": 0.4}, "std_error": {"a": error, "b": error},
                "holdback": {"multiple": "2", "reason": "抽样误差"}, "paid_before": before,
            }))
            .expect("feasible")
        };
        let first = at("0.05", json!({}));
        assert_eq!(first.held.amount().to_string(), "200.00");
        assert_eq!(first.due["a"].amount().to_string(), "500.00");
        let second = at("0.01", json!({"a": "500.00", "b": "300.00"}));
        assert_eq!(
            (second.held.amount().to_string(), second.due["a"].amount().to_string()),
            ("40.00".into(), "80.00".into())
        );
    }

    #[test]
    fn what_cannot_be_is_told_with_its_amount() {
        let floors = of(json!({"till": yuan("10.00"), "values": {"a": 1, "b": 1}, "floors": {"a": 7, "b": 4}}));
        assert!(matches!(floors, Err(ContributionError::SplitInfeasible { difference, .. }) if difference == "1"));
        let caps = of(json!({"till": yuan("10.00"), "values": {"a": 1, "b": 1}, "caps": {"a": 4, "b": 4}}));
        assert!(matches!(caps, Err(ContributionError::SplitInfeasible { constraint, .. }) if constraint == "caps"));
        let negative = json!({"till": yuan("10.00"), "values": {"a": 2, "b": -1}});
        assert!(
            matches!(of(negative.clone()), Err(ContributionError::NegativeWithoutRule { owners, .. }) if owners == "b")
        );
        let with = |rule: &str| {
            let mut request = negative.clone();
            request["negative"] = json!(rule);
            paid(&of(request).expect("a rule")).into_iter().map(|(_, sum)| sum).collect::<Vec<_>>()
        };
        assert_eq!(
            (with("zero"), with("charge")),
            (vec!["10.00".into(), "0.00".into()], vec!["20.00".into(), "-10.00".into()])
        );
        let nobody = of(json!({"till": yuan("10.00"), "values": {"a": 0}}));
        assert!(matches!(nobody, Err(ContributionError::NothingToSplitBy { .. })));
        let typo = of(json!({"till": yuan("10.00"), "values": {"alpha": 1}, "floors": {"alfa": 1}}));
        assert!(matches!(typo, Err(ContributionError::UnknownPlayer { nearest: Some(name), .. }) if name == "alpha"));
    }

    proptest! {
        /// Payments sum to the till for any currency and any unit, within their bounds, and a larger value never gets less.
        #[test]
        fn payments_sum_to_the_till(
            units in 0..1_000_000_000i64,
            step in 1..500i64,
            currency in prop::sample::select(vec!["CNY", "JPY", "KWD", "USD"]),
            values in prop::collection::vec(-50_000..1_000_000i64, 1..12),
            statutory in 0..40i64,
        ) {
            let places = Currency::try_from(currency.to_owned()).expect("a currency").minor_places();
            let unit = Decimal::new(step, places);
            let till = Decimal::from(units) * unit;
            let named: serde_json::Map<String, Value> =
                values.iter().enumerate().map(|(at, value)| (format!("p{at:02}"), json!(Decimal::new(*value, 5)))).collect();
            let request = json!({
                "till": {"amount": till, "currency": currency}, "unit": unit, "values": named, "negative": "zero",
                "statutory": [{"party": "fund", "share": Decimal::new(statutory, 2), "document": "rule"}],
            });
            let positive = values.iter().any(|value| *value > 0);
            match of(request) {
                Ok(done) => {
                    let sum: Decimal = done.payments.values().map(|money| money.amount()).sum();
                    prop_assert_eq!(sum, till);
                    let due: Decimal = done.due.values().map(|money| money.amount()).sum();
                    prop_assert_eq!(due, till);
                    for (a, value) in values.iter().enumerate() {
                        let of = |at: usize| done.payments[&format!("p{at:02}")].amount();
                        let whole = (of(a) % unit).is_zero() && of(a) >= Decimal::ZERO;
                        prop_assert!(whole);
                        for (b, other) in values.iter().enumerate() {
                            let apart = if value == other { unit } else { Decimal::ZERO };
                            let fair = value < other || of(a) >= of(b) - apart;
                            prop_assert!(fair);
                        }
                    }
                }
                Err(error) => prop_assert!(!positive, "{}", error),
            }
        }

        /// With floors and caps that fit, nobody leaves the bounds and the till is given away.
        #[test]
        fn bounds_hold(
            cents in 1_000..1_000_000i64,
            owners in prop::collection::vec((1..1_000i64, 0..100i64, 0..300i64), 2..8),
        ) {
            let n = owners.len() as i64;
            // Floors of at most, and caps of at least, an equal part.
            let equal = cents / n;
            let (mut values, mut floors, mut caps) = (serde_json::Map::new(), serde_json::Map::new(), serde_json::Map::new());
            for (at, (value, low, high)) in owners.iter().enumerate() {
                let name = format!("p{at}");
                values.insert(name.clone(), json!(value));
                floors.insert(name.clone(), json!(Decimal::new(equal * low / 100, 2)));
                caps.insert(name, json!(Decimal::new(equal + 1 + equal * high / 100, 2)));
            }
            let till = Decimal::new(cents, 2);
            let request = json!({"till": yuan(&till.to_string()), "values": values, "floors": floors, "caps": caps});
            let done = of(request).expect("feasible");
            prop_assert_eq!(done.payments.values().map(|money| money.amount()).sum::<Decimal>(), till);
            for (name, money) in &done.payments {
                let bound = |map: &serde_json::Map<String, Value>| -> Decimal {
                    map[name].as_str().expect("text").parse().expect("a number")
                };
                prop_assert!(bound(&floors) <= money.amount() && money.amount() <= bound(&caps));
            }
        }
    }
}
