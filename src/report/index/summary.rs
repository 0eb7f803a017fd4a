//! The summary of a range: of a replay the comparison over all windows and for each, of checks the verdicts.

use askama::Template;
use serde_json::{Value, json};
use vigie_profile::{
    shown::shown,
    window::{Instant, Span, Window},
};

use crate::{
    judge::{Headline, Severity},
    replay::{Parity, Shift},
    report::{
        Report,
        chart::{icon, symbols},
        document::{ChallengerSection, ReportedParity},
        page::{
            challenger::{self, ChallengerCard},
            replay::{self, ExampleLine},
        },
        words::{Language, PageLabels},
    },
};

/// Incremented when the meaning of a key changes.
const SCHEMA_VERSION: u32 = 1;

/// Results of a replay, or of checks, over a range.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySummary {
    pub model: String,
    pub version: Option<String>,
    /// Whether the rows were scored again; otherwise each window was checked.
    pub is_replay: bool,
    /// Name and hash of the model file used for scoring; `None` without one.
    pub file: Option<String>,
    pub sha256: Option<String>,
    pub range: Window,
    /// Window length as given on the command line.
    pub each: String,
    pub created_at: Instant,
    pub config_sha256: String,
    pub reference_id: String,
    pub threshold: f64,
    /// Worst severity of all windows.
    pub severity: Severity,
    /// `None` without a model file.
    pub parity: Option<Parity>,
    pub challenger: Option<Shift>,
    pub windows: Vec<ReplayedWindow>,
}

/// A window of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayedWindow {
    pub window: Window,
    /// Rows used.
    pub rows: u64,
    pub severity: Severity,
    pub headline: Headline,
    pub parity: Option<Parity>,
    /// Rows that the challenger model newly refuses and newly accepts.
    pub changed: Option<(u64, u64)>,
}

impl ReplayedWindow {
    #[must_use]
    pub fn from_report(report: &Report) -> Self {
        let replay = report.replay.as_ref();
        let changed = |shift: &Shift| (shift.quadrants.now_refused.rows, shift.quadrants.now_accepted.rows);
        Self {
            window: report.examined.window,
            rows: report.drift.n_window,
            severity: report.verdict.severity,
            headline: report.headline(),
            parity: replay.map(|replay| replay.parity.clone()),
            changed: replay.and_then(|replay| replay.challenger.as_ref()).map(changed),
        }
    }
}

impl ReplaySummary {
    /// The result in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.sentence_in(Language::English)
    }

    /// The result of the comparison, or that there was none, or the number of windows by verdict.
    fn sentence_in(&self, language: Language) -> String {
        match &self.parity {
            Some(parity) => {
                let challenger = self.file.as_deref().filter(|_| self.challenger.is_some());
                replay::sentence(parity, challenger, language)
            }
            None if self.is_replay => language.not_rescored(),
            None => language.range_verdicts(&self.verdicts()),
        }
    }

    /// Number of windows by severity, worst first.
    fn verdicts(&self) -> Vec<(Severity, usize)> {
        let mut severities: Vec<Severity> = self.windows.iter().map(|window| window.severity).collect();
        severities.sort_unstable_by(|a, b| b.cmp(a));
        severities.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len()))).collect()
    }

    /// Path of a window's report from the folder of the summary, without its ending. A replay has its own reports; a check
    /// has those of the model.
    fn report_of(&self, window: Window) -> String {
        let folder = window.folder();
        if self.is_replay { format!("{folder}/report") } else { format!("../../{folder}/report") }
    }

    /// Why logged scores differ from the model's, in one sentence; `None` if they do not, or if it is not known.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        self.parity.as_ref().and_then(|parity| replay::cause(parity, Language::English))
    }

    /// The decisions of the challenger model in one sentence.
    #[must_use]
    pub fn challenge(&self) -> Option<String> {
        self.challenger.as_ref().map(|shift| challenger::sentence(shift, Language::English))
    }
}

/// Renders the summary as pretty JSON with a trailing newline.
#[must_use]
pub fn to_summary_json(summary: &ReplaySummary) -> String {
    let windows: Vec<Value> = summary
        .windows
        .iter()
        .map(|replayed| {
            let mut value =
                replayed.parity.as_ref().map_or_else(|| json!({}), |parity| json!(ReportedParity::new(parity)));
            if let Some(keys) = value.as_object_mut() {
                keys.insert("from".to_owned(), json!(replayed.window.from));
                keys.insert("to".to_owned(), json!(replayed.window.to));
                keys.insert("severity".to_owned(), json!(replayed.severity));
                keys.insert("sentence".to_owned(), json!(Language::English.headline(&replayed.headline)));
                keys.insert("report".to_owned(), json!(format!("{}.json", summary.report_of(replayed.window))));
                keys.insert("rows_used".to_owned(), json!(replayed.rows));
                if let Some((refused, accepted)) = replayed.changed {
                    keys.insert("accepted_to_refused".to_owned(), json!(refused));
                    keys.insert("refused_to_accepted".to_owned(), json!(accepted));
                }
            }
            value
        })
        .collect();
    let document = json!({
        "schema_version": SCHEMA_VERSION,
        "run": {
            "created_at": summary.created_at,
            "vigie_version": env!("CARGO_PKG_VERSION"),
            "config_sha256": summary.config_sha256,
            "reference_id": summary.reference_id,
            "model": {
                "name": summary.model,
                "version": summary.version,
                "file": summary.file,
                "sha256": summary.sha256,
                "threshold": summary.threshold,
            },
        },
        "range": { "from": summary.range.from, "to": summary.range.to, "each": summary.each },
        "severity": summary.severity,
        "sentence": summary.sentence(),
        "replay": summary.parity.as_ref().map(ReportedParity::new),
        "challenger": summary.challenger.as_ref().map(ChallengerSection::new),
        "windows": windows,
    });
    format!("{document:#}\n")
}

