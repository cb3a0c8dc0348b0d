//! The formulas of a workbook.

use std::ops;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The address of a row: indices of its sheet, block and row, each counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowRef {
    pub sheet: u32,
    pub block: u32,
    pub row: u32,
}

/// One cell: a row and its column, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellRef {
    pub row: RowRef,
    pub column: u32,
}

/// A formula. Truth is 1, falsehood 0; any number but 0 counts as true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// A constant of the method itself (1, 12, 0.5); a coefficient is an input, never a constant.
    Number(Decimal),
    /// The same column of a row above in this block or of an earlier block with the same axis; or the only column of an
    /// earlier `Axis::One` row.
    Row(RowRef),
    /// The previous column of any row of this block (forward runs only).
    Prev(RowRef),
    /// The next column of any row of this block (backward runs only).
    Next(RowRef),
    /// The number of this column along the axis, counted from 1.
    Position,
    Neg(Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
    Sub(Box<Expr>, Box<Expr>),
    Mul(Box<Expr>, Box<Expr>),
    Div(Box<Expr>, Box<Expr>),
    Pow(Box<Expr>, Box<Expr>),
    Exp(Box<Expr>),
    Ln(Box<Expr>),
    Min(Box<Expr>, Box<Expr>),
    Max(Box<Expr>, Box<Expr>),
    /// Standard normal distribution function, `0.5·erfc(−x/√2)`.
    Normal(Box<Expr>),
    Compare(Compare, Box<Expr>, Box<Expr>),
    If {
        test: Box<Expr>,
        then: Box<Expr>,
        other: Box<Expr>,
    },
    /// A summary of a row of an earlier block.
    Over(Over),
    /// Rounding half away from zero to `places` decimals.
    Round {
        value: Box<Expr>,
        places: u32,
    },
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Compare {
    /// Whether the comparison holds.
    #[inline]
    pub fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Compare::Less => a < b,
            Compare::LessOrEqual => a <= b,
            Compare::Equal => a == b,
            Compare::NotEqual => a != b,
            Compare::GreaterOrEqual => a >= b,
            Compare::Greater => a > b,
        }
    }
}

/// Summaries of a row of an earlier block, in the written order of its columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    Sum(RowRef),
    /// Sum of products of two rows of one block.
    Dot(RowRef, RowRef),
    Min(RowRef),
    Max(RowRef),
    /// The column of `row` whose number (from 1) is `at`.
    Pick {
        row: RowRef,
        at: Box<Expr>,
    },
    /// The sum of those columns of `row` whose `by` (a row of the same block) equals `key` in this column.
    Group {
        row: RowRef,
        by: RowRef,
        key: Box<Expr>,
    },
}

impl Expr {
    /// A whole number.
    pub fn number(value: i64) -> Expr {
        Expr::Number(Decimal::from(value))
    }

    pub fn pow(self, exponent: Expr) -> Expr {
        Expr::Pow(Box::new(self), Box::new(exponent))
    }

    pub fn exp(self) -> Expr {
        Expr::Exp(Box::new(self))
    }

    pub fn ln(self) -> Expr {
        Expr::Ln(Box::new(self))
    }

    pub fn min(self, other: Expr) -> Expr {
        Expr::Min(Box::new(self), Box::new(other))
    }

    pub fn max(self, other: Expr) -> Expr {
        Expr::Max(Box::new(self), Box::new(other))
    }

    pub fn round(self, places: u32) -> Expr {
        Expr::Round { value: Box::new(self), places }
    }

    pub fn compare(self, how: Compare, other: Expr) -> Expr {
        Expr::Compare(how, Box::new(self), Box::new(other))
    }

    /// `then` where `self` is true, else `other`.
    pub fn if_else(self, then: Expr, other: Expr) -> Expr {
        Expr::If { test: Box::new(self), then: Box::new(then), other: Box::new(other) }
    }

    pub fn sum(row: RowRef) -> Expr {
        Expr::Over(Over::Sum(row))
    }

    pub fn dot(left: RowRef, right: RowRef) -> Expr {
        Expr::Over(Over::Dot(left, right))
    }
}

impl From<RowRef> for Expr {
    fn from(row: RowRef) -> Expr {
        Expr::Row(row)
    }
}

impl ops::Add for Expr {
    type Output = Expr;
    fn add(self, other: Expr) -> Expr {
        Expr::Add(Box::new(self), Box::new(other))
    }
}

impl ops::Sub for Expr {
    type Output = Expr;
    fn sub(self, other: Expr) -> Expr {
        Expr::Sub(Box::new(self), Box::new(other))
    }
}

impl ops::Mul for Expr {
    type Output = Expr;
    fn mul(self, other: Expr) -> Expr {
        Expr::Mul(Box::new(self), Box::new(other))
    }
}

impl ops::Div for Expr {
    type Output = Expr;
    fn div(self, other: Expr) -> Expr {
        Expr::Div(Box::new(self), Box::new(other))
    }
}

impl ops::Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        Expr::Neg(Box::new(self))
    }
}
