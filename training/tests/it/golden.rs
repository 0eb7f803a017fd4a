//! Hand-made tables with values that were computed by hand.
//!
//! Client 1: nothing but the application. 2: one credit and one loan. 3: only missing cells. 4: divisors of 0.
//! 5: several credits and loans. Some rows of `bureau`, `bureau_balance`
//! and `POS_CASH_balance` belong to nobody.

use std::collections::BTreeMap;

use polars::prelude::AnyValue;

use super::raw::{RawTables, client, features_of, row};

#[rustfmt::skip]
fn tables() -> RawTables {
    let mut out = RawTables::default();
    out.rows.insert("application", vec![
        row! { SK_ID_CURR: 5, TARGET: 1, DAYS_EMPLOYED: -200, FLAG_MOBIL: 1, FLAG_OWN_CAR: "Y", ORGANIZATION_TYPE: "Bank" },
        row! { SK_ID_CURR: 1, TARGET: 0, DAYS_EMPLOYED: 365_243, FLAG_OWN_CAR: "N", ORGANIZATION_TYPE: "XNA", AMT_CREDIT: 450_000.5 },
        row! { SK_ID_CURR: 3, FLAG_MOBIL: 0, CODE_GENDER: "XNA" },
        row! { SK_ID_CURR: 2, TARGET: 0, DAYS_EMPLOYED: -1, CODE_GENDER: "F", EXT_SOURCE_1: 0.5 },
        row! { SK_ID_CURR: 4, TARGET: 1 },
    ]);
    out.rows.insert("bureau", vec![
        row! { SK_ID_CURR: 2, SK_ID_BUREAU: 20, CREDIT_ACTIVE: "Active", CREDIT_TYPE: "Microloan", CREDIT_CURRENCY: "currency 1", DAYS_CREDIT: -100, DAYS_CREDIT_ENDDATE: 265, AMT_CREDIT_SUM: 200, AMT_CREDIT_SUM_DEBT: 50, CREDIT_DAY_OVERDUE: 0 },
        row! { SK_ID_CURR: 3, SK_ID_BUREAU: 30 },
        row! { SK_ID_CURR: 3, SK_ID_BUREAU: 31 },
        row! { SK_ID_CURR: 4, SK_ID_BUREAU: 40, AMT_CREDIT_SUM: 0, AMT_CREDIT_SUM_DEBT: 10, AMT_CREDIT_SUM_OVERDUE: 0, CREDIT_ACTIVE: "Sold" },
        row! { SK_ID_CURR: 5, SK_ID_BUREAU: 53, CREDIT_ACTIVE: "Closed", CREDIT_TYPE: "Mortgage", DAYS_CREDIT: -300, AMT_CREDIT_SUM: 300, AMT_CREDIT_SUM_DEBT: 0 },
        row! { SK_ID_CURR: 5, SK_ID_BUREAU: 51, CREDIT_ACTIVE: "Active", CREDIT_TYPE: "Mortgage", DAYS_CREDIT: -100, AMT_CREDIT_SUM: 100, AMT_CREDIT_SUM_DEBT: 50, CREDIT_DAY_OVERDUE: 7 },
        row! { SK_ID_CURR: 5, SK_ID_BUREAU: 52, CREDIT_ACTIVE: "Bad debt", DAYS_CREDIT: -200, DAYS_CREDIT_ENDDATE: -50, DAYS_ENDDATE_FACT: -60, AMT_CREDIT_SUM: 200, AMT_CREDIT_SUM_DEBT: 200 },
        row! { SK_ID_CURR: 99, SK_ID_BUREAU: 990, AMT_CREDIT_SUM: 1 },
    ]);
    out.rows.insert("bureau_balance", vec![
        row! { SK_ID_BUREAU: 51, MONTHS_BALANCE: 0, STATUS: "0" },
        row! { SK_ID_BUREAU: 51, MONTHS_BALANCE: -1, STATUS: "X" },
        row! { SK_ID_BUREAU: 51, MONTHS_BALANCE: -3, STATUS: "4" },
        row! { SK_ID_BUREAU: 51, MONTHS_BALANCE: -3, STATUS: "1" },
        row! { SK_ID_BUREAU: 52, MONTHS_BALANCE: -9, STATUS: "C" },
        row! { SK_ID_BUREAU: 20, MONTHS_BALANCE: -2 },
        row! { SK_ID_BUREAU: 777, MONTHS_BALANCE: -5, STATUS: "5" },
    ]);
    out.rows.insert("previous_application", vec![
        row! { SK_ID_CURR: 2, SK_ID_PREV: 200, NAME_CONTRACT_STATUS: "Approved", NAME_CONTRACT_TYPE: "Cash loans", NAME_PRODUCT_TYPE: "walk-in", AMT_CREDIT: 110, AMT_APPLICATION: 100, AMT_GOODS_PRICE: 88, DAYS_DECISION: -400, DAYS_FIRST_DUE: 365_243, DAYS_LAST_DUE_1ST_VERSION: 365_243, CNT_PAYMENT: 12 },
        row! { SK_ID_CURR: 3, SK_ID_PREV: 300, CODE_REJECT_REASON: "XAP" },
        row! { SK_ID_CURR: 4, SK_ID_PREV: 400, AMT_CREDIT: 5, AMT_APPLICATION: 0, AMT_GOODS_PRICE: 0, AMT_DOWN_PAYMENT: 0 },
        row! { SK_ID_CURR: 5, SK_ID_PREV: 503, NAME_CONTRACT_STATUS: "Refused", NAME_CONTRACT_TYPE: "Revolving loans", AMT_ANNUITY: 30 },
        row! { SK_ID_CURR: 5, SK_ID_PREV: 501, NAME_CONTRACT_STATUS: "Approved", NAME_CONTRACT_TYPE: "Revolving loans", AMT_ANNUITY: 10 },
        row! { SK_ID_CURR: 5, SK_ID_PREV: 502, NAME_CONTRACT_STATUS: "Approved", NAME_CONTRACT_TYPE: "XNA", NAME_PRODUCT_TYPE: "XNA" },
        row! { SK_ID_CURR: 5, SK_ID_PREV: 504, NAME_CONTRACT_STATUS: "Canceled", AMT_ANNUITY: 20 },
    ]);
    out.rows.insert("POS_CASH_balance", vec![
        row! { SK_ID_PREV: 501, MONTHS_BALANCE: -1, NAME_CONTRACT_STATUS: "Active", CNT_INSTALMENT: 12, CNT_INSTALMENT_FUTURE: 10, SK_DPD: 3, SK_DPD_DEF: 1 },
        row! { SK_ID_PREV: 501, MONTHS_BALANCE: -2, NAME_CONTRACT_STATUS: "Returned to the store", CNT_INSTALMENT_FUTURE: 11, SK_DPD: 0, SK_DPD_DEF: 0 },
        row! { SK_ID_PREV: 501, MONTHS_BALANCE: -3, NAME_CONTRACT_STATUS: "XNA", SK_DPD: 6 },
        row! { SK_ID_PREV: 502, MONTHS_BALANCE: -7, NAME_CONTRACT_STATUS: "Active", CNT_INSTALMENT_FUTURE: 5, SK_DPD: 0, SK_DPD_DEF: 0 },
        row! { SK_ID_PREV: 888, MONTHS_BALANCE: -1, SK_DPD: 1_000 },
    ]);
    out.rows.insert("installments_payments", vec![
        row! { SK_ID_PREV: 501, NUM_INSTALMENT_NUMBER: 1, DAYS_INSTALMENT: -90, DAYS_ENTRY_PAYMENT: -95, AMT_INSTALMENT: 100, AMT_PAYMENT: 100 },
        row! { SK_ID_PREV: 501, NUM_INSTALMENT_NUMBER: 2, DAYS_INSTALMENT: -60, DAYS_ENTRY_PAYMENT: -50, AMT_INSTALMENT: 100, AMT_PAYMENT: 40 },
        row! { SK_ID_PREV: 501, NUM_INSTALMENT_NUMBER: 2, DAYS_INSTALMENT: -60, DAYS_ENTRY_PAYMENT: -60, AMT_INSTALMENT: 100, AMT_PAYMENT: 120 },
        row! { SK_ID_PREV: 501, NUM_INSTALMENT_NUMBER: 3, DAYS_INSTALMENT: -30 , AMT_INSTALMENT: 0, AMT_PAYMENT: 0 },
        row! { SK_ID_PREV: 504, NUM_INSTALMENT_NUMBER: 1, DAYS_INSTALMENT: -10, DAYS_ENTRY_PAYMENT: -8, AMT_INSTALMENT: 50, AMT_PAYMENT: 50 },
        row! { SK_ID_PREV: 200, NUM_INSTALMENT_NUMBER: 1 },
    ]);
    out.rows.insert("credit_card_balance", vec![
        row! { SK_ID_PREV: 503, MONTHS_BALANCE: -1, AMT_BALANCE: 50, AMT_CREDIT_LIMIT_ACTUAL: 100, AMT_DRAWINGS_ATM_CURRENT: 5, AMT_DRAWINGS_POS_CURRENT: 7, SK_DPD: 31, NAME_CONTRACT_STATUS: "Sent proposal" },
        row! { SK_ID_PREV: 503, MONTHS_BALANCE: -4, AMT_BALANCE: 50, AMT_CREDIT_LIMIT_ACTUAL: 0, SK_DPD: 30, NAME_CONTRACT_STATUS: "Active" },
    ]);
    out
}

