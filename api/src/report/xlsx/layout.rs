//! Where each row of a workbook stands in the spreadsheet.

use std::collections::BTreeSet;

use valuation::words::{Language, has, text};
use valuation::workbook::{Axis, RowRef, Sheet, Workbook};

use crate::report::ReportError;

/// Columns before the values: item, its English, unit, source.
pub const LEAD: u16 = 4;
/// Rows before the first block: the sheet's title and its explanation.
const TITLE_ROWS: u32 = 2;
/// The longest sheet name that spreadsheets accept.
const NAME_LIMIT: usize = 31;

/// The addresses of all rows.
#[derive(Clone, Debug)]
pub struct Layout {
    pub sheets: Vec<SheetPlace>,
}

/// One sheet: its name in formulas and its blocks.
#[derive(Clone, Debug)]
pub struct SheetPlace {
    pub name: String,
    pub blocks: Vec<BlockPlace>,
}

/// One block; rows are counted from 0.
#[derive(Clone, Debug)]
pub struct BlockPlace {
    /// The row of column headings.
    pub heading: u32,
    /// The row that numbers the columns from 1, where there is more than one; formulas read their position from it.
    pub numbers: Option<u32>,
    /// The spreadsheet row of the block's first row.
    pub first: u32,
    pub columns: u16,
}

impl Layout {
    /// Lays out every sheet; `taken` holds the names of sheets that are not calculations.
    pub fn of(workbook: &Workbook, taken: &[String]) -> Result<Layout, ReportError> {
        let mut names: BTreeSet<String> = taken.iter().map(|name| name.to_lowercase()).collect();
        let sheets = workbook.sheets.iter().map(|sheet| place(sheet, &mut names)).collect::<Result<_, _>>()?;
        Ok(Layout { sheets })
    }

    fn block(&self, row: RowRef) -> Result<(&SheetPlace, &BlockPlace), ReportError> {
        let sheet = self.sheets.get(row.sheet as usize).ok_or(ReportError::Reference { row })?;
        let block = sheet.blocks.get(row.block as usize).ok_or(ReportError::Reference { row })?;
        Ok((sheet, block))
    }

    /// Columns of the block that `row` belongs to.
    pub fn columns(&self, row: RowRef) -> Result<u16, ReportError> {
        Ok(self.block(row)?.1.columns)
    }

    /// The spreadsheet row (from 0) of `row`.
    pub fn line(&self, row: RowRef) -> Result<u32, ReportError> {
        Ok(self.block(row)?.1.first + row.row)
    }

    /// The cell of `row` in `column` (both from 0), as read on sheet `from`; absolute where the row has one column only.
    pub fn cell(&self, row: RowRef, column: u16, from: u32) -> Result<String, ReportError> {
        let (sheet, block) = self.block(row)?;
        if column >= block.columns {
            return Err(ReportError::Reference { row });
        }
        let line = block.first + row.row + 1;
        let letters = letters(LEAD + column);
        let prefix = prefix(sheet, row.sheet, from);
        Ok(if block.columns == 1 { format!("{prefix}${letters}${line}") } else { format!("{prefix}{letters}{line}") })
    }

    /// All columns of `row` as an absolute range, as read on sheet `from`.
    pub fn range(&self, row: RowRef, from: u32) -> Result<String, ReportError> {
        let (sheet, block) = self.block(row)?;
        let line = block.first + row.row + 1;
        let (left, right) = (letters(LEAD), letters(LEAD + block.columns.saturating_sub(1)));
        Ok(format!("{}${left}${line}:${right}${line}", prefix(sheet, row.sheet, from)))
    }

    /// The cell that numbers `column` of the block that `here` belongs to; `None` in blocks of one column.
    pub fn position(&self, here: RowRef, column: u16) -> Result<Option<String>, ReportError> {
        let (_, block) = self.block(here)?;
        Ok(block.numbers.map(|line| format!("{}${}", letters(LEAD + column), line + 1)))
    }
}

fn prefix(sheet: &SheetPlace, index: u32, from: u32) -> String {
    if index == from { String::new() } else { format!("'{}'!", sheet.name.replace('\'', "''")) }
}

/// The label of a sheet: its word, and its subject where it has one.
pub fn sheet_label(sheet: &Sheet, language: Language) -> String {
    let key = format!("sheet.{}", sheet.key);
    let label = if has(&key) { text(&key, language) } else { sheet.key.clone() };
    match &sheet.subject {
        Some(subject) => format!("{label} {subject}"),
        None => label,
    }
}

fn place(sheet: &Sheet, names: &mut BTreeSet<String>) -> Result<SheetPlace, ReportError> {
    let name = unique(&sheet_label(sheet, Language::Zh), names);
    let mut line = TITLE_ROWS;
    let mut blocks = Vec::with_capacity(sheet.blocks.len());
    for block in &sheet.blocks {
        let columns = u16::try_from(block.axis.len())
            .ok()
            .filter(|columns| *columns <= 16_000)
            .ok_or_else(|| ReportError::TooWide { sheet: name.clone(), columns: block.axis.len() })?;
        let heading = line + 1;
        let numbers = (!matches!(block.axis, Axis::One)).then_some(heading + 1);
        let first = heading + if numbers.is_some() { 2 } else { 1 };
        line = first + block.rows.len() as u32;
        blocks.push(BlockPlace { heading, numbers, first, columns });
    }
    Ok(SheetPlace { name, blocks })
}

/// A sheet name without the characters that spreadsheets refuse, shortened, and not yet taken.
fn unique(label: &str, names: &mut BTreeSet<String>) -> String {
    let clean: String = label.chars().map(|c| if "[]:*?/\\".contains(c) { ' ' } else { c }).collect();
    let clean = clean.trim_matches(|c: char| c == '\'' || c.is_whitespace());
    let cut = |limit: usize| -> String { clean.chars().take(limit).collect() };
    let mut name = cut(NAME_LIMIT);
    let mut number = 2;
    while name.is_empty() || !names.insert(name.to_lowercase()) {
        let suffix = format!(" {number}");
        name = cut(NAME_LIMIT - suffix.len()) + &suffix;
        number += 1;
    }
    name
}

/// Column letters of a column counted from 0: 0 is A, 26 is AA.
pub fn letters(column: u16) -> String {
    let mut number = u32::from(column) + 1;
    let mut letters = Vec::new();
    while number > 0 {
        let digit = (number - 1) % 26;
        letters.push(b'A' + digit as u8);
        number = (number - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_spreadsheets_do() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(letters), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn sheet_names_are_short_clean_and_unique() {
        let mut names = BTreeSet::new();
        assert_eq!(unique("情景/收益 [A]", &mut names), "情景 收益  A");
        let long = "许可费节省法许可费节省法许可费节省法许可费节省法许可费节省法许可费节省法";
        let (one, two) = (unique(long, &mut names), unique(long, &mut names));
        assert_eq!((one.chars().count(), two.chars().count()), (31, 31));
        assert!(one != two && two.ends_with(" 2"));
    }
}
