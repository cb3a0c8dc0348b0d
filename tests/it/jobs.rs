//! Long work: queued, watched, cancelled, resumed after a restart; on both databases.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::app::{House, TestApp};

/// A case that needs no market; `draws` makes it long.
fn case(name: &str, draws: u32) -> Value {
    let mut case = tests::sample::weather();
    case["asset"]["name"] = json!(name);
    case["simulation"]["draws"] = json!(draws);
    case
}

fn valuation(id: &str, draws: u32) -> Value {
    json!({"id": id, "task": {"kind": "valuation", "case": case(id, draws)}})
}

fn state_when_done(app: &TestApp, id: &str) -> Value {
    let began = Instant::now();
    loop {
        let job = app.get(&format!("/v1/jobs/{id}")).json();
        if job["state"] != "waiting" && job["state"] != "running" {
            return job;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "{job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_job_is_queued_watched_and_its_result_is_recorded() {
    let app = TestApp::start();
    let queued = app.post("/v1/jobs", &valuation("J-1", 2000));
    assert_eq!(queued.status, 202, "{}", queued.text());
    assert_eq!(app.post("/v1/jobs", &valuation("J-1", 2000)).status, 200, "sent again");
    assert_eq!(app.post("/v1/jobs", &valuation("J-1", 2001)).json()["code"], "id_conflict");
    // The stream ends when the job does; its last event is the outcome.
    let events = app.get("/v1/jobs/J-1/events");
    assert_eq!(events.header("content-type"), "text/event-stream");
    let text = events.text();
    let last = text.trim_end().rsplit("\n\n").next().expect("an event");
    let data = last.strip_prefix("event: job\ndata: ").expect("an event of a job");
    let last: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(last["state"], "finished", "{last}");
    let made = last["result"]["valuation_id"].as_str().expect("an id");
    assert_eq!(app.get(&format!("/v1/valuations/{made}")).status, 200);
    let done = app.call("DELETE", "/v1/jobs/J-1", &[], b"");
    assert_eq!((done.status, done.json()["code"].as_str()), (409, Some("job_not_waiting")));

    let broken = json!({"id": "J-2", "task": {"kind": "valuation", "case": {"nothing": 1}}});
    assert_eq!(app.post("/v1/jobs", &broken).status, 202);
    let failed = state_when_done(&app, "J-2");
    assert_eq!((failed["state"].as_str(), failed["error"]["code"].as_str()), (Some("failed"), Some("unknown_field")));
    assert_eq!(app.get("/v1/jobs").json()["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(app.post("/v1/jobs", &json!({"id": "J-3", "task": {"kind": "nothing"}})).status, 422);
}

#[test]
fn an_import_is_a_job_over_an_evidence_file_and_tells_how_far_it_is() {
    let app = TestApp::start();
    let mut sample = Vec::new();
    datasets::trades_csv::write(&mut sample, &datasets::synthetic::market(1, 3000)).expect("written");
    let sent = app.call("POST", "/v1/evidence?name=trades.csv", &[("Content-Type", "text/csv")], &sample);
    assert_eq!(sent.status, 201, "{}", sent.text());
    let evidence = sent.json()["evidence_id"].clone();
    let job = json!({"id": "J-1", "task": {"kind": "import", "mapping": "hengshu", "evidence": evidence}});
    assert_eq!(app.post("/v1/jobs", &job).status, 202);
    let done = state_when_done(&app, "J-1");
    assert_eq!(done["state"], "finished", "{done}");
    let counts = &done["result"];
    assert!(counts["imported"].as_u64() > Some(0));
    assert_eq!(app.get("/v1/trades").json()["rows"], counts["imported"]);
    for (task, code) in [
        (json!({"kind": "import", "mapping": "/etc/passwd", "evidence": evidence}), "wrong_value"),
        (json!({"kind": "import", "mapping": "hengshu", "evidence": "../register.db"}), "record_not_found"),
    ] {
        let id = format!("J-{code}");
        assert_eq!(app.post("/v1/jobs", &json!({"id": id, "task": task})).status, 202);
        assert_eq!(state_when_done(&app, &id)["error"]["code"], code);
    }
}

#[test]
fn a_job_is_cancelled_while_it_waits_and_while_it_runs() {
    let app = TestApp::start();
    assert_eq!(app.post("/v1/jobs", &valuation("J-1", 1_000_000)).status, 202);
    assert_eq!(app.post("/v1/jobs", &valuation("J-2", 1000)).status, 202);
    for id in ["J-2", "J-1"] {
        let answer = app.call("DELETE", &format!("/v1/jobs/{id}"), &[], b"");
        assert_eq!((answer.status, answer.json()["state"].as_str()), (200, Some("cancelled")), "{}", answer.text());
        assert_eq!(app.call("DELETE", &format!("/v1/jobs/{id}"), &[], b"").status, 200, "again");
    }
    assert_eq!(app.post("/v1/jobs", &valuation("J-3", 1000)).status, 202);
    assert_eq!(state_when_done(&app, "J-3")["state"], "finished", "the queue goes on");
    assert_eq!(app.get("/v1/valuations").json()["items"].as_array().map(Vec::len), Some(1));
}

fn killed_and_resumed(mut house: House, rounds: u32, register: Option<&str>) {
    let mut queued = Vec::new();
    for round in 0..rounds {
        let mut app = TestApp::with(house, "127.0.0.1:0", register);
        for number in 0..3 {
            let id = format!("J-{round}-{number}");
            assert_eq!(app.post("/v1/jobs", &valuation(&id, 2000)).status, 202);
            queued.push(id);
        }
        app.child.kill().expect("killed");
        app.child.wait().expect("gone");
        house = std::mem::take(&mut app.house);
    }
    let app = TestApp::with(house, "127.0.0.1:0", register);
    for id in &queued {
        assert_eq!(state_when_done(&app, id)["state"], "finished", "{id}");
    }
    let house = app.stop();
    let mut arguments = vec!["admin", "verify"];
    arguments.extend(register.iter().flat_map(|url| ["--register", url]));
    assert_eq!(house.done(&arguments)["failures"], json!([]));
}

mod soak {
    #[test]
    fn queued_jobs_finish_after_the_service_was_killed() {
        super::killed_and_resumed(super::House::new(), tests::soak::rounds(3), None);
    }

    #[test]
    fn queued_jobs_finish_after_the_service_was_killed_on_postgresql() {
        let server = tests::postgres::Server::start();
        super::killed_and_resumed(super::House::new(), tests::soak::rounds(3), Some(&server.database()));
    }
}
