//! Labels in a table: joined as those of files are, whatever is wrong with them, and as bounded.

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

/// Labels of half the rows, with everything that can be wrong, as CSV.
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
fn labels_of_a_table_are_those_of_a_file_with_all_that_is_wrong_with_them() {
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

    // Truth values, numbers, a path into JSON, ids that are numbers elsewhere: one outcome however it is spelled.
    database.sql(
        "CREATE VIEW clear AS SELECT id, y FROM \"the labels\" WHERE y IN ('0', '1'); \
         CREATE TABLE shapes AS SELECT id, y::int = 1 AS truth, y::numeric(3, 1) AS y, \
         jsonb_build_object('y', y::int, 'r', jsonb_build_object('id', id)) AS said, y::float8 AS real FROM clear",
    );
    let plain = |labels: &str| {
        configure(&world, &place(&database, labels));
        check(&world)["performance"]["realised"].clone()
    };
    let wanted = plain("  query: SELECT * FROM clear -- all of them\n");
    assert_eq!(wanted, of_file["performance"]["realised"]);
    assert_eq!(plain("  table: shapes\n"), wanted);
    for (id, target) in [("id", "truth"), ("id", "real"), ("said.r.id", "said.y")] {
        let labels = place(&database, "  table: shapes\n").replace("id: id", &format!("id: {id}"));
        configure(&world, &labels.replace("target: y", &format!("target: {target}")));
        assert_eq!(check(&world)["performance"]["realised"], wanted, "{id} {target}");
    }
    // The table has no row yet: nothing is wrong.
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
    // What does not say when it was written is read; so is what a clock elsewhere may have dated a day before.
    assert_eq!(read("  time: at\n"), (102, 102));
    database.sql("ALTER TABLE labels ALTER at TYPE date");
    assert_eq!(read("  time: at\n"), (102, 102));
    database.sql("ALTER TABLE labels ALTER at TYPE text");
    assert_eq!(read("  time: at\n"), (1_102, 102), "texts have no order of time");
}

/// The one finding about labels; the rest of the report stands.
#[track_caller]
fn told(server: &Server, world: &World) -> String {
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
    let said = reason.replace(&server.folder().display().to_string(), "SOCKET");
    said.replace(&server.port.to_string(), "PORT").strip_prefix("left out: ").unwrap().to_owned()
}

#[test]
fn labels_that_cannot_be_read_are_one_clear_finding() {
    let Some(server) = Server::shared() else { return };
    let rows = scored(500, 3);
    let world = world(&rows, FILES);
    let database = server.database("unreadable");
    database.sql("CREATE TABLE labels AS SELECT 'r' || n AS id, n % 2 AS y FROM generate_series(0, 99) AS n");
    database.sql("CREATE TABLE victim AS SELECT 1 AS x");
    let labels = |rest: &str| {
        configure(&world, &place(&database, rest));
        told(server, &world)
    };
    assert_eq!(
        labels("  table: lables\n"),
        "labels.table: the database has no table \"lables\"; name one that is there, such as public.labels, public.victim"
    );
    configure(&world, &place(&database, "  table: labels\n").replace("target: y", "target: actual"));
    assert_eq!(told(server, &world), "labels.target: labels.table has no column `actual`; it has: id, y");
    configure(&world, &place(&database, "  table: labels\n").replace("id: id", "id: request.id"));
    assert_eq!(told(server, &world), "labels.id: labels.table has no column `request.id`; it has: id, y");
    assert_eq!(labels("  table: labels\n  time: at\n"), "labels.time: labels.table has no column `at`; it has: id, y");
    assert_eq!(
        labels("  query: SELECT id FROM\n"),
        "labels: PostgreSQL at SOCKET:PORT/unreadable: syntax error at or near \")\"; check `labels.table` or `labels.query`"
    );
    // Broken off in the middle: what came before does not count.
    let slow = "  statement_timeout: 1s\n  query: SELECT id, y, pg_sleep(0.02) AS nap FROM labels, generate_series(1, 9) ORDER BY id\n";
    let said = labels(slow);
    assert!(said.contains("statement timeout; a read took too long; raise `labels.statement_timeout`"), "{said}");
    // Nothing is SQL but a query, and that can write nothing.
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
        assert!(told(server, &world).contains("has no column"), "{name}");
    }
    assert_eq!(database.sql("SELECT count(*) FROM victim"), "1");
    // Rights, passwords, a server that is away.
    let password = PASSWORD.replace('\'', "''");
    database.sql(&format!("CREATE ROLE labeller LOGIN PASSWORD '{password}'"));
    let tcp = |url: &str| {
        format!("labels: {{kind: postgres, url: \"{url}\", table: labels, id: id, target: y, password_file: secret}}\n")
    };
    world.file("secret", PASSWORD);
    configure(&world, &tcp(&database.tcp("labeller")));
    assert_eq!(
        told(server, &world),
        "labels: PostgreSQL at 127.0.0.1:PORT/unreadable: permission denied for table labels; \
         grant SELECT on it (and USAGE on its schema) to the user of `labels.url`"
    );
    world.file("secret", "hunter2");
    let said = told(server, &world);
    assert!(said.contains("check the user in `labels.url`, the password in `labels.password_file`"), "{said}");
    std::fs::remove_file(world.path("secret")).unwrap();
    assert!(told(server, &world).starts_with("labels.password_file: "));
    let config = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(config.stderr.contains("`labels.password_file`: "), "{}", config.stderr);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    configure(
        &world,
        &format!("labels: {{kind: postgres, url: \"postgresql://u:hunter2@127.0.0.1:{port}/x\", table: t}}\n"),
    );
    let said = told(server, &world);
    assert!(said.contains("no connection: ") && said.contains("host and port in `labels.url` are right"), "{said}");
    let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout;
    assert!(!shown.contains("hunter2") && shown.contains("kind: postgres"), "{shown}");
}

