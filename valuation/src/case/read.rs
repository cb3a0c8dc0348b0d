//! Reading a case file: JSON or TOML text to a [`Case`], with the line and the field of whatever is wrong.

use serde_json::Value;

use crate::case::Case;
use crate::error::ValuationError;

/// The format of a case file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Toml,
}

impl Case {
    /// Reads a case from text.
    ///
    /// Errors: unreadable text with its line; an unknown field with the nearest known name; a missing or malformed member;
    /// a number that is not finite.
    ///
    /// ```
    /// use valuation::case::{Case, read::Format};
    /// use valuation::fault::Fault;
    /// let error = Case::from_text(r#"{"aset": {}}"#, Format::Json).unwrap_err();
    /// assert_eq!(error.code(), "unknown_field");
    /// assert!(error.to_string().contains("asset"));
    /// ```
    pub fn from_text(text: &str, format: Format) -> Result<Case, ValuationError> {
        Case::from_value(&value(text, format)?).map_err(|error| with_line(error, text))
    }

    /// Reads a case from a JSON value, such as the body of a request.
    ///
    /// Errors: as [`Case::from_text`], without lines.
    pub fn from_value(value: &Value) -> Result<Case, ValuationError> {
        // Methods are told apart by a member, which hides the path within them; each is read by itself first.
        let methods = value.get("methods").and_then(Value::as_array);
        for (index, method) in methods.into_iter().flatten().enumerate() {
            method_alone(method, &format!("methods[{index}]"))?;
        }
        member(value, "")
    }
}

/// Reads a document of any kind from text.
///
/// Errors: as [`Case::from_text`].
pub fn document<T: serde::de::DeserializeOwned>(text: &str, format: Format) -> Result<T, ValuationError> {
    member(&value(text, format)?, "").map_err(|error| with_line(error, text))
}

/// What stands in a document, not yet fitted to a type.
///
/// Errors: unreadable text with its line; a number that is not finite.
pub fn value(text: &str, format: Format) -> Result<Value, ValuationError> {
    match format {
        Format::Json => json(text),
        Format::Toml => toml(text),
    }
}

/// Reads a method by the struct its name calls for, so that errors carry the path within it.
fn method_alone(value: &Value, path: &str) -> Result<(), ValuationError> {
    use crate::method::MethodName as M;
    let missing = || ValuationError::Missing { field: path.to_owned(), line: None, name: "method".to_owned() };
    let name = value.get("method").and_then(Value::as_str).ok_or_else(missing)?;
    let Some(known) = M::ALL.iter().find(|known| known.text() == name) else {
        let nearest = nearest(name, M::ALL.iter().map(|known| known.text()));
        let field = format!("{path}.method");
        return Err(ValuationError::UnknownField { field, line: None, name: name.to_owned(), nearest });
    };
    let mut inputs = value.clone();
    if let Some(members) = inputs.as_object_mut() {
        members.shift_remove("method");
    }
    known.read(&inputs, path)
}

pub(crate) fn member<T: serde::de::DeserializeOwned>(value: &Value, path: &str) -> Result<T, ValuationError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let inner = error.path().to_string();
        let field = match (path, inner.as_str()) {
            ("", ".") => String::new(),
            ("", inner) => inner.to_owned(),
            (path, ".") => path.to_owned(),
            (path, inner) => format!("{path}.{inner}"),
        };
        explain(field, &error.into_inner().to_string())
    })
}

/// Turns serde's text into a typed error; its wording is pinned by tests.
fn explain(field: String, said: &str) -> ValuationError {
    let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    if said.starts_with("unknown field") || said.starts_with("unknown variant") {
        let name = quoted.first().copied().unwrap_or_default().to_owned();
        let nearest = nearest(&name, quoted.iter().skip(1).copied());
        return ValuationError::UnknownField { field, line: None, name, nearest };
    }
    if said.starts_with("missing field") {
        let name = quoted.first().copied().unwrap_or_default().to_owned();
        return ValuationError::Missing { field, line: None, name };
    }
    ValuationError::Malformed { field, line: None, said: said.to_owned() }
}

/// The known name that is most like `name`, where one is alike at all.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, known)| known.to_owned())
}

