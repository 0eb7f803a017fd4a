//! An outage of a source: many features, one story, one alert, told once and over once.

use std::fs;

use serde_json::{Map, Value, json};

use crate::{
    story::replay::{configure, day, home_credit},
    support::{
        watched::{Watcher, at},
        world::World,
    },
};

const BLOCK: &str = "BUREAU_";

/// A world with the example's reference and model. The model's parity is off: inputs are changed below, and scores are not.
fn bureau() -> World {
    let world = World::new();
    let shipped = format!("path: {}", home_credit("log").display());
    configure(&world, |config| {
        assert!(config.contains(&shipped) && config.contains("policy:\n"));
        config
            .replace(&shipped, "path: log")
            .replace("policy:\n", "policy:\n  parity: off\n  stale: {watch: null, alarm: null}\n")
    });
    world
}

/// Writes the example's first day, which is stable, as another day, with changed inputs.
fn write(world: &World, number: i64, change: impl Fn(usize, &mut Map<String, Value>)) {
    let date = at(number, 0).to_string()[..10].to_owned();
    let mut lines = day("2026-10-01");
    for (row, line) in lines.iter_mut().enumerate() {
        let ts = line["ts"].as_str().unwrap().replace("2026-10-01", &date);
        line["ts"] = json!(ts);
        line["request_id"] = json!(format!("{number}-{row}"));
        if let Some(inputs) = line.get_mut("inputs").and_then(Value::as_object_mut).filter(|inputs| !inputs.is_empty())
        {
            change(row, inputs);
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    world.file(&format!("log/{date}.ndjson"), text);
}

fn empty(inputs: &mut Map<String, Value>, prefix: &str) {
    inputs.iter_mut().filter(|(name, _)| name.starts_with(prefix)).for_each(|(_, value)| *value = Value::Null);
}

/// The stories of a day's report.
fn stories(world: &World, number: i64) -> Vec<Value> {
    let report = world.check(&at(number, 0).to_string(), &at(number + 1, 0).to_string());
    report["verdict"]["stories"].as_array().unwrap().clone()
}

fn members(story: &Value) -> Vec<&str> {
    story["members"].as_array().unwrap().iter().map(|member| member["feature"].as_str().unwrap()).collect()
}

#[test]
fn a_dead_source_is_one_story() {
    let world = bureau();
    write(&world, 0, |_, inputs| empty(inputs, BLOCK));
    let report = world.check("2026-10-01", "2026-10-02");
    let found = report["verdict"]["stories"].as_array().unwrap();
    let [story] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(
        (&story["kind"], &story["name"], &story["side"]),
        (&json!("gap"), &json!("BUREAU_*"), &json!("pipeline"))
    );
    assert_eq!(story["block"], json!({ "affected": 25, "features": 25, "prefix": "BUREAU_" }));
    assert_eq!(
        (story["sentence"].as_str(), story["severity"].as_str()),
        (Some("all 25 features of BUREAU_* are empty"), Some("alarm"),)
    );
    assert_eq!(members(story).len(), 25);
    let advice = story["advice"].as_str().unwrap();
    assert!(advice.contains("which source or join") && !advice.contains("reference"), "{advice}");
    // The headline, the page and the terminal say it once; each feature still has its findings.
    let sentence = report["verdict"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("all 25 features of BUREAU_* are empty; 25 of 125 features drifted"), "{sentence}");
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert!(findings.iter().filter(|finding| !finding["feature"].is_null()).count() >= 25, "{findings:?}");
    let page = world.path("reports/credit-default/20261001T000000Z_20261002T000000Z/report.html");
    let page = fs::read_to_string(page).unwrap();
    let list = page.split("<section id=\"findings\">").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(list.matches("BUREAU_*").count(), 1, "{list}");
    let told =
        world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok().stdout;
    assert!(told.lines().filter(|line| line.starts_with("alarm") && line.contains(BLOCK)).count() == 1, "{told}");
    assert!(told.contains("this looks like a fault in the data pipeline"), "{told}");
}

#[test]
fn a_dead_source_is_one_alert_and_recovers_once() {
    let world = bureau();
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        // On the third day one feature in a hundred rows comes back, and on the fourth two features are back altogether.
        write(&world, number, |row, inputs| {
            let kept: Vec<(String, Value)> = inputs
                .iter()
                .filter(|(name, _)| name.starts_with("BUREAU_DAYS_CREDIT_M"))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if (1..5).contains(&number) {
                empty(inputs, BLOCK);
            }
            if number == 4 || number == 3 && row % 100 == 0 {
                inputs.extend(kept);
            }
        });
        watcher.check(at(number + 1, 6));
    }
    let events = watcher.events();
    let of_bureau: Vec<&String> = events.iter().filter(|line| line.contains(BLOCK)).collect();
    let news: Vec<&&String> = of_bureau.iter().filter(|line| !line.contains("Reminded")).collect();
    assert_eq!(news, [&"10-03 Opened BUREAU_* presence", &"10-06 Recovered BUREAU_* presence"], "{events:?}");
    let mut ledger = watcher.ledger();
    let live = ledger.view(|entry| entry.live_alerts(None)).unwrap();
    assert!(live.iter().all(|alert| !alert.finding.subject.is_of_features()), "{live:?}");
}

/// A feature is in one story only, and its own alarm stays visible if it has another cause, in another block or in the same one.
#[test]
fn two_causes_on_one_day_are_two_stories() {
    let world = bureau();
    let days_employed = "DAYS_EMPLOYED";
    write(&world, 0, |row, inputs| {
        empty(inputs, BLOCK);
        if row % 10 < 4 {
            inputs.insert(days_employed.to_owned(), json!(365_243.0));
        }
    });
    write(&world, 1, |_, inputs| {
        empty(inputs, "BUREAU_DAYS_");
        for (_, value) in inputs.iter_mut().filter(|(name, _)| name.starts_with("BUREAU_AMT_CREDIT_SUM_")) {
            *value = value.as_f64().map_or(Value::Null, |number| json!(number * 1_000.0));
        }
    });
    let found = stories(&world, 0);
    let names: Vec<&str> = found.iter().map(|story| story["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"BUREAU_*") && names.contains(&days_employed), "{names:?}");
    let found = stories(&world, 1);
    let gap = found.iter().find(|story| story["kind"] == "gap").unwrap();
    assert_eq!(gap["name"], "BUREAU_DAYS_*", "{found:#?}");
    assert!(members(gap).iter().all(|name| name.starts_with("BUREAU_DAYS_")), "{gap:#}");
    let amounts: Vec<&Value> = found
        .iter()
        .filter(|story| members(story).iter().any(|name| name.starts_with("BUREAU_AMT_CREDIT_SUM_")))
        .collect();
    let moved: usize = amounts.iter().map(|story| members(story).len()).sum();
    assert_eq!(moved, 5, "{found:#?}");
    assert!(amounts.iter().all(|story| story["severity"] == "alarm" && story["kind"] != "gap"), "{found:#?}");
}
