//! What can be set, in small structs; nothing reads the environment after start.

pub mod file;

use std::path::PathBuf;
use std::time::Duration;

use valuation::words::Language;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    pub data: Data,
    pub service: Service,
    pub compute: Compute,
    pub language: Language,
}

/// Where the register, the trade store and the reports live, and who writes.
#[derive(Clone, Debug)]
pub struct Data {
    pub dir: PathBuf,
    /// Address of a PostgreSQL database that holds the register; a file below `dir` where absent.
    pub register: Option<String>,
    /// Whose chain records are written to.
    pub organisation: String,
    /// Who is recorded as the writer.
    pub actor: String,
}

/// The HTTP service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Address and port, such as `127.0.0.1:8080`; port 0 takes any free port.
    pub bind: String,
    /// Longest JSON body.
    pub body_bytes_max: usize,
    /// Longest uploaded file.
    pub upload_bytes_max: u64,
    /// Longest evidence file.
    pub evidence_bytes_max: u64,
    /// How long running requests may take to finish after a stop signal.
    pub stop_wait_s_max: u64,
}

/// The lane for heavy work.
#[derive(Clone, Debug)]
pub struct Compute {
    /// Threads of the pool that engines run on; 0 stands for one per core.
    pub threads: usize,
    /// Requests that compute at the same time.
    pub places: usize,
    /// How long a request waits for a place before it is sent away.
    pub queue_wait_max: Duration,
}

impl Config {
    /// The defaults with the data under `dir`.
    pub fn at(dir: impl Into<PathBuf>) -> Config {
        Config {
            data: Data { dir: dir.into(), register: None, organisation: "local".to_owned(), actor: "local".to_owned() },
            service: Service {
                bind: "127.0.0.1:8080".to_owned(),
                body_bytes_max: 4 << 20,
                upload_bytes_max: 4 << 30,
                evidence_bytes_max: 256 << 20,
                stop_wait_s_max: 30,
            },
            compute: Compute { threads: 0, places: 4, queue_wait_max: Duration::from_secs(5) },
            language: Language::default(),
        }
    }
}
