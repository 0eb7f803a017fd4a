//! `previous_application`: earlier applications of a client to the same lender, granted or not.
//!
//! The five DAYS_ columns of due dates keep 365243 as a number: a date that has not come yet.

use crate::spec::{
    CellKind, CellTest, DerivedColumn, FeatureColumn, RawColumn, RawTable, RowRule, five, key, number, text,
};

use super::{credit_card_balance, installments_payments, pos_cash_balance};

/// Text columns whose levels are counted, in the order of the result.
const COUNTED: [(&str, &[&str], &str); 7] = [
    ("NAME_CONTRACT_STATUS", &["Approved", "Canceled", "Refused", "Unused offer"], "decision"),
    ("NAME_CONTRACT_TYPE", &["Cash loans", "Consumer loans", "Revolving loans", "XNA"], "type of the contract"),
    (
        "NAME_PAYMENT_TYPE",
        &["Cash through the bank", "Cashless from the account of the employer", "Non-cash from your account", "XNA"],
        "way of payment",
    ),
    ("NAME_CLIENT_TYPE", &["New", "Refreshed", "Repeater", "XNA"], "kind of client at that time"),
    ("NAME_PORTFOLIO", &["Cards", "Cars", "Cash", "POS", "XNA"], "portfolio"),
    ("NAME_PRODUCT_TYPE", &["XNA", "walk-in", "x-sell"], "way of sale"),
    (
        "CODE_REJECT_REASON",
        &["CLIENT", "HC", "LIMIT", "SCO", "SCOFR", "SYSTEM", "VERIF", "XAP", "XNA"],
        "reason of the refusal",
    ),
];

/// Suffix of `PREV_RATIO_` → column and level.
const RATIOS: [(&str, &str, &str); 5] = [
    ("APPROVED", "NAME_CONTRACT_STATUS", "Approved"),
    ("REFUSED", "NAME_CONTRACT_STATUS", "Refused"),
    ("CANCELED", "NAME_CONTRACT_STATUS", "Canceled"),
    ("UNUSED_OFFER", "NAME_CONTRACT_STATUS", "Unused offer"),
    ("REVOLVING", "NAME_CONTRACT_TYPE", "Revolving loans"),
];

fn columns() -> Vec<RawColumn> {
    let keys =
        [key("SK_ID_PREV", "identifier of the previous application"), key("SK_ID_CURR", "identifier of the client")];
    let numbers = [
        number("AMT_ANNUITY", "currency", "annuity"),
        number("AMT_APPLICATION", "currency", "amount asked for"),
        number("AMT_CREDIT", "currency", "amount granted or offered"),
        number("AMT_DOWN_PAYMENT", "currency", "down payment"),
        number("AMT_GOODS_PRICE", "currency", "price of the goods"),
        number("HOUR_APPR_PROCESS_START", "hour of the day", "hour of the application"),
        number(
            "NFLAG_LAST_APPL_IN_DAY",
            "1 or 0",
            "1 or 0 for whether it was the last application of the client on that day",
        ),
        number("RATE_DOWN_PAYMENT", "ratio", "down payment rate (normalised)"),
        number("RATE_INTEREST_PRIMARY", "ratio", "primary interest rate (normalised)"),
        number("RATE_INTEREST_PRIVILEGED", "ratio", "privileged interest rate (normalised)"),
        number("DAYS_DECISION", "days", "day of the decision (relative to the application, negative before)"),
        number("SELLERPLACE_AREA", "square metres", "selling area of the seller"),
        number("CNT_PAYMENT", "count", "number of instalments agreed"),
        number("DAYS_FIRST_DRAWING", "days", "day of the first drawing (365243 if none yet)"),
        number("DAYS_FIRST_DUE", "days", "first due date (365243 if none yet)"),
        number("DAYS_LAST_DUE_1ST_VERSION", "days", "last due date as first agreed (365243 if none yet)"),
        number("DAYS_LAST_DUE", "days", "last due date (365243 if none yet)"),
        number("DAYS_TERMINATION", "days", "expected end (365243 if none yet)"),
        number("NFLAG_INSURED_ON_APPROVAL", "1 or 0", "1 or 0 for whether the client asked for insurance"),
    ];
    let texts = COUNTED.map(|(name, levels, what)| text(name, levels, what));
    keys.into_iter().chain(numbers).chain(texts).collect()
}

fn derived() -> Vec<DerivedColumn> {
    vec![
        DerivedColumn::ratio(
            "PREV_CREDIT_TO_APPLICATION",
            "AMT_CREDIT",
            "AMT_APPLICATION",
            "amount granted divided by the amount asked for",
        ),
        DerivedColumn::ratio(
            "PREV_DOWNPAYMENT_TO_GOODSPRICE",
            "AMT_DOWN_PAYMENT",
            "AMT_GOODS_PRICE",
            "down payment divided by the price of the goods",
        ),
        DerivedColumn::ratio(
            "PREV_CREDIT_TO_GOODSPRICE",
            "AMT_CREDIT",
            "AMT_GOODS_PRICE",
            "amount granted divided by the price of the goods",
        ),
        DerivedColumn {
            name: "PREV_DURATION".to_owned(),
            rule: RowRule::Copy("CNT_PAYMENT".to_owned()),
            unit: "count",
            what: "",
        },
        DerivedColumn::difference(
            "PREV_DECISION_TO_FIRST_DUE",
            "DAYS_FIRST_DUE",
            "DAYS_DECISION",
            "days",
            "number of days from the decision to the first due date",
        ),
        DerivedColumn::difference(
            "PREV_DECISION_TO_LAST_DUE",
            "DAYS_LAST_DUE",
            "DAYS_DECISION",
            "days",
            "number of days from the decision to the last due date",
        ),
    ]
}

pub(super) fn table() -> RawTable {
    let columns = columns();
    let mut derived = derived();
    let inner = [
        (pos_cash_balance::table(), "POS_NO_RECORDS", "POS_MONTHS_COUNT"),
        (installments_payments::table(), "INST_NO_RECORDS", "INST_COUNT_PAYMENTS"),
        (credit_card_balance::table(), "CC_NO_RECORDS", "CC_COUNT_MONTHS"),
    ];
    let mut aggregated: Vec<String> = columns
        .iter()
        .filter(|column| column.kind == CellKind::Number)
        .map(|column| column.name.clone())
        .chain(derived.iter().map(|column| column.name.clone()))
        .collect();
    for (table, no_rows, marker) in &inner {
        aggregated.extend(table.features.iter().map(|feature| feature.name.clone()));
        aggregated.push((*no_rows).to_owned());
        derived.push(RawTable::without_rows(no_rows, marker));
    }
    let mut features: Vec<FeatureColumn> = aggregated.iter().flat_map(|column| five("PREV_", column)).collect();
    for (column, levels, _) in COUNTED {
        for level in levels {
            features.push(FeatureColumn::count(
                format!("PREV_{column}_{level}"),
                CellTest::Level(column.to_owned(), level),
            ));
        }
    }
    for (suffix, column, level) in RATIOS {
        features.push(FeatureColumn::share(format!("PREV_RATIO_{suffix}"), CellTest::Level(column.to_owned(), level)));
    }
    features.push(FeatureColumn::rows("PREV_COUNT_APPLICATIONS"));
    RawTable {
        name: "previous_application",
        rows: "previous applications",
        key: "SK_ID_CURR",
        row_key: Some("SK_ID_PREV"),
        order: &["SK_ID_PREV"],
        columns,
        missing_texts: &[],
        renamed: &[],
        derived,
        inner: inner.map(|(table, _, _)| table).into(),
        features,
    }
}
