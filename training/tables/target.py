"""Who defaults. The probability depends on hidden scores and on columns of the application, never on an aggregate of another
table, so no aggregated column can hold the answer. Steps and interactions are part of it, so that trees have something to find.
"""

from __future__ import annotations

import numpy as np

from . import draw
from .clients import Clients
from .levels import APPLICATION as LEVELS

INTERCEPT = -4.18
"""Fixed, so that a client's target does not depend on how many clients are drawn; gives a default rate of about 8.1%."""

_TASTE = np.random.default_rng(20261001)
_ORGANISATION = {level: 0.45 * _TASTE.standard_normal() for level in LEVELS["ORGANIZATION_TYPE"]}
_OCCUPATION = {level: 0.26 * _TASTE.standard_normal() for level in LEVELS["OCCUPATION_TYPE"]}


def log_odds(who: Clients, columns: dict) -> np.ndarray:
    """The logarithm of the odds of default of each client."""
    years = np.where(columns["DAYS_EMPLOYED"] > 0, 8.0, -columns["DAYS_EMPLOYED"] / 365.25)
    burden = np.nan_to_num(columns["AMT_ANNUITY"], nan=27_000.0) / columns["AMT_INCOME_TOTAL"]
    size = np.clip(np.log(columns["AMT_CREDIT"] / 470_000) / 0.7, -2.2, 2.2)
    young, new = draw.sigmoid((36 - who.age) / 3), draw.sigmoid((2.2 - years) / 0.5)
    strained = draw.sigmoid((burden - 0.24) / 0.03)
    effects = np.array([_ORGANISATION[o] for o in columns["ORGANIZATION_TYPE"]]) + np.array(
        [_OCCUPATION[o] for o in columns["OCCUPATION_TYPE"]]
    )
    return (
        INTERCEPT
        + 1.05 * who.risk
        + 0.35 * np.maximum(who.risk - 0.7, 0)
        + 0.30 * who.late
        - 0.10 * who.wealth
        + effects
        + 1.50 * young * new
        + 1.00 * strained * (who.wealth < 0.3)
        - 0.40 * strained * (who.wealth >= 0.3)
        + 0.32 * size**2
        + np.where(columns["CODE_GENDER"] == "M", 0.28, 0.0) * np.where(who.age < 40, 1.6, 0.4)
        - np.where(columns["NAME_EDUCATION_TYPE"] == "Higher education", 0.38, 0.0)
        + np.where(columns["NAME_CONTRACT_TYPE"] == "Revolving loans", -0.4, 0.0)
        + np.where(np.nan_to_num(columns["OWN_CAR_AGE"]) > 14, 0.35, 0.0)
    )


def target(rng, who: Clients, columns: dict) -> np.ndarray:
    """0 or 1 per client."""
    return (rng.random(len(who.ids)) < draw.sigmoid(log_odds(who, columns))).astype(int)
