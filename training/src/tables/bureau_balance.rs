//! `bureau_balance`: the status of a credit at another lender, month by month.

use crate::spec::{CellTest, FeatureColumn, GroupStat, RawTable, key, number, text};

const STATUS: &str = "STATUS";
const MONTH: &str = "MONTHS_BALANCE";
/// 0: no days past due; 1 to 5: more and more of them; C: closed.
const LEVELS: &[&str] = &["0", "1", "2", "3", "4", "5", "C", "UNKNOWN"];
const LATE: &[&str] = &["1", "2", "3", "4", "5"];
const SEVERE_LATE: &[&str] = &["3", "4", "5"];

pub(super) fn table() -> RawTable {
    let mut features = vec![
        FeatureColumn::named("BB_MONTHS_MIN", MONTH, GroupStat::Min),
        FeatureColumn::named("BB_MONTHS_MAX", MONTH, GroupStat::Max),
        FeatureColumn::rows("BB_MONTHS_COUNT"),
        FeatureColumn::named("BB_MONTHS_NUNIQUE", MONTH, GroupStat::Distinct),
        FeatureColumn::named("BB_MONTHS_SPAN", MONTH, GroupStat::Span),
    ];
    let mut count_and_share = |name: String, test: CellTest| {
        features.push(FeatureColumn::count(name.clone(), test.clone()));
        features.push(FeatureColumn::share(format!("{name}_RATIO"), test));
    };
    for level in LEVELS {
        count_and_share(format!("BB_STATUS_{level}"), CellTest::Level(STATUS.to_owned(), level));
    }
    count_and_share("BB_LATE".to_owned(), CellTest::AnyLevel(STATUS.to_owned(), LATE));
    count_and_share("BB_SEVERE_LATE".to_owned(), CellTest::AnyLevel(STATUS.to_owned(), SEVERE_LATE));
    RawTable {
        name: "bureau_balance",
        rows: "reported months of the credit",
        key: "SK_ID_BUREAU",
        row_key: None,
        order: &[MONTH],
        columns: vec![
            key("SK_ID_BUREAU", "identifier of the credit at another lender"),
            number(
                MONTH,
                "months",
                "month relative to the application (0 is the month of the application, negative before)",
            ),
            text(STATUS, LEVELS, "status of the month"),
        ],
        missing_texts: &[],
        renamed: &[("X", "UNKNOWN")],
        derived: Vec::new(),
        inner: Vec::new(),
        features,
    }
}
