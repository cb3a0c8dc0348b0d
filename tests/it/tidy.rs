//! The ground rules of the house as tests. Each says file, line and what to do.

mod design;
mod knowledge;
mod shape;
mod tree;
mod wording;

/// Fails with every offence, one a line.
fn none(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}\n  {}", offences.join("\n  "));
}
