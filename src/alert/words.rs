//! The words of mails: short, harmless, and without anything that one applicant wrote.

use vigie_profile::{
    shown::harmless,
    window::{Instant, Window},
};

use super::{Event, phrases::Phrases};
use crate::{
    judge::{Test, percent},
    report::{Language, alert_in_french},
};

/// Longer names are cut: a name of 10 KB is nobody's.
const NAME: usize = 60;
/// Longer sentences are cut.
const SENTENCE: usize = 500;

fn cut(text: &str, most: usize) -> String {
    let whole = harmless(text);
    match whole.char_indices().nth(most) {
        None => whole,
        Some(_) => whole.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// A name.
pub(super) fn short(name: &str) -> String {
    cut(name, NAME)
}

/// A sentence that somebody else made. A number keeps its unit on its line.
pub(super) fn sentence(text: &str) -> String {
    cut(text, SENTENCE).replace(" %", "\u{a0}%").replace(", q ", ", q\u{a0}").replace(" points", "\u{a0}points")
}

/// `PSI 0.43`, in the unit people know; the test's name stands already where there is no feature.
pub(super) fn value_words(test: Test, value: Option<f64>, is_named: bool, language: Language) -> String {
    let test_word = |test| language.subject(test);
    let measured = |test, value| measured(test, value, language);
    let moved = matches!(test, Test::Missing | Test::ShareRefused) && value.is_some_and(|value| value > 0.0);
    let moved = if moved { "+" } else { "" };
    match (value.filter(|_| test != Test::NoData), is_named) {
        (Some(value), true) => format!("{} {moved}{}", test_word(test), measured(test, value)),
        (Some(value), false) => format!("{moved}{}", measured(test, value)),
        (None, true) => test_word(test).to_owned(),
        (None, false) => String::new(),
    }
}

/// `limit 0.25`; empty without one.
pub(super) fn limit_words(test: Test, limit: Option<f64>, language: Language) -> String {
    let word = Phrases(language).limit();
    // Nothing is less than any limit.
    limit
        .filter(|_| test != Test::NoData)
        .map_or(String::new(), |limit| format!("{word} {}", measured(test, limit, language)))
}

fn measured(test: Test, value: f64, language: Language) -> String {
    match test {
        Test::Missing | Test::ShareRefused => format!("{}\u{a0}points", language.number(value * 100.0)),
        Test::Unseen | Test::ModelVersion | Test::ErrorRate | Test::Parity | Test::Cost | Test::RealisedCost => {
            language.percent(value)
        }
        Test::Latency => language.milliseconds(Some(value)),
        _ => language.number(value),
    }
}

/// A finding's reason, without the names of unseen levels: an applicant may have written one.
pub(super) fn spoken(test: Test, value: Option<f64>, limit: Option<f64>, reason: &str) -> String {
    if let Some(name) = left_out(test, reason) {
        return sentence(&format!("left out: {name}; the report says why"));
    }
    if test != Test::Unseen {
        return sentence(reason);
    }
    let share = value.map_or("some".to_owned(), percent);
    let limit = limit.map_or(String::new(), |limit| format!("; the limit is {}", percent(limit)));
    sentence(&format!("{share} of rows more than expected hold levels the reference never had{limit}"))
}

/// What could not be read, by name: the reason may quote what stands in it.
fn left_out(test: Test, reason: &str) -> Option<&str> {
    let what = matches!(test, Test::Source | Test::Labels).then(|| reason.strip_prefix("left out: "))??;
    what.strip_prefix("labels: ").unwrap_or(what).split(": ").next()
}

/// An event's sentence in the language of the mail, for want of its finding. It was written in English.
pub(super) fn event_words(event: &Event, language: Language) -> String {
    match language {
        Language::French => {
            let test = event.key.test;
            let name = left_out(test, &event.sentence);
            let told = name.map(|name| format!("laissé de côté : {name} ; le rapport dit pourquoi"));
            sentence(
                &told.unwrap_or_else(|| {
                    alert_in_french(test, event.severity, event.value, event.limit, &event.sentence)
                }),
            )
        }
        Language::English => spoken(event.key.test, event.value, event.limit, &event.sentence),
    }
}

/// `2026-10-01`, or `2026-10-01 06:30` where it is not midnight.
pub(super) fn day_or_minute(at: Instant) -> String {
    let text = minute(at);
    text.strip_suffix(" 00:00").map_or(text.clone(), ToOwned::to_owned)
}

/// `2026-10-01 06:30`, seconds only where there are some.
pub(super) fn minute(at: Instant) -> String {
    let text = at.timestamp().strftime("%Y-%m-%d %H:%M:%S").to_string();
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

/// The window in as few words as a subject has room for.
pub(super) fn day(window: Window, language: Language) -> String {
    let (from, to) = (minute(window.from), minute(window.to));
    let is_a_day = window.to.0 - window.from.0 == 86_400_000_000;
    match from.strip_suffix(" 00:00") {
        Some(day) if is_a_day => day.to_owned(),
        _ => format!("{from} {} {to} UTC", Phrases(language).to()),
    }
}
