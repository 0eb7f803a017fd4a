//! The words of findings and headlines in English.

use vigie_profile::{
    batch::Reason,
    shown::{harmless, shown},
};

use super::{changes, findings, headline, lists, measures, notes, onsets, replays, short, stories};
use crate::{
    drift::{Change, Onset, PsiBinKind},
    fault::LeftOut,
    judge::{Direction, Finding, Headline, Measure, Note, Severity, Story, StoryBrief, StoryTable, Test},
    replay::{LoggedPrecision, Unmeasured},
    report::words::{values::ShortHeadline, words::Words},
};

pub(crate) struct English;

impl Words for English {
    fn severity_word(&self, severity: Severity) -> &'static str {
        findings::severity_word(severity)
    }

    fn measure_name(&self, measure: Measure) -> &'static str {
        measures::measure_name(measure)
    }

    fn test_name(&self, test: Test) -> &'static str {
        match test {
            Test::Measure(measure) => measures::measure_name(measure),
            Test::Absent => "absent",
            Test::ShareRefused => "refusal rate",
            Test::Score => "score",
            Test::Latency => "latency",
            Test::ErrorRate => "error rate",
            Test::NoData => "no data",
            Test::TooFew => "too few rows",
            Test::ModelVersion => "model version",
            Test::Source => "source",
            Test::Volume => "fewer rows than expected",
            Test::Parity => "model parity",
            Test::RunFailed => "run failed",
            Test::StaleReference => "reference too old",
            Test::Registry => "model registry",
            Test::Stale => "stale values",
            Test::Cost => "cost",
            Test::Labels => "labels",
            Test::Auc => "AUC",
            Test::RealisedCost => "realised cost",
            Test::RealisedAuc => "realised AUC",
            Test::SegmentScore => "segment score",
            Test::Decision => "decisions",
            Test::Overrides => "overrides",
            Test::Disparity => "disparity",
            Test::Dead => "dead input",
            Test::Constant => "constant",
            Test::LeftOut => "rows left out",
            Test::Sequence => "missing records",
            Test::Skew => "training/serving skew",
            Test::Presence => "missing values",
            Test::Values => "values",
        }
    }

    fn complaint(&self, reason: Reason) -> String {
        match reason {
            Reason::Malformed => "malformed",
            Reason::Timestamp => "timestamp",
            Reason::Duplicate => "duplicate",
            Reason::Failed => "failed",
            Reason::ModelVersion => "model version",
            Reason::NoFeatures => "no features",
            Reason::UnknownInputs => "inputs in an unknown shape",
            Reason::NoProbability => "no probability",
            Reason::NoPrediction => "no prediction",
            Reason::NotANumber => "wrong type",
            Reason::UnreadableField => "unreadable field",
        }
        .to_owned()
    }

    fn bin_label(&self, kind: PsiBinKind, label: &str) -> String {
        findings::bin_label(kind, label)
    }

    fn measure(&self, finding: &Finding) -> String {
        findings::measure(finding)
    }

    fn evidence(&self, finding: &Finding) -> Option<String> {
        findings::evidence(finding)
    }

    fn by_chance(&self, q_value: Option<f64>, required: f64) -> String {
        findings::by_chance(q_value, required)
    }

    fn message(&self, finding: &Finding) -> String {
        findings::message(finding).unwrap_or_else(|| self.statement(finding))
    }

    fn segment_clause(&self, name: &str, finding: &Finding) -> String {
        findings::segment(name, finding)
    }

    fn story(&self, story: &StoryBrief) -> String {
        stories::story(story)
    }

    fn side(&self, story: &Story) -> String {
        stories::side(story)
    }

    fn source_table(&self, table: &StoryTable) -> String {
        stories::source_table(table)
    }

    fn left_out(&self, test: Test, input: &LeftOut) -> String {
        findings::left_out_clause(test, input)
    }

    fn unreadable_labels(&self, input: &LeftOut) -> String {
        match harmless(&input.to_string()) {
            what if what.is_empty() => "A part of the labels could not be read.".to_owned(),
            what => format!("Unreadable labels: {what}."),
        }
    }

    fn direction(&self, direction: &Direction) -> String {
        findings::direction(direction)
    }

    fn change(&self, change: &Change) -> String {
        changes::change(change)
    }

    fn onset(&self, onset: &Onset) -> String {
        onsets::onset(onset)
    }

    fn headline(&self, headline: &Headline) -> Option<String> {
        Some(headline::headline(headline, &|finding| self.clause(finding)))
    }

    fn short_headline(&self, headline: &Headline) -> Option<ShortHeadline> {
        Some(short::headline(headline, &|finding| self.clause(finding)))
    }

    fn and_others(&self, lead: &str) -> String {
        lists::and_others(&shown(lead))
    }

    fn bare_headline(&self, severity: Severity, findings: usize, drifted_share: Option<f64>) -> String {
        headline::bare(severity, findings, drifted_share)
    }

    fn unmeasured(&self, why: &Unmeasured) -> String {
        replays::unmeasured(why)
    }

    fn not_measured(&self, why: &Unmeasured) -> String {
        format!("Not measured: {}.", replays::unmeasured(why))
    }

    fn logged_precision(&self, precision: &[LoggedPrecision]) -> String {
        replays::logged_precision(precision)
    }

    fn note(&self, note: &Note) -> String {
        notes::note(note)
    }

    fn note_opening(&self) -> &'static str {
        "Note:"
    }
}
