//! Compares and judges a window, then refines the distances that the verdict must know exactly, until none is left. The same
//! passes read what happened to the features of findings.

use std::collections::BTreeMap;

use super::{
    changes::{describe_changes, features_in_findings, set_commonest_values},
    context::{RunContext, WindowData, score_unit},
    history::RecentPast,
    left_out::left_out,
};
use crate::{
    config::Overrides,
    drift::{Drift, FeatureDrift, LoggedDecisions, compare, compare_segments},
    engine::{self, Counted, InexactFeature},
    fault::{Fault, Result},
    judge::{
        AucChange, Case, CostChange, Finding, SequenceCheck, Service, SkewCheck, Test, Verdict, judge, judge_segments,
        undecided,
    },
    performance::{LabelCounts, Performance, Predictions},
    replay::Replay,
    report::{BaselineReport, RepeatsReport, SegmentReport},
    source::{MissingRecords, Unreadable},
};

/// Distance of the window from the reference, and the verdict on it.
pub(crate) struct JudgedWindow {
    pub drift: Drift,
    pub verdict: Verdict,
    pub segments: Option<SegmentReport>,
    /// Logged decisions; `None` if the log has none.
    pub decisions: Option<LoggedDecisions>,
    pub repeats: Option<RepeatsReport>,
    pub baseline: Option<BaselineReport>,
    /// The comparison with the feature table; `None` without one.
    pub skew: Option<SkewCheck>,
}

/// What is known from earlier windows.
#[derive(Default)]
pub(crate) struct Earlier {
    pub repeats: Option<RepeatsReport>,
    pub recent: Option<RecentPast>,
}

/// Distances of the window and its segments from the reference, before any refinement.
pub(crate) struct MeasuredDrift {
    drift: Drift,
    segments: Option<(SegmentReport, Vec<Finding>)>,
    skew: Option<SkewCheck>,
}

impl MeasuredDrift {
    /// Adds the comparison with the feature table.
    pub(crate) fn with_skew(self, skew: Option<SkewCheck>) -> Self {
        Self { skew, ..self }
    }
}

/// Compares: everything that needs no further pass over the log.
pub(crate) fn measure(run: &RunContext<'_>, data: &WindowData) -> Result<MeasuredDrift> {
    let (reference, settings) = (&run.reference, run.settings);
    let (empty, rule) = (settings.policy.empty_bins, settings.model.rule());
    let drift = compare(reference, &data.counted.profile, empty, rule).map_err(Fault::setup)?;
    Ok(MeasuredDrift { drift, segments: measure_segments(run, data)?, skew: None })
}

