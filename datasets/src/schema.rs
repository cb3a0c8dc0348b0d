//! The schema of a trade: one market observation with its two times, its parties, its price and its terms.

use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use valuation::money::Currency;
use valuation::terms::{
    Exclusivity, LicenceScope, PriceOrigin, PriceState, RecordStatus, Term, TradeKind, UpdateFrequency, VatStatus,
};
use valuation::unit::PriceUnit;

/// Decimal places of every stored price (house rule: real listings go down to 0.0028 yuan a call).
pub const PRICE_SCALE: u32 = 10;
/// Digits of a stored price in all.
pub const PRICE_PRECISION: u8 = 38;
/// Decimal places of a VAT rate.
pub const RATE_SCALE: u32 = 6;

/// One market observation. `S` is `String` for trades that are kept and `&str` for trades that are just being read.
///
/// Times: `traded_on` is the day the price was made (of an ask or listing: the day it was put up), `published_on` the day
/// it became knowable, `recorded_at` the moment we learned it; the last governs replay only.
/// Versions: a correction or cancellation is a new row with the same `exchange` and `trade_id` and a later `recorded_at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trade<S = String> {
    pub trade_id: S,
    pub exchange: S,
    pub kind: TradeKind,
    pub status: RecordStatus,
    pub traded_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub published_on: Option<NaiveDate>,
    pub product_id: S,
    pub product_title: S,
    /// The title without numbers, versions and places (see [`crate::title_family`]): the unit that a split must not cut.
    pub title_family: S,
    pub category: Option<S>,
    pub seller: Option<S>,
    pub buyer: Option<S>,
    pub price_state: PriceState,
    /// Present exactly when the state is `priced`, `free` (0) or `placeholder`.
    pub price: Option<Decimal>,
    /// The printed lower bound of a censored price (起, 以上).
    pub price_low: Option<Decimal>,
    /// The printed upper bound of a censored price (以内, 以下).
    pub price_high: Option<Decimal>,
    pub currency: Currency,
    pub price_unit: Option<PriceUnit>,
    pub vat_status: VatStatus,
    /// A share: 0.06 for six per cent.
    pub vat_rate: Option<Decimal>,
    pub licence_scope: LicenceScope,
    pub exclusivity: Exclusivity,
    pub term: Term,
    pub term_start: Option<NaiveDate>,
    pub term_end: Option<NaiveDate>,
    pub term_months: Option<f64>,
    pub territory: Option<S>,
    pub price_origin: PriceOrigin,
    /// How many price units changed hands.
    pub quantity: Option<f64>,
    pub records: Option<f64>,
    pub fields: Option<f64>,
    pub size_mb: Option<f64>,
    pub update_frequency: UpdateFrequency,
    /// Quality score, 0 to 1.
    pub quality: Option<f64>,
    pub history_months: Option<f64>,
    /// Deals the exchange says the product has had.
    pub deals: Option<f64>,
    /// Further attributes as a JSON object.
    pub attributes: Option<S>,
    /// SHA-256 of the file the row came from; empty for rows that came from no file.
    pub source_sha256: S,
    /// The line the record starts on, counted from 1; 0 for rows that came from no file.
    pub source_line: u64,
}

/// The type of a column, as written in `data-dict.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Text,
    Date,
    Instant,
    Price,
    Rate,
    Number,
    Count,
    Key,
}

impl ColumnType {
    /// The arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            ColumnType::Text => DataType::Utf8,
            ColumnType::Date => DataType::Date32,
            ColumnType::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            ColumnType::Price => DataType::Decimal128(PRICE_PRECISION, PRICE_SCALE as i8),
            ColumnType::Rate => DataType::Decimal128(9, RATE_SCALE as i8),
            ColumnType::Number => DataType::Float64,
            ColumnType::Count => DataType::Int64,
            ColumnType::Key => DataType::FixedSizeBinary(16),
        }
    }

    /// The name in `data-dict.csv`.
    pub fn name(self) -> &'static str {
        match self {
            ColumnType::Text => "text",
            ColumnType::Date => "date",
            ColumnType::Instant => "timestamp(us, UTC)",
            ColumnType::Price => "decimal(38,10)",
            ColumnType::Rate => "decimal(9,6)",
            ColumnType::Number => "float64",
            ColumnType::Count => "int64",
            ColumnType::Key => "binary(16)",
        }
    }
}

