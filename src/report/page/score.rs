//! Score: densities of both sides, quantiles and the refusal rate.

use vigie_profile::decision::{DecisionRule, HighScore};

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
    if report.reference.has_prediction() {
        return Some(ScorePart { chart: String::new(), card });
    }
    let refused = from_to(score.refused.reference, score.refused.window, language);
    let (model, labels) = (&report.run.model, language.labels());
    let rule = DecisionRule { threshold: model.threshold, high_score: model.high_score };
    let sign = match rule.high_score {
        HighScore::Bad => "≥",
        HighScore::Good => "<",
    };
    let name = match report.decisions {
        Some(_) => labels.refused_as_logged.to_owned(),
        None => format!("{} ({sign} {})", labels.refused_score, language.number_plain(rule.threshold)),
    };
    card.tests.insert(0, line(name, refused, language.q_value(report.verdict.share_refused_q)));
    Some(ScorePart { chart: chart::density(&score.histogram, rule, language), card })
}
