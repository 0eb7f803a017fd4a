//! In a language of bracketed words: rows and labels that are left out, and predictions of numbers and classes.

use vigie::{
    judge::{Facts, Finding, LeftOutKind, Severity, Test, UnusableReason},
    performance::{LabelCounts, OutcomeKind, Predictions, RealisedPredictions},
};
use vigie_stats::{Multiclass, PredictionErrors};

use super::{
    every_finding::every_finding,
    pseudo_language::{assert_bracketed, past, report_of},
    snapshots::drifted,
};

/// Every reason, with and without an example, history and a verdict.
pub(super) fn losses() -> Vec<(Test, Facts)> {
    let reasons = [
        UnusableReason::Malformed,
        UnusableReason::Timestamp,
        UnusableReason::NoFeatures,
        UnusableReason::UnknownInputs,
        UnusableReason::NoScore,
        UnusableReason::Percentage,
        UnusableReason::OutOfRange,
        UnusableReason::NoPrediction,
        UnusableReason::NoId,
        UnusableReason::Outcome,
        UnusableReason::Contradictory,
    ];
    reasons
        .into_iter()
        .zip(0_u64..)
        .map(|(reason, number)| {
            let of_labels = number >= 8;
            let facts = Facts::RowsLeftOut {
                what: if of_labels { LeftOutKind::Labels } else { LeftOutKind::Rows },
                rows: 60,
                of: 100,
                reason,
                with_reason: 60 - number % 2,
                example: (number % 3 > 0).then(|| "it failed".to_owned()),
                usual: 0.002,
                windows: usize::from(number % 4 > 0),
                no_verdict: number % 2 > 0,
            };
            (if of_labels { Test::Labels } else { Test::LeftOut }, facts)
        })
        .collect()
}

/// Errors of a regression, figures of classes, and drift among the rows that are not left out.
#[test]
fn a_report_with_predictions() {
    let mut report = report_of(&drifted());
    let finding = every_finding().into_iter().find(|finding| finding.test == Test::LeftOut).unwrap();
    report.verdict.findings.push(Finding { severity: Severity::Alarm, ..finding });
    assert!(report.verdict.is_of_selection());
    report.performance = None;
    let labels = |outcome| LabelCounts {
        outcome,
        read: 9,
        matched: 4,
        invalid: 2,
        examples: vec!["r1: 7".to_owned()],
        ..LabelCounts::default()
    };
    let errors = PredictionErrors::new([(1.0, 2.0), (3.0, 2.5), (4.0, 4.0), (9.0, 8.0)]);
    let rows = [(vec![0.2, 0.8], 1), (vec![0.6, 0.4], 0), (vec![0.7, 0.3], 1), (vec![0.9, 0.1], 0)];
    let measured = Multiclass::new(&rows, 2);
    for (outcome, realised) in [
        (OutcomeKind::Number, RealisedPredictions::Numbers(errors)),
        (OutcomeKind::Class, RealisedPredictions::Classes(["AGE", "JOB"].map(ToOwned::to_owned).into(), measured)),
    ] {
        report.predictions = Some(Predictions { rows: 10, labels: Some(labels(outcome)), realised });
        assert_bracketed(&report, past(&report), &["performance"]);
    }
}
