//! The error table: every error of every crate has one code, and each code one HTTP status and one exit code.
//!
//! The order is the precedence: of two faults in one request the one nearer the top is reported. `api/DESIGN.md` lists the
//! same names in the same order. The words are `error.<name>.message` and `error.<name>.remedy`.

mod store;

use std::path::{Path, PathBuf};

use datasets::error::DataError;
use pricing_models::error::ModelError;
use valuation::error::ValuationError;
use valuation::fault::{Fault, Place};
use valuation::judgement::error::JudgementError;

use crate::certificate::CertificateError;
use crate::register::RegisterError;
use crate::report::ReportError;

/// One line of the error table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    /// HTTP status.
    pub http: u16,
    /// Exit code: 1 our fault or the machine's, 2 wrong usage, 3 bad input, 4 refused by a rule, 5 not found, 6 damaged.
    pub exit: u8,
}

const fn code(name: &'static str, http: u16, exit: u8) -> Code {
    Code { name, http, exit }
}

/// Every code, in order of precedence.
#[rustfmt::skip]
pub const CODES: &[Code] = &[
    code("wrong_usage",                 400, 2),
    code("port_in_use",                 500, 2),
    code("read_only",                   503, 2),
    code("method_not_allowed",          405, 2),
    code("route_not_found",             404, 5),
    code("file_not_found",              404, 5),
    code("file_unreadable",             400, 3),
    code("file_empty",                  422, 3),
    code("file_without_rows",           422, 3),
    code("broken_file",                 400, 3),
    code("broken_text",                 400, 3),
    code("record_too_long",             422, 3),
    code("bad_parquet",                 422, 3),
    code("body_too_large",              413, 3),
    code("case_unreadable",             400, 3),
    code("mapping_syntax",              400, 3),
    code("unknown_field",               422, 3),
    code("missing_field",               422, 3),
    code("malformed_value",             422, 3),
    code("wrong_value",                 422, 3),
    code("not_finite",                  422, 3),
    code("stands_twice",                422, 3),
    code("missing_evidence",            422, 3),
    code("unknown_evidence",            422, 3),
    code("evidence_too_late",           422, 3),
    code("mixed_currency",              422, 3),
    code("negative_value",              422, 3),
    code("out_of_range",                422, 3),
    code("dates_out_of_order",          422, 3),
    code("rate_basis_mismatch",         422, 3),
    code("growth_not_below_rate",       422, 3),
    code("weights_not_one",             422, 3),
    code("correlation_impossible",     422, 3),
    code("asset_blocked",              422, 4),
    code("right_expired",              422, 3),
    code("life_beyond_right",          422, 4),
    code("wasting_perpetuity",         422, 4),
    code("same_revenue_twice",         422, 4),
    code("return_of_twice",            422, 4),
    code("capital_rewarded_twice",     422, 4),
    code("unknown_method",              422, 3),
    code("unknown_input",               422, 3),
    code("unknown_model",               404, 5),
    code("attribute_missing",           422, 3),
    code("attribute_not_number",        422, 3),
    code("attribute_level_unknown",     422, 3),
    code("regressor_undefined",         422, 3),
    code("price_model_malformed",       422, 3),
    code("workbook_distribution",       422, 3),
    code("workbook_not_positive",       422, 3),
    code("workbook_joint_member",       422, 3),
    code("workbook_joint_shape",        422, 3),
    code("workbook_not_uncertain",      422, 3),
    code("workbook_series_length",      422, 3),
    code("workbook_dimensions",         422, 3),
    code("workbook_no_lanes",           422, 3),
    code("workbook_undefined",          422, 3),
    code("coalitions_missing",          422, 3),
    code("utility_of_nobody_undefined", 422, 3),
    code("utility_not_finite",          422, 3),
    code("game_malformed",              422, 3),
    code("unknown_player",              422, 3),
    code("too_many_players",            422, 3),
    code("core_without_solution",       422, 3),
    code("negative_without_rule",       422, 3),
    code("split_infeasible",            422, 3),
    code("nothing_to_split_by",         422, 3),
    code("state_of_another_run",        409, 3),
    code("permitted_revenue_negative",  422, 3),
    code("ceilings_infeasible",         422, 4),
    code("tiers_unordered",             422, 3),
    code("tiers_bounded",               422, 3),
    code("charged_but_free",            422, 4),
    code("certificate_key",             422, 3),
    code("certificate_malformed",       422, 3),
    code("certificate_foreign",         422, 3),
    code("certificate_expired",         422, 3),
    code("absorbed_effects",            422, 3),
    code("column_length",               422, 3),
    code("column_not_numeric",          422, 3),
    code("column_twice",                422, 3),
    code("effects_not_converged",       422, 3),
    code("leverages_need_dummies",      422, 3),
    code("model_without_predictor",     422, 3),
    code("only_singletons",             422, 3),
    code("price_outside_family",        422, 3),
    code("separation",                  422, 3),
    code("formula_syntax",              422, 3),
    code("formula_unknown_function",    422, 3),
    code("hypothesis_singular",         422, 3),
    code("model_parameter",             422, 3),
    code("nothing_to_fit",              422, 3),
    code("reference_level_unknown",     422, 3),
    code("response_not_price",          422, 3),
    code("too_few_clusters",            422, 3),
    code("too_few_groups",              422, 3),
    code("too_few_rows",                422, 3),
    code("too_many_levels",             422, 3),
    code("unknown_coefficient",         422, 3),
    code("unknown_column",              422, 3),
    code("weight_negative",             422, 3),
    code("judgement_not_reciprocal",    422, 3),
    code("judgement_not_positive",      422, 3),
    code("judgement_not_connected",     422, 3),
    code("judgement_pair_missing",      422, 3),
    code("judgement_comparisons_missing", 422, 3),
    code("judgement_unknown_name",      422, 3),
    code("judgement_stands_twice",      422, 3),
    code("judgement_empty",             422, 3),
    code("judgement_length",            422, 3),
    code("judgement_sum_not_one",       422, 3),
    code("judgement_range",             422, 3),
    code("judgement_nothing_varies",    422, 3),
    code("judgement_too_few_experts",   422, 3),
    code("index_no_rows",               422, 3),
    code("index_not_a_date",            422, 3),
    code("index_unknown_period",        422, 3),
    code("index_quantity_needed",       422, 3),
    code("index_formula_needed",        422, 3),
    code("index_product_needed",        422, 3),
    code("index_window_too_short",      422, 3),
    code("index_no_pairs",              422, 3),
    code("unknown_mapping",             404, 5),
    code("mapping_value",               422, 3),
    code("mapping_incomplete",          422, 3),
    code("missing_column",              422, 3),
    code("repeated_column",             422, 3),
    code("unknown_trade_column",        422, 3),
    code("truth_unlike",                422, 3),
    code("bad_trade",                   422, 3),
    code("reason_missing",              422, 3),
    code("id_conflict",                 409, 3),
    code("already_superseded",          409, 3),
    code("schema_not_found",            404, 5),
    code("record_not_found",            404, 5),
    code("store_damaged",               500, 6),
    code("register_damaged",            500, 6),
    code("register_newer",              500, 6),
    code("store_busy",                  503, 1),
    code("register_held",               503, 1),
    code("busy",                        503, 1),
    code("store_not_writable",          503, 1),
    code("disk_full",                   507, 1),
    code("report_too_wide",             422, 3),
    code("report_reference",            500, 1),
    code("report_spreadsheet",          500, 1),
    code("report_page",                 500, 1),
    code("report_json",                 500, 1),
    code("workbook_unknown_input",      500, 1),
    code("workbook_missing_row",        500, 1),
    code("workbook_forward_reference",  500, 1),
    code("workbook_wrong_run",          500, 1),
    code("workbook_no_first",           500, 1),
    code("workbook_axis_mismatch",      500, 1),
    code("workbook_empty_axis",         500, 1),
    code("workbook_unrounded_quotient", 500, 1),
    code("workbook_unrounded_product",  500, 1),
    code("workbook_unrounded_model",    500, 1),
    code("workbook_not_in_books",       500, 1),
    code("workbook_round_places",       500, 1),
    code("workbook_kernel_arguments",   500, 1),
    code("workbook_kernel_steps",       500, 1),
    code("workbook_solve_unknown",      500, 1),
    code("workbook_solve_target",       500, 1),
    code("workbook_solve_bracket",      500, 1),
    code("workbook_table_input",        500, 1),
    code("workbook_unknown_output",     500, 1),
    code("workbook_unknown_sheet",      500, 1),
    code("internal",                    500, 1),
];

