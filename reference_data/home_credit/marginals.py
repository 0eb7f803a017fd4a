"""One feature's distribution: a quantile function through its published summary, tails fitted to mean and std.

The summary (`features.csv`) gives min, p25, p50, p75, max, mean and standard deviation. Between the quartiles the
quantile function is linear; the two outer quarters are generalised Pareto tails whose two parameters are fitted so that
mean and standard deviation come out about right. Values that several quartiles share, and quartiles that are zero, are
atoms: a value that holds a share of the rows by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

# Where all three quartiles are zero the summary does not say how many rows are zero; these shares are assumptions.
ZERO_SHARE = {
    "PREV_CC_CNT_DRAWINGS_ATM_CURRENT_MEAN_SUM": 0.86,
    "PREV_INST_RATIO_LATE_MIN": 0.84,
    "BUREAU_CREDIT_TYPE_Microloan": 0.968,
    "BUREAU_CREDIT_TYPE_Mortgage": 0.938,
    "BUREAU_AMT_CREDIT_MAX_OVERDUE_SUM": 0.79,
    "PREV_INST_COUNT_OVERPAID_STD": 0.80,
    "PREV_INST_COUNT_OVERPAID_MEAN": 0.80,
    "PREV_CC_CC_UTILIZATION_MEAN_SUM": 0.80,
    "PREV_CC_CC_UTILIZATION_MAX_SUM": 0.80,
    "PREV_POS_SK_DPD_DEF_MAX_MEAN": 0.87,
    "PREV_POS_SK_DPD_DEF_SUM_MEAN": 0.87,
    "PREV_POS_SK_DPD_DEF_MEAN_SUM": 0.87,
    "PREV_DAYS_LAST_DUE_1ST_VERSION_MAX": 0.307,  # not zero but 365243, "not due yet"
}

# Upper tails set by hand (scale, shape): few enough credits near the maximum that a factor of 1.3 stays a "watch".
UPPER_TAIL = {"AMT_CREDIT": (304_000.0, 0.0)}

# The largest ordinary value, where the atom at the maximum stands far above all others.
NEXT_BELOW = {"PREV_DAYS_LAST_DUE_1ST_VERSION_MAX": 1600.0}

# Small counts are written out in full: value -> share.
DISCRETE = {
    "REGION_RATING_CLIENT_W_CITY": {1: 0.127, 2: 0.7334, 3: 0.1396},
    "AMT_REQ_CREDIT_BUREAU_QRT": {0: 0.70, 1: 0.19, 2: 0.08, 3: 0.02, 4: 0.006, 5: 0.002, 6: 0.001, 7: 0.001},
    "DEF_60_CNT_SOCIAL_CIRCLE": {0: 0.917, 1: 0.068, 2: 0.0115, 3: 0.003, 4: 0.0004, 24: 0.0001},
    "DEF_30_CNT_SOCIAL_CIRCLE": {0: 0.886, 1: 0.0925, 2: 0.0165, 3: 0.004, 4: 0.0008, 5: 0.0001, 34: 0.0001},
    "FLAG_DOCUMENT_3": {0: 0.29, 1: 0.71},
    "REG_CITY_NOT_LIVE_CITY": {0: 0.92, 1: 0.08},
}

# Points at which moments are computed: dense in both tails, where they come from.
_TAIL = np.geomspace(2e-6, 0.25, 600)
_GRID = np.concatenate([_TAIL, np.linspace(0.25, 0.75, 401)[1:-1], 1 - _TAIL[::-1]])


def _pareto(excess_rank, scale, shape):
    """Quantile of the generalised Pareto distribution; `excess_rank` 0 is the quartile, 1 the extreme."""
    rest = np.maximum(1.0 - excess_rank, 1e-6)
    return -scale * np.log(rest) if abs(shape) < 1e-9 else scale * (rest**-shape - 1.0) / shape


@dataclass(frozen=True)
class Marginal:
    """A quantile function. `knots` are (share, value); beyond the outer ones the tails begin."""

    minimum: float
    maximum: float
    shares: np.ndarray
    values: np.ndarray
    lower: tuple[float, float] | None  # scale, shape of the tail below the first knot
    upper: tuple[float, float] | None

    def quantile(self, u):
        x = np.interp(u, self.shares, self.values)
        first, last = self.shares[0], self.shares[-1]
        if self.lower is not None:
            below = u < first
            x[below] = self.values[0] - _pareto(1.0 - u[below] / first, *self.lower)
        if self.upper is not None:
            above = u > last
            x[above] = self.values[-1] + _pareto((u[above] - last) / (1.0 - last), *self.upper)
        return np.clip(x, self.minimum, self.maximum)

    def moments(self):
        x = self.quantile(_GRID)
        mean = np.trapezoid(x, _GRID)
        return mean, np.sqrt(max(np.trapezoid((x - mean) ** 2, _GRID), 0.0))


def _knots(spec, whole):
    """Quartiles as knots; an atom becomes two knots of one value. `whole`: the values are whole numbers."""
    shares, values = [], []
    quartiles = [spec.p25, spec.p50, spec.p75]
    for value in sorted(set(quartiles)):
        at = [0.25 * (i + 1) for i, q in enumerate(quartiles) if q == value]
        lowest, highest = value == spec.min, value == spec.max
        if not (len(at) > 1 or lowest or highest or value == 0.0):
            shares.append(at[0]), values.append(value)
            continue
        start = 0.0 if lowest else at[0] - 0.10
        end = 1.0 if highest else at[-1] + (0.15 if at == [0.25] else 0.10 if at[-1] < 0.75 else 0.05)
        if spec.feature in ZERO_SHARE:
            if highest:
                start = 1.0 - ZERO_SHARE[spec.feature]
            else:
                end = ZERO_SHARE[spec.feature]
        if at == [0.25, 0.5, 0.75] and not (lowest or highest):
            start = 0.02
        if spec.feature in NEXT_BELOW:
            shares.append(np.nextafter(start, 0.0)), values.append(NEXT_BELOW[spec.feature])
        shares += [start, end]
        values += [value, value]
        if whole and lowest and end < 1.0:  # a count that is not zero is at least one
            shares.append(np.nextafter(end, 1.0)), values.append(value + 1)
    return np.maximum.accumulate(shares), np.array(values, float)


def fit(spec, whole=False) -> Marginal:
    """The marginal of a row of `features.csv`."""
    if spec.feature in DISCRETE:
        return _discrete(DISCRETE[spec.feature])
    shares, values = _knots(spec, whole)
    low_room, high_room = values[0] - spec.min, spec.max - values[-1]
    needs_lower, needs_upper = shares[0] > 0 and low_room > 0, shares[-1] < 1 and high_room > 0
    step = max(spec.p75 - spec.p50, 0.5 * (spec.p75 - spec.p25), 0.02 * spec.std)
    step_low = max(spec.p50 - spec.p25, 0.5 * (spec.p75 - spec.p25), 0.02 * spec.std)

    def tail(room, step, a, b):
        """Short room: a bounded tail that ends at the extreme (one parameter). Long room: scale and shape."""
        if room < 4 * step:
            power = np.exp(np.clip(a, -0.4, 1.8))
            return room / power, -1.0 / power
        return step * np.exp(np.clip(a, -2.5, 4)), np.clip(b, -0.5, 1.6)

    def build(p):
        lower = tail(low_room, step_low, p[0], p[1]) if needs_lower else None
        upper = tail(high_room, step, p[2], p[3]) if needs_upper else None
        upper = UPPER_TAIL.get(spec.feature, upper)
        return Marginal(spec.min, spec.max, shares, values, lower, upper)

    def misfit(p):
        mean, std = build(p).moments()
        spread = np.log(max(std, 1e-12) / spec.std)
        return (4 * (mean - spec.mean) / spec.std) ** 2 + spread**2 + 0.01 * (p @ p)

    starts = [np.array([0.0, b, 0.0, c]) for b in (0.0, 0.5) for c in (0.0, 0.8)]
    best = min((minimize(misfit, s, method="Nelder-Mead", options={"maxiter": 300}) for s in starts), key=lambda r: r.fun)
    return build(best.x)


def _discrete(table):
    """Steps: each value holds its share."""
    values = np.array(sorted(table), float)
    ends = np.cumsum([table[int(v)] for v in values])
    starts = np.concatenate([[0.0], ends[:-1]])
    shares = np.column_stack([np.nextafter(starts, 1.0), ends]).ravel()
    return Marginal(values[0], values[-1], np.maximum.accumulate(shares), np.repeat(values, 2), None, None)