#[test]
fn the_config_says_what_a_table_of_labels_lacks() {
    let world = world(&scored(100, 3), FILES);
    let said = |labels: &str| {
        configure(&world, labels);
        world.vigie(&["config", "check", "--config", "vigie.yaml"]).stderr
    };
    assert!(said("labels: {kind: postgres, table: t}\n").contains("`labels.url` is missing, as the log is in files"));
    assert!(said("labels: {kind: postgres, url: x}\n").contains("`labels.table` is missing"));
    assert!(
        said("labels: {kind: postgres, url: x, table: t, query: SELECT 1}\n").contains("has both `table` and `query`")
    );
    assert!(
        said("labels: {kind: postgres, url: x, table: t, path: p}\n")
            .contains("has a `path`, which a database has none of")
    );
    assert!(said("labels: {path: p, time: at}\n").contains("has `time`, which is of a database"));
    assert!(said("labels: {id: x}\n").contains("`labels.path` is missing"));
    assert!(said("labels: {path: p, revise: soon}\n").contains("`labels.revise` is the text `soon`"));
}

#[test]
fn the_daemon_sees_labels_come_into_a_table() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("late");
    database.sql("CREATE TABLE labels (id text, y int, at timestamptz)");
    let world = watched(&place(&database, "  table: labels\n  time: at\n"));
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    assert_eq!(matched(&world, 0..3), [0, 0, 0]);
    let ids = |number: i64, rows: usize| {
        let all = crate::support::applicants::applicants(120, 7);
        let id = |one: &crate::support::applicants::Applicant| format!("('d{number}-{}', NULL, '2026-10-04')", one.id);
        all.iter().take(rows).map(id).collect::<Vec<_>>().join(", ")
    };
    database.sql(&format!("INSERT INTO labels VALUES {}, {}", ids(0, 30), ids(2, 40)));
    assert_eq!(watcher.look(at(3, 18)).told, 3);
    assert_eq!(report(&world, 0)["performance"]["labels"]["pending"], 30);
    assert_eq!(watcher.look(at(4, 7)).told, 1, "only the day that is due: nothing has come since");
    // An outcome that is written where there was none.
    database.sql("UPDATE labels SET y = 1 WHERE id LIKE 'd2-%'; UPDATE labels SET y = 0 WHERE id LIKE 'd0-%'");
    assert_eq!(watcher.look(at(4, 8)).told, 3);
    assert_eq!(matched(&world, 0..3), [30, 0, 40]);
    // The table is away: a finding of the day, nothing of the past is lost, and it is made good when it is back.
    database.sql("ALTER TABLE labels RENAME TO elsewhere");
    day(&world, 4, 120, 0);
    let looked = watcher.look(at(5, 6));
    assert_eq!((looked.told, looked.failed), (1, 0));
    assert_eq!(matched(&world, 0..3), [30, 0, 40]);
    assert!(report(&world, 4)["verdict"]["findings"][0]["reason"].as_str().unwrap().contains("labels.table"));
    database.sql(&format!("ALTER TABLE elsewhere RENAME TO labels; INSERT INTO labels VALUES {}", ids(4, 20)));
    database.sql("UPDATE labels SET y = 1 WHERE id LIKE 'd4-%'");
    watcher.look(at(5, 19));
    watcher.look(at(5, 19));
    assert_eq!(matched(&world, 4..5), [20]);
    assert_eq!(report(&world, 4)["verdict"]["findings"], Value::Array(Vec::new()));
}

