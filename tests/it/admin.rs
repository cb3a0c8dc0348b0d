//! The administrator's commands: the chain as a proof, backup and restore, from one database into the other.

use serde_json::{Value, json};
use tests::app::{House, TestApp};
use tests::postgres::Server;
use tests::program;

const ASSET: &str =
    "name = \"气象观测数据集\"\n[information]\n[legal]\nholder = \"=HYPERLINK(\\\"http://x\\\")\"\n[value]\n";

/// A house with an asset, a change of it, an evidence file, and something of another organisation.
fn furnished() -> House {
    let house = House::new();
    let file = house.write("asset.toml", ASSET);
    house.done(&["asset", "add", &file, "--id", "A-1"]);
    house.done(&["asset", "add", &file, "--id", "O-1", "--organisation", "other"]);
    let app = TestApp::on(house);
    let sent = app.call("POST", "/v1/evidence?name=deed.pdf", &[("Content-Type", "application/pdf")], b"%PDF-1.7 deed");
    assert_eq!(sent.status, 201, "{}", sent.text());
    let asset = app.get("/v1/assets/A-1").json()["asset"].clone();
    let transfer = json!({
        "id": "A-2", "asset": asset, "supersedes": "A-1", "reason": "sold",
        "registration": {"act": "transfer", "to": "乙公司", "evidence": [sent.json()["evidence_id"]]},
    });
    let made = app.post("/v1/assets", &transfer);
    assert_eq!(made.status, 201, "{}", made.text());
    app.stop()
}

#[test]
fn the_exported_chain_is_recomputed_by_another_program() {
    let house = furnished();
    house.done(&["admin", "export", "-o", "chain.jsonl"]);
    let script = r#"
import hashlib, json, sys
previous, files, lines = '0' * 64, [], open(sys.argv[1], encoding='utf-8').read().splitlines()
for number, line in enumerate(lines, 1):
    link = json.loads(line)
    members = ['organisation', 'number', 'recorded_at', 'actor', 'kind', 'id', 'record_hash', 'previous']
    framed = json.dumps([link[m] for m in members], ensure_ascii=False, separators=(',', ':'))
    assert link['number'] == number and link['previous'] == previous, line
    assert hashlib.sha256(framed.encode()).hexdigest() == link['hash'], line
    previous = link['hash']
    for file in link['files']:
        data = open(sys.argv[2] + '/' + file['file'], 'rb').read()
        assert hashlib.sha256(data).hexdigest() == file['sha256'], file
        files.append(file['file'])
print(len(lines), len(files))
"#;
    let (chain, data) = (house.path().join("chain.jsonl"), house.data());
    let printed = program::python_prints(script, &[&chain.to_string_lossy(), &data.to_string_lossy()]);
    assert_eq!(printed.trim(), "3 1", "asset, evidence, transfer; the other organisation's chain is its own");
    let evidence = house.data().join("evidence");
    let file = std::fs::read_dir(&evidence).expect("there").next().expect("one").expect("read").path();
    std::fs::write(&file, b"%PDF-1.7 deeD").expect("written");
    let (exit, found) = house.run(&["admin", "verify"]);
    let name = format!("evidence/{}", file.file_name().expect("a name").to_string_lossy());
    assert_eq!((exit, found["failures"][0]["subject"].as_str()), (6, Some(name.as_str())), "{found}");
}

#[test]
fn a_backup_is_restored_into_either_database_and_verifies() {
    let house = furnished();
    let made = house.done(&["admin", "backup", "backup"]);
    assert_eq!(made["records"], 4);
    let (exit, said) = house.run(&["admin", "backup", "backup"]);
    assert_eq!((exit, said["error"]["code"].as_str()), (4, Some("not_empty")));
    let backup = house.path().join("backup");
    let backup = backup.to_string_lossy();
    let server = Server::start();
    let url = server.database();
    for register in [None, Some(url.as_str())] {
        let fresh = House::new();
        let with = |arguments: &[&str]| {
            let mut arguments = arguments.to_vec();
            arguments.extend(register.iter().flat_map(|url| ["--register", url]));
            fresh.run(&arguments)
        };
        let (exit, restored) = with(&["admin", "restore", &backup]);
        assert_eq!((exit, &restored), (0, &made), "{register:?}");
        let (exit, verified) = with(&["admin", "verify"]);
        assert_eq!((exit, &verified["checked"], &verified["failures"]), (0, &json!(4), &json!([])));
        let (_, before) = house.run(&["asset", "show", "A-2"]);
        assert_eq!(with(&["asset", "show", "A-2"]).1, before);
        let (exit, said) = with(&["admin", "restore", &backup]);
        assert_eq!((exit, said["error"]["code"].as_str()), (4, Some("not_empty")), "never over something");
        // It goes on where it was.
        let file = fresh.write("asset.toml", ASSET);
        let (_, added) = with(&["asset", "add", &file, "--id", "A-9"]);
        assert_eq!(added["number"], 4);
    }
    // One changed byte, anywhere, and nothing is restored.
    for file in ["register.jsonl", "manifest.json"] {
        let path = house.path().join("backup").join(file);
        let whole = std::fs::read(&path).expect("read");
        let mut changed = whole.clone();
        let at = changed.windows(3).rposition(|three| three == b"A-1" || three == b"\": ").expect("there") + 1;
        changed[at] ^= 1;
        std::fs::write(&path, changed).expect("written");
        let fresh = House::new();
        let (exit, said) = fresh.run(&["admin", "restore", &backup]);
        assert_eq!((exit, said["error"]["code"].as_str()), (6, Some("backup_damaged")), "{file}");
        std::fs::write(&path, whole).expect("written");
    }
}

