"""Golden values for cost curves and the confidence range of the cheapest threshold, by brute force with numpy, never with vigie.

Usage: python tests/oracle/threshold_golden.py [OUTPUT]      (default: threshold_golden.json next to this script)
       python tests/oracle/threshold_golden.py --compare     (recomputes them and compares with the committed file)

For every threshold: the cost of each row minus its cost at the cheapest threshold, and the paired z-test of these differences.
Deterministic: same versions, same values.
"""

import json
import sys
from pathlib import Path

import numpy as np

SEED = 20261124
PRICES = [(10.0, 1.0), (1.0, 1.0), (2.5, 4.0)]
Z = 1.959963984540054


def windows(rng):
    for rows, digits, prevalence in [(40, 1, 0.3), (300, 2, 0.08), (300, 9, 0.4), (700, 2, 0.5), (25, 1, 0.9), (400, 1, 0.02)]:
        labels = (rng.random(rows) < prevalence).astype(int)
        yield labels, np.round(1 / (1 + np.exp(-(rng.normal(-1.0, 1.0, rows) + 1.5 * labels))), digits)
    yield np.zeros(30, int), np.round(rng.random(30), 2)
    yield np.ones(30, int), np.round(rng.random(30), 2)
    yield np.array([1, 0]), np.array([0.4, 0.4])


def row_costs(labels, scores, threshold, price):
    refused = scores >= threshold
    return np.where(labels == 1, np.where(refused, 0.0, price[0]), np.where(refused, price[1], 0.0))


def golden(labels, scores, price):
    thresholds = [np.inf, *sorted(set(scores.tolist()), reverse=True)]
    costs = [row_costs(labels, scores, threshold, price) for threshold in thresholds]
    best = int(np.argmin([cost.sum() for cost in costs]))
    near = []
    for threshold, cost in zip(thresholds, costs):
        difference = cost - costs[best]
        variance = (difference**2).sum() - difference.sum() ** 2 / len(difference)
        if difference.sum() <= Z * np.sqrt(max(variance, 0.0)):
            near.append(threshold)
    finite = [threshold if np.isfinite(threshold) else None for threshold in (min(near), max(near))]
    grid = [step / 100 for step in range(101)]
    return {"price": price, "low": finite[0], "high": finite[1],
            "curve": [float(row_costs(labels, scores, threshold, price).sum()) for threshold in grid],
            "refused": [int((scores >= threshold).sum()) for threshold in grid]}


def main():
    rng = np.random.default_rng(SEED)
    rows = [{"labels": labels.tolist(), "scores": scores.tolist(), "prices": [golden(labels, scores, price) for price in PRICES]}
            for labels, scores in windows(rng)]
    output_data = {"made_by": "tests/oracle/threshold_golden.py", "seed": SEED, "numpy": np.__version__, "rows": rows}
    committed = Path(__file__).with_name("threshold_golden.json")
    if sys.argv[1:] == ["--compare"]:
        known = json.loads(committed.read_text())
        same = known["rows"] == json.loads(json.dumps(rows))
        print(f"thresholds: recomputed, {'equal' if same else 'DIFFERENT'}")
        sys.exit(not same)
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else committed
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in output_data.items()]
    output.write_text("{\n" + ",\n".join(parts) + "\n}\n")


main()
