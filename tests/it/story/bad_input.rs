//! Invalid input: one clear sentence, exit code 2, nothing half-written.

use std::fs;

use serde_json::json;

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    world::{Ran, World, feature},
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n";

fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let log: String = applicants(200, 4)
        .iter()
        .map(|one| format!("{}\n", json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability})))
        .collect();
    world.file("log/a.ndjson", log);
    world
}

fn check(world: &World) -> Ran {
    world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"])
}

/// Asserts exit code 2, this sentence (`DIR` is the folder of the test world), and no report.
#[track_caller]
fn refused(world: &World, ran: &Ran, sentence: &str) {
    let root = fs::canonicalize(world.root()).unwrap();
    let said =
        ran.stderr.replace(&root.display().to_string(), "DIR").replace(&world.root().display().to_string(), "DIR");
    assert_eq!(said.trim_end(), format!("vigie: {sentence}"));
    assert_eq!(ran.code, Some(2));
    assert!(!world.path("reports/m").exists(), "nothing is half-written");
}

#[test]
fn an_unknown_key_is_reported_with_its_line_and_the_nearest_key() {
    let world = world();
    world.config(&SOURCE.replace("probability: p", "probabilty: p"));
    let ran = check(&world);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("vigie.yaml:5: unknown key `probabilty`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`probability`"), "{}", ran.stderr);
    assert!(!world.path("reports").exists());
}

