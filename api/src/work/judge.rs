//! Expert judgement from a file.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::case::read::{Format, nearest};
use valuation::judgement::ahp::{Hierarchy, Priorities, priorities};
use valuation::judgement::delphi::{Delphi, DelphiRounds};
use valuation::judgement::error::JudgementError;
use valuation::judgement::fuzzy::{FuzzyEvaluation, Verdict, evaluate};
use valuation::judgement::indicators::{IndicatorWeights, Indicators};
use valuation::judgement::rubric::{Rubric, Scored, score};

use crate::error::Error;
use crate::work::document;

/// What a judgement gives.
pub enum Judged {
    Ahp(Priorities),
    Fuzzy { grades: Vec<String>, found: Verdict },
    Indicators(IndicatorWeights),
    Delphi(Delphi),
    Rubric(Scored),
}

/// A filled-in questionnaire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Questionnaire {
    /// The name of a rubric that is shipped (`dcmm`), or a rubric.
    pub rubric: RubricOrName,
    /// Score by item.
    pub scores: BTreeMap<String, f64>,
}

/// A rubric by name or in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RubricOrName {
    Name(String),
    Rubric(Rubric),
}

/// The rubrics that are shipped, as data.
const RUBRICS: &[(&str, &str)] = &[("dcmm", include_str!("../../rubrics/dcmm.toml"))];

/// The error of a judgement, with the file it stands in.
fn in_file(file: &Path) -> impl Fn(JudgementError) -> Error {
    let file = document::name(file);
    move |fault| Error::Judgement { file: file.clone(), fault }
}

pub fn ahp(file: &Path) -> Result<Judged, Error> {
    let asked: Hierarchy = document::read(file)?;
    priorities(&asked).map(Judged::Ahp).map_err(in_file(file))
}

pub fn fuzzy(file: &Path) -> Result<Judged, Error> {
    let asked: FuzzyEvaluation = document::read(file)?;
    let found = evaluate(&asked).map_err(in_file(file))?;
    Ok(Judged::Fuzzy { grades: asked.grades, found })
}

pub fn entropy(file: &Path) -> Result<Judged, Error> {
    let asked: Indicators = document::read(file)?;
    valuation::judgement::entropy::entropy(&asked).map(Judged::Indicators).map_err(in_file(file))
}

pub fn critic(file: &Path) -> Result<Judged, Error> {
    let asked: Indicators = document::read(file)?;
    valuation::judgement::critic::critic(&asked).map(Judged::Indicators).map_err(in_file(file))
}

pub fn delphi(file: &Path) -> Result<Judged, Error> {
    let asked: DelphiRounds = document::read(file)?;
    valuation::judgement::delphi::delphi(&asked).map(Judged::Delphi).map_err(in_file(file))
}

pub fn rubric(file: &Path) -> Result<Judged, Error> {
    let asked: Questionnaire = document::read(file)?;
    let rubric = match asked.rubric {
        RubricOrName::Rubric(rubric) => rubric,
        RubricOrName::Name(name) => {
            let Some((_, text)) = RUBRICS.iter().find(|(known, _)| *known == name) else {
                let nearest = nearest(&name, RUBRICS.iter().map(|(known, _)| *known)).unwrap_or("dcmm".to_owned());
                let field = "rubric".to_owned();
                return Err(in_file(file)(JudgementError::UnknownName { field, name, nearest }));
            };
            document::parse(text, Format::Toml, Some(format!("{name}.toml")))?
        }
    };
    score(&rubric, &asked.scores).map(Judged::Rubric).map_err(in_file(file))
}
