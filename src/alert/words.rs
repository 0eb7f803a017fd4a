//! Wording of emails: short, safe to display, and free of values from single rows.

use vigie_profile::{
    shown::harmless,
    window::{Instant, Window},
};

use super::{Notification, phrases::Phrases};
use crate::{
    judge::{Finding, Test},
    report::Language,
};

/// Maximum length of a name, in characters.
const MAX_NAME: usize = 60;
/// Maximum length of a sentence, in characters.
const MAX_SENTENCE: usize = 500;

fn truncated(text: &str, max: usize) -> String {
    let whole = harmless(text);
    match whole.char_indices().nth(max) {
        None => whole,
        Some(_) => whole.chars().take(max - 1).chain(['…']).collect(),
    }
}

/// Makes a name safe to display.
pub(super) fn short(name: &str) -> String {
    truncated(name, MAX_NAME)
}

/// Makes a sentence safe to display, with no-break spaces before units. French phrases have theirs before punctuation.
pub(super) fn sentence(text: &str) -> String {
    truncated(text, MAX_SENTENCE).replace(", q ", ", q\u{a0}").replace(" percentage points", "\u{a0}percentage points")
}

/// Returns `PSI 0.43`, in the test's usual unit. Without a feature the test itself is the subject, so its name is omitted.
pub(super) fn value_words(test: Test, value: Option<f64>, with_test: bool, language: Language) -> String {
    let test_word = |test| language.test_name(test);
    let measured = |test, value| measured(test, value, language);
    let is_rise = matches!(test, Test::Missing | Test::ShareRefused) && value.is_some_and(|value| value > 0.0);
    let sign = if is_rise { "+" } else { "" };
    match (value.filter(|_| test != Test::NoData), with_test) {
        (Some(value), true) => format!("{} {sign}{}", test_word(test), measured(test, value)),
        (Some(value), false) => format!("{sign}{}", measured(test, value)),
        (None, true) => test_word(test).to_owned(),
        (None, false) => String::new(),
    }
}

/// Returns `limit 0.25`; empty if there is no limit.
pub(super) fn limit_words(test: Test, limit: Option<f64>, language: Language) -> String {
    let word = Phrases(language).limit();
    // A missing window has no meaningful limit.
    limit
        .filter(|_| test != Test::NoData)
        .map_or(String::new(), |limit| format!("{word} {}", measured(test, limit, language)))
}

fn measured(test: Test, value: f64, language: Language) -> String {
    match test {
        Test::Missing | Test::ShareRefused => {
            format!("{}\u{a0}{}", language.number(value * 100.0), language.pick("percentage points", "points"))
        }
        Test::Unseen | Test::ModelVersion | Test::ErrorRate | Test::Parity | Test::Cost | Test::RealisedCost => {
            language.percent(value)
        }
        Test::Latency => language.milliseconds(Some(value)),
        _ => language.number(value),
    }
}

/// Returns the subject of a finding: a name, or the test.
pub(super) fn subject(finding: &Finding, language: Language) -> String {
    finding.subject.name().map_or_else(|| language.test_name(finding.test).to_owned(), short)
}

/// States a redacted finding.
pub(super) fn reason(finding: &Finding, language: Language) -> String {
    sentence(&language.message(finding))
}

/// States what a redacted notification is about, with its note.
pub(super) fn headline(notification: &Notification, language: Language) -> String {
    let headline = language.headline(&notification.headline).unwrap_or_default();
    sentence(&match &notification.note {
        Some(note) => format!("{headline} {} {}.", language.note_opening(), language.note(note)),
        None => headline,
    })
}

/// Formats as `2026-10-01`, or `2026-10-01 06:30` if it is not midnight.
pub(super) fn day_or_minute(at: Instant) -> String {
    let text = minute(at);
    text.strip_suffix(" 00:00").map_or(text.clone(), ToOwned::to_owned)
}

/// Formats as `2026-10-01 06:30`, with seconds only if they are not zero.
pub(super) fn minute(at: Instant) -> String {
    let text = at.timestamp().strftime("%Y-%m-%d %H:%M:%S").to_string();
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

/// Formats a window as short as possible, for a subject line.
pub(super) fn day(window: Window, language: Language) -> String {
    let (from, to) = (minute(window.from), minute(window.to));
    let is_a_day = window.to.0 - window.from.0 == 86_400_000_000;
    match from.strip_suffix(" 00:00") {
        Some(day) if is_a_day => day.to_owned(),
        _ => format!("{from} {} {to} UTC", Phrases(language).to()),
    }
}
