//! Reading a mapping, with the line of everything that is wrong.

use chrono::FixedOffset;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use valuation::terms::{
    Exclusivity, LicenceScope, PriceOrigin, PriceState, RecordStatus, Term, TradeKind, UpdateFrequency, VatStatus,
};
use valuation::unit::PriceUnit;

use super::{Converter, Encoding, FIELDS, Field, From, Mapping, Rule};
use crate::error::{DataError, nearest};

const TOP: &[&str] = &["encoding", "delimiter", "utc_offset", "absent", "fields", "attributes"];
const RULE: &[&str] =
    &["column", "constant", "as", "formats", "words", "otherwise", "default", "optional", "unreadable"];

/// Moments without a zone are China standard time unless the mapping says otherwise.
const CHINA: i32 = 8 * 3600;

struct Text<'a> {
    name: &'a str,
    text: &'a str,
}

impl Text<'_> {
    fn line(&self, at: usize) -> u64 {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count() as u64 + 1
    }

    fn unknown<'k>(&self, at: usize, field: &str, known: impl IntoIterator<Item = &'k str>) -> DataError {
        let nearest = nearest(field.rsplit('.').next().unwrap_or(field), known);
        DataError::MappingField { file: self.name.to_owned(), line: self.line(at), field: field.to_owned(), nearest }
    }

    fn wrong(&self, at: usize, field: &str, value: impl ToString, expected: impl ToString) -> DataError {
        DataError::MappingValue {
            file: self.name.to_owned(),
            line: self.line(at),
            field: field.to_owned(),
            value: value.to_string(),
            expected: expected.to_string(),
        }
    }

    fn string(&self, field: &str, value: &Spanned<DeValue>) -> Result<String, DataError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) => Ok(number.as_str().to_owned()),
            DeValue::Float(number) => Ok(number.as_str().to_owned()),
            DeValue::Datetime(date) => Ok(date.to_string()),
            other => Err(self.wrong(value.span().start, field, kind(other), "text")),
        }
    }

    fn strings(&self, field: &str, value: &Spanned<DeValue>) -> Result<Vec<String>, DataError> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.string(field, item)).collect(),
            other => Err(self.wrong(value.span().start, field, kind(other), "[ text, … ]")),
        }
    }

    fn table<'v, 'i>(&self, field: &str, value: &'v Spanned<DeValue<'i>>) -> Result<&'v DeTable<'i>, DataError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            other => Err(self.wrong(value.span().start, field, kind(other), "{ column = … }")),
        }
    }
}

fn kind(value: &DeValue) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) => "[ … ]".to_owned(),
        DeValue::Table(_) => "{ … }".to_owned(),
    }
}

pub(super) fn mapping(name: &str, text: &str) -> Result<Mapping, DataError> {
    let source = Text { name, text };
    let document = DeTable::parse(text).map_err(|error| DataError::MappingSyntax {
        file: name.to_owned(),
        line: source.line(error.span().map_or(0, |span| span.start)),
        reason: error.message().to_owned(),
    })?;
    let mut mapping = Mapping {
        name: name.to_owned(),
        encoding: Encoding::Auto,
        delimiter: b',',
        utc_offset: FixedOffset::east_opt(CHINA).expect("eight hours are a zone"),
        absent: Vec::new(),
        fields: Vec::new(),
        attributes: Vec::new(),
    };
    for (key, value) in document.get_ref() {
        let field = key.get_ref().as_ref();
        let at = value.span().start;
        match field {
            "encoding" => mapping.encoding = encoding(&source, at, &source.string(field, value)?)?,
            "delimiter" => mapping.delimiter = delimiter(&source, at, &source.string(field, value)?)?,
            "utc_offset" => {
                let text = source.string(field, value)?;
                mapping.utc_offset = text.parse().map_err(|_| source.wrong(at, field, &text, "+08:00"))?;
            }
            "absent" => mapping.absent = source.strings(field, value)?,
            "fields" => {
                for (name, value) in source.table(field, value)? {
                    let path = format!("fields.{}", name.get_ref());
                    let known = FIELDS.iter().find(|known| known.name == name.get_ref().as_ref());
                    let names = FIELDS.iter().map(|known| known.name);
                    let known = known.ok_or_else(|| source.unknown(name.span().start, &path, names))?;
                    mapping.fields.push((known.name, rule(&source, &path, Some(known), value)?));
                }
            }
            "attributes" => {
                for (name, value) in source.table(field, value)? {
                    let path = format!("attributes.{}", name.get_ref());
                    mapping.attributes.push((name.get_ref().to_string(), rule(&source, &path, None, value)?));
                }
            }
            _ => return Err(source.unknown(key.span().start, field, TOP.iter().copied())),
        }
    }
    if let Some(field) = FIELDS.iter().find(|field| field.required && mapping.rule(field.name).is_none()) {
        return Err(DataError::MappingIncomplete { file: name.to_owned(), field: field.name.to_owned() });
    }
    Ok(mapping)
}