impl Code {
    /// The line of the table under `name`; an unlisted name (which a test forbids) is our fault.
    pub fn named(name: &str) -> &'static Code {
        CODES.iter().find(|code| code.name == name).unwrap_or(&CODES[CODES.len() - 1])
    }
}

/// What can go wrong in the program, its own faults and those of the crates below it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{said}")]
    WrongUsage { said: String },
    #[error("{address} is in use")]
    PortInUse { address: String },
    #[error("{} cannot be written", path.display())]
    ReadOnly { path: PathBuf },
    #[error("{} is not there", path.display())]
    FileNotFound { path: PathBuf },
    #[error("{file:?} line {line:?}: {said}")]
    BrokenFile { file: Option<String>, line: Option<u64>, said: String },
    #[error("unknown field {field}")]
    UnknownField { file: Option<String>, line: Option<u64>, field: String, nearest: String },
    #[error("{field:?}: {said}")]
    WrongValue { file: Option<String>, line: Option<u64>, field: Option<String>, said: String },
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge { limit: u64 },
    #[error("no schema is called {name}")]
    SchemaNotFound { name: String, nearest: String },
    #[error("no {kind} is called {id}")]
    RecordNotFound { kind: &'static str, id: String },
    #[error("nothing is at {path}")]
    RouteNotFound { path: String },
    #[error("{method} is not served at {path}")]
    MethodNotAllowed { method: String, path: String },
    #[error("all compute places are taken")]
    Busy { retry_after_s: u64 },
    #[error("{} cannot be written: the disk is full", path.display())]
    DiskFull { path: PathBuf },
    #[error("{cause}")]
    Internal { cause: String },
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error("{file:?}: {fault}")]
    Case { file: Option<String>, line: Option<u64>, fault: ValuationError },
    #[error("{file:?}: {fault}")]
    Judgement { file: Option<String>, fault: JudgementError },
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Data(DataError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Error {
    /// What is wrong with a case that was read from `file` and says `text`: the line is that of the field.
    pub fn of_case(file: Option<String>, text: &str, fault: ValuationError) -> Error {
        let place = fault.place();
        let line = place.field.and_then(|field| valuation::case::read::line_of_field(text, &field));
        Error::Case { file, line: place.line.or(line), fault }
    }

    /// Our own mistake.
    pub fn internal(cause: impl ToString) -> Error {
        Error::Internal { cause: cause.to_string() }
    }

    /// The error where one of the crates below has the words.
    fn inner(&self) -> Option<&dyn Fault> {
        match self {
            Error::Register(inner) => Some(inner),
            Error::Case { fault, .. } => Some(fault),
            Error::Judgement { fault, .. } => Some(fault),
            Error::Report(inner) => Some(inner),
            Error::Data(inner) => Some(inner),
            Error::Certificate(inner) => Some(inner),
            Error::Model(inner) => Some(inner),
            _ => None,
        }
    }

    /// The line of the error table.
    pub fn table(&self) -> &'static Code {
        Code::named(self.code())
    }
}

