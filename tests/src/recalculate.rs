//! Recalculation of working papers by a spreadsheet that we did not write.
//!
//! Every formula cell is first given a wrong cached result, LibreOffice is told to recalculate always, and each number it
//! then writes is compared with the engine's: equal for roundings and checks, else within 1e-12 of the largest operand
//! (spreadsheets snap near-equal differences to 0).

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use api::report::xlsx::{Cached, EngineCell, Paper, write};
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};

/// Stands in every formula cell before the recalculation.
const WRONG: f64 = 12345.0;
/// Allowed difference as a share of the largest operand.
const TOLERANCE: f64 = 1e-12;

/// What the recalculation of one paper showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recalculation {
    /// Formula cells compared.
    pub formulas: usize,
    /// Those of them that had to be equal: roundings and checks.
    pub exact: usize,
    /// Cells where both say that the formula has no value.
    pub without_value: usize,
    /// Largest difference as a share of the largest operand.
    pub largest_share: f64,
    /// Cells that hold an engine value without a live formula.
    pub engine_cells: Vec<EngineCell>,
    /// What did not agree, one line a cell.
    pub faults: Vec<String>,
}

impl Recalculation {
    /// Fails unless formulas were there and all agreed.
    pub fn assert_agrees(&self, name: &str) {
        assert!(self.formulas > 0, "{name}: no formula was recalculated");
        assert!(self.faults.is_empty(), "{name}: {} cells differ\n{}", self.faults.len(), self.faults.join("\n"));
    }
}

/// Recalculates every paper in one run of LibreOffice; the results stand in the order of `papers`.
///
/// # Panics
/// Where LibreOffice is not installed or does not convert a file: the check is never skipped.
pub fn recalculate(papers: &[(&str, Paper)]) -> Vec<Recalculation> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (given, made) = (folder.path().join("given"), folder.path().join("made"));
    fs::create_dir_all(&given).expect("a folder for the papers");
    let mut expected = Vec::new();
    for (name, paper) in papers {
        let engine = write(&Paper { cached: Cached::Engine, ..paper.clone() }).expect("a paper");
        let wrong = write(&Paper { cached: Cached::Wrong(WRONG), ..paper.clone() }).expect("a paper");
        fs::write(given.join(format!("{name}.xlsx")), wrong.bytes).expect("a written paper");
        expected.push(engine);
    }
    convert(folder.path(), &given, &made, &papers.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let read = papers.iter().zip(expected).map(|((name, _), engine)| {
        let bytes = fs::read(made.join(format!("{name}.xlsx"))).expect("a recalculated paper");
        let result = compare(engine.bytes, bytes);
        Recalculation { engine_cells: engine.engine_cells, ..result }
    });
    read.collect()
}

/// Workbooks as LibreOffice saves them after calculating every formula anew.
///
/// # Panics
/// Where LibreOffice is not installed or does not convert a file.
pub fn converted(workbooks: &[(&str, Vec<u8>)]) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (given, made) = (folder.path().join("given"), folder.path().join("made"));
    fs::create_dir_all(&given).expect("a folder for the workbooks");
    for (name, bytes) in workbooks {
        fs::write(given.join(format!("{name}.xlsx")), bytes).expect("a written workbook");
    }
    convert(folder.path(), &given, &made, &workbooks.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let read = |(name, _): &(&str, Vec<u8>)| fs::read(made.join(format!("{name}.xlsx"))).expect("a workbook");
    workbooks.iter().map(read).collect()
}

