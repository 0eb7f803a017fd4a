//! Sentences of the pages: the report, the list of reports and the summary of a replay.

use vigie_profile::window::{Instant, Window};
use vigie_stats::{Interval, Price};

use super::{
    labels::PageLabels,
    values::{Advice, Cause, ChangedDecisions, Restored, Since},
};
use crate::{
    drift::NotCompared,
    judge::{Pace, Severity, Story},
    performance::{CostCurve, EstimateCheck, Expected, LabelCounts, NoEstimate, OutcomeKind, Realised},
    replay::{LeafDrift, NoPValue, OtherModel, Parity, ParityCause, ScorePromise, ScoreShift},
    report::report::{AgainstWindow, DecisionReport, SkippedFiles},
};

/// Sentences of the pages. They begin with a capital letter and have a full stop, unless stated otherwise. Names are made
/// safe to display here; markup is escaped by the pages.
pub trait PageWords {
    /// Returns the fixed texts.
    fn labels(&self) -> &'static PageLabels;

    /// Explains the statistics, in HTML paragraphs.
    fn glossary(&self) -> &'static str;

    /// Recommends a next step, in a clause after the subject.
    fn advice(&self, advice: Advice) -> &'static str;

    /// States why a finding that is not about features has the cause that it has; without a capital letter and a full stop.
    fn cause(&self, cause: Cause) -> &'static str;

    /// States the reasons for a story's side; without a capital letter and a full stop.
    fn reasons(&self, story: &Story) -> String;

    /// States for how long the worst finding or the verdict has lasted.
    fn since(&self, since: &Since) -> String;

    /// States since when a model has had the same verdict, in how many windows; without a capital letter and a full stop.
    fn same_since(&self, from: Instant, windows: usize) -> String;

    /// Lists names, and the number of further ones; without a full stop.
    fn names(&self, names: &[String], more: usize) -> String;

    /// `12 of 30`.
    fn part_of(&self, part: u64, whole: u64) -> String;

    /// A value with its interval.
    fn interval(&self, interval: Interval) -> String;

    /// States a number of rows: `1 row`, `1,400 rows`.
    fn row_count(&self, rows: u64) -> String;

    /// Number of rows left out, `12 left out`.
    fn rows_left_out(&self, rows: u64) -> String;

    /// Requests in an hour or a day: `12 requests, 3 failed`.
    fn requests(&self, requests: u64, failed: u64) -> String;

    /// Follows the degrees of freedom of a test: the number of rare levels counted as one, at least 1.
    fn pooled_levels(&self, levels: usize) -> String;

    /// In place of a test of levels: why there is none, if all of the levels are rare.
    fn untested_levels(&self, levels: usize) -> String;

    /// Shares of values below and above the reference's range, in a table.
    fn below_and_above(&self, below: Option<f64>, above: Option<f64>) -> String;

    /// States what the threshold in use costs, and the cheapest.
    fn cost_curve(&self, curve: &CostCurve) -> String;

    /// States by how much labels fall outside the estimate.
    fn surprise(&self, check: &EstimateCheck) -> String;

    /// States the estimate of a window (value, low, high) and the realised cost, as a tooltip.
    fn estimated(&self, from: Instant, expected: (f64, f64, f64), realised: Option<f64>) -> String;

    fn expected_cost(&self, expected: &Expected, price: Price) -> String;

    fn realised_cost(&self, realised: &Realised) -> String;

    /// Heads a column of values known from labels. `share`: share of rows with a label.
    fn by_labels_of(&self, share: Option<f64>) -> String;

    fn no_estimate(&self, reason: NoEstimate) -> String;

    /// Introduces the comparison with the windows before: their number, and the start of the first one that was read.
    fn recent_windows(&self, windows: usize, first: Instant, same_weekday: bool) -> String;

    /// In place of the comparison with the windows before: their number, and the number needed.
    fn too_few_recent(&self, windows: usize, least: usize) -> String;

    /// States how a drift has come about: the PSI against the windows before, their number, and the start of the first
    /// window that is left out because it differs from them.
    fn pace(&self, pace: Pace, psi: f64, windows: usize, since: Option<Instant>) -> String;

    /// States that another window takes the place of the reference.
    fn against(&self, against: &AgainstWindow) -> String;

    /// Names the table that another one, whose name precedes, is compared with.
    fn compared_with(&self, reference: &str) -> String;

