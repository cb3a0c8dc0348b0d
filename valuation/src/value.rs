//! From a case to a valuation: every method writes its sheet, the conclusion weighs them, one pass simulates them all.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::assumption::Assumption;
use crate::case::{Case, Dependence, PriceModels};
use crate::conclusion::Conclusion;
use crate::contradiction::contradictions;
use crate::desk::{Allowed, Desk};
use crate::error::{Rule, ValuationError};
use crate::estimate::{Estimate, Interval, IntervalSource};
use crate::evidence::Support;
use crate::market::component::whole;
use crate::method::Method;
use crate::money::{Money, MoneyError, exact_decimal};
use crate::record::{Valuation, sha256};
use crate::scope::{admissible, within};
use crate::uncertainty::uncertainty;
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{
    Arithmetic, Axis, CellRef, Expr, InputId, Joint, Lanes, Point, Quantity, RowRef, Run, calculate,
    nearest_correlation, simulate,
};

/// Values a case. Pure: the price models it refers to are passed in whole, and the seed is part of the case.
///
/// Errors: everything that is wrong with the case, each with the field; see [`ValuationError`].
pub fn value(case: &Case, models: &PriceModels) -> Result<Valuation, ValuationError> {
    let draft = draft(case, models)?;
    let point = calculate(&draft.workbook, &draft.bindings)?;
    perpetuities(&draft, &point)?;
    let cells: Vec<CellRef> = draft.outputs.iter().map(|row| CellRef { row: *row, column: 0 }).collect();
    let plan = &case.simulation;
    let lanes = Lanes::Draws { count: plan.draws as usize, seed: plan.seed, sampling: plan.sampling };
    let simulated = simulate(&draft.workbook, &draft.bindings, &lanes, &cells)?;

    let money = |value: f64, field: &str| {
        Money::from_model(value, case.currency).map_err(|error| match error {
            MoneyError::NotFinite { value } => {
                ValuationError::NotFinite { field: field.to_owned(), value: value.to_string() }
            }
            _ => ValuationError::NotFinite { field: field.to_owned(), value: value.to_string() },
        })
    };
    let interval = |index: usize, field: &str| -> Result<Interval, ValuationError> {
        let (low, high) = simulated.outputs[index].interval(plan.level);
        let how = if low == high { IntervalSource::NoUncertainInput } else { IntervalSource::Simulation };
        Ok(Interval { low: money(low, field)?, high: money(high, field)?, level: plan.level, how })
    };
    let mut estimates = Vec::new();
    for (index, (method, name)) in case.methods.iter().zip(&draft.names).enumerate() {
        let field = format!("methods[{index}]");
        estimates.push(Estimate {
            method: method.name(),
            approach: method.name().approach(),
            value: money(point.number(draft.outputs[index], 0).real(), &field)?,
            interval: interval(index, &field)?,
            sheet: name.clone(),
        });
    }
    let count = case.methods.len();
    let conclusion = Conclusion {
        value: money(point.number(draft.outputs[count + 1], 0).real(), "conclusion")?,
        interval: interval(count, "conclusion")?,
    };
    let plan = &case.uncertainty;
    let found = uncertainty(&draft, plan, case.currency, case.simulation.seed, &simulated.outputs)?;
    let used: PriceModels = referred(case).filter_map(|id| Some((id.clone(), models.get(id)?.clone()))).collect();
    let mut valuation = Valuation {
        valuation_id: identity(case, &used),
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        case: case.clone(),
        price_models: used,
        estimates,
        conclusion,
        contradictions: contradictions(case),
        uncertainty: Some(found),
        failed_checks: simulated.failed_checks,
        not_finite: simulated.not_finite,
        workbook: draft.workbook,
        bindings: draft.bindings,
        outputs: draft.outputs,
        hash: String::new(),
    };
    valuation.hash = valuation.content_hash();
    Ok(valuation)
}

/// A perpetuity at a rate that was built up is refused once the rate is known.
fn perpetuities(draft: &Draft, point: &Point) -> Result<(), ValuationError> {
    for (index, output) in draft.outputs.iter().take(draft.names.len()).enumerate() {
        let row = |key: &str| draft.workbook.find(&draft.workbook.sheets[output.sheet as usize].key, key);
        let (Some(check), Some(growth), Some(rate)) =
            (row("perpetuity_exists"), row("perpetual_growth"), row("discount_rate"))
        else {
            continue;
        };
        if point.number(check, 0).real() == 0.0 {
            let field = format!("methods[{index}].perpetuity.growth");
            let text = |row| point.number(row, 0).real().to_string();
            return Err(ValuationError::GrowthNotBelowRate { field, growth: text(growth), rate: text(rate) });
        }
    }
    Ok(())
}

