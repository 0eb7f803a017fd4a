//! One value layer: whatever the container, `learn` and `check` understand a value alike, or refuse it with a reason.

use std::{fs, path::Path, sync::Arc};

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, TimestampMillisecondArray, UInt32Array,
    UInt64Array, types::Int64Type,
};
use arrow_cast::cast;
use arrow_schema::DataType;
use arrow_select::take::take;
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use vigie::{
    config::Settings,
    monitor::{LearnRequest, RunRequest, ScanOptions, examine, learn},
    reference::{
        ColumnRoles, Holdout, Provenance, Reference, Training, TrainingColumn, TrainingValues, learn as learn_table,
        read_table,
    },
};
use vigie_profile::{
    batch::Reason,
    layout::Precision,
    window::{Instant, Window},
};

use crate::support::world::World;

const ROWS: usize = 400;

/// Two values of one type. Of four rows, two hold the first, one the second, and one has no value.
struct Case {
    /// The two values, and a null.
    column: ArrayRef,
    json: [Value; 2],
    csv: [&'static str; 2],
    /// As numbers; `None`: not numbers.
    numbers: Option<[f64; 2]>,
    levels: [&'static str; 2],
    /// Whether a column of this type is numeric without being declared so.
    is_numeric: bool,
}

fn case(
    column: impl Array + 'static,
    json: [Value; 2],
    csv: [&'static str; 2],
    numbers: [f64; 2],
    levels: [&'static str; 2],
) -> Case {
    Case { column: Arc::new(column), json, csv, numbers: Some(numbers), levels, is_numeric: true }
}

fn words(column: impl Array + 'static, texts: [&'static str; 2], levels: [&'static str; 2]) -> Case {
    let json = texts.map(Value::from);
    Case { column: Arc::new(column), json, csv: texts, numbers: None, levels, is_numeric: false }
}

/// Text of numbers: numbers only if the model reads numbers, or in CSV.
fn digits(column: impl Array + 'static, texts: [&'static str; 2], numbers: [f64; 2]) -> Case {
    Case { numbers: Some(numbers), ..words(column, texts, texts) }
}

fn cases() -> Vec<Case> {
    let keys = || Int32Array::from(vec![Some(0), Some(1), None]);
    let keyed = |values: ArrayRef| DictionaryArray::new(keys(), values);
    let decimals = |integers: [i128; 2], precision, scale| {
        let all = Decimal128Array::from(vec![Some(integers[0]), Some(integers[1]), None]);
        all.with_precision_and_scale(precision, scale).unwrap()
    };
    let halves = cast(&Float32Array::from(vec![Some(1.5), Some(3.0), None]), &DataType::Float16).unwrap();
    let big = (1_i64 << 53) + 1;
    let big_levels = ["9007199254740993", "9007199254740992"];
    let millis = vec![Some(1_790_812_800_500_i64), Some(1_790_812_800_000), None];
    vec![
        case(
            Int64Array::from(vec![Some(7), Some(-3), None]),
            [json!(7), json!(-3)],
            ["7", "-3"],
            [7.0, -3.0],
            ["7", "-3"],
        ),
        case(
            Int64Array::from(vec![Some(big), Some(big - 1), None]),
            [json!(big), json!(big - 1)],
            big_levels,
            [2_f64.powi(53); 2],
            big_levels,
        ),
        case(
            UInt64Array::from(vec![Some(u64::MAX), Some(5), None]),
            [json!(u64::MAX), json!(5)],
            ["18446744073709551615", "5"],
            [2_f64.powi(64), 5.0],
            ["18446744073709551615", "5"],
        ),
        Case {
            column: halves,
            ..case(Int64Array::from(vec![0]), [json!(1.5), json!(3.0)], ["1.5", "3.0"], [1.5, 3.0], ["1.5", "3"])
        },
        case(
            Float64Array::from(vec![Some(0.1), Some(2.0), Some(f64::NAN)]),
            [json!(0.1), json!(2.0)],
            ["0.1", "2.0"],
            [0.1, 2.0],
            ["0.1", "2"],
        ),
        case(decimals([150, 100], 9, 2), [json!(1.50), json!(1)], ["1.5", "1.00"], [1.5, 1.0], ["1.5", "1"]),
        case(
            decimals([i128::from(big) * 1_000, 1_500], 30, 3),
            [json!(big), json!(1.5)],
            ["9007199254740993.000", "1.5"],
            [2_f64.powi(53), 1.5],
            ["9007199254740993", "1.5"],
        ),
        case(
            BooleanArray::from(vec![Some(true), Some(false), None]),
            [json!(true), json!(false)],
            ["True", "False"],
            [1.0, 0.0],
            ["1", "0"],
        ),
        // A category of booleans, as pandas writes it.
        case(
            keyed(Arc::new(BooleanArray::from(vec![true, false]))),
            [json!(true), json!(false)],
            ["true", "false"],
            [1.0, 0.0],
            ["1", "0"],
        ),
        case(keyed(Arc::new(Int64Array::from(vec![7, 8]))), [json!(7), json!(8)], ["7", "8"], [7.0, 8.0], ["7", "8"]),
        words(
            StringArray::from(vec![Some(" Private"), Some("Private"), None]),
            [" Private", "Private"],
            [" Private", "Private"],
        ),
        digits(StringArray::from(vec![Some("007"), Some("7"), Some("NaN")]), ["007", "7"], [7.0; 2]),
        words(keyed(Arc::new(StringArray::from(vec!["a", "b"]))), ["a", "b"], ["a", "b"]),
        words(
            BinaryArray::from(vec![Some(b"a".as_slice()), Some(b"b c".as_slice()), None]),
            ["a", "b c"],
            ["a", "b c"],
        ),
        digits(BinaryArray::from(vec![Some(b"1.5".as_slice()), Some(b"2".as_slice()), None]), ["1.5", "2"], [1.5, 2.0]),
        digits(StringArray::from(vec![Some("0.5"), Some("2"), Some("None")]), ["0.5", "2"], [0.5, 2.0]),
        words(
            Date32Array::from(vec![Some(20_727), Some(20_728), None]),
            ["2026-10-01", "2026-10-02"],
            ["2026-10-01", "2026-10-02"],
        ),
        words(
            TimestampMillisecondArray::from(millis.clone()),
            ["2026-10-01T00:00:00.5", "2026-10-01T00:00:00"],
            ["2026-10-01T00:00:00.5", "2026-10-01T00:00:00"],
        ),
        words(
            TimestampMillisecondArray::from(millis).with_timezone("+02:00"),
            ["2026-10-01T00:00:00.5Z", "2026-10-01T00:00:00Z"],
            ["2026-10-01T00:00:00.5Z", "2026-10-01T00:00:00Z"],
        ),
    ]
}

/// The value of a row: 0, 1, or 2 for none.
fn value_of(row: usize) -> usize {
    [0, 0, 1, 2][row % 4]
}

fn write_parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
    let batch = batch.unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Writes the rows, as training rows and as a log, in every format.
fn write_files(world: &World, case: &Case) {
    let at = |row: usize| format!("2026-10-01T08:{:02}:{:02}Z", row / 60, row % 60);
    let rows: UInt32Array = (0..ROWS).map(|row| u32::try_from(value_of(row)).unwrap()).collect();
    let column = take(case.column.as_ref(), &rows, None).unwrap();
    let times: ArrayRef = Arc::new((0..ROWS).map(|row| Some(at(row))).collect::<StringArray>());
    let record = |row: usize| match case.json.get(value_of(row)) {
        Some(value) => json!({"v": value}),
        None => json!({"v": null}),
    };
    let cell = |row: usize| case.csv.get(value_of(row)).copied().unwrap_or("");
    let lines = |line: &dyn Fn(usize) -> String| (0..ROWS).map(line).collect::<String>();
    write_parquet(&world.path("train.parquet"), vec![("v", column.clone())]);
    world.file("train.ndjson", lines(&|row| format!("{}\n", record(row))));
    world.file("train.csv", format!("v,w\n{}", lines(&|row| format!("{},1\n", cell(row)))));
    for format in ["parquet", "ndjson", "csv"] {
        fs::create_dir_all(world.path(&format!("log-{format}"))).unwrap();
    }
    write_parquet(&world.path("log-parquet/a.parquet"), vec![("v", column), ("ts", times)]);
    world.file(
        "log-ndjson/a.ndjson",
        lines(&|row| {
            let mut record = record(row);
            record["ts"] = json!(at(row));
            format!("{record}\n")
        }),
    );
    world.file("log-csv/a.csv", format!("v,ts\n{}", lines(&|row| format!("{},{}\n", cell(row), at(row)))));
}

fn roles(is_categorical: bool, is_declared: bool) -> ColumnRoles {
    let own = |is: bool| if is { vec!["v".to_owned()] } else { Vec::new() };
    ColumnRoles {
        features: Some(vec!["v".to_owned()]),
        categorical: own(is_categorical),
        numeric: own(!is_categorical && is_declared),
        precision: Some(Precision::F64),
        ..ColumnRoles::default()
    }
}

fn provenance() -> Provenance {
    Provenance {
        created_at: Instant(0),
        vigie_version: String::new(),
        rows: ROWS as u64,
        columns: 1,
        files: Vec::new(),
        holdout: Holdout::Unknown,
        target: None,
        probability: None,
        prediction: None,
        reduced: false,
        model: None,
    }
}

/// The reference that plain values give.
fn expected(case: &Case, is_categorical: bool) -> Option<Reference> {
    let values = if is_categorical {
        let level = |row| case.levels.get(value_of(row)).map(|level| (*level).to_owned());
        TrainingValues::Texts((0..ROWS).map(level).collect())
    } else {
        let numbers = case.numbers?;
        let number = |row| numbers.get(value_of(row)).copied().unwrap_or(f64::NAN);
        TrainingValues::Numbers((0..ROWS).map(number).collect())
    };
    let column = TrainingColumn { name: "v".to_owned(), values, is_single: false, is_typed: true };
    let table = Training { name: "plain".to_owned(), rows: ROWS, columns: vec![column] };
    let learnt = learn_table(&table, &roles(is_categorical, false), provenance(), &mut |_, _| {});
    Some(learnt.unwrap().reference)
}

/// Learns from a file as `vigie learn` does, and from the same rows held in memory, as with a model.
fn learnt(world: &World, file: &str, roles: &ColumnRoles) -> Result<Reference, String> {
    let request = LearnRequest {
        data: vec![world.path(file)],
        database: None,
        csv: vigie::delimited::CsvForm::default(),
        log: None,
        out: world.path("ref.vigie"),
        choice: roles.clone(),
        model: None,
        importance: None,
        dictionary: None,
        holdout: Holdout::Unknown,
        register: false,
        segments: None,
    };
    let by_column = learn(&request, Instant(0), &mut |_, _| {}).map_err(|fault| fault.to_string());
    let table = read_table(file, fs::read(world.path(file)).unwrap(), vigie::delimited::CsvForm::default()).unwrap();
    let whole = learn_table(&table, roles, provenance(), &mut |_, _| {}).map_err(|fault| fault.to_string());
    match (by_column, whole) {
        (Ok(by_column), Ok(whole)) => {
            assert_same(&whole.reference, &by_column.reference, file);
            Ok(by_column.reference)
        }
        (Err(why), Err(_)) => Err(why),
        (one, other) => panic!("{file}: {:?}, {:?}", one.map(|_| ()), other.map(|_| ())),
    }
}

#[track_caller]
fn assert_same(found: &Reference, expected: &Reference, what: &str) {
    assert_eq!(found.layout(), expected.layout(), "{what}");
    assert_eq!(found.profile(), expected.profile(), "{what}");
}

/// Checks the log in one format against the reference just learnt.
fn check(world: &World, format: &str, what: &str) {
    let path = world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m}}\nreference: ref.vigie\nsource: {{path: log-{format}, fields: {{timestamp: ts}}}}\n\
             policy: {{min_rows: 100}}\nreports: {{dir: reports}}\n"
        ),
    );
    let settings = Settings::load(&path).unwrap();
    let at = |text: &str| Instant::parse(text, &jiff::tz::TimeZone::UTC).unwrap();
    let window = Window::new(at("2026-10-01"), at("2026-10-02"));
    let request = RunRequest { window, now: at("2026-10-03") };
    let report = examine(&settings, request, ScanOptions { threads: 1, progress: &|_, _| {} }).unwrap();
    let feature = &report.drift.features[0];
    assert_eq!(feature.n_window, ROWS as u64, "{what}");
    assert_eq!(report.examined.complaints.count(Reason::NotANumber), 0, "{what}");
    assert_eq!(feature.missing.window_share, feature.missing.reference_share, "{what}");
    assert_eq!(feature.unseen.as_ref().and_then(|unseen| unseen.share).filter(|share| *share > 0.0), None, "{what}");
    for bin in &feature.bins {
        assert_eq!(bin.reference, bin.window, "{what}: {}", bin.label);
    }
}

