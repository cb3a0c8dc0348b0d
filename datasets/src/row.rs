//! One row of a file becomes a trade, or a fault that names the field.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow::array::{Array, StringArray};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use valuation::money::Currency;
use valuation::terms::{
    Exclusivity, LicenceScope, PriceOrigin, PriceState, RecordStatus, Term, TradeKind, UpdateFrequency, VatStatus,
};
use valuation::unit::PriceUnit;

use crate::content_key::{ContentKey, Fingerprint};
use crate::manifest::hex;
use crate::mapping::{Converter, FIELDS, From, squeezed};
use crate::plan::{Plan, Slot, position};
use crate::price_text::{PriceText, grouped, price_text};
use crate::schema::Trade;
use crate::title_family::title_family;
use crate::value_text;

/// Title families remembered by one worker.
const FAMILIES: usize = 1 << 14;

/// Why a row gives no trade.
#[derive(Debug)]
pub(crate) struct RowFault {
    pub field: &'static str,
    pub reason: &'static str,
    pub raw: String,
}

fn fault(field: usize, reason: &'static str, raw: &str) -> RowFault {
    RowFault { field: FIELDS[field].name, reason, raw: raw.to_owned() }
}

/// The cells of one row of a file.
#[derive(Clone, Copy)]
pub(crate) enum Cells<'r> {
    /// The text of a record, where each field ends in it, and how far after that the next begins.
    Record { text: &'r str, ends: &'r [usize], gap: usize },
    /// A row of columns.
    Columns { columns: &'r [StringArray], row: usize },
}

impl<'r> Cells<'r> {
    fn cell(self, column: usize) -> &'r str {
        match self {
            Cells::Record { text, ends, gap } => {
                let start = column.checked_sub(1).map_or(0, |before| ends[before] + gap);
                &text[start..ends[column]]
            }
            Cells::Columns { columns, row } => {
                if columns[column].is_valid(row) {
                    columns[column].value(row)
                } else {
                    ""
                }
            }
        }
    }
}

/// Converts rows by one plan; each worker has its own.
pub(crate) struct RowReader<'p> {
    plan: &'p Plan<'p>,
    fingerprint: Fingerprint,
    families: HashMap<String, String>,
}

impl<'p> RowReader<'p> {
    pub fn new(plan: &'p Plan<'p>) -> RowReader<'p> {
        RowReader { plan, fingerprint: Fingerprint::default(), families: HashMap::new() }
    }

    /// The trade of one row with its fingerprint.
    pub fn trade<'a>(&'a mut self, cells: Cells<'a>, line: u64) -> Result<(Trade<Cow<'a, str>>, ContentKey), RowFault> {
        let row = Row { plan: self.plan, cells };
        let title = row.text(const { position("product_title") });
        if !title.is_empty() && !self.families.contains_key(title) {
            if self.families.len() >= FAMILIES {
                self.families.clear();
            }
            self.families.insert(title.to_owned(), title_family(title));
        }
        let family = self.families.get(title).map_or("", String::as_str);
        let mut trade = row.trade(title, family, line)?;
        row.price(&mut trade)?;
        let named = !trade.trade_id.is_empty();
        let key = self.fingerprint.key(&trade, self.plan.recorded, named);
        if !named {
            trade.trade_id = Cow::Owned(hex(&key[..12]));
        }
        match trade.fault() {
            Some((reason, field)) => {
                let raw = FIELDS.iter().position(|known| known.name == field).and_then(|index| row.raw(index));
                Err(RowFault { field, reason, raw: raw.unwrap_or_default().to_owned() })
            }
            None => Ok((trade, key)),
        }
    }
}

/// One row under one plan.
struct Row<'a> {
    plan: &'a Plan<'a>,
    cells: Cells<'a>,
}

