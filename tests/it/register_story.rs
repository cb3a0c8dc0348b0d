//! The register's story, told on SQLite and on PostgreSQL: what is acknowledged stays, what is changed is seen.

use std::path::Path;
use std::process::{Command, Stdio};

use api::register::{self, Access, Entry, Kind, Register, RegisterError, Superseded};
use serde_json::json;
use tests::postgres::Server;

/// Where a story is told: a folder, and the address of a database where it is not the file in it.
struct Place {
    dir: tempfile::TempDir,
    url: Option<String>,
}

impl Place {
    fn file() -> Place {
        Place { dir: tempfile::tempdir().expect("a folder"), url: None }
    }

    fn on(server: &Server) -> Place {
        Place { url: Some(server.database()), ..Place::file() }
    }

    async fn open(&self) -> Register {
        reach(self.url.as_deref(), self.dir.path(), Access::Write).await.expect("opened")
    }
}

async fn reach(url: Option<&str>, dir: &Path, access: Access) -> Result<Register, RegisterError> {
    match url {
        Some(url) => Register::connect_to(url, dir).await,
        None => Register::open(dir, access).await,
    }
}

/// Tells a story on both databases.
fn on_both(told: impl AsyncFn(Place)) {
    let server = Server::start();
    for place in [Place::file(), Place::on(&server)] {
        story(told(place));
    }
}

fn story<T>(run: impl Future<Output = T>) -> T {
    api::runtime().expect("a runtime").block_on(run)
}

fn entry(id: &str, content: &str) -> Entry {
    Entry { kind: Kind::Asset, id: id.to_owned(), document: json!({"id": id, "name": content}), supersedes: None }
}

async fn findings(dir: &Path) -> Vec<register::Finding> {
    found_in(None, dir).await
}

async fn found_in(url: Option<&str>, dir: &Path) -> Vec<register::Finding> {
    let mut findings = register::seal(dir);
    match reach(url, dir, Access::Read).await {
        Ok(register) => match register.walk(|_, _| ()).await {
            Ok((_, found)) => findings.extend(found),
            Err(fault) => findings.push(register::Finding::new("unreadable", "register", fault.to_string())),
        },
        Err(fault) => findings.push(register::Finding::new("unreadable", "register", fault.to_string())),
    }
    findings
}

#[test]
fn a_retry_is_harmless_and_other_content_is_a_conflict() {
    on_both(async |place| {
        let register = place.open().await;
        let first = register.record("a", "me", &[entry("A1", "one"), entry("A2", "two")]).await.expect("recorded");
        assert!(first.iter().all(|recorded| recorded.fresh));
        let again = register.record("a", "you", &[entry("A1", "one")]).await.expect("answered");
        assert!(!again[0].fresh);
        assert_eq!(again[0].record, first[0].record);
        let other = register.record("a", "me", &[entry("A3", "three"), entry("A1", "other")]).await;
        assert_eq!(other, Err(RegisterError::Conflict { kind: "asset", id: "A1".to_owned() }));
        assert_eq!(register.get("a", Kind::Asset, "A3", None).await, Ok(None), "all or none");
        assert_eq!(register.get("b", Kind::Asset, "A1", None).await, Ok(None), "organisations do not see each other");
    });
}

#[test]
fn a_record_is_superseded_with_a_reason_and_read_as_known_at() {
    on_both(async |place| {
        let register = place.open().await;
        let old = register.record("a", "me", &[entry("A1", "one")]).await.expect("recorded").remove(0).record;
        let newer = |reason: &str| Entry {
            supersedes: Some(Superseded { id: "A1".to_owned(), reason: reason.to_owned() }),
            ..entry("A1-2", "two")
        };
        let silent = register.record("a", "me", &[newer(" ")]).await;
        assert_eq!(silent, Err(RegisterError::ReasonMissing { id: "A1".to_owned() }));
        let new = register.record("a", "me", &[newer("the area was wrong")]).await.expect("recorded").remove(0).record;
        let second = Entry { id: "A1-3".to_owned(), ..newer("again") };
        let by = RegisterError::AlreadySuperseded { id: "A1".to_owned(), by: "A1-2".to_owned() };
        assert_eq!(register.record("a", "me", &[second]).await, Err(by));

        let ids = |records: Vec<register::Record>| records.into_iter().map(|record| record.id).collect::<Vec<_>>();
        let now = register.list("a", Kind::Asset, 0, 10, None).await.expect("listed");
        assert_eq!(ids(now), ["A1-2"]);
        let then = old.recorded_at.parse().expect("a moment");
        if new.recorded_at > old.recorded_at {
            let then = register.as_known_at(then).list("a", Kind::Asset, 0, 10).await.expect("listed");
            assert_eq!(ids(then), ["A1"]);
        }
        let by = register.superseded_by("a", Kind::Asset, "A1", None).await;
        assert_eq!(by, Ok(Some("A1-2".to_owned())));
        let kept = register.get("a", Kind::Asset, "A1", None).await.expect("read").expect("never deleted");
        assert_eq!(kept, old);
    });
}

