//! Performance and cost.

use vigie_stats::Interval;

use crate::{
    performance::{Band, Expected, Performance, Realised},
    report::{
        chart,
        document::performance::coverage,
        words::{Language, label_notes::label_notes},
    },
};

/// Table row of a metric.
pub(crate) struct MetricLine {
    pub name: String,
    pub cells: Vec<String>,
}

/// Content of the section.
pub(crate) struct PerformanceCard {
    pub sentences: Vec<String>,
    pub heads: Vec<String>,
    pub lines: Vec<MetricLine>,
    /// Chart of `calibration`; empty without labels.
    pub calibration_chart: String,
    /// Whether the chart has the reference.
    pub has_reference: bool,
    /// Mean score, observed rate, rows.
    pub calibration: Vec<(String, String, String)>,
    pub notes: Vec<String>,
}

/// Returns the section, or `None` if nothing is known or can be estimated. `is_holdout`: whether the reference's rows were held out
/// of training; outcomes of other rows are not a standard.
pub(crate) fn card(performance: &Performance, is_holdout: bool, language: Language) -> Option<PerformanceCard> {
    let (expected, realised) = (performance.expected.as_ref().ok(), performance.realised.as_ref());
    if expected.is_none() && performance.labels.is_none() {
        return None;
    }
    let mut heads = Vec::new();
    if expected.is_some() {
        heads.extend([language.labels().reference.to_owned(), language.labels().expected_95.to_owned()]);
    }
    let share = performance.labels.as_ref().and_then(|labels| coverage(labels, performance.rows));
    if realised.is_some() {
        heads.push(language.by_labels_of(share));
    }
    let window = realised.map_or(&[][..], |realised| &realised.calibration);
    let reference = if is_holdout { &performance.reference_calibration[..] } else { &[] };
    let calibration = window.iter().map(|bin| {
        (language.number(bin.mean_score), language.percent(bin.share), language.localised(format!("{:.0}", bin.rows)))
    });
    Some(PerformanceCard {
        sentences: sentences(performance, language),
        heads,
        lines: lines(expected, realised, performance.terms.beta, language),
        calibration_chart: chart::calibration(window, reference, language),
        has_reference: !reference.is_empty(),
        calibration: calibration.collect(),
        notes: notes(performance, language),
    })
}

fn sentences(performance: &Performance, language: Language) -> Vec<String> {
    let price = performance.terms.price;
    let expected = performance.expected.as_ref().ok().map(|expected| language.expected_cost(expected, price));
    let realised = performance.realised.as_ref().map(|realised| language.realised_cost(realised));
    expected.into_iter().chain(realised).collect()
}

/// Formats a value with its interval.
pub(crate) fn figure(interval: Option<Interval>, language: Language) -> String {
    interval.map_or("–".to_owned(), |interval| language.interval(interval))
}

fn lines(expected: Option<&Expected>, realised: Option<&Realised>, beta: f64, language: Language) -> Vec<MetricLine> {
    let labels = language.labels();
    let interval = |interval: Option<Interval>| interval.map(|interval| language.interval(interval));
    let number = |value: Option<f64>| value.map(|value| language.number(value));
    // A row without any value is left out: some metrics need labels.
    let row = |name: &str, band: Option<(Option<f64>, Option<Interval>)>, known: Option<Option<String>>| {
        let band = band.into_iter().flat_map(|(reference, window)| [number(reference), interval(window)]);
        let cells: Vec<Option<String>> = band.chain(known).collect();
        cells.iter().any(Option::is_some).then(|| MetricLine {
            name: name.to_owned(),
            cells: cells.into_iter().map(|cell| cell.unwrap_or("–".to_owned())).collect(),
        })
    };
    let of = |pick: fn(&Expected) -> Band| expected.map(|expected| (pick(expected).reference, pick(expected).window));
    let nothing = expected.map(|_| (None, None));
    let by = |pick: &dyn Fn(&Realised) -> Option<String>| realised.map(pick);
    // The value with its interval if it has one.
    let either = |with_interval: Option<Interval>, value| interval(with_interval).or_else(|| number(value));
    let cost = expected.map(|expected| (Some(expected.reference.per_1000), Some(expected.cost_per_1000)));
    let lines = [
        row(labels.cost_per_1000, cost, by(&|one| interval(Some(one.cost_per_1000())))),
        row("AUC", of(|one| one.auc), by(&|one| either(one.auc, one.auc_value))),
        row(labels.recall, of(|one| one.recall), by(&|one| interval(one.recall))),
        row(labels.precision, of(|one| one.precision), by(&|one| interval(one.precision))),
        row(&format!("F{}", language.number_plain(beta)), of(|one| one.f_beta), by(&|one| interval(one.f_beta))),
        row(
            labels.average_precision,
            nothing,
            by(&|one| either(one.average_precision_interval, one.average_precision)),
        ),
        row(labels.brier_score, nothing, by(&|one| interval(one.brier))),
        row(labels.log_loss, nothing, by(&|one| interval(one.log_loss))),
    ];
    lines.into_iter().flatten().collect()
}

fn notes(performance: &Performance, language: Language) -> Vec<String> {
    let mut notes = vec![match &performance.expected {
        Ok(_) => language.labels().estimate_assumption.to_owned(),
        Err(reason) => language.no_estimate(*reason),
    }];
    if let Some(labels) = &performance.labels {
        notes.extend(label_notes(labels, performance.rows, language));
    }
    notes
}
