//! One rule turns values into model inputs: every type of value, read by every command that applies a model.

use std::{fs, path::Path, sync::Arc};

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray,
    DurationMillisecondArray, FixedSizeBinaryArray, FixedSizeListArray, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray,
    StringViewArray, Time32SecondArray, TimestampMicrosecondArray, UInt8Array, UInt64Array,
    types::{Int8Type, Int32Type, Int64Type},
};
use arrow_buffer::i256;
use arrow_cast::cast;
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use vigie::{
    config::Settings,
    monitor::{ExplainRequest, Output, ScanOptions, ScoreRequest, explain, open_reference, score},
    replay::{MissingInput, Rescorer, ScoringModel},
    source::{Log, Request},
};
use vigie_models::{Model, catboost::level_hash};
use vigie_profile::batch::{Reason, Rows};

use crate::support::world::{World, feature};

/// Contributions of the leaves are multiples of this, so that sums are exact.
const UNIT: f64 = 1.0 / 64.0;
/// What a missing level adds: the model knows it as `nan`.
pub(crate) const MISSING_LEVEL: f64 = 64.0;
const LEVELS: [&str; 6] = ["1.0", "b", "nan", " d", "9007199254740993", "2026-10-01T00:00:00"];

/// A sum of one leaf per border of `n` below its value (1, 2, 4, 8; nothing if it is missing), and one for the level of
/// `c` (16 for `1.0`, 32 for `b`, 64 for `nan`, 128 for ` d`, 256 for the integer, 512 for the time).
fn model() -> Value {
    let levels: Vec<i32> = LEVELS.iter().map(|level| level_hash(level).cast_signed()).collect();
    let tree = |split: i32| json!({"leaf_values": [0.0, f64::from(1 << split) * UNIT], "leaf_weights": [1, 1], "splits": [{"split_index": split}]});
    json!({
        "features_info": {
            "float_features": [{"feature_index": 0, "flat_feature_index": 0, "feature_id": "n",
                "borders": [-1000.5, 0.5, 1.25, 2.5], "has_nans": true, "nan_value_treatment": "AsFalse"}],
            "categorical_features": [{"feature_index": 0, "flat_feature_index": 1, "feature_id": "c", "values": levels}],
        },
        "oblivious_trees": (0..10).map(tree).collect::<Vec<_>>(),
        "model_info": {"params": {"loss_function": {"type": "Logloss"}}},
    })
}

/// What an input adds to the raw output, in units; `None`: it does not fit.
pub(crate) type Expected = Option<f64>;

/// What two commands make of the only record of a log, whose other input is missing.
#[derive(Debug, PartialEq)]
pub(crate) struct LoggedRow {
    /// In a replay.
    probability: f64,
    complaints: u64,
    /// The raw output of `vigie explain --id`; `None`: the record has no inputs.
    explained: Option<f64>,
}

impl LoggedRow {
    /// In a log, a value that does not fit counts as missing, with a complaint.
    pub(crate) fn expected(input: Expected, is_number: bool, is_missing: bool) -> Self {
        let raw = raw(input.unwrap_or(if is_number { 0.0 } else { MISSING_LEVEL }), is_number);
        Self {
            probability: 1.0 / (1.0 + (-raw).exp()),
            complaints: u64::from(input.is_none()),
            explained: input.filter(|_| !is_missing).map(|_| raw),
        }
    }

    /// Reads the log of a config with the two commands.
    pub(crate) fn read(world: &World, settings: &Settings) -> Self {
        let (probability, complaints) = replayed(world, settings);
        let explained = match explained(settings, &ExplainRequest::Id("r1".to_owned(), None)) {
            Ok(raw) => Some(raw),
            Err(why) => {
                assert!(why.contains("--id r1: the record has no inputs"), "{why}");
                None
            }
        };
        Self { probability, complaints, explained }
    }
}

