//! A formula of a workbook as spreadsheet text.
//!
//! Parentheses keep the written order of operations, so that both programs round at the same steps. Unary minus is always
//! parenthesised: spreadsheets read `=-C^2` as `(-C)^2`.

use rust_decimal::Decimal;
use valuation::workbook::{Compare, Expr, Over, RowRef};

use super::layout::Layout;
use crate::report::ReportError;

/// The cell a formula stands in.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub layout: &'a Layout,
    pub row: RowRef,
    /// Counted from 0.
    pub column: u16,
}

/// How strongly a piece of text binds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Bond {
    Sum,
    Product,
    Power,
    Atom,
}

/// The text of `expr`, without the leading `=`.
pub fn formula(expr: &Expr, here: Here) -> Result<String, ReportError> {
    write(expr, here, Bond::Sum)
}

/// The text of a check: 1 where `expr` is not 0.
pub fn check(expr: &Expr, here: Here) -> Result<String, ReportError> {
    Ok(format!("IF({},1,0)", test(expr, here)?))
}

fn write(expr: &Expr, here: Here, needed: Bond) -> Result<String, ReportError> {
    let (text, bond) = match expr {
        Expr::Number(number) => (constant(number), Bond::Atom),
        Expr::Row(row) => (same_column(*row, here)?, Bond::Atom),
        Expr::Prev(row) => (neighbour(*row, here, here.column.checked_sub(1))?, Bond::Atom),
        Expr::Next(row) => (neighbour(*row, here, here.column.checked_add(1))?, Bond::Atom),
        Expr::Position => (position(here)?, Bond::Atom),
        Expr::Neg(inner) => (format!("(-{})", write(inner, here, Bond::Atom)?), Bond::Atom),
        Expr::Add(left, right) => (pair(left, "+", right, here, Bond::Sum, Bond::Product)?, Bond::Sum),
        Expr::Sub(left, right) => (pair(left, "-", right, here, Bond::Sum, Bond::Product)?, Bond::Sum),
        Expr::Mul(left, right) => (pair(left, "*", right, here, Bond::Product, Bond::Power)?, Bond::Product),
        Expr::Div(left, right) => (pair(left, "/", right, here, Bond::Product, Bond::Power)?, Bond::Product),
        Expr::Pow(base, exponent) => (pair(base, "^", exponent, here, Bond::Atom, Bond::Atom)?, Bond::Power),
        Expr::Exp(inner) => (call("EXP", &[inner], here)?, Bond::Atom),
        Expr::Ln(inner) => (call("LN", &[inner], here)?, Bond::Atom),
        Expr::Min(left, right) => (call("MIN", &[left, right], here)?, Bond::Atom),
        Expr::Max(left, right) => (call("MAX", &[left, right], here)?, Bond::Atom),
        Expr::Normal(inner) => (format!("NORM.S.DIST({},TRUE)", formula(inner, here)?), Bond::Atom),
        Expr::Compare(..) => (check(expr, here)?, Bond::Atom),
        Expr::If { test: when, then, other } => {
            let parts = (test(when, here)?, formula(then, here)?, formula(other, here)?);
            (format!("IF({},{},{})", parts.0, parts.1, parts.2), Bond::Atom)
        }
        Expr::Over(over) => (summary(over, here)?, Bond::Atom),
        Expr::Round { value, places } => (format!("ROUND({},{places})", formula(value, here)?), Bond::Atom),
    };
    Ok(if bond < needed { format!("({text})") } else { text })
}

fn constant(number: &Decimal) -> String {
    let text = number.normalize().to_string();
    if number.is_sign_negative() && !number.is_zero() { format!("({text})") } else { text }
}

fn pair(left: &Expr, sign: &str, right: &Expr, here: Here, l: Bond, r: Bond) -> Result<String, ReportError> {
    Ok(format!("{}{sign}{}", write(left, here, l)?, write(right, here, r)?))
}

