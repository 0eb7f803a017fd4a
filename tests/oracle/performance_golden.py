"""Golden values for the performance metrics of vigie, computed with scikit-learn and never with vigie.

Usage: python tests/oracle/performance_golden.py [OUTPUT]      (default: performance_golden.json next to this script)
       python tests/oracle/performance_golden.py --compare     (recomputes them and compares with the committed file)
Requires performance_requirements.txt. Deterministic: same versions, same values.

Covers scores with many, few and no ties, windows with one class only, and decisions that refuse no one or everyone. DeLong's
variance is computed from its definition, with the placement of every row; the expected AUC and confusion matrix with NannyML's
formulas on probabilities calibrated by scikit-learn's IsotonicRegression. The variance of the average precision is computed row by
row from the derivative of scikit-learn's formula. All intervals are checked against the spread of 4,000 bootstrap samples.
"""

import json
import platform
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from statsmodels.stats.proportion import confint_proportions_2indep

warnings.filterwarnings("ignore")
SEED = 20261124
rng = np.random.default_rng(SEED)


def draw(rows, digits, prevalence, skill=1.5):
    """Labels, and scores correlated with them; fewer digits mean more ties."""
    labels = (rng.random(rows) < prevalence).astype(int)
    scores = 1 / (1 + np.exp(-(rng.normal(-1.0, 1.0, rows) + skill * labels)))
    return labels, np.round(scores, digits) if digits else scores


def windows():
    for rows, digits, prevalence in [(40, 1, 0.3), (40, 0, 0.5), (300, 1, 0.08), (300, 2, 0.08), (300, 0, 0.4), (900, 2, 0.5),
                                     (900, 6, 0.1), (25, 1, 0.9), (60, 0, 0.05), (500, 1, 0.02)]:
        yield draw(rows, digits, prevalence)
    yield np.zeros(30, int), draw(30, 2, 0.5)[1]
    yield np.ones(30, int), draw(30, 2, 0.5)[1]
    yield draw(80, 0, 0.4)[0], np.full(80, 0.25)
    yield np.array([0, 1]), np.array([0.0, 1.0])
    yield np.array([1, 0, 1, 0]), np.array([0.0, 1.0, 1.0, 0.0])


def delong(labels, scores):
    positives, negatives = scores[labels == 1], scores[labels == 0]
    if len(positives) < 2 or len(negatives) < 2:
        return None
    wins = (positives[:, None] > negatives[None, :]) + 0.5 * (positives[:, None] == negatives[None, :])
    return float(wins.mean(1).var(ddof=1) / len(positives) + wins.mean(0).var(ddof=1) / len(negatives))


def average_precision_variance(labels, scores):
    """Sum of squared derivatives by row weight, as difference quotients of scikit-learn's own function."""
    if labels.sum() < 2:
        return None
    def at(row, weight):
        weights = np.ones(len(labels))
        weights[row] += weight
        return metrics.average_precision_score(labels, scores, sample_weight=weights)
    step = 1e-4
    slopes = [(8 * (at(row, step) - at(row, -step)) - (at(row, 2 * step) - at(row, -2 * step))) / (12 * step) for row in range(len(labels))]
    return float(np.square(slopes).sum())


def spreads():
    """Bootstrap standard errors, for windows whose metrics are nearly normal."""
    own = np.random.default_rng(SEED + 1)
    rows = []
    for size, digits, prevalence in [(1500, 2, 0.3), (2500, 4, 0.08), (1000, 1, 0.5)]:
        labels = (own.random(size) < prevalence).astype(int)
        scores = np.round(1 / (1 + np.exp(-(own.normal(-1.0, 1.0, size) + 1.5 * labels))), digits)
        order = np.argsort(scores, kind="stable")  # ties in another order on another processor otherwise
        labels, scores = labels[order], np.clip(scores[order], 1e-3, 1 - 1e-3)
        ends = np.flatnonzero(np.r_[scores[1:] != scores[:-1], True])
        samples = []
        for _ in range(4000):
            weights = np.bincount(own.integers(0, size, size), minlength=size).astype(float)
            samples.append(metrics_of(labels, scores, weights, ends))
        names = ["auc", "average_precision", "brier", "log_loss", "recall", "precision", "f1", "f2", "cost_per_1000"]
        rows.append({"labels": labels.tolist(), "scores": scores.tolist(), "threshold": 0.4,
                     "errors": dict(zip(names, np.std(samples, axis=0, ddof=1).tolist()))})
    return rows


def ratios():
    """Ratio of two shares with the Katz interval from statsmodels."""
    rows = []
    for a, n, b, m in [(120, 200, 900, 1000), (3, 40, 5000, 9000), (700, 1000, 699, 1000), (199, 200, 2000, 2000)]:
        low, high = confint_proportions_2indep(a, n, b, m, method="log", compare="ratio")
        rows.append({"counts": [a, n, b, m], "ratio": (a / n) / (b / m), "low": float(low), "high": float(high)})
    return rows


def metrics_of(labels, scores, weights, ends):
    hit, miss = weights * labels, weights * (1 - labels)
    # By descending score; ties are one step.
    starts = np.r_[0, ends[:-1] + 1]
    hits, misses = np.add.reduceat(hit, starts), np.add.reduceat(miss, starts)
    above_hits, above = np.cumsum(hits[::-1]), np.cumsum((hits + misses)[::-1])
    precision = above_hits / np.maximum(above, 1e-300)
    average = (hits[::-1] / hit.sum() * precision).sum()
    below = np.cumsum(misses) - misses
    auc = (hits * (below + misses / 2)).sum() / (hit.sum() * miss.sum())
    brier = (weights * (scores - labels) ** 2).sum() / weights.sum()
    loss = -(weights * np.where(labels == 1, np.log(scores), np.log1p(-scores))).sum() / weights.sum()
    refused = scores >= 0.4
    tp, fp, fn = hit[refused].sum(), miss[refused].sum(), hit[~refused].sum()
    beta = lambda square: (1 + square) * tp / ((1 + square) * tp + square * fn + fp)
    return [auc, average, brier, loss, tp / (tp + fn), tp / (tp + fp), beta(1), beta(4), 1000 * (10 * fn + fp) / weights.sum()]


