//! The content of an email as finished strings, shared by the text and HTML parts.

use std::fmt::Write as _;

use super::{
    Change, Event, Notification,
    phrases::Phrases,
    words::{day, day_or_minute, event_sentence, limit_words, minute, redacted_reason, sentence, short, value_words},
};
use crate::{
    judge::{Finding, Severity, Test},
    report::{Language, Picture, Report, failure_in_french, picture_of_bins, picture_of_score, reason, verdict_in},
};

/// Maximum number of subjects shown; the report lists all of them.
const MAX_ROWS: usize = 5;
/// Maximum number of changes listed.
const MAX_CHANGES: usize = 12;

/// One entry of the list of changes since the last email.
pub(super) struct ChangeEntry {
    pub word: &'static str,
    pub subject: String,
    /// The tests concerned.
    pub tests: String,
    pub since: String,
    /// Reasons that the table below does not show.
    pub sentences: Vec<String>,
}

/// One row of the table: a feature, the score, the service.
pub(super) struct SubjectRow {
    /// The severity's name in the config.
    pub severity: &'static str,
    pub severity_shown: &'static str,
    pub subject: String,
    /// `PSI 0.43`.
    pub value: String,
    /// `limit 0.25`; empty if there is no limit.
    pub limit: String,
    pub reasons: Vec<String>,
    pub picture: Option<Picture>,
}

/// Everything that both parts show. All strings are short and free of control and bidirectional characters.
pub(super) struct MailContent {
    pub language: Language,
    /// Phrases in that language.
    pub phrases: Phrases,
    pub model: String,
    /// The severity's name in the config.
    pub severity: &'static str,
    pub severity_shown: String,
    pub verdict: String,
    pub window: Option<String>,
    pub changes: Vec<ChangeEntry>,
    /// Number of changes beyond the limit.
    pub changes_omitted: usize,
    pub rows: Vec<SubjectRow>,
    /// Total number of findings.
    pub findings: usize,
    pub link: Option<String>,
    pub attached: bool,
    pub version: &'static str,
}

impl MailContent {
    pub(super) fn new(
        notification: &Notification,
        report: Option<&Report>,
        base_url: Option<&str>,
        language: Language,
    ) -> Self {
        let phrases = Phrases(language);
        let (mut rows, findings) = report.map_or_else(
            || (event_rows(notification, language), notification.events.len()),
            |report| finding_rows(report, language),
        );
        let mut changes = change_entries(&notification.events, &rows, language);
        let verdict = sentence(&verdict(notification, report, language));
        // If a run failed, the reason is both the verdict and the only finding: show it once.
        let all = rows.len();
        rows.retain(|row| !row.repeats(&verdict));
        let findings = findings.saturating_sub(all - rows.len());
        let changes_omitted = changes.len().saturating_sub(MAX_CHANGES);
        changes.truncate(MAX_CHANGES);
        Self {
            language,
            phrases,
            model: short(&notification.model),
            severity: notification.severity.word(),
            severity_shown: phrases.severity(notification.severity),
            verdict,
            window: notification.window.map(|window| {
                let rows =
                    report.map_or(String::new(), |report| format!(" · {}", language.row_count(report.drift.n_window)));
                format!("{} {} {} UTC{rows}", minute(window.from), phrases.to(), minute(window.to))
            }),
            changes,
            changes_omitted,
            rows,
            findings,
            link: base_url.zip(notification.report.as_deref()).and_then(|(base, page)| link(base, page)),
            attached: false,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Returns the number of findings in the rows.
    pub(super) fn shown(&self) -> usize {
        self.rows.iter().map(|row| row.reasons.len().max(1)).sum()
    }

    pub(super) fn has_pictures(&self) -> bool {
        self.rows.iter().any(|row| row.picture.is_some())
    }

    /// Background colour of the header, readable under white text in light and dark mode.
    pub(super) fn header_colour(&self) -> &'static str {
        colour(self.severity)
    }

    /// Colour of a row's severity on white.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(super) fn severity_colour(&self, row: &SubjectRow) -> &'static str {
        colour(row.severity)
    }