/// `None` is missing.
fn check(row: &BTreeMap<String, AnyValue<'_>>, expected: &[(&str, Option<f64>)]) {
    for (name, expected) in expected {
        let found = match &row[*name] {
            AnyValue::Null => None,
            value => Some(value.extract::<f64>().unwrap()),
        };
        let is_same = match (expected, found) {
            (None, None) => true,
            (Some(expected), Some(found)) => (expected - found).abs() <= 1e-12 * expected.abs(),
            _ => false,
        };
        assert!(is_same, "{name}: {found:?} instead of {expected:?}");
    }
}

#[test]
fn application_cells() {
    let (frame, _) = features_of(&tables());
    let row = client(&frame, 1);
    check(
        &row,
        &[("DAYS_EMPLOYED", None), ("AMT_CREDIT", Some(450_000.5)), ("TARGET", Some(0.0)), ("EXT_SOURCE_1", None)],
    );
    assert_eq!(row["FLAG_DAYS_EMPLOYED_SENTINEL"], AnyValue::Boolean(true));
    assert_eq!(row["FLAG_OWN_CAR"], AnyValue::Boolean(false));
    assert_eq!(row["FLAG_MOBIL"], AnyValue::Null);
    assert_eq!(row["ORGANIZATION_TYPE"], AnyValue::Null);
    let row = client(&frame, 3);
    check(&row, &[("DAYS_EMPLOYED", None), ("TARGET", None)]);
    assert_eq!(row["FLAG_DAYS_EMPLOYED_SENTINEL"], AnyValue::Boolean(false));
    assert_eq!(row["FLAG_MOBIL"], AnyValue::Boolean(false));
    assert_eq!(row["CODE_GENDER"], AnyValue::Null);
    let row = client(&frame, 5);
    check(&row, &[("DAYS_EMPLOYED", Some(-200.0)), ("TARGET", Some(1.0))]);
    assert_eq!(row["FLAG_OWN_CAR"], AnyValue::Boolean(true));
    assert_eq!(row["ORGANIZATION_TYPE"].get_str(), Some("Bank"));
    let ids: Vec<_> = frame.column("SK_ID_CURR").unwrap().i64().unwrap().iter().flatten().collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
}

