"""Hidden scores of the clients of one block. All seven tables depend on them, so they hang together as real tables do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import draw

FIRST_CLIENT = 100_001
"""SK_ID_CURR of the first client; the others follow without a gap."""

NO_BUREAU = 0.132
NO_PREVIOUS = 0.0194


@dataclass(frozen=True)
class Clients:
    """One block of clients; every array has `draw.BLOCK` entries. Scores are standard normal."""

    block: int
    ids: np.ndarray  # SK_ID_CURR
    risk: np.ndarray  # unobserved; high means likely to default
    wealth: np.ndarray  # moves all amounts
    activity: np.ndarray  # moves the counts of credits and loans
    late: np.ndarray  # lack of payment discipline, correlated 0.5 with risk
    youth: np.ndarray  # high means young
    age: np.ndarray  # years
    retired: np.ndarray  # neither employer nor occupation
    in_bureau: np.ndarray  # has credits at other lenders
    in_previous: np.ndarray  # has applied here before


def clients(seed: int, block: int) -> Clients:
    """Draws the clients of a block."""
    rng = draw.stream(seed, "clients", block)
    n = draw.BLOCK
    risk, wealth, activity, own, youth, thin, new, retired = rng.standard_normal((8, n))
    late = 0.5 * risk + np.sqrt(0.75) * own
    age = np.clip(-draw.quartiles(youth, -53.8, -43.2, -34.2), 20.1, 69.0)
    retirement = 0.16 * (age - 57.5) + 0.45 * retired
    return Clients(
        block=block,
        ids=FIRST_CLIENT + block * n + np.arange(n),
        risk=risk,
        wealth=wealth,
        activity=activity,
        late=late,
        youth=youth,
        age=age,
        retired=retirement > 0,
        in_bureau=draw.normal_rank(0.45 * youth + np.sqrt(1 - 0.45**2) * thin) < 1 - NO_BUREAU,
        in_previous=draw.normal_rank(0.3 * youth + np.sqrt(1 - 0.3**2) * new) < 1 - NO_PREVIOUS,
    )
