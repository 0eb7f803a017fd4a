//! Fills in what follows from the rest: partial limits (a `watch` without an `alarm` keeps the default alarm, and vice versa), and
//! the fields of a log whose kind has them.

use serde_json::{Map, Value};

use crate::{judge::Policy, source::complete_own_log};

/// Completes the `policy` and `source` sections of a file. `null` stays: it disables a limit, and a field.
pub(super) fn complete(file: &mut Value) {
    complete_source(file);
    file.get_mut("models").and_then(Value::as_array_mut).into_iter().flatten().for_each(complete_source);
    let Ok(Value::Object(defaults)) = serde_json::to_value(Policy::default()) else { return };
    let one = file.get_mut("policy").into_iter();
    for policy in one.filter_map(Value::as_object_mut) {
        complete_policy(policy, &defaults);
    }
    let models = file.get_mut("models").and_then(Value::as_array_mut).into_iter().flatten();
    for policy in models.filter_map(|model| model.get_mut("policy")?.as_object_mut()) {
        complete_policy(policy, &defaults);
    }
}

/// Completes the `source` section of a model.
fn complete_source(model: &mut Value) {
    let has_features = model.get("features").is_some_and(|features| !features.is_null());
    if let Some(source) = model.get_mut("source").and_then(Value::as_object_mut) {
        complete_own_log(source, has_features);
    }
}

fn complete_policy(policy: &mut Map<String, Value>, defaults: &Map<String, Value>) {
    for (test, limits) in policy.iter_mut().filter(|(test, _)| *test != "features") {
        fill(limits, defaults.get(test));
    }
    let general = policy.clone();
    let features = policy.get_mut("features").and_then(Value::as_object_mut).into_iter().flatten();
    for (test, limits) in features.filter_map(|(_, own)| own.as_object_mut()).flatten() {
        fill(limits, general.get(test).or_else(|| defaults.get(test)));
    }
}

fn fill(limits: &mut Value, general: Option<&Value>) {
    let (Some(limits), Some(general)) = (limits.as_object_mut(), general.and_then(Value::as_object)) else { return };
    for (name, limit) in general.iter().filter(|(name, _)| matches!(name.as_str(), "watch" | "alarm")) {
        limits.entry(name).or_insert_with(|| limit.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::complete;

    #[test]
    fn partial_limits_are_completed_and_null_disables() {
        let mut file = json!({"policy": {
            "psi": {"watch": 0.2},
            "missing": {"alarm": null},
            "empty_bins": {"floor": 0.0001},
            "features": {"AGE": {"psi": {"alarm": 0.5}, "unseen": {"watch": 0.02}}},
        }});
        complete(&mut file);
        assert_eq!(
            file["policy"],
            json!({
                "psi": {"watch": 0.2, "alarm": 0.25},
                "missing": {"watch": 0.05, "alarm": null},
                "empty_bins": {"floor": 0.0001},
                "features": {"AGE": {"psi": {"watch": 0.2, "alarm": 0.5}, "unseen": {"watch": 0.02, "alarm": 0.1}}},
            })
        );
    }
}
