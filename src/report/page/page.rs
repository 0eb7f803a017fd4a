//! All content of the page, as the template renders it.

use vigie_profile::shown::shown;

use super::{
    card::{Card, cards},
    fact::Fact,
    findings::{FindingLine, findings},
    key_figures::{KeyFigure, key_figures},
    provenance::{limits, notes, provenance},
    recent::RecentWindows,
    score::{ScorePart, score},
    service::{Quality, ServicePart, quality, service},
};
use crate::{
    judge::Severity,
    report::{
        Context, Report, chart,
        page::{
            attribution::{self, AttributionCard},
            baseline::{self, BaselineCard},
            cost_curve::{self, CostCurveCard},
            decisions::{self, DecisionsCard},
            estimate_check::{self, EstimateCheckCard},
            leaf_drift::{self, LeafDriftCard},
            performance::{self, PerformanceCard},
            predictions,
            replay::{self, ReplayCard},
            score_shift::{self, ScoreShiftCard},
            segments::{self, SegmentsCard},
            skew::{self, SkewCard},
        },
        words::{
            Language,
            advice::{NextStep, steps},
            causes::{CauseLine, causes},
            no_break::arrows_bound,
            verdict::{changes, short_verdict, since},
        },
    },
};

/// Content of the page, from top to bottom.
pub(crate) struct Page {
    pub title: String,
    pub index: Option<String>,
    pub severity: Severity,
    /// What counts most, in at most two lines, and what else the headline says.
    pub short: String,
    pub details: Vec<String>,
    pub model: String,
    pub window: String,
    pub since: String,
    pub causes: Vec<CauseLine>,
    pub changes: Vec<String>,
    pub steps: Vec<NextStep>,
    pub key_figures: Vec<KeyFigure>,
    pub recent: Option<RecentWindows>,
    pub notes: Vec<String>,
    pub findings: Vec<FindingLine>,
    pub map: String,
    pub map_words: &'static str,
    pub performance: Option<PerformanceCard>,
    pub curve: Option<CostCurveCard>,
    pub estimate_check: Option<EstimateCheckCard>,
    pub segments: Option<SegmentsCard>,
    pub baseline: Option<BaselineCard>,
    pub replay: Option<ReplayCard>,
    pub attribution: Option<AttributionCard>,
    pub score_shift: Option<ScoreShiftCard>,
    pub leaf_drift: Option<LeafDriftCard>,
    pub skew: Option<SkewCard>,
    /// Whether any row of the window is used. Without one, there is nothing to say about scores and features.
    pub has_rows: bool,
    /// Whether there is a section about the score, which may say that there is none.
    pub has_score: bool,
    /// Whether there may be earlier windows.
    pub has_trend: bool,
    pub cards: Vec<Card>,
    pub is_compact: bool,
    pub has_importance: bool,
    pub score: Option<ScorePart>,
    pub decisions: Option<DecisionsCard>,
    /// `None` if two tables are compared, which no service wrote.
    pub service: Option<ServicePart>,
    pub quality: Quality,
    pub limits: Vec<Fact>,
    pub provenance: Vec<Fact>,
}

/// With more features than this, stable ones are listed without the figures of their bins.
const MAX_DETAILED: usize = 300;
/// Maximum number of features on the map; the list shows all of them.
const MAX_ON_MAP: usize = 400;