/// A register of `count` records, closed.
fn closed(dir: &Path, count: usize) {
    story(async {
        let register = Register::open(dir, Access::Write).await.expect("opened");
        for number in 0..count {
            let entry = entry(&format!("A{number}"), "气象观测数据集");
            register.record("a", "me", &[entry]).await.expect("recorded");
        }
        register.close().await.expect("closed");
    });
}

#[test]
fn one_changed_byte_anywhere_in_the_files_of_the_register_is_reported() {
    let dir = tempfile::tempdir().expect("a folder");
    closed(dir.path(), 5);
    story(async { assert_eq!(findings(dir.path()).await, []) });
    for file in [register::FILE, "register.anchor"] {
        let path = dir.path().join(file);
        let whole = std::fs::read(&path).expect("read");
        // Every byte of small files, a spread over large ones.
        let step = (whole.len() / 199).max(1);
        for at in (0..whole.len()).step_by(step) {
            let mut changed = whole.clone();
            changed[at] ^= 0x01;
            let copy = tempfile::tempdir().expect("a folder");
            for name in [register::FILE, "register.anchor"] {
                std::fs::copy(dir.path().join(name), copy.path().join(name)).expect("copied");
            }
            std::fs::write(copy.path().join(file), &changed).expect("written");
            let found = story(findings(copy.path()));
            assert!(!found.is_empty(), "byte {at} of {file} was changed and nobody saw it");
        }
    }
}

const CHANGES: [&str; 13] = [
    "UPDATE record SET document = replace(document, 'A1', 'A9') WHERE id = 'A1'",
    "UPDATE record SET actor = 'other' WHERE id = 'A1'",
    "UPDATE record SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE id = 'A1'",
    "UPDATE record SET reason = 'x' WHERE id = 'A1'",
    "UPDATE record SET organisation = 'b' WHERE id = 'A1'",
    "UPDATE record SET number = 9000000000000000000 WHERE id = 'A1'",
    "UPDATE audit SET actor = 'other' WHERE id = 'A1'",
    "UPDATE audit SET kind = 'model' WHERE id = 'A1'",
    "UPDATE audit SET hash = previous WHERE id = 'A1'",
    "DELETE FROM record WHERE id = 'A1'",
    "DELETE FROM audit WHERE id = 'A1'",
    "DELETE FROM record WHERE id = 'A4'; DELETE FROM audit WHERE id = 'A4'",
    "DELETE FROM record; DELETE FROM audit",
];

#[test]
fn a_changed_row_is_reported_without_the_seal() {
    for change in CHANGES {
        let dir = tempfile::tempdir().expect("a folder");
        closed(dir.path(), 5);
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()";
        let database = dir.path().join(register::FILE);
        tests::program::python_prints(script, &[&database.to_string_lossy(), change]);
        // As if the chain had not been closed cleanly: only the heads are left of the anchor.
        let anchor = dir.path().join("register.anchor");
        let text = std::fs::read_to_string(&anchor).expect("read");
        let cut = text.find("\"sealed\"").expect("sealed");
        std::fs::write(&anchor, format!("{}\"sealed\":null}}", &text[..cut])).expect("written");
        let found = story(findings(dir.path()));
        assert!(!found.is_empty(), "{change} was not seen");
    }
}

#[test]
fn a_changed_row_is_reported_on_postgresql() {
    let server = Server::start();
    for change in CHANGES {
        let place = Place::on(&server);
        let url = place.url.as_deref().expect("a database");
        story(async {
            let register = place.open().await;
            for number in 0..5 {
                let entry = entry(&format!("A{number}"), "气象观测数据集");
                register.record("a", "me", &[entry]).await.expect("recorded");
            }
            register.close().await.expect("closed");
            assert_eq!(found_in(Some(url), place.dir.path()).await, []);
        });
        server.sql(url, change);
        let found = story(found_in(Some(url), place.dir.path()));
        assert!(!found.is_empty(), "{change} was not seen");
    }
}

