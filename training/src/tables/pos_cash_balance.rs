//! `POS_CASH_balance`: the state of a consumer or cash loan, month by month.

use crate::spec::{CellTest, FeatureColumn, GroupStat, RawTable, key, number, text};

const MONTH: &str = "MONTHS_BALANCE";
const STATUS: &str = "NAME_CONTRACT_STATUS";
const LEVELS: &[&str] =
    &["Active", "Amortized debt", "Approved", "Canceled", "Completed", "Demand", "Returned to the store", "Signed"];

pub(super) fn table() -> RawTable {
    let mut features = vec![
        FeatureColumn::named("POS_MONTHS_MIN", MONTH, GroupStat::Min),
        FeatureColumn::named("POS_MONTHS_MAX", MONTH, GroupStat::Max),
        FeatureColumn::named("POS_MONTHS_MEAN", MONTH, GroupStat::Mean),
        FeatureColumn::rows("POS_MONTHS_COUNT"),
    ];
    for name in ["INSTALMENT", "INSTALMENT_FUTURE"] {
        for stat in [GroupStat::Mean, GroupStat::Max] {
            features.push(FeatureColumn::named(format!("POS_{name}_{}", stat.suffix()), &format!("CNT_{name}"), stat));
        }
    }
    for name in ["SK_DPD", "SK_DPD_DEF"] {
        features.extend(
            [GroupStat::Mean, GroupStat::Max, GroupStat::Sum].map(|stat| FeatureColumn::stat("POS_", name, stat)),
        );
    }
    for level in LEVELS {
        let name = format!("POS_STATUS_{}", level.to_uppercase().replace(' ', "_"));
        features.push(FeatureColumn::count(name.clone(), CellTest::Level(STATUS.to_owned(), level)));
        features.push(FeatureColumn::share(format!("{name}_RATIO"), CellTest::Level(STATUS.to_owned(), level)));
    }
    RawTable {
        name: "POS_CASH_balance",
        rows: "reported months of the loan",
        key: "SK_ID_PREV",
        row_key: None,
        order: &[MONTH],
        columns: vec![
            key("SK_ID_PREV", "identifier of the previous application"),
            number(MONTH, "months", "month relative to the application (negative before)"),
            number("CNT_INSTALMENT", "count", "number of instalments agreed"),
            number("CNT_INSTALMENT_FUTURE", "count", "number of instalments left"),
            text(STATUS, LEVELS, "status of the contract"),
            number("SK_DPD", "days", "number of days past due"),
            number("SK_DPD_DEF", "days", "number of days past due, small debts ignored"),
        ],
        missing_texts: &["XNA"],
        renamed: &[],
        derived: Vec::new(),
        inner: Vec::new(),
        features,
    }
}
