//! The fingerprint by which equal observations are found.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::schema::{PRICE_SCALE, Trade};

/// The first 128 bits of the SHA-256 of a trade's content.
pub type ContentKey = [u8; 16];

/// Fingerprints that were met. They are random already, so their first bytes are hash enough.
pub(crate) type SeenKeys = HashSet<ContentKey, BuildHasherDefault<FirstBytes>>;

#[derive(Default)]
pub(crate) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some((first, _)) = bytes.split_first_chunk::<8>() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Which times belong to the content: the moment of recording does only where the source states it; otherwise importing
/// the same file tomorrow would make new rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedAt {
    FromSource,
    FromImport,
}

/// Writes the members of a trade into one byte string in which no two different trades agree: each text is preceded by
/// its length, each optional member by a mark.
pub struct Fingerprint {
    bytes: Vec<u8>,
}

impl Default for Fingerprint {
    fn default() -> Self {
        Fingerprint { bytes: Vec::with_capacity(512) }
    }
}

impl Fingerprint {
    /// The key of `trade`. `named` says whether `trade_id` is the source's own; a derived one is left out, since it is
    /// derived from this key.
    pub fn key<S: AsRef<str>>(&mut self, trade: &Trade<S>, recorded: RecordedAt, named: bool) -> ContentKey {
        self.bytes.clear();
        self.text(if named { trade.trade_id.as_ref() } else { "" });
        self.text(trade.exchange.as_ref());
        self.bytes.extend([trade.kind as u8, trade.status as u8, trade.price_state as u8]);
        self.bytes.extend([trade.vat_status as u8, trade.licence_scope as u8, trade.exclusivity as u8]);
        self.bytes.extend([trade.term as u8, trade.price_origin as u8, trade.update_frequency as u8]);
        self.bytes.push(trade.price_unit.map_or(u8::MAX, |unit| unit as u8));
        self.text(trade.currency.code());
        self.date(Some(trade.traded_on));
        self.date(trade.published_on);
        if recorded == RecordedAt::FromSource {
            self.bytes.extend(trade.recorded_at.timestamp_micros().to_le_bytes());
        }
        self.text(trade.product_id.as_ref());
        self.text(trade.product_title.as_ref());
        for text in [&trade.category, &trade.seller, &trade.buyer, &trade.territory, &trade.attributes] {
            self.optional_text(text.as_ref().map(AsRef::as_ref));
        }
        for amount in [trade.price, trade.price_low, trade.price_high, trade.vat_rate] {
            self.decimal(amount);
        }
        self.date(trade.term_start);
        self.date(trade.term_end);
        for number in [trade.term_months, trade.quantity, trade.records, trade.fields] {
            self.number(number);
        }
        for number in [trade.size_mb, trade.quality, trade.history_months, trade.deals] {
            self.number(number);
        }
        let digest = Sha256::digest(&self.bytes);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        key
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend((text.len() as u32).to_le_bytes());
        self.bytes.extend(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        self.bytes.push(text.is_some() as u8);
        self.text(text.unwrap_or_default());
    }

    fn date(&mut self, date: Option<NaiveDate>) {
        self.bytes.extend(date.map_or(i32::MIN, |date| date.to_epoch_days()).to_le_bytes());
    }

    fn decimal(&mut self, amount: Option<Decimal>) {
        self.bytes.push(amount.is_some() as u8);
        if let Some(amount) = amount {
            self.bytes.extend(scaled_price(amount).to_le_bytes());
        }
    }

    fn number(&mut self, number: Option<f64>) {
        self.bytes.push(number.is_some() as u8);
        if let Some(number) = number {
            // −0 and 0 are the same content.
            self.bytes.extend((number + 0.0).to_bits().to_le_bytes());
        }
    }
}

/// The price as a whole number of 10⁻¹⁰ of the currency; finer digits are rounded half away from zero.
pub(crate) fn scaled_price(price: Decimal) -> i128 {
    scaled(price, PRICE_SCALE)
}

/// `amount` as a whole number of 10^−`scale`, rounded half away from zero. Amounts up to [`crate::schema::MAX_PRICE`] fit.
pub(crate) fn scaled(amount: Decimal, scale: u32) -> i128 {
    let amount = if amount.scale() > scale { valuation::money::round_half_away(amount, scale) } else { amount };
    amount.mantissa().saturating_mul(10_i128.pow(scale - amount.scale()))
}
