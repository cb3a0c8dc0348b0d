//! Why a workbook or its bindings were refused.

use std::fmt;

use thiserror::Error;

use crate::fault::{Fault, Place};

/// A row by the keys of its sheet and of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    pub sheet: String,
    pub row: String,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.sheet, self.row)
    }
}

/// Each refusal names the row or the input it is about.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum WorkbookError {
    #[error("{at}: input `{input}` is not bound")]
    UnknownInput { at: At, input: String },
    #[error("{at}: refers to {to}, which does not exist")]
    MissingRow { at: At, to: String },
    #[error("{at}: refers to {to}, which is calculated later")]
    ForwardReference { at: At, to: At },
    #[error("{at}: `Prev` stands in forward blocks and `Next` in backward blocks, each for rows of its own block")]
    WrongRun { at: At },
    #[error("{at}: has `Prev` or `Next` where there is no previous column")]
    NoFirst { at: At },
    #[error("{at}: refers column by column to {to}, whose axis is another")]
    AxisMismatch { at: At, to: At },
    #[error("{at}: the axis has no columns")]
    EmptyAxis { at: At },
    #[error("{at}: input `{input}` has {found} numbers for {expected} columns")]
    SeriesLength { at: At, input: String, expected: usize, found: usize },
    #[error("{at}: a quotient in a Books sheet does not stand under Round")]
    UnroundedQuotient { at: At },
    #[error("{at}: a product in a Books sheet does not stand under Round")]
    UnroundedProduct { at: At },
    #[error("{at}: a Books sheet takes the Model number {to} only under Round")]
    UnroundedModel { at: At, to: At },
    #[error("{at}: `{what}` has no place in a Books sheet")]
    NotInBooks { at: At, what: &'static str },
    #[error("{at}: rounds to {places} places; at most 15 are held")]
    RoundPlaces { at: At, places: u32 },
    #[error("{at}: a kernel takes {expected} arguments, not {found}")]
    KernelArguments { at: At, expected: usize, found: usize },
    #[error("{at}: a tree of {steps} steps; between 1 and 10000 are allowed")]
    KernelSteps { at: At, steps: u32 },
    #[error("{at}: cannot solve for `{input}`: it must be a bound single number used by an earlier formula")]
    SolveUnknown { at: At, input: String },
    #[error("{at}: solves for a row that is not a single number of an earlier block in a Model sheet")]
    SolveTarget { at: At },
    #[error("{at}: the bracket {low} to {high} is not an interval")]
    SolveBracket { at: At, low: f64, high: f64 },
    #[error("{at}: has no exact value in column {column}{}", lane.map(|l| format!(" of lane {l}")).unwrap_or_default())]
    Undefined { at: At, column: usize, lane: Option<u64> },
    #[error("input `{input}`: the parameters of its distribution are not possible")]
    DistributionParameters { input: String },
    #[error("input `{input}`: is drawn jointly, but is bound twice, not bound, or not uncertain")]
    JointMember { input: String },
    #[error("the joint draw of {inputs} has a matrix of another size, or one that is not symmetric")]
    JointShape { inputs: String },
    #[error("the covariance or correlation of {inputs} is not positive semi-definite")]
    NotPositive { inputs: String },
    #[error("the table has no input `{input}` in the bindings, or gives it another number of lanes")]
    TableInput { input: String },
    #[error("a pass needs at least one lane")]
    NoLanes,
    #[error("an output is not a cell of the workbook")]
    UnknownOutput,
    #[error("input `{input}` is not uncertain, so there is nothing to vary")]
    NotUncertain { input: String },
    #[error("{found} uncertain inputs are more than the {most} dimensions of the Sobol sequence")]
    TooManyDimensions { found: usize, most: usize },
    #[error("sheet {sheet} cannot be stamped: the workbook has no such sheet")]
    UnknownSheet { sheet: u32 },
}

impl WorkbookError {
    fn at(&self) -> Option<&At> {
        use WorkbookError::*;
        match self {
            UnknownInput { at, .. }
            | MissingRow { at, .. }
            | ForwardReference { at, .. }
            | WrongRun { at }
            | NoFirst { at }
            | AxisMismatch { at, .. }
            | EmptyAxis { at }
            | SeriesLength { at, .. }
            | UnroundedQuotient { at }
            | UnroundedProduct { at }
            | UnroundedModel { at, .. }
            | NotInBooks { at, .. }
            | RoundPlaces { at, .. }
            | KernelArguments { at, .. }
            | KernelSteps { at, .. }
            | SolveUnknown { at, .. }
            | SolveTarget { at }
            | SolveBracket { at, .. }
            | Undefined { at, .. } => Some(at),
            _ => None,
        }
    }
}

