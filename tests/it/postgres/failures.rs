//! Database errors: one clear sentence with the remedy, and no password in it.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use vigie::{
    config::Settings,
    fault::{Fault, Remedy},
    monitor::{RunRequest, ScanOptions, check},
};
use vigie_profile::window::{self, Window};

use super::server::{Database, PASSWORD, Server};
use crate::support::{
    applicants::{Applicant, LEARN, applicants, training_csv},
    watched::{DAY_US, Watcher, watched},
    world::{World, feature},
};

const FIELDS: &str = "fields: {timestamp: ts, features: inputs, probability: p}\n";

/// A world with a reference, and a table `log (ts, inputs, p)` with 200 records on 2026-10-01.
fn world(database: &Database<'_>) -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    let log: String = applicants(200, 4)
        .iter()
        .map(|one| format!("{}\n", json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability})))
        .collect();
    database.load_lines(log.as_bytes());
    database.sql(
        "CREATE TABLE log AS SELECT (line::jsonb->>'ts')::timestamptz AS ts, line::jsonb->'inputs' AS inputs, \
         (line::jsonb->>'p')::float8 AS p FROM raw; CREATE INDEX ON log (ts)",
    );
    database.config(&world, "log", FIELDS);
    world
}

/// Runs the window of 2026-10-01 in this process, as the daemon does.
fn run(world: &World) -> Result<serde_json::Value, Fault> {
    let settings = Settings::load(&world.path("vigie.yaml")).map_err(vigie::config::Problems::into_fault)?;
    let at = |text: &str| window::Instant::parse(text, &jiff::tz::TimeZone::UTC).unwrap();
    let window = Window::new(at("2026-10-01"), at("2026-10-02"));
    let asked = RunRequest { window, now: window::Instant::now() };
    let checked = check(&settings, asked, ScanOptions { threads: 2, progress: &|_, _| {} })?;
    Ok(serde_json::from_str(&vigie::report::to_json(&checked.report)).unwrap())
}

/// Returns the error message without its volatile parts; checks the remedy and that nothing was written.
#[track_caller]
fn refused(world: &World, remedy: Remedy) -> String {
    let fault = run(world).unwrap_err();
    let server = Server::shared().unwrap();
    let message = fault
        .to_string()
        .replace(&server.folder().display().to_string(), "SOCKET")
        .replace(&server.port.to_string(), "PORT");
    assert!(!message.contains("hunter2") && !message.contains("très"), "{message}");
    assert_eq!(fault.remedy(), remedy, "{message}");
    assert!(!world.path("reports/m").exists(), "nothing is half-written");
    message
}

