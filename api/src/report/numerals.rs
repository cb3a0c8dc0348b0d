//! Numbers as a reader expects them: by unit, with thousands apart, and amounts in capital numerals.

use rust_decimal::Decimal;
use valuation::money::{Money, exact_decimal, round_half_away};
use valuation::unit::Unit;
use valuation::workbook::Number;

/// A cell's number by its unit; `—` where it has none.
pub fn number(number: Number, unit: &Unit) -> String {
    let exact = match number {
        Number::Exact(exact) => Some(exact),
        Number::Real(real) => exact_decimal(real),
    };
    let Some(exact) = exact else { return "—".to_owned() };
    match unit {
        Unit::Money(currency) => decimals(exact, currency.minor_places(), currency.minor_places()),
        Unit::UnitPrice(..) => decimals(exact, 2, 10),
        Unit::Rate(_) => format!("{}%", decimals(exact * Decimal::ONE_HUNDRED, 2, 4)),
        Unit::Ratio => decimals(exact, 4, 6),
        Unit::Years => decimals(exact, 0, 2),
        Unit::Count => decimals(exact, 0, 4),
        Unit::Months | Unit::Flag => decimals(exact, 0, 0),
    }
}

/// An amount with thousands apart, without its currency.
pub fn amount(money: &Money) -> String {
    let places = money.currency().minor_places();
    decimals(money.amount(), places, places)
}

/// At least `least` and at most `most` decimals, thousands apart.
pub fn decimals(value: Decimal, least: u32, most: u32) -> String {
    let mut rounded = round_half_away(value, most).normalize();
    if rounded.scale() < least {
        rounded.rescale(least);
    }
    let text = rounded.abs().to_string();
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut apart = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "−" } else { "" };
    match fraction {
        Some(fraction) => format!("{sign}{apart}.{fraction}"),
        None => format!("{sign}{apart}"),
    }
}

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];

/// An amount of yuan in capital numerals; nothing for other currencies, negative amounts or beyond 10¹⁶.
///
/// Source: 《正确填写票据和结算凭证的基本规定》 (capital numerals; 整 after yuan or jiao, none after fen).
pub fn capitals(money: &Money) -> Option<String> {
    let cents = (money.amount() * Decimal::ONE_HUNDRED).normalize();
    if money.currency().code() != "CNY" || money.amount().is_sign_negative() || cents.scale() > 0 {
        return None;
    }
    let cents: u64 = cents.to_string().parse().ok().filter(|cents| *cents < 1_000_000_000_000_000_000)?;
    let (yuan, jiao, fen) = (cents / 100, cents / 10 % 10, cents % 10);
    let mut said = String::from("人民币");
    if yuan > 0 || cents == 0 {
        said += &whole(yuan);
        said += "元";
    }
    match (jiao, fen) {
        (0, 0) => said += "整",
        (jiao, 0) => said += &format!("{}角整", DIGITS[jiao as usize]),
        (0, fen) => said += &format!("{}{}分", if yuan > 0 { "零" } else { "" }, DIGITS[fen as usize]),
        (jiao, fen) => said += &format!("{}角{}分", DIGITS[jiao as usize], DIGITS[fen as usize]),
    }
    Some(said)
}

/// A whole number by groups of four digits.
fn whole(number: u64) -> String {
    if number == 0 {
        return DIGITS[0].to_owned();
    }
    let groups = [("万亿", 1_000_000_000_000), ("亿", 100_000_000), ("万", 10_000), ("", 1)];
    let mut said = String::new();
    let mut rest = number;
    // Whether a zero stands between what is said and the next digit.
    let mut gap = false;
    for (name, size) in groups {
        let group = rest / size;
        rest %= size;
        if group == 0 {
            gap = true;
            continue;
        }
        if !said.is_empty() && (gap || group < 1000) {
            said += DIGITS[0];
        }
        said += &four(group);
        said += if name == "万亿" && rest >= 100_000_000 { "万" } else { name };
        gap = group.is_multiple_of(10);
    }
    said
}

/// A number below 10,000.
fn four(number: u64) -> String {
    let mut said = String::new();
    let mut gap = false;
    for (size, name) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let digit = number / size % 10;
        if digit == 0 {
            gap = !said.is_empty();
            continue;
        }
        if gap {
            said += DIGITS[0];
            gap = false;
        }
        said += DIGITS[digit as usize];
        said += name;
    }
    said
}

#[cfg(test)]
mod tests {
    use valuation::money::Currency;

    use super::*;

    fn yuan(amount: &str) -> String {
        capitals(&Money::new(amount.parse().unwrap(), Currency::CNY)).unwrap()
    }

    /// The examples of 《正确填写票据和结算凭证的基本规定》.
    #[test]
    fn capital_numerals_are_those_of_the_rule() {
        assert_eq!(yuan("1409.50"), "人民币壹仟肆佰零玖元伍角整");
        assert_eq!(yuan("6007.14"), "人民币陆仟零柒元壹角肆分");
        assert_eq!(yuan("107000.53"), "人民币壹拾万零柒仟元伍角叁分");
        assert_eq!(yuan("16409.02"), "人民币壹万陆仟肆佰零玖元零贰分");
        assert_eq!(yuan("325.04"), "人民币叁佰贰拾伍元零肆分");
    }

    #[test]
    fn capital_numerals_of_round_and_large_amounts() {
        assert_eq!(yuan("0"), "人民币零元整");
        assert_eq!(yuan("0.05"), "人民币伍分");
        assert_eq!(yuan("3000000"), "人民币叁佰万元整");
        assert_eq!(yuan("100000001"), "人民币壹亿零壹元整");
        assert_eq!(yuan("1234567890.12"), "人民币壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分");
    }

    #[test]
    fn numbers_follow_their_unit() {
        let ratio = |x: f64| number(Number::Real(x), &Unit::Ratio);
        assert_eq!(ratio(0.14), "0.1400");
        assert_eq!(ratio(1.0 / 3.0), "0.333333");
        assert_eq!(ratio(f64::NAN), "—");
        let money = Unit::Money(Currency::CNY);
        assert_eq!(number(Number::Real(-1234567.005), &money), "−1,234,567.01");
        assert_eq!(number(Number::Real(-0.001), &money), "0.00");
        assert_eq!(number(Number::Real(12345678.0), &Unit::Count), "12,345,678");
    }
}
