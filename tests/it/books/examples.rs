//! Published examples: a developed patent (A1), a reversal that CAS forbids (A4), inventory write-downs (A6).

use serde_json::{Value, json};
use tests::app::House;

fn cny(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

/// Every criterion of both frameworks with evidence.
fn all_met() -> Value {
    let names = [
        "control",
        "identifiable",
        "probable_benefit",
        "reliable_cost",
        "technical_feasibility",
        "intention",
        "ability",
        "way_of_benefit",
        "resources",
        "reliable_expenditure",
    ];
    names.into_iter().map(|name| (name.to_owned(), json!(["E1"]))).collect::<serde_json::Map<_, _>>().into()
}

fn opened(first: &str) -> House {
    let house = House::new();
    let setup = json!({
        "id": "B", "entity": "示例", "currency": "CNY", "first_period": first,
        "books": [{"name": "cas", "framework": "cas"}, {"name": "ifrs", "framework": "ifrs"}],
    });
    let file = house.write("setup.json", setup.to_string());
    house.done(&["book", "open", &file]);
    house
}

fn record(house: &House, events: &[(&str, &str, &str, Value)]) {
    let lines = events
        .iter()
        .map(|(id, asset, on, event)| json!({"id": id, "asset": asset, "on": on, "event": event}).to_string());
    let file = house.write("events.jsonl", lines.collect::<Vec<_>>().join("\n"));
    house.done(&["book", "record", "B", &file]);
}

fn asset(house: &House, book: &str, through: &str, asset: &str) -> Value {
    let trial = house.done(&["book", "trial", "B", "--book", book, "--through", through]);
    let found = trial["assets"].as_array().expect("assets").iter().find(|one| one["asset"] == asset).cloned();
    found.unwrap_or_else(|| panic!("{asset}: {trial}"))
}

fn amount(value: &Value) -> f64 {
    value["amount"].as_str().expect("an amount").parse().expect("a number")
}

/// A1: a patent developed in 2012 and 2013, impaired at the end of 2014, sold in 2017. Amounts in 万元.
#[test]
fn a1_a_developed_patent_reaches_the_published_figures() {
    let house = opened("2012-01");
    let line = |class: &str, stage: &str, amount: &str| json!({"class": class, "stage": stage, "amount": cny(amount)});
    let start = json!({"acquire": {"name": "专利", "origin": "self_developed", "held_for": "own_use",
        "criteria": all_met(), "lines": [line("labour", "research", "400.00")]}});
    let first = json!({"spend": {"lines": [
        line("material", "development", "100.00"), line("labour", "development", "50.00")]}});
    let second = json!({"spend": {"lines": [
        line("material", "development", "200.00"), line("labour", "development", "100.00"),
        line("other", "development", "50.00")]}});
    let ready = json!({"available": {"life_months": 48, "residual": cny("100.00"),
        "residual_support": "committed_buyer"}});
    let test = json!({"impairment_test": {"fair_value_less_costs": cny("260.00"), "value_in_use": cny("240.00")}});
    let sold = json!({"disposal": {"proceeds": cny("100.00")}});
    record(
        &house,
        &[
            ("1", "P", "2012-06-30", start),
            ("2", "P", "2012-12-31", first),
            ("3", "P", "2013-07-10", second),
            ("4", "P", "2013-07-15", ready),
            ("5", "P", "2014-12-31", test),
            ("6", "P", "2017-07-01", sold),
        ],
    );
    house.done(&["book", "run", "B", "--through", "2017-07"]);
    for book in ["cas", "ifrs"] {
        let at = |through: &str| asset(&house, book, through, "P");
        let end = at("2013-12");
        assert_eq!((amount(&end["cost"]), amount(&end["amortised"])), (500.0, 50.0));
        let end = at("2014-11");
        assert!((amount(&end["amortised"]) - (150.0 - 100.0 / 12.0)).abs() < 0.01);
        let end = at("2014-12");
        assert_eq!(amount(&end["amortised"]), 150.0);
        assert_eq!((amount(&end["impaired"]), amount(&end["carrying"])), (90.0, 260.0));
        // (260 − 100) / 2.5 = 64 a year.
        assert_eq!(amount(&at("2015-12")["carrying"]), 196.0);
        let end = at("2017-06");
        assert_eq!((amount(&end["amortised"]), amount(&end["carrying"])), (310.0, 100.0));
    }
    // 借 银行存款 100 累计摊销 310 减值准备 90 / 贷 无形资产 500: no gain.
    let disposal = house.done(&["book", "export", "B", "--book", "cas", "--to", "csv", "-o", "j.csv"]);
    assert_eq!(disposal["file"], "j.csv");
    let text = std::fs::read_to_string(house.path().join("j.csv")).expect("written");
    let mut lines: Vec<(String, String, String)> = Vec::new();
    for row in text.lines().filter(|row| row.contains(",disposal,")) {
        let cells: Vec<&str> = row.split(',').collect();
        lines.push((cells[11].to_owned(), cells[13].to_owned(), cells[14].to_owned()));
    }
    lines.sort();
    let line = |account: &str, debit: &str, credit: &str| (account.to_owned(), debit.to_owned(), credit.to_owned());
    let expected =
        [line("1002", "100.00", ""), line("1701", "", "500.00"), line("1702", "310.00", ""), line("1703", "90.00", "")];
    assert_eq!(lines, expected);
}

/// A4: the answer found online books an impairment of −35,000; CAS 8 art. 17 forbids it, IAS 36.114 asks for it.
#[test]
fn a4_a_reversal_is_blocked_in_cas_and_posted_in_ifrs() {
    let house = opened("2020-01");
    let bought = json!({"acquire": {"name": "专利", "origin": "purchased", "held_for": "own_use",
        "criteria": all_met(), "lines": [{"class": "price", "amount": cny("800000.00")}]}});
    let ready = json!({"available": {"life_months": 96}});
    let test = json!({"impairment_test": {"value_in_use": cny("300000.00")}});
    record(
        &house,
        &[("1", "P", "2020-01-01", bought), ("2", "P", "2020-01-01", ready), ("3", "P", "2023-12-31", test)],
    );
    let reversal = json!({"impairment_reversal": {"value_in_use": cny("260000.00")}});
    let event = |id: &str, books: Value, event: &Value| {
        json!({"id": id, "asset": "P", "on": "2024-12-31", "books": books, "event": event}).to_string()
    };
    for books in [json!(["cas"]), json!([])] {
        let file = house.write("reversal.jsonl", event("4", books, &reversal));
        let (exit, printed) = house.run(&["book", "record", "B", &file]);
        assert_eq!((exit, &printed["error"]["code"]), (4, &json!("book_reversal_forbidden")), "{printed}");
        assert!(printed["error"]["message"].as_str().expect("said").contains("第十七条"), "{printed}");
    }
    let file = house.write("reversal.jsonl", event("4", json!(["ifrs"]), &reversal));
    house.done(&["book", "record", "B", &file]);
    house.done(&["book", "run", "B", "--through", "2024-12"]);
    for book in ["cas", "ifrs"] {
        let end = asset(&house, book, "2023-12", "P");
        assert_eq!((amount(&end["impaired"]), amount(&end["carrying"])), (100_000.0, 300_000.0), "{book}");
    }
    assert_eq!(amount(&asset(&house, "cas", "2024-12", "P")["carrying"]), 225_000.0);
    let ifrs = asset(&house, "ifrs", "2024-12", "P");
    assert_eq!((amount(&ifrs["impaired"]), amount(&ifrs["carrying"])), (65_000.0, 260_000.0));
    // The cap: depreciated historical cost, 800,000 − 5 × 100,000 = 300,000.
    let house_of_cap = json!({"impairment_test": {"value_in_use": cny("999999.00")}});
    let file = house.write("cap.jsonl", event("5", json!([]), &house_of_cap));
    house.done(&["book", "record", "B", &file]);
    house.done(&["book", "run", "B", "--through", "2024-12"]);
    assert_eq!(amount(&asset(&house, "cas", "2024-12", "P")["carrying"]), 225_000.0);
    assert_eq!(amount(&asset(&house, "ifrs", "2024-12", "P")["carrying"]), 300_000.0);
    assert_eq!(house.done(&["book", "verify", "B"])["failures"], json!([]));
}

/// A6: lower of cost and net realisable value for goods and for a material held for production. Amounts in 万元.
#[test]
fn a6_inventory_is_written_down_and_reversed() {
    let house = opened("2025-01");
    let bought = |name: &str, quantity: &str, cost: &str| {
        json!({"acquire": {"name": name, "origin": "purchased", "held_for": "sale", "criteria": all_met(),
            "quantity": quantity, "lines": [{"class": "price", "amount": cny(cost)}]}})
    };
    let value = |quantity: &str, price: &str, selling: &str, complete: &str| {
        json!({"net_realisable_value": {"quantity": quantity, "unit_price": price, "unit_selling_costs": selling,
            "unit_costs_to_complete": complete}})
    };
    let sale = |quantity: &str| json!({"sale": {"quantity": quantity, "revenue": cny("1.00")}});
    record(
        &house,
        &[
            // A: an allowance of 40, of which 20 is released on sales; 1,400 units at 2,100 are left.
            ("a1", "A", "2025-01-05", bought("甲", "2800", "4200.00")),
            ("a2", "A", "2025-01-31", value("2800", "1.6", "0.1142857142857142857", "0")),
            ("a3", "A", "2025-02-05", sale("1400")),
            ("a4", "A", "2025-12-31", value("1400", "1.2", "0.1", "0")),
            // B: an allowance of 100, of which 60 is released; 5,000 units at 4,000 are left.
            ("b1", "B", "2025-01-05", bought("乙", "12500", "10000.00")),
            ("b2", "B", "2025-01-31", value("12500", "0.792", "0", "0")),
            ("b3", "B", "2025-02-05", sale("7500")),
            ("b4", "B", "2025-12-31", value("5000", "1.6", "0.15", "0")),
            // Material for 350 of B at 0.2 each: measured by the product, not by its own price of 300.
            ("c1", "C", "2025-01-05", bought("丙材料", "2000", "400.00")),
            ("c2", "C", "2025-12-31", value("350", "1.6", "0.15", "0.2")),
        ],
    );
    house.done(&["book", "run", "B", "--through", "2025-12"]);
    for book in ["cas", "ifrs"] {
        let at = |name: &str, through: &str| amount(&asset(&house, book, through, name)["impaired"]);
        assert_eq!((at("A", "2025-01"), at("A", "2025-11"), at("A", "2025-12")), (40.0, 20.0, 560.0));
        assert_eq!((at("B", "2025-01"), at("B", "2025-11"), at("B", "2025-12")), (100.0, 40.0, 0.0));
        assert_eq!(at("C", "2025-12"), 0.0);
        assert_eq!(amount(&asset(&house, book, "2025-12", "C")["carrying"]), 400.0);
        let trial = house.done(&["book", "trial", "B", "--book", book, "--through", "2025-12"]);
        let loss = trial["accounts"].as_array().expect("accounts").iter().find(|a| a["account"] == "6701").cloned();
        // 40 and 540 written down of A, 100 of B and 40 reversed.
        assert_eq!(amount(&loss.expect("6701")["debit"]), 40.0 + 540.0 + 100.0 - 40.0);
    }
}
