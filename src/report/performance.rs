//! Performance and money: known from labels beside expected without them, for machines and for people.

use serde_json::{Map, Value, json};

use super::words::grouped;
use crate::{
    judge::{number, percent},
    performance::{Band, Expected, Labelled, Performance, Realised},
    shown::shown,
    stats::{Confusion, Interval},
};

/// What an estimate without labels takes for granted.
const ASSUMPTION: &str = "The estimate assumes that a score comes true as often as it did in the reference. It cannot see \
    concept drift (the same score meaning something else), nor a shift inside a score band, nor scores beyond the \
    reference's range.";

fn interval(interval: Interval) -> Value {
    json!({ "value": interval.value, "low": interval.low, "high": interval.high })
}

fn optional(figure: Option<Interval>) -> Value {
    figure.map_or(Value::Null, interval)
}

/// Whole numbers where outcomes are known.
fn known(confusion: &Confusion) -> Value {
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
pub(super) fn to_value(performance: &Performance) -> Value {
    let none = match &performance.labels {
        None => "the config names no labels".to_owned(),
        Some(_) => format!("none of the {} used rows has a label", performance.rows),
    };
    let (expected, why) = match &performance.expected {
        Ok(expected) => (estimated(expected), Value::Null),
        Err(why) => (Value::Null, json!(why)),
    };
    json!({
        "threshold": performance.terms.threshold,
        "beta": performance.terms.beta,
        "rows": performance.rows,
        "labels": performance.labels.as_ref().map(|labels| labelled(labels, performance.rows)),
        "realised": performance.realised.as_ref().map(realised),
        "realised_reason": performance.realised.is_none().then_some(none),
        "estimated": expected,
        "estimated_reason": why,
        "estimate_against_labels": performance.against.as_ref().map(super::against::to_value),
    })
}

fn labelled(labels: &Labelled, rows: u64) -> Value {
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
        "examples": labels.examples,
        "unreadable": labels.unreadable,
    })
}

fn coverage(labels: &Labelled, rows: u64) -> Option<f64> {
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
    let one_class = "only one outcome among the labelled rows";
    because(realised.auc_value.is_none(), "auc", one_class);
    because(realised.average_precision.is_none(), "average_precision", "no labelled row came true");
    because(realised.recall.is_none(), "recall", "no labelled row came true");
    because(realised.precision.is_none(), "precision", "no labelled row was refused");
    because(realised.f_beta.is_none(), "f_beta", "no labelled row came true or was refused");
    json!({
        "rows": realised.rows,
        "auc": auc,
        "average_precision": realised.average_precision,
        "brier": optional(realised.brier),
        "log_loss": optional(realised.log_loss),
        "recall": optional(realised.recall),
        "precision": optional(realised.precision),
        "f_beta": realised.f_beta,
        "confusion": known(confusion),
        "calibration": calibration,
        "null_reasons": reasons,
    })
}

fn estimated(expected: &Expected) -> Value {
    let band = |band: &Band| {
        let mut value = optional(band.window);
        if let Some(keys) = value.as_object_mut() {
            keys.insert("reference".to_owned(), json!(band.reference));
        }
        value
    };
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
    })
}

