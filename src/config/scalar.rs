//! Converts single YAML values to the expected type, and explains those that do not fit.

use serde_json::{Number, Value};
use vigie_profile::{near::nearest, window::Span};

use super::{
    Problem,
    key::KeyPath,
    masked,
    tree::{Content, YamlNode},
    value_type::ValueType,
};

/// Converts `text` to the given type. Where a string is expected, `1` and `yes` are strings.
pub(super) fn convert(text: &str, quoted: bool, value_type: &ValueType) -> Option<Value> {
    match value_type {
        ValueType::Bool if !quoted => parse_bool(text).map(Value::Bool),
        ValueType::Integer { minimum } if !quoted => {
            let integer = parse_integer(text)?;
            minimum.is_none_or(|minimum| integer >= minimum).then(|| integer.into())
        }
        ValueType::Number if !quoted => parse_number(text).map(Value::Number),
        ValueType::Text => Some(text.into()),
        ValueType::Duration => text.parse::<Span>().ok().map(|_| text.into()),
        ValueType::Enum(words) => words.iter().any(|word| word == text).then(|| text.into()),
        _ => None,
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn parse_integer(text: &str) -> Option<i64> {
    match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => i64::from_str_radix(digits, 16).ok(),
        (_, Some(digits)) => i64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// Finite numbers only: NaN cannot be a limit.
fn parse_number(text: &str) -> Option<Number> {
    parse_integer(text).map(Number::from).or_else(|| {
        let digits = text.bytes().any(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().and_then(Number::from_f64)
    })
}

/// The problem for a value of the wrong type.
pub(super) fn type_mismatch(node: &YamlNode, value_type: &ValueType, key: &KeyPath) -> Problem {
    if let Some((integer, minimum)) = below_minimum(node, value_type) {
        return Problem::new(key.to_string(), format!("`{key}` must be at least {minimum}, not {integer}"));
    }
    let expected = value_type.describe();
    let found = match &node.content {
        Content::List(_) => "a list".to_owned(),
        Content::Section(_) => "a mapping".to_owned(),
        Content::Scalar { text, quoted } => {
            let kind = match () {
                () if !quoted && parse_number(text).is_some() => "the number",
                () if !quoted && parse_bool(text).is_some() => "the boolean",
                () => "the string",
            };
            format!("{kind} `{}`", masked(text))
        }
    };
    let subject = if key.is_top() { "the file".to_owned() } else { format!("`{key}`") };
    let problem = Problem::new(key.to_string(), format!("{subject} must be {expected}, not {found}"));
    match hint(node, value_type) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// An integer below the minimum of its type, and that minimum.
fn below_minimum(node: &YamlNode, value_type: &ValueType) -> Option<(i64, i64)> {
    let Content::Scalar { text, quoted: false } = &node.content else { return None };
    let integer = parse_integer(text)?;
    value_type.alternatives().into_iter().find_map(|value_type| match value_type {
        ValueType::Integer { minimum: Some(minimum) } if integer < *minimum => Some((integer, *minimum)),
        _ => None,
    })
}

/// How to write the value, when that can be guessed.
fn hint(node: &YamlNode, value_type: &ValueType) -> Option<String> {
    let Content::Scalar { text, quoted } = &node.content else { return None };
    let types = value_type.alternatives();
    let words = types.iter().filter_map(|value_type| match value_type {
        ValueType::Enum(words) => Some(words.iter().map(String::as_str)),
        _ => None,
    });
    if let Some(near) = nearest(text, words.flatten()) {
        return Some(format!("did you mean `{near}`?"));
    }
    if types.contains(&&ValueType::Duration) {
        return Some("write an integer followed by s, m, h, d or w: 90s, 15m, 2h, 1d, 1w".to_owned());
    }
    if !types.contains(&&ValueType::Number) {
        return None;
    }
    if *quoted && parse_number(text).is_some() {
        return Some("remove the quotes".to_owned());
    }
    if let Some(share) = text.strip_suffix('%').and_then(|percent| percent.trim().parse::<f64>().ok()) {
        return Some(format!("write shares as numbers from 0 to 1: {}", share / 100.0));
    }
    let pointed = text.replace(',', ".");
    parse_number(&pointed).filter(|_| pointed != *text).map(|_| format!("use a decimal point, not a comma: {pointed}"))
}