#[test]
fn missing_names_rights_and_passwords_are_setup_faults() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("names");
    let world = world(&database);
    assert_eq!(run(&world).unwrap()["window"]["rows_used"], 200);
    std::fs::remove_dir_all(world.path("reports")).unwrap();

    database.config(&world, "logs", FIELDS);
    assert_eq!(
        refused(&world, Remedy::FixSetup),
        "source.table: the database has no table \"logs\"; use an existing one, such as public.log, public.raw"
    );
    database.config(&world, "elsewhere.log", FIELDS);
    assert!(refused(&world, Remedy::FixSetup).contains("no table \"elsewhere\".\"log\""));
    database.config(&world, "log", &FIELDS.replace("timestamp: ts", "timestamp: [at, time.at]"));
    assert_eq!(
        refused(&world, Remedy::FixSetup),
        "source.fields.timestamp: source.table has no column `at`, `time.at`; available: ts, inputs, p"
    );
    database.config(&world, "log", &FIELDS.replace("probability: p", "probability: score.p"));
    assert_eq!(
        refused(&world, Remedy::FixSetup),
        "source.fields.probability: no record has `score.p`; the records have: inputs, inputs.AGE, inputs.INCOME, \
         inputs.JOB, inputs.OWNS, inputs.emp.var.rate, p, ts"
    );
    world.config(&format!("kind: postgres\nurl: \"{}\"\nquery: SELECT ts FROM\n{FIELDS}", database.url()));
    assert_eq!(
        refused(&world, Remedy::FixSetup),
        "source: PostgreSQL at SOCKET:PORT/names: syntax error at or near \")\"; check `source.table` or `source.query`"
    );

    let password = PASSWORD.replace('\'', "''");
    database.sql(&format!("CREATE ROLE nobody LOGIN PASSWORD '{password}'"));
    world.file("password", format!("{PASSWORD}\n"));
    let tcp = |user: &str, rest: &str| {
        world.config(&format!(
            "kind: postgres\nurl: \"{}\"\npassword_file: password\ntable: log\n{rest}{FIELDS}",
            database.tcp(user)
        ));
    };
    tcp("nobody", "");
    assert_eq!(
        refused(&world, Remedy::FixSetup),
        "source: PostgreSQL at 127.0.0.1:PORT/names: permission denied for table log; \
         grant SELECT on it (and USAGE on its schema) to the user in `source.url`"
    );
    // Rights on the needed columns are enough.
    database.sql("GRANT SELECT (ts, inputs, p) ON log TO nobody");
    assert_eq!(run(&world).unwrap()["window"]["rows_used"], 200);
    std::fs::remove_dir_all(world.path("reports")).unwrap();
    world.file("password", format!("{PASSWORD}x"));
    assert_eq!(
        refused(&world, Remedy::FixSetup),
        "source: PostgreSQL at 127.0.0.1:PORT/names: password authentication failed for user \"nobody\"; \
         check the user in `source.url`, the password in `source.password_file`, and pg_hba.conf"
    );
    std::fs::remove_file(world.path("password")).unwrap();
    assert!(refused(&world, Remedy::FixSetup).starts_with("source.password_file: "));
    world.config(&format!("kind: postgres\nurl: \"{}\"\ntable: log\n{FIELDS}", database.tcp("nobody")));
    assert_eq!(
        refused(&world, Remedy::FixSetup),
        "source: PostgreSQL at 127.0.0.1:PORT/names: password missing; \
         put the password in a file and set `source.password_file` to its path"
    );
    for url in [
        format!("postgresql://nobody:hunter2@très@127.0.0.1:{}/names", server.port),
        format!("postgresql://nobody:hunter2@127.0.0.1:{}/names?sslmode=hunter2", server.port),
        "host=localhost password='hunter2 port=x".to_owned(),
        "host=localhost port=hunter2".to_owned(),
        "hunter2".to_owned(),
    ] {
        world.config(&format!("kind: postgres\nurl: \"{url}\"\ntable: log\n{FIELDS}"));
        assert!(refused(&world, Remedy::FixSetup).starts_with("source.url"), "{url}");
    }
    world.config(&format!(
        "kind: postgres\nurl: \"postgresql://nobody:hunter2@127.0.0.1:{}/names\"\ntable: log\n{FIELDS}",
        server.port
    ));
    assert!(refused(&world, Remedy::FixSetup).contains("password authentication failed"));
    assert!(!world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout.contains("hunter2"));
}

#[test]
fn unreachable_servers_and_timeouts_are_retried() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("away");
    let world = world(&database);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    world.config(&format!("kind: postgres\nurl: postgresql://u:hunter2@127.0.0.1:{port}/x\ntable: log\n{FIELDS}"));
    assert_eq!(
        refused(&world, Remedy::Retry).replace(&port.to_string(), "PORT"),
        "source: PostgreSQL at 127.0.0.1:PORT/x: cannot connect: Connection refused (os error 111); \
         check that the server is running and that host and port in `source.url` are correct"
    );
    database.config(&world, "log", &format!("statement_timeout: 1s\n{FIELDS}"));
    let slow = format!("kind: postgres\nurl: \"{}\"\nstatement_timeout: 1s\n{FIELDS}", database.url());
    world.config(&format!("{slow}query: SELECT *, pg_sleep(0.1) AS nap FROM log\n"));
    assert!(
        refused(&world, Remedy::Retry)
            .contains("canceling statement due to statement timeout; the query took too long")
    );
}

/// A `vigie check` with slow rows, in the middle of its COPY.
struct Reading {
    child: std::process::Child,
    pid: String,
}

