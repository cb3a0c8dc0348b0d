//! What a model must reach before it may be relied on; every bound is the user's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ModelCard;

/// Bounds a model is held against; one that is not given is not tested.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_min: Option<u64>,
    /// Out of fold, in per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_ape_max: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cod_max: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prd_between: Option<(f64, f64)>,
    /// Of the absolute value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prb_max: Option<f64>,
    /// By how much the share of covered prices may fall short of the level of the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_shortfall_max: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2_out_of_fold_min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaled_condition_max: Option<f64>,
}

/// One bound and whether the model keeps it; a figure that could not be computed does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptanceTest {
    /// A word `acceptance.<name>` labels it.
    pub name: String,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub passed: bool,
}

impl Acceptance {
    pub(super) fn tests(&self, card: &ModelCard) -> Vec<AcceptanceTest> {
        let evaluation = card.evaluation.as_ref();
        let of = |read: fn(&crate::evaluate::Evaluation) -> Option<f64>| evaluation.and_then(read);
        let shortfall = evaluation.and_then(|e| Some(e.validation.level - e.coverage?.share));
        let prd = self.prd_between;
        let tests = [
            test("rows", Some(card.n as f64), self.rows_min.map(|rows| rows as f64), None),
            test("median_ape", of(|e| e.median_ape), None, self.median_ape_max),
            test("cod", of(|e| e.cod), None, self.cod_max),
            test("prd", of(|e| e.prd), prd.map(|(low, _)| low), prd.map(|(_, high)| high)),
            test("prb", of(|e| e.prb.map(|prb| prb.value)), self.prb_max.map(|max| -max), self.prb_max),
            test("coverage_shortfall", shortfall, None, self.coverage_shortfall_max),
            test("r2_out_of_fold", of(|e| e.r2_out_of_fold), self.r2_out_of_fold_min, None),
            test("scaled_condition", Some(card.scaled_condition_number), None, self.scaled_condition_max),
        ];
        tests.into_iter().flatten().collect()
    }
}

fn test(name: &str, value: Option<f64>, low: Option<f64>, high: Option<f64>) -> Option<AcceptanceTest> {
    if low.is_none() && high.is_none() {
        return None;
    }
    let above = |value: f64| low.is_none_or(|low| value >= low);
    let below = |value: f64| high.is_none_or(|high| value <= high);
    let passed = value.is_some_and(|value| above(value) && below(value));
    Some(AcceptanceTest { name: name.to_owned(), value, low, high, passed })
}
