//! Rows to score: Arrow columns in the order of the model's features.

use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array,
    cast::AsArray,
    types::{Float32Type, Float64Type},
};
use arrow_cast::cast;
use arrow_schema::DataType;

use crate::{
    error::{ModelError, Result},
    feature::{InputKind, InputPrecision, ModelFeature},
};

/// Columns prepared for a model: checked, with levels as codes.
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
    /// The model's code of the level in each row.
    Levels(Vec<u32>),
    /// A categorical column that no tree depends on.
    Unused,
}

/// A column in the form that a caller has it in.
pub(crate) trait InputSource {
    /// Number of rows.
    fn rows(&self) -> usize;

    /// The values of a numeric feature.
    fn numbers(&self, feature: &ModelFeature, precision: InputPrecision) -> Result<ColumnValues>;

    /// The levels of a feature as codes; `missing` is that of a missing one.
    fn levels(&self, feature: &ModelFeature, missing: u32, code: impl Fn(&str) -> u32) -> Result<ColumnValues>;
}

/// What a model reads.
pub(crate) struct InputSpec<'m> {
    pub features: &'m [ModelFeature],
    pub precision: InputPrecision,
    /// SHA-256 of the model.
    pub model: [u8; 32],
    /// A number that stands for a missing value, in addition to NaN.
    pub missing: Option<f32>,
}

