//! Sentences about failed runs. The daemon's own sentences are here in both languages; the ledger stores the English one, and
//! a French page maps it back. Any other error text is quoted as it is.

use jiff::tz::TimeZone;
use vigie_profile::window::{Instant, Window};

use super::{
    Language,
    reasons::{FRENCH_NOT_READ, brief},
};
use crate::{
    fault::{UNCOUNTABLE, UNREADABLE_AGAIN},
    judge::{Severity, Test, strip_not_read},
};

/// Windows without a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreported {
    /// One window, to be retried.
    One(Window),
    /// The number of windows to be retried, and the first of them.
    Several(usize, Window),
    /// The number of windows that will not be checked automatically, and the span from the first to the last.
    Missed(usize, Window),
}

impl Unreported {
    /// Returns the sentence in the given language.
    #[must_use]
    pub fn sentence(self, language: Language) -> String {
        let (Self::One(window) | Self::Several(_, window) | Self::Missed(_, window)) = self;
        let (from, to) = (window.from, window.to);
        match (self, language) {
            (Self::One(_), Language::English) => format!(
                "the window from {from} to {to} has no report yet and will be retried; run `vigie status` for the reason"
            ),
            (Self::One(_), Language::French) => format!(
                "la fenêtre du {from} au {to} n’a pas encore de rapport et sera réexaminée\u{a0}; `vigie status` en donne la raison"
            ),
            (Self::Several(n, _), Language::English) => format!(
                "{n} windows, the first from {from} to {to}, have no report yet and will be retried; run `vigie status` for the \
                 reason"
            ),
            (Self::Several(n, _), Language::French) => format!(
                "{n} fenêtres, la première du {from} au {to}, n’ont pas encore de rapport et seront réexaminées\u{a0}; \
                 `vigie status` en donne la raison"
            ),
            (Self::Missed(n, _), Language::English) => format!(
                "{n} windows from {from} to {to} were not checked: more than schedule.catch_up allows; \
                 run `vigie check --from T --to T` to check one"
            ),
            (Self::Missed(n, _), Language::French) => format!(
                "{n} fenêtres du {from} au {to} n’ont pas été examinées\u{a0}: c’est plus que ne le permet schedule.catch_up\u{a0}; \
                 `vigie check --from T --to T` en examine une"
            ),
        }
    }

    /// Parses the English sentence.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split([' ', ',']).peekable();
        let count = words.peek()?.parse().unwrap_or(1);
        let mut times = words.filter_map(|word| Instant::parse(word, &TimeZone::UTC));
        let window = Window::new(times.next()?, times.next()?)?;
        let known = [Self::One(window), Self::Several(count, window), Self::Missed(count, window)];
        known.into_iter().find(|one| one.sentence(Language::English) == text)
    }
}

/// Fixed sentences that replace an error text in messages to external recipients.
const FIXED: [(&str, &str); 6] = [
    (
        "the run crashed; this is a bug in vigie: please report it",
        "l’exécution s’est interrompue\u{a0}; il s’agit d’un défaut de vigie, merci de le signaler",
    ),
    (
        UNCOUNTABLE,
        "les enregistrements de la fenêtre ne peuvent pas être comptés\u{a0}; `vigie status` en donne la raison",
    ),
    (
        UNREADABLE_AGAIN,
        "les enregistrements de la fenêtre ne peuvent pas être relus\u{a0}; `vigie status` en donne la raison",
    ),
    // Former wordings, which old ledgers hold.
    (
        "the run broke down; this is a fault of vigie: please report it",
        "l’exécution s’est interrompue\u{a0}; il s’agit d’un défaut de vigie, merci de le signaler",
    ),
    (
        "the records of the window cannot be counted; `vigie status` says why",
        "les enregistrements de la fenêtre ne peuvent pas être comptés\u{a0}; `vigie status` en donne la raison",
    ),
    (
        "the records of the window cannot be read again; `vigie status` says why",
        "les enregistrements de la fenêtre ne peuvent pas être relus\u{a0}; `vigie status` en donne la raison",
    ),
];

/// Longer errors are truncated before they are quoted, so that the closing quotation mark is never cut off.
const MAX_QUOTED: usize = 400;