    /// CSS class that sets the severity's colour in dark mode.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(super) fn class(&self, row: &SubjectRow) -> &'static str {
        match row.severity {
            "alarm" | "watch" | "stable" => row.severity,
            _ => "none",
        }
    }

    /// The subject line: model, severity and changes.
    pub(super) fn subject(&self, notification: &Notification) -> String {
        let phrases = self.phrases;
        let mut changes: Vec<String> = Vec::new();
        for change in [Change::Opened, Change::Worsened, Change::Reminded, Change::Recovered, Change::Noted] {
            let names: Vec<String> = notification
                .events
                .iter()
                .filter(|event| event.change == change)
                .map(|event| subject_of(event, phrases.0))
                .collect();
            if let Some((first, rest)) = names.split_first() {
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" {}", phrases.and_more(more)),
                };
                changes.push(format!("{}{} {first}{more}", phrases.change(change), phrases.colon()));
            }
        }
        let changes = if changes.is_empty() { self.verdict.clone() } else { changes.join(phrases.semicolon()) };
        let when = notification.window.map_or(String::new(), |window| format!(" ({})", day(window, self.language)));
        let colon = phrases.colon();
        if changes == format!("{}{colon} {}", phrases.change(Change::Opened), self.severity_shown) {
            // Avoids "no data – new: no data".
            return format!("{}{colon} {}{when}", self.model, self.severity_shown);
        }
        format!("{}{colon} {} – {changes}{when}", self.model, self.severity_shown)
    }
}

/// Returns the verdict in the language of the email. The run's sentence is stored in English, possibly with a note.
fn verdict(notification: &Notification, report: Option<&Report>, language: Language) -> String {
    match (language, report) {
        (Language::French, Some(report)) => {
            let (_, note) = french_note(&notification.verdict);
            format!("{}{note}", verdict_in(&report.redacted(), language))
        }
        (Language::French, None) if let Some(windows) = notification.labelled_windows => {
            Phrases(language).labels_arrived(windows)
        }
        // A failed run. A test notification has no events and is in French already.
        (Language::French, None) if !notification.events.is_empty() => {
            let (why, note) = french_note(&notification.verdict);
            let is_source =
                notification.events.iter().any(|event| event.key.test == Test::Source && event.sentence == why);
            let test = if is_source { Test::Source } else { Test::RunFailed };
            format!("{}{note}", capitalized(&failure_in_french(test, why)))
        }
        _ => notification.verdict.clone(),
    }
}

/// Splits off the note and translates it.
fn french_note(verdict: &str) -> (&str, String) {
    let Some((sentence, note)) = verdict.split_once(" Note: ") else { return (verdict, String::new()) };
    (sentence, format!(" À noter\u{a0}: {}", Phrases(Language::French).note(note)))
}

fn capitalized(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

impl SubjectRow {
    /// Returns whether the row contains nothing but this sentence, or the error that the sentence quotes.
    fn repeats(&self, sentence: &str) -> bool {
        let is_alone = self.value.is_empty() && self.picture.is_none() && self.reasons.len() == 1;
        is_alone
            && self
                .reasons
                .iter()
                .all(|reason| sentence.ends_with(reason) || capitalized(reason) == capitalized(sentence))
    }

    /// Alternative text of the image.
    pub(super) fn alt(&self, phrases: Phrases) -> String {
        format!("{} {}, {} {}", phrases.bars_of(), self.subject, phrases.against(), self.value)
    }
}

fn colour(severity: &str) -> &'static str {
    match severity {
        "alarm" => "#b3261e",
        "watch" => "#8a5d00",
        "stable" => "#2a7d4f",
        _ => "#4d5765",
    }
}

fn subject_of(event: &Event, language: Language) -> String {
    event.key.feature.as_deref().map_or_else(|| language.subject(event.key.test).to_owned(), short)
}

/// Groups events by subject and kind of change.
fn change_entries(events: &[Event], rows: &[SubjectRow], language: Language) -> Vec<ChangeEntry> {
    let phrases = Phrases(language);
    let mut entries: Vec<ChangeEntry> = Vec::new();
    for event in events {
        let (word, subject) = (phrases.change(event.change), subject_of(event, language));
        let since = day_or_minute(event.since);
        let test = event.key.feature.as_ref().map(|_| language.subject(event.key.test));
        let is_in_table = event.change != Change::Recovered && rows.iter().any(|row| row.subject == subject);
        let reason = event_sentence(event, language);
        // The reason asks whether the service is up, which is settled once records arrive again.
        let is_settled = event.change == Change::Recovered && event.key.test == Test::NoData;
        let reason = (!is_in_table && !is_settled && !reason.is_empty()).then_some(reason);
        let same = |entry: &&mut ChangeEntry| entry.word == word && entry.subject == subject && entry.since == since;
        match entries.iter_mut().find(same) {
            Some(entry) => {
                entry.tests.extend([", ", test.unwrap_or_default()].into_iter().filter(|_| test.is_some()));
                // One reason per subject; the report lists all of them.
                entry.sentences.extend(reason.filter(|_| entry.sentences.is_empty()));
            }
            None => {
                let tests = test.unwrap_or_default().to_owned();
                entries.push(ChangeEntry { word, subject, tests, since, sentences: reason.into_iter().collect() });
            }
        }
    }
    entries
}