/// One column of the stored schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnType,
    pub nullable: bool,
}

const fn needed(name: &'static str, kind: ColumnType) -> Column {
    Column { name, kind, nullable: false }
}

const fn optional(name: &'static str, kind: ColumnType) -> Column {
    Column { name, kind, nullable: true }
}

/// Every column of the store, in stored order. `data-dict.csv` says what each means.
pub const COLUMNS: &[Column] = &[
    needed("trade_id", ColumnType::Text),
    needed("exchange", ColumnType::Text),
    needed("kind", ColumnType::Text),
    needed("status", ColumnType::Text),
    needed("traded_on", ColumnType::Date),
    needed("recorded_at", ColumnType::Instant),
    optional("published_on", ColumnType::Date),
    needed("product_id", ColumnType::Text),
    needed("product_title", ColumnType::Text),
    needed("title_family", ColumnType::Text),
    optional("category", ColumnType::Text),
    optional("seller", ColumnType::Text),
    optional("buyer", ColumnType::Text),
    needed("price_state", ColumnType::Text),
    optional("price", ColumnType::Price),
    optional("price_low", ColumnType::Price),
    optional("price_high", ColumnType::Price),
    needed("currency", ColumnType::Text),
    optional("price_unit", ColumnType::Text),
    needed("vat_status", ColumnType::Text),
    optional("vat_rate", ColumnType::Rate),
    needed("licence_scope", ColumnType::Text),
    needed("exclusivity", ColumnType::Text),
    needed("term", ColumnType::Text),
    optional("term_start", ColumnType::Date),
    optional("term_end", ColumnType::Date),
    optional("term_months", ColumnType::Number),
    optional("territory", ColumnType::Text),
    needed("price_origin", ColumnType::Text),
    optional("quantity", ColumnType::Number),
    optional("records", ColumnType::Number),
    optional("fields", ColumnType::Number),
    optional("size_mb", ColumnType::Number),
    needed("update_frequency", ColumnType::Text),
    optional("quality", ColumnType::Number),
    optional("history_months", ColumnType::Number),
    optional("deals", ColumnType::Number),
    optional("attributes", ColumnType::Text),
    needed("source_sha256", ColumnType::Text),
    needed("source_line", ColumnType::Count),
    needed("content_key", ColumnType::Key),
];

/// The column called `name`.
pub fn column(name: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.name == name)
}

/// The arrow schema of every trade file and of every unprojected scan.
///
/// ```
/// let schema = datasets::schema::arrow_schema();
/// assert_eq!(schema.field_with_name("price")?.data_type().to_string(), "Decimal128(38, 10)");
/// # Ok::<(), arrow::error::ArrowError>(())
/// ```
pub fn arrow_schema() -> SchemaRef {
    static SCHEMA: OnceLock<SchemaRef> = OnceLock::new();
    let field = |column: &Column| Field::new(column.name, column.kind.data_type(), column.nullable);
    SCHEMA.get_or_init(|| Arc::new(Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>()))).clone()
}

