//! Which crate knows which: read from cargo's own view of the workspace.

use std::process::Command;

use serde_json::Value;
use tests::program::printed;
use tests::project;

use super::none;

/// What cargo knows of the packages: ours, or with `--filter-platform` all that this machine compiles.
fn packages(arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(arguments)
        .current_dir(project::root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_str(&printed(&output)).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn ours() -> Vec<Value> {
    packages(&["--no-deps"])
}

/// (package, dependency, whether it is needed for tests only).
fn dependencies() -> Vec<(String, String, bool)> {
    let mut all = Vec::new();
    for package in ours() {
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            all.push((text(&package["name"]), text(&dependency["name"]), dependency["kind"] == "dev"));
        }
    }
    all
}

#[test]
fn knowledge_points_one_way() {
    let ours: Vec<String> = ours().iter().filter_map(|p| p["name"].as_str().map(str::to_owned)).collect();
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

#[test]
fn every_dependency_may_be_shipped_under_our_licence() {
    let platform = printed(&Command::new("rustc").arg("-vV").output().expect("rustc runs"));
    let platform = platform.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    // Every alternative of an OR may be chosen; all parts of an AND bind.
    let permissive = |name: &str| {
        let kinds =
            ["MIT", "Apache-2.0", "BSD-", "0BSD", "ISC", "Zlib", "Unicode-3.0", "Unlicense", "CC0-1.0", "BSL-1.0"];
        let file_wise = ["MPL-2.0", "CDLA-Permissive-2.0"];
        kinds.iter().chain(&file_wise).any(|kind| name.trim().starts_with(kind))
    };
    let allowed = |licence: &str| {
        let licence = licence.replace('/', " OR ").replace(['(', ')'], "");
        licence.split(" AND ").all(|part| part.split(" OR ").any(permissive))
    };
    let offences = packages(&["--filter-platform", platform])
        .into_iter()
        .filter(|package| !package["license"].as_str().is_some_and(allowed))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    none("Hengshu is MIT OR Apache-2.0; a dependency must not ask for more.", offences);
}