/// A finding, or an event if there is no report.
struct RowSource<'a> {
    severity: Severity,
    feature: Option<&'a str>,
    test: Test,
    value: Option<f64>,
    limit: Option<f64>,
    reason: String,
}

/// Builds the rows of a report's findings, and counts the findings.
fn finding_rows(report: &Report, language: Language) -> (Vec<SubjectRow>, usize) {
    // Values of single rows are redacted in both languages.
    let redacted = (language == Language::French).then(|| report.redacted());
    let text = |number: usize, finding: &Finding| match &redacted {
        Some(redacted) => {
            let finding = redacted.verdict.findings.get(number).unwrap_or(finding);
            sentence(&reason(redacted, finding, language))
        }
        None => redacted_reason(finding.test, finding.value, finding.limit, &finding.reason),
    };
    let counts = |finding: &'_ Finding| -> usize { usize::from(finding.severity != Severity::Stable) };
    let count = report.verdict.findings.iter().map(counts).sum();
    let sources = report.verdict.findings.iter().enumerate().map(|(number, finding)| RowSource {
        severity: finding.severity,
        feature: finding.feature.as_deref(),
        test: finding.test,
        value: finding.value,
        limit: finding.limit,
        reason: text(number, finding),
    });
    let mut rows = group_by_subject(sources, language);
    for (row, feature, test) in &mut rows {
        row.picture = picture(report, feature.as_deref(), *test);
    }
    (rows.into_iter().map(|(row, ..)| row).collect(), count)
}

/// Builds the rows of the open alerts among a notification's events.
fn event_rows(notification: &Notification, language: Language) -> Vec<SubjectRow> {
    let open = notification.events.iter().filter(|event| event.change != Change::Recovered);
    let sources = open.map(|event| RowSource {
        severity: event.severity,
        feature: event.key.feature.as_deref(),
        test: event.key.test,
        value: event.value,
        limit: event.limit,
        reason: event_sentence(event, language),
    });
    group_by_subject(sources, language).into_iter().map(|(row, ..)| row).collect()
}

/// Groups findings by subject and keeps the first (worst) subjects, each with all its reasons.
fn group_by_subject<'a>(
    sources: impl Iterator<Item = RowSource<'a>>,
    language: Language,
) -> Vec<(SubjectRow, Option<String>, Test)> {
    let phrases = Phrases(language);
    let mut rows: Vec<(SubjectRow, Option<String>, Test)> = Vec::new();
    for source in sources {
        let feature = source.feature.map(ToOwned::to_owned);
        let same = |(_, other, test): &&mut (SubjectRow, Option<String>, Test)| match &feature {
            Some(_) => *other == feature,
            None => other.is_none() && *test == source.test,
        };
        let reason = source.reason;
        if let Some((row, ..)) = rows.iter_mut().find(same) {
            row.reasons.push(reason);
        } else if rows.len() < MAX_ROWS {
            let row = SubjectRow {
                severity: source.severity.word(),
                severity_shown: phrases.severity_plain(source.severity),
                subject: source.feature.map_or_else(|| language.subject(source.test).to_owned(), short),
                value: value_words(source.test, source.value, source.feature.is_some(), language),
                limit: limit_words(source.test, source.limit, language),
                reasons: vec![reason],
                picture: None,
            };
            rows.push((row, feature, source.test));
        }
    }
    for (row, ..) in &mut rows {
        row.reasons.retain(|reason| !reason.is_empty());
    }
    rows
}

fn picture(report: &Report, feature: Option<&str>, test: Test) -> Option<Picture> {
    let drift = &report.drift;
    if let Some(name) = feature {
        let drift = drift.features.iter().find(|drift| drift.name == name)?;
        return picture_of_bins(&drift.bins, drift.n_reference, drift.n_window);
    }
    let is_score = matches!(test, Test::Score | Test::ShareRefused | Test::Psi | Test::Ks | Test::Missing);
    drift.score.as_ref().filter(|_| is_score).and_then(|score| picture_of_score(&score.histogram))
}

/// Returns the URL of a report page, with every path segment percent-encoded.
pub(super) fn link(base: &str, page: &str) -> Option<String> {
    let mut link = base.trim_end_matches('/').to_owned();
    for segment in page.split('/').filter(|segment| !matches!(*segment, "" | "." | "..")) {
        link.push('/');
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                link.push(char::from(byte));
            } else {
                let _ = write!(link, "%{byte:02X}");
            }
        }
    }
    // Servers and browsers truncate longer URLs, each at a different length.
    (link.len() <= 2_000).then_some(link)
}