/// A number of months since year 0, the partition of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// The month of `date`.
    pub fn of(date: NaiveDate) -> Month {
        use chrono::Datelike;
        Month(date.year() * 12 + date.month0() as i32)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl<S: AsRef<str>> Trade<S> {
    /// Why this trade cannot be stored: a contradiction between its own members, as a `reject.<code>` and a column.
    /// The importer names the same faults per line.
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        let negative = |value: &Option<Decimal>| value.is_some_and(|v| v.is_sign_negative() && !v.is_zero());
        let bad_number = |value: &Option<f64>| value.is_some_and(|v| !v.is_finite() || v < 0.0);
        if self.exchange.as_ref().is_empty() {
            return Some(("missing_value", "exchange"));
        }
        if self.trade_id.as_ref().is_empty() {
            return Some(("missing_value", "trade_id"));
        }
        for (value, name) in [(&self.price, "price"), (&self.price_low, "price_low"), (&self.price_high, "price_high")]
        {
            if negative(value) {
                return Some(("negative_price", name));
            }
            if value.is_some_and(|v| v > MAX_PRICE) {
                return Some(("price_too_large", name));
            }
        }
        if let Some(fault) = self.price_fault() {
            return Some(fault);
        }
        if self.vat_rate.is_some_and(|rate| rate.is_sign_negative() || rate >= Decimal::ONE) {
            return Some(("not_a_share", "vat_rate"));
        }
        if self.quality.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
            return Some(("not_a_share", "quality"));
        }
        for (value, name) in [
            (&self.term_months, "term_months"),
            (&self.quantity, "quantity"),
            (&self.records, "records"),
            (&self.fields, "fields"),
            (&self.size_mb, "size_mb"),
            (&self.history_months, "history_months"),
            (&self.deals, "deals"),
        ] {
            if bad_number(value) {
                return Some(("bad_number", name));
            }
        }
        self.date_fault()
    }

    fn price_fault(&self) -> Option<(&'static str, &'static str)> {
        let bounded = self.price_low.is_some() || self.price_high.is_some();
        let consistent = match self.price_state {
            PriceState::Priced | PriceState::Placeholder => self.price.is_some() && !bounded,
            PriceState::Free => self.price.is_some_and(|price| price.is_zero()) && !bounded,
            PriceState::Censored => self.price.is_none() && bounded,
            PriceState::Negotiable | PriceState::NotStated => self.price.is_none() && !bounded,
        };
        if !consistent {
            return Some(("price_against_state", "price_state"));
        }
        if let (Some(low), Some(high)) = (self.price_low, self.price_high)
            && low > high
        {
            return Some(("bounds_out_of_order", "price_low"));
        }
        None
    }

    fn date_fault(&self) -> Option<(&'static str, &'static str)> {
        if let (Some(start), Some(end)) = (self.term_start, self.term_end)
            && end < start
        {
            return Some(("term_out_of_order", "term_end"));
        }
        // Days are local to the exchange, which we may not know: the latest local day on earth at that moment is UTC+14.
        let latest_day = (self.recorded_at + chrono::TimeDelta::hours(14)).date_naive();
        if self.traded_on > latest_day {
            return Some(("recorded_before_traded", "recorded_at"));
        }
        None
    }
}

/// The largest price that is taken: a quadrillion. Beyond it a figure is a slip of the key.
pub const MAX_PRICE: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_dictionary_lists_the_columns_of_the_schema() {
        let text = include_str!("../data-dict.csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap(), vec!["column", "type", "nullable", "unit", "meaning"]);
        let written: Vec<(String, String, String)> = reader
            .records()
            .map(|row| row.unwrap())
            .inspect(|row| assert!(!row[4].is_empty(), "{} has no meaning", &row[0]))
            .map(|row| (row[0].to_owned(), row[1].to_owned(), row[2].to_owned()))
            .collect();
        let expected: Vec<_> = COLUMNS
            .iter()
            .map(|c| (c.name.to_owned(), c.kind.name().to_owned(), if c.nullable { "yes" } else { "no" }.to_owned()))
            .collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn the_largest_price_is_a_quadrillion() {
        assert_eq!(MAX_PRICE, Decimal::from(1_000_000_000_000_000_i64));
    }

    #[test]
    fn a_month_prints_as_its_partition() {
        let date = NaiveDate::from_ymd_opt(2024, 5, 31).unwrap();
        assert_eq!(Month::of(date).to_string(), "2024-05");
    }
}
