//! `vigie config check --connect` and `vigie learn --data postgres:…`.

use super::{
    example::{TABLE, lines, world},
    server::Server,
};
use crate::support::{applicants::training_csv, world::World};

#[test]
fn config_check_connect_describes_the_table_and_the_mapping() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("preview");
    database.load_lines(&lines());
    database.sql(TABLE);
    let place = format!("  kind: postgres\n  url: \"{}\"\n  table: public.prod_requests", database.url());
    let world = world(&place, |config| config.replace("timestamp: ts", "timestamp: [ts, at]"));
    let connect = || {
        let ran = world.vigie(&["config", "check", "--connect", "--config", "vigie.yaml"]).ok();
        ran.stdout.replace(&server.folder().display().to_string(), "SOCKET").replace(&server.port.to_string(), "PORT")
    };
    assert_eq!(
        connect(),
        "vigie.yaml: no problems found\n\
         model: 125 features; probabilities equal those of CatBoost, to the bit\n\
         PostgreSQL at SOCKET:PORT/preview, table \"public\".\"prod_requests\": 10 columns, about 8744 rows\n\
         time: ts (timestamptz), from 2026-10-01T05:49:45.014Z to 2026-10-14T17:35:11.193Z; indexed\n\
         fields found in 100 records: timestamp (ts, at), features (inputs), probability (outputs.proba_default), \
         decision (outputs.decision), latency_ms (latency_ms), status (status_code), error (error)\n\
         fields NOT found: id (request_id), model_version (model_version)\n\
         features found: 125 of 125\n\
         usable: 97 of 97 records; 3 more excluded by `where`\n"
    );
    database
        .sql("DROP INDEX prod_requests_ts_idx; UPDATE prod_requests SET inputs = inputs - 'EXT_SOURCE_1' WHERE true");
    let output = connect();
    assert!(output.contains("NOT INDEXED: every window reads the whole table"), "{output}");
    assert!(output.contains("features found: 124 of 125; not found: EXT_SOURCE_1\n"), "{output}");
    // With a log in files there is no connection to check.
    let ran = world.vigie(&["config", "check", "--connect", "--config", &shipped()]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("the log is in files"), "{}", ran.stderr);
}

fn shipped() -> String {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/vigie.yaml").display().to_string()
}

#[test]
fn a_table_and_a_file_give_the_same_reference() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("learnt");
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    database.sql(
        "CREATE TABLE training (\"AGE\" int, \"INCOME\" float8, \"emp.var.rate\" numeric, \"JOB\" text, \"OWNS\" boolean, \
         \"TARGET\" smallint, p float8, made timestamptz DEFAULT now())",
    );
    let copy = "COPY training (\"AGE\", \"INCOME\", \"emp.var.rate\", \"JOB\", \"OWNS\", \"TARGET\", p) FROM STDIN WITH (FORMAT csv, HEADER)";
    server.sql_with(&database.name, copy, training_csv(1_000).as_bytes());
    database.config(&world, "training", "fields: {timestamp: made}\n");
    let learn = |data: &str, out: &str| {
        let args = [
            "learn",
            "--config",
            "vigie.yaml",
            "--target",
            "TARGET",
            "--probability",
            "p",
            "--data",
            data,
            "--out",
            out,
        ];
        world.vigie(&args)
    };
    let id = |output: String| output.split("reference ").nth(1).unwrap().trim().to_owned();
    let of_file = id(learn("train.csv", "a.vigie").ok().stdout);
    let of_table = learn("postgres:training", "b.vigie").ok();
    assert!(of_table.stderr.contains("made: contains times, ignored"), "{}", of_table.stderr);
    assert_eq!(id(of_table.stdout), of_file);
    assert_eq!(id(learn("postgres:SELECT * FROM training ORDER BY random()", "c.vigie").ok().stdout), of_file);
    let sha256 = |name: &str| {
        let bytes = std::fs::read(world.path(name)).unwrap();
        let reference = vigie::reference::Reference::from_bytes(name, &bytes).unwrap();
        reference.provenance().files[0].sha256.clone()
    };
    assert_eq!(sha256("b.vigie"), sha256("c.vigie"), "the order of rows does not matter");
    let ran = learn("postgres:elsewhere", "d.vigie");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("the database has no table \"elsewhere\"; use an existing one"), "{}", ran.stderr);
    world.config("path: train.csv\nfields: {timestamp: made}\n");
    assert!(learn("postgres:training", "d.vigie").stderr.contains("whose `source` has `kind: postgres`"));
}