/// Judges what was measured.
pub(crate) fn judge_window(
    run: &RunContext<'_>,
    data: &WindowData,
    measured: MeasuredDrift,
    Earlier { repeats, recent }: Earlier,
    replay: Option<&Replay>,
    performance: Option<&Performance>,
    predictions: Option<&Predictions>,
) -> Result<JudgedWindow> {
    let (reference, policy) = (&run.reference, &run.settings.policy);
    let MeasuredDrift { mut drift, segments, skew } = measured;
    let is_holdout = reference.provenance().is_holdout();
    let mut service = service(data, replay);
    let decisions = decisions(run, &data.counted);
    service.decisions.clone_from(&decisions);
    service.overrides_allowed = run.settings.model.overrides == Overrides::Allowed;
    let features = reference.layout().features().iter().zip(&data.counted.absent);
    let absent = features.filter(|(_, absent)| **absent).map(|(feature, _)| feature.name.as_str());
    service.spellings = data.counted.found.other_spellings(absent);
    service.score_not_mapped = reference.layout().score().is_some() && settings_map_no_score(run);
    service.costs = performance.map(|performance| costs(performance, is_holdout)).unwrap_or_default();
    let labels = performance.and_then(|performance| performance.labels.as_ref());
    let labels = labels.or_else(|| predictions.and_then(|predictions| predictions.labels.as_ref()));
    service.unreadable_labels = labels.map(|labels| labels.unreadable.clone()).unwrap_or_default();
    let lost = labels.map(LabelCounts::losses).unwrap_or_default();
    service.lost.extend(lost.into_iter().map(|loss| (Test::Labels, loss)));
    service.left_out = left_out(run, data, labels);
    service.aucs = performance.map(|performance| aucs(performance, is_holdout)).unwrap_or_default();
    if let Some((_, findings)) = &segments
        && data.counted.profile.rows() >= policy.min_rows
    {
        service.segments.clone_from(findings);
    }
    service.skew.clone_from(&skew);
    service.stale = repeats.iter().flat_map(|repeats| repeats.stale.clone()).collect();
    let segments = segments.map(|(segments, _)| segments);
    let mut has_refined = true;
    let mut details = BTreeMap::new();
    let verdict = loop {
        let case = Case {
            drift: &drift,
            absent: &data.counted.absent,
            importance: reference.importance(),
            service: &service,
            policy,
        };
        let verdict = judge(&case);
        let mut detailed = features_in_findings(&drift, &verdict, &data.counted.absent);
        detailed.retain(|feature| !details.contains_key(feature));
        let mut pending: Vec<InexactFeature> = undecided(&case)
            .into_iter()
            .filter_map(|feature| {
                let measured = distances(&drift, feature)?;
                let candidates = measured.ks.as_ref()?.candidates.clone();
                let needs_wasserstein = measured.distances.wasserstein.is_some_and(|distance| !distance.exact);
                Some(InexactFeature { feature, candidates, needs_wasserstein })
            })
            .collect();
        // Distances that too many rows leave open stay so, and are judged by their lower bounds.
        if !has_refined {
            pending.clear();
        }
        if pending.is_empty() && detailed.is_empty() {
            break verdict;
        }
        let refined = engine::refine(&run.job(data.window), &data.counted, reference, &pending, &detailed)?;
        let has_new_constants = set_commonest_values(&mut drift, reference.profile(), &refined.details);
        details.extend(refined.details);
        if pending.is_empty() {
            if has_new_constants {
                continue;
            }
            break verdict;
        }
        has_refined = false;
        for InexactFeature { feature, .. } in pending {
            let Some(measured) = distances_mut(&mut drift, feature) else { continue };
            let refined = refined.distances.get(&feature);
            if let Some(ks) = &mut measured.ks {
                has_refined |= !ks.exact;
                // A distance that could not be refined stays at its lower bound, but is not requested again.
                ks.refine(refined.map_or(0.0, |refined| refined.ks));
            }
            if let Some(distance) = &mut measured.distances.wasserstein
                && let Some(exact) = refined.and_then(|refined| refined.wasserstein)
            {
                has_refined |= !distance.exact;
                distance.refine(exact);
            }
        }
    };
    describe_changes(&mut drift, &verdict, run, data, details)?;
    let baseline = recent.and_then(|recent| recent.judge(run, &verdict));
    Ok(JudgedWindow { drift, verdict, segments, decisions, repeats, baseline, skew })
}

/// The window's segments, measured and judged, with their findings.
fn measure_segments(run: &RunContext<'_>, data: &WindowData) -> Result<Option<(SegmentReport, Vec<Finding>)>> {
    let (Some(segments), Some(tally), Some(options)) = (&run.segments, &data.counted.segments, &run.settings.segments)
    else {
        return Ok(None);
    };
    let policy = &run.settings.policy;
    let terms = (options.min_rows, run.settings.model.rule(), policy.empty_bins);
    let drift = compare_segments(segments, tally, &data.counted.profile, &run.reference, terms)?;
    let (verdicts, findings) = judge_segments(&drift, policy);
    Ok(Some((SegmentReport { drift, verdicts }, findings)))
}

/// The distances of a feature. The index after the last feature is the score.
fn distances(drift: &Drift, feature: usize) -> Option<&FeatureDrift> {
    drift.features.get(feature).or(drift.score.as_ref().map(|score| &score.distance))
}

fn distances_mut(drift: &mut Drift, feature: usize) -> Option<&mut FeatureDrift> {
    match drift.features.get_mut(feature) {
        Some(feature) => Some(feature),
        None => drift.score.as_mut().map(|score| &mut score.distance),
    }
}

