//! Amounts as readers of a language write them: 万元 and 亿元, million and billion; the exact amount beside.

use rust_decimal::Decimal;
use valuation::money::Money;
use valuation::unit::Unit;
use valuation::words::{self, Language};

use crate::report::numerals;
use crate::report::words::unit;

/// An amount, short and exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    pub short: String,
    /// To the minor unit.
    pub exact: String,
}

/// By what an amount is divided, and the key of the word that says so; no word where it is written in full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub divisor: i64,
    pub word: Option<&'static str>,
}

const FULL: Scale = Scale { divisor: 1, word: None };

/// The scales of a language, largest first; `axis` adds those that are common on the axis of a chart only.
fn scales(language: Language, axis: bool) -> &'static [Scale] {
    const fn by(divisor: i64, word: &'static str) -> Scale {
        Scale { divisor, word: Some(word) }
    }
    const ZH: [Scale; 2] = [by(100_000_000, "page.scale.hundred_million"), by(10_000, "page.scale.ten_thousand")];
    const EN: [Scale; 3] = [
        by(1_000_000_000, "page.scale.billion"),
        by(1_000_000, "page.scale.million"),
        by(1_000, "page.scale.thousand"),
    ];
    match (language, axis) {
        (Language::Zh, _) => &ZH,
        (Language::En, true) => &EN,
        (Language::En, false) => &EN[..2],
    }
}

impl Scale {
    /// The scale in which `largest` has at least one digit before the point.
    pub fn of(largest: Decimal, language: Language, axis: bool) -> Scale {
        let fits = |scale: &&Scale| largest.abs() >= Decimal::from(scale.divisor);
        scales(language, axis).iter().find(fits).copied().unwrap_or(FULL)
    }

    /// `amount` in this scale with two decimals, without its unit.
    pub fn figure(self, amount: &Money) -> String {
        match self.word {
            Some(_) => numerals::decimals(amount.amount() / Decimal::from(self.divisor), 2, 2),
            None => numerals::amount(amount),
        }
    }

    /// The unit of this scale, such as 万元.
    pub fn unit(self, amount: &Money, language: Language) -> String {
        let currency = unit(&Unit::Money(amount.currency()), language);
        match self.word {
            Some(word) => words::format(word, language, &[("currency", &currency)]),
            None => currency,
        }
    }
}

/// `figure` with the currency where the language puts it: 32.10 万元, CNY 1.23 million.
fn with_unit(figure: &str, amount: &Money, scale: Scale, language: Language) -> String {
    let unit = scale.unit(amount, language);
    match (language, unit.split_once(' ')) {
        (Language::Zh, _) => format!("{figure} {unit}"),
        (Language::En, Some((currency, word))) => format!("{currency} {figure} {word}"),
        (Language::En, None) => format!("{unit} {figure}"),
    }
}

impl Amount {
    pub fn of(amount: &Money, language: Language) -> Amount {
        let scale = Scale::of(amount.amount(), language, false);
        Amount {
            short: with_unit(&scale.figure(amount), amount, scale, language),
            exact: with_unit(&numerals::amount(amount), amount, FULL, language),
        }
    }

    /// From `low` to `high`, both in the scale of the higher; it stands below an amount that names the currency.
    pub fn range(low: &Money, high: &Money, language: Language) -> String {
        let scale = Scale::of(high.amount(), language, false);
        let (from, to) = (scale.figure(low), scale.figure(high));
        let figures = format!("{from} – {to}");
        match (language, scale.word) {
            (Language::En, None) => figures,
            (Language::En, Some(word)) => {
                format!("{figures} {}", words::format(word, language, &[("currency", "")]).trim())
            }
            (Language::Zh, _) => with_unit(&figures, high, scale, language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use valuation::money::Currency;

    fn money(text: &str) -> Money {
        Money::new(text.parse().unwrap(), Currency::CNY)
    }

    #[test]
    fn each_language_has_its_own_thousands() {
        let both = |text: &str| {
            let said = |language| Amount::of(&money(text), language).short;
            (said(Language::Zh), said(Language::En))
        };
        let says = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
        assert_eq!(both("9999.99"), says("9,999.99 元", "CNY 9,999.99"));
        assert_eq!(both("321000.00"), says("32.10 万元", "CNY 321,000.00"));
        assert_eq!(both("1234567.80"), says("123.46 万元", "CNY 1.23 million"));
        assert_eq!(both("2500000000"), says("25.00 亿元", "CNY 2.50 billion"));
        assert_eq!(both("-50000"), says("−5.00 万元", "CNY −50,000.00"));
        assert_eq!(Amount::of(&money("321000.00"), Language::Zh).exact, "321,000.00 元");
        let range = Amount::range(&money("9000"), &money("25000"), Language::Zh);
        assert_eq!(range, "0.90 – 2.50 万元");
        let range = |high: &str| Amount::range(&money("9000"), &money(high), Language::En);
        assert_eq!(range("25000"), "9,000.00 – 25,000.00");
        assert_eq!(range("25000000"), "0.01 – 25.00 million");
    }
}
