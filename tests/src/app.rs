//! The service under test: the built binary on a folder of its own, spoken to over a plain socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program;

/// A data folder and the commands that work on it.
pub struct House {
    pub dir: TempDir,
}

/// A running service on a data folder.
pub struct TestApp {
    pub house: House,
    pub child: Child,
    /// Such as `127.0.0.1:34567`.
    pub address: String,
}

/// What the service answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Default for House {
    fn default() -> House {
        House::new()
    }
}

impl House {
    pub fn new() -> House {
        House { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The data folder of the commands.
    pub fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// A command on this data folder that answers in JSON; run in the folder, so that short file names serve.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program::hengshu());
        command.args(arguments).args(["--format", "json"]).arg("--data-dir").arg(self.data());
        command.current_dir(self.dir.path()).env_remove("HENGSHU_LANG").env_remove("HENGSHU_DATA_DIR");
        command
    }

    /// Runs a command; its exit code and what it printed.
    pub fn run(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.command(arguments).output().expect("hengshu runs");
        (output.status.code().unwrap_or(-1), json(&output))
    }

    /// Runs a command that must end well.
    pub fn done(&self, arguments: &[&str]) -> Value {
        let (exit, printed) = self.run(arguments);
        assert_eq!(exit, 0, "hengshu {arguments:?}: {printed}");
        printed
    }

    /// The same house at another place, to be damaged.
    pub fn copy(&self) -> House {
        let copy = House::new();
        let mut files = Vec::new();
        visit(self.path(), &mut files);
        for file in files {
            let target = copy.path().join(file.strip_prefix(self.path()).expect("below the folder"));
            std::fs::create_dir_all(target.parent().expect("a folder")).expect("made");
            std::fs::copy(&file, &target).expect("copied");
        }
        copy
    }

    /// A file of the data folder by its name there, such as `trades/manifest.json`.
    pub fn data_file(&self, name: &str) -> std::path::PathBuf {
        self.data().join(name)
    }

    /// As if the register had not been closed cleanly: nothing but the ends of the chains is known of it outside.
    pub fn unseal(&self) {
        let anchor = self.data_file("register.anchor");
        let text = std::fs::read_to_string(&anchor).expect("an anchor");
        let cut = text.find("\"sealed\"").expect("a seal");
        std::fs::write(&anchor, format!("{}\"sealed\":null}}", &text[..cut])).expect("written");
    }

    /// Changes the register behind the program's back.
    pub fn sql(&self, statements: &str) {
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()";
        let database = self.data_file(api::register::FILE);
        program::python_prints(script, &[&database.to_string_lossy(), statements]);
    }

    /// Writes a file below the folder and returns its short name.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.dir.path().join(name), content).expect("written");
        name.to_owned()
    }

    /// Every file below the data folder with its digest, but for the lock and the unfinished writes of the register.
    pub fn state(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        visit(&self.data(), &mut files);
        files.sort();
        let kept = |path: &std::path::PathBuf| {
            let name = path.to_string_lossy().into_owned();
            !["register.lock", "-wal", "-shm"].iter().any(|ending| name.ends_with(ending))
        };
        files.retain(kept);
        let digest = |path: std::path::PathBuf| {
            let name = path.to_string_lossy().into_owned();
            let (hash, _) = api::whole::sha256_of(&path).expect("read");
            (name, hash)
        };
        files.into_iter().map(digest).collect()
    }
}

fn visit(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { visit(&path, files) } else { files.push(path) }
    }
}

/// The one JSON object that stands on standard output.
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|cause| {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        panic!("not one JSON object ({cause}): {out}\n{err}")
    })
}

impl TestApp {
    /// Starts the service on an empty data folder.
    pub fn start() -> TestApp {
        TestApp::on(House::new())
    }

    /// Starts the service on a data folder.
    pub fn on(house: House) -> TestApp {
        let mut command = house.command(&["serve", "--bind", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("hengshu serves");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("it says where");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|cause| panic!("{cause}: {line}"));
        let url = said["url"].as_str().expect("an address");
        let address = url.strip_prefix("http://").expect("plain HTTP").to_owned();
        TestApp { house, child, address }
    }

    /// Sends a request.
    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).expect("sent");
        // A service that refuses early closes before it has read all; its answer is still to be read.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Answer::of(&answer)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// Asks the service to stop, waits, and gives the folder back.
    pub fn stop(mut self) -> House {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(asked.success());
        let ended = self.child.wait().expect("ended");
        assert_eq!(ended.code(), Some(0), "a stop signal is no failure");
        std::mem::take(&mut self.house)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    fn of(answer: &[u8]) -> Answer {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head and a body");
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut body = answer[end + 4..].to_vec();
        if headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked") {
            body = whole(&body);
        }
        Answer { status: status.expect("a status"), headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|cause| panic!("{cause}: {} {text}", self.status))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A body sent in chunks, put together.
fn whole(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(String::from_utf8_lossy(&rest[..end]).trim(), 16).expect("a length");
        if length == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
    body
}