#[test]
fn a_client_without_credits_and_loans_has_missing_sums_and_counts() {
    let (frame, _) = features_of(&tables());
    let row = client(&frame, 1);
    let aggregated = row.iter().filter(|(name, _)| name.starts_with("BUREAU_") || name.starts_with("PREV_"));
    let mut columns = 0;
    for (name, value) in aggregated {
        assert_eq!(*value, AnyValue::Null, "{name}");
        columns += 1;
    }
    assert_eq!(columns, 331 + 1_204);
}

#[test]
fn one_row_has_no_standard_deviation() {
    let (frame, _) = features_of(&tables());
    check(
        &client(&frame, 2),
        &[
            ("BUREAU_COUNT_CREDITS", Some(1.0)),
            ("BUREAU_AMT_CREDIT_SUM_MEAN", Some(200.0)),
            ("BUREAU_AMT_CREDIT_SUM_SUM", Some(200.0)),
            ("BUREAU_AMT_CREDIT_SUM_STD", None),
            ("BUREAU_BUREAU_DEBT_RATIO_MAX", Some(0.25)),
            ("BUREAU_BUREAU_CREDIT_DURATION_MIN", Some(365.0)),
            ("BUREAU_CREDIT_TYPE_Microloan", Some(1.0)),
            ("BUREAU_CREDIT_TYPE_Mortgage", Some(0.0)),
            ("BUREAU_CREDIT_TYPE_MISSING", Some(0.0)),
            ("BUREAU_BUREAU_DAYS_CREDIT_ENDDATE_NA_SUM", Some(0.0)),
            ("BUREAU_BUREAU_DAYS_ENDDATE_FACT_NA_SUM", Some(1.0)),
            ("BUREAU_BB_NO_RECORDS_MEAN", Some(0.0)),
            ("BUREAU_BB_MONTHS_COUNT_SUM", Some(1.0)),
            ("BUREAU_BB_STATUS_0_RATIO_MAX", Some(0.0)),
            ("PREV_COUNT_APPLICATIONS", Some(1.0)),
            ("PREV_PREV_CREDIT_TO_APPLICATION_MEAN", Some(1.1)),
            ("PREV_PREV_CREDIT_TO_GOODSPRICE_MAX", Some(1.25)),
            ("PREV_DAYS_LAST_DUE_1ST_VERSION_MAX", Some(365_243.0)),
            ("PREV_PREV_DECISION_TO_FIRST_DUE_MEAN", Some(365_643.0)),
            ("PREV_PREV_DURATION_SUM", Some(12.0)),
            ("PREV_NAME_PRODUCT_TYPE_walk-in", Some(1.0)),
            ("PREV_RATIO_APPROVED", Some(1.0)),
            ("PREV_RATIO_REFUSED", Some(0.0)),
            ("PREV_POS_NO_RECORDS_MAX", Some(1.0)),
            ("PREV_INST_NO_RECORDS_MAX", Some(0.0)),
            // The payment has only missing cells: its sum is 0 and its maximum missing, and so are theirs over loans.
            ("PREV_INST_AMT_PAYMENT_SUM_SUM", Some(0.0)),
            ("PREV_INST_AMT_PAYMENT_SUM_MEAN", Some(0.0)),
            ("PREV_INST_AMT_PAYMENT_MAX_SUM", Some(0.0)),
            ("PREV_INST_AMT_PAYMENT_MAX_MAX", None),
            ("PREV_INST_COUNT_LATE_SUM", Some(0.0)),
            ("PREV_INST_COUNT_ZERO_MEAN", Some(0.0)),
            ("PREV_INST_PAYMENTSPAN_MEAN", None),
            ("PREV_CC_CC_UTILIZATION_MAX_SUM", Some(0.0)),
            ("PREV_CC_CC_UTILIZATION_MAX_MEAN", None),
        ],
    );
}