struct WindowLine {
    link: String,
    window: String,
    rows: String,
    severity: Severity,
    compared: String,
    mismatches: String,
    largest: String,
    flipped: String,
    refused: String,
    changed: String,
    sentence: String,
}

#[derive(Template)]
#[template(path = "summary.html", config = "src/report/askama.toml")]
struct SummaryPage {
    l: Language,
    t: &'static PageLabels,
    title: String,
    what: String,
    /// Icon of the whole range, and its class.
    mark: String,
    mark_class: &'static str,
    is_replay: bool,
    sentence: String,
    cause: Option<String>,
    challenge: Option<String>,
    facts: Vec<(&'static str, String)>,
    examples: Vec<ExampleLine>,
    challenger: Option<ChallengerCard>,
    windows: Vec<WindowLine>,
}

#[expect(clippy::unused_self, reason = "templates call methods on self")]
impl SummaryPage {
    fn icon(&self, severity: Severity) -> String {
        icon(severity)
    }

    fn symbols(&self) -> String {
        symbols()
    }
}

/// Renders the summary as one self-contained HTML file. Names and values from the log are escaped.
pub fn to_summary_html(summary: &ReplaySummary, language: Language) -> Result<String, askama::Error> {
    let Window { from, to } = summary.range;
    let parity = summary.parity.as_ref();
    let model = summary.file.as_ref().zip(summary.sha256.as_ref());
    let model = model.map(|(file, sha256)| format!("{} (sha256 {sha256})", shown(file))).unwrap_or_default();
    let is_month = summary.each.parse().is_ok_and(Span::is_month);
    let severity = match parity {
        Some(parity) if parity.is_broken() => Severity::Alarm,
        // Without a comparison, the verdicts of the windows are all there is.
        None if summary.severity == Severity::Alarm || !summary.is_replay => summary.severity,
        _ => Severity::Stable,
    };
    let page = SummaryPage {
        l: language,
        t: language.labels(),
        title: format!(
            "{} · {}",
            shown(&summary.model),
            if summary.is_replay { language.labels().replay_word } else { language.labels().range_word }
        ),
        what: format!(
            "{} · {} – {} UTC, {} {}",
            shown(&summary.model),
            language.minute(from),
            language.minute(to),
            language.labels().each,
            if is_month { language.labels().calendar_month } else { &summary.each }
        ),
        mark: icon(severity),
        mark_class: severity.word(),
        is_replay: summary.is_replay,
        sentence: summary.sentence_in(language),
        cause: parity.and_then(|parity| replay::cause(parity, language)),
        challenge: summary.challenger.as_ref().map(|shift| challenger::sentence(shift, language)),
        facts: parity.map(|parity| replay::facts(parity, &model, language)).unwrap_or_default(),
        examples: parity.map(|parity| replay::examples(parity, language)).unwrap_or_default(),
        challenger: summary.challenger.as_ref().map(|shift| challenger::card(shift, language)),
        windows: summary.windows.iter().map(|replayed| line(summary, replayed, language)).collect(),
    };
    page.render()
}

fn line(summary: &ReplaySummary, replayed: &ReplayedWindow, language: Language) -> WindowLine {
    let share = |share| language.percent_or_dash(share);
    let count = |count: fn(&Parity) -> u64| {
        replayed.parity.as_ref().map_or("–".to_owned(), |parity| language.grouped(count(parity)))
    };
    let refused = replayed.parity.as_ref().map(Parity::refused).unwrap_or_default();
    let largest = replayed.parity.as_ref().and_then(|parity| parity.max_abs_difference);
    WindowLine {
        link: format!("{}.html", summary.report_of(replayed.window)),
        window: format!("{} – {}", language.minute(replayed.window.from), language.minute(replayed.window.to)),
        rows: language.grouped(replayed.rows),
        severity: replayed.severity,
        compared: count(|parity| parity.compared),
        mismatches: count(|parity| parity.mismatches),
        largest: language.tiny(largest),
        flipped: count(|parity| parity.decisions_flipped),
        refused: format!("{} → {}", share(refused.0), share(refused.1)),
        changed: replayed
            .changed
            .map_or(String::new(), |(refused, accepted)| language.decisions_changed(refused, accepted)),
        sentence: language.headline(&replayed.headline).unwrap_or_default(),
    }
}
