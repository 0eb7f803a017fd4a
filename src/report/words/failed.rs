//! What is said of a run that failed. The daemon's own sentences stand here in both languages; the ledger keeps the English
//! one, and a French page reads it back. An error's own text stays as it is, quoted.

use jiff::tz::TimeZone;
use vigie_profile::window::{Instant, Window};

use super::{Language, reasons::brief};
use crate::judge::{Severity, Test};

/// Windows that have no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreported {
    /// One, to be tried again.
    One(Window),
    /// So many, to be tried again, with the first of them.
    Several(usize, Window),
    /// So many, from the first to the last, that nobody will look at by themselves.
    Missed(usize, Window),
}

impl Unreported {
    /// The sentence.
    #[must_use]
    pub fn sentence(self, language: Language) -> String {
        let (Self::One(window) | Self::Several(_, window) | Self::Missed(_, window)) = self;
        let (from, to) = (window.from, window.to);
        match (self, language) {
            (Self::One(_), Language::English) => format!(
                "the window from {from} to {to} has no report yet and will be tried again; `vigie status` says why"
            ),
            (Self::One(_), Language::French) => format!(
                "la fenêtre du {from} au {to} n’a pas encore de rapport et sera examinée de nouveau ; `vigie status` dit pourquoi"
            ),
            (Self::Several(n, _), Language::English) => format!(
                "{n} windows, the first from {from} to {to}, have no report yet and will be tried again; `vigie status` says why"
            ),
            (Self::Several(n, _), Language::French) => format!(
                "{n} fenêtres, la première du {from} au {to}, n’ont pas encore de rapport et seront examinées de nouveau ; \
                 `vigie status` dit pourquoi"
            ),
            (Self::Missed(n, _), Language::English) => format!(
                "{n} windows from {from} to {to} were not looked at: more than schedule.catch_up allows; \
                 `vigie check --from T --to T` looks at one"
            ),
            (Self::Missed(n, _), Language::French) => format!(
                "{n} fenêtres du {from} au {to} n’ont pas été examinées : plus que schedule.catch_up n’en permet ; \
                 `vigie check --from T --to T` en examine une"
            ),
        }
    }

    /// Reads an English sentence back.
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split([' ', ',']).peekable();
        let many = words.peek()?.parse().unwrap_or(1);
        let mut times = words.filter_map(|word| Instant::parse(word, &TimeZone::UTC));
        let window = Window::new(times.next()?, times.next()?)?;
        let known = [Self::One(window), Self::Several(many, window), Self::Missed(many, window)];
        known.into_iter().find(|one| one.sentence(Language::English) == text)
    }
}

/// Sentences without a name or a number in them that leave the house in an error's place.
const FIXED: [(&str, &str); 3] = [
    (
        "the run broke down; this is a fault of vigie: please report it",
        "le passage s’est interrompu ; c’est un défaut de vigie, merci de le signaler",
    ),
    (
        "the records of the window cannot be counted; `vigie status` says why",
        "les enregistrements de la fenêtre ne peuvent pas être comptés ; `vigie status` dit pourquoi",
    ),
    (
        "the records of the window cannot be read again; `vigie status` says why",
        "les enregistrements de la fenêtre ne peuvent pas être relus ; `vigie status` dit pourquoi",
    ),
];

/// Longer errors are cut, so that the quotation is closed wherever sentences are cut.
const ERROR: usize = 400;

/// An alert in French, from what its test measured or from its English sentence.
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
    if let Some(what) = sentence.strip_prefix("left out: ") {
        return format!("laissé de côté : {what}");
    }
    match (test, own_words(sentence)) {
        (_, Some(words)) => words,
        // Its subject says already that the run failed.
        (Test::RunFailed, None) => quoted(sentence),
        (_, None) => failure_in_french(test, sentence),
    }
}

/// Why a run failed, in French.
#[must_use]
pub fn failure_in_french(test: Test, sentence: &str) -> String {
    let what = match test {
        Test::Source => "le journal ne peut pas être lu",
        Test::Labels => "les étiquettes ne peuvent pas être lues",
        _ => "le passage a échoué",
    };
    own_words(sentence).unwrap_or_else(|| format!("{what} : {}", quoted(sentence)))
}

/// What the daemon says itself.
fn own_words(sentence: &str) -> Option<String> {
    if let Some(unreported) = Unreported::read(sentence) {
        return Some(unreported.sentence(Language::French));
    }
    FIXED.iter().find(|(english, _)| *english == sentence).map(|(_, french)| (*french).to_owned())
}

fn quoted(sentence: &str) -> String {
    let mut error: String = sentence.chars().take(ERROR).collect();
    if error.len() < sentence.len() {
        error.push('…');
    }
    format!("« {error} »")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { from: Instant(1_790_812_800_000_000), to: Instant(1_790_899_200_000_000) };

    #[test]
    fn what_the_daemon_says_is_read_back() {
        for said in [Unreported::One(WINDOW), Unreported::Several(3, WINDOW), Unreported::Missed(12, WINDOW)] {
            let english = said.sentence(Language::English);
            assert_eq!(Unreported::read(&english), Some(said));
            let french = failure_in_french(Test::RunFailed, &english);
            assert_eq!(french, said.sentence(Language::French));
            assert!(french.contains("fenêtre") && !french.contains('«'), "{french}");
        }
        for (english, french) in FIXED {
            assert_eq!(failure_in_french(Test::RunFailed, english), french);
        }
    }

    #[test]
    fn an_error_is_quoted() {
        let error = "reference: /r is cut short or damaged; copy it again";
        assert_eq!(failure_in_french(Test::RunFailed, error), format!("le passage a échoué : « {error} »"));
        assert_eq!(alert_in_french(Test::RunFailed, Severity::Alarm, None, None, error), format!("« {error} »"));
        assert_eq!(
            alert_in_french(Test::Source, Severity::Alarm, None, None, "source.path: /log cannot be listed"),
            "le journal ne peut pas être lu : « source.path: /log cannot be listed »"
        );
        assert_eq!(
            alert_in_french(Test::Source, Severity::Watch, None, None, "left out: a.csv: it is gone"),
            "laissé de côté : a.csv: it is gone"
        );
        let long = failure_in_french(Test::RunFailed, &"é".repeat(ERROR + 1));
        assert!(long.ends_with("é… »"), "{long}");
        assert_eq!(failure_in_french(Test::RunFailed, "3 windows fell"), "le passage a échoué : « 3 windows fell »");
    }
}