impl Page {
    pub(crate) fn new(report: &Report, context: &Context) -> Self {
        let language = context.language;
        let version = report.run.model.version.as_ref().map(|version| format!(" {}", shown(version)));
        let model = format!("{}{}", shown(&report.run.model.name), version.unwrap_or_default());
        let (model, window, begin) = subject(report, model, language);
        let severity = report.verdict.severity;
        let is_compact = report.drift.features.len() > MAX_DETAILED;
        let has_importance = report.importance.iter().any(Option::is_some);
        let cards = cards(report, context, is_compact);
        let headline = short_verdict(report, language);
        let has_rows = report.drift.n_window > 0;
        let is_log = report.tables.is_none();
        Self {
            title: format!("{model} · {} · {}", language.severity_word(severity), begin),
            index: context.index.clone(),
            severity,
            short: arrows_bound(&headline.text),
            details: headline.details.iter().map(|clause| arrows_bound(clause)).collect(),
            window,
            model,
            since: since(report, context),
            causes: causes(report, language),
            changes: changes(report, context),
            steps: steps(report, language),
            key_figures: key_figures(report, context),
            recent: RecentWindows::new(report, context),
            notes: notes(report, language),
            findings: findings(report, language),
            map: if has_rows { map(report, &cards, has_importance, language) } else { String::new() },
            map_words: if has_importance { language.labels().map_by_importance } else { language.labels().map_by_rank },
            performance: kept(performance_card(report, language), has_rows),
            segments: kept(segments::card(report, context), has_rows),
            baseline: kept(baseline::card(report, language), has_rows),
            curve: kept(cost_curve::card(report, language), has_rows),
            estimate_check: kept(estimate_check::card(report, context), has_rows),
            replay: kept(report.replay.as_ref().map(|replay| replay::card(replay, language)), has_rows),
            attribution: kept(attribution::card(report, language), has_rows),
            score_shift: kept(score_shift::card(report, language), has_rows),
            leaf_drift: kept(leaf_drift::card(report, language), has_rows),
            skew: kept(skew::card(report, language), has_rows),
            has_rows,
            has_score: has_rows && (is_log || report.drift.score.is_some()),
            has_trend: is_log,
            is_compact,
            has_importance,
            score: score(report, language),
            decisions: kept(decisions::card(report, context), has_rows),
            service: is_log.then(|| service(report, language)),
            quality: quality(report, language),
            limits: limits(report, language),
            provenance: provenance(report, language),
            cards,
        }
    }
}

/// Returns what the page is about: the model or the second table, its window or the first table, and the short form of the latter.
fn subject(report: &Report, model: String, language: Language) -> (String, String, String) {
    if let Some(tables) = &report.tables {
        let with = language.compared_with(&shown(&tables.reference));
        return (shown(&tables.current), with.clone(), with);
    }
    let window = report.examined.window;
    let (from, to) = (language.minute(window.from), language.minute(window.to));
    (model, format!("{from} – {to} UTC"), from)
}

/// Leaves out a section about rows where there are none.
fn kept<T>(section: Option<T>, has_rows: bool) -> Option<T> {
    section.filter(|_| has_rows)
}

fn performance_card(report: &Report, language: Language) -> Option<PerformanceCard> {
    let of_score = report
        .performance
        .as_ref()
        .and_then(|performance| performance::card(performance, report.is_holdout(), language));
    let of_predictions = || predictions::card(report.predictions.as_ref()?, language);
    of_score.or_else(of_predictions)
}

/// Draws the map of features, by importance or else by rank of PSI.
fn map(report: &Report, cards: &[Card], by_importance: bool, language: Language) -> String {
    let mut ranked: Vec<&Card> = cards.iter().filter(|card| card.psi_value.is_some()).collect();
    ranked.sort_by(|a, b| b.psi_value.unwrap_or(0.0).total_cmp(&a.psi_value.unwrap_or(0.0)));
    ranked.truncate(MAX_ON_MAP);
    let places: Vec<chart::MapPoint> = ranked
        .into_iter()
        .zip(0u32..)
        .map(|(card, rank)| chart::MapPoint {
            name: card.name.clone(),
            link: format!("#{}", card.anchor),
            x: if by_importance { card.importance_value.unwrap_or(0.0) } else { f64::from(rank) },
            psi: card.psi_value.unwrap_or(0.0),
            severity: card.severity,
        })
        .collect();
    if places.is_empty() {
        String::new()
    } else {
        chart::map(&places, !by_importance, report.policy.limits.psi, language)
    }
}