fn json(text: &str) -> Result<Value, ValuationError> {
    serde_json::from_str(text)
        .map_err(|error| ValuationError::Unreadable { line: Some(error.line() as u64), said: error.to_string() })
}

fn toml(text: &str) -> Result<Value, ValuationError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| line_of(text, span.start));
        ValuationError::Unreadable { line, said: error.message().to_owned() }
    })?;
    plain(toml::Value::Table(table), String::new())
}

/// TOML to JSON; dates become text, and a number that is not finite is refused with its field.
fn plain(value: toml::Value, path: String) -> Result<Value, ValuationError> {
    Ok(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(whole) => Value::from(whole),
        toml::Value::Float(real) => serde_json::Number::from_f64(real)
            .map(Value::Number)
            .ok_or(ValuationError::NotFinite { field: path, value: real.to_string() })?,
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(list) => {
            let items = list.into_iter().enumerate().map(|(index, item)| plain(item, format!("{path}[{index}]")));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let mut members = serde_json::Map::new();
            for (key, item) in table {
                let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                members.insert(key, plain(item, inner)?);
            }
            Value::Object(members)
        }
    })
}

fn line_of(text: &str, position: usize) -> u64 {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() as u64 + 1
}

/// The line, counted from 1, on which `field` (such as `methods[1].royalty_rate`) stands in the text of a case; where its
/// last names are not there, that of the member which should hold them.
pub fn line_of_field(text: &str, field: &str) -> Option<u64> {
    let mut names: Vec<&str> = field.split('.').collect();
    while !names.is_empty() {
        if let Some(line) = seek(text, names.iter().copied()) {
            return Some(line);
        }
        names.pop();
    }
    None
}

/// The line on which the last name first stands after the names that lead to it.
fn seek<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<u64> {
    let mut position = 0;
    for part in names {
        let (key, index) = part.split_once('[').map_or((part, None), |(key, rest)| (key, rest.strip_suffix(']')));
        let at = find_key(text, key, position)?;
        position = at + key.len();
        let count = index.and_then(|index| index.parse::<usize>().ok()).unwrap_or(0);
        position = skip_items(text, position, key, count);
    }
    Some(line_of(text, position))
}

/// Adds the line to an error of reading.
pub(crate) fn with_line(error: ValuationError, text: &str) -> ValuationError {
    let seek = |field: &str, name: Option<&str>| seek(text, field.split('.').chain(name));
    match error {
        ValuationError::UnknownField { field, name, nearest, .. } => {
            let named = (!field.ends_with(&name)).then_some(name.as_str());
            let line = seek(&field, named);
            ValuationError::UnknownField { field, line, name, nearest }
        }
        ValuationError::Malformed { field, said, .. } => {
            let line = seek(&field, None);
            ValuationError::Malformed { field, line, said }
        }
        ValuationError::Missing { field, name, .. } => {
            let line = seek(&field, None);
            ValuationError::Missing { field, line, name }
        }
        other => other,
    }
}

/// Where `key` next stands as the name of a member: quoted in JSON, or before `=` or inside brackets in TOML.
fn find_key(text: &str, key: &str, from: usize) -> Option<usize> {
    if key.is_empty() {
        return Some(from);
    }
    let rest = text.get(from..)?;
    rest.match_indices(key).map(|(at, _)| from + at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + key.len()..].trim_start_matches('"').trim_start().chars().next();
        let ends_before = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        ends_before && matches!(after, Some(':' | '=' | ']' | '.' | ' '))
    })
}

