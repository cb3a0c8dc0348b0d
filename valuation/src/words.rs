//! Every label, unit, message and report word, in zh-CN and en, from one table (`valuation/words/*.csv`).
//!
//! Each line of the table is `key,zh,en`; a word may hold places such as `{field}` that [`format()`] fills.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The language a word is printed in. Chinese is the first language of every document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Simplified Chinese, zh-CN.
    #[default]
    Zh,
    /// English.
    En,
}

/// The sections of the table; one file each, so that a section is read with the code that speaks it.
const SECTIONS: &[(&str, &str)] = &[
    ("workbook", include_str!("../words/workbook.csv")),
    ("valuation", include_str!("../words/valuation.csv")),
    ("errors", include_str!("../words/errors.csv")),
    ("trades", include_str!("../words/trades.csv")),
    ("models", include_str!("../words/models.csv")),
    ("report", include_str!("../words/report.csv")),
    ("program", include_str!("../words/program.csv")),
    ("books", include_str!("../words/books.csv")),
    ("contribution", include_str!("../words/contribution.csv")),
    ("public_data", include_str!("../words/public_data.csv")),
    ("certificate", include_str!("../words/certificate.csv")),
];

type Table = HashMap<&'static str, (&'static str, &'static str)>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| SECTIONS.iter().flat_map(|(_, text)| lines(text)).collect())
}

/// Splits one section; the key has no comma, a word with a comma is quoted, a doubled quote stands for one quote.
fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, (&'static str, &'static str))> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(|line| {
        let (key, rest) = line.split_once(',')?;
        let (zh, rest) = word(rest)?;
        let (en, _) = word(rest.strip_prefix(',').unwrap_or(rest))?;
        Some((key, (zh, en)))
    })
}

fn word(rest: &'static str) -> Option<(&'static str, &'static str)> {
    if let Some(quoted) = rest.strip_prefix('"') {
        return quoted.split_once('"');
    }
    let end = rest.find(',').unwrap_or(rest.len());
    Some(rest.split_at(end))
}

/// The word under `key`, or the key itself where the table has none (a tidy test finds such keys).
///
/// ```
/// use valuation::words::{text, Language};
/// assert_eq!(text("approach.income", Language::Zh), "收益法");
/// assert_eq!(text("approach.income", Language::En), "Income approach");
/// ```
pub fn text(key: &str, language: Language) -> String {
    match (table().get(key), language) {
        (Some((zh, _)), Language::Zh) => (*zh).to_owned(),
        (Some((_, en)), Language::En) => (*en).to_owned(),
        (None, _) => key.to_owned(),
    }
}

/// The word under `key` with each place `{name}` replaced by its value.
///
/// ```
/// use valuation::words::{format, Language};
/// let said = format("error.unknown_field.message", Language::En, &[("name", "royalti_rate")]);
/// assert!(said.contains("royalti_rate"));
/// ```
pub fn format(key: &str, language: Language, places: &[(&str, &str)]) -> String {
    places.iter().fold(text(key, language), |said, (name, value)| said.replace(&format!("{{{name}}}"), value))
}

/// Whether the table holds `key`.
pub fn has(key: &str) -> bool {
    table().contains_key(key)
}

/// Every key with its two words, sorted by key, for the tests and the front ends.
pub fn all() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut rows: Vec<_> = table().iter().map(|(key, (zh, en))| (*key, *zh, *en)).collect();
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_no_key_stands_twice() {
        let written: usize = SECTIONS
            .iter()
            .map(|(_, text)| text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).count())
            .sum();
        assert_eq!(table().len(), written);
        assert!(all().iter().all(|(_, zh, en)| !zh.is_empty() && !en.is_empty()));
    }
}
