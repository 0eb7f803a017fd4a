//! What a mail says, as texts ready to print: the text part and the HTML part are two ways to say it.

use std::fmt::Write as _;

use super::{
    Change, Event, Telling,
    phrases::Phrases,
    words::{day, day_or_minute, event_words, limit_words, minute, sentence, short, spoken, value_words},
};
use crate::{
    judge::{Finding, Severity, Test},
    report::{Language, Picture, Report, failure_in_french, picture_of_bins, picture_of_score, reason, verdict_in},
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
    /// As the config spells it.
    pub severity: &'static str,
    pub severity_shown: &'static str,
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
    pub language: Language,
    /// In that language.
    pub say: Phrases,
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
    pub(super) fn of(telling: &Telling, report: Option<&Report>, base_url: Option<&str>, language: Language) -> Self {
        let say = Phrases(language);
        let (mut rows, findings) = report.map_or_else(
            || (of_events(telling, language), telling.events.len()),
            |report| of_findings(report, language),
        );
        let mut changes = change_lines(&telling.events, &rows, language);
        let verdict = sentence(&verdict(telling, report, language));
        // Why a run failed is its verdict and its only finding: once is enough.
        let all = rows.len();
        rows.retain(|row| !row.only_says(&verdict));
        let findings = findings.saturating_sub(all - rows.len());
        let changes_more = changes.len().saturating_sub(CHANGES);
        changes.truncate(CHANGES);
        Self {
            language,
            say,
            model: short(&telling.model),
            severity: telling.severity.word(),
            severity_shown: say.severity(telling.severity),
            verdict,
            window: telling.window.map(|window| {
                let rows =
                    report.map_or(String::new(), |report| format!(" · {} {}", report.drift.n_window, say.rows()));
                format!("{} {} {} UTC{rows}", minute(window.from), say.to(), minute(window.to))
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
    pub(super) fn shown(&self) -> usize {
        self.rows.iter().map(|row| row.reasons.len().max(1)).sum()
    }

    pub(super) fn has_pictures(&self) -> bool {
        self.rows.iter().any(|row| row.picture.is_some())
    }

    /// The colour of the head: white letters are read on it, in light and in dark.
    pub(super) fn ground(&self) -> &'static str {
        colour(self.severity)
    }

    /// The colour of a row's severity on white.
    #[expect(clippy::unused_self, reason = "a template calls methods of its own")]
    pub(super) fn ink(&self, row: &Row) -> &'static str {
        colour(row.severity)
    }

    /// The class that gives it another colour on dark ground.
    #[expect(clippy::unused_self, reason = "a template calls methods of its own")]
    pub(super) fn class(&self, row: &Row) -> &'static str {
        match row.severity {
            "alarm" | "watch" | "stable" => row.severity,
            _ => "none",
        }
    }

    /// Model, severity and what changed, in one line.
    pub(super) fn subject(&self, telling: &Telling) -> String {
        let say = self.say;
        let mut told: Vec<String> = Vec::new();
        for change in [Change::Opened, Change::Worsened, Change::Reminded, Change::Recovered, Change::Noted] {
            let names: Vec<String> = telling
                .events
                .iter()
                .filter(|event| event.change == change)
                .map(|event| subject_of(event, say.0))
                .collect();
            if let Some((first, rest)) = names.split_first() {
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" {} {more} {}", say.and(), say.more()),
                };
                told.push(format!("{}{} {first}{more}", say.change(change), say.colon()));
            }
        }
        let told = if told.is_empty() { self.verdict.clone() } else { told.join(say.semicolon()) };
        let when = telling.window.map_or(String::new(), |window| format!(" ({})", day(window, self.language)));
        let colon = say.colon();
        if told == format!("{}{colon} {}", say.change(Change::Opened), self.severity_shown) {
            // "no data – new: no data" says it twice.
            return format!("{}{colon} {}{when}", self.model, self.severity_shown);
        }
        format!("{}{colon} {} – {told}{when}", self.model, self.severity_shown)
    }
}

/// The verdict in the language of the mail: the run's sentence was written in English, with a note perhaps.
fn verdict(telling: &Telling, report: Option<&Report>, language: Language) -> String {
    match (language, report) {
        (Language::French, Some(report)) => {
            let (_, note) = french_note(&telling.verdict);
            format!("{}{note}", verdict_in(&report.discreet(), language))
        }
        (Language::French, None) if let Some(windows) = telling.by_labels => Phrases(language).labels_came(windows),
        // A run that failed; a trial has no events, and speaks French already.
        (Language::French, None) if !telling.events.is_empty() => {
            let (why, note) = french_note(&telling.verdict);
            let is_source = telling.events.iter().any(|event| event.key.test == Test::Source && event.sentence == why);
            let test = if is_source { Test::Source } else { Test::RunFailed };
            format!("{}{note}", capital(&failure_in_french(test, why)))
        }
        _ => telling.verdict.clone(),
    }
}

