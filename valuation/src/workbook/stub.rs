//! Replaced when the evaluation lands.
use crate::workbook::{Bindings, CellRef, Lanes, Workbook, WorkbookError};
use std::collections::BTreeMap;
pub struct Simulated;
impl Simulated {
    pub fn interval(&self, _l: f64) -> (f64, f64) {
        (0.0, 0.0)
    }
}
pub struct Simulation {
    pub outputs: Vec<Simulated>,
    pub failed_checks: BTreeMap<String, u64>,
    pub not_finite: u64,
}
pub fn simulate(_w: &Workbook, _b: &Bindings, _l: &Lanes, _o: &[CellRef]) -> Result<Simulation, WorkbookError> {
    Err(WorkbookError::NoLanes)
}
