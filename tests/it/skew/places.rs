//! The same comparison whatever holds the table and the log.

use serde_json::json;

use super::table::{DAYS, check, clients, finding, log, names, ndjson, parquet, unequal, with_features};
use crate::support::world::World;

const DAY: &str = DAYS[2];

fn world() -> World {
    let world = World::new();
    log(&world, DAY, |_, inputs| {
        if let Some(credit) = inputs["AMT_CREDIT"].as_f64() {
            inputs["AMT_CREDIT"] = json!(credit / 1000.0);
        }
    });
    world
}

#[test]
fn every_format_of_the_table_gives_the_same_comparison() {
    let (world, table) = (world(), clients(&[DAY]));
    world.file("features.parquet", parquet(&table));
    with_features(&world, "features: {path: features.parquet, id: SK_ID_CURR}");
    let of_parquet = check(&world, DAY);
    assert_eq!(unequal(&of_parquet), [("AMT_CREDIT".to_owned(), "factor".to_owned(), 700)]);
    assert_eq!(of_parquet["skew"]["features"][0]["factor"], json!(0.001));

    world.file("features.ndjson", ndjson(&table));
    with_features(&world, "features: {path: features.ndjson, id: SK_ID_CURR}");
    assert_eq!(check(&world, DAY)["skew"], of_parquet["skew"]);

    let mut csv = format!("SK_ID_CURR,{}\n", names(&table).join(","));
    for (id, features) in &table {
        let cells = names(&table).into_iter().map(|name| match &features[&name] {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => format!("\"{text}\""),
            value => value.to_string(),
        });
        csv += &[id.clone(), cells.collect::<Vec<_>>().join(",")].join(",");
        csv.push('\n');
    }
    world.file("features/all.csv", csv);
    with_features(&world, "features: {path: features, id: SK_ID_CURR}");
    assert_eq!(check(&world, DAY)["skew"], of_parquet["skew"]);

    // One column with an object, or its text.
    let object = |as_text: bool| -> String {
        let line = |(id, features): &(String, serde_json::Map<String, serde_json::Value>)| {
            let data = json!(features);
            let data = if as_text { json!(data.to_string()) } else { data };
            format!("{}\n", json!({"client": {"id": id}, "data": data}))
        };
        table.iter().map(line).collect()
    };
    for as_text in [false, true] {
        world.file("features.ndjson", object(as_text));
        with_features(&world, "features: {path: features.ndjson, id: client.id, features: data}");
        assert_eq!(check(&world, DAY)["skew"], of_parquet["skew"]);
    }
}

/// A log of whole columns is read in two phases, and its sample in a pass of its own.
#[test]
fn a_log_in_parquet_gives_the_same_comparison() {
    let (world, table) = (world(), clients(&[DAY]));
    world.file("features.parquet", parquet(&table));
    with_features(&world, "features: {path: features.parquet, id: SK_ID_CURR}");
    let of_lines = check(&world, DAY);
    assert!(finding(&of_lines).is_some());
    let path = world.path(&format!("log/{DAY}.ndjson"));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let columns = super::table::columns(&text);
    world.file("log/day.parquet", columns);
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let is_kept = |line: &&str| !line.starts_with("    features: inputs") && !line.starts_with("    model_version:");
    let config: String = config.lines().filter(is_kept).map(|line| format!("{line}\n")).collect();
    let config = config.replace("outputs.proba_default", "proba_default").replace("outputs.decision", "decision");
    world.file("vigie.yaml", config);
    assert_eq!(check(&world, DAY)["skew"], of_lines["skew"]);
    // Without a model file, the sample has no other use.
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let config: String =
        config.lines().filter(|line| !line.starts_with("  file: ")).map(|line| format!("{line}\n")).collect();
    world.file("vigie.yaml", config);
    assert_eq!(check(&world, DAY)["skew"], of_lines["skew"]);
}
