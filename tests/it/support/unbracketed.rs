//! Finds words that are not in brackets, in pages, emails and terminal output.

use std::collections::BTreeSet;

use super::bracketed::{CLOSE, OPEN};

/// Symbols of statistics, units, and names that no language translates.
const SYMBOLS: &[&str] = &[
    "PSI", "KS", "AUC", "RMSE", "MAE", "R²", "D", "V", "F1", "F2", "q", "p50", "p90", "p95", "p99", "UTC", "ms",
    "sha256", "vigie",
];

/// Units that are words of other languages too: only after a number.
const UNITS: &[&str] = &["s", "h"];

/// Attributes whose value is read to the user.
const TEXT_ATTRIBUTES: &[&str] = &["alt", "title", "aria-label", "placeholder"];

/// The words of an HTML page outside brackets, without those of `names`.
pub(crate) fn in_html(html: &str, names: &[String]) -> BTreeSet<String> {
    let (mut text, mut attributes) = (String::new(), Vec::new());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        for name in TEXT_ATTRIBUTES {
            let value =
                tag.split(&format!(" {name}=\"")).nth(1).map(|value| value.split('"').next().unwrap_or_default());
            attributes.extend(value.map(ToOwned::to_owned));
        }
        let element = tag.split([' ', '/', '>']).next().unwrap_or_default();
        let is_label = tag.contains("aria-hidden=\"true\"") && element == "text";
        // Code is input and commands; a label on the map is a feature's name, which its link repeats.
        if matches!(element, "style" | "script" | "code") || is_label {
            let close = format!("</{element}>");
            rest = &rest[rest.find(&close).unwrap() + close.len()..];
        }
        text.push(' ');
    }
    text.push_str(rest);
    let mut found = in_text(&unescaped(&text), names);
    found.extend(attributes.iter().flat_map(|value| in_text(&unescaped(value), names)));
    found
}

fn unescaped(text: &str) -> String {
    let entities = [
        ("&#38;", "&"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&ensp;", " "),
    ];
    entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

/// The words of a text outside brackets, without those of `names`.
pub(crate) fn in_text(text: &str, names: &[String]) -> BTreeSet<String> {
    let mut outside = String::new();
    let mut depth = 0i32;
    for character in text.chars() {
        match character {
            OPEN => depth += 1,
            CLOSE => depth -= 1,
            other if depth == 0 => outside.push(other),
            _ => {}
        }
        assert!(depth >= 0, "a bracket is closed twice: {text}");
    }
    assert!(depth == 0, "a bracket is not closed: {text}");
    let mut longest_first: Vec<&String> = names.iter().filter(|name| !name.is_empty()).collect();
    longest_first.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in longest_first {
        outside = without(&outside, name);
    }
    let words = outside.split(|character: char| !character.is_alphanumeric() && !matches!(character, '_' | '.' | '-'));
    let mut found = BTreeSet::new();
    let mut is_after_number = false;
    for word in words.filter(|word| !word.is_empty()) {
        let is_unit = is_after_number && UNITS.contains(&word);
        if !is_unit && is_word(word.trim_matches(['.', '-'])) {
            found.insert(word.to_owned());
        }
        is_after_number = word.parse::<f64>().is_ok();
    }
    found
}

/// Removes a name, but not a part of a longer word.
fn without(text: &str, name: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(name) {
        let (before, after) = (&rest[..start], &rest[start + name.len()..]);
        let is_part = before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        left.push_str(before);
        left.push_str(if is_part { name } else { " " });
        rest = after;
    }
    left + rest
}

fn is_word(word: &str) -> bool {
    let has_letters = word.chars().any(char::is_alphabetic);
    // `4e-15`, a hash, a compact or ISO time, a duration such as `1d`.
    let is_exponent = word.parse::<f64>().is_ok();
    let is_hash = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_time =
        word.starts_with("2026") && word.bytes().all(|byte| byte.is_ascii_digit() || b"TZ_-.".contains(&byte));
    let is_length = word.strip_suffix(['d', 'h']).is_some_and(|count| count.parse::<u32>().is_ok());
    let is_number = is_exponent || is_hash || is_time || is_length;
    // Greek letters and signs are symbols.
    let is_sign = word.chars().count() == 1 && !word.is_ascii();
    has_letters && !is_number && !is_sign && !SYMBOLS.contains(&word)
}

#[test]
fn a_word_outside_brackets_is_found() {
    let names = ["emp.var.rate", "m"].map(ToOwned::to_owned);
    let html = "<style>p{color:red}</style><p title=\"⟦ok⟧ stray\">⟦two <b>words⟧</b> emp.var.rate: PSI 4e-15 &#62; Σ left, m, 1.5 s</p>\
                <code>free</code><img alt=\"⟦all⟧\">";
    assert_eq!(in_html(html, &names), BTreeSet::from(["left".to_owned(), "stray".to_owned()]));
}