impl Inputs {
    /// Prepares `rows` rows: one column for each feature, in that order; `None` stands for a column that is missing in
    /// every row. `missing` is the code of a missing level of a feature, and `code` that of a level.
    pub(crate) fn new<C: InputSource>(
        spec: &InputSpec<'_>,
        rows: usize,
        columns: &[Option<C>],
        missing: impl Fn(usize) -> u32,
        code: impl Fn(usize, &str) -> u32,
    ) -> Result<Self> {
        if columns.len() != spec.features.len() {
            let (have, want) = (columns.len(), spec.features.len());
            return Err(ModelError::new(format!("the model reads {want} columns, but got {have}")));
        }
        let values = spec.features.iter().zip(columns).enumerate().map(|(index, (feature, column))| {
            if let Some(column) = column
                && column.rows() != rows
            {
                let have = column.rows();
                return Err(ModelError::new(format!("{}: got {have} values for {rows} rows", feature.name)));
            }
            match (feature.kind, column) {
                (InputKind::Numeric, None) => Ok(ColumnValues::AllMissing),
                (InputKind::Numeric, Some(column)) => {
                    let column = column.numbers(feature, spec.precision)?;
                    Ok(match spec.missing {
                        Some(missing) => column.without(missing),
                        None => column,
                    })
                }
                (InputKind::Categorical, None) if !feature.used => Ok(ColumnValues::Unused),
                (InputKind::Categorical, None) => Ok(ColumnValues::Levels(vec![missing(index); rows])),
                (InputKind::Categorical, Some(column)) => {
                    column.levels(feature, missing(index), |level| code(index, level))
                }
            }
        });
        Ok(Self { rows, model: spec.model, columns: values.collect::<Result<_>>()? })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl ColumnValues {
    /// The column with a number, compared in 32 bits, as a missing value.
    #[expect(clippy::float_cmp, clippy::cast_possible_truncation, reason = "the library rounds and compares")]
    fn without(self, missing: f32) -> Self {
        match self {
            Self::Single(values) => Self::Single(values.unary_opt(|value| (value != missing).then_some(value))),
            Self::Double(values) => Self::Double(values.unary_opt(|value| (value as f32 != missing).then_some(value))),
            other => other,
        }
    }
}

impl InputSource for ArrayRef {
    fn rows(&self) -> usize {
        self.len()
    }

    fn numbers(&self, feature: &ModelFeature, precision: InputPrecision) -> Result<ColumnValues> {
        Ok(match self.data_type() {
            DataType::Null => ColumnValues::AllMissing,
            DataType::Float32 => ColumnValues::Single(self.as_primitive::<Float32Type>().clone()),
            DataType::Float64 => ColumnValues::Double(self.as_primitive::<Float64Type>().clone()),
            kind if kind.is_integer() || matches!(kind, DataType::Boolean | DataType::Float16) => {
                let wrong = |error| ModelError::new(format!("{}: {error}", feature.name));
                match precision {
                    InputPrecision::Single => {
                        let cast = cast(self, &DataType::Float32).map_err(wrong)?;
                        ColumnValues::Single(cast.as_primitive::<Float32Type>().clone())
                    }
                    InputPrecision::Double => {
                        let cast = cast(self, &DataType::Float64).map_err(wrong)?;
                        ColumnValues::Double(cast.as_primitive::<Float64Type>().clone())
                    }
                }
            }
            kind => {
                return Err(ModelError::new(format!(
                    "{}: the model expects numbers, but the column is {kind}",
                    feature.name
                )));
            }
        })
    }

    fn levels(&self, feature: &ModelFeature, missing: u32, code: impl Fn(&str) -> u32) -> Result<ColumnValues> {
        let kind = self.data_type();
        if !are_levels(kind) {
            let name = &feature.name;
            return Err(ModelError::new(format!("{name}: the model expects strings, but the column is {kind}")));
        }
        Ok(if feature.used { ColumnValues::Levels(codes(self, missing, &code)) } else { ColumnValues::Unused })
    }
}

fn are_levels(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => values.is_string(),
        kind => kind.is_string() || kind.is_null(),
    }
}

/// The code of each row's level; `missing` for a null.
fn codes(column: &dyn Array, missing: u32, code: &impl Fn(&str) -> u32) -> Vec<u32> {
    // Coding a level is faster than checking whether it occurred before, except with a dictionary.
    let of_text = |text: Option<&str>| text.map_or(missing, code);
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().map(of_text).collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().map(of_text).collect(),
        DataType::Utf8View => column.as_string_view().iter().map(of_text).collect(),
        DataType::Dictionary(..) if column.null_count() < column.len() => {
            let dictionary = column.as_any_dictionary();
            let each = codes(dictionary.values().as_ref(), missing, code);
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

    fn inputs(precision: InputPrecision, rows: usize, columns: &[Option<ArrayRef>]) -> Result<Inputs> {
        let feature = |name: &str, kind, used| ModelFeature { name: name.to_owned(), kind, column: 0, used };
        let features = [
            feature("n", InputKind::Numeric, true),
            feature("c", InputKind::Categorical, true),
            feature("d", InputKind::Categorical, false),
        ];
        let spec = InputSpec { features: &features, precision, model: [7; 32], missing: None };
        let code = |feature: usize, level: &str| u32::try_from(level.len() + 10 * feature).unwrap();
        Inputs::new(&spec, rows, columns, |_| 99, code)
    }

    fn numbers(precision: InputPrecision, column: impl Array + 'static) -> Vec<Option<f64>> {
        let rows = column.len();
        let inputs = inputs(precision, rows, &[Some(Arc::new(column)), None, None]).unwrap();
        match &inputs.columns[0] {
            ColumnValues::Single(values) => values.iter().map(|value| value.map(f64::from)).collect(),
            ColumnValues::Double(values) => values.iter().collect(),
            other => panic!("{other:?}"),
        }
    }

    fn levels(column: Option<ArrayRef>) -> Vec<u32> {
        match &inputs(InputPrecision::Single, 3, &[None, column, None]).unwrap().columns[..] {
            [ColumnValues::AllMissing, ColumnValues::Levels(codes), ColumnValues::Unused] => codes.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn strings(texts: [Option<&str>; 3]) -> ArrayRef {
        Arc::new(StringArray::from(texts.to_vec()))
    }

    #[test]
    fn integers_are_cast_to_the_precision_of_the_model() {
        // Not a 32-bit float.
        let column = || Int64Array::from(vec![Some(16_777_217), None]);
        assert_eq!(numbers(InputPrecision::Single, column()), [Some(16_777_216.0), None]);
        assert_eq!(numbers(InputPrecision::Double, column()), [Some(16_777_217.0), None]);
        let truths = BooleanArray::from(vec![Some(true), Some(false), None]);
        assert_eq!(numbers(InputPrecision::Double, truths), [Some(1.0), Some(0.0), None]);
    }

    #[test]
    fn floats_are_not_copied() {
        let doubles = Float64Array::from(vec![0.1, 0.2]);
        let before = doubles.values().as_ptr();
        let inputs = inputs(InputPrecision::Single, 2, &[Some(Arc::new(doubles)), None, None]).unwrap();
        assert!(matches!(&inputs.columns[0], ColumnValues::Double(values) if values.values().as_ptr() == before));
    }

    #[test]
    fn levels_may_be_plain_or_dictionary_encoded() {
        assert_eq!(levels(Some(strings([Some("b"), None, Some("bcd")]))), [11, 99, 13]);
        let encoded = |texts: [Option<&str>; 3]| {
            levels(Some(Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>())))
        };
        assert_eq!(encoded([None, Some("bc"), Some("bc")]), [99, 12, 12]);
        assert_eq!(encoded([None, None, None]), [99; 3]);
        assert_eq!(levels(None), [99; 3]);
    }

    #[test]
    fn columns_that_do_not_fit_are_refused() {
        let message =
            |columns: &[Option<ArrayRef>]| inputs(InputPrecision::Single, 3, columns).unwrap_err().to_string();
        assert_eq!(
            message(&[Some(strings([None; 3])), None, None]),
            "n: the model expects numbers, but the column is Utf8"
        );
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        assert_eq!(message(&[None, Some(numbers), None]), "c: the model expects strings, but the column is Int64");
        let short: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
        assert_eq!(message(&[Some(short), None, None]), "n: got 1 values for 3 rows");
        assert_eq!(message(&[]), "the model reads 3 columns, but got 0");
    }
}
