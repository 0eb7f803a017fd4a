//! Columns follow from the declared levels, not from those that the data hold.

use vigie_prepare::tables::Specification;

use super::{
    random::tables,
    raw::{Cell, client, features_of, names},
};

#[test]
fn a_level_that_no_row_has_keeps_its_column() {
    let mut tables = tables(30, 21);
    for row in tables.rows.get_mut("bureau").unwrap() {
        if row.get("CREDIT_TYPE") == Some(&Cell::from("Microloan")) {
            row.remove("CREDIT_TYPE");
        }
    }
    let (frame, report) = features_of(&tables);
    assert_eq!(names(&frame), Specification::declared().names());
    assert!(!report.notes.iter().any(|note| note.contains("undeclared")), "{:?}", report.notes);
    let counts = frame.column("BUREAU_CREDIT_TYPE_Microloan").unwrap().f64().unwrap();
    assert!(counts.iter().flatten().all(|count| count == 0.0));
    assert!(counts.null_count() < 30);
}

#[test]
fn an_unknown_level_is_named_with_a_count_and_makes_no_column() {
    let mut tables = tables(30, 22);
    let rows = tables.rows.get_mut("bureau").unwrap();
    rows[0].insert("CREDIT_TYPE".to_owned(), Cell::from("Space loan"));
    let Cell::Number(owner) = rows[0]["SK_ID_CURR"] else { panic!("a key is a number") };
    for row in tables.rows.get_mut("application").unwrap() {
        if [Cell::from(3), Cell::from(4)].contains(&row["SK_ID_CURR"]) {
            row.insert("CODE_GENDER".to_owned(), Cell::from("D"));
            row.insert("FLAG_MOBIL".to_owned(), Cell::from(2));
            row.insert("FLAG_OWN_CAR".to_owned(), Cell::from("yes"));
        }
    }
    let (frame, report) = features_of(&tables);
    assert_eq!(names(&frame), Specification::declared().names());
    let note = |start: &str| report.notes.iter().find(|note| note.starts_with(start)).unwrap().clone();
    assert!(note("bureau.parquet: undeclared levels of CREDIT_TYPE ").contains("\"Space loan\" (1)"));
    assert!(note("application.parquet: undeclared levels of CODE_GENDER ").contains("\"D\" (2)"));
    assert!(note("application.parquet: undeclared levels of FLAG_MOBIL ").contains("\"2\" (2)"));
    assert!(note("application.parquet: undeclared levels of FLAG_OWN_CAR ").contains("\"yes\" (2)"));
    let row = client(&frame, 3);
    assert!(row["FLAG_MOBIL"].is_null() && row["FLAG_OWN_CAR"].is_null());
    assert_eq!(row["CODE_GENDER"].get_str(), Some("D"));
    // The credit of the unknown type counts as a credit, but under no type, and its type is not missing.
    let row = client(&frame, owner as i64);
    let credits = row["BUREAU_COUNT_CREDITS"].extract::<f64>().unwrap();
    let types: f64 = row
        .iter()
        .filter(|(name, _)| name.starts_with("BUREAU_CREDIT_TYPE_"))
        .map(|(_, count)| count.extract::<f64>().unwrap())
        .sum();
    assert!((types - (credits - 1.0)).abs() < 0.5, "{types} of {credits}");
}
