//! Service: volume by hour, responses by status, latency; and rows left out, with examples.

use vigie_profile::{
    profile::{HourOfDay, Latency},
    window::Instant,
};

use super::{
    card::{FigureLine, line},
    fact::{Fact, fact},
};
use crate::{
    judge::SequenceCheck,
    report::{Report, chart, words::Language},
};

/// Content of the service section.
pub(crate) struct ServicePart {
    pub facts: Vec<Fact>,
    pub volume: String,
    /// Percentile, for answered and for failed requests.
    pub latency: Vec<FigureLine>,
    /// Status, requests, share.
    pub statuses: Vec<FigureLine>,
    /// Chart of `hours`; empty without latencies.
    pub hourly: String,
    pub hours: Vec<HourLine>,
}

/// Table row of an hour of the day.
pub(crate) struct HourLine {
    pub hour: String,
    pub requests: String,
    pub p50: String,
    pub p95: String,
    pub p99: String,
    /// `500: 12`; empty without failures.
    pub errors: String,
}

pub(crate) fn service(report: &Report, language: Language) -> ServicePart {
    let traffic = &report.traffic;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |part: u64| (traffic.requests > 0).then(|| part as f64 / traffic.requests as f64);
    let statuses = traffic.by_status.iter().map(|(status, count)| {
        line(status.to_string(), language.grouped(*count), language.percent_or_dash(share(*count)))
    });
    ServicePart {
        facts: vec![
            fact(language.labels().requests, language.grouped(traffic.requests)),
            fact(
                language.labels().failed,
                format!("{} ({})", language.grouped(traffic.errors), language.percent_or_dash(share(traffic.errors))),
            ),
        ],
        volume: volume(report, language),
        latency: latency(&traffic.latency, &traffic.failed_latency, language),
        statuses: statuses.collect(),
        hourly: chart::percentiles(&percentiles(report), report.policy.latency_p95_ms, language),
        hours: hours(report, language),
    }
}

fn busy(report: &Report) -> impl Iterator<Item = (usize, &HourOfDay)> {
    report.traffic.by_hour_of_day.iter().enumerate().filter(|(_, of)| of.requests() > 0)
}

fn percentiles(report: &Report) -> Vec<chart::Hour> {
    let of = |(hour, of): (usize, &HourOfDay)| {
        let at = |q| of.quantile_ms(q);
        Some(chart::Hour { of_day: hour, p50: at(0.50)?, p95: at(0.95)?, p99: at(0.99)? })
    };
    busy(report).filter_map(of).collect()
}

fn hours(report: &Report, language: Language) -> Vec<HourLine> {
    let line = |(hour, of): (usize, &HourOfDay)| {
        let ms = |q| language.milliseconds(of.quantile_ms(q));
        let errors: Vec<String> = of
            .errors()
            .iter()
            .map(|(status, count)| format!("{status}{} {}", language.colon(), language.grouped(*count)))
            .collect();
        HourLine {
            hour: format!("{hour:02}"),
            requests: language.grouped(of.requests()),
            p50: ms(0.50),
            p95: ms(0.95),
            p99: ms(0.99),
            errors: errors.join(", "),
        }
    };
    busy(report).map(line).collect()
}

/// Maximum number of hours drawn; a longer window is drawn by day.
const MAX_HOURS: i64 = 72;
const HOUR_US: i64 = 3_600_000_000;

fn volume(report: &Report, language: Language) -> String {
    let by_hour = &report.traffic.by_hour;
    let (Some(first), Some(last)) = (by_hour.keys().next(), by_hour.keys().next_back()) else { return String::new() };
    let span = if last - first < MAX_HOURS { 1 } else { 24 };
    let (first, last) = (first.div_euclid(span), last.div_euclid(span));
    // A window of several years is not drawn.
    if last - first > 800 {
        return String::new();
    }
    let columns: Vec<chart::CountColumn> = (first..=last)
        .map(|slot| {
            let hours = by_hour.range(slot * span..(slot + 1) * span);
            let (all, part) =
                hours.fold((0, 0), |(all, part), (_, (requests, errors))| (all + requests, part + errors));
            let text = Instant(slot * span * HOUR_US).to_string();
            let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
            let (when, label) = if span == 1 { (piece(11, 16), piece(11, 13)) } else { (piece(0, 10), piece(8, 10)) };
            // Labels of a phone are as wide as three columns.
            let every = ((last - first) / 8).max(1);
            chart::CountColumn {
                label: if (slot - first) % every == 0 { label.to_owned() } else { String::new() },
                title: format!("{when}{} {}", language.colon(), language.requests(all, part)),
                total: all,
                part,
            }
        })
        .collect();
    let top = columns.iter().map(|column| column.total).max().unwrap_or(0);
    chart::columns(&columns, language.labels().volume, &language.grouped(top))
}

fn latency(answered: &Latency, failed: &Latency, language: Language) -> Vec<FigureLine> {
    let labels = language.labels();
    if answered.count() == 0 && failed.count() == 0 {
        return Vec::new();
    }
    let ms = |value: Option<f64>| language.milliseconds(value);
    let mut lines: Vec<FigureLine> = [("p50", 0.50), ("p90", 0.90), ("p95", 0.95), ("p99", 0.99)]
        .into_iter()
        .map(|(name, q)| line(name, ms(answered.quantile_ms(q)), ms(failed.quantile_ms(q))))
        .collect();
    lines.push(line(labels.longest, ms(answered.max_ms()), ms(failed.max_ms())));
    lines.push(line(labels.mean, ms(answered.mean_ms()), ms(failed.mean_ms())));
    lines.push(line(labels.count, language.grouped(answered.count()), language.grouped(failed.count())));
    lines
}

/// Content of the data quality section.
pub(crate) struct Quality {
    pub facts: Vec<Fact>,
    pub complaints: Vec<ComplaintLine>,
}

/// Table row of a reason for leaving rows out, with examples.
pub(crate) struct ComplaintLine {
    pub reason: String,
    pub count: String,
    pub examples: Vec<String>,
}

pub(crate) fn quality(report: &Report, language: Language) -> Quality {
    let labels = language.labels();
    let complaints = report.examined.complaints.iter().map(|(reason, complaint)| ComplaintLine {
        reason: language.complaint(reason),
        count: language.grouped(complaint.count),
        examples: complaint.examples.iter().cloned().collect(),
    });
    let missing = report.examined.sequence.and_then(|check| match check {
        SequenceCheck::Counted { missing, .. } => Some(language.grouped(missing)),
        SequenceCheck::Unfollowed => None,
    });
    Quality {
        facts: [
            fact(labels.records, language.grouped(report.rows())),
            fact(labels.rows_used, language.grouped(report.drift.n_window)),
            fact(labels.left_out_by_where, language.grouped(report.examined.filtered)),
        ]
        .into_iter()
        .chain(missing.map(|missing| fact(labels.missing_records, missing)))
        .collect(),
        complaints: complaints.collect(),
    }
}
