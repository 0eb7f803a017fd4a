//! The example's days sent through the scoring API, with faults planted in what is sent: the daemon proves the log that the API
//! makes, and names each fault on its day. The log in files is tested here, the one in PostgreSQL in `postgres::serve`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::process::{Served, example_records, log_files, logged, start, world_with};
use crate::{
    skew::table::{Client, finding, parquet, unequal},
    support::world::World,
};

pub(crate) const CLEAN: &str = "2026-10-01";
const STALE: &str = "2026-10-03";
const SENTINEL: &str = "2026-10-06";
const RENAMED: &str = "2026-10-08";
const OTHER_NAME: &str = "Higher ed.";

/// A day of applicants whose features are known.
pub(crate) struct SentDay {
    pub date: String,
    pub clients: Vec<Client>,
}

/// Days of applicants: four with 80 each; with `VIGIE_SERVED_ROWS`, that many on each of the 14 days that has records.
pub(crate) fn days() -> Vec<SentDay> {
    let rows = std::env::var("VIGIE_SERVED_ROWS").ok().and_then(|rows| rows.parse::<usize>().ok());
    let records = example_records(usize::MAX);
    let mut known = BTreeSet::new();
    let mut days: Vec<SentDay> = Vec::new();
    for day in 1..=14 {
        let date = format!("2026-10-{day:02}");
        if rows.is_none() && ![CLEAN, STALE, SENTINEL, RENAMED].contains(&date.as_str()) {
            continue;
        }
        let own = records.iter().filter(|record| record["ts"].as_str().unwrap().starts_with(&date));
        let client = |record: &Value| {
            let id = record["sk_id_curr"].as_str().unwrap().to_owned();
            (id, record["inputs"].as_object().unwrap().clone())
        };
        let own = own.map(client).filter(|(id, _)| known.insert(id.clone()));
        let clients: Vec<Client> = own.take(rows.unwrap_or(80)).collect();
        // The example has a day without records.
        if !clients.is_empty() {
            days.push(SentDay { date, clients });
        }
    }
    days
}

/// What a broken service sends on a day.
fn plant(date: &str, number: usize, inputs: &mut Map<String, Value>, earlier: &[Client]) {
    match date {
        STALE => {
            let old = &earlier[number % earlier.len()].1;
            let bureau = old.iter().filter(|(name, _)| name.starts_with("BUREAU_"));
            inputs.extend(bureau.map(|(name, value)| (name.clone(), value.clone())));
        }
        SENTINEL if inputs["DAYS_EMPLOYED"].is_null() => inputs["DAYS_EMPLOYED"] = json!(365_243),
        RENAMED if inputs["NAME_EDUCATION_TYPE"] == "Higher education" => {
            inputs["NAME_EDUCATION_TYPE"] = json!(OTHER_NAME);
        }
        _ => {}
    }
}

