//! The list of all reports: open alerts, and per model a calendar, trends and every window.

use std::cmp::Reverse;

use askama::Template;
use vigie_profile::{
    shown::shown,
    window::{Instant, Window},
};

use crate::{
    judge::{Finding, Severity, Test},
    report::{
        chart::{self, icon, symbols},
        document::Head,
        words::{Language, PageLabels},
    },
};

/// A report in the reports folder.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedReport {
    /// Link to the page, relative to the index.
    pub link: String,
    pub head: Head,
}

/// An open alert from the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAlert {
    pub id: i64,
    pub model: String,
    /// The latest finding.
    pub finding: Finding,
    /// Start of the first window of this alert.
    pub since: Instant,
    /// Link to the most relevant report, relative to the index.
    pub report: Option<String>,
    /// Set by `vigie alert ack`.
    pub is_acknowledged: bool,
}

/// Content of the index page.
#[derive(Debug, Clone, Default)]
pub struct ReportIndex {
    pub language: Language,
    /// `None` if there is no ledger: the page then shows no alert section.
    pub alerts: Option<Vec<OpenAlert>>,
    /// In any order.
    pub runs: Vec<ListedReport>,
    /// Replays: model, name, link.
    pub replays: Vec<(String, String, String)>,
}

struct AlertLine {
    severity: Severity,
    subject: String,
    sentence: String,
    /// Since when, and whether it is acknowledged.
    since: String,
    report: Option<String>,
}

struct RunLine {
    link: String,
    window: String,
    severity: Severity,
    sentence: String,
    rows: String,
}

struct TrendChart {
    name: &'static str,
    last: String,
    svg: String,
}

/// Row of a model at the top.
struct ModelLine {
    anchor: String,
    name: String,
    link: String,
    window: String,
    severity: Severity,
    /// What counts most about the latest window.
    short: String,
    since: String,
    /// Verdicts of the last windows.
    history: String,
}

struct ModelPart {
    anchor: String,
    name: String,
    calendar: String,
    trends: Vec<TrendChart>,
    runs: Vec<RunLine>,
    replays: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "index.html", config = "src/report/askama.toml")]
struct IndexTemplate {
    l: Language,
    t: &'static PageLabels,
    alerts: Option<Vec<AlertLine>>,
    /// Worst first.
    summary: Vec<ModelLine>,
    models: Vec<ModelPart>,
}

#[expect(clippy::unused_self, reason = "templates call methods on self")]
impl IndexTemplate {
    fn icon(&self, severity: Severity) -> String {
        icon(severity)
    }

    fn symbols(&self) -> String {
        symbols()
    }
}

/// Number of windows in a trend chart.
const TREND_WINDOWS: usize = 90;

/// Renders the list as one HTML file.
pub fn to_index(index: &ReportIndex) -> Result<String, askama::Error> {
    let mut runs: Vec<&ListedReport> = index.runs.iter().collect();
    runs.sort_by(|a, b| {
        let (a, b) = (&a.head, &b.head);
        a.model.cmp(&b.model).then_with(|| (a.window.from, a.window.to).cmp(&(b.window.from, b.window.to)))
    });
    let models = runs.chunk_by(|a, b| a.head.model == b.head.model).enumerate();
    let (mut summary, models): (Vec<ModelLine>, Vec<ModelPart>) =
        models.filter_map(|(number, runs)| model(number, runs, index)).unzip();
    summary.sort_by_key(|line| Reverse(line.severity));
    IndexTemplate {
        l: index.language,
        t: index.language.labels(),
        alerts: index
            .alerts
            .as_ref()
            .map(|alerts| alerts.iter().map(|alert| alert_line(alert, index.language)).collect()),
        summary,
        models,
    }
    .render()
}

fn alert_line(alert: &OpenAlert, language: Language) -> AlertLine {
    let finding = &alert.finding;
    AlertLine {
        severity: finding.severity,
        subject: format!("{} · {}", shown(&alert.model), language.subject(finding)),
        sentence: shown_sentence(&language.statement(finding)),
        since: language.open_since(alert.since, alert.is_acknowledged),
        report: alert.report.clone(),
    }
}

/// Removes control and direction characters, like `shown`, but allows more length than for a name.
fn shown_sentence(sentence: &str) -> String {
    vigie_profile::shown::harmless(sentence).chars().take(600).collect()
}

/// `runs` are the runs of one model, oldest first.
fn model(number: usize, runs: &[&ListedReport], index: &ReportIndex) -> Option<(ModelLine, ModelPart)> {
    let language = index.language;
    let summary = summary(format!("m{number}"), runs, language)?;
    let latest = runs.last()?;
    let lines = runs.iter().rev().map(|listed| run_line(listed, language)).collect();
    let model = &latest.head.model;
    let replays =
        index.replays.iter().filter(|(name, _, _)| name == model).map(|(_, name, link)| (shown(name), link.clone()));
    let part = ModelPart {
        anchor: summary.anchor.clone(),
        name: summary.name.clone(),
        calendar: calendar(runs, language),
        trends: trends(runs, language),
        runs: lines,
        replays: replays.collect(),
    };
    Some((summary, part))
}

fn summary(anchor: String, runs: &[&ListedReport], language: Language) -> Option<ModelLine> {
    let latest = runs.last()?;
    let head = &latest.head;
    let streak: Vec<&&ListedReport> =
        runs.iter().rev().take_while(|listed| listed.head.severity == head.severity).collect();
    let severities: Vec<Severity> = runs.iter().map(|listed| listed.head.severity).collect();
    let short = language.short_headline(&head.headline).map(|headline| shown_sentence(&headline.text));
    let window = window(head.window, language);
    Some(ModelLine {
        anchor,
        name: shown(&head.model),
        link: latest.link.clone(),
        severity: head.severity,
        short: short.unwrap_or_else(|| language.bare_headline(head.severity, head.findings, head.drifted_share)),
        since: language.same_since(streak.last()?.head.window.from, streak.len()),
        history: chart::history(
            &severities,
            &format!("{}{} {window}", language.labels().last_verdicts, language.colon()),
        ),
        window,
    })
}

