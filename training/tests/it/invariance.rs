//! The same clients give the same features whatever the order of rows, row groups, blocks, threads, or the other clients.

use std::process::Command;

use polars::prelude::DataFrame;

use super::{
    random::{only, shuffled, tables},
    raw::{Cell, RawTables, Work, features_of, names, prepare_and_read, read_frame},
};

/// Same columns, types and missing cells; numbers within 1e-12 of the column's largest (1e-9 for standard deviations).
fn assert_same(expected: &DataFrame, found: &DataFrame) {
    assert_eq!(expected.schema(), found.schema());
    assert_eq!(expected.height(), found.height());
    for (left, right) in expected.columns().iter().zip(found.columns()) {
        let name = left.name().to_string();
        let (Ok(left), Ok(right)) = (left.f64(), right.f64()) else {
            assert!(left.equals_missing(right), "{name} differs");
            continue;
        };
        let largest = left.iter().flatten().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let bound = largest * if name.contains("_STD") { 1e-9 } else { 1e-12 };
        for (row, (left, right)) in left.iter().zip(right.iter()).enumerate() {
            match (left, right) {
                (None, None) => {}
                (Some(left), Some(right)) if (left - right).abs() <= bound => {}
                _ => panic!("{name}, row {row}: {right:?} instead of {left:?}"),
            }
        }
    }
}

fn rows_of(frame: &DataFrame, keep: impl Fn(i64) -> bool) -> DataFrame {
    let ids = frame.column("SK_ID_CURR").unwrap().i64().unwrap();
    let mask = ids.iter().map(|id| id.is_some_and(&keep)).collect();
    frame.filter(&mask).unwrap()
}

#[test]
fn the_order_of_rows_row_groups_and_blocks_do_not_matter() {
    let tables = tables(60, 1);
    let (expected, _) = features_of(&tables);
    assert_eq!(expected.shape(), (60, 1658));
    let other = RawTables { row_group: Some(17), ..shuffled(&tables, 2) };
    let work = Work::new(&other);
    for block in [7, 60] {
        let (found, _) = prepare_and_read(&vigie_prepare::PrepareOptions { block, ..work.options() }).unwrap();
        assert_same(&expected, &found);
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let work = Work::new(&tables(60, 3));
    let run = |threads: &str| {
        let out = work.path(&format!("{threads}.parquet"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigie-prepare"));
        command.arg("--tables").arg(work.options().tables).arg("--out").arg(&out).args(["--threads", threads]);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        read_frame(&out)
    };
    assert!(run("1").equals_missing(&run("2")));
}

#[test]
fn a_client_stands_alone() {
    let all = tables(60, 4);
    let (expected, _) = features_of(&all);
    let few = |id: usize| id % 5 == 2;
    let expected_few = rows_of(&expected, |id| few(id as usize));
    let (alone, _) = features_of(&only(&all, few));
    assert_same(&expected_few, &alone);

    let work = Work::new(&all);
    let ids: Vec<i64> = (1..=60).filter(|id| few(*id as usize)).rev().collect();
    let (chosen, _) =
        prepare_and_read(&vigie_prepare::PrepareOptions { clients: Some(ids), ..work.options() }).unwrap();
    assert_same(&expected_few, &chosen);
}

#[test]
fn the_rows_of_one_client_change_no_other_client() {
    let mut tables = tables(40, 5);
    let (before, _) = features_of(&tables);
    let client = Cell::from(9);
    for table in ["bureau", "previous_application"] {
        let rows = tables.rows.get_mut(table).unwrap();
        let own = rows.iter_mut().filter(|row| row["SK_ID_CURR"] == client);
        own.for_each(|row| drop(row.insert("AMT_ANNUITY".to_owned(), Cell::from(123_456))));
    }
    let (after, _) = features_of(&tables);
    let others = |id: i64| id != 9;
    assert!(rows_of(&before, others).equals_missing(&rows_of(&after, others)));
    assert!(!rows_of(&before, |id| id == 9).equals_missing(&rows_of(&after, |id| id == 9)), "nothing changed");
}

#[test]
fn only_the_needed_tables_are_read_and_values_are_the_same() {
    let tables = tables(40, 6);
    let work = Work::new(&tables);
    let (all, _) = prepare_and_read(&work.options()).unwrap();
    for table in ["bureau_balance", "credit_card_balance"] {
        std::fs::remove_file(work.path(&format!("{table}.parquet"))).unwrap();
    }
    let wanted: Vec<String> = [
        "PREV_INST_INST_DAYSLATE_MAX_MEAN",
        "BUREAU_BUREAU_DEBT_RATIO_STD",
        "AMT_CREDIT",
        "PREV_POS_STATUS_ACTIVE_RATIO_STD",
        "TARGET",
        "PREV_RATIO_REFUSED",
    ]
    .map(str::to_owned)
    .to_vec();
    let options = vigie_prepare::PrepareOptions { columns: Some(wanted), ..work.options() };
    let (few, _) = prepare_and_read(&options).unwrap();
    let expected = [
        "SK_ID_CURR",
        "TARGET",
        "PREV_INST_INST_DAYSLATE_MAX_MEAN",
        "BUREAU_BUREAU_DEBT_RATIO_STD",
        "AMT_CREDIT",
        "PREV_POS_STATUS_ACTIVE_RATIO_STD",
        "PREV_RATIO_REFUSED",
    ];
    assert_eq!(names(&few), expected);
    assert!(all.select(expected).unwrap().equals_missing(&few));
}
