"""An independent second program for the prepared features: plain Python, only the raw tables of some clients.

It follows the rules of the specification, not the code of the preparation:

- application: XNA and XAP are missing in text columns; Y/N and 0/1 columns are booleans; DAYS_EMPLOYED 365243 is missing and
  sets `FLAG_DAYS_EMPLOYED_SENTINEL`. The 365243 of previous requests stay numbers.
- bureau: `_NA` flags, four derived columns, `BUREAU_IS_*` (ACTIVE and CLOSED by CREDIT_ACTIVE, OVERDUE by CREDIT_DAY_OVERDUE > 0),
  the months of each credit (`BB_*`; missing and `BB_NO_RECORDS` = 1 without any). A level that is missing counts as `_MISSING`,
  one that is not declared counts nowhere. `BUREAU_RATIO_*` are shares of the client's credits.
- previous: six derived columns, then `POS_*`, `INST_*`, `CC_*` of each loan (missing and `_NO_RECORDS` = 1 without rows).
  DURATION is CNT_PAYMENT. Counts of levels take them as they are, XNA and XAP included.
- a client without credits (previous requests) has all `BUREAU_` (`PREV_`) columns missing, counts and sums included.

`python -m training.checks.recompute --tables DIR --features F.parquet [--clients 200] [--draw SEED]` compares prepared
features with this program: counts, minimum and maximum exactly, sums and means within 1e-12 relative, standard deviations
within 1e-9 of the largest absolute value, and the same missing cells.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq

from . import aggregate as agg
from . import names

SENTINEL = 365_243


def read_rows(path: Path, key: str, ids) -> list[dict]:
    """Rows of a raw table whose `key` is among `ids`; missing cells are `None`."""
    rows = pq.read_table(path, filters=[(key, "in", list(ids))]).to_pylist() if ids else []
    for row in rows:
        for name, value in row.items():
            if isinstance(value, float) and math.isnan(value):
                row[name] = None
    return rows


def by(rows: list[dict], key: str) -> dict[object, list[dict]]:
    """Rows grouped by a key, in their order."""
    out = defaultdict(list)
    for row in rows:
        out[row[key]].append(row)
    return out


def application_row(row: dict) -> dict:
    """The 123 columns that come from the application itself."""
    out = dict(row)
    for name in names.APPLICATION_TEXT:
        if out[name] in ("XNA", "XAP"):
            out[name] = None
    for name in names.APPLICATION_BOOLEAN:
        out[name] = {"Y": True, "N": False, 1: True, 0: False}.get(out[name])
    sentinel = row["DAYS_EMPLOYED"] == SENTINEL
    out["DAYS_EMPLOYED"] = None if sentinel else row["DAYS_EMPLOYED"]
    return out | {"FLAG_DAYS_EMPLOYED_SENTINEL": sentinel}


def bureau_row(credits: list[dict], months: dict) -> dict:
    """The 331 columns of one client from its credits at other lenders; all missing without any."""
    if not credits:
        return dict.fromkeys(names.bureau_columns())
    for r in credits:
        for c in [*names.BUREAU_NUMBERS, *names.BUREAU_LEVELS]:
            r[f"BUREAU_{c}_NA"] = int(r[c] is None)
        r["BUREAU_DEBT_RATIO"] = agg.ratio(r["AMT_CREDIT_SUM_DEBT"], r["AMT_CREDIT_SUM"])
        r["BUREAU_OVERDUE_RATIO"] = agg.ratio(r["AMT_CREDIT_SUM_OVERDUE"], r["AMT_CREDIT_SUM"])
        r["BUREAU_CREDIT_DURATION"] = agg.minus(r["DAYS_CREDIT_ENDDATE"], r["DAYS_CREDIT"])
        r["BUREAU_REAL_DELAY"] = agg.minus(r["DAYS_ENDDATE_FACT"], r["DAYS_CREDIT_ENDDATE"])
        r["BUREAU_IS_ACTIVE"] = int(r["CREDIT_ACTIVE"] == "Active")
        r["BUREAU_IS_CLOSED"] = int(r["CREDIT_ACTIVE"] == "Closed")
        r["BUREAU_IS_OVERDUE"] = int(agg.positive(r["CREDIT_DAY_OVERDUE"]))
        own = months.get(r["SK_ID_BUREAU"], [])
        r |= agg.month_balance(own) if own else dict.fromkeys(names.BB)
        r["BB_NO_RECORDS"] = int(not own)
    out = {}
    for c in names.BUREAU_ALL:
        out |= agg.five(f"BUREAU_{c}", (r[c] for r in credits))
    for c, levels in names.BUREAU_LEVELS.items():
        for level in [*levels, None]:
            out[f"BUREAU_{c}_{'MISSING' if level is None else level}"] = sum(r[c] == level for r in credits)
    for name, level in names.BUREAU_RATIOS.items():
        out[f"BUREAU_RATIO_{name}"] = sum(r["CREDIT_ACTIVE"] == level for r in credits) / len(credits)
    return out | {"BUREAU_COUNT_CREDITS": len(credits)}


def previous_row(loans: list[dict], pos: dict, inst: dict, card: dict) -> dict:
    """The 1,204 columns of one client from its previous requests; all missing without any."""
    if not loans:
        return dict.fromkeys(names.previous_columns())
    for r in loans:
        r["PREV_CREDIT_TO_APPLICATION"] = agg.ratio(r["AMT_CREDIT"], r["AMT_APPLICATION"])
        r["PREV_DOWNPAYMENT_TO_GOODSPRICE"] = agg.ratio(r["AMT_DOWN_PAYMENT"], r["AMT_GOODS_PRICE"])
        r["PREV_CREDIT_TO_GOODSPRICE"] = agg.ratio(r["AMT_CREDIT"], r["AMT_GOODS_PRICE"])
        r["PREV_DURATION"] = r["CNT_PAYMENT"]
        r["PREV_DECISION_TO_FIRST_DUE"] = agg.minus(r["DAYS_FIRST_DUE"], r["DAYS_DECISION"])
        r["PREV_DECISION_TO_LAST_DUE"] = agg.minus(r["DAYS_LAST_DUE"], r["DAYS_DECISION"])
        for prefix, table, rule, columns in (
            ("POS", pos, agg.pos, names.POS),
            ("INST", inst, agg.instalments, names.INST),
            ("CC", card, agg.card, names.CC),
        ):
            own = table.get(r["SK_ID_PREV"], [])
            r |= rule(own) if own else dict.fromkeys(columns)
            r[f"{prefix}_NO_RECORDS"] = int(not own)
    out = {}
    for c in names.PREV_ALL:
        out |= agg.five(f"PREV_{c}", (r[c] for r in loans))
    for c, levels in names.PREV_LEVELS.items():
        for level in levels:
            out[f"PREV_{c}_{level}"] = sum(r[c] == level for r in loans)
    for name, (c, level) in names.PREV_RATIOS.items():
        out[f"PREV_RATIO_{name}"] = sum(r[c] == level for r in loans) / len(loans)
    return out | {"PREV_COUNT_APPLICATIONS": len(loans)}


def recompute(tables: Path, ids: list[int]) -> list[dict]:
    """All 1,658 columns of the given clients, in the order of `ids`. A client that occurs twice, or not at all, is an error."""
    tables = Path(tables)
    clients = by(read_rows(tables / "application.parquet", "SK_ID_CURR", ids), "SK_ID_CURR")
    credits = by(read_rows(tables / "bureau.parquet", "SK_ID_CURR", ids), "SK_ID_CURR")
    loans = by(read_rows(tables / "previous_application.parquet", "SK_ID_CURR", ids), "SK_ID_CURR")
    credit_ids = [r["SK_ID_BUREAU"] for rows in credits.values() for r in rows]
    months = by(read_rows(tables / "bureau_balance.parquet", "SK_ID_BUREAU", credit_ids), "SK_ID_BUREAU")
    loan_ids = [r["SK_ID_PREV"] for rows in loans.values() for r in rows]
    pos, inst, card = (
        by(read_rows(tables / f"{name}.parquet", "SK_ID_PREV", loan_ids), "SK_ID_PREV")
        for name in ("POS_CASH_balance", "installments_payments", "credit_card_balance")
    )
    out = []
    for client in ids:
        if len(rows := clients.get(client, [])) != 1:
            raise ValueError(f"application: SK_ID_CURR {client} occurs {len(rows)} times; it must occur once")
        order = [*rows[0], "FLAG_DAYS_EMPLOYED_SENTINEL"]
        values = application_row(rows[0])
        row = {name: values[name] for name in order}
        row |= bureau_row(credits.get(client, []), months) | previous_row(loans.get(client, []), pos, inst, card)
        out.append({name: row[name] for name in names.all_columns(order[:-1])})
    return out


if __name__ == "__main__":
    from .compare import main

    main()
