//! Rows to score: Arrow columns in the model's order, taken as they are.

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
    forest::{Forest, city::level_hash, feature::Feature},
};

/// Columns that a model can read, levels already hashed.
#[derive(Debug)]
pub struct Inputs {
    rows: usize,
    /// Of the model these columns were checked against.
    pub(crate) model: [u8; 32],
    /// One a feature.
    pub(crate) columns: Vec<Values>,
}

/// One column.
#[derive(Debug)]
pub(crate) enum Values {
    Single(Float32Array),
    Double(Float64Array),
    /// No row has a number.
    Nothing,
    /// A level's hash in each row.
    Levels(Vec<u32>),
    /// No tree asks.
    Unused,
}

impl Inputs {
    /// One column for each of [`Forest::features`], in that order, of `rows` rows; `None`: missing in every row.
    ///
    /// A numeric column is of any number type or boolean, and a null is NaN; doubles are rounded to single precision,
    /// as the official library does before it compares. A categorical column is text, plain or dictionary-encoded. The
    /// official library refuses missing levels, so training gave them a spelling: a null is the level
    /// [`Forest::missing_level`].
    pub fn new(forest: &Forest, rows: usize, columns: &[Option<ArrayRef>]) -> Result<Self> {
        Self::build(forest, rows, columns, |feature| forest.missing_level(feature))
    }

    /// The same, with the owner's own spelling of a missing level.
    pub fn with_missing(forest: &Forest, rows: usize, columns: &[Option<ArrayRef>], missing: &str) -> Result<Self> {
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
            return Err(ModelError::new(format!("the model reads {want} columns, {have} were given")));
        }
        let values = forest.features.iter().zip(columns).enumerate().map(|(place, (feature, column))| {
            if let Some(column) = column
                && column.len() != rows
            {
                let have = column.len();
                return Err(ModelError::new(format!("{}: {have} values for {rows} rows", feature.name)));
            }
            match (feature.kind, column) {
                (InputKind::Numeric, column) => numbers(feature, column.as_ref()),
                (InputKind::Categorical, column) => levels(feature, rows, column.as_ref(), missing(place)),
            }
        });
        Ok(Self { rows, model: forest.sha256(), columns: values.collect::<Result<_>>()? })
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

fn numbers(feature: &Feature, column: Option<&ArrayRef>) -> Result<Values> {
    let Some(column) = column else { return Ok(Values::Nothing) };
    Ok(match column.data_type() {
        DataType::Null => Values::Nothing,
        DataType::Float32 => Values::Single(column.as_primitive::<Float32Type>().clone()),
        DataType::Float64 => Values::Double(column.as_primitive::<Float64Type>().clone()),
        kind if kind.is_integer() || matches!(kind, DataType::Boolean | DataType::Float16) => {
            let cast = cast(column, &DataType::Float32)
                .map_err(|error| ModelError::new(format!("{}: {error}", feature.name)))?;
            Values::Single(cast.as_primitive::<Float32Type>().clone())
        }
        kind => {
            return Err(ModelError::new(format!("{}: the model reads numbers, this column is {kind}", feature.name)));
        }
    })
}

fn levels(feature: &Feature, rows: usize, column: Option<&ArrayRef>, missing: &str) -> Result<Values> {
    if let Some(kind) = column.map(Array::data_type)
        && !are_levels(kind)
    {
        return Err(ModelError::new(format!("{}: the model reads levels, this column is {kind}", feature.name)));
    }
    let missing = level_hash(missing);
    Ok(match column {
        _ if !feature.used => Values::Unused,
        None => Values::Levels(vec![missing; rows]),
        Some(column) => Values::Levels(hashes(column, missing)),
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
    // A hash takes less time than finding out whether the level came before, unless a dictionary knows.
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
        forest.raw(&Inputs::new(&forest, 3, &[number, level])?, 0..3, &mut raw).map(|()| raw)
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
    fn a_slice_of_a_column_begins_where_it_begins() {
        let singles = Float32Array::from(vec![Some(9.0), None, Some(0.1), Some(0.9)]).slice(1, 3);
        assert_eq!(raw(Some(Arc::new(singles)), None).unwrap(), [0.0, 0.0, 10.0]);
    }

    #[test]
    fn levels_come_plain_or_in_a_dictionary() {
        assert_eq!(raw(None, Some(strings([Some("b"), None, Some("a")]))).unwrap(), [1.0, 0.0, 0.0]);
        let of = |texts: [Option<&str>; 3]| {
            raw(None, Some(Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>()))).unwrap()
        };
        assert_eq!(of([None, Some("b"), Some("b")]), [0.0, 1.0, 1.0]);
        assert_eq!(of([None, None, None]), [0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_missing_level_is_what_the_owner_says() {
        let forest = forest();
        let columns = [None, Some(strings([None, Some("a"), Some("b")]))];
        let mut raw = vec![0.0; 3];
        forest.raw(&Inputs::with_missing(&forest, 3, &columns, "b").unwrap(), 0..3, &mut raw).unwrap();
        assert_eq!(raw, [1.0, 0.0, 1.0]);
        assert_eq!((forest.missing_level(1), forest.knows_level(1, "b")), ("", true));
    }

    #[test]
    fn what_does_not_fit_is_one_sentence() {
        let says = |outcome: Result<Vec<f64>>| outcome.unwrap_err().to_string();
        assert_eq!(says(raw(Some(strings([None; 3])), None)), "n: the model reads numbers, this column is Utf8");
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        assert_eq!(says(raw(None, Some(numbers))), "c: the model reads levels, this column is Int64");
        let short: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
        assert_eq!(says(raw(Some(short), None)), "n: 1 values for 3 rows");
        let forest = forest();
        let other = Inputs { rows: 0, model: [0; 32], columns: Vec::new() };
        assert!(forest.raw(&other, 0..0, &mut []).is_err());
        assert!(Inputs::new(&forest, 3, &[]).unwrap_err().to_string().contains("reads 2 columns, 0 were given"));
        let inputs = Inputs::new(&forest, 3, &[None, None]).unwrap();
        assert!(forest.raw(&inputs, 0..4, &mut [0.0; 4]).is_err() && forest.raw(&inputs, 0..2, &mut [0.0; 3]).is_err());
    }
}
