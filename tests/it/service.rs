//! The HTTP service: idempotent creates, tags, pages, problem details, and no panic on anything that is sent.

use serde_json::{Value, json};
use tests::app::{House, TestApp};

fn asset(name: &str) -> Value {
    json!({"asset": {"name": name, "information": {}, "legal": {}, "value": {}}})
}

fn named(id: &str, name: &str) -> Value {
    let mut request = asset(name);
    request["id"] = json!(id);
    request
}

#[test]
fn an_asset_is_registered_once_however_often_it_is_sent() {
    let app = TestApp::start();
    let first = app.post("/v1/assets", &named("A-1", "气象观测数据集"));
    assert_eq!(first.status, 201, "{}", first.text());
    let again = app.post("/v1/assets", &named("A-1", "气象观测数据集"));
    assert_eq!((again.status, again.json()), (200, first.json()));
    let other = app.post("/v1/assets", &named("A-1", "other"));
    assert_eq!((other.status, other.json()["code"].as_str()), (409, Some("id_conflict")));
    assert_eq!(other.header("content-type"), "application/problem+json");

    let shown = app.get("/v1/assets/A-1");
    assert_eq!(shown.status, 200);
    let tag = shown.header("etag").to_owned();
    assert!(tag.starts_with('"'));
    let same = app.call("GET", "/v1/assets/A-1", &[("If-None-Match", &tag)], b"");
    assert_eq!((same.status, same.body.len()), (304, 0));

    let mut replaced = named("A-2", "气象观测数据集 2");
    replaced["supersedes"] = json!("A-1");
    let silent = app.post("/v1/assets", &replaced);
    assert_eq!((silent.status, silent.json()["code"].as_str()), (422, Some("reason_missing")));
    replaced["reason"] = json!("面积更正");
    assert_eq!(app.post("/v1/assets", &replaced).status, 201);
    assert_eq!(app.get("/v1/assets/A-1").json()["superseded_by"], "A-2");
    let listed = app.get("/v1/assets").json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["items"][0]["asset_id"], "A-2");
}

#[test]
fn a_long_list_comes_in_pages() {
    let app = TestApp::start();
    for number in 0..5 {
        assert_eq!(app.post("/v1/assets", &named(&format!("A-{number}"), "x")).status, 201);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/assets?limit=2".to_owned();
    loop {
        let page = app.get(&path).json();
        seen.extend(page["items"].as_array().expect("items").iter().map(|item| item["asset_id"].to_string()));
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/assets?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..5).map(|number| format!("\"A-{number}\"")).collect::<Vec<_>>());
    for (query, code) in [
        ("limit=0", "wrong_value"),
        ("cursor=x", "wrong_value"),
        ("limt=2", "unknown_field"),
        ("limit=x", "wrong_value"),
    ] {
        let refused = app.get(&format!("/v1/assets?{query}"));
        assert!(refused.status >= 400, "{query}");
        assert_eq!(refused.json()["code"], code, "{query}");
    }
}

#[test]
fn a_refusal_is_problem_details_in_the_language_asked_for() {
    let app = TestApp::start();
    let zh = app.get("/v1/assets/none").json();
    let en = app.call("GET", "/v1/assets/none", &[("Accept-Language", "en-GB,en;q=0.9,zh;q=0.1")], b"");
    assert_eq!(en.header("content-language"), "en");
    let en = en.json();
    for problem in [&zh, &en] {
        assert_eq!((problem["status"].as_u64(), problem["code"].as_str()), (Some(404), Some("record_not_found")));
        for member in ["type", "title", "detail", "message", "file", "line", "field", "remedy"] {
            assert!(problem.get(member).is_some(), "{member}");
        }
    }
    assert!(zh["message"].as_str().expect("text").contains("登记簿"));
    assert!(en["message"].as_str().expect("text").contains("register"));
    let codes = |path: &str, method: &str| app.call(method, path, &[], b"").json()["code"].clone();
    assert_eq!(codes("/v1/nothing", "GET"), "route_not_found");
    assert_eq!(codes("/v1/assets", "DELETE"), "method_not_allowed");
    assert_eq!(codes("/v1/valuations/V-1/report.pdf", "GET"), "route_not_found");
    assert_eq!(codes("/v1/valuations/V-1/report.html", "GET"), "record_not_found");
}

