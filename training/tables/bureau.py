"""The table `bureau`: credits that a client has or had at other lenders, as a credit bureau reports them."""

from __future__ import annotations

import numpy as np

from . import draw
from .clients import Clients
from .levels import BUREAU as LEVELS

FIRST_CREDIT = 5_000_000
IDS_PER_BLOCK = 1_000_000
"""SK_ID_BUREAU counts from here in each block, so that ids do not depend on the number of blocks."""

_AMOUNTS = {"Car loan": 520_000, "Mortgage": 1_900_000, "Microloan": 14_000, "Credit card": 95_000}  # medians; others 118,000
_CARD_TERMS = np.array([1_096, 1_826, 3_653, 31_000])


def bureau(seed: int, who: Clients) -> dict:
    """The credits of the block, by client, and the hidden columns `_open_months` and `_late` for the monthly balances."""
    rng = draw.stream(seed, "bureau", who.block)
    counts = np.where(who.in_bureau, np.minimum(1 + rng.poisson(4.3 * np.exp(0.95 * who.activity - 0.3)), 90), 0)
    owner, _ = draw.children(counts)
    n = len(owner)
    kind = draw.levels(rng, LEVELS["CREDIT_TYPE"], n)
    started = -np.clip(np.round(2_922 * rng.beta(1.15, 2.0, n)), 1, 2_922)
    term = _terms(rng, kind)
    ends = started + term
    status, closed = _status(rng, ends, who.risk[owner])
    fact = np.where(rng.random(n) < 0.55, ends, started + term * rng.uniform(0.4, 1.02, n))
    fact = np.where(fact < 0, fact, started * rng.uniform(0.05, 0.6, n))
    fact = np.round(np.minimum(np.where(kind == "Credit card", np.maximum(fact, started + 200), fact), -1))
    amount = _amounts(rng, kind, who.wealth[owner])
    debt = _debt(rng, kind, amount, closed, who.risk[owner])
    late = np.clip(0.012 * np.exp(0.8 * who.late[owner]), 0, 0.5)
    overdue = (rng.random(n) < late * 0.25) & ~closed
    worst = np.where(
        rng.random(n) < np.clip(0.26 * np.exp(0.25 * who.late[owner]), 0, 0.9), draw.lognormal(rng, 5_000, 1.1, n=n), 0.0
    )
    unknown = (
        rng.random(n) < rng.beta(1.75, 1.0, len(who.ids))[owner]
    )  # whether the worst overdue amount is unknown depends on the lender
    update = np.where(closed, np.minimum(fact + np.round(rng.exponential(30, n)), -1), -np.round(rng.gamma(1.6, 12, n)))
    limit = np.where((kind == "Credit card") & ~closed, np.maximum(amount - np.nan_to_num(debt), 0), 0.0)
    return {
        "SK_ID_CURR": who.ids[owner],
        "SK_ID_BUREAU": FIRST_CREDIT + who.block * IDS_PER_BLOCK + np.arange(n),
        "CREDIT_ACTIVE": status,
        "CREDIT_CURRENCY": draw.levels(rng, LEVELS["CREDIT_CURRENCY"], n),
        "DAYS_CREDIT": started.astype(int),
        "CREDIT_DAY_OVERDUE": np.where(overdue, rng.integers(1, 1_000, n), 0),
        "DAYS_CREDIT_ENDDATE": draw.blank(
            rng, np.where((kind == "Credit card") & (rng.random(n) < 0.10), np.nan, np.round(ends)), 0.035
        ),
        "DAYS_ENDDATE_FACT": np.where(closed, fact, np.nan),
        "AMT_CREDIT_MAX_OVERDUE": np.where(unknown, np.nan, draw.grid(worst, 0.045)),
        "CNT_CREDIT_PROLONG": rng.poisson(0.006, n),
        "AMT_CREDIT_SUM": draw.blank(rng, amount, 0.00001),
        "AMT_CREDIT_SUM_DEBT": debt,
        "AMT_CREDIT_SUM_LIMIT": draw.blank(rng, draw.grid(limit, 0.045), 0.34),
        "AMT_CREDIT_SUM_OVERDUE": np.where(overdue, draw.grid(amount * rng.uniform(0.01, 0.3, n), 0.045), 0.0),
        "CREDIT_TYPE": kind,
        "DAYS_CREDIT_UPDATE": update.astype(int),
        "AMT_ANNUITY": draw.blank(rng, np.where(closed, 0.0, draw.grid(amount / np.maximum(term / 30.4, 6) * 1.2, 4.5)), 0.71),
        "_open_months": np.where(closed, np.round((fact - started) / 30.4), 10_000).astype(int),
        "_late": late,
    }


def _terms(rng, kind):
    """Agreed days from start to end."""
    n = len(kind)
    days = np.round(np.clip(draw.lognormal(rng, 640, 0.75, n=n), 60, 3_650) / 30.4) * 30.4
    days = np.where(kind == "Credit card", rng.choice(_CARD_TERMS, n, p=[0.34, 0.34, 0.22, 0.10]), days)
    days = np.where(kind == "Car loan", rng.choice([1_096, 1_461, 1_826], n), days)
    days = np.where(kind == "Mortgage", rng.choice([3_653, 5_479, 7_305, 9_131], n), days)
    return np.where(kind == "Microloan", rng.choice([15, 30, 92, 182], n), days)


def _status(rng, ends, risk):
    """Status, and whether the credit is closed. Credits beyond their agreed end are rarely active."""
    n = len(ends)
    active = rng.random(n) < np.where(ends > 0, 0.70, 0.05)
    status = np.where(active, "Active", "Closed").astype(object)
    draw_ = rng.random(n)
    status[draw_ < 0.004] = "Sold"
    status[draw_ > 1 - 0.0006 * np.exp(0.4 * np.clip(risk, -2, 2))] = "Bad debt"
    return status, status == "Closed"


def _amounts(rng, kind, wealth):
    n = len(kind)
    median = np.full(n, 118_000.0)
    for level, value in _AMOUNTS.items():
        median[kind == level] = value
    amount = median * np.exp(0.28 * wealth + 1.2 * rng.standard_normal(n))
    amount = np.where((kind == "Credit card") & (rng.random(n) < 0.12), 0.0, draw.grid(amount, 0.045))
    return np.where((kind == "Credit card") & (amount > 0), np.maximum(draw.grid(amount, 4_500), 4_500), amount)


def _debt(rng, kind, amount, closed, risk):
    """What is owed: nothing of closed credits, a share that grows with risk of others; unknown for some rows."""
    n = len(kind)
    share = draw.sigmoid(0.75 + 0.35 * risk + 1.25 * rng.standard_normal(n))
    share = np.where((kind == "Credit card") & (rng.random(n) < 0.35), 0.0, share)
    share = np.where(rng.random(n) < 0.03, rng.uniform(1.0, 1.6, n), share)
    debt = np.where(closed, 0.0, draw.grid(amount * share, 0.045))
    return draw.blank(rng, debt, 0.14)
