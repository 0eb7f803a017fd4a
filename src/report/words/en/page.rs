//! Sentences of the pages in English.

use vigie_profile::{
    shown::{harmless, shown},
    window::{Instant, Window},
};
use vigie_stats::{Interval, Price};

use super::{
    English, advice, decisions, history, label_counts,
    labels::LABELS,
    leaves, lists,
    numbers::{exact, four_decimals, grouped, number, percent, plural, row_count},
    parity, replays, stories,
};
use crate::{
    drift::NotCompared,
    judge::{Pace, Severity, Story},
    performance::{CostCurve, EstimateCheck, Expected, LabelCounts, NoEstimate, OutcomeKind, Realised},
    replay::{LeafDrift, NoPValue, OtherModel, Parity, ParityCause, ScorePromise, ScoreShift},
    report::{
        report::{AgainstWindow, DecisionReport, SkippedFiles},
        words::{
            Notation,
            format::{day, minute},
            labels::PageLabels,
            page_words::PageWords,
            values::{Advice, Cause, ChangedDecisions, Restored, Since},
        },
    },
};

impl PageWords for English {
    fn labels(&self) -> &'static PageLabels {
        &LABELS
    }

    fn glossary(&self) -> &'static str {
        include_str!("glossary.html")
    }

    fn advice(&self, advice: Advice) -> &'static str {
        advice::advice(advice)
    }

    fn cause(&self, cause: Cause) -> &'static str {
        stories::cause(cause)
    }

    fn reasons(&self, story: &Story) -> String {
        stories::reasons(story)
    }

    fn since(&self, since: &Since) -> String {
        history::since(since)
    }

    fn same_since(&self, from: Instant, windows: usize) -> String {
        history::same_since(from, windows)
    }

    fn names(&self, names: &[String], more: usize) -> String {
        lists::names(names, more)
    }

    fn part_of(&self, part: u64, whole: u64) -> String {
        format!("{} of {}", grouped(part), grouped(whole))
    }

    fn interval(&self, interval: Interval) -> String {
        let Interval { value, low, high } = interval;
        format!("{} ({} to {})", number(value), number(low), number(high))
    }

    fn row_count(&self, rows: u64) -> String {
        row_count(rows)
    }

    fn rows_left_out(&self, rows: u64) -> String {
        format!("{} left out", grouped(rows))
    }

    fn requests(&self, requests: u64, failed: u64) -> String {
        format!("{} {}, {} failed", grouped(requests), plural(requests, "request", "requests"), grouped(failed))
    }

    fn pooled_levels(&self, levels: usize) -> String {
        match levels {
            1 => ", 1 rare level pooled".to_owned(),
            levels => format!(", {levels} rare levels pooled"),
        }
    }

    fn untested_levels(&self, levels: usize) -> String {
        format!("not tested: all {} levels are rare; group them to test their shares", self.grouped(levels as u64))
    }

    fn below_and_above(&self, below: Option<f64>, above: Option<f64>) -> String {
        format!("below: {}, above: {}", self.percent_or_dash(below), self.percent_or_dash(above))
    }

    fn cost_curve(&self, curve: &CostCurve) -> String {
        let at = |threshold: Option<f64>| threshold.map_or("refusing nobody".to_owned(), four_decimals);
        let used = exact(curve.terms.threshold);
        let (cheapest, low, high) = (at(curve.cheapest.threshold), at(curve.near.low), at(curve.near.high));
        format!(
            "On the {} rows of the reference, the threshold in use ({used}) costs {} per 1,000 rows; the cheapest \
             ({cheapest}) costs {}. Thresholds from {low} to {high} are not significantly more expensive (5%), and {used} is \
             {} that range.",
            grouped(whole(curve.rows)),
            number(curve.used),
            number(curve.least),
            if curve.is_used_near() { "within" } else { "outside" }
        )
    }

    fn surprise(&self, check: &EstimateCheck) -> String {
        let band = |of: Interval| format!("{} to {}", number(of.low), number(of.high));
        let mut parts = Vec::new();
        if !check.is_cost_inside() {
            parts.push(format!(
                "a cost of {} per 1,000 rows where {} was expected",
                number(check.cost_realised),
                band(check.cost_expected)
            ));
        }
        if let (Some(false), Some(expected), Some(realised)) =
            (check.is_auc_inside(), check.auc_expected, check.auc_realised)
        {
            parts.push(format!("an AUC of {} where {} was expected", number(realised), band(expected)));
        }
        format!(
            "The labels show what no estimate without them can see: {}. The same scores no longer have the same outcomes \
             as in the reference: this is concept drift, or a change that the score does not capture.",
            parts.join(" and ")
        )
    }

    fn estimated(&self, from: Instant, expected: (f64, f64, f64), realised: Option<f64>) -> String {
        let (value, low, high) = expected;
        let realised = realised.map_or(String::new(), |cost| format!(", realised {}", number(cost)));
        format!("{}: expected {} ({} – {}){realised}", day(from), number(value), number(low), number(high))
    }

    fn expected_cost(&self, expected: &Expected, price: Price) -> String {
        let moved = expected.cost_moved().map_or(String::new(), |moved| {
            let more = if moved < 0.0 { "less" } else { "more" };
            let own = number(expected.reference.per_1000);
            format!(", {} {more} than in the reference ({own})", percent(moved.abs()))
        });
        format!(
            "The expected cost of these decisions is {} per 1,000 rows{moved}, with {} for each row wrongly accepted and {} for each \
             row wrongly refused.",
            number(expected.cost_per_1000.value),
            exact(price.false_negative),
            exact(price.false_positive)
        )
    }

    fn realised_cost(&self, realised: &Realised) -> String {
        let threshold = realised.cheapest.and_then(|at| at.threshold);
        let cheapest = threshold
            .map_or("refusing nobody".to_owned(), |threshold| format!("threshold {}", four_decimals(threshold)));
        format!(
            "According to their labels, the decisions on {} cost {}; the cheapest choice ({cheapest}) would have saved {}.",
            row_count(realised.rows),
            number(realised.cost.value),
            number(realised.saving().unwrap_or(0.0))
        )
    }

    fn by_labels_of(&self, share: Option<f64>) -> String {
        format!("from labels, {} of rows (95% CI)", share.map_or("–".to_owned(), percent))
    }

    fn no_estimate(&self, reason: NoEstimate) -> String {
        format!("There is no estimate without labels: {reason}.")
    }

    fn recent_windows(&self, windows: usize, first: Instant, same_weekday: bool) -> String {
        history::recent_windows(windows, first, same_weekday)
    }

    fn too_few_recent(&self, windows: usize, least: usize) -> String {
        history::too_few_recent(windows, least)
    }

    fn pace(&self, pace: Pace, psi: f64, windows: usize, since: Option<Instant>) -> String {
        history::pace(pace, psi, windows, since)
    }

    fn against(&self, against: &AgainstWindow) -> String {
        history::against(against)
    }

    fn compared_with(&self, reference: &str) -> String {
        format!("compared with {reference}")
    }

    fn not_compared(&self, columns: &[String]) -> String {
        format!(
            "Columns that are not compared: {}.",
            lists::names(columns.get(..10).unwrap_or(columns), columns.len().saturating_sub(10))
        )
    }

    fn range_verdicts(&self, verdicts: &[(Severity, usize)]) -> String {
        history::range_verdicts(verdicts)
    }

    fn labels_not_yet(&self, place: &str) -> String {
        format!("Labels: none have arrived yet ({}). The report will be revised when they do.", harmless(place))
    }

    fn label_counts(&self, labels: &LabelCounts, rows: u64) -> String {
        label_counts::label_counts(labels, rows)
    }

    fn malformed_labels(&self, lines: u64) -> String {
        let are = plural(lines, "line is not a valid record", "lines are not valid records");
        format!("Labels: {} {are}.", grouped(lines))
    }

    fn invalid_label(&self, example: &str, outcome: OutcomeKind) -> String {
        let what = match outcome {
            OutcomeKind::Event => "Neither 0 nor 1",
            OutcomeKind::Number => "Not a number",
            OutcomeKind::Class => "Not one of the classes",
        };
        format!("{what}: {}.", shown(example))
    }

    fn field_not_found(&self, field: &str) -> String {
        format!("No record has the mapped field {}.", shown(field))
    }

    fn doubled_names(&self, names: &[String]) -> String {
        let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
        format!(
            "Names that occur twice in a record or header: {}. Of JSON keys the last counts, of columns the first.",
            names.join(", ")
        )
    }

    fn decimal_comma(&self, example: &str) -> String {
        format!(
            "Not a number: {} (a decimal comma? For CSV, set `csv: {{decimal: \",\"}}` next to source.path).",
            shown(example)
        )
    }

    fn skipped_files(&self, skipped: &SkippedFiles) -> String {
        let mut names = skipped.names.clone();
        if skipped.more > 0 {
            names.push(format!("and {} more", skipped.more));
        }
        format!(
            "skipped, because their names do not end in .parquet, .ndjson, .jsonl or .csv, optionally with .gz or .zst (source.format \
             sets the format of other names; spreadsheets have to be converted to CSV or Parquet): {}",
            names.join(", ")
        )
    }

    fn files(&self) -> &'static str {
        "Files"
    }

    fn empty_later(&self, later: Window) -> String {
        format!("Later windows have no records ({} to {}).", minute(later.from), minute(later.to))
    }

    fn other_version(&self, rows: u64) -> String {
        let (were, are) = (plural(rows, "was", "were"), plural(rows, "is", "are"));
        format!("{} {were} answered by a different model version and {are} measured separately.", row_count(rows))
    }

    fn decisions(&self, decisions: &DecisionReport) -> String {
        decisions::summary(decisions)
    }

    fn decision_tie(&self, rounding: f64) -> String {
        decisions::tie(rounding)
    }

    fn in_previous_windows(&self, share: f64, windows: usize) -> String {
        match windows {
            1 => format!("(previous window: {})", percent(share)),
            windows => format!("(previous {windows} windows: {})", percent(share)),
        }
    }

    fn parity(&self, parity: &Parity, precision: &str, challenger: Option<&str>) -> String {
        let (compared, mismatches) = (grouped(parity.compared), grouped(parity.mismatches));
        let model = challenger.map_or("the model file".to_owned(), shown);
        match (parity.compared, parity.mismatches) {
            (0, _) => "No rows could be rescored: there are no usable records.".to_owned(),
            (1, 0) => {
                format!("The one row scored again gives the logged score, at the precision of the log ({precision}).")
            }
            (_, 0) => format!(
                "All {compared} rows scored again give the logged score, at the precision of the log ({precision})."
            ),
            (_, 1) => format!("1 of {compared} logged scores differs from that of {model}."),
            _ => format!("{mismatches} of {compared} logged scores differ from those of {model}."),
        }
    }

    fn parity_cause(&self, cause: &ParityCause) -> String {
        parity::sentence(cause)
    }

    fn other_model(&self, other: &OtherModel) -> String {
        replays::other_model(other)
    }

    fn score_promise(&self, promise: &ScorePromise) -> String {
        parity::promise(promise)
    }

    fn no_decisions(&self) -> &'static str {
        "none: the model predicts a number"
    }

    fn not_rescored(&self) -> String {
        "No rows were scored again: the config names no model file (model.file).".to_owned()
    }

    fn challenge(&self, changed: ChangedDecisions) -> String {
        let ChangedDecisions { refused, accepted, rows } = changed;
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = |part: u64| percent(part as f64 / (rows as f64).max(1.0));
        format!(
            "The new model would refuse {} that {} accepted ({}) and accept {} that {} refused ({}).",
            row_count(refused),
            plural(refused, "was", "were"),
            share(refused),
            grouped(accepted),
            plural(accepted, "was", "were"),
            share(accepted)
        )
    }

    fn decisions_changed(&self, refused: u64, accepted: u64) -> String {
        format!("{} now refused, {} now accepted", grouped(refused), grouped(accepted))
    }

    fn cost_by_both(&self, logged: &str, new: &str) -> String {
        format!("{logged} by the logged score, {new} by the new one")
    }

    fn restored(&self, restored: &Restored) -> String {
        let names: Vec<String> = restored.names.iter().map(|name| shown(name)).collect();
        let names = match names.as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, second] => format!("{first} and {second}"),
            [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
        };
        let (now, then) = restored.refused;
        let cost = restored.cost.map_or(String::new(), |(now, then)| {
            format!(", expected cost per 1,000 {} → {}", number(now), number(then))
        });
        let all = restored.all_refused.map_or(String::new(), |refused| {
            format!(" (with all drifted features restored: refusal rate {})", percent(refused))
        });
        format!("With {names} restored to the reference: refusal rate {} → {}{cost}{all}", percent(now), percent(then))
    }

    fn restored_without_effect(&self, features: usize) -> String {
        match features {
            1 => "One important feature without drift was checked as well: restoring its values changes nothing beyond chance."
                .to_owned(),
            _ => format!(
                "{features} important features without drift were checked as well: restoring their values changes nothing beyond chance."
            ),
        }
    }

    fn not_restored(&self, features: usize) -> String {
        match features {
            1 => "The values of one further drifted feature were not restored.".to_owned(),
            _ => format!("The values of {features} further drifted features were not restored."),
        }
    }

    fn restored_window(&self, shift: &ScoreShift) -> String {
        let (now, known) = (&shift.now, &shift.reference);
        let score = |value: Option<f64>| value.map_or("–".to_owned(), four_decimals);
        let cost = |value: Option<f64>| value.map_or("–".to_owned(), number);
        let refused = |value: Option<f64>| value.map_or("–".to_owned(), percent);
        format!(
            "The window’s {} rows have a mean score of {} (reference {}), a refusal rate of {} (reference {}) and an expected cost \
             of {} per 1,000 rows (reference {}). The table shows the same rows rescored with the reference’s values restored, \
             largest change in mean score first; ± spans 95% of repeated random draws from the reference’s values.",
            grouped(shift.rows),
            score(Some(now.mean_score)),
            score(known.mean_score),
            refused(Some(now.share_refused)),
            refused(known.share_refused),
            cost(now.cost_per_1000),
            cost(known.cost_per_1000)
        )
    }

    fn leaf_shift(&self, drift: &LeafDrift) -> String {
        leaves::leaf_shift(drift)
    }

    fn changed_tie(&self, pair: &[String; 2]) -> String {
        leaves::changed_tie(pair)
    }

    fn no_p_value(&self, why: NoPValue) -> String {
        leaves::no_p_value(why)
    }

    fn segments_not_compared(&self, reason: NotCompared, segments: usize, min_rows: u64) -> String {
        let least = grouped(min_rows);
        match (reason, segments) {
            (NotCompared::NotInReference, 1) => {
                "One of them is not in the reference, so its score is not compared: learn the reference again with vigie learn \
                 --segments."
                    .to_owned()
            }
            (NotCompared::NotInReference, _) => format!(
                "{segments} of them are not in the reference, so their scores are not compared: learn the reference again with vigie \
                 learn --segments."
            ),
            (NotCompared::TooFewRows, 1) => format!("One has fewer than {least} rows and is not judged."),
            (NotCompared::TooFewRows, _) => format!("{segments} have fewer than {least} rows and are not judged."),
            (NotCompared::TooFewReferenceRows, 1) => format!("One has fewer than {least} rows in the reference."),
            (NotCompared::TooFewReferenceRows, _) => {
                format!("{segments} have fewer than {least} rows in the reference.")
            }
        }
    }

    fn levels_left_out(&self, column: &str, levels: usize) -> String {
        match levels {
            1 => format!("{} has 1 more level, which is not a segment.", shown(column)),
            _ => format!("{} has {levels} more levels, which are not segments.", shown(column)),
        }
    }

    fn made(&self, at: Instant, vigie_version: &str) -> String {
        format!("{} by vigie {vigie_version}", minute(at))
    }

    fn revision(&self, id: &str, revision: u32) -> String {
        format!("{id} revision {revision}")
    }

    fn target(&self, name: &str) -> String {
        format!("target {name}")
    }

    fn open_since(&self, since: Instant, is_acknowledged: bool) -> String {
        format!("since {}{}", day(since), if is_acknowledged { ", acknowledged" } else { "" })
    }

    fn earlier_windows(&self, windows: usize) -> String {
        format!("{windows} earlier")
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
fn whole(rows: f64) -> u64 {
    rows as u64
}
