//! What config/examples/postgres.md promises: the role it makes is enough, TLS is as libpq's, passwords may be kept elsewhere.

use std::{fs, path::Path, process::Command};

use super::{
    example::{TABLE, lines, world},
    server::{Database, PASSWORD, Server},
};
use crate::support::world::World;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/postgres.md")).unwrap()
}

/// The SQL of the page, block by block, with a password and the database filled in.
fn as_the_page_says(database: &Database<'_>) {
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
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("hunter2"), "{said}");
    (output.status.code(), said)
}

#[test]
fn the_role_of_the_page_is_enough_and_tls_is_as_libpqs() {
    let Some(server) = Server::shared() else { return };
    // pg_hba.conf takes nothing but TLS for this database.
    let database = server.database("encrypted");
    database.load_lines(&lines());
    database.sql(TABLE);
    database.sql("CREATE TABLE outcomes (request_id bigint, actual smallint, decided_at timestamptz)");
    as_the_page_says(&database);
    let world = world("  path: PLACE", |config| config.replace("    id: request_id\n", ""));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("password", format!("{PASSWORD}\n"));
    let with = |host: &str, rest: &str| {
        let url = database.tcp("vigie").replace("127.0.0.1", host);
        let place = format!("  kind: postgres\n  url: {url}\n  table: public.prod_requests\n{rest}");
        world.file("vigie.yaml", config.replace("  path: PLACE", &place));
    };
    let of_file = "  password_file: password\n";
    let tls = |host: &str, mode: &str, root: Option<&str>| {
        let root = root.map(|name| format!("  sslrootcert: {}\n", server.folder().join(name).display()));
        with(host, &format!("{of_file}  sslmode: {mode}\n{}", root.unwrap_or_default()));
        check(&world, &[])
    };
    for (host, mode, root) in [
        ("127.0.0.1", "prefer", None),
        ("127.0.0.1", "require", None),
        ("127.0.0.1", "require", Some("ca.crt")),
        ("127.0.0.1", "verify-ca", Some("ca.crt")),
        ("localhost", "verify-full", Some("ca.crt")),
        // A certificate believed as it is.
        ("localhost", "verify-full", Some("server.crt")),
    ] {
        assert_eq!(tls(host, mode, root), (Some(0), String::new()), "{host} {mode} {root:?}");
    }
    for (host, mode, root, said) in [
        ("127.0.0.1", "disable", None, "no encryption"),
        ("127.0.0.1", "verify-full", Some("ca.crt"), "TLS failed: "),
        ("127.0.0.1", "verify-full", Some("server.crt"), "TLS failed: "),
        ("127.0.0.1", "verify-ca", Some("other.crt"), "TLS failed: "),
        ("127.0.0.1", "require", Some("other.crt"), "TLS failed: "),
        ("127.0.0.1", "verify-ca", None, "source.sslrootcert is missing"),
        ("127.0.0.1", "verify-ca", Some("password"), "source.sslrootcert: "),
    ] {
        let (code, told) = tls(host, mode, root);
        assert_eq!(code, Some(2), "{host} {mode} {root:?}");
        assert!(told.contains(said), "{host} {mode} {root:?}: {told}");
    }
    // The mode may stand in the url, where the driver does not know it.
    let url = format!("{}?sslmode=verify-full&connect_timeout=5", database.tcp("vigie"));
    let place = format!("  kind: postgres\n  url: {url}\n  table: prod_requests\n{of_file}");
    world.file("vigie.yaml", config.replace("  path: PLACE", &place));
    assert!(check(&world, &[]).1.contains("source.sslrootcert is missing"));

    // Passwords: systemd's credential, then ~/.pgpass, unless others can read it.
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
    // What the page says of the role: it may read these tables, and nothing else.
    let may = "SELECT string_agg(c.relname, ',' ORDER BY c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = 'public' AND c.relkind = 'r' AND has_any_column_privilege('vigie', c.oid, 'SELECT')";
    assert_eq!(database.sql(may), "outcomes,prod_requests");
}

#[test]
fn a_window_is_read_by_its_index_and_in_one_snapshot() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("snapshot");
    database.load_lines(&lines());
    database.sql(TABLE);
    // Every statement of vigie with its plan, in the server's log.
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
    assert!(plans.len() >= 3, "counted, then looked at again for exact KS: {}", plans.len());
    for plan in plans {
        assert!(plan.contains("prod_requests_ts_idx") && !plan.contains("Seq Scan"), "{plan}");
        assert!(!plan.contains("sk_id_curr") && !plan.contains("message"), "columns nobody asked for: {plan}");
    }
}