impl Fault for Error {
    fn code(&self) -> &'static str {
        match self {
            Error::WrongUsage { .. } => "wrong_usage",
            Error::PortInUse { .. } => "port_in_use",
            Error::ReadOnly { .. } => "read_only",
            Error::FileNotFound { .. } => "file_not_found",
            Error::BrokenFile { .. } => "broken_file",
            Error::UnknownField { .. } => "unknown_field",
            Error::WrongValue { .. } => "wrong_value",
            Error::BodyTooLarge { .. } => "body_too_large",
            Error::SchemaNotFound { .. } => "schema_not_found",
            Error::RecordNotFound { .. } => "record_not_found",
            Error::RouteNotFound { .. } => "route_not_found",
            Error::MethodNotAllowed { .. } => "method_not_allowed",
            Error::Busy { .. } => "busy",
            Error::DiskFull { .. } => "disk_full",
            Error::Internal { .. } => "internal",
            Error::Register(inner) => inner.code(),
            Error::Case { fault, .. } => fault.code(),
            Error::Judgement { fault, .. } => fault.code(),
            Error::Report(inner) => inner.code(),
            Error::Data(inner) => inner.code(),
            Error::Certificate(inner) => inner.code(),
            Error::Model(inner) => inner.code(),
        }
    }

    fn place(&self) -> Place {
        if let Some(inner) = self.inner() {
            let place = inner.place();
            return match self {
                Error::Case { file, line, .. } => {
                    Place { file: place.file.or_else(|| file.clone()), line: place.line.or(*line), ..place }
                }
                Error::Judgement { file, .. } => Place { file: place.file.or_else(|| file.clone()), ..place },
                _ => place,
            };
        }
        let at_path = |path: &Path| Place { file: Some(path.display().to_string()), ..Place::default() };
        match self {
            Error::ReadOnly { path } | Error::FileNotFound { path } | Error::DiskFull { path } => at_path(path),
            Error::BrokenFile { file, line, .. } => Place { file: file.clone(), line: *line, field: None },
            Error::UnknownField { file, line, field, .. } => {
                Place { file: file.clone(), line: *line, field: Some(field.clone()) }
            }
            Error::WrongValue { file, line, field, .. } => {
                Place { file: file.clone(), line: *line, field: field.clone() }
            }
            _ => Place::default(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        if let Some(inner) = self.inner() {
            return inner.places();
        }
        match self {
            Error::WrongUsage { said } | Error::BrokenFile { said, .. } => vec![("said", said.clone())],
            Error::PortInUse { address } => vec![("address", address.clone())],
            Error::ReadOnly { path } | Error::FileNotFound { path } | Error::DiskFull { path } => {
                vec![("file", path.display().to_string())]
            }
            Error::UnknownField { field, nearest, .. } => {
                vec![("field", field.clone()), ("name", field.clone()), ("nearest", nearest.clone())]
            }
            Error::WrongValue { field, said, .. } => {
                vec![("field", field.clone().unwrap_or_default()), ("said", said.clone())]
            }
            Error::BodyTooLarge { limit } => vec![("limit", limit.to_string())],
            Error::SchemaNotFound { name, nearest } => vec![("name", name.clone()), ("nearest", nearest.clone())],
            Error::RecordNotFound { kind, id } => vec![("kind", (*kind).to_owned()), ("id", id.clone())],
            Error::RouteNotFound { path } => vec![("path", path.clone())],
            Error::MethodNotAllowed { method, path } => vec![("method", method.clone()), ("path", path.clone())],
            Error::Busy { retry_after_s } => vec![("seconds", retry_after_s.to_string())],
            Error::Internal { cause } => vec![("cause", cause.clone())],
            Error::Register(_)
            | Error::Case { .. }
            | Error::Judgement { .. }
            | Error::Report(_)
            | Error::Data(_)
            | Error::Certificate(_)
            | Error::Model(_) => Vec::new(),
        }
    }
}
