//! A report as plain data: sections of texts, tables and figures, every word in both languages.

use serde::Serialize;
use valuation::words::{self, Language};

use super::simulation::Summary;

/// A text in both languages; `en` is empty where the user wrote it in one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    pub zh: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub en: String,
}

impl Said {
    /// The words under `key`.
    pub fn word(key: &str) -> Said {
        Said { zh: words::text(key, Language::Zh), en: words::text(key, Language::En) }
    }

    /// The words under `key` with their places filled by texts of the same language.
    pub fn filled(key: &str, places: &[(&str, &Said)]) -> Said {
        let fill = |language, pick: fn(&Said) -> &str| {
            let places: Vec<(&str, &str)> = places.iter().map(|(name, said)| (*name, pick(said))).collect();
            words::format(key, language, &places)
        };
        Said { zh: fill(Language::Zh, |said| &said.zh), en: fill(Language::En, Said::english) }
    }

    /// A text that is the same in both languages: a name, a number, a date.
    pub fn plain(text: impl Into<String>) -> Said {
        Said { zh: text.into(), en: String::new() }
    }

    /// The English text, or the only one.
    pub fn english(&self) -> &str {
        if self.en.is_empty() { &self.zh } else { &self.en }
    }
}

/// A whole report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub title: Said,
    /// The asset's name.
    pub subject: String,
    /// Lines of the cover: number, date, who prepared it.
    pub cover: Vec<Fact>,
    pub sections: Vec<Section>,
    /// The figures of the section on the simulation, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulation: Option<Summary>,
}

/// A numbered or unnumbered section.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Anchor within the document, such as `summary`.
    pub anchor: String,
    pub heading: Said,
    pub blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    Heading(Said),
    Text(Said),
    /// The one definite amount.
    Amount(Amount),
    /// Label and value pairs.
    Facts(Vec<Fact>),
    Table(Table),
    Figure(Figure),
    /// Lines to be signed.
    Signatures(Vec<Said>),
}

/// A label with its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    pub label: Said,
    pub value: Said,
}

impl Fact {
    pub fn new(key: &str, value: Said) -> Fact {
        Fact { label: Said::word(key), value }
    }
}

/// The concluded amount with its words and its interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    pub label: Said,
    pub figure: String,
    /// The amount in capital numerals (大写), where the currency has them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub capitals: String,
    pub interval: Said,
}

/// A table; every row has as many cells as there are columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Table {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<Said>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Whether rows are those of a workbook: label, formula or source, values.
    #[serde(skip)]
    pub derivation: bool,
}

impl Table {
    /// The class of the cells of a column on a page.
    pub fn class_of(&self, column: &usize) -> &'static str {
        match self.columns.get(*column) {
            Some(found) if found.numeric => "number",
            _ if self.derivation && *column == 1 => "how",
            _ => "text",
        }
    }
}

/// A column heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    pub heading: Said,
    /// Numbers stand to the right.
    pub numeric: bool,
}

impl Column {
    pub fn text(key: &str) -> Column {
        Column { heading: Said::word(key), numeric: false }
    }

    pub fn number(heading: Said) -> Column {
        Column { heading, numeric: true }
    }
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    pub cells: Vec<Said>,
    /// Results and totals stand out.
    pub strong: bool,
}

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    pub caption: Said,
    pub svg: String,
}
