//! Redacts the report for email: removes everything that comes from a single applicant.

use std::collections::BTreeSet;

use vigie_profile::{batch::Complaints, shown::shown};

use crate::{
    drift::{Drift, FeatureDrift, Summary, Unseen},
    judge::{NOT_READ, Test},
    performance::Performance,
    replay::Replay,
    report::{ExaminedWindow, Report, SegmentReport},
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
            traffic,
            other_version,
            replay,
            attribution,
            score_shift,
            performance,
            segments,
        } = self.clone();
        let names: Vec<String> = drift
            .features
            .iter()
            .chain(other_version.iter().flat_map(|drift| &drift.features))
            .filter_map(listed_levels)
            .collect();
        let labels = format!("{NOT_READ}labels: ");
        let mut verdict = verdict;
        for finding in &mut verdict.findings {
            remove_all(&mut finding.reason, &names);
            if matches!(finding.test, Test::Source | Test::Labels) {
                finding.reason = path_only(&finding.reason, &[&labels, NOT_READ]);
            }
        }
        for opinion in verdict.features.iter_mut().chain(&mut verdict.score).flat_map(|judged| &mut judged.opinions) {
            remove_all(&mut opinion.reason, &names);
        }
        Self {
            run,
            examined: ExaminedWindow {
                complaints: without_examples(&examined.complaints),
                unreadable: examined.unreadable.iter().map(|what| path_only(what, &[""])).collect(),
                ..examined
            },
            reference,
            policy,
            drift: without_levels(drift),
            verdict,
            importance,
            traffic,
            other_version: other_version.map(without_levels),
            replay: replay.map(without_rows),
            attribution,
            score_shift,
            performance: performance.map(without_ids),
            segments: segments.map(without_extremes),
        }
    }
}

/// Keeps the name of the unreadable file and drops the reason, which may quote its content.
fn path_only(what: &str, openings: &[&str]) -> String {
    let opening = openings.iter().find(|opening| what.starts_with(**opening)).copied().unwrap_or_default();
    let name = what.get(opening.len()..).and_then(|rest| rest.split(": ").next()).unwrap_or_default();
    format!("{opening}{name}")
}

fn without_examples(complaints: &Complaints) -> Complaints {
    let mut counted = Complaints::default();
    for (reason, complaint) in complaints.iter() {
        counted.add_many(reason, complaint.count);
    }
    counted
}

fn without_ids(mut performance: Performance) -> Performance {
    if let Some(labels) = &mut performance.labels {
        labels.examples.clear();
        labels.unreadable.iter_mut().for_each(|what| *what = path_only(what, &[""]));
    }
    performance
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

fn without_rows(mut replay: Replay) -> Replay {
    replay.parity.examples.clear();
    replay
}

fn without_levels(mut drift: Drift) -> Drift {
    let score = drift.score.as_mut().map(|score| &mut score.distance);
    for feature in drift.features.iter_mut().chain(score) {
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

/// The list of unseen levels as written in the reason of a finding.
fn listed_levels(feature: &FeatureDrift) -> Option<String> {
    let Unseen { levels, distinct, .. } = feature.unseen.as_ref()?;
    let names: Vec<String> = levels.iter().take(3).map(|(name, _)| format!("“{}”", shown(name))).collect();
    let more = if *distinct > names.len() { ", …" } else { "" };
    (!names.is_empty()).then(|| format!(" ({}{more})", names.join(", ")))
}

fn remove_all(reason: &mut String, names: &[String]) {
    let found: BTreeSet<&String> = names.iter().filter(|names| reason.contains(names.as_str())).collect();
    for names in found {
        *reason = reason.replace(names.as_str(), "");
    }
}
