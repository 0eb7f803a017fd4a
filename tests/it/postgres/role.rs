//! Checks config/examples/postgres.md: its role is sufficient, TLS modes match libpq, and all password sources work.

use std::{fs, path::Path, process::Command};

use super::{
    example::{TABLE, lines, world},
    server::{Database, PASSWORD, Server},
};
use crate::support::world::World;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/postgres.md")).unwrap()
}

/// Runs the SQL blocks of the page, with a password and the database filled in.
fn run_page_sql(database: &Database<'_>) {
    let page = page();
    let password = PASSWORD.replace('\'', "''");
    let blocks: Vec<&str> = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        database
            .sql(&block.replace('…', &password).replace("DATABASE scoring", &format!("DATABASE {}", database.name)));
    }
}

fn check(world: &World, environment: &[(&str, &Path)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
    command.args(["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    command.envs(environment.iter().copied()).current_dir(world.root());
    let output = command.env("HOME", world.root()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("hunter2"), "{stderr}");
    (output.status.code(), stderr)
}

#[test]
fn the_documented_role_tls_modes_and_passwords_work() {
    let Some(server) = Server::shared() else { return };
    // pg_hba.conf requires TLS for this database.
    let database = server.database("encrypted");
    database.load_lines(&lines());
    database.sql(TABLE);
    database.sql("CREATE TABLE outcomes (request_id bigint, actual smallint, decided_at timestamptz)");
    run_page_sql(&database);
    let world = world("  path: PLACE", |config| config.replace("    id: request_id\n", ""));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("password", format!("{PASSWORD}\n"));
    let with = |host: &str, rest: &str| {
        let url = database.tcp("vigie").replace("127.0.0.1", host);
        let place = format!("  kind: postgres\n  url: {url}\n  table: public.prod_requests\n{rest}");
        world.file("vigie.yaml", config.replace("  path: PLACE", &place));
    };
    let password_file = "  password_file: password\n";
    let tls = |host: &str, mode: &str, root: Option<&str>| {
        let root = root.map(|name| format!("  sslrootcert: {}\n", server.folder().join(name).display()));
        with(host, &format!("{password_file}  sslmode: {mode}\n{}", root.unwrap_or_default()));
        check(&world, &[])
    };
    for (host, mode, root) in [
        ("127.0.0.1", "prefer", None),
        ("127.0.0.1", "require", None),
        ("127.0.0.1", "require", Some("ca.crt")),
        ("127.0.0.1", "verify-ca", Some("ca.crt")),
        ("localhost", "verify-full", Some("ca.crt")),
        // The server's own certificate is trusted.
        ("localhost", "verify-full", Some("server.crt")),
    ] {
        assert_eq!(tls(host, mode, root), (Some(0), String::new()), "{host} {mode} {root:?}");
    }
    for (host, mode, root, message) in [
        ("127.0.0.1", "disable", None, "no encryption"),
        ("127.0.0.1", "verify-full", Some("ca.crt"), "TLS failed: "),
        ("127.0.0.1", "verify-full", Some("server.crt"), "TLS failed: "),
        ("127.0.0.1", "verify-ca", Some("other.crt"), "TLS failed: "),
        ("127.0.0.1", "require", Some("other.crt"), "TLS failed: "),
        ("127.0.0.1", "verify-ca", None, "source.sslrootcert is missing"),
        ("127.0.0.1", "verify-ca", Some("password"), "source.sslrootcert: "),
    ] {
        let (code, stderr) = tls(host, mode, root);
        assert_eq!(code, Some(2), "{host} {mode} {root:?}");
        assert!(stderr.contains(message), "{host} {mode} {root:?}: {stderr}");
    }
    // The mode may also be in the url, although the driver does not support it.
    let url = format!("{}?sslmode=verify-full&connect_timeout=5", database.tcp("vigie"));
    let place = format!("  kind: postgres\n  url: {url}\n  table: prod_requests\n{password_file}");
    world.file("vigie.yaml", config.replace("  path: PLACE", &place));
    assert!(check(&world, &[]).1.contains("source.sslrootcert is missing"));

    // Passwords: systemd's credential, then ~/.pgpass if only its owner can read it.
    with("127.0.0.1", "");
    assert!(check(&world, &[]).1.contains("password missing"));
    world.file("credentials/postgres-password", PASSWORD);
    let credentials = world.path("credentials");
    assert_eq!(check(&world, &[("CREDENTIALS_DIRECTORY", &credentials)]), (Some(0), String::new()));
    let line = format!("127.0.0.1:*:*:vigie:{}\n", PASSWORD.replace('\\', "\\\\"));
    let pgpass = world.file(".pgpass", line);
    assert!(check(&world, &[]).1.contains("password missing"), "others can read it");
    let mut rights = fs::metadata(&pgpass).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o600);
    fs::set_permissions(&pgpass, rights).unwrap();
    assert_eq!(check(&world, &[]), (Some(0), String::new()));
    // The role can read these tables and nothing else, as the page states.
    let readable = "SELECT string_agg(c.relname, ',' ORDER BY c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = 'public' AND c.relkind = 'r' AND has_any_column_privilege('vigie', c.oid, 'SELECT')";
    assert_eq!(database.sql(readable), "outcomes,prod_requests");
}

#[test]
fn a_window_is_read_by_its_index() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("snapshot");
    database.load_lines(&lines());
    database.sql(TABLE);
    // The server logs the plan of every statement.
    database.sql(
        "ALTER DATABASE snapshot SET session_preload_libraries = 'auto_explain'; \
         ALTER DATABASE snapshot SET auto_explain.log_min_duration = 0",
    );
    let place = format!("  kind: postgres\n  url: \"{}\"\n  table: prod_requests", database.url());
    let world = world(&place, |config| config.replace("    id: request_id\n", ""));
    world.check("2026-10-02", "2026-10-03");
    let log = fs::read_to_string(server.folder().join("server.log")).unwrap();
    let plans: Vec<&str> = log
        .split("LOG:")
        .filter(|entry| entry.contains("plan:") && entry.contains("COPY (SELECT log.\"ts\""))
        .collect();
    assert!(plans.len() >= 3, "counted, then read again for exact KS: {}", plans.len());
    for plan in plans {
        assert!(plan.contains("prod_requests_ts_idx") && !plan.contains("Seq Scan"), "{plan}");
        assert!(!plan.contains("sk_id_curr") && !plan.contains("message"), "unneeded columns: {plan}");
    }
}
