//! The words of a formula.

use crate::error::ModelError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A column or function name.
    Name(String),
    /// A name in backquotes, never a function.
    Quoted(String),
    Text(String),
    Number(f64, String),
    Sign(char),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub word: Word,
    /// Character, counted from 1.
    pub position: usize,
}

impl Word {
    pub fn shown(&self) -> String {
        match self {
            Word::Name(name) => name.clone(),
            Word::Quoted(name) => format!("`{name}`"),
            Word::Text(text) => format!("\"{text}\""),
            Word::Number(_, text) => text.clone(),
            Word::Sign(sign) => sign.to_string(),
            Word::End => "end".to_owned(),
        }
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ModelError> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let start = at;
        let letter = letters[at];
        let word = if letter.is_whitespace() {
            at += 1;
            continue;
        } else if letter.is_ascii_digit() || (letter == '.' && letters.get(at + 1).is_some_and(char::is_ascii_digit)) {
            at = number_end(&letters, at);
            let digits: String = letters[start..at].iter().collect();
            let value = digits.parse().map_err(|_| unreadable(start, &digits))?;
            Word::Number(value, digits)
        } else if letter.is_alphabetic() || letter == '_' || letter == '.' {
            while at < letters.len() && (letters[at].is_alphanumeric() || letters[at] == '_' || letters[at] == '.') {
                at += 1;
            }
            Word::Name(letters[start..at].iter().collect())
        } else if matches!(letter, '`' | '"' | '\'') {
            at += 1;
            while at < letters.len() && letters[at] != letter {
                at += 1;
            }
            if at == letters.len() {
                return Err(unreadable(start, &letter.to_string()));
            }
            let inner: String = letters[start + 1..at].iter().collect();
            at += 1;
            if letter == '`' { Word::Quoted(inner) } else { Word::Text(inner) }
        } else if "+-*/^:(),~|=".contains(letter) {
            at += 1;
            Word::Sign(letter)
        } else {
            return Err(unreadable(start, &letter.to_string()));
        };
        found.push(Token { word, position: start + 1 });
    }
    found.push(Token { word: Word::End, position: letters.len() + 1 });
    Ok(found)
}

fn number_end(letters: &[char], mut at: usize) -> usize {
    let digits = |mut at: usize| {
        while at < letters.len() && (letters[at].is_ascii_digit() || letters[at] == '.') {
            at += 1;
        }
        at
    };
    at = digits(at);
    if at < letters.len() && matches!(letters[at], 'e' | 'E') {
        let sign = usize::from(letters.get(at + 1).is_some_and(|sign| matches!(sign, '+' | '-')));
        if letters.get(at + 1 + sign).is_some_and(char::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at
}

fn unreadable(start: usize, found: &str) -> ModelError {
    ModelError::FormulaSyntax { position: start + 1, found: found.to_owned(), expected: "name, number or operator" }
}
