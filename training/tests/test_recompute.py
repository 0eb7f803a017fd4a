"""The independent recomputation, on hand-made tables whose results are worked out by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.checks import in_pandas, names
from training.checks.compare import compare, differences
from training.checks.prepare import columns_of
from training.checks.recompute import recompute
from training.tables.schema import TABLES, arrow_schema
from training.tables.write import write_tables

FEATURES = Path(__file__).resolve().parents[2] / "reference_data/home_credit/features.csv"

ROWS = {
    "application": [
        {"SK_ID_CURR": 1, "DAYS_EMPLOYED": 365_243, "ORGANIZATION_TYPE": "XNA", "FLAG_OWN_CAR": "Y", "FLAG_DOCUMENT_3": 1},
        {"SK_ID_CURR": 2, "DAYS_EMPLOYED": -10, "ORGANIZATION_TYPE": "Bank", "FLAG_OWN_CAR": "N"},
        {"SK_ID_CURR": 3},
    ],
    "bureau": [
        {"SK_ID_CURR": 1, "SK_ID_BUREAU": 11, "CREDIT_ACTIVE": "Active", "DAYS_CREDIT": -100, "AMT_CREDIT_SUM": 200.0,
         "AMT_CREDIT_SUM_DEBT": 50.0, "DAYS_CREDIT_ENDDATE": 20.0, "CREDIT_TYPE": "Microloan"},
        {"SK_ID_CURR": 1, "SK_ID_BUREAU": 12, "CREDIT_ACTIVE": "Closed", "DAYS_CREDIT": -300, "AMT_CREDIT_SUM": 0.0,
         "AMT_CREDIT_SUM_DEBT": 7.0, "CREDIT_TYPE": "never heard of"},
        {"SK_ID_CURR": 2, "SK_ID_BUREAU": 21, "CREDIT_ACTIVE": None, "DAYS_CREDIT": -5, "CREDIT_DAY_OVERDUE": 3},
        {"SK_ID_CURR": 99, "SK_ID_BUREAU": 991, "CREDIT_ACTIVE": "Active", "DAYS_CREDIT": -1},
    ],
    "bureau_balance": [
        {"SK_ID_BUREAU": 11, "MONTHS_BALANCE": 0, "STATUS": "X"},
        {"SK_ID_BUREAU": 11, "MONTHS_BALANCE": -1, "STATUS": "4"},
        {"SK_ID_BUREAU": 11, "MONTHS_BALANCE": -3, "STATUS": "1"},
        {"SK_ID_BUREAU": 11, "MONTHS_BALANCE": -3, "STATUS": "0"},
        {"SK_ID_BUREAU": 5, "MONTHS_BALANCE": 0, "STATUS": "C"},
    ],
    "previous_application": [
        {"SK_ID_PREV": 101, "SK_ID_CURR": 1, "NAME_CONTRACT_STATUS": "Approved", "NAME_CONTRACT_TYPE": "Consumer loans",
         "AMT_APPLICATION": 100.0, "AMT_CREDIT": 110.0, "DAYS_DECISION": -60, "DAYS_FIRST_DUE": 365_243.0, "NAME_PRODUCT_TYPE": "walk-in"},
        {"SK_ID_PREV": 102, "SK_ID_CURR": 1, "NAME_CONTRACT_STATUS": "Refused", "NAME_CONTRACT_TYPE": "Revolving loans",
         "AMT_APPLICATION": 0.0, "AMT_CREDIT": 0.0, "DAYS_DECISION": -30, "NAME_PRODUCT_TYPE": "XNA", "CODE_REJECT_REASON": "XAP"},
        {"SK_ID_PREV": 201, "SK_ID_CURR": 2, "NAME_CONTRACT_STATUS": "Approved", "DAYS_DECISION": -9, "CNT_PAYMENT": 6.0},
    ],
    "POS_CASH_balance": [
        {"SK_ID_PREV": 101, "SK_ID_CURR": 1, "MONTHS_BALANCE": -1, "CNT_INSTALMENT_FUTURE": 3.0, "NAME_CONTRACT_STATUS": "Active", "SK_DPD": 4},
        {"SK_ID_PREV": 101, "SK_ID_CURR": 1, "MONTHS_BALANCE": -2, "CNT_INSTALMENT_FUTURE": None, "NAME_CONTRACT_STATUS": "XNA", "SK_DPD": 0},
        {"SK_ID_PREV": 777, "SK_ID_CURR": 1, "MONTHS_BALANCE": -1, "CNT_INSTALMENT_FUTURE": 50.0, "NAME_CONTRACT_STATUS": "Active"},
    ],
    "installments_payments": [
        {"SK_ID_PREV": 101, "SK_ID_CURR": 1, "DAYS_INSTALMENT": -30.0, "DAYS_ENTRY_PAYMENT": -25.0, "AMT_INSTALMENT": 10.0, "AMT_PAYMENT": 10.0},
        {"SK_ID_PREV": 101, "SK_ID_CURR": 1, "DAYS_INSTALMENT": -20.0, "DAYS_ENTRY_PAYMENT": -22.0, "AMT_INSTALMENT": 10.0, "AMT_PAYMENT": 4.0},
        {"SK_ID_PREV": 101, "SK_ID_CURR": 1, "DAYS_INSTALMENT": -10.0, "AMT_INSTALMENT": 0.0, "AMT_PAYMENT": None},
    ],
    "credit_card_balance": [
        {"SK_ID_PREV": 201, "SK_ID_CURR": 2, "MONTHS_BALANCE": -1, "AMT_BALANCE": 30.0, "AMT_CREDIT_LIMIT_ACTUAL": 60.0, "SK_DPD": 31,
         "AMT_DRAWINGS_POS_CURRENT": 5.0, "NAME_CONTRACT_STATUS": "Sent proposal"},
        {"SK_ID_PREV": 201, "SK_ID_CURR": 2, "MONTHS_BALANCE": -4, "AMT_BALANCE": 9.0, "AMT_CREDIT_LIMIT_ACTUAL": 0.0, "SK_DPD": 2},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def hand_made(tmp_path_factory):
    """The seven tables; what a row does not say is missing (0 in whole numbers)."""
    folder = tmp_path_factory.mktemp("hand-made")
    for table, rows in ROWS.items():
        columns = {c: [r.get(c, 0 if kind == "int" else None) for r in rows] for c, kind in TABLES[table].items()}
        pq.write_table(pa.table(columns, arrow_schema(table)), folder / f"{table}.parquet")
    return folder


def test_names_are_1658_and_hold_the_125_of_the_example():
    every = names.all_columns(list(TABLES["application"]))
    assert len(every) == len(set(every)) == 1_658
    with FEATURES.open(encoding="utf-8") as file:
        published = [row["feature"] for row in csv.DictReader(file)]
    assert len(published) == 125 and set(published) <= set(every)
    assert (len(names.bureau_columns()), len(names.previous_columns())) == (331, 1_204)


def test_hand_made_tables(hand_made):
    one, two, three = recompute(hand_made, [1, 2, 3])
    expected = {
        "DAYS_EMPLOYED": None, "FLAG_DAYS_EMPLOYED_SENTINEL": True, "ORGANIZATION_TYPE": None, "FLAG_OWN_CAR": True, "FLAG_DOCUMENT_3": True,
        # two credits; the ratio of the second divides by zero
        "BUREAU_COUNT_CREDITS": 2, "BUREAU_DAYS_CREDIT_MEAN": -200.0, "BUREAU_DAYS_CREDIT_STD": pytest.approx(141.4213562373095),
        "BUREAU_BUREAU_DEBT_RATIO_MAX": 0.25, "BUREAU_BUREAU_DEBT_RATIO_SUM": 0.25, "BUREAU_BUREAU_DEBT_RATIO_STD": None,
        "BUREAU_BUREAU_CREDIT_DURATION_MEAN": 120.0, "BUREAU_BUREAU_DAYS_CREDIT_ENDDATE_NA_SUM": 1.0, "BUREAU_BUREAU_REAL_DELAY_MEAN": None,
        "BUREAU_BUREAU_REAL_DELAY_SUM": 0.0, "BUREAU_CREDIT_TYPE_Microloan": 1, "BUREAU_CREDIT_TYPE_MISSING": 0, "BUREAU_RATIO_ACTIVE": 0.5,
        # four months of one credit, none of the other; X is unknown
        "BUREAU_BB_MONTHS_COUNT_SUM": 4.0, "BUREAU_BB_MONTHS_NUNIQUE_MAX": 3, "BUREAU_BB_MONTHS_SPAN_MAX": 3, "BUREAU_BB_STATUS_UNKNOWN_RATIO_MEAN": 0.25,
        "BUREAU_BB_LATE_MAX": 2, "BUREAU_BB_SEVERE_LATE_RATIO_MEAN": 0.25, "BUREAU_BB_MONTHS_MIN_STD": None, "BUREAU_BB_NO_RECORDS_MEAN": 0.5,
        # two requests; 365243 stays a number, XAP a level
        "PREV_COUNT_APPLICATIONS": 2, "PREV_RATIO_REFUSED": 0.5, "PREV_RATIO_REVOLVING": 0.5, "PREV_PREV_CREDIT_TO_APPLICATION_MEAN": 1.1,
        "PREV_PREV_DECISION_TO_FIRST_DUE_MEAN": 365_303.0, "PREV_NAME_PRODUCT_TYPE_walk-in": 1, "PREV_NAME_PRODUCT_TYPE_XNA": 1,
        "PREV_CODE_REJECT_REASON_XAP": 1, "PREV_CNT_PAYMENT_SUM": 0.0, "PREV_CNT_PAYMENT_MEAN": None,
        # months of the first loan only; a loan that is not there counts nowhere, XNA is no status
        "PREV_POS_MONTHS_COUNT_SUM": 2.0, "PREV_POS_INSTALMENT_FUTURE_MEAN_MEAN": 3.0, "PREV_POS_INSTALMENT_MEAN_SUM": 0.0,
        "PREV_POS_STATUS_ACTIVE_MEAN": 1.0, "PREV_POS_STATUS_ACTIVE_RATIO_MAX": 0.5, "PREV_POS_SK_DPD_SUM_MAX": 4.0, "PREV_POS_NO_RECORDS_MEAN": 0.5,
        # payments: one late, one early and too small, one not made of a due amount of zero
        "PREV_INST_COUNT_PAYMENTS_MAX": 3, "PREV_INST_COUNT_LATE_SUM": 1.0, "PREV_INST_RATIO_LATE_MEAN": pytest.approx(1 / 3),
        "PREV_INST_COUNT_EARLY_SUM": 1.0, "PREV_INST_COUNT_UNDERPAID_SUM": 1.0, "PREV_INST_COUNT_OVERPAID_SUM": 0.0, "PREV_INST_COUNT_ZERO_SUM": 0.0,
        "PREV_INST_INST_DAYSLATE_MAX_MEAN": 5.0, "PREV_INST_INST_PAYMENTRATIO_SUM_MEAN": 1.4, "PREV_INST_LASTPAYMENT_DAYS_MAX": -22.0,
        "PREV_INST_PAYMENTSPAN_MAX": 3.0, "PREV_INST_AMT_PAYMENT_STD_MEAN": pytest.approx(4.242640687119285),
        "PREV_CC_NO_RECORDS_SUM": 2.0, "PREV_CC_CC_UTILIZATION_MAX_SUM": 0.0, "PREV_CC_CC_UTILIZATION_MAX_MEAN": None,
    }  # fmt: skip
    assert {name: one[name] for name in expected} == expected
    expected = {
        "DAYS_EMPLOYED": -10, "FLAG_DAYS_EMPLOYED_SENTINEL": False, "ORGANIZATION_TYPE": "Bank", "FLAG_OWN_CAR": False, "FLAG_DOCUMENT_3": False,
        "BUREAU_CREDIT_ACTIVE_MISSING": 1, "BUREAU_RATIO_ACTIVE": 0.0, "BUREAU_BUREAU_IS_OVERDUE_SUM": 1.0, "BUREAU_DAYS_CREDIT_STD": None,
        "BUREAU_BB_NO_RECORDS_MAX": 1, "BUREAU_BB_LATE_SUM": 0.0, "PREV_PREV_DURATION_MAX": 6.0, "PREV_NAME_CONTRACT_TYPE_XNA": 0,
        "PREV_CC_CC_UTILIZATION_MAX_MAX": 0.5, "PREV_CC_CC_UTILIZATION_MEAN_SUM": 0.5, "PREV_CC_CC_DRAWINGS_TOTAL_SUM_MAX": 5.0,
        "PREV_CC_CC_DRAWINGS_TOTAL_MIN_MAX": 0.0, "PREV_CC_COUNT_LATE_MAX": 2, "PREV_CC_COUNT_SEVERE_LATE_MAX": 1, "PREV_CC_RATIO_LATE_MEAN": 1.0,
        "PREV_CC_STATUS_SENT_PROPOSAL_RATIO_MAX": 0.5, "PREV_CC_LAST_MONTH_MAX": -1, "PREV_CC_HISTORY_SPAN_MAX": 3,
        "PREV_CC_CNT_DRAWINGS_ATM_CURRENT_MEAN_MEAN": None, "PREV_CC_CNT_DRAWINGS_ATM_CURRENT_SUM_MEAN": 0.0, "PREV_POS_NO_RECORDS_MEAN": 1.0,
    }  # fmt: skip
    assert {name: two[name] for name in expected} == expected
    assert all(three[name] is None for name in [*names.bureau_columns(), *names.previous_columns()])


def test_a_client_twice_is_an_error(hand_made, tmp_path):
    for file in hand_made.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    table = pq.read_table(tmp_path / "application.parquet")
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), tmp_path / "application.parquet")
    with pytest.raises(ValueError, match="SK_ID_CURR 1 occurs 2 times"):
        recompute(tmp_path, [1])


def test_the_comparison_finds_a_changed_cell_and_a_lost_column(tmp_path):
    write_tables(30, tmp_path, 42)
    rows = recompute(tmp_path, list(range(100_001, 100_031)))
    table = columns_of(rows)
    out = tmp_path / "features.parquet"
    pq.write_table(table, out)
    assert compare(tmp_path, out, 30, 7) == (30, [])
    name = "BUREAU_AMT_CREDIT_SUM_MEAN"
    for factor, wrong in ((1 + 1e-14, 0), (1 + 1e-11, 1)):
        values = [v if v is None else v * factor for v in table.column(name).to_pylist()]
        pq.write_table(table.set_column(table.column_names.index(name), name, pa.array(values)), out)
        found = compare(tmp_path, out, 30, 7)[1]
        assert len(found) == wrong and all(line.startswith(name) for line in found)
    pq.write_table(table.drop_columns([name]), out)
    assert "columns: 1657 instead of 1658" in compare(tmp_path, out, 30, 7)[1][0]
    changed = [dict(r) for r in rows]
    changed[3]["PREV_COUNT_APPLICATIONS"] = None if rows[3]["PREV_COUNT_APPLICATIONS"] is not None else 1
    assert [line.split(":")[0] for line in differences(rows, changed)] == ["PREV_COUNT_APPLICATIONS"]


def test_the_program_in_pandas_has_the_same_values(tmp_path):
    """The one that `vigie-prepare` is compared with in speed does the same work."""
    write_tables(40, tmp_path, 43)
    out = tmp_path / "features.parquet"
    in_pandas.main(tmp_path, out)
    assert compare(tmp_path, out, 40, 7) == (40, [])
