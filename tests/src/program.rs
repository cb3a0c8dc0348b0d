//! Programs that tests start: the built binary `hengshu`, and Python as a second opinion on numbers and files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::project;

/// The binary `hengshu` of this build, built once per test run where it is missing or older than its sources.
pub fn hengshu() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // .../target/<profile>/deps/it-1234 → .../target/<profile>
        let test = std::env::current_exe().expect("a test knows its own path");
        let folder = test.ancestors().nth(2).expect("a test binary lies in <target>/<profile>/deps").to_owned();
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") => "dev",
            Some(name) => name,
            None => panic!("{} has no profile folder", test.display()),
        };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--workspace", "--bins", "--profile", profile, "--target-dir"])
            .arg(folder.parent().expect("the profile lies in the target folder"))
            .current_dir(project::root())
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the binary hengshu does not build");
        folder.join("hengshu")
    })
}

/// Python with the packages of `tests/requirements.txt`: `HENGSHU_PYTHON`, else the `.venv` that `make setup` links to,
/// else `python3`.
pub fn python() -> Command {
    let linked = project::root().join(".venv/bin/python");
    let interpreter = match std::env::var_os("HENGSHU_PYTHON").filter(|name| !name.is_empty()) {
        Some(named) => PathBuf::from(named),
        None if linked.exists() => linked,
        None => PathBuf::from("python3"),
    };
    let mut python = Command::new(interpreter);
    // The same sums on every machine: numerical libraries must not pick their own number of threads.
    python.env("OMP_NUM_THREADS", "1").env("OPENBLAS_NUM_THREADS", "1").env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

/// Runs a Python script given as text with arguments and returns what it printed; panics with its error output.
///
/// ```no_run
/// let printed = tests::program::python_prints("import sys; print(1 / int(sys.argv[1]))", &["3"]);
/// let third: f64 = printed.trim().parse().unwrap();
/// ```
pub fn python_prints(script: &str, arguments: &[&str]) -> String {
    let output = python().arg("-c").arg(script).args(arguments).output().expect("python runs (make setup)");
    printed(&output)
}

/// The standard output of a program that ended well; panics with its error output otherwise.
pub fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
