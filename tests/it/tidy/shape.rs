//! The shape of the sources: short files, short functions, no drawers, no panics, no uncited engine.

use tests::project;
use tests::source::{Source, string};

use super::none;

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
const DRAWERS: [&str; 6] = ["utils", "helpers", "common", "misc", "models", "types"];

#[test]
fn files_are_short() {
    let long = Source::all(&[]).into_iter().filter(|source| source.lines() > FILE_LINES);
    let offences = long.map(|source| format!("{} has {} lines without its tests", source.path, source.lines()));
    none(&format!("A file holds one noun in at most {FILE_LINES} lines."), offences.collect());
}

#[test]
fn functions_are_short() {
    let mut offences = Vec::new();
    for source in Source::all(&[]) {
        for function in source.functions().into_iter().filter(|function| function.lines > FUNCTION_LINES) {
            offences.push(format!("{}:{} {} has {} lines", source.path, function.line, function.name, function.lines));
        }
    }
    none(&format!("A function has at most {FUNCTION_LINES} lines."), offences);
}

#[test]
fn no_file_is_a_drawer() {
    let drawer = |path: &String| path.split('/').any(|part| DRAWERS.contains(&part.split('.').next().unwrap_or(part)));
    let code = |path: &String| path.ends_with(".rs") || path.ends_with(".py") || path.ends_with(".ts");
    let offences = project::files().into_iter().filter(|path| code(path) && drawer(path)).collect();
    none("A file is named after its noun, not after a drawer.", offences);
}

#[test]
fn nothing_panics_outside_tests() {
    let mut offences = Vec::new();
    for source in Source::all(&[]) {
        for three in source.tokens().windows(3) {
            let [first, second, third] = three else { continue };
            let (first, second, third, line) = (&first.text, second.text.as_str(), third.text.as_str(), second.line);
            let macro_call = matches!(first.as_str(), "panic" | "todo" | "dbg" | "unimplemented") && second == "!";
            let unwrap = first == "." && second == "unwrap" && third == "(";
            if macro_call || unwrap {
                offences.push(format!("{}:{line} {first}{second}", source.path));
            }
        }
        for four in source.tokens().windows(4) {
            let [dot, name, _, argument] = four else { continue };
            let reason = string(&argument.text);
            if dot.text == "." && name.text == "expect" && reason.is_some_and(|reason| reason.len() < 8) {
                offences.push(format!("{}:{} expect() without the reason why it cannot fail", source.path, name.line));
            }
        }
    }
    none("Return an error; `expect` only where failure is impossible, with the reason.", offences);
}

#[test]
fn every_engine_cites_its_source() {
    let engines = ["cost", "income", "market", "judgement", "recognition", "public_data"];
    let folders: Vec<String> = engines.iter().map(|engine| format!("valuation/src/{engine}")).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let mut offences = Vec::new();
    for source in Source::all(&folders) {
        for function in source.functions().into_iter().filter(|function| function.public && function.owner.is_empty()) {
            if !function.doc.contains("Source:") {
                offences.push(format!("{}:{} {}", source.path, function.line, function.name));
            }
        }
    }
    none("A public function of an engine names document, edition and formula on a line `Source:`.", offences);
}
