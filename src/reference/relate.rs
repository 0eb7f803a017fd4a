//! Learns the relations between features from a sample of rows, column by column.
//!
//! Everything is counted in integers, so the result depends neither on threads nor, while all rows are in the sample, on their
//! order.

use arrow_array::{Array, ArrayRef, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::{for_each_number, level, to_levels},
    layout::{Cells, Levels, Precision, Shape},
    profile::{CellCounts, Counts, LevelCounts},
};
use vigie_stats::normal_score;

use super::{
    columns::{ColumnData, TrainingTable},
    level_scores::{LevelScores, ScoreSum},
    relations::{Relations, UNKNOWN, units},
    workers::map_on_threads,
};
use crate::fault::Result;

/// Most rows of the sample, which is evenly spaced.
const MAX_ROWS: usize = 10_000;
/// Most values of the sample: fewer rows if there are very many features.
const MAX_VALUES: usize = 1 << 24;
/// Most numeric features whose correlations are learnt: there are half a million pairs of a thousand.
const MAX_CORRELATED: usize = 1_000;
/// Fewest rows of a correlation.
const MIN_ROWS: i64 = 100;
/// Normal scores are integers in this unit; larger ones than 7.8 are cut off.
const SCORE_UNITS: f64 = 1_024.0;
const MAX_SCORE: f64 = 8_000.0;
/// Stands for a missing value.
const MISSING: i16 = i16::MIN;
/// Rows whose products of scores add up to less than 32 bits.
const CHUNK: usize = 32;
/// Jaccard index from which two features are missing together, in percent.
const MIN_JACCARD_PERCENT: u64 = 90;

/// Most levels of a categorical feature whose rows are related to numbers: the commonest.
const MAX_LEVELS: usize = 100;
/// Most means of scores by level; with more, none are learnt.
const MAX_LEVEL_SCORES: usize = 1 << 18;

/// A feature's values in the sampled rows.
pub(super) struct SampledColumn {
    /// Normal scores of a numeric feature, [`MISSING`] without a value. Of a categorical one, the place of the row's level in
    /// `levels`, or behind them.
    scores: Vec<i16>,
    is_numeric: bool,
    /// Indices of the commonest levels, ascending.
    levels: Vec<usize>,
}

/// Distance between two rows of the sample.
pub(super) fn step(rows: usize, features: usize) -> usize {
    rows.div_ceil(MAX_ROWS.min(MAX_VALUES / features.max(1)).max(1)).max(1)
}

/// Takes every `step`-th row of a column that was learnt as `shape` with `counts`. `numbers`: its values in the order of rows,
/// if it has been read as numbers.
pub(super) fn sample(
    table: &dyn TrainingTable,
    (column, loaded): (usize, &ColumnData),
    numbers: Option<&[ArrayRef]>,
    (shape, counts, precision): (&Shape, &Counts, Precision),
    step: usize,
) -> Result<SampledColumn> {
    let is_ordered = matches!(loaded, ColumnData::Numbers(_));
    let scores = match (shape, counts) {
        (Shape::Numeric(cells), Counts::Numeric(counts)) => {
            let by_cell = scores_by_cell(cells, counts);
            let score = |value: f64| {
                let cell = cells.cell(precision.round(value) + 0.0);
                if value.is_nan() { MISSING } else { by_cell.get(cell).copied().unwrap_or(MISSING) }
            };
            let values = match numbers.filter(|_| is_ordered) {
                Some(numbers) => every(numbers, step),
                None => table.every_number(column, step)?.unwrap_or_default(),
            };
            values.into_iter().map(score).collect()
        }
        (Shape::Categorical(levels), Counts::Categorical(counts)) => {
            let commonest = commonest_levels(counts);
            let place = |level: Option<usize>| match level.map(|level| commonest.binary_search(&level)) {
                Some(Ok(place)) => i16::try_from(place).unwrap_or(i16::MAX),
                Some(Err(_)) => i16::try_from(commonest.len()).unwrap_or(i16::MAX),
                None => MISSING,
            };
            let scores = every_level(table, (column, loaded), levels, step)?.into_iter().map(place).collect();
            return Ok(SampledColumn { scores, is_numeric: false, levels: commonest });
        }
        // Shape and counts are of one kind.
        _ => Vec::new(),
    };
    Ok(SampledColumn { scores, is_numeric: true, levels: Vec::new() })
}

