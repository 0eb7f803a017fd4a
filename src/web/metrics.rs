//! `/metrics`: the latest run of each model and the state of the daemon in the Prometheus text format.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use vigie_profile::{shown::shown, window::Instant};

use super::DaemonStatus;
use crate::{
    archive::{self, latest_report},
    judge::{Measure, Severity, Test},
    report::{DecisionsSection, PredictionsSection, ReportDocument, ReportedFeature},
};

/// Bounds on the number of series. Features left out are counted in a metric.
const MAX_FEATURES: usize = 5_000;
const MAX_MODELS: usize = 100;

/// A metric with its help text and samples.
struct MetricFamily {
    name: &'static str,
    help: &'static str,
    samples: String,
}

impl MetricFamily {
    fn add(&mut self, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.samples, "{}{labels} {value}", self.name);
    }

    fn add_some(&mut self, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.add(labels, value);
        }
    }
}

/// Metric families in the order of first use.
#[derive(Default)]
struct MetricFamilies(Vec<MetricFamily>);

impl MetricFamilies {
    fn get(&mut self, name: &'static str, help: &'static str) -> &mut MetricFamily {
        let index = self.0.iter().position(|family| family.name == name).unwrap_or_else(|| {
            self.0.push(MetricFamily { name, help, samples: String::new() });
            self.0.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
        &mut self.0[index]
    }

    fn to_text(&self) -> String {
        let families = self.0.iter().filter(|family| !family.samples.is_empty());
        families
            .map(|MetricFamily { name, help, samples }| format!("# HELP {name} {help}\n# TYPE {name} gauge\n{samples}"))
            .collect()
    }
}

/// Escapes a label value. `shown` has already removed control characters and bounded its length.
pub(crate) fn escape(text: &str) -> String {
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

/// Renders the whole response.
pub(super) fn metrics(reports: &Path, status: &DaemonStatus) -> String {
    let mut all = MetricFamilies::default();
    all.get("vigie_build_info", "Version of vigie.").add(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    all.get("vigie_outbox_messages", "Undelivered messages.").add(&[], count(status.outbox));
    all.get("vigie_ready", "1 if the daemon can work, else 0.")
        .add(&[], f64::from(u8::from(status.not_ready.is_none())));
    add_daemon(&mut all, status);
    let models = archive::model_names(reports);
    let mut seen = BTreeSet::new();
    for model in models.iter().take(MAX_MODELS) {
        if let (Some(report), true) = (latest_report(reports, model), seen.insert(shown(model))) {
            add_run(&mut all, &shown(model), &report);
        }
    }
    all.to_text()
}

fn add_daemon(all: &mut MetricFamilies, status: &DaemonStatus) {
    for model_status in status.models.iter().take(MAX_MODELS) {
        let model = shown(&model_status.model);
        let labels = [("model", model.as_str())];
        all.get("vigie_last_success_timestamp_seconds", "Time of the last successful run.")
            .add_some(&labels, model_status.last_success.map(seconds));
        all.get("vigie_last_failure_timestamp_seconds", "Time of the last failed run.")
            .add_some(&labels, model_status.last_failure.as_ref().map(|(at, _)| seconds(*at)));
        all.get("vigie_next_due_timestamp_seconds", "Time at which the next window is due.")
            .add_some(&labels, model_status.next_due.map(seconds));
        for severity in [Severity::Watch, Severity::TooFew, Severity::NoData, Severity::Alarm] {
            let open = status
                .alerts
                .iter()
                .filter(|alert| alert.model == model_status.model && alert.finding.severity == severity);
            all.get("vigie_open_alerts", "Open alerts.")
                .add(&[("model", &model), ("severity", severity.word())], count(open.count() as u64));
        }
    }
}

fn add_run(all: &mut MetricFamilies, model: &str, report: &ReportDocument) {
    let labels = [("model", model)];
    let ReportDocument { run, window, verdict, features, score, decisions, latency, service, .. } = report;
    all.get("vigie_run_timestamp_seconds", "Time of the latest report.").add(&labels, seconds(run.created_at));
    all.get("vigie_run_duration_seconds", "Duration of the latest run.").add(&labels, run.seconds);
    all.get("vigie_run_info", "Version of vigie that wrote the latest report.")
        .add(&[("model", model), ("version", &shown(&run.vigie_version))], 1.0);
    all.get("vigie_window_start_timestamp_seconds", "Start of the latest window.")
        .add(&labels, seconds(window.window().from));
    all.get("vigie_window_end_timestamp_seconds", "End of the latest window.")
        .add(&labels, seconds(window.window().to));
    for (state, rows) in [("used", window.rows_used), ("rejected", window.rows.saturating_sub(window.rows_used))] {
        all.get("vigie_rows", "Rows of the latest window.").add(&[("model", model), ("state", state)], count(rows));
    }
    for severity in [Severity::Stable, Severity::Watch, Severity::TooFew, Severity::NoData, Severity::Alarm] {
        let labels = [("model", model), ("severity", severity.word())];
        all.get("vigie_run_severity", "1 for the severity of the latest window, 0 for the others.")
            .add(&labels, f64::from(u8::from(verdict.severity == severity)));
        let found = verdict.findings.iter().filter(|finding| finding.severity == severity).count();
        if severity != Severity::Stable {
            all.get("vigie_findings", "Findings of the latest window.").add(&labels, count(found as u64));
        }
    }
    all.get("vigie_left_out_share", "Share of the rows of the latest window that should have been usable and are not.")
        .add_some(&labels, window.left_out.as_ref().and_then(|left_out| left_out.share));
    let is_dead = |test: &str| matches!(Test::parse(test), Some(Test::Dead | Test::Absent));
    let dead = verdict.findings.iter().filter(|finding| is_dead(&finding.test)).count();
    all.get("vigie_dead_features", "Features of the latest window that are absent or have no values.")
        .add(&labels, count(dead as u64));
    all.get("vigie_drifted_share", "Share of drifted features.").add_some(&labels, verdict.drifted_share);
    all.get("vigie_weighted_drifted_share", "Share of drifted features, weighted by importance.")
        .add_some(&labels, verdict.weighted_drifted_share);
    if let Some(predictions) = &report.predictions {
        add_predictions(all, &labels, predictions);
    }
    all.get("vigie_requests", "Requests of the latest window.").add(&labels, count(service.requests));
    all.get("vigie_failed_requests", "Failed requests of the latest window.").add(&labels, count(service.errors));
    for (percentile, ms) in [("50", latency.p50), ("90", latency.p90), ("95", latency.p95), ("99", latency.p99)] {
        all.get("vigie_latency_seconds", "Latency of successful requests by percentile.")
            .add_some(&[("model", model), ("percentile", percentile)], ms.map(|ms| ms / 1e3));
    }
    all.get("vigie_latency_mean_seconds", "Mean latency of successful requests.")
        .add_some(&labels, latency.mean.map(|ms| ms / 1e3));
    all.get("vigie_latency_requests", "Successful requests with a latency.").add(&labels, count(latency.n));
    if let Some(decisions) = decisions {
        add_decisions(all, model, decisions);
    }
    if let Some(score) = score {
        add_score(all, model, score);
    }
    let mut names = BTreeSet::new();
    for (index, feature) in features.iter().take(MAX_FEATURES).enumerate() {
        // Long names are truncated; if that makes names equal, the position of the feature is appended.
        let mut name = shown(&feature.name);
        if !names.insert(name.clone()) {
            name = format!("{name}#{index}");
            names.insert(name.clone());
        }
        add_feature(all, &[("model", model), ("feature", &name)], feature);
    }
    let left_out = features.len().saturating_sub(MAX_FEATURES) as u64;
    all.get("vigie_features_left_out", "Features without series because of the limit.").add(&labels, count(left_out));
}

fn add_decisions(all: &mut MetricFamilies, model: &str, decisions: &DecisionsSection) {
    let counted = [
        ("accepted", decisions.accepted),
        ("refused", decisions.refused),
        ("open", decisions.open),
        ("unknown", decisions.unknown.rows),
        ("none", decisions.without),
    ];
    for (decision, rows) in counted {
        all.get("vigie_decisions", "Rows of the latest window by logged decision.")
            .add(&[("model", model), ("decision", decision)], count(rows));
    }
    for (decision, rows) in [("accepted", decisions.against.accepted), ("refused", decisions.against.refused)] {
        all.get("vigie_decisions_against_score", "Rows decided against score and threshold, beyond rounding.")
            .add(&[("model", model), ("decision", decision)], count(rows));
    }
}

fn add_predictions(all: &mut MetricFamilies, labels: &[(&str, &str)], predictions: &PredictionsSection) {
    if let Some(errors) = &predictions.regression {
        all.get("vigie_rmse", "Root mean squared error of labelled predictions.").add_some(labels, errors.rmse.value);
        all.get("vigie_mae", "Mean absolute error of labelled predictions.").add_some(labels, errors.mae.value);
        all.get("vigie_r2", "R squared of labelled predictions.").add_some(labels, errors.r2);
    }
    if let Some(measured) = &predictions.multiclass {
        all.get("vigie_auc_macro", "AUC one-versus-rest of labelled rows, mean over classes.")
            .add_some(labels, measured.auc_macro);
        for class in &measured.classes {
            let name = shown(&class.class);
            let own: Vec<(&str, &str)> = labels.iter().copied().chain([("class", name.as_str())]).collect();
            all.get("vigie_class_recall", "Recall of a class among labelled rows.")
                .add_some(&own, class.recall.as_ref().and_then(|recall| recall.value));
        }
    }
}

fn add_score(all: &mut MetricFamilies, model: &str, score: &ReportedFeature) {
    let labels = [("model", model)];
    for measure in Measure::ALL {
        if let Some((name, help)) = measure.score_metric() {
            all.get(name, help).add_some(&labels, score.value(*measure));
        }
    }
    let (mean, deviation) = score.summary.window.moments();
    all.get("vigie_score_mean", "Mean of the score.").add_some(&labels, mean);
    all.get("vigie_score_deviation", "Standard deviation of the score.").add_some(&labels, deviation);
    if let Some(refused) = &score.refused_share {
        for (side, share) in [("reference", refused.reference), ("window", refused.window)] {
            all.get(
                "vigie_refused_share",
                "Share of refused rows: as logged in the window, where it has decisions, otherwise by the threshold.",
            )
            .add_some(&[("model", model), ("side", side)], share);
        }
    }
}

fn add_feature(all: &mut MetricFamilies, labels: &[(&str, &str)], feature: &ReportedFeature) {
    for measure in Measure::ALL {
        let (name, help) = measure.feature_metric();
        all.get(name, help).add_some(labels, feature.value(*measure));
    }
    all.get("vigie_feature_q_value", "Smallest q-value of the feature's tests.").add_some(labels, feature.q_value);
    let level = match feature.severity {
        Severity::Stable => Some(0.0),
        Severity::Watch => Some(1.0),
        Severity::Alarm => Some(2.0),
        Severity::TooFew | Severity::NoData => None,
    };
    all.get("vigie_feature_severity", "0 stable, 1 watch, 2 alarm; absent without a verdict.").add_some(labels, level);
}
