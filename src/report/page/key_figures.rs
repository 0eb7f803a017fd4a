//! Key figures at the top of the page, each with a sparkline of the last windows.

use super::recent::RecentWindows;
use crate::{
    judge::{Limits, Severity, Test},
    report::{Context, Report, document::Head},
};

/// A figure, its baseline and its sparkline.
pub(crate) struct KeyFigure {
    pub name: &'static str,
    pub value: String,
    /// Value to compare with; may be empty.
    pub baseline: String,
    pub spark: String,
    /// Severity of this figure, not of the run; `None` without a finding.
    pub severity: Option<Severity>,
}

const NEVER: Limits = Limits { watch: None, alarm: None };

pub(crate) fn key_figures(report: &Report, context: &Context) -> Vec<KeyFigure> {
    let language = context.language;
    let labels = language.labels();
    let (traffic, policy) = (&report.traffic, &report.policy);
    let recent = RecentWindows::new(report, context);
    let spark =
        |of: fn(&Head) -> Option<f64>, now: Option<f64>, limits, name: &str, format_value: &dyn Fn(f64) -> String| {
            let values: Vec<Option<f64>> = context.past.iter().map(|point| of(&point.head)).chain([now]).collect();
            RecentWindows::sparkline(recent.as_ref(), name, &values, (limits, Severity::Stable), format_value)
        };
    let own = |test: Test| {
        let found = report.verdict.findings.iter().filter(|finding| finding.subject.is_whole() && finding.test == test);
        found.map(|finding| finding.severity).filter(|severity| *severity != Severity::Stable).max()
    };
    let percent = |value: f64| language.percent(value);
    let number = |value: f64| language.number(value);
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let (rows, errors, requests) = (report.drift.n_window as f64, traffic.errors as f64, traffic.requests as f64);
    let rate = (requests > 0.0).then_some(errors / requests);
    let p95 = traffic.latency.quantile_ms(0.95);
    let drifted = report.verdict.features.iter().filter(|feature| feature.severity.is_drift()).count();
    let mut figures = vec![KeyFigure {
        name: labels.features_moved,
        value: format!(
            "{} / {}",
            language.grouped(drifted as u64),
            language.grouped(report.drift.features.len() as u64)
        ),
        baseline: language.percent_or_dash(report.verdict.drifted_share),
        spark: spark(|head| head.drifted_share, report.verdict.drifted_share, NEVER, labels.features_moved, &percent),
        severity: report.verdict.features.iter().map(|feature| feature.severity).filter(|one| one.is_drift()).max(),
    }];
    if let Some(score) = &report.drift.score {
        let (psi, refused) = (score.distance.psi, score.refused);
        if !report.reference.has_prediction() {
            figures.push(KeyFigure {
                name: labels.share_refused,
                value: language.percent_or_dash(refused.window),
                baseline: format!("{} {}", labels.reference, language.percent_or_dash(refused.reference)),
                spark: spark(|head| head.refused_share, refused.window, NEVER, labels.share_refused, &percent),
                severity: own(Test::ShareRefused),
            });
        }
        figures.push(KeyFigure {
            name: labels.score_psi,
            value: language.number_or_dash(psi.value),
            baseline: format!("{} {}", labels.chance_limit_short, language.number_or_dash(psi.critical)),
            spark: spark(|head| head.score_psi, psi.value, policy.limits_of("score").psi, labels.score_psi, &number),
            severity: own(Test::Score),
        });
    }
    if p95.is_some() {
        figures.push(KeyFigure {
            name: labels.latency_p95,
            value: language.milliseconds(p95),
            baseline: policy.latency_p95_ms.watch.map_or(String::new(), |watch| {
                format!("{} {}\u{a0}ms", language.severity_word(Severity::Watch), language.number_plain(watch))
            }),
            spark: spark(|head| head.latency_p95_ms, p95, policy.latency_p95_ms, labels.latency_p95, &|value| {
                language.milliseconds(Some(value))
            }),
            severity: own(Test::Latency),
        });
    }
    let error_rate = KeyFigure {
        name: labels.error_rate,
        value: language.percent_or_dash(rate),
        baseline: format!("{} / {}", language.grouped(traffic.errors), language.grouped(traffic.requests)),
        spark: spark(|head| head.error_rate, rate, policy.error_rate, labels.error_rate, &percent),
        severity: own(Test::ErrorRate),
    };
    figures.extend(report.tables.is_none().then_some(error_rate));
    figures.push(KeyFigure {
        name: labels.rows_used,
        value: language.grouped(report.drift.n_window),
        baseline: language.rows_left_out(report.examined.complaints.rejected_rows()),
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        spark: spark(|head| Some(head.rows as f64), Some(rows), NEVER, labels.rows_used, &|rows| {
            language.grouped(whole(rows))
        }),
        severity: own(Test::TooFew).or(own(Test::NoData)).or(own(Test::LeftOut)),
    });
    figures
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
fn whole(rows: f64) -> u64 {
    rows as u64
}
