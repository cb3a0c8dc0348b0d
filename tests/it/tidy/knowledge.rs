//! Which crate knows which: read from cargo's own view of the workspace.

use std::process::Command;

use serde_json::Value;
use tests::project;

use super::none;

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(project::root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// (package, dependency, whether it is needed for tests only).
fn dependencies() -> Vec<(String, String, bool)> {
    let mut all = Vec::new();
    for package in packages() {
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            all.push((text(&package["name"]), text(&dependency["name"]), dependency["kind"] == "dev"));
        }
    }
    all
}

#[test]
fn knowledge_points_one_way() {
    let ours: Vec<String> = packages().iter().filter_map(|p| p["name"].as_str().map(str::to_owned)).collect();
    let may_know = |package: &str, other: &str| match package {
        "valuation" => false,
        "pricing-models" | "datasets" => other == "valuation",
        "api" => other != "tests",
        _ => true,
    };
    let offences = dependencies()
        .into_iter()
        .filter(|(package, other, _)| ours.contains(other) && !may_know(package, other))
        .map(|(package, other, _)| format!("{package} knows {other}"))
        .collect();
    none("tests → api → pricing-models, datasets → valuation.", offences);
}

#[test]
fn columns_live_in_datasets_and_the_service_lives_in_api() {
    let home = |dependency: &str| match dependency {
        "arrow" | "parquet" | "datafusion" | "object_store" => Some("datasets"),
        "sqlx" | "actix-web" | "actix-multipart" | "tokio" | "clap" | "askama" | "rust_xlsxwriter" => Some("api"),
        "linfa" | "ndarray" | "faer" => Some("pricing-models"),
        _ => None,
    };
    let offences = dependencies()
        .into_iter()
        .filter(|(package, dependency, dev)| {
            home(dependency).is_some_and(|home| home != package) && package != "tests" && !dev
        })
        .map(|(package, dependency, _)| format!("{package} depends on {dependency}"))
        .collect();
    none("Each technique has one home.", offences);
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = project::read("Cargo.toml").expect("text");
    let table = manifest.split("[workspace.dependencies]").nth(1).expect("the table of dependencies");
    let table = table.split("\n[").next().unwrap_or(table);
    let offences = table
        .lines()
        .filter(|line| line.contains('=') && !line.contains("path =") && !line.contains(" # "))
        .map(|line| format!("Cargo.toml: {line}"))
        .collect();
    none("Say after ` # ` what the dependency is for.", offences);
}

#[test]
fn members_take_dependencies_from_the_workspace() {
    let mut offences = Vec::new();
    for path in project::files().into_iter().filter(|path| path.ends_with("/Cargo.toml")) {
        let manifest: toml::Table = project::read(&path).expect("text").parse().expect("a manifest is TOML");
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(kind).and_then(toml::Value::as_table);
            for (name, value) in table.into_iter().flatten() {
                if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    offences.push(format!("{path}: {name}"));
                }
            }
        }
    }
    none("Versions and features are declared once, in the root Cargo.toml.", offences);
}
