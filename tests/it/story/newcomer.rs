//! What a newcomer stumbles over: each situation says what it is and what to do, or simply works.

use std::{fmt::Write as _, fs};

use serde_json::json;

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    draw::Draw,
    watched::{Watcher, at, configure, day, watched},
    world::{Ran, World, feature},
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id}\n";

/// A reference, a config with these `source:` lines, and a day of records, each as `edit` leaves it.
fn world(source: &str, edit: impl Fn(&mut serde_json::Value)) -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(source);
    let log: String = applicants(200, 4)
        .iter()
        .map(|one| {
            let mut record = json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": one.probability});
            edit(&mut record);
            format!("{record}\n")
        })
        .collect();
    world.file("log/a.ndjson", log);
    world
}

fn check(world: &World) -> Ran {
    world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"])
}

/// A table as pandas writes it: a column without a name, an identifier, dates as text, a score and an outcome.
fn table(outcomes: [&str; 2]) -> String {
    let mut draw = Draw::seeded(5);
    let mut text = String::from(",customer_id,AGE,CITY,OPENED,p,y\n");
    for row in 0..1_500 {
        let (age, p) = (20 + draw.below(50), (draw.uniform() * 1e4).round() / 1e4);
        let city = ["Paris", "Lyon"][draw.below(2)];
        let outcome = outcomes[usize::from(draw.chance(p))];
        let (month, day) = (1 + row % 12, 1 + row % 28);
        let id = 100_000 + row;
        writeln!(text, "{row},{id},{age},{city},2018-{month:02}-{day:02},{p},{outcome}").unwrap();
    }
    text
}

fn learn(world: &World, more: &[&str]) -> Ran {
    world.vigie(&[&["learn", "--data", "rows.csv", "--out", "ref.vigie"], more].concat())
}

