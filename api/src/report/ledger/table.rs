//! The journal as CSV: one row a line, with everything that stands behind it.

use super::summary;
use crate::error::Error;
use crate::work::book::entries::Posted;

const HEAD: [&str; 19] = [
    "number",
    "book",
    "period",
    "date",
    "asset",
    "event",
    "kind",
    "class",
    "origin_period",
    "reverses",
    "summary",
    "account",
    "name",
    "debit",
    "credit",
    "currency",
    "voucher",
    "evidence",
    "valuation",
];

/// Writes the entries.
///
/// Errors: none but our own.
pub fn write(entries: &[Posted]) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = HEAD.iter().copied().chain(["author"]);
    writer.write_record(head).map_err(Error::internal)?;
    let code = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    for entry in entries {
        let kind = code(serde_json::to_value(entry.kind).map_err(Error::internal)?);
        let class = code(serde_json::to_value(entry.class).map_err(Error::internal)?);
        for line in &entry.lines {
            let amount =
                |side: &Option<valuation::money::Money>| side.map(|m| m.amount().to_string()).unwrap_or_default();
            let currency = line.debit.or(line.credit).map(|m| m.currency().to_string()).unwrap_or_default();
            let record = [
                entry.number.to_string(),
                entry.book.clone(),
                entry.period.to_string(),
                entry.date.to_string(),
                entry.asset.clone(),
                entry.event.clone().unwrap_or_default(),
                kind.clone(),
                class.clone(),
                entry.origin_period.map(|period| period.to_string()).unwrap_or_default(),
                entry.reverses.map(|number| number.to_string()).unwrap_or_default(),
                summary(entry),
                line.account.code().to_owned(),
                line.name.clone(),
                amount(&line.debit),
                amount(&line.credit),
                currency,
                entry.voucher.clone().unwrap_or_default(),
                entry.evidence.join(" "),
                entry.valuation.clone().unwrap_or_default(),
                entry.author.clone().unwrap_or_default(),
            ];
            writer.write_record(&record).map_err(Error::internal)?;
        }
    }
    writer.into_inner().map_err(Error::internal)
}
