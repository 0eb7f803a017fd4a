//! Findings in English.

use vigie_profile::shown::{harmless, shown};

use super::{
    decisions,
    losses::lost,
    measures::{distance, measure_name},
    numbers::{self, grouped, number, percent, plural, points, q, rounded, row_count},
    parity, sequence, skew, stories, unusable,
};
use crate::{
    drift::PsiBinKind,
    fault::{LeftOut, PublicCause},
    judge::{BinShare, Direction, ExactTest, Facts, Failure, Finding, Measure, Severity, StoryKind, Test},
    report::words::format::day,
};

const CAUTION: &str = "assuming that scores still mean what they did in the reference";

pub(super) fn measure(finding: &Finding) -> String {
    match &finding.facts {
        Facts::Psi { value, largest_bin, exact_test: _ } => {
            let mostly = largest_bin.as_ref().map_or(String::new(), |BinShare { kind, label, from, to }| {
                format!(", mostly from {} ({} → {})", values(*kind, label), percent(*from), percent(*to))
            });
            format!("PSI {}{mostly}", number(*value))
        }
        Facts::Distance { measure, value, bounds, in_unit } => distance(*measure, *value, *bounds, *in_unit),
        Facts::Missing { from, to } => format!("missing {} → {}", percent(*from), percent(*to)),
        Facts::Unseen { share, excess: _, levels, has_more } => {
            let names: Vec<String> = levels.iter().map(|name| format!("“{}”", shown(name))).collect();
            let more = if *has_more { ", …" } else { "" };
            let listed = if names.is_empty() { String::new() } else { format!(" ({}{more})", names.join(", ")) };
            format!("{} of rows have levels not seen in the reference{listed}", percent(*share))
        }
        Facts::Absent { near } => {
            let near = near.as_ref().map_or(String::new(), |near| format!("; records have `{}`", shown(near)));
            format!("no record in the window has this feature{near}")
        }
        Facts::Dead { from, to } => unusable::dead(*from, *to),
        Facts::Constant { value, from, to } => unusable::constant(value, *from, *to),
        Facts::RowsLeftOut { .. } => unusable::left_out(&finding.facts),
        Facts::ScoreNotMapped => "the reference has a score, but the config maps none, so it is not monitored; set \
                                  source.fields.probability"
            .to_owned(),
        Facts::RefusalRate { from, to } => format!("{} → {}", percent(*from), percent(*to)),
        Facts::ModelVersion { share } => {
            format!("{} of rows were answered by a different model version", percent(*share))
        }
        Facts::ErrorRate { share } => format!("{} of requests failed", percent(*share)),
        Facts::Latency { p95_ms } => format!("95% of successful requests took up to {} ms", number(*p95_ms)),
        Facts::NoData { has_unreadable, filtered } => no_data(*has_unreadable, *filtered),
        Facts::TooFew { rows, min_rows } => {
            format!("{} used, {} needed for a verdict", row_count(*rows), grouped(*min_rows))
        }
        Facts::Parity { compared, mismatches, max_difference, decisions_flipped: _, cause: _ } => {
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let share = *mismatches as f64 / (*compared as f64).max(1.0);
            let largest = max_difference.map_or(String::new(), |most| format!(", by up to {}", number(most)));
            let differ = plural(*mismatches, "differs from that", "differ from those");
            let (mismatches, compared) = (grouped(*mismatches), grouped(*compared));
            format!("{mismatches} of {compared} logged scores ({}) {differ} of the model file{largest}", percent(share))
        }
        Facts::Decision(found) => decisions::contradictions(found),
        Facts::UnknownDecisions { rows, unknown, words } => decisions::unknown(*rows, *unknown, words),
        Facts::Overrides { refused, from, to, windows } => decisions::overrides(*refused, *from, *to, *windows),
        Facts::Cost { by_labels, increase, window, reference } => {
            let moved = format!(
                "rose by {} to {} per 1,000 rows (reference {})",
                percent(*increase),
                number(*window),
                number(*reference)
            );
            if *by_labels {
                format!("the cost of labelled decisions {moved}")
            } else {
                format!("the expected cost of decisions {moved}, {CAUTION}")
            }
        }
        Facts::Auc { by_labels, drop, window, reference } => {
            let moved = format!("fell by {} to {} (reference {})", number(*drop), number(*window), number(*reference));
            if *by_labels {
                format!("the AUC of labelled rows {moved}")
            } else {
                format!("the expected AUC {moved}, {CAUTION}")
            }
        }
        Facts::SegmentScore { rows, psi, refused } => format!(
            "the score of its {} rows has drifted from the same segment of the reference: PSI {}{}",
            grouped(*rows),
            number(*psi),
            refusal_rate(*refused)
        ),
        Facts::Disparity { against, ratio, low, high } => {
            format!("{} (95% interval {} to {})", acceptance(*ratio, against.as_deref()), number(*low), number(*high))
        }
        Facts::Volume { records, usual: _, windows: _ } => {
            format!("{} {}", grouped(*records), plural(*records, "record", "records"))
        }
        Facts::StaleReference { days, limit_days: _ } => format!("the reference is {days} days old"),
        Facts::RegistryAway { kept, is_denied } => registry_away(kept, *is_denied),
        Facts::Stale { block, features, share, since } => format!(
            "{} of rows repeat the values of a row of the previous window in {}* ({features} features), since {}",
            percent(*share),
            shown(block),
            day(*since)
        ),
        Facts::Skew { compared, causes, more } => skew::finding(*compared, causes, *more),
        Facts::MissingRecords { missing, writers, dropped, .. } => sequence::finding(*missing, *writers, *dropped),
        Facts::UnfollowedSequence => sequence::UNFOLLOWED.to_owned(),
        Facts::LeftOut(input) => left_out(finding.test, input, input.cause.as_deref()),
        Facts::Lost(loss) => lost(loss),
        Facts::Failed(failure) => self::failure(failure),
        Facts::Story { story, .. } => {
            let strongest = finding.strongest().map_or(String::new(), |strongest| measure(&strongest));
            if story.kind() == StoryKind::Stale { strongest } else { stories::stated(&story.brief(), &strongest) }
        }
        Facts::Stored { sentence: Some(sentence) } => sentence.clone(),
        Facts::Stored { sentence: None } => stored(finding),
    }
}

