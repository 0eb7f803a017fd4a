//! The words of English.

use vigie_profile::{batch::Reason, shown::harmless};

use super::{findings, headline, numbers, replays};
use crate::{
    drift::PsiBinKind,
    fault::LeftOut,
    judge::{Direction, Finding, Headline, Note, Severity, Test},
    replay::{LoggedPrecision, Unmeasured},
    report::words::words::Words,
};

pub(crate) struct English;

impl Words for English {
    fn code(&self) -> &'static str {
        "en"
    }

    fn localised(&self, number: String) -> String {
        number
    }

    fn percent(&self, share: f64) -> String {
        numbers::percent(share)
    }

    fn grouped(&self, number: u64) -> String {
        numbers::grouped(number)
    }

    fn is_plural(&self, number: u64) -> bool {
        numbers::is_plural(number)
    }

    fn row_count(&self, rows: u64) -> String {
        numbers::row_count(rows)
    }

    fn semicolon(&self) -> &'static str {
        "; "
    }

    fn colon(&self) -> &'static str {
        ":"
    }

    fn severity_word(&self, severity: Severity) -> &'static str {
        findings::severity_word(severity)
    }

    fn test_name(&self, test: Test) -> &'static str {
        match test {
            Test::Psi => "PSI",
            Test::Ks => "KS distance",
            Test::Chi2 => "Cramér's V",
            Test::Missing => "missing values",
            Test::Unseen => "unseen levels",
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
            Test::Cost => "cost",
            Test::Labels => "labels",
            Test::Auc => "AUC",
            Test::RealisedCost => "realised cost",
            Test::RealisedAuc => "realised AUC",
            Test::SegmentScore => "segment score",
            Test::Disparity => "disparity",
        }
    }

    fn complaint(&self, reason: Reason) -> String {
        reason.word().replace('_', " ")
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

    fn headline(&self, headline: &Headline) -> Option<String> {
        Some(headline::headline(headline, &|finding| self.clause(finding)))
    }

    fn bare_headline(&self, severity: Severity, findings: usize, drifted_share: Option<f64>) -> String {
        headline::bare(severity, findings, drifted_share)
    }

    fn unmeasured(&self, why: &Unmeasured) -> String {
        replays::unmeasured(why)
    }

    fn logged_precision(&self, precision: &[LoggedPrecision]) -> String {
        replays::logged_precision(precision)
    }

    fn note(&self, note: &Note) -> String {
        findings::note(note)
    }

    fn note_opening(&self) -> &'static str {
        "Note:"
    }
}
