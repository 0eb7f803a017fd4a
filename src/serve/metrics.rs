//! Counts of requests and times, for Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Upper ends of the buckets of answer times, in microseconds.
const BUCKETS: [u64; 12] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000];

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    microseconds: AtomicU64,
    pub rows: AtomicU64,
    pub refused: AtomicU64,
    /// Requests whose scores by the challenger are not in its log.
    pub unshadowed: AtomicU64,
}

impl Metrics {
    /// Counts an answer.
    pub(super) fn observe(&self, endpoint: &'static str, status: u16, time: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((endpoint, status)).or_default() += 1;
        drop(requests);
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if let Some((_, bucket)) = BUCKETS.iter().zip(&self.buckets).find(|(end, _)| micros <= **end) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(micros, Ordering::Relaxed);
    }

    /// The text format of Prometheus.
    pub(super) fn write(&self, out: &mut String) {
        out.push_str(
            "# HELP vigie_serve_requests_total Requests answered.\n# TYPE vigie_serve_requests_total counter\n",
        );
        for ((endpoint, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(out, "vigie_serve_requests_total{{endpoint=\"{endpoint}\",status=\"{status}\"}} {count}");
        }
        out.push_str(
            "# HELP vigie_serve_duration_seconds Time to answer a request.\n# TYPE vigie_serve_duration_seconds histogram\n",
        );
        let mut below = 0;
        for (end, bucket) in BUCKETS.iter().zip(&self.buckets) {
            below += bucket.load(Ordering::Relaxed);
            let _ = writeln!(out, "vigie_serve_duration_seconds_bucket{{le=\"{}\"}} {below}", seconds(*end));
        }
        let count = self.count.load(Ordering::Relaxed);
        let _ = writeln!(out, "vigie_serve_duration_seconds_bucket{{le=\"+Inf\"}} {count}");
        let _ =
            writeln!(out, "vigie_serve_duration_seconds_sum {}", seconds(self.microseconds.load(Ordering::Relaxed)));
        let _ = writeln!(out, "vigie_serve_duration_seconds_count {count}");
        for (name, help, value) in [
            ("rows_total", "Rows scored.", &self.rows),
            ("refused_rows_total", "Rows whose decision was a refusal.", &self.refused),
            (
                "unshadowed_total",
                "Requests whose scores by the challenger are not in its log: too many waited, or they failed.",
                &self.unshadowed,
            ),
        ] {
            counter(out, name, help, value.load(Ordering::Relaxed));
        }
    }
}

/// Writes a counter.
pub(super) fn counter(out: &mut String, name: &str, help: &str, value: u64) {
    let _ = writeln!(
        out,
        "# HELP vigie_serve_{name} {help}\n# TYPE vigie_serve_{name} counter\nvigie_serve_{name} {value}"
    );
}

/// Writes a gauge, with the labels as they are in the text format.
pub(super) fn gauge(out: &mut String, name: &str, help: &str, labels: &str, value: u64) {
    let _ = writeln!(
        out,
        "# HELP vigie_serve_{name} {help}\n# TYPE vigie_serve_{name} gauge\nvigie_serve_{name}{labels} {value}"
    );
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 microseconds")]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}