fn window(window: Window, language: Language) -> String {
    format!("{} – {}", language.day(window.from), language.day(window.to))
}

fn run_line(listed: &ListedReport, language: Language) -> RunLine {
    let head = &listed.head;
    RunLine {
        link: listed.link.clone(),
        window: window(head.window, language),
        severity: head.severity,
        // Points of earlier versions may not have the sentence in this language.
        sentence: language.headline(&head.headline).map_or_else(
            || language.bare_headline(head.severity, head.findings, head.drifted_share),
            |sentence| shown_sentence(&sentence),
        ),
        rows: language.row_count(head.rows),
    }
}

const DAY_US: i64 = 86_400_000_000;

/// Assigns each window to the day of its midpoint; a day shows its worst window.
fn calendar(runs: &[&ListedReport], language: Language) -> String {
    let mut days: Vec<chart::Day> = Vec::new();
    for listed in runs {
        let window = listed.head.window;
        let middle = i64::midpoint(window.from.0, window.to.0);
        let number = middle.div_euclid(DAY_US);
        let date = language.day(Instant(number * DAY_US));
        let new = chart::Day {
            number,
            severity: Some(listed.head.severity),
            link: listed.link.clone(),
            title: format!("{date}{} {}", language.colon(), language.severity_word(listed.head.severity)),
            month: date.get(..7).unwrap_or_default().to_owned(),
        };
        match days.last_mut().filter(|last| last.number == number) {
            Some(last) if last.severity >= new.severity => {}
            Some(last) => *last = new,
            None => days.push(new),
        }
    }
    days.sort_by_key(|day| day.number);
    days.dedup_by_key(|day| day.number);
    let days = with_gaps(days, runs, language);
    chart::calendar(&days, language.labels().calendar, language.weekdays())
}

/// Adds the days without a report between the first and the last one. A day is covered if a window contains its noon in
/// UTC: windows may be weeks long, or start on the evening before in another time zone.
fn with_gaps(days: Vec<chart::Day>, runs: &[&ListedReport], language: Language) -> Vec<chart::Day> {
    let mut windows: Vec<Window> = runs.iter().map(|run| run.head.window).collect();
    windows.sort_by_key(|window| window.from);
    let mut reach = i64::MIN;
    // Windows by start, each with the latest end so far.
    let reaches: Vec<(i64, i64)> = windows
        .iter()
        .map(|window| {
            reach = reach.max(window.to.0);
            (window.from.0, reach)
        })
        .collect();
    let is_covered = |noon: i64| {
        let after = reaches.partition_point(|(from, _)| *from <= noon);
        after.checked_sub(1).and_then(|index| reaches.get(index)).is_some_and(|(_, reach)| noon < *reach)
    };
    let mut all: Vec<chart::Day> = Vec::new();
    for next in days {
        // Longer gaps are not filled: the calendar shows one year.
        let from = all.last().map_or(next.number, |last| last.number + 1).max(next.number - 400);
        for number in from..next.number {
            if !is_covered(number * DAY_US + DAY_US / 2) {
                let date = language.day(Instant(number * DAY_US));
                let month = date.get(..7).unwrap_or_default().to_owned();
                all.push(chart::Day {
                    number,
                    severity: None,
                    link: String::new(),
                    title: format!("{date}{} {}", language.colon(), language.labels().not_run),
                    month,
                });
            }
        }
        all.push(next);
    }
    all
}

fn trends(runs: &[&ListedReport], language: Language) -> Vec<TrendChart> {
    let labels = language.labels();
    let runs = runs.get(runs.len().saturating_sub(TREND_WINDOWS)..).unwrap_or(runs);
    let percent = |value: f64| language.percent(value);
    let trend = |name: &'static str,
                 test: Option<Test>,
                 value_of: &dyn Fn(&Head) -> Option<f64>,
                 format_value: &dyn Fn(f64) -> String| {
        let dots: Vec<chart::Dot> = runs
            .iter()
            .map(|listed| {
                let head = &listed.head;
                let value = value_of(head);
                let severity = test.and_then(|test| head.severities.get(&test)).copied().unwrap_or(Severity::Stable);
                let word = if severity == Severity::Stable {
                    String::new()
                } else {
                    format!(", {}", language.severity_word(severity))
                };
                let value_text = value.map_or("–".to_owned(), format_value);
                let title = format!("{}{} {value_text}{word}", language.minute(head.window.from), language.colon());
                let is_few = head.severity == Severity::TooFew;
                chart::Dot { value, is_few, severity, date: language.day(head.window.from), title }
            })
            .collect();
        let last = dots.last().and_then(|dot| dot.value).map_or("–".to_owned(), format_value);
        let svg = chart::line(&dots, name, format_value);
        (!svg.is_empty()).then_some(TrendChart { name, last, svg })
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let requests = |head: &Head| Some(head.requests as f64);
    [
        trend(labels.score_psi, Some(Test::Score), &|head| head.score_psi, &|value| language.number(value)),
        trend(labels.share_refused, Some(Test::ShareRefused), &|head| head.refused_share, &percent),
        trend(labels.drifted_share, None, &|head| head.drifted_share, &percent),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        trend(labels.volume_short, Some(Test::Volume), &requests, &|value| language.grouped(value as u64)),
        trend(labels.latency_p95, Some(Test::Latency), &|head| head.latency_p95_ms, &|value| {
            language.milliseconds(Some(value))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
