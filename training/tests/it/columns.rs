//! The names of the columns and the data dictionary.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataType;
use vigie_prepare::{PrepareOptions, spec::RawTable, tables::Specification};

use super::{
    random::tables,
    raw::{Work, declared, features_of, names, prepare_and_read},
};

/// name → kind of the 125 features of the shipped example.
fn published() -> BTreeMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference_data/home_credit/features.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let cells = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    cells.map(|cells| (cells[1].to_owned(), cells[2].to_owned())).collect()
}

#[test]
fn there_are_1658_columns_with_different_names() {
    let names = Specification::declared().names();
    assert_eq!(names.len(), 1_658);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 1_658);
    let starting = |prefix: &str| names.iter().filter(|name| name.starts_with(prefix)).count();
    assert_eq!(starting("BUREAU_"), 331);
    assert_eq!(starting("PREV_"), 1_204);
    assert_eq!(names[..2], ["SK_ID_CURR", "TARGET"]);
}

#[test]
fn rules_and_features_use_declared_columns_only() {
    assert_eq!(declared().iter().flat_map(RawTable::undeclared).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_125_features_of_the_example_are_among_them_with_their_kinds() {
    let published = published();
    assert_eq!(published.len(), 125);
    let (frame, _) = features_of(&tables(20, 11));
    for (name, kind) in published {
        let expected = match kind.as_str() {
            "numeric" => DataType::Float64,
            "boolean" => DataType::Boolean,
            _ => DataType::String,
        };
        assert_eq!(*frame.column(&name).unwrap().dtype(), expected, "{name}");
    }
    assert_eq!(names(&frame), Specification::declared().names());
}

#[test]
fn without_any_client_the_columns_are_the_same() {
    let (full, _) = features_of(&tables(20, 12));
    let (empty, report) = features_of(&super::raw::RawTables::default());
    assert_eq!((empty.height(), report.clients), (0, 0));
    assert_eq!(full.schema(), empty.schema());
}

#[test]
fn the_dictionary_has_a_sentence_a_unit_and_a_table_for_each_column() {
    let specification = Specification::declared();
    let dictionary = specification.dictionary();
    assert_eq!(dictionary.len(), 1_658);
    let files: BTreeSet<&str> = declared().iter().map(|table| table.name).collect();
    let mut sentences = BTreeSet::new();
    for (name, entry) in &dictionary {
        assert!(
            entry.sentence.ends_with('.') && entry.sentence.starts_with(char::is_uppercase),
            "{name}: {}",
            entry.sentence
        );
        assert!(!entry.unit.is_empty(), "{name}");
        assert!(files.contains(entry.table), "{name}: {}", entry.table);
        sentences.insert((entry.sentence.clone(), entry.table));
    }
    let of = |name: &str| &dictionary[name];
    let lateness = of("PREV_INST_INST_DAYSLATE_MAX_MEAN");
    assert_eq!(
        lateness.sentence,
        "Mean over previous applications of the maximum over payments of instalments of the number of days from the due \
         date to the payment (negative if early)."
    );
    assert_eq!((lateness.unit.as_str(), lateness.table), ("days", "installments_payments"));
    assert_eq!(
        of("BUREAU_CREDIT_TYPE_Microloan").sentence,
        "Number of credits at other lenders where the type of the credit is Microloan."
    );
    assert_eq!(of("PREV_RATIO_REFUSED").unit, "ratio");
    let overdue = "the number of days past due at the application is above 0";
    for (stat, expected, unit) in [
        ("SUM", format!("Number of credits at other lenders where {overdue}."), "count"),
        ("MEAN", format!("Share of credits at other lenders where {overdue}."), "ratio"),
        ("MAX", format!("Whether {overdue} for at least one of the credits at other lenders (1 or 0)."), "1 or 0"),
        ("MIN", format!("Whether {overdue} for all credits at other lenders (1 or 0)."), "1 or 0"),
    ] {
        let entry = of(&format!("BUREAU_BUREAU_IS_OVERDUE_{stat}"));
        assert_eq!((&entry.sentence, entry.unit.as_str()), (&expected, unit));
    }
    assert_eq!(of("YEARS_BUILD_AVG").sentence, "Age of the client's building, average (normalised).");
    assert_eq!(of("PREV_CC_NO_RECORDS_SUM").table, "credit_card_balance");
    // Some columns have the same values by definition: the duration of a loan is its number of instalments.
    assert!(sentences.len() > 1_600, "{} different sentences", sentences.len());
}

#[test]
fn the_dictionary_is_written_for_the_columns_that_are_written() {
    let work = Work::new(&tables(5, 13));
    let options = PrepareOptions {
        columns: Some(vec!["AMT_CREDIT".to_owned()]),
        dictionary: Some(work.path("dictionary.json")),
        ..work.options()
    };
    prepare_and_read(&options).unwrap();
    let text = std::fs::read_to_string(work.path("dictionary.json")).unwrap();
    let written: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&text).unwrap();
    assert_eq!(written.keys().collect::<Vec<_>>(), ["AMT_CREDIT", "SK_ID_CURR", "TARGET"]);
    assert_eq!(written["AMT_CREDIT"]["sentence"], "Amount of the credit.");
    assert_eq!(written["AMT_CREDIT"]["unit"], "currency");
    assert_eq!(written["AMT_CREDIT"]["table"], "application");
}
