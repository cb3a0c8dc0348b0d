//! The notes on data resources as a spreadsheet: sums are live formulas, what the entries say are values.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet};
use valuation::recognition::disclosure::{Notes, Table};
use valuation::unit::Unit;
use valuation::words::{self, Language};

use super::ReportError;
use super::xlsx::Cached;
use super::xlsx::style::{self, Kind};

/// The first row of a table.
const TOP: u32 = 4;

struct Sheet<'n> {
    sheet: Worksheet,
    notes: &'n Notes,
    language: Language,
    cached: Cached,
    line: u32,
}

/// Writes the notes.
///
/// # Errors
/// [`ReportError::Spreadsheet`].
pub fn write(notes: &Notes, language: Language, cached: Cached) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    // The same notes give the same bytes: the file's own date is that of the period.
    let end = notes.through.last_day();
    let created = ExcelDateTime::parse_from_str(&end.to_string())?;
    workbook.set_properties(&DocProperties::new().set_title(&notes.entity).set_creation_datetime(&created));
    let tables =
        [("intangible", &notes.intangible), ("inventory", &notes.inventory), ("development", &notes.development)];
    let mut closing = Vec::new();
    for (name, table) in tables {
        let mut sheet = Sheet::begin(name, notes, language, cached)?;
        closing.push((sheet.sheet.name(), sheet.table(table)?));
        workbook.push_worksheet(sheet.sheet);
    }
    let mut sheet = Sheet::begin("balance", notes, language, cached)?;
    sheet.balance(&closing)?;
    workbook.push_worksheet(sheet.sheet);
    let mut sheet = Sheet::begin("assets", notes, language, cached)?;
    sheet.assets()?;
    workbook.push_worksheet(sheet.sheet);
    let mut sheet = Sheet::begin("other", notes, language, cached)?;
    sheet.other()?;
    workbook.push_worksheet(sheet.sheet);
    Ok(workbook.save_to_buffer()?)
}

/// A spreadsheet holds binary numbers; amounts to the minor unit survive.
fn number(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or(f64::NAN)
}

