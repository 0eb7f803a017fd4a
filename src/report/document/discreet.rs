//! The report as it may leave the house in a mail: without anything that one applicant wrote or is.

use std::collections::BTreeSet;

use vigie_profile::{batch::Complaints, shown::shown};

use crate::{
    drift::{Drift, FeatureDrift, Summary, Unseen},
    judge::Test,
    performance::Performance,
    replay::Replay,
    report::{Apart, Examined, Report},
};

impl Report {
    /// The same without examples of rows, rejected or scored otherwise, and without names of unseen levels: counts, shares and words stay.
    ///
    /// Every part is named, so that whoever adds one decides here whether it may leave the house.
    #[must_use]
    pub fn discreet(&self) -> Self {
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
            .filter_map(named)
            .collect();
        let mut verdict = verdict;
        for finding in &mut verdict.findings {
            unname(&mut finding.reason, &names);
            if matches!(finding.test, Test::Source | Test::Labels) {
                finding.reason = named_only(&finding.reason, &["left out: labels: ", "left out: "]);
            }
        }
        for opinion in verdict.features.iter_mut().chain(&mut verdict.score).flat_map(|judged| &mut judged.opinions) {
            unname(&mut opinion.reason, &names);
        }
        Self {
            run,
            examined: Examined {
                complaints: without_examples(&examined.complaints),
                unreadable: examined.unreadable.iter().map(|what| named_only(what, &[""])).collect(),
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

/// Which file could not be read, without the reason: that may quote what stands in it.
fn named_only(what: &str, openings: &[&str]) -> String {
    let opening = openings.iter().find(|opening| what.starts_with(**opening)).copied().unwrap_or_default();
    let name = what.get(opening.len()..).and_then(|rest| rest.split(": ").next()).unwrap_or_default();
    format!("{opening}{name}")
}

fn without_examples(complaints: &Complaints) -> Complaints {
    let mut counted = Complaints::default();
    for (reason, complaint) in complaints.iter() {
        counted.count(reason, complaint.count);
    }
    counted
}

fn without_ids(mut performance: Performance) -> Performance {
    if let Some(labels) = &mut performance.labels {
        labels.examples.clear();
        labels.unreadable.iter_mut().for_each(|what| *what = named_only(what, &[""]));
    }
    performance
}

/// Segments are named by the config and by levels of the reference; what one applicant is goes.
fn without_extremes(mut segments: Apart) -> Apart {
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
        // The least and the greatest of a window are one applicant's each.
        if let Summary::Numeric { min, max, .. } = &mut feature.window {
            (*min, *max) = (None, None);
        }
    }
    drift
}

/// Unseen levels as the reason of a finding lists them.
fn named(feature: &FeatureDrift) -> Option<String> {
    let Unseen { levels, distinct, .. } = feature.unseen.as_ref()?;
    let names: Vec<String> = levels.iter().take(3).map(|(name, _)| format!("“{}”", shown(name))).collect();
    let more = if *distinct > names.len() { ", …" } else { "" };
    (!names.is_empty()).then(|| format!(" ({}{more})", names.join(", ")))
}

fn unname(reason: &mut String, names: &[String]) {
    let found: BTreeSet<&String> = names.iter().filter(|names| reason.contains(names.as_str())).collect();
    for names in found {
        *reason = reason.replace(names.as_str(), "");
    }
}