/// From the name of a list to the beginning of its item number `count`: `{` at depth one in JSON, `[[name]]` in TOML.
fn skip_items(text: &str, from: usize, key: &str, count: usize) -> usize {
    let header = format!("[[{key}]]");
    if text[..from].ends_with(&format!("[[{key}")) {
        return text.match_indices(&header).nth(count).map_or(from, |(at, _)| at + header.len());
    }
    let (mut depth, mut items, mut quoted, mut escaped) = (0i32, 0usize, false, false);
    for (offset, byte) in text[from..].bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 1 => items += 1,
            b'\n' if depth == 0 && offset > 2 => return from,
            _ => {}
        }
        if depth == 1 && items == count && count > 0 && byte == b',' {
            return from + offset;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    const WEATHER: &str = include_str!("../../examples/weather.json");

    fn refused(text: &str) -> ValuationError {
        let case = Case::from_text(text, Format::Json);
        case.and_then(|case| crate::value::draft(&case, &Default::default()).map(|_| ())).expect_err("refused")
    }

    /// Changes one text and gives the error with its code, field and line.
    fn changed(from: &str, to: &str) -> (&'static str, Option<String>, Option<u64>) {
        assert!(WEATHER.contains(from), "{from}");
        let error = refused(&WEATHER.replacen(from, to, 1));
        let place = error.place();
        (error.code(), place.field, place.line)
    }

    #[test]
    fn an_unknown_field_is_named_with_its_line() {
        let line = WEATHER.lines().position(|line| line.contains("\"royalty_rate\": {")).unwrap() as u64 + 1;
        let (code, field, at) = changed("\"royalty_rate\": {", "\"royalti_rate\": {");
        assert_eq!((code, at), ("unknown_field", Some(line)));
        assert_eq!(field.as_deref(), Some("methods[1].royalti_rate"));
        let (code, field, _) = changed("\"method\": \"relief_from_royalty\"", "\"method\": \"releif_from_royalty\"");
        assert_eq!((code, field.as_deref()), ("unknown_field", Some("methods[1].method")));
    }

    #[test]
    fn a_case_is_refused_for_what_is_wrong_with_it() {
        let code = |from: &str, to: &str| changed(from, to).0;
        assert_eq!(
            code("\"evidence\": \"E4\", \"distribution\": {\"pert\"", "\"distribution\": {\"pert\""),
            "missing_evidence"
        );
        assert_eq!(
            code("\"evidence\": \"E4\", \"distribution\"", "\"evidence\": \"E9\", \"distribution\""),
            "unknown_evidence"
        );
        assert_eq!(code("\"390000\", \"currency\": \"CNY\"", "\"390000\", \"currency\": \"USD\""), "mixed_currency");
        assert_eq!(code("\"390000\"", "\"-390000\""), "negative_value");
        assert_eq!(code("\"390000\"", "\"NaN\""), "malformed_value");
        assert_eq!(
            code("\"timing\": \"mid_period\"},\n      \"discount", "\"timing\": \"end_of_period\"},\n      \"discount"),
            "rate_basis_mismatch"
        );
        assert_eq!(
            code(
                "\"years\": 8,",
                "\"years\": 8, \"perpetuity\": {\"growth\": {\"value\": 0.16, \"evidence\": \"E2\"}},"
            ),
            "growth_not_below_rate"
        );
        assert_eq!(code("\"traded_on\": \"2026-03-12\"", "\"traded_on\": \"2026-07-01\""), "evidence_too_late");
        assert_eq!(code("\"known_on\": \"2026-06-15\"", "\"known_on\": \"2026-07-15\""), "evidence_too_late");
        assert_eq!(code("\"market_components\": 0.3}", "\"market_components\": 0.4}"), "weights_not_one");
        assert_eq!(code("\"market_components\": 0.3}", "\"market_comparison\": 0.3}"), "unknown_method");
        assert_eq!(code("[\"relief_from_royalty.royalty_rate\"", "[\"relief_from_royalty.royalty\""), "unknown_input");
        assert_eq!(code("\"value\": 0.14, \"evidence\"", "\"value\": 14, \"evidence\""), "out_of_range");
        assert_eq!(code("\"purpose\": \"transfer\",", ""), "missing_field");
        assert_eq!(code("\"purpose\": \"transfer\",", "\"purpose\": \"transfer\""), "case_unreadable");
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused_with_its_field() {
        let error = Case::from_text("[simulation]\nlevel = nan\n", Format::Toml).unwrap_err();
        assert_eq!((error.code(), error.place().field.as_deref()), ("not_finite", Some("simulation.level")));
    }

    #[test]
    fn toml_and_json_say_the_same() {
        let value: Value = serde_json::from_str(WEATHER).unwrap();
        let text = toml::to_string(&value).unwrap();
        let json = Case::from_text(WEATHER, Format::Json).unwrap();
        assert_eq!(Case::from_text(&text, Format::Toml).unwrap(), json);
    }
}
