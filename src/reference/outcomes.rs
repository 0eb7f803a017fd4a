//! Scores of the reference's rows by outcome: the basis of calibration and the baseline of expected costs.

use std::{borrow::Cow, collections::BTreeSet};

use vigie_profile::{
    batch::{level_of_number, word},
    layout::Precision,
    shown::shown,
};

use super::{
    ColumnRoles, blocks,
    columns::{ColumnInfo, ColumnKind, TrainingTable, find},
    radix,
};
use crate::fault::{Fault, Result};

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

/// Number of a target's values that a message lists.
const SHOWN: usize = 4;

/// The outcomes of the target column in row order: 1 for the event, 0 for the others, NaN if unknown. The inner `Err` holds
/// the column's values, if they are not 0 and 1 and no event is named.
pub(super) fn read(
    table: &dyn TrainingTable,
    columns: &[ColumnInfo],
    roles: &ColumnRoles,
) -> Result<Option<Result<Vec<f64>, Vec<String>>>> {
    let Some(target) = &roles.target else { return Ok(None) };
    let column = find(table, columns, target)?;
    let levels: Vec<Option<String>> = match columns.get(column).map(|info| info.kind) {
        Some(ColumnKind::Numbers) => {
            let numbers = table.numbers_in_order(column)?.unwrap_or_default();
            if roles.event.is_none() && numbers.iter().all(|value| value.is_nan() || [0.0, 1.0].contains(value)) {
                return Ok(Some(Ok(numbers)));
            }
            numbers.into_iter().map(level_of_number).collect()
        }
        Some(ColumnKind::Texts | ColumnKind::Times) => {
            let spell = |text: Option<String>| word(text.as_deref()?).map(Cow::into_owned);
            table.every_text(column, 1)?.into_iter().map(spell).collect()
        }
        Some(ColumnKind::Other) | None => return Ok(Some(Err(Vec::new()))),
    };
    let distinct: BTreeSet<&str> = levels.iter().flatten().map(String::as_str).collect();
    let listed = || distinct.iter().map(|value| shown(value)).collect::<Vec<_>>();
    let is_binary = distinct.iter().all(|level| matches!(*level, "0" | "1"));
    let event = match roles.event.as_deref() {
        None if is_binary => Cow::Borrowed("1"),
        None => return Ok(Some(Err(listed()))),
        Some(event) => match word(event).filter(|event| distinct.contains(&**event)) {
            Some(event) => event,
            None => {
                return Err(Fault::setup(format!(
                    "--event {}: no row of `{}` has this value; it holds {}",
                    shown(event),
                    shown(target),
                    list(&listed())
                )));
            }
        },
    };
    let outcome = |level: &Option<String>| match level {
        None => f64::NAN,
        Some(level) => f64::from(u8::from(*level == *event)),
    };
    Ok(Some(Ok(levels.iter().map(outcome).collect())))
}

/// `bad, good` or `1, 2, 3, 4, …`
fn list(values: &[String]) -> String {
    let more = if values.len() > SHOWN { ", …" } else { "" };
    let first: Vec<&str> = values.iter().take(SHOWN).map(String::as_str).collect();
    format!("{}{more}", first.join(", "))
}

/// The share of known outcomes that are the event.
pub(super) fn share(outcomes: &[f64]) -> Option<f64> {
    let (mut known, mut events) = (0u64, 0u64);
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_nan()) {
        known += 1;
        events += u64::from(*outcome > 0.5);
    }
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    (known > 0).then(|| events as f64 / known as f64)
}

/// Learns the scores by outcome. `None` without a target or a probability, or if the target is not binary; the notes give
/// the reason.
pub(super) fn learn(
    table: &dyn TrainingTable,
    columns: &[ColumnInfo],
    roles: &ColumnRoles,
    outcomes: Option<Result<Vec<f64>, Vec<String>>>,
    notes: &mut Vec<String>,
) -> Result<Option<PackedOutcomes>> {
    let (Some(target), Some(probability), Some(outcomes)) = (&roles.target, &roles.probability, outcomes) else {
        return Ok(None);
    };
    let outcomes = match outcomes {
        Ok(outcomes) => outcomes,
        Err(values) => {
            notes.push(not_binary(target, &values));
            return Ok(None);
        }
    };
    // A probability that is not a number has been refused.
    let scores = table.numbers_in_order(find(table, columns, probability)?)?.unwrap_or_default();
    let mut sides = [Vec::new(), Vec::new()];
    let mut unknown = 0u64;
    for (outcome, score) in outcomes.iter().zip(&scores) {
        let [negatives, positives] = &mut sides;
        match *outcome {
            _ if outcome.is_nan() || score.is_nan() => unknown += 1,
            event if event > 0.5 => positives.push(*score),
            _ => negatives.push(*score),
        }
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

fn not_binary(target: &str, values: &[String]) -> String {
    let target = shown(target);
    let Some(last) = values.last() else {
        return format!("--target: `{target}` holds no outcomes, so performance cannot be estimated without labels");
    };
    format!(
        "--target: `{target}` holds {}, not 0 and 1, so performance cannot be estimated without labels; say which value is the \
         event, for example --event {}",
        list(values),
        if values.len() == 2 { values.first().unwrap_or(last) } else { last }
    )
}
