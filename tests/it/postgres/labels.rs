//! Labels in a table: joined like labels in files, including invalid ones, with bounded memory.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    example::{TABLE, home_credit, lines},
    server::{Database, PASSWORD, Server},
};
use crate::{
    story::{
        late_labels::{matched, report},
        performance::{scored, world},
    },
    support::{
        watched::{Watcher, at, day, watched},
        world::World,
    },
};

const FILES: &str = "labels: {path: labels, id: id, target: y}\n";

fn place(database: &Database<'_>, rest: &str) -> String {
    format!("labels:\n  kind: postgres\n  url: \"{}\"\n  id: id\n  target: y\n{rest}", database.url())
}

fn check(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

fn configure(world: &World, labels: &str) {
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let head = config.split("labels:").next().unwrap();
    world.file("vigie.yaml", format!("{head}{labels}"));
}

/// Labels of half the rows, with every kind of invalid label, as CSV.
fn dirty(rows: &[(f64, bool)]) -> String {
    let mut csv = "id,y\n".to_owned();
    for (number, (_, outcome)) in rows.iter().enumerate().take(500) {
        writeln!(csv, "r{number},{}", u8::from(*outcome)).unwrap();
    }
    writeln!(csv, "nobody,1\n,0\nr900,2\nr901,maybe\nr902,\nr0,{}\nr1,{}", u8::from(rows[0].1), u8::from(!rows[1].1))
        .unwrap();
    csv
}

#[test]
fn tables_and_files_with_invalid_labels_give_the_same_report() {
    let Some(server) = Server::shared() else { return };
    let rows = scored(1_000, 7);
    let world = world(&rows, FILES);
    world.file("labels/a.csv", dirty(&rows));
    let of_file = check(&world);
    let labels = &of_file["performance"]["labels"];
    let counts = ["matched", "read", "elsewhere", "without_id", "duplicates", "contradictory", "invalid", "pending"];
    let got: Vec<u64> = counts.iter().map(|key| labels[*key].as_u64().unwrap()).collect();
    assert_eq!(got, [499, 507, 1, 1, 1, 1, 2, 1], "{labels}");
    assert_eq!(labels["examples"], serde_json::json!(["r900: 2", "r901: maybe"]));

    let database = server.database("labelled");
    database.sql("CREATE TABLE \"the labels\" (id text, y text)");
    let copy = "COPY \"the labels\" FROM STDIN WITH (FORMAT csv, HEADER)";
    server.sql_with(&database.name, copy, dirty(&rows).as_bytes());
    configure(&world, &place(&database, "  table: the labels\n"));
    let of_table = check(&world);
    assert_eq!(of_table["performance"], of_file["performance"]);
    assert_eq!(of_table["cost"], of_file["cost"]);
    assert_eq!(of_table["verdict"], of_file["verdict"]);

    // Booleans, numbers and a path into JSON give the same outcomes.
    database.sql(
        "CREATE VIEW clear AS SELECT id, y FROM \"the labels\" WHERE y IN ('0', '1'); \
         CREATE TABLE shapes AS SELECT id, y::int = 1 AS truth, y::numeric(3, 1) AS y, \
         jsonb_build_object('y', y::int, 'r', jsonb_build_object('id', id)) AS data, y::float8 AS real FROM clear",
    );
    let plain = |labels: &str| {
        configure(&world, &place(&database, labels));
        check(&world)["performance"]["realised"].clone()
    };
    let wanted = plain("  query: SELECT * FROM clear -- all of them\n");
    assert_eq!(wanted, of_file["performance"]["realised"]);
    assert_eq!(plain("  table: shapes\n"), wanted);
    for (id, target) in [("id", "truth"), ("id", "real"), ("data.r.id", "data.y")] {
        let labels = place(&database, "  table: shapes\n").replace("id: id", &format!("id: {id}"));
        configure(&world, &labels.replace("target: y", &format!("target: {target}")));
        assert_eq!(check(&world)["performance"]["realised"], wanted, "{id} {target}");
    }
    // A table without rows is not an error.
    database.sql("CREATE TABLE empty (id text, y int)");
    configure(&world, &place(&database, "  table: empty\n"));
    let report = check(&world);
    assert_eq!(report["performance"]["labels"]["matched"], 0);
    assert_eq!(report["verdict"]["findings"], Value::Array(Vec::new()));
}

#[test]
fn rows_written_before_the_window_are_not_read() {
    let Some(server) = Server::shared() else { return };
    let rows = scored(500, 3);
    let world = world(&rows, FILES);
    let database = server.database("written");
    database.sql(
        "CREATE TABLE labels AS SELECT 'r' || n AS id, n % 2 AS y, timestamptz '2026-10-20' AS at FROM generate_series(0, 99) AS n; \
         INSERT INTO labels SELECT 'old' || n, 1, timestamptz '2026-09-01' FROM generate_series(1, 1000) AS n; \
         INSERT INTO labels VALUES ('r100', 1, NULL), ('r101', 1, '2026-09-30 03:00Z'); CREATE INDEX ON labels (at)",
    );
    let read = |rest: &str| {
        configure(&world, &place(&database, &format!("  table: public.labels\n{rest}")));
        let labels = check(&world)["performance"]["labels"].clone();
        (labels["read"].as_u64().unwrap(), labels["matched"].as_u64().unwrap())
    };
    assert_eq!(read(""), (1_102, 102));
    // Rows without a time are read, and so are rows that another time zone may date a day earlier.
    assert_eq!(read("  time: at\n"), (102, 102));
    database.sql("ALTER TABLE labels ALTER at TYPE date");
    assert_eq!(read("  time: at\n"), (102, 102));
    database.sql("ALTER TABLE labels ALTER at TYPE text");
    assert_eq!(read("  time: at\n"), (1_102, 102), "text does not sort by time");
}

/// Returns the only finding, which is about labels; the rest of the report is complete.
#[track_caller]
fn finding(server: &Server, world: &World) -> String {
    let report = check(world);
    assert!(report["performance"]["estimated"]["auc"]["value"].is_f64(), "{}", report["performance"]);
    assert_eq!(report["performance"]["labels"]["matched"], 0);
    assert_eq!(report["performance"]["realised"], Value::Null);
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["severity"], "watch");
    let reason = findings[0]["reason"].as_str().unwrap();
    let whole = serde_json::to_string(&report).unwrap();
    assert!(!whole.contains("hunter2"), "{whole}");
    let reason = reason.replace(&server.folder().display().to_string(), "SOCKET");
    reason.replace(&server.port.to_string(), "PORT").strip_prefix("not read: ").unwrap().to_owned()
}

