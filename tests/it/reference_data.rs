//! Truth from outside: every published number of `tests/fixtures/reference/MANIFEST.toml` is computed by our engines and
//! compared. To add an example, write it there; to add a kind of example, add a variant to [`Check`] and its function.

use std::collections::{BTreeMap, BTreeSet};

use pricing_models::frame::Frame;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tests::project;

use crate::{nist, share, textbook, worked_examples};

const FOLDER: &str = "tests/fixtures/reference";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default)]
    example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    id: String,
    check: Check,
    document: String,
    edition: String,
    table: String,
    licence: String,
    checked_on: toml::value::Datetime,
    verdict: Verdict,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    inputs: toml::Table,
    expect: Vec<Expected>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Match,
    MatchRounded,
    Contradicted,
    Partial,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    name: String,
    value: f64,
    #[serde(default)]
    published: Option<f64>,
    tolerance: f64,
    #[serde(default)]
    relative: bool,
}

/// Which engine runs an example.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Check {
    Regression,
    RatioStudy,
    EquivalentInvestment,
    TaxAmortisation,
    /// A method of a case, written as a case writes it; the figures are rows of its sheet.
    Valued,
    /// The terms of one option.
    Option,
    CooperativeGame,
    NearestNeighbours,
}

/// The figures our engine gives for an example, by name.
fn figures(example: &Example) -> BTreeMap<String, f64> {
    match example.check {
        Check::Regression => nist::regression(&frame(example), text(example, "formula")),
        Check::RatioStudy => nist::ratio_study(&frame(example)),
        Check::EquivalentInvestment => worked_examples::equivalent_investment(&example.inputs),
        Check::TaxAmortisation => worked_examples::tax_amortisation(&example.inputs),
        Check::Valued => {
            let names = example.expect.iter().map(|expected| expected.name.as_str());
            worked_examples::valued(&example.inputs, names)
        }
        Check::Option => worked_examples::option(&example.inputs),
        Check::CooperativeGame => share::cooperative_game(&example.inputs),
        Check::NearestNeighbours => share::nearest_neighbours(&frame(example), &example.inputs),
    }
}

fn text<'a>(example: &'a Example, input: &str) -> &'a str {
    example.inputs.get(input).and_then(toml::Value::as_str).unwrap_or_else(|| panic!("{}: {input}", example.id))
}

/// The numbers of the example's table.
fn frame(example: &Example) -> Frame {
    let file = example.file.as_deref().unwrap_or_else(|| panic!("{}: file", example.id));
    let text = project::read(&format!("{FOLDER}/{file}")).expect("text");
    textbook::frame(&text)
}

fn manifest() -> Vec<Example> {
    let text = project::read(&format!("{FOLDER}/MANIFEST.toml")).expect("text");
    toml::from_str::<Manifest>(&text).unwrap_or_else(|e| panic!("{FOLDER}/MANIFEST.toml: {e}")).example
}

impl Expected {
    fn allows(&self, found: f64, target: f64) -> bool {
        let scale = if self.relative { target.abs() } else { 1.0 };
        (found - target).abs() <= self.tolerance * scale
    }
}

#[test]
fn our_engines_give_the_published_numbers() {
    let mut wrong = Vec::new();
    for example in manifest() {
        let figures = figures(&example);
        for expected in &example.expect {
            let name = format!("{} {}", example.id, expected.name);
            let Some(found) = figures.get(&expected.name).copied() else {
                wrong.push(format!("{name}: not computed, there are {:?}", figures.keys()));
                continue;
            };
            if !expected.allows(found, expected.value) {
                wrong.push(format!("{name}: {found:e} instead of {:e}", expected.value));
            }
            let contradicted = example.verdict == Verdict::Contradicted;
            if contradicted && expected.published.is_some_and(|published| expected.allows(found, published)) {
                wrong.push(format!("{name}: {found} repeats the error of the source"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n  {}", wrong.join("\n  "));
}

#[test]
fn every_example_says_where_it_was_published() {
    let mut ids = BTreeSet::new();
    for example in manifest() {
        let id = &example.id;
        assert!(ids.insert(id.clone()), "{id} stands twice");
        for (name, text) in [
            ("document", &example.document),
            ("edition", &example.edition),
            ("table", &example.table),
            ("licence", &example.licence),
        ] {
            assert!(!text.trim().is_empty(), "{id}: {name} is empty");
        }
        assert!(example.checked_on.date.is_some(), "{id}: checked_on is a date");
        assert!(!example.expect.is_empty(), "{id} expects nothing");
    }
}

#[test]
fn the_tables_have_the_bytes_their_manifest_names() {
    let mut named = BTreeSet::from([format!("{FOLDER}/MANIFEST.toml")]);
    for example in manifest() {
        let Some(file) = &example.file else { continue };
        let path = format!("{FOLDER}/{file}");
        let bytes = std::fs::read(project::root().join(&path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(example.sha256.as_deref(), Some(hash.as_str()), "{}: {file}", example.id);
        named.insert(path);
    }
    let stray: Vec<String> =
        project::files().into_iter().filter(|path| path.starts_with(FOLDER) && !named.contains(path)).collect();
    assert!(stray.is_empty(), "not in the manifest: {stray:?}");
}
