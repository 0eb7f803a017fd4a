//! The page of all reports: what is open now, how each model has fared day by day, and every window.

use askama::Template;
use vigie_profile::{
    shown::shown,
    window::{Instant, Window},
};

use crate::{
    judge::{Severity, Test},
    report::{
        chart::{self, icon, symbols},
        document::Head,
        words::{
            Language, alert_in_french,
            language::unbroken,
            verdict::{day, grouped, minute},
        },
    },
};

/// A report of the folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The page, relative to the index.
    pub link: String,
    pub head: Head,
}

/// An alert that is open, as the ledger knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAlert {
    pub id: i64,
    pub model: String,
    /// `None`: about the score, the service, the run itself.
    pub feature: Option<String>,
    pub test: Test,
    pub severity: Severity,
    /// The start of the first window of this alert.
    pub since: Instant,
    pub sentence: String,
    /// What the test measured, and the limit it went over.
    pub value: Option<f64>,
    pub limit: Option<f64>,
    /// The page that tells most of it, relative to the index.
    pub report: Option<String>,
    /// Somebody has said that they know.
    pub is_acknowledged: bool,
}

/// Everything the index shows.
#[derive(Debug, Clone, Default)]
pub struct Index {
    pub language: Language,
    /// `None`: nobody keeps alerts here.
    pub alerts: Option<Vec<OpenAlert>>,
    /// In any order.
    pub runs: Vec<Listed>,
    /// Pages of replays: model, name, link.
    pub replays: Vec<(String, String, String)>,
}

struct AlertLine {
    severity: Severity,
    subject: String,
    sentence: String,
    since: String,
    report: Option<String>,
    is_acknowledged: bool,
}

struct RunLine {
    link: String,
    window: String,
    severity: Severity,
    sentence: String,
    rows: String,
}

struct Trend {
    name: &'static str,
    last: String,
    picture: String,
}

struct ModelPart {
    anchor: String,
    name: String,
    latest: RunLine,
    calendar: String,
    trends: Vec<Trend>,
    runs: Vec<RunLine>,
    replays: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "index.html", config = "src/report/askama.toml")]
struct IndexTemplate {
    l: Language,
    alerts: Option<Vec<AlertLine>>,
    models: Vec<ModelPart>,
}

#[expect(clippy::unused_self, reason = "a template calls methods of its own")]
impl IndexTemplate {
    fn icon(&self, severity: Severity) -> String {
        icon(severity)
    }

    fn symbols(&self) -> String {
        symbols()
    }
}

/// Trends show so many windows.
const TREND: usize = 90;

/// The list as one HTML file.
pub fn to_index(index: &Index) -> Result<String, askama::Error> {
    let mut runs: Vec<&Listed> = index.runs.iter().collect();
    runs.sort_by(|a, b| {
        let (a, b) = (&a.head, &b.head);
        a.model.cmp(&b.model).then_with(|| (a.window.from, a.window.to).cmp(&(b.window.from, b.window.to)))
    });
    let models = runs.chunk_by(|a, b| a.head.model == b.head.model).enumerate();
    IndexTemplate {
        l: index.language,
        alerts: index
            .alerts
            .as_ref()
            .map(|alerts| alerts.iter().map(|alert| alert_line(alert, index.language)).collect()),
        models: models.filter_map(|(place, runs)| model(place, runs, index)).collect(),
    }
    .render()
}

fn alert_line(alert: &OpenAlert, language: Language) -> AlertLine {
    let subject = alert.feature.as_deref().map_or_else(|| language.subject(alert.test).to_owned(), shown);
    AlertLine {
        severity: alert.severity,
        subject: format!("{} · {subject}", shown(&alert.model)),
        sentence: shown_sentence(&match language {
            Language::English => alert.sentence.clone(),
            Language::French => alert_in_french(alert.test, alert.severity, alert.value, alert.limit, &alert.sentence),
        }),
        since: unbroken(&day(alert.since)),
        report: alert.report.clone(),
        is_acknowledged: alert.is_acknowledged,
    }
}

/// Sentences are longer than names; what controls a reader's eye is taken away all the same.
fn shown_sentence(sentence: &str) -> String {
    unbroken(&vigie_profile::shown::harmless(sentence).chars().take(600).collect::<String>())
}

/// Oldest first in, newest first in the list.
fn model(place: usize, runs: &[&Listed], index: &Index) -> Option<ModelPart> {
    let language = index.language;
    let latest = runs.last()?;
    let lines = runs.iter().rev().map(|listed| run_line(listed, language)).collect();
    let model = &latest.head.model;
    let replays =
        index.replays.iter().filter(|(of, _, _)| of == model).map(|(_, name, link)| (shown(name), link.clone()));
    Some(ModelPart {
        anchor: format!("m{place}"),
        name: shown(model),
        latest: run_line(latest, language),
        calendar: calendar(runs, language),
        trends: trends(runs, language),
        runs: lines,
        replays: replays.collect(),
    })
}

