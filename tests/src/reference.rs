//! The reference data: real data made by others, which is not part of the project.
//!
//! Its folder is named by `HENGSHU_REFERENCE_DATA`, by default `../shared/data` beside the project. A test that needs it
//! asks [`folder`] and returns early on `None`; `make test` says on its last line how many ran and how many could not.

use std::io::Write;
use std::path::PathBuf;

use crate::project;

/// The folder of the reference data, or `None` where this machine does not have it; `test` names the asking test.
///
/// ```no_run
/// let Some(data) = tests::reference::folder("dadada_counts") else { return };
/// let file = data.join("dadada/raw/zhejiang.csv");
/// ```
pub fn folder(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("HENGSHU_REFERENCE_DATA").filter(|name| !name.is_empty()).map(PathBuf::from);
    let required = named.is_some();
    let folder = named.unwrap_or_else(|| project::root().join("../shared/data"));
    let there = folder.is_dir();
    tally(if there { "ran" } else { "missing" }, test);
    assert!(there || !required, "HENGSHU_REFERENCE_DATA names {}, which is not a folder", folder.display());
    there.then_some(folder)
}

fn tally(word: &str, test: &str) {
    match std::env::var_os("HENGSHU_REFERENCE_TALLY") {
        Some(file) => {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).expect("the tally opens");
            writeln!(file, "{word} {test}").expect("the tally is written");
        }
        // Straight to the terminal: the test runner would swallow a printed line of a passing test.
        None if word == "missing" => {
            let _ = writeln!(std::io::stderr(), "reference test {test} did not run: HENGSHU_REFERENCE_DATA is not set");
        }
        None => {}
    }
}
