//! Segments.

use vigie_profile::shown::shown;

use super::{RecentWindows, performance::figure};
use crate::{
    drift::{NotCompared, SegmentDrift},
    judge::{Limits, SegmentVerdict, Severity},
    performance::Performance,
    report::{Context, Report, document::SegmentPoint},
};

/// Table row of a segment.
pub(crate) struct SegmentLine {
    pub severity: Option<Severity>,
    pub name: String,
    pub rows: String,
    pub refused: String,
    pub ratio: String,
    pub score: String,
    pub drifted: String,
    pub expected: String,
    pub auc: String,
    pub cost: String,
    pub labelled: String,
    /// Sparkline of the refusal rate.
    pub spark: String,
    /// Sparkline of the acceptance ratio, with its limits.
    pub ratio_spark: String,
}

/// Content of the section.
pub(crate) struct SegmentsCard {
    pub lines: Vec<SegmentLine>,
    /// Whether any segment has labels.
    pub has_labels: bool,
    /// Whether features are tracked within segments.
    pub has_features: bool,
    /// Whether the cost of any segment can be estimated.
    pub has_expected: bool,
    pub notes: Vec<String>,
}

pub(crate) fn card(report: &Report, context: &Context) -> Option<SegmentsCard> {
    let language = context.language;
    let apart = report.segments.as_ref()?;
    let performance = report.performance.as_ref();
    let realised = performance.map_or(&[][..], |performance| &performance.segments);
    let has_expected =
        performance.is_some_and(|performance| performance.expected_in_segments.iter().any(Option::is_some));
    let recent = RecentWindows::new(report, context);
    let lines = apart.drift.list.iter().zip(&apart.verdicts).enumerate().map(|(number, (one, verdict))| {
        let limits = ratio_limits(report.policy.disparity);
        line(one, *verdict, performance.map(|performance| (performance, number)), (context, recent.as_ref(), limits))
    });
    let mut notes = vec![language.labels().segments_words.to_owned()];
    let count_of = |reason| apart.drift.list.iter().filter(|one| one.not_compared == Some(reason)).count();
    for reason in [NotCompared::NotInReference, NotCompared::TooFewRows, NotCompared::TooFewReferenceRows] {
        let count = count_of(reason);
        if count > 0 {
            notes.push(language.segments_not_compared(reason, count, apart.drift.min_rows));
        }
    }
    notes.extend(apart.drift.left_out.iter().map(|(column, levels)| language.levels_left_out(column, *levels)));
    Some(SegmentsCard {
        lines: lines.collect(),
        has_labels: realised.iter().any(Option::is_some),
        has_expected,
        has_features: apart.verdicts.iter().any(|verdict| verdict.drifted.is_some()),
        notes,
    })
}

/// Converts limits of the shortfall into limits of the ratio.
fn ratio_limits(shortfall: Limits) -> Limits {
    let ratio = |limit: f64| 1.0 - limit;
    Limits { watch: shortfall.watch.map(ratio), alarm: shortfall.alarm.map(ratio) }
}

fn line(
    one: &SegmentDrift,
    verdict: SegmentVerdict,
    money: Option<(&Performance, usize)>,
    (context, recent, limits): (&Context, Option<&RecentWindows>, Limits),
) -> SegmentLine {
    let language = context.language;
    let (was, is) = (one.refused.reference, language.percent_or_dash(one.refused.window));
    let known = money.and_then(|(all, number)| all.segments.get(number)?.as_ref());
    let expected = money.and_then(|(all, number)| all.expected_in_segments.get(number)?.as_ref());
    let dash = || "–".to_owned();
    let past = |of: fn(&SegmentPoint) -> Option<f64>| {
        context.past.iter().map(move |point| point.segment(&one.name).and_then(of))
    };
    let values: Vec<Option<f64>> = past(|segment| segment.1).chain([one.refused.window]).collect();
    let ratio = one.disparity.as_ref().map(|disparity| disparity.ratio.value);
    let ratios: Vec<Option<f64>> = past(|segment| segment.2).chain([ratio]).collect();
    let (labels, unlimited) = (language.labels(), Limits { watch: None, alarm: None });
    SegmentLine {
        severity: verdict.severity,
        name: shown(&one.name),
        rows: language.grouped(one.rows),
        refused: was.map_or(is.clone(), |was| format!("{} → {is}", language.percent(was))),
        ratio: figure(one.disparity.as_ref().map(|disparity| disparity.ratio), language),
        score: language.number_or_dash(one.score.as_ref().and_then(|score| score.psi.value)),
        drifted: verdict.drifted.map_or_else(dash, |drifted| format!("{drifted} / {}", one.features.len())),
        expected: expected.map_or_else(dash, |cost| {
            let now = figure(Some(cost.per_1000), language);
            cost.reference.map_or(now.clone(), |was| format!("{} → {now}", language.number(was)))
        }),
        auc: known.map_or_else(dash, |known| {
            known.auc.map_or_else(|| language.number_or_dash(known.auc_value), |auc| figure(Some(auc), language))
        }),
        cost: known.map_or_else(dash, |known| figure(Some(known.cost_per_1000()), language)),
        labelled: known.map_or_else(dash, |known| language.grouped(known.rows)),
        spark: RecentWindows::sparkline(
            recent,
            labels.share_refused,
            &values,
            (unlimited, Severity::Stable),
            |share| language.percent(share),
        ),
        ratio_spark: RecentWindows::sparkline(
            recent,
            labels.accepted_ratio,
            &ratios,
            (limits, Severity::Stable),
            |ratio| language.number(ratio),
        ),
    }
}
