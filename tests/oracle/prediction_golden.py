"""Golden values for predicted numbers and classes, computed with scikit-learn and never with vigie.

Usage: python tests/oracle/prediction_golden.py [OUTPUT]      (default: prediction_golden.json next to this script)
       python tests/oracle/prediction_golden.py --compare     (recomputes them and compares with the committed file)
Requires performance_requirements.txt. Deterministic: same versions, same values.

Numbers of several sizes, with a large offset (which costs digits), few values, and perfect predictions; classes with and without
ties, rare classes, and probabilities that say nothing. The intervals are checked against the spread of 4,000 bootstrap samples.
"""

import json
import platform
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

SEED = 20261126
rng = np.random.default_rng(SEED)


def numbers():
    windows = []
    for rows, scale, offset, noise in [(3, 1.0, 0.0, 0.5), (40, 1e3, 0.0, 0.3), (500, 1.0, 1e6, 0.2), (500, 1e-6, 0.0, 1.0), (700, 5e4, 2e5, 0.1)]:
        actual = offset + scale * rng.normal(0, 1, rows)
        windows.append((actual + scale * noise * rng.normal(0.2, 1, rows), actual))
    windows.append((np.round(rng.normal(0, 2, 200)), np.round(rng.normal(0, 2, 200))))
    windows.append((np.arange(5.0), np.arange(5.0)))
    return [{
        "predicted": predicted.tolist(), "actual": actual.tolist(),
        "rmse": float(metrics.root_mean_squared_error(actual, predicted)),
        "mae": float(metrics.mean_absolute_error(actual, predicted)),
        "r2": float(metrics.r2_score(actual, predicted)),
        "mean_error": float(np.mean(predicted - actual)),
    } for predicted, actual in windows]


def draw(rows, shares, digits, skill):
    classes = rng.choice(len(shares), rows, p=shares)
    raw = rng.normal(0, 1, (rows, len(shares)))
    raw[np.arange(rows), classes] += skill
    scores = np.exp(raw)
    scores /= scores.sum(1, keepdims=True)
    if digits:
        scores = np.round(scores, digits)
        scores[:, -1] = 1 - scores[:, :-1].sum(1)
        scores = np.clip(scores, 0, 1)
    return classes, scores


def classes():
    rows = []
    for size, shares, digits, skill in [(60, [0.5, 0.3, 0.2], 0, 1.0), (400, [0.9, 0.08, 0.02], 0, 1.5), (300, [0.25] * 4, 1, 0.8), (500, [0.2] * 5, 2, 0.0)]:
        own, scores = draw(size, shares, digits, skill)
        predicted = scores.argmax(1)
        labels = list(range(len(shares)))
        assert set(own) == set(labels)
        if abs(scores.sum(1) - 1).max() > 1e-9:
            scores = scores / scores.sum(1, keepdims=True)
            predicted = scores.argmax(1)
        rows.append({
            "classes": own.tolist(), "probabilities": scores.tolist(),
            "auc": float(metrics.roc_auc_score(own, scores, multi_class="ovr", average="macro", labels=labels)),
            "by_class": [float(metrics.roc_auc_score(own == label, scores[:, label])) for label in labels],
            "recall": metrics.recall_score(own, predicted, labels=labels, average=None, zero_division=0).tolist(),
            "precision": metrics.precision_score(own, predicted, labels=labels, average=None, zero_division=0).tolist(),
            "balanced_accuracy": float(metrics.balanced_accuracy_score(own, predicted)),
            "accuracy": float(metrics.accuracy_score(own, predicted)),
        })
    return rows


def spreads():
    """Bootstrap standard errors of RMSE, MAE and mean error."""
    own = np.random.default_rng(SEED + 1)
    rows = []
    for size, noise in [(400, 0.5), (900, 2.0)]:
        actual = own.normal(10, 3, size)
        predicted = actual + noise * own.normal(0.3, 1, size)
        samples = []
        for _ in range(4000):
            taken = own.integers(0, size, size)
            error = predicted[taken] - actual[taken]
            samples.append([np.sqrt((error**2).mean()), np.abs(error).mean(), error.mean()])
        errors = np.std(samples, axis=0, ddof=1).tolist()
        rows.append({"predicted": predicted.tolist(), "actual": actual.tolist(),
                     "errors": dict(zip(["rmse", "mae", "mean_error"], errors))})
    return rows


def largest_difference(before, now, where):
    """Largest relative difference between two trees of values; the last bits may differ between processors."""
    if ".versions" in where:
        return 0.0
    if isinstance(before, dict) and isinstance(now, dict) and before.keys() == now.keys():
        return max((largest_difference(before[key], now[key], f"{where}.{key}") for key in before), default=0.0)
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return max((largest_difference(b, n, f"{where}[{i}]") for i, (b, n) in enumerate(zip(before, now))), default=0.0)
    if before == now:
        return 0.0
    if isinstance(before, float) and isinstance(now, float):
        return abs(before - now) / max(abs(before), abs(now), 1e-9)
    sys.exit(f"{where}: {before!r} in the committed file, {now!r} now")


def main():
    golden = {
        "made_by": "tests/oracle/prediction_golden.py", "seed": SEED,
        "versions": {"python": platform.python_version(), "scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "numbers": numbers(), "classes": classes(), "spreads": spreads(),
    }
    committed = Path(__file__).with_name("prediction_golden.json")
    if sys.argv[1:] == ["--compare"]:
        largest = largest_difference(json.loads(committed.read_text()), json.loads(json.dumps(golden)), "golden")
        print(f"predictions: recomputed, largest relative difference {largest:.1e}")
        sys.exit(largest > 1e-10)
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else committed
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()]
    output.write_text("{\n" + ",\n".join(parts) + "\n}\n")


main()
