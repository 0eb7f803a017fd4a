//! What the page shows, as texts ready to print.

use super::{
    Report,
    attribution::{self, AttributionCard},
    chart,
    performance::{self, PerformanceCard},
    replay::{self, ReplayCard},
    words::{grouped, minute, share, verdict_sentence},
};
use crate::{
    drift::{FeatureDrift, Summary},
    judge::{FeatureVerdict, Severity, number, percent, q_value},
    reference::Holdout,
    shown::shown,
};

/// A label and its text.
pub(super) struct Fact {
    pub name: String,
    pub value: String,
}

pub(super) struct FindingLine {
    pub severity: &'static str,
    pub subject: String,
    pub anchor: String,
    pub reason: String,
}

pub(super) struct BinLine {
    pub label: String,
    pub reference: String,
    pub window: String,
    pub reference_share: String,
    pub window_share: String,
    pub contribution: String,
}

pub(super) struct FeatureCard {
    pub anchor: String,
    pub name: String,
    pub severity: &'static str,
    pub psi: String,
    pub distance: String,
    pub missing: String,
    pub q_value: String,
    pub is_open: bool,
    pub reasons: Vec<String>,
    pub chart: String,
    pub bins: Vec<BinLine>,
    pub facts: Vec<Fact>,
}

/// Everything the template prints.
pub(super) struct Page {
    pub title: String,
    pub severity: &'static str,
    pub sentence: String,
    pub model: String,
    pub window: String,
    pub facts: Vec<Fact>,
    pub findings: Vec<FindingLine>,
    pub score: Option<FeatureCard>,
    pub features: Vec<FeatureCard>,
    pub replay: Option<ReplayCard>,
    pub attribution: Option<AttributionCard>,
    pub performance: Option<PerformanceCard>,
    pub service: Vec<Fact>,
    pub quality: Vec<Fact>,
    pub complaints: Vec<(String, String, Vec<String>)>,
    pub notes: Vec<String>,
    pub limits: Vec<Fact>,
    pub provenance: Vec<Fact>,
}

fn fact(name: impl Into<String>, value: impl Into<String>) -> Fact {
    Fact { name: shown(&name.into()), value: value.into() }
}

impl Page {
    pub fn of(report: &Report) -> Self {
        let window = report.examined.window;
        let version = report.run.model.version.as_ref().map(|version| format!(" version {version}"));
        Self {
            title: format!("{} · {}", report.run.model.name, report.verdict.severity.word().replace('_', " ")),
            severity: report.verdict.severity.word(),
            sentence: verdict_sentence(report),
            model: format!("{}{}", report.run.model.name, version.unwrap_or_default()),
            window: format!("{} to {} UTC", minute(window.from), minute(window.to)),
            facts: headline(report),
            findings: findings(report),
            score: report.drift.score.as_ref().map(|score| {
                let mut card = card(&score.distance, report.verdict.score.as_ref(), None, "score".to_owned());
                card.is_open = true;
                card.chart = chart::histogram(&score.histogram);
                card.facts.insert(
                    0,
                    fact(
                        format!("refused (score ≥ {})", report.run.model.threshold),
                        format!("{} → {}", share(score.refused.reference), share(score.refused.window)),
                    ),
                );
                card
            }),
            features: cards(report),
            replay: report.replay.as_ref().map(replay::card),
            attribution: attribution::card(report),
            performance: report.performance.as_ref().and_then(performance::card),
            service: service(report),
            quality: quality(report),
            complaints: complaints(report),
            notes: notes(report),
            limits: limits(report),
            provenance: provenance(report),
        }
    }
}

fn headline(report: &Report) -> Vec<Fact> {
    let traffic = &report.traffic;
    let refused = report.drift.score.as_ref().map(|score| score.refused);
    let mut facts = vec![
        fact("rows used", grouped(report.drift.n_window)),
        fact("rows left out", grouped(report.examined.complaints.rejected_rows())),
        fact("reference rows", grouped(report.drift.n_reference)),
        fact("features moved", share(report.verdict.drifted_share)),
    ];
    if let Some(refused) = refused {
        facts.push(fact("share refused", format!("{} → {}", share(refused.reference), share(refused.window))));
    }
    if let Some(p95) = traffic.latency.quantile_ms(0.95) {
        facts.push(fact("latency p95", format!("{} ms", number(p95))));
    }
    facts
}

