"""Costs, thresholds, ties and the paired bootstrap, against programs that count one client after the other."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, precision_score, recall_score, roc_auc_score

from training import money

COST = money.Cost(10, 1)


def counted(target, score, threshold):
    """10 per accepted default, 1 per refused client who repaid."""
    total = 0
    for y, s in zip(target, score, strict=True):
        total += 10 if y == 1 and s < threshold else 1 if y == 0 and s >= threshold else 0
    return total


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("digits", [1, 2, 12])
def test_the_curve_has_every_distinct_score_with_its_cost(seed, digits):
    rng = np.random.default_rng(seed)
    target = (rng.random(300) < 0.15).astype(int)
    score = np.round(np.clip(0.2 * target + rng.random(300) * 0.8, 0, 1), digits)
    thresholds, costs = money.curve(target, score, COST)
    assert thresholds[:-1].tolist() == sorted(set(score.tolist())) and thresholds[-1] > score.max()
    assert costs.tolist() == [counted(target, score, t) for t in thresholds]
    best, cost = money.cheapest(target, score, COST)
    assert cost == min(costs) and best == min(t for t, c in zip(thresholds, costs, strict=True) if c == cost)
    assert COST.total(target, score, best) == cost == COST.each(target, score, best).sum()


def test_metrics_equal_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    target = (rng.random(2_000) < 0.1).astype(int)
    score = np.clip(0.3 * target + rng.random(2_000) * 0.7, 0, 1)
    found = money.metrics(target, score, 0.5, COST, 3)
    called = score >= 0.5
    assert found["auc"] == roc_auc_score(target, score) and found["recall"] == recall_score(target, called)
    assert found["precision"] == pytest.approx(precision_score(target, called), rel=1e-15)
    assert found["fbeta"] == pytest.approx(fbeta_score(target, called, beta=3), rel=1e-14)
    assert found["refused"] == called.mean()


def test_nobody_refused_is_a_metric_of_zero_not_an_error():
    found = money.metrics(np.array([0, 1]), np.array([0.1, 0.2]), 0.9, COST, 3)
    assert (found["precision"], found["recall"], found["fbeta"], found["business_cost"]) == (0.0, 0.0, 0.0, 10.0)


def test_the_bootstrap_resamples_clients_and_pairs_models():
    rng = np.random.default_rng(2)
    first, second = (
        rng.choice([0.0, 1.0, 10.0], 3_000, p=[0.7, 0.25, 0.05]),
        rng.choice([0.0, 1.0, 10.0], 3_000, p=[0.72, 0.23, 0.05]),
    )
    sample = money.paired_bootstrap(first, second, 4_000, np.random.default_rng(3))
    difference = first - second
    plain = np.array([difference[rng.integers(0, 3_000, 3_000)].sum() for _ in range(4_000)])
    assert sample.mean() == pytest.approx((first - second).sum(), abs=8) and sample.std() == pytest.approx(plain.std(), rel=0.05)
    assert money.paired_bootstrap(first, first, 100, rng).tolist() == [0.0] * 100


def test_equal_models_tie_and_a_much_dearer_one_does_not():
    rng = np.random.default_rng(4)
    good = rng.choice([0.0, 10.0], 2_000, p=[0.95, 0.05])
    similar = np.where(rng.random(2_000) < 0.5, good, rng.permutation(good))
    dear = good + (rng.random(2_000) < 0.2)
    found = money.ties({"good": good, "similar": similar, "dear": dear}, 2_000, 0.05, 1)
    assert found["good"]["tie"] and found["similar"]["tie"]
    assert not found["dear"]["tie"] and found["dear"]["low"] > 0 and found["dear"]["share_not_dearer"] == 0.0
    assert found == money.ties({"dear": dear, "similar": similar, "good": good}, 2_000, 0.05, 1)
