#!/usr/bin/env python3
"""Trains the challengers: three models of other libraries on the rows that the example's model was trained on.

    python challengers.py            # writes to challengers/ next to this file
    python challengers.py --out DIR  # writes elsewhere

They read what the example's model reads: numbers (missing as NaN, booleans as 0 and 1) and levels as text, with
`__MISSING__` for a missing occupation. `scores.csv` holds what their own libraries predict for the first rows of
`reference.parquet`. Seeded; the same versions (challengers_requirements.txt) on the same kind of machine give the same bytes.
"""

from __future__ import annotations

import os

# Before numpy is imported: sums must not depend on the number of cores.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import io
import json
import zipfile
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import skops.io
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from generate import HOLDOUT_ROWS, SEED, TRAINING_ROWS, stream
from population import Population

HERE = Path(__file__).resolve().parent
LARGEST = 1_000_000  # bytes of a model file
SCORED = 500  # rows in scores.csv
WEIGHT = 10  # of a default, as in the example's model


def as_numbers(frame, categorical):
    """The frame with booleans as numbers; levels stay texts."""
    return frame.astype({name: frame[name].dtype if name in categorical else float for name in frame.columns})


def as_categories(frame, levels):
    """Levels as categories of pandas, the same ones in every frame."""
    return frame.astype({name: pd.CategoricalDtype(known) for name, known in levels.items()})


def train_lightgbm(frame, default, levels):
    model = lightgbm.LGBMClassifier(
        n_estimators=160, num_leaves=15, learning_rate=0.06, min_child_samples=80, subsample=0.8, subsample_freq=1,
        colsample_bytree=0.5, scale_pos_weight=WEIGHT, max_cat_to_onehot=8, random_state=SEED, deterministic=True,
        force_row_wise=True, n_jobs=1, verbose=-1)  # fmt: skip
    return model.fit(as_categories(frame, levels), default)


def train_xgboost(frame, default, levels):
    model = xgboost.XGBClassifier(
        n_estimators=150, max_depth=4, learning_rate=0.08, min_child_weight=40, subsample=0.8, colsample_bytree=0.5,
        scale_pos_weight=WEIGHT, tree_method="hist", enable_categorical=True, max_cat_to_onehot=8, random_state=SEED,
        n_jobs=1)  # fmt: skip
    return model.fit(as_categories(frame, levels), default)


def train_sklearn(frame, default, categorical):
    numeric = [name for name in frame.columns if name not in categorical]
    numbers = Pipeline([("impute", SimpleImputer(strategy="median", add_indicator=True)), ("scale", StandardScaler())])
    columns = ColumnTransformer([("numbers", numbers, numeric), ("levels", OneHotEncoder(handle_unknown="ignore"), categorical)])
    logistic = LogisticRegression(C=0.05, class_weight={0: 1, 1: WEIGHT}, max_iter=2_000, random_state=SEED)
    return Pipeline([("columns", columns), ("logistic", logistic)]).fit(frame, default)


def numbered(packed):
    """A .skops file whose bytes depend on the model alone: skops names members after addresses in memory."""
    source = zipfile.ZipFile(io.BytesIO(packed))
    numbers = {}

    def renamed(node):
        if isinstance(node, list):
            return [renamed(item) for item in node]
        if not isinstance(node, dict):
            return node
        out = {}
        for key, value in node.items():
            if key == "__id__":
                value = numbers.setdefault(value, len(numbers))
            elif key == "file":
                stem, _, ending = value.partition(".")
                value = f"{numbers.setdefault(int(stem), len(numbers))}.{ending}"
            else:
                value = renamed(value)
            out[key] = value
        return out

    schema = renamed(json.loads(source.read("schema.json")))
    members = {"schema.json": json.dumps(schema, indent=2).encode()}
    for name in source.namelist():
        if name != "schema.json":
            stem, _, ending = name.partition(".")
            members[f"{numbers[int(stem)]}.{ending}"] = source.read(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "challengers", help="folder to write to")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    population = Population()
    population.anchor(population.draw(HOLDOUT_ROWS, stream("hold-out")))
    rows, default = population.frame(population.draw(TRAINING_ROWS, stream("training")))
    categorical = list(population.categorical)
    frame = as_numbers(rows, categorical)
    levels = {name: sorted(frame[name].unique()) for name in categorical}

    light = train_lightgbm(frame, default, levels)
    light.booster_.save_model(out / "lightgbm.txt")
    extreme = train_xgboost(frame, default, levels)
    extreme.save_model(out / "xgboost.ubj")
    pipeline = train_sklearn(frame, default, categorical)
    (out / "sklearn.skops").write_bytes(numbered(skops.io.dumps(pipeline)))

    # What a user gets back: the models as files, and the hold-out as it is in the repository.
    reference = pd.read_parquet(HERE / "reference.parquet")
    holdout = reference[list(frame.columns)]
    single = holdout.astype({name: np.float32 for name in population.boolean})
    by_category = as_categories(single, levels)
    read = skops.io.loads((out / "sklearn.skops").read_bytes(), trusted=skops.io.get_untrusted_types(file=out / "sklearn.skops"))
    booster = xgboost.Booster(model_file=out / "xgboost.ubj")
    scores = {
        "lightgbm": lightgbm.Booster(model_file=out / "lightgbm.txt").predict(by_category, num_threads=1),
        "xgboost": booster.predict(xgboost.DMatrix(by_category, enable_categorical=True)).astype(float),
        "sklearn": read.predict_proba(as_numbers(single, categorical))[:, 1],
    }
    for name, probability in scores.items():
        file = next(out.glob(f"{name}.*"))
        auc = roc_auc_score(reference["TARGET"], probability)
        print(f"{file.name}: {file.stat().st_size:,} bytes, hold-out AUC {auc:.4f}, refused {np.mean(probability >= 0.5):.4f}, "
              f"correlation with the example's model {np.corrcoef(probability, reference['probability'])[0, 1]:.3f}")  # fmt: skip
        assert file.stat().st_size <= LARGEST and 0.68 <= auc <= 0.78
    table = pd.DataFrame({name: values[:SCORED] for name, values in scores.items()})
    table.to_csv(out / "scores.csv", index=False, float_format="%.17g", lineterminator="\n")


if __name__ == "__main__":
    main()
