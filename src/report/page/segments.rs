//! Segments as a page shows them, in both languages.

use vigie_profile::shown::shown;

use super::{Lately, performance::figure};
use crate::{
    drift::{Lack, SegmentDrift},
    judge::{Limits, SegmentVerdict, Severity},
    performance::Performance,
    report::{
        Context, Report, chart,
        document::SegmentPoint,
        words::{Language, verdict::grouped},
    },
};

/// One segment, as text.
pub(crate) struct Line {
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
    /// Share refused in the last windows.
    pub spark: String,
    /// And how often it was accepted beside the others, with the limits.
    pub ratio_spark: String,
}

/// What the page shows.
pub(crate) struct SegmentsCard {
    pub lines: Vec<Line>,
    /// Whether a segment has labels, or features that are counted within it.
    pub has_labels: bool,
    pub has_features: bool,
    /// Whether what its decisions cost can be expected.
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
    let lately = Lately::of(report, context);
    let lines = apart.drift.list.iter().zip(&apart.verdicts).enumerate().map(|(number, (one, verdict))| {
        let limits = ratio_limits(report.policy.disparity);
        line(one, *verdict, performance.map(|performance| (performance, number)), (context, lately.as_ref(), limits))
    });
    let mut notes = vec![
        language
            .pick(
                "Each segment is compared with its own rows in the reference. The ratio is its share accepted beside that of the \
                 most favoured segment of the same column (of a filter: of all other rows); four fifths is the usual limit. \
                 Evidence counts over all segments together (Benjamini–Hochberg).",
                "Chaque segment est comparé à ses propres lignes dans la référence. Le rapport est sa part acceptée face à celle du \
                 segment le plus favorisé de la même colonne (pour un filtre : de toutes les autres lignes) ; la limite usuelle est \
                 de quatre cinquièmes. La preuve vaut pour tous les segments ensemble (Benjamini–Hochberg).",
            )
            .to_owned(),
    ];
    let lacks = |lack| apart.drift.list.iter().filter(|one| one.lack == Some(lack)).count();
    let least = grouped(apart.drift.min_rows);
    for (lack, count) in [Lack::NotLearnt, Lack::TooFew, Lack::TooFewLearnt]
        .into_iter()
        .map(|lack| (lack, lacks(lack)))
        .filter(|one| one.1 > 0)
    {
        notes.push(match (language, lack) {
            (Language::English, Lack::NotLearnt) => format!(
                "The reference was learnt without {count} of them, whose score is compared with nothing: learn it again with vigie \
                 learn --segments."
            ),
            (Language::French, Lack::NotLearnt) => format!(
                "La référence a été apprise sans {count} d’entre eux, dont le score n’est comparé à rien : la refaire avec vigie \
                 learn --segments."
            ),
            (Language::English, Lack::TooFew) => format!("{count} have fewer than {least} rows: nothing is judged of them."),
            (Language::French, Lack::TooFew) => format!("{count} ont moins de {least} lignes : rien n’en est jugé."),
            (Language::English, Lack::TooFewLearnt) => format!("{count} have fewer than {least} rows in the reference."),
            (Language::French, Lack::TooFewLearnt) => format!("{count} ont moins de {least} lignes dans la référence."),
        });
    }
    for (column, levels) in &apart.drift.left_out {
        let column = shown(column);
        notes.push(match language {
            Language::English => format!("{column} has {levels} more levels, which are not looked at apart."),
            Language::French => format!("{column} a {levels} autres modalités, qui ne sont pas regardées à part."),
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

/// Limits of how much less often a segment is accepted, as limits of the ratio.
fn ratio_limits(short: Limits) -> Limits {
    let ratio = |limit: f64| 1.0 - limit;
    Limits { watch: short.watch.map(ratio), alarm: short.alarm.map(ratio) }
}

fn line(
    one: &SegmentDrift,
    verdict: SegmentVerdict,
    money: Option<(&Performance, usize)>,
    (context, lately, limits): (&Context, Option<&Lately>, Limits),
) -> Line {
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
    let ratio_name = Lately::name(lately, language.accepted_ratio(), &ratios, |ratio| language.number(ratio));
    let spark_name = Lately::name(lately, language.share_refused(), &values, |share| language.percent(share));
    Line {
        severity: verdict.severity,
        name: shown(&one.name),
        rows: grouped(one.rows),
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
        labelled: known.map_or_else(dash, |known| grouped(known.rows)),
        spark: chart::spark(&values, Limits { watch: None, alarm: None }, Severity::Stable, &spark_name),
        ratio_spark: chart::spark(&ratios, limits, Severity::Stable, &ratio_name),
    }
}