impl<'a> Row<'a> {
    /// The text of a slot; `None` where it is absent.
    fn text_of(&self, slot: Slot<'a>) -> Option<&'a str> {
        let raw = match (&slot.rule.from, slot.column) {
            (From::Constant(constant), _) => constant.as_str(),
            (_, Some(column)) => trimmed(self.cells.cell(column)),
            (From::Column(_), None) => "",
        };
        if raw.is_empty() || self.plan.absent.iter().any(|absent| absent == raw) {
            return slot.rule.default.as_deref();
        }
        Some(raw)
    }

    fn raw(&self, field: usize) -> Option<&'a str> {
        self.text_of(self.plan.slot(field)?)
    }

    /// The value of a field by `convert`; an unreadable text is a fault unless its rule is lenient.
    fn value<T>(
        &self,
        field: usize,
        convert: impl FnOnce(Slot<'a>, &'a str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, RowFault> {
        let Some(slot) = self.plan.slot(field) else { return Ok(None) };
        let Some(raw) = self.text_of(slot) else { return Ok(None) };
        match convert(slot, raw) {
            Ok(value) => Ok(Some(value)),
            Err(_) if slot.rule.lenient => Ok(None),
            Err(reason) => Err(fault(field, reason, raw)),
        }
    }

    fn optional_text(&self, field: usize) -> Option<Cow<'a, str>> {
        let slot = self.plan.slot(field)?;
        let raw = self.text_of(slot)?;
        Some(Cow::Borrowed(if slot.rule.converter == Converter::UrlId { value_text::url_id(raw) } else { raw }))
    }

    fn text(&self, field: usize) -> &'a str {
        match self.optional_text(field) {
            Some(Cow::Borrowed(text)) => text,
            _ => "",
        }
    }

