//! `/metrics`: the latest run of each model in Prometheus' text format, and how the daemon itself does.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use vigie_profile::{shown::shown, window::Instant};

use super::{
    Standing,
    figures::{Figures, Measured, latest},
};
use crate::{archive, judge::Severity};

/// Series are bounded: so many features of a model, so many models. What is left out is counted.
const FEATURES: usize = 5_000;
const MODELS: usize = 100;

/// One metric: its help stands once, its samples together.
struct Family {
    name: &'static str,
    help: &'static str,
    samples: String,
}

impl Family {
    fn add(&mut self, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.samples, "{}{labels} {value}", self.name);
    }

    fn add_some(&mut self, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.add(labels, value);
        }
    }
}

/// The families in the order they were first named.
#[derive(Default)]
struct Families(Vec<Family>);

impl Families {
    fn of(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        let place = self.0.iter().position(|family| family.name == name).unwrap_or_else(|| {
            self.0.push(Family { name, help, samples: String::new() });
            self.0.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
        &mut self.0[place]
    }

    fn text(&self) -> String {
        let told = self.0.iter().filter(|family| !family.samples.is_empty());
        told.map(|Family { name, help, samples }| format!("# HELP {name} {help}\n# TYPE {name} gauge\n{samples}"))
            .collect()
    }
}

/// A label's value; `shown` has taken controls away and bounded its length.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "times in microseconds and counts, far below 2^53 where it matters")]
fn seconds(at: Instant) -> f64 {
    at.0 as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(rows: u64) -> f64 {
    rows as f64
}

/// The whole answer.
pub(super) fn metrics(reports: &Path, standing: &Standing) -> String {
    let mut all = Families::default();
    all.of("vigie_build_info", "The version of vigie that answers.")
        .add(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    all.of("vigie_outbox_messages", "Messages that are written and not yet delivered.")
        .add(&[], count(standing.outbox));
    all.of("vigie_ready", "1 when the daemon can do its work.")
        .add(&[], f64::from(u8::from(standing.not_ready.is_none())));
    daemon(&mut all, standing);
    let models = archive::models(reports);
    let mut told = BTreeSet::new();
    for model in models.iter().take(MODELS) {
        if let (Some(figures), true) = (latest(reports, model), told.insert(shown(model))) {
            run(&mut all, &shown(model), &figures);
        }
    }
    all.text()
}

fn daemon(all: &mut Families, standing: &Standing) {
    for about in standing.models.iter().take(MODELS) {
        let model = shown(&about.model);
        let labels = [("model", model.as_str())];
        all.of("vigie_last_success_timestamp_seconds", "When a run last ended well.")
            .add_some(&labels, about.last_success.map(seconds));
        all.of("vigie_last_failure_timestamp_seconds", "When a run last failed.")
            .add_some(&labels, about.last_failure.as_ref().map(|(at, _)| seconds(*at)));
        all.of("vigie_next_due_timestamp_seconds", "When the next window will be looked at.")
            .add_some(&labels, about.next_due.map(seconds));
        for severity in [Severity::Watch, Severity::TooFew, Severity::NoData, Severity::Alarm] {
            let open = standing.alerts.iter().filter(|alert| alert.model == about.model && alert.severity == severity);
            all.of("vigie_open_alerts", "Alerts that are open.")
                .add(&[("model", &model), ("severity", severity.word())], count(open.count() as u64));
        }
    }
}

fn run(all: &mut Families, model: &str, figures: &Figures) {
    let labels = [("model", model)];
    let Figures { run, window, verdict, features, score, latency, service } = figures;
    all.of("vigie_run_timestamp_seconds", "When the latest report was written.").add(&labels, seconds(run.created_at));
    all.of("vigie_run_duration_seconds", "How long the latest run took.").add(&labels, run.seconds);
    all.of("vigie_run_info", "The version of vigie that made the latest report.")
        .add(&[("model", model), ("version", &shown(&run.vigie_version))], 1.0);
    all.of("vigie_window_start_timestamp_seconds", "Start of the latest window.")
        .add(&labels, seconds(window.window.from));
    all.of("vigie_window_end_timestamp_seconds", "End of the latest window.").add(&labels, seconds(window.window.to));
    for (state, rows) in [("used", window.rows_used), ("rejected", window.rows.saturating_sub(window.rows_used))] {
        all.of("vigie_rows", "Rows of the latest window.").add(&[("model", model), ("state", state)], count(rows));
    }
    for severity in [Severity::Stable, Severity::Watch, Severity::TooFew, Severity::NoData, Severity::Alarm] {
        let labels = [("model", model), ("severity", severity.word())];
        all.of("vigie_run_severity", "1 for the severity of the latest window, 0 for the others.")
            .add(&labels, f64::from(u8::from(verdict.severity == severity)));
        let found = verdict.findings.iter().filter(|finding| finding.severity == severity).count();
        if severity != Severity::Stable {
            all.of("vigie_findings", "Findings of the latest window.").add(&labels, count(found as u64));
        }
    }
    all.of("vigie_drifted_share", "Share of features that moved.").add_some(&labels, verdict.drifted_share);
    all.of("vigie_weighted_drifted_share", "The same, weighted by importance.")
        .add_some(&labels, verdict.weighted_drifted_share);
    all.of("vigie_requests", "Requests of the latest window.").add(&labels, count(service.requests));
    all.of("vigie_failed_requests", "Requests of the latest window that failed.").add(&labels, count(service.errors));
    for (percentile, ms) in [("50", latency.p50), ("90", latency.p90), ("95", latency.p95), ("99", latency.p99)] {
        all.of("vigie_latency_seconds", "Latency of answered requests by percentile.")
            .add_some(&[("model", model), ("percentile", percentile)], ms.map(|ms| ms / 1e3));
    }
    all.of("vigie_latency_mean_seconds", "Mean latency of answered requests.")
        .add_some(&labels, latency.mean.map(|ms| ms / 1e3));
    all.of("vigie_latency_requests", "Answered requests with a latency.").add(&labels, count(latency.n));
    if let Some(score) = score {
        score_of(all, model, score);
    }
    let mut names = BTreeSet::new();
    for (place, feature) in features.iter().take(FEATURES).enumerate() {
        // Long names are cut: those that are alike then are told apart by their place.
        let mut name = shown(&feature.name);
        if !names.insert(name.clone()) {
            name = format!("{name}#{place}");
            names.insert(name.clone());
        }
        feature_of(all, &[("model", model), ("feature", &name)], feature);
    }
    let left_out = features.len().saturating_sub(FEATURES) as u64;
    all.of("vigie_features_left_out", "Features without series here: only so many are told.")
        .add(&labels, count(left_out));
}

fn score_of(all: &mut Families, model: &str, score: &Measured) {
    let labels = [("model", model)];
    all.of("vigie_score_psi", "PSI of the score.").add_some(&labels, score.psi.value);
    all.of("vigie_score_ks", "KS distance of the score.").add_some(&labels, score.ks.as_ref().map(|ks| ks.statistic));
    all.of("vigie_score_mean", "Mean of the score.").add_some(&labels, score.summary.window.mean);
    all.of("vigie_score_deviation", "Standard deviation of the score.").add_some(&labels, score.summary.window.std);
    if let Some(refused) = &score.refused_share {
        for (side, share) in [("reference", refused.reference), ("window", refused.window)] {
            all.of("vigie_refused_share", "Share of scores at or above the threshold.")
                .add_some(&[("model", model), ("side", side)], share);
        }
    }
}

fn feature_of(all: &mut Families, labels: &[(&str, &str)], feature: &Measured) {
    all.of("vigie_feature_psi", "Population stability index.").add_some(labels, feature.psi.value);
    all.of("vigie_feature_ks", "KS distance.").add_some(labels, feature.ks.as_ref().map(|ks| ks.statistic));
    all.of("vigie_feature_cramers_v", "Effect of chi-square, 0 to 1.")
        .add_some(labels, feature.chi2.as_ref().map(|chi2| chi2.cramers_v));
    all.of("vigie_feature_q_value", "Smallest q-value of the feature's tests.").add_some(labels, feature.q_value);
    all.of("vigie_feature_missing_share", "Share of rows without a value.")
        .add_some(labels, feature.missing.window_share);
    let level = match feature.severity {
        Severity::Stable => Some(0.0),
        Severity::Watch => Some(1.0),
        Severity::Alarm => Some(2.0),
        Severity::TooFew | Severity::NoData => None,
    };
    all.of("vigie_feature_severity", "0 stable, 1 watch, 2 alarm; absent without a verdict.").add_some(labels, level);
}