fn registry_away(kept: &str, is_denied: bool) -> String {
    let why = if is_denied { "refuses vigie's credentials" } else { "cannot be reached" };
    format!("the model registry {why}; {}, which was kept, is in use", shown(kept))
}

pub(super) fn evidence(finding: &Finding) -> Option<String> {
    let severity = severity_word(finding.severity);
    let q = q(finding.q_value);
    let from = |limit: fn(f64) -> String| Some(format!("{severity} limit {}", limit(finding.limit?)));
    match &finding.facts {
        Facts::Psi { value: _, largest_bin: _, exact_test } => {
            let exact = match exact_test {
                None => "",
                Some(ExactTest::Missing) => " by the exact test of missing values",
                Some(ExactTest::Unseen) => " by the exact test of unseen levels",
                Some(ExactTest::OutOfRange) => " by the exact test of values out of range",
            };
            Some(format!("{}, q {q}{exact}", from(number)?))
        }
        Facts::Distance { measure, .. } if measure.tested_by() != *measure => {
            Some(format!("{}, q {q} (test: {})", from(number)?, measure_name(measure.tested_by())))
        }
        Facts::Distance { .. } | Facts::SegmentScore { .. } => Some(format!("{}, q {q}", from(number)?)),
        Facts::Missing { .. } | Facts::RefusalRate { .. } | Facts::Overrides { .. } => {
            Some(format!("{}, q {q}", from(points)?))
        }
        Facts::Decision(found) => Some(decisions::contradictions_evidence(found.cause).to_owned()),
        Facts::UnknownDecisions { .. } => Some("state in model.decisions what they mean".to_owned()),
        Facts::Unseen { .. } => Some(format!("{}, q {q}", from(percent)?)),
        Facts::ModelVersion { .. }
        | Facts::ErrorRate { .. }
        | Facts::Stale { .. }
        | Facts::Skew { .. }
        | Facts::MissingRecords { .. } => from(percent),
        Facts::Dead { .. } | Facts::Constant { .. } => Some(format!("{}, p {q}", from(percent)?)),
        Facts::RowsLeftOut { usual, windows, .. } => {
            Some(format!("{}{}", from(percent)?, unusable::usual(*usual, *windows)))
        }
        Facts::Latency { .. } => from(|limit| format!("{} ms", number(limit))),
        Facts::Cost { .. } => Some(format!("{} (q {q})", from(percent)?)),
        Facts::Auc { .. } => Some(format!("{} (q {q})", from(number)?)),
        Facts::Disparity { .. } => Some(format!("{severity} below {}, q {q}", number(1.0 - finding.limit?))),
        Facts::Parity { compared: _, mismatches: _, max_difference: _, decisions_flipped, cause } => {
            let why = parity::why(cause.as_ref());
            let decisions = plural(*decisions_flipped, "decision", "decisions");
            Some(format!("{} {decisions} would change; {why}", grouped(*decisions_flipped)))
        }
        Facts::Volume { records: _, usual, windows } => {
            Some(format!("this weekday usually has {} (median of {windows} windows)", rounded(*usual)))
        }
        Facts::StaleReference { days: _, limit_days } => {
            Some(format!("the limit is {limit_days} days; learn a new reference from recent rows"))
        }
        // Groups have the figures of one of many features only.
        Facts::Story { story, .. } if story.brief().only().is_none() && story.kind() != StoryKind::Stale => None,
        Facts::Story { .. } => evidence(&finding.strongest()?),
        Facts::Absent { .. }
        | Facts::ScoreNotMapped
        | Facts::UnfollowedSequence
        | Facts::RegistryAway { .. }
        | Facts::NoData { .. }
        | Facts::TooFew { .. }
        | Facts::LeftOut(_)
        | Facts::Lost(_)
        | Facts::Failed(_)
        | Facts::Stored { .. } => None,
    }
}

