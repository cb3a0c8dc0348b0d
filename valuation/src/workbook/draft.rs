//! Writing a sheet row by row, with each row's address handed back for the formulas below it.

use crate::unit::Unit;
use crate::workbook::{Arithmetic, Axis, Block, Cell, Cite, Expr, InputId, Row, RowRef, Run, Sheet, Workbook};

/// A sheet under the pen; [`SheetDraft::finish`] appends it to the workbook it was begun for.
///
/// ```
/// use valuation::money::Currency;
/// use valuation::unit::Unit;
/// use valuation::workbook::draft::SheetDraft;
/// use valuation::workbook::{Arithmetic, Axis, Expr, Run, Workbook};
/// let mut workbook = Workbook::default();
/// let mut sheet = SheetDraft::begin(&workbook, "replacement_cost", None, Arithmetic::Model);
/// sheet.block(Axis::One, Run::Forward);
/// let money = Unit::Money(Currency::CNY);
/// let cost = sheet.input("replacement_cost", money, "cost");
/// let factor = sheet.input("adjustment", Unit::Ratio, "adjustment");
/// let value = sheet.formula("value", money, Expr::from(cost) * Expr::from(factor));
/// sheet.finish(&mut workbook);
/// assert_eq!(value.row, 2);
/// ```
pub struct SheetDraft {
    index: u32,
    sheet: Sheet,
}

impl SheetDraft {
    /// Begins the sheet that will follow those of `workbook`.
    pub fn begin(workbook: &Workbook, key: &str, subject: Option<String>, arithmetic: Arithmetic) -> Self {
        let sheet = Sheet { key: key.to_owned(), subject, arithmetic, blocks: Vec::new() };
        SheetDraft { index: workbook.sheets.len() as u32, sheet }
    }

    /// Gives the sheet another key.
    pub fn rename(&mut self, key: &str) {
        self.sheet.key = key.to_owned();
    }

    /// Begins a block; the rows that follow belong to it.
    pub fn block(&mut self, axis: Axis, run: Run) {
        self.sheet.blocks.push(Block { axis, run, rows: Vec::new() });
    }

    /// Appends a row to the block begun last (an `Axis::One` block where none was begun).
    pub fn push(&mut self, row: Row) -> RowRef {
        if self.sheet.blocks.is_empty() {
            self.block(Axis::One, Run::Forward);
        }
        let block = self.sheet.blocks.len() - 1;
        let rows = &mut self.sheet.blocks[block].rows;
        rows.push(row);
        RowRef { sheet: self.index, block: block as u32, row: rows.len() as u32 - 1 }
    }

    /// Appends a row with a cell of any kind.
    pub fn cell(&mut self, key: &str, unit: Unit, cell: Cell) -> RowRef {
        self.push(Row { key: key.to_owned(), subject: None, unit, cite: None, cell })
    }

    /// Appends an input row.
    pub fn input(&mut self, key: &str, unit: Unit, id: impl Into<InputId>) -> RowRef {
        self.cell(key, unit, Cell::Input(id.into()))
    }

    /// Appends a row with the same formula in every column.
    pub fn formula(&mut self, key: &str, unit: Unit, each: Expr) -> RowRef {
        self.cell(key, unit, Cell::formula(each))
    }

    /// Appends a recurrence: `first` starts it, `each` continues it.
    pub fn recurrence(&mut self, key: &str, unit: Unit, first: Expr, each: Expr) -> RowRef {
        self.cell(key, unit, Cell::recurrence(first, each))
    }

    /// Appends a check row.
    pub fn check(&mut self, key: &str, code: &str, expr: Expr) -> RowRef {
        self.cell(key, Unit::Flag, Cell::Check { expr, code: code.to_owned() })
    }

    /// Says what the row written last is about (a product, a component, a cost line).
    pub fn about(&mut self, subject: &str) {
        if let Some(row) = self.last() {
            row.subject = Some(subject.to_owned());
        }
    }

    /// Cites the rule that the row written last follows.
    pub fn cite(&mut self, document: &str) {
        if let Some(row) = self.last() {
            row.cite = Some(Cite { document: document.to_owned(), place: None });
        }
    }

    /// The address that the next row of this block will have; for recurrences that look at rows below them at `Prev`.
    pub fn next_row(&self, ahead: u32) -> RowRef {
        let block = self.sheet.blocks.len().saturating_sub(1);
        let row = self.sheet.blocks.last().map_or(0, |block| block.rows.len() as u32);
        RowRef { sheet: self.index, block: block as u32, row: row + ahead }
    }

    /// The row with this key that was written last in the block at hand.
    pub fn find(&self, key: &str) -> Option<RowRef> {
        let block = self.sheet.blocks.len().checked_sub(1)?;
        let row = self.sheet.blocks[block].rows.iter().rposition(|row| row.key == key)?;
        Some(RowRef { sheet: self.index, block: block as u32, row: row as u32 })
    }

    /// Appends the sheet to its workbook.
    pub fn finish(self, workbook: &mut Workbook) {
        debug_assert_eq!(workbook.sheets.len() as u32, self.index, "sheets are finished in the order they were begun");
        workbook.sheets.push(self.sheet);
    }

    fn last(&mut self) -> Option<&mut Row> {
        self.sheet.blocks.last_mut()?.rows.last_mut()
    }
}