#[expect(clippy::zombie_processes, reason = "the test fails anyway")]
fn start_reading(server: &Server, database: &Database<'_>, world: &World) -> Reading {
    // Enough rows that the server has sent some, and slow enough to be interrupted.
    world.config(&format!(
        "kind: postgres\nurl: \"{}\"\nquery: SELECT log.*, pg_sleep(0.002) AS nap FROM log, generate_series(1, 1000)\n{}",
        database.url(),
        FIELDS.replace("probability: p", "decision: nap")
    ));
    let child = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"])
        .current_dir(world.root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let query = format!(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'vigie' AND datname = '{}' AND query LIKE 'COPY%'",
        database.name
    );
    let started = Instant::now();
    loop {
        let pid = server.sql("postgres", &query);
        if !pid.is_empty() {
            std::thread::sleep(Duration::from_millis(300));
            return Reading { child, pid };
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it never started reading");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Reading {
    #[track_caller]
    fn interrupted(self, world: &World) -> String {
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(!world.path("reports/m").exists(), "nothing is half-written");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        stderr
    }
}

#[test]
fn runs_interrupted_by_the_server_fail_and_can_be_retried() {
    let Some(mut server) = Server::start() else { return };
    let database = server.database("killed");
    let world = world(&database);
    let reading = start_reading(&server, &database, &world);
    // The session is visible to the server: one snapshot, with vigie's application name.
    let shown = server.sql(
        "postgres",
        &format!("SELECT backend_xmin IS NOT NULL, state FROM pg_stat_activity WHERE pid = {}", reading.pid),
    );
    assert_eq!(shown, "t|active");
    database.sql(&format!("SELECT pg_terminate_backend({})", reading.pid));
    let stderr = reading.interrupted(&world);
    assert!(stderr.contains("terminating connection due to administrator command; the daemon will retry"), "{stderr}");

    let reading = start_reading(&server, &database, &world);
    drop(database);
    server.stop();
    let stderr = reading.interrupted(&world);
    assert!(stderr.contains("the daemon will retry"), "{stderr}");
    assert!(stderr.starts_with("vigie: source: PostgreSQL at "), "{stderr}");
    assert_eq!(run(&world).unwrap_err().remedy(), Remedy::Retry);
}

#[test]
fn queries_cannot_write_and_names_cannot_inject_sql() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("injected");
    let world = world(&database);
    database.sql("CREATE TABLE victim AS SELECT 1 AS x");
    for table in [
        "log; DROP TABLE victim; --",
        "log\\\"; DROP TABLE victim; --",
        "log WHERE true; DROP TABLE victim",
        "'; DROP TABLE victim; --",
        "\\\"log\\\"\\\"; DROP TABLE victim; --\\\"",
    ] {
        database.config(&world, &format!("\"{table}\""), FIELDS);
        let message = refused(&world, Remedy::FixSetup);
        assert!(message.starts_with("source.table: "), "{message}");
    }
    for column in
        ["ts\\\"; DROP TABLE victim; --", "ts'; DROP TABLE victim; --", "ts) TO STDOUT; DROP TABLE victim; --"]
    {
        database.config(&world, "log", &FIELDS.replace("timestamp: ts", &format!("timestamp: \"{column}\"")));
        assert!(refused(&world, Remedy::FixSetup).contains("source.table has no column"), "{column}");
        database.config(&world, "log", &FIELDS.replace("features: inputs", &format!("features: \"{column}\"")));
        refused(&world, Remedy::FixSetup);
    }
    for query in [
        "DELETE FROM victim RETURNING now() AS ts",
        "SELECT now() AS ts) TO STDOUT; DROP TABLE victim; --",
        "WITH gone AS (DELETE FROM victim RETURNING x) SELECT now() AS ts FROM gone",
        "SELECT now() AS ts, set_config('transaction_read_only', 'off', false), pg_advisory_lock(1) FROM log; DROP TABLE victim",
    ] {
        world.config(&format!("kind: postgres\nurl: \"{}\"\nquery: \"{query}\"\n{FIELDS}", database.url()));
        refused(&world, Remedy::FixSetup);
    }
    // The read-only transaction stops a function that writes.
    database
        .sql("CREATE FUNCTION gone() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM victim; RETURN 1; END $$");
    world.config(&format!(
        "kind: postgres\nurl: \"{}\"\nquery: SELECT log.*, gone() AS victim FROM log\n{FIELDS}",
        database.url()
    ));
    let message = refused(&world, Remedy::FixSetup);
    assert!(message.contains("cannot execute DELETE in a read-only transaction"), "{message}");
    assert_eq!(database.sql("SELECT count(*) FROM victim"), "1");
}

#[test]
fn hostile_tables_are_read_or_rejected() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("hostile");
    let world = world(&database);
    // Table and column names with quotes and dots.
    database.sql(
        "CREATE SCHEMA \"my.schema\"; CREATE TABLE \"my.schema\".\"the \"\"log\"\"\" AS SELECT ts AS \"T \"\"s\"\".at\", \
         inputs AS \"in.puts\", p AS \"p'%;\" FROM log",
    );
    database.config(
        &world,
        "'\"my.schema\".\"the \"\"log\"\"\"'",
        "fields: {timestamp: 'T \"s\".at', features: in.puts, probability: \"p'%;\"}\n",
    );
    assert_eq!(run(&world).unwrap()["window"]["rows_used"], 200);

    // Bare NaN in JSON text, as Python writes it; NaN as a number; truncated text.
    database.sql(
        "CREATE TABLE texts AS SELECT ts, replace(inputs::text, '\"AGE\": ', '\"AGE\": NaN, \"WAS\": ') AS inputs, p FROM log; \
         UPDATE texts SET inputs = left(inputs, 20) WHERE ctid IN (SELECT ctid FROM texts LIMIT 7); \
         UPDATE texts SET p = 'NaN' WHERE ctid IN (SELECT ctid FROM texts OFFSET 10 LIMIT 5)",
    );
    database.config(&world, "texts", FIELDS);
    let report = run(&world).unwrap();
    assert_eq!(report["window"]["rejected"]["no_features"], 7, "{}", report["window"]);
    assert_eq!(report["window"]["rejected"]["no_probability"], 5, "{}", report["window"]);
    assert_eq!(feature(&report, "AGE")["missing"]["window_share"], 1.0);

    // Rows without a time count in every window.
    database.sql(
        "CREATE TABLE nulls AS SELECT ts, inputs, p FROM log; INSERT INTO nulls SELECT FROM generate_series(1, 9)",
    );
    database
        .sql("INSERT INTO nulls (ts) SELECT ts FROM log LIMIT 3; INSERT INTO nulls VALUES ('infinity'), ('-infinity')");
    database.config(&world, "nulls", FIELDS);
    let report = run(&world).unwrap();
    assert_eq!(report["window"]["rows"], 203 + 9, "{}", report["window"]);
    assert_eq!(report["window"]["rejected"]["timestamp"], 9, "{}", report["window"]);
    assert_eq!(report["window"]["rejected"]["no_features"], 3, "{}", report["window"]);
    std::fs::remove_dir_all(world.path("reports")).unwrap();
    database.sql("UPDATE nulls SET ts = NULL");
    assert!(refused(&world, Remedy::FixSetup).contains("none of 214 records has a readable time in `ts`"));
    // A day on which all rows lack a time is not a config error.
    database.sql("UPDATE nulls SET ts = '2026-09-01' WHERE inputs IS NOT NULL");
    assert_eq!(run(&world).unwrap()["verdict"]["severity"], "no_data");
    std::fs::remove_dir_all(world.path("reports")).unwrap();

    // Wrong types.
    database.sql("CREATE TABLE wrong AS SELECT ts, p AS inputs, inputs AS p FROM log");
    database.config(&world, "wrong", FIELDS);
    assert!(refused(&world, Remedy::FixSetup).contains("source.fields.features (`inputs`): no row has features"));
    database.sql("CREATE TABLE untimed AS SELECT p > 0 AS ts, inputs, p FROM log");
    database.config(&world, "untimed", FIELDS);
    let message = refused(&world, Remedy::FixSetup);
    assert!(message.contains("none of 200 records has a readable time in `ts`"), "{message}");
}

#[test]
fn times_of_every_type_give_the_same_window() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("times");
    let world = world(&database);
    let whole = run(&world).unwrap();
    for (table, kind, zone) in [
        ("civil_utc", "timezone('UTC', ts)", "UTC"),
        ("civil_paris", "timezone('Europe/Paris', ts)", "Europe/Paris"),
        ("civil_apia", "timezone('Pacific/Apia', ts)", "Pacific/Apia"),
        ("epoch_seconds", "extract(epoch from ts)::float8", "UTC"),
        ("epoch_numeric", "extract(epoch from ts)", "UTC"),
        ("epoch_ms", "(extract(epoch from ts) * 1000)::int8", "UTC"),
        ("spelled", "to_char(ts AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')", "UTC"),
        ("inside", "jsonb_build_object('at', ts)", "UTC"),
    ] {
        database.sql(&format!(
            "CREATE TABLE {table} AS SELECT {kind} AS ts, inputs, p FROM log; CREATE INDEX ON {table} (ts)"
        ));
        let path = if table == "inside" { "ts.at" } else { "ts" };
        let fields = FIELDS.replace("timestamp: ts", &format!("timestamp: {path}"));
        database.config(&world, table, &format!("timestamp_timezone: {zone}\n{fields}"));
        let report = run(&world).unwrap();
        assert_eq!(report["window"], whole["window"], "{table}");
        assert_eq!(report["features"], whole["features"], "{table}");
        let latest = world.vigie(&["check", "--config", "vigie.yaml"]).ok().stdout;
        assert!(latest.starts_with("m  2026-10-01T00:00:00Z to 2026-10-02T00:00:00Z\n"), "{table}: {latest}");
    }
}

