//! Card of one feature: its row in the list and its details.

use vigie_profile::{
    layout::Kind,
    shown::{harmless, shown},
};

use super::recent::RecentWindows;
use crate::{
    drift::{Change, FeatureDrift, QuantileSource, Summary},
    judge::{Effect, FeatureVerdict, Finding, Measure, Severity},
    reference::FeatureDescription,
    report::{Context, Report, chart, words::Language},
};

/// Table row of a bin.
pub(crate) struct BinLine {
    pub label: String,
    pub reference: String,
    pub window: String,
    pub contribution: String,
}

/// Table row of a test, or of a figure for both sides.
pub(crate) struct FigureLine {
    pub name: String,
    pub first: String,
    pub second: String,
}

pub(crate) fn line(name: impl Into<String>, first: impl Into<String>, second: impl Into<String>) -> FigureLine {
    FigureLine { name: name.into(), first: first.into(), second: second.into() }
}

/// Card of a feature or of the score.
pub(crate) struct Card {
    pub anchor: String,
    pub name: String,
    /// What the feature is, by the data dictionary; empty without one.
    pub about: String,
    /// Unit and source table, likewise.
    pub origin: String,
    pub kind: String,
    pub severity: Severity,
    pub importance_value: Option<f64>,
    pub importance: String,
    pub psi_value: Option<f64>,
    pub psi: String,
    pub distance: String,
    pub missing: String,
    pub q_value: String,
    pub is_open: bool,
    pub spark: String,
    pub reasons: Vec<String>,
    /// Omits the figures of the bins, to limit the page's size.
    pub is_short: bool,
    pub bars: String,
    pub bins: Vec<BinLine>,
    /// Test, value, q.
    pub tests: Vec<FigureLine>,
    /// Figure, reference, window.
    pub summary: Vec<FigureLine>,
}

/// Maximum number of drifted features that are expanded initially.
const MAX_OPEN: usize = 5;

/// Returns the cards, worst first: by severity, then importance × PSI, then PSI.
pub(crate) fn cards(report: &Report, context: &Context, is_compact: bool) -> Vec<Card> {
    let mut order: Vec<(usize, (&FeatureDrift, &FeatureVerdict))> =
        report.drift.features.iter().zip(&report.verdict.features).enumerate().collect();
    let importance = |place: usize| report.importance.get(place).copied().flatten();
    let recent = RecentWindows::new(report, context);
    order.sort_by(|(place_a, (a, judged_a)), (place_b, (b, judged_b))| {
        let psi = |feature: &FeatureDrift| feature.psi.value.unwrap_or(0.0);
        // Without importance, all features weigh the same.
        let weight = |place: usize, feature: &FeatureDrift| importance(place).unwrap_or(1.0) * psi(feature);
        judged_b
            .severity
            .cmp(&judged_a.severity)
            .then_with(|| weight(*place_b, b).total_cmp(&weight(*place_a, a)))
            .then_with(|| psi(b).total_cmp(&psi(a)))
    });
    order
        .into_iter()
        .enumerate()
        .map(|(rank, (place, (drift, verdict)))| {
            let past = context.past.iter().map(|point| point.feature(place, &drift.name).and_then(|feature| feature.1));
            let values: Vec<Option<f64>> = past.chain([drift.psi.value]).collect();
            let mut card = card(report, drift, Some(verdict), context.language);
            card.anchor = format!("f{place}");
            if let Some(described) = report.description(place) {
                describe(&mut card, described, context.language);
            }
            card.importance_value = importance(place);
            card.importance = context.language.number_or_dash(card.importance_value);
            card.is_open = rank < MAX_OPEN && card.severity.is_drift();
            card.is_short = is_compact && !card.severity.is_drift();
            let drawn = (report.policy.limits_of(&drift.name).psi, card.severity);
            let number = |value| context.language.number(value);
            card.spark = RecentWindows::sparkline(recent.as_ref(), "PSI", &values, drawn, number);
            card
        })
        .collect()
}

/// Adds what the data dictionary says about the feature.
fn describe(card: &mut Card, described: &FeatureDescription, language: Language) {
    let FeatureDescription { sentence, unit, table } = described;
    let labels = language.labels();
    let named = |label: &str, text: &String| format!("{label}{} {}", language.colon(), shown(text));
    let unit_named = unit.iter().map(|unit| named(labels.unit, unit));
    let parts: Vec<String> = unit_named.chain(table.iter().map(|table| named(labels.source_table, table))).collect();
    card.about = harmless(sentence);
    card.origin = parts.join(" · ");
    if let Some(unit) = unit {
        card.kind = format!("{} ({})", card.kind, shown(unit));
    }
}

