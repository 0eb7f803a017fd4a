//! What cannot be prepared: one sentence with the file, the column and the next step, and no file is written.

use polars::prelude::Column;
use vigie_prepare::PrepareOptions;

use super::{
    random::tables,
    raw::{Cell, RawTables, Work, prepare_and_read, read_frame, write_frame},
};

/// The sentence of the error; checks that no file appeared.
fn error(work: &Work, change: impl FnOnce(&mut PrepareOptions)) -> String {
    let mut options = work.options();
    change(&mut options);
    let error = prepare_and_read(&options).map(|_| ()).unwrap_err().to_string();
    let left: Vec<_> = std::fs::read_dir(&options.tables)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("out.parquet"))
        .collect();
    assert_eq!(left, [""; 0]);
    error
}

fn assert_says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{error:?} does not contain {part:?}");
    }
}

/// Rewrites a table with a changed column.
fn change_column(work: &Work, table: &str, column: &str, change: impl Fn(&Column) -> Option<Column>) {
    let path = work.path(&format!("{table}.parquet"));
    let columns = read_frame(&path).columns().to_vec().into_iter();
    let columns = columns.filter_map(|own| if own.name() == column { change(&own) } else { Some(own) }).collect();
    write_frame(&path, columns, None);
}

#[test]
fn a_table_is_absent() {
    let work = Work::new(&tables(5, 31));
    std::fs::remove_file(work.path("bureau.parquet")).unwrap();
    assert_says(&error(&work, |_| {}), &["cannot open", "bureau.parquet", "--tables"]);
}

#[test]
fn a_column_is_absent() {
    let work = Work::new(&tables(5, 32));
    change_column(&work, "installments_payments", "AMT_PAYMENT", |_| None);
    assert_says(&error(&work, |_| {}), &["installments_payments.parquet", "absent: AMT_PAYMENT", "--columns"]);
    // A run that does not need it succeeds.
    prepare_and_read(&PrepareOptions { columns: Some(vec!["PREV_RATIO_REFUSED".to_owned()]), ..work.options() })
        .unwrap();
}

#[test]
fn the_target_may_be_absent() {
    let work = Work::new(&tables(5, 33));
    change_column(&work, "application", "TARGET", |_| None);
    let (frame, report) = prepare_and_read(&work.options()).unwrap();
    assert_eq!(frame.width(), 1_658);
    assert_eq!(frame.column("TARGET").unwrap().null_count(), 5);
    assert!(report.notes.iter().any(|note| note.contains("TARGET is absent")), "{:?}", report.notes);
}

#[test]
fn a_column_has_the_wrong_type() {
    let work = Work::new(&tables(5, 34));
    let text = |own: &Column| Some(Column::new(own.name().clone(), vec!["1"; own.len()]));
    change_column(&work, "bureau", "AMT_CREDIT_SUM", text);
    assert_says(&error(&work, |_| {}), &["bureau.parquet", "AMT_CREDIT_SUM is", "expected a 32-bit or 64-bit number"]);
    let work = Work::new(&tables(5, 34));
    change_column(&work, "bureau_balance", "SK_ID_BUREAU", |own| {
        Some(own.cast(&polars::prelude::DataType::Float64).unwrap())
    });
    assert_says(&error(&work, |_| {}), &["bureau_balance.parquet", "SK_ID_BUREAU is", "integer"]);
}

#[test]
fn a_key_is_missing_or_repeats() {
    for (table, key) in [
        ("application", "SK_ID_CURR"),
        ("bureau", "SK_ID_BUREAU"),
        ("bureau", "SK_ID_CURR"),
        ("POS_CASH_balance", "SK_ID_PREV"),
    ] {
        let mut tables = tables(12, 35);
        tables.rows.get_mut(table).unwrap()[3].remove(key);
        let said = error(&Work::new(&tables), |_| {});
        assert_says(&said, &[table, key, "without a value of the key", ": 1; remove"]);
    }
    for (table, key) in
        [("application", "SK_ID_CURR"), ("bureau", "SK_ID_BUREAU"), ("previous_application", "SK_ID_PREV")]
    {
        let mut tables = tables(12, 36);
        let rows = tables.rows.get_mut(table).unwrap();
        let first = rows[0][key].clone();
        rows[5].insert(key.to_owned(), first.clone());
        let said = error(&Work::new(&RawTables { row_group: Some(4), ..tables }), |_| {});
        let Cell::Number(first) = first else { panic!("a key is a number") };
        assert_says(&said, &[table, key, "unique", &format!("the first is {first}")]);
    }
}

#[test]
fn a_file_is_damaged() {
    let work = Work::new(&tables(40, 37));
    let path = work.path("previous_application.parquet");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_says(&error(&work, |_| {}), &["cannot read", "previous_application.parquet", "complete Parquet file"]);
    let mut damaged = bytes.clone();
    damaged[40..200].fill(0xFF);
    std::fs::write(&path, &damaged).unwrap();
    // What the damage does depends on where it is: the file may be refused, or its keys.
    assert_says(&error(&work, |_| {}), &["previous_application.parquet"]);
}

#[test]
fn options_are_checked() {
    let work = Work::new(&tables(5, 38));
    let columns = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_says(
        &error(&work, |options| options.columns = columns(&["AMT_CREDIT", "AMT_CREDITS"])),
        &["1 of 2", "\"AMT_CREDITS\""],
    );
    assert_says(
        &error(&work, |options| options.columns = columns(&["AMT_CREDIT", "AMT_CREDIT"])),
        &["AMT_CREDIT", "twice"],
    );
    assert_says(&error(&work, |options| options.clients = Some(vec![2, 70])), &["1 of 2 ids", "the first is 70"]);
    assert_says(&error(&work, |options| options.block = 0), &["--block"]);
    assert_says(
        &error(&work, |options| options.dictionary = Some(options.out.clone())),
        &["--dictionary", "two files"],
    );
    let raw = std::fs::read(work.path("bureau.parquet")).unwrap();
    assert_says(&error(&work, |options| options.out = work.path("bureau.parquet")), &["bureau.parquet is a raw table"]);
    assert_eq!(std::fs::read(work.path("bureau.parquet")).unwrap(), raw);
    let said = error(&work, |options| options.out = work.path("no folder/out.parquet"));
    assert_says(&said, &["cannot write", "no folder"]);
}
