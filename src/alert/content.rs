//! The content of a message for people as finished strings, shared by emails and chat channels.

use std::fmt::Write as _;

use super::{
    AlertChange, Event, Notification,
    words::{
        change_word, headline, limit_words, reason, severity_heading, severity_word, short, short_window, subject,
        value_words,
    },
};
use crate::{
    judge::{Facts, Finding, Headline, Severity, Story, Subject, Test},
    report::{Language, MailLabels, Picture, Report, picture_of_bins, picture_of_score},
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

/// One row of the table: a story, the score, the service.
pub(super) struct SubjectRow {
    key: RowKey,
    pub severity: Severity,
    pub severity_shown: &'static str,
    pub subject: String,
    /// `PSI 0.43`.
    pub value: String,
    /// `limit 0.25`; empty if there is no limit.
    pub limit: String,
    pub reasons: Vec<String>,
    pub picture: Option<Picture>,
}

/// Everything that a message shows. All strings are short and free of control and bidirectional characters.
pub(super) struct MailContent {
    pub language: Language,
    /// Fixed texts in that language.
    pub labels: &'static MailLabels,
    pub model: String,
    pub severity: Severity,
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
    /// Builds the content about a redacted notification, without pictures.
    pub(super) fn new(
        notification: &Notification,
        report: Option<&Report>,
        base_url: Option<&str>,
        language: Language,
    ) -> Self {
        let (rows, findings) = report
            .map_or_else(|| event_rows(notification, language), |report| finding_rows(report, notification, language));
        let keys: Vec<&RowKey> = rows.iter().map(|row| &row.key).collect();
        let mut changes = change_entries(notification, &keys, language);
        let verdict = headline(notification, language);
        let changes_omitted = changes.len().saturating_sub(MAX_CHANGES);
        changes.truncate(MAX_CHANGES);
        Self {
            language,
            labels: language.mail_labels(),
            model: short(&notification.model),
            severity: notification.severity,
            severity_shown: severity_heading(notification.severity, language),
            verdict,
            window: notification.window.map(|window| {
                let rows = report.map(|report| format!(" · {}", language.row_count(report.drift.n_window)));
                format!("{}{}", language.mail_window(window), rows.unwrap_or_default())
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

    /// Leaves out the least severe row or, without rows, the last change. Returns whether there was one.
    pub(super) fn shorten(&mut self) -> bool {
        if self.rows.pop().is_some() {
            return true;
        }
        let is_shorter = self.changes.pop().is_some();
        self.changes_omitted += usize::from(is_shorter);
        is_shorter
    }

    /// Returns the number of findings in the rows.
    pub(super) fn shown(&self) -> usize {
        self.rows.iter().map(|row| row.reasons.len().max(1)).sum()
    }

    /// Adds the pictures of the rows.
    pub(super) fn draw(&mut self, report: &Report) {
        for row in &mut self.rows {
            let (subject, test) = &row.key;
            row.picture = picture(report, subject, *test);
        }
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
            Severity::Alarm | Severity::Watch | Severity::Stable => row.severity.word(),
            Severity::TooFew | Severity::NoData => "none",
        }
    }

    /// The subject line: model, severity and changes.
    pub(super) fn subject(&self, notification: &Notification) -> String {
        let language = self.language;
        let mut changes: Vec<String> = Vec::new();
        for change in [
            AlertChange::Opened,
            AlertChange::Worsened,
            AlertChange::Reminded,
            AlertChange::Recovered,
            AlertChange::Noted,
        ] {
            let names: Vec<String> = notification
                .events
                .iter()
                .filter(|event| event.change == change)
                .map(|event| subject(&event.finding, language))
                .collect();
            if let Some((first, rest)) = names.split_first() {
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" {}", language.and_more(more)),
                };
                changes.push(format!("{}{} {first}{more}", change_word(change, language), language.colon()));
            }
        }
        let changes = if changes.is_empty() { self.verdict.clone() } else { changes.join(language.semicolon()) };
        let when = notification.window.map_or(String::new(), |window| format!(" ({})", short_window(window, language)));
        let colon = language.colon();
        if is_severity(&notification.events) {
            // Avoids "no data – new: no data".
            return format!("{}{colon} {}{when}", self.model, self.severity_shown);
        }
        format!("{}{colon} {} – {changes}{when}", self.model, self.severity_shown)
    }
}

/// Returns whether the only event is what the severity says already.
fn is_severity(events: &[Event]) -> bool {
    let [event] = events else { return false };
    let is_named = matches!(
        (event.finding.test, event.finding.severity),
        (Test::NoData, Severity::NoData) | (Test::TooFew, Severity::TooFew)
    );
    event.change == AlertChange::Opened && is_named
}

/// Returns whether a finding is what the headline says already: why the run failed.
fn is_headline(finding: &Finding, headline: &Headline) -> bool {
    match (&finding.facts, headline) {
        (Facts::Failed(why), Headline::Failed { test: _, failure }) => why == failure,
        _ => false,
    }
}

impl SubjectRow {
    /// Alternative text of the image.
    pub(super) fn alt(&self, language: Language) -> String {
        language.picture_of(&self.subject, &self.value)
    }
}

fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Alarm => "#b3261e",
        Severity::Watch => "#8a5d00",
        Severity::Stable => "#2a7d4f",
        Severity::TooFew | Severity::NoData => "#4d5765",
    }
}

/// What a row of the table is about: a story or segment with all its tests, or one test of the run or the score.
type RowKey = (Subject, Option<Test>);

