//! Each crate says why it is as it is: a `DESIGN.md` of questions and answers.

use tests::project;

use super::none;

/// Members of the workspace, by folder.
fn crates() -> Vec<String> {
    let manifests = project::files().into_iter().filter_map(|path| path.strip_suffix("/Cargo.toml").map(str::to_owned));
    let found: Vec<String> = manifests.filter(|folder| !folder.contains('/')).collect();
    assert!(found.len() >= 5, "{found:?}");
    found
}

/// Questions in bold, each with its answer behind it on the same line.
fn questions(text: &str) -> Vec<(&str, &str)> {
    text.lines().filter_map(|line| line.strip_prefix("**")?.split_once("**")).collect()
}

#[test]
fn every_crate_answers_why_it_is_as_it_is() {
    let mut offences = Vec::new();
    for folder in crates() {
        let path = format!("{folder}/DESIGN.md");
        if !project::root().join(&path).is_file() {
            offences.push(format!("{path} is missing"));
            continue;
        }
        let text = project::read(&path).unwrap_or_default();
        let asked = questions(&text);
        if asked.len() < 3 {
            offences.push(format!("{path} answers {} questions, fewer than three", asked.len()));
        }
        for (question, answer) in asked {
            if !question.ends_with(['?', '？']) || answer.trim().len() < 20 {
                offences.push(format!("{path}: {question}"));
            }
        }
    }
    none("A crate's DESIGN.md asks in bold and answers behind it.", offences);
}