impl Fault for WorkbookError {
    fn code(&self) -> &'static str {
        use WorkbookError::*;
        match self {
            UnknownInput { .. } => "workbook_unknown_input",
            MissingRow { .. } => "workbook_missing_row",
            ForwardReference { .. } => "workbook_forward_reference",
            WrongRun { .. } => "workbook_wrong_run",
            NoFirst { .. } => "workbook_no_first",
            AxisMismatch { .. } => "workbook_axis_mismatch",
            EmptyAxis { .. } => "workbook_empty_axis",
            SeriesLength { .. } => "workbook_series_length",
            UnroundedQuotient { .. } => "workbook_unrounded_quotient",
            UnroundedProduct { .. } => "workbook_unrounded_product",
            UnroundedModel { .. } => "workbook_unrounded_model",
            NotInBooks { .. } => "workbook_not_in_books",
            RoundPlaces { .. } => "workbook_round_places",
            KernelArguments { .. } => "workbook_kernel_arguments",
            KernelSteps { .. } => "workbook_kernel_steps",
            SolveUnknown { .. } => "workbook_solve_unknown",
            SolveTarget { .. } => "workbook_solve_target",
            SolveBracket { .. } => "workbook_solve_bracket",
            Undefined { .. } => "workbook_undefined",
            DistributionParameters { .. } => "workbook_distribution",
            JointMember { .. } => "workbook_joint_member",
            JointShape { .. } => "workbook_joint_shape",
            NotPositive { .. } => "workbook_not_positive",
            TableInput { .. } => "workbook_table_input",
            NoLanes => "workbook_no_lanes",
            UnknownOutput => "workbook_unknown_output",
            NotUncertain { .. } => "workbook_not_uncertain",
            TooManyDimensions { .. } => "workbook_dimensions",
            UnknownSheet { .. } => "workbook_unknown_sheet",
        }
    }

    fn place(&self) -> Place {
        use WorkbookError::*;
        let field = match self {
            UnknownInput { input, .. } | SeriesLength { input, .. } => Some(input.clone()),
            DistributionParameters { input }
            | JointMember { input }
            | TableInput { input }
            | NotUncertain { input } => Some(input.clone()),
            other => other.at().map(At::to_string),
        };
        Place { field, ..Place::default() }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        use WorkbookError::*;
        let mut places: Vec<(&'static str, String)> = self.at().map(|at| ("row", at.to_string())).into_iter().collect();
        match self {
            UnknownInput { input, .. } | SolveUnknown { input, .. } => places.push(("input", input.clone())),
            MissingRow { to, .. } => places.push(("to", to.clone())),
            ForwardReference { to, .. } | AxisMismatch { to, .. } | UnroundedModel { to, .. } => {
                places.push(("to", to.to_string()))
            }
            SeriesLength { input, expected, found, .. } => places.extend([
                ("input", input.clone()),
                ("expected", expected.to_string()),
                ("found", found.to_string()),
            ]),
            NotInBooks { what, .. } => places.push(("what", (*what).to_owned())),
            RoundPlaces { places: n, .. } => places.push(("places", n.to_string())),
            KernelArguments { expected, found, .. } => {
                places.extend([("expected", expected.to_string()), ("found", found.to_string())])
            }
            KernelSteps { steps, .. } => places.push(("steps", steps.to_string())),
            SolveBracket { low, high, .. } => places.extend([("low", low.to_string()), ("high", high.to_string())]),
            Undefined { column, lane, .. } => places.extend([
                ("column", (column + 1).to_string()),
                ("lane", lane.map_or_else(|| "-".to_owned(), |l| (l + 1).to_string())),
            ]),
            DistributionParameters { input }
            | JointMember { input }
            | TableInput { input }
            | NotUncertain { input } => places.push(("input", input.clone())),
            JointShape { inputs } | NotPositive { inputs } => places.push(("inputs", inputs.clone())),
            TooManyDimensions { found, most } => {
                places.extend([("found", found.to_string()), ("most", most.to_string())])
            }
            UnknownSheet { sheet } => places.push(("sheet", (sheet + 1).to_string())),
            _ => {}
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, has};

    #[test]
    fn a_refusal_speaks_both_languages_and_fills_its_places() {
        let at = At { sheet: "royalty".into(), row: "tax".into() };
        let faults = [
            WorkbookError::UnknownInput { at: at.clone(), input: "tax.rate".into() },
            WorkbookError::SeriesLength { at: at.clone(), input: "x".into(), expected: 3, found: 2 },
            WorkbookError::Undefined { at, column: 2, lane: Some(7) },
            WorkbookError::NoLanes,
            WorkbookError::TooManyDimensions { found: 200, most: 128 },
        ];
        for fault in faults {
            assert!(has(&format!("error.{}.message", fault.code())) && has(&format!("error.{}.remedy", fault.code())));
            for language in [Language::Zh, Language::En] {
                let said = fault.message(language) + &fault.remedy(language);
                assert!(!said.contains('{'), "{said}");
            }
        }
    }
}
