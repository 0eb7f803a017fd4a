//! Four faults on a day each, and a clean day: each fault is found, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::table::{DAYS, check, clients, finding, log, ndjson, parquet, unequal, with_features};
use crate::support::world::World;

const CLEAN: &str = DAYS[0];
const SENTINEL: &str = DAYS[2];
const STALE: &str = DAYS[1];
const RENAMED: &str = DAYS[3];
const ZEROS: &str = DAYS[4];

/// The name that a broken service gives to a level.
const OTHER_NAME: &str = "Higher ed.";

/// A world with all days, whose faults are in the log only.
fn world() -> World {
    let world = World::new();
    let previous = clients(&[CLEAN]);
    log(&world, CLEAN, |_, _| ());
    log(&world, SENTINEL, |_, inputs| {
        if inputs["DAYS_EMPLOYED"].is_null() {
            inputs["DAYS_EMPLOYED"] = json!(365_243);
        }
    });
    log(&world, STALE, |client, inputs| {
        let old = &previous[client % previous.len()].1;
        let bureau = old.iter().filter(|(name, _)| name.starts_with("BUREAU_"));
        inputs.extend(bureau.map(|(name, value)| (name.clone(), value.clone())));
    });
    log(&world, RENAMED, |_, inputs| {
        if inputs["NAME_EDUCATION_TYPE"] == "Higher education" {
            inputs["NAME_EDUCATION_TYPE"] = json!(OTHER_NAME);
        }
    });
    log(&world, ZEROS, |_, inputs| {
        let previous = inputs.iter_mut().filter(|(name, value)| name.starts_with("PREV_") && value.is_null());
        previous.for_each(|(_, value)| *value = json!(0));
    });
    world
}

fn counted(clients: &[(String, Map<String, Value>)], is_counted: impl Fn(&Map<String, Value>) -> bool) -> u64 {
    clients.iter().filter(|(_, features)| is_counted(features)).count() as u64
}

#[test]
fn each_fault_is_found_on_its_day_and_a_clean_day_has_no_finding() {
    let world = world();
    world.file("features.parquet", parquet(&clients(&DAYS)));
    with_features(&world, "features: {path: features.parquet, id: SK_ID_CURR}");

    let clean = check(&world, CLEAN);
    let skew = &clean["skew"];
    assert_eq!((&skew["rows"], &skew["compared"], &skew["features_compared"]), (&json!(700), &json!(700), &json!(125)));
    assert_eq!((unequal(&clean), finding(&clean)), (Vec::new(), None), "{skew}");
    assert_eq!((&clean["verdict"]["severity"], &clean["replay"]["mismatches"]), (&json!("stable"), &json!(0)));

    let report = check(&world, SENTINEL);
    let empty = counted(&clients(&[SENTINEL]), |features| features["DAYS_EMPLOYED"].is_null());
    assert_eq!(unequal(&report), [("DAYS_EMPLOYED".to_owned(), "constant".to_owned(), empty)]);
    let found = finding(&report).unwrap();
    assert_eq!(found["severity"], "alarm");
    let reason = found["reason"].as_str().unwrap();
    assert!(reason.contains("DAYS_EMPLOYED: 365,243 in place of a missing value in "), "{reason}");
    let of_missing = &report["skew"]["features"][0];
    assert_eq!((&of_missing["value"], &of_missing["of_missing"]), (&json!(365_243.0), &json!(true)));

    let report = check(&world, STALE);
    let names: BTreeSet<String> = unequal(&report).into_iter().map(|(name, _, _)| name).collect();
    assert!(names.len() == 25 && names.iter().all(|name| name.starts_with("BUREAU_")), "{names:?}");
    let found = finding(&report).unwrap();
    let reason = found["reason"].as_str().unwrap();
    assert!(
        reason.contains("all 25 features of BUREAU_*: other values than in the feature table in up to ")
            && !reason.contains(';'),
        "one cause: {reason}"
    );
    assert_eq!(found["severity"], "alarm");

    let report = check(&world, RENAMED);
    let renamed = counted(&clients(&[RENAMED]), |features| features["NAME_EDUCATION_TYPE"] == "Higher education");
    assert_eq!(unequal(&report), [("NAME_EDUCATION_TYPE".to_owned(), "renamed".to_owned(), renamed)]);
    let levels = json!([{"stored": "Higher education", "logged": OTHER_NAME, "rows": renamed}]);
    assert_eq!(report["skew"]["features"][0]["levels"], levels);
    let reason = finding(&report).unwrap()["reason"].as_str().unwrap();
    assert!(reason.contains("NAME_EDUCATION_TYPE: “Higher education” logged as “Higher ed.” in "), "{reason}");

    let report = check(&world, ZEROS);
    let found = unequal(&report);
    let has_gap = |name: &str| counted(&clients(&[ZEROS]), |features| features[name].is_null()) > 0;
    let names: Vec<String> = super::table::names(&clients(&[ZEROS]));
    let expected: BTreeSet<&String> = names.iter().filter(|name| name.starts_with("PREV_") && has_gap(name)).collect();
    assert_eq!(found.iter().map(|(name, _, _)| name).collect::<BTreeSet<_>>(), expected);
    assert!(found.iter().all(|(_, kind, _)| kind == "constant"), "{found:?}");
    let reason = finding(&report).unwrap()["reason"].as_str().unwrap();
    assert!(reason.contains("features of PREV_*: 0 in place of a missing value in up to "), "{reason}");
    assert!(!reason.contains(';'), "one cause: {reason}");
}

