//! Wording of the messages of all channels: short, safe to display, and free of values from single rows.

use vigie_profile::{shown::harmless, window::Window};

use super::{AlertChange, Notification};
use crate::{
    judge::{Finding, Severity, Test, Unit},
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

/// Keeps a one-letter word, such as a symbol, on one line with the number that follows it, in any text: `q 1e-9`.
fn symbols_bound(text: &str) -> String {
    let mut bound = String::with_capacity(text.len() + 1);
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        bound.push_str(word);
        if let Some(next) = words.peek() {
            let is_symbol = word.len() == 1 && word.starts_with(|letter: char| letter.is_ascii_lowercase());
            let is_number = next.starts_with(|digit: char| digit.is_ascii_digit());
            bound.push(if is_symbol && is_number { '\u{a0}' } else { ' ' });
        }
    }
    bound
}

/// Makes a name safe to display.
pub(super) fn short(name: &str) -> String {
    truncated(name, MAX_NAME)
}

/// Makes a sentence safe to display.
pub(super) fn sentence(text: &str) -> String {
    truncated(text, MAX_SENTENCE)
}

/// Returns a severity as a heading: alarms are in capitals.
pub(super) fn severity_heading(severity: Severity, language: Language) -> String {
    let word = severity_word(severity, language);
    if severity == Severity::Alarm { word.to_uppercase() } else { word.to_owned() }
}

/// Returns a severity as shown in a table.
pub(super) fn severity_word(severity: Severity, language: Language) -> &'static str {
    match severity {
        Severity::TooFew => language.mail_labels().too_few,
        Severity::Stable | Severity::Watch | Severity::Alarm | Severity::NoData => language.severity_word(severity),
    }
}

pub(super) fn change_word(change: AlertChange, language: Language) -> &'static str {
    let labels = language.mail_labels();
    match change {
        AlertChange::Opened => labels.opened,
        AlertChange::Worsened => labels.worsened,
        AlertChange::Reminded => labels.reminded,
        AlertChange::Recovered => labels.recovered,
        AlertChange::Noted => labels.noted,
    }
}

/// Returns `PSI 0.43`, in the test's usual unit. Without a feature the test itself is the subject, so its name is omitted.
pub(super) fn value_words(test: Test, value: Option<f64>, with_test: bool, language: Language) -> String {
    let test_word = |test| language.test_name(test);
    let measured = |test, value| measured(test, value, language);
    let is_rise = unit(test) == Some(Unit::Change) && value.is_some_and(|value| value > 0.0);
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
    let word = language.mail_labels().limit;
    // A missing window has no meaningful limit.
    limit
        .filter(|_| test != Test::NoData)
        .map_or(String::new(), |limit| format!("{word} {}", measured(test, limit, language)))
}

fn measured(test: Test, value: f64, language: Language) -> String {
    match unit(test) {
        Some(Unit::Change) => language.points(value),
        Some(Unit::Share) => language.percent(value),
        Some(Unit::Number | Unit::Fraction) => language.number(value),
        None => language.milliseconds(Some(value)),
    }
}

/// Returns the unit of a test's value; `None`: milliseconds.
fn unit(test: Test) -> Option<Unit> {
    match test {
        Test::Measure(measure) => Some(measure.unit()),
        Test::ShareRefused | Test::Overrides => Some(Unit::Change),
        Test::ModelVersion | Test::ErrorRate | Test::Parity | Test::Decision | Test::Cost | Test::RealisedCost => {
            Some(Unit::Share)
        }
        Test::Dead | Test::Constant | Test::LeftOut | Test::Labels | Test::Skew | Test::Sequence => Some(Unit::Share),
        Test::Latency => None,
        _ => Some(Unit::Number),
    }
}

/// Returns the subject of a finding: a name, or the test.
pub(super) fn subject(finding: &Finding, language: Language) -> String {
    finding.subject.name().map_or_else(|| language.test_name(finding.test).to_owned(), short)
}

/// States a redacted finding.
pub(super) fn reason(finding: &Finding, language: Language) -> String {
    symbols_bound(&sentence(&format!("{}{}", language.message(finding), language.table_clause(finding))))
}

/// States what a redacted notification is about, with its note.
pub(super) fn headline(notification: &Notification, language: Language) -> String {
    let headline = language.headline(&notification.headline).unwrap_or_default();
    let with_note = match &notification.note {
        Some(note) => format!("{headline} {} {}.", language.note_opening(), language.note(note)),
        None => headline,
    };
    symbols_bound(&sentence(&with_note))
}

/// Formats a window as short as possible, for a subject line.
pub(super) fn short_window(window: Window, language: Language) -> String {
    const DAY_US: i64 = 86_400_000_000;
    let is_a_day = window.to.0 - window.from.0 == DAY_US && window.from.0.rem_euclid(DAY_US) == 0;
    if is_a_day { language.day(window.from) } else { language.mail_window(window) }
}

#[cfg(test)]
mod tests {
    use super::symbols_bound;

    #[test]
    fn a_symbol_and_its_number_stay_on_one_line() {
        assert_eq!(
            symbols_bound("PSI 0.3; alarm limit 0.25, q 1e-9, q – in a bin"),
            "PSI 0.3; alarm limit 0.25, q\u{a0}1e-9, q – in a bin"
        );
    }
}
