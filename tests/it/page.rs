//! The page at `/`, as a browser shows it: the amounts of the interface, in both languages, without scripts.

use std::process::Command;

use serde_json::Value;
use tests::app::{House, TestApp};

/// The document as a browser has it after loading; the page itself forbids scripts.
fn seen(address: &str) -> String {
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .output()
        .expect("chromium runs (make setup)");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `314160.00` as both languages write it: thousands apart.
fn written(money: &Value) -> String {
    let text = money["amount"].as_str().expect("an amount");
    let (whole, rest) = text.split_once('.').expect("decimals");
    let digits: Vec<char> = whole.chars().collect();
    let apart: Vec<String> = digits.rchunks(3).rev().map(|three| three.iter().collect()).collect();
    format!("{}.{rest}", apart.join(","))
}

fn demo() -> TestApp {
    let house = House::new();
    house.done(&["demo", "--trades", "6000"]);
    TestApp::on(house)
}

#[test]
fn a_browser_shows_the_three_assets_with_the_amounts_of_the_interface_in_both_languages() {
    let app = demo();
    let valuations = app.get("/v1/valuations").json();
    let items = valuations["items"].as_array().expect("items");
    assert_eq!(items.len(), 3);
    let model = app.get("/v1/models").json()["items"][0].clone();
    let held = app.get("/v1/trades").json();
    for (query, words) in [
        ("", ["评估结论", "成本法", "收益法", "市场法", "底稿", "价格模型", "数据目录"]),
        (
            "?lang=en",
            [
                "Conclusion",
                "Cost approach",
                "Income approach",
                "Market approach",
                "Working paper",
                "Price models",
                "Data folder",
            ],
        ),
    ] {
        let page = seen(&format!("http://{}/{query}", app.address));
        for word in words {
            assert!(page.contains(word), "{query} {word}");
        }
        assert_eq!(page.matches("<svg xmlns").count(), 3, "a football field a valuation");
        for one in items {
            assert!(page.contains(one["asset"].as_str().expect("a name")));
            let id = one["valuation_id"].as_str().expect("an id");
            let row =
                page.split(&format!("<tr id=\"{id}\">")).nth(1).expect("a row").split("</tr>").next().expect("its end");
            let estimates = one["estimates"].as_array().expect("estimates");
            assert!(estimates.len() >= 3);
            for said in estimates.iter().chain([&one["conclusion"]]) {
                for money in [&said["value"], &said["interval"]["low"], &said["interval"]["high"]] {
                    assert!(row.contains(&written(money)), "{query} {id} {}", written(money));
                }
            }
            for ending in ["html", "xlsx", "json"] {
                let path = format!("/v1/valuations/{id}/report.{ending}");
                assert!(row.contains(&format!("href=\"{path}\"")) && app.get(&path).status == 200, "{path}");
            }
        }
        let formula = model["formula"].as_str().expect("a formula");
        assert!(page.contains(formula) && page.contains(model["cut_off"].as_str().expect("a day")));
        assert!(page.contains(held["parquet"].as_str().expect("a pattern")));
        for outside in ["<script", "src=", "http://www.w3.org/1999", "@import", "url("] {
            assert!(!page.contains(outside), "the page needs nothing else: {outside}");
        }
    }
}

#[test]
fn an_empty_house_says_what_to_do_next_and_a_wrong_question_is_refused() {
    let app = TestApp::start();
    let page = app.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    for said in ["下一步", "hengshu demo", "hengshu trades import", "hengshu model fit", "hengshu value"] {
        assert!(page.text().contains(said), "{said}");
    }
    assert!(app.get("/?lang=en").text().contains("What to do next"));
    assert_eq!(app.get("/?lang=fr").json()["code"], "unknown_field");
    assert_eq!(app.get("/?cursor=x").json()["code"], "wrong_value");
    assert_eq!(app.call("DELETE", "/", &[], b"").json()["code"], "method_not_allowed");
}

#[test]
fn what_a_user_wrote_cannot_become_part_of_the_page() {
    let house = House::new();
    let mut case = tests::sample::weather();
    case["asset"]["name"] = "<script>alert(1)</script>\"&".into();
    let file = house.write("case.json", case.to_string());
    house.done(&["value", &file]);
    let page = TestApp::on(house).get("/").text();
    assert!(!page.contains("<script"));
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"));
}
