//! Where the uncertainty of a value comes from: percentiles, tornado, error budget, grids, break-even and two levels.

pub mod plan;
mod two_level;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ValuationError;
use crate::evidence::Support;
use crate::money::{Currency, Money};
use crate::unit::Unit;
use crate::value::Draft;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{
    Arithmetic, Axis, Binding, Bindings, Cell, CellRef, Expr, InputId, Joint, Quantity, Roots, RowRef, Run, Simulated,
    calculate, grid, sobol_indices, tornado,
};

use plan::{AskedBreakEven, AskedGrid, UncertaintyPlan};

pub use two_level::{Spread, TwoLevel};

/// What the simulation and the sensitivities say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uncertainty {
    /// One for each method in the order of the case, then one for the conclusion before rounding.
    pub outputs: Vec<OutputUncertainty>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grids: Vec<Grid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub break_even: Vec<BreakEven>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub two_level: Option<TwoLevel>,
}

/// The uncertainty of one value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputUncertainty {
    /// Name of the method in the case, or `conclusion`.
    pub of: String,
    pub percentiles: Vec<Percentile>,
    /// The output as one input after the other moves between its quantiles; the widest first.
    pub tornado: Vec<TornadoBar>,
    /// How much of the variance each input explains (Sobol indices); of the conclusion, and of what the plan names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_budget: Vec<BudgetLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_source: Option<BySource>,
}

/// One percentile of the simulated value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentile {
    /// Such as 0.05.
    pub probability: f64,
    pub value: Money,
}

/// What an input rests on, for the error budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Evidence of the case.
    Data,
    /// An assumption of a person.
    Judgement,
    /// A fitted model: its coefficients, its residual, a fitted curve, the spread of comparables.
    Model,
}

/// One bar of a tornado.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TornadoBar {
    /// One input, or all inputs that are drawn together.
    pub inputs: Vec<String>,
    pub source: SourceKind,
    pub low_inputs: Vec<f64>,
    pub high_inputs: Vec<f64>,
    pub at_low: Option<Money>,
    pub at_high: Option<Money>,
}

/// The share of the variance that one input, or one group drawn together, explains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetLine {
    pub inputs: Vec<String>,
    pub source: SourceKind,
    /// By itself, with its standard error.
    pub first: f64,
    pub first_error: f64,
    /// With all interactions, with its standard error.
    pub total: f64,
    pub total_error: f64,
}

/// First-order shares of the variance summed by what the inputs rest on, and what is left for interactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BySource {
    pub data: f64,
    pub judgement: f64,
    pub model: f64,
    pub interactions: f64,
}

/// A value over all pairs of two inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    #[serde(flatten)]
    pub asked: AskedGrid,
    /// One row for each value of `rows`.
    pub values: Vec<Vec<Option<Money>>>,
}

/// The numbers of an input at which a value is the target: none, one or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakEven {
    #[serde(flatten)]
    pub asked: AskedBreakEven,
    pub at: Vec<f64>,
}

const PERCENTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Computes what the plan asks for; `simulated` holds one output for each method, then the conclusion.
pub(crate) fn uncertainty(
    draft: &Draft,
    plan: &UncertaintyPlan,
    currency: Currency,
    seed: u64,
    simulated: &[Simulated],
) -> Result<Uncertainty, ValuationError> {
    plan.check()?;
    let desk = Outputs { draft, currency };
    let mut found = Uncertainty::default();
    for (index, simulated) in simulated.iter().take(draft.names.len() + 1).enumerate() {
        let of = draft.names.get(index).map_or("conclusion", String::as_str);
        found.outputs.push(desk.output(of, draft.outputs[index], simulated, plan, seed)?);
    }
    for (index, asked) in plan.grids.iter().enumerate() {
        found.grids.push(desk.grid(index, asked)?);
    }
    for (index, asked) in plan.break_even.iter().enumerate() {
        found.break_even.push(desk.break_even(index, asked)?);
    }
    if let Some(asked) = &plan.two_level {
        let cell = desk.cell("uncertainty.two_level.of", &asked.of)?;
        found.two_level = Some(two_level::two_level(draft, asked, cell, currency, seed)?);
    }
    Ok(found)
}

