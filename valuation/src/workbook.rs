//! A calculation is a workbook: sheets of blocks of named rows, each row an input or a formula over an axis.
//!
//! The workbook holds the *shape* (shared, hashed, reviewed once); [`Bindings`] hold the *numbers*; [`Lanes`] say what one
//! pass runs over. No cycle can be written: within a period a formula looks only at rows above it; at `Prev`/`Next` it may
//! look at any row of its block; `Over` and references across blocks look at earlier blocks and sheets only.

pub mod bindings;
pub mod draft;
pub mod expr;
pub mod kernel;
pub mod lanes;
pub mod sheet;
mod stub;

pub use bindings::{Binding, Bindings, Distribution, InputId, Joint, Quantity};
pub use expr::{Compare, Expr, Over, RowRef};
pub use kernel::Kernel;
pub use lanes::{Lanes, Sampling};
pub use sheet::{Arithmetic, Axis, Block, Cell, Cite, Row, Run, Sheet};
pub use stub::*;

use serde::{Deserialize, Serialize};

/// Sheets in the order they are calculated; a sheet refers to earlier sheets only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workbook {
    pub sheets: Vec<Sheet>,
}