    fn required(&self, field: usize) -> Result<Cow<'a, str>, RowFault> {
        self.optional_text(field).ok_or_else(|| fault(field, "missing_value", ""))
    }

    fn date(&self, field: usize) -> Result<Option<NaiveDate>, RowFault> {
        self.value(field, |slot, raw| value_text::date(raw, &slot.rule.formats).ok_or("unreadable_date"))
    }

    fn number(&self, field: usize) -> Result<Option<f64>, RowFault> {
        self.value(field, |slot, raw| number(slot.rule.converter, raw))
    }

    fn decimal(&self, field: usize) -> Result<Option<Decimal>, RowFault> {
        self.value(field, |_, raw| decimal(raw))
    }

    fn word<W: Copy>(&self, field: usize, from_code: impl Fn(&str) -> Option<W>) -> Result<Option<W>, RowFault> {
        self.value(field, |slot, raw| {
            if let Some(word) = from_code(raw) {
                return Ok(word);
            }
            let printed: Cow<str> =
                if raw.contains(char::is_whitespace) { Cow::Owned(squeezed(raw)) } else { Cow::Borrowed(raw) };
            let listed = slot.rule.words.iter().find(|(word, _)| *word == printed).map(|(_, code)| code);
            listed.or(slot.rule.otherwise.as_ref()).and_then(|code| from_code(code)).ok_or("unknown_word")
        })
    }

    fn recorded_at(&self) -> Result<DateTime<Utc>, RowFault> {
        const FIELD: usize = position("recorded_at");
        let read = self.value(FIELD, |slot, raw| {
            value_text::instant(raw, &slot.rule.formats, self.plan.offset).ok_or("unreadable_moment")
        })?;
        match (read, self.plan.slot(FIELD)) {
            (Some(moment), _) => Ok(moment),
            (None, None) => Ok(self.plan.imported_at),
            (None, Some(_)) => Err(fault(FIELD, "missing_value", "")),
        }
    }

    fn currency(&self) -> Result<Currency, RowFault> {
        const FIELD: usize = position("currency");
        let code = self.value(FIELD, |_, raw| Currency::try_from(raw.to_owned()).map_err(|_| "unknown_currency"))?;
        code.ok_or_else(|| fault(FIELD, "missing_value", ""))
    }

    /// The attributes that the mapping lists, as a JSON object; else the field of that name.
    fn attributes(&self) -> Result<Option<Cow<'a, str>>, RowFault> {
        const FIELD: usize = position("attributes");
        if self.plan.attributes.is_empty() {
            let object = |raw: &'a str| match serde_json::from_str::<serde_json::Value>(raw) {
                Ok(value) if value.is_object() => Ok(Cow::Borrowed(raw)),
                _ => Err("not_a_json_object"),
            };
            return self.value(FIELD, |_, raw| object(raw));
        }
        let mut members = serde_json::Map::new();
        for (name, slot) in &self.plan.attributes {
            let Some(raw) = self.text_of(*slot) else { continue };
            let value = match slot.rule.converter {
                Converter::Number | Converter::Count | Converter::Size => match number(slot.rule.converter, raw) {
                    Ok(number) => serde_json::Value::from(number),
                    Err(_) if slot.rule.lenient => continue,
                    Err(reason) => return Err(fault(FIELD, reason, raw)),
                },
                Converter::Date => match value_text::date(raw, &slot.rule.formats) {
                    Some(date) => date.to_string().into(),
                    None if slot.rule.lenient => continue,
                    None => return Err(fault(FIELD, "unreadable_date", raw)),
                },
                _ => raw.into(),
            };
            members.insert((*name).to_owned(), value);
        }
        Ok((!members.is_empty()).then(|| Cow::Owned(serde_json::Value::Object(members).to_string())))
    }

    /// Everything but the price.
    fn trade(&self, title: &'a str, family: &'a str, line: u64) -> Result<Trade<Cow<'a, str>>, RowFault> {
        const KIND: usize = position("kind");
        const TRADED_ON: usize = position("traded_on");
        let missing = |field: usize| move || fault(field, "missing_value", "");
        let term_start = self.date(const { position("term_start") })?;
        let term_end = self.date(const { position("term_end") })?;
        let term_months = self.number(const { position("term_months") })?;
        let dated = term_end.is_some() || term_months.is_some();
        Ok(Trade {
            trade_id: Cow::Borrowed(self.text(const { position("trade_id") })),
            exchange: self.required(const { position("exchange") })?,
            kind: self.word(KIND, TradeKind::from_code)?.ok_or_else(missing(KIND))?,
            status: self.word(const { position("status") }, RecordStatus::from_code)?.unwrap_or(RecordStatus::Original),
            traded_on: self.date(TRADED_ON)?.ok_or_else(missing(TRADED_ON))?,
            recorded_at: self.recorded_at()?,
            published_on: self.date(const { position("published_on") })?,
            product_id: self.required(const { position("product_id") })?,
            product_title: Cow::Borrowed(title),
            title_family: Cow::Borrowed(family),
            category: self.optional_text(const { position("category") }),
            seller: self.optional_text(const { position("seller") }),
            buyer: self.optional_text(const { position("buyer") }),
            price_state: PriceState::NotStated,
            price: None,
            price_low: None,
            price_high: None,
            currency: self.currency()?,
            price_unit: self.word(const { position("price_unit") }, PriceUnit::from_code)?,
            vat_status: self
                .word(const { position("vat_status") }, VatStatus::from_code)?
                .unwrap_or(VatStatus::NotStated),
            vat_rate: self.decimal(const { position("vat_rate") })?,
            licence_scope: self
                .word(const { position("licence_scope") }, LicenceScope::from_code)?
                .unwrap_or(LicenceScope::NotStated),
            exclusivity: self
                .word(const { position("exclusivity") }, Exclusivity::from_code)?
                .unwrap_or(Exclusivity::NotStated),
            // A stated end or length is a fixed term, whether or not the word stands beside it.
            term: self.word(const { position("term") }, Term::from_code)?.unwrap_or(if dated {
                Term::Fixed
            } else {
                Term::NotStated
            }),
            term_start,
            term_end,
            term_months,
            territory: self.optional_text(const { position("territory") }),
            price_origin: self
                .word(const { position("price_origin") }, PriceOrigin::from_code)?
                .unwrap_or(PriceOrigin::NotStated),
            quantity: self.number(const { position("quantity") })?,
            records: self.number(const { position("records") })?,
            fields: self.number(const { position("fields") })?,
            size_mb: self.number(const { position("size_mb") })?,
            update_frequency: self
                .word(const { position("update_frequency") }, UpdateFrequency::from_code)?
                .unwrap_or(UpdateFrequency::NotStated),
            quality: self.number(const { position("quality") })?,
            history_months: self.number(const { position("history_months") })?,
            deals: self.number(const { position("deals") })?,
            attributes: self.attributes()?,
            source_sha256: Cow::Borrowed(self.plan.source),
            source_line: line,
        })
    }

    /// The price with its state, bounds, unit and currency.
    ///
    /// A state of its own column wins over what the price says: 0 is free unless the state says 面议.
    fn price(&self, trade: &mut Trade<Cow<'a, str>>) -> Result<(), RowFault> {
        const PRICE: usize = position("price");
        let stated = self.word(const { position("price_state") }, PriceState::from_code)?;
        let read = self.value(PRICE, |slot, raw| match slot.rule.converter {
            Converter::PriceText => price_text(raw).map_err(|fault| fault.reason()),
            _ => decimal(raw).map(plain_price),
        })?;
        if let Some(said) = read {
            (trade.price, trade.price_low, trade.price_high) = (said.price, said.low, said.high);
            trade.price_state = said.state;
            if let Some(currency) = said.currency.filter(|printed| *printed != trade.currency) {
                let raw = format!("{} ≠ {currency}", self.raw(PRICE).unwrap_or_default());
                return Err(RowFault { field: "currency", reason: "currency_mismatch", raw });
            }
            let text = self.plan.slot(PRICE).is_some_and(|slot| slot.rule.converter == Converter::PriceText);
            let figure = said.price.or(said.low).or(said.high).is_some_and(|figure| !figure.is_zero());
            let whole = (text && figure).then_some(PriceUnit::OneOff);
            trade.price_unit = said.unit.or(trade.price_unit).or(whole);
        }
        trade.price_low = trade.price_low.or(self.decimal(const { position("price_low") })?);
        trade.price_high = trade.price_high.or(self.decimal(const { position("price_high") })?);
        if trade.price.is_none() && (trade.price_low.is_some() || trade.price_high.is_some()) {
            trade.price_state = PriceState::Censored;
        }
        let zero = trade.price.is_some_and(|price| price.is_zero());
        match stated {
            Some(PriceState::Free) if trade.price.is_none() => trade.price = Some(Decimal::ZERO),
            Some(PriceState::Negotiable | PriceState::NotStated | PriceState::Censored) if zero => trade.price = None,
            _ => {}
        }
        trade.price_state = stated.unwrap_or(trade.price_state);
        Ok(())
    }
}