fn findings(report: &Report) -> Vec<FindingLine> {
    let place = |name: &String| report.drift.features.iter().position(|feature| feature.name == *name);
    report
        .verdict
        .findings
        .iter()
        .map(|finding| FindingLine {
            severity: finding.severity.word(),
            subject: finding.feature.as_deref().map_or_else(|| finding.test.word().replace('_', " "), shown),
            anchor: finding.feature.as_ref().and_then(place).map(|place| format!("#f{place}")).unwrap_or_default(),
            reason: finding.reason.clone(),
        })
        .collect()
}

/// Worst first: severity, then PSI.
fn cards(report: &Report) -> Vec<FeatureCard> {
    let mut order: Vec<(usize, (&FeatureDrift, &FeatureVerdict))> =
        report.drift.features.iter().zip(&report.verdict.features).enumerate().collect();
    order.sort_by(|(_, (a, judged_a)), (_, (b, judged_b))| {
        let psi = |feature: &FeatureDrift| feature.psi.value.unwrap_or(0.0);
        judged_b.severity.cmp(&judged_a.severity).then_with(|| psi(b).total_cmp(&psi(a)))
    });
    order
        .into_iter()
        .map(|(index, (drift, verdict))| {
            card(drift, Some(verdict), report.importance.get(index).copied().flatten(), format!("f{index}"))
        })
        .collect()
}

fn card(
    drift: &FeatureDrift,
    verdict: Option<&FeatureVerdict>,
    importance: Option<f64>,
    anchor: String,
) -> FeatureCard {
    let severity = verdict.map_or(Severity::Stable, |verdict| verdict.severity);
    let qs = verdict.map(|verdict| verdict.qs).unwrap_or_default();
    let optional = |value: Option<f64>| value.map_or("–".to_owned(), number);
    let mut facts = Vec::new();
    facts.push(fact(
        "PSI",
        format!(
            "{}; chance alone: up to {} in 95 of 100 windows ({} bins); q {}",
            optional(drift.psi.value),
            optional(drift.psi.critical),
            drift.psi.p_bins,
            q_value(qs.psi)
        ),
    ));
    if let Some(ks) = &drift.ks {
        let d = if ks.exact {
            number(ks.statistic)
        } else {
            format!("{} to {}", number(ks.statistic), number(ks.upper_bound))
        };
        facts.push(fact("KS distance", format!("{d}; q {}", q_value(qs.ks))));
    }
    if let Some(chi2) = drift.chi2 {
        facts.push(fact(
            "Cramér's V",
            format!(
                "{}; chi-square {} with {} degrees of freedom, {} rare levels pooled; q {}",
                number(chi2.cramers_v),
                optional(chi2.statistic),
                chi2.dof,
                chi2.pooled_levels,
                q_value(qs.chi2)
            ),
        ));
    }
    facts.push(fact(
        "missing",
        format!(
            "{} → {}; q {}",
            share(drift.missing.reference_share),
            share(drift.missing.window_share),
            q_value(qs.missing)
        ),
    ));
    if let Some(unseen) = drift.unseen.as_ref().filter(|unseen| unseen.distinct > 0) {
        let names: Vec<String> = unseen.levels.iter().map(|(name, rows)| format!("{} ({rows})", shown(name))).collect();
        facts.push(fact(
            "unseen levels",
            format!("{} of rows: {}; q {}", share(unseen.share), names.join(", "), q_value(qs.unseen)),
        ));
    }
    if let Some(range) = drift.out_of_range.filter(|range| range.below != Some(0.0) || range.above != Some(0.0)) {
        facts.push(fact(
            "outside the reference's range",
            format!("{} below, {} above", share(range.below), share(range.above)),
        ));
    }
    facts.extend(summaries(&drift.reference, &drift.window));
    facts.push(fact("kind", drift.kind.to_string()));
    if let Some(importance) = importance {
        facts.push(fact("importance", number(importance)));
    }
    let (distance_name, distance) = match (&drift.ks, drift.chi2) {
        (Some(ks), _) => ("D", Some(ks.statistic)),
        (None, Some(chi2)) => ("V", Some(chi2.cramers_v)),
        (None, None) => ("", None),
    };
    FeatureCard {
        anchor,
        name: shown(&drift.name),
        severity: severity.word(),
        psi: optional(drift.psi.value),
        distance: distance.map_or("–".to_owned(), |distance| format!("{distance_name} {}", number(distance))),
        missing: format!("{} → {}", share(drift.missing.reference_share), share(drift.missing.window_share)),
        q_value: q_value(qs.least()),
        is_open: severity.is_drift(),
        reasons: verdict.map(|verdict| verdict.reasons.clone()).unwrap_or_default(),
        chart: chart::bars(&drift.bins, drift.n_reference, drift.n_window),
        bins: bins(drift),
        facts,
    }
}