#[test]
fn row_numbers_identifiers_and_dates_are_left_out_with_a_note() {
    let world = World::new();
    world.file("rows.csv", table(["0", "1"]));
    let ran = learn(&world, &["--probability", "p", "--target", "y"]).ok();
    assert!(ran.stdout.contains("2 features (1 numeric, 1 categorical) and the score"), "{}", ran.stdout);
    for note in [
        "note: column 1 has no name (the index that pandas writes?), left out",
        "note: customer_id: an identifier (its values hardly ever repeat), left out",
        "note: OPENED: a time, such as 2018-01-01, left out",
    ] {
        assert!(ran.stderr.contains(note), "{note}\n{}", ran.stderr);
    }
    // Whoever names them gets them.
    let ran = learn(&world, &["--features", "AGE,customer_id,OPENED"]).ok();
    assert!(ran.stdout.contains("3 features (2 numeric, 1 categorical)"), "{}", ran.stdout);
    // Pandas' names of an index, and numbers without a telling name.
    let header = "__index_level_0__,number,AGE,CITY,OPENED,p,y\n";
    world.file("rows.csv", table(["0", "1"]).replacen(",customer_id,AGE,CITY,OPENED,p,y\n", header, 1));
    let ran = learn(&world, &["--ignore", "p,y"]).ok();
    assert!(ran.stderr.contains("note: __index_level_0__: the index that pandas wrote, left out"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("note: number: a different whole number in each of 1500 rows, probably an identifier"),
        "{}",
        ran.stderr
    );
}

/// A column whose type is not read, or an export that failed, would otherwise be learnt as missing in silence.
#[test]
fn a_column_without_a_value_is_noted() {
    let world = World::new();
    let rows = |cell: &str| (0..300).map(|row| format!("{row}.5,{cell}\n")).collect::<String>();
    let none: &[&str] = &[];
    for (cell, more) in [("", none), ("NaN", none), ("None", &["--categorical", "y"])] {
        world.file("rows.csv", format!("x,y\n{}", rows(cell)));
        let ran = learn(&world, more).ok();
        assert!(ran.stderr.contains("note: y: no row has a value, so any value will be drift"), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("no row has a value").count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn outcomes_may_be_texts() {
    let world = World::new();
    let learn_outcomes = |outcomes: [&str; 2], more: &[&str]| {
        world.file("rows.csv", table(outcomes));
        learn(&world, &[&["--probability", "p", "--target", "y", "--holdout", "yes"], more].concat())
    };
    let cost = |ran: Ran| {
        ran.ok();
        world.vigie(&["learn", "--show", "cost", "--out", "ref.vigie"])
    };
    let numbers = cost(learn_outcomes(["0", "1"], &[])).ok().stdout;
    let said = learn_outcomes(["good", "bad"], &[]).ok().stderr;
    assert!(
        said.contains(
            "--target: `y` holds bad, good, not 0 and 1, so performance cannot be estimated without labels; say which value \
             is the event, for example --event bad"
        ),
        "{said}"
    );
    assert_eq!(cost(learn_outcomes(["good", "bad"], &["--event", "bad"])).ok().stdout, numbers);
    let unknown = learn_outcomes(["good", "bad"], &["--event", "worse"]);
    assert_eq!(unknown.code, Some(2));
    assert_eq!(unknown.stderr.trim_end(), "vigie: --event worse: no row of `y` has this value; it holds bad, good");
    // In a format with types, too.
    let row = |row: usize| format!("{{\"x\": {row}.5, \"p\": 0.{}, \"y\": \"{}\"}}\n", row % 10, row % 2);
    world.file("rows.ndjson", (0..300).map(row).collect::<String>());
    let args = ["learn", "--data", "rows.ndjson", "--out", "ref.vigie", "--probability", "p", "--target", "y"];
    let ran = world.vigie(&args).ok();
    assert!(!ran.stderr.contains("not 0 and 1"), "{}", ran.stderr);
    cost(world.vigie(&args)).ok();
}

#[test]
fn a_damaged_or_foreign_table_is_refused_with_its_line() {
    let world = World::new();
    let refused = |name: &str, content: &[u8]| {
        world.file(name, content);
        let ran = world.vigie(&["learn", "--data", name, "--out", "ref.vigie"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(!world.path("ref.vigie").exists());
        ran.stderr
    };
    let quote = refused("a.csv", b"x,y\n2,\"y\n3,z\n");
    assert!(quote.contains("--data a.csv: cannot be read as CSV: line 2: a quoted cell that begins here"), "{quote}");
    let short = refused("a.csv", b"x,y\n1,2\n3\n");
    assert!(short.contains("line 3 has 1 cell, but the header has 2"), "{short}");
    let semicolons = refused("a.csv", b"age;income\n30;1200,50\n");
    assert!(semicolons.contains("it has one column named `age;income`: is the separator a semicolon?"), "{semicolons}");
    let latin = refused("a.csv", b"x,city\n1,Orl\xe9ans\n");
    assert!(
        latin.contains("line 2 is not UTF-8 (Windows-1252 or Latin-1?); pass --csv 'encoding=windows-1252'"),
        "{latin}"
    );
    let doubled = refused("a.csv", b"x,x\n1,2\n");
    assert!(doubled.contains("two columns are named `x`"), "{doubled}");
    let spreadsheet = refused("a.xlsx", b"PK\x03\x04");
    assert!(
        spreadsheet.contains("this is a spreadsheet; convert it: `python3 -c 'import pandas; pandas.read_excel"),
        "{spreadsheet}"
    );
    for (name, said) in [
        ("a.csv.gz", "this is a compressed file: decompress it"),
        ("a.pkl", "this is a Python pickle, which can run code: write the table as Parquet"),
        ("a.feather", "write the table as Parquet"),
    ] {
        let refusal = refused(name, b"\x1f\x8b");
        assert!(refusal.contains(said), "{refusal}");
    }
    world.file("a.csv", "x,city\n1,Paris\n");
    for (model, found, remedy) in [
        ("tree\nversion=v4\n", "this LightGBM model is damaged: its header has no line", "booster.save_model"),
        ("binf\0", "an XGBoost model in its old binary format", "save it as .ubj"),
    ] {
        world.file("model.txt", model);
        let ran = world.vigie(&["learn", "--data", "a.csv", "--model", "model.txt", "--out", "ref.vigie"]);
        assert!(ran.stderr.contains(found) && ran.stderr.contains(remedy), "{}", ran.stderr);
    }
}

#[test]
fn decimal_commas_are_pointed_out() {
    let world = World::new();
    let row = |row: usize| format!("{row}.25,\"{row},50\"\n");
    world.file("rows.csv", format!("x,INCOME\n{}", (0..200).map(row).collect::<String>()));
    let ran = learn(&world, &[]).ok();
    let note = "note: INCOME: text with a decimal comma, such as 0,50, treated as categorical; if these are numbers, pass --csv";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    let world = self::world(SOURCE, |record| record["inputs"]["INCOME"] = json!("13361,20"));
    let said = check(&world).ok().stdout;
    assert!(said.contains("\nNot a number: INCOME: \"13361,20\" (a decimal comma? For CSV, set"), "{said}");
    let page = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html");
    assert!(fs::read_to_string(page).unwrap().contains("(a decimal comma? For CSV"));
}

#[test]
fn a_field_with_another_spelling_is_named() {
    let world = self::world(SOURCE, |record| {
        let income = record["inputs"].as_object_mut().unwrap().remove("INCOME").unwrap();
        record["inputs"]["Income"] = income;
    });
    let said = check(&world).ok().stdout;
    assert!(said.contains("INCOME is in no record, but records have `Income`"), "{said}");
    let report = world.check("2026-10-01", "2026-10-02");
    let reason = report["verdict"]["findings"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("no record in the window has this feature; records have `Income`"), "{reason}");
    assert_eq!(feature(&report, "INCOME")["severity"], "alarm");
    // In French.
    let english = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", english.replace("{dir: reports}", "{dir: reports, language: fr}"));
    check(&world).ok();
    let page = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html");
    let page = fs::read_to_string(page).unwrap().replace('\u{a0}', " ");
    assert!(page.contains("mais des enregistrements contiennent « Income »"), "{page}");
}

#[test]
fn a_score_that_is_not_mapped_is_a_finding() {
    let world = self::world(&SOURCE.replace("probability: p, ", ""), |_| {});
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(report["verdict"]["severity"], "watch");
    let finding = &report["verdict"]["findings"][0];
    assert_eq!((&finding["test"], &finding["severity"]), (&json!("score"), &json!("watch")));
    assert_eq!(
        finding["reason"],
        "the reference has a score, but the config maps none, so it is not monitored; set source.fields.probability"
    );
    // A reference without a score has none to map.
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie", "--ignore", "TARGET,p"]).ok();
    let report = world.check("2026-10-01", "2026-10-02");
    assert!(report["verdict"]["findings"].as_array().unwrap().iter().all(|finding| finding["test"] != "score"));
}

#[test]
fn times_without_a_zone_are_noted_at_the_first_check() {
    let local = |record: &mut serde_json::Value| {
        let time = record["ts"].as_str().unwrap().trim_end_matches('Z').to_owned();
        record["ts"] = json!(time);
    };
    let note = "the times of the records have no time zone and are read as UTC; if they are local times, set \
                source.timestamp_timezone";
    let world = self::world(SOURCE, local);
    assert!(check(&world).ok().stderr.contains(note));
    let again = check(&world).ok().stderr;
    assert!(!again.contains(note), "only once: {again}");
    let world = self::world(&format!("{SOURCE}timestamp_timezone: UTC"), local);
    let stated = check(&world).ok().stderr;
    assert!(!stated.contains(note), "{stated}");
    let world = self::world(SOURCE, |_| {});
    let zoned = check(&world).ok().stderr;
    assert!(!zoned.contains(note), "{zoned}");
}

#[test]
fn labels_without_the_id_column_name_the_columns_that_exist() {
    let world = self::world(SOURCE, |_| {});
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", format!("{config}labels: {{path: labels.csv}}\n"));
    world.file("labels.csv", "request,actual\n1,0\n");
    let said = check(&world).ok().stdout;
    let headline = said.lines().nth(1).unwrap_or_default();
    assert!(
        headline.starts_with("Watch: labels could not be used: ")
            && headline.contains("labels.csv has no column `request_id`; available: request, actual"),
        "{said}"
    );
}

/// A mapping that finds nothing is a mistake that need not wait for the first check.
#[test]
fn config_check_tries_the_mapping_on_the_first_records() {
    let config_check = |world: &World| world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    let keep = |_: &mut serde_json::Value| {};
    for (world, expected) in [
        (
            world(&SOURCE.replace("id: id", "id: request"), keep),
            "source.fields.id: no record has `request`; the records have",
        ),
        (
            world(&SOURCE.replace("probability: p", "probability: score"), keep),
            "source.fields.probability: no record has `score`",
        ),
        (world(&SOURCE.replace("features: inputs", "features: x"), keep), "source.fields.features: no record has `x`"),
        (
            world(SOURCE, |record| record["p"] = json!(record["p"].as_f64().unwrap().mul_add(50.0, 1.5))),
            "source.fields.probability (`p`): no row has a score from 0 to 1",
        ),
        (
            world(SOURCE, |record| record["ts"] = json!("soon")),
            "none of 200 records has a readable time in `ts`, such as \"soon\"",
        ),
        (world(SOURCE, |record| record["inputs"] = json!({"age": 41})), "the nearest: `age` for `AGE`"),
    ] {
        let ran = config_check(&world);
        assert_eq!(ran.code, Some(2), "{expected}: {}", ran.stdout);
        assert!(ran.stderr.contains("first records of the log: ") && ran.stderr.contains(expected), "{}", ran.stderr);
        assert_eq!(check(&world).code, Some(2), "{expected}");
    }
    // Failed requests, and inputs and outputs that are two events, are no mistakes.
    let failing = world(&SOURCE.replace("id: id", "id: id, status: status"), |record| {
        *record = json!({"ts": record["ts"], "id": record["id"], "status": 500});
    });
    config_check(&failing).ok();
    let halves = world(SOURCE, |_| {});
    let log = fs::read_to_string(halves.path("log/a.ndjson")).unwrap();
    let half = |line: &str, key: &str| {
        let mut half: serde_json::Value = serde_json::from_str(line).unwrap();
        half.as_object_mut().unwrap().remove(key);
        format!("{half}\n")
    };
    halves.file("log/a.ndjson", log.lines().map(|line| half(line, "p") + &half(line, "inputs")).collect::<String>());
    config_check(&halves).ok();
}

#[test]
fn config_check_awaits_a_reference_that_learn_makes_from_it() {
    let world = self::world(SOURCE, |_| {});
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", format!("{config}segments: {{by: [JOB]}}\n"));
    fs::remove_file(world.path("ref.vigie")).unwrap();
    let said = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    assert!(said.contains("vigie.yaml: no problems found\nnote: `reference`: "), "{said}");
    assert!(said.contains("ref.vigie --segments --config vigie.yaml`"), "{said}");
    let mut args = LEARN.to_vec();
    args.extend(["--segments", "--config", "vigie.yaml"]);
    world.vigie(&args).ok();
    let said = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    assert!(!said.contains("note:"), "{said}");
    // Without segments, the reference does not depend on the config.
    world.file("vigie.yaml", config);
    fs::remove_file(world.path("ref.vigie")).unwrap();
    assert_eq!(world.vigie(&["config", "check", "--config", "vigie.yaml"]).code, Some(2));
}

/// A log that ended long ago: an explicit start is not cut to the last 31 windows, which have no record.
#[test]
fn an_explicit_start_includes_all_windows_with_records() {
    let world = watched("schedule: {lateness: 2h, start: 2026-10-02}\n");
    for number in [0, 1, 2, 4] {
        day(&world, number, 120, 0);
    }
    let watcher = Watcher::new(&world);
    // Days 1 to 4, of which day 3 is empty, and the last 31.
    assert_eq!(watcher.check(at(100, 6)).reported, 4 + 31);
    assert!(world.path("reports/m/20261002T000000Z_20261003T000000Z").exists());
    assert!(!world.path("reports/m/20261001T000000Z_20261002T000000Z").exists(), "before the start");
    assert_eq!(watcher.check(at(100, 7)).reported, 0);
    // Later downtime is limited as ever.
    day(&world, 110, 120, 0);
    assert_eq!(watcher.check(at(160, 6)).reported, 31);
    // Without a start, only the last 31 windows count.
    configure(&world, "schedule: {lateness: 2h}\n");
    fs::remove_dir_all(world.path("state")).unwrap();
    fs::remove_dir_all(world.path("reports")).unwrap();
    let watcher = Watcher::new(&world);
    assert!(watcher.check(at(100, 6)).reported <= 31);
}

#[test]
fn replay_without_a_model_file_reports_the_range() {
    let world = self::world(SOURCE, |_| {});
    let args = ["replay", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-03"];
    let said = world.vigie(&args).ok().stdout;
    assert!(said.contains("No rows were scored again: the config names no model file (model.file)."), "{said}");
    assert!(said.contains("2026-10-02T00:00:00Z no_data"), "{said}");
    let json = world.vigie(&[&args[..], &["--format", "json"]].concat()).ok().stdout;
    let summary: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(summary["replay"], serde_json::Value::Null);
    assert_eq!(summary["windows"].as_array().unwrap().len(), 2);
    let folder = world.path("reports/m/replay/20261001T000000Z_20261003T000000Z");
    assert!(folder.join("summary.html").exists());
    assert!(folder.join("20261001T000000Z_20261002T000000Z/report.html").exists());
}

#[test]
fn one_of_several_models_is_replayed_and_explained() {
    let world = self::world(SOURCE, |_| {});
    let source = "source: {path: log, fields: {timestamp: ts, features: inputs, probability: p, id: id}}";
    let model = |name: &str| format!("- model: {{name: {name}}}\n  reference: ref.vigie\n  {source}\n");
    world.file("vigie.yaml", format!("models:\n{}{}reports: {{dir: reports}}\n", model("a"), model("b")));
    let days = ["replay", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    let open = world.vigie(&days);
    assert_eq!(open.code, Some(2));
    assert!(open.stderr.contains("several models: a, b — choose one with `--name NAME`"), "{}", open.stderr);
    world.vigie(&[&days[..], &["--name", "b"]].concat()).ok();
    assert!(world.path("reports/b/replay").exists() && !world.path("reports/a").exists());
    let mistaken = world.vigie(&[&days[..], &["--model", "b"]].concat());
    assert!(mistaken.stderr.contains("use `--name b`"), "{}", mistaken.stderr);
    let explain = ["explain", "--config", "vigie.yaml", "--id", "r4-00001"];
    let open = world.vigie(&explain);
    assert!(open.stderr.contains("choose one with `--model NAME`"), "{}", open.stderr);
    // The model is found; what is missing is its file.
    let chosen = world.vigie(&[&explain[..], &["--model", "b"]].concat());
    assert!(chosen.stderr.contains("model.file: not set in the config"), "{}", chosen.stderr);
}

#[test]
fn a_folder_of_spreadsheets_says_how_to_export_them() {
    let world = self::world(SOURCE, |_| {});
    fs::remove_file(world.path("log/a.ndjson")).unwrap();
    world.file("log/october.xlsx", "PK");
    let ran = check(&world);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("october.xlsx is a spreadsheet: convert it: `python3 -c"), "{}", ran.stderr);
}

#[test]
fn large_numbers_are_written_in_one_way() {
    let world = self::world(SOURCE, |record| {
        if let Some(income) = record["inputs"]["INCOME"].as_f64() {
            record["inputs"]["INCOME"] = json!(income * 30.0 + 1e6);
        }
    });
    check(&world).ok();
    let page = || {
        let page = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html");
        fs::read_to_string(page).unwrap()
    };
    let incomes = applicants(200, 4).into_iter().filter_map(|one| one.income);
    let digits = format!("{:.0}", incomes.map(|income| income * 30.0 + 1e6).fold(0.0, f64::max));
    let (millions, rest) = digits.split_at(digits.len() - 6);
    let (thousands, ones) = rest.split_at(3);
    assert!(page().contains(&format!("{millions},{thousands},{ones}")), "{digits}");
    let english = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", english.replace("{dir: reports}", "{dir: reports, language: fr}"));
    check(&world).ok();
    assert!(page().contains(&format!("{millions}\u{202f}{thousands}\u{202f}{ones}")), "{digits}");
}
