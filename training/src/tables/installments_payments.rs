//! `installments_payments`: payments of the instalments of a loan or card.

use crate::spec::{CellTest, DerivedColumn, FeatureColumn, GroupStat, RawTable, five, key, number};

const DUE: &str = "DAYS_INSTALMENT";
const ENTRY: &str = "DAYS_ENTRY_PAYMENT";
const AMOUNT: &str = "AMT_INSTALMENT";
const PAID: &str = "AMT_PAYMENT";
const LATENESS: &str = "INST_DAYSLATE";
const DIFFERENCE: &str = "INST_PAYMENTDIFF";

pub(super) fn table() -> RawTable {
    let derived = vec![
        DerivedColumn::difference(
            LATENESS,
            ENTRY,
            DUE,
            "days",
            "number of days from the due date to the payment (negative if early)",
        ),
        DerivedColumn::difference(DIFFERENCE, PAID, AMOUNT, "currency", "amount paid minus the amount due"),
        DerivedColumn::ratio("INST_PAYMENTRATIO", PAID, AMOUNT, "amount paid divided by the amount due"),
    ];
    let numbers = [DUE, ENTRY, AMOUNT, PAID].into_iter().chain(derived.iter().map(|column| column.name.as_str()));
    let mut features: Vec<FeatureColumn> = numbers.flat_map(|column| five("INST_", column)).collect();
    let late = CellTest::Above(LATENESS.to_owned(), 0.0);
    let early = CellTest::Below(LATENESS.to_owned(), 0.0);
    let underpaid = CellTest::Below(DIFFERENCE.to_owned(), 0.0);
    let overpaid = CellTest::Above(DIFFERENCE.to_owned(), 0.0);
    features.extend([
        FeatureColumn::rows("INST_COUNT_PAYMENTS"),
        FeatureColumn::count("INST_COUNT_LATE", late.clone()),
        FeatureColumn::count("INST_COUNT_EARLY", early.clone()),
        FeatureColumn::count("INST_COUNT_UNDERPAID", underpaid.clone()),
        FeatureColumn::count("INST_COUNT_OVERPAID", overpaid.clone()),
        FeatureColumn::count("INST_COUNT_ZERO", CellTest::Equals(PAID.to_owned(), 0.0)),
        FeatureColumn::share("INST_RATIO_LATE", late),
        FeatureColumn::share("INST_RATIO_EARLY", early),
        FeatureColumn::share("INST_RATIO_UNDERPAID", underpaid),
        FeatureColumn::share("INST_RATIO_OVERPAID", overpaid),
        FeatureColumn::named("INST_LASTPAYMENT_DAYS", ENTRY, GroupStat::Max),
        FeatureColumn::named("INST_FIRSTPAYMENT_DAYS", ENTRY, GroupStat::Min),
        FeatureColumn::named("INST_PAYMENTSPAN", ENTRY, GroupStat::Span),
    ]);
    RawTable {
        name: "installments_payments",
        rows: "payments of instalments",
        key: "SK_ID_PREV",
        row_key: None,
        order: &["NUM_INSTALMENT_NUMBER", DUE, ENTRY, AMOUNT, PAID],
        columns: vec![
            key("SK_ID_PREV", "identifier of the previous application"),
            number("NUM_INSTALMENT_NUMBER", "count", "number of the instalment"),
            number(DUE, "days", "due date (relative to the application, negative before)"),
            number(ENTRY, "days", "date of the payment (relative to the application, negative before)"),
            number(AMOUNT, "currency", "amount due"),
            number(PAID, "currency", "amount paid"),
        ],
        missing_texts: &[],
        renamed: &[],
        derived,
        inner: Vec::new(),
        features,
    }
}
