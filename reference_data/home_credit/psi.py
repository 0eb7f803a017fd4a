"""The population stability index, written a second time and from its definition only.

It shares no code with vigie: the expected values of the example come from here, before vigie has seen a row.

PSI = sum over bins of (w - r) * ln(w / r), r and w the shares of all rows of reference and window, missing included.

* numeric: a value that holds >= 5% of the reference's non-missing rows has a bin of its own (an atom); the rest is cut at
  its own nine inner deciles (linear interpolation, equal cuts merged, intervals (lo, hi]); below the reference's minimum
  and above its maximum there is a guard bin each; and one bin for missing;
* categorical: a bin for each level with >= 1% of all reference rows, `rare` for the other levels the reference has,
  `unseen` for those it has not, and one for missing;
* a bin that is empty on one side counts half a row there; a bin that is empty on both is left out.

Numbers are compared as 32-bit floats, as the model compares them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MISSING_LEVEL = "__MISSING__"  # the model's own spelling of a missing level


def index(reference_counts, window_counts) -> float:
    """PSI of two rows of bin counts, half-count rule."""
    reference, window = np.asarray(reference_counts, float), np.asarray(window_counts, float)
    n, m = reference.sum(), window.sum()
    used = (reference > 0) | (window > 0)
    r = np.where(reference > 0, reference, 0.5)[used] / n
    w = np.where(window > 0, window, 0.5)[used] / m
    return float(np.sum((w - r) * np.log(w / r)))


class NumericBins:
    """Bins of a numeric feature, learnt from the reference."""

    def __init__(self, reference):
        x = as_f32(reference)
        x = x[~np.isnan(x)]
        values, counts = np.unique(x, return_counts=True)
        self.low, self.high = values[0], values[-1]
        self.atoms = values[counts >= 0.05 * len(x)]
        rest = x[~np.isin(x, self.atoms)]
        self.cuts = np.unique(np.quantile(rest, np.arange(1, 10) / 10)) if len(rest) else np.array([])

    def counts(self, column):
        """atoms, rest intervals, below, above, missing"""
        x = as_f32(column)
        missing = np.isnan(x)
        x = x[~missing]
        below, above = x < self.low, x > self.high
        x = x[~below & ~above]
        at = np.isin(x, self.atoms)
        atoms = np.bincount(np.searchsorted(self.atoms, x[at]), minlength=len(self.atoms))
        rest = np.bincount(np.searchsorted(self.cuts, x[~at], side="left"), minlength=len(self.cuts) + 1)
        return np.concatenate([atoms, rest, [below.sum(), above.sum(), missing.sum()]])


class LevelBins:
    """Bins of a categorical feature, learnt from the reference."""

    def __init__(self, reference):
        counts = spell(reference).value_counts()
        shares = counts / len(reference)
        self.singletons = int((counts == 1).sum())
        self.levels = [level for level, share in shares.items() if share >= 0.01]
        self.rare = [level for level, share in shares.items() if share < 0.01]

    def counts(self, column):
        """levels, rare, unseen, missing"""
        levels = spell(column)
        own = [int((levels == level).sum()) for level in self.levels]
        rare, missing = int(levels.isin(self.rare).sum()), int(levels.isna().sum())
        return np.array(own + [rare, len(levels) - sum(own) - rare - missing, missing])


def as_f32(column):
    return np.asarray(column, dtype=np.float32).astype(np.float64)


def spell(column):
    """Levels as text; the model's own spelling of a missing level is missing."""
    levels = pd.Series(np.asarray(column, dtype=object))
    return levels.where(levels.notna() & (levels != MISSING_LEVEL), None)


class Yardstick:
    """The reference's bins and counts of every feature; measures windows against them."""

    def __init__(self, reference: pd.DataFrame, categorical):
        self.bins, self.reference = {}, {}
        for name in reference.columns:
            self.bins[name] = (LevelBins if name in categorical else NumericBins)(reference[name])
            self.reference[name] = self.bins[name].counts(reference[name])

    def good_turing(self, name) -> float:
        """The share of unseen levels to expect without drift: levels the reference has once, per row."""
        return self.bins[name].singletons / self.reference[name].sum()

    def psi(self, name, column) -> float:
        return index(self.reference[name], self.bins[name].counts(column))