#[test]
fn unreadable_labels_are_one_clear_finding() {
    let Some(server) = Server::shared() else { return };
    let rows = scored(500, 3);
    let world = world(&rows, FILES);
    let database = server.database("unreadable");
    database.sql("CREATE TABLE labels AS SELECT 'r' || n AS id, n % 2 AS y FROM generate_series(0, 99) AS n");
    database.sql("CREATE TABLE victim AS SELECT 1 AS x");
    let labels = |rest: &str| {
        configure(&world, &place(&database, rest));
        finding(server, &world)
    };
    assert_eq!(
        labels("  table: lables\n"),
        "labels.table: the database has no table \"lables\"; use an existing one, such as public.labels, public.victim"
    );
    configure(&world, &place(&database, "  table: labels\n").replace("target: y", "target: actual"));
    assert_eq!(finding(server, &world), "labels.target: labels.table has no column `actual`; available: id, y");
    configure(&world, &place(&database, "  table: labels\n").replace("id: id", "id: request.id"));
    assert_eq!(finding(server, &world), "labels.id: labels.table has no column `request.id`; available: id, y");
    assert_eq!(
        labels("  table: labels\n  time: at\n"),
        "labels.time: labels.table has no column `at`; available: id, y"
    );
    assert_eq!(
        labels("  query: SELECT id FROM\n"),
        "labels: PostgreSQL at SOCKET:PORT/unreadable: syntax error at or near \")\"; check `labels.table` or `labels.query`"
    );
    // Interrupted halfway: labels read before do not count.
    let slow = "  statement_timeout: 1s\n  query: SELECT id, y, pg_sleep(0.02) AS nap FROM labels, generate_series(1, 9) ORDER BY id\n";
    let reason = labels(slow);
    assert!(
        reason.contains("statement timeout; the query took too long; raise `labels.statement_timeout`"),
        "{reason}"
    );
    // Names cannot inject SQL, and queries cannot write.
    for rest in [
        "  table: \"labels; DROP TABLE victim; --\"\n",
        "  query: \"SELECT id, y FROM labels) TO STDOUT; DROP TABLE victim; --\"\n",
        "  query: DELETE FROM victim RETURNING x AS id, x AS y\n",
        "  table: labels\n  time: \"at) OR true; DROP TABLE victim; --\"\n",
    ] {
        labels(rest);
    }
    for (key, name) in
        [("id: id", "id: \"id\\\"; DROP TABLE victim; --\""), ("target: y", "target: \"y'; DROP TABLE victim; --\"")]
    {
        configure(&world, &place(&database, "  table: labels\n").replace(key, name));
        assert!(finding(server, &world).contains("has no column"), "{name}");
    }
    assert_eq!(database.sql("SELECT count(*) FROM victim"), "1");
    // Rights, passwords, an unreachable server.
    let password = PASSWORD.replace('\'', "''");
    database.sql(&format!("CREATE ROLE labeller LOGIN PASSWORD '{password}'"));
    let tcp = |url: &str| {
        format!("labels: {{kind: postgres, url: \"{url}\", table: labels, id: id, target: y, password_file: secret}}\n")
    };
    world.file("secret", PASSWORD);
    configure(&world, &tcp(&database.tcp("labeller")));
    assert_eq!(
        finding(server, &world),
        "labels: PostgreSQL at 127.0.0.1:PORT/unreadable: permission denied for table labels; \
         grant SELECT on it (and USAGE on its schema) to the user in `labels.url`"
    );
    world.file("secret", "hunter2");
    let reason = finding(server, &world);
    assert!(reason.contains("check the user in `labels.url`, the password in `labels.password_file`"), "{reason}");
    std::fs::remove_file(world.path("secret")).unwrap();
    assert!(finding(server, &world).starts_with("labels.password_file: "));
    let config = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(config.stderr.contains("`labels.password_file`: "), "{}", config.stderr);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    configure(
        &world,
        &format!("labels: {{kind: postgres, url: \"postgresql://u:hunter2@127.0.0.1:{port}/x\", table: t}}\n"),
    );
    let reason = finding(server, &world);
    assert!(
        reason.contains("cannot connect: ") && reason.contains("host and port in `labels.url` are correct"),
        "{reason}"
    );
    let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout;
    assert!(!shown.contains("hunter2") && shown.contains("kind: postgres"), "{shown}");
}

