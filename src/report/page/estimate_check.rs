//! Estimate vs. labels: a sentence for this window, a chart and a table for this and earlier windows.

use vigie_profile::window::Window;

use crate::{
    judge::Severity,
    report::{Context, Report, chart, document::PerformancePoint, words::Language},
};

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
    // A chart of windows in time.
    report.dated_window()?;
    let past = context.past.iter().map(|point| (point.head.window, point.head.performance.clone()));
    let windows: Vec<(Window, Option<PerformancePoint>)> =
        past.chain([(report.examined.window, PerformancePoint::from_performance(performance))]).collect();
    let severities = context.past.iter().map(|point| point.head.severity).chain([report.verdict.severity]);
    let known = windows.iter().filter(|(_, one)| one.as_ref().is_some_and(|one| one.cost_realised.is_some())).count();
    let estimated = windows.iter().filter(|(_, one)| one.is_some()).count();
    if known == 0 && estimated < 2 {
        return None;
    }
    let kept: Vec<chart::BandPoint> = windows
        .iter()
        .zip(severities)
        .map(|((window, one), severity)| chart::BandPoint {
            title: title(*window, one.as_ref(), language),
            band: one.as_ref().map(|one| one.cost_expected),
            realised: one.as_ref().and_then(|one| one.cost_realised),
            is_few: severity == Severity::TooFew,
        })
        .collect();
    let lines = windows.iter().rev().filter_map(|(window, one)| line(*window, one.as_ref()?, language)).collect();
    let outside = performance.estimate_check.as_ref().filter(|check| check.is_surprise());
    Some(EstimateCheckCard {
        sentence: outside.map_or(String::new(), |check| language.surprise(check)),
        chart: chart::band(&kept, language.labels().estimate_chart, |cost| language.number(cost)),
        lines,
    })
}

fn title(window: Window, one: Option<&PerformancePoint>, language: Language) -> String {
    match one {
        Some(one) => language.estimated(window.from, one.cost_expected, one.cost_realised),
        None => language.day(window.from),
    }
}

fn line(window: Window, one: &PerformancePoint, language: Language) -> Option<EstimateCheckLine> {
    let three = |(value, low, high): (f64, f64, f64)| {
        let (value, low, high) = (language.number(value), language.number(low), language.number(high));
        format!("{value} ({low} – {high})")
    };
    Some(EstimateCheckLine {
        window: language.day(window.from),
        expected: three(one.cost_expected),
        realised: language.number(one.cost_realised?),
        is_outside: one.is_inside() == Some(false),
        auc_expected: one.auc_expected.map_or("–".to_owned(), three),
        auc_realised: language.number_or_dash(one.auc_realised),
        coverage: language.percent_or_dash(one.coverage),
    })
}
