//! A real PostgreSQL server, started on first use on a free port in a temporary folder, and removed with the tests.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::support::world::World;

/// The superuser's password over TCP; the socket needs none.
pub(super) const PASSWORD: &str = "hunter2-'\\-très";

pub(super) struct Server {
    bin: PathBuf,
    folder: PathBuf,
    pub port: u16,
    /// The guard waits for its end, which comes however this process ends.
    lifeline: Option<ChildStdin>,
    guard: Child,
}

/// Script of the guard: creates and starts a server, and removes it when the lifeline closes.
const GUARD: &str = r#"
set -eu
bin=$1 folder=$2 port=$3
trap 'rm -rf "$folder"' EXIT
"$bin/initdb" --no-sync -D "$folder/data" -U postgres -E UTF8 --locale=C \
  --auth-local=trust --auth-host=scram-sha-256 --pwfile="$folder/password" >"$folder/initdb.log" 2>&1
cd "$folder"
new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "$@" 2>>openssl.log; }
new -x509 -subj '/CN=an authority' -keyout ca.key -out ca.crt
new -x509 -subj '/CN=another authority' -keyout other.key -out other.crt
new -subj /CN=server -keyout server.key -out server.csr
echo subjectAltName=DNS:localhost >san
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.crt 2>>openssl.log
chmod 600 server.key
{ echo 'hostnossl encrypted all all reject'; cat data/pg_hba.conf; } >hba && cat hba >data/pg_hba.conf
"$bin/postgres" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c logging_collector=off \
  -c ssl=on -c ssl_cert_file="$folder/server.crt" -c ssl_key_file="$folder/server.key" \
  >"$folder/server.log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null || true
wait "$server" 2>/dev/null || true
"#;

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Returns the `bin` folder of the newest installed server.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = glob_versions("/usr/lib/postgresql");
    found.sort();
    found.pop().map(|(_, path)| path)
}

fn glob_versions(root: &str) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((version, bin))
        })
        .collect()
}

impl Server {
    /// Returns `None` with a message if no PostgreSQL is installed; panics if `VIGIE_NEED_POSTGRES` is set.
    pub(super) fn start() -> Option<Self> {
        let Some(bin) = programs() else {
            assert!(
                std::env::var_os("VIGIE_NEED_POSTGRES").is_none(),
                "VIGIE_NEED_POSTGRES is set, but there is no PostgreSQL in /usr/lib/postgresql"
            );
            eprintln!("SKIPPED: no PostgreSQL in /usr/lib/postgresql (apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("vigie-pg-").tempdir().unwrap().keep();
        fs::write(folder.join("password"), PASSWORD).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = if is_root() {
            // PostgreSQL refuses to run as root.
            let owned = Command::new("chown").args(["-R", "postgres"]).arg(&folder).status().unwrap();
            assert!(owned.success());
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "bash", "-c", GUARD, "guard"]);
            command
        } else {
            let mut command = Command::new("bash");
            command.args(["-c", GUARD, "guard"]);
            command
        };
        command.arg(&bin).arg(&folder).arg(port.to_string()).current_dir("/");
        let mut guard = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let lifeline = guard.stdin.take();
        let server = Self { bin, folder, port, lifeline, guard };
        server.wait_until_ready();
        Some(server)
    }

    /// The server that the tests share.
    pub(super) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    fn wait_until_ready(&self) {
        let started = Instant::now();
        while started.elapsed() < Duration::from_mins(1) {
            let ping = self.psql("postgres", &["-c", "SELECT 1"]).output().unwrap();
            if ping.status.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        panic!("the server does not start: {}{}", log("initdb.log"), log("openssl.log") + &log("server.log"));
    }

    /// `psql` as the superuser, over the socket.
    pub(super) fn psql(&self, database: &str, args: &[&str]) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-A", "-t", "-U", "postgres", "-d", database]);
        command.args(["-p", &self.port.to_string(), "-h"]).arg(&self.folder).args(args);
        command
    }

    /// Runs SQL and returns its output.
    #[track_caller]
    pub(super) fn sql(&self, database: &str, sql: &str) -> String {
        self.sql_with(database, sql, b"")
    }

    /// Runs SQL that reads `input` with `COPY … FROM STDIN`.
    #[track_caller]
    pub(super) fn sql_with(&self, database: &str, sql: &str, input: &[u8]) -> String {
        let mut command = self.psql(database, &["-c", sql]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap_or_default();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{sql}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Creates an empty database.
    pub(super) fn database(&self, name: &str) -> Database<'_> {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
        Database { server: self, name: name.to_owned() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `pg_ctl` as the server's user.
    fn control(&self, args: &[&str]) {
        let program = self.bin.join("pg_ctl");
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.folder.join("data")).args(args).current_dir("/");
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "pg_ctl {args:?}");
    }

    /// Stops the server at once and drops every connection; the data stay.
    pub(super) fn crash(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    /// Restarts the server after a crash.
    pub(super) fn revive(&self) {
        let options =
            format!("-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off", self.port, self.folder.display());
        let log = self.folder.join("revived.log");
        self.control(&["start", "-w", "-l", log.to_str().unwrap(), "-o", &options]);
        self.wait_until_ready();
    }

    /// Stops the server for good, like a power cut.
    pub(super) fn stop(&mut self) {
        self.lifeline.take();
        self.guard.wait().unwrap();
    }
}

pub(super) struct Database<'s> {
    server: &'s Server,
    pub name: String,
}

impl Database<'_> {
    #[track_caller]
    pub(super) fn sql(&self, sql: &str) -> String {
        self.server.sql(&self.name, sql)
    }

    /// Connection string for the socket, as the superuser.
    pub(super) fn url(&self) -> String {
        format!("host={} port={} user=postgres dbname={}", self.server.folder.display(), self.server.port, self.name)
    }

    /// URL for TCP, as any user.
    pub(super) fn tcp(&self, user: &str) -> String {
        format!("postgresql://{user}@127.0.0.1:{}/{}", self.server.port, self.name)
    }

    /// Loads each line of NDJSON as a row `(line text)` of the table `raw`.
    pub(super) fn load_lines(&self, ndjson: &[u8]) {
        self.sql("CREATE TABLE raw (line text)");
        let copy = "COPY raw FROM STDIN WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')";
        self.server.sql_with(&self.name, copy, ndjson);
    }

    /// Configures a world whose log is `table`, with more lines under `source:`.
    pub(super) fn config(&self, world: &World, table: &str, rest: &str) {
        world.config(&format!("kind: postgres\nurl: \"{}\"\ntable: {table}\n{rest}", self.url()));
    }
}
