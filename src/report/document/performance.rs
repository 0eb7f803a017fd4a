//! The `performance` and `cost` sections of `report.json`: realised values from labels next to estimates without them.

use serde_json::{Map, Value, json};
use vigie_stats::{Confusion, Interval};

use crate::performance::{Band, Expected, LabelCounts, Performance, Realised};

/// The assumption behind every estimate without labels.
pub(crate) const ASSUMPTION: &str = "The estimate assumes that each score has the same outcome rate as in the reference. It cannot detect \
    concept drift (the same score meaning something else), shifts within a score band, or scores outside the \
    reference's range.";

fn interval(interval: Interval) -> Value {
    json!({ "value": interval.value, "low": interval.low, "high": interval.high })
}

/// The bounds alone, for a value with its own key.
fn bounds(interval: Interval) -> Value {
    json!({ "low": interval.low, "high": interval.high })
}

fn optional(figure: Option<Interval>) -> Value {
    figure.map_or(Value::Null, interval)
}

/// Confusion matrix of labelled rows, in whole numbers.
fn counts(confusion: &Confusion) -> Value {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of rows")]
    let whole = |rows: f64| rows as u64;
    json!({
        "true_positives": whole(confusion.true_positives),
        "false_positives": whole(confusion.false_positives),
        "true_negatives": whole(confusion.true_negatives),
        "false_negatives": whole(confusion.false_negatives),
    })
}

/// The `performance` section.
pub(crate) fn to_value(performance: &Performance) -> Value {
    let reason = match &performance.labels {
        None => "no labels are configured".to_owned(),
        Some(_) => format!("none of the {} used rows has a label", performance.rows),
    };
    let (expected, why) = match &performance.expected {
        Ok(expected) => (estimated(expected), Value::Null),
        Err(why) => (Value::Null, json!(why.to_string())),
    };
    json!({
        "threshold": performance.terms.threshold,
        "beta": performance.terms.beta,
        "rows": performance.rows,
        "labels": performance.labels.as_ref().map(|labels| labelled(labels, performance.rows)),
        "realised": performance.realised.as_ref().map(realised),
        "realised_reason": performance.realised.is_none().then_some(reason),
        "estimated": expected,
        "estimated_reason": why,
        "estimate_against_labels": performance.estimate_check.as_ref().map(crate::report::page::estimate_check::to_value),
    })
}

