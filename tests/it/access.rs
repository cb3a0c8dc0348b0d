//! Who may do what: the access matrix against the served binary, and the doors people come in by.

use std::collections::BTreeMap;

use api::access::{MATRIX, Role, Who, rule_for};
use serde_json::{Value, json};
use tests::app::{Answer, House, TestApp};

const PASSWORD: &str = "a long enough password";

/// Records a person of `organisation` and makes a token with all their roles.
fn token(house: &House, organisation: &str, person: &str, roles: &[Role]) -> String {
    let mut arguments = vec!["admin", "person", person, "--organisation", organisation];
    let mut wanted = vec!["admin", "token", person, "--organisation", organisation];
    for role in roles {
        arguments.extend(["--role", role.key()]);
        wanted.extend(["--role", role.key()]);
    }
    house.done(&arguments);
    house.done(&wanted)["token"].as_str().expect("a token").to_owned()
}

/// Records a person with a password.
fn with_password(house: &House, person: &str, roles: &[&str]) {
    use std::io::Write;
    let mut arguments = vec!["admin", "person", person, "--password-stdin"];
    roles.iter().for_each(|role| arguments.extend(["--role", role]));
    let mut command = house.command(&arguments);
    let mut child =
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().expect("hengshu runs");
    child.stdin.take().expect("piped").write_all(format!("{PASSWORD}\n").as_bytes()).expect("written");
    assert!(child.wait().expect("ended").success());
}

fn call(app: &TestApp, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    app.call(method, path, &headers, &body)
}

