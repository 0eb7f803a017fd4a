//! Estimate vs. labels: a sentence for this window, a chart and a table for this and earlier windows.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vigie_profile::window::Window;
use vigie_stats::Interval;

use crate::{
    performance::EstimateCheck,
    report::{
        Context, Report, chart,
        document::PerformancePoint,
        words::{Language, format::day},
    },
};

/// Returns `estimate_against_labels` of the `performance` section.
pub(crate) fn to_value(check: &EstimateCheck) -> Value {
    let interval = |of: Interval| json!({ "value": of.value, "low": of.low, "high": of.high });
    json!({
        "rows": check.rows,
        "cost_per_1000": {
            "estimated": interval(check.cost_expected),
            "realised": check.cost_realised,
            "inside": check.is_cost_inside(),
        },
        "auc": {
            "estimated": check.auc_expected.map(interval),
            "realised": check.auc_realised,
            "inside": check.is_auc_inside(),
        },
        "surprise": check.is_surprise().then(|| surprise(check, Language::English)),
    })
}

/// Describes by how much the labels fall outside the estimate.
fn surprise(check: &EstimateCheck, language: Language) -> String {
    let number = |value: f64| language.number(value);
    let band = |of: Interval| format!("{} {} {}", number(of.low), language.pick("to", "à"), number(of.high));
    let mut parts = Vec::new();
    if !check.is_cost_inside() {
        let (realised, expected) = (number(check.cost_realised), band(check.cost_expected));
        parts.push(match language {
            Language::English => format!("a cost of {realised} per 1,000 rows where {expected} was expected"),
            Language::French => format!("un coût de {realised} pour 1\u{202f}000 lignes, pour {expected} attendus"),
        });
    }
    if let (Some(false), Some(expected), Some(realised)) =
        (check.is_auc_inside(), check.auc_expected, check.auc_realised)
    {
        let (realised, expected) = (number(realised), band(expected));
        parts.push(match language {
            Language::English => format!("an AUC of {realised} where {expected} was expected"),
            Language::French => format!("une AUC de {realised}, pour {expected} attendus"),
        });
    }
    let observed = parts.join(language.pick(" and ", " et "));
    match language {
        Language::English => format!(
            "The labels show what no estimate without them can see: {observed}. The same scores no longer have the same outcomes \
             as in the reference: this is concept drift, or a change that the score does not capture."
        ),
        Language::French => format!(
            "Les étiquettes révèlent ce qu’aucune estimation ne peut voir sans elles\u{a0}: {observed}. À score égal, les issues ne sont \
             plus celles de la référence\u{a0}: dérive de concept, ou changement que le score ne capte pas."
        ),
    }
}

/// Table row of a window with labels.
pub(crate) struct EstimateCheckLine {
    pub window: String,
    pub expected: String,
    pub realised: String,
    pub is_outside: bool,
    pub auc_expected: String,
    pub auc_realised: String,
    pub coverage: String,
}

/// Content of the section.
pub(crate) struct EstimateCheckCard {
    pub sentence: String,
    pub chart: String,
    /// Latest first.
    pub lines: Vec<EstimateCheckLine>,
}

/// Returns the section, unless no window has labels and fewer than two have an estimate.
pub(crate) fn card(report: &Report, context: &Context) -> Option<EstimateCheckCard> {
    let language = context.language;
    let performance = report.performance.as_ref()?;
    let past = context.past.iter().map(|point| (point.head.window, point.head.performance.clone()));
    let windows: Vec<(Window, Option<PerformancePoint>)> =
        past.chain([(report.examined.window, PerformancePoint::from_performance(performance))]).collect();
    let known = windows.iter().filter(|(_, one)| one.as_ref().is_some_and(|one| one.cost_realised.is_some())).count();
    let estimated = windows.iter().filter(|(_, one)| one.is_some()).count();
    if known == 0 && estimated < 2 {
        return None;
    }
    let kept: Vec<chart::BandPoint> = windows
        .iter()
        .map(|(window, one)| chart::BandPoint {
            title: title(*window, one.as_ref(), language),
            band: one.as_ref().map(|one| one.cost_expected),
            realised: one.as_ref().and_then(|one| one.cost_realised),
        })
        .collect();
    let lines = windows.iter().rev().filter_map(|(window, one)| line(*window, one.as_ref()?, language)).collect();
    let name = language.pick(
        "Expected cost per 1,000 rows, and the cost from labels",
        "Coût attendu pour 1\u{202f}000 lignes, et coût d’après les étiquettes",
    );
    let outside = performance.estimate_check.as_ref().filter(|check| check.is_surprise());
    Some(EstimateCheckCard {
        sentence: outside.map_or(String::new(), |check| surprise(check, language)),
        chart: chart::band(&kept, name, |cost| language.number(cost)),
        lines,
    })
}

fn title(window: Window, one: Option<&PerformancePoint>, language: Language) -> String {
    let Some(one) = one else { return day(window.from) };
    let (value, low, high) = one.cost_expected;
    let number = |value: f64| language.number(value);
    let mut title = format!(
        "{}{} {} {} ({} – {})",
        day(window.from),
        language.colon(),
        language.pick("expected", "attendu"),
        number(value),
        number(low),
        number(high)
    );
    if let Some(realised) = one.cost_realised {
        let _ = write!(title, ", {} {}", language.pick("realised", "constaté"), number(realised));
    }
    title
}

fn line(window: Window, one: &PerformancePoint, language: Language) -> Option<EstimateCheckLine> {
    let three = |(value, low, high): (f64, f64, f64)| {
        let (value, low, high) = (language.number(value), language.number(low), language.number(high));
        format!("{value} ({low} – {high})")
    };
    Some(EstimateCheckLine {
        window: day(window.from),
        expected: three(one.cost_expected),
        realised: language.number(one.cost_realised?),
        is_outside: one.is_inside() == Some(false),
        auc_expected: one.auc_expected.map_or("–".to_owned(), three),
        auc_realised: language.number_or_dash(one.auc_realised),
        coverage: language.percent_or_dash(one.coverage),
    })
}