/// The raw output for an input whose counterpart is missing.
fn raw(units: f64, is_number: bool) -> f64 {
    (units + if is_number { MISSING_LEVEL } else { 0.0 }) * UNIT
}

struct Case {
    column: ArrayRef,
    json: Value,
    csv: Option<&'static str>,
    number: Expected,
    level: Expected,
}

fn case(column: impl Array + 'static, json: Value, csv: &'static str, number: Expected, level: Expected) -> Case {
    Case { column: Arc::new(column), json, csv: Some(csv), number, level }
}

fn text(text: &'static str, number: Expected, level: Expected) -> Case {
    case(StringArray::from(vec![text]), json!(text), text, number, level)
}

/// A dictionary of one value, as pandas writes categories.
fn categories(value: impl Array + 'static) -> DictionaryArray<Int8Type> {
    DictionaryArray::new(Int8Array::from(vec![0]), Arc::new(value))
}

fn cases() -> Vec<Case> {
    let half: ArrayRef = cast(&Float32Array::from(vec![1.5]), &DataType::Float16).unwrap();
    let decimal = |integer| Decimal128Array::from(vec![integer]).with_precision_and_scale(9, 2).unwrap();
    let keyed = |text: &'static str| [text].into_iter().collect::<DictionaryArray<Int32Type>>();
    let times = TimestampMicrosecondArray::from(vec![1_790_812_800_000_000]);
    let zoned = TimestampMicrosecondArray::from(vec![1_790_812_800_500_000]).with_timezone("+02:00");
    let bytes = |text: &'static str| BinaryArray::from(vec![text.as_bytes()]);
    let large = Decimal128Array::from(vec![900_719_925_474_099_300]).with_precision_and_scale(20, 2).unwrap();
    let single = DictionaryArray::new(Int32Array::from(vec![0]), Arc::new(Int64Array::from(vec![1])));
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
    let fixed_list = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])], 1);
    let long = Decimal256Array::from(vec![i256::from_i128(100)]).with_precision_and_scale(40, 2).unwrap();
    vec![
        case(Int64Array::from(vec![1]), json!(1), "1", Some(3.0), Some(16.0)),
        case(Int8Array::from(vec![0]), json!(0), "0", Some(1.0), Some(0.0)),
        case(Int64Array::from(vec![-2000]), json!(-2000), "-2000", Some(0.0), Some(0.0)),
        case(Float64Array::from(vec![1.0]), json!(1.0), "1.0", Some(3.0), Some(16.0)),
        case(Float32Array::from(vec![3.0]), json!(3.0), "3.00", Some(15.0), Some(0.0)),
        Case { column: half, json: json!(1.5), csv: Some("1.5"), number: Some(7.0), level: Some(0.0) },
        case(Float64Array::from(vec![f64::NAN]), Value::Null, "NaN", Some(0.0), Some(MISSING_LEVEL)),
        case(decimal(100), json!(1.00), "1.00", Some(3.0), Some(16.0)),
        case(decimal(250), json!(2.50), "2.50", Some(7.0), Some(0.0)),
        case(BooleanArray::from(vec![true]), json!(true), "True", Some(3.0), Some(16.0)),
        case(BooleanArray::from(vec![false]), json!(false), "false", Some(1.0), Some(0.0)),
        text("1.0", Some(3.0), Some(16.0)),
        text("1", Some(3.0), Some(16.0)),
        text(" 2e0 ", Some(7.0), Some(0.0)),
        text("-Infinity", Some(0.0), Some(0.0)),
        text("nan", Some(0.0), Some(MISSING_LEVEL)),
        text("None", Some(0.0), Some(MISSING_LEVEL)),
        text("", Some(0.0), Some(MISSING_LEVEL)),
        text("b", None, Some(32.0)),
        text(" b ", None, Some(32.0)),
        text("12 EUR", None, Some(0.0)),
        case(keyed("b"), json!("b"), "b", None, Some(32.0)),
        case(keyed("1.0"), json!("1.0"), "1.0", Some(3.0), Some(16.0)),
        case(Float64Array::from(vec![None::<f64>]), Value::Null, "", Some(0.0), Some(MISSING_LEVEL)),
        case(StringArray::from(vec![None::<&str>]), Value::Null, "", Some(0.0), Some(MISSING_LEVEL)),
        case(NullArray::new(1), Value::Null, "", Some(0.0), Some(MISSING_LEVEL)),
        text(" d", None, Some(128.0)),
        text("d", None, Some(0.0)),
        case(bytes("b"), json!("b"), "b", None, Some(32.0)),
        case(bytes("1.5"), json!("1.5"), "1.5", Some(7.0), Some(0.0)),
        case(single, json!(1), "1", Some(3.0), Some(16.0)),
        case(
            Int64Array::from(vec![9_007_199_254_740_993]),
            json!(9_007_199_254_740_993_i64),
            "9007199254740993",
            Some(15.0),
            Some(256.0),
        ),
        case(
            Int64Array::from(vec![9_007_199_254_740_992]),
            json!(9_007_199_254_740_992_i64),
            "9007199254740992",
            Some(15.0),
            Some(0.0),
        ),
        case(large, json!(9_007_199_254_740_993_i64), "9007199254740993.00", Some(15.0), Some(256.0)),
        case(UInt64Array::from(vec![u64::MAX]), json!(u64::MAX), "18446744073709551615", Some(15.0), Some(0.0)),
        case(times, json!("2026-10-01T00:00:00"), "2026-10-01T00:00:00", None, Some(512.0)),
        case(zoned, json!("2026-10-01T00:00:00.5Z"), "2026-10-01T00:00:00.5Z", None, Some(0.0)),
        Case { column: Arc::new(list), json: json!([1]), csv: None, number: None, level: None },
        Case { column: Arc::new(fixed_list), json: json!([1]), csv: None, number: None, level: None },
        case(categories(BooleanArray::from(vec![true])), json!(true), "true", Some(3.0), Some(16.0)),
        case(categories(decimal(250)), json!(2.50), "2.5", Some(7.0), Some(0.0)),
        case(Int16Array::from(vec![1]), json!(1), "1", Some(3.0), Some(16.0)),
        case(UInt8Array::from(vec![3]), json!(3), "3", Some(15.0), Some(0.0)),
        case(long, json!(1), "1.00", Some(3.0), Some(16.0)),
        case(LargeStringArray::from(vec![" d"]), json!(" d"), " d", None, Some(128.0)),
        case(StringViewArray::from(vec!["1.0"]), json!("1.0"), "1.0", Some(3.0), Some(16.0)),
        case(FixedSizeBinaryArray::try_from(vec![b"b".as_slice()]).unwrap(), json!("b"), "b", None, Some(32.0)),
        case(Time32SecondArray::from(vec![28_800]), json!("08:00:00"), "08:00:00", None, Some(0.0)),
        case(Date32Array::from(vec![20_727]), json!("2026-10-01"), "2026-10-01", None, Some(0.0)),
        case(DurationMillisecondArray::from(vec![5]), json!("PT0.005S"), "PT0.005S", None, Some(0.0)),
    ]
}