/// Indices of the levels with the most rows, ascending.
fn commonest_levels(counts: &LevelCounts) -> Vec<usize> {
    let mut levels: Vec<(u64, usize)> = counts.levels().iter().copied().zip(0..).collect();
    levels.sort_by(|(rows, a), (more, b)| more.cmp(rows).then(a.cmp(b)));
    let mut commonest: Vec<usize> = levels.into_iter().take(MAX_LEVELS).map(|(_, level)| level).collect();
    commonest.sort_unstable();
    commonest
}

/// The level of every `step`-th row, by index; `None` without one.
fn every_level(
    table: &dyn TrainingTable,
    (column, loaded): (usize, &ColumnData),
    levels: &Levels,
    step: usize,
) -> Result<Vec<Option<usize>>> {
    let index = |text: &str| level(text).and_then(|name| levels.index(name.as_ref()));
    match loaded {
        ColumnData::Texts { .. } => {
            let texts = table.every_text(column, step)?.into_iter();
            Ok(texts.map(|text| text.as_deref().and_then(index)).collect())
        }
        ColumnData::Numbers(arrays) => {
            let mut found = Vec::new();
            for array in arrays {
                let keyed = to_levels(array);
                let Some(keyed) = keyed.as_dictionary_opt::<Int32Type>() else {
                    found.extend(std::iter::repeat_n(None, array.len()));
                    continue;
                };
                let names = keyed.values().as_string::<i32>();
                let by_key: Vec<Option<usize>> =
                    names.iter().map(|name| name.and_then(|name| levels.index(name))).collect();
                let of_key = |key: Option<i32>| by_key.get(usize::try_from(key?).ok()?).copied().flatten();
                found.extend(keyed.keys().iter().map(of_key));
            }
            Ok(found.into_iter().step_by(step).collect())
        }
    }
}

/// Every `step`-th value.
fn every(arrays: &[ArrayRef], step: usize) -> Vec<f64> {
    let mut values = Vec::new();
    let mut skip = 0;
    for array in arrays {
        for_each_number(array.as_ref(), &mut |value| {
            if skip == 0 {
                values.push(value);
                skip = step;
            }
            skip -= 1;
        });
    }
    values
}

/// Normal score of the middle rank of each cell.
fn scores_by_cell(cells: &Cells, counts: &CellCounts) -> Vec<i16> {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let real = |rows: u64| rows as f64;
    let present = real(counts.present()).max(1.0);
    let mut below = 0;
    let score = |rows: &u64| {
        let middle = (real(below) + real(*rows) / 2.0) / present;
        below += rows;
        #[expect(clippy::cast_possible_truncation, reason = "bounded")]
        let score = (normal_score::quantile(middle) * SCORE_UNITS).round().clamp(-MAX_SCORE, MAX_SCORE) as i16;
        score
    };
    debug_assert_eq!(cells.len(), counts.cells().len());
    counts.cells().iter().map(score).collect()
}

/// Relations of all features; `None` without rows, or if the columns have different lengths.
pub(super) fn relate(threads: usize, columns: &[SampledColumn]) -> Option<Relations> {
    let rows = columns.first()?.scores.len();
    if rows == 0 || columns.iter().any(|column| column.scores.len() != rows) {
        return None;
    }
    let is_correlated = columns.iter().filter(|column| column.is_numeric).count() <= MAX_CORRELATED;
    let correlate = |(): &mut (), high: usize| -> Vec<i16> {
        let others = columns.get(..high).unwrap_or_default();
        let with = |other| columns.get(high).and_then(|own| correlation(own, other)).unwrap_or(UNKNOWN);
        others.iter().map(with).collect()
    };
    let correlations = if is_correlated {
        map_on_threads(threads, columns.len(), &correlate, &mut |_, _| {}).into_iter().flatten().collect()
    } else {
        Vec::new()
    };
    let is_partly_missing: Vec<bool> = columns.iter().map(|column| is_partly_missing(column.missing(), rows)).collect();
    let correlate_missing = |(): &mut (), feature: usize| -> Vec<i16> {
        let with = |(other, is_partly): (&SampledColumn, &bool)| {
            let own = columns.get(feature).filter(|_| *is_partly)?;
            missing_correlation(own, other)
        };
        columns.iter().zip(&is_partly_missing).map(|one| with(one).unwrap_or(UNKNOWN)).collect()
    };
    let missing = if is_correlated {
        map_on_threads(threads, columns.len(), &correlate_missing, &mut |_, _| {}).into_iter().flatten().collect()
    } else {
        Vec::new()
    };
    let together = missing_together(columns, rows);
    let relations = Relations::new(rows as u64, columns.len(), correlations, together, missing);
    Some(relations.with_level_scores(if is_correlated { level_scores(threads, columns) } else { Vec::new() }))
}

