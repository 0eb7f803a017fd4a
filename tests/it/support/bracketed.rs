//! A language whose every word is in brackets: English, so that text that bypasses the languages shows.

use std::sync::OnceLock;

use vigie::{
    drift::{Change, NotCompared, Onset, PsiBinKind},
    fault::LeftOut,
    judge::{Direction, Finding, Headline, Measure, Note, Pace, Severity, Story, StoryBrief, StoryTable, Test},
    performance::{CostCurve, EstimateCheck, Expected, LabelCounts, NoEstimate, OutcomeKind, Realised},
    replay::{
        LeafDrift, LoggedPrecision, NoPValue, OtherModel, Parity, ParityCause, ScorePromise, ScoreShift, Unmeasured,
    },
    report::{
        Advice, AgainstWindow, Cause, ChangedDecisions, DecisionReport, Language, MailLabels, MailWords, Notation,
        PageLabels, PageWords, Restored, ShortHeadline, Since, SkewWords, SkippedFiles, TerminalLabels, TerminalWords,
        Words, terminal_words,
    },
    skew::{Skew, SkewKind},
};
use vigie_profile::{
    batch::{Complaints, Reason},
    window::{Instant, Window},
};
use vigie_stats::{Interval, Price};

/// The brackets. Data has square ones.
pub(crate) const OPEN: char = '⟦';
pub(crate) const CLOSE: char = '⟧';

pub(crate) struct Bracketed;

pub(crate) const BRACKETED: Language = Language::Custom(&Bracketed);

trait InBrackets {
    fn in_brackets(self) -> Self;
}

impl InBrackets for String {
    fn in_brackets(self) -> Self {
        if self.is_empty() { self } else { format!("{OPEN}{self}{CLOSE}") }
    }
}

impl InBrackets for &'static str {
    fn in_brackets(self) -> Self {
        self.to_owned().in_brackets().leak()
    }
}

impl<T: InBrackets> InBrackets for Option<T> {
    fn in_brackets(self) -> Self {
        self.map(InBrackets::in_brackets)
    }
}

impl<T: InBrackets, const N: usize> InBrackets for [T; N] {
    fn in_brackets(self) -> Self {
        self.map(InBrackets::in_brackets)
    }
}

impl InBrackets for ShortHeadline {
    fn in_brackets(self) -> Self {
        Self { text: self.text.in_brackets(), details: self.details.into_iter().map(InBrackets::in_brackets).collect() }
    }
}

/// Methods that return what another language returns, in brackets.
macro_rules! bracketed {
    ($words:expr; $($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self, $($argument: $kind),*) -> $result {
            $words.$name($($argument),*).in_brackets()
        })*
    };
}

impl Notation for Bracketed {
    fn code(&self) -> &'static str {
        "en-x-brackets"
    }

    fn localised(&self, number: String) -> String {
        number
    }

    fn percent(&self, share: f64) -> String {
        Language::English.percent(share)
    }

    fn whole_percent(&self, share: f64) -> String {
        Language::English.whole_percent(share)
    }

    fn grouped(&self, count: u64) -> String {
        Language::English.grouped(count)
    }

    fn semicolon(&self) -> &'static str {
        Language::English.semicolon()
    }

    fn colon(&self) -> &'static str {
        Language::English.colon()
    }

    bracketed! {
        Language::English;
        points(share: f64) -> String;
        weekdays() -> [&'static str; 7];
    }
}

