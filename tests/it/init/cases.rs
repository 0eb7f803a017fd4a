//! A log in one layout, what the right mapping is, and the test that `init`, `learn` and `check` get there without an edit.

use serde_json::{Value, json};
use vigie::config::Settings;

use crate::support::{
    applicants::{Applicant, applicants},
    world::{Ran, World},
};

/// Rows of each of the two days.
pub(super) const ROWS: usize = 150;
const DAY_US: i64 = 86_400_000_000;
/// Inputs of an applicant in alphabetical order.
const INPUTS: [&str; 5] = ["AGE", "INCOME", "JOB", "OWNS", "emp.var.rate"];

/// A log in one layout, and the right config for it.
pub(super) struct Case {
    pub name: &'static str,
    /// The log's file.
    pub file: &'static str,
    pub write: fn(&[Applicant]) -> Vec<u8>,
    /// `source.fields`
    pub fields: Value,
    /// Other keys that are right, by their section: `source`, `model`.
    pub more: Value,
}

/// The applicants of two days; refused from a probability of 0.4 on.
pub(super) fn two_days() -> Vec<Applicant> {
    let later = |one: Applicant| Applicant { at: one.at + DAY_US, ..one };
    applicants(ROWS, 7).into_iter().chain(applicants(ROWS, 8).into_iter().map(later)).collect()
}

pub(super) fn is_refused(one: &Applicant) -> bool {
    one.probability >= 0.4
}

pub(super) fn lines(applicants: &[Applicant], line: impl Fn(&Applicant) -> Value) -> Vec<u8> {
    applicants.iter().flat_map(|one| format!("{}\n", line(one)).into_bytes()).collect()
}

/// The time without a zone.
pub(super) fn plain_time(one: &Applicant) -> String {
    one.rfc3339().trim_end_matches('Z').to_owned()
}

/// The commands that `init` prints.
#[track_caller]
pub(super) fn next(ran: &Ran) -> [Vec<String>; 2] {
    let commands = ran.stdout.lines().filter_map(|line| line.strip_prefix("  vigie "));
    let words = commands.map(|command| command.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect());
    let commands: Vec<Vec<String>> = words.collect();
    commands.try_into().unwrap_or_else(|other| panic!("{other:?} in {}", ran.stdout))
}

pub(super) fn run(world: &World, command: &[String]) -> Ran {
    world.vigie(&command.iter().map(String::as_str).collect::<Vec<_>>())
}

pub(super) fn settings(world: &World) -> Settings {
    let bytes = std::fs::read(world.path("vigie.yaml")).unwrap();
    Settings::from_bytes(&world.path("vigie.yaml"), &bytes).map_err(|problems| problems.to_string()).unwrap()
}

/// Compares the proposal with the right one, and checks the second day with the commands that are printed. Returns the report.
#[track_caller]
pub(super) fn proves(case: &Case, more: &[&str]) -> Value {
    let name = case.name;
    let world = World::new();
    world.file(&format!("log/{}", case.file), (case.write)(&two_days()));
    let mut args = vec!["init", "--log", "log", "--yes"];
    args.extend(more);
    let ran = world.vigie(&args).ok();
    let settings = settings(&world);
    assert_eq!(serde_json::to_value(&settings.source.fields).unwrap(), case.fields, "{name}: {}", ran.stdout);
    let source = serde_json::to_value(&settings.source).unwrap();
    let model = serde_json::to_value(&settings.model).unwrap();
    for (section, own) in [("source", &source), ("model", &model)] {
        for (key, wanted) in case.more[section].as_object().into_iter().flatten() {
            assert_eq!(&own[key], wanted, "{name}: {section}.{key}");
        }
    }
    let [learn, mut check] = next(&ran);
    run(&world, &learn).ok();
    check.extend(["--format", "json"].map(ToOwned::to_owned));
    let report: Value = serde_json::from_str(&run(&world, &check).ok().stdout).unwrap();
    let window = &report["window"];
    assert_eq!(window["rows_used"], ROWS, "{name}: {window}");
    let features: Vec<&str> =
        report["features"].as_array().unwrap().iter().map(|own| own["name"].as_str().unwrap()).collect();
    let wanted = case.more.get("features").cloned().unwrap_or_else(|| json!(INPUTS));
    let mut sorted = features.clone();
    sorted.sort_unstable();
    assert_eq!(json!(sorted), wanted, "{name}");
    let has_score = ["probability", "prediction"].iter().any(|key| !case.fields[*key].is_null());
    assert_eq!(!report["score"].is_null(), has_score, "{name}");
    // The two days are alike, and the values are read as they were written.
    let severity = report["verdict"]["severity"].as_str().unwrap();
    assert!(["stable", "watch"].contains(&severity), "{name}: {}", report["verdict"]);
    report
}
