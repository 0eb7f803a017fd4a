//! Cost of each threshold on the reference's rows, as JSON and as a page section.

use serde_json::{Value, json};

use crate::{
    performance::CostCurve,
    report::{Report, chart, words::Language},
};

/// Returns `curve` of the `cost` section.
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
            "interval": "thresholds whose cost is not significantly above the lowest (paired z test, 5%); null: refuse nobody",
        },
        "points": { "columns": ["threshold", "per_1000", "refused_share"], "rows": points },
    })
}

/// Content of the section.
pub(crate) struct CostCurveCard {
    pub sentence: String,
    pub chart: String,
}

/// Returns the section, or `None` if the reference holds no outcomes.
pub(crate) fn card(report: &Report, language: Language) -> Option<CostCurveCard> {
    let curve = report.performance.as_ref()?.curve.as_ref()?;
    Some(CostCurveCard { sentence: sentence(curve, language), chart: chart::cost(curve, language) })
}

fn sentence(curve: &CostCurve, language: Language) -> String {
    let nobody = || language.pick("refusing nobody", "aucun refus").to_owned();
    let at = |threshold: Option<f64>| threshold.map_or_else(nobody, |threshold| language.four_decimals(threshold));
    let (rows, used) = (rows(curve, language), language.number_plain(curve.terms.threshold));
    let (cost, least) = (language.number(curve.used), language.number(curve.least));
    let (cheapest, low, high) = (at(curve.cheapest.threshold), at(curve.near.low), at(curve.near.high));
    match language {
        Language::English => format!(
            "On the {rows} rows of the reference, the threshold in use ({used}) costs {cost} per 1,000 rows; the cheapest \
             ({cheapest}) costs {least}. Thresholds from {low} to {high} are not significantly more expensive (5%), and {used} is \
             {} that range.",
            if curve.is_used_near() { "within" } else { "outside" }
        ),
        Language::French => format!(
            "Sur les {rows} lignes de la référence, le seuil en vigueur ({used}) coûte {cost} pour 1\u{202f}000 lignes\u{a0}; le moins coûteux \
             ({cheapest}) coûte {least}. Les seuils de {low} à {high} ne sont pas significativement plus coûteux (5\u{a0}%)\u{a0}: {used} {} \
             de cet intervalle.",
            if curve.is_used_near() { "fait partie" } else { "est en dehors" }
        ),
    }
}

fn rows(curve: &CostCurve, language: Language) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
    language.grouped(curve.rows as u64)
}