pub(super) fn by_chance(q_value: Option<f64>, required: f64) -> String {
    match q_value {
        Some(_) => format!(", but this is consistent with chance (q {} > {required})", q(q_value)),
        None => ", but there are too few rows to distinguish this from chance".to_owned(),
    }
}

/// A redacted finding in a message: unseen levels by their excess, input that was not read with a pointer to the report, a
/// story with what caused it.
pub(super) fn message(finding: &Finding) -> Option<String> {
    match &finding.facts {
        Facts::Unseen { share: _, excess, levels: _, has_more: _ } => Some(unseen_excess(Some(*excess), finding.limit)),
        Facts::LeftOut(input) => {
            Some(format!("{}; see the report for the reason", left_out(finding.test, input, None)))
        }
        Facts::Story { story, .. } => {
            let strongest = finding.strongest()?;
            let short = message(&strongest);
            let evidence = if short.is_none() { evidence(finding) } else { None };
            let stated = stories::stated(&story.brief(), &short.unwrap_or_else(|| measure(&strongest)));
            let evidence = evidence.map_or(String::new(), |evidence| format!("; {evidence}"));
            Some(format!("{stated}{evidence}; {}", stories::side(story)))
        }
        _ => None,
    }
}

fn unseen_excess(excess: Option<f64>, limit: Option<f64>) -> String {
    let share = excess.map_or("some".to_owned(), percent);
    let limit = limit.map_or(String::new(), |limit| format!("; the limit is {}", percent(limit)));
    format!("{share} of rows beyond the expected share have levels not seen in the reference{limit}")
}

/// A stored sentence that was redacted.
fn stored(finding: &Finding) -> String {
    match finding.test {
        Test::Measure(Measure::Unseen) => unseen_excess(finding.value, finding.limit),
        Test::Labels => "a part of the labels could not be read; see the report for the reason".to_owned(),
        Test::Source => "the log, or a part of it, could not be read; run `vigie status` for the reason".to_owned(),
        _ => String::new(),
    }
}

pub(super) fn segment(name: &str, finding: &Finding) -> String {
    let name = shown(name);
    match &finding.facts {
        Facts::Disparity { against, ratio, low: _, high: _ } => {
            format!("segment “{name}” is {}", acceptance(*ratio, against.as_deref()))
        }
        Facts::SegmentScore { rows: _, psi, refused } => {
            format!("the score of segment “{name}” has drifted, PSI {}{}", number(*psi), refusal_rate(*refused))
        }
        _ => format!("segment “{name}”: {}", measure(finding)),
    }
}

fn acceptance(ratio: f64, against: Option<&str>) -> String {
    let against = against.map_or("all other rows".to_owned(), |name| format!("“{}”", shown(name)));
    format!("accepted {} times as often as {against}", number(ratio))
}

fn refusal_rate(refused: Option<(f64, f64)>) -> String {
    refused.map_or(String::new(), |(from, to)| format!(", refusal rate {} → {}", percent(from), percent(to)))
}

fn no_data(has_unreadable: bool, filtered: u64) -> String {
    let question =
        "no records in this window: is the service up, and does it write its log to the configured location?";
    match (has_unreadable, filtered) {
        (true, _) => {
            "no records in this window, but part of the log could not be read: see the other findings".to_owned()
        }
        (false, 0) => question.to_owned(),
        (false, filtered) => {
            format!("{question} source.where excluded {} {}", grouped(filtered), plural(filtered, "record", "records"))
        }
    }
}

