//! Prices as people print them: `0.50元/次`, `面议`, `免费`, `5万元以内`, `1-3万元/年`.
//!
//! A text becomes a price with its unit, or a named absence (see [`PriceState`]), or a named fault; it is never dropped.
//! Digits are kept as they are printed, float artefacts such as `754300.0000000001` included; a price with more than ten
//! decimals is rounded half away from zero to ten.

use std::str::FromStr;

use rust_decimal::Decimal;
use valuation::money::{Currency, round_half_away};
use valuation::terms::PriceState;
use valuation::unit::PriceUnit;

use crate::schema::{MAX_PRICE, PRICE_SCALE};
use crate::title_family::half_width;

/// What a printed price says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceText {
    pub state: PriceState,
    pub price: Option<Decimal>,
    pub low: Option<Decimal>,
    pub high: Option<Decimal>,
    /// The currency, where one is printed.
    pub currency: Option<Currency>,
    /// The unit, where one is printed; a price without one is for the whole (一口价).
    pub unit: Option<PriceUnit>,
}

/// Why a text is not a price. The reason is a key of `reject.<reason>` in the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceFault {
    /// No number and no known word of absence, or something unknown beside the number.
    Unreadable,
    NotANumber,
    Negative,
    TooLarge,
    UnknownUnit,
    BoundsOutOfOrder,
}

impl PriceFault {
    /// The stable name of the reason.
    pub fn reason(self) -> &'static str {
        match self {
            PriceFault::Unreadable => "unreadable_price",
            PriceFault::NotANumber => "not_a_number",
            PriceFault::Negative => "negative_price",
            PriceFault::TooLarge => "price_too_large",
            PriceFault::UnknownUnit => "unknown_price_unit",
            PriceFault::BoundsOutOfOrder => "bounds_out_of_order",
        }
    }
}

const NEGOTIABLE: &[&str] = &[
    "面议",
    "价格面议",
    "面谈",
    "协商",
    "协商定价",
    "协议定价",
    "议价",
    "另议",
    "商议",
    "价格另议",
    "电议",
    "询价",
    "价格咨询",
    "negotiable",
    "onrequest",
];
const FREE: &[&str] = &["免费", "无偿", "无偿使用", "free"];
const NOT_STATED: &[&str] = &["", "待完善", "暂无", "无", "未标价", "待定", "未定", "-", "--", "/", "n/a", "null"];
const AT_LEAST: &[&str] = &["不低于", "起步价", "最低", "大于等于", "以上", "起", ">=", "≥", "起售", "from"];
const AT_MOST: &[&str] = &["不超过", "不高于", "最高", "小于等于", "以内", "以下", "封顶", "<=", "≤", "upto"];
const CURRENCIES: &[(&str, Currency)] =
    &[("元人民币", Currency::CNY), ("人民币", Currency::CNY), ("rmb", Currency::CNY)];