pub(crate) fn card(
    report: &Report,
    drift: &FeatureDrift,
    verdict: Option<&FeatureVerdict>,
    language: Language,
) -> Card {
    let (distance_name, distance) = match (&drift.ks, drift.chi2) {
        (Some(ks), _) => ("D ", Some(ks.statistic)),
        (None, Some(chi2)) => ("V ", Some(chi2.cramers_v)),
        (None, None) => ("", None),
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| rows as f64 / (of as f64).max(1.0);
    let shares: Vec<(f64, f64)> = drift
        .bins
        .iter()
        .map(|bin| (share(bin.reference, drift.n_reference), share(bin.window, drift.n_window)))
        .collect();
    let bins = drift.bins.iter().zip(&shares).map(|(bin, (reference, window))| BinLine {
        label: language.bin_label(bin.kind, &bin.label),
        reference: language.percent(*reference),
        window: language.percent(*window),
        contribution: language.four_decimals(bin.contribution),
    });
    Card {
        anchor: String::new(),
        name: shown(&drift.name),
        about: String::new(),
        origin: String::new(),
        kind: if drift.kind == Kind::Numeric { language.labels().numeric } else { language.labels().categorical }
            .to_owned(),
        severity: verdict.map_or(Severity::Stable, |verdict| verdict.severity),
        importance_value: None,
        importance: String::new(),
        psi_value: drift.psi.value,
        psi: language.number_or_dash(drift.psi.value),
        distance: distance.map_or("–".to_owned(), |distance| format!("{distance_name}{}", language.number(distance))),
        missing: from_to(drift.missing.reference_share, drift.missing.window_share, language),
        q_value: language.q_value(verdict.and_then(|verdict| verdict.qs.smallest())),
        is_open: false,
        spark: String::new(),
        reasons: change(drift, language)
            .into_iter()
            .chain(verdict.map(|verdict| reasons(report, &verdict.opinions, language)).unwrap_or_default())
            .collect(),
        is_short: false,
        bars: chart::bars(&shares),
        bins: bins.collect(),
        tests: tests(drift, verdict, language),
        summary: summary(&drift.reference, &drift.window, language),
    }
}

/// Formats as `10.0% → 12.0%`, or as one value if both are the same.
pub(crate) fn from_to(from: Option<f64>, to: Option<f64>, language: Language) -> String {
    let (from, to) = (language.percent_or_dash(from), language.percent_or_dash(to));
    if from == to { from } else { format!("{from} → {to}") }
}

fn tests(drift: &FeatureDrift, verdict: Option<&FeatureVerdict>, language: Language) -> Vec<FigureLine> {
    let labels = language.labels();
    let qs = verdict.map(|verdict| verdict.qs).unwrap_or_default();
    let q = |q: Option<f64>| language.q_value(q);
    let mut lines = Vec::new();
    for measure in Measure::ALL.iter().copied().filter(|measure| measure.applies_to(drift.kind)) {
        if let Some(value) = value(measure, drift, language) {
            let has_test = measure.tested_by() == measure;
            lines.push(line(name(measure, language), value, if has_test { q(qs.get(measure)) } else { String::new() }));
        }
        lines.extend(detail(measure, drift, language));
    }
    if let Some(range) = drift.out_of_range.filter(|range| range.below != Some(0.0) || range.above != Some(0.0)) {
        let shares = language.below_and_above(range.below, range.above);
        lines.push(line(labels.outside_range, shares, q(qs.out_of_range)));
    }
    lines
}

fn name(measure: Measure, language: Language) -> &'static str {
    match measure {
        Measure::Chi2 => language.labels().cramers_v,
        Measure::Missing => language.labels().missing,
        _ => language.measure_name(measure),
    }
}

