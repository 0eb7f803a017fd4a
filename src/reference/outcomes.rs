//! Scores of the reference's rows by outcome: the basis of calibration and the baseline of expected costs.

use vigie_profile::layout::Precision;

use super::{
    ColumnRoles, blocks,
    columns::{TrainingTable, find},
    radix,
};
use crate::fault::Result;

/// Distinct scores of the positive and negative rows, ascending, with counts.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoresByOutcome {
    pub positives: Vec<(f64, u64)>,
    pub negatives: Vec<(f64, u64)>,
}

/// The two blocks, which follow the score's.
pub(super) struct PackedOutcomes {
    pub rows: (u64, u64),
    pub blocks: [Vec<u8>; 2],
}

/// Learns the outcomes from the target and probability columns. `None` without them or if the target is not binary; the
/// notes give the reason.
pub(super) fn learn(
    table: &dyn TrainingTable,
    roles: &ColumnRoles,
    notes: &mut Vec<String>,
) -> Result<Option<PackedOutcomes>> {
    let (Some(target), Some(probability)) = (&roles.target, &roles.probability) else { return Ok(None) };
    let columns = table.columns();
    let numbers = |name: &str| table.numbers_in_order(find(table, &columns, name)?);
    let (Some(outcomes), Some(scores)) = (numbers(target)?, numbers(probability)?) else {
        notes.push(not_binary(target));
        return Ok(None);
    };
    let mut sides = [Vec::new(), Vec::new()];
    let (mut unknown, mut other) = (0u64, 0u64);
    for (outcome, score) in outcomes.iter().zip(&scores) {
        let [negatives, positives] = &mut sides;
        match *outcome {
            _ if outcome.is_nan() || score.is_nan() => unknown += 1,
            0.0 => negatives.push(*score),
            1.0 => positives.push(*score),
            _ => other += 1,
        }
    }
    if other > 0 {
        notes.push(not_binary(target));
        return Ok(None);
    }
    let [negatives, positives] = sides;
    if negatives.is_empty() || positives.is_empty() {
        notes.push(format!(
            "--target {target}: all outcomes are equal, so performance cannot be estimated without labels"
        ));
        return Ok(None);
    }
    if unknown > 0 {
        notes.push(format!(
            "--target {target}: {unknown} rows without an outcome or score are not used for performance"
        ));
    }
    let rows = (positives.len() as u64, negatives.len() as u64);
    let mut buffers = radix::SortBuffers::default();
    let mut pack = |scores: &[f64]| {
        let keys = scores.iter().map(|score| radix::Bits::key(*score));
        blocks::pack(buffers.distinct::<f64>(|all| all.extend(keys)), Precision::F64)
    };
    Ok(Some(PackedOutcomes { rows, blocks: [pack(&positives), pack(&negatives)] }))
}

fn not_binary(target: &str) -> String {
    format!(
        "--target: `{target}` contains values other than 0 and 1, so performance cannot be estimated without labels"
    )
}
