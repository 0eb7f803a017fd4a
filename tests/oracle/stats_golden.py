"""Golden values for the `vigie-stats` crate, computed with scipy and numpy and never with vigie.

Usage: python tests/oracle/stats_golden.py [OUTPUT]      (default: stats_golden.json next to this script)
       python tests/oracle/stats_golden.py --compare     (recomputes them and compares with the committed file)
Requires scipy and numpy, whose versions are in the output. Deterministic: same versions, same bytes.
"""

import json
import math
import platform
import sys
from pathlib import Path

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

SEED = 20261124
rng = np.random.default_rng(SEED)
# scipy's kstwo.sf loses digits to cancellation, depending on the processor: results differ by 2.2e-12 between an Intel CPU
# with AVX-512 and an AMD CPU without it. The limit is a thousandth of the tolerance in the Rust tests.
REPRODUCIBLE = {"ks_p": 1e-9}


def ks_p():
    """kstwo.sf for various sizes, in the body and in the tail down to 1e-100."""
    rows = []
    sizes = [(20, 20), (20, 21), (25, 31), (40, 60), (20, 1_000_000), (100, 150), (280, 280), (281, 283), (500, 700),
             (1_000, 1_000), (2_000, 10_000), (4_100, 4_100), (500, 215_257), (2_000, 215_257), (10_000, 300_000),
             (50_000, 307_511), (200_000, 200_000), (1_000_000, 1_000_000), (1_900_000, 2_000_000)]
    for n, m in sizes:
        small, large = sorted((float(n), float(m)))
        rounded = int(np.round(large * small / (large + small)))
        for square in [0.08, 0.15, 0.25, 0.4, 0.6, 0.754, 0.756, 1.0, 1.36, 1.8, 2.19, 2.21, 3.0, 3.99, 4.01, 6.0, 10.0,
                       18.0, 30.0, 60.0, 90.0, 114.0]:
            d = math.sqrt(square / rounded)
            if d >= 1.0 or (rounded > 20_000 and square < 0.25):
                continue
            p = float(stats.kstwo.sf(d, rounded))
            if p >= 1e-100:
                rows.append([d, n, m, p])
        for d in [0.4 / rounded, 0.8 / rounded, 1.5 / rounded, 0.3, 0.499, 0.5, 0.52, 0.7, 0.9, 1 - 0.5 / rounded, 1.0]:
            if rounded <= 5_000:
                p = float(stats.kstwo.sf(d, rounded))
                if p == 0.0 or p >= 1e-100:
                    rows.append([d, n, m, p])
    return rows


def ks_p_large():
    """Above a million rows, scipy's smirnov falls back to exp(-(6nd + 1)^2 / 18n), with errors up to 1e-3. This sums the
    definition term by term in 80-bit floats (accurate to 1e-8)."""
    real = np.longdouble
    rows = []
    for n in (3_000_000, 5_000_000):
        factorial = np.concatenate([[real(0)], np.cumsum(np.log(np.arange(1, n + 1, dtype=real)))])
        for square in (2.3, 10.0, 45.0, 110.0):
            d = math.sqrt(square / n)
            j = np.arange(1, int(math.floor(n * (1 - d))))
            x, jr = real(d), j.astype(real)
            log_term = (factorial[n] - factorial[j] - factorial[n - j] + (jr - 1) * np.log(x + jr / n)
                        + (n - jr) * np.log1p(-x - jr / n) + np.log(x))
            rows.append([d, 2 * n, 2 * n, float(2 * np.exp(log_term).sum())])
    return rows


