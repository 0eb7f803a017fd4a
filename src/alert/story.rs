//! What a mail says, as texts ready to print: the text part and the HTML part are two ways to say it.

use std::fmt::Write as _;

use super::{
    Change, Event, Telling,
    words::{
        change_word, day, day_or_minute, limit_words, minute, sentence, severity_word, short, spoken, test_word,
        value_words,
    },
};
use crate::{
    judge::{Finding, Severity, Test},
    report::{Picture, Report, picture_of_bins, picture_of_score},
};

/// How many findings are shown; the report has them all.
const WORST: usize = 5;
/// How many changes are listed.
const CHANGES: usize = 12;

/// One line of what changed since the last mail.
pub(super) struct ChangeLine {
    pub word: &'static str,
    pub subject: String,
    /// The tests that say so.
    pub tests: String,
    pub since: String,
    /// What the table below does not say already.
    pub sentences: Vec<String>,
}

/// One subject of the table: a feature, the score, the service.
pub(super) struct Row {
    pub severity: &'static str,
    pub subject: String,
    /// `PSI 0.43`.
    pub value: String,
    /// `limit 0.25`; empty without one.
    pub limit: String,
    pub reasons: Vec<String>,
    pub picture: Option<Picture>,
}

/// Everything both parts print. Nothing in it controls a terminal, turns a line around, or is long.
pub(super) struct Story {
    pub model: String,
    /// The word of the severity, as the config spells it.
    pub severity: &'static str,
    pub severity_shown: String,
    pub verdict: String,
    pub window: Option<String>,
    pub changes: Vec<ChangeLine>,
    pub changes_more: usize,
    pub rows: Vec<Row>,
    pub findings: usize,
    pub link: Option<String>,
    pub attached: bool,
    pub version: &'static str,
}

impl Story {
    pub fn of(telling: &Telling, report: Option<&Report>, base_url: Option<&str>) -> Self {
        let (rows, findings) = report.map_or_else(|| (of_events(telling), telling.events.len()), of_findings);
        let mut changes = change_lines(&telling.events, &rows);
        let changes_more = changes.len().saturating_sub(CHANGES);
        changes.truncate(CHANGES);
        Self {
            model: short(&telling.model),
            severity: telling.severity.word(),
            severity_shown: severity_word(telling.severity),
            verdict: sentence(&telling.verdict),
            window: telling.window.map(|window| {
                let rows = report.map_or(String::new(), |report| format!(" · {} rows", report.drift.n_window));
                format!("{} to {} UTC{rows}", minute(window.from), minute(window.to))
            }),
            changes,
            changes_more,
            rows,
            findings,
            link: base_url.zip(telling.report.as_deref()).and_then(|(base, page)| link(base, page)),
            attached: false,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// How many findings the rows tell of.
    pub fn shown(&self) -> usize {
        self.rows.iter().map(|row| row.reasons.len().max(1)).sum()
    }

    pub fn has_pictures(&self) -> bool {
        self.rows.iter().any(|row| row.picture.is_some())
    }

    /// The colour of the head: white letters are read on it, in light and in dark.
    pub fn ground(&self) -> &'static str {
        colour(self.severity)
    }

    /// The colour of a row's severity on white.
    #[expect(clippy::unused_self, reason = "a template calls methods of its own")]
    pub fn ink(&self, row: &Row) -> &'static str {
        colour(row.severity)
    }

    /// The class that gives it another colour on dark ground.
    #[expect(clippy::unused_self, reason = "a template calls methods of its own")]
    pub fn class(&self, row: &Row) -> &'static str {
        match row.severity {
            "alarm" | "watch" | "stable" => row.severity,
            _ => "none",
        }
    }

    /// Model, severity and what changed, in one line.
    pub fn subject(&self, telling: &Telling) -> String {
        let mut told: Vec<String> = Vec::new();
        for change in [Change::Opened, Change::Worsened, Change::Reminded, Change::Recovered, Change::Noted] {
            let names: Vec<String> =
                telling.events.iter().filter(|event| event.change == change).map(subject_of).collect();
            if let Some((first, rest)) = names.split_first() {
                let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
                told.push(format!("{} {first}{more}", change_word(change)));
            }
        }
        let told = if told.is_empty() { self.verdict.clone() } else { told.join("; ") };
        let when = telling.window.map_or(String::new(), |window| format!(" ({})", day(window)));
        if told == format!("{} {}", change_word(Change::Opened), self.severity_shown) {
            // "no data – new: no data" says it twice.
            return format!("{}: {}{when}", self.model, self.severity_shown);
        }
        format!("{}: {} – {told}{when}", self.model, self.severity_shown)
    }
}

