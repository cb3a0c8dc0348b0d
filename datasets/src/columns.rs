//! Trades as columns: rows are pushed in, record batches come out, and the other way round.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Date32Array, Date32Builder, Decimal128Array, Decimal128Builder, FixedSizeBinaryBuilder,
    Float64Array, Float64Builder, Int64Array, Int64Builder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray, TimestampMicrosecondBuilder,
};
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;
use valuation::money::Currency;
use valuation::unit::PriceUnit;

use crate::content_key::{ContentKey, scaled, scaled_price};
use crate::schema::{COLUMNS, ColumnType, PRICE_PRECISION, PRICE_SCALE, RATE_SCALE, Trade, arrow_schema};

/// Builders of every column of the schema.
pub struct Columns {
    builders: Vec<Builder>,
    next: usize,
}

enum Builder {
    Text(StringBuilder),
    Date(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
    Price(Decimal128Builder),
    Rate(Decimal128Builder),
    Number(Float64Builder),
    Count(Int64Builder),
    Key(FixedSizeBinaryBuilder),
}

impl Builder {
    fn new(kind: ColumnType, rows: usize) -> Builder {
        let data_type = kind.data_type();
        match kind {
            ColumnType::Text => Builder::Text(StringBuilder::with_capacity(rows, rows * 16)),
            ColumnType::Date => Builder::Date(Date32Builder::with_capacity(rows)),
            ColumnType::Instant => {
                Builder::Instant(TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(data_type))
            }
            ColumnType::Price => Builder::Price(Decimal128Builder::with_capacity(rows).with_data_type(data_type)),
            ColumnType::Rate => Builder::Rate(Decimal128Builder::with_capacity(rows).with_data_type(data_type)),
            ColumnType::Number => Builder::Number(Float64Builder::with_capacity(rows)),
            ColumnType::Count => Builder::Count(Int64Builder::with_capacity(rows)),
            ColumnType::Key => Builder::Key(FixedSizeBinaryBuilder::with_capacity(rows, 16)),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Text(builder) => Arc::new(builder.finish()),
            Builder::Date(builder) => Arc::new(builder.finish()),
            Builder::Instant(builder) => Arc::new(builder.finish()),
            Builder::Price(builder) | Builder::Rate(builder) => Arc::new(builder.finish()),
            Builder::Number(builder) => Arc::new(builder.finish()),
            Builder::Count(builder) => Arc::new(builder.finish()),
            Builder::Key(builder) => Arc::new(builder.finish()),
        }
    }
}

const ORDER: &str = "push writes the columns in the order of the schema";

impl Columns {
    /// Empty columns with room for `rows`.
    pub fn new(rows: usize) -> Columns {
        Columns { builders: COLUMNS.iter().map(|c| Builder::new(c.kind, rows)).collect(), next: 0 }
    }

    /// Adds one trade with its fingerprint.
    pub fn push<S: AsRef<str>>(&mut self, trade: &Trade<S>, key: &ContentKey) {
        self.next = 0;
        self.text(Some(&trade.trade_id));
        self.text(Some(&trade.exchange));
        self.word(Some(trade.kind.code()));
        self.word(Some(trade.status.code()));
        self.date(Some(trade.traded_on));
        self.instant(trade.recorded_at.timestamp_micros());
        self.date(trade.published_on);
        self.text(Some(&trade.product_id));
        self.text(Some(&trade.product_title));
        self.text(Some(&trade.title_family));
        self.text(trade.category.as_ref());
        self.text(trade.seller.as_ref());
        self.text(trade.buyer.as_ref());
        self.word(Some(trade.price_state.code()));
        self.price(trade.price);
        self.price(trade.price_low);
        self.price(trade.price_high);
        self.word(Some(trade.currency.code()));
        self.word(trade.price_unit.map(PriceUnit::code));
        self.word(Some(trade.vat_status.code()));
        self.price(trade.vat_rate);
        self.word(Some(trade.licence_scope.code()));
        self.word(Some(trade.exclusivity.code()));
        self.word(Some(trade.term.code()));
        self.date(trade.term_start);
        self.date(trade.term_end);
        self.number(trade.term_months);
        self.text(trade.territory.as_ref());
        self.word(Some(trade.price_origin.code()));
        self.number(trade.quantity);
        self.number(trade.records);
        self.number(trade.fields);
        self.number(trade.size_mb);
        self.word(Some(trade.update_frequency.code()));
        self.number(trade.quality);
        self.number(trade.history_months);
        self.number(trade.deals);
        self.text(trade.attributes.as_ref());
        self.text(Some(&trade.source_sha256));
        self.count(trade.source_line as i64);
        self.key(key);
    }