def ks_statistic():
    """ks_2samp on samples with and without ties; values are small integers to keep the JSON small."""
    rows = []
    for n, m, spread in [(1, 1, 3), (7, 3, 5), (50, 80, 10), (200, 133, 30), (101, 997, 1000), (640, 480, 50)]:
        for shift in (0, 1, spread // 3):
            a = rng.integers(0, spread, n)
            b = rng.integers(0, spread, m) + shift
            result = stats.ks_2samp(a, b, method="asymp")
            rows.append({"reference": counts_of(a), "window": counts_of(b), "statistic": float(result.statistic)})
    return rows


def counts_of(values):
    distinct, counts = np.unique(values, return_counts=True)
    return [[float(v), int(c)] for v, c in zip(distinct, counts)]


def homogeneity():
    """chi2_contingency on tables without rare columns, and on a table pooled by hand."""
    tables = [([500, 480], [480, 500]), ([10, 90], [60, 40]), ([5000, 5000], [500, 500]), ([1000, 1], [900, 101]),
              ([21_500, 257], [1_900, 100]), ([3, 97], [7, 93])]
    for columns, n, m, tilt in [(3, 900, 700, 0.0), (5, 10_000, 2_000, 0.1), (12, 300_000, 5_000, 0.2),
                                (58, 307_511, 50_000, 0.05), (58, 50_000, 40_000, 0.9), (300, 1_000_000, 200_000, 0.1)]:
        shares = rng.dirichlet(np.full(columns, 20.0))
        moved = shares * np.exp(tilt * rng.standard_normal(columns))
        tables.append((rng.multinomial(n, shares).tolist(), rng.multinomial(m, moved / moved.sum()).tolist()))
    rows = []
    for reference, window in tables:
        rows.append(one_table(reference, window, reference, window, 0))
    # The last four columns are rare (expected window count below 5) and are pooled into one.
    reference, window = [4000, 3000, 2900, 30, 20, 10, 40], [400, 350, 250, 0, 3, 4, 1]
    rows.append(one_table(reference, window, reference[:3] + [100], window[:3] + [8], 4))
    return rows


def one_table(reference, window, pooled_reference, pooled_window, pooled):
    r, w = np.array(pooled_reference, float), np.array(pooled_window, float)
    expected = stats.contingency.expected_freq(np.array([reference, window]))
    assert int((expected[1] < 5).sum()) == pooled, (reference, window)
    result = stats.chi2_contingency(np.array([r, w]))
    r, w = r / r.sum(), w / w.sum()
    return {"reference": reference, "window": window, "pooled": pooled, "statistic": float(result.statistic),
            "dof": int(result.dof), "p": float(result.pvalue),
            "cramers_v": float(np.sqrt(np.sum((r - w) ** 2 / (r + w)) / 2))}


def chi2_distribution():
    survival, quantile = [], []
    for dof in (1, 2, 3, 5, 9, 19, 57, 100, 400, 3_000):
        for z in (-1.5, -0.5, 0.0, 1.0, 3.0, 6.0, 12.0, 25.0):
            x = max(dof + z * math.sqrt(2 * dof), 1e-3 * dof)
            survival.append([x, dof, float(stats.chi2.sf(x, dof))])
        for p in (1e-30, 1e-100, 1e-200, 1e-299):
            x = float(stats.chi2.isf(p, dof))
            survival.append([x, dof, float(stats.chi2.sf(x, dof))])
        for p in (0.001, 0.05, 0.5, 0.9, 0.95, 0.99, 0.9999):
            quantile.append([p, dof, float(stats.chi2.ppf(p, dof))])
    return survival, quantile


SHARES = [(10, 1000, 20, 900), (0, 50, 3, 40), (56_000, 100_000, 860, 2_000), (1, 215_257, 5, 2_000), (3, 7, 2, 5),
          (500, 1000, 500, 1000), (172_205, 307_511, 21_500, 50_000), (100, 100_000, 400, 1_000), (0, 10_000, 1, 10_000),
          (999, 1000, 1000, 1000), (30, 1000, 29, 1000)]


def two_by_two():
    return [[a, n, b, m, float(stats.chi2_contingency([[a, n - a], [b, m - b]]).pvalue)] for a, n, b, m in SHARES]


def two_proportions():
    rows = []
    for a, n, b, m in SHARES:
        pooled = (a + b) / (n + m)
        z = (a / n - b / m) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        rows.append([a, n, b, m, float(2 * stats.norm.sf(abs(z)))])
    return rows


def unseen():
    rows = []
    for singletons, n, new, m in [(0, 1000, 1, 100), (5, 1000, 1, 1000), (5, 10_000, 3, 500), (40, 200_000, 2, 2_000),
                                  (40, 200_000, 30, 2_000), (0, 215_257, 60, 2_000), (200, 215_257, 100, 2_000),
                                  (1000, 10_000, 1000, 10_000), (1000, 10_000, 1300, 10_000), (3000, 50_000, 100, 5_000),
                                  (0, 300, 40, 90_000), (100_000, 1_000_000, 21_000, 200_000), (12, 500, 1, 50_000)]:
        p = float(stats.binom.sf(new - 1, singletons + new, m / (n + m)))
        rows.append([singletons, n, new, m, p])
    return rows


def outside_range():
    """Both tails, from the hypergeometric distribution: the `count` smallest of n + m rows are all from the window."""
    rows = []
    for below, above, n, m in [(0, 0, 100, 100), (1, 0, 1000, 100), (3, 1, 10_000, 2_000), (0, 120, 215_257, 2_000),
                               (2, 2, 5, 3), (7, 0, 30, 100_000), (600, 3, 500, 1_000)]:
        side = [float(stats.hypergeom.pmf(count, n + m, m, count)) for count in (below, above)]
        rows.append([below, above, n, m, min(1.0, 2 * min(side))])
    return rows


def false_discovery():
    rows = []
    for size in (1, 2, 9, 125, 400):
        p = np.where(rng.random(size) < 0.2, rng.random(size) ** 9, rng.random(size))
        if size > 8:
            p[3] = p[5]
            p[7] = 1.0
        p = np.array([float(f"{value:.6g}") for value in p])
        rows.append({"p": p.tolist(), "q": stats.false_discovery_control(p, method="bh").tolist()})
    return rows


def psi():
    """PSI by its definition, with each rule for empty bins, and its chi-square approximation without merged bins."""
    pairs = [([253, 302, 204, 134, 72, 26, 8], [177, 262, 285, 158, 88, 25, 6]), ([100, 0, 50], [80, 20, 0]),
             ([100, 50, 0], [80, 20, 0]), ([100_000, 1, 3], [1_000, 0, 9])]
    for bins, n, m in [(10, 10_000, 2_000), (20, 215_257, 2_000), (14, 20_000, 60)]:
        shares = rng.dirichlet(np.full(bins, 3.0))
        pairs.append((rng.multinomial(n, shares).tolist(), rng.multinomial(m, np.roll(shares, 1)).tolist()))
    rows = []
    for reference, window in pairs:
        for rule in ("half_count", 1e-4, 1e-6):
            r, w = np.array(reference, float), np.array(window, float)
            n, m = r.sum(), w.sum()
            used = (r + w) > 0
            if rule == "half_count":
                r_share, w_share = np.where(r == 0, 0.5, r) / n, np.where(w == 0, 0.5, w) / m
            else:
                r_share, w_share = np.maximum(r / n, rule), np.maximum(w / m, rule)
            r_share, w_share = r_share[used], w_share[used]
            value = float(np.sum((w_share - r_share) * np.log(w_share / r_share)))
            scale, bins = 1 / n + 1 / m, len(reference)
            rows.append({"reference": reference, "window": window, "floor": None if rule == "half_count" else rule,
                         "psi": value, "critical": float(scale * stats.chi2.ppf(0.95, bins - 1)),
                         "p": float(stats.chi2.sf(value / scale, bins - 1))})
    return rows


def jensen_shannon():
    """jensenshannon on shares, with bins that are empty on one side or on both."""
    pairs = [([253, 302, 204, 134, 72, 26, 8], [177, 262, 285, 158, 88, 25, 6]), ([100, 0, 50], [80, 20, 0]),
             ([10, 0, 0], [0, 3, 0]), ([100_000, 1, 3, 0], [1_000, 0, 9, 0]), ([1, 1], [1, 0])]
    for bins, n, m, tilt in [(10, 10_000, 2_000, 1.0), (20, 215_257, 2_000, 0.1), (14, 20_000, 700, 0.5),
                             (58, 1_000_000, 1_000_000, 0.05)]:
        shares = rng.dirichlet(np.full(bins, 3.0))
        moved = shares * np.exp(tilt * rng.standard_normal(bins))
        pairs.append((rng.multinomial(n, shares).tolist(), rng.multinomial(m, moved / moved.sum()).tolist()))
    return [{"reference": r, "window": w, "distance": float(jensenshannon(r, w, 2))} for r, w in pairs]


def wasserstein():
    """wasserstein_distance of weighted values, and divided by numpy's standard deviation of the reference: ties, shifts, an
    offset far above the spread, and a tail far above both."""
    samples = []
    for n, m, spread, shift in [(1, 1, 3, 1), (7, 3, 5, 0), (50, 80, 10, 1), (200, 133, 30, 40)]:
        samples.append((rng.integers(0, spread, n), rng.integers(0, spread, m) + shift))
    for n, m, shift, scale in [(100, 100, 0.0, 1.0), (120, 90, 0.2, 1.0), (80, 150, 0.0, 1.5), (100, 60, -3.0, 0.5)]:
        samples.append((rng.standard_normal(n), shift + scale * rng.standard_normal(m)))
    samples.append((1e9 + rng.random(90), 1e9 + 0.1 + rng.random(70)))
    samples.append((np.exp(3 * rng.standard_normal(150)), np.append(np.exp(3 * rng.standard_normal(99)), 1e8)))
    rows = []
    for a, b in samples:
        reference, window = counts_of(a), counts_of(b)
        (values, counts), (others, weights) = (np.array(side).T for side in (reference, window))
        distance = float(stats.wasserstein_distance(values, others, counts, weights))
        deviation = float(np.std(a))
        rows.append({"reference": reference, "window": window, "distance": distance, "deviation": deviation,
                     "normalised": distance / deviation if deviation > 0 else None})
    return rows


def main():
    survival, quantile = chi2_distribution()
    golden = {
        "made_by": "tests/oracle/stats_golden.py",
        "versions": {"python": platform.python_version(), "scipy": scipy.__version__, "numpy": np.__version__},
        "seed": SEED,
        "ks_p": ks_p(), "ks_p_large": ks_p_large(), "ks_statistic": ks_statistic(),
        "homogeneity": homogeneity(), "chi2_survival": survival, "chi2_quantile": quantile,
        "two_by_two": two_by_two(), "two_proportions": two_proportions(), "unseen": unseen(),
        "outside_range": outside_range(), "false_discovery": false_discovery(), "psi": psi(),
        "jensen_shannon": jensen_shannon(), "wasserstein": wasserstein(),
    }
    committed = Path(__file__).with_name("stats_golden.json")
    if sys.argv[1:] == ["--compare"]:
        before, now = json.loads(committed.read_text()), json.loads(json.dumps(golden))
        if before.keys() != now.keys():
            sys.exit(f"the committed file has the keys {sorted(before)}, this run has {sorted(now)}")
        differences = {key: largest_difference(before[key], now[key], key) for key in before}
        over = {key: difference / REPRODUCIBLE.get(key, 1e-12) for key, difference in differences.items()}
        key = max(over, key=over.get)
        print(f"golden values: recomputed, relative difference nearest its limit {differences[key]:.1e}, in {key}")
        sys.exit(over[key] > 1)
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else committed
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()]
    output.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def largest_difference(before, now, where):
    """Largest relative difference between two trees of values; the last bits may differ between processors."""
    if where == "versions.python":
        return 0.0
    if isinstance(before, dict) and isinstance(now, dict) and before.keys() == now.keys():
        return max((largest_difference(before[key], now[key], f"{where}.{key}") for key in before), default=0.0)
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return max((largest_difference(b, n, f"{where}[{i}]") for i, (b, n) in enumerate(zip(before, now))), default=0.0)
    if before == now:
        return 0.0
    if isinstance(before, float) and isinstance(now, float):
        return abs(before - now) / max(abs(before), abs(now))
    sys.exit(f"{where}: {before!r} in the committed file, {now!r} now")


main()
