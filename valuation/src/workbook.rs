//! A calculation is a workbook: sheets of blocks of named rows, each row an input or a formula over an axis.
//!
//! The workbook holds the *shape* (shared, hashed, reviewed once); [`Bindings`] hold the *numbers*; [`Lanes`] say what one
//! pass runs over. No cycle can be written: within a period a formula looks only at rows above it; at `Prev`/`Next` it may
//! look at any row of its block; `Over` and references across blocks look at earlier blocks and sheets only.

mod beta;
pub mod bindings;
pub mod calculate;
pub mod check;
mod column;
mod compile;
mod derivation;
pub mod distribution;
pub mod draft;
mod elementary;
pub mod error;
pub mod evaluate;
mod exact_column;
pub mod expr;
#[cfg(test)]
mod fixture;
mod graph;
pub mod joint;
pub mod kernel;
pub mod lanes;
mod latin;
mod nearest;
mod normal;
pub mod number;
mod program;
pub(crate) mod random;
mod sample;
pub mod sensitivity;
pub mod sheet;
pub mod simulate;
mod sobol;
mod sobol_directions;
mod solve;
mod stamp;
mod workspace;

pub use bindings::{Binding, Bindings, Distribution, InputId, Joint, Quantity};
pub use calculate::{FailedCheck, Point, calculate};
pub use check::check;
pub use error::WorkbookError;
pub use evaluate::{LaneValues, evaluate};
pub use expr::{CellRef, Compare, Expr, Over, RowRef};
pub use kernel::Kernel;
pub use lanes::{Column, Lanes, Sampling};
pub(crate) use nearest::nearest_correlation;
pub use number::Number;
pub use sensitivity::{Bar, SobolIndex, Tornado, grid, sobol_indices, tornado};
pub use sheet::{Arithmetic, Axis, Block, Cell, Cite, Row, Run, Sheet};
pub use simulate::{Simulated, Simulation, simulate};
pub use solve::Roots;

use serde::{Deserialize, Serialize};

/// Sheets in the order they are calculated; a sheet refers to earlier sheets only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workbook {
    pub sheets: Vec<Sheet>,
}

impl Workbook {
    /// The block a row stands in.
    pub fn block(&self, row: RowRef) -> Option<&Block> {
        self.sheets.get(row.sheet as usize)?.blocks.get(row.block as usize)
    }

    /// The row at an address.
    pub fn row(&self, row: RowRef) -> Option<&Row> {
        self.block(row)?.rows.get(row.row as usize)
    }

    /// The address of the row with these keys; the first one where a sheet has several.
    pub fn find(&self, sheet: &str, row: &str) -> Option<RowRef> {
        for (s, found) in self.sheets.iter().enumerate().filter(|(_, s)| s.key == sheet) {
            for (b, block) in found.blocks.iter().enumerate() {
                if let Some(r) = block.rows.iter().position(|r| r.key == row) {
                    return Some(RowRef { sheet: s as u32, block: b as u32, row: r as u32 });
                }
            }
        }
        None
    }
}