#[test]
fn a_missing_config() {
    let world = world();
    let ran = world.vigie(&["check", "--config", "nowhere.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("nowhere.yaml") && ran.stderr.contains("--config"), "{}", ran.stderr);
}

#[test]
fn a_missing_reference() {
    let world = world();
    fs::remove_file(world.path("ref.vigie")).unwrap();
    let ran = check(&world);
    refused(
        &world,
        &ran,
        "reference: cannot open DIR/ref.vigie: no such file or directory; create it with `vigie learn --data FILE --out DIR/ref.vigie`",
    );
}

#[test]
fn a_reference_of_another_version_and_a_damaged_one() {
    let world = world();
    let good = fs::read(world.path("ref.vigie")).unwrap();
    let mut newer = good.clone();
    newer[8] = 9;
    world.file("ref.vigie", newer);
    refused(
        &world,
        &check(&world),
        "reference: DIR/ref.vigie has format version 9, but this version of vigie reads 3; create it again with `vigie learn`",
    );
    for cut in [0, 4, 10, 20, 40, good.len() / 2, good.len() - 1] {
        world.file("ref.vigie", &good[..cut]);
        let ran = check(&world);
        assert_eq!(ran.code, Some(2), "cut at {cut}");
        assert!(ran.stderr.contains("ref.vigie") && ran.stderr.contains("vigie learn"), "{}", ran.stderr);
    }
    // Damage in the core, which every run reads and which is last, and in the score's values before it, which are read on demand.
    let core = usize::try_from(u64::from_le_bytes(good[12..20].try_into().unwrap())).unwrap();
    for place in [good.len() - 1, core, core - 1] {
        let mut damaged = good.clone();
        damaged[place] ^= 1;
        world.file("ref.vigie", damaged);
        refused(
            &world,
            &check(&world),
            "reference: DIR/ref.vigie is truncated or damaged; copy it again or create it again with `vigie learn`",
        );
    }
}

#[test]
fn a_missing_mapped_field_is_reported_with_the_available_ones() {
    let world = world();
    world.config(&SOURCE.replace("timestamp: ts", "timestamp: time"));
    refused(
        &world,
        &check(&world),
        "source.fields.timestamp: no record has `time`; the records have: inputs, inputs.AGE, inputs.INCOME, inputs.JOB, inputs.OWNS, inputs.emp.var.rate, p, ts",
    );
    world.config(&SOURCE.replace("probability: p", "probability: score.p"));
    refused(
        &world,
        &check(&world),
        "source.fields.probability: no record has `score.p`; the records have: inputs, inputs.AGE, inputs.INCOME, inputs.JOB, inputs.OWNS, inputs.emp.var.rate, p, ts",
    );
    world.config(&SOURCE.replace("features: inputs", "features: input"));
    assert_eq!(check(&world).code, Some(2));
}

#[test]
fn a_missing_log() {
    let world = world();
    world.config(&SOURCE.replace("path: log", "path: logs"));
    refused(
        &world,
        &check(&world),
        "source.path: DIR/logs: no such file or directory; set it to the file, folder or glob that holds the log",
    );
    fs::create_dir(world.path("logs")).unwrap();
    let ran = check(&world);
    assert!(
        ran.stderr.contains("has no readable file") && ran.stderr.contains("the folder is empty"),
        "{}",
        ran.stderr
    );
    world.file("logs/readme.txt", "");
    let ran = check(&world);
    assert!(ran.stderr.contains("; it contains only 1 file of another type"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn a_feature_missing_from_all_rows_is_a_finding_not_an_error() {
    let world = world();
    let log = fs::read_to_string(world.path("log/a.ndjson")).unwrap().replace("\"AGE\"", "\"AGES\"");
    world.file("log/a.ndjson", log);
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(feature(&report, "AGE")["severity"], "alarm");
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let of_age: Vec<_> = findings.iter().filter(|finding| finding["feature"] == "AGE").collect();
    assert_eq!(of_age.len(), 1);
    assert_eq!(of_age[0]["test"], "absent");
}

/// A window may be empty because the service is down, `where` matches nothing, or a file cannot be read.
#[test]
fn an_empty_window_reports_what_else_was_read() {
    let world = world();
    world.config(&format!("{SOURCE}where: {{p: nobody}}"));
    let told = check(&world).ok().stdout;
    assert!(told.contains("no records in this window: is the service up"), "{told}");
    assert!(told.contains("source.where excluded 200 records"), "{told}");
    assert!(told.contains("0 of 0 rows used; 200 records excluded by source.where"), "{told}");
    world.file("log/torn.parquet", "PAR1 and no more");
    let told = check(&world).ok().stdout;
    assert!(told.contains("but part of the log could not be read"), "{told}");
    assert!(told.contains("\n         not read: ") && told.contains("torn.parquet: "), "{told}");
    // The page, in French.
    let english = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", english.replace("{dir: reports}", "{dir: reports, language: fr}"));
    let page = || {
        check(&world).ok();
        let page = "reports/m/20261001T000000Z_20261002T000000Z/report.html";
        fs::read_to_string(world.path(page)).unwrap().replace('\u{a0}', " ")
    };
    assert!(page().contains("mais une partie du journal n’a pas pu être lue"), "{}", page());
    fs::remove_file(world.path("log/torn.parquet")).unwrap();
    assert!(page().contains("source.where a exclu 200 enregistrements"), "{}", page());
    // A window that has not ended yet.
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2999-01-01", "--to", "2999-01-02"]).ok();
    assert!(
        ran.stderr.contains("note: the window ends in the future, at 2999-01-02T00:00:00Z: more records may arrive"),
        "{}",
        ran.stderr
    );
}

#[test]
fn connect_needs_a_log_in_a_database() {
    let world = world();
    let said = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    let last =
        "only the first lines of some files of the log and the labels were tested: `vigie check` reads them all\n";
    assert!(said.starts_with("vigie.yaml: no problems found\nlog: ") && said.ends_with(last), "{said}");
    let ran = world.vigie(&["config", "check", "--connect", "--config", "vigie.yaml"]);
    // No problem was found, but the requested check is impossible.
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(
        ran.stderr.contains(
            "the log is in files (source.kind), so there is no connection to test; run `vigie config check` without"
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn invalid_values_on_the_command_line() {
    let world = world();
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--threads", "two"]);
    assert!(ran.stderr.contains("'two' for '--threads <N>': expected a whole number from 1 to 1024"), "{}", ran.stderr);
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "soon", "--to", "2026-10-02"]);
    refused(&world, &ran, "--from soon: not a valid time; write 2026-11-01 or 2026-11-01T06:00:00Z");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-02"]);
    refused(&world, &ran, "--to 2026-10-02 must be after --from 2026-10-02");
}

#[test]
fn invalid_training_tables() {
    let world = World::new();
    let learn = |args: &[&str]| {
        let mut all = vec!["learn", "--out", "ref.vigie", "--data"];
        all.extend(args);
        let ran = world.vigie(&all);
        assert_eq!(ran.code, Some(2), "{args:?} {}", ran.stderr);
        assert!(!world.path("ref.vigie").exists());
        ran.stderr.trim_end().to_owned()
    };
    assert_eq!(
        learn(&["nowhere.csv"]),
        "vigie: --data nowhere.csv: no such file or directory; expected a .parquet, .csv or .ndjson file"
    );
    world.file("a.txt", "x");
    assert_eq!(learn(&["a.txt"]), "vigie: --data a.txt: unknown format; expected a .parquet, .csv or .ndjson file");
    world.file("a.parquet", "x");
    let broken = learn(&["a.parquet"]);
    assert!(broken.starts_with("vigie: --data a.parquet: cannot be read as Parquet"), "{broken}");
    assert!(broken.ends_with("; check that the file is complete and that its extension is correct"), "{broken}");
    world.file("nothing.ndjson", "");
    assert_eq!(learn(&["nothing.ndjson"]), "vigie: --data nothing.ndjson: the file is empty; pass a file with rows");
    world.file("a.csv", "x,y\n1,0.5\n2,1.5\n");
    assert_eq!(
        learn(&["a.csv", "--probability", "y"]),
        "vigie: --probability y: the column contains 1.5; probabilities must be numbers from 0 to 1 (for the number that a \
         regression predicts, pass --prediction instead)"
    );
    assert_eq!(learn(&["a.csv", "--target", "z"]), "vigie: --target: a.csv has no column `z`; available: x, y");
    assert_eq!(
        learn(&["a.csv", "--ignore", "x,y"]),
        "vigie: no feature columns are left; check --features and --ignore"
    );
    world.file("b.csv", "x\n1\n");
    assert_eq!(
        learn(&["a.csv", "b.csv"]),
        "vigie: --data b.csv: column `y` is missing, but the previous files have it"
    );
    world.file("empty.csv", "x,y\n");
    assert_eq!(
        learn(&["empty.csv"]),
        "vigie: --data empty.csv: the file has no rows; pass a file with training or hold-out rows"
    );
    world.file("torn.ndjson", "{\"x\": 1}\n{\"x\":\n");
    let torn = learn(&["torn.ndjson"]);
    assert!(torn.contains(": line 2: not valid JSON (EOF while parsing a value); check"), "{torn}");
}

#[test]
fn an_invalid_table_of_distributions_is_named_with_its_flag() {
    let world = World::new();
    let import = |name: &str| {
        let ran = world.vigie(&["learn", "--out", "ref.vigie", "--distributions", name]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        ran.stderr.trim_end().to_owned()
    };
    assert_eq!(
        import("nowhere.csv"),
        "vigie: --distributions nowhere.csv: no such file or directory; expected a .parquet, .csv or .ndjson file"
    );
    world.file("bad.csv", "a,b\n1,2\n");
    assert_eq!(import("bad.csv"), "vigie: --distributions: bad.csv has no column `feature`; available: a, b");
}
