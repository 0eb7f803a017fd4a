//! Score: densities of both sides, quantiles and the refusal rate.

use super::card::{Card, card, from_to, line};
use crate::report::{Report, chart, words::Language};

/// Content of the section.
pub(crate) struct ScorePart {
    pub chart: String,
    pub card: Card,
}

pub(crate) fn score(report: &Report, language: Language) -> Option<ScorePart> {
    let score = report.drift.score.as_ref()?;
    let mut card = card(report, &score.distance, report.verdict.score.as_ref(), language);
    let refused = from_to(score.refused.reference, score.refused.window, language);
    let threshold = language.number_plain(report.run.model.threshold);
    let name = format!("{} (≥ {threshold})", language.labels().refused_score);
    card.tests.insert(0, line(name, refused, language.q_value(report.verdict.share_refused_q)));
    Some(ScorePart { chart: chart::density(&score.histogram, report.run.model.threshold, language), card })
}