fn bins(drift: &FeatureDrift) -> Vec<BinLine> {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| percent(rows as f64 / (of as f64).max(1.0));
    drift
        .bins
        .iter()
        .map(|bin| BinLine {
            label: shown(&bin.label),
            reference: grouped(bin.reference),
            window: grouped(bin.window),
            reference_share: share(bin.reference, drift.n_reference),
            window_share: share(bin.window, drift.n_window),
            contribution: format!("{:.4}", bin.contribution),
        })
        .collect()
}

fn summaries(reference: &Summary, window: &Summary) -> Vec<Fact> {
    let optional = |value: Option<f64>| value.map_or("–".to_owned(), number);
    match (reference, window) {
        (
            Summary::Numeric { mean, std, min, max, quantiles, .. },
            Summary::Numeric { mean: mean_w, std: std_w, min: min_w, max: max_w, quantiles: quantiles_w, .. },
        ) => {
            let median = |quantiles: &[(f64, Option<f64>)]| {
                quantiles.iter().find(|(q, _)| (*q - 0.5).abs() < 1e-9).and_then(|(_, value)| *value)
            };
            let moved = |a, b| format!("{} → {}", optional(a), optional(b));
            vec![
                fact("mean", moved(*mean, *mean_w)),
                fact("median", moved(median(quantiles), median(quantiles_w))),
                fact("standard deviation", moved(*std, *std_w)),
                fact("least", moved(*min, *min_w)),
                fact("greatest", moved(*max, *max_w)),
            ]
        }
        (Summary::Categorical { levels, .. }, Summary::Categorical { levels: levels_w, .. }) => {
            vec![fact("levels", format!("{levels} → {levels_w}"))]
        }
        _ => Vec::new(),
    }
}

fn service(report: &Report) -> Vec<Fact> {
    let traffic = &report.traffic;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let rate = (traffic.requests > 0).then(|| traffic.errors as f64 / traffic.requests as f64);
    let mut facts = vec![
        fact("requests", grouped(traffic.requests)),
        fact("failed", format!("{} ({})", grouped(traffic.errors), share(rate))),
    ];
    for (status, count) in &traffic.by_status {
        facts.push(fact(format!("status {status}"), grouped(*count)));
    }
    let ms = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{} ms", number(value)));
    for (name, q) in [("latency p50", 0.50), ("p90", 0.90), ("p95", 0.95), ("p99", 0.99)] {
        facts.push(fact(name, ms(traffic.latency.quantile_ms(q))));
    }
    facts.push(fact("longest", ms(traffic.latency.max_ms())));
    if let Some(most) = traffic.by_hour.values().map(|(requests, _)| *requests).max() {
        facts.push(fact("busiest hour", format!("{} requests", grouped(most))));
    }
    facts
}

