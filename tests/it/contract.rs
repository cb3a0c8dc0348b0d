//! What scripts rely on: the error table, exit codes, the OpenAPI document, the schemas.

use std::collections::BTreeSet;

use api::error::CODES;
use serde_json::Value;
use tests::{program, project};
use valuation::words;

#[test]
fn the_design_lists_the_error_table_in_its_order() {
    let design = project::read("api/DESIGN.md").expect("text");
    let table = design.split("## The error table").nth(1).expect("the section");
    let listed: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("1. `")?.strip_suffix('`')).collect();
    let names: Vec<&str> = CODES.iter().map(|code| code.name).collect();
    assert_eq!(listed, names, "api/DESIGN.md lists the codes of api/src/error.rs in the same order");
}

#[test]
fn every_error_that_has_words_has_a_line_in_the_table_and_the_other_way_round() {
    let worded: BTreeSet<&str> = words::all()
        .into_iter()
        .filter_map(|(key, _, _)| key.strip_prefix("error.")?.strip_suffix(".message"))
        .collect();
    let listed: BTreeSet<&str> = CODES.iter().map(|code| code.name).collect();
    assert_eq!(listed.len(), CODES.len(), "no code stands twice");
    let missing: Vec<_> = worded.difference(&listed).collect();
    let silent: Vec<_> = listed.difference(&worded).collect();
    assert!(missing.is_empty(), "add to the table of api/src/error.rs: {missing:?}");
    assert!(silent.is_empty(), "add message and remedy to valuation/words: {silent:?}");
}

#[test]
fn statuses_and_exit_codes_are_those_of_the_contract() {
    for code in CODES {
        assert!((1..=6).contains(&code.exit), "{}", code.name);
        let fits = match code.exit {
            1 => code.http >= 500,
            2 => code.http >= 400,
            3 | 4 => (400..500).contains(&code.http),
            5 => code.http == 404,
            _ => code.http == 500,
        };
        assert!(fits, "{}: exit code {} and status {} do not belong together", code.name, code.exit, code.http);
    }
}

fn document() -> Value {
    api::routes::openapi::document().expect("generated")
}

#[test]
fn the_openapi_document_is_valid() {
    let script =
        "import json, sys, openapi_spec_validator as v; v.validate(json.load(open(sys.argv[1]))); print('valid')";
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), document().to_string()).expect("written");
    assert_eq!(program::python_prints(script, &[&file.path().to_string_lossy()]).trim(), "valid");
}

#[test]
fn every_reference_of_the_openapi_document_leads_somewhere() {
    let document = document();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                references.insert(reference.clone());
            }
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn paths_and_methods_stay() {
    let document = document();
    let mut lines = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, _) in methods.as_object().expect("methods") {
            lines.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_schema_is_a_schema() {
    let schemas: Vec<Value> = api::work::schema::names()
        .into_iter()
        .map(|name| api::work::schema::schema(name).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect();
    let script = "import json, sys, jsonschema\n\
                  for s in json.load(open(sys.argv[1])): jsonschema.Draft202012Validator.check_schema(s)\n\
                  print('valid')";
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), Value::Array(schemas).to_string()).expect("written");
    assert_eq!(program::python_prints(script, &[&file.path().to_string_lossy()]).trim(), "valid");
}
