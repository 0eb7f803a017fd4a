"""Recomputes every number of vigie's reports on real data with numpy, pandas and scipy.

Usage: python tests/oracle/real_data.py path/to/vigie      (requires requirements.txt and access to PyPI)

The data come from the wheel nannyml 0.13.1 (Apache-2.0), which is downloaded and unzipped, never installed or run: car loans
(synthetic; drift starts halfway through the analysis rows), the same with missing values and a new level, the US census of
Massachusetts (employment), California housing and Titanic. The committed example (reference_data/home_credit) is checked as it
is, with its own reference. Each data set is passed to `vigie learn` and, window by window, to
`vigie check`. Every statistic is then recomputed from the rows and the definitions alone and compared, as is the resulting
verdict. The formats differ on purpose: the original CSV of the car loans, NDJSON with nested inputs, Parquet, 64-bit and 32-bit
floats.

Where the definitions give no formula, the documented one from the sources is used: which neighbour a sparse bin is merged with
(crates/stats/src/psi_test.rs), the tests of unseen levels and of values outside the range, the z-test of the share refused
(crates/stats/src/proportion.rs), and the population standard deviation. No code is shared with vigie.

Exit code 0: everything agrees; 1: differences, which are listed. Deterministic; the wheel is verified by its hash.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats
from scipy.spatial.distance import jensenshannon

ROOT = Path(__file__).resolve().parents[2]
WHEEL = "nannyml==0.13.1"
WHEEL_SHA256 = "cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869"
THRESHOLD = 0.5
MIN_ROWS = 500
EVIDENT = 0.01
LIMITS = {"psi": (0.10, 0.25), "ks": (0.10, None), "chi2": (0.10, None), "missing": (0.05, 0.20), "unseen": (0.01, 0.10),
          "share_refused": (0.05, 0.10)}
FAMILY = ("psi", "ks", "chi2", "missing", "unseen")
SPECIAL = ("below", "above", "unseen", "missing")


# ---------------------------------------------------------------------------------------------------------------------
# Comparisons and tolerances


@dataclass(frozen=True)
class Tolerance:
    """Error = |got − want| / max(|want|, unit). Values below `floor` on both sides count as equal."""

    limit: float
    unit: float = 0.0
    floor: float = 0.0


TINY = 1e-290  # below this, doubles lose precision
TOLERANCES = {
    "share": Tolerance(1e-15, unit=1.0),
    "edge": Tolerance(0.0),
    "mean": Tolerance(1e-9, unit=1.0),  # relative to the range of both sides, because sums are fixed-point
    # Squares are summed in units of half the range / 2^26 or finer; this is the resulting bound relative to the squared range.
    "variance": Tolerance(2.0**-26, unit=1.0),
    "std": Tolerance(float("inf")),  # only the largest relative error is printed: no definition sets a limit
    "psi": Tolerance(1e-9),
    "psi critical": Tolerance(1e-9),
    "psi p": Tolerance(1e-9, floor=TINY),
    "ks D": Tolerance(0.0),
    "ks p": Tolerance(1e-6, floor=1e-100),
    # Where both sides are almost equal, scipy itself loses digits by cancellation, so small distances are compared absolutely.
    "jensen-shannon": Tolerance(1e-9, unit=1.0),
    "wasserstein": Tolerance(1e-9),
    "wasserstein normalised": Tolerance(1e-15),
    "wasserstein estimate": Tolerance(float("inf"), unit=1.0),  # in standard deviations; only its bounds have a limit
    "chi2": Tolerance(1e-9),
    "chi2 p": Tolerance(1e-9, floor=TINY),
    "cramers v": Tolerance(1e-9),
    "missing p": Tolerance(1e-9, floor=TINY),
    "unseen p": Tolerance(1e-9, floor=TINY),
    "range p": Tolerance(1e-9, floor=TINY),
    "refused p": Tolerance(1e-9, floor=TINY),
    "effect": Tolerance(1e-9, unit=1.0),
    "q": Tolerance(1e-6, floor=1e-100),  # as close as the p-values it is computed from
}


@dataclass
class Comparison:
    """Counts of comparisons, the largest error of each kind, and failures."""

    counts: Counter = field(default_factory=Counter)
    worst: dict = field(default_factory=dict)
    failures: list = field(default_factory=list)

    def same(self, kind, where, got, want):
        """Compares integers, strings and nulls for equality."""
        self.counts[kind] += 1
        if got != want or isinstance(got, bool) != isinstance(want, bool):
            self.failures.append(f"{where}: {kind}: vigie {got!r}, recomputed {want!r}")

    def near(self, kind, where, got, want):
        """Compares floats with the tolerance of their kind."""
        want = None if want is None else float(want)
        if got is None or want is None:
            return self.same(kind, where, got, want)
        self.counts[kind] += 1
        error = error_of(TOLERANCES[kind], got, want)
        self.worst[kind] = max(self.worst.get(kind, 0.0), error)
        if not error <= TOLERANCES[kind].limit:
            self.failures.append(f"{where}: {kind}: vigie {got!r}, recomputed {want!r}, error {error:.3g}")

    def between(self, kind, where, low, value, high):
        self.counts[kind] += 1
        if not low <= value <= high:
            self.failures.append(f"{where}: {kind}: {low!r} <= {value!r} <= {high!r} does not hold")

    def summary(self):
        kinds = [f"{kind} {count}" + (f" ({self.worst[kind]:.1e})" if kind in self.worst else "")
                 for kind, count in sorted(self.counts.items())]
        return ", ".join(kinds)


def error_of(tolerance, got, want):
    if got == want or (got < tolerance.floor and want < tolerance.floor):
        return 0.0
    scale = max(abs(want), tolerance.unit)
    return abs(got - want) / scale if scale > 0 else float("inf")


# ---------------------------------------------------------------------------------------------------------------------
# The definitions: PSI


def psi(reference, window):
    """PSI by its definition; an empty bin counts as half a row; shares are not renormalised."""
    r, w = np.asarray(reference, float), np.asarray(window, float)
    n, m, used = r.sum(), w.sum(), (r + w) > 0
    r, w = np.where(r == 0, 0.5, r)[used] / n, np.where(w == 0, 0.5, w)[used] / m
    return float(np.sum((w - r) * np.log(w / r)))


def psi_test(bins):
    """Critical value, p-value and number of bins after merging sparse ones: PSI ~ (1/n + 1/m) chi2(B − 1)."""
    n, m = sum(b["reference"] for b in bins), sum(b["window"] for b in bins)
    groups = merge_sparse(bins, n, m)
    if len(groups) < 2:
        return None, None, len(groups)
    scale, freedom = 1 / n + 1 / m, len(groups) - 1
    value = psi(*zip(*groups))
    return scale * stats.chi2.ppf(0.95, freedom), stats.chi2.sf(value / scale, freedom), len(groups)


def merge_sparse(bins, n, m):
    """(reference, window) of the merged bins. A bin is sparse if fewer than 20 window rows are expected in it."""

    def is_sparse(group):
        return group[0] * m < 20 * n  # integers, so that rounding cannot matter

    pairs = {special: [(b["reference"], b["window"]) for b in bins if (b["kind"] in SPECIAL) == special]
             for special in (False, True)}
    values = gather(pairs[False], is_sparse)
    specials = [pair for pair in pairs[True] if not is_sparse(pair)]
    pool = [pair for pair in pairs[True] if is_sparse(pair)]
    pooled = tuple(np.sum(pool, axis=0).tolist()) if pool else (0, 0)
    if pool and not is_sparse(pooled):
        specials.append(pooled)
    elif pool:
        add_to_last(values or specials, pooled)
    if len(values) == 1 and is_sparse(values[0]) and specials:
        add_to_last(specials, values.pop())
    return values + specials


def gather(pairs, is_sparse):
    """Groups bins in order, closing each group once it is not sparse; the remainder is merged into the last group."""
    groups, open_group = [], (0, 0)
    for pair in pairs:
        open_group = (open_group[0] + pair[0], open_group[1] + pair[1])
        if not is_sparse(open_group):
            groups.append(open_group)
            open_group = (0, 0)
    if open_group != (0, 0):
        add_to_last(groups, open_group)
    return groups


def add_to_last(groups, pair):
    last = groups.pop() if groups else (0, 0)
    groups.append((last[0] + pair[0], last[1] + pair[1]))


def numeric_bins(reference, window):
    """Atoms and intervals between deciles of the rest, ordered by upper edge, with out-of-range and missing bins."""
    r, w = reference[~np.isnan(reference)], window[~np.isnan(window)]
    values, counts = np.unique(r, return_counts=True)
    atoms = values[counts * 20 >= len(r)]
    rest = r[~np.isin(r, atoms)]
    cuts = np.unique(np.quantile(rest, np.arange(1, 10) / 10)) if len(rest) else np.array([])
    low, high = values[0], values[-1]
    edges = np.append(cuts[cuts < high], high)

    def inside(sample):
        return sample[(sample >= low) & (sample <= high) & ~np.isin(sample, atoms)]

    def by_interval(sample):
        return np.bincount(np.searchsorted(edges, inside(sample), side="left"), minlength=len(edges))

    bins = [make_bin("atom", np.sum(r == atom), np.sum(w == atom), atom, atom) for atom in atoms]
    lower_edges = [None, *edges]  # the first interval starts just below the smallest value
    bins += [make_bin("interval", *four) for four in zip(by_interval(r), by_interval(w), edges, lower_edges)]
    bins.sort(key=lambda b: (b["upper"], b["kind"] == "atom"))
    bins.insert(0, make_bin("below", 0, np.sum(w < low)))
    bins.append(make_bin("above", 0, np.sum(w > high)))
    bins.append(make_bin("missing", len(reference) - len(r), len(window) - len(w)))
    return bins


def level_bins(reference, window):
    """One bin per level with at least 1% of the reference rows (sorted), then rare, unseen and missing."""
    own, new = Counter(reference), Counter(window)
    named = sorted(level for level in own if level is not None and own[level] * 100 >= len(reference))
    rare = [level for level in own if level is not None and level not in named]
    unseen = [level for level in new if level is not None and level not in own]
    bins = [make_bin("level", own[level], new[level], label=level) for level in named]
    bins.append(make_bin("rare", sum(own[level] for level in rare), sum(new[level] for level in rare)))
    bins.append(make_bin("unseen", 0, sum(new[level] for level in unseen)))
    bins.append(make_bin("missing", own[None], new[None]))
    return bins


def make_bin(kind, reference, window, upper=None, lower=None, label=None):
    counts = {"reference": int(reference), "window": int(window)}
    return {"kind": kind, **counts, "label": label, "lower": lower, "upper": upper}


# ---------------------------------------------------------------------------------------------------------------------
# The definitions: the other tests


def ks_distance(reference, window):
    return float(stats.ks_2samp(reference, window, method="asymp").statistic)


def wasserstein(reference, window):
    return float(stats.wasserstein_distance(reference, window))


def ks_p(distance, n, m):
    return float(stats.kstwo.sf(distance, np.round(n * m / (n + m))))


def chi_square(reference, window):
    """Chi-square test of homogeneity over levels, including missing; levels expected < 5 times in the window are pooled."""
    own, new = Counter(reference), Counter(window)
    table = np.array([[side[level] for level in sorted({*own, *new}, key=str)] for side in (own, new)])
    is_rare = len(window) * table.sum(axis=0) < 5 * table.sum()
    if is_rare.any():
        table = np.column_stack([table[:, ~is_rare], table[:, is_rare].sum(axis=1)])
    shares = table / table.sum(axis=1, keepdims=True)
    v = np.sqrt(np.sum((shares[0] - shares[1]) ** 2 / (shares[0] + shares[1])) / 2)
    result = {"cramers_v": float(v), "pooled_levels": int(is_rare.sum()), "dof": table.shape[1] - 1}
    if table.shape[1] < 2:
        return result | {"statistic": None, "p_value": None}
    test = stats.chi2_contingency(table)
    return result | {"statistic": float(test.statistic), "p_value": float(test.pvalue)}


def missing_test(reference, window):
    (a, n), (b, m) = [(int(np.sum(side)), len(side)) for side in (reference, window)]
    is_null = a + b in (0, n + m)
    p = None if is_null else float(stats.chi2_contingency([[a, n - a], [b, m - b]]).pvalue)
    return {"reference_share": a / n, "window_share": b / m, "p_value": p}


def unseen_test(reference, window):
    """Excess over the Good–Turing share; each row with a new level is in the window with probability m / (n + m)."""
    own = Counter(level for level in reference if level is not None)
    new = Counter(level for level in window if level is not None and level not in own)
    singletons, rows, n, m = sum(count == 1 for count in own.values()), sum(new.values()), len(reference), len(window)
    trials = singletons + rows
    names = sorted(new.items(), key=lambda item: (-item[1], item[0]))[:20]
    return {"share": rows / m, "excess": max(rows / m - singletons / n, 0.0), "expected": singletons / n,
            "levels": [{"level": name, "rows": count} for name, count in names], "distinct": len(new),
            "p_value": float(stats.binom.sf(rows - 1, trials, m / (n + m))) if trials else None}


def range_test(reference, window):
    """Shares of all used rows; p-value: all of the most extreme of n + m rows are in the window."""
    r, w = reference[~np.isnan(reference)], window[~np.isnan(window)]
    below, above, n, m = int(np.sum(w < r.min())), int(np.sum(w > r.max())), len(r), len(w)
    least = min(float(stats.hypergeom.pmf(count, n + m, m, count)) for count in (below, above))
    return {"below": below / len(window), "above": above / len(window), "p_value": min(1.0, 2 * least)}


def refused_test(reference, window):
    (a, n), (b, m) = [(int(np.sum(side >= THRESHOLD)), int(np.sum(~np.isnan(side)))) for side in (reference, window)]
    both = (a + b) / (n + m)
    z = (a / n - b / m) / np.sqrt(both * (1 - both) * (1 / n + 1 / m))
    return {"reference": a / n, "window": b / m, "p_value": float(2 * stats.norm.sf(abs(z)))}


# ---------------------------------------------------------------------------------------------------------------------
# One feature, one run


def measure_numeric(reference, window):
    r, w = reference[~np.isnan(reference)], window[~np.isnan(window)]
    distance = ks_distance(r, w)
    return {
        "kind": "numeric", "unseen": None, "chi2": None,
        "ks": {"statistic": distance, "p_value": ks_p(distance, len(r), len(w)), "rows": (len(r), len(w))},
        "wasserstein": wasserstein(r, w),
        "missing": missing_test(np.isnan(reference), np.isnan(window)),
        "out_of_range": range_test(reference, window),
        "summary": {"reference": moments(r), "window": moments(w)}, "span": float(np.ptp(np.concatenate([r, w]))) or 1.0,
        **measure_bins(numeric_bins(reference, window)),
    }


def measure_levels(reference, window):
    summaries = [{"present": sum(level is not None for level in side), "levels": len({*side} - {None})}
                 for side in (reference, window)]
    missing = [[level is None for level in side] for side in (reference, window)]
    return {
        "kind": "categorical", "ks": None, "wasserstein": None, "out_of_range": None,
        "chi2": chi_square(reference, window), "missing": missing_test(*missing), "unseen": unseen_test(reference, window),
        "summary": dict(zip(("reference", "window"), summaries)),
        **measure_bins(level_bins(reference, window)),
    }


def measure_bins(bins):
    critical, p, merged = psi_test(bins)
    bins = [b for b in bins if b["reference"] + b["window"] > 0]
    sides = [[b[side] for b in bins] for side in ("reference", "window")]
    return {"bins": bins, "psi": {"value": psi(*sides), "critical": critical, "p_value": p, "p_bins": merged},
            "jensen_shannon": float(jensenshannon(*sides, 2))}


def moments(sample):
    return {"present": len(sample), "mean": sample.mean(), "std": sample.std(), "min": sample.min(), "max": sample.max()}


def q_values(tests):
    """Benjamini–Hochberg over a family {key: p or None}; tests without a p-value do not count."""
    known = {key: p for key, p in tests.items() if p is not None}
    q = stats.false_discovery_control(list(known.values()), method="bh") if known else []
    return dict.fromkeys(tests) | dict(zip(known, map(float, q)))


def family_of(features, ks_p_of):
    """p-values by (feature, test)."""
    family = {}
    for name, feature in features.items():
        for test in FAMILY:
            if feature[test] is not None:
                family[name, test] = ks_p_of(name, feature) if test == "ks" else feature[test]["p_value"]
    return family


def psi_evidence(name, feature, q):
    """The q-value of PSI, or that of bins with exact tests if they reach the limit alone (src/ARCHITECTURE.md)."""
    own = q[name, "psi"]
    if own is not None and own <= EVIDENT:
        return own
    tests = {"missing": q[name, "missing"], "unseen": q.get((name, "unseen")),
             "below": q.get((name, "range")), "above": q.get((name, "range"))}
    n, m = [sum(b[side] for b in feature["bins"]) for side in ("reference", "window")]
    evident = [b for b in feature["bins"] if tests.get(b["kind"]) is not None and tests[b["kind"]] <= EVIDENT]
    share = [((b["reference"] or 0.5) / n, (b["window"] or 0.5) / m) for b in evident]
    evident_psi = sum((w - r) * np.log(w / r) for r, w in share)
    return max(tests[b["kind"]] for b in evident) if evident_psi >= LIMITS["psi"][0] else own


def ruling(test, effect, q):
    """(test, severity, effect, limit) of an effect that reaches its limit with evidence; None otherwise."""
    watch, alarm = LIMITS[test]
    if q is None or q > EVIDENT or abs(effect) < watch:
        return None
    is_alarm = alarm is not None and abs(effect) >= alarm
    return test, "alarm" if is_alarm else "watch", effect, alarm if is_alarm else watch


def rulings(name, feature, q):
    """Rulings other than stable for a feature or the score; `q` by (name, test)."""
    effects = {"psi": feature["psi"]["value"],
               "missing": feature["missing"]["window_share"] - feature["missing"]["reference_share"]}
    if feature["ks"]:
        effects["ks"] = feature["ks"]["statistic"]
    if feature["chi2"]:
        effects |= {"chi2": feature["chi2"]["cramers_v"], "unseen": feature["unseen"]["excess"]}
    if "refused_share" in feature:
        effects["share_refused"] = feature["refused_share"]["window"] - feature["refused_share"]["reference"]
    return [found for test, effect in effects.items() if (found := ruling(test, effect, q[name, test]))]


def worst(words):
    return max(words, key=["stable", "watch", "alarm"].index, default="stable")


# ---------------------------------------------------------------------------------------------------------------------
# A report against the recomputed numbers


def compare_run(comparison, where, report, features, score, rows):
    """Compares a whole report. `features` and `score` are computed from the rows; `rows` are the counts of both sides."""
    for key, wanted in (("rows", rows[1]), ("rows_used", rows[1]), ("filtered", 0), ("rejected", {})):
        comparison.same("rows", f"{where} window.{key}", report["window"][key], wanted)
    printed = {feature["name"]: feature for feature in report["features"]}
    comparison.same("names", where, list(printed), list(features))
    for name, feature in features.items():
        compare_feature(comparison, f"{where} {name}", printed[name], feature, rows)
    compare_q(comparison, where, printed, features)
    comparison.same("names", f"{where} score", report["score"] is None, score is None)
    if score:
        compare_score(comparison, f"{where} score", report["score"], score, rows)
    compare_verdict(comparison, where, report, features, score, rows)


def compare_feature(comparison, where, got, want, rows):
    comparison.same("rows", where, (got["kind"], got["n_reference"], got["n_window"]), (want["kind"], *rows))
    compare_bins(comparison, where, got, want, rows)
    for key, kind in (("value", "psi"), ("critical", "psi critical"), ("p_value", "psi p")):
        comparison.near(kind, f"{where} psi.{key}", got["psi"][key], want["psi"][key])
    comparison.same("p_bins", where, got["psi"]["p_bins"], want["psi"]["p_bins"])
    comparison.near("jensen-shannon", where, got["jensen_shannon"]["value"], want["jensen_shannon"])
    compare_wasserstein(comparison, f"{where} wasserstein", got, want)
    for side in ("reference_share", "window_share"):
        comparison.near("share", f"{where} missing.{side}", got["missing"][side], want["missing"][side])
    comparison.near("missing p", where, got["missing"]["p_value"], want["missing"]["p_value"])
    for key, compare in (("ks", compare_ks), ("chi2", compare_chi2), ("unseen", compare_unseen),
                         ("out_of_range", compare_range)):
        comparison.same("which tests", f"{where} {key}", got[key] is None, want[key] is None)
        if want[key] and got[key]:
            compare(comparison, f"{where} {key}", got[key], want[key])
    for side in ("reference", "window"):
        compare_summary(comparison, f"{where} summary.{side}", got["summary"][side], want, side)


def compare_bins(comparison, where, got, want, rows):
    for side, total in zip(("reference", "window"), rows):
        comparison.same("sum of bins", f"{where} {side}", sum(b[side] for b in got["bins"]), total)
    comparison.same("number of bins", where, (len(got["bins"]), got["psi"]["bins"]), (len(want["bins"]),) * 2)
    comparison.same("empty bins rule", where, got["psi"]["empty_bins"], "half_count")
    for ours, theirs in zip(got["bins"], want["bins"]):
        here = f"{where} bin {ours['label']}"
        comparison.same("bin counts", here, [ours[key] for key in ("kind", "reference", "window")],
                    [theirs[key] for key in ("kind", "reference", "window")])
        for edge in ("lower", "upper"):
            if theirs[edge] is not None:
                comparison.near("edge", f"{here} {edge}", ours[edge], theirs[edge])
        if theirs["label"] is not None:
            comparison.same("bin label", here, ours["label"], theirs["label"])


def compare_ks(comparison, where, got, want):
    if got["exact"]:
        comparison.near("ks D", where, got["statistic"], want["statistic"])
        comparison.same("ks bounds", where, got["upper_bound"], got["statistic"])
    else:
        comparison.between("ks bounds", where, got["statistic"], want["statistic"], got["upper_bound"])
    if min(want["rows"]) >= 20:  # the definitions guarantee nothing below
        comparison.near("ks p", where, got["p_value"], printed_ks_p(got, want))


def compare_wasserstein(comparison, where, got, want):
    comparison.same("which tests", where, got["wasserstein"] is None, want["wasserstein"] is None)
    if want["wasserstein"] is None or got["wasserstein"] is None:
        return
    distance, std = want["wasserstein"], got["summary"]["reference"]["std"]
    value, lower, upper = [got["wasserstein"][key] for key in ("value", "lower_bound", "upper_bound")]
    if got["wasserstein"]["exact"]:
        comparison.near("wasserstein", where, value, distance)
        comparison.same("wasserstein bounds", where, (lower, upper), (value, value))
    else:
        comparison.between("wasserstein bounds", where, lower, distance, upper)
        comparison.between("wasserstein bounds", where, lower, value, upper)
        comparison.near("wasserstein estimate", where, value / std if std else 0.0, distance / std if std else 0.0)
    comparison.near("wasserstein normalised", where, got["wasserstein"]["normalised"], value / std if std else None)


def printed_ks_p(got, want):
    """The p-value of the reported statistic: of D, or of its lower bound if it is not exact."""
    return want["p_value"] if got["exact"] else ks_p(got["statistic"], *want["rows"])


def compare_chi2(comparison, where, got, want):
    for key, kind in (("statistic", "chi2"), ("p_value", "chi2 p"), ("cramers_v", "cramers v")):
        comparison.near(kind, where, got[key], want[key])
    comparison.same("dof and pooled", where, (got["dof"], got["pooled_levels"]), (want["dof"], want["pooled_levels"]))


def compare_unseen(comparison, where, got, want):
    for key in ("share", "excess", "expected"):
        comparison.near("share", f"{where}.{key}", got[key], want[key])
    comparison.same("unseen levels", where, (got["levels"], got["distinct"]), (want["levels"], want["distinct"]))
    comparison.near("unseen p", where, got["p_value"], want["p_value"])


def compare_range(comparison, where, got, want):
    for key in ("below", "above"):
        comparison.near("share", f"{where}.{key}", got[key], want[key])
    comparison.near("range p", where, got["p_value"], want["p_value"])


def compare_summary(comparison, where, got, want, side):
    wanted = want["summary"][side]
    for key in ("present", "levels", "min", "max"):
        if key in wanted:
            comparison.same("summary", f"{where}.{key}", got[key], wanted[key])
    if want["kind"] == "numeric":
        span = want["span"]
        comparison.near("mean", where, got["mean"] / span, wanted["mean"] / span)
        comparison.near("variance", where, (got["std"] / span) ** 2, (wanted["std"] / span) ** 2)
        comparison.near("std", where, got["std"], wanted["std"])


def compare_q(comparison, where, printed, features):
    family = family_of(features, lambda name, feature: printed_ks_p(printed[name]["ks"], feature["ks"]))
    q = q_values(family)
    for (name, test), value in q.items():
        comparison.near("q", f"{where} {name} {test}", printed[name][test]["q_value"], value)
    for name in features:
        own = [q[name, test] for test in FAMILY if q.get((name, test)) is not None]
        comparison.near("q", f"{where} {name} least", printed[name]["q_value"], min(own, default=None))
    for name, value in range_q(features).items():
        comparison.near("q", f"{where} {name} range", printed[name]["out_of_range"]["q_value"], value)


def range_q(features):
    """A separate family: evidence for the out-of-range bins of PSI only."""
    return q_values({name: feature["out_of_range"]["p_value"] for name, feature in features.items()
                     if feature["out_of_range"]})


def compare_score(comparison, where, got, score, rows):
    compare_feature(comparison, where, got, score, rows)
    for side in ("reference", "window"):
        comparison.near("share", f"{where} refused.{side}", got["refused_share"][side], score["refused_share"][side])
    comparison.near("refused p", where, got["refused_share"]["p_value"], score["refused_share"]["p_value"])
    q = score_q(score, printed_ks_p(got["ks"], score["ks"]))
    for (_, test), value in q.items():
        key = "refused_share" if test == "share_refused" else test
        comparison.near("q", f"{where} {test}", got[key]["q_value"], value)
    own = [value for (_, test), value in q.items() if test in FAMILY and value is not None]
    comparison.near("q", f"{where} least", got["q_value"], min(own, default=None))
    comparison.near("q", f"{where} range", got["out_of_range"]["q_value"], score["out_of_range"]["p_value"])


def score_q(score, ks_p_value):
    """The score is a separate family: psi, ks, missing, share refused."""
    family = family_of({"score": score}, lambda _name, _feature: ks_p_value)
    return q_values(family | {("score", "share_refused"): score["refused_share"]["p_value"]})


def compare_verdict(comparison, where, report, features, score, rows):
    """Compares severities and findings, using the exact D of every feature."""
    has_verdict = rows[1] >= MIN_ROWS
    q = q_values(family_of(features, lambda _, feature: feature["ks"]["p_value"]))
    q |= {(name, "range"): value for name, value in range_q(features).items()}
    for name, feature in features.items():
        q[name, "psi"] = psi_evidence(name, feature, q)
    findings = [Found(name, *found, q[name, found[0]]) for name, feature in features.items()
                for found in rulings(name, feature, q) if has_verdict]
    words = {name: worst(f.severity for f in findings if f.feature == name) for name in features}
    score_findings_list = score_findings(score) if score and has_verdict else []
    words["score"] = worst(f.severity for f in score_findings_list)
    for feature in [*report["features"], *([report["score"]] if score else [])]:
        word = words[feature["name"]] if has_verdict else "too_few"
        comparison.same("severity", f"{where} {feature['name']}", feature["severity"], word)
        if feature["ks"] and word in ("watch", "alarm"):
            comparison.same("ks exact where it drifts", f"{where} {feature['name']}", feature["ks"]["exact"], True)
    findings += score_findings_list
    findings += [] if has_verdict else [Found(None, "too_few", "too_few", rows[1], MIN_ROWS, None)]
    compare_findings(comparison, where, report["verdict"]["findings"], findings)
    drifted = sum(words[name] != "stable" for name in features) / len(features) if has_verdict else None
    for key in ("drifted_share", "weighted_drifted_share"):
        comparison.near("share", f"{where} {key}", report["verdict"][key], drifted)
    comparison.same("severity", f"{where} run", report["verdict"]["severity"], run_severity(findings, drifted))


@dataclass(frozen=True)
class Found:
    """A finding; `feature` is None for run-level findings."""

    feature: str | None
    test: str
    severity: str
    value: float
    limit: float
    q_value: float | None

    def key(self):
        return self.feature, self.test, self.severity


def score_findings(score):
    """PSI, KS and missing of the score are reported as `score`; the share refused has its own test."""
    q = score_q(score, score["ks"]["p_value"])
    return [Found(None, test if test == "share_refused" else "score", *ruling, q["score", test])
            for test, *ruling in rulings("score", score, q)]


def compare_findings(comparison, where, got, want):
    """Compares first the keys, then the numbers; findings of the score share a key and are matched by value."""
    got = [Found(*(finding[f.name] for f in fields(Found))) for finding in got]
    ours, theirs = [Counter(finding.key() for finding in findings) for findings in (got, want)]
    comparison.same("findings", f"{where} in one list only", sorted((ours - theirs).elements(), key=str),
                sorted((theirs - ours).elements(), key=str))
    for key in ours & theirs:
        pairs = [sorted((f for f in findings if f.key() == key), key=lambda f: f.value) for findings in (got, want)]
        for one, other in zip(*pairs):
            comparison.near("effect", f"{where} finding {key}", one.value, other.value)
            comparison.same("limit", f"{where} finding {key}", one.limit, other.limit)
            comparison.near("q", f"{where} finding {key}", one.q_value, other.q_value)


def run_severity(findings, drifted):
    """Without a model all features have equal weight, and none counts as most important."""
    if drifted is None:
        return "too_few"
    if drifted >= 0.3 or any(f.feature is None and f.severity == "alarm" for f in findings):
        return "alarm"
    return "watch" if findings else "stable"


# ---------------------------------------------------------------------------------------------------------------------
# The data


@dataclass
class DataSet:
    """Rows, and their description for vigie."""

    name: str
    reference: pd.DataFrame
    log: pd.DataFrame  # its column `at` is the time of each row
    features: list
    categorical: list
    probability: str | None
    files: tuple  # input of vigie: reference, log
    fields: dict  # source.fields
    windows: list  # (from, to)
    single: bool = False  # compared as 32-bit floats

    def column(self, frame, name):
        """A column as vigie understands it: doubles with NaN, or levels in one spelling with None."""
        if name in self.categorical:
            return [spelling(value) for value in frame[name].tolist()]
        values = frame[name].to_numpy(float)
        is_rounded = self.single and name != self.probability
        return values.astype(np.float32).astype(float) if is_rounded else values


def spelling(value):
    """Canonical spelling of a level: 1, 1.0, "1" and true are equal, and any missing value is None."""
    if pd.isna(value):
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def fetch(folder):
    """Downloads the wheel and unzips its data folder."""
    subprocess.run([sys.executable, "-m", "pip", "download", WHEEL, "--no-deps", "--quiet", "--disable-pip-version-check",
                    "--dest", str(folder)], check=True)
    wheel = next(folder.glob("nannyml-*.whl"))
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{wheel.name}: sha256 {found}, expected {WHEEL_SHA256}: these checks need the original data")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("nannyml/datasets/data/")]
        archive.extractall(folder, names)
    return folder / "nannyml/datasets/data"


def by_rows(at, edges):
    """Windows from each edge to the next, as row numbers in time order."""
    ends = list(at) + [at.iloc[-1] + pd.Timedelta(seconds=1)]
    return [(ends[start], ends[min(stop, len(at))]) for start, stop in zip(edges, edges[1:])]


def by_calendar(at, frequency):
    days = pd.date_range(at.min().normalize() - pd.Timedelta(days=31), at.max() + pd.Timedelta(days=31), freq=frequency,
                         normalize=True)
    return [(start, stop) for start, stop in zip(days, days[1:]) if ((at >= start) & (at < stop)).any()]


def each_second(rows):
    return pd.Series(pd.date_range("2026-01-01", periods=rows, freq="s"))


CAR_FEATURES = ["car_value", "salary_range", "debt_to_income_ratio", "loan_length", "repaid_loan_on_prev_car",
                "size_of_downpayment", "driver_tenure"]
CAR_LEVELS = ["salary_range", "repaid_loan_on_prev_car", "size_of_downpayment"]


def car_loan(data, _folder):
    """The original CSV files, in windows of 5,000 rows, months and weeks."""
    files = (data / "synthetic_car_loan_reference.csv", data / "synthetic_car_loan_analysis.csv")
    reference, log = map(pd.read_csv, files)
    at = log["at"] = pd.to_datetime(log["timestamp"])
    windows = by_rows(at, range(0, 50_001, 5_000)) + by_calendar(at, "MS") + by_calendar(at, "W-MON")
    return DataSet("car loan", reference, log, CAR_FEATURES, CAR_LEVELS, "y_pred_proba", files,
                   {"timestamp": "timestamp", "probability": "y_pred_proba", "id": "id"}, windows)


def car_loan_missing(data, folder):
    """Car loans with missing values on both sides and a level unseen in the reference; NDJSON with nested inputs."""
    reference, log = [pd.read_csv(data / f"synthetic_car_loan_dq_{part}.csv") for part in ("reference", "analysis")]
    at = log["at"] = pd.to_datetime(log["timestamp"])
    files = (folder / "car_loan_dq.csv", folder / "car_loan_dq.ndjson")
    reference.to_csv(files[0], index=False)
    write_records(files[1], log, CAR_FEATURES, "y_pred_proba")
    windows = by_rows(at, range(0, 50_001, 5_000)) + by_calendar(at, "MS")
    return DataSet("car loan, missing values", reference, log, CAR_FEATURES, CAR_LEVELS, "y_pred_proba", files,
                   {"timestamp": "ts", "features": "inputs", "probability": "outputs.probability"}, windows)


def census(data, folder):
    """Parquet. Every code is used as a category and as a number, most of whose values are atoms."""
    reference, log = [pd.read_parquet(data / f"employment_MA_{part}.pq") for part in ("reference", "analysis")]
    levels = [name for name in reference.columns if isinstance(reference[name].dtype, pd.CategoricalDtype)]
    for frame in (reference, log):
        for name in levels:
            frame[f"{name}_code"] = frame[name].astype(str).astype(float)
    log["at"] = each_second(len(log))
    features = ["AGEP", *levels, *(f"{name}_code" for name in levels)]
    windows = by_rows(log["at"], [*range(0, len(log), 20_000), len(log)])
    windows += by_rows(log["at"], range(0, 20_001, 5_000)) + by_rows(log["at"], range(150_000, 160_001, 2_000))
    windows += by_rows(log["at"], range(100_000, 103_001, 600))
    files = write_tables(folder / "census", reference, log)
    return DataSet("census", reference, log, features, levels, "predicted_probability", files,
                   {"timestamp": "at", "probability": "predicted_probability"}, windows)


def housing(data, folder):
    """Numeric only, as 32-bit floats; many windows cover places unseen in the reference."""
    reference, log = [pd.read_csv(data / f"california_housing_{part}.csv") for part in ("reference", "analysis")]
    log["at"] = pd.to_datetime(log["timestamp"])
    features = [name for name in reference.columns if name[0].isupper()]
    windows = by_rows(log["at"], [*range(0, len(log), 1_000), len(log)])
    files = write_tables(folder / "housing", reference, log)
    return DataSet("California housing", reference, log, features, [], "y_pred_proba", files,
                   {"timestamp": "at", "probability": "y_pred_proba"}, windows, single=True)


def titanic(data, folder):
    """Few rows, many missing values and unique levels: no score, pooled and unseen levels, and a window without verdict."""
    reference, log = [pd.read_csv(data / f"titanic_{part}.csv") for part in ("reference", "analysis")]
    log = pd.concat([log, reference[log.columns].iloc[:300]], ignore_index=True)
    log["at"] = each_second(len(log))
    levels = ["Sex", "Ticket", "Cabin", "Embarked", "boat", "home.dest"]
    features = ["Pclass", "Age", "SibSp", "Parch", "Fare", "body", *levels]
    files = (folder / "titanic.csv", folder / "titanic.ndjson")
    reference.to_csv(files[0], index=False)
    write_records(files[1], log, features, None)
    windows = by_rows(log["at"], [0, 418]) + by_rows(log["at"], [0, 200]) + by_rows(log["at"], [0, 718])
    fields = {"timestamp": "ts", "features": "inputs"}
    return DataSet("Titanic", reference, log, features, levels, None, files, fields, windows)


def write_tables(path, reference, log):
    """Small row groups, as in a log, so that windows are selected by row group statistics."""
    files = tuple(path.with_name(f"{path.name}_{part}.parquet") for part in ("reference", "log"))
    for file, frame in zip(files, (reference, log)):
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), file, row_group_size=5_000)
    return files


def write_records(path, log, features, probability):
    columns = {name: log[name].astype(object).where(log[name].notna(), None).tolist() for name in features}
    scores = log[probability].tolist() if probability else [None] * len(log)
    with path.open("w") as out:
        for row, (at, score) in enumerate(zip(log["at"], scores)):
            inputs = {name: values[row] for name, values in columns.items()}
            record = {"ts": instant(at), "inputs": inputs, "outputs": {"probability": score}}
            out.write(json.dumps(record) + "\n")


def instant(at):
    return at.isoformat() + "Z"


# ---------------------------------------------------------------------------------------------------------------------
# vigie itself


class Vigie:
    """Runs vigie on a data set, in a folder with its reference and config."""

    def __init__(self, program, folder, data):
        self.program, self.folder, self.data = program, folder, data
        folder.mkdir()
        reference = folder / "reference.vigie"
        command = ["learn", "--data", data.files[0], "--out", reference, "--precision", "f32" if data.single else "f64",
                   "--features", ",".join(data.features)]
        command += ["--categorical", ",".join(data.categorical)] if data.categorical else []
        command += ["--probability", data.probability] if data.probability else []
        self.run(*command)
        config = {"model": {"name": "oracle", "threshold": THRESHOLD}, "reference": str(reference),
                  "source": {"path": str(data.files[1]), "fields": data.fields},
                  "reports": {"dir": str(folder / "reports")}, "state": str(folder / "state")}
        (folder / "vigie.yaml").write_text(json.dumps(config))  # JSON is YAML

    def check(self, start, stop):
        output = self.run("check", "--config", self.folder / "vigie.yaml", "--from", instant(start), "--to", instant(stop),
                          "--format", "json")
        return json.loads(output)

    def run(self, *arguments):
        result = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"vigie {arguments[0]} ({self.data.name}) exited with {result.returncode}: {result.stderr.strip()}")
        return result.stdout


def check_data_set(vigie, comparison):
    """Checks every window of a data set and returns the reports by window."""
    data, reports = vigie.data, {}
    names = [*data.features, *([data.probability] if data.probability else [])]
    reference = {name: data.column(data.reference, name) for name in names}
    for start, stop in data.windows:
        report = reports[start, stop] = vigie.check(start, stop)
        rows = data.log[(data.log["at"] >= start) & (data.log["at"] < stop)]
        measured = {name: measure(data, reference[name], rows, name) for name in names}
        score = measured.pop(data.probability, None)
        if score:
            score["refused_share"] = refused_test(reference[data.probability], data.column(rows, data.probability))
        where = f"{data.name} {start:%Y-%m-%dT%H:%M:%S}/{stop:%Y-%m-%dT%H:%M:%S}"
        asked = [start.tz_localize("UTC"), stop.tz_localize("UTC")]
        comparison.same("window", where, [pd.Timestamp(report["window"][key]) for key in ("from", "to")], asked)
        compare_run(comparison, where, report, measured, score, (len(data.reference), len(rows)))
    return reports


def measure(data, reference, rows, name):
    compute = measure_levels if name in data.categorical else measure_numeric
    return compute(reference, data.column(rows, name))


def check_car_loan_drift(comparison, data, reports):
    """Checks the known drift of this data set: none in the first half, car_value in the second."""
    middle, last = data.log["at"].iloc[25_000], data.log["at"].iloc[-1]
    drift = defaultdict(Counter)
    for (start, stop), report in reports.items():
        half = "first" if stop <= middle else "second" if start >= middle else None
        if half is None or report["window"]["rows"] < MIN_ROWS:
            continue
        drifted = [feature["name"] for feature in report["features"] if feature["severity"] in ("watch", "alarm")]
        drift[half].update([*drifted, "(windows)"])
        where = f"{data.name} {start}/{stop} ({half} half)"
        comparison.same("known drift", where, report["verdict"]["severity"], "stable" if half == "first" else "alarm")
        comparison.same("known drift", f"{where} car_value", "car_value" in drifted, half == "second")
    comparison.same("known drift", f"{data.name}: windows in both halves until {last}", sorted(drift), ["first", "second"])
    for half, names in sorted(drift.items()):
        windows = names.pop("(windows)")
        found = ", ".join(f"{name} {count}" for name, count in sorted(names.items())) or "none"
        print(f"car loan, {half} half: {windows} windows; windows with drift by feature: {found}")


def check_example(program, folder, comparison):
    """Checks every feature and the score on each day of the committed example and returns the number of days."""
    source = ROOT / "reference_data/home_credit"
    specs = pd.read_csv(source / "features.csv")
    names, categorical = list(specs.feature), list(specs.feature[specs.kind == "categorical"])
    data = DataSet("example", pd.read_parquet(source / "reference.parquet"), pd.DataFrame(), names, categorical,
                   "probability", (), {}, [], single=True)
    reference = {name: example_column(data, data.reference, name) for name in [*names, "probability"]}
    config = (ROOT / "config/vigie.yaml").read_text()
    for before, after in (("../reports", folder / "reports"), ("../.vigie", folder / "state"),
                          ("../reference_data", ROOT / "reference_data")):
        config = config.replace(before, str(after))
    (folder / "vigie.yaml").write_text(config)
    logs = sorted(source.glob("log/*.ndjson.gz"))
    for log in logs:
        day = pd.Timestamp(log.name.removeprefix("predictions-").removesuffix(".ndjson.gz"))
        with gzip.open(log, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        used = [record for record in records if record["endpoint"] == "/predict" and record["error"] is None]
        rows = pd.DataFrame([record["inputs"] | {"probability": record["outputs"]["proba_default"]} for record in used])
        command = [program, "check", "--config", folder / "vigie.yaml", "--from", instant(day),
                   "--to", instant(day + pd.Timedelta(days=1)), "--format", "json"]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        printed = {feature["name"]: feature for feature in report["features"]} | {"probability": report["score"]}
        comparison.same("names", f"example {day:%Y-%m-%d}", list(printed), list(reference))
        for name in printed:
            compute = measure_levels if name in categorical else measure_numeric
            measured = compute(reference[name], example_column(data, rows, name))
            compare_feature(comparison, f"example {day:%Y-%m-%d} {name}", printed[name], measured, (len(data.reference), len(rows)))
    return len(logs)


def example_column(data, frame, name):
    """The model's own spelling of a missing level is missing, and the log's booleans are numbers with nulls."""
    if name in data.categorical:
        return [None if level == "__MISSING__" else level for level in data.column(frame, name)]
    numbers = frame[name].map(lambda value: np.nan if value is None else float(value))
    return data.column(pd.DataFrame({name: numbers}), name)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    program, failures, comparisons = Path(sys.argv[1]).resolve(), [], 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        wheel = fetch(folder)
        for make in (car_loan, car_loan_missing, census, housing, titanic):
            data, comparison = make(wheel, folder), Comparison()
            reports = check_data_set(Vigie(program, folder / make.__name__, data), comparison)
            if make is car_loan:
                check_car_loan_drift(comparison, data, reports)
            print(f"{data.name}: {len(reports)} windows, {len(data.features)} features; {comparison.summary()}; "
                  f"{len(comparison.failures)} failures", flush=True)
            failures += comparison.failures
            comparisons += comparison.counts.total()
        comparison = Comparison()
        days = check_example(program, folder, comparison)
        print(f"example: {days} days; {comparison.summary()}; {len(comparison.failures)} failures", flush=True)
        failures += comparison.failures
        comparisons += comparison.counts.total()
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"oracle: {comparisons} comparisons, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