#[test]
fn config_check_reports_missing_label_keys() {
    let world = world(&scored(100, 3), FILES);
    let problems = |labels: &str| {
        configure(&world, labels);
        world.vigie(&["config", "check", "--config", "vigie.yaml"]).stderr
    };
    assert!(
        problems("labels: {kind: postgres, table: t}\n")
            .contains("`labels.url` is missing; it is required because the log is not in a database")
    );
    assert!(problems("labels: {kind: postgres, url: x}\n").contains("`labels.table` is missing"));
    assert!(
        problems("labels: {kind: postgres, url: x, table: t, query: SELECT 1}\n")
            .contains("has both `table` and `query`")
    );
    assert!(
        problems("labels: {kind: postgres, url: x, table: t, path: p}\n")
            .contains("has `path`, which does not apply to a database")
    );
    assert!(problems("labels: {path: p, time: at}\n").contains("has `time`, which applies only to a database"));
    assert!(problems("labels: {id: x}\n").contains("`labels.path` is missing"));
    assert!(
        problems("labels: {path: p, revise: soon}\n")
            .contains("`labels.revise` must be a duration such as 2h or 1d, not the string `soon`")
    );
}

#[test]
fn the_daemon_detects_new_labels_in_a_table() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("late");
    database.sql("CREATE TABLE labels (id text, y int, at timestamptz)");
    let world = watched(&place(&database, "  table: labels\n  time: at\n"));
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    assert_eq!(matched(&world, 0..3), [0, 0, 0]);
    let ids = |number: i64, rows: usize| {
        let all = crate::support::applicants::applicants(120, 7);
        let id = |one: &crate::support::applicants::Applicant| format!("('d{number}-{}', NULL, '2026-10-04')", one.id);
        all.iter().take(rows).map(id).collect::<Vec<_>>().join(", ")
    };
    database.sql(&format!("INSERT INTO labels VALUES {}, {}", ids(0, 30), ids(2, 40)));
    assert_eq!(watcher.check(at(3, 18)).reported, 3);
    assert_eq!(report(&world, 0)["performance"]["labels"]["pending"], 30);
    assert_eq!(watcher.check(at(4, 7)).reported, 1, "only the due day, as no labels arrived");
    // An outcome is filled in.
    database.sql("UPDATE labels SET y = 1 WHERE id LIKE 'd2-%'; UPDATE labels SET y = 0 WHERE id LIKE 'd0-%'");
    assert_eq!(watcher.check(at(4, 8)).reported, 3);
    assert_eq!(matched(&world, 0..3), [30, 0, 40]);
    // The table is missing: a finding of the day, past reports stay, and the labels are joined once the table is back.
    database.sql("ALTER TABLE labels RENAME TO elsewhere");
    day(&world, 4, 120, 0);
    let looked = watcher.check(at(5, 6));
    assert_eq!((looked.reported, looked.failed), (1, 0));
    assert_eq!(matched(&world, 0..3), [30, 0, 40]);
    assert!(report(&world, 4)["verdict"]["findings"][0]["reason"].as_str().unwrap().contains("labels.table"));
    database.sql(&format!("ALTER TABLE elsewhere RENAME TO labels; INSERT INTO labels VALUES {}", ids(4, 20)));
    database.sql("UPDATE labels SET y = 1 WHERE id LIKE 'd4-%'");
    watcher.check(at(5, 19));
    watcher.check(at(5, 19));
    assert_eq!(matched(&world, 4..5), [20]);
    assert_eq!(report(&world, 4)["verdict"]["findings"], Value::Array(Vec::new()));
}