fn convert(folder: &Path, given: &Path, made: &Path, names: &[&str]) {
    let profile = folder.join("profile");
    fs::create_dir_all(profile.join("user")).expect("a profile folder");
    fs::write(profile.join("user/registrymodifications.xcu"), RECALCULATE_ALWAYS).expect("a profile");
    let mut soffice = Command::new("soffice");
    soffice.arg(format!("-env:UserInstallation=file://{}", profile.display()));
    soffice.args(["--headless", "--convert-to", "xlsx", "--outdir"]).arg(made);
    soffice.args(names.iter().map(|name| given.join(format!("{name}.xlsx"))));
    let output = soffice.output().unwrap_or_else(|error| {
        panic!(
            "LibreOffice (soffice) could not be started: {error}. The working papers are recalculated with it; \
             install it (Debian: apt-get install libreoffice-calc) so that `soffice` is on the PATH."
        )
    });
    for name in names {
        assert!(
            made.join(format!("{name}.xlsx")).is_file(),
            "LibreOffice did not write {name}.xlsx: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// A profile that recalculates on loading: 0 is "always" for both file formats.
const RECALCULATE_ALWAYS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"#;

/// Sheets by name, cells by (row, column) from 0.
type Cells<T> = BTreeMap<String, BTreeMap<(u32, u32), T>>;

fn values(book: &mut Xlsx<Cursor<Vec<u8>>>) -> Cells<Data> {
    let mut sheets = Cells::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).expect("a readable sheet");
        let (top, left) = range.start().unwrap_or_default();
        let cells =
            range.used_cells().map(|(row, column, data)| ((row as u32 + top, column as u32 + left), data.clone()));
        sheets.insert(name, cells.collect());
    }
    sheets
}

fn formulas(book: &mut Xlsx<Cursor<Vec<u8>>>) -> Cells<String> {
    let mut sheets = Cells::new();
    for name in book.sheet_names() {
        let range = book.worksheet_formula(&name).expect("readable formulas");
        let (top, left) = range.start().unwrap_or_default();
        let cells = range.used_cells().filter(|(_, _, text)| !text.is_empty());
        let cells = cells.map(|(row, column, text)| ((row as u32 + top, column as u32 + left), text.clone()));
        sheets.insert(name, cells.collect());
    }
    sheets
}

fn compare(engine: Vec<u8>, recalculated: Vec<u8>) -> Recalculation {
    let mut engine = open_workbook_from_rs::<Xlsx<_>, _>(Cursor::new(engine)).expect("our paper is readable");
    let mut other = open_workbook_from_rs::<Xlsx<_>, _>(Cursor::new(recalculated)).expect("their paper is readable");
    let (formulas, expected, found) = (formulas(&mut engine), values(&mut engine), values(&mut other));
    let mut result = Recalculation::default();
    for (sheet, cells) in &formulas {
        for (&place, text) in cells {
            result.formulas += 1;
            let ours = expected.get(sheet).and_then(|cells| cells.get(&place));
            let theirs = found.get(sheet).and_then(|cells| cells.get(&place));
            if let (Some(Data::Error(_)), Some(Data::Error(_))) = (ours, theirs) {
                result.without_value += 1;
                continue;
            }
            let (ours, theirs) = (number(ours), number(theirs));
            let (Some(ours), Some(theirs)) = (ours, theirs) else {
                result.faults.push(format!("{sheet} {place:?} ={text}: ours {ours:?}, theirs {theirs:?}"));
                continue;
            };
            let exact = must_be_equal(text);
            let largest =
                operands(text, sheet, &expected).into_iter().chain([ours]).fold(0.0, |a: f64, b| a.max(b.abs()));
            let difference = (ours - theirs).abs();
            if theirs == WRONG && ours != WRONG {
                result.faults.push(format!("{sheet} {place:?} ={text}: was not recalculated"));
            } else if exact && difference != 0.0 || difference > TOLERANCE * largest {
                result.faults.push(format!("{sheet} {place:?} ={text}: ours {ours:?}, theirs {theirs:?}"));
            }
            if exact {
                result.exact += 1;
            } else if largest > 0.0 {
                result.largest_share = result.largest_share.max(difference / largest);
            }
        }
    }
    result
}

fn number(data: Option<&Data>) -> Option<f64> {
    match data {
        Some(Data::Float(value)) => Some(*value),
        Some(Data::Int(value)) => Some(*value as f64),
        _ => None,
    }
}

/// Whether a formula is a rounding or a check as a whole.
fn must_be_equal(text: &str) -> bool {
    let whole = |name: &str| {
        text.strip_prefix(name).is_some_and(|rest| {
            let mut depth = 0_i32;
            let mut closed = rest.char_indices().filter(|(_, c)| {
                depth += match c {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            closed.next().is_some_and(|(at, _)| at + 1 == rest.len())
        })
    };
    whole("ROUND") || whole("IF") && text.ends_with(",1,0)")
}

/// The numbers a formula looks at: its constants and the cells of its references and ranges.
fn operands(text: &str, sheet: &str, values: &Cells<Data>) -> Vec<f64> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (named, after) = sheet_prefix(rest);
        let token_end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "$.:_".contains(c))).unwrap_or(after.len());
        let (token, next) = after.split_at(token_end);
        if token.is_empty() {
            rest = next.char_indices().nth(1).map_or("", |(at, _)| &next[at..]);
            continue;
        }
        rest = next;
        if let Ok(constant) = token.parse::<f64>() {
            found.push(constant);
        } else if !next.starts_with('(') {
            let cells = values.get(named.as_deref().unwrap_or(sheet));
            let mut ends = token.split(':').map(place);
            if let (Some(Some(from)), to) = (ends.next(), ends.next()) {
                let to = to.flatten().unwrap_or(from);
                let inside = cells
                    .into_iter()
                    .flatten()
                    .filter(|((row, column), _)| (from.0..=to.0).contains(row) && (from.1..=to.1).contains(column));
                found.extend(inside.filter_map(|(_, data)| number(Some(data))));
            }
        }
    }
    found
}

