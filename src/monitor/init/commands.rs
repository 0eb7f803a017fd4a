//! The commands that `vigie init` prints: learn the reference, then check.

use std::{fmt::Write as _, path::Path};

use jiff::{Timestamp, civil::Time, tz::TimeZone};
use vigie_profile::window::{Cadence, Instant, Span, Window};

use crate::{
    monitor::registry::learn_command::quoted,
    propose::{Known, Proposal, ProposedScore, Volume},
};

/// Number of days of a log to learn from, at most.
const LEARNT_DAYS: usize = 28;
/// Rows to learn from, about: more take memory and show little more.
const LEARNT_ROWS: u64 = 300_000;

/// The days of a log to learn from, and the day to check first.
pub(super) struct Days {
    pub learnt: Window,
    pub checked: Window,
    /// Whether both are the same day, because the log has only one.
    pub is_single: bool,
    /// The zone of dates on the command line.
    zone: TimeZone,
}

/// Divides the days of a log: the first half to learn from, the last one to check.
pub(super) fn days(found: &[(Window, u64)], zone: &TimeZone) -> Option<Days> {
    let (first, last) = (found.first()?.0, found.last()?.0);
    let half = found.len().div_ceil(2).min(LEARNT_DAYS).min(found.len().saturating_sub(1));
    let mut rows = 0;
    let enough = found.iter().take_while(|(_, count)| {
        rows += count;
        rows <= LEARNT_ROWS
    });
    let half = half.min(enough.count()).max(1);
    let end = found.get(half - 1)?.0;
    Some(Days {
        learnt: Window { from: first.from, to: end.to },
        checked: last,
        is_single: found.len() == 1,
        zone: zone.clone(),
    })
}

/// Chooses windows in which a log of few rows has enough for a verdict.
pub(super) fn volume(daily: &[(Window, u64)], zone: &TimeZone) -> Volume {
    /// Enough for the default of `policy.min_rows`.
    const MANY: u64 = 1_000;
    /// Fewer rows show next to nothing.
    const FEW: u64 = 100;
    let mut counts: Vec<u64> = daily.iter().map(|(_, count)| *count).collect();
    counts.sort_unstable();
    let median = counts.get(counts.len() / 2).copied().unwrap_or(0);
    let min_rows = |rows: u64| (rows / 2 / 50 * 50).clamp(50, 500);
    let own = |window, rows| Volume { window, min_rows: min_rows(rows), daily: median };
    if median >= MANY || daily.is_empty() {
        return Volume { window: "1d", min_rows: 500, daily: median };
    }
    let longer = [("7d", Span::from_days(7), 7), ("month", Span::month(), 30)];
    let enough = longer.into_iter().find(|(_, span, days)| {
        let windows = Cadence::new(*span, zone.clone()).map_or(0, |cadence| regrouped(daily, &cadence).len());
        windows > 1 && median * days >= FEW
    });
    match enough {
        Some((window, _, days)) if median < FEW => own(window, median * days),
        _ => own("1d", median),
    }
}

/// Days as the windows of another cadence.
pub(super) fn regrouped(daily: &[(Window, u64)], cadence: &Cadence) -> Vec<(Window, u64)> {
    let mut all: Vec<(Window, u64)> = Vec::new();
    for (day, count) in daily {
        let window = cadence.window_at(day.from);
        match all.last_mut().filter(|(last, _)| *last == window) {
            Some((_, sum)) => *sum += count,
            None => all.push((window, *count)),
        }
    }
    all
}

/// The command that learns the reference from a table, or from the log's own days.
pub(super) fn learn_command(
    proposal: &Proposal,
    known: &Known,
    (config, reference): (&Path, &Path),
    (model, data): (Option<&Path>, Option<&Path>),
    days: Option<&Days>,
) -> String {
    let mut command = String::from("vigie learn");
    let mut add = |flag: &str, value: &str| {
        let _ = write!(command, " {flag} {}", quoted(value));
    };
    let has_names = !known.model_features.is_empty();
    match data {
        Some(data) => {
            add("--data", &data.to_string_lossy());
            if !known.csv.is_default() {
                add("--csv", &known.csv.to_string());
            }
            let target = known.target(&proposal.feature_names);
            let score = known.score(&proposal.feature_names);
            if let Some(target) = target {
                add("--target", target);
            }
            if let Some(score) = score {
                let is_regression = matches!(proposal.score, Some(ProposedScore::Prediction(_)));
                add(if is_regression { "--prediction" } else { "--probability" }, score);
            }
            let others = known.columns.iter().map(|column| column.name.as_str());
            let is_other = |name: &&str| {
                !proposal.feature_names.iter().any(|own| own == name) && Some(*name) != target && Some(*name) != score
            };
            let others: Vec<&str> = others.filter(is_other).collect();
            if !others.is_empty() && !has_names {
                add("--ignore", &others.join(","));
            }
        }
        None => {
            add("--config", &config.to_string_lossy());
            if let Some(days) = days {
                add("--from", &short(days.learnt.from, &days.zone));
                add("--to", &short(days.learnt.to, &days.zone));
            }
            if !proposal.ignored.is_empty() && !has_names {
                add("--ignore", &proposal.ignored.join(","));
            }
        }
    }
    if let Some(model) = model {
        add("--model", &model.to_string_lossy());
    }
    add("--out", &reference.to_string_lossy());
    command
}

/// The command that checks the latest window, or if it is not over yet, the day that has records.
pub(super) fn check_command(config: &Path, days: Option<&Days>, is_complete: bool) -> String {
    let config = quoted(&config.to_string_lossy());
    match days {
        Some(days) if !is_complete || days.is_single => {
            format!(
                "vigie check --config {config} --from {} --to {}",
                short(days.checked.from, &days.zone),
                short(days.checked.to, &days.zone)
            )
        }
        _ => format!("vigie check --config {config}"),
    }
}

/// A time as an argument: midnight of the schedule's zone as a date.
fn short(at: Instant, zone: &TimeZone) -> String {
    let civil = Timestamp::from_microsecond(at.0).map(|at| zone.to_datetime(at));
    match civil {
        Ok(civil) if civil.time() == Time::midnight() => civil.date().to_string(),
        _ => at.to_string(),
    }
}
