//! The trade store on the page.

use rust_decimal::Decimal;
use valuation::words::{self, Language};

use crate::report::numerals;
use crate::work::holdings::Holdings;

/// The trade store as the page shows it.
pub struct Market {
    pub trades: String,
    pub files: String,
    /// First and last month.
    pub period: String,
    /// Nothing is in it.
    pub empty: bool,
    pub kinds: Vec<Share>,
    pub states: Vec<Share>,
    /// Where the Parquet files are.
    pub parquet: String,
}

/// A part of the trades.
pub struct Share {
    pub word: String,
    pub count: String,
    /// Of all, in per cent.
    pub percent: String,
}

impl Market {
    pub fn of(holdings: &Holdings, language: Language) -> Market {
        let number = |count: u64| numerals::decimals(Decimal::from(count), 0, 0);
        let share = |family: &str, (name, count): (&String, &u64)| Share {
            word: words::text(&format!("terms.{family}.{name}"), language),
            count: number(*count),
            percent: format!("{:.1}", 100.0 * *count as f64 / holdings.trades.max(1) as f64),
        };
        let period = match (&holdings.first_month, &holdings.last_month) {
            (Some(first), Some(last)) => format!("{first} – {last}"),
            _ => "—".to_owned(),
        };
        let mut kinds: Vec<_> = holdings.by_kind.iter().collect();
        let mut states: Vec<_> = holdings.by_price_state.iter().collect();
        // The largest first; words of equal counts stay in their order.
        kinds.sort_by(|a, b| b.1.cmp(a.1));
        states.sort_by(|a, b| b.1.cmp(a.1));
        Market {
            trades: number(holdings.trades),
            files: number(holdings.files),
            period,
            empty: holdings.trades == 0,
            kinds: kinds.into_iter().map(|kind| share("kind", kind)).collect(),
            states: states.into_iter().map(|state| share("price_state", state)).collect(),
            parquet: holdings.parquet.clone(),
        }
    }
}
