//! Everything the template prints.

use vigie_profile::shown::shown;

use super::{
    card::{Card, cards},
    glance::{Glance, glances},
    headline::{FindingLine, findings},
    lately::Lately,
    provenance::{limits, notes, provenance},
    score::{ScorePart, score},
    service::{Quality, ServicePart, quality, service},
};
use crate::{
    judge::{Finding, Severity},
    report::{
        Context, Report, chart,
        page::{
            against::{self, AgainstCard},
            attribution::{self, AttributionCard},
            cost_curve::{self, CostCurveCard},
            performance::{self, PerformanceCard},
            replay::{self, ReplayCard},
            score_shift::{self, ScoreShiftCard},
            segments::{self, SegmentsCard},
        },
        words::{
            Language,
            advice::{Step, steps},
            language::unbroken,
            verdict::{changes, minute, since, verdict_in},
        },
    },
};

/// A label and its text.
pub(crate) struct Fact {
    pub name: String,
    pub value: String,
}

pub(crate) fn fact(name: impl AsRef<str>, value: impl Into<String>) -> Fact {
    Fact { name: shown(name.as_ref()), value: value.into() }
}

/// The page, part by part from top to bottom.
pub(crate) struct Page {
    pub title: String,
    pub index: Option<String>,
    pub severity: Severity,
    pub sentence: String,
    pub model: String,
    pub window: String,
    pub since: String,
    pub changes: Vec<String>,
    pub steps: Vec<Step>,
    pub glances: Vec<Glance>,
    pub lately: Option<Lately>,
    pub notes: Vec<String>,
    pub findings: Vec<FindingLine>,
    pub map: String,
    pub map_words: &'static str,
    pub performance: Option<PerformanceCard>,
    pub curve: Option<CostCurveCard>,
    pub against: Option<AgainstCard>,
    pub segments: Option<SegmentsCard>,
    pub replay: Option<ReplayCard>,
    pub attribution: Option<AttributionCard>,
    pub score_shift: Option<ScoreShiftCard>,
    pub cards: Vec<Card>,
    pub is_compact: bool,
    pub has_importance: bool,
    pub score: Option<ScorePart>,
    pub service: ServicePart,
    pub quality: Quality,
    pub limits: Vec<Fact>,
    pub provenance: Vec<Fact>,
}

/// Above so many features, stable ones stand without the figures of their bins.
const MANY: usize = 300;
/// The map shows so many features; the list has them all.
const ON_THE_MAP: usize = 400;

impl Page {
    pub(crate) fn of(report: &Report, context: &Context) -> Self {
        let language = context.language;
        let window = report.examined.window;
        let version = report.run.model.version.as_ref().map(|version| format!(" {}", shown(version)));
        let model = format!("{}{}", shown(&report.run.model.name), version.unwrap_or_default());
        let severity = report.verdict.severity;
        let is_compact = report.drift.features.len() > MANY;
        let has_importance = report.importance.iter().any(Option::is_some);
        let cards = cards(report, context, is_compact);
        Self {
            title: format!("{model} · {} · {}", language.severity_word(severity), minute(window.from)),
            index: context.index.clone(),
            severity,
            sentence: unbroken(&verdict_in(report, language)).replace(" → ", "\u{a0}→\u{a0}"),
            window: format!("{} – {} UTC", minute(window.from), minute(window.to)),
            model,
            since: since(report, context),
            changes: changes(report, context),
            steps: steps(report, language),
            glances: glances(report, context),
            lately: Lately::of(report, context),
            notes: notes(report, language),
            findings: findings(report, language),
            map: map(report, &cards, has_importance, language),
            map_words: if has_importance { language.map_by_importance() } else { language.map_by_rank() },
            performance: report.performance.as_ref().and_then(|performance| performance::card(performance, language)),
            segments: segments::card(report, context),
            curve: cost_curve::card(report, language),
            against: against::card(report, context),
            replay: report.replay.as_ref().map(|replay| replay::card(replay, language)),
            attribution: attribution::card(report, language),
            score_shift: score_shift::card(report, language),
            is_compact,
            has_importance,
            score: score(report, language),
            service: service(report, language),
            quality: quality(report, language),
            limits: limits(report, language),
            provenance: provenance(report, language),
            cards,
        }
    }
}

/// The cards come worst first, which is the order of the map where importance is not known.
fn map(report: &Report, cards: &[Card], by_importance: bool, language: Language) -> String {
    let mut ranked: Vec<&Card> = cards.iter().filter(|card| card.psi_value.is_some()).collect();
    ranked.sort_by(|a, b| b.psi_value.unwrap_or(0.0).total_cmp(&a.psi_value.unwrap_or(0.0)));
    ranked.truncate(ON_THE_MAP);
    let places: Vec<chart::Place> = ranked
        .into_iter()
        .zip(0u32..)
        .map(|(card, rank)| chart::Place {
            name: card.name.clone(),
            link: format!("#{}", card.anchor),
            across: if by_importance { card.importance_value.unwrap_or(0.0) } else { f64::from(rank) },
            psi: card.psi_value.unwrap_or(0.0),
            severity: card.severity,
        })
        .collect();
    if places.is_empty() { String::new() } else { chart::map(&places, !by_importance, report.policy.psi, language) }
}

/// Sentences of opinions, in the language of the page.
pub(crate) fn reasons(report: &Report, opinions: &[Finding], language: Language) -> Vec<String> {
    opinions.iter().map(|opinion| crate::report::words::reasons::reason(report, opinion, language)).collect()
}