def measures():
    rows = []
    for labels, scores in windows():
        both = len(set(labels.tolist())) == 2
        curve = calibration_curve(labels, scores, n_bins=5, strategy="quantile") if both else None
        row = {
            "labels": labels.tolist(), "scores": scores.tolist(),
            "auc": float(metrics.roc_auc_score(labels, scores)) if both else None,
            "auc_variance": delong(labels, scores) if both else None,
            "average_precision": float(metrics.average_precision_score(labels, scores)) if labels.any() else None,
            "average_precision_variance": average_precision_variance(labels, scores),
            "brier": float(metrics.brier_score_loss(labels, scores)),
            "log_loss": float(metrics.log_loss(labels, scores, labels=[0, 1])),
            "curve": {"share": curve[0].tolist(), "mean_score": curve[1].tolist()} if both else None,
            "decisions": [decisions(labels, scores, threshold) for threshold in (0.0, 0.2, 0.3, 0.5, 0.77, 1.01)],
            "cheapest": cheapest(labels, scores),
        }
        rows.append(row)
    return rows


def decisions(labels, scores, threshold):
    refused = (scores >= threshold).astype(int)
    (tn, fp), (fn, tp) = metrics.confusion_matrix(labels, refused, labels=[0, 1])
    some = labels.any() or refused.any()
    return {
        "threshold": threshold, "confusion": [int(tp), int(fp), int(tn), int(fn)],
        "recall": float(metrics.recall_score(labels, refused)) if labels.any() else None,
        "precision": float(metrics.precision_score(labels, refused)) if refused.any() else None,
        "f1": float(metrics.fbeta_score(labels, refused, beta=1)) if some else None,
        "f2": float(metrics.fbeta_score(labels, refused, beta=2)) if some else None,
        "cost": float(10 * fn + fp),
    }


def cheapest(labels, scores):
    """Tries every threshold, highest first."""
    best = (10.0 * labels.sum(), None)
    for threshold in sorted(set(scores.tolist()), reverse=True):
        cost = 10.0 * ((scores < threshold) & (labels == 1)).sum() + ((scores >= threshold) & (labels == 0)).sum()
        best = min(best, (float(cost), threshold), key=lambda one: one[0])
    return {"cost": best[0], "threshold": best[1]}


def isotonic():
    rows = []
    for size, digits, prevalence in [(30, 1, 0.4), (200, 2, 0.2), (200, 0, 0.3), (600, 3, 0.08)]:
        labels, scores = draw(size, digits, prevalence)
        curve = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
        asked = np.concatenate([np.linspace(0, 1, 21), rng.random(30), scores[:10]])
        window = draw(150, digits, prevalence, skill=1.0)[1]
        chances = curve.predict(window)
        rows.append({"labels": labels.tolist(), "scores": scores.tolist(), "asked": asked.tolist(),
                     "chances": curve.predict(asked).tolist(), "window": window.tolist(), "auc": expected_auc(chances, window),
                     "expected": [expected(chances, window >= threshold, threshold) for threshold in (0.2, 0.5)]})
    return rows


def expected_auc(chances, scores):
    chances = chances[np.argsort(scores, kind="stable")[::-1]]
    hits = np.r_[0, np.cumsum(chances)]
    false = np.r_[0, np.cumsum(1 - chances)]
    return float(metrics.auc(false / false[-1], hits / hits[-1]))


def expected(chances, refused, threshold):
    return {"threshold": threshold, "confusion": [float(chances[refused].sum()), float((1 - chances)[refused].sum()),
                                                 float((1 - chances)[~refused].sum()), float(chances[~refused].sum())]}


def largest_difference(before, now, where):
    """Largest relative difference between two trees of values; the last bits may differ between processors."""
    if where.endswith(".python"):
        return 0.0
    if isinstance(before, dict) and isinstance(now, dict) and before.keys() == now.keys():
        return max((largest_difference(before[key], now[key], f"{where}.{key}") for key in before), default=0.0)
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return max((largest_difference(b, n, f"{where}[{i}]") for i, (b, n) in enumerate(zip(before, now))), default=0.0)
    if before == now:
        return 0.0
    if where.endswith(".average_precision_variance"):  # a difference quotient has about ten correct digits
        return 0.0 if abs(before - now) <= 1e-9 * max(before, now) else 1.0
    if isinstance(before, float) and isinstance(now, float):
        return abs(before - now) / max(abs(before), abs(now))
    sys.exit(f"{where}: {before!r} in the committed file, {now!r} now")


def main():
    golden = {
        "made_by": "tests/oracle/performance_golden.py", "seed": SEED,
        "versions": {"python": platform.python_version(), "scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "measures": measures(), "isotonic": isotonic(), "spreads": spreads(), "ratios": ratios(),
    }
    committed = Path(__file__).with_name("performance_golden.json")
    if sys.argv[1:] == ["--compare"]:
        largest = largest_difference(json.loads(committed.read_text()), json.loads(json.dumps(golden)), "golden")
        print(f"performance: recomputed, largest relative difference {largest:.1e}")
        sys.exit(largest > 1e-12)
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else committed
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()]
    output.write_text("{\n" + ",\n".join(parts) + "\n}\n")


main()
