"""The table `credit_card_balance`: balance, drawings and payments of each granted card, month by month."""

from __future__ import annotations

import numpy as np

from . import draw
from .clients import Clients

_LIMITS = np.array([45_000, 90_000, 135_000, 180_000, 225_000, 270_000, 450_000, 675_000.0])
_RARE = np.array(["Signed", "Demand", "Sent proposal", "Refused", "Approved"], object)


def credit_card_balance(seed: int, who: Clients, loans: dict) -> dict:
    """Months of the cards, newest first. A card that was never used has zero balances and no drawings."""
    rng = draw.stream(seed, "credit_card_balance", who.block)
    owner, n = loans["_owner"], len(loans["_owner"])
    card = loans["_granted"] & (loans["NAME_CONTRACT_TYPE"] == "Revolving loans") & (rng.random(n) < 0.9)
    age = np.ceil(-loans["DAYS_DECISION"] / 30.4).astype(int)
    loan, back = draw.children(np.where(card, np.clip(age + rng.integers(0, 18, n), 2, 96), 0))
    rows, risk = len(loan), who.risk[owner]
    used = (loans["DAYS_FIRST_DRAWING"] != 365_243)[loan]
    limit_of = _LIMITS[np.clip(np.round(2.6 + 1.1 * who.wealth[owner] + 1.2 * rng.standard_normal(n)), 0, 7).astype(int)]
    limit = np.where(rng.random(rows) < 0.015, 0.0, limit_of[loan])
    peak = draw.sigmoid(1.7 + 0.7 * risk + 1.3 * rng.standard_normal(n)) * 1.1
    persistence = draw.sigmoid(-0.9 + 0.6 * risk + 1.3 * rng.standard_normal(n))  # how long the balance stays near its peak
    phase = rng.uniform(0, 12, n)
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * (back + phase[loan]) / 12.0)
    level = peak[loan] * np.where(wave > 0.8, 1.0, persistence[loan] * (0.5 + 0.6 * wave))
    level = np.where(used & (level > 0.05), level * (1 + 0.03 * rng.standard_normal(rows)), 0.0)
    balance = draw.grid(np.maximum(level, 0) * limit_of[loan], 0.045)
    rate = np.exp(-1.25 + 1.1 * rng.standard_normal(n) + 0.25 * risk)
    atm = np.where(used, rng.poisson(np.minimum(rate, 15)[loan]), 0).astype(float)
    shops = np.where(used, rng.poisson(np.minimum(np.exp(-1.3 + 1.5 * rng.standard_normal(n)), 30)[loan]), 0).astype(float)
    other = np.where(used, rng.random(rows) < 0.003, 0).astype(float)
    amounts = {name: np.where(count > 0, draw.grid(count * draw.lognormal(rng, per, 0.7, n=rows), 0.045), 0.0)
               for name, count, per in (("ATM", atm, 14_000), ("POS", shops, 2_300), ("OTHER", other, 20_000))}  # fmt: skip
    owed = balance > 0
    minimum = np.where(owed, np.maximum(draw.grid(0.05 * balance, 0.045), 225), 0.0)
    paid = np.where(owed, draw.grid(minimum * np.exp(0.35 + 0.6 * rng.standard_normal(rows)), 0.045), 0.0)
    late = owed & (rng.random(rows) < np.clip(0.02 * np.exp(1.0 * who.late[owner[loan]]), 0, 0.5))
    days = np.where(late, np.ceil(rng.exponential(12, rows)), 0).astype(int)
    finished = (rng.random(n) < 0.10)[loan] & (back < 3)
    status = np.where(finished, "Completed", "Active").astype(object)
    rare = rng.random(rows) < 0.004
    status[rare] = _RARE[rng.integers(0, len(_RARE), int(rare.sum()))]
    unseen = lambda x: np.where(used & (rng.random(rows) > 0.02), x, np.nan)  # noqa: E731
    principal = draw.grid(balance * 0.955, 0.045)
    return {
        "SK_ID_PREV": loans["SK_ID_PREV"][loan],
        "SK_ID_CURR": loans["SK_ID_CURR"][loan],
        "MONTHS_BALANCE": -(back + 1),
        "AMT_BALANCE": balance,
        "AMT_CREDIT_LIMIT_ACTUAL": limit,
        "AMT_DRAWINGS_ATM_CURRENT": unseen(amounts["ATM"]),
        "AMT_DRAWINGS_CURRENT": amounts["ATM"] + amounts["POS"] + amounts["OTHER"],
        "AMT_DRAWINGS_OTHER_CURRENT": unseen(amounts["OTHER"]),
        "AMT_DRAWINGS_POS_CURRENT": unseen(amounts["POS"]),
        "AMT_INST_MIN_REGULARITY": draw.blank(rng, minimum, 0.08),
        "AMT_PAYMENT_CURRENT": np.where(used & (rng.random(rows) > 0.05), paid, np.nan),
        "AMT_PAYMENT_TOTAL_CURRENT": paid,
        "AMT_RECEIVABLE_PRINCIPAL": principal,
        "AMT_RECIVABLE": balance,
        "AMT_TOTAL_RECEIVABLE": balance,
        "CNT_DRAWINGS_ATM_CURRENT": unseen(atm),
        "CNT_DRAWINGS_CURRENT": (atm + shops + other).astype(int),
        "CNT_DRAWINGS_OTHER_CURRENT": unseen(other),
        "CNT_DRAWINGS_POS_CURRENT": unseen(shops),
        "CNT_INSTALMENT_MATURE_CUM": draw.blank(rng, np.where(used, np.maximum(age[loan] - back, 0), 0), 0.08),
        "NAME_CONTRACT_STATUS": status,
        "SK_DPD": np.where(late & (rng.random(rows) < 0.05), days + rng.integers(30, 1_000, rows), days),
        "SK_DPD_DEF": np.where(rng.random(rows) < 0.7, np.minimum(days, 60), 0),
        "_due": np.where(used & owed, minimum, 0.0),
    }