/// The outputs of a case's workbook.
struct Outputs<'a> {
    draft: &'a Draft,
    currency: Currency,
}

impl Outputs<'_> {
    fn cell(&self, field: &str, of: &str) -> Result<CellRef, ValuationError> {
        let place = self.draft.names.iter().position(|name| name == of);
        let index = match (place, of) {
            (Some(index), _) => index,
            (None, "conclusion") => self.draft.names.len(),
            _ => return Err(ValuationError::UnknownMethod { field: field.to_owned(), name: of.to_owned() }),
        };
        Ok(CellRef { row: self.draft.outputs[index], column: 0 })
    }

    fn money(&self, value: f64) -> Option<Money> {
        Money::from_model(value, self.currency).ok()
    }

    fn output(
        &self,
        of: &str,
        row: RowRef,
        simulated: &Simulated,
        plan: &UncertaintyPlan,
        seed: u64,
    ) -> Result<OutputUncertainty, ValuationError> {
        let (workbook, bindings) = (&self.draft.workbook, &self.draft.bindings);
        let cell = CellRef { row, column: 0 };
        let at = |probability: f64| {
            let value = self.money(simulated.quantile(probability))?;
            Some(Percentile { probability, value })
        };
        let bars = tornado(workbook, bindings, cell, plan.tornado_probability)?.bars;
        // An input that the value does not depend on has no bar.
        let bars = bars.into_iter().filter(|bar| bar.width() != 0.0).map(|bar| TornadoBar {
            source: source(bindings, &bar.ids),
            inputs: names(&bar.ids),
            at_low: self.money(bar.at_low),
            at_high: self.money(bar.at_high),
            low_inputs: bar.low_inputs,
            high_inputs: bar.high_inputs,
        });
        let tornado: Vec<TornadoBar> = bars.collect();
        let asked = of == "conclusion" || plan.error_budget_of.iter().any(|name| name == of);
        let mut error_budget = Vec::new();
        if asked && plan.error_budget_draws > 0 && !tornado.is_empty() {
            let count = plan.error_budget_draws as usize;
            let indices = sobol_indices(workbook, bindings, cell, count, seed)?;
            error_budget.extend(indices.into_iter().filter(|index| index.total.is_finite()).map(|index| BudgetLine {
                source: source(bindings, &index.ids),
                inputs: names(&index.ids),
                first: index.first,
                first_error: index.first_error,
                total: index.total,
                total_error: index.total_error,
            }));
            error_budget.retain(|line| line.total != 0.0);
            // Stable, so that equal lines keep the order of their inputs.
            error_budget.sort_by(|a, b| b.total.total_cmp(&a.total));
        }
        let by_source = (!error_budget.is_empty()).then(|| by_source(&error_budget));
        let percentiles = PERCENTILES.into_iter().filter_map(at).collect();
        Ok(OutputUncertainty { of: of.to_owned(), percentiles, tornado, error_budget, by_source })
    }

    fn input(&self, field: String, name: &str) -> Result<InputId, ValuationError> {
        known_input(&self.draft.bindings, field, name)
    }

    fn grid(&self, index: usize, asked: &AskedGrid) -> Result<Grid, ValuationError> {
        let field = |member: &str| format!("uncertainty.grids[{index}].{member}");
        let cell = self.cell(&field("of"), &asked.of)?;
        let rows = self.input(field("rows.input"), &asked.rows.input)?;
        let columns = self.input(field("columns.input"), &asked.columns.input)?;
        if rows == columns {
            return Err(ValuationError::Twice { field: field("columns.input"), name: columns.0 });
        }
        let (down, across) = ((&rows, &asked.rows.values[..]), (&columns, &asked.columns.values[..]));
        let values = grid(&self.draft.workbook, &self.draft.bindings, cell, down, across)?;
        let money = |row: Vec<f64>| row.into_iter().map(|value| self.money(value)).collect();
        Ok(Grid { asked: asked.clone(), values: values.into_iter().map(money).collect() })
    }

    /// Solves on a copy of the workbook: the gap between the value and the target as a row, and the input as the unknown.
    fn break_even(&self, index: usize, asked: &AskedBreakEven) -> Result<BreakEven, ValuationError> {
        let field = |member: &str| format!("uncertainty.break_even[{index}].{member}");
        let cell = self.cell(&field("of"), &asked.of)?;
        let unknown = self.input(field("input"), &asked.input)?;
        let (mut workbook, mut bindings) = (self.draft.workbook.clone(), certain(&self.draft.bindings));
        let target = InputId("break_even.target".to_owned());
        let support = Support::Each(Vec::new());
        let quantity = Quantity::Exact(asked.target);
        bindings.inputs.insert(target.clone(), Binding { quantity, support });
        let money = Unit::Money(self.currency);
        let mut sheet = SheetDraft::begin(&workbook, "break_even", None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let target = sheet.input("implied_price", money, target);
        let gap = sheet.formula("present_value_gap", money, Expr::from(cell.row) - target.into());
        sheet.block(Axis::One, Run::Forward);
        let bracket = (asked.between[0], asked.between[1]);
        let root = sheet.cell("implied_rate", Unit::Ratio, Cell::Solve { unknown, target: gap, bracket });
        sheet.finish(&mut workbook);
        let at = match calculate(&workbook, &bindings)?.roots(root) {
            Some(Roots::One(root)) => vec![*root],
            Some(Roots::Several(roots)) => roots.clone(),
            Some(Roots::None) | None => Vec::new(),
        };
        Ok(BreakEven { asked: asked.clone(), at })
    }
}

