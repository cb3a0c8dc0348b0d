//! A row's formula as text with the labels of the rows, for reports and screens.

use crate::words::{self, Language};
use crate::workbook::Workbook;
use crate::workbook::expr::{Compare, Expr, Over, RowRef};
use crate::workbook::kernel::{Kernel, OptionKind};
use crate::workbook::sheet::{Cell, Row};

/// How tightly an operation binds; what binds less than its surroundings is put in brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
    Whole,
}

impl Workbook {
    /// The label of a row: the word `row.<key>`, then what the row is about.
    pub fn label(&self, row: RowRef, language: Language) -> String {
        self.row(row).map(|found| label(found, language)).unwrap_or_default()
    }

    /// What stands in a row, in words: a formula with the labels of the rows it reads, or what the row is otherwise. Empty
    /// where the workbook has no such row.
    ///
    /// ```
    /// use valuation::unit::Unit;
    /// use valuation::words::Language;
    /// use valuation::workbook::draft::SheetDraft;
    /// use valuation::workbook::{Arithmetic, Expr, Workbook};
    /// let mut workbook = Workbook::default();
    /// let mut sheet = SheetDraft::begin(&workbook, "s", None, Arithmetic::Model);
    /// let a = sheet.input("a", Unit::Ratio, "a");
    /// let b = sheet.formula("b", Unit::Ratio, Expr::from(a) * (Expr::number(1) - a.into()));
    /// sheet.finish(&mut workbook);
    /// assert_eq!(workbook.formula_text(b, Language::En), "a × (1 − a)");
    /// ```
    pub fn formula_text(&self, row: RowRef, language: Language) -> String {
        let Some(found) = self.row(row) else {
            return String::new();
        };
        let writer = Writer { workbook: self, at: row, language };
        match &found.cell {
            Cell::Input(_) => writer.word("derivation.input", &[]),
            Cell::Formula { first: None, each } => writer.expr(each),
            Cell::Formula { first: Some(first), each } => {
                let (first, each) = (writer.expr(first), writer.expr(each));
                writer.word("derivation.recurrence", &[("first", &first), ("each", &each)])
            }
            Cell::Call { kernel, args } => {
                let args: Vec<String> = args.iter().map(|arg| writer.expr(arg)).collect();
                let (key, kind, steps) = match kernel {
                    Kernel::AmericanOption { kind, steps } => ("derivation.american_option", kind, steps),
                    Kernel::EuropeanOption { kind, steps } => ("derivation.european_option", kind, steps),
                };
                let kind = match kind {
                    OptionKind::Call => writer.word("derivation.call", &[]),
                    OptionKind::Put => writer.word("derivation.put", &[]),
                };
                writer.word(key, &[("kind", &kind), ("steps", &steps.to_string()), ("args", &args.join(", "))])
            }
            Cell::Solve { unknown, target, bracket } => {
                let target = writer.row(*target);
                let (low, high) = (bracket.0.to_string(), bracket.1.to_string());
                let places = [("unknown", unknown.0.as_str()), ("target", &target), ("low", &low), ("high", &high)];
                writer.word("derivation.solve", &places)
            }
            Cell::Check { expr, .. } => {
                let holds = writer.expr(expr);
                writer.word("derivation.check", &[("holds", &holds)])
            }
        }
    }
}

fn label(row: &Row, language: Language) -> String {
    let key = format!("row.{}", row.key);
    let label = if words::has(&key) { words::text(&key, language) } else { row.key.clone() };
    match &row.subject {
        Some(subject) => words::format("derivation.subject", language, &[("label", &label), ("subject", subject)]),
        None => label,
    }
}

struct Writer<'a> {
    workbook: &'a Workbook,
    at: RowRef,
    language: Language,
}

