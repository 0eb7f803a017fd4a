//! CSV with other separators, decimal signs and encodings is the same table; a form that does not fit is named, and never guessed
//! where a config states one.

use std::{fmt::Write as _, fs};

use serde_json::Value;

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    world::World,
};

const FIELDS: &str = "path: log.csv\nfields: {timestamp: ts, id: id, probability: p}\n";

/// A form as in the config, and the text of a file in it.
struct Form {
    yaml: &'static str,
    argument: &'static str,
    separator: u8,
    has_commas: bool,
    encode: fn(&str) -> Vec<u8>,
}

const FORMS: [Form; 4] = [
    Form {
        yaml: "{separator: \";\", decimal: \",\"}",
        argument: "separator=; decimal=,",
        separator: b';',
        has_commas: true,
        encode: |text| format!("\u{feff}{text}").into_bytes(),
    },
    Form {
        yaml: "{separator: tab, encoding: utf-16le}",
        argument: "separator=tab encoding=utf-16le",
        separator: b'\t',
        has_commas: false,
        encode: |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
    },
    Form {
        yaml: "{separator: \"|\", decimal: \",\", encoding: utf-16be}",
        argument: "separator=| decimal=, encoding=utf-16be",
        separator: b'|',
        has_commas: true,
        encode: |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    },
    Form {
        yaml: "{separator: \";\", decimal: \",\", encoding: windows-1252}",
        argument: "separator=; decimal=, encoding=windows-1252",
        separator: b';',
        has_commas: true,
        encode: |text| text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect(),
    },
];

impl Form {
    /// The same rows in this form.
    fn write(&self, usual: &str) -> Vec<u8> {
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(usual.as_bytes());
        let mut writer = csv::WriterBuilder::new().delimiter(self.separator).from_writer(Vec::new());
        for row in rows.records() {
            let row = row.unwrap();
            let cell = |cell: &str| match cell.parse::<f64>() {
                Ok(_) if self.has_commas => cell.replace('.', ","),
                _ => cell.to_owned(),
            };
            writer.write_record(row.iter().map(cell)).unwrap();
        }
        (self.encode)(&String::from_utf8(writer.into_inner().unwrap()).unwrap())
    }
}

/// The log as CSV, and its labels.
fn log(naive: bool) -> (String, String) {
    let table = training_csv(600);
    let mut rows = table.lines();
    let mut log = format!("ts,id,{}\n", rows.next().unwrap());
    let mut labels = "request_id,actual\n".to_owned();
    for (row, one) in rows.zip(applicants(600, 4)) {
        let time = one.rfc3339();
        let time = if naive { time.trim_end_matches('Z') } else { &time };
        let _ = writeln!(log, "{time},{},{row}", one.id);
        let _ = writeln!(labels, "{},{}", one.id, u8::from(one.owns));
    }
    (log, labels)
}

fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    let (log, labels) = log(false);
    world.file("log.csv", log);
    world.file("labels.csv", labels);
    world.config(FIELDS);
    with_labels(&world, "{path: labels.csv}");
    world
}

fn with_labels(world: &World, labels: &str) {
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", format!("{config}labels: {labels}\n"));
}

/// All that a report says about the rows.
fn findings(world: &World) -> Value {
    let report = world.check("2026-10-01", "2026-10-02");
    serde_json::json!([report["rows"], report["features"], report["score"], report["performance"], report["verdict"]])
}

#[test]
fn every_form_is_the_same_table() {
    let world = world();
    let (log, labels) = log(false);
    let learnt = world.vigie(LEARN).ok().stdout;
    let usual = findings(&world);
    for form in &FORMS {
        world.file("train.csv", form.write(&training_csv(1_000)));
        assert_eq!(world.vigie(&[LEARN, &["--csv", form.argument]].concat()).ok().stdout, learnt, "{}", form.yaml);
        world.file("log.csv", form.write(&log));
        world.file("labels.csv", form.write(&labels));
        world.config(&format!("{FIELDS}csv: {}\n", form.yaml));
        with_labels(&world, &format!("{{path: labels.csv, csv: {}}}", form.yaml));
        assert_eq!(findings(&world), usual, "{}", form.yaml);
        // Compared without saying how they are written.
        world.file("usual.csv", training_csv(1_000));
        let compare = |table: &str| world.vigie(&["compare", "usual.csv", table, "--format", "json"]).ok();
        let (found, same) = (compare("train.csv"), compare("usual.csv"));
        let features = |stdout: &str| serde_json::from_str::<Value>(stdout).unwrap()["features"].clone();
        assert_eq!(features(&found.stdout), features(&same.stdout), "{}", form.yaml);
        let note = format!("note: train.csv: read as CSV with {} (", form.argument);
        assert!(found.stderr.contains(&note), "{}", found.stderr);
        assert!(!same.stderr.contains("read as CSV"), "{}", same.stderr);
    }
}