#[test]
fn learn_and_check_understand_values_alike_in_every_container() {
    let world = World::new();
    for (case, is_categorical) in cases().iter().flat_map(|case| [(case, true), (case, false)]) {
        write_files(&world, case);
        let kind = case.column.data_type();
        let expected = expected(case, is_categorical);
        for container in ["parquet", "ndjson", "csv"] {
            let what = format!("{kind} {} as categorical: {is_categorical}, learnt from {container}", case.json[0]);
            let file = format!("train.{container}");
            let found = learnt(&world, &file, &roles(is_categorical, true));
            match (&expected, found) {
                (Some(expected), Ok(found)) => assert_same(&found, expected, &what),
                (None, Err(why)) => {
                    assert!(why.contains("column `v` must be numeric for this model, but contains"), "{what}: {why}");
                }
                (_, found) => panic!("{what}: {:?}", found.map(|_| ())),
            }
            if expected.is_some() {
                for log in ["parquet", "ndjson", "csv"] {
                    check(&world, log, &format!("{what}, checked in {log}"));
                }
            }
        }
        // Without a model, the type of the column decides.
        let Some(numeric) = expected.filter(|_| !is_categorical && case.is_numeric) else { continue };
        for file in ["train.parquet", "train.ndjson", "train.csv"] {
            assert_same(&learnt(&world, file, &roles(false, false)).unwrap(), &numeric, &format!("{kind} in {file}"));
        }
    }
}

