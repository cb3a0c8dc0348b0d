//! Small workbooks for the tests.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::assumption::Assumption;
use crate::evidence::Support;
use crate::period::{Schedule, Step};
use crate::unit::Unit;
use crate::workbook::*;

pub fn years(count: u32) -> Axis {
    Axis::Time(Schedule { start: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(), step: Step::Year, count })
}

pub fn row(key: &str, cell: Cell) -> Row {
    Row { key: key.into(), subject: None, unit: Unit::Ratio, cite: None, cell }
}

pub fn input(key: &str) -> Row {
    row(key, Cell::Input(key.into()))
}

pub fn formula(key: &str, each: Expr) -> Row {
    row(key, Cell::formula(each))
}

pub fn block(axis: Axis, rows: Vec<Row>) -> Block {
    Block { axis, run: Run::Forward, rows }
}

pub fn sheet(arithmetic: Arithmetic, blocks: Vec<Block>) -> Sheet {
    Sheet { key: "test".into(), subject: None, arithmetic, blocks }
}

pub fn model(blocks: Vec<Block>) -> Workbook {
    Workbook { sheets: vec![sheet(Arithmetic::Model, blocks)] }
}

pub fn books(blocks: Vec<Block>) -> Workbook {
    Workbook { sheets: vec![sheet(Arithmetic::Books, blocks)] }
}

pub fn at(block: u32, row: u32) -> RowRef {
    RowRef { sheet: 0, block, row }
}

pub fn cell(block: u32, row: u32, column: u32) -> CellRef {
    CellRef { row: at(block, row), column }
}

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn bind(inputs: &[(&str, Quantity)]) -> Bindings {
    let assumption = || Assumption { author: "a".into(), reason: "r".into(), reviewer: "b".into() };
    let mut bindings = Bindings::default();
    for (id, quantity) in inputs {
        let support = Support::Assumption(assumption());
        bindings.inputs.insert((*id).into(), Binding { quantity: quantity.clone(), support });
    }
    bindings
}

pub fn uncertain(central: f64, distribution: Distribution) -> Quantity {
    Quantity::Uncertain { central, distribution }
}
