//! The words of mails: short, harmless, and without anything that one applicant wrote.

use super::Change;
use crate::{
    judge::{Severity, Test, number, percent},
    shown::harmless,
    window::{Instant, Window},
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

/// A sentence that somebody else made.
pub(super) fn sentence(text: &str) -> String {
    cut(text, SENTENCE)
}

/// `too_few` → `too few`; an alarm is loud.
pub(super) fn severity_word(severity: Severity) -> String {
    match severity {
        Severity::Alarm => "ALARM".to_owned(),
        severity => severity.word().replace('_', " "),
    }
}

pub(super) fn change_word(change: Change) -> &'static str {
    match change {
        Change::Opened => "new:",
        Change::Worsened => "worse:",
        Change::Reminded => "still open:",
        Change::Recovered => "recovered:",
        Change::Noted => "noted:",
    }
}

pub(super) fn test_word(test: Test) -> &'static str {
    match test {
        Test::Psi => "PSI",
        Test::Ks => "KS distance",
        Test::Chi2 => "Cramér's V",
        Test::Missing => "missing values",
        Test::Unseen => "unseen levels",
        Test::Absent => "absent",
        Test::ShareRefused => "share refused",
        Test::Score => "score",
        Test::Latency => "latency",
        Test::ErrorRate => "error rate",
        Test::NoData => "no data",
        Test::TooFew => "too few rows",
        Test::ModelVersion => "model version",
        Test::Source => "source",
        Test::Volume => "rows fewer than expected",
        Test::Parity => "model parity",
        Test::RunFailed => "run failed",
        Test::StaleReference => "reference too old",
        Test::Cost => "cost",
    }
}

/// `PSI 0.43 (limit 0.25)`, in the unit people know.
pub(super) fn quantity(test: Test, value: Option<f64>, limit: Option<f64>) -> String {
    let said = |value: f64| match test {
        Test::Missing | Test::ShareRefused => format!("{} points", number(value * 100.0)),
        Test::Unseen | Test::ModelVersion | Test::ErrorRate => percent(value),
        Test::Latency => format!("{} ms", number(value)),
        _ => number(value),
    };
    let moved = match (test, value) {
        (Test::Missing | Test::ShareRefused, Some(value)) if value > 0.0 => "+",
        _ => "",
    };
    let limit = limit.map_or(String::new(), |limit| format!(" (limit {})", said(limit)));
    match value {
        Some(value) => format!("{} {moved}{}{limit}", test_word(test), said(value)),
        None => test_word(test).to_owned(),
    }
}

/// A finding's reason, without the names of unseen levels: an applicant may have written one.
pub(super) fn spoken(test: Test, value: Option<f64>, limit: Option<f64>, reason: &str) -> String {
    if test != Test::Unseen {
        return sentence(reason);
    }
    let share = value.map_or("some".to_owned(), percent);
    let limit = limit.map_or(String::new(), |limit| format!("; the limit is {}", percent(limit)));
    format!("{share} of rows more than expected hold levels the reference never had{limit}")
}

/// `2026-10-01 06:30`, seconds only where there are some.
pub(super) fn minute(at: Instant) -> String {
    let text = at.timestamp().strftime("%Y-%m-%d %H:%M:%S").to_string();
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

/// The window in as few words as a subject has room for.
pub(super) fn day(window: Window) -> String {
    let (from, to) = (minute(window.from), minute(window.to));
    let is_a_day = window.to.0 - window.from.0 == 86_400_000_000;
    match from.strip_suffix(" 00:00") {
        Some(day) if is_a_day => day.to_owned(),
        _ => format!("{from} to {to} UTC"),
    }
}