#[test]
fn records_are_found_by_words_in_names_and_attributes() {
    on_both(async |place| {
        let register = place.open().await;
        let of = |id: &str, name: &str, attribute: &str| Entry {
            document: json!({"name": name, "attributes": {attribute: 7}, "note": "a \"quoted\" 100% O'Neill"}),
            ..entry(id, name)
        };
        let entries =
            [of("A1", "气象观测数据集", "站点数"), of("A2", "Weather Archive", "stations"), of("B3", "信用", "x")];
        register.record("a", "me", &entries).await.expect("recorded");
        let known = register.now_known();
        for (words, ids) in [
            ("气象", vec!["A1"]),
            ("观测 数据", vec!["A1"]),
            ("站点", vec!["A1"]),
            ("WEATHER archive", vec!["A2"]),
            ("a", vec!["A1", "A2", "B3"]),
            ("\"quoted\" o'neill", vec!["A1", "A2", "B3"]),
            ("100%", vec!["A1", "A2", "B3"]),
            ("1_0%", vec![]),
            ("b3", vec!["B3"]),
            ("'; SELECT 1 --", vec![]),
        ] {
            let found = known.search("a", Kind::Asset, words, 0, 10).await.expect("searched");
            assert_eq!(found.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ids, "{words}");
        }
        let first = known.search("a", Kind::Asset, "a", 0, 1).await.expect("searched");
        let rest = known.search("a", Kind::Asset, "a", first[0].number, 10).await.expect("searched");
        assert_eq!((first[0].id.as_str(), rest.len()), ("A1", 2));
        assert_eq!(known.search("b", Kind::Asset, "a", 0, 10).await, Ok(Vec::new()));
    });
}

#[test]
fn writers_at_the_same_time_make_one_chain() {
    on_both(async |place| {
        let register = place.open().await;
        let writers = (0..8).map(|writer| {
            let register = register.clone();
            tokio::spawn(async move {
                for number in 0..10 {
                    let entry = entry(&format!("W{writer}-{number}"), "written");
                    register.record("a", "me", &[entry]).await.expect("recorded");
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("written");
        }
        assert_eq!(register.walk(|_, _| ()).await, Ok((80, Vec::new())));
    });
}

#[test]
fn a_database_that_goes_away_is_told_and_nothing_acknowledged_is_lost_when_it_is_back() {
    let mut server = Server::start();
    let place = Place::on(&server);
    story(async {
        let register = place.open().await;
        register.record("a", "me", &[entry("A1", "one")]).await.expect("recorded");
        server.stop();
        let refused = register.record("a", "me", &[entry("A2", "two")]).await;
        assert!(matches!(refused, Err(RegisterError::Unreachable { .. })), "{refused:?}");
        server.again();
        let sent_again = register.record("a", "me", &[entry("A2", "two")]).await.expect("recorded");
        assert!(sent_again[0].fresh);
        assert!(register.get("a", Kind::Asset, "A1", None).await.expect("read").is_some());
        assert_eq!(register.walk(|_, _| ()).await, Ok((2, Vec::new())));
    });
    let refused = story(Register::connect_to("postgres://someone:secret@127.0.0.1:1/none", place.dir.path()));
    let said = format!("{:?}", refused.err().expect("nobody is there"));
    assert!(said.contains("Unreachable") && !said.contains("secret"), "{said}");
}

/// Not a test of its own: the child that [`soak::acknowledged_writes_survive_kill_9`] kills.
#[test]
fn child_that_writes_until_killed() {
    let Some(dir) = std::env::var_os("HENGSHU_TEST_KILLED_DIR") else { return };
    let url = std::env::var("HENGSHU_TEST_KILLED_URL").ok();
    story(async {
        let register = reach(url.as_deref(), Path::new(&dir), Access::Write).await.expect("opened");
        for number in 0.. {
            let id = format!("{}-{number}", std::process::id());
            register.record("a", "me", &[entry(&id, "written")]).await.expect("recorded");
            eprintln!("acknowledged {id}");
        }
    });
}

mod soak {
    #[test]
    fn acknowledged_writes_survive_kill_9() {
        super::kill_rounds(&super::Place::file(), tests::soak::rounds(10) as usize);
    }

    #[test]
    fn acknowledged_writes_survive_kill_9_on_postgresql() {
        let server = tests::postgres::Server::start();
        super::kill_rounds(&super::Place::on(&server), tests::soak::rounds(10) as usize);
    }
}

fn kill_rounds(place: &Place, rounds: usize) {
    use std::io::BufRead;
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().expect("a test knows its own path"))
            .args(["register_story::child_that_writes_until_killed", "--exact", "--nocapture"])
            .env("HENGSHU_TEST_KILLED_DIR", place.dir.path())
            .envs(place.url.as_ref().map(|url| ("HENGSHU_TEST_KILLED_URL", url)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let said = std::io::BufReader::new(child.stderr.take().expect("piped"));
        let mut lines = said.lines();
        for line in lines.by_ref().take(5 + round % 7) {
            let line = line.expect("text");
            acknowledged.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        // What it had still said before it died counts as well.
        acknowledged
            .extend(lines.map_while(Result::ok).filter_map(|l| l.strip_prefix("acknowledged ").map(str::to_owned)));
        story(async {
            let register = place.open().await;
            for id in &acknowledged {
                let there = register.get("a", Kind::Asset, id, None).await.expect("read");
                assert!(there.is_some(), "{id} was acknowledged and is gone");
            }
            let (checked, found) = register.walk(|_, _| ()).await.expect("walked");
            assert_eq!(found, []);
            assert!(checked as usize >= acknowledged.len());
        });
    }
    assert!(acknowledged.len() >= rounds * 5);
}
