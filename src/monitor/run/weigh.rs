//! Compares and judges, and looks again at what the verdict has to know exactly, until nothing changes.

use super::lookout::{Lookout, Seen};
use crate::{
    drift::{Drift, Ks, compare, segmented},
    engine::{self, Counted},
    fault::{Fault, Result},
    judge::{AucMoved, Case, CostMoved, Finding, Service, Verdict, judge, judge_segments, undecided},
    performance::Performance,
    replay::Replay,
    report::Apart,
};

/// How far the window lies from the reference, and what that means.
pub(crate) struct Weighed {
    pub drift: Drift,
    pub verdict: Verdict,
    pub segments: Option<Apart>,
}

/// How far the window and its segments lie from the reference, before anything is looked at again.
pub(crate) struct Measured {
    drift: Drift,
    segments: Option<(Apart, Vec<Finding>)>,
}

/// Compares: all that needs no other look at the log.
pub(crate) fn measure(lookout: &Lookout<'_>, seen: &Seen) -> Result<Measured> {
    let (reference, settings) = (&lookout.reference, lookout.settings);
    let (empty, threshold) = (settings.policy.empty_bins, settings.model.threshold);
    let drift = compare(reference, &seen.counted.profile, empty, threshold).map_err(Fault::setup)?;
    Ok(Measured { drift, segments: apart(lookout, seen)? })
}

/// Judges what was measured.
pub(crate) fn weigh(
    lookout: &Lookout<'_>,
    seen: &Seen,
    measured: Measured,
    replay: Option<&Replay>,
    performance: Option<&Performance>,
) -> Result<Weighed> {
    let (reference, policy) = (&lookout.reference, &lookout.settings.policy);
    let Measured { mut drift, segments } = measured;
    let is_holdout = reference.provenance().is_holdout();
    let mut service = service(&seen.counted, replay);
    service.costs = performance.map(|performance| costs(performance, is_holdout)).unwrap_or_default();
    service.unreadable_labels = performance.map(unreadable_labels).unwrap_or_default();
    service.aucs = performance.map(|performance| aucs(performance, is_holdout)).unwrap_or_default();
    if let Some((_, findings)) = &segments
        && seen.counted.profile.rows() >= policy.min_rows
    {
        service.segments.clone_from(findings);
    }
    let segments = segments.map(|(segments, _)| segments);
    loop {
        let case = Case {
            drift: &drift,
            absent: &seen.counted.absent,
            importance: reference.importance(),
            service: &service,
            policy,
        };
        let asked: Vec<(usize, Vec<usize>)> = undecided(&case)
            .into_iter()
            .filter_map(|feature| Some((feature, ks_of(&drift, feature)?.candidates.clone())))
            .collect();
        if asked.is_empty() {
            let verdict = judge(&case);
            return Ok(Weighed { drift, verdict, segments });
        }
        let exact = engine::refine(&lookout.job(seen.window), &seen.counted, reference, &asked)?;
        for (feature, _) in asked {
            // One that could not be refined stays at its lower bound, but is not asked for again.
            let inside = exact.get(&feature).copied().unwrap_or(0.0);
            if let Some(ks) = ks_mut(&mut drift, feature) {
                ks.refine(inside);
            }
        }
    }
}

/// The window's segments, measured and judged, with what was found of them.
fn apart(lookout: &Lookout<'_>, seen: &Seen) -> Result<Option<(Apart, Vec<Finding>)>> {
    let (Some(segments), Some(tally), Some(options)) =
        (&lookout.segments, &seen.counted.segments, &lookout.settings.segments)
    else {
        return Ok(None);
    };
    let policy = &lookout.settings.policy;
    let terms = (options.min_rows, lookout.settings.model.threshold, policy.empty_bins);
    let drift = segmented(segments, tally, &seen.counted.profile, &lookout.reference, terms)?;
    let (verdicts, findings) = judge_segments(&drift, policy);
    Ok(Some((Apart { drift, verdicts }, findings)))
}

/// The KS distance of a feature; the score comes after the last one.
fn ks_of(drift: &Drift, feature: usize) -> Option<&Ks> {
    match drift.features.get(feature) {
        Some(feature) => feature.ks.as_ref(),
        None => drift.score.as_ref()?.distance.ks.as_ref(),
    }
}

fn ks_mut(drift: &mut Drift, feature: usize) -> Option<&mut Ks> {
    match drift.features.get_mut(feature) {
        Some(feature) => feature.ks.as_mut(),
        None => drift.score.as_mut()?.distance.ks.as_mut(),
    }
}

fn service(counted: &Counted, replay: Option<&Replay>) -> Service {
    let traffic = &counted.traffic;
    Service {
        requests: traffic.requests,
        errors: traffic.errors,
        latency_p95_ms: traffic.latency.quantile_ms(0.95),
        answered: counted.profile.rows() + counted.other_version.rows(),
        other_version: counted.other_version.rows(),
        filtered: counted.found.filtered,
        unreadable: counted.unreadable.iter().map(ToString::to_string).collect(),
        unreadable_labels: Vec::new(),
        // A challenger's scores are others by design.
        parity: replay.filter(|replay| replay.challenger.is_none()).map(|replay| replay.parity.clone()),
        costs: Vec::new(),
        aucs: Vec::new(),
        segments: Vec::new(),
    }
}

fn unreadable_labels(performance: &Performance) -> Vec<String> {
    let labels = performance.labels.iter().flat_map(|labels| &labels.unreadable);
    labels.cloned().collect()
}

/// What decisions cost, beside the reference's. Outcomes of training rows flatter their model, so what is known is
/// only held against hold-out rows.
fn costs(performance: &Performance, is_holdout: bool) -> Vec<CostMoved> {
    let Ok(expected) = &performance.expected else { return Vec::new() };
    let reference = &expected.reference;
    let moved = CostMoved {
        is_known: false,
        rows: expected.rows,
        window: expected.cost_per_1000.value,
        reference: reference.per_1000,
        p_value: expected.p_value,
    };
    let known = performance.realised.as_ref().filter(|_| is_holdout).map(|realised| {
        let window = realised.cost_per_1000();
        CostMoved {
            is_known: true,
            rows: realised.confusion.rows(),
            window: window.value,
            reference: reference.per_1000,
            p_value: window.apart(&reference.interval),
        }
    });
    [moved].into_iter().chain(known).collect()
}

/// How well the score ranks, beside the reference: by what scores lead to expect on both sides, and by known outcomes.
fn aucs(performance: &Performance, is_holdout: bool) -> Vec<AucMoved> {
    let Ok(expected) = &performance.expected else { return Vec::new() };
    let moved = expected.auc.window.zip(expected.auc_before).map(|(window, (reference, p_value))| AucMoved {
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
        Some(AucMoved {
            is_known: true,
            rows,
            window: window.value,
            reference: reference.value,
            p_value: window.apart(&reference),
        })
    });
    moved.into_iter().chain(known).collect()
}
