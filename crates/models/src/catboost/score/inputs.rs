//! Prepares columns for a model: levels become hashes.

use arrow_array::ArrayRef;

use crate::{
    catboost::forest::{Forest, city::level_hash},
    error::Result,
    feature::InputPrecision,
    inputs::{InputSource, InputSpec, Inputs},
};

impl Forest {
    /// CatBoost rounds numbers to single precision before it compares them.
    pub const PRECISION: InputPrecision = InputPrecision::Single;

    /// Prepares `rows` rows: one column for each of [`Forest::features`], in that order. `None` stands for a column that
    /// is missing in every row.
    ///
    /// A numeric column may be of any numeric type or boolean. A null is NaN, and doubles are rounded to single
    /// precision before they are compared, as in the official library. A categorical column contains strings, plain or
    /// dictionary-encoded. The official library rejects missing levels, so training must have replaced them: a null
    /// becomes the level [`Forest::missing_level`].
    pub fn inputs(&self, rows: usize, columns: &[Option<ArrayRef>]) -> Result<Inputs> {
        self.inputs_of(rows, columns)
    }

    /// Like [`Forest::inputs`], from columns in another form.
    pub(crate) fn inputs_of<C: InputSource>(&self, rows: usize, columns: &[Option<C>]) -> Result<Inputs> {
        let missing = |feature| level_hash(self.missing_level(feature));
        Inputs::new(&self.input_spec(), rows, columns, missing, |_, level| level_hash(level))
    }

    /// Like [`Forest::inputs`], with `missing` as the level for nulls.
    pub fn inputs_with_missing_level(
        &self,
        rows: usize,
        columns: &[Option<ArrayRef>],
        missing: &str,
    ) -> Result<Inputs> {
        let missing = level_hash(missing);
        Inputs::new(&self.input_spec(), rows, columns, |_| missing, |_, level| level_hash(level))
    }

    fn input_spec(&self) -> InputSpec<'_> {
        InputSpec { features: &self.features, precision: Self::PRECISION, model: self.sha256(), missing: None }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        BooleanArray, DictionaryArray, Float32Array, Float64Array, Int64Array, StringArray, types::Int32Type,
    };

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
        forest.predict_raw(&forest.inputs(3, &[number, level])?, 0..3, &mut raw).map(|()| raw)
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
        forest.predict_raw(&forest.inputs_with_missing_level(3, &columns, "b").unwrap(), 0..3, &mut raw).unwrap();
        assert_eq!(raw, [1.0, 0.0, 1.0]);
        assert_eq!((forest.missing_level(1), forest.knows_level(1, "b")), ("", true));
    }

    #[test]
    fn rows_that_do_not_match_the_output_are_refused() {
        let forest = forest();
        let other = Forest::from_bytes("other.json", br#"{"features_info":{},"oblivious_trees":null}"#).unwrap();
        let foreign = other.inputs(0, &[]).unwrap();
        assert!(forest.predict_raw(&foreign, 0..0, &mut []).is_err());
        let inputs = forest.inputs(3, &[None, None]).unwrap();
        assert!(
            forest.predict_raw(&inputs, 0..4, &mut [0.0; 4]).is_err()
                && forest.predict_raw(&inputs, 0..2, &mut [0.0; 3]).is_err()
        );
    }
}
