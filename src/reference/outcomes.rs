//! How the reference's rows turned out, by score: what calibration is learnt on and expected costs are held against.

use vigie_profile::layout::Precision;

use super::{
    Choice, blocks,
    columns::{Table, find},
    radix,
};
use crate::fault::Result;

/// Scores of the rows that came true, and of those that did not, ascending with counts.
#[derive(Debug, Clone, PartialEq)]
pub struct ByOutcome {
    pub positives: Vec<(f64, u64)>,
    pub negatives: Vec<(f64, u64)>,
}

/// Their two blocks on the shelf, after the score's.
pub(super) struct Packed {
    pub rows: (u64, u64),
    pub blocks: [Vec<u8>; 2],
}

/// Of the target and the probability that the user named. `None` without them, or where the target is not 0 or 1; the
/// notes say why.
pub(super) fn learn(table: &dyn Table, choice: &Choice, notes: &mut Vec<String>) -> Result<Option<Packed>> {
    let (Some(target), Some(probability)) = (&choice.target, &choice.probability) else { return Ok(None) };
    let abouts = table.columns();
    let numbers = |name: &str| table.in_order(find(&abouts, name)?);
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
        notes.push(format!("--target {target}: one outcome only, so performance cannot be estimated without labels"));
        return Ok(None);
    }
    if unknown > 0 {
        notes.push(format!(
            "--target {target}: {unknown} rows without an outcome or a score tell nothing of performance"
        ));
    }
    let rows = (positives.len() as u64, negatives.len() as u64);
    let mut scratch = radix::Scratch::default();
    let mut pack = |scores: &[f64]| {
        let keys = scores.iter().map(|score| radix::Bits::key(*score));
        blocks::pack(scratch.distinct::<f64>(|all| all.extend(keys)), Precision::F64)
    };
    Ok(Some(Packed { rows, blocks: [pack(&positives), pack(&negatives)] }))
}

fn not_binary(target: &str) -> String {
    format!("--target {target}: it holds more than 0 and 1, so performance cannot be estimated without labels")
}