/// Mean scores of the numeric features by level of each categorical one; none if there are too many.
fn level_scores(threads: usize, columns: &[SampledColumn]) -> Vec<LevelScores> {
    let categorical: Vec<(usize, &SampledColumn)> =
        columns.iter().enumerate().filter(|(_, column)| !column.is_numeric).collect();
    let levels: usize = categorical.iter().map(|(_, column)| column.levels.len() + 1).sum();
    if levels.saturating_mul(columns.len()) > MAX_LEVEL_SCORES {
        return Vec::new();
    }
    let scores_of = |(): &mut (), place: usize| {
        let (feature, own) = categorical.get(place)?;
        let mut sums = vec![ScoreSum::default(); (own.levels.len() + 1) * columns.len()];
        for (number, column) in columns.iter().enumerate().filter(|(_, column)| column.is_numeric) {
            for (level, score) in own.scores.iter().zip(&column.scores).filter(|(_, score)| **score != MISSING) {
                let place = match usize::try_from(*level) {
                    Ok(level) if level < own.levels.len() => level,
                    // A rare level.
                    Ok(_) => continue,
                    Err(_) => own.levels.len(),
                };
                if let Some(sum) = sums.get_mut(place * columns.len() + number) {
                    sum.sum += i64::from(*score);
                    sum.rows += 1;
                }
            }
        }
        Some(LevelScores::new(*feature, own.levels.clone(), &sums, SCORE_UNITS))
    };
    map_on_threads(threads, categorical.len(), &scores_of, &mut |_, _| {}).into_iter().flatten().collect()
}

impl SampledColumn {
    /// Number of rows without a value.
    fn missing(&self) -> u64 {
        self.scores.iter().map(|score| u64::from(*score == MISSING)).sum()
    }
}

/// Returns whether 1–99% of the rows are missing.
fn is_partly_missing(missing: u64, rows: usize) -> bool {
    missing * 100 >= rows as u64 && (rows as u64 - missing) * 100 >= rows as u64
}

/// Pearson's correlation of a feature's scores with whether another is missing, over the rows that have a score.
fn missing_correlation(one: &SampledColumn, other: &SampledColumn) -> Option<i16> {
    if !one.is_numeric {
        return None;
    }
    let mut totals = [0_i64; 5];
    for (ours, theirs) in one.scores.chunks(CHUNK).zip(other.scores.chunks(CHUNK)) {
        let mut sums = [0_i32; 5];
        for (a, b) in ours.iter().zip(theirs) {
            let has_score = i32::from(*a != MISSING);
            let (a, b) = (i32::from(*a) * has_score, i32::from(*b == MISSING) * has_score);
            sums.iter_mut().zip([has_score, a, b, a * a, a * b]).for_each(|(sum, more)| *sum += more);
        }
        totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += i64::from(sum));
    }
    let [rows, x, y, xx, xy] = totals;
    pearson([rows, x, y, xx, y, xy])
}

/// Pearson's correlation of the scores over the rows that have both.
fn correlation(one: &SampledColumn, other: &SampledColumn) -> Option<i16> {
    if !one.is_numeric || !other.is_numeric {
        return None;
    }
    let mut totals = [0_i64; 6];
    for (ours, theirs) in one.scores.chunks(CHUNK).zip(other.scores.chunks(CHUNK)) {
        let mut sums = [0_i32; 6];
        for (a, b) in ours.iter().zip(theirs) {
            let both = i32::from(*a != MISSING && *b != MISSING);
            let (a, b) = (i32::from(*a) * both, i32::from(*b) * both);
            sums.iter_mut().zip([both, a, b, a * a, b * b, a * b]).for_each(|(sum, more)| *sum += more);
        }
        totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += i64::from(sum));
    }
    pearson(totals)
}

/// Pearson's correlation from the number of rows, the sums of both sides, of their squares, and of their products.
fn pearson([rows, x, y, xx, yy, xy]: [i64; 6]) -> Option<i16> {
    let (left, right) = (rows * xx - x * x, rows * yy - y * y);
    if rows < MIN_ROWS || left <= 0 || right <= 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "below 10^16, and rounded to four digits")]
    let correlation = (rows * xy - x * y) as f64 / ((left as f64).sqrt() * (right as f64).sqrt());
    Some(units(correlation))
}