fn service(data: &WindowData, replay: Option<&Replay>) -> Service {
    let counted = &data.counted;
    let traffic = &counted.traffic;
    Service {
        requests: traffic.requests,
        errors: traffic.errors,
        latency_p95_ms: traffic.latency.quantile_ms(0.95),
        answered: counted.profile.rows() + counted.other_version.rows(),
        other_version: counted.other_version.rows(),
        filtered: counted.found.filtered,
        unreadable: counted.unreadable.iter().filter(|file| file.loss().is_none()).map(Unreadable::left_out).collect(),
        unreadable_labels: Vec::new(),
        lost: counted.unreadable.iter().filter_map(Unreadable::loss).map(|loss| (Test::Source, loss)).collect(),
        left_out: Vec::new(),
        score_not_mapped: false,
        spellings: BTreeMap::new(),
        // A challenger's scores differ by design.
        decisions: None,
        overrides_allowed: false,
        parity: replay.filter(|replay| replay.challenger.is_none()).map(|replay| replay.parity.clone()),
        costs: Vec::new(),
        aucs: Vec::new(),
        segments: Vec::new(),
        stale: Vec::new(),
        skew: None,
        sequence: data.counted.found.sequence.missing(data.window).map(sequence_check),
    }
}

/// Missing records as judgement states them.
pub(crate) fn sequence_check(missing: MissingRecords) -> SequenceCheck {
    match missing {
        MissingRecords::Counted { missing, writers, dropped } => SequenceCheck::Counted { missing, writers, dropped },
        MissingRecords::TooMany => SequenceCheck::Unfollowed,
    }
}

/// The logged decisions of a window; `None` if no row has one, or if none follows from the score because it is a predicted
/// number.
fn decisions(run: &RunContext<'_>, counted: &Counted) -> Option<LoggedDecisions> {
    if run.reference.provenance().has_prediction() {
        return None;
    }
    let decisions =
        LoggedDecisions::new(counted.decisions.as_ref()?, run.settings.model.rule(), score_unit(run.settings));
    (decisions.rows() + decisions.open + decisions.unknown > 0).then_some(decisions)
}

fn settings_map_no_score(run: &RunContext<'_>) -> bool {
    let fields = &run.settings.source.fields;
    fields.probability.is_none() && fields.prediction.is_none()
}

/// Costs of decisions compared with the reference's. Outcomes of training rows are optimistic, so known outcomes are
/// compared only with a hold-out reference.
fn costs(performance: &Performance, is_holdout: bool) -> Vec<CostChange> {
    let Ok(expected) = &performance.expected else { return Vec::new() };
    let reference = &expected.reference;
    let moved = CostChange {
        is_known: false,
        rows: expected.rows,
        window: expected.cost_per_1000.value,
        reference: reference.per_1000,
        p_value: expected.p_value,
    };
    let known = performance.realised.as_ref().filter(|_| is_holdout).map(|realised| {
        let window = realised.cost_per_1000();
        CostChange {
            is_known: true,
            rows: realised.confusion.rows(),
            window: window.value,
            reference: reference.per_1000,
            p_value: window.difference_p_value(&reference.interval),
        }
    });
    [moved].into_iter().chain(known).collect()
}

/// AUC compared with the reference's: as expected from the scores on both sides, and by known outcomes.
fn aucs(performance: &Performance, is_holdout: bool) -> Vec<AucChange> {
    let Ok(expected) = &performance.expected else { return Vec::new() };
    let moved = expected.auc.window.zip(expected.auc_before).map(|(window, (reference, p_value))| AucChange {
        is_known: false,
        rows: expected.rows,
        window: window.value,
        reference,
        p_value,
    });
    let realised = performance.realised.as_ref().filter(|_| is_holdout);
    let known = realised.and_then(|realised| {
        let (window, reference) = realised.auc.zip(expected.auc_known_before)?;
        let rows = realised.confusion.rows();
        Some(AucChange {
            is_known: true,
            rows,
            window: window.value,
            reference: reference.value,
            p_value: window.difference_p_value(&reference),
        })
    });
    moved.into_iter().chain(known).collect()
}