/// The `cost` section.
pub(super) fn cost_to_value(performance: &Performance) -> Value {
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
        "curve": performance.curve.as_ref().map(super::cost_curve::to_value),
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

/// One figure, as text.
pub(super) struct Line {
    pub name: String,
    pub cells: Vec<String>,
}

/// What the page shows.
pub(super) struct PerformanceCard {
    pub sentences: Vec<String>,
    pub heads: Vec<String>,
    pub lines: Vec<Line>,
    pub calibration: Vec<(String, String, String)>,
    pub notes: Vec<String>,
}

/// `None` where nothing is known, nor can be expected.
pub(super) fn card(performance: &Performance) -> Option<PerformanceCard> {
    let (expected, realised) = (performance.expected.as_ref().ok(), performance.realised.as_ref());
    if expected.is_none() && performance.labels.is_none() {
        return None;
    }
    let mut heads = Vec::new();
    if expected.is_some() {
        heads.extend(["reference".to_owned(), "expected now (95 %)".to_owned()]);
    }
    let share = performance.labels.as_ref().and_then(|labels| coverage(labels, performance.rows));
    if realised.is_some() {
        heads.push(format!("by labels of {} of rows (95 %)", share.map_or("–".to_owned(), percent)));
    }
    let calibration = realised.iter().flat_map(|realised| &realised.calibration);
    let calibration = calibration.map(|bin| (number(bin.mean_score), percent(bin.share), format!("{:.0}", bin.rows)));
    Some(PerformanceCard {
        sentences: sentences(performance),
        heads,
        lines: lines(expected, realised, performance.terms.beta),
        calibration: calibration.collect(),
        notes: notes(performance),
    })
}

fn sentences(performance: &Performance) -> Vec<String> {
    let mut sentences = Vec::new();
    let price = performance.terms.price;
    if let Ok(expected) = &performance.expected {
        let moved = expected.cost_moved().map_or(String::new(), |moved| {
            let way = if moved < 0.0 { "less" } else { "more" };
            format!(", {} {way} than in the reference ({})", percent(moved.abs()), number(expected.reference.per_1000))
        });
        sentences.push(format!(
            "These decisions are expected to cost {} per 1,000 rows{moved}: {} for each that should have been refused, {} for \
             each that should not.",
            number(expected.cost_per_1000.value),
            number(price.false_negative),
            number(price.false_positive)
        ));
    }
    if let Some(realised) = &performance.realised {
        let cheapest = realised.cheapest.and_then(|at| at.threshold);
        let cheapest = cheapest.map_or("refusing nobody".to_owned(), |threshold| format!("threshold {threshold:.4}"));
        sentences.push(format!(
            "By their labels, {} rows have cost {}; at the cheapest, {cheapest}, it would have been {} less.",
            grouped(realised.rows),
            number(realised.cost.value),
            number(realised.saving().unwrap_or(0.0))
        ));
    }
    sentences
}

fn lines(expected: Option<&Expected>, realised: Option<&Realised>, beta: f64) -> Vec<Line> {
    let figure = |figure: Option<Interval>| {
        figure.map_or("–".to_owned(), |figure| {
            format!("{} ({} to {})", number(figure.value), number(figure.low), number(figure.high))
        })
    };
    let plain = |value: Option<f64>| value.map_or("–".to_owned(), number);
    let row = |name: &str, band: Option<(Option<f64>, Option<Interval>)>, known: Option<String>| {
        let band = band.into_iter().flat_map(|(reference, window)| [plain(reference), figure(window)]);
        Line { name: name.to_owned(), cells: band.chain(known).collect() }
    };
    let of = |pick: fn(&Expected) -> Band| expected.map(|expected| (pick(expected).reference, pick(expected).window));
    let nothing = expected.map(|_| (None, None));
    let by = |pick: &dyn Fn(&Realised) -> String| realised.map(pick);
    let cost = expected.map(|expected| (Some(expected.reference.per_1000), Some(expected.cost_per_1000)));
    let all = [
        row("cost per 1,000", cost, by(&|one| figure(Some(one.cost_per_1000())))),
        row("AUC", of(|one| one.auc), by(&|one| one.auc.map_or_else(|| plain(one.auc_value), |auc| figure(Some(auc))))),
        row("recall", of(|one| one.recall), by(&|one| figure(one.recall))),
        row("precision", of(|one| one.precision), by(&|one| figure(one.precision))),
        row(&format!("F{}", number_of(beta)), of(|one| one.f_beta), by(&|one| plain(one.f_beta))),
        row("average precision", nothing, by(&|one| plain(one.average_precision))),
        row("Brier score", nothing, by(&|one| figure(one.brier))),
        row("log loss", nothing, by(&|one| figure(one.log_loss))),
    ];
    // Some figures only labels can give.
    all.into_iter().filter(|line| line.cells.iter().any(|cell| cell != "–")).collect()
}

fn number_of(beta: f64) -> String {
    beta.to_string()
}

fn notes(performance: &Performance) -> Vec<String> {
    let mut notes = Vec::new();
    match &performance.expected {
        Ok(_) => notes.push(ASSUMPTION.to_owned()),
        Err(why) => notes.push(format!("Nothing is estimated without labels: {why}.")),
    }
    if let Some(labels) = &performance.labels {
        notes.push(format!(
            "Labels: {} of {} used rows have one. Of {} label rows, {} have an id that is not among these rows (of other windows, \
             or unknown), {} say the same again, {} are not 0 or 1, {} have no outcome yet, {} no id; {} ids have both \
             outcomes and do not count.",
            grouped(labels.matched),
            grouped(performance.rows),
            grouped(labels.read),
            grouped(labels.elsewhere),
            grouped(labels.duplicates),
            grouped(labels.invalid),
            grouped(labels.pending),
            grouped(labels.without_id),
            grouped(labels.contradictory)
        ));
        notes.extend(labels.examples.iter().map(|example| format!("Not 0 or 1: {}.", shown(example))));
        notes.extend(labels.unreadable.iter().map(|why| format!("Labels: {}.", shown(why))));
    }
    notes
}
