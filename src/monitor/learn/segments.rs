//! Segments of training rows: counted in addition to all rows, so that each segment of a window is compared with its own
//! reference.

use arrow_array::{ArrayRef, Float64Array};
use vigie_profile::{
    batch::{Rows, for_each_number, to_levels, to_numbers},
    layout::{Feature, Kind},
    segment::{SegmentSpec, Segments},
    shown::shown,
};

use crate::{
    fault::{Fault, Result},
    reference::{Reference, Training},
};

/// Number of most important features to count within segments.
const WITHIN: usize = 10;

/// Adds the counts of these segments to a reference.
pub(crate) fn add_segments(
    reference: Reference,
    training: &Training,
    chosen: &SegmentSpec,
    score: &str,
) -> Result<Reference> {
    let within = most_important(&reference);
    let segments = Segments::new(chosen, reference.layout(), reference.profile(), &within).map_err(Fault::setup)?;
    let features = reference.layout().features();
    let needed = segments.columns().iter().filter_map(|place| features.get(*place));
    let mut scores = Vec::with_capacity(training.rows);
    for_each_number(numbers(training, score)?.as_ref(), &mut |value| scores.push(value));
    let rows = Rows {
        len: training.rows,
        features: needed.map(|feature| column(training, feature).map(Some)).collect::<Result<_>>()?,
        probability: Some(Float64Array::from(scores)),
        refused: None,
    };
    reference.with_segment_rows(&segments, &rows)
}

fn most_important(reference: &Reference) -> Vec<usize> {
    let known =
        reference.importance().iter().enumerate().filter_map(|(place, importance)| Some((place, (*importance)?)));
    let mut ranked: Vec<(usize, f64)> = known.collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(WITHIN).map(|(place, _)| place).collect()
}

/// Converts a feature's values to the form in which a log reader returns them.
fn column(training: &Training, feature: &Feature) -> Result<ArrayRef> {
    match feature.kind() {
        Kind::Numeric => numbers(training, &feature.name),
        Kind::Categorical => Ok(to_levels(&values(training, &feature.name)?)),
    }
}

/// Converts a column to numbers. A value that is not a number is an error.
fn numbers(training: &Training, name: &str) -> Result<ArrayRef> {
    let mut wrong = None;
    let numbers = to_numbers(&values(training, name)?, &mut |found| {
        wrong.get_or_insert_with(|| {
            Fault::setup(format!(
                "--data {}: column `{}` must be numeric, but holds {found}",
                training.name,
                shown(name)
            ))
        });
    });
    wrong.map_or(Ok(numbers), Err)
}

fn values(training: &Training, name: &str) -> Result<ArrayRef> {
    training.column(name)?.array().ok_or_else(|| {
        Fault::setup(format!(
            "--data {}: column `{}` holds nested values and cannot be counted in segments",
            training.name,
            shown(name)
        ))
    })
}

#[cfg(test)]
mod tests {
    use arrow_array::{StringArray, cast::AsArray, types::Int32Type};
    use vigie_profile::layout::{Cells, Levels, Precision, Shape};

    use super::*;
    use crate::reference::{TrainingColumn, TrainingValues};

    fn table(values: TrainingValues) -> Training {
        let column = TrainingColumn { name: "x".to_owned(), values, is_single: false, is_typed: true };
        Training { name: "rows.csv".to_owned(), rows: 2, columns: vec![column] }
    }

    fn texts(texts: [Option<&str>; 2]) -> TrainingValues {
        TrainingValues::Texts(texts.map(|text| text.map(str::to_owned)).to_vec())
    }

    fn numeric() -> Feature {
        Feature { name: "x".to_owned(), shape: Shape::Numeric(Cells::learn(&[(1.0, 1)], Precision::F64)) }
    }

    #[test]
    fn values_that_do_not_fit_a_numeric_feature_are_errors() {
        let as_numbers = |values| column(&table(values), &numeric()).map_err(|fault| fault.to_string());
        let mut found = Vec::new();
        for values in [TrainingValues::Numbers(vec![0.5, f64::NAN]), texts([Some("0.5"), Some("None")])] {
            for_each_number(as_numbers(values).unwrap().as_ref(), &mut |value| found.push(value));
        }
        assert!(matches!(found[..], [0.5, first, 0.5, second] if first.is_nan() && second.is_nan()), "{found:?}");
        assert_eq!(
            as_numbers(texts([Some("1"), Some("12 EUR")])).unwrap_err(),
            "--data rows.csv: column `x` must be numeric, but holds \"12 EUR\""
        );
        assert!(as_numbers(TrainingValues::Other).unwrap_err().contains("nested values"));
    }

    #[test]
    fn levels_are_spelled_as_in_a_log() {
        let levels = Feature { name: "x".to_owned(), shape: Shape::Categorical(Levels::new(Vec::new())) };
        let spelled = |values| {
            let column = column(&table(values), &levels).unwrap();
            let levels = column.as_dictionary::<Int32Type>().downcast_dict::<StringArray>().unwrap();
            levels.into_iter().map(|level| level.map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(spelled(TrainingValues::Numbers(vec![1.0, f64::NAN])), [Some("1".to_owned()), None]);
        assert_eq!(spelled(texts([Some("True"), None])), [Some("1".to_owned()), None]);
        assert_eq!(
            spelled(texts([Some(" Private"), Some("007")])),
            [" Private", "007"].map(|text| Some(text.to_owned()))
        );
    }
}