#[test]
fn what_cannot_be_a_feature_is_refused_with_a_reason() {
    let world = World::new();
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), Some([Some(2)])]);
    write_parquet(&world.path("train.parquet"), vec![("v", Arc::new(lists))]);
    let why = learnt(&world, "train.parquet", &roles(true, true)).unwrap_err();
    assert!(why.contains("column `v` contains nested values and cannot be a feature"), "{why}");
    let dates = Date32Array::from(vec![20_727, 20_728]);
    write_parquet(&world.path("train.parquet"), vec![("v", Arc::new(dates.clone())), ("w", Arc::new(dates))]);
    let why = learnt(&world, "train.parquet", &roles(false, false)).unwrap_err();
    assert!(why.contains("column `v` contains times; remove it from --features, or add it to --categorical"), "{why}");
    world.vigie(&["learn", "--data", "train.parquet", "--out", "r.vigie", "--categorical", "v"]).ok();
    let noted = world.vigie(&["learn", "--data", "train.parquet", "--out", "r.vigie", "--categorical", "v"]).stderr;
    assert!(noted.contains("w: contains times, ignored; --categorical uses them as levels"), "{noted}");
    world.file("train.ndjson", "{\"v\": [1]}\n{\"v\": [2]}\n");
    let why = learnt(&world, "train.ndjson", &roles(true, true)).unwrap_err();
    assert!(why.contains("column `v` contains nested values"), "{why}");
}