#[test]
fn only_missing_cells_sum_to_zero() {
    let (frame, _) = features_of(&tables());
    check(
        &client(&frame, 3),
        &[
            ("BUREAU_COUNT_CREDITS", Some(2.0)),
            ("BUREAU_AMT_CREDIT_SUM_SUM", Some(0.0)),
            ("BUREAU_AMT_CREDIT_SUM_MEAN", None),
            ("BUREAU_AMT_CREDIT_SUM_MIN", None),
            ("BUREAU_AMT_CREDIT_SUM_STD", None),
            ("BUREAU_BUREAU_AMT_CREDIT_SUM_NA_SUM", Some(2.0)),
            ("BUREAU_BUREAU_CREDIT_TYPE_NA_STD", Some(0.0)),
            ("BUREAU_BUREAU_IS_ACTIVE_MAX", Some(0.0)),
            ("BUREAU_CREDIT_ACTIVE_MISSING", Some(2.0)),
            ("BUREAU_RATIO_ACTIVE", Some(0.0)),
            ("BUREAU_BB_NO_RECORDS_SUM", Some(2.0)),
            ("BUREAU_BB_MONTHS_COUNT_SUM", Some(0.0)),
            ("BUREAU_BB_MONTHS_COUNT_MEAN", None),
            ("PREV_CODE_REJECT_REASON_XAP", Some(1.0)),
            ("PREV_CODE_REJECT_REASON_XNA", Some(0.0)),
            ("PREV_DAYS_DECISION_SUM", Some(0.0)),
            ("PREV_DAYS_DECISION_MAX", None),
        ],
    );
}

