"""The table `bureau_balance`: the status of a credit at another lender, month by month."""

from __future__ import annotations

import numpy as np

from . import draw
from .clients import Clients

_SEVERITY = np.array(["1", "2", "3", "4", "5"], object)


def bureau_balance(seed: int, who: Clients, credits: dict) -> dict:
    """Months of about half of the clients' credits, newest first. After the end of a credit its status is C; X is unknown."""
    rng = draw.stream(seed, "bureau_balance", who.block)
    covered = rng.random(len(who.ids)) < 0.51
    owner = credits["SK_ID_CURR"] - who.ids[0]
    n = len(owner)
    age = np.ceil(-credits["DAYS_CREDIT"] / 30.4).astype(int)
    has = covered[owner] & (rng.random(n) < 0.95)
    credit, month = draw.children(np.where(has, np.minimum(age, 96) + 1, 0))
    rows = len(credit)
    since_start = age[credit] - month
    late = rng.random(rows) < np.clip(credits["_late"][credit] * 1.6, 0, 0.6)
    severity = _SEVERITY[np.searchsorted([0.70, 0.78, 0.82, 0.86], rng.random(rows), side="right")]
    status = np.where(rng.random(rows) < 0.38, "X", "0").astype(object)
    status[late] = severity[late]
    status[since_start > credits["_open_months"][credit]] = "C"
    return {"SK_ID_BUREAU": credits["SK_ID_BUREAU"][credit], "MONTHS_BALANCE": -month, "STATUS": status}
