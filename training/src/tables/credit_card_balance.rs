//! `credit_card_balance`: balance, drawings and payments of a credit card, month by month.

use crate::spec::{
    CellKind, CellTest, DerivedColumn, FeatureColumn, GroupStat, RawColumn, RawTable, RowRule, five, key, number, text,
};

const MONTH: &str = "MONTHS_BALANCE";
const STATUS: &str = "NAME_CONTRACT_STATUS";
const LEVELS: &[&str] = &["Active", "Approved", "Completed", "Demand", "Refused", "Sent proposal", "Signed"];
const DAYS_PAST_DUE: &str = "SK_DPD";

fn columns() -> Vec<RawColumn> {
    vec![
        key("SK_ID_PREV", "identifier of the previous application"),
        number(MONTH, "months", "month relative to the application (negative before)"),
        number("AMT_BALANCE", "currency", "balance"),
        number("AMT_CREDIT_LIMIT_ACTUAL", "currency", "card limit"),
        number("AMT_DRAWINGS_ATM_CURRENT", "currency", "amount drawn at cash machines"),
        number("AMT_DRAWINGS_CURRENT", "currency", "amount drawn"),
        number("AMT_DRAWINGS_OTHER_CURRENT", "currency", "amount of other drawings"),
        number("AMT_DRAWINGS_POS_CURRENT", "currency", "amount of purchases"),
        number("AMT_INST_MIN_REGULARITY", "currency", "minimum instalment"),
        number("AMT_PAYMENT_CURRENT", "currency", "amount paid"),
        number("AMT_PAYMENT_TOTAL_CURRENT", "currency", "amount paid in total"),
        number("AMT_RECEIVABLE_PRINCIPAL", "currency", "receivable principal"),
        number("AMT_RECIVABLE", "currency", "receivable amount"),
        number("AMT_TOTAL_RECEIVABLE", "currency", "total receivable amount"),
        number("CNT_DRAWINGS_ATM_CURRENT", "count", "number of drawings at cash machines"),
        number("CNT_DRAWINGS_CURRENT", "count", "number of drawings"),
        number("CNT_DRAWINGS_OTHER_CURRENT", "count", "number of other drawings"),
        number("CNT_DRAWINGS_POS_CURRENT", "count", "number of purchases"),
        number("CNT_INSTALMENT_MATURE_CUM", "count", "number of instalments paid so far"),
        text(STATUS, LEVELS, "status of the contract"),
        number(DAYS_PAST_DUE, "days", "number of days past due"),
        number("SK_DPD_DEF", "days", "number of days past due, small debts ignored"),
    ]
}

pub(super) fn table() -> RawTable {
    let columns = columns();
    let drawings = ["AMT_DRAWINGS_ATM_CURRENT", "AMT_DRAWINGS_OTHER_CURRENT", "AMT_DRAWINGS_POS_CURRENT"];
    let derived = vec![
        DerivedColumn::ratio(
            "CC_UTILIZATION",
            "AMT_BALANCE",
            "AMT_CREDIT_LIMIT_ACTUAL",
            "balance divided by the card limit",
        ),
        DerivedColumn {
            name: "CC_DRAWINGS_TOTAL".to_owned(),
            rule: RowRule::Total(drawings.map(str::to_owned).to_vec()),
            unit: "currency",
            what: "amount drawn at cash machines, by purchases and by other drawings",
        },
    ];
    let numbers = columns.iter().filter(|column| column.kind == CellKind::Number && column.name != MONTH);
    let mut features: Vec<FeatureColumn> = numbers
        .map(|column| column.name.as_str())
        .chain(derived.iter().map(|column| column.name.as_str()))
        .flat_map(|column| five("CC_", column))
        .collect();
    let late = CellTest::Above(DAYS_PAST_DUE.to_owned(), 0.0);
    let severe = CellTest::Above(DAYS_PAST_DUE.to_owned(), 30.0);
    features.extend([
        FeatureColumn::rows("CC_COUNT_MONTHS"),
        FeatureColumn::count("CC_COUNT_LATE", late.clone()),
        FeatureColumn::count("CC_COUNT_SEVERE_LATE", severe.clone()),
        FeatureColumn::share("CC_RATIO_LATE", late),
        FeatureColumn::share("CC_RATIO_SEVERE_LATE", severe),
    ]);
    for level in LEVELS {
        let name = format!("CC_STATUS_{}", level.to_uppercase().replace(' ', "_"));
        features.push(FeatureColumn::count(name.clone(), CellTest::Level(STATUS.to_owned(), level)));
        features.push(FeatureColumn::share(format!("{name}_RATIO"), CellTest::Level(STATUS.to_owned(), level)));
    }
    features.extend([
        FeatureColumn::named("CC_LAST_MONTH", MONTH, GroupStat::Max),
        FeatureColumn::named("CC_FIRST_MONTH", MONTH, GroupStat::Min),
        FeatureColumn::named("CC_HISTORY_SPAN", MONTH, GroupStat::Span),
    ]);
    RawTable {
        name: "credit_card_balance",
        rows: "reported months of the card",
        key: "SK_ID_PREV",
        row_key: None,
        order: &[MONTH],
        columns,
        missing_texts: &["XNA"],
        renamed: &[],
        derived,
        inner: Vec::new(),
        features,
    }
}