fn shown_cause(input: &LeftOut) -> String {
    harmless(input.cause.as_deref().unwrap_or_default())
}

fn left_out(test: Test, input: &LeftOut, cause: Option<&str>) -> String {
    let unnamed = match test {
        Test::Labels => "labels",
        Test::Skew => "the feature table",
        _ => "a part of the log",
    };
    match (input.place.as_deref(), cause) {
        (Some(place), Some(cause)) => format!("not read: {place}: {cause}"),
        (None, Some(cause)) => format!("not read: {cause}"),
        (place, None) => format!("not read: {}", place.unwrap_or(unnamed)),
    }
}

/// Input that could not be read, as a clause of a headline.
pub(super) fn left_out_clause(test: Test, input: &LeftOut) -> String {
    match (test, input.place.as_deref()) {
        // These causes name columns, not rows.
        (Test::Labels, Some("labels.id" | "labels.target")) if input.cause.is_some() => {
            format!("labels could not be used: {}", shown_cause(input))
        }
        (Test::Labels, Some(place)) => format!("labels could not be read ({place})"),
        (Test::Labels, None) => "labels could not be read".to_owned(),
        _ => left_out(test, input, None),
    }
}

pub(super) fn failure(failure: &Failure) -> String {
    match failure {
        Failure::Error { detail: Some(text), public: _ }
        | Failure::Error { detail: None, public: PublicCause::Text(text) } => text.clone(),
        Failure::Error { detail: None, public: PublicCause::Lost(loss) } => lost(loss),
        Failure::Error { detail: None, public: PublicCause::Crashed } => {
            "the run crashed; this is a bug in vigie: please report it".to_owned()
        }
        Failure::Error { detail: None, public: PublicCause::NotCounted } => {
            "the records of the window cannot be counted; run `vigie status` for the reason".to_owned()
        }
        Failure::Error { detail: None, public: PublicCause::NotReadAgain } => {
            "the records of the window cannot be read again; run `vigie status` for the reason".to_owned()
        }
        Failure::Retried { windows: 1, first } => format!(
            "the window from {} to {} has no report yet and will be retried; run `vigie status` for the reason",
            first.from, first.to
        ),
        Failure::Retried { windows, first } => format!(
            "{windows} windows, the first from {} to {}, have no report yet and will be retried; run `vigie status` for the \
             reason",
            first.from, first.to
        ),
        Failure::Missed { windows, span } => format!(
            "{windows} windows from {} to {} were not checked: more than schedule.catch_up allows; \
             run `vigie check --from T --to T` to check one",
            span.from, span.to
        ),
    }
}

pub(super) fn direction(direction: &Direction) -> String {
    let or_dash = |share: &Option<f64>| share.map_or("–".to_owned(), percent);
    let more = |from: f64, to: f64| if to > from { "more" } else { "less" };
    let rose = |from: f64, to: f64| if to > from { "increased" } else { "decreased" };
    match direction {
        Direction::Absent { near: None } => "is in no record".to_owned(),
        Direction::Absent { near: Some(near) } => {
            format!("is in no record, but records have `{}`", shown(near))
        }
        Direction::Dead { from, to } => {
            format!("no longer has a value, missing {} → {}", percent(*from), percent(*to))
        }
        Direction::Constant { value } => format!("has the same value everywhere{}", unusable::which(value)),
        Direction::Missing { from, to } => {
            let often = if to > from { "more" } else { "less" };
            format!("is missing {often} often, {} → {}", or_dash(from), or_dash(to))
        }
        Direction::Unseen { share } => {
            format!("has levels not seen in the reference, {} → {}", percent(0.0), or_dash(share))
        }
        Direction::Above { from, to } => {
            format!("is above the reference maximum more often, {} → {}", percent(*from), percent(*to))
        }
        Direction::Below { from, to } => {
            format!("is below the reference minimum more often, {} → {}", percent(*from), percent(*to))
        }
        Direction::Equals { bin: BinShare { kind, label, from, to } } => {
            let label = bin_label(*kind, label);
            format!("is {label} {} often, {} → {}", more(*from, *to), percent(*from), percent(*to))
        }
        Direction::Within { bin: BinShare { kind, label, from, to } } => {
            let label = bin_label(*kind, label);
            format!("falls in the range {label} {} often, {} → {}", more(*from, *to), percent(*from), percent(*to))
        }
        Direction::Median { from, to } => {
            format!("{}, median {} → {}", rose(*from, *to), number(*from), number(*to))
        }
        Direction::Mean { from, to } => format!("{}, mean {} → {}", rose(*from, *to), number(*from), number(*to)),
        Direction::Unknown => "has drifted".to_owned(),
    }
}