#[test]
fn nothing_that_is_sent_makes_the_service_fail() {
    let app = TestApp::start();
    let deep = "[".repeat(100_000);
    let long = format!("{{\"asset\": {{\"name\": \"{}\"}}}}", "x".repeat(5 << 20));
    let bodies: Vec<(&[u8], &[&str])> = vec![
        (b"", &["broken_file", "case_unreadable"]),
        (b"{", &["broken_file", "case_unreadable"]),
        (b"null", &["wrong_value", "malformed_value", "missing_field"]),
        (b"[]", &["wrong_value", "malformed_value", "missing_field"]),
        (b"{\"aset\": {}}", &["unknown_field"]),
        (b"\xff\xfe{}", &["broken_file"]),
        (b"{\"asset\": {\"name\": 1}}", &["wrong_value", "malformed_value"]),
        (b"{\"methods\": [{\"method\": 7}]}", &["unknown_field", "missing_field", "malformed_value"]),
        (deep.as_bytes(), &["broken_file", "case_unreadable", "wrong_value"]),
        (long.as_bytes(), &["body_too_large"]),
    ];
    for path in ["/v1/assets", "/v1/valuations"] {
        for (body, codes) in &bodies {
            let answer = app.call("POST", path, &[("Content-Type", "application/json")], body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert!((400..500).contains(&answer.status), "{path} {shown}: {} {}", answer.status, answer.text());
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            assert!(codes.contains(&code.as_str()), "{path} {shown}: {code}");
        }
    }
    assert_eq!(app.get("/v1/assets/%00%ff").status, 404);
    assert_eq!(app.get("/v1/health").json()["status"], "ok");
    assert_eq!(app.get("/v1/assets").json()["items"], json!([]), "nothing was registered");
}

#[test]
fn the_service_describes_itself() {
    let app = TestApp::start();
    let document = app.get("/openapi.json").json();
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let concrete = path.replace("{id}", "none").replace("{format}", "html").replace("{book}", "assets.csv");
            let answer = app.call(&method.to_uppercase(), &concrete, &[], b"");
            let code = serde_json::from_slice::<Value>(&answer.body).map(|body| body["code"].clone());
            let unserved = matches!(code, Ok(code) if code == "route_not_found" || code == "method_not_allowed");
            assert!(!unserved, "{method} {path} is described but not served");
        }
    }
    let errors = app.get("/v1/errors").json();
    assert_eq!(errors["items"].as_array().map(Vec::len), Some(api::error::CODES.len()));
}

#[test]
fn a_stop_signal_closes_the_register_and_nothing_is_lost() {
    let app = TestApp::start();
    assert_eq!(app.post("/v1/assets", &named("A-1", "x")).status, 201);
    let house = app.stop();
    let verified = house.done(&["verify", "--all"]);
    assert_eq!((verified["checked"].as_u64(), verified["failures"].clone()), (Some(1), json!([])));
    // The same folder serves again, and the command line sees what the service wrote.
    assert_eq!(house.done(&["asset", "show", "A-1"])["asset"]["name"], "x");
    let app = TestApp::on(house);
    assert_eq!(app.get("/v1/assets/A-1").status, 200);
}

#[test]
fn a_killed_service_leaves_a_register_that_opens_and_verifies() {
    let mut app = TestApp::start();
    assert_eq!(app.post("/v1/assets", &named("A-1", "x")).status, 201);
    app.child.kill().expect("killed");
    app.child.wait().expect("gone");
    let house: House = std::mem::take(&mut app.house);
    assert_eq!(house.done(&["asset", "show", "A-1"])["asset"]["name"], "x");
    assert_eq!(house.done(&["verify"])["failures"], json!([]));
}