/// A case's workbook before it is calculated.
pub struct Draft {
    pub workbook: crate::workbook::Workbook,
    pub bindings: crate::workbook::Bindings,
    /// The rows of the methods' values in the order of the case, then the conclusion before and after rounding.
    pub outputs: Vec<RowRef>,
    /// The methods' names in this case; also the keys of their sheets.
    pub names: Vec<String>,
}

/// Writes the workbook of a case: a sheet for each method, then the sheet `conclusion`.
///
/// Errors: everything that is wrong with the case, each with the field.
pub fn draft(case: &Case, models: &PriceModels) -> Result<Draft, ValuationError> {
    plan(case)?;
    let mut desk = Desk::new(case, models);
    admissible(&desk)?;
    let mut outputs = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (index, method) in case.methods.iter().enumerate() {
        desk.path = format!("methods[{index}]");
        desk.name = method.own_name().unwrap_or(method.name().text()).to_owned();
        if names.contains(&desk.name) || desk.name == "conclusion" {
            return Err(ValuationError::Twice { field: desk.field("name"), name: desk.name.clone() });
        }
        names.push(desk.name.clone());
        let value = method.write(&mut desk)?;
        outputs.push(within(&mut desk, value)?);
    }
    desk.path = String::new();
    desk.name = "conclusion".to_owned();
    let conclusion = conclude(&mut desk, &names, &outputs)?;
    outputs.extend(conclusion);
    couple(&mut desk)?;
    Ok(Draft { workbook: desk.workbook, bindings: desk.bindings, outputs, names })
}

/// What the simulation plan and the list of methods must satisfy.
fn plan(case: &Case) -> Result<(), ValuationError> {
    if case.methods.is_empty() {
        let name = "methods".to_owned();
        return Err(ValuationError::Missing { field: name.clone(), line: None, name });
    }
    let outside = |field: &str, value: String, low: &str, high: &str| ValuationError::OutOfRange {
        field: format!("simulation.{field}"),
        value,
        low: low.to_owned(),
        high: high.to_owned(),
    };
    if !(100..=10_000_000).contains(&case.simulation.draws) {
        return Err(outside("draws", case.simulation.draws.to_string(), "100", "10000000"));
    }
    if !(0.5..1.0).contains(&case.simulation.level) {
        return Err(outside("level", case.simulation.level.to_string(), "0.5", "0.999"));
    }
    Ok(())
}

/// Writes the sheet `conclusion`: the estimates, the selected one or their weighted sum, and the rounding.
fn conclude(desk: &mut Desk, names: &[String], values: &[RowRef]) -> Result<[RowRef; 2], ValuationError> {
    let reconcile = &desk.case.reconcile;
    let money = desk.money();
    if reconcile.reason.trim().is_empty() {
        let name = "reason".to_owned();
        return Err(ValuationError::Missing { field: "reconcile.reason".to_owned(), line: None, name });
    }
    desk.allowed("reconcile.round_to", reconcile.round_to, Allowed::Positive)?;
    let find = |name: &String, field: &str| {
        names
            .iter()
            .position(|known| known == name)
            .ok_or_else(|| ValuationError::UnknownMethod { field: field.to_owned(), name: name.clone() })
    };
    let mut sheet = SheetDraft::begin(&desk.workbook, "conclusion", None, Arithmetic::Model);
    sheet.block(Axis::One, Run::Forward);
    let mut rows = Vec::new();
    for (name, value) in names.iter().zip(values) {
        rows.push(sheet.formula("estimate", money, Expr::from(*value)));
        sheet.about(name);
    }
    let judged = judged(reconcile);
    let chosen = match (&reconcile.select, &reconcile.weights) {
        (Some(name), None) => Expr::from(rows[find(name, "reconcile.select")?]),
        (None, Some(weights)) => {
            let judged = judged.ok_or_else(|| ValuationError::MissingEvidence { field: "reconcile".to_owned() })?;
            whole(desk, "reconcile.weights", weights.values().sum())?;
            let mut sum = Expr::number(0);
            for (name, weight) in weights {
                let member = format!("reconcile.weights.{name}");
                let index = find(name, &member)?;
                desk.allowed(&member, *weight, Allowed::Share)?;
                let id = desk.bind(&format!("weight.{name}"), Quantity::Exact(*weight), judged.clone());
                let row = sheet.input("weight", Unit::Ratio, id);
                sheet.about(name);
                sum = sum + Expr::from(rows[index]) * Expr::from(row);
            }
            sum
        }
        _ => {
            let said = "exactly one of `select` and `weights` is expected".to_owned();
            return Err(ValuationError::Malformed { field: "reconcile".to_owned(), line: None, said });
        }
    };
    let before = sheet.formula("reconciled", money, chosen);
    let step = Expr::Number(reconcile.round_to);
    let rounded = (Expr::from(before) / step.clone()).round(0) * step;
    let after = sheet.formula("concluded_value", money, rounded);
    sheet.finish(&mut desk.workbook);
    Ok([before, after])
}