    /// The rows so far as a batch of [`arrow_schema`]; the columns are empty afterwards.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(arrow_schema(), self.builders.iter_mut().map(Builder::finish).collect())
    }

    fn builder(&mut self) -> &mut Builder {
        self.next += 1;
        &mut self.builders[self.next - 1]
    }

    fn word(&mut self, text: Option<&str>) {
        match self.builder() {
            Builder::Text(builder) => builder.append_option(text),
            _ => unreachable!("{ORDER}"),
        }
    }

    fn text<S: AsRef<str>>(&mut self, text: Option<&S>) {
        self.word(text.map(AsRef::as_ref));
    }

    fn date(&mut self, date: Option<NaiveDate>) {
        match self.builder() {
            Builder::Date(builder) => builder.append_option(date.map(|date| date.to_epoch_days())),
            _ => unreachable!("{ORDER}"),
        }
    }

    fn instant(&mut self, micros: i64) {
        match self.builder() {
            Builder::Instant(builder) => builder.append_value(micros),
            _ => unreachable!("{ORDER}"),
        }
    }

    fn price(&mut self, price: Option<Decimal>) {
        match self.builder() {
            Builder::Price(builder) => builder.append_option(price.map(scaled_price)),
            Builder::Rate(builder) => builder.append_option(price.map(|rate| scaled(rate, RATE_SCALE))),
            _ => unreachable!("{ORDER}"),
        }
    }

    fn number(&mut self, number: Option<f64>) {
        match self.builder() {
            Builder::Number(builder) => builder.append_option(number),
            _ => unreachable!("{ORDER}"),
        }
    }

    fn count(&mut self, count: i64) {
        match self.builder() {
            Builder::Count(builder) => builder.append_value(count),
            _ => unreachable!("{ORDER}"),
        }
    }

    fn key(&mut self, key: &ContentKey) {
        match self.builder() {
            Builder::Key(builder) => builder.append_value(key).expect("a key has 16 bytes"),
            _ => unreachable!("{ORDER}"),
        }
    }
}

/// The trades of a batch that has every column of the schema.
///
/// # Errors
/// Where a column is missing, has another type, or holds a word outside its vocabulary.
pub fn trades_of(batch: &RecordBatch) -> Result<Vec<Trade>, ArrowError> {
    let table = Table { batch };
    let mut trades = Vec::with_capacity(batch.num_rows());
    let reader = Reader::new(&table)?;
    for row in 0..batch.num_rows() {
        trades.push(reader.trade(row)?);
    }
    Ok(trades)
}

struct Table<'a> {
    batch: &'a RecordBatch,
}

impl<'a> Table<'a> {
    fn array<A: 'static>(&self, name: &str) -> Result<&'a A, ArrowError> {
        let column =
            self.batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")))?;
        column
            .as_any()
            .downcast_ref::<A>()
            .ok_or_else(|| ArrowError::SchemaError(format!("column {name} has type {}", column.data_type())))
    }
}

/// The columns of one batch by type, in the order of the schema within each type.
struct Reader<'a> {
    texts: Vec<(&'static str, &'a StringArray)>,
    dates: Vec<&'a Date32Array>,
    decimals: Vec<&'a Decimal128Array>,
    numbers: Vec<&'a Float64Array>,
    recorded_at: &'a TimestampMicrosecondArray,
    source_line: &'a Int64Array,
}

impl<'a> Reader<'a> {
    fn new(table: &Table<'a>) -> Result<Self, ArrowError> {
        let of = |kinds: &'static [ColumnType]| COLUMNS.iter().filter(move |c| kinds.contains(&c.kind));
        Ok(Reader {
            texts: of(&[ColumnType::Text])
                .map(|c| Ok((c.name, table.array(c.name)?)))
                .collect::<Result<_, ArrowError>>()?,
            dates: of(&[ColumnType::Date]).map(|c| table.array(c.name)).collect::<Result<_, _>>()?,
            decimals: of(&[ColumnType::Price, ColumnType::Rate])
                .map(|c| table.array(c.name))
                .collect::<Result<_, _>>()?,
            numbers: of(&[ColumnType::Number]).map(|c| table.array(c.name)).collect::<Result<_, _>>()?,
            recorded_at: table.array("recorded_at")?,
            source_line: table.array("source_line")?,
        })
    }

