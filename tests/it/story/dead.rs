//! An input that is dead or constant, on the example's days: the severity, the exit code, the sentence, the alert.

use serde_json::{Map, Value, json};

use crate::{
    story::replay::{configure, day, home_credit},
    support::world::World,
};

const DAY: [&str; 7] = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];

/// The first `rows` answered requests of a quiet day, with these inputs changed. Logged scores are not compared with the
/// model's, because they are those of the inputs before the change.
fn world(rows: usize, policy: &str, change: impl Fn(&mut Map<String, Value>)) -> World {
    let world = World::new();
    let is_answered = |line: &Value| line["inputs"].get("AMT_CREDIT").is_some() && line["endpoint"] == "/predict";
    let mut lines: Vec<Value> = day("2026-10-01").into_iter().filter(is_answered).take(rows).collect();
    lines.iter_mut().for_each(|line| change(line["inputs"].as_object_mut().unwrap()));
    world.file("log/day.ndjson", lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    let shipped = format!("path: {}", home_credit("log").display());
    configure(&world, |config| {
        assert!(config.contains(&shipped));
        config.replace(&shipped, "path: log").replace("policy:\n", &format!("policy:\n  parity: off\n{policy}"))
    });
    world
}

fn report(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

/// Features with a finding of a test, in the order of the report.
fn found(report: &Value, test: &str) -> Vec<String> {
    let findings = report["verdict"]["findings"].as_array().unwrap().iter();
    let own = findings.filter(|finding| finding["test"] == test);
    own.map(|finding| finding["feature"].as_str().unwrap_or("-").to_owned()).collect()
}

fn without_bureau(inputs: &mut Map<String, Value>) {
    let of_bureau = inputs.iter_mut().filter(|(name, _)| name.starts_with("BUREAU_"));
    of_bureau.for_each(|(_, value)| *value = Value::Null);
}

#[test]
fn a_dead_block_is_an_alarm_of_the_run_however_unimportant() {
    let world = world(700, "", without_bureau);
    let report = report(&world);
    assert_eq!(report["verdict"]["severity"], "alarm", "{}", report["verdict"]["sentence"]);
    let dead = found(&report, "dead");
    assert_eq!(dead.len(), 25, "{dead:?}");
    assert!(dead.iter().all(|name| name.starts_with("BUREAU_")), "{dead:?}");
    assert_eq!(found(&report, "missing"), Vec::<String>::new(), "that it is dead replaces that it is missing");
    let sentence = report["verdict"]["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("Alarm: all 25 features of BUREAU_* are empty;"), "{sentence}");
    // What each feature's other tests say stays with the feature.
    let of_block = |feature: &&Value| feature["name"].as_str().unwrap().starts_with("BUREAU_");
    let features: Vec<&Value> = report["features"].as_array().unwrap().iter().filter(of_block).collect();
    assert!(features.iter().all(|feature| feature["severity"] == "alarm"));
    let reasons = |feature: &Value| feature["reasons"].to_string();
    assert!(features.iter().all(|feature| reasons(feature).contains("no row has a value")), "{}", reasons(features[0]));
    assert!(features.iter().all(|feature| reasons(feature).contains("percentage points")), "{}", reasons(features[0]));
    let ran = world.vigie(&[&DAY[..], &["--exit-code"]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains(" dead "), "{}", ran.stdout);
}

#[test]
fn an_absent_block_is_an_alarm_of_the_run() {
    let world = world(700, "", |inputs| inputs.retain(|name, _| !name.starts_with("BUREAU_")));
    let report = report(&world);
    assert_eq!((&report["verdict"]["severity"], found(&report, "absent").len()), (&json!("alarm"), 25));
}

#[test]
fn the_severity_can_be_relaxed_per_feature() {
    let relaxed = world(700, "  dead: watch\n", without_bureau);
    assert_eq!(relaxed.vigie(&[&DAY[..], &["--exit-code"]].concat()).code, Some(0));
    let report_of = |policy: &str| {
        let world = world(700, policy, |inputs| {
            inputs.insert("BUREAU_DAYS_CREDIT_MAX".to_owned(), Value::Null);
        });
        report(&world)
    };
    let name = "BUREAU_DAYS_CREDIT_MAX";
    let strict = report_of("");
    assert_eq!((&strict["verdict"]["severity"], found(&strict, "dead")), (&json!("alarm"), vec![name.to_owned()]));
    let off = report_of(&format!("  features: {{{name}: {{dead: off}}}}\n"));
    assert_eq!(off["verdict"]["severity"], "watch");
    assert_eq!((found(&off, "dead").len(), found(&off, "missing")), (0, vec![name.to_owned()]));
    let watch = report_of(&format!("  features: {{{name}: {{dead: watch}}}}\n"));
    assert_eq!((&watch["verdict"]["severity"], found(&watch, "dead").len()), (&json!("watch"), 1));
}

/// The evidence is exact, so it needs no minimum of rows, and chance among few rows is not a finding.
#[test]
fn forty_rows_show_an_outage_and_nothing_else() {
    let quiet = report(&world(40, "", |_| ()));
    assert_eq!(quiet["verdict"]["severity"], "too_few");
    for test in ["dead", "absent", "constant"] {
        assert_eq!(found(&quiet, test), Vec::<String>::new(), "{test}");
    }
    let outage = report(&world(40, "", without_bureau));
    assert_eq!(outage["verdict"]["severity"], "alarm");
    assert_eq!((found(&outage, "dead").len(), found(&outage, "too_few").len()), (25, 1));
    let others = outage["features"].as_array().unwrap().iter();
    let others = others.filter(|feature| !feature["name"].as_str().unwrap().starts_with("BUREAU_"));
    assert!(others.clone().count() > 50 && others.into_iter().all(|feature| feature["severity"] == "too_few"));
}

#[test]
fn a_feature_that_became_constant_is_a_watch() {
    let constant = |policy: &str| {
        report(&world(700, policy, |inputs| {
            inputs.insert("CODE_GENDER".to_owned(), json!("F"));
            inputs.insert("DAYS_BIRTH".to_owned(), json!(-12_345));
        }))
    };
    let report = constant("");
    let mut names = found(&report, "constant");
    names.sort();
    assert_eq!(names, ["CODE_GENDER", "DAYS_BIRTH"]);
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let of = |name: &str| findings.iter().find(|one| one["feature"] == name && one["test"] == "constant").unwrap();
    assert_eq!((&of("CODE_GENDER")["severity"], &of("CODE_GENDER")["value"]), (&json!("watch"), &json!(1.0)));
    let reason = of("CODE_GENDER")["reason"].as_str().unwrap();
    assert!(reason.starts_with("all rows that have a value have the same, “F” (reference: 66."), "{reason}");
    assert!(of("DAYS_BIRTH")["reason"].as_str().unwrap().contains("have the same, -12,345"), "{}", of("DAYS_BIRTH"));
    assert_eq!(found(&constant("  constant: off\n"), "constant"), Vec::<String>::new());
}

/// Counts show the value of a numeric feature only if it is alone, or has a cell to itself.
#[test]
fn a_number_in_nearly_all_rows_is_found_between_values_of_the_reference() {
    let report = report(&world(700, "", |inputs| {
        if inputs["DAYS_BIRTH"].as_i64().unwrap() % 150 != 0 {
            inputs.insert("DAYS_BIRTH".to_owned(), json!(-12_345.5));
        }
    }));
    assert_eq!(found(&report, "constant"), ["DAYS_BIRTH"]);
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let constant = findings.iter().find(|one| one["test"] == "constant").unwrap();
    assert!((0.99..1.0).contains(&constant["value"].as_f64().unwrap()), "{constant}");
    let story = &report["verdict"]["stories"][0];
    assert_eq!((&story["kind"], &story["name"]), (&json!("constant"), &json!("DAYS_BIRTH")), "{story}");
}

#[test]
fn quiet_days_have_neither() {
    let report = report(&world(700, "", |_| ()));
    assert_eq!(report["verdict"]["severity"], "stable", "{}", report["verdict"]["sentence"]);
}
