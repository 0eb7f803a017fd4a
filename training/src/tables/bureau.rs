//! `bureau`: credits of a client at other lenders.

use crate::spec::{CellKind, CellTest, DerivedColumn, FeatureColumn, RawColumn, RawTable, five, key, number, text};

use super::bureau_balance;

const ACTIVE: &[&str] = &["Active", "Bad debt", "Closed", "Sold"];
const CURRENCIES: &[&str] = &["currency 1", "currency 2", "currency 3", "currency 4"];
const TYPES: &[&str] = &[
    "Another type of loan",
    "Car loan",
    "Cash loan (non-earmarked)",
    "Consumer credit",
    "Credit card",
    "Interbank credit",
    "Loan for business development",
    "Loan for purchase of shares (margin lending)",
    "Loan for the purchase of equipment",
    "Loan for working capital replenishment",
    "Microloan",
    "Mobile operator loan",
    "Mortgage",
    "Real estate loan",
    "Unknown type of loan",
];

/// Suffix of `BUREAU_RATIO_` → level of `CREDIT_ACTIVE`.
const RATIOS: [(&str, &str); 4] =
    [("ACTIVE", "Active"), ("CLOSED", "Closed"), ("SOLD", "Sold"), ("BAD_DEBT", "Bad debt")];

fn columns() -> Vec<RawColumn> {
    vec![
        key("SK_ID_CURR", "identifier of the client"),
        key("SK_ID_BUREAU", "identifier of the credit at another lender"),
        text("CREDIT_ACTIVE", ACTIVE, "state of the credit"),
        text("CREDIT_CURRENCY", CURRENCIES, "currency of the credit"),
        number(
            "DAYS_CREDIT",
            "days",
            "day on which the client applied for the credit (relative to the application, negative before)",
        ),
        number("CREDIT_DAY_OVERDUE", "days", "number of days past due at the application"),
        number("DAYS_CREDIT_ENDDATE", "days", "agreed end of the credit (relative to the application)"),
        number("DAYS_ENDDATE_FACT", "days", "actual end of the credit (relative to the application)"),
        number("AMT_CREDIT_MAX_OVERDUE", "currency", "highest amount overdue so far"),
        number("CNT_CREDIT_PROLONG", "count", "number of prolongations"),
        number("AMT_CREDIT_SUM", "currency", "amount of the credit"),
        number("AMT_CREDIT_SUM_DEBT", "currency", "current debt"),
        number("AMT_CREDIT_SUM_LIMIT", "currency", "current credit card limit"),
        number("AMT_CREDIT_SUM_OVERDUE", "currency", "amount overdue at the application"),
        text("CREDIT_TYPE", TYPES, "type of the credit"),
        number("DAYS_CREDIT_UPDATE", "days", "day of the last report on the credit (relative to the application)"),
        number("AMT_ANNUITY", "currency", "annuity"),
    ]
}

fn derived(numbers: &[String], levels: &[(String, &'static [&'static str])]) -> Vec<DerivedColumn> {
    let missing = numbers.iter().chain(levels.iter().map(|(name, _)| name));
    let mut out: Vec<_> = missing
        .map(|name| DerivedColumn::indicator(format!("BUREAU_{name}_NA"), CellTest::Missing(name.clone())))
        .collect();
    out.extend([
        DerivedColumn::ratio(
            "BUREAU_DEBT_RATIO",
            "AMT_CREDIT_SUM_DEBT",
            "AMT_CREDIT_SUM",
            "current debt divided by the amount of the credit",
        ),
        DerivedColumn::ratio(
            "BUREAU_OVERDUE_RATIO",
            "AMT_CREDIT_SUM_OVERDUE",
            "AMT_CREDIT_SUM",
            "amount overdue divided by the amount of the credit",
        ),
        DerivedColumn::difference(
            "BUREAU_CREDIT_DURATION",
            "DAYS_CREDIT_ENDDATE",
            "DAYS_CREDIT",
            "days",
            "agreed duration",
        ),
        DerivedColumn::difference(
            "BUREAU_REAL_DELAY",
            "DAYS_ENDDATE_FACT",
            "DAYS_CREDIT_ENDDATE",
            "days",
            "number of days from the agreed to the actual end",
        ),
        DerivedColumn::indicator("BUREAU_IS_ACTIVE", CellTest::Level("CREDIT_ACTIVE".to_owned(), "Active")),
        DerivedColumn::indicator("BUREAU_IS_CLOSED", CellTest::Level("CREDIT_ACTIVE".to_owned(), "Closed")),
        DerivedColumn::indicator("BUREAU_IS_OVERDUE", CellTest::Above("CREDIT_DAY_OVERDUE".to_owned(), 0.0)),
    ]);
    out
}

pub(super) fn table() -> RawTable {
    let columns = columns();
    let numbers: Vec<String> =
        columns.iter().filter(|column| column.kind == CellKind::Number).map(|column| column.name.clone()).collect();
    let levels: Vec<(String, &'static [&'static str])> = columns
        .iter()
        .filter_map(|column| match column.kind {
            CellKind::Text(levels) => Some((column.name.clone(), levels)),
            _ => None,
        })
        .collect();
    let derived = derived(&numbers, &levels);
    let months = bureau_balance::table();
    let no_months = RawTable::without_rows("BB_NO_RECORDS", "BB_MONTHS_COUNT");
    let aggregated = (numbers.iter().cloned())
        .chain(derived.iter().map(|column| column.name.clone()))
        .chain(months.features.iter().map(|feature| feature.name.clone()))
        .chain([no_months.name.clone()]);
    let mut features: Vec<FeatureColumn> =
        aggregated.flat_map(|column| five("BUREAU_", &column).collect::<Vec<_>>()).collect();
    for (column, levels) in levels {
        for level in levels {
            features
                .push(FeatureColumn::count(format!("BUREAU_{column}_{level}"), CellTest::Level(column.clone(), level)));
        }
        features.push(FeatureColumn::count(format!("BUREAU_{column}_MISSING"), CellTest::Missing(column)));
    }
    for (suffix, level) in RATIOS {
        features.push(FeatureColumn::share(
            format!("BUREAU_RATIO_{suffix}"),
            CellTest::Level("CREDIT_ACTIVE".to_owned(), level),
        ));
    }
    features.push(FeatureColumn::rows("BUREAU_COUNT_CREDITS"));
    RawTable {
        name: "bureau",
        rows: "credits at other lenders",
        key: "SK_ID_CURR",
        row_key: Some("SK_ID_BUREAU"),
        order: &["SK_ID_BUREAU"],
        columns,
        missing_texts: &[],
        renamed: &[],
        derived: derived.into_iter().chain([no_months]).collect(),
        inner: vec![months],
        features,
    }
}