/// Words of foreign money by code; they come before 元, which ends some of them.
const FOREIGN: &[(&str, &str)] = &[
    ("us$", "USD"),
    ("美元", "USD"),
    ("美金", "USD"),
    ("hk$", "HKD"),
    ("港元", "HKD"),
    ("港币", "HKD"),
    ("欧元", "EUR"),
    ("€", "EUR"),
    ("英镑", "GBP"),
    ("£", "GBP"),
    ("日元", "JPY"),
    ("$", "USD"),
    ("cny", "CNY"),
    ("usd", "USD"),
    ("eur", "EUR"),
    ("hkd", "HKD"),
];
const YUAN: &[&str] = &["元", "圆", "¥", "块"];
const SCALES: &[(&str, u32)] = &[("百万", 6), ("千万", 7), ("万", 4), ("亿", 8), ("千", 3)];
const RANGES: &[&str] = &["-", "~", "至", "到", "—", "–"];
/// Words of units, longest first where one begins another.
const UNITS: &[(&str, PriceUnit)] = &[
    ("次调用", PriceUnit::Call),
    ("次", PriceUnit::Call),
    ("笔", PriceUnit::Call),
    ("call", PriceUnit::Call),
    ("条记录", PriceUnit::Record),
    ("条", PriceUnit::Record),
    ("行", PriceUnit::Record),
    ("record", PriceUnit::Record),
    ("份", PriceUnit::Item),
    ("套", PriceUnit::Item),
    ("个月", PriceUnit::Month),
    ("个", PriceUnit::Item),
    ("件", PriceUnit::Item),
    ("篇", PriceUnit::Item),
    ("item", PriceUnit::Item),
    ("mb", PriceUnit::Megabyte),
    ("megabyte", PriceUnit::Megabyte),
    ("gb", PriceUnit::Gigabyte),
    ("gigabyte", PriceUnit::Gigabyte),
    ("天", PriceUnit::Day),
    ("日", PriceUnit::Day),
    ("day", PriceUnit::Day),
    ("月", PriceUnit::Month),
    ("month", PriceUnit::Month),
    ("季度", PriceUnit::Quarter),
    ("季", PriceUnit::Quarter),
    ("quarter", PriceUnit::Quarter),
    ("年度", PriceUnit::Year),
    ("年", PriceUnit::Year),
    ("year", PriceUnit::Year),
];

/// Reads a printed price.
///
/// ```
/// use datasets::price_text::price_text;
/// use valuation::{terms::PriceState, unit::PriceUnit};
/// let call = price_text("0.50元/次").unwrap();
/// assert_eq!((call.price.unwrap().to_string(), call.unit), ("0.50".to_owned(), Some(PriceUnit::Call)));
/// assert_eq!(price_text("面议").unwrap().state, PriceState::Negotiable);
/// let range = price_text("1-3万元/年").unwrap();
/// assert_eq!((range.low, range.high), (Some(10_000.into()), Some(30_000.into())));
/// assert_eq!(price_text("-3元").unwrap_err().reason(), "negative_price");
/// ```
///
/// # Errors
/// A [`PriceFault`] that names what is wrong.
pub fn price_text(text: &str) -> Result<PriceText, PriceFault> {
    let plain: String = text
        .chars()
        .map(|c| if c == '￥' { '¥' } else { half_width(c) })
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let absent = |state, price| PriceText { state, price, low: None, high: None, currency: None, unit: None };
    let is = |list: &[&str]| list.contains(&plain.as_str());
    if is(NEGOTIABLE) {
        return Ok(absent(PriceState::Negotiable, None));
    }
    if is(FREE) {
        return Ok(absent(PriceState::Free, Some(Decimal::ZERO)));
    }
    if is(NOT_STATED) {
        return Ok(absent(PriceState::NotStated, None));
    }
    if matches!(plain.trim_start_matches(['-', '+']), "nan" | "inf" | "infinity") {
        return Err(PriceFault::NotANumber);
    }
    let mut cursor = Cursor { rest: &plain };
    let printed = cursor.printed()?;
    if !cursor.rest.is_empty() {
        return Err(PriceFault::Unreadable);
    }
    printed.said()
}

/// The parts of a printed price as they are met.
#[derive(Default)]
struct Printed {
    first: Option<Figure>,
    second: Option<Figure>,
    at_least: bool,
    at_most: bool,
    currency: Option<Currency>,
    /// The unit and the power of ten of units that the price is for (元/千次).
    unit: Option<(PriceUnit, u32)>,
}

/// A number and the power of ten printed after it (万 is 4).
#[derive(Clone, Copy)]
struct Figure {
    number: Decimal,
    power: u32,
}

impl Figure {
    fn value(self) -> Result<Decimal, PriceFault> {
        let value = self.number.checked_mul(Decimal::from(10_u64.pow(self.power))).ok_or(PriceFault::TooLarge)?;
        if value > MAX_PRICE { Err(PriceFault::TooLarge) } else { Ok(value) }
    }
}

