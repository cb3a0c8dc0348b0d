//! One sheet of the workbook as a worksheet.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Formula, Note, Worksheet};
use valuation::words::Language;
use valuation::workbook::{Axis, Block, Cell, InputId, Number, Row, RowRef, Run, Sheet};

use super::formula::{Here, check, formula};
use super::layout::{LEAD, Layout, letters, sheet_label};
use super::style::{self, Kind};
use super::{Cached, EngineCell, EngineReason, Paper};
use crate::report::{ReportError, words};

/// The first row of each input; later rows of the same input refer to it.
type FirstRows = BTreeMap<InputId, RowRef>;

/// Writes sheet `index`; cells without a live formula are added to `engine_cells`.
pub fn write(
    paper: &Paper,
    layout: &Layout,
    index: u32,
    worksheet: &mut Worksheet,
    engine_cells: &mut Vec<EngineCell>,
) -> Result<(), ReportError> {
    let sheet = &paper.workbook.sheets[index as usize];
    page(worksheet, sheet)?;
    let mut writer = Writer { paper, layout, worksheet, engine_cells, first_rows: first_rows(paper) };
    for (number, block) in sheet.blocks.iter().enumerate() {
        let address = RowRef { sheet: index, block: number as u32, row: 0 };
        writer.headings(address, block)?;
        for (line, row) in block.rows.iter().enumerate() {
            writer.row(RowRef { row: line as u32, ..address }, row, block)?;
        }
    }
    Ok(())
}

/// Widths of the columns before the values: item, its English, unit, source.
const WIDTHS: [f64; LEAD as usize] = [30.0, 34.0, 16.0, 46.0];
const VALUE_WIDTH: f64 = 17.0;
/// Value columns on one printed page.
const COLUMNS_PER_PAGE: u16 = 6;

