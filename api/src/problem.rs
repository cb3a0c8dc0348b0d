//! How a fault is told: one JSON object on the command line, RFC 9457 problem details over HTTP, a few lines for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::fault::Fault;
use valuation::words::{self, Language};

use crate::error::Error;

/// The members every told fault has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// A code of the error table.
    pub code: String,
    /// What is wrong.
    pub message: String,
    pub file: Option<String>,
    /// Counted from 1.
    pub line: Option<u64>,
    /// The field, column or path such as `methods[1].royalty_rate`.
    pub field: Option<String>,
    /// What to do about it.
    pub remedy: String,
}

/// What stands on stdout where a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub error: Told,
}

/// RFC 9457 problem details, with the members of [`Told`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A relative reference that names the kind of problem and answers with the error table.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    #[serde(flatten)]
    pub told: Told,
}

impl Told {
    /// The fault in `language`.
    pub fn of(error: &Error, language: Language) -> Told {
        let place = error.place();
        Told {
            code: error.code().to_owned(),
            message: error.message(language),
            file: place.file,
            line: place.line,
            field: place.field,
            remedy: error.remedy(language),
        }
    }

    /// The lines a person reads on stderr.
    pub fn lines(&self, language: Language) -> String {
        let mut said = format!("{} [{}] {}", words::text("cli.error", language), self.code, self.message);
        let mut at = Vec::new();
        for (word, value) in [
            ("cli.error.file", self.file.clone()),
            ("cli.error.line", self.line.map(|line| line.to_string())),
            ("cli.error.field", self.field.clone()),
        ] {
            if let Some(value) = value {
                at.push(format!("{} {value}", words::text(word, language)));
            }
        }
        if !at.is_empty() {
            said.push_str(&format!("\n  {}", at.join("  ")));
        }
        said.push_str(&format!("\n  {} {}", words::text("cli.error.remedy", language), self.remedy));
        said
    }
}

impl Problem {
    /// The problem details of a fault.
    pub fn of(error: &Error, language: Language) -> Problem {
        let told = Told::of(error, language);
        Problem {
            r#type: format!("/v1/errors#{}", told.code),
            title: told.message.clone(),
            status: error.table().http,
            detail: format!("{} {}", told.message, told.remedy),
            told,
        }
    }
}