#[test]
fn init_states_the_form_that_it_found() {
    let world = World::new();
    world.file("train.csv", FORMS[3].write(&training_csv(1_000)));
    world.file("log.csv", FORMS[0].write(&log(false).0));
    let said = world.vigie(&["init", "--log", "log.csv", "--data", "train.csv", "--yes"]).ok().stdout;
    assert!(said.contains("--csv 'separator=; decimal=, encoding=windows-1252'"), "{said}");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    assert!(config.contains("  csv: {separator: \";\", decimal: \",\"}"), "{config}");
    assert!(config.contains(" rows have 9 cells, as the header; "), "{config}");
    assert!(said.contains("600 of 600 sampled records can be used"), "{said}");
}

#[test]
fn a_form_that_does_not_fit_is_named_before_and_at_the_check() {
    let world = world();
    let usual = log(false).0.into_bytes();
    for (yaml, log, why) in [
        ("{}", FORMS[0].write(&log(false).0), "looks like CSV with `;` between the cells"),
        ("{}", FORMS[1].write(&log(false).0), "set `csv: {encoding: utf-16le}` next to `path`"),
        ("{}", FORMS[3].write(&log(false).0), "set `csv: {encoding: windows-1252}` next to `path`"),
        ("{separator: \";\"}", usual.clone(), "looks like CSV with commas between the cells, and not the separator"),
        ("{encoding: utf-16be}", usual.clone(), "is not text in the encoding that is set"),
        ("{encoding: windows-1252}", usual.clone(), "is not text in the encoding that is set"),
        ("{separator: \":\"}", usual.clone(), "`source.csv.separator` must be one of `,`, `;`, `tab`, `|`"),
        ("{delimiter: \";\"}", usual, "delimiter"),
    ] {
        world.file("log.csv", log);
        world.config(&format!("{FIELDS}csv: {yaml}\n"));
        for command in [&["config", "check"][..], &["check", "--from", "2026-10-01", "--to", "2026-10-02"]] {
            let ran = world.vigie(&[command, &["--config", "vigie.yaml"]].concat());
            assert_eq!(ran.code, Some(2), "{yaml}: {}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains(why), "{yaml}: {}", ran.stderr);
        }
    }
}

#[test]
fn config_check_tells_what_the_first_records_hold() {
    let world = world();
    let config_check = || world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    let said = config_check().ok().stdout;
    assert!(said.contains("log: 600 of the first 600 records can be used, from 2026-10-01T00:00:00.037"), "{said}");
    assert!(!said.contains("note: "), "{said}");
    // Local times, an absent feature and decimal commas.
    world.file("log.csv", log(true).0.replacen("OWNS,TARGET", "owns,AGE", 1));
    let said = config_check().ok().stdout;
    assert!(said.contains("note: the times of the records have no time zone and are read as UTC"), "{said}");
    assert!(said.contains("note: names that occur twice in a record or header: `AGE`; of JSON keys"), "{said}");
    assert!(said.contains("note: features of the reference that no record has: `OWNS`\n"), "{said}");
    assert!(said.contains("note: `OWNS` is probably `owns` in the records"), "{said}");
    world.file("log.csv", FORMS[0].write(&log(false).0));
    world.config(&format!("{FIELDS}csv: {{separator: \";\"}}\n"));
    let said = config_check();
    assert!(said.code == Some(2) && said.stderr.contains("no row has a score from 0 to 1"), "{}", said.stderr);
    // Labels and the feature table.
    world.file("log.csv", log(false).0);
    for (section, content, why) in [
        ("labels: {path: other.csv}", "req,actual\nr4-00001,1\n", "has no column `request_id`; available: req, actual"),
        (
            "labels: {path: other.csv}",
            "request_id,actual\n1,good\n2,bad\n",
            "none of the first 2 labels in `actual` is 0 or 1",
        ),
        ("labels: {path: other.csv}", "request_id,actual\n,1\n,0\n", "`request_id` is empty in the first 2 rows"),
        ("labels: {path: other.csv}", "request_id;actual\n1;0\n", "looks like CSV with `;` between the cells"),
        ("features: {path: other.csv, id: client}", "customer,AGE\n1,40\n", "has no column `client`; available: "),
        ("features: {path: other.csv, id: client}", "client,foo\n1,40\n", "the table has no feature of the reference"),
    ] {
        world.file("other.csv", content);
        let entity = if section.starts_with("features") { ", entity: id" } else { "" };
        world.config(&FIELDS.replace(", id: id", &format!(", id: id{entity}")));
        let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
        world.file("vigie.yaml", format!("{config}{section}\n"));
        let ran = config_check();
        assert_eq!(ran.code, Some(2), "{section}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
    }
}
