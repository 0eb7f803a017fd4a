"""Recomputes the score shift of reports with CatBoost, numpy and scipy.

Usage: python tests/oracle/score_shift.py path/to/vigie      (requires score_shift_requirements.txt)

Covers days of the example with attribution enabled. The restored values follow from the seed and method of the report alone. The
mean score and the share refused with restored values, and their changes, must agree to 1e-12; expected costs, from scikit-learn's
isotonic regression, to 1e-9; chance effects, from the same draws, to 1e-9.
"""

import gzip
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import xxhash
from catboost import CatBoostClassifier, Pool
from scipy import stats
from sklearn.isotonic import IsotonicRegression

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "reference_data/home_credit"
DAYS = ["2026-10-02", "2026-10-05", "2026-10-07", "2026-10-09", "2026-10-14"]
THRESHOLD, PRICE = 0.5, (10.0, 1.0)
MISSING = "__MISSING__"


def to_float32(values):
    return values.astype(np.float32).astype(float)


class Example:
    def __init__(self):
        specs = pd.read_csv(EXAMPLE / "features.csv")
        self.names, self.levels = list(specs.feature), set(specs.feature[specs.kind == "categorical"])
        self.model = CatBoostClassifier().load_model(str(EXAMPLE / "model.cbm"))
        self.reference = self.typed(pd.read_parquet(EXAMPLE / "reference.parquet"))
        known = pd.read_parquet(EXAMPLE / "reference.parquet")
        self.calibration = IsotonicRegression(out_of_bounds="clip").fit(known["probability"], known["TARGET"])

    def typed(self, frame):
        out = pd.DataFrame(index=frame.index)
        columns = {}
        for name in self.names:
            if name in self.levels:
                columns[name] = frame[name].astype(object).where(frame[name].notna(), MISSING)
            else:
                columns[name] = to_float32(frame[name].astype(float))
        return pd.DataFrame(columns, index=out.index)

    def day(self, date):
        with gzip.open(EXAMPLE / f"log/predictions-{date}.ndjson.gz", "rt", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        rows = [line for line in lines if line["endpoint"] == "/predict" and line["error"] is None]
        return self.typed(pd.DataFrame([line["inputs"] for line in rows], columns=self.names)), [line["request_id"] for line in rows]

    def score_metrics(self, frame):
        scores = self.model.predict_proba(Pool(frame[self.names], cat_features=sorted(self.levels)), thread_count=1)[:, 1]
        chance = self.calibration.predict(scores)
        refused = scores >= THRESHOLD
        cost = PRICE[0] * chance[~refused].sum() + PRICE[1] * (1 - chance[refused]).sum()
        return np.array([math.fsum(scores) / len(scores), refused.mean(), 1000 * cost / len(scores)])


class Draws:
    def __init__(self, ids, seed):
        self.keys = [xxhash.xxh3_128_intdigest(one.encode()).to_bytes(16, "little") for one in ids]
        self.base = seed
        self.first = np.array([xxhash.xxh3_64_intdigest(key, seed) for key in self.keys], dtype=object)

    def seed(self, leader, number):
        own = xxhash.xxh3_64_intdigest(leader.encode(), self.base)
        return own if number is None else xxhash.xxh3_64_intdigest(number.to_bytes(8, "little"), own)

    def second(self, leader, number=None):
        seed = self.seed(leader, number)
        return np.array([xxhash.xxh3_64_intdigest(key, seed) for key in self.keys], dtype=object)

    def reference_rows(self, count, total, leader, number):
        """Indices of reference rows, ascending: the midpoints of equal parts, or drawn ones."""
        if number is None:
            return [(2 * row + 1) * total // (2 * count) for row in range(count)]
        seed = self.seed(leader, number)
        return sorted(xxhash.xxh3_64_intdigest(row.to_bytes(8, "little"), seed) * total >> 64 for row in range(count))


def is_significant(p, limit):
    return p is not None and p <= limit


def two_by_two(a, n, b, m):
    table = np.array([[a, n - a], [b, m - b]])
    if 0 in table.sum(0) or 0 in table.sum(1):
        return None
    return stats.chi2_contingency(table).pvalue


def in_order(rows, draws):
    return sorted(rows, key=lambda row: (draws[row], row))


def restore_numeric(window, reference, draws, leader, limit, number):
    known = np.sort(reference[~np.isnan(reference)])
    missing = int(np.isnan(reference).sum())
    rows = len(window)
    second = draws.second(leader)
    values, counts = np.unique(window[~np.isnan(window)], return_counts=True)
    sentinels = [v for v, c in zip(values, counts) if (v < known[0] or v > known[-1]) and c > 1 and c * 100 >= rows]
    is_sentinel = np.isin(window, sentinels)
    missing_rows = [row for row in range(rows) if np.isnan(window[row])]
    sentinels = [row for row in range(rows) if is_sentinel[row]]
    kept = sorted((row for row in range(rows) if not np.isnan(window[row]) and not is_sentinel[row]), key=lambda row: (window[row], second[row]))
    moved = is_significant(two_by_two(missing, len(reference), len(missing_rows), rows), limit)
    wanted = (2 * rows * missing + len(reference)) // (2 * len(reference)) if moved else len(missing_rows)
    distance = stats.ks_2samp(known, window[kept]).statistic if kept else None
    shifted = kept and stats.kstwo.sf(distance, round(len(known) * len(kept) / (len(known) + len(kept)))) <= limit
    filled = (in_order(sentinels, draws.first) + in_order(missing_rows, draws.first))[:max(0, rows - wanted - len(kept))]
    emptied = in_order(kept, draws.first)[:max(0, len(kept) + wanted - rows)]
    gone = set(filled) | set(emptied)
    emptied += [row for row in sentinels if row not in gone]
    kept = [row for row in kept if row not in gone]
    out = window.copy()
    if shifted:
        out[kept] = known[draws.reference_rows(len(kept), len(known), leader, number)]
    out[in_order(filled, draws.second(leader, number))] = known[draws.reference_rows(len(filled), len(known), leader, number)]
    out[emptied] = np.nan
    return out


def homogeneity(reference, window):
    table = np.array([reference, window])
    table = table[:, table.sum(0) > 0]
    expected = table.sum(0) * table[1].sum() / table.sum()
    thin = expected < 5
    pooled = np.column_stack([table[:, ~thin], table[:, thin].sum(1)]) if thin.any() else table
    return stats.chi2_contingency(pooled).pvalue if pooled.shape[1] > 1 else None


def restore_categorical(window, reference, draws, leader, limit, number):
    names = sorted(set(reference) - {MISSING}) + [MISSING]
    counts = [int((reference == name).sum()) for name in names]
    rows, index = len(window), {name: at for at, name in enumerate(names)}
    unseen = [row for row in range(rows) if window[row] not in index]
    own = [sum(1 for level in window if level == name) for name in names]
    redrawn = is_significant(homogeneity(counts, own), limit)
    second = draws.second(leader, number)

    def wanted(count):
        reference_rows = draws.reference_rows(count, sum(counts), leader, number)
        ends = np.cumsum(counts)
        return np.bincount(np.searchsorted(ends, reference_rows, side="right"), minlength=len(names)).tolist()

    out = window.copy()
    if redrawn:
        reassigned, free = list(unseen), []
        for at, count in enumerate(wanted(rows)):
            own_rows = in_order([row for row in range(rows) if window[row] == names[at]], draws.first)
            reassigned += own_rows[count:]
            free += [at] * max(0, count - len(own_rows))
        for row, at in zip(in_order(reassigned, second), free):
            out[row] = names[at]
    elif len(unseen) > 1 and len(unseen) * 100 >= rows:
        free = [at for at, count in enumerate(wanted(len(unseen))) for _ in range(count)]
        for row, at in zip(in_order(unseen, second), free):
            out[row] = names[at]
    return out


def leaders(example, frame, sets):
    """Maps every feature to the first drifted feature it correlates with, or to itself."""
    drifted = next((one["features"] for one in sorted(sets, key=lambda one: -len(one["features"])) if one["drifted"]), [])
    found = {name: name for name in example.names}
    for at, name in enumerate(drifted):
        for other in drifted[:at]:
            if {name, other} & example.levels:
                continue
            if abs(stats.spearmanr(frame[name], frame[other]).statistic) >= 0.7:
                found[name] = found[other]
                break
    return found


def check_day(example, report, date):
    frame, ids = example.day(date)
    shift = report["attribution"]["score_shift"]
    draws = Draws(ids, shift["seed"])
    order = sorted(range(len(ids)), key=lambda row: int.from_bytes(draws.keys[row], "little"))
    frame, draws = frame.iloc[order].reset_index(drop=True), Draws([ids[row] for row in order], shift["seed"])
    leader = leaders(example, frame, shift["restored"])
    now = example.score_metrics(frame)
    keys = ["mean_score", "share_refused", "expected_cost_per_1000"]
    tolerance = np.array([1e-12, 1e-12, 1e-9])
    wrong, compared = [], 0

    def same(what, got, want, within):
        nonlocal compared
        compared += 1
        if not np.all(np.abs(np.array(got) - want) <= within * np.maximum(1.0, np.abs(want))):
            wrong.append(f"{date} {what}: vigie {got}, recomputed {want.tolist()}")

    def restored(names, number):
        out = frame.copy()
        for name in names:
            how = restore_categorical if name in example.levels else restore_numeric
            window, reference = frame[name].to_numpy(), example.reference[name].to_numpy()
            out[name] = how(window, reference, draws, leader[name], shift["limit"], number)
        return out

    same("window", [shift["window"][key] for key in keys], now, tolerance)
    for one in shift["restored"]:
        after = restored(one["features"], None)
        changed = max(int(sum(not (a == b or a != a and b != b) for a, b in zip(frame[name], after[name]))) for name in one["features"])
        if changed != one["rows_changed"]:
            wrong.append(f"{date} {one['features']}: vigie changed {one['rows_changed']} rows, recomputed {changed}")
        score_metrics = example.score_metrics(after)
        same(one["features"], [one[key]["restored"] for key in keys], score_metrics, tolerance)
        same(f"{one['features']} change", [one[key]["change"] for key in keys], score_metrics - now, tolerance)
        chance = [one[key]["by_chance"] for key in keys]
        if changed == 0:
            same(f"{one['features']} by chance", chance, np.zeros(3), tolerance)
            continue
        off = np.array([example.score_metrics(restored(one["features"], number)) - score_metrics for number in range(shift["draws"])])
        rows, known = len(frame), len(example.reference)
        want = stats.norm.ppf(0.975) * np.sqrt((off**2).sum(0) / shift["draws"] * rows * (1 / rows + 1 / known))
        same(f"{one['features']} by chance", chance, want, 1e-9)
    print(f"{date}: {len(shift['restored'])} sets, {compared} comparisons; vigie took {report['run']['attribution_seconds']:.2f} s")
    return wrong


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    program, failures, example = Path(sys.argv[1]).resolve(), [], Example()
    with tempfile.TemporaryDirectory() as folder:
        config = (ROOT / "config/vigie.yaml").read_text()
        config = config.replace("../reference_data", str(ROOT / "reference_data")).replace("../reports", "reports").replace("../.vigie", "state")
        Path(folder, "vigie.yaml").write_text(config.replace("\npolicy:\n", "\npolicy:\n  attribution: true\n"))
        for date in DAYS:
            result = subprocess.run([program, "check", "--config", "vigie.yaml", "--from", date, "--to", str(np.datetime64(date) + 1),
                                    "--format", "json"], cwd=folder, capture_output=True, text=True, check=False)
            if result.returncode:
                sys.exit(result.stderr)
            failures += check_day(example, json.loads(result.stdout), date)
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(bool(failures))


main()
