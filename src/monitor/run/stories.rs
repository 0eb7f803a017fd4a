//! The stories of a judged window, with what the reference knows about features together.

use vigie_profile::{layout::Shape, profile::Counts};

use super::{
    context::{RunContext, WindowData},
    judge::{Earlier, JudgedWindow, MeasuredDrift, judge_window},
};
use crate::{
    fault::Result,
    judge::{Story, StoryCase, Test, repeated_blocks, stories},
    performance::{Performance, Predictions},
    reference::{Reference, Relations},
    replay::Replay,
};

/// Judges a window and makes its stories.
pub(crate) fn judge_with_stories(
    run: &RunContext<'_>,
    data: &WindowData,
    measured: MeasuredDrift,
    earlier: Earlier,
    replay: Option<&Replay>,
    performance: Option<&Performance>,
    predictions: Option<&Predictions>,
) -> Result<JudgedWindow> {
    let mut judged = judge_window(run, data, measured, earlier, replay, performance, predictions)?;
    judged.verdict.stories = tell_stories(run, data, &judged);
    Ok(judged)
}

/// Makes the stories of a window.
fn tell_stories(run: &RunContext<'_>, data: &WindowData, judged: &JudgedWindow) -> Vec<Story> {
    let (drift, findings) = (&judged.drift, judged.verdict.findings.as_slice());
    if !findings.iter().any(|finding| finding.subject.feature().is_some() || finding.test == Test::Stale) {
        return Vec::new();
    }
    let relations = run.reference.relations();
    let blocks: Vec<(String, Vec<usize>)> =
        run.reference.name_blocks().into_iter().map(|block| (block.prefix, block.features)).collect();
    let repeated = match (&run.repeats, &data.counted.repeats) {
        (Some(plan), Some(window)) => repeated_blocks(plan, window, run.reference.profile()),
        _ => Vec::new(),
    };
    let level_index = |feature: usize, level: &str| match &run.reference.layout().features().get(feature)?.shape {
        Shape::Categorical(levels) => levels.index(level),
        Shape::Numeric(_) => None,
    };
    let told = stories(&StoryCase {
        drift,
        findings,
        importance: run.reference.importance(),
        window: Some(data.window),
        blocks: &blocks,
        missing_together: relations.map(Relations::missing_together).unwrap_or_default(),
        related: &|feature| relations.map(|relations| relations.correlated(feature)).unwrap_or_default(),
        missing_with: &|feature, other| missing_correlation(&run.reference, feature, other),
        level_score: &|feature, level, number| {
            let level = match level {
                Some(level) => Some(level_index(feature, level)?),
                None => None,
            };
            relations?.level_score(feature, level, number)
        },
        repeated: &repeated,
    });
    let features = run.reference.layout().features();
    let table_of = |name: &str| {
        let index = features.iter().position(|feature| feature.name == name)?;
        run.reference.description(index)?.table.clone()
    };
    told.into_iter().map(|story| story.with_tables(&table_of)).collect()
}

/// Correlation of a numeric feature's normal scores with whether another is missing, or has the word that stands for a missing
/// level.
fn missing_correlation(reference: &Reference, feature: usize, other: usize) -> Option<f64> {
    let relations = reference.relations()?;
    relations.missing_correlation(feature, other).or_else(|| {
        let Shape::Categorical(levels) = &reference.layout().features().get(other)?.shape else { return None };
        let Counts::Categorical(counts) = reference.profile().features().get(other)? else { return None };
        let word = levels.missing()?;
        let score = relations.level_score(other, Some(word), feature)?;
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = *counts.levels().get(word)? as f64 / counts.present() as f64;
        // The mean score of the rows with a mark of this share, in standard deviations of the mark.
        let correlation = score * (share / (1.0 - share)).sqrt();
        correlation.is_finite().then_some(correlation)
    })
}