/// Splits `'name'!` off the front.
fn sheet_prefix(text: &str) -> (Option<String>, &str) {
    let Some(quoted) = text.strip_prefix('\'') else { return (None, text) };
    let Some((name, rest)) = quoted.split_once("'!") else { return (None, text) };
    (Some(name.replace("''", "'")), rest)
}

/// Row and column (from 0) of an address such as `$E$7`.
fn place(address: &str) -> Option<(u32, u32)> {
    let plain = address.replace('$', "");
    let digits = plain.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = plain.split_at(digits);
    let column = letters.bytes().try_fold(0_u32, |number, letter| {
        letter.is_ascii_uppercase().then(|| number * 26 + u32::from(letter - b'A') + 1)
    })?;
    Some((row.parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundings_and_checks_are_known_by_their_outermost_function() {
        assert!(must_be_equal("ROUND(A1*(B1+1),2)"));
        assert!(must_be_equal("IF(A1=MAX(B1,2),1,0)"));
        assert!(!must_be_equal("ROUND(A1,2)+ROUND(B1,2)"));
        assert!(!must_be_equal("IF(A1<>0,B1,C1)"));
    }

    #[test]
    fn operands_are_constants_cells_and_ranges() {
        let cells =
            BTreeMap::from([((0, 0), Data::Float(7.0)), ((0, 1), Data::Float(-9.0)), ((4, 4), Data::Float(3.0))]);
        let values = Cells::from([("一".to_owned(), cells.clone()), ("it's".to_owned(), cells)]);
        assert_eq!(operands("$E$5*2", "一", &values), [3.0, 2.0]);
        assert_eq!(operands("SUM('it''s'!$A$1:$B$1)/1.5", "一", &values), [7.0, -9.0, 1.5]);
        assert_eq!(operands("_xlfn.NORM.S.DIST(A1,TRUE)", "一", &values), [7.0]);
    }

    #[test]
    fn a_paper_that_was_not_recalculated_fails_in_every_formula() {
        let (workbook, bindings) = crate::acceptance::gallery();
        let point = valuation::workbook::calculate(&workbook, &bindings).unwrap();
        let paper = Paper {
            title: "公式",
            valuation_date: crate::acceptance::date("2026-06-30"),
            workbook: &workbook,
            bindings: &bindings,
            point: &point,
            evidence: &[],
            facts: &[],
            simulated: None,
            cached: Cached::Engine,
        };
        let engine = write(&paper).unwrap().bytes;
        let wrong = write(&Paper { cached: Cached::Wrong(WRONG), ..paper }).unwrap().bytes;
        let result = compare(engine, wrong);
        assert!(result.formulas > 400 && result.faults.len() == result.formulas, "{result:?}");
    }
}
