//! Amounts of money and prices per unit: decimal, always with a currency.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::unit::PriceUnit;

/// An ISO 4217 currency code of three capital letters, such as `CNY`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// Renminbi yuan (人民币元).
    pub const CNY: Currency = Currency(*b"CNY");

    /// The code as text.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimal places of the minor unit (ISO 4217): 0 for the yen, 3 for the Kuwaiti dinar, else 2.
    pub fn minor_places(&self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" => 0,
            b"KWD" | b"BHD" | b"OMR" | b"JOD" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(bytes) if bytes.iter().all(u8::is_ascii_uppercase) => Ok(Currency(bytes)),
            _ => Err(MoneyError::Currency { code }),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why an amount was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MoneyError {
    #[error("`{code}` is not an ISO 4217 currency code")]
    Currency { code: String },
    #[error("amounts in {left} and {right} cannot be added")]
    Mixed { left: Currency, right: Currency },
    #[error("{value} is not a finite amount")]
    NotFinite { value: f64 },
    #[error("the amount is too large to be held exactly")]
    TooLarge,
}

/// An exact amount in one currency. JSON: `{"amount": "12345.60", "currency": "CNY"}`.
///
/// ```
/// use valuation::money::{Currency, Money};
/// let price = Money::from_model(1234.565, Currency::CNY)?;
/// assert_eq!(price.to_string(), "1234.57 CNY"); // half away from zero, as spreadsheets round
/// assert!(Money::from_model(f64::NAN, Currency::CNY).is_err());
/// # Ok::<(), valuation::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// An exact amount.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Money { amount, currency }
    }

    /// The one door from a model's number to money: finite, rounded to the minor unit half away from zero.
    pub fn from_model(value: f64, currency: Currency) -> Result<Self, MoneyError> {
        if !value.is_finite() {
            return Err(MoneyError::NotFinite { value });
        }
        // The shortest decimal that reads back as this number, so that 1234.565 is rounded as it is written.
        let exact = exact_decimal(value).ok_or(MoneyError::TooLarge)?;
        let mut amount = round_half_away(exact, currency.minor_places());
        amount.rescale(currency.minor_places());
        Ok(Money { amount, currency })
    }

    pub fn amount(&self) -> Decimal {
        self.amount
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The sum; an error where the currencies differ or the sum is too large.
    pub fn add(&self, other: &Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed { left: self.currency, right: other.currency });
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::TooLarge)?;
        Ok(Money { amount, currency: self.currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// A price for one unit: exact, with at least ten decimals where the source has them.
/// JSON: `{"amount": "0.0028", "currency": "CNY", "per": "call"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitPrice {
    pub amount: Decimal,
    pub currency: Currency,
    pub per: PriceUnit,
}

/// Rounds half away from zero, as spreadsheets do (and unlike `rust_decimal`'s default).
pub fn round_half_away(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// The shortest decimal that reads back as `value`; `None` where it is not finite or beyond 28 digits.
pub fn exact_decimal(value: f64) -> Option<Decimal> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:e}");
    Decimal::from_scientific(&text).ok().or_else(|| Decimal::try_from(value).ok())
}