/// No `time` is named, and the outcome comes inside a JSON value: what is filled in, and what is corrected, is seen.
#[test]
fn the_daemon_sees_labels_that_change_where_they_stand() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("in_place");
    let id = |number: i64| format!("d{number}-{}", crate::support::applicants::applicants(120, 7)[3].id);
    database.sql("CREATE TABLE labels (id text, said jsonb)");
    let filler = format!(
        "INSERT INTO labels VALUES ('{}', '{{\"by\": \"hand\"}}'), ('{}', NULL), ('x', '{{\"y\": 0}}')",
        id(0),
        id(1)
    );
    database.sql(&filler);
    let labels = place(&database, "  table: labels\n").replace("target: y", "target: said.y");
    let world = watched(&labels);
    let watcher = Watcher::new(&world);
    for number in 0..2 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    assert_eq!(matched(&world, 0..2), [0, 0]);
    assert_eq!(watcher.look(at(2, 19)).told, 0, "nothing has come");
    let realised = |number| report(&world, number)["performance"]["realised"].to_string();
    database.sql("UPDATE labels SET said = '{\"y\": 1}'");
    assert_eq!(watcher.look(at(2, 20)).told, 2);
    assert_eq!(matched(&world, 0..2), [1, 1]);
    let before = [realised(0), realised(1)];
    // As many rows and outcomes as before.
    database.sql(&format!("UPDATE labels SET said = '{{\"y\": 0}}' WHERE id = '{}'", id(1)));
    assert_eq!(watcher.look(at(3, 9)).told, 3, "the day that is due, and both of the past");
    assert_eq!(realised(0), before[0]);
    assert_ne!(realised(1), before[1]);
    // The same rows in another order are the same labels.
    database.sql("CREATE TABLE again AS SELECT * FROM labels ORDER BY id DESC; DROP TABLE labels; ALTER TABLE again RENAME TO labels");
    assert_eq!(watcher.look(at(3, 23)).told, 0);
}

fn example_config() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/postgres.yaml")).unwrap()
}

#[test]
fn the_example_of_a_config_is_true() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("as_shipped");
    database.load_lines(&lines());
    database.sql(TABLE);
    database.sql(
        "CREATE TABLE outcomes (request_id bigint, actual smallint, decided_at timestamptz); \
         INSERT INTO outcomes SELECT id, CASE WHEN id % 7 > 0 THEN (id % 10 = 0)::int END, ts + interval '20 days' \
         FROM prod_requests WHERE id % 2 = 0; CREATE INDEX ON outcomes (decided_at); ANALYZE outcomes",
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
             labels are written at: decided_at; an index begins with it\n\
             labels looked at: 100; 18 are 1, 68 are 0, 14 have no outcome yet, 0 are something else, 0 have no id\n"
        ),
        "{seen}"
    );
    assert!(seen.contains("features found: 125 of 125\n") && !seen.contains("NO INDEX"), "{seen}");
    let report = world.check("2026-10-02", "2026-10-03");
    let labels = &report["performance"]["labels"];
    let used = report["window"]["rows_used"].as_u64().unwrap();
    let matched = labels["matched"].as_u64().unwrap();
    assert!(matched * 5 > used * 2 && matched * 2 < used, "{matched} of {used}: {labels}");
    // Those of the days before were written before, but not two days before.
    assert!(labels["read"].as_u64().unwrap() <= 4_372);
    assert!(report["cost"]["realised"]["per_1000"]["value"].is_f64());
}

/// The most memory that `vigie check` held, in MB: asked for until it ends.
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
fn memory_is_bounded_by_the_window_and_not_by_the_labels() {
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
