//! A comparison is what `learn` and `check` find in the same rows.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{
    applicants::{Applicant, applicants},
    world::World,
};

/// The rows as CSV. `raise`: what is added to the income of each.
fn table(applicants: &[Applicant], raise: f64) -> String {
    let mut text = "ts,AGE,INCOME,JOB,EMPTY,p\n".to_owned();
    for (row, one) in applicants.iter().enumerate() {
        let hour = row % 24;
        let income = one.income.map_or(String::new(), |income| (income + raise).to_string());
        let job = one.job.as_deref().unwrap_or_default();
        let _ = writeln!(text, "2026-10-02T{hour:02}:00:00Z,{},{income},{job},,{}", one.age, one.probability);
    }
    text
}

/// Sections that differ by design: `run` always, `tables` and the file of the reference.
fn compared(json: &str) -> Value {
    let mut report: Value = serde_json::from_str(json).unwrap();
    let keys = report.as_object_mut().unwrap();
    keys.remove("run");
    keys.remove("tables");
    keys["reference"].as_object_mut().unwrap().remove("created_at");
    report
}

#[test]
fn a_comparison_equals_learn_and_check() {
    for raise in [0.0, 20_000.0] {
        let world = World::new();
        world.file("ref.csv", table(&applicants(900, 7), 0.0));
        world.file("cur.csv", table(&applicants(800, 8), raise));
        world.vigie(&["learn", "--data", "ref.csv", "--probability", "p", "--ignore", "ts", "--out", "r.vigie"]).ok();
        world.file(
            "vigie.yaml",
            "model: {name: compare}\nreference: r.vigie\nsource: {path: cur.csv, fields: {timestamp: ts, probability: p}}\n\
             reports: {dir: reports}\nstate: state\npolicy: {stale: {watch: null, alarm: null}}\n",
        );
        let day = ["--from", "2026-10-02", "--to", "2026-10-03", "--format", "json"];
        let checked = world.vigie(&[&["check", "--config", "vigie.yaml"][..], &day].concat()).ok().stdout;
        let compare = ["compare", "ref.csv", "cur.csv", "--probability", "p", "--format", "json"];
        let dated = world.vigie(&[&compare[..], &["--timestamp", "ts"]].concat()).ok().stdout;
        let (mut checked, dated) = (compared(&checked), compared(&dated));
        // The only difference in the config.
        checked["policy"]["stale"] = dated["policy"]["stale"].clone();
        assert_eq!(checked, dated);
        let severity = dated["verdict"]["severity"].as_str().unwrap();
        assert_eq!(severity == "alarm", raise > 0.0, "{severity}");

        // Without times, the rows are the same and so are the distances; only the moment of a change is not known.
        let ran = world.vigie(&[&compare[..], &["--ignore", "ts", "--out", "plain"]].concat()).ok();
        let plain = compared(&ran.stdout);
        let distances = |report: &Value| -> Vec<Value> {
            let features = report["features"].as_array().unwrap().iter().chain([&report["score"]]);
            features
                .map(|one| serde_json::json!([one["name"], one["psi"], one["ks"], one["chi2"], one["bins"]]))
                .collect()
        };
        assert_eq!(distances(&plain), distances(&dated));
        assert_eq!(plain["verdict"]["severity"], dated["verdict"]["severity"]);
        assert!(plain["window"]["from"].is_null() && plain["window"]["to"].is_null());
        let page = std::fs::read_to_string(world.path("plain/report.html")).unwrap();
        assert!(page.contains("compared with ref.csv") && !page.contains("1970"), "a time that no row has");
        assert_eq!(std::fs::read_to_string(world.path("plain/report.json")).unwrap(), ran.stdout);
    }
}

/// Neither row numbers nor identifiers are compared, and the output says so.
#[test]
fn columns_that_are_no_features_are_left_out() {
    let world = World::new();
    let rows = |from: usize| {
        let mut text = ",customer_id,token,date,AGE\n".to_owned();
        for row in from..from + 1_500 {
            let _ = writeln!(text, "{row},{row},t{row},2026-10-{:02},{}", row % 28 + 1, row % 50);
        }
        text
    };
    world.file("ref.csv", rows(0));
    world.file("cur/a.csv", rows(5_000));
    let ran = world.vigie(&["compare", "ref.csv", "cur", "--exit-code"]).ok();
    for note in
        ["column 1 has no name", "customer_id: an identifier", "token: its values hardly ever repeat", "date: a time"]
    {
        assert!(ran.stderr.contains(note), "{note}: {}", ran.stderr);
    }
    assert!(ran.stdout.starts_with("cur compared with ref.csv\nStable"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("report: vigie-report/report.html\n"), "{}", ran.stdout);
}