#[test]
fn wide_tables_and_all_column_types_are_read() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("columns");
    let world = world(&database);
    let report = run(&world).unwrap();
    // 1,600 columns, the maximum of PostgreSQL.
    let names = "AGE float8, \"INCOME\" numeric, \"JOB\" text, \"OWNS\" boolean, \"emp.var.rate\" float4"
        .replace("AGE", "\"AGE\"");
    let more: Vec<String> = (0..1_593).map(|n| format!("c{n} int2")).collect();
    database.sql(&format!("CREATE TABLE wide (ts timestamptz, p float8, {names}, {})", more.join(", ")));
    database.sql(
        "INSERT INTO wide (ts, p, \"AGE\", \"INCOME\", \"JOB\", \"OWNS\", \"emp.var.rate\") SELECT ts, p, \
         (inputs->>'AGE')::float8, (inputs->>'INCOME')::numeric, inputs->>'JOB', (inputs->>'OWNS')::boolean, \
         (inputs->>'emp.var.rate')::float4 FROM log",
    );
    assert_eq!(
        database.sql("SELECT count(*) FROM pg_attribute WHERE attrelid = 'wide'::regclass AND attnum > 0"),
        "1600"
    );
    database.config(&world, "wide", "fields: {timestamp: ts, probability: p}\n");
    let wide = run(&world).unwrap();
    assert_eq!(wide["window"], report["window"]);
    for name in ["AGE", "INCOME", "JOB", "OWNS"] {
        assert_eq!(feature(&wide, name), feature(&report, name), "{name}");
    }
    // Arrays, composite types, enums, domains.
    database.sql(
        "CREATE TYPE job AS ENUM ('a', 'b'); CREATE DOMAIN share AS float8; CREATE TYPE person AS (\"AGE\" float8, \"JOB\" text); \
         CREATE TABLE shapes AS SELECT ts, p::share AS p, ROW((inputs->>'AGE')::float8, inputs->>'JOB')::person AS person, \
         ARRAY[(inputs->>'AGE')::float8, (inputs->>'INCOME')::float8] AS list, 'a'::job AS job, gen_random_uuid() AS id FROM log",
    );
    database.config(
        &world,
        "shapes",
        "fields: {timestamp: ts, probability: p, features: person, id: id, decision: job}\n",
    );
    assert_eq!(feature(&run(&world).unwrap(), "AGE")["bins"], feature(&report, "AGE")["bins"]);
    database.config(
        &world,
        "shapes",
        "fields: {timestamp: ts, probability: p, features: list, feature_names: [AGE, INCOME]}\n",
    );
    assert_eq!(feature(&run(&world).unwrap(), "INCOME")["bins"], feature(&report, "INCOME")["bins"]);
}