    fn trade(&self, row: usize) -> Result<Trade, ArrowError> {
        let mut cells = Cells { reader: self, row, text: 0, date: 0, decimal: 0, number: 0 };
        Ok(Trade {
            trade_id: cells.text(),
            exchange: cells.text(),
            kind: cells.word(valuation::terms::TradeKind::from_code)?,
            status: cells.word(valuation::terms::RecordStatus::from_code)?,
            traded_on: cells.date().unwrap_or_default(),
            recorded_at: DateTime::from_timestamp_micros(self.recorded_at.value(row)).unwrap_or_default(),
            published_on: cells.date(),
            product_id: cells.text(),
            product_title: cells.text(),
            title_family: cells.text(),
            category: cells.optional_text(),
            seller: cells.optional_text(),
            buyer: cells.optional_text(),
            price_state: cells.word(valuation::terms::PriceState::from_code)?,
            price: cells.decimal(),
            price_low: cells.decimal(),
            price_high: cells.decimal(),
            currency: cells.word(|code| Currency::try_from(code.to_owned()).ok())?,
            price_unit: cells.optional_text().as_deref().and_then(PriceUnit::from_code),
            vat_status: cells.word(valuation::terms::VatStatus::from_code)?,
            vat_rate: cells.decimal(),
            licence_scope: cells.word(valuation::terms::LicenceScope::from_code)?,
            exclusivity: cells.word(valuation::terms::Exclusivity::from_code)?,
            term: cells.word(valuation::terms::Term::from_code)?,
            term_start: cells.date(),
            term_end: cells.date(),
            term_months: cells.number(),
            territory: cells.optional_text(),
            price_origin: cells.word(valuation::terms::PriceOrigin::from_code)?,
            quantity: cells.number(),
            records: cells.number(),
            fields: cells.number(),
            size_mb: cells.number(),
            update_frequency: cells.word(valuation::terms::UpdateFrequency::from_code)?,
            quality: cells.number(),
            history_months: cells.number(),
            deals: cells.number(),
            attributes: cells.optional_text(),
            source_sha256: cells.text(),
            source_line: self.source_line.value(row) as u64,
        })
    }
}

/// Walks along one row; each call takes the next column of its type.
struct Cells<'r, 'a> {
    reader: &'r Reader<'a>,
    row: usize,
    text: usize,
    date: usize,
    decimal: usize,
    number: usize,
}

impl Cells<'_, '_> {
    fn optional_text(&mut self) -> Option<String> {
        let (_, array) = self.reader.texts[self.text];
        self.text += 1;
        array.is_valid(self.row).then(|| array.value(self.row).to_owned())
    }

    fn text(&mut self) -> String {
        self.optional_text().unwrap_or_default()
    }

    fn word<W>(&mut self, from_code: impl Fn(&str) -> Option<W>) -> Result<W, ArrowError> {
        let (name, _) = self.reader.texts[self.text];
        let code = self.text();
        from_code(&code).ok_or_else(|| ArrowError::InvalidArgumentError(format!("`{code}` in column {name}")))
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let array = self.reader.dates[self.date];
        self.date += 1;
        if array.is_valid(self.row) { array.value_as_date(self.row) } else { None }
    }

    fn decimal(&mut self) -> Option<Decimal> {
        let array = self.reader.decimals[self.decimal];
        self.decimal += 1;
        let scale = if array.precision() == PRICE_PRECISION { PRICE_SCALE } else { RATE_SCALE };
        let value = array.is_valid(self.row).then(|| array.value(self.row))?;
        Decimal::try_from_i128_with_scale(value, scale).ok().map(|amount| amount.normalize())
    }

    fn number(&mut self) -> Option<f64> {
        let array = self.reader.numbers[self.number];
        self.number += 1;
        array.is_valid(self.row).then(|| array.value(self.row))
    }
}
