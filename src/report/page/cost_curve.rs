//! What each threshold would cost on the reference's rows, for machines and for people.

use serde_json::{Value, json};

use crate::{
    performance::CostCurve,
    report::{
        Report, chart,
        words::{Language, verdict::grouped},
    },
};

/// The `curve` of the `cost` section.
#[must_use]
pub fn to_value(curve: &CostCurve) -> Value {
    let points: Vec<Value> =
        curve.points.iter().map(|point| json!([point.threshold, point.per_1000, point.refused])).collect();
    json!({
        "rows": curve.rows,
        "false_negative": curve.terms.price.false_negative,
        "false_positive": curve.terms.price.false_positive,
        "threshold": curve.terms.threshold,
        "per_1000": curve.used,
        "cheapest": {
            "threshold": curve.cheapest.threshold,
            "per_1000": curve.least,
            "low": curve.near.low,
            "high": curve.near.high,
            "interval": "thresholds whose cost is not significantly above the least (paired z test, 5 %); null: refusing nobody",
        },
        "points": { "columns": ["threshold", "per_1000", "refused_share"], "rows": points },
    })
}

/// What the page shows.
pub(crate) struct CostCurveCard {
    pub sentence: String,
    pub chart: String,
}

/// `None` where the reference does not know how its rows turned out.
pub(crate) fn card(report: &Report, language: Language) -> Option<CostCurveCard> {
    let curve = report.performance.as_ref()?.curve.as_ref()?;
    Some(CostCurveCard { sentence: sentence(curve, language), chart: chart::cost(curve, language) })
}

fn sentence(curve: &CostCurve, language: Language) -> String {
    let nobody = || language.pick("refusing nobody", "ne refuser personne").to_owned();
    let at = |threshold: Option<f64>| threshold.map_or_else(nobody, |threshold| language.four_decimals(threshold));
    let (rows, used) = (rows(curve), language.number_plain(curve.terms.threshold));
    let (cost, least) = (language.number(curve.used), language.number(curve.least));
    let (cheapest, low, high) = (at(curve.cheapest.threshold), at(curve.near.low), at(curve.near.high));
    match language {
        Language::English => format!(
            "On the {rows} rows of the reference, the threshold {used} costs {cost} per 1,000; the cheapest, {cheapest}, {least}. \
             Those that are not significantly dearer (5 %) lie from {low} to {high}: {used} is {}.",
            if curve.is_used_near() { "one of them" } else { "none of them" }
        ),
        Language::French => format!(
            "Sur les {rows} lignes de la référence, le seuil {used} coûte {cost} pour 1 000 ; le moins cher, {cheapest}, {least}. \
             Ceux qui ne sont pas significativement plus chers (5 %) vont de {low} à {high} : {used} {}.",
            if curve.is_used_near() { "en fait partie" } else { "n’en fait pas partie" }
        ),
    }
}

fn rows(curve: &CostCurve) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
    grouped(curve.rows as u64)
}
