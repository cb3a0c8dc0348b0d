//! Whether an asset may be priced at all, and how much of it is in scope.

use rust_decimal::Decimal;

use crate::asset::lineage::{Grade, restricted};
use crate::desk::{Allowed, Desk};
use crate::error::{Rule, ValuationError};
use crate::evidence::Support;
use crate::market::component::{joined, whole};
use crate::unit::Unit;
use crate::workbook::{Axis, Block, Cell, Expr, Quantity, Row, RowRef, Run};

/// Refuses an asset that is on the negative list or graded as core data, rights and authorisations that have ended, and a
/// lineage whose shares do not add up to 1.
///
/// Source: 《数据资产评估指导意见》(中评协〔2023〕17号), legal attributes; 《中华人民共和国数据安全法》, grades of data.
pub(crate) fn admissible(desk: &Desk) -> Result<(), ValuationError> {
    let asset = &desk.case.asset;
    for (index, blocked) in asset.negative_list.iter().enumerate() {
        let field = format!("asset.negative_list[{index}]");
        if let Some(evidence) = &blocked.cured_by {
            desk.support(&format!("{field}.cured_by"), &Some(evidence.clone()), &None)?;
            continue;
        }
        return Err(ValuationError::refused(Rule::AssetBlocked, field, blocked.item.code(), &blocked.reason));
    }
    if asset.classification.grade == Some(Grade::Core) {
        let field = "asset.classification.grade".to_owned();
        return Err(ValuationError::refused(Rule::AssetBlocked, field, "core_data", &asset.classification.rule));
    }
    let valuation = desk.case.valuation_date;
    let ended = |field: String, until: chrono::NaiveDate| {
        Err(ValuationError::refused(Rule::RightExpired, field, &until.to_string(), &valuation.to_string()))
    };
    for (index, right) in asset.legal.rights.iter().enumerate() {
        if let Some(until) = right.until.filter(|until| *until < valuation) {
            return ended(format!("asset.legal.rights[{index}].until"), until);
        }
        for evidence in &right.evidence {
            desk.support(&format!("asset.legal.rights[{index}].evidence"), &Some(evidence.clone()), &None)?;
        }
    }
    for (index, source) in asset.lineage.iter().enumerate() {
        if let Some(until) = source.until.filter(|until| *until < valuation) {
            return ended(format!("asset.lineage[{index}].until"), until);
        }
        let member = format!("asset.lineage[{index}].share");
        desk.allowed(&member, source.share.value, Allowed::Share)?;
        desk.support(&member, &source.share.evidence, &source.share.assumption)?;
    }
    if !asset.lineage.is_empty() {
        whole(desk, "asset.lineage", asset.lineage.iter().map(|source| source.share.value).sum())?;
    }
    Ok(())
}

/// Cuts the restricted share from a method's value: two rows below it, on its own sheet.
pub(crate) fn within(desk: &mut Desk, value: RowRef) -> Result<RowRef, ValuationError> {
    let lineage = &desk.case.asset.lineage;
    let share = restricted(lineage);
    if share == Decimal::ZERO {
        return Ok(value);
    }
    let mut supports: Vec<Support> = Vec::new();
    for (index, source) in lineage.iter().enumerate() {
        let member = format!("asset.lineage[{index}].share");
        supports.push(desk.support(&member, &source.share.evidence, &source.share.assumption)?);
    }
    let id = desk.bind("restricted_share", Quantity::Exact(share), joined(supports));
    let money = desk.money();
    let Some(sheet) = desk.workbook.sheets.get_mut(value.sheet as usize) else { return Ok(value) };
    let block = sheet.blocks.len() as u32;
    let at = |row| RowRef { sheet: value.sheet, block, row };
    let row = |key: &str, unit, cell| Row { key: key.to_owned(), subject: None, unit, cite: None, cell };
    let left = Expr::from(value) * (Expr::number(1) - at(0).into());
    let rows = vec![
        row("restricted_share", Unit::Ratio, Cell::Input(id)),
        row("value_within_scope", money, Cell::formula(left)),
    ];
    sheet.blocks.push(Block { axis: Axis::One, run: Run::Forward, rows });
    Ok(at(1))
}
