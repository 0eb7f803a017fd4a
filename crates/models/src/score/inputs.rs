//! Rows to score: Arrow columns in the order of the model's features.

use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array,
    cast::AsArray,
    types::{Float32Type, Float64Type},
};
use arrow_cast::cast;
use arrow_schema::DataType;

use crate::{
    InputKind,
    error::{ModelError, Result},
    forest::{Forest, city::level_hash, feature::ModelFeature},
};

/// Columns prepared for a model: checked, with levels hashed.
#[derive(Debug)]
pub struct Inputs {
    rows: usize,
    /// SHA-256 of the model that the columns were prepared for.
    pub(crate) model: [u8; 32],
    /// One per feature.
    pub(crate) columns: Vec<ColumnValues>,
}

/// The values of one column.
#[derive(Debug)]
pub(crate) enum ColumnValues {
    Single(Float32Array),
    Double(Float64Array),
    /// A numeric column without any value.
    AllMissing,
    /// The hash of the level in each row.
    Levels(Vec<u32>),
    /// A categorical column that no tree depends on.
    Unused,
}

impl Inputs {
    /// Prepares `rows` rows: one column for each of [`Forest::features`], in that order. `None` stands for a column that
    /// is missing in every row.
    ///
    /// A numeric column may be of any numeric type or boolean. A null is NaN, and doubles are rounded to single
    /// precision before they are compared, as in the official library. A categorical column contains strings, plain or
    /// dictionary-encoded. The official library rejects missing levels, so training must have replaced them: a null
    /// becomes the level [`Forest::missing_level`].
    pub fn new(forest: &Forest, rows: usize, columns: &[Option<ArrayRef>]) -> Result<Self> {
        Self::build(forest, rows, columns, |feature| forest.missing_level(feature))
    }

    /// Like [`Inputs::new`], with `missing` as the level for nulls.
    pub fn with_missing_level(
        forest: &Forest,
        rows: usize,
        columns: &[Option<ArrayRef>],
        missing: &str,
    ) -> Result<Self> {
        Self::build(forest, rows, columns, |_| missing)
    }

    fn build<'a>(
        forest: &Forest,
        rows: usize,
        columns: &[Option<ArrayRef>],
        missing: impl Fn(usize) -> &'a str,
    ) -> Result<Self> {
        if columns.len() != forest.features.len() {
            let (have, want) = (columns.len(), forest.features.len());
            return Err(ModelError::new(format!("the model reads {want} columns, but got {have}")));
        }
        let values = forest.features.iter().zip(columns).enumerate().map(|(index, (feature, column))| {
            if let Some(column) = column
                && column.len() != rows
            {
                let have = column.len();
                return Err(ModelError::new(format!("{}: got {have} values for {rows} rows", feature.name)));
            }
            match (feature.kind, column) {
                (InputKind::Numeric, column) => numbers(feature, column.as_ref()),
                (InputKind::Categorical, column) => levels(feature, rows, column.as_ref(), missing(index)),
            }
        });
        Ok(Self { rows, model: forest.sha256(), columns: values.collect::<Result<_>>()? })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

fn numbers(feature: &ModelFeature, column: Option<&ArrayRef>) -> Result<ColumnValues> {
    let Some(column) = column else { return Ok(ColumnValues::AllMissing) };
    Ok(match column.data_type() {
        DataType::Null => ColumnValues::AllMissing,
        DataType::Float32 => ColumnValues::Single(column.as_primitive::<Float32Type>().clone()),
        DataType::Float64 => ColumnValues::Double(column.as_primitive::<Float64Type>().clone()),
        kind if kind.is_integer() || matches!(kind, DataType::Boolean | DataType::Float16) => {
            let cast = cast(column, &DataType::Float32)
                .map_err(|error| ModelError::new(format!("{}: {error}", feature.name)))?;
            ColumnValues::Single(cast.as_primitive::<Float32Type>().clone())
        }
        kind => {
            return Err(ModelError::new(format!(
                "{}: the model expects numbers, but the column is {kind}",
                feature.name
            )));
        }
    })
}

fn levels(feature: &ModelFeature, rows: usize, column: Option<&ArrayRef>, missing: &str) -> Result<ColumnValues> {
    if let Some(kind) = column.map(Array::data_type)
        && !are_levels(kind)
    {
        return Err(ModelError::new(format!("{}: the model expects strings, but the column is {kind}", feature.name)));
    }
    let missing = level_hash(missing);
    Ok(match column {
        _ if !feature.used => ColumnValues::Unused,
        None => ColumnValues::Levels(vec![missing; rows]),
        Some(column) => ColumnValues::Levels(hashes(column, missing)),
    })
}

fn are_levels(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => values.is_string(),
        kind => kind.is_string() || kind.is_null(),
    }
}

