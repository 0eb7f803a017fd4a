"""The table `POS_CASH_balance`: the state of each granted consumer or cash loan, month by month."""

from __future__ import annotations

import numpy as np

from . import draw
from .clients import Clients

_RARE = np.array(["Demand", "Returned to the store", "Approved", "Amortized debt", "Canceled", "XNA"], object)


def pos_cash_balance(seed: int, who: Clients, loans: dict) -> dict:
    """Months of the loans, newest first; the last month of a finished loan is Completed, a first month may be Signed."""
    rng = draw.stream(seed, "POS_CASH_balance", who.block)
    owner, n = loans["_owner"], len(loans["_owner"])
    term = np.nan_to_num(loans["CNT_PAYMENT"], nan=0.0)
    covered = loans["_granted"] & (term > 0) & (rng.random(n) < 0.985)
    age = np.maximum(np.floor(-loans["DAYS_DECISION"] / 30.4), 1)
    life = np.ceil((loans["_last"] - loans["DAYS_DECISION"]) / 30.4)  # months from the decision to the last payment
    finished = life < age
    months = np.where(covered, np.clip(np.minimum(life, age) + finished, 1, 96), 0).astype(int)
    loan, back = draw.children(months)
    rows = len(loan)
    newest = np.where(finished, age - life, 1.0)
    step = months[loan] - 1 - back  # 0 in the first month of the loan
    completed = finished[loan] & (back == 0)
    total = np.where(finished & loans["_repaid_early"], np.minimum(term, months), term)[loan]
    future = np.where(completed, 0.0, np.maximum(term[loan] - step, 0))
    status = np.where(completed, "Completed", "Active").astype(object)
    status[(step == 0) & (rng.random(rows) < 0.09) & ~completed] = "Signed"
    rare = rng.random(rows) < 0.004
    status[rare] = _RARE[rng.integers(0, len(_RARE), int(rare.sum()))]
    late = rng.random(rows) < np.clip(0.008 * np.exp(1.1 * who.late[owner[loan]]), 0, 0.5)
    days = np.where(late, np.ceil(rng.exponential(9, rows)), 0).astype(int)
    long_overdue = late & (rng.random(rows) < 0.03)
    unknown = rng.random(rows) < 0.0026
    return {
        "SK_ID_PREV": loans["SK_ID_PREV"][loan],
        "SK_ID_CURR": loans["SK_ID_CURR"][loan],
        "MONTHS_BALANCE": -(newest[loan] + back).astype(int),
        "CNT_INSTALMENT": np.where(unknown, np.nan, total),
        "CNT_INSTALMENT_FUTURE": np.where(unknown, np.nan, future),
        "NAME_CONTRACT_STATUS": status,
        "SK_DPD": np.where(long_overdue, days + rng.integers(30, 1_500, rows), days),
        "SK_DPD_DEF": np.where(rng.random(rows) < 0.75, np.minimum(days, 30), 0),
    }
