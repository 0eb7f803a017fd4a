//! Sampled records as JSON values, with JSON text inside them parsed as the readers parse it.

use serde_json::Value;
use vigie_profile::batch::plain_tokens;

use crate::source::encoded_text::decode_text;

/// Maximum nesting of JSON text in JSON text.
const MAX_TEXTS: usize = 4;

/// Parses a record; `None`: it is nested too deeply, or not JSON.
pub(super) fn parse(line: &[u8]) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(line)
        .or_else(|_| serde_json::from_slice(&plain_tokens(line).unwrap_or_default()))
        .ok()?;
    expand(&mut value, MAX_TEXTS);
    Some(value)
}

/// Replaces JSON text by what it says. The nesting of values is limited by the parser.
fn expand(value: &mut Value, texts: usize) {
    match value {
        Value::Object(object) => {
            // SageMaker states that a body is in BASE64.
            let is_encoded = object.get("encoding").and_then(Value::as_str) == Some("BASE64");
            for (key, value) in object.iter_mut() {
                if is_encoded
                    && key == "data"
                    && let Some(decoded) = value.as_str().and_then(decode_text)
                {
                    *value = Value::from(decoded);
                }
                expand(value, texts);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| expand(value, texts)),
        Value::String(text) if texts > 0 => {
            let parsed = inside(text).or_else(|| inside(&decode_text(text)?));
            if let Some(mut parsed) = parsed {
                expand(&mut parsed, texts - 1);
                *value = parsed;
            }
        }
        _ => {}
    }
}

fn inside(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let plain = || serde_json::from_slice(&plain_tokens(text.as_bytes())?).ok();
    serde_json::from_str(text).ok().or_else(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_text_is_parsed_also_in_base64() {
        let line = json!({"a": "{\"n\": \"[1, 2]\"}", "b": "eyJBR0UiOiA0MX0=", "c": "elephant",
            "d": {"encoding": "BASE64", "data": "MC4xLDIsQQ=="}});
        let wanted = json!({"a": {"n": [1, 2]}, "b": {"AGE": 41}, "c": "elephant",
            "d": {"encoding": "BASE64", "data": "0.1,2,A"}});
        assert_eq!(parse(line.to_string().as_bytes()), Some(wanted));
        assert_eq!(parse(b"{\"a\": NaN}"), Some(json!({"a": null})));
        assert_eq!(parse(format!("{}1{}", "[".repeat(500), "]".repeat(500)).as_bytes()), None);
    }
}