#[test]
fn the_daemon_retries_windows_that_the_database_refused() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("again");
    let world = watched("");
    let rows: Vec<String> = (0..3)
        .flat_map(|number| {
            let line = move |one: &Applicant| {
                let at = window::Instant(one.at + number * DAY_US).to_string();
                format!("{}\n", json!({"ts": at, "inputs": one.inputs(), "p": one.probability, "id": format!("d{number}-{}", one.id)}))
            };
            applicants(120, 7).iter().map(line).collect::<Vec<_>>()
        })
        .collect();
    database.load_lines(rows.concat().as_bytes());
    database.sql(
        "CREATE TABLE log AS SELECT (line::jsonb->>'ts')::timestamptz AS ts, line::jsonb->'inputs' AS inputs, \
         (line::jsonb->>'p')::float8 AS p, line::jsonb->>'id' AS id FROM raw",
    );
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let run = |url: &str, table: &str, now: window::Instant| {
        let place = format!("  kind: postgres\n  url: \"{url}\"\n  table: {table}\n");
        world.file("vigie.yaml", config.replace("  path: log\n", &place));
        let watcher = Watcher::new(&world);
        let looked = watcher.check(now);
        ((looked.reported, looked.failed), watcher.events())
    };
    let at = |day, hours| crate::support::watched::at(day, hours);
    assert_eq!(run(&database.url(), "log", at(1, 6)), ((1, 0), vec![]));
    // An unreachable server is retried, with an alert only if it lasts; a missing table opens an alert at once.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let away = format!("host=127.0.0.1 port={port} user=u password=hunter2 dbname=x");
    assert_eq!(run(&away, "log", at(2, 6)), ((0, 1), vec![]));
    let (done, story) = run(&database.url(), "logs", at(2, 7));
    assert_eq!((done, story), ((0, 1), vec!["10-02 Opened - source".to_owned()]));
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("the database has no table \"logs\"") && !status.contains("hunter2"), "{status}");
    assert_eq!(run(&database.url(), "log", at(2, 8)), ((1, 0), vec!["10-02 Recovered - source".to_owned()]));
    assert_eq!(run(&database.url(), "log", at(3, 6)), ((1, 0), vec![]));
}

