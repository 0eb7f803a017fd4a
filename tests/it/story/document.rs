//! `report.json` as a typed document: its schema, the order of its keys, and reports of the previous version.

use std::{fs, path::Path};

use serde::Serialize;
use serde_json::{Value, json};
use vigie::{
    judge::{Severity, Test},
    report::{ReportDocument, TrendPoint, revision},
};

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    schema::violations,
    world::World,
};

/// Reports written by the previous version; see `tests/fixtures/former/README.md`.
const FORMER: [&str; 3] =
    ["reports/m/20261126T000000Z_20261127T000000Z/report.json", "check.report.json", "replay.report.json"];

fn former(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/former").join(name)).unwrap()
}

fn checked() -> Value {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config("path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n");
    let line = |one: &crate::support::applicants::Applicant| {
        format!("{}\n", json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability}))
    };
    world.file("log/a.ndjson", applicants(300, 4).iter().map(line).collect::<String>());
    world.check("2026-10-01", "2026-10-02")
}

#[test]
fn the_schema_describes_every_key() {
    let printed = World::new().vigie(&["config", "schema", "--report"]).ok().stdout;
    let schema: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(schema["title"], "vigie report");
    // `World::check` has checked the report as it is.
    let report = checked();
    let found = |edit: &dyn Fn(&mut Value)| {
        let mut report = report.clone();
        edit(&mut report);
        violations(&schema, &schema, &report)
    };
    assert_eq!(found(&|_| ()), [""; 0]);
    assert_eq!(found(&|report| report["novel"] = json!(1)), [".novel: not described"]);
    assert_eq!(found(&|report| report["features"][0]["psi"]["x"] = json!(1)), [".features[0].psi.x: not described"]);
    let without = |report: &mut Value| {
        report["window"].as_object_mut().unwrap().remove("rows");
    };
    assert_eq!(found(&without), [".window.rows: missing"]);
    let violation = ".verdict.severity: \"grave\" is not one of ";
    assert!(found(&|report| report["verdict"]["severity"] = json!("grave"))[0].starts_with(violation));
    assert!(found(&|report| report["window"]["rows"] = json!(1.5))[0].starts_with(".window.rows: 1.5 is not of type"));
}

#[test]
fn every_definition_of_the_schema_has_a_description() {
    let schema: Value = serde_json::from_str(&vigie::report::report_schema()).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    let unexplained: Vec<&String> =
        definitions.iter().filter(|(_, schema)| schema.get("description").is_none()).map(|(name, _)| name).collect();
    assert!(unexplained.is_empty() && definitions.len() > 60, "{unexplained:?}");
}

/// The lines of a report without those that the previous version did not write, and without commas at the end.
fn former_lines(text: &str) -> Vec<&str> {
    let mut skipped = 0;
    let mut kept = Vec::new();
    for line in text.lines().map(|line| line.trim_end_matches(',')) {
        match line.trim_start() {
            _ if skipped > 0 => skipped -= 1,
            "\"jensen_shannon\": {" => skipped = 2,
            "\"wasserstein\": null" | "\"subject\": null" | "\"stories\": []" | "\"quantile_source\": \"cells\"" => {}
            _ => kept.push(line),
        }
    }
    kept
}

/// Keys and their order are those of the previous version.
#[test]
fn former_reports_are_rendered_as_they_were() {
    for name in FORMER {
        let text = former(name);
        let document = ReportDocument::from_json(&text).unwrap();
        assert_eq!(former_lines(&document.to_json()), former_lines(&text), "{name}");
    }
}

fn assert_alphabetical(part: &impl Serialize) {
    assert_eq!(serde_json::to_string(part).unwrap(), serde_json::to_value(part).unwrap().to_string());
}

/// New keys have their place, too.
#[test]
fn keys_are_alphabetical_within_a_section() {
    let mut documents: Vec<ReportDocument> =
        FORMER.iter().map(|name| ReportDocument::from_json(&former(name)).unwrap()).collect();
    documents.push(serde_json::from_value(checked()).unwrap());
    for document in &documents {
        assert_alphabetical(&(&document.run, &document.window, &document.verdict, &document.latency));
        assert_alphabetical(&(&document.service, &document.performance, &document.cost, &document.segments));
        assert_alphabetical(&(&document.attribution, &document.reference, &document.other_version));
        for feature in &document.features {
            assert_alphabetical(&(&feature.missing, &feature.unseen, &feature.out_of_range, &feature.psi, &feature.ks));
            assert_alphabetical(&(&feature.jensen_shannon, &feature.wasserstein, &feature.chi2, &feature.summary));
            assert_alphabetical(&feature.attribution);
        }
    }
    assert!(documents.iter().any(|document| document.attribution.is_some()));
    assert!(
        documents.iter().any(|document| document.replay.as_ref().is_some_and(|replay| replay.challenger.is_some()))
    );
    assert!(documents.iter().any(|document| document.segments.is_some()));
    assert!(documents.iter().any(|document| document.cost.as_ref().is_some_and(|cost| cost.curve.is_some())));
}

#[test]
fn reports_of_other_versions_are_read() {
    let text = former(FORMER[0]);
    let read = ReportDocument::from_json(&text).unwrap();
    assert!(read.verdict.findings.iter().all(|finding| finding.subject.is_none()));
    assert!(
        read.features.iter().all(|feature| feature.jensen_shannon.value.is_none() && feature.wasserstein.is_none())
    );

    let mut later: Value = serde_json::from_str(&text).unwrap();
    later["forecast"] = json!({ "rows": 1 });
    later["run"]["host"] = json!("a");
    later["features"][0]["energy"] = json!({ "value": 0.5 });
    later["policy"]["energy"] = json!({ "watch": 0.1 });
    let point = TrendPoint::from_document(read);
    assert_eq!(TrendPoint::from_document(serde_json::from_value(later.clone()).unwrap()), point);

    // A test that this version does not know is skipped; its finding counts.
    let mut finding = later["verdict"]["findings"][0].clone();
    (finding["test"], finding["feature"], finding["segment"]) = (json!("energy"), Value::Null, Value::Null);
    later["verdict"]["findings"].as_array_mut().unwrap().push(finding);
    let read: ReportDocument = serde_json::from_value(later.clone()).unwrap();
    assert_eq!(read.verdict.findings.last().unwrap().test, "energy");
    let with_unknown = TrendPoint::from_document(read);
    assert_eq!(with_unknown.head.findings, point.head.findings + 1);
    assert_eq!(with_unknown.head.severities, point.head.severities);
    assert_eq!(point.head.severities.get(&Test::Source), Some(&Severity::Watch));

    // Sections that were added after the first version.
    for section in ["service", "latency", "performance", "cost", "segments", "replay", "attribution", "other_version"] {
        later.as_object_mut().unwrap().remove(section);
    }
    let read: ReportDocument = serde_json::from_value(later.clone()).unwrap();
    assert_eq!(TrendPoint::from_document(read).features, point.features);
    // The revision does not depend on other sections.
    later["verdict"] = json!("?");
    assert!(ReportDocument::from_json(&later.to_string()).is_err());
    assert_eq!(revision(&later.to_string()), Some(point.head.revision));
}