/// The sentence without its note, and the note in French.
fn french_note(verdict: &str) -> (&str, String) {
    let Some((said, note)) = verdict.split_once(" Note: ") else { return (verdict, String::new()) };
    (said, format!(" À noter : {}", Phrases(Language::French).note(note)))
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

impl Row {
    /// Whether there is nothing in it but this sentence, or the error that it quotes.
    fn only_says(&self, sentence: &str) -> bool {
        let is_alone = self.value.is_empty() && self.picture.is_none() && self.reasons.len() == 1;
        is_alone && self.reasons.iter().all(|reason| sentence.ends_with(reason) || capital(reason) == capital(sentence))
    }

    /// What the picture shows, for those who do not see it.
    pub(super) fn alt(&self, say: Phrases) -> String {
        format!("{} {}, {} {}", say.bars_of(), self.subject, say.against(), self.value)
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

/// One line for all that happened to a subject in the same way.
fn change_lines(events: &[Event], rows: &[Row], language: Language) -> Vec<ChangeLine> {
    let say = Phrases(language);
    let mut lines: Vec<ChangeLine> = Vec::new();
    for event in events {
        let (word, subject) = (say.change(event.change), subject_of(event, language));
        let since = day_or_minute(event.since);
        let test = event.key.feature.as_ref().map(|_| language.subject(event.key.test));
        let is_below = event.change != Change::Recovered && rows.iter().any(|row| row.subject == subject);
        let told = event_words(event, language);
        // Whether the service is up is no question any more once records have come again.
        let is_answered = event.change == Change::Recovered && event.key.test == Test::NoData;
        let told = (!is_below && !is_answered && !told.is_empty()).then_some(told);
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
    reason: String,
}

fn of_findings(report: &Report, language: Language) -> (Vec<Row>, usize) {
    // Without what one applicant wrote, in French too.
    let discreet = (language == Language::French).then(|| report.discreet());
    let said = |number: usize, finding: &Finding| match &discreet {
        Some(discreet) => {
            let finding = discreet.verdict.findings.get(number).unwrap_or(finding);
            sentence(&reason(discreet, finding, language))
        }
        None => spoken(finding.test, finding.value, finding.limit, &finding.reason),
    };
    let counts = |finding: &'_ Finding| -> usize { usize::from(finding.severity != Severity::Stable) };
    let count = report.verdict.findings.iter().map(counts).sum();
    let found = report.verdict.findings.iter().enumerate().map(|(number, finding)| Found {
        severity: finding.severity,
        feature: finding.feature.as_deref(),
        test: finding.test,
        value: finding.value,
        limit: finding.limit,
        reason: said(number, finding),
    });
    let mut rows = grouped(found, language);
    for (row, feature, test) in &mut rows {
        row.picture = picture(report, feature.as_deref(), *test);
    }
    (rows.into_iter().map(|(row, ..)| row).collect(), count)
}

fn of_events(telling: &Telling, language: Language) -> Vec<Row> {
    let open = telling.events.iter().filter(|event| event.change != Change::Recovered);
    let found = open.map(|event| Found {
        severity: event.severity,
        feature: event.key.feature.as_deref(),
        test: event.key.test,
        value: event.value,
        limit: event.limit,
        reason: event_words(event, language),
    });
    grouped(found, language).into_iter().map(|(row, ..)| row).collect()
}

/// The worst subjects in the order they come, with all that was found of each.
fn grouped<'a>(found: impl Iterator<Item = Found<'a>>, language: Language) -> Vec<(Row, Option<String>, Test)> {
    let say = Phrases(language);
    let mut rows: Vec<(Row, Option<String>, Test)> = Vec::new();
    for found in found {
        let feature = found.feature.map(ToOwned::to_owned);
        let same = |(_, other, test): &&mut (Row, Option<String>, Test)| match &feature {
            Some(_) => *other == feature,
            None => other.is_none() && *test == found.test,
        };
        let reason = found.reason;
        if let Some((row, ..)) = rows.iter_mut().find(same) {
            row.reasons.push(reason);
        } else if rows.len() < WORST {
            let row = Row {
                severity: found.severity.word(),
                severity_shown: say.severity_plain(found.severity),
                subject: found.feature.map_or_else(|| language.subject(found.test).to_owned(), short),
                value: value_words(found.test, found.value, found.feature.is_some(), language),
                limit: limit_words(found.test, found.limit, language),
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
