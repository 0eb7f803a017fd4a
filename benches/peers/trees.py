"""vigie's scorer compared with LightGBM, XGBoost and lleaves: rows per second and SHAP values, one thread, the same rows, one run.

Usage: python benches/peers/trees.py target/release/examples/score_speed [--rows N] [--shap-rows N] [--kernel NAME] [--only NAME]
Needs lightgbm 4.7.0, lleaves 1.3.0, xgboost (3.2.0, or 3.4.1 with Python 3.12), numpy, pandas, pyarrow, and
`cargo build --release --example score_speed`. What is not installed is left out, and named.

Models: 500 trees on 125 float features, 15% of them missing: LightGBM with 63 leaves, XGBoost with 63 leaves and of depth 6. They are
trained here, on few rows: what scoring costs does not depend on how well a model fits.

The libraries are timed on their best path: numpy of single precision in C order, which XGBoost predicts in place; for one row and SHAP
values, too. Medians of five, SHAP values of three. Raw outputs must be the same bits on every row, or there is no table.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import pandas as pd

SEED = 20261130
FEATURES = 125
TREES = 500
NAMES = [f"Column_{index}" for index in range(FEATURES)]


def installed(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"NOT RUN: {name} is not installed")
        return None


lgb, lleaves, xgb = (installed(name) for name in ("lightgbm", "lleaves", "xgboost"))


def table(rng, rows):
    columns = []
    for index in range(FEATURES):
        kind = index % 5
        values = rng.normal(size=rows)
        if kind == 1:
            values = np.exp(3 * values)
        elif kind == 2:
            values = np.floor(np.abs(values) * 3)
        elif kind == 3:
            values = np.where(rng.random(rows) < 0.3, 365243, -np.abs(values) * 4000)
        elif kind == 4:
            values = rng.random(rows)
        values = values.astype(np.float32)
        values[rng.random(rows) < 0.15] = np.nan
        columns.append(values)
    return np.stack(columns, axis=1)


def target(rng, rows):
    signal = sum(np.sin(np.nan_to_num(np.log1p(np.abs(rows[:, i]))) * (i % 7 + 1)) for i in range(60))
    return (signal + rng.normal(size=len(rows)) > np.median(signal)).astype(int)


def median(work, count=5):
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def lightgbm_63(train, labels, folder):
    parameters = dict(objective="binary", num_leaves=63, learning_rate=0.05, num_threads=1, verbose=-1, deterministic=True)
    path = folder / "lightgbm.txt"
    lgb.train(parameters, lgb.Dataset(train, labels), TREES).save_model(path)
    model = lgb.Booster(model_file=path)
    raw = lambda rows: model.predict(rows, raw_score=True, num_threads=1)  # noqa: E731
    others = {}
    if lleaves:
        compiled = lleaves.Model(model_file=path)
        compiled.compile(raw_score=True)
        others["lleaves"] = lambda rows: compiled.predict(rows, n_jobs=1)
    return path, raw, lambda rows: model.predict(rows, pred_contrib=True, num_threads=1), others


def xgboost_model(parameters):
    def train_and_load(train, labels, folder):
        fixed = dict(objective="binary:logistic", tree_method="hist", eta=0.05, nthread=1)
        path = folder / "xgboost.ubj"
        xgb.train({**fixed, **parameters}, xgb.DMatrix(train, labels, feature_names=NAMES), TREES).save_model(path)
        model = xgb.Booster(model_file=path)
        model.set_param({"nthread": 1})
        raw = lambda rows: model.inplace_predict(rows, predict_type="margin")  # noqa: E731
        # Making the matrix is not counted.
        shap = lambda rows: (lambda matrix: lambda: model.predict(matrix, pred_contribs=True))(xgb.DMatrix(rows, nthread=1, feature_names=NAMES))  # noqa: E731
        return path, raw, shap, {}

    return train_and_load


# Name, library, how it is trained, and how many times faster scores and SHAP values must be.
MODELS = [
    ("LightGBM, 63 leaves", lgb, lightgbm_63, 4.0, 20.0),
    ("XGBoost, 63 leaves", xgb, xgboost_model(dict(grow_policy="lossguide", max_leaves=63, max_depth=0)), 2.0, 2.5),
    ("XGBoost, depth 6", xgb, xgboost_model(dict(max_depth=6)), 2.0, 2.5),
]


def checksum(raw):
    total = 0
    for bits in np.asarray(raw, np.float64).view(np.uint64).tolist():
        total = ((total << 1 | total >> 63) & (2**64 - 1)) ^ bits
    return f"{total:016x}"


def compare(name, train_and_load, rows, args, folder):
    rng = np.random.default_rng([SEED, len(name)])
    train = table(rng, 20_000)
    path, raw, shap, others = train_and_load(train, target(rng, train), folder)
    parquet = folder / "rows.parquet"
    pd.DataFrame(rows, columns=NAMES).to_parquet(parquet, index=False)
    command = [args.speed.resolve(), path, parquet, str(args.shap_rows)] + ([args.kernel] if args.kernel else [])
    ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert ours["checksum"] == checksum(raw(rows)), f"{name}: raw outputs differ"
    part = rows[: args.shap_rows]
    explain = shap(part) if "XGBoost" in name else lambda: shap(part)
    ones = [rows[index : index + 1] for index in range(100)]
    return ours, {
        "rows_per_second": len(rows) / median(lambda: raw(rows)),
        "one_row_us": median(lambda: [raw(row) for row in ones]) / len(ones) * 1e6,
        "shap_seconds": median(explain, 3),
        "others": {other: len(rows) / median(lambda: score(rows)) for other, score in others.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("speed", type=Path, help="the example program `score_speed`")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--shap-rows", type=int, default=256)
    parser.add_argument("--kernel", help="portable, AVX2 or AVX-512; the widest unless given")
    parser.add_argument("--only", default="", help="a word of the names of the models to run")
    args = parser.parse_args()
    rows = table(np.random.default_rng(SEED), args.rows)
    print("| model, kernel | library, rows/s | vigie, rows/s | times | one row: library | vigie | SHAP, rows/s: library | vigie | times |")
    print("|---|---|---|---|---|---|---|---|---|")
    missed = []
    for name, library, train_and_load, faster, shap_faster in MODELS:
        if library is None or args.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = compare(name, train_and_load, rows, args, Path(folder))
        times = ours["rows_per_second"] / theirs["rows_per_second"]
        shap_times = theirs["shap_seconds"] / ours["shap_seconds"]
        print(
            f"| {name} ({library.__version__}), {ours['kernel']} | {theirs['rows_per_second']:,.0f} | {ours['rows_per_second']:,} | {times:.1f} |"
            f" {theirs['one_row_us']:.1f} µs | {ours['one_row_us']} µs | {args.shap_rows / theirs['shap_seconds']:,.0f} |"
            f" {args.shap_rows / ours['shap_seconds']:,.0f} | {shap_times:.1f} |",
            flush=True,
        )
        for other, speed in theirs["others"].items():
            print(f"| {name}, {other} | {speed:,.0f} | {ours['rows_per_second']:,} | {ours['rows_per_second'] / speed:.1f} | | | | | |", flush=True)
            missed += [f"{name}: slower than {other}"] if speed > ours["rows_per_second"] else []
        missed += [f"{name}: {times:.1f} times, wanted {faster}"] if times < faster else []
        missed += [f"{name}: SHAP {shap_times:.1f} times, wanted {shap_faster}"] if shap_times < shap_faster else []
    print("\n" + ("missed: " + "; ".join(missed) if missed else "all targets met"))


if __name__ == "__main__":
    main()
