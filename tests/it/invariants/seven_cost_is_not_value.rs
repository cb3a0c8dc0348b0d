//! 7. An appraised value never replaces the cost of bought or developed data; other ways in use their own standard's measure.

use serde_json::{Value, json};
use tests::app::House;

fn books(house: &House) {
    let setup = json!({
        "id": "B", "entity": "示例", "currency": "CNY", "first_period": "2025-01",
        "books": [{"name": "cas", "framework": "cas"}, {"name": "ifrs", "framework": "ifrs"}],
    });
    let file = house.write("setup.json", setup.to_string());
    house.done(&["book", "open", &file]);
}

fn acquire(origin: &str, basis: &str) -> Value {
    let met = json!(["E1"]);
    let mut acquire = json!({
        "name": "数据", "origin": origin, "held_for": "licensing", "basis": basis,
        "criteria": {"control": met, "identifiable": met, "probable_benefit": met, "reliable_cost": met},
    });
    if basis == "cost" {
        acquire["lines"] = json!([
            {"class": "price", "amount": {"amount": "100.00", "currency": "CNY"}},
            {"class": "other", "amount": {"amount": "900.00", "currency": "CNY"}, "appraisal_only": true},
        ]);
    } else {
        acquire["amount"] = json!({"amount": "1000.00", "currency": "CNY"});
        acquire["agreement"] = json!("协议");
        acquire["report"] = json!("评估报告");
    }
    json!({"id": format!("{origin}-{basis}"), "asset": format!("{origin}-{basis}"), "on": "2025-01-05",
           "event": {"acquire": acquire}})
}

#[test]
fn a_value_offered_as_the_cost_of_bought_or_developed_data_is_refused() {
    let house = House::new();
    books(&house);
    for origin in ["purchased", "self_developed"] {
        for basis in ["income_value", "market_value", "appraised_value", "fair_value", "agreed_value"] {
            let file = house.write("event.jsonl", acquire(origin, basis).to_string());
            let (exit, printed) = house.run(&["book", "record", "B", &file]);
            assert_eq!(printed["error"]["code"], "book_value_is_not_cost", "{origin} {basis}: {printed}");
            assert_eq!((exit, &printed["error"]["line"]), (4, &json!(1)));
        }
    }
    let revalued = json!({"id": "R", "asset": "purchased-cost", "on": "2025-02-05",
                          "event": {"revaluation": {"amount": {"amount": "5000.00", "currency": "CNY"}}}});
    let both = format!("{}\n{revalued}\n", acquire("purchased", "cost"));
    let file = house.write("event.jsonl", both);
    let (exit, printed) = house.run(&["book", "record", "B", &file]);
    assert_eq!((exit, &printed["error"]["code"]), (4, &json!("book_revaluation")), "{printed}");
}

#[test]
fn lines_for_appraisal_only_never_reach_books_and_contributions_enter_as_agreed() {
    let house = House::new();
    books(&house);
    let events = [acquire("purchased", "cost"), acquire("contributed", "agreed_value")];
    let file = house.write("event.jsonl", events.map(|event| event.to_string()).join("\n"));
    house.done(&["book", "record", "B", &file]);
    house.done(&["book", "run", "B", "--through", "2025-01"]);
    let trial = house.done(&["book", "trial", "B"]);
    let cost = |asset: usize| trial["assets"][asset]["cost"]["amount"].clone();
    assert_eq!((cost(0), cost(1)), (json!("100.00"), json!("1000.00")), "{trial}");
    for (origin, basis) in
        [("contributed", "income_value"), ("restructured", "agreed_value"), ("granted", "market_value")]
    {
        let file = house.write("event.jsonl", acquire(origin, basis).to_string());
        let (exit, printed) = house.run(&["book", "record", "B", &file]);
        assert_eq!((exit, &printed["error"]["code"]), (4, &json!("book_measure")), "{printed}");
    }
}