/// Only the keys of the reference's features are read, but the others are known by name.
#[test]
fn features_with_another_spelling_are_named() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("spelling");
    let world = world(&database);
    let reasons = |report: &serde_json::Value| -> Vec<String> {
        let findings = report["verdict"]["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["reason"].as_str().unwrap().to_owned()).collect()
    };
    database.sql("UPDATE log SET inputs = (inputs - 'INCOME') || jsonb_build_object('Income', inputs->'INCOME')");
    let found = reasons(&run(&world).unwrap());
    assert!(found.iter().any(|reason| reason.contains("records have `Income`")), "{found:?}");
    database
        .sql("CREATE TABLE wide AS SELECT ts, p, (inputs->>'AGE')::float8 AS age, inputs->>'JOB' AS \"JOB\" FROM log");
    database.config(&world, "wide", "fields: {timestamp: ts, probability: p}\n");
    let found = reasons(&run(&world).unwrap());
    assert!(found.iter().any(|reason| reason.contains("records have `age`")), "{found:?}");
    std::fs::remove_dir_all(world.path("reports")).unwrap();
    database.sql("UPDATE log SET inputs = jsonb_build_object('age', 41, 'job', 'clerk')");
    database.config(&world, "log", FIELDS);
    let message = refused(&world, Remedy::FixSetup);
    assert!(message.contains("`age` for `AGE`") && message.contains("; the records have: age, job"), "{message}");
}