fn page(worksheet: &mut Worksheet, sheet: &Sheet) -> Result<(), ReportError> {
    let widest = sheet.blocks.iter().map(|block| block.axis.len()).max().unwrap_or(1).min(16_000) as u16;
    for (column, width) in WIDTHS.into_iter().enumerate() {
        worksheet.set_column_width(column as u16, width)?;
    }
    worksheet.set_column_range_width(LEAD, LEAD + widest.max(1) - 1, VALUE_WIDTH)?;
    worksheet.write_with_format(0, 0, sheet_label(sheet, Language::Zh), &style::title())?;
    worksheet.write_with_format(1, 0, sheet_label(sheet, Language::En), &style::remark())?;
    worksheet.set_row_height(0, 24)?.set_row_height(1, 18)?;
    worksheet.set_freeze_panes(2, LEAD)?;
    worksheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(widest.div_ceil(COLUMNS_PER_PAGE).max(1), 0);
    if widest > COLUMNS_PER_PAGE {
        worksheet.set_repeat_columns(0, LEAD - 1)?;
    }
    worksheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

fn first_rows(paper: &Paper) -> FirstRows {
    let mut first = FirstRows::new();
    for (s, sheet) in paper.workbook.sheets.iter().enumerate() {
        for (b, block) in sheet.blocks.iter().enumerate() {
            for (r, row) in block.rows.iter().enumerate() {
                if let Cell::Input(id) = &row.cell {
                    let here = RowRef { sheet: s as u32, block: b as u32, row: r as u32 };
                    first.entry(id.clone()).or_insert(here);
                }
            }
        }
    }
    first
}

struct Writer<'a, 'b> {
    paper: &'a Paper<'a>,
    layout: &'a Layout,
    worksheet: &'b mut Worksheet,
    engine_cells: &'b mut Vec<EngineCell>,
    first_rows: FirstRows,
}

impl Writer<'_, '_> {
    fn headings(&mut self, address: RowRef, block: &Block) -> Result<(), ReportError> {
        let place = &self.layout.sheets[address.sheet as usize].blocks[address.block as usize];
        for (column, key) in ["item", "item_en", "unit", "source"].iter().enumerate() {
            let word = words::heading(key);
            self.worksheet.write_with_format(place.heading, column as u16, word, &style::heading())?;
            if let Some(line) = place.numbers {
                self.worksheet.write_blank(line, column as u16, &style::heading())?;
            }
        }
        let right = style::number_heading();
        let mut tallest = 16.0_f64;
        for column in 0..place.columns {
            let label = match &block.axis {
                Axis::One => words::both("report.heading.value"),
                Axis::Time(schedule) => schedule.label(u32::from(column)).replace('/', "\n"),
                Axis::Items(keys) => keys[usize::from(column)].clone(),
            };
            tallest = tallest.max(style::height(&[(&label, VALUE_WIDTH)]));
            self.worksheet.write_with_format(place.heading, LEAD + column, label, &right)?;
            if let Some(line) = place.numbers {
                self.worksheet.write_with_format(line, LEAD + column, f64::from(column) + 1.0, &right)?;
            }
        }
        self.worksheet.set_row_height(place.heading, tallest)?;
        Ok(())
    }

    fn row(&mut self, address: RowRef, row: &Row, block: &Block) -> Result<(), ReportError> {
        let line = self.layout.line(address)?;
        let texts = [
            (words::row_label(row, Language::Zh), style::label()),
            (words::row_label(row, Language::En), style::quiet()),
            (words::unit(&row.unit, Language::Zh), style::quiet()),
            (self.source(row), style::quiet()),
        ];
        for (column, (text, format)) in texts.iter().enumerate() {
            self.worksheet.write_with_format(line, column as u16, text, format)?;
        }
        let widths: Vec<(&str, f64)> = texts.iter().map(|(text, _)| text.as_str()).zip(WIDTHS).collect();
        self.worksheet.set_row_height(line, style::height(&widths))?;
        if let Cell::Check { .. } = row.cell {
            let last = LEAD + self.layout.columns(address)? - 1;
            self.worksheet.add_conditional_format(line, LEAD, line, last, &style::failed())?;
        }
        for column in 0..self.layout.columns(address)? {
            self.value(line, column, address, row, block.run)?;
        }
        Ok(())
    }

    fn source(&self, row: &Row) -> String {
        let mut parts = Vec::new();
        match &row.cell {
            Cell::Input(id) => match self.paper.bindings.inputs.get(id) {
                Some(binding) => {
                    parts.push(words::support(&binding.support, Language::Zh));
                    parts.extend(words::distribution(&binding.quantity, Language::Zh));
                }
                None => parts.push(words::both("report.heading.joint")),
            },
            Cell::Call { kernel, .. } => parts.push(words::kernel(kernel, Language::Zh)),
            Cell::Solve { bracket: (low, high), .. } => {
                parts.push(format!("{} [{low}, {high}]", words::both("report.engine.root")));
            }
            Cell::Check { code, .. } => parts.push(words::check(code, Language::Zh)),
            Cell::Formula { .. } => {}
        }
        if let Some(cite) = &row.cite {
            parts.push(cite.document.clone() + cite.place.as_deref().unwrap_or(""));
        }
        parts.join("；")
    }

    fn value(&mut self, line: u32, column: u16, address: RowRef, row: &Row, run: Run) -> Result<(), ReportError> {
        let here = Here { layout: self.layout, row: address, column };
        match &row.cell {
            Cell::Input(id) => match self.first_rows.get(id).copied() {
                Some(first) if first != address && self.same_width(first, address)? => {
                    let column = if self.layout.columns(first)? == 1 { 0 } else { column };
                    let text = self.layout.cell(first, column, address.sheet)?;
                    self.live(line, here, text, row, Kind::Formula)
                }
                _ => {
                    let number = self.paper.point.number(address, usize::from(column)).real();
                    let format = style::value(&row.unit, Kind::Input);
                    self.worksheet.write_with_format(line, LEAD + column, number, &format)?;
                    Ok(())
                }
            },
            Cell::Formula { first, each } => {
                let start = match run {
                    Run::Forward => 0,
                    Run::Backward => self.layout.columns(address)? - 1,
                };
                let expr = if column == start { first.as_ref().unwrap_or(each) } else { each };
                self.live(line, here, formula(expr, here)?, row, Kind::Formula)
            }
            Cell::Check { expr, .. } => self.live(line, here, check(expr, here)?, row, Kind::Check),
            Cell::Call { kernel, args } => {
                let args = args.iter().map(|arg| formula(arg, here)).collect::<Result<Vec<_>, _>>()?;
                let note = format!("{} = ({})", words::kernel(kernel, Language::Zh), args.join("; "));
                self.engine(line, here, row, EngineReason::Kernel, &note)
            }
            Cell::Solve { target, .. } => {
                let note = format!("{} = 0", self.layout.cell(*target, 0, address.sheet)?);
                self.engine(line, here, row, EngineReason::Root, &note)
            }
        }
    }

    /// Whether a row of the same input can refer to the input's first row column by column.
    fn same_width(&self, first: RowRef, address: RowRef) -> Result<bool, ReportError> {
        let columns = self.layout.columns(first)?;
        Ok(columns == 1 || columns == self.layout.columns(address)?)
    }

    fn live(&mut self, line: u32, here: Here, text: String, row: &Row, kind: Kind) -> Result<(), ReportError> {
        let result = match self.paper.cached {
            Cached::Engine => cached(self.paper.point.number(here.row, usize::from(here.column))),
            Cached::Wrong(wrong) => wrong.to_string(),
        };
        let formula = Formula::new(format!("={text}")).set_result(result);
        let format = style::value(&row.unit, kind);
        self.worksheet.write_with_format(line, LEAD + here.column, formula, &format)?;
        Ok(())
    }

    fn engine(&mut self, line: u32, here: Here, row: &Row, why: EngineReason, how: &str) -> Result<(), ReportError> {
        let number = self.paper.point.number(here.row, usize::from(here.column)).real();
        let column = LEAD + here.column;
        let format = style::value(&row.unit, Kind::Engine);
        if number.is_finite() {
            self.worksheet.write_with_format(line, column, number, &format)?;
        } else {
            self.worksheet.write_with_format(line, column, words::both("report.engine.none"), &format)?;
        }
        let note = Note::new(format!("{}\n{how}", words::both("report.engine.note"))).set_author("Hengshu 衡数");
        self.worksheet.insert_note(line, column, &note.add_author_prefix(false))?;
        self.engine_cells.push(EngineCell {
            sheet: self.layout.sheets[here.row.sheet as usize].name.clone(),
            cell: format!("{}{}", letters(column), line + 1),
            key: row.key.clone(),
            why,
        });
        Ok(())
    }
}

/// The engine's value as the cached result of a formula.
fn cached(number: Number) -> String {
    match number {
        Number::Exact(exact) => exact.normalize().to_string(),
        Number::Real(real) if real.is_finite() => real.to_string(),
        Number::Real(real) if real.is_nan() => "#NUM!".to_owned(),
        Number::Real(_) => "#DIV/0!".to_owned(),
    }
}