impl<'n> Sheet<'n> {
    fn begin(name: &str, notes: &'n Notes, language: Language, cached: Cached) -> Result<Sheet<'n>, ReportError> {
        let mut sheet = Worksheet::new();
        let title = words::text(&format!("book.sheet.{name}"), language);
        sheet.set_name(&title)?;
        sheet.set_column_width(0, 42)?;
        for column in 1..9 {
            sheet.set_column_width(column, 20)?;
        }
        sheet.write_with_format(0, 0, &title, &style::title())?;
        let span = format!("{}  {} — {}  {}  {}", notes.entity, notes.from, notes.through, notes.book, notes.currency);
        sheet.write_with_format(1, 0, span, &style::remark())?;
        Ok(Sheet { sheet, notes, language, cached, line: TOP })
    }

    fn word(&self, key: &str) -> String {
        words::text(key, self.language)
    }

    fn format(&self, kind: Kind) -> Format {
        style::value(&Unit::Money(self.notes.currency), kind)
    }

    fn formula(&mut self, row: u32, column: u16, text: String, value: Decimal) -> Result<(), ReportError> {
        let cached = match self.cached {
            Cached::Engine => number(value),
            Cached::Wrong(wrong) => wrong,
        };
        let formula = Formula::new(text).set_result(cached.to_string());
        let format = self.format(Kind::Formula);
        self.sheet.write_formula_with_format(row, column, formula, &format)?;
        Ok(())
    }

    fn heads(&mut self, keys: &[&str]) -> Result<(), ReportError> {
        for (column, key) in keys.iter().enumerate() {
            let word = self.word(&format!("book.column.{key}"));
            self.sheet.write_with_format(self.line - 1, column as u16, word, &style::heading())?;
        }
        Ok(())
    }

    /// The table; the row of its last carrying or closing amount.
    fn table(&mut self, table: &Table) -> Result<u32, ReportError> {
        self.heads(&["item", "bought", "made", "otherwise", "total"])?;
        let mut closing = TOP;
        for (index, row) in table.rows.iter().enumerate() {
            let at = TOP + index as u32;
            let label = self.word(&format!("book.note.{}", row.key));
            let indent = "　".repeat(usize::from(row.level.saturating_sub(1)));
            let format = if row.level == 0 { style::heading() } else { style::label() };
            self.sheet.write_with_format(at, 0, format!("{indent}{label}"), &format)?;
            if row.level == 0 {
                continue;
            }
            if matches!(row.key.as_str(), "carrying_closing" | "closing") {
                closing = at;
            }
            for (column, value) in row.values.iter().enumerate() {
                let letter = ['B', 'C', 'D'][column];
                if row.sum.is_empty() {
                    let format = self.format(Kind::Input);
                    self.sheet.write_with_format(at, column as u16 + 1, number(*value), &format)?;
                    continue;
                }
                let parts = row
                    .sum
                    .iter()
                    .map(|(of, plus)| format!("{}{letter}{}", if *plus { '+' } else { '-' }, TOP + *of as u32 + 1));
                // Rounded, so that binary sums stay on the cent.
                let places = self.notes.currency.minor_places();
                let text = format!("=ROUND({},{places})", parts.collect::<String>());
                self.formula(at, column as u16 + 1, text, *value)?;
            }
            let places = self.notes.currency.minor_places();
            self.formula(at, 4, format!("=ROUND(SUM(B{0}:D{0}),{places})", at + 1), row.total)?;
        }
        Ok(closing)
    }

    /// 其中：数据资源, blank where nothing is recognised; each ties to its table.
    fn balance(&mut self, closing: &[(String, u32)]) -> Result<(), ReportError> {
        self.heads(&["item", "amount"])?;
        let lines = &self.notes.lines;
        let rows = [
            ("inventory", lines.inventory, 1),
            ("intangible", lines.intangible, 0),
            ("development", lines.development, 2),
        ];
        for (name, value, table) in rows {
            let parent = self.word(&format!("book.line.{name}"));
            self.sheet.write_with_format(self.line, 0, parent, &style::label())?;
            let of_which = self.word("book.line.data");
            self.sheet.write_with_format(self.line + 1, 0, format!("　{of_which}"), &style::label())?;
            if let Some(value) = value {
                let (sheet, row) = &closing[table];
                self.formula(self.line + 1, 1, format!("='{sheet}'!E{}", row + 1), value)?;
            }
            self.line += 2;
        }
        Ok(())
    }

    fn assets(&mut self) -> Result<(), ReportError> {
        self.heads(&["asset", "name", "method", "available", "life", "left", "cost", "amortised", "impaired"])?;
        let carrying = self.word("book.column.carrying");
        self.sheet.write_with_format(self.line - 1, 9, carrying, &style::heading())?;
        let money = self.format(Kind::Input);
        for asset in &self.notes.assets {
            let line = self.line;
            let texts = [
                asset.asset.clone(),
                asset.name.clone(),
                words::text(&format!("book.method.{}", asset.method), self.language),
                asset.available_on.map(|day| day.to_string()).unwrap_or_default(),
            ];
            for (column, text) in texts.iter().enumerate() {
                self.sheet.write_with_format(line, column as u16, text, &style::label())?;
            }
            for (column, months) in [(4, asset.life_months), (5, asset.months_left)] {
                if let Some(months) = months {
                    self.sheet.write_with_format(line, column, months, &style::label())?;
                }
            }
            for (column, amount) in [(6, asset.cost), (7, asset.amortised), (8, asset.impaired)] {
                self.sheet.write_with_format(line, column, number(amount), &money)?;
            }
            let places = self.notes.currency.minor_places();
            let text = format!("=ROUND(G{0}-H{0}-I{0},{places})", line + 1);
            self.formula(line, 9, text, asset.carrying)?;
            self.line += 1;
        }
        Ok(())
    }

    fn other(&mut self) -> Result<(), ReportError> {
        let notes = self.notes;
        let money = self.format(Kind::Input);
        let expensed = self.word("book.other.research_expensed");
        self.sheet.write_with_format(self.line, 0, expensed, &style::label())?;
        self.sheet.write_with_format(self.line, 1, number(notes.research_expensed), &money)?;
        self.line += 1;
        let mut rows: Vec<[String; 4]> = Vec::new();
        let of = |key: &str| words::text(&format!("book.other.{key}"), self.language);
        for found in &notes.unrecognised {
            let rule = words::text(&format!("book.rule.{}", found.rule), self.language);
            rows.push([of("unrecognised"), found.asset.clone(), found.name.clone(), rule]);
        }
        for change in &notes.changes {
            rows.push([of("change"), change.asset.clone(), change.event.clone(), change.reason.clone()]);
        }
        for limit in &notes.restrictions {
            rows.push([of("restriction"), limit.asset.clone(), limit.what.clone(), limit.carrying.to_string()]);
        }
        for used in &notes.valuations {
            rows.push([of("valuation"), used.asset.clone(), used.event.clone(), used.valuation.clone()]);
        }
        for row in rows {
            for (column, text) in row.iter().enumerate() {
                self.sheet.write_with_format(self.line, column as u16, text, &style::label())?;
            }
            self.line += 1;
        }
        Ok(())
    }
}