fn quality(report: &Report) -> Vec<Fact> {
    vec![
        fact("records of the window", grouped(report.rows())),
        fact("rows used", grouped(report.drift.n_window)),
        fact("left out by where", grouped(report.examined.filtered)),
    ]
}

fn complaints(report: &Report) -> Vec<(String, String, Vec<String>)> {
    report
        .examined
        .complaints
        .iter()
        .map(|(reason, complaint)| {
            (reason.word().replace('_', " "), grouped(complaint.count), complaint.examples.iter().cloned().collect())
        })
        .collect()
}

fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    match report.reference.holdout {
        Holdout::Yes => {}
        Holdout::No => notes.push(
            "The reference holds rows the model was trained on: its score is better than on any other rows, \
             so some drift of the score is expected."
                .to_owned(),
        ),
        Holdout::Unknown => notes.push(
            "Whether the reference's rows were held out of training is not known (vigie learn --holdout yes|no)."
                .to_owned(),
        ),
    }
    if report.importance.iter().all(Option::is_none) {
        notes.push("No model was read, so features weigh the same and none is among the most important.".to_owned());
    }
    if report.reference.reduced {
        notes.push(
            "The reference was imported as a table of distributions, its bins only: PSI is measured, but neither KS nor chi-square."
                .to_owned(),
        );
    }
    for what in &report.examined.lacking {
        notes.push(format!("No record has the mapped field {what}."));
    }
    if let Some(files) = &report.run.passed_over {
        notes.push(format!("Files {files}."));
    }
    if let Some(later) = report.examined.empty_later {
        notes.push(format!("Later windows hold no record ({} to {}).", minute(later.from), minute(later.to)));
    }
    if let Some(other) = &report.other_version {
        notes.push(format!(
            "{} rows were answered by another model version and are measured apart.",
            grouped(other.n_window)
        ));
    }
    notes
}

fn limits(report: &Report) -> Vec<Fact> {
    let policy = &report.policy;
    let limit = |limits: crate::judge::Limits| {
        let show = |limit: Option<f64>| limit.map_or("–".to_owned(), number);
        format!("{} / {}", show(limits.watch), show(limits.alarm))
    };
    vec![
        fact("PSI", limit(policy.psi)),
        fact("KS distance", limit(policy.ks)),
        fact("Cramér's V", limit(policy.chi2)),
        fact("missing share moved by", limit(policy.missing)),
        fact("unseen share in excess", limit(policy.unseen)),
        fact("share refused moved by", limit(policy.share_refused)),
        fact("rows of another version", limit(policy.model_version)),
        fact("error rate", limit(policy.error_rate)),
        fact("latency p95, ms", limit(policy.latency_p95_ms)),
        fact("cost above the reference's by", limit(policy.cost)),
        fact("evidence", format!("q ≤ {}", policy.q)),
        fact("rows needed", grouped(policy.min_rows)),
    ]
}

fn provenance(report: &Report) -> Vec<Fact> {
    let reference = &report.reference;
    let mut facts = vec![
        fact("reference", report.run.reference_id.clone()),
        fact("learnt", format!("{} by vigie {}", minute(reference.created_at), reference.vigie_version)),
        fact("rows", grouped(reference.rows)),
        fact("features", reference.columns.to_string()),
        fact(
            "hold-out",
            match reference.holdout {
                Holdout::Yes => "yes",
                Holdout::No => "no",
                Holdout::Unknown => "unknown",
            },
        ),
    ];
    for file in &reference.files {
        facts.push(fact(file.name.clone(), format!("sha256 {}", file.sha256)));
    }
    if let Some(target) = &reference.target {
        facts.push(fact(format!("target {}", target.name), share(target.share)));
    }
    facts.push(fact("report", format!("{} revision {}", report.id(), report.run.revision)));
    facts.push(fact("written", format!("{} by vigie {}", minute(report.run.created_at), report.run.vigie_version)));
    facts.push(fact("config sha256", report.run.config_sha256.clone()));
    facts
}