#[test]
fn a_divisor_of_zero_is_missing() {
    let (frame, _) = features_of(&tables());
    check(
        &client(&frame, 4),
        &[
            ("BUREAU_BUREAU_DEBT_RATIO_MAX", None),
            ("BUREAU_BUREAU_DEBT_RATIO_SUM", Some(0.0)),
            ("BUREAU_BUREAU_OVERDUE_RATIO_MEAN", None),
            ("BUREAU_RATIO_SOLD", Some(1.0)),
            ("PREV_PREV_CREDIT_TO_APPLICATION_MEAN", None),
            ("PREV_PREV_DOWNPAYMENT_TO_GOODSPRICE_MEAN", None),
            ("PREV_AMT_CREDIT_MAX", Some(5.0)),
        ],
    );
}

#[test]
fn several_credits() {
    let (frame, _) = features_of(&tables());
    check(
        &client(&frame, 5),
        &[
            ("BUREAU_COUNT_CREDITS", Some(3.0)),
            ("BUREAU_DAYS_CREDIT_MEAN", Some(-200.0)),
            ("BUREAU_DAYS_CREDIT_STD", Some(100.0)),
            ("BUREAU_DAYS_CREDIT_MIN", Some(-300.0)),
            ("BUREAU_BUREAU_DEBT_RATIO_MEAN", Some(0.5)),
            ("BUREAU_BUREAU_DEBT_RATIO_STD", Some(0.5)),
            ("BUREAU_BUREAU_REAL_DELAY_MEAN", Some(-10.0)),
            ("BUREAU_BUREAU_IS_ACTIVE_MEAN", Some(1.0 / 3.0)),
            ("BUREAU_BUREAU_IS_OVERDUE_SUM", Some(1.0)),
            ("BUREAU_RATIO_BAD_DEBT", Some(1.0 / 3.0)),
            ("BUREAU_CREDIT_TYPE_Mortgage", Some(2.0)),
            ("BUREAU_CREDIT_TYPE_MISSING", Some(1.0)),
            // Months of credit 51: 0, -1, -3, -3; of 52: -9; none of 53.
            ("BUREAU_BB_MONTHS_COUNT_SUM", Some(5.0)),
            ("BUREAU_BB_MONTHS_COUNT_MEAN", Some(2.5)),
            ("BUREAU_BB_MONTHS_NUNIQUE_MAX", Some(3.0)),
            ("BUREAU_BB_MONTHS_SPAN_MAX", Some(3.0)),
            ("BUREAU_BB_MONTHS_MIN_MIN", Some(-9.0)),
            ("BUREAU_BB_STATUS_UNKNOWN_SUM", Some(1.0)),
            ("BUREAU_BB_STATUS_C_RATIO_MEAN", Some(0.5)),
            ("BUREAU_BB_LATE_SUM", Some(2.0)),
            ("BUREAU_BB_LATE_RATIO_MAX", Some(0.5)),
            ("BUREAU_BB_SEVERE_LATE_RATIO_MAX", Some(0.25)),
            ("BUREAU_BB_NO_RECORDS_SUM", Some(1.0)),
        ],
    );
}

