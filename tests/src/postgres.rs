//! A PostgreSQL server of the tests' own: made in a temporary folder, reached over a socket there, gone with its owner.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A running server; dropping it ends it.
pub struct Server {
    /// The server lives as long as this process keeps its standard input open, however the test program ends.
    keeper: Child,
    /// Holds the socket.
    folder: String,
    made: AtomicU32,
}

/// Makes a cluster, starts it, says where it is, and clears up when standard input ends.
const KEEPER: &str = r#"
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -1)
[ -z "$bin" ] || PATH="$bin:$PATH"
dir=$(mktemp -d "${TMPDIR:-/tmp}/hengshu-pg-XXXXXX")
cd "$dir"
initdb --no-sync --auth=trust --username=hengshu --encoding=UTF8 --locale=C -D "$dir/data" > "$dir/log" 2>&1
begin() { postgres -D "$dir/data" -c listen_addresses= -c unix_socket_directories="$dir" >> "$dir/log" 2>&1 & pid=$!; }
ready() { until psql -h "$dir" -U hengshu -d postgres -qtc 'SELECT 1' > /dev/null 2>&1; do sleep 0.05; done; }
begin; ready
echo "$dir"
while read -r order; do
  case $order in
    stop) kill -INT $pid; wait $pid || true; echo stopped ;;
    start) begin; ready; echo started ;;
  esac
done
kill -QUIT $pid 2> /dev/null || true
wait $pid || true
rm -rf "$dir"
"#;

impl Server {
    /// Starts a server; PostgreSQL does not run as root, so root lends it the account `postgres`.
    pub fn start() -> Server {
        let root = Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout == b"0\n");
        let mut command = if root { Command::new("runuser") } else { Command::new("bash") };
        if root {
            command.args(["-u", "postgres", "--", "bash"]);
        }
        let mut keeper = command
            .args(["-c", KEEPER])
            .env_remove("PGHOST")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let folder = Server::line(&mut keeper);
        assert!(!folder.is_empty(), "PostgreSQL did not start: is it installed (make setup)?");
        Server { keeper, folder, made: AtomicU32::new(0) }
    }

    /// The next line the keeper says; one byte at a time, so that nothing after it is lost.
    fn line(keeper: &mut Child) -> String {
        let out = keeper.stdout.as_mut().expect("piped");
        let mut line = String::new();
        BufReader::with_capacity(1, out).read_line(&mut line).expect("text");
        line.trim().to_owned()
    }

    fn order(&mut self, order: &str) {
        use std::io::Write;
        let orders = self.keeper.stdin.as_mut().expect("piped");
        orders.write_all(format!("{order}\n").as_bytes()).expect("heard");
        Server::line(&mut self.keeper);
    }

    /// Ends the server as a shutdown of its machine does.
    pub fn stop(&mut self) {
        self.order("stop");
    }

    /// Starts it again on the same data.
    pub fn again(&mut self) {
        self.order("start");
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("d{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://hengshu@localhost/{name}?host={}", self.folder)
    }

    /// Runs statements in the database at `url` or called so, behind the program's back.
    pub fn sql(&self, url: &str, statements: &str) -> String {
        let rest = url.split_once("localhost/").map_or(url, |(_, rest)| rest);
        let name = rest.split('?').next().unwrap_or(rest);
        let psql = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .map(|folder| folder.join("psql"))
            .find(|program| program.is_file())
            .expect("psql is installed with PostgreSQL");
        let said = Command::new(psql)
            .args(["-h", &self.folder, "-U", "hengshu", "-d", name, "-v", "ON_ERROR_STOP=1", "-qAtc", statements])
            .output()
            .expect("psql runs");
        crate::program::printed(&said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