/// Without `labels.time`, and with outcomes inside JSON: filled-in and corrected outcomes are detected.
#[test]
fn the_daemon_detects_labels_changed_in_place() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("in_place");
    let id = |number: i64| format!("d{number}-{}", crate::support::applicants::applicants(120, 7)[3].id);
    database.sql("CREATE TABLE labels (id text, data jsonb)");
    let filler = format!(
        "INSERT INTO labels VALUES ('{}', '{{\"by\": \"hand\"}}'), ('{}', NULL), ('x', '{{\"y\": 0}}')",
        id(0),
        id(1)
    );
    database.sql(&filler);
    let labels = place(&database, "  table: labels\n").replace("target: y", "target: data.y");
    let world = watched(&labels);
    let watcher = Watcher::new(&world);
    for number in 0..2 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    assert_eq!(matched(&world, 0..2), [0, 0]);
    assert_eq!(watcher.check(at(2, 19)).reported, 0, "no labels arrived");
    let realised = |number| report(&world, number)["performance"]["realised"].to_string();
    database.sql("UPDATE labels SET data = '{\"y\": 1}'");
    assert_eq!(watcher.check(at(2, 20)).reported, 2);
    assert_eq!(matched(&world, 0..2), [1, 1]);
    let before = [realised(0), realised(1)];
    // The same number of rows and outcomes as before.
    database.sql(&format!("UPDATE labels SET data = '{{\"y\": 0}}' WHERE id = '{}'", id(1)));
    assert_eq!(watcher.check(at(3, 9)).reported, 3, "the due day and both past days");
    assert_eq!(realised(0), before[0]);
    assert_ne!(realised(1), before[1]);
    // The same rows in another order are the same labels.
    database.sql("CREATE TABLE again AS SELECT * FROM labels ORDER BY id DESC; DROP TABLE labels; ALTER TABLE again RENAME TO labels");
    assert_eq!(watcher.check(at(3, 23)).reported, 0);
}

fn example_config() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/postgres.yaml")).unwrap()
}