fn code(answer: &Answer) -> String {
    serde_json::from_slice::<Value>(&answer.body)
        .ok()
        .and_then(|body| body["code"].as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Method and path of every operation of the OpenAPI document.
fn operations() -> Vec<(String, String)> {
    let document = api::routes::openapi::document().expect("generated");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let methods = methods.as_object().expect("methods");
        all.extend(methods.keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    all
}

fn concrete(path: &str, id: &str) -> String {
    path.replace("{id}", id).replace("{format}", "html").replace("{book}", "assets.json")
}

#[test]
fn the_matrix_and_the_document_name_the_same_operations() {
    let mut described = operations();
    let mut ruled: Vec<_> = MATRIX.iter().map(|rule| (rule.method.to_owned(), rule.path.to_owned())).collect();
    described.sort();
    ruled.sort();
    assert_eq!(described, ruled, "each route stands once in api/src/access.rs and once in the document");
}

/// Every operation × every role × two organisations: nobody comes through outside the matrix, and nobody inside it is kept
/// out. The table is printed.
#[test]
fn nobody_has_access_outside_the_matrix() {
    let house = House::new();
    let mut tokens = BTreeMap::new();
    for organisation in ["local", "other"] {
        for role in Role::ALL {
            tokens.insert((organisation, role), token(&house, organisation, role.key(), &[role]));
        }
    }
    let app = TestApp::on(house);
    let mut table = String::from("who: ");
    table.push_str(&Role::ALL.map(Role::key).join(", "));
    for (method, path) in operations() {
        let who = rule_for(&method, &path).expect("a rule").who;
        let at = concrete(&path, "none");
        let nobody = app.call(&method, &at, &[], b"");
        // Who sends no password or no code to the doors is told the same as who sends a wrong one.
        let door = matches!(path.as_str(), "/setup" | "/sign-in");
        assert!(door || (nobody.status == 401) == (who != Who::Anyone), "{method} {path} without a token");
        let mut row = String::new();
        for role in Role::ALL {
            for organisation in ["local", "other"] {
                let answer = call(&app, &method, &at, &tokens[&(organisation, role)], &Value::Null);
                let refused = answer.status == 403;
                let what = format!("{method} {path} as {} of {organisation}: {}", role.key(), answer.status);
                assert_eq!(refused, !who.admits(&[role]), "{what} {}", answer.text());
                assert!(!refused || code(&answer) == "not_allowed", "{what}");
                assert!(answer.status < 500, "{what}");
            }
            row.push_str(if who.admits(&[role]) { " x" } else { " ." });
        }
        table.push_str(&format!("\n{row}  {method} {path}"));
    }
    println!("{table}");
}

/// What one organisation recorded is not there for another, whichever route asks for it.
#[test]
fn a_request_across_organisations_is_refused_on_every_route() {
    let house = House::new();
    let mine = token(&house, "local", "me", &Role::ALL);
    let theirs = token(&house, "other", "them", &Role::ALL);
    let app = TestApp::on(house);
    let asset = json!({"id": "A-1", "asset": {"name": "n", "information": {}, "legal": {}, "value": {}}});
    assert_eq!(call(&app, "POST", "/v1/assets", &mine, &asset).status, 201);
    let mut case = tests::sample::weather();
    case["simulation"]["draws"] = json!(200);
    let valued = call(&app, "POST", "/v1/valuations", &mine, &case);
    assert_eq!(valued.status, 201, "{}", valued.text());
    let valuation = valued.json()["valuation_id"].as_str().expect("an id").to_owned();
    let bearer = format!("Bearer {mine}");
    let evidence = app.call(
        "POST",
        "/v1/evidence?name=note",
        &[("Authorization", &bearer), ("Content-Type", "text/plain")],
        b"a note",
    );
    assert_eq!(evidence.status, 201, "{}", evidence.text());
    let evidence = evidence.json()["evidence_id"].as_str().expect("an id").to_owned();
    let job = json!({"id": "J-1", "task": {"kind": "valuation", "case": case}});
    assert_eq!(call(&app, "POST", "/v1/jobs", &mine, &job).status, 202);

    for (method, path) in operations().into_iter().filter(|(_, path)| path.contains("{id}")) {
        let id = match path.split('/').nth(2).expect("a noun") {
            "assets" => "A-1",
            "valuations" => &valuation,
            "evidence" => &evidence,
            "jobs" => "J-1",
            "people" | "tokens" => "me",
            "models" => continue, // no model was fitted
            noun => panic!("make one of {noun} above"),
        };
        if path.contains("people") {
            continue; // a PUT makes a person of the caller's own organisation, below
        }
        let answer = call(&app, &method, &concrete(&path, id), &theirs, &Value::Null);
        assert_eq!((answer.status, code(&answer).as_str()), (404, "record_not_found"), "{method} {path}");
    }
    for path in ["/v1/assets", "/v1/valuations", "/v1/jobs", "/v1/models"] {
        assert_eq!(call(&app, "GET", path, &theirs, &Value::Null).json()["items"], json!([]), "{path}");
    }
    for path in ["/v1/people", "/v1/tokens", "/v1/audit"] {
        let text = call(&app, "GET", path, &theirs, &Value::Null).text();
        assert!(text.contains("them") && !text.contains("\"me\""), "{path} {text}");
    }
    let person = json!({"name": "me", "roles": ["auditor"]});
    assert_eq!(call(&app, "PUT", "/v1/people/me", &theirs, &person).status, 201, "a namesake in their own house");
    assert_eq!(call(&app, "GET", "/v1/session", &mine, &Value::Null).json()["roles"].as_array().map(Vec::len), Some(9));
    // The organisation stands in the token: another one does not fit the secret.
    let forged = mine.replacen("~local~", "~other~", 1);
    assert_ne!(forged, mine);
    assert_eq!(call(&app, "GET", "/v1/assets", &forged, &Value::Null).status, 401);
    let verified = app.stop().done(&["admin", "verify"]);
    assert_eq!(verified["failures"], json!([]));
}

#[test]
fn a_token_that_is_changed_revoked_or_not_ours_opens_nothing() {
    let house = House::new();
    let good = token(&house, "local", "me", &[Role::Appraiser, Role::Administrator]);
    let app = TestApp::on(house);
    let status = |token: &str| call(&app, "GET", "/v1/assets", token, &Value::Null).status;
    assert_eq!(status(&good), 200);
    let last = if good.ends_with('0') { "1" } else { "0" };
    let secret = good.rsplit('~').next().expect("a secret");
    for wrong in [
        format!("{}{last}", &good[..good.len() - 1]),
        good[..good.len() - 1].to_owned(),
        good.replace("hengshu", "Hengshu"),
        format!("hengshu~../..~x~{secret}"),
        format!("hengshu~local~' OR 1=1 --~{secret}"),
        "x".repeat(5000),
        String::new(),
    ] {
        assert_eq!(status(&wrong), 401, "{wrong}");
    }
    assert_eq!(app.call("GET", "/v1/assets", &[("Authorization", "Basic bWU6bWU=")], b"").status, 401);
    // A scope is part of what the person may do, and no more.
    let narrow = call(&app, "POST", "/v1/tokens", &good, &json!({"person": "me", "roles": ["appraiser"], "days": 1}));
    assert_eq!(narrow.status, 201, "{}", narrow.text());
    let narrow = narrow.json();
    let text = narrow["token"].as_str().expect("told once").to_owned();
    assert_eq!(call(&app, "GET", "/v1/people", &text, &Value::Null).status, 403);
    assert!(!call(&app, "GET", "/v1/tokens", &good, &Value::Null).text().contains(text.rsplit('~').next().expect("x")));
    for (wrong, field) in [
        (json!({"person": "me", "roles": ["auditor"], "days": 1}), "roles"),
        (json!({"person": "me", "roles": [], "days": 0}), "days"),
        (json!({"person": "nobody", "roles": [], "days": 1}), "person"),
    ] {
        assert_eq!(call(&app, "POST", "/v1/tokens", &good, &wrong).json()["field"], field);
    }
    let id = narrow["token_id"].as_str().expect("an id");
    assert_eq!(call(&app, "DELETE", &format!("/v1/tokens/{id}"), &good, &Value::Null).json()["revoked"], true);
    assert_eq!(status(&text), 401);
    // Whoever is disabled has no access, whatever tokens they hold.
    let gone = json!({"name": "me", "roles": ["appraiser"], "disabled": true, "reason": "left"});
    assert_eq!(call(&app, "PUT", "/v1/people/me", &good, &gone).status, 200);
    assert_eq!(status(&good), 401);
}

#[test]
fn a_session_is_a_secure_cookie_and_changes_need_its_csrf_value() {
    let house = House::new();
    with_password(&house, "wang", &["administrator", "appraiser"]);
    let app = TestApp::on(house);
    let sign_in = |password: &str| app.post("/v1/session", &json!({"person": "wang", "password": password}));
    let signed = sign_in(PASSWORD);
    assert_eq!(signed.status, 201, "{}", signed.text());
    let set = signed.header("set-cookie").to_owned();
    for part in ["__Host-hengshu=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = set.split(';').next().expect("a pair").to_owned();
    let csrf = signed.json()["csrf"].as_str().expect("a value").to_owned();
    let with = |headers: &[(&str, &str)], method: &str, path: &str, body: &Value| {
        let mut all = vec![("Cookie", cookie.as_str()), ("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        app.call(method, path, &all, body.to_string().as_bytes())
    };
    assert_eq!(with(&[], "GET", "/v1/session", &Value::Null).json()["person"], "wang");
    let asset = json!({"id": "A-1", "asset": {"name": "n", "information": {}, "legal": {}, "value": {}}});
    assert_eq!(code(&with(&[], "POST", "/v1/assets", &asset)), "other_site");
    assert_eq!(code(&with(&[("X-CSRF-Token", "x")], "POST", "/v1/assets", &asset)), "other_site");
    let elsewhere = [("X-CSRF-Token", csrf.as_str()), ("Origin", "https://elsewhere.example")];
    assert_eq!(code(&with(&elsewhere, "POST", "/v1/assets", &asset)), "other_site");
    let made = with(&[("X-CSRF-Token", &csrf)], "POST", "/v1/assets", &asset);
    assert_eq!((made.status, made.json()["actor"].as_str()), (201, Some("wang")));
    // Two administrators change the same person: the second is told.
    let person = |name: &str| json!({"name": name, "roles": ["administrator", "appraiser"], "reason": "name"});
    let listed = with(&[], "GET", "/v1/people", &Value::Null).json();
    let tag = format!("\"{}\"", listed["items"][0]["record_hash"].as_str().expect("a hash"));
    assert!(!listed.to_string().contains("argon2"), "a password hash is nobody's business");
    let change = [("X-CSRF-Token", csrf.as_str()), ("If-Match", tag.as_str())];
    assert_eq!(with(&change, "PUT", "/v1/people/wang", &person("王")).status, 200);
    let late = with(&change, "PUT", "/v1/people/wang", &person("汪"));
    assert_eq!((late.status, code(&late).as_str()), (412, "changed_meanwhile"));
    assert_eq!(with(&[("X-CSRF-Token", &csrf)], "DELETE", "/v1/session", &Value::Null).status, 204);
    assert_eq!(with(&[], "GET", "/v1/session", &Value::Null).status, 401, "a session that was ended is replayed");

    for _ in 0..5 {
        assert_eq!(sign_in("not the password").status, 401);
    }
    let locked = sign_in(PASSWORD);
    assert_eq!((locked.status, code(&locked).as_str()), (429, "too_many_attempts"));
    assert!(locked.header("retry-after").parse::<u64>().expect("seconds") > 60);
    assert_eq!(app.post("/v1/session", &json!({"person": "nobody", "password": PASSWORD})).status, 401);
}

#[test]
fn a_service_that_others_can_reach_begins_with_a_one_time_link() {
    let house = House::new();
    let app = TestApp::at(house, "0.0.0.0:0");
    let setup = app.said["setup"].as_str().expect("a link").to_owned();
    let code_of_link = setup.split("code=").nth(1).expect("a code");
    assert_eq!(app.get("/v1/assets").status, 401);
    assert_eq!(app.get("/setup?code=0").status, 401);
    assert!(app.get(&format!("/setup?code={code_of_link}")).text().contains("<form"));
    let form = |path: &str, body: String| {
        app.call("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], body.as_bytes())
    };
    let password = PASSWORD.replace(' ', "+");
    let short = form("/setup", format!("code={code_of_link}&person=root&password=short"));
    assert_eq!(code(&short), "wrong_value", "a refused password does not use the link up");
    let taken = form("/setup", format!("code={code_of_link}&person=root&password={password}"));
    assert_eq!((taken.status, taken.header("location")), (303, "/sign-in"), "{}", taken.text());
    let again = form("/setup", format!("code={code_of_link}&person=thief&password={password}"));
    assert_eq!(again.status, 401, "the link serves once");
    let signed = form("/sign-in", format!("organisation=local&person=root&password={password}"));
    assert_eq!((signed.status, signed.header("location")), (303, "/"), "{}", signed.text());
    let house = app.stop();
    let app = TestApp::at(house, "0.0.0.0:0");
    assert_eq!(app.said["setup"], Value::Null, "there is an administrator");
}

#[test]
fn the_open_house_answers_this_machine_only() {
    let app = TestApp::start();
    assert_eq!(app.get("/v1/assets").status, 200);
    // A name of elsewhere that leads to this machine (DNS rebinding).
    let mut stream = std::net::TcpStream::connect(&app.address).expect("connected");
    use std::io::{Read, Write};
    stream.write_all(b"GET /v1/assets HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    assert!(text.starts_with("HTTP/1.1 401"), "{text}");
    let sent = app.call("POST", "/v1/assets", &[("Origin", "https://evil.example")], b"{}");
    assert_eq!(code(&sent), "other_site");
    // With the first person the house is open no more.
    app.house.done(&["admin", "person", "me", "--role", "auditor"]);
    assert_eq!(app.get("/v1/assets").status, 401);
}