impl Row {
    /// What the picture shows, for those who do not see it.
    pub fn alt(&self) -> String {
        format!("Bars of {}, reference against this window: {}", self.subject, self.value)
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

fn subject_of(event: &Event) -> String {
    event.key.feature.as_deref().map_or_else(|| test_word(event.key.test).to_owned(), short)
}

/// One line for all that happened to a subject in the same way.
fn change_lines(events: &[Event], rows: &[Row]) -> Vec<ChangeLine> {
    let mut lines: Vec<ChangeLine> = Vec::new();
    for event in events {
        let (word, subject) = (change_word(event.change), subject_of(event));
        let since = day_or_minute(event.since);
        let test = event.key.feature.as_ref().map(|_| test_word(event.key.test));
        let is_below = event.change != Change::Recovered && rows.iter().any(|row| row.subject == subject);
        let told = spoken(event.key.test, event.value, event.limit, &event.sentence);
        let told = (!is_below && !told.is_empty()).then_some(told);
        let same = |line: &&mut ChangeLine| line.word == word && line.subject == subject && line.since == since;
        match lines.iter_mut().find(same) {
            Some(line) => {
                line.tests.extend([", ", test.unwrap_or_default()].into_iter().filter(|_| test.is_some()));
                // The first is enough for a subject; the report has them all.
                line.sentences.extend(told.filter(|_| line.sentences.is_empty()));
            }
            None => {
                let tests = test.unwrap_or_default().to_owned();
                lines.push(ChangeLine { word, subject, tests, since, sentences: told.into_iter().collect() });
            }
        }
    }
    lines
}

/// One finding, or one event where no report is.
struct Found<'a> {
    severity: Severity,
    feature: Option<&'a str>,
    test: Test,
    value: Option<f64>,
    limit: Option<f64>,
    reason: &'a str,
}

fn of_findings(report: &Report) -> (Vec<Row>, usize) {
    let found = |finding: &'_ Finding| -> usize { usize::from(finding.severity != Severity::Stable) };
    let count = report.verdict.findings.iter().map(found).sum();
    let mut rows = grouped(report.verdict.findings.iter().map(|finding| Found {
        severity: finding.severity,
        feature: finding.feature.as_deref(),
        test: finding.test,
        value: finding.value,
        limit: finding.limit,
        reason: &finding.reason,
    }));
    for (row, feature, test) in &mut rows {
        row.picture = picture(report, feature.as_deref(), *test);
    }
    (rows.into_iter().map(|(row, ..)| row).collect(), count)
}

fn of_events(telling: &Telling) -> Vec<Row> {
    let open = telling.events.iter().filter(|event| event.change != Change::Recovered);
    let found = open.map(|event| Found {
        severity: event.severity,
        feature: event.key.feature.as_deref(),
        test: event.key.test,
        value: event.value,
        limit: event.limit,
        reason: &event.sentence,
    });
    grouped(found).into_iter().map(|(row, ..)| row).collect()
}

/// The worst subjects in the order they come, with all that was found of each.
fn grouped<'a>(found: impl Iterator<Item = Found<'a>>) -> Vec<(Row, Option<String>, Test)> {
    let mut rows: Vec<(Row, Option<String>, Test)> = Vec::new();
    for found in found {
        let feature = found.feature.map(ToOwned::to_owned);
        let same = |(_, other, test): &&mut (Row, Option<String>, Test)| match &feature {
            Some(_) => *other == feature,
            None => other.is_none() && *test == found.test,
        };
        let reason = spoken(found.test, found.value, found.limit, found.reason);
        if let Some((row, ..)) = rows.iter_mut().find(same) {
            row.reasons.push(reason);
        } else if rows.len() < WORST {
            let row = Row {
                severity: found.severity.word(),
                subject: found.feature.map_or_else(|| test_word(found.test).to_owned(), short),
                value: value_words(found.test, found.value, found.feature.is_some()),
                limit: limit_words(found.test, found.limit),
                reasons: vec![reason],
                picture: None,
            };
            rows.push((row, feature, found.test));
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

/// The page's address: each step of its path spelled so that nothing in it means anything to a browser.
pub(super) fn link(base: &str, page: &str) -> Option<String> {
    let mut link = base.trim_end_matches('/').to_owned();
    for step in page.split('/').filter(|step| !matches!(*step, "" | "." | "..")) {
        link.push('/');
        for byte in step.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                link.push(char::from(byte));
            } else {
                let _ = write!(link, "%{byte:02X}");
            }
        }
    }
    // Longer ones are cut by servers and browsers, each at its own length.
    (link.len() <= 2_000).then_some(link)
}