/// Returns an alert's sentence in French, from the test's values or from the English sentence.
#[must_use]
pub fn alert_in_french(
    test: Test,
    severity: Severity,
    value: Option<f64>,
    limit: Option<f64>,
    sentence: &str,
) -> String {
    if let Some(words) = brief(test, severity, value, limit) {
        return words;
    }
    if let Some(what) = strip_not_read(sentence) {
        return format!("{FRENCH_NOT_READ}{what}");
    }
    match (test, known_sentence(sentence)) {
        (_, Some(words)) => words,
        // The subject already states that the run failed.
        (Test::RunFailed, None) => quoted(sentence),
        (_, None) => failure_in_french(test, sentence),
    }
}

/// Returns the reason of a failed run in French.
#[must_use]
pub fn failure_in_french(test: Test, sentence: &str) -> String {
    let what = match test {
        Test::Source => "le journal ne peut pas être lu",
        Test::Labels => "les étiquettes ne peuvent pas être lues",
        _ => "l’exécution a échoué",
    };
    known_sentence(sentence).unwrap_or_else(|| format!("{what}\u{a0}: {}", quoted(sentence)))
}

/// Returns the French version of the daemon's own sentences.
fn known_sentence(sentence: &str) -> Option<String> {
    if let Some(unreported) = Unreported::parse(sentence) {
        return Some(unreported.sentence(Language::French));
    }
    FIXED.iter().find(|(english, _)| *english == sentence).map(|(_, french)| (*french).to_owned())
}

fn quoted(sentence: &str) -> String {
    let mut error: String = sentence.chars().take(MAX_QUOTED).collect();
    if error.len() < sentence.len() {
        error.push('…');
    }
    format!("«\u{a0}{error}\u{a0}»")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    const WINDOW: Window = Window { from: Instant(1_790_812_800_000_000), to: Instant(1_790_899_200_000_000) };

    #[test]
    fn sentences_of_the_daemon_are_translated() {
        for unreported in [Unreported::One(WINDOW), Unreported::Several(3, WINDOW), Unreported::Missed(12, WINDOW)] {
            let english = unreported.sentence(Language::English);
            assert_eq!(Unreported::parse(&english), Some(unreported));
            let french = failure_in_french(Test::RunFailed, &english);
            assert_eq!(french, unreported.sentence(Language::French));
            assert!(french.contains("fenêtre") && !french.contains('«'), "{french}");
        }
        let crash = "the run crashed; this is a bug in vigie: please report it";
        assert!(failure_in_french(Test::RunFailed, crash).starts_with("l’exécution s’est interrompue"));
    }

    /// A value of a row may be quoted only in the sentence for the operator.
    #[test]
    fn redacted_faults_are_translated() {
        for fault in [Fault::uncountable("4711"), Fault::unreadable_again("4711")] {
            assert!(fault.to_string().contains("4711") && !fault.redacted().contains("4711"), "{fault}");
            let french = failure_in_french(Test::RunFailed, fault.redacted());
            assert!(french.starts_with("les enregistrements de la fenêtre") && !french.contains('«'), "{french}");
        }
    }

    #[test]
    fn errors_are_quoted() {
        let error = "reference: /r is truncated or damaged; copy it again";
        assert_eq!(
            failure_in_french(Test::RunFailed, error),
            format!("l’exécution a échoué\u{a0}: «\u{a0}{error}\u{a0}»")
        );
        assert_eq!(
            alert_in_french(Test::RunFailed, Severity::Alarm, None, None, error),
            format!("«\u{a0}{error}\u{a0}»")
        );
        assert_eq!(
            alert_in_french(Test::Source, Severity::Alarm, None, None, "source.path: /log cannot be listed"),
            "le journal ne peut pas être lu\u{a0}: «\u{a0}source.path: /log cannot be listed\u{a0}»"
        );
        assert_eq!(
            alert_in_french(Test::Source, Severity::Watch, None, None, "not read: a.csv: no such file or folder"),
            "non lu\u{a0}: a.csv: no such file or folder"
        );
        let long = failure_in_french(Test::RunFailed, &"é".repeat(MAX_QUOTED + 1));
        assert!(long.ends_with("é…\u{a0}»"), "{long}");
        assert_eq!(
            failure_in_french(Test::RunFailed, "3 windows were not checked"),
            "l’exécution a échoué\u{a0}: «\u{a0}3 windows were not checked\u{a0}»"
        );
    }
}
