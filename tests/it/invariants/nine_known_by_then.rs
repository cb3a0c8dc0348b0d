//! 9. Market evidence must have been known or knowable at the valuation date.

use serde_json::json;
use tests::sample::{holders, refusal, weather, with};

#[test]
fn evidence_and_trades_after_the_valuation_date_are_refused() {
    let case = weather();
    let day = case["valuation_date"].clone();
    for name in ["known_on", "traded_on"] {
        let dated = holders(&case, name);
        assert!(!dated.is_empty(), "{name}");
        for holder in dated {
            let late = with(&case, &holder, name, json!("2999-01-01"));
            assert_eq!(refusal(&late), Some("evidence_too_late"), "{holder}/{name}");
            assert_eq!(refusal(&with(&case, &holder, name, day.clone())), None, "{holder}/{name} on the day itself");
        }
    }
}