/// Sends a day: on the clean one, a third of the applicants by their id alone. `id`: the key of the id.
pub(crate) fn send(api: &Served, day: &SentDay, earlier: &[Client], id: &str) {
    for (number, (client, features)) in day.clients.iter().enumerate() {
        let mut inputs = if day.date == CLEAN && number % 3 == 0 { Map::new() } else { features.clone() };
        if !inputs.is_empty() {
            plant(&day.date, number, &mut inputs, earlier);
        }
        inputs.insert(id.to_owned(), json!(client.parse::<i64>().unwrap()));
        let headers = [("x-request-id", format!("{}-{number}", day.date))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = api.post_with("/predict", &Value::Object(inputs).to_string(), &headers).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// The report of a day: every record is there, every score is the model's, and the skew is what was planted.
#[track_caller]
pub(crate) fn assert_proven(world: &World, day: &SentDay) -> Value {
    let date: jiff::civil::Date = day.date.parse().unwrap();
    let report = world.check(&day.date, &date.tomorrow().unwrap().to_string());
    let (window, sent) = (&report["window"], day.clients.len());
    assert_eq!((&window["rows_used"], &window["rejected"]["no_probability"]), (&json!(sent), &Value::Null), "{window}");
    assert_eq!(window["sequence"], json!({"dropped": 0, "missing": 0, "writers": 0}));
    assert_eq!((&report["replay"]["compared"], &report["replay"]["mismatches"]), (&json!(sent), &json!(0)));
    assert_eq!(report["skew"]["compared"], json!(sent), "{}", report["skew"]);
    let counted = |is: fn(&Map<String, Value>) -> bool| day.clients.iter().filter(|(_, own)| is(own)).count() as u64;
    let reason = || finding(&report).unwrap()["reason"].as_str().unwrap().to_owned();
    match day.date.as_str() {
        STALE => {
            let found = unequal(&report);
            assert!(!found.is_empty() && found.iter().all(|(name, _, _)| name.starts_with("BUREAU_")), "{found:?}");
            assert!(
                reason().contains("features of BUREAU_*: other values than in the feature table in up to "),
                "{}",
                reason()
            );
        }
        SENTINEL => {
            let rows = counted(|own| own["DAYS_EMPLOYED"].is_null());
            assert_eq!(unequal(&report), [("DAYS_EMPLOYED".to_owned(), "constant".to_owned(), rows)]);
            assert!(reason().contains("DAYS_EMPLOYED: 365,243 in place of a missing value in "), "{}", reason());
        }
        RENAMED => {
            let rows = counted(|own| own["NAME_EDUCATION_TYPE"] == "Higher education");
            assert_eq!(unequal(&report), [("NAME_EDUCATION_TYPE".to_owned(), "renamed".to_owned(), rows)]);
            assert!(reason().contains("“Higher education” logged as “Higher ed.” in "), "{}", reason());
        }
        _ => assert_eq!((unequal(&report), finding(&report)), (Vec::new(), None)),
    }
    report
}

/// Every score of all days is the model's.
#[track_caller]
pub(crate) fn assert_replayed(world: &World, rows: usize) {
    let ran = world.vigie(&["replay", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-15"]).ok();
    assert!(
        ran.stdout.contains("rows scored again give the logged score, at the precision of the log (full precision)")
    );
    // Compared, differing, and the largest difference of each day.
    let days = ran.stdout.lines().filter(|line| line.starts_with("2026-10-") && !line.contains("no_data"));
    let days: Vec<Vec<&str>> = days.map(|line| line.split_whitespace().collect()).collect();
    assert!(days.len() > 3 && days.iter().all(|day| day[2..4] == ["0", "0.0e0"]), "{}", ran.stdout);
    let digits: String = ran.stdout.split("All ").nth(1).unwrap().chars().take_while(|char| *char != 'r').collect();
    let counted: String = digits.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(counted, rows.to_string(), "{}", ran.stdout);
}

#[test]
fn the_log_in_files_is_proven_day_by_day() {
    let days = days();
    let world =
        world_with("features: {path: features.parquet, id: SK_ID_CURR}\npolicy: {min_rows: 50}", "log: {dir: log}");
    let all: Vec<Client> = days.iter().flat_map(|day| day.clients.clone()).collect();
    world.file("features.parquet", parquet(&all));
    for day in &days {
        let api = start(&world, &[("VIGIE_NOW", &format!("{}T12:00:00Z", day.date))]);
        send(&api, day, &days[0].clients, "SK_ID_CURR");
        api.stop();
        assert_proven(&world, day);
    }
    assert_eq!(logged(&world, "log").len(), all.len());
    assert_replayed(&world, all.len());
    lose_three_records(&world, &days[0]);
}

/// Three lines are deleted from the middle of a file: the check says so in each place that people read.
fn lose_three_records(world: &World, day: &SentDay) {
    let text = log_files(world, "log").remove(0);
    let kept: String = text
        .split_inclusive('\n')
        .enumerate()
        .filter(|(line, _)| !(4..7).contains(line))
        .map(|(_, line)| line)
        .collect();
    let folder = world.path(&format!("log/day={}", day.date));
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    std::fs::write(file, kept).unwrap();
    let report = world.check(&day.date, "2026-10-02");
    assert_eq!(report["window"]["sequence"], json!({"dropped": 0, "missing": 3, "writers": 1}));
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["test"] == "sequence").unwrap();
    assert_eq!(found["severity"], "watch");
    let said = "3 records are missing in the log";
    assert!(found["reason"].as_str().unwrap().contains(said), "{found}");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", &day.date, "--to", "2026-10-02"]).ok();
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let page = || {
        let path = "reports/credit-default/20261001T000000Z_20261002T000000Z/report.html";
        std::fs::read_to_string(world.path(path)).unwrap()
    };
    assert!(page().contains(said) && page().contains("missing by sequence number"));
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("reports: {dir: reports}", "reports: {dir: reports, language: fr}"));
    world.check(&day.date, "2026-10-02");
    assert!(page().contains("3 enregistrements manquent dans le journal"), "the page in French");
}
