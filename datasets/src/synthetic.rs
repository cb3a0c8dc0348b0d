//! A sample market with a known price law, made from a seed: for the demo, the tests and the measurements.
//!
//! Trades, bids, asks and listings over 36 months on several exchanges, with the mess of real feeds in declared shares:
//! 面议, 免费, printed bounds, title families at one placeholder price, duplicates, corrections, cancellations and prices
//! that our own tool suggested. Every knob stands in `params.toml`; [`law`] tells the coefficients a fit must find.

mod law;
mod params;
mod product;
mod random;

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use valuation::money::{Currency, exact_decimal};
use valuation::terms::{Exclusivity, LicenceScope, PriceOrigin, PriceState, RecordStatus, Term, TradeKind, VatStatus};

pub use law::{Law, law};
pub use params::{Factor, Level, Mess, Params, Slopes};

use crate::schema::Trade;
use product::Product;
use random::Random;

/// Exactly `rows` rows of the market of `seed`, with the shipped parameters, in the order they were recorded.
///
/// ```
/// let market = datasets::synthetic::market(7, 1_000);
/// assert_eq!(market.len(), 1_000);
/// assert_eq!(market, datasets::synthetic::market(7, 1_000));
/// ```
pub fn market(seed: u64, rows: usize) -> Vec<Trade> {
    market_of(Params::shipped(), seed, rows)
}

/// As [`market`], with other parameters.
pub fn market_of(params: &Params, seed: u64, rows: usize) -> Vec<Trade> {
    let mut random = Random::new(seed, 1);
    let products: Vec<Product> = (1..=params.products).map(|n| Product::draw(params, &mut random, n)).collect();
    let series: Vec<Product> =
        (1..=params.products / 8 + 1).map(|n| Product::placeholder(params, &mut random, params.products + n)).collect();
    let mut writer = Writer { params, seed, random: Random::new(seed, 2), trades: Vec::with_capacity(rows + 1) };
    while writer.trades.len() < rows {
        let series_row = writer.random.chance(params.mess.placeholder_family);
        let from = if series_row { &series } else { &products };
        let product = &from[writer.random.below(from.len() as u64) as usize];
        writer.observe(product);
    }
    let mut trades = writer.trades;
    trades.truncate(rows);
    trades.sort_by(|a, b| (a.recorded_at, &a.trade_id).cmp(&(b.recorded_at, &b.trade_id)));
    trades
}

struct Writer<'a> {
    params: &'a Params,
    seed: u64,
    random: Random,
    trades: Vec<Trade>,
}