impl Writer<'_> {
    fn word(&self, key: &str, places: &[(&str, &str)]) -> String {
        words::format(key, self.language, places)
    }

    /// The label of a row; with the sheet's where it is on another sheet.
    fn row(&self, row: RowRef) -> String {
        let label = self.workbook.label(row, self.language);
        if row.sheet == self.at.sheet {
            return label;
        }
        let Some(sheet) = self.workbook.sheets.get(row.sheet as usize) else {
            return label;
        };
        let key = format!("sheet.{}", sheet.key);
        let mut name = if words::has(&key) { words::text(&key, self.language) } else { sheet.key.clone() };
        if let Some(subject) = &sheet.subject {
            name = self.word("derivation.subject", &[("label", &name), ("subject", subject)]);
        }
        self.word("derivation.elsewhere", &[("sheet", &name), ("label", &label)])
    }

    fn expr(&self, expr: &Expr) -> String {
        self.write(expr).0
    }

    /// The text of `expr`, in brackets where it binds less than `least`.
    fn within(&self, expr: &Expr, least: Binding) -> String {
        let (text, binding) = self.write(expr);
        if binding < least { format!("({text})") } else { text }
    }

    fn infix(
        &self,
        a: &Expr,
        sign: &str,
        b: &Expr,
        left: Binding,
        right: Binding,
        binding: Binding,
    ) -> (String, Binding) {
        (format!("{} {sign} {}", self.within(a, left), self.within(b, right)), binding)
    }

    fn function(&self, name: &str, args: &[&Expr]) -> (String, Binding) {
        let args: Vec<String> = args.iter().map(|arg| self.expr(arg)).collect();
        (format!("{name}({})", args.join(", ")), Binding::Whole)
    }

    fn write(&self, expr: &Expr) -> (String, Binding) {
        use Binding::{Comparison, Power, Product, Sign, Sum, Whole};
        let whole = |text: String| (text, Whole);
        match expr {
            Expr::Number(value) if value.is_sign_negative() => (value.to_string().replace('-', "−"), Sign),
            Expr::Number(value) => whole(value.to_string()),
            Expr::Position => whole(self.word("derivation.position", &[])),
            Expr::Row(row) => whole(self.row(*row)),
            Expr::Prev(row) => whole(self.word("derivation.prev", &[("label", &self.row(*row))])),
            Expr::Next(row) => whole(self.word("derivation.next", &[("label", &self.row(*row))])),
            Expr::Neg(a) => (format!("−{}", self.within(a, Power)), Sign),
            Expr::Add(a, b) => self.infix(a, "+", b, Sum, Sum, Sum),
            Expr::Sub(a, b) => self.infix(a, "−", b, Sum, Product, Sum),
            Expr::Mul(a, b) => self.infix(a, "×", b, Product, Product, Product),
            Expr::Div(a, b) => self.infix(a, "÷", b, Product, Sign, Product),
            Expr::Pow(a, b) => self.infix(a, "^", b, Whole, Whole, Power),
            Expr::Exp(a) => self.function("exp", &[a]),
            Expr::Ln(a) => self.function("ln", &[a]),
            Expr::Normal(a) => self.function("Φ", &[a]),
            Expr::Min(a, b) => self.function("min", &[a, b]),
            Expr::Max(a, b) => self.function("max", &[a, b]),
            Expr::Compare(how, a, b) => self.infix(a, sign(*how), b, Sum, Sum, Comparison),
            Expr::If { test, then, other } => {
                let (test, then, other) = (self.expr(test), self.expr(then), self.expr(other));
                whole(self.word("derivation.if", &[("test", &test), ("then", &then), ("other", &other)]))
            }
            Expr::Over(over) => whole(self.over(over)),
            Expr::Round { value, places } => {
                let (value, places) = (self.expr(value), places.to_string());
                whole(self.word("derivation.round", &[("value", &value), ("places", &places)]))
            }
        }
    }

    fn over(&self, over: &Over) -> String {
        match over {
            Over::Sum(row) => format!("Σ({})", self.row(*row)),
            Over::Dot(left, right) => format!("Σ({} × {})", self.row(*left), self.row(*right)),
            Over::Min(row) => format!("min({})", self.row(*row)),
            Over::Max(row) => format!("max({})", self.row(*row)),
            Over::Pick { row, at } => {
                let (label, at) = (self.row(*row), self.expr(at));
                self.word("derivation.pick", &[("label", &label), ("at", &at)])
            }
            Over::Group { row, by, key } => {
                let (label, by, key) = (self.row(*row), self.row(*by), self.expr(key));
                self.word("derivation.group", &[("label", &label), ("by", &by), ("key", &key)])
            }
        }
    }
}

fn sign(how: Compare) -> &'static str {
    match how {
        Compare::Less => "<",
        Compare::LessOrEqual => "≤",
        Compare::Equal => "=",
        Compare::NotEqual => "≠",
        Compare::GreaterOrEqual => "≥",
        Compare::Greater => ">",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::fixture::*;
    use crate::workbook::{Axis, Cell};

    #[test]
    fn formulas_read_as_they_are_calculated() {
        let (a, b) = (|| Expr::from(at(0, 0)), || Expr::from(at(0, 1)));
        let text = |expr: Expr| {
            let rows = vec![input("a"), input("b"), formula("c", expr)];
            model(vec![block(Axis::One, rows)]).formula_text(at(0, 2), Language::En)
        };
        assert_eq!(text(a() - (b() - a())), "a − (b − a)");
        assert_eq!(text(a() - b() - a()), "a − b − a");
        assert_eq!(text(a() / (b() * a())), "a ÷ (b × a)");
        assert_eq!(text(-(a().pow(Expr::number(2)))), "−a ^ 2");
        assert_eq!(text((-a()).pow(Expr::number(2))), "(−a) ^ 2");
        assert_eq!(text((a() + b()) * Expr::number(-2)), "(a + b) × −2");
        assert_eq!(
            text(a().compare(Compare::Less, b()).if_else(a().min(b()), (a() + b()).round(2))),
            "if a < b then min(a, b), otherwise (a + b rounded to 2 places)"
        );
    }

    #[test]
    fn recurrences_and_summaries_speak_both_languages() {
        let cell = Cell::recurrence(at(0, 0).into(), Expr::Prev(at(1, 0)) + Expr::number(1));
        let blocks = vec![
            block(Axis::One, vec![input("a")]),
            block(years(2), vec![row("b", cell)]),
            block(Axis::One, vec![formula("c", Expr::sum(at(1, 0)))]),
        ];
        let workbook = model(blocks);
        assert_eq!(workbook.formula_text(at(1, 0), Language::En), "first a; then previous b + 1");
        assert_eq!(workbook.formula_text(at(1, 0), Language::Zh), "首列 a；其后 上一列 b + 1");
        assert_eq!(workbook.formula_text(at(2, 0), Language::Zh), "Σ(b)");
    }
}