/// As `str::trim`, quick where there is nothing to take away.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn plain_price(price: Decimal) -> PriceText {
    let state = if price.is_zero() { PriceState::Free } else { PriceState::Priced };
    PriceText { state, price: Some(price), low: None, high: None, currency: None, unit: None }
}

fn decimal(raw: &str) -> Result<Decimal, &'static str> {
    let read = match Decimal::from_str_exact(raw) {
        Ok(value) => Ok(value),
        Err(_) if raw.contains(',') && grouped(raw) => raw.replace(',', "").parse::<Decimal>(),
        Err(_) => raw.parse::<Decimal>().or_else(|_| Decimal::from_scientific(raw)),
    };
    match read {
        Ok(value) if value.is_sign_negative() && !value.is_zero() => Err("negative_price"),
        Ok(value) => Ok(value),
        Err(_) => match raw.parse::<f64>() {
            Ok(number) if number.is_finite() => Err("price_too_large"),
            Ok(_) => Err("not_a_number"),
            Err(_) => Err("unreadable_number"),
        },
    }
}

fn number(converter: Converter, raw: &str) -> Result<f64, &'static str> {
    match converter {
        Converter::Count => value_text::count(raw),
        Converter::Size => value_text::size_mb(raw),
        _ => value_text::number(raw),
    }
}
