//! Which drift moved the score: the effect of restoring the reference's values.

use vigie_profile::shown::shown;

use crate::{
    replay::Restoration,
    report::{
        Report,
        words::{Language, Restored, Words},
    },
};

/// Returns whether the change of the mean score exceeds chance.
fn is_beyond_chance(one: &Restoration) -> bool {
    one.change.mean_score.abs() > one.by_chance.mean_score
}

/// Describes what moved the score most, without a full stop; `None` if no drifted feature did.
#[must_use]
pub fn score_shift_sentence(report: &Report, words: &dyn Words) -> Option<String> {
    let shift = report.score_shift.as_ref()?.as_ref().ok()?;
    let first = shift.restored.iter().find(|one| one.is_drifted && is_beyond_chance(one))?;
    let all = shift.restored.iter().filter(|one| one.is_drifted).max_by_key(|one| one.features.len())?;
    Some(words.restored(&Restored {
        names: first.features.clone(),
        refused: (shift.now.share_refused, first.summary.share_refused),
        cost: shift.now.cost_per_1000.zip(first.summary.cost_per_1000),
        all_refused: (all.features.len() > first.features.len()).then_some(all.summary.share_refused),
    }))
}

/// Table row of a set of features.
pub(crate) struct RestoredLine {
    pub names: Vec<(String, String)>,
    pub rows: String,
    pub score: String,
    pub refused: String,
    pub cost: String,
}

/// Content of the section.
pub(crate) struct ScoreShiftCard {
    pub sentences: Vec<String>,
    pub has_cost: bool,
    pub lines: Vec<RestoredLine>,
}

pub(crate) fn card(report: &Report, language: Language) -> Option<ScoreShiftCard> {
    let shift = match report.score_shift.as_ref()? {
        Ok(shift) => shift,
        Err(why) => {
            return Some(ScoreShiftCard {
                sentences: vec![language.not_measured(why)],
                has_cost: false,
                lines: Vec::new(),
            });
        }
    };
    let mut sentences: Vec<String> =
        score_shift_sentence(report, &*language).into_iter().map(|sentence| format!("{sentence}.")).collect();
    sentences.push(language.restored_window(shift));
    let is_listed = |one: &&Restoration| one.is_drifted || is_beyond_chance(one);
    let others = shift.restored.iter().filter(|one| !is_listed(one)).count();
    if others > 0 {
        sentences.push(language.restored_without_effect(others));
    }
    if shift.left_out > 0 {
        sentences.push(language.not_restored(shift.left_out));
    }
    let link = |name: &String| {
        let place = report.drift.features.iter().position(|feature| feature.name == *name);
        (place.map_or(String::new(), |place| format!("#f{place}")), shown(name))
    };
    let lines = shift.restored.iter().filter(is_listed).map(|one| line(one, link, language)).collect();
    Some(ScoreShiftCard { sentences, has_cost: shift.now.cost_per_1000.is_some(), lines })
}

fn line(one: &Restoration, link: impl Fn(&String) -> (String, String), language: Language) -> RestoredLine {
    let signed = |value: f64, places: usize| language.signed(value, places);
    let with_change = |value: String, change: String, chance: String| format!("{value} ({change} ± {chance})");
    let (then, moved, chance) = (&one.summary, &one.change, &one.by_chance);
    let points = |share: f64| signed(100.0 * share, 1);
    RestoredLine {
        names: one.features.iter().map(link).collect(),
        rows: language.grouped(one.rows_changed),
        score: with_change(
            language.four_decimals(then.mean_score),
            signed(moved.mean_score, 4),
            language.four_decimals(chance.mean_score),
        ),
        refused: with_change(
            language.percent(then.share_refused),
            points(moved.share_refused),
            language.localised(format!("{:.1}", 100.0 * chance.share_refused)),
        ),
        cost: then.cost_per_1000.zip(moved.cost_per_1000).zip(chance.cost_per_1000).map_or(
            "–".to_owned(),
            |((then, moved), chance)| {
                with_change(language.number(then), signed(moved, 0), language.localised(format!("{chance:.0}")))
            },
        ),
    }
}
