"""Aggregation rules in plain Python, for the independent recomputation: exact sums, no numpy and no pandas.

A row is a dict of raw values; `None` is missing. Aggregates follow pandas: the sum of nothing is 0, mean, minimum, maximum and
standard deviation of nothing are missing; the standard deviation has n - 1 and is missing for a single value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from . import names

Row = dict


def five(prefix: str, values: Iterable) -> dict:
    """Mean, min, max, sum and standard deviation of the values that are present, under `<prefix>_<STAT>`."""
    x = [v for v in values if v is not None]
    if not x:
        return {f"{prefix}_MEAN": None, f"{prefix}_MIN": None, f"{prefix}_MAX": None, f"{prefix}_SUM": 0.0, f"{prefix}_STD": None}
    total = math.fsum(x)
    mean = total / len(x)
    std = math.sqrt(math.fsum((v - mean) ** 2 for v in x) / (len(x) - 1)) if len(x) > 1 else None
    return {
        f"{prefix}_MEAN": mean,
        f"{prefix}_MIN": min(x),
        f"{prefix}_MAX": max(x),
        f"{prefix}_SUM": total,
        f"{prefix}_STD": std,
    }


def some(prefix: str, values: Iterable, stats: tuple[str, ...]) -> dict:
    """As `five`, only the named statistics."""
    every = five(prefix, values)
    return {f"{prefix}_{s}": every[f"{prefix}_{s}"] for s in stats}


def ratio(a, b):
    """a ÷ b; missing if either is missing or b is 0."""
    return None if a is None or b is None or b == 0 else a / b


def minus(a, b):
    """a − b; missing if either is missing."""
    return None if a is None or b is None else a - b


def span(low, high):
    """The distance between two values that may both be missing."""
    return minus(high, low)


def positive(x) -> bool:
    """Whether a value is present and above zero."""
    return x is not None and x > 0


def negative(x) -> bool:
    """Whether a value is present and below zero."""
    return x is not None and x < 0


def month_balance(rows: list[Row]) -> dict:
    """`BB_*` of one credit at another lender, from its months (at least one)."""
    months = [r["MONTHS_BALANCE"] for r in rows]
    status = ["UNKNOWN" if r["STATUS"] == "X" else r["STATUS"] for r in rows]
    n = len(rows)
    out = {"BB_MONTHS_MIN": min(months), "BB_MONTHS_MAX": max(months), "BB_MONTHS_COUNT": n,
           "BB_MONTHS_NUNIQUE": len(set(months)), "BB_MONTHS_SPAN": max(months) - min(months)}  # fmt: skip
    counts = {f"STATUS_{s}": status.count(s) for s in names.MONTH_STATUS}
    counts["LATE"] = sum(s in "12345" for s in status if s is not None)
    counts["SEVERE_LATE"] = sum(s in "345" for s in status if s is not None)
    for name, count in counts.items():
        out |= {f"BB_{name}": count, f"BB_{name}_RATIO": count / n}
    return out


def pos(rows: list[Row]) -> dict:
    """`POS_*` of one previous loan, from its months (at least one)."""
    column = lambda c: [r[c] for r in rows]  # noqa: E731
    out = some("POS_MONTHS", column("MONTHS_BALANCE"), ("MIN", "MAX", "MEAN")) | {"POS_MONTHS_COUNT": len(rows)}
    out |= some("POS_INSTALMENT", column("CNT_INSTALMENT"), ("MEAN", "MAX"))
    out |= some("POS_INSTALMENT_FUTURE", column("CNT_INSTALMENT_FUTURE"), ("MEAN", "MAX"))
    out |= some("POS_SK_DPD", column("SK_DPD"), ("MEAN", "MAX", "SUM"))
    out |= some("POS_SK_DPD_DEF", column("SK_DPD_DEF"), ("MEAN", "MAX", "SUM"))
    return out | _status("POS", column("NAME_CONTRACT_STATUS"), names.POS_STATUS)


def instalments(rows: list[Row]) -> dict:
    """`INST_*` of one previous loan, from its payments (at least one)."""
    for r in rows:
        r["INST_DAYSLATE"] = minus(r["DAYS_ENTRY_PAYMENT"], r["DAYS_INSTALMENT"])
        r["INST_PAYMENTDIFF"] = minus(r["AMT_PAYMENT"], r["AMT_INSTALMENT"])
        r["INST_PAYMENTRATIO"] = ratio(r["AMT_PAYMENT"], r["AMT_INSTALMENT"])
    out = {}
    for c in names.INST_NUMBERS:
        out |= five(f"INST_{c}", (r[c] for r in rows))
    n = len(rows)
    counts = {
        "LATE": sum(positive(r["INST_DAYSLATE"]) for r in rows),
        "EARLY": sum(negative(r["INST_DAYSLATE"]) for r in rows),
        "UNDERPAID": sum(negative(r["INST_PAYMENTDIFF"]) for r in rows),
        "OVERPAID": sum(positive(r["INST_PAYMENTDIFF"]) for r in rows),
    }
    out |= {f"INST_COUNT_{c}": v for c, v in counts.items()} | {f"INST_RATIO_{c}": v / n for c, v in counts.items()}
    last, first = out["INST_DAYS_ENTRY_PAYMENT_MAX"], out["INST_DAYS_ENTRY_PAYMENT_MIN"]
    return out | {"INST_COUNT_PAYMENTS": n, "INST_COUNT_ZERO": sum(r["AMT_PAYMENT"] == 0 for r in rows),
                  "INST_LASTPAYMENT_DAYS": last, "INST_FIRSTPAYMENT_DAYS": first, "INST_PAYMENTSPAN": span(first, last)}  # fmt: skip


def card(rows: list[Row]) -> dict:
    """`CC_*` of one previous loan, from the months of its card (at least one)."""
    drawings = ("AMT_DRAWINGS_ATM_CURRENT", "AMT_DRAWINGS_OTHER_CURRENT", "AMT_DRAWINGS_POS_CURRENT")
    for r in rows:
        r["CC_UTILIZATION"] = ratio(r["AMT_BALANCE"], r["AMT_CREDIT_LIMIT_ACTUAL"])
        r["CC_DRAWINGS_TOTAL"] = math.fsum(r[c] for c in drawings if r[c] is not None)
    out = {}
    for c in [*names.CARD_NUMBERS, "CC_UTILIZATION", "CC_DRAWINGS_TOTAL"]:
        out |= five(f"CC_{c}", (r[c] for r in rows))
    n = len(rows)
    late, severe = sum(positive(r["SK_DPD"]) for r in rows), sum(r["SK_DPD"] is not None and r["SK_DPD"] > 30 for r in rows)
    months = [r["MONTHS_BALANCE"] for r in rows]
    out |= {"CC_COUNT_MONTHS": n, "CC_COUNT_LATE": late, "CC_COUNT_SEVERE_LATE": severe}
    out |= {"CC_RATIO_LATE": late / n, "CC_RATIO_SEVERE_LATE": severe / n}
    out |= {"CC_LAST_MONTH": max(months), "CC_FIRST_MONTH": min(months), "CC_HISTORY_SPAN": max(months) - min(months)}
    return out | _status("CC", [r["NAME_CONTRACT_STATUS"] for r in rows], names.CARD_STATUS)


def _status(prefix: str, values: list, levels: list[str]) -> dict:
    """Counts of the declared levels and their share of the months; other values (XNA, missing) count nowhere."""
    out = {}
    for level in levels:
        name, count = f"{prefix}_STATUS_{names.upper(level)}", values.count(level)
        out |= {name: count, f"{name}_RATIO": count / len(values)}
    return out
