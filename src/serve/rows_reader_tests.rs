//! Tests that rows of a request have the scores that the same rows have as Arrow columns of a log, for all kinds of values.

use std::{fs, path::Path, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value as Json};
use vigie_models::{InputKind, Inputs, Model, ModelOptions};
use vigie_profile::{
    batch::{Number, Rows, Value},
    layout::{Layout, Precision},
};

use super::{rows_reader::RowsReader, schema::InputSchema};
use crate::replay::{MissingInput, Rescorer, ScoringModel};

/// One file of each family; the last has a feature whose missing values are a number.
const MODELS: [&str; 7] = [
    "reference_data/home_credit/model.cbm",
    "reference_data/home_credit/challengers/lightgbm.txt",
    "reference_data/home_credit/challengers/xgboost.ubj",
    "reference_data/home_credit/challengers/sklearn.skops",
    "tests/oracle/onnx/logistic_mixed.onnx",
    "tests/oracle/onnx/forest_mixed.onnx",
    "reference_data/home_credit/challengers/xgboost.ubj",
];

/// Texts that are levels, numbers, missing values, or other spellings of one of these.
const TEXTS: [&str; 26] = [
    "",
    " ",
    "F",
    "M",
    "XNA",
    " F",
    "F ",
    "Y",
    "N",
    "Cash loans",
    "Revolving loans",
    "Married",
    "nan",
    "NaN",
    "None",
    "NA",
    "__MISSING__",
    "True",
    "false",
    "1",
    "1.0",
    "-0",
    "0.50",
    "1e3",
    "\u{e9}\n\"",
    "Barter",
];

/// Numbers as JSON has them.
const NUMBERS: [&str; 14] = [
    "0",
    "-0",
    "-0.0",
    "1",
    "1.0",
    "3",
    "0.1",
    "-4039",
    "912258.0",
    "1e300",
    "16777217",
    "9007199254740993",
    "9223372036854775808",
    "1e-320",
];

fn open(name: &str, is_last: bool, missing: Option<&MissingInput>) -> Rescorer {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let options = ModelOptions { missing: is_last.then_some(1.0), ..ModelOptions::default() };
    let model = Model::with_options(name, &bytes, &options).unwrap();
    let rescorer =
        Rescorer::new(ScoringModel::new(name, model, None).unwrap(), &Layout::new(Precision::F64, Vec::new(), None));
    match missing {
        Some(missing) => rescorer.with_missing_inputs(|_| Some(missing.clone())),
        None => rescorer,
    }
}

/// The rows as the reader of a log has them.
fn as_columns(rescorer: &Rescorer, rows: &[Map<String, Json>]) -> Inputs {
    let columns = rescorer.extra_columns().iter().map(|column| -> Option<ArrayRef> {
        let feature = rescorer.model().features().iter().find(|feature| feature.name == column.name).unwrap();
        let values = rows.iter().map(|row| match row.get(&column.name) {
            None | Some(Json::Null) => Value::Null,
            Some(Json::Bool(flag)) => Value::Bool(*flag),
            Some(Json::String(text)) => Value::Text(text),
            Some(Json::Number(number)) => match (number.as_i64(), number.as_u64()) {
                (Some(integer), _) => Value::Integer(integer),
                (None, Some(large)) => Value::Large(large),
                (None, None) => Value::Real(number.as_f64().unwrap()),
            },
            Some(Json::Array(_) | Json::Object(_)) => Value::Nested,
        });
        Some(match feature.kind {
            InputKind::Numeric => Arc::new(
                values
                    .map(|value| match value.number() {
                        Number::Value(number) => Some(number),
                        Number::Missing | Number::Invalid => None,
                    })
                    .collect::<Float64Array>(),
            ),
            InputKind::Categorical => Arc::new(
                values
                    .map(|value| match value {
                        Value::Text(text) => Some(text.to_owned()),
                        other => other.level().map(std::borrow::Cow::into_owned),
                    })
                    .collect::<StringArray>(),
            ),
        })
    });
    rescorer.inputs(&Rows { len: rows.len(), features: columns.collect(), ..Rows::default() }).unwrap()
}

fn scores(rescorer: &Rescorer, inputs: &Inputs) -> Vec<u64> {
    let mut raw = vec![0.0; inputs.rows() * rescorer.model().output_count()];
    rescorer.model().predict_raw(inputs, 0..inputs.rows(), &mut raw).unwrap();
    raw.into_iter().map(f64::to_bits).collect()
}

fn value() -> impl Strategy<Value = Option<String>> {
    let text = |text: &str| Json::from(text).to_string();
    prop_oneof![
        4 => select(NUMBERS.as_slice()).prop_map(|number| Some(number.to_owned())),
        2 => (-1e6..1e6).prop_map(|number: f64| Some(number.to_string())),
        4 => select(TEXTS.as_slice()).prop_map(move |own| Some(text(own))),
        1 => ".{0,8}".prop_map(move |own: String| Some(text(&own))),
        2 => select(["null", "true", "false", "[1]", "{\"a\": 1}"].as_slice()).prop_map(|own| Some(own.to_owned())),
        1 => Just(None),
    ]
}

fn missing() -> impl Strategy<Value = Option<MissingInput>> {
    let word = |word: &str| Some(MissingInput::Word(word.to_owned()));
    select(vec![None, Some(MissingInput::Missing), word("__MISSING__"), word("F")])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn rows_of_a_request_are_scored_as_those_of_a_log(
        place in 0..MODELS.len(),
        missing in missing(),
        pool in prop::collection::vec(value(), 40..200),
        count in 1_usize..4,
        is_shuffled: bool,
    ) {
        let rescorer = open(MODELS[place], place + 1 == MODELS.len(), missing.as_ref());
        let schema = InputSchema::new(&rescorer, None);
        let features = rescorer.model().features();
        let mut values = pool.iter().cycle();
        let rows: Vec<String> = (0..count)
            .map(|_| {
                let named = features.iter().zip(&mut values);
                let mut members: Vec<String> = named
                    .filter_map(|(feature, value)| Some(format!("{}: {}", Json::from(&*feature.name), value.as_ref()?)))
                    .collect();
                if is_shuffled {
                    members.reverse();
                }
                format!("{{{}}}", members.join(", "))
            })
            .collect();
        let mut reader = RowsReader::new(&schema, &rescorer, count);
        rows.iter().for_each(|row| reader.read(row).unwrap());
        let (inputs, faults) = reader.finish().unwrap();
        prop_assert!(faults.unknown.is_empty() && faults.repeated.is_empty());
        let parsed: Vec<_> = rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
        prop_assert_eq!(scores(&rescorer, &inputs), scores(&rescorer, &as_columns(&rescorer, &parsed)));
    }
}

#[test]
fn scores_depend_on_the_values_that_are_read() {
    for name in &MODELS[..6] {
        let rescorer = open(name, false, None);
        let schema = InputSchema::new(&rescorer, None);
        let score = |value: &str| {
            let members = rescorer.model().features().iter();
            let members = members.map(|feature| format!("{}: {value}", Json::from(&*feature.name)));
            let row = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
            let mut reader = RowsReader::new(&schema, &rescorer, 1);
            reader.read(&row).unwrap();
            scores(&rescorer, &reader.finish().unwrap().0)
        };
        assert_ne!(score("0"), score("1e4"), "{name}");
    }
}
