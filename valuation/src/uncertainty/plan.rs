//! What a case asks to know about the uncertainty of its values.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ValuationError;

/// What is computed beside the intervals; recorded with the result.
///
/// ```json
/// {"error_budget_draws": 2048, "error_budget_of": ["relief_from_royalty"], "tornado_probability": 0.1,
///  "grids": [{"of": "relief_from_royalty",
///             "rows": {"input": "relief_from_royalty.discount_rate", "values": [0.12, 0.14, 0.16]},
///             "columns": {"input": "relief_from_royalty.royalty_rate", "values": [0.08, 0.1]}}],
///  "break_even": [{"of": "conclusion", "input": "relief_from_royalty.royalty_rate", "target": "800000",
///                  "between": [0.0, 0.5]}],
///  "two_level": {"of": "conclusion", "varies": ["relief_from_royalty.revenue.first"], "outer": 200, "inner": 500}}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UncertaintyPlan {
    /// Base draws of the error budget (Sobol indices); none where 0.
    pub error_budget_draws: u32,
    /// Methods whose error budget is asked for beside that of the conclusion.
    pub error_budget_of: Vec<String>,
    /// The low end of a tornado bar is the input's quantile at this probability, the high end that at 1 − p.
    pub tornado_probability: f64,
    pub grids: Vec<AskedGrid>,
    pub break_even: Vec<AskedBreakEven>,
    pub two_level: Option<AskedTwoLevel>,
}

impl Default for UncertaintyPlan {
    fn default() -> Self {
        UncertaintyPlan {
            error_budget_draws: 512,
            error_budget_of: Vec::new(),
            tornado_probability: 0.1,
            grids: Vec::new(),
            break_even: Vec::new(),
            two_level: None,
        }
    }
}

/// A value over all pairs of two inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskedGrid {
    /// A method's name in the case, or `conclusion`.
    pub of: String,
    pub rows: Points,
    pub columns: Points,
}

/// An input and the numbers it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// Such as `relief_from_royalty.discount_rate`.
    pub input: String,
    pub values: Vec<f64>,
}

/// Where an input must stand for a value to be the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskedBreakEven {
    /// A method's name in the case, or `conclusion`.
    pub of: String,
    pub input: String,
    #[serde(deserialize_with = "crate::given::number")]
    #[schemars(with = "String")]
    pub target: Decimal,
    /// The input is sought between these.
    pub between: [f64; 2],
}

/// Two levels: the outer one over what is not known (every uncertain input that is not named here), the inner one over what
/// varies from case to case (the inputs named in `varies`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskedTwoLevel {
    /// A method's name in the case, or `conclusion`.
    pub of: String,
    pub varies: Vec<String>,
    pub outer: u32,
    pub inner: u32,
}

impl UncertaintyPlan {
    /// Whether nothing beside the usual is asked.
    pub fn is_usual(&self) -> bool {
        *self == UncertaintyPlan::default()
    }

    pub(crate) fn check(&self) -> Result<(), ValuationError> {
        let outside = |field: &str, value: String, low: &str, high: &str| ValuationError::OutOfRange {
            field: format!("uncertainty.{field}"),
            value,
            low: low.to_owned(),
            high: high.to_owned(),
        };
        if !(self.tornado_probability > 0.0 && self.tornado_probability < 0.5) {
            let value = self.tornado_probability.to_string();
            return Err(outside("tornado_probability", value, "> 0", "< 0.5"));
        }
        if self.error_budget_draws != 0 && !(64..=1_000_000).contains(&self.error_budget_draws) {
            return Err(outside("error_budget_draws", self.error_budget_draws.to_string(), "64", "1000000"));
        }
        for (index, grid) in self.grids.iter().enumerate() {
            for (member, points) in [("rows", &grid.rows), ("columns", &grid.columns)] {
                let field = format!("grids[{index}].{member}.values");
                let count = points.values.len();
                if !(1..=1000).contains(&count) {
                    return Err(outside(&field, count.to_string(), "1", "1000"));
                }
            }
        }
        for (index, asked) in self.break_even.iter().enumerate() {
            let [low, high] = asked.between;
            if !(low.is_finite() && high.is_finite() && low < high) {
                let value = format!("{low} … {high}");
                return Err(outside(&format!("break_even[{index}].between"), value, "-∞", "∞"));
            }
        }
        if let Some(asked) = &self.two_level {
            let lanes = u64::from(asked.outer) * u64::from(asked.inner);
            if asked.outer < 10 || asked.inner < 10 || lanes > 10_000_000 {
                let value = format!("{} × {}", asked.outer, asked.inner);
                return Err(outside("two_level", value, "10 × 10", "10000000"));
            }
        }
        Ok(())
    }
}
