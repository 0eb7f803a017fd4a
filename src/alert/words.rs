//! Wording of emails: short, safe to display, and free of values from single rows.

use vigie_profile::{
    shown::harmless,
    window::{Instant, Window},
};

use super::{Event, phrases::Phrases};
use crate::{
    judge::{NOT_READ, Test, percent, strip_not_read},
    report::{FRENCH_NOT_READ, Language, alert_in_french},
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
    let test_word = |test| language.subject(test);
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

/// Returns a finding's reason without the names of unseen levels, which may be free text from a single row.
pub(super) fn redacted_reason(test: Test, value: Option<f64>, limit: Option<f64>, reason: &str) -> String {
    if let Some(name) = skipped_file(test, reason) {
        return sentence(&format!("{NOT_READ}{name}; see the report for the reason"));
    }
    if test != Test::Unseen {
        return sentence(reason);
    }
    let share = value.map_or("some".to_owned(), percent);
    let limit = limit.map_or(String::new(), |limit| format!("; the limit is {}", percent(limit)));
    sentence(&format!("{share} of rows beyond the expected share have levels not seen in the reference{limit}"))
}

/// Returns the name of a file that could not be read. The rest of the reason may quote the file's contents.
fn skipped_file(test: Test, reason: &str) -> Option<&str> {
    let what = matches!(test, Test::Source | Test::Labels).then(|| strip_not_read(reason))??;
    what.strip_prefix("labels: ").unwrap_or(what).split(": ").next()
}

/// Returns an event's reason in the language of the email. It is stored in English.
pub(super) fn event_sentence(event: &Event, language: Language) -> String {
    match language {
        Language::French => {
            let test = event.key.test;
            let name = skipped_file(test, &event.sentence);
            let skipped = name.map(|name| format!("{FRENCH_NOT_READ}{name}\u{a0}; la raison figure dans le rapport"));
            sentence(
                &skipped.unwrap_or_else(|| {
                    alert_in_french(test, event.severity, event.value, event.limit, &event.sentence)
                }),
            )
        }
        Language::English => redacted_reason(event.key.test, event.value, event.limit, &event.sentence),
    }
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