impl Writer<'_> {
    /// Adds one observation of a product: one row, or two where it is repeated, corrected or cancelled.
    fn observe(&mut self, product: &Product) {
        let mut trade = self.terms(product);
        let ln_price = self.ln_price(product, &trade);
        trade.price = Some(printed(ln_price));
        if let Some(price) = product.placeholder {
            trade.price = Some(Decimal::from(price));
            trade.kind = TradeKind::Listing;
        } else if matches!(trade.kind, TradeKind::Ask | TradeKind::Listing) && self.withhold(&mut trade) {
        } else if self.random.chance(self.params.mess.tool_suggested) {
            trade.price_origin = PriceOrigin::ToolSuggested;
            trade.price = Some(printed(ln_price + self.params.mess.tool_markup));
        }
        if trade.kind != TradeKind::Trade {
            (trade.buyer, trade.quantity) = (None, None);
        }
        self.record(trade);
    }

    /// Adds the row, and what becomes of it later.
    fn record(&mut self, trade: Trade) {
        let mess = &self.params.mess;
        let (correction, cancellation) = (mess.correction, mess.cancellation);
        let fate = self.random.uniform();
        let later = trade.recorded_at + TimeDelta::days(7 + self.random.below(14) as i64);
        if fate < mess.duplicate {
            self.trades.push(trade.clone());
        } else if trade.kind == TradeKind::Trade && trade.price_state == PriceState::Priced {
            // The share of all rows is declared; these rows are trades, about 0.6 of all.
            let share = self.params.levels("kind").iter().find(|l| l.level == "trade").map_or(1.0, |l| l.share);
            if fate < mess.duplicate + correction / share {
                let slip = trade.price.and_then(|price| price.checked_mul(Decimal::TEN));
                self.trades.push(Trade { price: slip, ..trade.clone() });
                self.trades.push(Trade { status: RecordStatus::Correction, recorded_at: later, ..trade });
                return;
            }
            if fate < mess.duplicate + (correction + cancellation) / share {
                self.trades.push(trade.clone());
                self.trades.push(Trade { status: RecordStatus::Cancellation, recorded_at: later, ..trade });
                return;
            }
        }
        self.trades.push(trade);
    }

    /// Everything but the price.
    fn terms(&mut self, product: &Product) -> Trade {
        let params = self.params;
        let random = &mut self.random;
        let word = |column: &str, random: &mut Random| {
            params.levels(column)[params.draw(column, random.uniform())].level.clone()
        };
        let kind = TradeKind::from_code(&word("kind", random)).unwrap_or(TradeKind::Trade);
        let month = params.first_month.checked_add_months(Months::new(random.below(params.months as u64) as u32));
        let traded_on = month.unwrap_or(params.first_month) + TimeDelta::days(random.below(28) as i64);
        let published_on = traded_on + TimeDelta::days(random.below(4) as i64);
        let seconds = random.below(3 * 86_400) as i64;
        let fixed = random.chance(0.7);
        let months = [6.0, 12.0, 24.0, 36.0][random.below(4) as usize];
        Trade {
            trade_id: format!("S{}-{:07}", self.seed, self.trades.len() + 1),
            exchange: params.levels("exchange")[product.exchange].level.clone(),
            kind,
            status: RecordStatus::Original,
            traded_on,
            recorded_at: midnight(published_on) + TimeDelta::seconds(86_400 + seconds),
            published_on: Some(published_on),
            product_id: product.id.clone(),
            product_title: product.title.clone(),
            title_family: product.family.clone(),
            category: Some(params.levels("category")[product.category].level.clone()),
            seller: Some(product.seller.clone()),
            buyer: Some(format!("买方{:03}", random.below(params.buyers as u64) + 1)),
            price_state: PriceState::Priced,
            price: None,
            price_low: None,
            price_high: None,
            currency: Currency::CNY,
            price_unit: product.price_unit(params),
            vat_status: VatStatus::from_code(&word("vat_status", random)).unwrap_or(VatStatus::NotStated),
            vat_rate: Some(Decimal::new(6, 2)),
            licence_scope: LicenceScope::from_code(&word("licence_scope", random)).unwrap_or(LicenceScope::NotStated),
            exclusivity: Exclusivity::from_code(&word("exclusivity", random)).unwrap_or(Exclusivity::NotStated),
            term: if fixed { Term::Fixed } else { Term::Perpetual },
            term_start: None,
            term_end: None,
            term_months: fixed.then_some(months),
            territory: Some("CN".to_owned()),
            price_origin: if kind == TradeKind::Trade { PriceOrigin::Negotiated } else { PriceOrigin::Posted },
            quantity: Some(1.0 + random.below(1000) as f64),
            records: Some(product.records),
            fields: Some(product.fields),
            size_mb: Some(product.size_mb),
            update_frequency: product.update_frequency(params),
            quality: Some(product.quality),
            history_months: Some(product.history_months),
            deals: None,
            attributes: None,
            source_sha256: String::new(),
            source_line: 0,
        }
    }

    /// The law and its noise.
    fn ln_price(&mut self, product: &Product, trade: &Trade) -> f64 {
        let params = self.params;
        let slopes = &params.law;
        let effect = |column: &str, code: &str| {
            params.levels(column).iter().find(|level| level.level == code).map_or(0.0, |level| level.effect)
        };
        let level = |column: &str, index: usize| params.levels(column)[index].effect;
        slopes.intercept
            + slopes.ln_records * libm::log(product.records)
            + slopes.ln_fields * libm::log(product.fields)
            + slopes.quality * product.quality
            + slopes.ln_history_months * libm::log(product.history_months)
            + slopes.month_index * month_index(params.first_month, trade.traded_on) as f64
            + level("category", product.category)
            + level("exchange", product.exchange)
            + level("price_unit", product.unit)
            + level("update_frequency", product.update)
            + effect("licence_scope", trade.licence_scope.code())
            + effect("exclusivity", trade.exclusivity.code())
            + effect("vat_status", trade.vat_status.code())
            + effect("kind", trade.kind.code())
            + slopes.sigma * self.random.normal()
    }

    /// Takes the price of an offer away, in the declared shares; whether it did.
    fn withhold(&mut self, trade: &mut Trade) -> bool {
        let mess = &self.params.mess;
        // The shares are of all rows; these rows are offers.
        let offers: f64 = self
            .params
            .levels("kind")
            .iter()
            .filter(|l| l.level == "ask" || l.level == "listing")
            .map(|l| l.share)
            .sum();
        let draw = self.random.uniform() * offers;
        let price = trade.price;
        let mut limit = mess.negotiable;
        if draw < limit {
            (trade.price_state, trade.price) = (PriceState::Negotiable, None);
            return true;
        }
        limit += mess.free;
        if draw < limit {
            (trade.price_state, trade.price) = (PriceState::Free, Some(Decimal::ZERO));
            return true;
        }
        limit += mess.censored;
        if draw < limit {
            (trade.price_state, trade.price) = (PriceState::Censored, None);
            // 起 or 以内: the offer names a bound below or above what it would have asked.
            if self.random.chance(0.7) {
                trade.price_low = price
            } else {
                trade.price_high = price
            }
            return true;
        }
        limit += mess.not_stated;
        if draw < limit {
            (trade.price_state, trade.price) = (PriceState::NotStated, None);
            return true;
        }
        false
    }
}

/// Months from `first` to the month of `date`: the regressor of the law's time trend.
pub fn month_index(first: NaiveDate, date: NaiveDate) -> i32 {
    use crate::schema::Month;
    Month::of(date).0 - Month::of(first).0
}

/// A price as a market prints it: four digits that count, at most ten decimals.
fn printed(ln_price: f64) -> Decimal {
    let exact = exact_decimal(libm::exp(ln_price)).unwrap_or_default();
    exact.round_sf(4).unwrap_or(exact).round_dp(10).normalize()
}

fn midnight(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}
