//! Limits of the policy: shares are from 0 to 1, nothing is negative, and `watch` does not exceed `alarm`.

use serde_json::Value;

use super::key::KeyPath;
use crate::judge::{Measure, Unit};

/// Checks the limits of one test; returns for each problem the key, the message after the key, and a hint.
pub(super) fn check(limits: &Value, key: &KeyPath) -> Vec<(KeyPath, (String, String))> {
    let test = key.keys().last().map_or("", String::as_str);
    let is_share = match Measure::parse(test) {
        Some(measure) => measure.unit() != Unit::Number,
        None => test != "latency_p95_ms",
    };
    let limit = |name| limits.get(name).and_then(Value::as_f64);
    let mut found = Vec::new();
    for (name, limit) in ["watch", "alarm"].into_iter().filter_map(|name| Some((name, limit(name)?))) {
        if limit < 0.0 {
            let message = format!("must not be negative, but is {limit}");
            found.push((key.join(name), (message, "set it to null to disable the limit".to_owned())));
        } else if is_share && limit > 1.0 {
            let message = format!("must be between 0 and 1, not {limit}");
            found.push((key.join(name), (message, share_hint(limit))));
        }
    }
    if let (Some(watch), Some(alarm)) = (limit("watch"), limit("alarm"))
        && found.is_empty()
        && watch > alarm
    {
        let message = format!("is {watch}, above the alarm limit of {alarm}");
        let hint = format!("lower it, or raise `{}`", key.join("alarm"));
        found.push((key.join("watch"), (message, hint)));
    }
    found
}

/// Hint for a number that should be a share, possibly written as a percentage.
pub(super) fn share_hint(number: f64) -> String {
    if number > 1.0 && number <= 100.0 {
        return format!("write {number}% as {}", number / 100.0);
    }
    "write a share, such as 0.1".to_owned()
}
