//! Segments, in both languages.

use vigie_profile::shown::shown;

use super::{RecentWindows, performance::figure};
use crate::{
    drift::{NotCompared, SegmentDrift},
    judge::{Limits, SegmentVerdict, Severity},
    performance::Performance,
    report::{Context, Report, chart, document::SegmentPoint, words::Language},
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
    let mut notes = vec![
        language
            .pick(
                "Each segment is compared with the reference’s rows of the same segment. The ratio is its acceptance rate divided by \
                 that of the most favoured segment of the same column (for a filter: of all other rows); four fifths is the usual \
                 limit. Significance is assessed over all segments together (Benjamini–Hochberg).",
                "Chaque segment est comparé aux lignes du même segment dans la référence. Le ratio est son taux d’acceptation rapporté à \
                 celui du segment le plus favorisé de la même colonne (pour un filtre\u{a0}: de toutes les autres lignes)\u{a0}; la limite \
                 usuelle est de quatre cinquièmes. La significativité est évaluée sur tous les segments ensemble (Benjamini–Hochberg).",
            )
            .to_owned(),
    ];
    let count_of = |not_compared| apart.drift.list.iter().filter(|one| one.not_compared == Some(not_compared)).count();
    let least = language.grouped(apart.drift.min_rows);
    for (not_compared, count) in
        [NotCompared::NotInReference, NotCompared::TooFewRows, NotCompared::TooFewReferenceRows]
            .into_iter()
            .map(|not_compared| (not_compared, count_of(not_compared)))
            .filter(|one| one.1 > 0)
    {
        notes.push(match (language, not_compared) {
            (Language::English, NotCompared::NotInReference) if count == 1 => {
                "One of them is not in the reference, so its score is not compared: learn the reference again with vigie learn \
                 --segments."
                    .to_owned()
            }
            (Language::English, NotCompared::NotInReference) => format!(
                "{count} of them are not in the reference, so their scores are not compared: learn the reference again with vigie \
                 learn --segments."
            ),
            (Language::French, NotCompared::NotInReference) if count == 1 => {
                "L’un d’entre eux est absent de la référence, son score n’est donc pas comparé\u{a0}: refaire la référence avec vigie \
                 learn --segments."
                    .to_owned()
            }
            (Language::French, NotCompared::NotInReference) => format!(
                "{count} d’entre eux sont absents de la référence, leur score n’est donc pas comparé\u{a0}: refaire la référence avec vigie \
                 learn --segments."
            ),
            (Language::English, NotCompared::TooFewRows) if count == 1 => {
                format!("One has fewer than {least} rows and is not judged.")
            }
            (Language::French, NotCompared::TooFewRows) if count == 1 => {
                format!("L’un a moins de {least} lignes et n’est pas évalué.")
            }
            (Language::English, NotCompared::TooFewReferenceRows) if count == 1 => {
                format!("One has fewer than {least} rows in the reference.")
            }
            (Language::French, NotCompared::TooFewReferenceRows) if count == 1 => {
                format!("L’un a moins de {least} lignes dans la référence.")
            }
            (Language::English, NotCompared::TooFewRows) => format!("{count} have fewer than {least} rows and are not judged."),
            (Language::French, NotCompared::TooFewRows) => format!("{count} ont moins de {least} lignes et ne sont pas évalués."),
            (Language::English, NotCompared::TooFewReferenceRows) => format!("{count} have fewer than {least} rows in the reference."),
            (Language::French, NotCompared::TooFewReferenceRows) => format!("{count} ont moins de {least} lignes dans la référence."),
        });
    }
    for (column, levels) in &apart.drift.left_out {
        let column = shown(column);
        notes.push(match language {
            Language::English if *levels == 1 => format!("{column} has 1 more level, which is not a segment."),
            Language::French if *levels == 1 => {
                format!("{column} a 1 autre modalité, qui ne forme pas de segment.")
            }
            Language::English => format!("{column} has {levels} more levels, which are not segments."),
            Language::French => format!("{column} a {levels} autres modalités, qui ne forment pas de segment."),
        });
    }
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
    let ratio_name = RecentWindows::name(recent, language.accepted_ratio(), &ratios, |ratio| language.number(ratio));
    let spark_name = RecentWindows::name(recent, language.share_refused(), &values, |share| language.percent(share));
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
        spark: chart::sparkline(&values, Limits { watch: None, alarm: None }, Severity::Stable, &spark_name),
        ratio_spark: chart::sparkline(&ratios, limits, Severity::Stable, &ratio_name),
    }
}
