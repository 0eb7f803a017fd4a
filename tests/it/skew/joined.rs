//! Joining by id: clients that are not in the table or are in it twice, rows without an id, and tables that cannot be read.

use serde_json::{Value, json};

use super::table::{Client, DAYS, check, clients, finding, log, names, ndjson, with_features};
use crate::support::world::World;

const DAY: &str = DAYS[0];
const SECTION: &str = "features: {path: features.ndjson, id: SK_ID_CURR}";

fn world(table: &[Client]) -> World {
    let world = World::new();
    log(&world, DAY, |_, _| ());
    world.file("features.ndjson", ndjson(table));
    with_features(&world, SECTION);
    world
}

fn counts(report: &Value) -> [u64; 6] {
    let keys = ["rows", "compared", "not_found", "duplicates", "ambiguous", "without_id"];
    keys.map(|key| report["skew"][key].as_u64().unwrap())
}

#[test]
fn clients_that_are_missing_or_twice_are_counted() {
    let mut table = clients(&[DAY]);
    let mut twice = table[10..13].to_vec();
    twice.iter_mut().for_each(|(_, features)| features["AMT_CREDIT"] = json!(1));
    table.drain(..7);
    table.extend(twice);
    let world = world(&table);
    let report = check(&world, DAY);
    assert_eq!(counts(&report), [700, 690, 7, 3, 3, 0]);
    assert_eq!((finding(&report), &report["skew"]["features"]), (None, &json!([])));
    let page =
        std::fs::read_to_string(world.path("reports/credit-default/20261001T000000Z_20261002T000000Z/report.html"));
    let page = page.unwrap();
    assert!(page.contains("The ids of 7 rows are not in the feature table."), "counts are on the page");
    assert!(page.contains("3 ids have more than one row in the feature table"));
}

#[test]
fn ids_are_the_same_in_any_spelling_and_rows_without_one_are_counted() {
    let world = world(&clients(&[DAY]));
    let path = world.path(&format!("log/{DAY}.ndjson"));
    let text = std::fs::read_to_string(&path).unwrap();
    // Numbers with a zero fraction, and no id at all.
    let spelled = text.replace("\"sk_id_curr\":\"100001\"", "\"sk_id_curr\":100001.0");
    let spelled = spelled.replace("\"sk_id_curr\":\"100002\"", "\"sk_id_curr\":null");
    assert!(spelled.len() != text.len());
    std::fs::write(&path, spelled).unwrap();
    assert_eq!(counts(&check(&world, DAY)), [700, 699, 0, 0, 0, 1]);
}

#[test]
fn a_feature_that_the_table_lacks_is_named_and_not_compared() {
    let mut table = clients(&[DAY]);
    let name = names(&table)[3].clone();
    table.iter_mut().for_each(|(_, features)| {
        features.remove(&name);
    });
    let report = check(&world(&table), DAY);
    assert_eq!((&report["skew"]["not_in_table"], &report["skew"]["features_compared"]), (&json!([name]), &json!(124)));
    assert_eq!(finding(&report), None);
}

/// The rest of the report is the same, and one sentence says why.
#[test]
fn a_table_that_cannot_be_compared_does_not_prevent_the_report() {
    let whole = clients(&[DAY]);
    let world = world(&whole);
    let without = |mut report: Value| {
        let report_keys = report.as_object_mut().unwrap();
        ["run", "skew", "verdict"].iter().for_each(|key| drop(report_keys.remove(*key)));
        report
    };
    let good = check(&world, DAY);
    let sentence = |key: &str| {
        let report = check(&world, DAY);
        assert_eq!(without(report.clone()), without(good.clone()), "{key}");
        let found = finding(&report).unwrap_or_else(|| panic!("no finding about {key}"));
        assert_eq!(found["severity"], "watch");
        let reason = report["skew"]["reason"].as_str().unwrap().to_owned();
        assert!(found["reason"].as_str().unwrap().contains(&reason), "{found}");
        reason
    };
    std::fs::remove_file(world.path("features.ndjson")).unwrap();
    let why = sentence("no file");
    assert!(why.starts_with("features.path: ") && why.contains("features.ndjson"), "{why}");
    world.file("features.ndjson", "not a table\n");
    let why = sentence("no record");
    assert!(why.contains("features.ndjson") && !why.contains("not a table"), "{why}");
    world.file("features.ndjson", ndjson(&whole).replace("SK_ID_CURR", "CLIENT"));
    let why = sentence("no id");
    assert!(why.starts_with("features.id: ") && why.contains("has no column `SK_ID_CURR`"), "{why}");
    let padded: Vec<Client> = whole.iter().map(|(id, features)| (format!("C{id}"), features.clone())).collect();
    world.file("features.ndjson", ndjson(&padded));
    let why = sentence("other ids");
    assert!(why.contains("none of the 700 rows of the feature table has an id of the window's rows"), "{why}");
    world.file("features.ndjson", ndjson(&whole).replace("{\"", "{\"x\":1,\"").replace("AMT_", "amt_"));
    assert!(check(&world, DAY)["skew"]["not_in_table"].as_array().unwrap().len() > 5);
}

#[test]
fn the_config_is_checked() {
    let world = world(&clients(&[DAY]));
    let problem = |features: &str| {
        with_features(&world, features);
        let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        assert_eq!(ran.code, Some(2), "{features}");
        ran.stderr
    };
    let text = problem("features: {path: nowhere.parquet, id: SK_ID_CURR}");
    assert!(text.contains("`features.path`") && text.contains("nowhere.parquet"), "{text}");
    let text = problem("features: {path: features.ndjson}");
    assert!(text.contains("`features.id`"), "{text}");
    let text = problem("features: {kind: postgres, table: t, id: id}");
    assert!(text.contains("`features.url` is missing"), "{text}");
    let text = problem("features: {path: features.ndjson, table: t, id: id}");
    assert!(text.contains("which applies only to a database"), "{text}");
    with_features(&world, SECTION);
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("    entity: sk_id_curr\n", ""));
    let text = world.vigie(&["config", "check", "--config", "vigie.yaml"]).stderr;
    assert!(text.contains("source.fields.entity"), "{text}");

    with_features(&world, SECTION);
    let ran = world.vigie(&["config", "check", "--connect", "--config", "vigie.yaml"]).ok();
    assert!(ran.stdout.contains("features: 1 files"), "{}", ran.stdout);
    assert!(ran.stdout.contains("features found: 125 of 125"), "{}", ran.stdout);
    let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout;
    assert!(shown.contains("features:\n  kind: files\n") && shown.contains("  id: SK_ID_CURR"), "{shown}");
}
