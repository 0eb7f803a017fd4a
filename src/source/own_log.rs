//! The fields of the log that `vigie serve` writes: `kind: vigie`.

use serde_json::{Map, Value, json};

use super::{
    Fields, Paths,
    place::{OWN_LOG, is_database},
};

/// Fills in the fields of a `source` section with `kind: vigie`; those that are given, even as null, stay. `has_features`:
/// whether the config names a feature table, whose ids are then in the log.
pub fn complete_own_log(source: &mut Map<String, Value>, has_features: bool) {
    if source.get("kind").and_then(Value::as_str) != Some(OWN_LOG) {
        return;
    }
    let known = fields(is_database(source), has_features);
    let own = source.entry("fields").or_insert_with(|| json!({}));
    if own.is_null() {
        *own = json!({});
    }
    let (Some(own), Ok(Value::Object(known))) = (own.as_object_mut(), serde_json::to_value(known)) else { return };
    // A model returns one kind of output.
    let is_other_output =
        ["prediction", "probabilities"].iter().any(|key| own.get(*key).is_some_and(|key| !key.is_null()));
    for (key, value) in known.into_iter().filter(|(key, _)| key != "probability" || !is_other_output) {
        own.entry(key).or_insert(value);
    }
}

fn fields(is_table: bool, has_features: bool) -> Fields {
    // A table may have no column for these; then they are in `outputs`.
    let kept = |name: &str| {
        let inside = format!("outputs.{name}");
        Some(if is_table { Paths::First(vec![name.to_owned(), inside]) } else { Paths::One(name.to_owned()) })
    };
    let one = |path: &str| Some(Paths::One(path.to_owned()));
    let first = |paths: &[&str]| Paths::First(paths.iter().map(|path| (*path).to_owned()).collect());
    let entity = if is_table { first(&["entity_id", "sk_id_curr"]) } else { Paths::One("entity_id".to_owned()) };
    Fields {
        timestamp: Paths::One("ts".to_owned()),
        features: one("inputs"),
        // The probability of a default, or of another event.
        probability: Some(super::Scaled::Plain(first(&["outputs.proba_default", "outputs.probability"]))),
        decision: one("outputs.decision"),
        latency_ms: Some(super::Scaled::Plain(Paths::One("latency_ms".to_owned()))),
        status: one("status_code"),
        error: one("error"),
        id: kept("request_id"),
        entity: has_features.then_some(entity),
        model_version: kept("model_version"),
        sequence: kept("seq"),
        writer: kept("instance"),
        dropped: kept("dropped"),
        ..Fields::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(source: Value, has_features: bool) -> Value {
        let Value::Object(mut source) = source else { panic!() };
        complete_own_log(&mut source, has_features);
        Value::Object(source)["fields"].clone()
    }

    #[test]
    fn known_fields_are_filled_in() {
        let own = completed(json!({"kind": "vigie", "path": "log"}), false);
        assert_eq!((&own["timestamp"], &own["id"], &own["entity"]), (&json!("ts"), &json!("request_id"), &Value::Null));
        let own = completed(json!({"kind": "vigie", "table": "log"}), true);
        assert_eq!(own["id"], json!(["request_id", "outputs.request_id"]));
        assert_eq!(own["entity"], json!(["entity_id", "sk_id_curr"]));
        let given = json!({"prediction": "outputs.prediction", "decision": null, "status": "code"});
        let own = completed(json!({"kind": "vigie", "path": "log", "fields": given}), false);
        assert_eq!((&own["status"], &own["decision"]), (&json!("code"), &Value::Null));
        assert_eq!(own.get("probability"), None);
        assert_eq!(completed(json!({"path": "log", "fields": {"timestamp": "t"}}), false), json!({"timestamp": "t"}));
    }
}