/// The page, the terminal and the French page name feature, kind and share, and no id.
#[test]
fn page_and_terminal_show_the_features_that_differ() {
    let world = world();
    world.file("features.ndjson", ndjson(&clients(&DAYS)));
    let section = "features: {path: features.ndjson, id: SK_ID_CURR}";
    with_features(&world, section);
    let args = ["check", "--config", "vigie.yaml", "--from", SENTINEL, "--to", "2026-10-07"];
    let ran = world.vigie(&args).ok();
    assert!(ran.stdout.contains("skew"), "{}", ran.stdout);
    assert!(ran.stdout.contains("DAYS_EMPLOYED: 365,243 in place of a missing value"), "{}", ran.stdout);
    let folder = "reports/credit-default/20261006T000000Z_20261007T000000Z/report.html";
    let page = std::fs::read_to_string(world.path(folder)).unwrap();
    let section_of =
        |page: &str| page.split("<section id=\"skew\">").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
    let shown = section_of(&page);
    assert!(shown.contains("365,243 in place of a missing value") && shown.contains(">DAYS_EMPLOYED</a>"), "{shown}");
    assert!(page.contains("href=\"#skew\""), "the finding leads to the section");
    let ids: Vec<String> = clients(&[SENTINEL]).into_iter().map(|(id, _)| id).collect();
    assert!(ids.iter().all(|id| !shown.contains(&format!(">{id}<"))));
    with_features(&world, section);
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("  keep: 400d\n", "  keep: 400d\n  language: fr\n"));
    world.vigie(&args).ok();
    let page = std::fs::read_to_string(world.path(folder)).unwrap();
    assert!(section_of(&page).contains("365\u{202f}243 à la place d’une valeur manquante"), "{}", section_of(&page));
}

/// The comparison depends on neither threads nor the order of the rows, on either side.
#[test]
fn the_order_of_rows_does_not_matter() {
    let world = world();
    let mut all = clients(&DAYS);
    world.file("features.ndjson", ndjson(&all));
    with_features(&world, "features: {path: features.ndjson, id: SK_ID_CURR}");
    let first = check(&world, STALE)["skew"].clone();
    all.reverse();
    world.file("features.ndjson", ndjson(&all));
    let path = world.path(&format!("log/{STALE}.ndjson"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    std::fs::write(&path, format!("{}\n", lines.join("\n"))).unwrap();
    assert_eq!(check(&world, STALE)["skew"], first);
}
