//! A formula in the words of its rows, as a reader follows it.

use valuation::words::{Language, format, text};
use valuation::workbook::{Cell, Compare, Expr, Over, RowRef, Workbook};

use super::words;
use super::xlsx::layout::sheet_label;

/// How a row comes about in `language`; nothing for inputs.
pub fn row(workbook: &Workbook, at: RowRef, language: Language) -> Option<String> {
    let written = workbook.row(at)?;
    let reader = Reader { workbook, here: at, language };
    match &written.cell {
        Cell::Input(_) => None,
        Cell::Formula { first: None, each } => Some(reader.say(each, Bond::Sum)),
        Cell::Formula { first: Some(first), each } => {
            let (first, each) = (reader.say(first, Bond::Sum), reader.say(each, Bond::Sum));
            Some(format("notation.first", language, &[("first", &first), ("each", &each)]))
        }
        Cell::Check { expr, .. } => Some(reader.say(expr, Bond::Sum)),
        Cell::Call { kernel, args } => {
            let args: Vec<String> = args.iter().map(|arg| reader.say(arg, Bond::Sum)).collect();
            Some(format!("{}: {}", words::kernel(kernel, language), args.join("; ")))
        }
        Cell::Solve { unknown, target, .. } => {
            let target = reader.name(*target);
            Some(format("notation.solve", language, &[("unknown", &unknown.0), ("target", &target)]))
        }
    }
}

/// How strongly a piece of text binds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Bond {
    Sum,
    Product,
    Power,
    Atom,
}

struct Reader<'a> {
    workbook: &'a Workbook,
    here: RowRef,
    language: Language,
}

impl Reader<'_> {
    /// The label of a row, with its sheet where that is another.
    fn name(&self, row: RowRef) -> String {
        let Some(found) = self.workbook.row(row) else { return "?".to_owned() };
        let label = words::row_label(found, self.language);
        match self.workbook.sheets.get(row.sheet as usize) {
            Some(sheet) if row.sheet != self.here.sheet => format!("〔{}〕{label}", sheet_label(sheet, self.language)),
            _ => label,
        }
    }

    fn named(&self, key: &str, row: RowRef) -> String {
        format(key, self.language, &[("row", &self.name(row))])
    }

    fn say(&self, expr: &Expr, needed: Bond) -> String {
        let (said, bond) = match expr {
            Expr::Number(number) => (number.normalize().to_string(), Bond::Atom),
            Expr::Row(row) => (self.name(*row), Bond::Atom),
            Expr::Prev(row) => (self.named("notation.previous", *row), Bond::Atom),
            Expr::Next(row) => (self.named("notation.next", *row), Bond::Atom),
            Expr::Position => (text("notation.position", self.language), Bond::Atom),
            Expr::Neg(a) => (format!("−{}", self.say(a, Bond::Atom)), Bond::Sum),
            // Sums are built from nothing; a reader does not care.
            Expr::Add(a, b) if **a == Expr::number(0) => return self.say(b, needed),
            Expr::Add(a, b) => (self.pair(a, " + ", b, Bond::Sum, Bond::Sum), Bond::Sum),
            Expr::Sub(a, b) => (self.pair(a, " − ", b, Bond::Sum, Bond::Product), Bond::Sum),
            Expr::Mul(a, b) => (self.pair(a, " × ", b, Bond::Product, Bond::Product), Bond::Product),
            Expr::Div(a, b) => (self.pair(a, " ÷ ", b, Bond::Product, Bond::Power), Bond::Product),
            Expr::Pow(a, b) => (self.pair(a, "^", b, Bond::Atom, Bond::Atom), Bond::Power),
            Expr::Exp(a) => (self.call("exp", &[a]), Bond::Atom),
            Expr::Ln(a) => (self.call("ln", &[a]), Bond::Atom),
            Expr::Min(a, b) => (self.call("min", &[a, b]), Bond::Atom),
            Expr::Max(a, b) => (self.call("max", &[a, b]), Bond::Atom),
            Expr::Normal(a) => (self.call("Φ", &[a]), Bond::Atom),
            Expr::Compare(how, a, b) => (self.pair(a, sign(*how), b, Bond::Sum, Bond::Sum), Bond::Sum),
            Expr::If { test, then, other } => {
                let (test, then) = (self.say(test, Bond::Sum), self.say(then, Bond::Sum));
                let other = self.say(other, Bond::Sum);
                let places = [("test", test.as_str()), ("then", &then), ("other", &other)];
                (format("notation.if", self.language, &places), Bond::Atom)
            }
            Expr::Over(over) => (self.over(over), Bond::Atom),
            Expr::Round { value, places } => {
                let (value, places) = (self.say(value, Bond::Sum), places.to_string());
                (format("notation.round", self.language, &[("value", &value), ("places", &places)]), Bond::Atom)
            }
        };
        if bond < needed { format!("({said})") } else { said }
    }

    fn pair(&self, a: &Expr, sign: &str, b: &Expr, left: Bond, right: Bond) -> String {
        format!("{}{sign}{}", self.say(a, left), self.say(b, right))
    }

    fn call(&self, name: &str, args: &[&Expr]) -> String {
        let args: Vec<String> = args.iter().map(|arg| self.say(arg, Bond::Sum)).collect();
        format!("{name}({})", args.join(", "))
    }

    fn over(&self, over: &Over) -> String {
        match over {
            Over::Sum(row) => format!("Σ {}", self.name(*row)),
            Over::Dot(a, b) => format!("Σ ({} × {})", self.name(*a), self.name(*b)),
            Over::Min(row) => format!("min {}", self.name(*row)),
            Over::Max(row) => format!("max {}", self.name(*row)),
            Over::Pick { row, at } => {
                let (row, at) = (self.name(*row), self.say(at, Bond::Sum));
                format("notation.pick", self.language, &[("row", &row), ("at", &at)])
            }
            Over::Group { row, by, key } => {
                let (row, by, key) = (self.name(*row), self.name(*by), self.say(key, Bond::Sum));
                format("notation.group", self.language, &[("row", &row), ("by", &by), ("key", &key)])
            }
        }
    }
}

