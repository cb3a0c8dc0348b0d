//! The shape of a calculation: sheets, blocks, rows and cells.

use serde::{Deserialize, Serialize};

use crate::period::Schedule;
use crate::unit::Unit;
use crate::workbook::{Expr, InputId, Kernel, RowRef};

/// One sheet of the working paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Names the sheet in formulas, files and the estimate's `sheet` member; a word `sheet.<key>` labels it.
    pub key: String,
    /// Which scenario the sheet was stamped for, or whose method it is; printed after the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub arithmetic: Arithmetic,
    pub blocks: Vec<Block>,
}

/// How numbers are held: binary floating point for models, decimals for books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// `f64`; transcendentals from `libm`.
    Model,
    /// Decimal; every quotient and every product with a rate stands under [`Expr::Round`].
    Books,
}

/// Rows over one axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    pub axis: Axis,
    pub run: Run,
    pub rows: Vec<Row>,
}

/// What the columns of a block stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// A single column.
    One,
    /// One column for each period.
    Time(Schedule),
    /// One column for each named item: comparables, products, component data sets.
    Items(Vec<String>),
}

impl Axis {
    /// Number of columns.
    pub fn len(&self) -> usize {
        match self {
            Axis::One => 1,
            Axis::Time(schedule) => schedule.count as usize,
            Axis::Items(keys) => keys.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The direction in which a block is evaluated: `Prev` is written in forward blocks, `Next` in backward blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    Forward,
    Backward,
}

/// A named row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Names the row within its block; a word `row.<key>` labels it.
    pub key: String,
    /// What the row is about where one key serves several rows (a product, a component); printed after the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub unit: Unit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cite: Option<Cite>,
    pub cell: Cell,
}

/// The rule a row follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cite {
    /// Document with its number, such as `《数据资产评估指导意见》(中评协〔2023〕17号)`.
    pub document: String,
    /// Place in the document; printed only where it was checked against the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What stands in the cells of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// A number from the bindings.
    Input(InputId),
    /// A formula; `first` stands in the first column of the run (the last column of a backward run), where `Prev`/`Next` has
    /// nothing to look at. Without `first`, `each` stands in every column.
    Formula {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Expr>,
        each: Expr,
    },
    /// What is not row arithmetic, evaluated per lane and column.
    Call { kernel: Kernel, args: Vec<Expr> },
    /// The value of input `unknown` (used by earlier sheets or blocks) at which `target` (an `Axis::One` row of an earlier
    /// block) equals zero, sought in `bracket`.
    Solve { unknown: InputId, target: RowRef, bracket: (f64, f64) },
    /// 1 where `expr` is not 0, else 0; a 0 is a failed check, counted per lane under `code` (a word `check.<code>`).
    Check { expr: Expr, code: String },
}

impl Cell {
    /// A formula that is the same in every column.
    pub fn formula(each: Expr) -> Cell {
        Cell::Formula { first: None, each }
    }

    /// A recurrence: `first` starts it, `each` continues it.
    pub fn recurrence(first: Expr, each: Expr) -> Cell {
        Cell::Formula { first: Some(first), each }
    }
}
