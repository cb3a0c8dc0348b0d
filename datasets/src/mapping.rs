//! How the columns of a file become the fields of a trade: a TOML file of rules.
//!
//! ```toml
//! encoding = "auto"            # auto, utf-8 or gb18030
//! absent = ["待完善"]           # texts that mean "not stated" wherever they stand
//! [fields]
//! exchange = { constant = "my-exchange" }
//! kind = { constant = "listing" }
//! price = { column = "price", as = "price_text" }
//! update_frequency = { column = "frequency", words = { "每日更新" = "daily" }, otherwise = "irregular" }
//! [attributes]
//! views = { column = "click_times", as = "number" }
//! ```
//!
//! A rule takes its text from a `column` or is a `constant`; `default` stands in where the text is absent. `as` names the
//! converter ([`Converter`]); each field has one of its own (see [`FIELDS`]). `optional = true` lets a file lack the
//! column; `unreadable = "absent"` takes a text that cannot be converted as absent instead of rejecting the row.

mod parse;

pub(crate) use parse::squeezed;

use std::path::Path;

use chrono::FixedOffset;

use crate::error::{DataError, nearest};

/// How a text becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Converter {
    /// As it stands, without blanks around it.
    Text,
    /// See [`crate::value_text::date`].
    Date,
    /// See [`crate::value_text::instant`].
    Instant,
    /// See [`crate::value_text::number`].
    Number,
    /// See [`crate::value_text::count`].
    Count,
    /// See [`crate::value_text::size_mb`].
    Size,
    /// An exact decimal.
    Decimal,
    /// See [`crate::price_text::price_text`].
    PriceText,
    /// A word of the field's vocabulary, by its code or through `words`.
    Word,
    /// The identity in an address, see [`crate::value_text::url_id`].
    UrlId,
    /// A JSON object.
    Json,
}

impl Converter {
    /// Every converter with its name in a mapping.
    pub const ALL: &'static [(&'static str, Converter)] = &[
        ("text", Converter::Text),
        ("date", Converter::Date),
        ("instant", Converter::Instant),
        ("number", Converter::Number),
        ("count", Converter::Count),
        ("size", Converter::Size),
        ("decimal", Converter::Decimal),
        ("price_text", Converter::PriceText),
        ("word", Converter::Word),
        ("url_id", Converter::UrlId),
        ("json", Converter::Json),
    ];
}

/// A field that a mapping can fill, its own converter first among those it takes, and whether a mapping must fill it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub converters: &'static [Converter],
    pub required: bool,
}

const TEXT: &[Converter] = &[Converter::Text, Converter::UrlId];
const DATE: &[Converter] = &[Converter::Date];
const NUMBER: &[Converter] = &[Converter::Number, Converter::Count];
const WORD: &[Converter] = &[Converter::Word];
const DECIMAL: &[Converter] = &[Converter::Decimal];

const fn field(name: &'static str, converters: &'static [Converter], required: bool) -> Field {
    Field { name, converters, required }
}

/// Every field a mapping can fill; the rest of the schema follows from them.
pub const FIELDS: &[Field] = &[
    field("trade_id", TEXT, false),
    field("exchange", TEXT, true),
    field("kind", WORD, true),
    field("status", WORD, false),
    field("traded_on", DATE, true),
    field("recorded_at", &[Converter::Instant], false),
    field("published_on", DATE, false),
    field("product_id", TEXT, true),
    field("product_title", TEXT, false),
    field("category", TEXT, false),
    field("seller", TEXT, false),
    field("buyer", TEXT, false),
    field("price_state", WORD, false),
    field("price", &[Converter::Decimal, Converter::PriceText], false),
    field("price_low", DECIMAL, false),
    field("price_high", DECIMAL, false),
    field("currency", TEXT, true),
    field("price_unit", WORD, false),
    field("vat_status", WORD, false),
    field("vat_rate", DECIMAL, false),
    field("licence_scope", WORD, false),
    field("exclusivity", WORD, false),
    field("term", WORD, false),
    field("term_start", DATE, false),
    field("term_end", DATE, false),
    field("term_months", NUMBER, false),
    field("territory", TEXT, false),
    field("price_origin", WORD, false),
    field("quantity", NUMBER, false),
    field("records", NUMBER, false),
    field("fields", NUMBER, false),
    field("size_mb", &[Converter::Number, Converter::Size], false),
    field("update_frequency", WORD, false),
    field("quality", NUMBER, false),
    field("history_months", NUMBER, false),
    field("deals", NUMBER, false),
    field("attributes", &[Converter::Json], false),
];

/// Where one value comes from and how it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub from: From,
    pub converter: Converter,
    /// Patterns of dates and moments; empty: the usual forms.
    pub formats: Vec<String>,
    /// Printed word (without blanks) → code.
    pub words: Vec<(String, String)>,
    /// The code of words that are not listed.
    pub otherwise: Option<String>,
    /// Stands in where the text is absent.
    pub default: Option<String>,
    /// The file may lack the column.
    pub optional: bool,
    /// A text that cannot be converted counts as absent.
    pub lenient: bool,
}

/// Where the text of a rule is taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    Column(String),
    Constant(String),
}

/// The encoding of a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 where the bytes are, else GB18030 where they are that.
    Auto,
    Utf8,
    Gb18030,
}

/// A mapping as read from its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// What messages and the log of imports call it: the name of a shipped mapping, else the path.
    pub name: String,
    pub encoding: Encoding,
    pub delimiter: u8,
    /// The zone of moments that name none.
    pub utc_offset: FixedOffset,
    pub absent: Vec<String>,
    /// Rules by name of [`FIELDS`].
    pub fields: Vec<(&'static str, Rule)>,
    pub attributes: Vec<(String, Rule)>,
}

/// The mappings that come with the product.
const SHIPPED: &[(&str, &str)] = &[
    ("hengshu", include_str!("../mappings/hengshu.toml")),
    ("zhejiang", include_str!("../mappings/zhejiang.toml")),
    ("guangzhou", include_str!("../mappings/guangzhou.toml")),
    ("guiyang", include_str!("../mappings/guiyang.toml")),
    ("shanghai", include_str!("../mappings/shanghai.toml")),
];

impl Mapping {
    /// The names of the shipped mappings.
    pub fn shipped() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// A shipped mapping by its name, or a mapping file by its path.
    ///
    /// ```
    /// use datasets::mapping::Mapping;
    /// assert!(Mapping::find("zhejiang").is_ok());
    /// let error = Mapping::find("zheijang").unwrap_err();
    /// assert!(matches!(error, datasets::error::DataError::UnknownMapping { nearest, .. } if nearest == "zhejiang"));
    /// ```
    ///
    /// # Errors
    /// Where there is neither, or the file is no mapping.
    pub fn find(name_or_path: &str) -> Result<Mapping, DataError> {
        if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == name_or_path) {
            return Mapping::parse(name, text);
        }
        let path = Path::new(name_or_path);
        if !path.exists() {
            let nearest = nearest(name_or_path, Mapping::shipped());
            return Err(DataError::UnknownMapping { name: name_or_path.to_owned(), nearest });
        }
        let text = std::fs::read_to_string(path).map_err(DataError::read(path))?;
        Mapping::parse(name_or_path, &text)
    }

    /// Reads the text of a mapping; `name` is what messages call it.
    ///
    /// # Errors
    /// With line and field, and for an unknown field the nearest known name.
    pub fn parse(name: &str, text: &str) -> Result<Mapping, DataError> {
        parse::mapping(name, text)
    }

    /// The rule of a field.
    pub fn rule(&self, field: &str) -> Option<&Rule> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, rule)| rule)
    }
}