/// Levels that differ only in blanks are two levels if the reference distinguishes them, otherwise one.
#[test]
fn blanks_of_levels_are_ignored_only_where_the_reference_has_none() {
    let world = World::new();
    let case = words(StringArray::from(vec![Some("a"), Some("b"), None]), ["a", "b"], ["a", "b"]);
    write_files(&world, &case);
    learnt(&world, "train.csv", &roles(true, true)).unwrap();
    let blank = words(StringArray::from(vec![Some(" a"), Some("b "), None]), [" a", "b "], [" a", "b "]);
    write_files(&world, &blank);
    for log in ["parquet", "ndjson", "csv"] {
        check(&world, log, log);
    }
}

/// As many levels as rows have no test; that is said when they are learnt and on the page.
#[test]
fn a_feature_with_too_many_levels_says_that_it_is_not_tested() {
    let world = World::new();
    let row = |row: usize| format!("{{\"v\": \"m{}\", \"x\": {}}}", row / 3, row % 7);
    world.file("train.ndjson", (0..6_000).map(|number| row(number) + "\n").collect::<String>());
    let learnt = world.vigie(&["learn", "--data", "train.ndjson", "--out", "ref.vigie"]).ok();
    assert!(
        learnt.stderr.contains("v: 2000 levels, none with 1% of the rows: changes among them are not tested"),
        "{}",
        learnt.stderr
    );
    let line = |number: usize| row(number).replacen('{', "{\"ts\": \"2026-10-01T08:00:00Z\", ", 1) + "\n";
    world.file("log/a.ndjson", (0..600).map(line).collect::<String>());
    world.config("path: log\nfields: {timestamp: ts}\n");
    let report = world.check("2026-10-01", "2026-10-02");
    let feature = crate::support::world::feature(&report, "v");
    assert_eq!(feature["chi2"]["p_value"], Value::Null);
    let reason = feature["null_reasons"]["chi2.p_value"].as_str().unwrap();
    assert!(reason.ends_with("group levels to test their shares"), "{reason}");
    let page = fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(
        page.contains("not tested: all 2,000 levels are rare")
            || page.contains("not tested: all 2 000 levels are rare")
    );
}