/// The values of a bin that contributes to PSI.
fn values(kind: PsiBinKind, label: &str) -> String {
    match kind {
        PsiBinKind::Above => "values above the reference maximum".to_owned(),
        PsiBinKind::Below => "values below the reference minimum".to_owned(),
        PsiBinKind::Missing => "missing values".to_owned(),
        PsiBinKind::Atom | PsiBinKind::Interval => numbers::values(label),
        PsiBinKind::Unseen | PsiBinKind::Level | PsiBinKind::Rare => shown(label),
    }
}

pub(super) fn bin_label(kind: PsiBinKind, label: &str) -> String {
    match kind {
        PsiBinKind::Missing => "missing".to_owned(),
        PsiBinKind::Below => "below the reference minimum".to_owned(),
        PsiBinKind::Above => "above the reference maximum".to_owned(),
        PsiBinKind::Unseen => "unseen levels".to_owned(),
        PsiBinKind::Rare => "rare levels".to_owned(),
        PsiBinKind::Atom | PsiBinKind::Interval => numbers::values(label),
        PsiBinKind::Level => shown(label),
    }
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Stable => "stable",
        Severity::Watch => "watch",
        Severity::Alarm => "alarm",
        Severity::TooFew => "too few",
        Severity::NoData => "no data",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(facts: Facts) -> String {
        let finding = Finding {
            limit: Some(0.05),
            q_value: Some(1e-9),
            ..Finding::of_run(Test::Measure(Measure::Psi), Severity::Watch, facts)
        };
        let evidence = evidence(&finding).map_or(String::new(), |evidence| format!("; {evidence}"));
        format!("{}{evidence}", measure(&finding))
    }

    #[test]
    fn limits_have_the_unit_of_the_measure() {
        let bin = |kind| BinShare { kind, label: "≥ 7".to_owned(), from: 0.0, to: 1.0 / 3.0 };
        let psi = |kind| Facts::Psi { value: 0.3, largest_bin: Some(bin(kind)), exact_test: None };
        assert_eq!(
            stated(psi(PsiBinKind::Above)),
            "PSI 0.300, mostly from values above the reference maximum (0% → 33.3%); watch limit 0.050, q 1e-9"
        );
        assert!(stated(psi(PsiBinKind::Interval)).starts_with("PSI 0.300, mostly from ≥ 7 (0% → 33.3%)"));
        assert_eq!(
            stated(Facts::Missing { from: 0.0, to: 1.0 }),
            "missing 0% → 100%; watch limit 5.00 percentage points, q 1e-9"
        );
        assert_eq!(stated(Facts::ErrorRate { share: 0.1 }), "10.0% of requests failed; watch limit 5.0%");
        let cost = Facts::Cost { by_labels: true, increase: 0.1, window: 110.0, reference: 100.0 };
        assert_eq!(
            stated(cost),
            "the cost of labelled decisions rose by 10.0% to 110 per 1,000 rows (reference 100); watch limit 5.0% (q 1e-9)"
        );
    }

    #[test]
    fn counts_and_their_nouns_agree() {
        assert_eq!(stated(Facts::TooFew { rows: 1, min_rows: 500 }), "1 row used, 500 needed for a verdict");
        let differing = |mismatches, decisions_flipped| Facts::Parity {
            compared: 10,
            mismatches,
            max_difference: None,
            decisions_flipped,
            cause: None,
        };
        let one = stated(differing(1, 1));
        assert!(
            one.starts_with("1 of 10 logged scores (10.0%) differs from that of the model file; 1 decision "),
            "{one}"
        );
        let many = stated(differing(2, 0));
        assert!(
            many.starts_with("2 of 10 logged scores (20.0%) differ from those of the model file; 0 decisions"),
            "{many}"
        );
        let excluded = stated(Facts::NoData { has_unreadable: false, filtered: 1 });
        assert!(excluded.ends_with("source.where excluded 1 record"), "{excluded}");
    }

    #[test]
    fn input_that_was_not_read_is_named() {
        let file = LeftOut { place: Some("a.csv".to_owned()), cause: Some("it is torn".to_owned()) };
        assert_eq!(left_out(Test::Source, &file, file.cause.as_deref()), "not read: a.csv: it is torn");
        assert_eq!(left_out_clause(Test::Source, &file), "not read: a.csv");
        assert_eq!(left_out_clause(Test::Labels, &file), "labels could not be read (a.csv)");
    }
}