/// The hash of each row's level; `missing` for a null.
fn hashes(column: &dyn Array, missing: u32) -> Vec<u32> {
    // Hashing a level is faster than checking whether it occurred before, except with a dictionary.
    let hash = |text: Option<&str>| text.map_or(missing, level_hash);
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().map(hash).collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().map(hash).collect(),
        DataType::Utf8View => column.as_string_view().iter().map(hash).collect(),
        DataType::Dictionary(..) if column.null_count() < column.len() => {
            let dictionary = column.as_any_dictionary();
            let each = hashes(dictionary.values().as_ref(), missing);
            let of_key = |(row, key): (usize, usize)| {
                if column.is_null(row) { missing } else { each.get(key).copied().unwrap_or(missing) }
            };
            dictionary.normalized_keys().into_iter().enumerate().map(of_key).collect()
        }
        _ => vec![missing; column.len()],
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BooleanArray, DictionaryArray, Int64Array, StringArray, types::Int32Type};

    use super::*;

    /// Raw output: 10 if the number is above 0.5, and 1 if the level is "b".
    fn forest() -> Forest {
        let hash = level_hash("b").cast_signed();
        let json = format!(
            r#"{{"features_info":{{
                "float_features":[{{"feature_index":0,"flat_feature_index":0,"feature_id":"n","borders":[0.5]}}],
                "categorical_features":[
                    {{"feature_index":0,"flat_feature_index":1,"feature_id":"c","values":[{hash}]}}]}},
              "oblivious_trees":[{{"leaf_values":[0,1,10,11],"splits":[{{"split_index":1}},{{"split_index":0}}]}}]}}"#
        );
        Forest::from_bytes("model.json", json.as_bytes()).unwrap()
    }

    fn raw(number: Option<ArrayRef>, level: Option<ArrayRef>) -> Result<Vec<f64>> {
        let forest = forest();
        let mut raw = vec![f64::NAN; 3];
        forest.predict_raw(&Inputs::new(&forest, 3, &[number, level])?, 0..3, &mut raw).map(|()| raw)
    }

    fn strings(texts: [Option<&str>; 3]) -> ArrayRef {
        Arc::new(StringArray::from(texts.to_vec()))
    }

    #[test]
    fn numbers_of_any_type_are_compared_in_single_precision() {
        let doubles = Float64Array::from(vec![Some(0.5 + 1e-12), Some(0.6), None]);
        assert_eq!(raw(Some(Arc::new(doubles)), None).unwrap(), [0.0, 10.0, 0.0]);
        let whole = Int64Array::from(vec![Some(0), Some(1), None]);
        assert_eq!(raw(Some(Arc::new(whole)), None).unwrap(), [0.0, 10.0, 0.0]);
        let truths = BooleanArray::from(vec![Some(true), Some(false), None]);
        assert_eq!(raw(Some(Arc::new(truths)), None).unwrap(), [10.0, 0.0, 0.0]);
    }

    #[test]
    fn the_offset_of_a_sliced_column_is_respected() {
        let singles = Float32Array::from(vec![Some(9.0), None, Some(0.1), Some(0.9)]).slice(1, 3);
        assert_eq!(raw(Some(Arc::new(singles)), None).unwrap(), [0.0, 0.0, 10.0]);
    }

    #[test]
    fn levels_may_be_plain_or_dictionary_encoded() {
        assert_eq!(raw(None, Some(strings([Some("b"), None, Some("a")]))).unwrap(), [1.0, 0.0, 0.0]);
        let encoded = |texts: [Option<&str>; 3]| {
            raw(None, Some(Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>()))).unwrap()
        };
        assert_eq!(encoded([None, Some("b"), Some("b")]), [0.0, 1.0, 1.0]);
        assert_eq!(encoded([None, None, None]), [0.0, 0.0, 0.0]);
    }

    #[test]
    fn the_level_for_nulls_can_be_set() {
        let forest = forest();
        let columns = [None, Some(strings([None, Some("a"), Some("b")]))];
        let mut raw = vec![0.0; 3];
        forest.predict_raw(&Inputs::with_missing_level(&forest, 3, &columns, "b").unwrap(), 0..3, &mut raw).unwrap();
        assert_eq!(raw, [1.0, 0.0, 1.0]);
        assert_eq!((forest.missing_level(1), forest.knows_level(1, "b")), ("", true));
    }

    #[test]
    fn columns_that_do_not_fit_are_refused() {
        let message = |outcome: Result<Vec<f64>>| outcome.unwrap_err().to_string();
        assert_eq!(
            message(raw(Some(strings([None; 3])), None)),
            "n: the model expects numbers, but the column is Utf8"
        );
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        assert_eq!(message(raw(None, Some(numbers))), "c: the model expects strings, but the column is Int64");
        let short: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
        assert_eq!(message(raw(Some(short), None)), "n: got 1 values for 3 rows");
        let forest = forest();
        let other = Inputs { rows: 0, model: [0; 32], columns: Vec::new() };
        assert!(forest.predict_raw(&other, 0..0, &mut []).is_err());
        assert!(Inputs::new(&forest, 3, &[]).unwrap_err().to_string().contains("reads 2 columns, but got 0"));
        let inputs = Inputs::new(&forest, 3, &[None, None]).unwrap();
        assert!(
            forest.predict_raw(&inputs, 0..4, &mut [0.0; 4]).is_err()
                && forest.predict_raw(&inputs, 0..2, &mut [0.0; 3]).is_err()
        );
    }
}
