//! Tables for a terminal, aligned where Chinese characters take two columns.

use unicode_width::UnicodeWidthStr;

/// A table with a heading; columns named in `right` are aligned to the right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Columns, counted from 0, that hold numbers.
    pub right: Vec<usize>,
}

impl Table {
    /// The lines, without trailing spaces.
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).chain([self.head.len()]).max().unwrap_or(0);
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| self.rows.iter().chain([&self.head]).map(|row| cell(row, column).width()).max().unwrap_or(0))
            .collect();
        let line = |row: &[String]| {
            let cells: Vec<String> = (0..columns)
                .map(|column| {
                    let text = cell(row, column);
                    let space = " ".repeat(widths[column].saturating_sub(text.width()));
                    if self.right.contains(&column) { space + &text } else { text + &space }
                })
                .collect();
            cells.join("  ").trim_end().to_owned()
        };
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let mut lines = vec![line(&self.head), rule.join("  ")];
        lines.extend(self.rows.iter().map(|row| line(row)));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_columns() {
        let table = Table {
            head: vec!["资产".to_owned(), "value".to_owned()],
            rows: vec![vec!["气象".to_owned(), "1.00".to_owned()], vec!["API x".to_owned(), "1000.00".to_owned()]],
            right: vec![1],
        };
        assert_eq!(table.text(), "资产     value\n─────  ───────\n气象      1.00\nAPI x  1000.00");
    }
}