/// A test world with the model, a reference and a config.
pub(crate) fn world() -> World {
    let world = World::new();
    let rows = (0..40).map(|row| format!("{row},{},0.{row:02}\n", ["a", "b"][row % 2]));
    world.file("train.csv", format!("n,c,p\n{}", rows.collect::<String>()));
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p"]).ok();
    world.file("model.json", model().to_string());
    world.file(
        "vigie.yaml",
        "model: {name: m, file: model.json}\nreference: ref.vigie\n\
         source: {path: log, fields: {timestamp: ts, probability: p, id: id}}\nreports: {dir: reports}\n",
    );
    world
}

/// The two columns of a row: the value in one of them, and nothing in the other.
fn columns(column: &ArrayRef, is_number: bool) -> [(&'static str, ArrayRef); 2] {
    let (no_number, no_level): (ArrayRef, ArrayRef) =
        (Arc::new(Float64Array::from(vec![None])), Arc::new(StringArray::from(vec![None::<&str>])));
    if is_number { [("n", column.clone()), ("c", no_level)] } else { [("n", no_number), ("c", column.clone())] }
}

fn record(value: &Value, is_number: bool) -> Value {
    if is_number { json!({"n": value, "c": null}) } else { json!({"n": null, "c": value}) }
}

fn write_parquet(path: &Path, columns: Vec<(&'static str, ArrayRef)>) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
    let batch = batch.unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The raw output of the only row, by `vigie score`.
fn scored(world: &World, data: &str) -> Result<f64, String> {
    let request = ScoreRequest {
        model: world.path("model.json").into(),
        csv: vigie::delimited::CsvForm::default(),
        data: world.path(data),
        out: world.path("out.csv"),
        outputs: vec![Output::Raw],
        id: None,
        threads: 1,
    };
    score(&request).map_err(|fault| fault.to_string())?;
    let out = fs::read_to_string(world.path("out.csv")).unwrap();
    Ok(out.lines().nth(1).unwrap().parse().unwrap())
}

/// The raw output by `vigie explain`.
fn explained(settings: &Settings, request: &ExplainRequest) -> Result<f64, String> {
    let scan = ScanOptions { threads: 1, progress: &|_, _| {} };
    explain(settings, request, scan).map(|explained| explained.explanation.raw).map_err(|fault| fault.to_string())
}

/// The raw output by `vigie explain --row`.
fn explained_row(world: &World, settings: &Settings, record: &Value) -> Result<f64, String> {
    explained(settings, &ExplainRequest::Row(world.file("row.json", record.to_string())))
}

/// The probability of the only record of the log, and the number of its complaints.
fn replayed(world: &World, settings: &Settings) -> (f64, u64) {
    let reference = open_reference("reference", &settings.reference).unwrap();
    let model = Model::from_bytes("model.json", &fs::read(world.path("model.json")).unwrap()).unwrap();
    let model = ScoringModel::new("model.json", model, None).unwrap();
    let model = Rescorer::for_reference("model.json", model, reference.layout()).unwrap();
    let missing = settings.model.missing_level.as_ref();
    let model = model.with_missing_inputs(|feature| Some(MissingInput::Word(missing?.word(feature)?.to_owned())));
    let log = Log::open(&settings.source).unwrap();
    let plan = log.plan(&Request { columns: reference.layout().columns(), window: None }).unwrap();
    let mut all = Vec::new();
    for piece in &plan.pieces {
        let read = plan.read(piece, &mut |records| {
            if records.len > 0 {
                let complaints = records.complaints.count(Reason::NotANumber);
                let rows = Rows { len: records.len, features: records.features, ..Rows::default() };
                let inputs = model.inputs(&rows).unwrap();
                all.push((model.scores(&inputs, 1).unwrap()[0], complaints));
            }
        });
        assert!(read.unreadable.is_none() && read.fault.is_none(), "{read:?}");
    }
    assert_eq!(all.len(), 1);
    all[0]
}

fn logged_row(world: &World, settings: &Settings, name: &str, write: impl FnOnce(&Path)) -> LoggedRow {
    fs::create_dir_all(world.path("log")).unwrap();
    let path = world.path("log").join(name);
    write(&path);
    let row = LoggedRow::read(world, settings);
    fs::remove_file(path).unwrap();
    row
}

/// The columns of a log of one record.
fn logged_columns(inputs: &[(&'static str, ArrayRef); 2]) -> Vec<(&'static str, ArrayRef)> {
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    [inputs.as_slice(), &[("ts", text("2026-10-01T08:00:00Z")), ("id", text("r1"))]].concat()
}

#[test]
fn every_value_is_the_same_input_for_every_command() {
    let world = world();
    let settings = Settings::load(&world.path("vigie.yaml")).unwrap();
    for (case, is_number) in cases().iter().flat_map(|case| [(case, true), (case, false)]) {
        let kind = case.column.data_type();
        let what = format!("{kind} {} as {}", case.json, if is_number { "a number" } else { "a level" });
        let expected = if is_number { case.number } else { case.level };
        let check = |found: Result<f64, String>, expected: Expected, how: &str| match (found, expected) {
            (Ok(found), Some(units)) => {
                assert_eq!(found.to_bits(), raw(units, is_number).to_bits(), "{what}, {how}: {found}");
            }
            (Err(why), None) => {
                let expects = if is_number { "the model expects a num" } else { "the model expects a" };
                assert!(why.contains(expects), "{what}, {how}: {why}");
            }
            (found, _) => panic!("{what}, {how}: {found:?}, {expected:?} expected"),
        };

        write_parquet(&world.path("rows.parquet"), columns(&case.column, is_number).to_vec());
        check(scored(&world, "rows.parquet"), expected, "a table in Parquet");
        world.file("rows.ndjson", record(&case.json, is_number).to_string());
        check(scored(&world, "rows.ndjson"), expected, "a table in NDJSON");
        if let Some(cell) = case.csv {
            let row = if is_number { format!("{cell},") } else { format!(",{cell}") };
            world.file("rows.csv", format!("n,c\n{row}\n"));
            check(scored(&world, "rows.csv"), expected, "a table in CSV");
        }
        check(explained_row(&world, &settings, &record(&case.json, is_number)), expected, "a single record");

        let logged = LoggedRow::expected(expected, is_number, case.level == Some(MISSING_LEVEL));
        let found = logged_row(&world, &settings, "rows.parquet", |path| {
            write_parquet(path, logged_columns(&columns(&case.column, is_number)));
        });
        assert_eq!(found, logged, "{what}, a log in Parquet");
        let found = logged_row(&world, &settings, "rows.ndjson", |path| {
            let mut line = record(&case.json, is_number);
            line["ts"] = json!("2026-10-01T08:00:00Z");
            line["id"] = json!("r1");
            fs::write(path, format!("{line}\n")).unwrap();
        });
        assert_eq!(found, logged, "{what}, a log in NDJSON");
        if let Some(cell) = case.csv {
            let row = if is_number { format!("{cell},") } else { format!(",{cell}") };
            let found = logged_row(&world, &settings, "rows.csv", |path| {
                fs::write(path, format!("n,c,ts,id\n{row},2026-10-01T08:00:00Z,r1\n")).unwrap();
            });
            assert_eq!(found, logged, "{what}, a log in CSV");
        }
        // Next to a column of lists, rows are read one by one.
        let found = logged_row(&world, &settings, "rows.parquet", |path| {
            let mut all = logged_columns(&columns(&case.column, is_number));
            let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
            all.push(("p", Arc::new(lists)));
            write_parquet(path, all);
        });
        assert_eq!(found, logged, "{what}, rows of Parquet");
    }
}

/// An application replaces a missing level by a word: one that the model knows, or the one that the config names.
#[test]
fn a_missing_level_is_the_word_of_the_application() {
    let world = world();
    let train = |word: &str| {
        let levels: Vec<i32> = [word, "b"].map(|level| level_hash(level).cast_signed()).to_vec();
        let mut model = model();
        model["features_info"]["categorical_features"][0]["values"] = json!(levels);
        let trees = model["oblivious_trees"].as_array_mut().unwrap();
        trees.truncate(6);
        world.file("model.json", model.to_string());
    };
    let probability = |settings: &Settings| {
        let line = json!({"n": null, "c": null, "ts": "2026-10-01T08:00:00Z", "id": "r1"});
        let row = logged_row(&world, settings, "rows.ndjson", |path| fs::write(path, format!("{line}\n")).unwrap());
        let explained = explained_row(&world, settings, &json!({"n": null, "c": null})).unwrap();
        assert!((row.probability - 1.0 / (1.0 + (-explained).exp())).abs() < 1e-15, "{row:?}, {explained}");
        explained / UNIT
    };
    let settings = || Settings::load(&world.path("vigie.yaml")).unwrap();
    train("MISSING");
    assert!((probability(&settings()) - 16.0).abs() < 1e-9);
    // The log's missing values are the reference's `MISSING`, not drift.
    let levels = |word: &'static str| move |row: usize| [word.to_owned(), "b".to_owned()][row % 2].clone();
    let rows =
        |level: &dyn Fn(usize) -> String| (0..600).map(|row| format!("{},{},0.5\n", row % 9, level(row))).collect();
    let train_csv: String = rows(&levels("MISSING"));
    world.file("train.csv", format!("n,c,p\n{train_csv}"));
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p"]).ok();
    let log: String = rows(&levels(""));
    let times = |(row, line): (usize, &str)| format!("{line},2026-10-01T08:00:00Z,r{row}\n");
    world.file("log/a.csv", format!("n,c,p,ts,id\n{}", log.lines().enumerate().map(times).collect::<String>()));
    let report = world.check("2026-10-01", "2026-10-02");
    let found = feature(&report, "c");
    assert_eq!(found["missing"]["window_share"], 0.0, "{found}");
    assert_eq!(found["psi"]["value"], 0.0, "{found}");
    fs::remove_file(world.path("log/a.csv")).unwrap();
    train("pas de valeur");
    assert!(probability(&settings()).abs() < 1e-9);
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    for option in ["missing_level: pas de valeur", "missing_level: {c: pas de valeur}"] {
        world.file("vigie.yaml", config.replace("file: model.json", &format!("file: model.json, {option}")));
        assert!((probability(&settings()) - 16.0).abs() < 1e-9, "{option}");
    }
    world.file("vigie.yaml", config.replace("file: model.json", "file: model.json, missing_level: {C: x}"));
    let wrong = explained_row(&world, &settings(), &json!({"n": null, "c": null})).unwrap_err();
    assert!(wrong.starts_with("model.missing_level: the model has no feature `C`; did you mean `c`?"), "{wrong}");
}

/// A log of Parquet whose inputs are JSON text in a binary column.
#[test]
fn json_in_a_binary_column_is_read_as_json() {
    let world = world();
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("timestamp: ts,", "timestamp: ts, features: inputs,"));
    let settings = Settings::load(&world.path("vigie.yaml")).unwrap();
    let found = logged_row(&world, &settings, "rows.parquet", |path| {
        let text = |text: &'static str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
        let inputs = BinaryArray::from(vec![b"{\n  \"n\": 1.5,\n  \"c\": \" d\"\n}".as_slice()]);
        let columns =
            [("inputs", Arc::new(inputs) as ArrayRef), ("ts", text("2026-10-01T08:00:00Z")), ("id", text("r1"))];
        write_parquet(path, columns.to_vec());
    });
    assert_eq!(found, LoggedRow::expected(Some(7.0 + 128.0), false, false));
}

/// Numbers are compared in the precision of the model.
#[test]
fn numbers_are_rounded_to_the_precision_of_the_model() {
    let world = world();
    let above = 0.5_f64.next_up();
    let single = 0.5_f32.next_up();
    // (As a 32-bit float, the double is 0.5, which is not above the border.)
    let columns_and_units: [(ArrayRef, f64); 2] =
        [(Arc::new(Float64Array::from(vec![above])), 1.0), (Arc::new(Float32Array::from(vec![single])), 3.0)];
    for (column, units) in columns_and_units {
        write_parquet(&world.path("rows.parquet"), columns(&column, true).to_vec());
        let raw = scored(&world, "rows.parquet").unwrap();
        assert_eq!(raw.to_bits(), ((units + MISSING_LEVEL) * UNIT).to_bits(), "{column:?}");
    }
}
