//! The manners of the interface, held over every route of the OpenAPI document.

use serde_json::{Value, json};
use tests::app::{House, TestApp};
use tests::program;

fn operations() -> Vec<(String, String)> {
    let document = api::routes::openapi::document().expect("generated");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        all.extend(methods.as_object().expect("methods").keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    all
}

fn concrete(path: &str) -> String {
    path.replace("{id}", "none").replace("{format}", "html").replace("{book}", "assets.csv")
}

#[test]
fn every_route_protects_browsers_names_its_requests_and_refuses_in_the_callers_language() {
    let app = TestApp::start();
    for (method, path) in operations() {
        let at = concrete(&path);
        for (language, tag) in [("en", "en"), ("zh-CN", "zh-CN")] {
            let headers = [("Accept-Language", language), ("X-Request-Id", "abc-123"), ("Content-Type", "text/x")];
            let answer = app.call(&method, &at, &headers, b"\xff");
            let what = format!("{method} {path}: {}", answer.status);
            assert_eq!(answer.header("x-request-id"), "abc-123", "{what}");
            for header in ["content-security-policy", "x-frame-options", "referrer-policy", "cache-control"] {
                assert!(!answer.header(header).is_empty(), "{what} {header}");
            }
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
            assert!(answer.status < 500, "{what} {}", answer.text());
            if answer.status >= 400 {
                assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
                assert_eq!(answer.header("content-language"), tag, "{what}");
                let problem = answer.json();
                assert_eq!(problem["status"].as_u64(), Some(u64::from(answer.status)), "{what}");
                assert!(problem["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{what}");
            }
        }
    }
    let made = app.call("GET", "/v1/health", &[("X-Request-Id", "a <b>")], b"");
    assert_eq!(made.header("x-request-id").len(), 36, "a strange id is replaced");
}

#[test]
fn every_address_refuses_methods_it_does_not_serve_and_bodies_that_are_too_long() {
    let app = TestApp::start();
    let known = operations();
    let mut paths: Vec<&String> = known.iter().map(|(_, path)| path).collect();
    paths.dedup();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            if known.iter().any(|(served, at)| served == method && at == path) {
                continue;
            }
            let answer = app.call(method, &concrete(path), &[], b"");
            assert_eq!(
                (answer.status, answer.json()["code"].as_str()),
                (405, Some("method_not_allowed")),
                "{method} {path}"
            );
        }
    }
    let long = vec![b' '; (4 << 20) + 1];
    for (method, path) in known.iter().filter(|(method, _)| method == "POST" || method == "PUT") {
        if path == "/v1/trades" || path == "/v1/evidence" {
            continue; // streamed to disk, under limits of their own
        }
        let answer = app.call(method, &concrete(path), &[("Content-Type", "application/json")], &long);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("body_too_large")), "{method} {path}");
    }
    for strange in ["/v1/assets/..%2f..%2fregister.db", "/v1/evidence/..%2fregister.anchor", "/v1/books/../register.db"]
    {
        assert_eq!(app.get(strange).status, 404, "{strange}");
    }
}

#[test]
fn a_change_on_condition_of_another_state_is_refused() {
    let app = TestApp::start();
    let asset =
        |id: &str, name: &str| json!({"id": id, "asset": {"name": name, "information": {}, "legal": {}, "value": {}}});
    assert_eq!(app.post("/v1/assets", &asset("A-1", "one")).status, 201);
    let tag = app.get("/v1/assets/A-1").header("etag").to_owned();
    let read = |tag: &str| app.call("GET", "/v1/assets/A-1", &[("If-Match", tag)], b"").status;
    assert_eq!((read(&tag), read("*"), read("\"other\"")), (200, 200, 412));
    let mut change = asset("A-2", "two");
    change["supersedes"] = json!("A-1");
    change["reason"] = json!("renamed");
    let send = |tag: &str| {
        let headers = [("Content-Type", "application/json"), ("If-Match", tag)];
        app.call("POST", "/v1/assets", &headers, change.to_string().as_bytes())
    };
    assert_eq!(send("\"other\"").json()["code"], "changed_meanwhile");
    assert_eq!(send(&tag).status, 201);
    let mut late = asset("A-3", "three");
    late["supersedes"] = json!("A-1");
    late["reason"] = json!("renamed");
    assert_eq!(app.post("/v1/assets", &late).json()["code"], "already_superseded");
}

#[test]
fn requests_are_counted_and_readiness_is_told() {
    let app = TestApp::start();
    assert_eq!(app.get("/v1/ready").json()["status"], "ready");
    assert_eq!(app.get("/v1/assets/none").status, 404);
    let text = app.get("/metrics").text();
    let line = "hengshu_http_request_seconds_count{method=\"GET\",route=\"/v1/assets/{id}\",status=\"404\"} 1";
    assert!(text.lines().any(|found| found == line), "{text}");
    let script = "import sys\n\
                  for line in sys.argv[1].splitlines():\n\
                  \u{20}   if not line.startswith('#'): float(line.rsplit(' ', 1)[1])\n\
                  print('numbers')";
    assert_eq!(program::python_prints(script, &[&text]).trim(), "numbers");
}

#[test]
fn settings_come_from_options_before_the_environment_before_the_file() {
    let house = House::new();
    house.write("hengshu.toml", "[data]\nactor = \"from the file\"\n[service]\nbody_bytes_max = 300\n");
    let asset = "name = \"a registered asset\"\n[information]\n[legal]\n[value]\n";
    let actor = |name: &str, variable: Option<&str>, option: Option<&str>| -> Value {
        let file = house.write(&format!("{name}.toml"), asset);
        let mut arguments = vec!["asset", "add", &file, "--id", name];
        arguments.extend(option.iter().flat_map(|actor| ["--actor", actor]));
        let mut command = house.command(&arguments);
        command.envs(variable.map(|actor| ("HENGSHU_ACTOR", actor)));
        tests::app::json(&command.output().expect("hengshu runs"))["actor"].clone()
    };
    assert_eq!(actor("a", None, None), "from the file");
    assert_eq!(actor("b", Some("from the environment"), None), "from the environment");
    assert_eq!(actor("c", Some("from the environment"), Some("from the option")), "from the option");
    house.write("hengshu.toml", "[service]\nbody_byte_max = 300\n");
    let (exit, said) = house.run(&["asset", "list"]);
    assert_eq!((exit, said["error"]["code"].as_str()), (3, Some("unknown_field")));
    assert!(said["error"]["remedy"].as_str().is_some_and(|text| text.contains("body_bytes_max")), "{said}");
}
