//! Limits of the policy: shares are shares, nothing is negative, and a watch comes before its alarm.

use serde_json::Value;

use super::key::Key;

/// What is wrong with the limits of one test, by key: the sentence after the key, and the hint.
pub(super) fn wrong(limits: &Value, key: &Key) -> Vec<(Key, (String, String))> {
    let test = key.pieces().last().map_or("", String::as_str);
    let is_share = !matches!(test, "psi" | "latency_p95_ms");
    let limit = |name| limits.get(name).and_then(Value::as_f64);
    let mut found = Vec::new();
    for (name, limit) in ["watch", "alarm"].into_iter().filter_map(|name| Some((name, limit(name)?))) {
        if limit < 0.0 {
            let sentence = format!("is {limit}, but a limit cannot be negative");
            found.push((key.join(name), (sentence, "write null for a limit that is never reached".to_owned())));
        } else if is_share && limit > 1.0 {
            let sentence = format!("is {limit}, but goes from 0 to 1");
            found.push((key.join(name), (sentence, as_share(limit))));
        }
    }
    if let (Some(watch), Some(alarm)) = (limit("watch"), limit("alarm"))
        && found.is_empty()
        && watch > alarm
    {
        let sentence = format!("is {watch}, above the alarm of {alarm}");
        let hint = format!("lower it, or raise `{}`", key.join("alarm"));
        found.push((key.join("watch"), (sentence, hint)));
    }
    found
}

/// How a percentage is written.
pub(super) fn as_share(number: f64) -> String {
    if number > 1.0 && number <= 100.0 {
        return format!("write {number} % as {}", number / 100.0);
    }
    "write a share, such as 0.1".to_owned()
}