impl Printed {
    fn said(self) -> Result<PriceText, PriceFault> {
        let first = self.first.ok_or(PriceFault::Unreadable)?;
        let per = self.unit.map_or(0, |(_, power)| power);
        // Division by a power of ten only moves the point.
        let settle = |value: Decimal| {
            let value = value / Decimal::from(10_u64.pow(per));
            if value.scale() > PRICE_SCALE { round_half_away(value, PRICE_SCALE) } else { value }
        };
        let mut said = PriceText {
            state: PriceState::Censored,
            price: None,
            low: None,
            high: None,
            currency: self.currency,
            unit: self.unit.map(|(unit, _)| unit),
        };
        if let Some(second) = self.second {
            if self.at_least || self.at_most {
                return Err(PriceFault::Unreadable);
            }
            let high = second.value()?;
            // 1-3万 means 10,000 to 30,000, but 500-1万 means what it says.
            let shared = Figure { power: first.power.max(second.power), ..first }.value();
            let low = match shared {
                Ok(low) if first.power == 0 && low <= high => low,
                _ => first.value()?,
            };
            if low > high {
                return Err(PriceFault::BoundsOutOfOrder);
            }
            (said.low, said.high) = (Some(settle(low)), Some(settle(high)));
            return Ok(said);
        }
        let value = settle(first.value()?);
        match (self.at_least, self.at_most) {
            (true, true) => return Err(PriceFault::Unreadable),
            (true, false) => said.low = Some(value),
            (false, true) => said.high = Some(value),
            (false, false) => {
                said.state = if value.is_zero() { PriceState::Free } else { PriceState::Priced };
                said.price = Some(value);
            }
        }
        Ok(said)
    }
}

struct Cursor<'a> {
    rest: &'a str,
}

impl Cursor<'_> {
    fn take(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    fn printed(&mut self) -> Result<Printed, PriceFault> {
        let mut printed = Printed::default();
        loop {
            let before = self.rest.len();
            if !printed.at_least && self.take_any(AT_LEAST) {
                printed.at_least = true;
            } else if !printed.at_most && self.take_any(AT_MOST) {
                printed.at_most = true;
            } else if let Some(currency) = self.currency() {
                if printed.currency.is_some_and(|known| known != currency) {
                    return Err(PriceFault::Unreadable);
                }
                printed.currency = Some(currency);
            } else if printed.first.is_none() {
                printed.first = Some(self.figure()?);
            } else if printed.second.is_none() && printed.unit.is_none() && self.take_any(RANGES) {
                self.currency();
                printed.second = Some(self.figure()?);
            } else if printed.unit.is_none() && (self.take("/") || self.take("每")) {
                printed.unit = Some(self.unit()?);
            }
            if self.rest.len() == before || self.rest.is_empty() {
                return Ok(printed);
            }
        }
    }

    fn currency(&mut self) -> Option<Currency> {
        for (word, currency) in CURRENCIES {
            if self.take(word) {
                return Some(*currency);
            }
        }
        for (word, code) in FOREIGN {
            if self.take(word) {
                return Currency::try_from((*code).to_owned()).ok();
            }
        }
        self.take_any(YUAN).then_some(Currency::CNY)
    }

    fn figure(&mut self) -> Result<Figure, PriceFault> {
        if self.rest.strip_prefix(['-', '−']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(PriceFault::Negative);
        }
        let number = self.number()?;
        let power = SCALES.iter().find(|(word, _)| self.take(word)).map_or(0, |(_, power)| *power);
        Ok(Figure { number, power })
    }

    fn number(&mut self) -> Result<Decimal, PriceFault> {
        let is_part = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
        let length = self.rest.len() - self.rest.trim_start_matches(is_part).len();
        let (digits, rest) = self.rest.split_at(length);
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !grouped(digits) {
            return Err(PriceFault::Unreadable);
        }
        self.rest = rest;
        let digits: String = digits.chars().filter(|c| *c != ',').collect();
        match Decimal::from_str(&digits) {
            Ok(number) => Ok(number),
            Err(_) if digits.bytes().all(|b| b.is_ascii_digit()) => Err(PriceFault::TooLarge),
            Err(_) => Err(PriceFault::Unreadable),
        }
    }

    fn unit(&mut self) -> Result<(PriceUnit, u32), PriceFault> {
        let power = self.unit_power().ok_or(PriceFault::UnknownUnit)?;
        let (_, unit) = UNITS.iter().find(|(word, _)| self.take(word)).ok_or(PriceFault::UnknownUnit)?;
        self.take("s");
        // A longer word that only begins like a known one (年卡, 次卡) is another unit.
        let ended = self.rest.is_empty()
            || [AT_LEAST, AT_MOST, YUAN].iter().any(|l| l.iter().any(|w| self.rest.starts_with(w)));
        if ended { Ok((*unit, power)) } else { Err(PriceFault::UnknownUnit) }
    }

    /// The power of ten before a unit: 1, 千 or 1000 of 元/千次; other multiples are no unit of ours.
    fn unit_power(&mut self) -> Option<u32> {
        if let Some((_, power)) = SCALES.iter().find(|(word, _)| self.take(word)) {
            return Some(*power);
        }
        let length = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if length == 0 {
            return Some(0);
        }
        let (digits, rest) = self.rest.split_at(length);
        let zeros = digits.strip_prefix('1')?;
        if zeros.len() > 8 || zeros.bytes().any(|b| b != b'0') {
            return None;
        }
        self.rest = rest;
        let power = zeros.len() as u32;
        let more = SCALES.iter().find(|(word, _)| self.take(word)).map_or(0, |(_, power)| *power);
        (power + more <= 9).then_some(power + more)
    }
}