fn run_line(listed: &Listed, language: Language) -> RunLine {
    let head = &listed.head;
    RunLine {
        link: listed.link.clone(),
        // A telephone breaks the line between the two, not within one.
        window: unbroken(&format!("{} – {}", day(head.window.from), day(head.window.to))),
        severity: head.severity,
        // An earlier version wrote no French: the verdict's word and the figures stand for it.
        sentence: head.sentence_in(language).map_or_else(
            || {
                format!(
                    "{} : {} constats, {} des variables en dérive.",
                    language.severity_word(head.severity),
                    head.findings,
                    language.percent_or_dash(head.drifted_share)
                )
            },
            shown_sentence,
        ),
        rows: grouped(head.rows),
    }
}

const DAY_US: i64 = 86_400_000_000;

/// A window belongs to the day of its middle; a day is as bad as its worst window.
fn calendar(runs: &[&Listed], language: Language) -> String {
    let mut days: Vec<chart::Day> = Vec::new();
    for listed in runs {
        let window = listed.head.window;
        let middle = i64::midpoint(window.from.0, window.to.0);
        let number = middle.div_euclid(DAY_US);
        let date = day(Instant(number * DAY_US));
        let new = chart::Day {
            number,
            severity: Some(listed.head.severity),
            link: listed.link.clone(),
            title: format!("{date}: {}", language.severity_word(listed.head.severity)),
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
    let weekdays = match language {
        Language::English => ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
        Language::French => ["lu", "ma", "me", "je", "ve", "sa", "di"],
    };
    chart::calendar(&days, language.calendar(), weekdays)
}

/// Days between the first and the last report that nobody looked at. A day is looked at when a window holds its noon: windows of
/// weeks hold many, those of another time zone begin in the evening before.
fn with_gaps(days: Vec<chart::Day>, runs: &[&Listed], language: Language) -> Vec<chart::Day> {
    let mut windows: Vec<Window> = runs.iter().map(|run| run.head.window).collect();
    windows.sort_by_key(|window| window.from);
    let mut reach = i64::MIN;
    // By start: how far windows up to this one reach.
    let reaches: Vec<(i64, i64)> = windows
        .iter()
        .map(|window| {
            reach = reach.max(window.to.0);
            (window.from.0, reach)
        })
        .collect();
    let is_seen = |noon: i64| {
        let after = reaches.partition_point(|(from, _)| *from <= noon);
        after.checked_sub(1).and_then(|place| reaches.get(place)).is_some_and(|(_, reach)| noon < *reach)
    };
    let mut all: Vec<chart::Day> = Vec::new();
    for next in days {
        // A gap of years is not filled: the calendar shows one.
        let from = all.last().map_or(next.number, |last| last.number + 1).max(next.number - 400);
        for number in from..next.number {
            if !is_seen(number * DAY_US + DAY_US / 2) {
                let date = day(Instant(number * DAY_US));
                let month = date.get(..7).unwrap_or_default().to_owned();
                all.push(chart::Day {
                    number,
                    severity: None,
                    link: String::new(),
                    title: format!("{date}: {}", language.not_run()),
                    month,
                });
            }
        }
        all.push(next);
    }
    all
}

fn trends(runs: &[&Listed], language: Language) -> Vec<Trend> {
    let runs = runs.get(runs.len().saturating_sub(TREND)..).unwrap_or(runs);
    let percent = |value: f64| language.percent(value);
    let trend = |name: &'static str,
                 test: Option<Test>,
                 of: &dyn Fn(&Head) -> Option<f64>,
                 spelt: &dyn Fn(f64) -> String| {
        let dots: Vec<chart::Dot> = runs
            .iter()
            .map(|listed| {
                let head = &listed.head;
                let value = of(head);
                let own = test.and_then(|test| head.own.get(&test)).copied().unwrap_or(Severity::Stable);
                let word =
                    if own == Severity::Stable { String::new() } else { format!(", {}", language.severity_word(own)) };
                let title = format!("{}: {}{word}", minute(head.window.from), value.map_or("–".to_owned(), spelt));
                chart::Dot { value, severity: own, date: day(head.window.from), title }
            })
            .collect();
        let last = dots.last().and_then(|dot| dot.value).map_or("–".to_owned(), spelt);
        let picture = chart::line(&dots, name, spelt);
        (!picture.is_empty()).then_some(Trend { name, last, picture })
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let requests = |head: &Head| Some(head.requests as f64);
    [
        trend(language.score_psi(), Some(Test::Score), &|head| head.score_psi, &|value| language.number(value)),
        trend(language.share_refused(), Some(Test::ShareRefused), &|head| head.refused_share, &percent),
        trend(language.drifted_share(), None, &|head| head.drifted_share, &percent),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        trend(language.volume_short(), Some(Test::Volume), &requests, &|value| grouped(value as u64)),
        trend(language.latency_p95(), Some(Test::Latency), &|head| head.latency_p95_ms, &|value| {
            language.milliseconds(Some(value))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
