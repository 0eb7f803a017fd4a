//! What a single spelled value means where a shape is expected, and what to say when it means nothing.

use serde_json::{Number, Value};
use vigie_profile::{near::nearest, window::Span};

use super::{
    Problem,
    key::Key,
    masked,
    shape::Shape,
    tree::{Content, Node},
};

/// The value that `text` spells for a shape. Where a text is wanted, `1` and `yes` are texts.
pub(super) fn value(text: &str, quoted: bool, shape: &Shape) -> Option<Value> {
    match shape {
        Shape::Truth if !quoted => truth(text).map(Value::Bool),
        Shape::Whole { least } if !quoted => {
            let whole = whole(text)?;
            least.is_none_or(|least| whole >= least).then(|| whole.into())
        }
        Shape::Number if !quoted => number(text).map(Value::Number),
        Shape::Text => Some(text.into()),
        Shape::Length => text.parse::<Span>().ok().map(|_| text.into()),
        Shape::Word(words) => words.iter().any(|word| word == text).then(|| text.into()),
        _ => None,
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn whole(text: &str) -> Option<i64> {
    match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => i64::from_str_radix(digits, 16).ok(),
        (_, Some(digits)) => i64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// Finite numbers only: a limit that is not a number is no limit.
fn number(text: &str) -> Option<Number> {
    whole(text).map(Number::from).or_else(|| {
        let digits = text.bytes().any(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().and_then(Number::from_f64)
    })
}

/// A value that is not what its key wants.
pub(super) fn misfit(node: &Node, shape: &Shape, key: &Key) -> Problem {
    let expected = shape.words();
    let found = match &node.content {
        Content::List(_) => "a list".to_owned(),
        Content::Table(_) => "a section".to_owned(),
        Content::Scalar { text, quoted } => {
            let kind = match () {
                () if !quoted && number(text).is_some() => "the number",
                () if !quoted && truth(text).is_some() => "the truth value",
                () => "the text",
            };
            format!("{kind} `{}`", masked(text))
        }
    };
    let subject = if key.is_top() { "the file".to_owned() } else { format!("`{key}`") };
    let problem = Problem::new(key.to_string(), format!("{subject} is {found}, but {expected} is expected"));
    match hint(node, shape) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// How to write it, when that can be guessed.
fn hint(node: &Node, shape: &Shape) -> Option<String> {
    let Content::Scalar { text, quoted } = &node.content else { return None };
    let shapes = shape.alternatives();
    if let Some(Shape::Whole { least: Some(least) }) = shapes.iter().find(|shape| matches!(shape, Shape::Whole { .. }))
        && whole(text).is_some_and(|whole| whole < *least)
    {
        return Some(format!("{least} is the least"));
    }
    let words = shapes.iter().filter_map(|shape| match shape {
        Shape::Word(words) => Some(words.iter().map(String::as_str)),
        _ => None,
    });
    if let Some(near) = nearest(text, words.flatten()) {
        return Some(format!("did you mean `{near}`?"));
    }
    if shapes.contains(&&Shape::Length) {
        return Some("write a whole number and one of s, m, h, d, w: 90s, 15m, 2h, 1d, 1w".to_owned());
    }
    if !shapes.contains(&&Shape::Number) {
        return None;
    }
    if *quoted && number(text).is_some() {
        return Some("remove the quotes".to_owned());
    }
    if let Some(share) = text.strip_suffix('%').and_then(|percent| percent.trim().parse::<f64>().ok()) {
        return Some(format!("shares are written from 0 to 1: {}", share / 100.0));
    }
    let pointed = text.replace(',', ".");
    number(&pointed).filter(|_| pointed != *text).map(|_| format!("write a point, not a comma: {pointed}"))
}