fn sign(how: Compare) -> &'static str {
    match how {
        Compare::Less => " < ",
        Compare::LessOrEqual => " ≤ ",
        Compare::Equal => " = ",
        Compare::NotEqual => " ≠ ",
        Compare::GreaterOrEqual => " ≥ ",
        Compare::Greater => " > ",
    }
}

#[cfg(test)]
mod tests {
    use valuation::unit::Unit;
    use valuation::workbook::draft::SheetDraft;
    use valuation::workbook::{Arithmetic, Axis, Run};

    use super::*;

    #[test]
    fn formulas_read_as_words() {
        let mut workbook = Workbook::default();
        let mut sheet = SheetDraft::begin(&workbook, "conclusion", None, Arithmetic::Model);
        sheet.block(Axis::One, Run::Forward);
        let cost = sheet.input("replacement_cost", Unit::Ratio, "c");
        let factor = sheet.input("adjustment", Unit::Ratio, "d");
        let (c, d) = (|| Expr::from(cost), || Expr::from(factor));
        let product = sheet.formula("value", Unit::Ratio, (c() - (d() - c())) * d().pow(Expr::number(2)));
        let chosen = Expr::number(0) + c().compare(Compare::Greater, d()).if_else(c(), (-d()).round(2));
        let chosen = sheet.formula("estimate", Unit::Ratio, chosen);
        sheet.finish(&mut workbook);
        let zh = |at| row(&workbook, at, Language::Zh).unwrap();
        assert_eq!(row(&workbook, cost, Language::Zh), None);
        assert_eq!(zh(product), "(重置成本 C − (价值调整系数 δ − 重置成本 C)) × 价值调整系数 δ^2");
        assert_eq!(zh(chosen), "若 重置成本 C > 价值调整系数 δ 则 重置成本 C，否则 取整(−价值调整系数 δ，2 位)");
    }
}
