//! Words: every key that code names stands in the table, and every error can be explained in both languages.

use std::collections::BTreeSet;

use tests::project;
use tests::source::{Source, string};
use valuation::words;

use super::none;

fn keys() -> BTreeSet<&'static str> {
    words::all().into_iter().map(|(key, _, _)| key).collect()
}

/// A literal such as `approach.income` or `error.{}.message`: lower case words joined by dots, places allowed.
fn looks_like_key(literal: &str) -> bool {
    let part = |part: &str| {
        let place = part.starts_with('{') && part.ends_with('}');
        place || (!part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
    };
    literal.contains('.') && literal.split('.').all(part) && !literal.starts_with('{')
}

/// Whether `key` can come from `pattern`, where `{…}` stands for any text.
fn matches(pattern: &str, key: &str) -> bool {
    let mut rest = key;
    for (number, piece) in pattern.split('{').enumerate() {
        let fixed = if number == 0 { piece } else { piece.split_once('}').map_or("", |(_, after)| after) };
        match rest.find(fixed) {
            Some(0) => rest = &rest[fixed.len()..],
            Some(at) if number > 0 => rest = &rest[at + fixed.len()..],
            _ => return false,
        }
    }
    rest.is_empty() || pattern.ends_with('}')
}

#[test]
fn patterns_match_keys() {
    assert!(matches("error.{}.message", "error.unknown_field.message"));
    assert!(matches("method.{name}", "method.relief_from_royalty"));
    assert!(!matches("error.{}.message", "error.unknown_field.remedy"));
    assert!(!matches("approach.income", "approach.income.short"));
}

/// Strings of the code and of the page templates, each with its place.
fn literals() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for source in Source::all(&[]) {
        for (literal, line) in source.strings() {
            all.push((literal, format!("{}:{line}", source.path)));
        }
    }
    for path in project::files().into_iter().filter(|path| path.starts_with("api/") && path.ends_with(".html")) {
        let text = project::read(&path).unwrap_or_default();
        for literal in text.split(['"', '\'']).filter(|piece| looks_like_key(piece)) {
            all.push((literal.to_owned(), path.clone()));
        }
    }
    all
}

#[test]
fn every_key_in_code_stands_in_the_table() {
    let keys = keys();
    let families: BTreeSet<&str> = keys.iter().filter_map(|key| key.split('.').next()).collect();
    let file = |literal: &str| {
        let ending = literal.rsplit('.').next().unwrap_or_default();
        ["csv", "json", "toml", "html", "xlsx", "parquet", "md", "py", "rs", "css", "js", "sqlite", "lock", "txt"]
            .contains(&ending)
    };
    let mut offences = Vec::new();
    for (literal, place) in literals() {
        let family = literal.split('.').next().unwrap_or_default();
        let key = looks_like_key(&literal) && families.contains(family) && !file(&literal);
        let known = keys.iter().any(|key| matches(&literal, key) || key.starts_with(&format!("{literal}.")));
        if key && !known {
            offences.push(format!("{place} {literal}"));
        }
    }
    for source in Source::all(&[]) {
        for four in source.tokens().windows(5) {
            let [module, joint, function, _, argument] = four else { continue };
            let call = module.text == "words" && joint.text == "::";
            let Some(literal) = string(&argument.text).filter(|_| call && function.text != "has") else { continue };
            if !keys.contains(literal.as_str()) && !literal.contains('{') {
                offences.push(format!("{}:{} {literal}", source.path, argument.line));
            }
        }
    }
    offences.sort();
    offences.dedup();
    none("Add the key with its Chinese and English word to valuation/words/.", offences);
}

#[test]
fn every_error_code_has_message_and_remedy() {
    let keys = keys();
    let mut codes: BTreeSet<(String, String)> = BTreeSet::new();
    for source in Source::all(&[]) {
        for function in source
            .functions()
            .into_iter()
            .filter(|function| function.name == "code" && function.owner.contains("Fault for"))
        {
            for literal in function.body.iter().filter_map(|token| string(&token.text)) {
                codes.insert((literal, format!("{}:{}", source.path, function.line)));
            }
        }
    }
    for key in keys.iter().filter_map(|key| key.strip_prefix("error.")) {
        if let Some(code) = key.strip_suffix(".message").or_else(|| key.strip_suffix(".remedy")) {
            codes.insert((code.to_owned(), "valuation/words".to_owned()));
        }
    }
    let mut offences = Vec::new();
    for (code, place) in codes.iter().filter(|(code, _)| code != "???") {
        for part in ["message", "remedy"] {
            let key = format!("error.{code}.{part}");
            if !keys.contains(key.as_str()) {
                offences.push(format!("{place} {key}"));
            }
        }
    }
    none("Each error says in Chinese and English what is wrong and what to do.", offences);
}

#[test]
fn both_words_of_a_key_hold_the_same_places() {
    let places = |word: &str| -> BTreeSet<String> {
        word.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name.to_owned()).collect()
    };
    let offences = words::all()
        .into_iter()
        .filter(|(_, zh, en)| places(zh) != places(en))
        .map(|(key, zh, en)| format!("{key}: {zh} | {en}"))
        .collect();
    none("The Chinese and the English word hold the same {places}.", offences);
}

/// A list to look at, not a failure: a key may be built from parts that this test cannot see.
#[test]
fn keys_that_nothing_names_are_listed() {
    let literals: Vec<String> = literals().into_iter().map(|(literal, _)| literal).collect();
    let used = |key: &str| {
        literals.iter().any(|literal| matches(literal, key) || (literal.ends_with('.') && key.starts_with(literal)))
    };
    let unused: Vec<&str> = keys().into_iter().filter(|key| !key.starts_with("error.") && !used(key)).collect();
    if !unused.is_empty() {
        println!("keys that no literal names: {}", unused.join(", "));
    }
}
