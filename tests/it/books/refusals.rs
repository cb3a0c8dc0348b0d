//! Bad events are refused with the rule named, and leave the books as they were.

use serde_json::{Value, json};
use tests::app::House;

fn cny(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

fn event(id: &str, on: &str, what: Value) -> Value {
    json!({"id": id, "asset": "D", "on": on, "event": what})
}

fn acquire(amount: &str, currency: &str) -> Value {
    json!({"acquire": {"name": "数据", "origin": "purchased", "held_for": "own_use",
        "criteria": {"control": ["E"], "identifiable": ["E"], "probable_benefit": ["E"], "reliable_cost": ["E"]},
        "lines": [{"class": "price", "amount": {"amount": amount, "currency": currency}}]}})
}

fn house() -> House {
    let house = House::new();
    let setup = json!({"id": "B", "entity": "示例", "currency": "CNY", "first_period": "2025-01",
        "books": [{"name": "cas", "framework": "cas"}]});
    let file = house.write("setup.json", setup.to_string());
    house.done(&["book", "open", &file]);
    let file = house.write("first.jsonl", event("1", "2025-01-10", acquire("1200.00", "CNY")).to_string());
    house.done(&["book", "record", "B", &file]);
    house.done(&["book", "close", "B", "2025-02", "--lock"]);
    house.done(&["book", "close", "B", "2025-03"]);
    house
}

#[test]
fn each_bad_event_names_its_rule() {
    let house = house();
    let ready = |terms: Value| json!({"available": terms});
    let manual = |lines: Value| json!({"journal": {"lines": lines}});
    let late = |id: &str, on: &str, class: &str| {
        let mut event = event(id, on, json!({"spend": {"lines": [{"class": "tax", "amount": cny("6.00")}]}}));
        event["late"] = json!({"class": class, "reason": "发票迟到"});
        event
    };
    let spend = event("x", "2025-02-05", json!({"spend": {"lines": [{"class": "tax", "amount": cny("6.00")}]}}));
    let other_asset = json!({"id": "x", "asset": "Z", "on": "2025-04-05", "event": ready(json!({"life_months": 12}))});
    let pattern = json!({"expected_benefit": {"weights": ["3", "1"], "by_revenue": true}});
    let unbalanced =
        manual(json!([{"account": "1002", "debit": cny("5.00")}, {"account": "6602", "credit": cny("4.00")}]));
    let control =
        manual(json!([{"account": "1701", "debit": cny("5.00")}, {"account": "1002", "credit": cny("5.00")}]));
    let sided = manual(json!([{"account": "1002", "debit": cny("5.00"), "credit": cny("5.00")}]));
    let april = "2025-04-05";
    let cases = [
        (event("x", april, unbalanced), "book_unbalanced", 3),
        (event("x", april, control), "book_control_account", 4),
        (event("x", april, sided), "book_two_sided", 3),
        (event("x", "2024-12-31", acquire("1.00", "CNY")), "book_too_early", 3),
        (spend, "book_unclassified", 4),
        (late("x", "2025-02-05", "adjusting_event"), "book_locked", 4),
        (event("x", april, ready(json!({"life_months": 0}))), "book_life", 3),
        (event("x", april, ready(json!({"life_months": 60, "right_months": 36}))), "book_life_beyond_right", 4),
        (event("x", april, ready(json!({}))), "book_missing", 3),
        (event("x", april, ready(json!({"life_months": 12, "residual": cny("100.00")}))), "book_residual", 4),
        (event("x", april, ready(json!({"life_months": 24, "method": pattern}))), "book_revenue_based", 4),
        (json!({"id": "x", "asset": "Z", "on": april, "event": acquire("-1.00", "CNY")}), "book_amount", 3),
        (json!({"id": "x", "asset": "Z", "on": april, "event": acquire("1.00", "USD")}), "book_currency", 3),
        (other_asset, "book_before_recognition", 3),
        (event("x", april, acquire("1.00", "CNY")), "book_already", 3),
        (event("1", "2025-01-10", acquire("1300.00", "CNY")), "book_other_body", 3),
        (event("x", april, json!({"sale": {"quantity": "1", "revenue": cny("1.00")}})), "book_wrong_state", 3),
    ];
    let before = house.done(&["book", "trial", "B"]);
    for (bad, code, exit) in cases {
        let file = house.write("bad.jsonl", format!("\n{bad}\n"));
        let (ended, printed) = house.run(&["book", "record", "B", &file]);
        let error = &printed["error"];
        assert_eq!((error["code"].as_str(), ended), (Some(code), exit), "{bad}: {printed}");
        assert_eq!((&error["line"], &error["file"]), (&json!(2), &json!("bad.jsonl")), "{code}");
    }
    assert_eq!(house.done(&["book", "trial", "B"]), before);
    let file = house.write("bad.jsonl", r#"{"id": "x", "aset": "D"}"#);
    assert_eq!(house.run(&["book", "record", "B", &file]).1["error"]["code"], "unknown_field");
    assert_eq!(house.run(&["book", "close", "B", "2025-03"]).1["error"]["code"], "book_period_order");
    assert_eq!(house.run(&["book", "trial", "C"]).0, 5);
}

/// An error of a prior year restates it; what was known before stays what was known then.
#[test]
fn a_late_error_restates_and_the_past_answers_as_it_did() {
    let house = house();
    let file =
        house.write("ready.jsonl", event("2", "2025-04-02", json!({"available": {"life_months": 12}})).to_string());
    house.done(&["book", "record", "B", &file]);
    house.done(&["book", "close", "B", "2026-01"]);
    let before = house.done(&["book", "trial", "B", "--through", "2026-01"]);
    let moment = chrono::Utc::now().to_rfc3339();
    let mut error = event("3", "2025-06-10", json!({"spend": {"lines": [{"class": "tax", "amount": cny("90.00")}]}}));
    error["late"] = json!({"class": "error", "material": true, "reason": "漏记"});
    let file = house.write("late.jsonl", error.to_string());
    house.done(&["book", "record", "B", &file]);
    let run = house.done(&["book", "run", "B", "--through", "2026-02"]);
    let corrections: Vec<&Value> =
        run["entries"].as_array().expect("entries").iter().filter(|e| e["kind"] == "correction").collect();
    assert_eq!(corrections.len(), 1, "{run}");
    let found = corrections[0];
    assert_eq!((&found["class"], &found["period"]), (&json!("error"), &json!("2026-02")));
    assert_eq!((&found["origin_period"], &found["event"]), (&json!("2025-06"), &json!("3")));
    let accounts: Vec<&str> =
        found["lines"].as_array().expect("lines").iter().filter_map(|line| line["account"].as_str()).collect();
    assert_eq!(accounts, ["1002", "6901", "6901", "4104"], "through 6901 into retained earnings");
    let then = house.done(&["book", "trial", "B", "--through", "2026-01", "--known-at", &moment]);
    assert_eq!(then, before);
    assert_eq!(house.done(&["book", "verify", "B"])["failures"], json!([]));
}