/// Groups of features that are missing in the same rows.
fn missing_together(columns: &[SampledColumn], rows: usize) -> Vec<Vec<usize>> {
    let missing: Vec<(usize, Vec<u64>, u64)> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let bits: Vec<u64> = column.scores.chunks(64).map(missing_bits).collect();
            let count = bits.iter().map(|bits| u64::from(bits.count_ones())).sum();
            (index, bits, count)
        })
        .filter(|(_, _, count)| is_partly_missing(*count, rows))
        .collect();
    // Each joins the group of the first earlier feature that it is missing with; groups that it connects become one.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, (index, bits, count)) in missing.iter().enumerate() {
        let is_near = |other: &usize| {
            missing.iter().take(place).find(|(index, ..)| index == other).is_some_and(|(_, theirs, others)| {
                let both: u64 = bits.iter().zip(theirs).map(|(a, b)| u64::from((a & b).count_ones())).sum();
                both * 100 >= (count + others - both) * MIN_JACCARD_PERCENT
            })
        };
        let (near, mut rest): (Vec<Vec<usize>>, Vec<Vec<usize>>) =
            groups.into_iter().partition(|group| group.iter().any(is_near));
        let mut joined: Vec<usize> = near.into_iter().flatten().chain([*index]).collect();
        joined.sort_unstable();
        rest.push(joined);
        groups = rest;
    }
    groups.retain(|group| group.len() > 1);
    groups.sort_unstable();
    groups
}

