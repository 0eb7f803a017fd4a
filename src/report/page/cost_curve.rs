//! Cost of each threshold on the reference's rows.

use crate::report::{Report, chart, words::Language};

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
