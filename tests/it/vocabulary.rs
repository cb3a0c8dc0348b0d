//! Dates, day counts and rounding against programs we did not write: QuantLib and Python's `decimal`.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rust_decimal::Decimal;
use tests::program::python_prints;
use valuation::money::{Currency, Money, round_half_away};
use valuation::period::DayCount;

#[test]
fn day_counts_are_those_of_quantlib() {
    let start = NaiveDate::from_ymd_opt(2023, 1, 1).expect("a date");
    // Steps that are prime to months and weeks visit every kind of month end, and both signs.
    let dates: Vec<NaiveDate> = (0..60).map(|k| start + Days::new(k * 37 + (k % 7) * 30)).collect();
    let mut pairs: Vec<(NaiveDate, NaiveDate)> = dates.iter().flat_map(|a| dates.iter().map(|b| (*a, *b))).collect();
    let end = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).expect("a date");
    pairs.extend([(end(2024, 1, 31), end(2024, 3, 31)), (end(2024, 2, 29), end(2024, 3, 31))]);
    pairs.extend([(end(2024, 1, 30), end(2024, 2, 29)), (end(2023, 2, 28), end(2024, 2, 29))]);
    let listed: Vec<String> = pairs.iter().map(|(a, b)| format!("{a} {b}")).collect();
    let script = "import sys, QuantLib as q\n\
        day = lambda s: q.Date(int(s[8:]), int(s[5:7]), int(s[:4]))\n\
        counts = [q.Actual365Fixed(), q.Actual360(), q.Thirty360(q.Thirty360.BondBasis)]\n\
        for pair in sys.argv[1].split(';'):\n\
        \x20   a, b = map(day, pair.split())\n\
        \x20   print(*(repr(c.yearFraction(a, b)) for c in counts))";
    let printed = python_prints(script, &[&listed.join(";")]);
    assert_eq!(printed.lines().count(), pairs.len());
    for ((from, to), line) in pairs.iter().zip(printed.lines()) {
        let theirs: Vec<f64> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
        let ours = [DayCount::Actual365, DayCount::Actual360, DayCount::Thirty360].map(|count| count.years(*from, *to));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!((ours - theirs).abs() <= 1e-12, "{from} {to}: {ours} against {theirs}");
        }
    }
}

#[test]
fn model_numbers_become_money_as_python_rounds_half_up() {
    let numbers = [1234.565, -1234.565, 0.005, -0.005, 2.675, 1.005, 1e-9, 12_345_678_901.235, 0.1 + 0.2, -0.0, 9.995];
    let listed: Vec<String> = numbers.iter().map(|number| format!("{number:?}")).collect();
    let script = "import sys; from decimal import *\n\
        for n in sys.argv[1].split(';'): print(Decimal(n).quantize(Decimal('0.01'), ROUND_HALF_UP))";
    let printed = python_prints(script, &[&listed.join(";")]);
    for (number, theirs) in numbers.iter().zip(printed.lines()) {
        let ours = Money::from_model(*number, Currency::CNY).expect("finite").amount();
        let theirs: Decimal = theirs.parse().expect("a decimal");
        assert_eq!(ours, theirs, "{number:?}");
        assert_eq!(ours.scale(), 2);
    }
}

#[test]
fn money_adds_exactly_and_never_across_currencies() {
    let yuan = |cents: i64| Money::new(Decimal::new(cents, 2), Currency::CNY);
    let dollar = Currency::try_from("USD".to_owned()).expect("a code");
    TestRunner::new(Config::with_cases(256))
        .run(&(-1_000_000_000_000_i64..1_000_000_000_000, -1_000_000_000_000_i64..1_000_000_000_000), |(a, b)| {
            let sum = yuan(a).add(&yuan(b)).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(sum, yuan(a + b));
            prop_assert_eq!(sum, yuan(b).add(&yuan(a)).map_err(|error| TestCaseError::fail(error.to_string()))?);
            prop_assert!(yuan(a).add(&Money::new(Decimal::new(b, 2), dollar)).is_err());
            // Rounding a rounded amount changes nothing, and rounding is symmetric about zero.
            let third = Decimal::new(a, 2) / Decimal::from(3);
            let once = round_half_away(third, 2);
            prop_assert_eq!(round_half_away(once, 2), once);
            prop_assert_eq!(round_half_away(-third, 2), -once);
            Ok(())
        })
        .expect("money arithmetic");
}
