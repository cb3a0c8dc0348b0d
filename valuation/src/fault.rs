//! What every error tells its user: a stable code, the place, and the words of the message and the remedy.

use crate::words::{self, Language};

/// Where the fault is: any of the members may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub file: Option<String>,
    /// Counted from 1.
    pub line: Option<u64>,
    /// The field, column or path such as `methods[1].royalty_rate`.
    pub field: Option<String>,
}

/// An error that can be explained in the user's language. The table of codes with exit code and HTTP status is in `api`.
///
/// The words are `error.<code>.message` and `error.<code>.remedy`, with places filled from [`Fault::places`].
pub trait Fault: std::error::Error {
    /// The stable code, in snake case.
    fn code(&self) -> &'static str;

    /// Where the fault is.
    fn place(&self) -> Place;

    /// What fills the places `{name}` of the message and the remedy.
    fn places(&self) -> Vec<(&'static str, String)>;

    /// What is wrong, in `language`.
    fn message(&self, language: Language) -> String {
        fill(&format!("error.{}.message", self.code()), language, &self.places())
    }

    /// What the user can do about it, in `language`.
    fn remedy(&self, language: Language) -> String {
        fill(&format!("error.{}.remedy", self.code()), language, &self.places())
    }
}

fn fill(key: &str, language: Language, places: &[(&'static str, String)]) -> String {
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words::format(key, language, &places)
}