#[test]
fn several_loans() {
    let (frame, _) = features_of(&tables());
    check(
        &client(&frame, 5),
        &[
            ("PREV_COUNT_APPLICATIONS", Some(4.0)),
            ("PREV_AMT_ANNUITY_MEAN", Some(20.0)),
            ("PREV_AMT_ANNUITY_STD", Some(10.0)),
            ("PREV_RATIO_APPROVED", Some(0.5)),
            ("PREV_RATIO_REVOLVING", Some(0.5)),
            ("PREV_NAME_CONTRACT_TYPE_XNA", Some(1.0)),
            ("PREV_NAME_PRODUCT_TYPE_XNA", Some(1.0)),
            // Loan 501: 3 months, one of them XNA; loan 502: one month.
            ("PREV_POS_NO_RECORDS_SUM", Some(2.0)),
            ("PREV_POS_MONTHS_MAX_MAX", Some(-1.0)),
            ("PREV_POS_MONTHS_COUNT_SUM", Some(4.0)),
            ("PREV_POS_INSTALMENT_FUTURE_MEAN_MEAN", Some(7.75)),
            ("PREV_POS_INSTALMENT_FUTURE_MEAN_MAX", Some(10.5)),
            ("PREV_POS_INSTALMENT_MEAN_MIN", Some(12.0)),
            ("PREV_POS_SK_DPD_SUM_SUM", Some(9.0)),
            ("PREV_POS_SK_DPD_MEAN_MAX", Some(3.0)),
            ("PREV_POS_SK_DPD_DEF_MEAN_SUM", Some(0.5)),
            ("PREV_POS_STATUS_ACTIVE_SUM", Some(2.0)),
            ("PREV_POS_STATUS_ACTIVE_RATIO_MIN", Some(1.0 / 3.0)),
            ("PREV_POS_STATUS_RETURNED_TO_THE_STORE_MAX", Some(1.0)),
            // Lateness of loan 501: -5, 10, 0, missing; of loan 504: 2.
            ("PREV_INST_INST_DAYSLATE_MAX_MEAN", Some(6.0)),
            ("PREV_INST_INST_DAYSLATE_SUM_MAX", Some(5.0)),
            ("PREV_INST_COUNT_LATE_SUM", Some(2.0)),
            ("PREV_INST_COUNT_EARLY_SUM", Some(1.0)),
            ("PREV_INST_RATIO_LATE_MIN", Some(0.25)),
            ("PREV_INST_RATIO_LATE_MAX", Some(1.0)),
            ("PREV_INST_INST_PAYMENTDIFF_MIN_MIN", Some(-60.0)),
            ("PREV_INST_INST_PAYMENTRATIO_SUM_MAX", Some(2.6)),
            ("PREV_INST_COUNT_OVERPAID_MEAN", Some(0.5)),
            ("PREV_INST_COUNT_UNDERPAID_MAX", Some(1.0)),
            ("PREV_INST_COUNT_ZERO_SUM", Some(1.0)),
            ("PREV_INST_AMT_PAYMENT_SUM_SUM", Some(310.0)),
            ("PREV_INST_LASTPAYMENT_DAYS_MIN", Some(-50.0)),
            ("PREV_INST_FIRSTPAYMENT_DAYS_MIN", Some(-95.0)),
            ("PREV_INST_PAYMENTSPAN_MAX", Some(45.0)),
            // Card 503: use 0.5 and, with a limit of 0, missing; drawings 12 and 0.
            ("PREV_CC_CC_UTILIZATION_MEAN_MEAN", Some(0.5)),
            ("PREV_CC_CC_UTILIZATION_STD_MEAN", None),
            ("PREV_CC_CC_DRAWINGS_TOTAL_MAX_MAX", Some(12.0)),
            ("PREV_CC_CC_DRAWINGS_TOTAL_MEAN_SUM", Some(6.0)),
            ("PREV_CC_COUNT_LATE_MAX", Some(2.0)),
            ("PREV_CC_COUNT_SEVERE_LATE_MAX", Some(1.0)),
            ("PREV_CC_RATIO_SEVERE_LATE_MEAN", Some(0.5)),
            ("PREV_CC_STATUS_SENT_PROPOSAL_SUM", Some(1.0)),
            ("PREV_CC_HISTORY_SPAN_MAX", Some(3.0)),
            ("PREV_CC_LAST_MONTH_MAX", Some(-1.0)),
            ("PREV_CC_NO_RECORDS_SUM", Some(3.0)),
        ],
    );
}

#[test]
fn orphans_are_counted() {
    let (_, report) = features_of(&tables());
    let orphans: Vec<&String> = report.notes.iter().filter(|note| note.contains("belong to no client")).collect();
    assert_eq!(orphans.len(), 3, "{:?}", report.notes);
    for (note, start) in orphans.iter().zip([
        "bureau.parquet: 1 rows",
        "bureau_balance.parquet: 1 rows",
        "POS_CASH_balance.parquet: 1 rows",
    ]) {
        assert!(note.starts_with(start), "{note}");
    }
}