fn missing_bits(scores: &[i16]) -> u64 {
    scores.iter().enumerate().fold(0, |bits, (row, score)| bits | u64::from(*score == MISSING) << row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::bytes::{Reader, Writer};

    fn numeric(scores: Vec<i16>) -> SampledColumn {
        SampledColumn { scores, is_numeric: true, levels: Vec::new() }
    }

    /// Pearson's correlation in floats over the rows that have both.
    fn brute_force(a: &[i16], b: &[i16]) -> f64 {
        let pairs: Vec<(f64, f64)> = a
            .iter()
            .zip(b)
            .filter(|(a, b)| **a != MISSING && **b != MISSING)
            .map(|(a, b)| (f64::from(*a), f64::from(*b)))
            .collect();
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| {
            pairs.iter().map(of).sum::<f64>() / f64::from(u32::try_from(pairs.len()).unwrap())
        };
        let (x, y) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
        let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum::<f64>();
        sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
    }

    /// Scores from a simple generator, some missing.
    fn scores(seed: u32, missing_every: u32) -> Vec<i16> {
        let mut state = seed;
        (0..1_000)
            .map(|row| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let score = i16::try_from(state >> 20).unwrap() - 2_048;
                if row % missing_every == 0 { MISSING } else { score }
            })
            .collect()
    }

    #[test]
    fn correlations_are_those_of_the_rows_that_have_both() {
        let (a, noise) = (scores(1, 7), scores(2, 1_001));
        let tied: Vec<i16> =
            a.iter().zip(&noise).map(|(a, noise)| if *a == MISSING { *noise } else { a / 2 + noise / 3 }).collect();
        let columns = [numeric(a.clone()), numeric(noise.clone()), numeric(tied.clone())];
        let relations = relate(2, &columns).unwrap();
        for (one, other, left, right) in [(0, 1, &a, &noise), (0, 2, &a, &tied), (2, 1, &tied, &noise)] {
            let (got, expected) = (relations.correlation(one, other).unwrap(), brute_force(left, right));
            assert!((got - expected).abs() <= 0.000_051, "{one}, {other}: {got} instead of {expected}");
        }
        assert!(relations.correlation(0, 2).unwrap() > 0.8);
        assert_eq!(relations.correlated(0)[0].0, 2);
        assert_eq!((relations.correlation(0, 0), relations.correlation(0, 3)), (None, None));
    }

    #[test]
    fn levels_constants_and_few_rows_have_no_correlation() {
        let few: Vec<i16> =
            scores(3, 1_001).iter().enumerate().map(|(row, score)| if row < 99 { *score } else { MISSING }).collect();
        let columns = [
            numeric(scores(1, 1_001)),
            SampledColumn { scores: vec![0; 1_000], is_numeric: false, levels: vec![7] },
            numeric(vec![5; 1_000]),
            numeric(few),
        ];
        let relations = relate(1, &columns).unwrap();
        assert_eq!(relations.correlated(0), []);
        assert!(relate(1, &[numeric(vec![1]), numeric(Vec::new())]).is_none());
    }

    #[test]
    fn scores_are_averaged_by_level() {
        let number = scores(1, 10);
        // Levels 3 and 8 by turns, then a rare one, then none.
        let places: Vec<i16> =
            (0..1_000_i16).map(|row| [0, 1, 0, 1, 2, MISSING][usize::from(row.unsigned_abs() % 6)]).collect();
        let levels = SampledColumn { scores: places.clone(), is_numeric: false, levels: vec![3, 8] };
        let relations = relate(2, &[levels, numeric(number.clone())]).unwrap();
        let mean = |place: i16| {
            let rows = places.iter().zip(&number).filter(|(own, score)| **own == place && **score != MISSING);
            let scores: Vec<f64> = rows.map(|(_, score)| f64::from(*score) / SCORE_UNITS).collect();
            scores.iter().sum::<f64>() / f64::from(u32::try_from(scores.len()).unwrap())
        };
        for (level, place) in [(Some(3), 0), (Some(8), 1), (None, MISSING)] {
            let got = relations.level_score(0, level, 1).unwrap();
            assert!((got - mean(place)).abs() <= 0.000_51, "{level:?}: {got} instead of {}", mean(place));
        }
        assert_eq!(relations.level_score(0, Some(4), 1), None);
        assert_eq!(relations.level_score(0, Some(3), 0), None, "not a number");
        assert_eq!((relations.level_score(1, Some(3), 1), relations.level_score(0, Some(3), 2)), (None, None));
        let mut out = Writer::default();
        relations.write(&mut out);
        let read = |bytes: &[u8]| Relations::read(&mut Reader(bytes), 1_000, 2);
        assert_eq!(read(&out.0), Some(relations.clone()));
        assert_eq!(read(&out.0[..out.0.len() - 1]), None);
        // As earlier versions wrote it.
        let former = relations.with_level_scores(Vec::new());
        let mut out = Writer::default();
        former.write(&mut out);
        assert_eq!(read(&out.0[..out.0.len() - 1]), Some(former));
    }

    #[test]
    fn a_feature_that_is_missing_where_another_is_high_is_correlated_with_it() {
        let driver = scores(1, 1_001);
        let often = |is_missing: &dyn Fn(usize, i16) -> bool| {
            let scores =
                driver.iter().enumerate().map(|(row, score)| if is_missing(row, *score) { MISSING } else { 7 });
            numeric(scores.collect())
        };
        let columns = [
            numeric(driver.clone()),
            often(&|_, score| score > 500),
            often(&|row, _| row % 3 == 0),
            often(&|row, _| row == 0),
            SampledColumn { scores: vec![0; 1_000], is_numeric: false, levels: vec![7] },
        ];
        let relations = relate(2, &columns).unwrap();
        let with = |other| relations.missing_correlation(0, other);
        assert!(with(1).unwrap() > 0.6, "{:?}", with(1));
        assert!(with(2).unwrap().abs() < 0.1, "{:?}", with(2));
        // Hardly ever missing, never missing, no numbers, no feature.
        assert_eq!([with(3), with(4), relations.missing_correlation(4, 1), with(5)], [None; 4]);
        let by_float: Vec<i16> =
            columns[1].scores.iter().map(|score| if *score == MISSING { 100 } else { 0 }).collect();
        assert!((with(1).unwrap() - brute_force(&driver, &by_float)).abs() <= 0.000_051);
    }

    #[test]
    fn features_missing_in_the_same_rows_are_a_group() {
        let missing = |is_missing: &dyn Fn(usize) -> bool| SampledColumn {
            scores: (0..1_000).map(|row| if is_missing(row) { MISSING } else { 0 }).collect(),
            is_numeric: false,
            levels: Vec::new(),
        };
        let columns = [
            missing(&|row| row % 4 == 0),
            missing(&|row| row % 5 == 0),
            missing(&|row| row % 4 == 0 && row > 10),
            missing(&|row| row % 3 == 0),
            missing(&|row| row % 5 == 0 || row == 1),
            missing(&|row| row % 4 == 0 && row % 8 == 0),
            missing(&|_| true),
            missing(&|_| true),
        ];
        assert_eq!(relate(1, &columns).unwrap().missing_together(), [vec![0, 2], vec![1, 4]]);
    }

    #[test]
    fn the_sample_is_evenly_spaced() {
        assert_eq!([step(0, 3), step(10_000, 3), step(10_001, 3), step(1_000_000, 3)], [1, 1, 2, 100]);
        assert_eq!(step(10_000, 16_777), 10, "a thousand rows of so many features");
        let numbers =
            |values: &[f64]| -> ArrayRef { std::sync::Arc::new(arrow_array::Float64Array::from(values.to_vec())) };
        assert_eq!(every(&[numbers(&[0.0, 1.0]), numbers(&[2.0, 3.0, 4.0])], 2), [0.0, 2.0, 4.0]);
    }
}