/// Returns the value of a measure as text; `None` if there is nothing to state.
fn value(measure: Measure, drift: &FeatureDrift, language: Language) -> Option<String> {
    match measure {
        Measure::Psi => Some(language.number_or_dash(drift.psi.value)),
        Measure::Missing => Some(from_to(drift.missing.reference_share, drift.missing.window_share, language)),
        Measure::Unseen => {
            let unseen = drift.unseen.as_ref().filter(|unseen| unseen.distinct > 0)?;
            let names: Vec<String> = unseen
                .levels
                .iter()
                .map(|(name, rows)| format!("{} ({})", shown(name), language.grouped(*rows)))
                .collect();
            Some(format!("{}{} {}", language.percent_or_dash(unseen.share), language.colon(), names.join(", ")))
        }
        _ => {
            let Effect { value, bounds, in_unit } = measure.effect(drift)?;
            let range = bounds.map(|(lower, upper)| (language.number(lower), language.number(upper)));
            let number = match range {
                Some((lower, upper)) if lower != upper => format!("{lower}–{upper}"),
                _ => language.number(value),
            };
            Some(if in_unit.is_some() { format!("{number}\u{a0}σ") } else { number })
        }
    }
}

/// Levels that say, if they are all rare, that the feature as a whole is not tested.
const MANY_LEVELS: usize = 1_000;

/// Returns a second row about a measure, if it has one.
fn detail(measure: Measure, drift: &FeatureDrift, language: Language) -> Option<FigureLine> {
    let labels = language.labels();
    if measure == Measure::Psi {
        let critical = drift.psi.critical?;
        return Some(line(labels.chance_limit, language.number(critical), ""));
    }
    let chi2 = drift.chi2.filter(|_| measure == Measure::Chi2)?;
    // With two columns and many pooled levels, the other column is usually that of missing values.
    if chi2.pooled_levels > 1 && chi2.statistic.is_none() || chi2.pooled_levels > MANY_LEVELS && chi2.dof < 2 {
        return Some(line(labels.chi2, language.untested_levels(chi2.pooled_levels), ""));
    }
    let pooled = match chi2.pooled_levels {
        0 => String::new(),
        pooled => language.pooled_levels(pooled),
    };
    let dof = labels.degrees_of_freedom;
    Some(line(labels.chi2, format!("{} ({} {dof}{pooled})", language.number_or_dash(chi2.statistic), chi2.dof), ""))
}

fn summary(reference: &Summary, window: &Summary, language: Language) -> Vec<FigureLine> {
    let labels = language.labels();
    match (reference, window) {
        (
            Summary::Numeric { mean, std, min, max, quantiles, quantile_source, .. },
            Summary::Numeric {
                mean: mean_w,
                std: std_w,
                min: min_w,
                max: max_w,
                quantiles: quantiles_w,
                quantile_source: source_w,
                ..
            },
        ) => {
            let both = |name: String, a: &Option<f64>, b: &Option<f64>| {
                line(name, language.number_or_dash(*a), language.number_or_dash(*b))
            };
            let mut lines = vec![
                both(labels.mean.to_owned(), mean, mean_w),
                both(labels.deviation.to_owned(), std, std_w),
                both(labels.minimum.to_owned(), min, min_w),
            ];
            lines.extend(quantiles.iter().zip(quantiles_w).map(|((q, ours), (_, theirs))| {
                let name = if (*q - 0.5).abs() < 1e-9 { labels.median.to_owned() } else { language.whole_percent(*q) };
                line(name, quantile(*ours, *quantile_source, language), quantile(*theirs, *source_w, language))
            }));
            lines.push(both(labels.maximum.to_owned(), max, max_w));
            lines
        }
        (Summary::Categorical { levels, .. }, Summary::Categorical { levels: levels_w, .. }) => {
            vec![line(labels.levels, language.grouped(*levels as u64), language.grouped(*levels_w as u64))]
        }
        _ => Vec::new(),
    }
}

/// Formats a quantile; one that is the edge of a cell is about right.
fn quantile(value: Option<f64>, source: QuantileSource, language: Language) -> String {
    match (value, source) {
        (Some(value), QuantileSource::Cells) => format!("≈\u{a0}{}", language.number(value)),
        (value, _) => language.number_or_dash(value),
    }
}

/// States what happened to the feature. That its distribution moved is stated by the distances.
fn change(drift: &FeatureDrift, language: Language) -> Option<String> {
    let change = drift.change.as_ref().filter(|change| **change != Change::Shift || drift.onset.is_some())?;
    Some(language.change_since(change, drift.onset.as_ref()))
}

/// Returns the sentences of all rulings, including effects that chance explains.
fn reasons(report: &Report, opinions: &[Finding], language: Language) -> Vec<String> {
    opinions.iter().map(|opinion| language.opinion(opinion, report.policy.q)).collect()
}
