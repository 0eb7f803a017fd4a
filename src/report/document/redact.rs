//! Redacts the report for email: removes everything that comes from a single applicant.

use vigie_profile::batch::Complaints;

use crate::{
    drift::{Change, Drift, Summary},
    fault::LeftOut,
    judge::{Finding, SkewCheck, Story},
    performance::{LabelCounts, Performance, Predictions},
    replay::Replay,
    report::{DecisionReport, ExaminedWindow, Report, SegmentReport},
};

impl Report {
    /// Returns a copy without example rows, row ids, extremes and names of unseen levels. Counts, shares and sentences
    /// stay.
    ///
    /// Every field is destructured, so that adding one forces a decision here on whether it may be mailed.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let Self {
            run,
            examined,
            reference,
            policy,
            drift,
            verdict,
            importance,
            descriptions,
            traffic,
            other_version,
            replay,
            attribution,
            score_shift,
            leaf_drift,
            other_model,
            performance,
            predictions,
            segments,
            decisions,
            repeats,
            baseline,
            against,
            tables,
            skew,
            profile: _,
        } = self.clone();
        let mut verdict = verdict;
        verdict.findings = verdict.findings.into_iter().map(Finding::redacted).collect();
        verdict.stories = verdict.stories.into_iter().map(Story::redacted).collect();
        for judged in verdict.features.iter_mut().chain(&mut verdict.score) {
            judged.opinions = std::mem::take(&mut judged.opinions).into_iter().map(Finding::redacted).collect();
        }
        Self {
            run,
            examined: ExaminedWindow {
                complaints: without_examples(&examined.complaints),
                unreadable: examined.unreadable.into_iter().map(LeftOut::redacted).collect(),
                // Keys that an applicant may have chosen.
                doubled_names: Vec::new(),
                ..examined
            },
            reference,
            policy,
            drift: without_levels(drift),
            verdict,
            importance,
            // Texts of the data dictionary, which knows no rows.
            descriptions,
            traffic,
            other_version: other_version.map(without_levels),
            replay: replay.map(without_rows),
            attribution,
            score_shift,
            // Names of features and statistics over all rows.
            leaf_drift,
            // Names and hashes of model files.
            other_model,
            performance: performance
                .map(|performance| Performance { labels: performance.labels.map(without_ids), ..performance }),
            predictions: predictions
                .map(|predictions| Predictions { labels: predictions.labels.map(without_ids), ..predictions }),
            segments: segments.map(without_extremes),
            decisions: decisions.map(without_decided_rows),
            // Counts of rows, and windows.
            repeats,
            baseline,
            against,
            // Names of files.
            tables,
            skew: skew.map(SkewCheck::redacted),
            // Names of unseen levels, and hashes of rows.
            profile: Vec::new(),
        }
    }
}

fn without_examples(complaints: &Complaints) -> Complaints {
    let mut counted = Complaints::default();
    for (reason, complaint) in complaints.iter() {
        counted.add_many(reason, complaint.count);
    }
    counted
}

fn without_ids(labels: LabelCounts) -> LabelCounts {
    let unreadable = labels.unreadable.into_iter().map(LeftOut::redacted).collect();
    LabelCounts { examples: Vec::new(), unreadable, ..labels }
}

/// Segment names come from the config and the reference and stay; values of single applicants are removed.
fn without_extremes(mut segments: SegmentReport) -> SegmentReport {
    for feature in segments.drift.list.iter_mut().flat_map(|one| one.features.iter_mut().chain(&mut one.score)) {
        if let Some(unseen) = &mut feature.unseen {
            unseen.levels.clear();
        }
        if let Summary::Numeric { min, max, .. } = &mut feature.window {
            (*min, *max) = (None, None);
        }
    }
    segments
}

fn without_decided_rows(mut decisions: DecisionReport) -> DecisionReport {
    decisions.counts.examples.clear();
    // They may be free text.
    decisions.counts.unknown_words.clear();
    decisions
}

fn without_rows(mut replay: Replay) -> Replay {
    replay.parity.examples.clear();
    replay
}

fn without_levels(mut drift: Drift) -> Drift {
    let score = drift.score.as_mut().map(|score| &mut score.distance);
    for feature in drift.features.iter_mut().chain(score) {
        feature.change = feature.change.take().map(Change::redacted);
        if let Some(unseen) = &mut feature.unseen {
            unseen.levels.clear();
        }
        // The minimum and the maximum each belong to one applicant.
        if let Summary::Numeric { min, max, .. } = &mut feature.window {
            (*min, *max) = (None, None);
        }
    }
    drift
}
