//! Trades as plain CSV, the form that the shipped mapping `hengshu` reads.

use std::io::{self, Write};

use crate::mapping::FIELDS;
use crate::schema::Trade;

/// Writes a header and one line for each trade.
///
/// ```
/// let mut csv = Vec::new();
/// datasets::trades_csv::write(&mut csv, &datasets::synthetic::market(7, 10))?;
/// assert_eq!(String::from_utf8(csv)?.lines().count(), 11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(out: &mut impl Write, trades: &[Trade]) -> io::Result<()> {
    let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    writeln!(out, "{}", names.join(","))?;
    write_rows(out, trades)
}

/// Writes the lines without the header.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_rows(out: &mut impl Write, trades: &[Trade]) -> io::Result<()> {
    let mut line = String::with_capacity(512);
    for trade in trades {
        line.clear();
        row(&mut line, trade);
        line.pop();
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn row(line: &mut String, trade: &Trade) {
    use std::fmt::Write;
    // Writing to a string cannot fail.
    let mut put = |value: Option<&dyn std::fmt::Display>| {
        if let Some(value) = value {
            let _ = write!(line, "{value}");
        }
        line.push(',');
    };
    fn shown<T: std::fmt::Display>(value: &Option<T>) -> Option<&dyn std::fmt::Display> {
        value.as_ref().map(|value| value as &dyn std::fmt::Display)
    }
    let quoted = |text: &str| {
        if text.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let optional = |text: &Option<String>| text.as_deref().map(quoted);
    put(Some(&quoted(&trade.trade_id)));
    put(Some(&quoted(&trade.exchange)));
    put(Some(&trade.kind.code()));
    put(Some(&trade.status.code()));
    put(Some(&trade.traded_on));
    put(Some(&trade.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)));
    put(shown(&trade.published_on));
    put(Some(&quoted(&trade.product_id)));
    put(Some(&quoted(&trade.product_title)));
    for text in [&trade.category, &trade.seller, &trade.buyer] {
        put(shown(&optional(text)));
    }
    put(Some(&trade.price_state.code()));
    for amount in [&trade.price, &trade.price_low, &trade.price_high] {
        put(shown(amount));
    }
    put(Some(&trade.currency));
    put(shown(&trade.price_unit.map(|unit| unit.code())));
    put(Some(&trade.vat_status.code()));
    put(shown(&trade.vat_rate));
    put(Some(&trade.licence_scope.code()));
    put(Some(&trade.exclusivity.code()));
    put(Some(&trade.term.code()));
    put(shown(&trade.term_start));
    put(shown(&trade.term_end));
    put(shown(&trade.term_months));
    put(shown(&optional(&trade.territory)));
    put(Some(&trade.price_origin.code()));
    for number in [&trade.quantity, &trade.records, &trade.fields, &trade.size_mb] {
        put(shown(number));
    }
    put(Some(&trade.update_frequency.code()));
    for number in [&trade.quality, &trade.history_months, &trade.deals] {
        put(shown(number));
    }
    put(shown(&optional(&trade.attributes)));
}