fn encoding(source: &Text, at: usize, text: &str) -> Result<Encoding, DataError> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Ok(Encoding::Auto),
        "utf-8" | "utf8" => Ok(Encoding::Utf8),
        "gb18030" | "gbk" | "gb2312" => Ok(Encoding::Gb18030),
        _ => Err(source.wrong(at, "encoding", text, "auto, utf-8, gb18030")),
    }
}

fn delimiter(source: &Text, at: usize, text: &str) -> Result<u8, DataError> {
    match text.as_bytes() {
        [byte @ (b',' | b';' | b'\t' | b'|')] => Ok(*byte),
        _ => Err(source.wrong(at, "delimiter", text, ", ; | \\t")),
    }
}

/// One rule; `field` is `None` for an attribute, which takes text and numbers.
fn rule(source: &Text, path: &str, field: Option<&Field>, value: &Spanned<DeValue>) -> Result<Rule, DataError> {
    const ATTRIBUTE: &[Converter] =
        &[Converter::Text, Converter::Number, Converter::Count, Converter::Size, Converter::Date];
    let takes = field.map_or(ATTRIBUTE, |field| field.converters);
    let mut from = None;
    let mut rule = Rule {
        from: From::Constant(String::new()),
        converter: takes[0],
        formats: Vec::new(),
        words: Vec::new(),
        otherwise: None,
        default: None,
        optional: false,
        lenient: false,
    };
    let mut codes: Vec<(usize, String)> = Vec::new();
    for (key, value) in source.table(path, value)? {
        let name = key.get_ref().as_ref();
        let inner = format!("{path}.{name}");
        let at = value.span().start;
        match name {
            "column" | "constant" if from.is_some() => {
                return Err(source.wrong(at, &inner, "column + constant", "column, constant"));
            }
            "column" => from = Some(From::Column(source.string(&inner, value)?)),
            "constant" => from = Some(From::Constant(source.string(&inner, value)?)),
            "as" => rule.converter = converter(source, at, &inner, takes, &source.string(&inner, value)?)?,
            "formats" => rule.formats = source.strings(&inner, value)?,
            "words" => {
                for (word, code) in source.table(&inner, value)? {
                    let printed = squeezed(word.get_ref());
                    let code = source.string(&inner, code)?;
                    codes.push((word.span().start, code.clone()));
                    rule.words.push((printed, code));
                }
            }
            "otherwise" | "default" => {
                let text = source.string(&inner, value)?;
                if name == "otherwise" {
                    codes.push((at, text.clone()));
                    rule.otherwise = Some(text);
                } else {
                    rule.default = Some(text);
                }
            }
            "optional" => match value.get_ref() {
                DeValue::Boolean(flag) => rule.optional = *flag,
                other => return Err(source.wrong(at, &inner, kind(other), "true, false")),
            },
            "unreadable" => match source.string(&inner, value)?.as_str() {
                "absent" => rule.lenient = true,
                "reject" => rule.lenient = false,
                other => return Err(source.wrong(at, &inner, other, "absent, reject")),
            },
            _ => return Err(source.unknown(key.span().start, &inner, RULE.iter().copied())),
        }
    }
    rule.from =
        from.ok_or_else(|| source.wrong(value.span().start, path, "{ }", "{ column = … }, { constant = … }"))?;
    if let (Some(field), Converter::Word) = (field, rule.converter) {
        let known = vocabulary(field.name);
        if let Some((at, code)) = codes.iter().find(|(_, code)| !known.contains(&code.as_str())) {
            return Err(source.wrong(*at, path, code, known.join(", ")));
        }
    }
    Ok(rule)
}

fn converter(source: &Text, at: usize, path: &str, takes: &[Converter], name: &str) -> Result<Converter, DataError> {
    let found = Converter::ALL.iter().find(|(known, converter)| *known == name && takes.contains(converter));
    found.map(|(_, converter)| *converter).ok_or_else(|| {
        let names = Converter::ALL.iter().filter(|(_, converter)| takes.contains(converter)).map(|(name, _)| *name);
        source.wrong(at, path, name, names.collect::<Vec<_>>().join(", "))
    })
}

/// A printed word without blanks and line breaks, as words are compared.
pub(crate) fn squeezed(word: &str) -> String {
    word.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The codes of the vocabulary of a field.
pub(crate) fn vocabulary(field: &str) -> Vec<&'static str> {
    fn codes<W: Copy>(words: &[W], code: impl Fn(W) -> &'static str) -> Vec<&'static str> {
        words.iter().map(|word| code(*word)).collect()
    }
    match field {
        "kind" => codes(TradeKind::ALL, TradeKind::code),
        "status" => codes(RecordStatus::ALL, RecordStatus::code),
        "price_state" => codes(PriceState::ALL, PriceState::code),
        "price_unit" => codes(PriceUnit::ALL, PriceUnit::code),
        "vat_status" => codes(VatStatus::ALL, VatStatus::code),
        "licence_scope" => codes(LicenceScope::ALL, LicenceScope::code),
        "exclusivity" => codes(Exclusivity::ALL, Exclusivity::code),
        "term" => codes(Term::ALL, Term::code),
        "price_origin" => codes(PriceOrigin::ALL, PriceOrigin::code),
        "update_frequency" => codes(UpdateFrequency::ALL, UpdateFrequency::code),
        _ => Vec::new(),
    }
}
