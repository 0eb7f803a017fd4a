//! The `segments` section of `report.json`: each segment compared with its own reference rows and with the other
//! segments.

use serde_json::{Map, Value, json};
use vigie_stats::Interval;

use crate::{
    drift::{Disparity, FeatureDrift, NotCompared, SegmentDrift},
    judge::SegmentVerdict,
    performance::{NoEstimate, Realised, SegmentCost},
    report::{Report, report::SegmentReport},
};

/// The reason why a segment is not compared.
fn not_compared(reason: NotCompared, min_rows: u64) -> String {
    match reason {
        NotCompared::TooFewRows => format!("fewer than {min_rows} rows"),
        NotCompared::NotInReference => {
            "the reference does not contain this segment; learn it again with `vigie learn --segments`".to_owned()
        }
        NotCompared::TooFewReferenceRows => format!("the reference has fewer than {min_rows} rows in this segment"),
    }
}

/// The `segments` section.
pub(crate) fn to_value(report: &Report, segments: &SegmentReport) -> Value {
    let left_out: Map<String, Value> =
        segments.drift.left_out.iter().map(|(column, levels)| (column.clone(), json!(levels))).collect();
    let performance = report.performance.as_ref();
    let costs = |number: usize| {
        let realised = performance?.segments.get(number).and_then(Option::as_ref);
        let expected = performance?.expected_in_segments.get(number).and_then(Option::as_ref);
        Some((realised, expected))
    };
    let list: Vec<Value> = segments
        .drift
        .list
        .iter()
        .zip(&segments.verdicts)
        .enumerate()
        .map(|(number, (one, verdict))| {
            segment(one, *verdict, costs(number).unwrap_or_default(), (segments.drift.rows, segments.drift.min_rows))
        })
        .collect();
    json!({ "min_rows": segments.drift.min_rows, "levels_left_out": left_out, "list": list })
}

fn segment(
    one: &SegmentDrift,
    verdict: SegmentVerdict,
    (known, expected): (Option<&Realised>, Option<&SegmentCost>),
    (rows, least): (u64, u64),
) -> Value {
    let mut reasons = Map::new();
    let mut because = |key: &str, why: String| {
        reasons.insert(key.to_owned(), json!(why));
    };
    if let Some(why) = one.not_compared {
        because("score", not_compared(why, least));
        because("features", not_compared(why, least));
    } else if one.features.is_empty() {
        because("features", "the reference was learnt without a model, so feature importance is unknown".to_owned());
    }
    if one.disparity.is_none() {
        because(
            "disparity",
            if one.rows < least {
                format!("fewer than {least} rows")
            } else {
                "this is the most favoured segment, or there is none to compare it with".to_owned()
            },
        );
    }
    if known.is_none() {
        because("realised", "no row in this segment has a label".to_owned());
    }
    match expected {
        None if one.rows == 0 => because("expected", "no row of the window is in this segment".to_owned()),
        None => because("expected", NoEstimate::NoOutcomes.to_string()),
        Some(cost) if cost.reference.is_none() => {
            because("expected.cost_per_1000.reference", "no reference row is known to be in this segment".to_owned());
        }
        Some(_) => {}
    }
    if verdict.severity.is_none() {
        because("severity", "this segment was not compared with anything".to_owned());
    }
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = (rows > 0).then(|| one.rows as f64 / rows as f64);
    json!({
        "name": one.name,
        "by": one.by,
        "definition": one.definition,
        "severity": verdict.severity,
        "rows": one.rows,
        "share": share,
        "refused_share": {
            "reference": one.refused.reference,
            "window": one.refused.window,
            "p_value": one.refused.p_value,
        },
        "disparity": one.disparity.as_ref().map(|disparity| self::disparity(disparity, verdict.disparity_q)),
        "score": one.score.as_ref().map(|score| self::score(score, verdict.score_q)),
        "features": verdict.drifted.map(|drifted| json!({
            "drifted": drifted,
            "of": one.features.len(),
            "psi": one.features.iter().map(|one| (one.name.clone(), json!(one.psi.value))).collect::<Map<_, _>>(),
        })),
        "expected": expected.map(self::expected),
        "realised": known.map(self::realised),
        "null_reasons": reasons,
    })
}

fn disparity(disparity: &Disparity, q: Option<f64>) -> Value {
    json!({
        "against": disparity.against.as_deref().unwrap_or("all other rows"),
        "ratio": disparity.ratio.value,
        "low": disparity.ratio.low,
        "high": disparity.ratio.high,
        "p_value": disparity.p_value,
        "q_value": q,
    })
}

fn score(score: &FeatureDrift, q: Option<f64>) -> Value {
    json!({
        "n_reference": score.n_reference,
        "psi": { "value": score.psi.value, "critical": score.psi.critical, "p_value": score.psi.p_value, "q_value": q },
        "ks": score.ks.as_ref().map(|ks| {
            json!({ "statistic": ks.statistic, "upper_bound": ks.upper_bound, "exact": ks.exact })
        }),
    })
}

/// Uses the calibration of all rows.
fn expected(cost: &SegmentCost) -> Value {
    let Interval { value, low, high } = cost.per_1000;
    json!({ "cost_per_1000": { "value": value, "low": low, "high": high, "reference": cost.reference } })
}

fn realised(realised: &Realised) -> Value {
    let optional = |value: Option<f64>, interval: Option<Interval>| {
        json!({
            "value": value,
            "low": interval.map(|interval| interval.low),
            "high": interval.map(|interval| interval.high),
        })
    };
    let cost = realised.cost_per_1000();
    let interval = |interval: Option<Interval>| optional(interval.map(|interval| interval.value), interval);
    json!({
        "rows": realised.rows,
        "auc": optional(realised.auc_value, realised.auc),
        "recall": interval(realised.recall),
        "precision": interval(realised.precision),
        "cost": realised.cost.value,
        "cost_per_1000": interval(Some(cost)),
    })
}