impl PageWords for Bracketed {
    fn labels(&self) -> &'static PageLabels {
        static LABELS: OnceLock<PageLabels> = OnceLock::new();
        LABELS.get_or_init(|| Language::English.labels().replaced(InBrackets::in_brackets))
    }

    bracketed! {
        Language::English;
        glossary() -> &'static str;
        advice(advice: Advice) -> &'static str;
        cause(cause: Cause) -> &'static str;
        reasons(story: &Story) -> String;
        same_since(from: Instant, windows: usize) -> String;
        since(since: &Since) -> String;
        names(names: &[String], more: usize) -> String;
        part_of(part: u64, whole: u64) -> String;
        interval(interval: Interval) -> String;
        row_count(rows: u64) -> String;
        rows_left_out(rows: u64) -> String;
        requests(requests: u64, failed: u64) -> String;
        pooled_levels(levels: usize) -> String;
        untested_levels(levels: usize) -> String;
        below_and_above(below: Option<f64>, above: Option<f64>) -> String;
        cost_curve(curve: &CostCurve) -> String;
        surprise(check: &EstimateCheck) -> String;
        estimated(from: Instant, expected: (f64, f64, f64), realised: Option<f64>) -> String;
        expected_cost(expected: &Expected, price: Price) -> String;
        realised_cost(realised: &Realised) -> String;
        by_labels_of(share: Option<f64>) -> String;
        no_estimate(reason: NoEstimate) -> String;
        recent_windows(windows: usize, first: Instant, same_weekday: bool) -> String;
        too_few_recent(windows: usize, least: usize) -> String;
        pace(pace: Pace, psi: f64, windows: usize, since: Option<Instant>) -> String;
        against(against: &AgainstWindow) -> String;
        compared_with(reference: &str) -> String;
        not_compared(columns: &[String]) -> String;
        range_verdicts(verdicts: &[(Severity, usize)]) -> String;
        labels_not_yet(place: &str) -> String;
        label_counts(labels: &LabelCounts, rows: u64) -> String;
        malformed_labels(lines: u64) -> String;
        invalid_label(example: &str, outcome: OutcomeKind) -> String;
        field_not_found(field: &str) -> String;
        doubled_names(names: &[String]) -> String;
        decimal_comma(example: &str) -> String;
        skipped_files(skipped: &SkippedFiles) -> String;
        files() -> &'static str;
        empty_later(later: Window) -> String;
        other_version(rows: u64) -> String;
        other_model(other: &OtherModel) -> String;
        decisions(decisions: &DecisionReport) -> String;
        decision_tie(rounding: f64) -> String;
        in_previous_windows(share: f64, windows: usize) -> String;
        parity(parity: &Parity, precision: &str, challenger: Option<&str>) -> String;
        parity_cause(cause: &ParityCause) -> String;
        score_promise(promise: &ScorePromise) -> String;
        no_decisions() -> &'static str;
        not_rescored() -> String;
        challenge(changed: ChangedDecisions) -> String;
        decisions_changed(refused: u64, accepted: u64) -> String;
        cost_by_both(logged: &str, new: &str) -> String;
        restored(restored: &Restored) -> String;
        restored_without_effect(features: usize) -> String;
        not_restored(features: usize) -> String;
        restored_window(shift: &ScoreShift) -> String;
        leaf_shift(drift: &LeafDrift) -> String;
        changed_tie(pair: &[String; 2]) -> String;
        no_p_value(why: NoPValue) -> String;
        segments_not_compared(reason: NotCompared, segments: usize, min_rows: u64) -> String;
        levels_left_out(column: &str, levels: usize) -> String;
        made(at: Instant, vigie_version: &str) -> String;
        revision(id: &str, revision: u32) -> String;
        target(name: &str) -> String;
        open_since(since: Instant, is_acknowledged: bool) -> String;
        earlier_windows(windows: usize) -> String;
    }
}

impl SkewWords for Bracketed {
    fn skew_compared(&self, skew: &Skew) -> Vec<String> {
        Language::English.skew_compared(skew).into_iter().map(InBrackets::in_brackets).collect()
    }

    bracketed! {
        Language::English;
        skew_how(kind: &SkewKind) -> String;
        skew_not_compared(input: &LeftOut) -> String;
    }
}

impl MailWords for Bracketed {
    fn mail_labels(&self) -> &'static MailLabels {
        static LABELS: OnceLock<MailLabels> = OnceLock::new();
        LABELS.get_or_init(|| Language::English.mail_labels().replaced(InBrackets::in_brackets))
    }

    bracketed! {
        Language::English;
        mail_window(window: Window) -> String;
        and_more(number: usize) -> String;
        findings_in_total(findings: usize) -> String;
        picture_of(subject: &str, value: &str) -> String;
    }
}

impl Words for Bracketed {
    bracketed! {
        Language::English;
        severity_word(severity: Severity) -> &'static str;
        short_headline(headline: &Headline) -> Option<ShortHeadline>;
        and_others(lead: &str) -> String;
        measure_name(measure: Measure) -> &'static str;
        test_name(test: Test) -> &'static str;
        complaint(reason: Reason) -> String;
        bin_label(kind: PsiBinKind, label: &str) -> String;
        measure(finding: &Finding) -> String;
        evidence(finding: &Finding) -> Option<String>;
        by_chance(q_value: Option<f64>, required: f64) -> String;
        message(finding: &Finding) -> String;
        segment_clause(name: &str, finding: &Finding) -> String;
        story(story: &StoryBrief) -> String;
        side(story: &Story) -> String;
        source_table(table: &StoryTable) -> String;
        left_out(test: Test, input: &LeftOut) -> String;
        unreadable_labels(input: &LeftOut) -> String;
        direction(direction: &Direction) -> String;
        change(change: &Change) -> String;
        onset(onset: &Onset) -> String;
        headline(headline: &Headline) -> Option<String>;
        bare_headline(severity: Severity, findings: usize, drifted_share: Option<f64>) -> String;
        unmeasured(why: &Unmeasured) -> String;
        not_measured(why: &Unmeasured) -> String;
        logged_precision(precision: &[LoggedPrecision]) -> String;
        note(note: &Note) -> String;
        note_opening() -> &'static str;
    }
}

impl TerminalWords for Bracketed {
    fn terminal_labels(&self) -> &'static TerminalLabels {
        static LABELS: OnceLock<TerminalLabels> = OnceLock::new();
        LABELS.get_or_init(|| terminal_words().terminal_labels().replaced(InBrackets::in_brackets))
    }

    bracketed! {
        terminal_words();
        terminal_window(window: Window) -> String;
        files_skipped(skipped: &SkippedFiles) -> String;
        later_windows_empty(later: Window) -> String;
        mapped_field_not_found(field: &str) -> String;
        logged_decisions(decisions: &DecisionReport) -> String;
        more_findings(number: usize) -> String;
        rows_used(used: u64, all: u64, complaints: &Complaints, filtered: u64) -> String;
        report_at(path: &str) -> String;
    }
}
