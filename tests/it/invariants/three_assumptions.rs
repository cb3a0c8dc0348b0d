//! 3. Without evidence an input is an assumption with author, reason and reviewer.

use serde_json::json;
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
