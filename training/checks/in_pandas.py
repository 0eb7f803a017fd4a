"""All 1,658 columns with pandas, one aggregation per table as a notebook would: what `vigie-prepare` is compared with in speed.

python -m training.checks.in_pandas TABLES FEATURES.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from . import names

STATS = ["mean", "min", "max", "sum", "std"]


def read(folder, table):
    """A raw table."""
    return pd.read_parquet(folder / f"{table}.parquet")


def five(df, key, columns, prefix):
    """The five statistics of each column by key."""
    out = df.groupby(key)[columns].agg(STATS)
    out.columns = [f"{prefix}{c}_{s.upper()}" for c, s in out.columns]
    return out


def ratio(a, b):
    """a ÷ b; missing where b is 0."""
    return (a / b.where(b != 0)).astype(float)


def status(df, key, prefix, levels, column="NAME_CONTRACT_STATUS"):
    """Counts of levels by key, and their shares."""
    counts = pd.crosstab(df[key], df[column]).reindex(columns=levels, fill_value=0)
    size = df.groupby(key).size()
    counts = counts.reindex(size.index, fill_value=0)
    out = {}
    for level in levels:
        name = f"{prefix}_STATUS_{names.upper(level)}"
        out[name] = counts[level]
        out[f"{name}_RATIO"] = counts[level] / size
    return pd.DataFrame(out)


def bureau(folder):
    """Columns from credits at other lenders and their months, by client."""
    bb = read(folder, "bureau_balance")
    key = "SK_ID_BUREAU"
    bb["STATUS"] = bb["STATUS"].replace("X", "UNKNOWN")
    g = bb.groupby(key)["MONTHS_BALANCE"]
    inner = g.agg(BB_MONTHS_MIN="min", BB_MONTHS_MAX="max", BB_MONTHS_COUNT="size", BB_MONTHS_NUNIQUE="nunique")
    inner["BB_MONTHS_SPAN"] = inner.BB_MONTHS_MAX - inner.BB_MONTHS_MIN
    inner = inner.join(status(bb, key, "BB", names.MONTH_STATUS, "STATUS"))
    for name, levels in (("LATE", list("12345")), ("SEVERE_LATE", list("345"))):
        inner[f"BB_{name}"] = sum(inner[f"BB_STATUS_{s}"] for s in levels)
        inner[f"BB_{name}_RATIO"] = inner[f"BB_{name}"] / inner.BB_MONTHS_COUNT
    b = read(folder, "bureau")
    for c in [*names.BUREAU_NUMBERS, *names.BUREAU_LEVELS]:
        b[f"BUREAU_{c}_NA"] = b[c].isna().astype(int)
    b["BUREAU_DEBT_RATIO"] = ratio(b.AMT_CREDIT_SUM_DEBT, b.AMT_CREDIT_SUM)
    b["BUREAU_OVERDUE_RATIO"] = ratio(b.AMT_CREDIT_SUM_OVERDUE, b.AMT_CREDIT_SUM)
    b["BUREAU_CREDIT_DURATION"] = b.DAYS_CREDIT_ENDDATE - b.DAYS_CREDIT
    b["BUREAU_REAL_DELAY"] = b.DAYS_ENDDATE_FACT - b.DAYS_CREDIT_ENDDATE
    b["BUREAU_IS_ACTIVE"] = (b.CREDIT_ACTIVE == "Active").astype(int)
    b["BUREAU_IS_CLOSED"] = (b.CREDIT_ACTIVE == "Closed").astype(int)
    b["BUREAU_IS_OVERDUE"] = (b.CREDIT_DAY_OVERDUE > 0).astype(int)
    b = b.merge(inner, left_on=key, right_index=True, how="left")
    b["BB_NO_RECORDS"] = b.BB_MONTHS_COUNT.isna().astype(int)
    out = five(b, "SK_ID_CURR", names.BUREAU_ALL, "BUREAU_")
    extra = {}
    size = b.groupby("SK_ID_CURR").size()
    for c, levels in names.BUREAU_LEVELS.items():
        counts = pd.crosstab(b.SK_ID_CURR, b[c].fillna("MISSING")).reindex(columns=[*levels, "MISSING"], fill_value=0)
        for level in counts:
            extra[f"BUREAU_{c}_{level}"] = counts[level]
    for name, level in names.BUREAU_RATIOS.items():
        extra[f"BUREAU_RATIO_{name}"] = extra[f"BUREAU_CREDIT_ACTIVE_{level}"] / size
    return pd.concat([out, pd.DataFrame(extra), size.rename("BUREAU_COUNT_CREDITS")], axis=1)


def pos(folder):
    """Columns from the months of loans, by loan."""
    p = read(folder, "POS_CASH_balance")
    key = "SK_ID_PREV"
    g = p.groupby(key)
    return pd.concat(
        [
            g.MONTHS_BALANCE.agg(POS_MONTHS_MIN="min", POS_MONTHS_MAX="max", POS_MONTHS_MEAN="mean", POS_MONTHS_COUNT="size"),
            *[
                g[f"CNT_{c}"].agg(["mean", "max"]).rename(columns=lambda s, c=c: f"POS_{c}_{s.upper()}")
                for c in ("INSTALMENT", "INSTALMENT_FUTURE")
            ],
            *[
                g[c].agg(["mean", "max", "sum"]).rename(columns=lambda s, c=c: f"POS_{c}_{s.upper()}")
                for c in ("SK_DPD", "SK_DPD_DEF")
            ],
            status(p, key, "POS", names.POS_STATUS),
        ],
        axis=1,
    )


def inst(folder):
    """Columns from instalments, by loan."""
    i = read(folder, "installments_payments")
    key = "SK_ID_PREV"
    i["INST_DAYSLATE"] = i.DAYS_ENTRY_PAYMENT - i.DAYS_INSTALMENT
    i["INST_PAYMENTDIFF"] = i.AMT_PAYMENT - i.AMT_INSTALMENT
    i["INST_PAYMENTRATIO"] = ratio(i.AMT_PAYMENT, i.AMT_INSTALMENT)
    out = five(i, key, names.INST_NUMBERS, "INST_")
    flags = pd.DataFrame(
        {
            "LATE": i.INST_DAYSLATE > 0,
            "EARLY": i.INST_DAYSLATE < 0,
            "UNDERPAID": i.INST_PAYMENTDIFF < 0,
            "OVERPAID": i.INST_PAYMENTDIFF > 0,
            "ZERO": i.AMT_PAYMENT == 0,
        }
    ).astype(int)
    g = flags.groupby(i[key])
    counts, size = g.sum(), g.size()
    out["INST_COUNT_PAYMENTS"] = size
    for c in counts:
        out[f"INST_COUNT_{c}"] = counts[c]
    for c in ("LATE", "EARLY", "UNDERPAID", "OVERPAID"):
        out[f"INST_RATIO_{c}"] = counts[c] / size
    out["INST_LASTPAYMENT_DAYS"] = out.INST_DAYS_ENTRY_PAYMENT_MAX
    out["INST_FIRSTPAYMENT_DAYS"] = out.INST_DAYS_ENTRY_PAYMENT_MIN
    out["INST_PAYMENTSPAN"] = out.INST_LASTPAYMENT_DAYS - out.INST_FIRSTPAYMENT_DAYS
    return out


def card(folder):
    """Columns from the months of cards, by loan."""
    c = read(folder, "credit_card_balance")
    key = "SK_ID_PREV"
    c["CC_UTILIZATION"] = ratio(c.AMT_BALANCE, c.AMT_CREDIT_LIMIT_ACTUAL)
    c["CC_DRAWINGS_TOTAL"] = c[["AMT_DRAWINGS_ATM_CURRENT", "AMT_DRAWINGS_OTHER_CURRENT", "AMT_DRAWINGS_POS_CURRENT"]].sum(axis=1)
    out = five(c, key, [*names.CARD_NUMBERS, "CC_UTILIZATION", "CC_DRAWINGS_TOTAL"], "CC_")
    g = c.groupby(key)
    size = g.size()
    out["CC_COUNT_MONTHS"] = size
    for name, limit in (("LATE", 0), ("SEVERE_LATE", 30)):
        n = (limit < c.SK_DPD).astype(int).groupby(c[key]).sum()
        out[f"CC_COUNT_{name}"] = n
        out[f"CC_RATIO_{name}"] = n / size
    out = out.join(status(c, key, "CC", names.CARD_STATUS))
    m = g.MONTHS_BALANCE.agg(["min", "max"])
    out["CC_LAST_MONTH"] = m["max"]
    out["CC_FIRST_MONTH"] = m["min"]
    out["CC_HISTORY_SPAN"] = m["max"] - m["min"]
    return out


def previous(folder):
    """Columns from previous loans, by client."""
    p = read(folder, "previous_application")
    p["PREV_CREDIT_TO_APPLICATION"] = ratio(p.AMT_CREDIT, p.AMT_APPLICATION)
    p["PREV_DOWNPAYMENT_TO_GOODSPRICE"] = ratio(p.AMT_DOWN_PAYMENT, p.AMT_GOODS_PRICE)
    p["PREV_CREDIT_TO_GOODSPRICE"] = ratio(p.AMT_CREDIT, p.AMT_GOODS_PRICE)
    p["PREV_DURATION"] = p.CNT_PAYMENT
    p["PREV_DECISION_TO_FIRST_DUE"] = p.DAYS_FIRST_DUE - p.DAYS_DECISION
    p["PREV_DECISION_TO_LAST_DUE"] = p.DAYS_LAST_DUE - p.DAYS_DECISION
    for inner, marker, flag in (
        (pos(folder), "POS_MONTHS_COUNT", "POS_NO_RECORDS"),
        (inst(folder), "INST_COUNT_PAYMENTS", "INST_NO_RECORDS"),
        (card(folder), "CC_COUNT_MONTHS", "CC_NO_RECORDS"),
    ):
        p = p.merge(inner, left_on="SK_ID_PREV", right_index=True, how="left")
        p[flag] = p[marker].isna().astype(int)
    out = five(p, "SK_ID_CURR", names.PREV_ALL, "PREV_")
    size = p.groupby("SK_ID_CURR").size()
    extra = {}
    for c, levels in names.PREV_LEVELS.items():
        counts = pd.crosstab(p.SK_ID_CURR, p[c]).reindex(columns=levels, fill_value=0).reindex(size.index, fill_value=0)
        for level in levels:
            extra[f"PREV_{c}_{level}"] = counts[level]
    for name, (c, level) in names.PREV_RATIOS.items():
        extra[f"PREV_RATIO_{name}"] = extra[f"PREV_{c}_{level}"] / size
    return pd.concat([out, pd.DataFrame(extra), size.rename("PREV_COUNT_APPLICATIONS")], axis=1)


def main(folder: Path, target: Path) -> None:
    """Reads the tables and writes the features."""
    app = read(folder, "application")
    order = names.all_columns(list(app.columns))
    for c in names.APPLICATION_TEXT:
        app[c] = app[c].replace({"XNA": None, "XAP": None})
    for c in names.APPLICATION_BOOLEAN:
        app[c] = app[c].map({"Y": True, "N": False, 1: True, 0: False})
    app["FLAG_DAYS_EMPLOYED_SENTINEL"] = app.DAYS_EMPLOYED == 365_243
    app["DAYS_EMPLOYED"] = app.DAYS_EMPLOYED.where(app.DAYS_EMPLOYED != 365_243)
    out = app.set_index("SK_ID_CURR", drop=False).join(bureau(folder)).join(previous(folder))[order].sort_index()
    out.to_parquet(target, compression="zstd", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