/// Whether commas, if any, part the whole digits in threes.
pub(crate) fn grouped(digits: &str) -> bool {
    let whole = digits.split('.').next().unwrap_or_default();
    if digits.rsplit('.').next().is_some_and(|last| digits.contains('.') && last.contains(',')) {
        return false;
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || (1..=3).contains(&first.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Option<Decimal> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    fn check(text: &str, state: PriceState, price: &str, low: &str, high: &str, unit: Option<PriceUnit>) {
        let said = price_text(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert_eq!(said.state, state, "{text}");
        assert_eq!((said.price, said.low, said.high), (decimal(price), decimal(low), decimal(high)), "{text}");
        assert_eq!(said.unit, unit, "{text}");
    }

    fn check_price(text: &str, price: &str, unit: Option<PriceUnit>) {
        check(text, PriceState::Priced, price, "", "", unit);
    }

    #[test]
    fn exact_prices() {
        use PriceUnit::*;
        check_price("0.50元/次", "0.50", Some(Call));
        check_price("350000.00元", "350000.00", None);
        check_price("754300.0000000001元/次", "754300.0000000001", Some(Call));
        check_price("413.89元/天", "413.89", Some(Day));
        check_price("88.00元/月", "88", Some(Month));
        check_price("288元/年", "288", Some(Year));
        check_price("900元每季度", "900", Some(Quarter));
        check_price("¥0.50", "0.50", None);
        check_price("￥０．５０ 元／条", "0.5", Some(Record));
        check_price("1,234,567.89元", "1234567.89", None);
        check_price("3.5万元/年", "35000", Some(Year));
        check_price("1.2亿元", "120000000", None);
        check_price("0.2元/GB", "0.2", Some(Gigabyte));
        check_price("0.2元/MB", "0.2", Some(Megabyte));
        check_price("5元/千次", "0.005", Some(Call));
        check_price("5元/1000条", "0.005", Some(Record));
        check_price("¥0.50/1次", "0.5", Some(Call));
        check_price("5000元/份", "5000", Some(Item));
        check_price("100元/个月", "100", Some(Month));
        check_price("0.0028元/次", "0.0028", Some(Call));
        check_price("0.00000000005元/次", "0.0000000001", Some(Call));
        check_price("12", "12", None);
        assert_eq!(price_text("30美元/月").unwrap().currency.unwrap().code(), "USD");
        assert_eq!(price_text("HK$30").unwrap().currency.unwrap().code(), "HKD");
        assert_eq!(price_text("30元").unwrap().currency, Some(Currency::CNY));
        assert_eq!(price_text("30").unwrap().currency, None);
    }

    #[test]
    fn absences_have_names() {
        for text in ["面议", " 面议\n", "价格面议", "询价"] {
            check(text, PriceState::Negotiable, "", "", "", None);
        }
        check("免费", PriceState::Free, "0", "", "", None);
        check("0.00元/次", PriceState::Free, "0", "", "", Some(PriceUnit::Call));
        for text in ["", "待完善", "-", "暂无"] {
            check(text, PriceState::NotStated, "", "", "", None);
        }
    }

    #[test]
    fn bounds_are_censored_prices() {
        use PriceState::Censored;
        check("1000元起", Censored, "", "1000", "", None);
        check("1000元/年起", Censored, "", "1000", "", Some(PriceUnit::Year));
        check("1000元起/年", Censored, "", "1000", "", Some(PriceUnit::Year));
        check("不低于1000元", Censored, "", "1000", "", None);
        check("5万元以内", Censored, "", "", "50000", None);
        check("≤5万元", Censored, "", "", "50000", None);
        check("1-3万元/年", Censored, "", "10000", "30000", Some(PriceUnit::Year));
        check("1万~3万元", Censored, "", "10000", "30000", None);
        check("500-1万元", Censored, "", "500", "10000", None);
        check("10元至20元", Censored, "", "10", "20", None);
    }

    #[test]
    fn what_is_no_price_says_why() {
        for (text, fault) in [
            ("-3元", PriceFault::Negative),
            ("-0.5", PriceFault::Negative),
            ("NaN", PriceFault::NotANumber),
            ("inf", PriceFault::NotANumber),
            ("按需定价", PriceFault::Unreadable),
            ("1,5元", PriceFault::Unreadable),
            ("1.2.3元", PriceFault::Unreadable),
            ("元", PriceFault::Unreadable),
            ("12abc", PriceFault::Unreadable),
            ("3-1元", PriceFault::BoundsOutOfOrder),
            ("10元/吨", PriceFault::UnknownUnit),
            ("10元/年卡", PriceFault::UnknownUnit),
            ("10元/3年", PriceFault::UnknownUnit),
            ("99999999999999999999999999999999元", PriceFault::TooLarge),
            ("20000000亿元", PriceFault::TooLarge),
        ] {
            assert_eq!(price_text(text), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_printed_price_is_read_back(mantissa in 1_i64..1_000_000_000_000, scale in 0_u32..=10, index in 0..UNITS.len()) {
            let price = Decimal::new(mantissa, scale);
            let (word, unit) = UNITS[index];
            let said = price_text(&format!("{price}元/{word}")).unwrap();
            prop_assert_eq!(said.price, Some(price));
            prop_assert_eq!(said.unit, Some(unit));
        }

        #[test]
        fn thousands_commas_change_nothing(whole in 0_u64..1_000_000_000_000, cents in 0_u32..100) {
            let mut digits = whole.to_string();
            let mut at = digits.len();
            while at > 3 {
                at -= 3;
                digits.insert(at, ',');
            }
            prop_assert_eq!(price_text(&format!("{digits}.{cents:02}元")), price_text(&format!("{whole}.{cents:02}元")));
        }

        #[test]
        fn a_range_keeps_its_order(low in 1_u32..100_000, width in 0_u32..100_000) {
            let said = price_text(&format!("{low}-{}元", low + width)).unwrap();
            prop_assert_eq!(said.low, Some(low.into()));
            prop_assert_eq!(said.high, Some((low + width).into()));
        }

        #[test]
        fn no_text_is_fatal_and_no_price_is_negative(text in "[0-9.,万千亿元/次年起面议~\\- ]{0,12}|.{0,20}") {
            if let Ok(said) = price_text(&text) {
                for value in [said.price, said.low, said.high].into_iter().flatten() {
                    prop_assert!(value >= Decimal::ZERO && value <= MAX_PRICE && value.scale() <= PRICE_SCALE);
                }
            }
        }
    }
}