/// Weights are a judgement: an assumption of its author, reviewed by another.
fn judged(reconcile: &crate::reconcile::Reconcile) -> Option<Support> {
    let (author, reviewer) = (reconcile.author.clone()?, reconcile.reviewer.clone()?);
    Some(Support::Assumption(Assumption { author, reason: reconcile.reason.clone(), reviewer }))
}

/// Binds the stated dependences as one Gaussian copula.
fn couple(desk: &mut Desk) -> Result<(), ValuationError> {
    if desk.case.dependence.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<InputId> = Vec::new();
    let mut pairs: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (index, dependence) in desk.case.dependence.iter().enumerate() {
        let field = format!("dependence[{index}]");
        let correlation = exact_decimal(dependence.correlation).unwrap_or(Decimal::TWO);
        desk.allowed(&format!("{field}.correlation"), correlation.abs(), Allowed::Share)?;
        desk.support(&field, &dependence.evidence, &dependence.assumption)?;
        let [a, b] = coupled(desk, &field, dependence, &mut ids)?;
        pairs.insert((a.min(b), a.max(b)), dependence.correlation);
    }
    let size = ids.len();
    let entry = |i: usize, j: usize| match i == j {
        true => 1.0,
        false => pairs.get(&(i.min(j), i.max(j))).copied().unwrap_or(0.0),
    };
    let correlation = (0..size).map(|i| (0..size).map(|j| entry(i, j)).collect()).collect();
    let joint = Joint::GaussianCopula { ids, correlation };
    if joint.factor().is_err() {
        return Err(impossible(&joint));
    }
    desk.bindings.joints.push(joint);
    Ok(())
}

/// Names the stated correlations and the nearest possible ones.
fn impossible(joint: &Joint) -> ValuationError {
    let Joint::GaussianCopula { ids, correlation } = joint else {
        return ValuationError::refused(Rule::CorrelationImpossible, "dependence".to_owned(), "", "");
    };
    let listed = |matrix: &[Vec<f64>]| {
        let pairs = (0..ids.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
        let one = |(i, j): (usize, usize)| format!("{} ~ {}: {}", ids[i].0, ids[j].0, matrix[i][j]);
        pairs.map(one).collect::<Vec<_>>().join("; ")
    };
    let (value, limit) = (listed(correlation), listed(&nearest_correlation(correlation)));
    ValuationError::refused(Rule::CorrelationImpossible, "dependence".to_owned(), &value, &limit)
}

fn coupled(
    desk: &Desk,
    field: &str,
    dependence: &Dependence,
    ids: &mut Vec<InputId>,
) -> Result<[usize; 2], ValuationError> {
    let mut found = [0, 0];
    for (slot, name) in dependence.inputs.iter().enumerate() {
        let id = InputId(name.clone());
        let bound = desk.bindings.inputs.get(&id).map(|binding| &binding.quantity);
        if !matches!(bound, Some(Quantity::Uncertain { .. })) {
            let uncertain =
                desk.bindings.inputs.iter().filter(|(_, b)| matches!(b.quantity, Quantity::Uncertain { .. }));
            let nearest = crate::case::read::nearest(name, uncertain.map(|(id, _)| id.0.as_str()));
            return Err(ValuationError::UnknownInput { field: format!("{field}.inputs"), name: name.clone(), nearest });
        }
        found[slot] = ids.iter().position(|known| *known == id).unwrap_or_else(|| {
            ids.push(id);
            ids.len() - 1
        });
    }
    if found[0] == found[1] {
        let name = dependence.inputs[0].clone();
        return Err(ValuationError::Twice { field: format!("{field}.inputs"), name });
    }
    Ok(found)
}

/// The price models a case refers to.
pub fn referred(case: &Case) -> impl Iterator<Item = &String> {
    case.methods.iter().filter_map(|method| match method {
        Method::MarketComparison(comparison) => comparison.by_model.as_ref().map(|by_model| &by_model.model),
        _ => None,
    })
}

/// The id that follows from the content of the request.
fn identity(case: &Case, models: &PriceModels) -> String {
    let digest = sha256(&(case, models, env!("CARGO_PKG_VERSION")));
    format!("V-{}", &digest["sha256:".len()..][..16])
}