#[test]
fn the_books_hold_every_registration_and_what_stands() {
    let app = TestApp::on(furnished());
    let resources = app.get("/v1/books/resources.json").json();
    let acts: Vec<&str> =
        resources["items"].as_array().expect("rows").iter().filter_map(|r| r["act"].as_str()).collect();
    assert_eq!(acts, ["first", "transfer"]);
    assert_eq!(app.get("/v1/books/assets.json").json()["items"].as_array().map(Vec::len), Some(1));
    let asset = app.get("/v1/assets/A-2").json()["asset"].clone();
    let registration = |id: &str, of: &str, registration: Value| {
        let request = json!({"id": id, "asset": asset, "supersedes": of, "reason": "r", "registration": registration});
        app.post("/v1/assets", &request)
    };
    for (wrong, field) in [
        (json!({"act": "first"}), "registration.act"),
        (json!({"act": "transfer"}), "registration.to"),
        (json!({"act": "correction", "to": "x"}), "registration.to"),
    ] {
        assert_eq!(registration("A-3", "A-2", wrong).json()["field"], field);
    }
    let missing = registration("A-3", "A-2", json!({"act": "correction", "evidence": ["0"]}));
    assert_eq!(missing.json()["code"], "record_not_found");
    assert_eq!(registration("A-3", "A-2", json!({"act": "cancellation"})).status, 201);
    assert_eq!(app.get("/v1/books/assets.json").json()["items"], json!([]));
    assert_eq!(registration("A-4", "A-3", json!({"act": "change"})).json()["field"], "supersedes");
    // A spreadsheet takes no cell for a formula.
    let csv = app.get("/v1/books/resources.csv").text();
    assert!(csv.contains("'=HYPERLINK") && csv.contains("乙公司"), "{csv}");
    let xlsx = app.get("/v1/books/resources.xlsx");
    let script = "import io, sys, openpyxl\n\
                  sheet = openpyxl.load_workbook(sys.argv[1]).active\n\
                  print(sheet.max_row, {c.data_type for r in sheet.iter_rows() for c in r if c.value is not None})";
    let file = app.house.path().join("book.xlsx");
    std::fs::write(&file, &xlsx.body).expect("written");
    assert_eq!(program::python_prints(script, &[&file.to_string_lossy()]).trim(), "4 {'s'}");
    for (body, media_type) in [
        (b"MZ\x90".as_slice(), "application/pdf"),
        (b"<script>", "text/html"),
        (b"\0", "text/plain"),
        (b"{", "application/json"),
    ] {
        let sent = app.call("POST", "/v1/evidence", &[("Content-Type", media_type)], body);
        assert_eq!((sent.status, sent.json()["code"].as_str()), (415, Some("evidence_type")), "{media_type}");
    }
}

#[test]
fn assets_are_searched_and_read_as_they_were_known() {
    let app = TestApp::on(furnished());
    let ids = |path: &str| -> Vec<String> {
        let page = app.get(path).json();
        page["items"].as_array().expect("items").iter().map(|item| item["asset_id"].to_string()).collect()
    };
    // 气象 in an address
    assert_eq!(ids("/v1/assets?q=%E6%B0%94%E8%B1%A1"), ["\"A-2\""]);
    assert!(ids("/v1/assets?q=nothing").is_empty());
    let first = app.get("/v1/assets/A-1").json()["recorded_at"].as_str().expect("a moment").to_owned();
    assert_eq!(ids(&format!("/v1/assets?known_at={first}")), ["\"A-1\""]);
    assert_eq!(app.get("/v1/assets?known_at=yesterday").status, 422);
}