fn labelled(labels: &LabelCounts, rows: u64) -> Value {
    json!({
        "coverage": coverage(labels, rows),
        "matched": labels.matched,
        "read": labels.read,
        "elsewhere": labels.elsewhere,
        "without_id": labels.without_id,
        "duplicates": labels.duplicates,
        "contradictory": labels.contradictory,
        "invalid": labels.invalid,
        "pending": labels.pending,
        "malformed": labels.malformed,
        "not_yet": labels.not_yet,
        "examples": labels.examples,
        "unreadable": labels.unreadable.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

pub(crate) fn coverage(labels: &LabelCounts, rows: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    (rows > 0).then(|| labels.matched as f64 / rows as f64)
}

fn realised(realised: &Realised) -> Value {
    let confusion = &realised.confusion;
    let auc = realised.auc.map_or_else(
        || realised.auc_value.map_or(Value::Null, |value| json!({ "value": value, "low": null, "high": null })),
        interval,
    );
    let calibration: Vec<Value> = realised
        .calibration
        .iter()
        .map(|bin| json!({ "mean_score": bin.mean_score, "share": bin.share, "rows": bin.rows }))
        .collect();
    let mut reasons = Map::new();
    let mut because = |is_null: bool, key: &str, why: &str| {
        if is_null {
            reasons.insert(key.to_owned(), json!(why));
        }
    };
    let one_class = "the labelled rows have only one outcome";
    because(realised.auc_value.is_none(), "auc", one_class);
    because(realised.average_precision.is_none(), "average_precision", "no labelled row is positive");
    because(realised.recall.is_none(), "recall", "no labelled row is positive");
    because(realised.precision.is_none(), "precision", "no labelled row was refused");
    because(realised.f_beta.is_none(), "f_beta", "no labelled row is positive or refused");
    because(realised.auc.is_none(), "auc.low", "an outcome has fewer than two labelled rows");
    because(
        realised.average_precision_interval.is_none(),
        "average_precision_interval",
        "fewer than two labelled rows are positive",
    );
    json!({
        "rows": realised.rows,
        "auc": auc,
        "average_precision": realised.average_precision,
        "average_precision_interval": realised.average_precision_interval.map(bounds),
        "brier": optional(realised.brier),
        "log_loss": optional(realised.log_loss),
        "recall": optional(realised.recall),
        "precision": optional(realised.precision),
        "f_beta": realised.f_beta.map(|interval| interval.value),
        "f_beta_interval": realised.f_beta.map(bounds),
        "confusion": counts(confusion),
        "calibration": calibration,
        "null_reasons": reasons,
    })
}

fn estimated(expected: &Expected) -> Value {
    // The reference value is reported even if the window has none.
    let band = |band: &Band| {
        let mut value = band.window.map_or_else(|| json!({ "value": null, "low": null, "high": null }), interval);
        if let Some(keys) = value.as_object_mut() {
            keys.insert("reference".to_owned(), json!(band.reference));
        }
        value
    };
    let mut reasons = Map::new();
    for (name, band, why) in [
        ("auc", expected.auc, "no row, or every row, is expected to be positive"),
        ("recall", expected.recall, "no row is expected to be positive"),
        ("precision", expected.precision, "no row is refused"),
        ("f_beta", expected.f_beta, "no row is refused or expected to be positive"),
    ] {
        if band.window.is_none() {
            reasons.insert(format!("{name}.value"), json!(why));
        }
        if band.reference.is_none() {
            reasons.insert(format!("{name}.reference"), json!("undefined on the reference at this threshold"));
        }
    }
    let confusion = &expected.confusion;
    json!({
        "method": "CBPE, isotonic calibration on the reference",
        "assumption": ASSUMPTION,
        "rows": expected.rows,
        "auc": band(&expected.auc),
        "recall": band(&expected.recall),
        "precision": band(&expected.precision),
        "f_beta": band(&expected.f_beta),
        "confusion": {
            "true_positives": confusion.true_positives,
            "false_positives": confusion.false_positives,
            "true_negatives": confusion.true_negatives,
            "false_negatives": confusion.false_negatives,
        },
        "rows_beyond_the_reference": expected.beyond,
        "null_reasons": reasons,
    })
}

/// The `cost` section.
pub(crate) fn cost_to_value(performance: &Performance) -> Value {
    let price = performance.terms.price;
    let realised = performance.realised.as_ref().map(|realised| {
        json!({
            "rows": realised.rows,
            "total": interval(realised.cost),
            "per_1000": interval(realised.cost_per_1000()),
            "cheapest": realised.cheapest.map(|at| json!({ "threshold": at.threshold, "total": at.cost })),
            "saving": realised.saving(),
        })
    });
    let expected = performance.expected.as_ref().ok();
    json!({
        "false_negative": price.false_negative,
        "false_positive": price.false_positive,
        "threshold": performance.terms.threshold,
        "curve": performance.curve.as_ref().map(crate::report::page::cost_curve::to_value),
        "realised": realised,
        "expected": expected.map(|expected| json!({
            "rows": expected.rows,
            "total": interval(expected.cost),
            "per_1000": interval(expected.cost_per_1000),
            "moved": expected.cost_moved(),
            "p_value": expected.p_value,
        })),
        "reference": expected.map(|expected| {
            let reference = &expected.reference;
            json!({
                "rows": reference.rows,
                "per_1000": interval(reference.interval),
                "cheapest": reference.cheapest.map(|(threshold, per_1000)| {
                    json!({ "threshold": threshold, "per_1000": per_1000 })
                }),
            })
        }),
    })
}
