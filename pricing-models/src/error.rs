//! Why a model was not fitted.

use thiserror::Error;
use valuation::fault::{Fault, Place};
use valuation::market::price_model::PriceModelError;

use crate::index::error::IndexError;

/// The errors of this crate. Words: `error.<code>.message` and `error.<code>.remedy`.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ModelError {
    /// `position` counts characters of the formula from 1.
    #[error("the formula cannot be read at character {position}: found `{found}`, expected {expected}")]
    FormulaSyntax { position: usize, found: String, expected: &'static str },
    #[error("unknown function `{name}`, did you mean `{nearest}`?")]
    UnknownFunction { name: String, nearest: String },
    #[error("unknown column `{column}`, did you mean `{nearest}`?")]
    UnknownColumn { column: String, nearest: String },
    #[error("column `{column}` is text, `{used_in}` needs numbers")]
    NotNumeric { column: String, used_in: String },
    #[error("column `{column}` holds no level `{level}`, did you mean `{nearest}`?")]
    UnknownReference { column: String, level: String, nearest: String },
    #[error("column `{column}` has {rows} rows, the others have {expected}")]
    ColumnLength { column: String, rows: usize, expected: usize },
    #[error("column `{column}` stands twice")]
    ColumnTwice { column: String },
    #[error("the weight column `{column}` holds a negative number")]
    NegativeWeight { column: String },
    #[error("{rows} complete rows for {parameters} parameters")]
    TooFewRows { rows: usize, parameters: usize },
    #[error("no regressor is left")]
    NothingToFit,
    #[error("`{columns}` have {levels} levels to be written as dummies, at most {limit} are")]
    TooManyLevels { columns: String, levels: usize, limit: usize },
    #[error("hc2 and hc3 need leverages: `{columns}` would need {levels} dummies, at most {limit} are written")]
    LeveragesNeedDummies { columns: String, levels: usize, limit: usize },
    #[error("the fixed effects {effects} could not be separated to the accuracy asked for")]
    NotConverged { effects: String },
    #[error("`{response}` holds {value}, which a {family} model does not allow")]
    PriceOutsideFamily { response: String, value: f64, family: &'static str },
    #[error("the coefficient of `{term}` has no finite estimate: zero prices are separated")]
    Separation { term: String },
    #[error("every row is the only one of a level of {effects}")]
    OnlySingletons { effects: String },
    #[error("`{column}` makes {clusters} clusters, at least 2 are needed")]
    TooFewClusters { column: String, clusters: usize },
    #[error("{name} = {value} is outside {range}")]
    Parameter { name: &'static str, value: String, range: &'static str },
    #[error("the model has no coefficient `{name}`, did you mean `{nearest}`?")]
    UnknownCoefficient { name: String, nearest: String },
    #[error("the hypothesis is singular")]
    SingularHypothesis,
    #[error("{groups} groups cannot be split into {folds} folds")]
    TooFewGroups { groups: usize, folds: usize },
    #[error("a model with absorbed fixed effects ({effects}) gives no price model")]
    AbsorbedEffects { effects: String },
    #[error("the model {model} was recorded without what predictions need: it has too many levels")]
    NoPredictor { model: String },
    #[error("`{response}` is neither a price nor the logarithm of a price")]
    ResponseNotPrice { response: String },
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    PriceModel(#[from] PriceModelError),
}

impl Fault for ModelError {
    fn code(&self) -> &'static str {
        match self {
            ModelError::FormulaSyntax { .. } => "formula_syntax",
            ModelError::UnknownFunction { .. } => "formula_unknown_function",
            ModelError::UnknownColumn { .. } => "unknown_column",
            ModelError::NotNumeric { .. } => "column_not_numeric",
            ModelError::UnknownReference { .. } => "reference_level_unknown",
            ModelError::ColumnLength { .. } => "column_length",
            ModelError::ColumnTwice { .. } => "column_twice",
            ModelError::NegativeWeight { .. } => "weight_negative",
            ModelError::TooFewRows { .. } => "too_few_rows",
            ModelError::NothingToFit => "nothing_to_fit",
            ModelError::TooManyLevels { .. } => "too_many_levels",
            ModelError::LeveragesNeedDummies { .. } => "leverages_need_dummies",
            ModelError::NotConverged { .. } => "effects_not_converged",
            ModelError::OnlySingletons { .. } => "only_singletons",
            ModelError::PriceOutsideFamily { .. } => "price_outside_family",
            ModelError::Separation { .. } => "separation",
            ModelError::TooFewClusters { .. } => "too_few_clusters",
            ModelError::Parameter { .. } => "model_parameter",
            ModelError::UnknownCoefficient { .. } => "unknown_coefficient",
            ModelError::SingularHypothesis => "hypothesis_singular",
            ModelError::TooFewGroups { .. } => "too_few_groups",
            ModelError::AbsorbedEffects { .. } => "absorbed_effects",
            ModelError::NoPredictor { .. } => "model_without_predictor",
            ModelError::ResponseNotPrice { .. } => "response_not_price",
            ModelError::Index(error) => error.code(),
            ModelError::PriceModel(error) => error.code(),
        }
    }

    fn place(&self) -> Place {
        let field = match self {
            ModelError::FormulaSyntax { .. } | ModelError::UnknownFunction { .. } => Some("formula".to_owned()),
            ModelError::UnknownColumn { column, .. }
            | ModelError::NotNumeric { column, .. }
            | ModelError::UnknownReference { column, .. }
            | ModelError::ColumnLength { column, .. }
            | ModelError::ColumnTwice { column }
            | ModelError::NegativeWeight { column }
            | ModelError::TooManyLevels { columns: column, .. }
            | ModelError::LeveragesNeedDummies { columns: column, .. }
            | ModelError::NotConverged { effects: column }
            | ModelError::OnlySingletons { effects: column }
            | ModelError::PriceOutsideFamily { response: column, .. }
            | ModelError::Separation { term: column }
            | ModelError::TooFewClusters { column, .. } => Some(column.clone()),
            ModelError::Parameter { name, .. } => Some((*name).to_owned()),
            ModelError::UnknownCoefficient { name, .. } => Some(name.clone()),
            ModelError::Index(error) => return error.place(),
            ModelError::PriceModel(error) => return error.place(),
            _ => None,
        };
        Place { field, ..Place::default() }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            ModelError::FormulaSyntax { position, found, expected } => {
                vec![("position", position.to_string()), ("found", found.clone()), ("expected", (*expected).to_owned())]
            }
            ModelError::UnknownFunction { name, nearest } | ModelError::UnknownCoefficient { name, nearest } => {
                vec![("name", name.clone()), ("nearest", nearest.clone())]
            }
            ModelError::UnknownColumn { column, nearest } => {
                vec![("column", column.clone()), ("nearest", nearest.clone())]
            }
            ModelError::NotNumeric { column, used_in } => {
                vec![("column", column.clone()), ("used_in", used_in.clone())]
            }
            ModelError::UnknownReference { column, level, nearest } => {
                vec![("column", column.clone()), ("level", level.clone()), ("nearest", nearest.clone())]
            }
            ModelError::ColumnLength { column, rows, expected } => {
                vec![("column", column.clone()), ("rows", rows.to_string()), ("expected", expected.to_string())]
            }
            ModelError::ColumnTwice { column } | ModelError::NegativeWeight { column } => {
                vec![("column", column.clone())]
            }
            ModelError::TooFewRows { rows, parameters } => {
                vec![("rows", rows.to_string()), ("parameters", parameters.to_string())]
            }
            ModelError::NothingToFit | ModelError::SingularHypothesis => vec![],
            ModelError::NotConverged { effects } | ModelError::OnlySingletons { effects } => {
                vec![("effects", effects.clone())]
            }
            ModelError::TooManyLevels { columns, levels, limit }
            | ModelError::LeveragesNeedDummies { columns, levels, limit } => {
                vec![("columns", columns.clone()), ("levels", levels.to_string()), ("limit", limit.to_string())]
            }
            ModelError::TooFewClusters { column, clusters } => {
                vec![("column", column.clone()), ("clusters", clusters.to_string())]
            }
            ModelError::Parameter { name, value, range } => {
                vec![("name", (*name).to_owned()), ("value", value.clone()), ("range", (*range).to_owned())]
            }
            ModelError::TooFewGroups { groups, folds } => {
                vec![("groups", groups.to_string()), ("folds", folds.to_string())]
            }
            ModelError::AbsorbedEffects { effects } => vec![("effects", effects.clone())],
            ModelError::PriceOutsideFamily { response, value, family } => {
                vec![("response", response.clone()), ("value", value.to_string()), ("family", (*family).to_owned())]
            }
            ModelError::Separation { term } => vec![("term", term.clone())],
            ModelError::NoPredictor { model } => vec![("model", model.clone())],
            ModelError::ResponseNotPrice { response } => vec![("response", response.clone())],
            ModelError::Index(error) => error.places(),
            ModelError::PriceModel(error) => error.places(),
        }
    }
}

/// The known name that looks most like `unknown`; among equals the first.
pub(crate) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut best: Option<(f64, &str)> = None;
    for name in known {
        let likeness = strsim::jaro_winkler(unknown, name);
        if best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, name));
        }
    }
    best.map_or_else(String::new, |(_, name)| name.to_owned())
}