    /// Lists columns that are not compared.
    fn not_compared(&self, columns: &[String]) -> String;

    /// Sums up the verdicts of the windows of a range, worst first.
    fn range_verdicts(&self, verdicts: &[(Severity, usize)]) -> String;

    /// `place`: where labels are expected.
    fn labels_not_yet(&self, place: &str) -> String;

    fn label_counts(&self, labels: &LabelCounts, rows: u64) -> String;

    fn malformed_labels(&self, lines: u64) -> String;

    /// `outcome`: what the label should have been.
    fn invalid_label(&self, example: &str, outcome: OutcomeKind) -> String;

    fn field_not_found(&self, field: &str) -> String;

    /// States that names occur twice in a record or header, and which value counts: a whole sentence.
    fn doubled_names(&self, names: &[String]) -> String;

    /// `example`: a feature and a value that would be a number if its comma were a point.
    fn decimal_comma(&self, example: &str) -> String;

    /// Begins in lower case and has no full stop; follows [`Self::files`].
    fn skipped_files(&self, skipped: &SkippedFiles) -> String;

    /// Introduces files that were skipped.
    fn files(&self) -> &'static str;

    /// States that later windows have no records.
    fn empty_later(&self, later: Window) -> String;

    fn other_version(&self, rows: u64) -> String;

    /// States how the config's model differs from the one that the reference was learnt with, and what to do: a sentence.
    fn other_model(&self, other: &OtherModel) -> String;

    /// States whether logged decisions agree with score and threshold.
    fn decisions(&self, decisions: &DecisionReport) -> String;

    /// Explains rows that are too close to the threshold. `rounding`: the distance up to which they are.
    fn decision_tie(&self, rounding: f64) -> String;

    /// Follows a share: the same share of the previous windows, in brackets.
    fn in_previous_windows(&self, share: f64, windows: usize) -> String;

    /// Compares logged scores with those of the model. `precision`: the precision of the log, in words; `challenger`: the name
    /// of the model file, unless it is the config's.
    fn parity(&self, parity: &Parity, precision: &str, challenger: Option<&str>) -> String;

    /// States why scores differ.
    fn parity_cause(&self, cause: &ParityCause) -> String;

    /// States how closely vigie's scores equal those of the library; without a capital letter and a full stop.
    fn score_promise(&self, promise: &ScorePromise) -> String;

    /// In place of decisions: that none follows from a predicted number; without a capital letter and a full stop.
    fn no_decisions(&self) -> &'static str;

    /// States that a replay had no model file to compare with.
    fn not_rescored(&self) -> String;

    fn challenge(&self, changed: ChangedDecisions) -> String;

    /// Decisions that another model would change, in a table.
    fn decisions_changed(&self, refused: u64, accepted: u64) -> String;

    /// A change of cost by the logged score and by the new one.
    fn cost_by_both(&self, logged: &str, new: &str) -> String;

    /// States the effect of restoring features; without a full stop.
    fn restored(&self, restored: &Restored) -> String;

    fn restored_without_effect(&self, features: usize) -> String;

    fn not_restored(&self, features: usize) -> String;

    /// States the window's scores and explains the table of restored values.
    fn restored_window(&self, shift: &ScoreShift) -> String;

    /// States how far the rows have shifted among the leaves, and the evidence.
    fn leaf_shift(&self, drift: &LeafDrift) -> String;

    /// Follows a shift with evidence: the two features whose tie has probably changed.
    fn changed_tie(&self, pair: &[String; 2]) -> String;

    /// States why a shift among the leaves has no p-value: without a capital letter and a full stop.
    fn no_p_value(&self, why: NoPValue) -> String;

    fn segments_not_compared(&self, reason: NotCompared, segments: usize, min_rows: u64) -> String;

    fn levels_left_out(&self, column: &str, levels: usize) -> String;

    /// When and with which version of vigie something was made.
    fn made(&self, at: Instant, vigie_version: &str) -> String;

    /// Names a revision of a report.
    fn revision(&self, id: &str, revision: u32) -> String;

    /// Names the column with the outcomes.
    fn target(&self, name: &str) -> String;

    /// Follows an alert on the list of reports: since when, and whether someone works on it.
    fn open_since(&self, since: Instant, is_acknowledged: bool) -> String;

    /// Number of windows that are folded away.
    fn earlier_windows(&self, windows: usize) -> String;
}