#[test]
fn the_example_config_works() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("as_shipped");
    database.load_lines(&lines());
    database.sql(TABLE);
    database.sql(
        "CREATE TABLE outcomes (request_id bigint, actual smallint, decided_at timestamptz); \
         INSERT INTO outcomes SELECT id, CASE WHEN id % 7 > 0 THEN (id % 10 = 0)::int END, ts + interval '20 days' \
         FROM prod_requests WHERE id % 2 = 0; CREATE INDEX ON outcomes (decided_at); ANALYZE outcomes; \
         CREATE TABLE features_store AS SELECT DISTINCT ON (sk_id_curr) sk_id_curr, inputs AS data FROM prod_requests \
         WHERE inputs IS NOT NULL; CREATE INDEX ON features_store (sk_id_curr); ANALYZE features_store",
    );
    let world = World::new();
    let shipped = example_config();
    let replaced = |from: &str, to: &str, text: String| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let config =
        replaced("postgresql://vigie@db.example.com:5432/scoring ", &format!("\"{}\" ", database.url()), shipped);
    let config = replaced("  sslmode: verify-full ", "  # sslmode: verify-full ", config);
    let config = replaced("  sslrootcert: ", "  # sslrootcert: ", config);
    let reference = home_credit("reference.vigie").display().to_string();
    let config = replaced("reference: credit-default.vigie", &format!("reference: {reference}"), config);
    world.file("vigie.yaml", config);
    let seen = world.vigie(&["config", "check", "--connect", "--config", "vigie.yaml"]).ok().stdout;
    let seen = seen.replace(&server.folder().display().to_string(), "SOCKET").replace(&server.port.to_string(), "PORT");
    assert!(
        seen.contains(
            "labels: PostgreSQL at SOCKET:PORT/as_shipped, table \"public\".\"outcomes\", about 4372 rows\n\
             label time: decided_at; indexed\n\
             labels read: 100; 18 are 1, 68 are 0, 14 have no outcome yet, 0 are invalid, 0 have no id\n"
        ),
        "{seen}"
    );
    assert!(seen.contains("features found: 125 of 125\n") && !seen.contains("NO INDEX"), "{seen}");
    let report = world.check("2026-10-02", "2026-10-03");
    let labels = &report["performance"]["labels"];
    let used = report["window"]["rows_used"].as_u64().unwrap();
    let matched = labels["matched"].as_u64().unwrap();
    assert!(matched * 5 > used * 2 && matched * 2 < used, "{matched} of {used}: {labels}");
    // Labels of earlier days were written earlier, but within the margin of two days.
    assert!(labels["read"].as_u64().unwrap() <= 4_372);
    assert!(report["cost"]["realised"]["per_1000"]["value"].is_f64());
}

/// Runs `vigie check` and returns its peak memory in MB, by polling.
fn peak(world: &World) -> f64 {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"])
        .current_dir(world.root())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0.0_f64;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        most = most.max(kilobytes.unwrap_or(0.0) / 1024.0);
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(ended.success());
            return most;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn memory_does_not_grow_with_the_number_of_labels() {
    let Some(server) = Server::shared() else { return };
    let rows = scored(500, 3);
    let world = world(&rows, FILES);
    world.file("labels/a.csv", dirty(&rows));
    let few = peak(&world);
    let mut csv = "id,y\n".to_owned();
    let filler = "f".repeat(90);
    for number in 0..400_000 {
        writeln!(csv, "{filler}{number},{}", number % 2).unwrap();
    }
    assert!(csv.len() > 38_000_000);
    world.file("labels/b.csv", &csv);
    let many = peak(&world);
    assert_eq!(check(&world)["performance"]["labels"]["read"], 507 + 400_000);
    assert!(many < few + 20.0, "a file of 38 MB: {few} MB, then {many} MB");
    let database = server.database("many_labels");
    database.sql("CREATE TABLE labels (id text, y int)");
    server.sql_with(&database.name, "COPY labels FROM STDIN WITH (FORMAT csv, HEADER)", csv.as_bytes());
    configure(&world, &place(&database, "  table: labels\n"));
    let many = peak(&world);
    assert_eq!(check(&world)["performance"]["labels"]["read"], 400_000);
    assert!(many < few + 20.0, "a table of 38 MB: {few} MB, then {many} MB");
}
