//! The two pages at the door: signing in, and the first administrator's. Forms, no script.

use ::valuation::words::{self, Language};
use askama::Template;

use crate::report::ReportError;

#[derive(Template)]
#[template(path = "door.html")]
struct Door<'a> {
    language: Language,
    /// Code of the one-time link; none where people sign in.
    code: Option<&'a str>,
}

impl Door<'_> {
    fn say(&self, key: &str) -> String {
        words::text(key, self.language)
    }

    fn html(&self) -> &'static str {
        if self.language == Language::En { "en" } else { "zh-CN" }
    }
}

/// The page to sign in.
pub fn sign_in(language: Language) -> Result<String, ReportError> {
    Ok(Door { language, code: None }.render()?)
}

/// The page of the one-time link.
pub fn setup(code: &str, language: Language) -> Result<String, ReportError> {
    Ok(Door { language, code: Some(code) }.render()?)
}
