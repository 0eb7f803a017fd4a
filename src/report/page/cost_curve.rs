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
    Some(CostCurveCard { sentence: language.cost_curve(curve), chart: chart::cost(curve, language) })
}
