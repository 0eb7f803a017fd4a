"""Costs of decisions: thresholds over all distinct scores, metrics at a threshold, paired bootstrap of two models.

An applicant is refused at a score of at least the threshold. A false negative is an accepted applicant who defaults, a false
positive a refused one who would have repaid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score


@dataclass(frozen=True)
class Cost:
    """Cost of a wrong decision, in any unit."""

    false_negative: float
    false_positive: float

    def each(self, target: np.ndarray, score: np.ndarray, threshold: float) -> np.ndarray:
        """The cost that each client causes."""
        refused = score >= threshold
        return np.where(target == 1, np.where(refused, 0.0, self.false_negative), np.where(refused, self.false_positive, 0.0))

    def total(self, target: np.ndarray, score: np.ndarray, threshold: float) -> float:
        """The cost of all clients together."""
        return float(self.each(target, score, threshold).sum())


def curve(target: np.ndarray, score: np.ndarray, cost: Cost) -> tuple[np.ndarray, np.ndarray]:
    """Every distinct score as a threshold, ascending, and last one that refuses nobody; with the total cost of each."""
    order = np.argsort(score, kind="stable")
    s, y = score[order], target[order] == 1
    first = np.concatenate([[0], np.flatnonzero(np.diff(s)) + 1])
    bad_below = np.concatenate([[0], np.cumsum(y)])[np.concatenate([first, [len(s)]])]
    all_below = np.concatenate([first, [len(s)]])
    good_at_or_above = (len(s) - all_below) - (y.sum() - bad_below)
    thresholds = np.concatenate([s[first], [np.nextafter(s[-1], np.inf)]])
    return thresholds, bad_below * cost.false_negative + good_at_or_above * cost.false_positive


def cheapest(target: np.ndarray, score: np.ndarray, cost: Cost) -> tuple[float, float]:
    """The cheapest threshold and its cost; of equally cheap ones the lowest, which refuses most and has the highest recall."""
    thresholds, costs = curve(target, score, cost)
    best = int(np.argmin(costs))
    return float(thresholds[best]), float(costs[best])


def metrics(target: np.ndarray, score: np.ndarray, threshold: float, cost: Cost, beta: float) -> dict[str, float]:
    """AUC, and at the threshold cost, recall, precision, F-beta and the share refused."""
    refused = score >= threshold
    hit = float(np.sum(refused & (target == 1)))
    bad, called = float(np.sum(target == 1)), float(refused.sum())
    recall, precision = (hit / bad if bad else 0.0), (hit / called if called else 0.0)
    weighted = beta**2 * precision + recall
    return {
        "auc": float(roc_auc_score(target, score)),
        "business_cost": cost.total(target, score, threshold),
        "recall": recall,
        "precision": precision,
        "fbeta": (1 + beta**2) * precision * recall / weighted if weighted else 0.0,
        "refused": called / len(target),
    }


def paired_bootstrap(first: np.ndarray, second: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Total cost of `first` minus that of `second` in resamples of the clients, drawn together for both.

    Differences take few values (0, ± each cost), so a resample is one multinomial draw of how often each value occurs.
    """
    difference = np.asarray(first) - np.asarray(second)
    values, counts = np.unique(difference, return_counts=True)
    return rng.multinomial(len(difference), counts / len(difference), resamples) @ values


def ties(costs: dict[str, np.ndarray], resamples: int, level: float, seed: int) -> dict[str, dict]:
    """Each model against the cheapest: the difference of cost, its range, and whether it counts as a tie.

    A model is dearer if its cost exceeds that of the cheapest in all but a share `level` of the resamples; all others tie.
    """
    best = min(costs, key=lambda name: (costs[name].sum(), name))
    out = {}
    for name in sorted(costs):
        rng = np.random.default_rng([seed, *name.encode()])
        sample = paired_bootstrap(costs[name], costs[best], resamples, rng)
        low, high = np.quantile(sample, [0.025, 0.975])
        not_dearer = float(np.mean(sample <= 0))
        out[name] = {"difference": float(costs[name].sum() - costs[best].sum()), "low": float(low), "high": float(high),
                     "share_not_dearer": not_dearer, "tie": bool(name == best or not_dearer >= level)}  # fmt: skip
    return out
