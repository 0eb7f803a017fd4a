//! The example's log, and the feature table that its inputs come from.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use serde_json::{Map, Value, json};

use crate::{
    story::replay::{configure, day, home_credit},
    support::world::World,
};

pub(crate) const DAYS: [&str; 5] = ["2026-10-01", "2026-10-03", "2026-10-06", "2026-10-08", "2026-10-13"];

/// A row of the feature table: the client's id, and the features.
pub(crate) type Client = (String, Map<String, Value>);

/// The inputs of a line; health checks and failed requests have none.
pub(crate) fn inputs(line: &mut Value) -> Option<&mut Map<String, Value>> {
    line.get_mut("inputs")?.as_object_mut().filter(|inputs| inputs.contains_key("AMT_CREDIT"))
}

/// The feature table of some days: what the log has, with more digits.
pub(crate) fn clients(days: &[&str]) -> Vec<Client> {
    let mut clients = Vec::new();
    for mut line in days.iter().flat_map(|date| day(date)) {
        let id = line["sk_id_curr"].as_str().map(ToOwned::to_owned);
        let Some((id, inputs)) = id.zip(inputs(&mut line)) else { continue };
        for value in inputs.values_mut() {
            if let Some(number) = value.as_f64().filter(|number| number.fract() != 0.0) {
                // The log keeps six digits.
                *value = json!(number * (1.0 + 2e-7));
            }
        }
        clients.push((id, std::mem::take(inputs)));
    }
    clients
}

/// Writes the log of a day after `edit` has changed the inputs, given the client's number.
pub(crate) fn log(world: &World, date: &str, edit: impl Fn(usize, &mut Map<String, Value>)) {
    let mut lines = day(date);
    let mut client = 0;
    for line in &mut lines {
        if let Some(inputs) = inputs(line) {
            edit(client, inputs);
            client += 1;
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    world.file(&format!("log/{date}.ndjson"), text);
}

/// Configures the example with its own log and a feature table.
pub(crate) fn with_features(world: &World, features: &str) {
    let shipped = format!("path: {}", home_credit("log").display());
    configure(world, |config| {
        assert!(config.contains(&shipped) && config.contains("    id: request_id\n"));
        let config = config.replace(&shipped, "path: log");
        let config = config.replace("    id: request_id\n", "    id: request_id\n    entity: sk_id_curr\n");
        format!("{config}\n{features}\n")
    });
}

pub(crate) fn ndjson(clients: &[Client]) -> String {
    let line = |(id, features): &Client| {
        let mut row = features.clone();
        row.insert("SK_ID_CURR".to_owned(), json!(id));
        format!("{}\n", Value::Object(row))
    };
    clients.iter().map(line).collect()
}

/// The names of the features, in the order of the log.
pub(crate) fn names(clients: &[Client]) -> Vec<String> {
    clients[0].1.keys().cloned().collect()
}

/// The table as Parquet, in row groups of a hundred rows, with whole numbers as ids.
pub(crate) fn parquet(clients: &[Client]) -> Vec<u8> {
    let ids: ArrayRef =
        Arc::new(clients.iter().map(|(id, _)| id.parse::<i64>().unwrap()).collect::<arrow_array::Int64Array>());
    let mut columns: Vec<(String, ArrayRef)> = vec![("SK_ID_CURR".to_owned(), ids)];
    for name in names(clients) {
        let values = || clients.iter().map(|(_, features)| &features[&name]);
        let column: ArrayRef = if values().any(Value::is_string) {
            Arc::new(values().map(Value::as_str).collect::<StringArray>())
        } else {
            let number = |value: &Value| value.as_f64().or(value.as_bool().map(|flag| f64::from(u8::from(flag))));
            Arc::new(values().map(number).collect::<Float64Array>())
        };
        columns.push((name, column));
    }
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, one)| (name, one, true))).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// A log of lines as Parquet, with a column for each field and feature.
pub(crate) fn columns(log: &str) -> Vec<u8> {
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut fields: Vec<(String, Vec<Value>)> = Vec::new();
    let keys = ["ts", "endpoint", "status_code", "latency_ms", "request_id", "sk_id_curr", "error", "instance", "seq"];
    for key in keys {
        fields.push((key.to_owned(), lines.iter().map(|line| line[key].clone()).collect()));
    }
    for key in ["proba_default", "decision"] {
        fields.push((key.to_owned(), lines.iter().map(|line| line["outputs"][key].clone()).collect()));
    }
    for name in names(&clients(&DAYS[..1])) {
        fields.push((name.clone(), lines.iter().map(|line| line["inputs"][&name].clone()).collect()));
    }
    let columns = fields.into_iter().map(|(name, values)| {
        let column: ArrayRef = if values.iter().any(Value::is_string) {
            Arc::new(values.iter().map(Value::as_str).collect::<StringArray>())
        } else {
            let number = |value: &Value| value.as_f64().or(value.as_bool().map(|flag| f64::from(u8::from(flag))));
            Arc::new(values.iter().map(number).collect::<Float64Array>())
        };
        (name, column, true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The report of a day.
#[track_caller]
pub(crate) fn check(world: &World, date: &str) -> Value {
    let next = format!("2026-10-{:02}", date[8..].parse::<u32>().unwrap() + 1);
    world.check(date, &next)
}

/// The finding about skew; `None` without one.
pub(crate) fn finding(report: &Value) -> Option<&Value> {
    report["verdict"]["findings"].as_array().unwrap().iter().find(|finding| finding["test"] == "skew")
}

/// Features that differ, with kind and number of rows.
pub(crate) fn unequal(report: &Value) -> Vec<(String, String, u64)> {
    let features = report["skew"]["features"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    features.map(|one| (text(&one["name"]), text(&one["kind"]), one["unequal"].as_u64().unwrap())).collect()
}