/// The bindings at their point values.
fn certain(bindings: &Bindings) -> Bindings {
    let mut certain = bindings.clone();
    for binding in certain.inputs.values_mut() {
        if let Quantity::Uncertain { central, .. } = binding.quantity {
            binding.quantity = Quantity::Real(central);
        }
    }
    for joint in std::mem::take(&mut certain.joints) {
        if let Joint::Normal { ids, mean, .. } = joint {
            for (id, mean) in ids.iter().zip(mean) {
                if let Some(binding) = certain.inputs.get_mut(id) {
                    binding.quantity = Quantity::Real(mean);
                }
            }
        }
    }
    certain
}

/// The input called `name`, with the nearest name where there is none.
pub(crate) fn known_input(bindings: &Bindings, field: String, name: &str) -> Result<InputId, ValuationError> {
    let id = InputId(name.to_owned());
    let scalar = |quantity: &Quantity| !matches!(quantity, Quantity::RealSeries(_) | Quantity::ExactSeries(_));
    if bindings.inputs.get(&id).is_some_and(|binding| scalar(&binding.quantity)) {
        return Ok(id);
    }
    let known = bindings.inputs.iter().filter(|(_, binding)| scalar(&binding.quantity));
    let nearest = crate::case::read::nearest(name, known.map(|(id, _)| id.0.as_str()));
    Err(ValuationError::UnknownInput { field, name: name.to_owned(), nearest })
}

fn names(ids: &[InputId]) -> Vec<String> {
    ids.iter().map(|id| id.0.clone()).collect()
}

/// What a group rests on; the weakest of its members decides.
fn source(bindings: &Bindings, ids: &[InputId]) -> SourceKind {
    let of = |id: &InputId| {
        let fitted = [".coefficient.", ".decay.fitted."].iter().any(|part| id.0.contains(part));
        if fitted || id.0.ends_with(".subject_deviation") {
            return SourceKind::Model;
        }
        match bindings.inputs.get(id).map(|binding| &binding.support) {
            Some(Support::Assumption(_)) => SourceKind::Judgement,
            _ => SourceKind::Data,
        }
    };
    let kinds: Vec<SourceKind> = ids.iter().map(of).collect();
    let weakest = [SourceKind::Judgement, SourceKind::Model];
    weakest.into_iter().find(|kind| kinds.contains(kind)).unwrap_or(SourceKind::Data)
}

fn by_source(budget: &[BudgetLine]) -> BySource {
    let of = |kind| budget.iter().filter(|line| line.source == kind).fold(0.0, |sum, line| sum + line.first);
    let (data, judgement, model) = (of(SourceKind::Data), of(SourceKind::Judgement), of(SourceKind::Model));
    BySource { data, judgement, model, interactions: 1.0 - (data + judgement + model) }
}
