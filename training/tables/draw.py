"""Random helpers of the generator: one random stream per (table, block), levels, rows of children, rounding, blanks."""

from __future__ import annotations

import zlib

import numpy as np

from .levels import FLOOR

BLOCK = 10_000
"""Clients in a block. Blocks are always drawn whole, so the first N clients are the same at every scale."""


def stream(seed: int, table: str, block: int) -> np.random.Generator:
    """The random stream of one table in one block of clients; independent of all others."""
    return np.random.default_rng([seed, zlib.crc32(table.encode()), block])


def levels(rng, shares: dict, n: int, floor: float = FLOOR) -> np.ndarray:
    """`n` levels drawn by their shares (`None` included); a share of zero stays zero, others are at least `floor`."""
    names = np.array(list(shares), object)
    weights = np.array([max(s, floor) if s > 0 else 0.0 for s in shares.values()])
    return names[rng.choice(len(names), n, p=weights / weights.sum())]


def ordered_levels(z: np.ndarray, shares: dict) -> np.ndarray:
    """Levels assigned by a standard normal score: the first levels of `shares` go to the lowest scores."""
    names = np.array(list(shares), object)
    weights = np.array([max(s, FLOOR) for s in shares.values()])
    return names[np.minimum(np.searchsorted(np.cumsum(weights / weights.sum()), normal_rank(z)), len(names) - 1)]


def normal_rank(z: np.ndarray) -> np.ndarray:
    """The standard normal distribution function (Abramowitz and Stegun 26.2.17, error below 1e-7)."""
    t = 1.0 / (1.0 + 0.2316419 * np.abs(z))
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    upper = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) * poly
    return np.where(z >= 0, 1.0 - upper, upper)


def children(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For parents with `counts` children each: the parent of every child and the child's position (0, 1, …) within its parent."""
    counts = np.asarray(counts, np.int64)
    parent = np.repeat(np.arange(len(counts)), counts)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    return parent, np.arange(len(parent)) - start


def lognormal(rng, median, sigma: float, shift=0.0, n: int | None = None) -> np.ndarray:
    """Lognormal amounts around `median`; `shift` adds to the logarithm (a latent times its weight)."""
    n = len(np.atleast_1d(shift)) if n is None else n
    return median * np.exp(sigma * rng.standard_normal(n) + shift)


def quartiles(z: np.ndarray, low: float, median: float, high: float) -> np.ndarray:
    """Standard normal scores to values with the given quartiles: linear, with one slope on each side of the median."""
    return median + np.where(z < 0, z * (median - low), z * (high - median)) / 0.6744897501960817


def sigmoid(x):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def blank(rng, x: np.ndarray, share: float) -> np.ndarray:
    """A copy of `x` as floats in which each cell is missing with probability `share`."""
    out = np.array(x, float)
    out[rng.random(len(out)) < share] = np.nan
    return out


def grid(x: np.ndarray, step: float) -> np.ndarray:
    """Amounts as multiples of `step`, without noise in the last digits of a decimal step."""
    return np.round(np.round(np.asarray(x, float) / step) * step, 6)


def pick(rng, condition: np.ndarray, yes: dict, no) -> np.ndarray:
    """Levels drawn from `yes` where the condition holds, the fixed level `no` elsewhere."""
    out = np.full(len(condition), no, object)
    out[condition] = levels(rng, yes, int(condition.sum()))
    return out
