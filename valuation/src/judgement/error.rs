//! Why a judgement cannot be evaluated.

use thiserror::Error;

use crate::fault::{Fault, Place};

/// What can be wrong with expert judgements. Words: `error.<code>.message` and `error.<code>.remedy`.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum JudgementError {
    #[error("{field}: {first}:{second} is judged {given}, and {second}:{first} {back}, which is not its reciprocal")]
    NotReciprocal { field: String, first: String, second: String, given: f64, back: f64 },
    #[error("{field}: `{value}` is not a positive ratio")]
    NotPositive { field: String, value: String },
    #[error("{field}: nothing links {name} to the others")]
    NotConnected { field: String, name: String },
    #[error("{field}: {missing} is not compared, and this derivation needs every pair")]
    PairMissing { field: String, missing: String },
    #[error("{field}: comparisons of {name} are missing")]
    ComparisonsMissing { field: String, name: String },
    #[error("{field}: unknown name {name}")]
    UnknownName { field: String, name: String, nearest: String },
    #[error("{field}: {name} stands twice")]
    Twice { field: String, name: String },
    #[error("{field} is empty")]
    Empty { field: String },
    #[error("{field}: {found} numbers instead of {expected}")]
    Length { field: String, found: usize, expected: usize },
    #[error("{field}: sums to {sum}")]
    SumNotOne { field: String, sum: f64 },
    #[error("{field}: {value} is outside {range}")]
    Range { field: String, value: f64, range: &'static str },
    #[error("{field}: no indicator varies")]
    NothingVaries { field: String },
    #[error("{field}: {found} experts, at least {least} are needed")]
    TooFewExperts { field: String, found: usize, least: usize },
}

impl JudgementError {
    fn field(&self) -> &str {
        match self {
            JudgementError::NotReciprocal { field, .. }
            | JudgementError::NotPositive { field, .. }
            | JudgementError::NotConnected { field, .. }
            | JudgementError::PairMissing { field, .. }
            | JudgementError::ComparisonsMissing { field, .. }
            | JudgementError::UnknownName { field, .. }
            | JudgementError::Twice { field, .. }
            | JudgementError::Empty { field }
            | JudgementError::Length { field, .. }
            | JudgementError::SumNotOne { field, .. }
            | JudgementError::Range { field, .. }
            | JudgementError::NothingVaries { field }
            | JudgementError::TooFewExperts { field, .. } => field,
        }
    }
}

impl Fault for JudgementError {
    fn code(&self) -> &'static str {
        match self {
            JudgementError::NotReciprocal { .. } => "judgement_not_reciprocal",
            JudgementError::NotPositive { .. } => "judgement_not_positive",
            JudgementError::NotConnected { .. } => "judgement_not_connected",
            JudgementError::PairMissing { .. } => "judgement_pair_missing",
            JudgementError::ComparisonsMissing { .. } => "judgement_comparisons_missing",
            JudgementError::UnknownName { .. } => "judgement_unknown_name",
            JudgementError::Twice { .. } => "judgement_stands_twice",
            JudgementError::Empty { .. } => "judgement_empty",
            JudgementError::Length { .. } => "judgement_length",
            JudgementError::SumNotOne { .. } => "judgement_sum_not_one",
            JudgementError::Range { .. } => "judgement_range",
            JudgementError::NothingVaries { .. } => "judgement_nothing_varies",
            JudgementError::TooFewExperts { .. } => "judgement_too_few_experts",
        }
    }

    fn place(&self) -> Place {
        Place { field: Some(self.field().to_owned()), ..Place::default() }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let mut places = vec![("field", self.field().to_owned())];
        match self {
            JudgementError::NotReciprocal { first, second, given, back, .. } => places.extend([
                ("first", first.clone()),
                ("second", second.clone()),
                ("given", given.to_string()),
                ("back", back.to_string()),
                ("reciprocal", (1.0 / given).to_string()),
            ]),
            JudgementError::NotPositive { value, .. } => places.push(("value", value.clone())),
            JudgementError::NotConnected { name, .. }
            | JudgementError::ComparisonsMissing { name, .. }
            | JudgementError::Twice { name, .. } => places.push(("name", name.clone())),
            JudgementError::PairMissing { missing, .. } => places.push(("missing", missing.clone())),
            JudgementError::UnknownName { name, nearest, .. } => {
                places.extend([("name", name.clone()), ("nearest", nearest.clone())]);
            }
            JudgementError::Length { found, expected, .. } => {
                places.extend([("found", found.to_string()), ("expected", expected.to_string())]);
            }
            JudgementError::SumNotOne { sum, .. } => places.push(("sum", sum.to_string())),
            JudgementError::Range { value, range, .. } => {
                places.extend([("value", value.to_string()), ("range", (*range).to_owned())]);
            }
            JudgementError::TooFewExperts { found, least, .. } => {
                places.extend([("found", found.to_string()), ("least", least.to_string())]);
            }
            JudgementError::Empty { .. } | JudgementError::NothingVaries { .. } => {}
        }
        places
    }
}