fn row_key(finding: &Finding) -> RowKey {
    // An alert may have kept a name that its story has no longer.
    let subject = finding.story().map_or_else(|| finding.subject.clone(), Story::subject);
    (subject, finding.subject.is_whole().then_some(finding.test))
}

/// Groups events by subject and kind of change. `rows`: the rows of the table.
fn change_entries(notification: &Notification, rows: &[&RowKey], language: Language) -> Vec<ChangeEntry> {
    let mut entries: Vec<((AlertChange, RowKey), ChangeEntry)> = Vec::new();
    for Event { change, finding, since, .. } in &notification.events {
        let key = (*change, row_key(finding));
        let since = language.day(*since);
        let test = (!finding.subject.is_whole()).then(|| language.test_name(finding.test));
        let is_in_table = rows.contains(&&key.1) || is_headline(finding, &notification.headline);
        // The reason asks whether the service is up, which is settled once records arrive again.
        let is_settled = *change == AlertChange::Recovered && finding.test == Test::NoData;
        let is_stated = is_settled || is_in_table && *change != AlertChange::Recovered;
        let reason = (!is_stated).then(|| reason(finding, language)).filter(|reason| !reason.is_empty());
        match entries.iter_mut().find(|(other, entry)| *other == key && entry.since == since) {
            Some((_, entry)) => {
                entry.tests.extend([", ", test.unwrap_or_default()].into_iter().filter(|_| test.is_some()));
                // One reason per subject; the report lists all of them.
                entry.sentences.extend(reason.filter(|_| entry.sentences.is_empty()));
            }
            None => {
                let entry = ChangeEntry {
                    word: change_word(*change, language),
                    subject: subject(finding, language),
                    tests: test.unwrap_or_default().to_owned(),
                    since,
                    sentences: reason.into_iter().collect(),
                };
                entries.push((key, entry));
            }
        }
    }
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// Builds the rows of what a report tells and is not muted, and counts it.
fn finding_rows(report: &Report, notification: &Notification, language: Language) -> (Vec<SubjectRow>, usize) {
    let is_muted = |finding: &Finding| notification.muted.contains(&(finding.subject.clone(), finding.test));
    let heard = report.verdict.without(&report.drift, &report.importance, &report.policy, &is_muted);
    let findings: Vec<Finding> = heard.entries().into_iter().map(Finding::redacted).collect();
    let count = findings.iter().filter(|finding| finding.severity != Severity::Stable).count();
    let mut rows = group_by_subject(&findings, &notification.headline, language);
    if report.verdict.is_of_selection() {
        let is_drift = |row: &&mut SubjectRow| matches!(row.key.0, Subject::Feature(_) | Subject::Score);
        for row in rows.iter_mut().filter(is_drift) {
            row.value = format!("{} ({})", row.value, language.labels().among_usable_rows);
        }
    }
    (rows, count)
}

/// Builds the rows of the open alerts among a notification's events, and counts the events.
fn event_rows(notification: &Notification, language: Language) -> (Vec<SubjectRow>, usize) {
    let open = notification.events.iter().filter(|event| event.change != AlertChange::Recovered);
    let findings: Vec<Finding> = open.map(|event| event.finding.clone()).collect();
    let stated = findings.iter().filter(|finding| is_headline(finding, &notification.headline)).count();
    (group_by_subject(&findings, &notification.headline, language), notification.events.len() - stated)
}

/// Groups findings by subject and keeps the first (worst) subjects, each with all its reasons. Leaves out what the headline
/// says.
fn group_by_subject(findings: &[Finding], headline: &Headline, language: Language) -> Vec<SubjectRow> {
    let mut rows: Vec<SubjectRow> = Vec::new();
    for finding in findings.iter().filter(|finding| !is_headline(finding, headline)) {
        let key = row_key(finding);
        let reason = reason(finding, language);
        if let Some(row) = rows.iter_mut().find(|row| row.key == key) {
            row.reasons.push(reason);
        } else if rows.len() < MAX_ROWS {
            rows.push(SubjectRow {
                key,
                severity: finding.severity,
                severity_shown: severity_word(finding.severity, language),
                subject: subject(finding, language),
                value: value_words(finding.measured(), finding.value, !finding.subject.is_whole(), language),
                limit: limit_words(finding.measured(), finding.limit, language),
                reasons: vec![reason],
                picture: None,
            });
        }
    }
    for row in &mut rows {
        row.reasons.retain(|reason| !reason.is_empty());
    }
    rows
}

fn picture(report: &Report, subject: &Subject, test: Option<Test>) -> Option<Picture> {
    let drift = &report.drift;
    match subject {
        Subject::Group(_) => {
            let story = report.verdict.stories.iter().find(|story| story.subject() == *subject)?;
            let lead =
                drift.features.iter().find(|drift| Some(&drift.name) == story.lead().map(|lead| &lead.feature))?;
            picture_of_bins(&lead.bins, lead.n_reference, lead.n_window)
        }
        Subject::Feature(name) => {
            let drift = drift.features.iter().find(|drift| drift.name == *name)?;
            picture_of_bins(&drift.bins, drift.n_reference, drift.n_window)
        }
        Subject::Score if matches!(test, Some(Test::Score | Test::ShareRefused)) => {
            let score = drift.score.as_ref().filter(|score| !score.histogram.is_empty());
            score.and_then(|score| picture_of_score(&score.histogram))
        }
        Subject::Run | Subject::Score | Subject::Segment(_) => None,
    }
}

/// Returns the URL of a report page, with every path segment percent-encoded.
pub(crate) fn link(base: &str, page: &str) -> Option<String> {
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