fn call(name: &str, args: &[&Expr], here: Here) -> Result<String, ReportError> {
    let args = args.iter().map(|arg| formula(arg, here)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{name}({})", args.join(",")))
}

/// A condition: the comparison itself, or "is not 0".
fn test(expr: &Expr, here: Here) -> Result<String, ReportError> {
    match expr {
        Expr::Compare(how, left, right) => {
            let sign = match how {
                Compare::Less => "<",
                Compare::LessOrEqual => "<=",
                Compare::Equal => "=",
                Compare::NotEqual => "<>",
                Compare::GreaterOrEqual => ">=",
                Compare::Greater => ">",
            };
            pair(left, sign, right, here, Bond::Sum, Bond::Sum)
        }
        _ => Ok(format!("{}<>0", write(expr, here, Bond::Sum)?)),
    }
}

fn same_column(row: RowRef, here: Here) -> Result<String, ReportError> {
    let column = if here.layout.columns(row)? == 1 { 0 } else { here.column };
    here.layout.cell(row, column, here.row.sheet)
}

fn neighbour(row: RowRef, here: Here, column: Option<u16>) -> Result<String, ReportError> {
    here.layout.cell(row, column.ok_or(ReportError::Reference { row })?, here.row.sheet)
}

fn position(here: Here) -> Result<String, ReportError> {
    Ok(here.layout.position(here.row, here.column)?.unwrap_or_else(|| "1".to_owned()))
}

fn summary(over: &Over, here: Here) -> Result<String, ReportError> {
    let range = |row: &RowRef| here.layout.range(*row, here.row.sheet);
    Ok(match over {
        Over::Sum(row) => format!("SUM({})", range(row)?),
        Over::Dot(left, right) => format!("SUMPRODUCT({},{})", range(left)?, range(right)?),
        Over::Min(row) => format!("MIN({})", range(row)?),
        Over::Max(row) => format!("MAX({})", range(row)?),
        Over::Pick { row, at } => format!("INDEX({},1,{})", range(row)?, formula(at, here)?),
        Over::Group { row, by, key } => format!("SUMIF({},{},{})", range(by)?, formula(key, here)?, range(row)?),
    })
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use valuation::period::{Schedule, Step};
    use valuation::unit::Unit;
    use valuation::workbook::{Arithmetic, Axis, Block, Cell, Row, Run, Sheet, Workbook};

    use super::*;

    fn layout() -> Layout {
        let row = |key: &str| Row {
            key: key.into(),
            subject: None,
            unit: Unit::Ratio,
            cite: None,
            cell: Cell::formula(Expr::number(1)),
        };
        let time = Schedule { start: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(), step: Step::Year, count: 3 };
        let blocks = vec![
            Block { axis: Axis::One, run: Run::Forward, rows: vec![row("a"), row("b")] },
            Block { axis: Axis::Time(time), run: Run::Forward, rows: vec![row("c"), row("d")] },
        ];
        let sheet =
            |key: &str| Sheet { key: key.into(), subject: None, arithmetic: Arithmetic::Model, blocks: blocks.clone() };
        Layout::of(&Workbook { sheets: vec![sheet("one"), sheet("it's two")] }, &[]).unwrap()
    }

    fn at(sheet: u32, block: u32, row: u32) -> RowRef {
        RowRef { sheet, block, row }
    }

    fn text(expr: Expr) -> String {
        formula(&expr, Here { layout: &layout(), row: at(1, 1, 1), column: 1 }).unwrap()
    }

    #[test]
    fn references_follow_the_axis() {
        assert_eq!(text(at(1, 1, 0).into()), "F10");
        assert_eq!(text(at(1, 0, 1).into()), "$E$6");
        assert_eq!(text(at(0, 1, 0).into()), "'one'!F10");
        assert_eq!(text(Expr::Prev(at(1, 1, 1))), "E11");
        assert_eq!(text(Expr::sum(at(0, 1, 1))), "SUM('one'!$E$11:$G$11)");
        assert_eq!(text(Expr::Position), "F$9");
    }

    #[test]
    fn unary_minus_never_meets_a_power_bare() {
        let c = || Expr::from(at(1, 1, 0));
        assert_eq!(text(-c().pow(Expr::number(2))), "(-(F10^2))");
        assert_eq!(text((-c()).pow(Expr::number(2))), "(-F10)^2");
        assert_eq!(text(Expr::number(-2).pow(c())), "(-2)^F10");
        assert_eq!(text(c().pow(c().pow(c()))), "F10^(F10^F10)");
    }

    #[test]
    fn parentheses_keep_the_written_order() {
        let (a, b, c) = (|| Expr::from(at(1, 0, 0)), || Expr::from(at(1, 0, 1)), || Expr::from(at(1, 1, 0)));
        assert_eq!(text(a() - (b() - c())), "$E$5-($E$6-F10)");
        assert_eq!(text(a() + (b() + c())), "$E$5+($E$6+F10)");
        assert_eq!(text(a() + b() + c()), "$E$5+$E$6+F10");
        assert_eq!(text(a() / (b() * c())), "$E$5/($E$6*F10)");
        assert_eq!(text((a() + b()) * c()), "($E$5+$E$6)*F10");
    }

    #[test]
    fn conditions_are_written_once() {
        let c = || Expr::from(at(1, 1, 0));
        let over = c().compare(Compare::Greater, Expr::number(0));
        assert_eq!(text(over.clone().if_else(c(), Expr::number(0))), "IF(F10>0,F10,0)");
        assert_eq!(text(over), "IF(F10>0,1,0)");
        assert_eq!(text(c().if_else(Expr::number(1), Expr::number(0))), "IF(F10<>0,1,0)");
    }
}
