//! 3. Without evidence an input is an assumption with author, reason and reviewer, and prints as one.

use serde_json::json;
use tests::sample::{holders, refusal, weather, with, without};
use valuation::assumption::Assumption;

#[test]
fn an_assumption_names_author_reason_and_reviewer() {
    let whole = json!({"author": "张三", "reason": "没有可比合同", "reviewer": "李四"});
    assert!(serde_json::from_value::<Assumption>(whole.clone()).is_ok());
    for member in ["author", "reason", "reviewer"] {
        let mut part = whole.clone();
        part.as_object_mut().expect("an object").remove(member);
        assert!(serde_json::from_value::<Assumption>(part).is_err(), "an assumption without {member} was accepted");
    }
}

#[test]
fn no_number_of_a_case_stands_without_support() {
    let case = weather();
    assert_eq!(refusal(&case), None);
    let supported: Vec<(String, &str)> = ["evidence", "assumption"]
        .into_iter()
        .flat_map(|kind| holders(&case, kind).into_iter().map(move |holder| (holder, kind)))
        // The list of evidence itself, at the root, is not the support of a number.
        .filter(|(holder, _)| !holder.is_empty())
        .collect();
    assert!(supported.len() > 20, "the sample case has many inputs: {supported:?}");
    for (holder, kind) in supported {
        assert_eq!(refusal(&without(&case, &holder, kind)), Some("missing_evidence"), "{holder} without {kind}");
        let unknown = with(&case, &holder, "evidence", json!("E999"));
        assert_eq!(refusal(&unknown), Some("unknown_evidence"), "{holder} with unknown evidence");
    }
}

#[test]
fn no_assumption_of_a_case_is_incomplete() {
    let case = weather();
    for holder in holders(&case, "assumption") {
        for member in ["author", "reason", "reviewer"] {
            let assumption = format!("{holder}/assumption");
            assert!(refusal(&without(&case, &assumption, member)).is_some(), "{assumption} without {member}");
            assert!(refusal(&with(&case, &assumption, member, json!(""))).is_some(), "{assumption}: empty {member}");
        }
    }
}
