//! Rows and labels that a window left out, and how many the log usually loses.

use vigie_profile::batch::{Complaint, Reason};

use super::context::{RunContext, WindowData};
use crate::{
    archive,
    judge::{LeftOutKind, LeftOutRows, UnusableReason, UsualLoss},
    performance::{LabelCounts, LabelProblem},
};

/// Number of earlier windows that show what is usual.
const WINDOWS: usize = 28;

/// A reason, its rows, and what one of them holds.
type ReasonCount = (UnusableReason, u64, Option<String>);

pub(crate) fn left_out(run: &RunContext<'_>, data: &WindowData, labels: Option<&LabelCounts>) -> Vec<LeftOutRows> {
    let mut all: Vec<LeftOutRows> = of_rows(data).into_iter().chain(labels.and_then(of_labels)).collect();
    let limits = run.settings.policy.left_out;
    let Some(limit) = limits.watch.or(limits.alarm) else { return Vec::new() };
    // Earlier windows are read only if it matters.
    all.retain(|rows| rows.share() >= limit);
    for rows in &mut all {
        let (reports, model) = (&run.settings.reports, &run.settings.model.name);
        rows.usual = archive::usual_loss(reports, model, data.window, WINDOWS, rows.kind);
    }
    all
}

fn of_rows(data: &WindowData) -> Option<LeftOutRows> {
    let complaints = &data.counted.complaints;
    let first = |complaint: &Complaint| complaint.examples.first().cloned();
    let mut reasons: Vec<ReasonCount> = Vec::new();
    for (reason, complaint) in complaints.iter() {
        let plain = |reason| (reason, complaint.count, first(complaint));
        match reason {
            Reason::Malformed => reasons.push(plain(UnusableReason::Malformed)),
            Reason::Timestamp => reasons.push(plain(UnusableReason::Timestamp)),
            Reason::NoFeatures => reasons.push(plain(UnusableReason::NoFeatures)),
            Reason::UnknownInputs => reasons.push(plain(UnusableReason::UnknownInputs)),
            Reason::NoProbability => {
                let outside = complaints.outside();
                let is_percentage = outside.percentages() * 2 > outside.rows();
                let of_outside = if is_percentage { UnusableReason::Percentage } else { UnusableReason::OutOfRange };
                reasons.push((of_outside, outside.rows(), outside.typical().map(|score| score.to_string())));
                // The examples may be of scores outside.
                let missing = complaint.count.saturating_sub(outside.rows());
                let example = first(complaint).filter(|_| outside.rows() == 0);
                reasons.push((UnusableReason::NoScore, missing, example));
            }
            Reason::NoPrediction => reasons.push(plain(UnusableReason::NoPrediction)),
            Reason::Duplicate
            | Reason::Failed
            | Reason::ModelVersion
            | Reason::NotANumber
            | Reason::UnreadableField => {}
        }
    }
    let left_out = complaints.unusable_rows();
    // The first of equally common reasons.
    let (reason, with_reason, example) = reasons.into_iter().rev().max_by_key(|(_, rows, _)| *rows)?;
    Some(LeftOutRows {
        kind: LeftOutKind::Rows,
        left_out,
        of: data.counted.profile.rows() + left_out,
        usual: UsualLoss::default(),
        reason,
        with_reason,
        example,
    })
}

fn of_labels(labels: &LabelCounts) -> Option<LeftOutRows> {
    let loss = labels.left_out();
    let (problem, with_reason) = loss.reason;
    let (reason, example) = match problem {
        LabelProblem::Malformed => (UnusableReason::Malformed, None),
        LabelProblem::NoId => (UnusableReason::NoId, None),
        LabelProblem::Outcome => (UnusableReason::Outcome, labels.examples.first().cloned()),
        LabelProblem::Contradictory => (UnusableReason::Contradictory, None),
    };
    (loss.left_out > 0).then_some(LeftOutRows {
        kind: LeftOutKind::Labels,
        left_out: loss.left_out,
        of: loss.of,
        usual: UsualLoss::default(),
        reason,
        with_reason,
        example,
    })
}
