"""Golden models and outputs for the reader of .skops files, computed by scikit-learn and never by vigie.

Usage: python tests/oracle/sklearn_golden.py                (small models and 50 rows each, into tests/oracle/sklearn)
       python tests/oracle/sklearn_golden.py --compare      (makes them again and compares with the committed files)
       python tests/oracle/sklearn_golden.py --large DIR    (larger models and 2,400 rows each, into DIR)
       python tests/oracle/sklearn_golden.py --other DIR    (the same by any other version of scikit-learn, as far as it can)
Needs scikit-learn 1.9.1, skops 0.16.0, shap 0.51.0, lightgbm, xgboost, numpy, pandas, one thread (OMP_NUM_THREADS=1). Every expected value comes
from a model loaded from its .skops file. Floats are written as the hexadecimal digits of their bits. skops names objects by their addresses in memory;
in the small files they are numbered instead, so that the same versions on the same kind of machine write the same bytes.

Rows contain edge cases: NaN, both zeros, denormals, numbers on a threshold and next to it, numbers beyond 32-bit floats, infinities,
levels unseen in training, empty and non-ASCII levels, negative, fractional and huge category codes. A row that scikit-learn refuses
has no expected value.
"""

import argparse
import filecmp
import io
import itertools
import json
import os
import re
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import skops
import skops.io
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier

try:
    import lightgbm as lgb
    import shap
    import xgboost as xgb
    from sklearn.frozen import FrozenEstimator
    from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, RandomizedSearchCV, TunedThresholdClassifierCV
except ImportError:  # with --other
    lgb = shap = xgb = FrozenEstimator = None

SEED = 20261129
HERE = Path(__file__).resolve().parent
NUMBERS = ["amount", "age", "ratio", "small"]
LEVELS = {"contract type": ["cash", "revolving", "été"], "city": ["", "a", "Ä", "日本", "x y", "rare"]}
UNSEEN = ["never seen", "Cash", " ", "nan", "🦀", "x" * 300]
EDGES = [np.nan, 0.0, -0.0, 5e-324, -1e-310, 1e-45, 1.0, 0.5, -0.5, 2.0, 255.0, 256.0, 3e9, -3e9, 16777217.0, 1e9]
REFUSED = [np.inf, -np.inf, 1e300, -1e39]


def stream(name):
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


# -- data -------------------------------------------------------------------------------------------------------------


def table(rng, n):
    """Numbers with gaps, texts with gaps, and a category in numbers."""
    frame = pd.DataFrame(
        {
            "amount": np.round(rng.lognormal(8, 1, n), 2),
            "age": np.round(rng.uniform(18, 80, n)),
            "ratio": rng.normal(size=n),
            "small": rng.normal(size=n) * 1e-3,
            "code": rng.choice([1.0, 2.0, 3.0, 7.0], n, p=[0.5, 0.3, 0.15, 0.05]),
        }
    )
    for column in ["amount", "ratio"]:
        frame.loc[rng.random(n) < 0.15, column] = np.nan
    for name, levels in LEVELS.items():
        weights = 1.0 / (1 + np.arange(len(levels)))
        values = np.array(levels, object)[rng.choice(len(levels), n, p=weights / weights.sum())]
        if name == "city":
            values[rng.random(n) < 0.1] = np.nan
        frame[name] = pd.Series(values, dtype=object)
    return frame


def signal(frame, rng):
    jump = frame["city"].map(lambda v: zlib.crc32(str(v).encode()) % 7 / 3.5 - 1).astype(float)
    jump += frame["contract type"].map(lambda v: zlib.crc32(str(v).encode()) % 5 / 2.5 - 1).astype(float)
    total = jump + np.log(frame["amount"].fillna(50)) / 2 - 4 + frame["ratio"].fillna(1.5) * (frame["age"] - 45) / 15
    return (total + (frame["code"] == 2) + rng.normal(size=len(frame)) * 0.5).to_numpy()


def thresholds(model):
    """Thresholds of all trees inside a model, in the space of their inputs."""
    found = []
    stack = [model]
    while stack:
        item = stack.pop()
        if hasattr(item, "tree_"):
            found.extend(item.tree_.threshold[item.tree_.children_left >= 0])
        elif hasattr(item, "nodes"):
            found.extend(item.nodes["num_threshold"][item.nodes["is_leaf"] == 0])
        elif isinstance(item, Pipeline):
            stack.append(item.steps[-1][1])
        elif getattr(item, "_Booster", item) is None:
            continue  # what a search has copied
        elif lgb and isinstance(item, lgb.LGBMModel):
            found.extend(number for number in item.booster_.trees_to_dataframe()["threshold"] if isinstance(number, float))
        elif xgb and isinstance(item, xgb.XGBModel) and item.booster != "gblinear":
            found.extend(item.get_booster().trees_to_dataframe()["Split"].dropna())
        for name in ["estimator_", "best_estimator_"]:
            if hasattr(item, name):
                stack.append(getattr(item, name))
        for name in ["estimators_", "_predictors", "calibrated_classifiers_"]:
            if hasattr(item, name):
                stack.extend(np.asarray(getattr(item, name), object).ravel().tolist())
        if hasattr(item, "estimator") and not isinstance(item, str):
            stack.append(item.estimator)
    return np.unique(np.asarray(found, float)) if found else np.array([0.5])


def adversarial(rng, n, columns, model, frame):
    """Rows with edge cases in every column."""
    rows = table(rng, n)
    edges = np.array(EDGES)
    limits = thresholds(model)
    limits = limits[np.isfinite(limits)] if np.isfinite(limits).any() else np.array([0.5])
    for column in rows.columns.intersection([*NUMBERS, "code"]):
        values = rows[column].to_numpy(copy=True)
        kind = rng.random(n)
        # On a threshold, as a 64-bit and as a 32-bit float, and one step from it; also where a scaler puts it.
        drawn = limits[rng.integers(len(limits), size=n)]
        known = frame[column].dropna().to_numpy()
        spread, centre = known.std(), known.mean()
        for low, high, base in [(0.0, 0.12, drawn), (0.12, 0.2, drawn * spread + centre), (0.2, 0.25, rng.choice(known, n))]:
            step = rng.integers(-1, 2, n)
            near = np.where(step == 0, base, np.nextafter(base, np.where(step > 0, np.inf, -np.inf)))
            single = base.astype(np.float32)
            near_single = np.where(step == 0, single, np.nextafter(single, np.where(step > 0, np.float32(np.inf), np.float32(-np.inf))))
            pick = (kind >= low) & (kind < high)
            values[pick] = np.where(rng.random(n) < 0.5, near, near_single.astype(float))[pick]
        pick = (kind >= 0.25) & (kind < 0.37)
        values[pick] = edges[rng.integers(len(edges), size=n)][pick]
        if column == "age":
            pick = rng.random(n) < 0.01
            values[pick] = np.array(REFUSED)[rng.integers(len(REFUSED), size=n)][pick]
        rows[column] = values
    for column in LEVELS:
        values = rows[column].to_numpy(copy=True)
        values[rng.random(n) < 0.05] = np.nan
        pick = rng.random(n) < 0.05
        values[pick] = np.array(UNSEEN, object)[rng.integers(len(UNSEEN), size=n)][pick]
        rows[column] = pd.Series(values, dtype=object)
    return rows[columns]


# -- variants ---------------------------------------------------------------------------------------------------------

TEXTS = list(LEVELS)
ALL = [*NUMBERS, "code", *TEXTS]


def numeric(**options):
    return make_pipeline(SimpleImputer(strategy="median", **options), StandardScaler())


def mixed(encoder=None, number=None, **options):
    encoder = encoder or OneHotEncoder(handle_unknown="ignore")
    text = make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), encoder)
    return ColumnTransformer([("numbers", number or numeric(add_indicator=True), NUMBERS), ("texts", text, TEXTS)], **options)


def levels(encoder):
    """Levels as they are, with missing ones among them."""
    return ColumnTransformer([("numbers", numeric(), NUMBERS), ("texts", encoder, TEXTS)])


def after(transformer, estimator):
    return Pipeline([("prepare", transformer), ("model", estimator)])


def variants(large):
    """Name → (model, columns, kind of target, options)."""
    trees, depth = (60, 10) if large else (3, 3)
    seed = {"random_state": 7}
    rf = {"n_estimators": trees, "max_depth": depth, **seed}
    gb = {"n_estimators": trees, "max_depth": 3 if large else 2, **seed}
    hgb = {"max_iter": trees, "max_leaf_nodes": 31 if large else 5, "early_stopping": False, **seed}
    mlp = {"max_iter": 30, **seed}
    lr = LogisticRegression(max_iter=300)
    made = wrapped(lr, gb) if lgb else {}
    made |= boosters(trees) if lgb else {}
    made |= {
        "lr_numbers": (make_pipeline(SimpleImputer(), lr), NUMBERS, "binary", {"numpy": True}),
        "lr_scaled": (make_pipeline(numeric(), lr), NUMBERS, "binary", {}),
        "lr_mixed": (after(mixed(), lr), ALL, "binary", {}),
        "lr_none_levels": (after(levels(OneHotEncoder(handle_unknown="ignore")), lr), ALL, "binary", {"none": True}),
        "dt_none_levels": (after(levels(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)),
                                 DecisionTreeClassifier(max_depth=depth, **seed)), ALL, "binary", {"none": True}),
        "lr_multinomial": (after(mixed(), lr), ALL, "classes", {}),
        "lr_single": (make_pipeline(numeric(), lr), NUMBERS, "binary", {"single": True}),
        "lr_unknown_refused": (after(mixed(OneHotEncoder(), sparse_threshold=0), lr), ALL, "binary", {}),
        "lr_one_hot_groups": (
            after(mixed(OneHotEncoder(drop="first", min_frequency=0.1, handle_unknown="infrequent_if_exist")), lr), ALL, "labels", {}
        ),
        "lr_one_hot_if_binary": (after(mixed(OneHotEncoder(drop="if_binary", max_categories=4, handle_unknown="ignore")), lr), ALL, "binary", {}),
        "lr_remainder": (
            after(ColumnTransformer([("numbers", numeric(keep_empty_features=True), NUMBERS), ("gone", "drop", TEXTS)], remainder="passthrough"), lr),
            ALL, "binary", {},
        ),
        "lr_by_position": (
            after(ColumnTransformer([("one", numeric(), [0, 2]), ("two", MinMaxScaler(clip=True), [4])], remainder=SimpleImputer()), lr),
            [*NUMBERS, "code"], "binary", {"numpy": True},
        ),
        "rf_numbers": (RandomForestClassifier(**rf), NUMBERS, "binary", {"numpy": True}),
        "rf_scaled": (make_pipeline(numeric(), RandomForestClassifier(**rf)), NUMBERS, "binary", {}),
        "rf_mixed": (after(mixed(), RandomForestClassifier(min_samples_leaf=5, **rf)), ALL, "labels", {}),
        "rf_classes": (after(mixed(), RandomForestClassifier(**rf)), ALL, "classes", {}),
        "rf_jobs": (after(mixed(), RandomForestClassifier(n_jobs=2, **rf)), ALL, "binary", {}),
        "et_ordinal": (
            after(
                mixed(
                    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=4),
                    make_pipeline(SimpleImputer(strategy="most_frequent"), MinMaxScaler()),
                ),
                ExtraTreesClassifier(**rf),
            ),
            ALL, "binary", {},
        ),
        "dt_robust": (after(mixed(number=make_pipeline(SimpleImputer(), RobustScaler())), DecisionTreeClassifier(max_depth=depth, **seed)), ALL, "binary", {}),
        "dt_best_first": (DecisionTreeClassifier(max_leaf_nodes=40 if large else 6, **seed), NUMBERS, "classes", {}),
        "et_single": (make_pipeline(SimpleImputer(), ExtraTreeClassifier(max_depth=depth, **seed)), NUMBERS, "binary", {}),
        "gb_scaled": (make_pipeline(numeric(), GradientBoostingClassifier(**gb)), NUMBERS, "binary", {}),
        "gb_mixed": (after(mixed(), GradientBoostingClassifier(learning_rate=0.37, subsample=0.8, **gb)), ALL, "labels", {}),
        "gb_classes": (after(mixed(), GradientBoostingClassifier(**gb)), ALL, "classes", {}),
        "gb_exponential": (make_pipeline(numeric(), GradientBoostingClassifier(loss="exponential", init="zero", **gb)), NUMBERS, "binary", {}),
        "hgb_numbers": (HistGradientBoostingClassifier(**hgb), NUMBERS, "binary", {}),
        "hgb_mixed": (after(mixed(sparse_threshold=0), HistGradientBoostingClassifier(**hgb)), ALL, "binary", {}),
        "hgb_categories": (HistGradientBoostingClassifier(categorical_features="from_dtype", **hgb), ALL, "binary", {"categories": TEXTS}),
        "hgb_codes": (HistGradientBoostingClassifier(categorical_features=["code", "age"], **hgb), [*NUMBERS, "code"], "binary", {}),
        "hgb_classes": (HistGradientBoostingClassifier(**hgb), NUMBERS, "classes", {}),
        "hgb_ordinal": (
            after(
                ColumnTransformer(
                    [("texts", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=-2), TEXTS)],
                    remainder="passthrough",
                ),
                HistGradientBoostingClassifier(**hgb),
            ),
            ALL, "binary", {},
        ),
        "rf_single": (make_pipeline(numeric(add_indicator=True), RandomForestClassifier(**rf)), NUMBERS, "binary", {"single": True}),
        "hgb_single": (
            after(
                ColumnTransformer([("robust", make_pipeline(SimpleImputer(), RobustScaler()), NUMBERS[:2])], remainder=MinMaxScaler()),
                HistGradientBoostingClassifier(**hgb),
            ),
            NUMBERS, "binary", {"single": True},
        ),
        "mlp_mixed": (after(mixed(), MLPClassifier((12, 5), **mlp)), ALL, "binary", {}),
        "mlp_tanh": (make_pipeline(numeric(), MLPClassifier((8,), activation="tanh", **mlp)), NUMBERS, "classes", {}),
        "mlp_logistic": (make_pipeline(numeric(), MLPClassifier((6,), activation="logistic", **mlp)), NUMBERS, "labels", {}),
        "calibrated_lr": (after(mixed(), CalibratedClassifierCV(lr, cv=2)), ALL, "binary", {}),
        "calibrated_rf": (after(mixed(), CalibratedClassifierCV(RandomForestClassifier(**rf), cv=2, method="isotonic")), ALL, "labels", {}),
        "calibrated_pipelines": (CalibratedClassifierCV(after(mixed(), HistGradientBoostingClassifier(**hgb)), cv=2), ALL, "binary", {}),
        "calibrated_classes": (make_pipeline(numeric(), CalibratedClassifierCV(DecisionTreeClassifier(max_depth=depth, **seed), cv=2)), NUMBERS, "classes", {}),
        "calibrated_mlp": (make_pipeline(numeric(), CalibratedClassifierCV(MLPClassifier((4,), **mlp), cv=2, ensemble=False)), NUMBERS, "binary", {}),
        "calibrated_frozen": (make_pipeline(numeric(), GradientBoostingClassifier(**gb)), NUMBERS, "binary", {"frozen": True}),
        "linear_regression": (after(mixed(), LinearRegression()), ALL, "value", {}),
        "ridge": (make_pipeline(numeric(), Ridge(fit_intercept=False)), NUMBERS, "value", {}),
        "lasso": (make_pipeline(numeric(), Lasso(alpha=0.05)), NUMBERS, "value", {}),
        "elastic_net": (make_pipeline(numeric(), ElasticNet(alpha=0.05)), NUMBERS, "value", {}),
        "rf_value": (after(mixed(), RandomForestRegressor(**rf)), ALL, "value", {}),
        "et_value": (make_pipeline(SimpleImputer(), ExtraTreesRegressor(**rf)), NUMBERS, "value", {}),
        "dt_value": (DecisionTreeRegressor(max_depth=depth, **seed), NUMBERS, "value", {}),
        "gb_value": (make_pipeline(numeric(), GradientBoostingRegressor(loss="huber", **gb)), NUMBERS, "value", {}),
        "hgb_poisson": (HistGradientBoostingRegressor(loss="poisson", **hgb), NUMBERS, "count", {}),
        "mlp_value": (make_pipeline(numeric(), MLPRegressor(hidden_layer_sizes=(6,), **mlp)), NUMBERS, "value", {}),
    }
    return made


def boosters(trees):
    """Estimators of other libraries, alone or where nothing changes their columns."""
    light = {"n_estimators": trees, "num_leaves": 5, "n_jobs": 1, "random_state": 7, "verbose": -1}
    extreme = {"n_estimators": trees, "max_depth": 3, "n_jobs": 1, "random_state": 7}
    half = lambda x, y: {"X": x[::2], "y": y[::2], "eval_set": [(x[1::2], y[1::2])]}  # noqa: E731
    stop = lgb.early_stopping(2, verbose=False)
    return {
        "lgbm_numbers": (lgb.LGBMClassifier(**light), NUMBERS, "labels", {}),
        "lgbm_categories": (lgb.LGBMClassifier(**light), ALL, "binary", {"categories": TEXTS}),
        "lgbm_stopped": (
            lgb.LGBMClassifier(**light | {"n_estimators": 300, "learning_rate": 0.9}), NUMBERS, "binary",
            {"fit": lambda x, y: half(x, y) | {"callbacks": [stop]}},
        ),
        # This one keeps iterations after the best one, which `predict` does not use.
        "lgbm_booster": (LightBooster(), NUMBERS, "binary", {"numpy": True}),
        "lgbm_classes": (Pipeline([("as it is", "passthrough"), ("model", lgb.LGBMClassifier(**light))]), NUMBERS, "classes", {"numpy": True}),
        "lgbm_value": (make_pipeline(FunctionTransformer(), lgb.LGBMRegressor(objective="poisson", **light)), NUMBERS, "count", {}),
        "xgb_numbers": (xgb.XGBClassifier(**extreme), NUMBERS, "binary", {}),
        "xgb_missing": (Pipeline([("model", xgb.XGBClassifier(missing=0.0, **extreme))]), [*NUMBERS, "code"], "binary", {"numpy": True}),
        "xgb_stopped": (
            xgb.XGBClassifier(**extreme | {"n_estimators": 300, "learning_rate": 0.9}, early_stopping_rounds=2), NUMBERS, "binary",
            {"fit": lambda x, y: half(x, y) | {"verbose": False}},
        ),
        "xgb_classes": (xgb.XGBClassifier(**extreme), NUMBERS, "places", {}),
        "xgb_value": (xgb.XGBRegressor(booster="gblinear", **extreme), ["age", "small"], "value", {}),
    }


def wrapped(lr, gb):
    """Estimators that score as another one inside them."""
    return {
        "search_mixed": (GridSearchCV(after(mixed(), lr), {"model__C": [0.1, 1.0]}, cv=2), ALL, "labels", {}),
        "search_lgbm": (
            RandomizedSearchCV(lgb.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1, random_state=7), {"num_leaves": [3, 5]}, n_iter=2, cv=2, random_state=7),
            NUMBERS, "labels", {},
        ),
        "search_step": (make_pipeline(numeric(), GridSearchCV(GradientBoostingClassifier(**gb), {"learning_rate": [0.1, 0.3]}, cv=2)), NUMBERS, "binary", {}),
        "threshold_tuned": (TunedThresholdClassifierCV(after(mixed(), lr), cv=2, random_state=7), ALL, "labels", {}),
        "threshold_fixed": (make_pipeline(numeric(), FixedThresholdClassifier(GradientBoostingClassifier(**gb), threshold=0.2)), NUMBERS, "binary", {}),
        "frozen_alone": (make_pipeline(numeric(), GradientBoostingClassifier(**gb)), NUMBERS, "binary", {"frozen alone": True}),
    }


class LightBooster:
    """Trains a booster of LightGBM without the interface of scikit-learn."""

    def fit(self, X, y):  # noqa: N803
        params = {"objective": "binary", "num_leaves": 5, "num_threads": 1, "seed": 7, "verbose": -1, "learning_rate": 0.9}
        data, other = (lgb.Dataset(x, t, params=params) for x, t in [(X[::2], y[::2]), (X[1::2], y[1::2])])
        stop = [lgb.early_stopping(2, verbose=False)]
        self.booster = lgb.train(params, data, 300, valid_sets=[other], callbacks=stop, keep_training_booster=True)
        assert 0 < self.booster.best_iteration < self.booster.current_iteration()


class OwnEstimator(LogisticRegression):
    """A class that no other program knows."""


def refused():
    """Name → (model, kind of target): each is refused by name."""
    lr = LogisticRegression()
    light = lambda: lgb.LGBMClassifier(n_estimators=1, num_leaves=3, n_jobs=1, verbose=-1)  # noqa: E731
    return {
        "refused_one_vs_rest": (make_pipeline(SimpleImputer(), OneVsRestClassifier(lr)), "binary"),
        "refused_own_class": (make_pipeline(SimpleImputer(), OwnEstimator()), "binary"),
        "refused_search": (make_pipeline(SimpleImputer(), GridSearchCV(lr, {"C": [1.0]}, cv=2, refit=False)), "binary"),
        "refused_threshold": (FixedThresholdClassifier(make_pipeline(SimpleImputer(), lr), response_method="decision_function"), "binary"),
        "refused_behind_steps": (make_pipeline(StandardScaler(), light()), "binary"),
        "refused_calibrated_lgbm": (CalibratedClassifierCV(light(), cv=2), "binary"),
        "refused_unfitted": (LogisticRegression(), None),
        "refused_unfitted_step": (make_pipeline(SimpleImputer(), lr), None),
        "refused_unfitted_lgbm": (light(), None),
        "refused_unfitted_search": (GridSearchCV(lr, {"C": [1.0]}), None),
        "refused_imputer": (make_pipeline(IterativeImputer(random_state=0), lr), "binary"),
        "refused_function": (make_pipeline(SimpleImputer(), FunctionTransformer(np.log1p), lr), "binary"),
        "refused_svc": (make_pipeline(SimpleImputer(), SVC()), "binary"),
        "refused_voting": (make_pipeline(SimpleImputer(), VotingClassifier([("a", lr)])), "binary"),
        "refused_temperature": (make_pipeline(SimpleImputer(), CalibratedClassifierCV(lr, method="temperature", cv=2)), "binary"),
        "refused_targets": (make_pipeline(SimpleImputer(), DecisionTreeRegressor(max_depth=1, random_state=0)), "two values"),
        "refused_start": (make_pipeline(SimpleImputer(), GradientBoostingClassifier(n_estimators=1, init=lr, random_state=0)), "binary"),
    }


# -- files ------------------------------------------------------------------------------------------------------------


def numbered(file, name):
    """The same archive with objects numbered in the order in which they occur, and a fixed date."""
    # In searches, objects of one moment get the addresses of earlier ones, which differ from run to run.
    is_each = "search" in name or "threshold" in name
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema, numbers = members.pop("schema.json").decode(), {}
    number = lambda found: str(numbers.setdefault(found[0], len(numbers) + 1))  # noqa: E731
    if is_each:
        each = itertools.count(10**18)
        schema = re.sub(r"(?<=\"__id__\": )\d+", lambda found: str(next(each)), schema)
    schema = re.sub(r"(?<=\"__id__\": )\d+|(?<=\"file\": \")[-\w]+", number, schema)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in [*((f"{numbers[name[:-4]]}{name[-4:]}", content) for name, content in members.items()), ("schema.json", schema.encode())]:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 29, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def untimed(model):
    """The same model, whose searches took no time."""
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    if hasattr(last, "cv_results_"):
        last.refit_time_ = 0.0
        for name in last.cv_results_:
            if name.endswith("_time"):
                last.cv_results_[name][:] = 0.0
    return model


def target(kind, score, rng):
    labels = np.array(["accordé", "refusé"], object)
    high = score > np.quantile(score, 0.7)
    return {
        "binary": lambda: high.astype(int),
        "labels": lambda: labels[high.astype(int)],
        "classes": lambda: np.digitize(score, np.quantile(score, [0.4, 0.8])) * 10,
        "places": lambda: np.digitize(score, np.quantile(score, [0.4, 0.8])),
        "value": lambda: score,
        "two values": lambda: np.stack([score, -score], axis=1),
        "count": lambda: rng.poisson(np.exp(np.clip(score / 2, -3, 2))).astype(float),
    }[kind]()


def prepared(rows, options, columns, levels):
    """The rows as the model takes them."""
    rows = rows[columns]
    if options.get("single"):
        rows = rows.astype(np.float32)
    if options.get("none"):
        # `None` of Python, which is a level to encoders, in place of NaN.
        for column in TEXTS:
            rows = rows.assign(**{column: pd.Series([None if pd.isna(v) else v for v in rows[column]], rows.index, dtype=object)})
    for column in options.get("categories", []):
        rows = rows.assign(**{column: pd.Categorical(rows[column], categories=levels[column])})
    return rows.to_numpy() if options.get("numpy") else rows


def predictions(model, rows):
    """Raw outputs, probabilities or values, and classes of each row; None for rows that scikit-learn refuses."""
    try:
        return outputs(model, rows)
    except ValueError:
        if len(rows) == 1:
            return [(None, None, None)]
    half = len(rows) // 2
    first, second = (rows.iloc[:half], rows.iloc[half:]) if isinstance(rows, pd.DataFrame) else (rows[:half], rows[half:])
    return predictions(model, first) + predictions(model, second)


def grouped_predictions(model, rows, is_odd):
    """The same, with the rows that may be refused apart: each refused row takes many calls, fewer among others of its kind."""
    results = [None] * len(rows)
    for group in np.flatnonzero(~is_odd), np.flatnonzero(is_odd):
        taken = rows.iloc[group] if isinstance(rows, pd.DataFrame) else rows[group]
        for row, result in zip(group, predictions(model, taken) if len(group) else []):
            results[row] = result
    return results


def may_be_refused(rows):
    numbers = rows[rows.columns.intersection([*NUMBERS, "code"])]
    is_odd = (numbers.abs() > np.finfo(np.float32).max).any(axis=1)
    for column in rows.columns.intersection(["code", *LEVELS]):
        is_odd |= rows[column].isna() if column == "code" else rows[column].isin(UNSEEN)
    return is_odd.to_numpy()


def outputs(model, rows):
    count = len(rows)
    if lgb and isinstance(model, lgb.Booster):
        each = zip(model.predict(rows, raw_score=True), model.predict(rows))
        return [([raw], [probability], str(int(probability > 0.5))) for raw, probability in each]
    decided = model.predict(rows)
    # A search has the outputs of what it has found, and a threshold changes nothing but the class.
    if hasattr(model, "best_estimator_") or hasattr(model, "best_threshold_"):
        model = model.best_estimator_ if hasattr(model, "best_estimator_") else model.estimator_
    final = model.steps[-1][1] if isinstance(model, Pipeline) else model
    if lgb and isinstance(final, (lgb.LGBMModel, xgb.XGBModel)):
        raw = model.predict(rows, **({"raw_score": True} if isinstance(final, lgb.LGBMModel) else {"output_margin": True}))
        is_classifier = hasattr(final, "predict_proba")
        # The number of a regression is its raw output or the exponential of it.
        probability = model.predict_proba(rows) if is_classifier else None if isinstance(final, xgb.XGBModel) else decided
        probability = probability[:, 1] if is_classifier and probability.shape[1] == 2 else probability
        decided = decided if is_classifier else None
    elif not hasattr(final, "classes_"):
        raw = final._raw_predict(rows).ravel() if isinstance(final, HistGradientBoostingRegressor) else decided
        probability = decided if isinstance(final, HistGradientBoostingRegressor) else None
        decided = None
    else:
        probability = model.predict_proba(rows)
        probability = probability[:, 1] if probability.shape[1] == 2 else probability
        if isinstance(final, MLPClassifier):
            raw = None
        else:
            raw = model.decision_function(rows) if hasattr(model, "decision_function") else probability
    each = lambda values, row: None if values is None else np.atleast_1d(values[row]).tolist()  # noqa: E731
    return [(each(raw, i), each(probability, i), None if decided is None else str(decided[i])) for i in range(count)]


def contributions(model, rows, columns):
    """SHAP values of the final trees by the package shap, summed over the columns of each feature, and the expected values; None where
    shap has no such values. Rows with a missing value have none if the package does not send them where scikit-learn does."""
    steps = model.steps if isinstance(model, Pipeline) else [("model", model)]
    final = steps[-1][1]
    is_histogram = hasattr(final, "_predictors")
    if shap is None or not (is_histogram or hasattr(final, "estimators_") or hasattr(final, "tree_")) or (is_histogram and final.is_categorical_ is not None):
        return None
    # Boosting of several classes, and from zero, is not supported by shap.
    if isinstance(final, GradientBoostingClassifier) and (len(final.classes_) > 2 or final.loss == "exponential"):
        return None
    if isinstance(final, GradientBoostingRegressor) or (is_histogram and getattr(final, "loss", None) == "poisson"):
        return None
    inner = model[:-1].transform(rows) if len(steps) > 1 else np.asarray(rows, float)
    inner = inner.toarray() if hasattr(inner, "toarray") else np.asarray(inner, float)
    names = model[:-1].get_feature_names_out() if len(steps) > 1 and not isinstance(rows, np.ndarray) else columns[: inner.shape[1]]
    owners = [max((c for c in columns if re.fullmatch(rf"(\w+__)?(missingindicator_)?{re.escape(c)}(_.*)?", n)), key=len) for n in names]
    explainer = shap.TreeExplainer(final, feature_perturbation="tree_path_dependent")
    usable = np.isfinite(inner).all(axis=1) | (np.full(len(inner), is_histogram) & ~np.isinf(inner).any(axis=1))
    values = explainer.shap_values(inner[usable], check_additivity=False)
    values = values[:, :, None] if values.ndim == 2 else values
    expected = np.atleast_1d(explainer.expected_value)
    if values.shape[2] == 2:
        values, expected = values[:, :, 1:], expected[1:]
    summed = np.stack([values[:, [o == c for o in owners], :].sum(axis=1) for c in columns], axis=2)
    rows = iter(summed)
    return [[*np.column_stack([next(rows), expected]).ravel()] if use else None for use in usable]


def bits(values):
    return None if values is None else [f"{np.float64(v).view(np.uint64):016x}" for v in values]


def write(folder, name, variant, large):
    model, columns, kind, options = variant
    rng = stream(name)
    frame = table(rng, 4000 if large else 600)
    y = target(kind, signal(frame, rng), rng)
    levels = {column: sorted(frame[column].dropna().unique()) for column in TEXTS}
    x = prepared(frame, options, columns, levels)
    fit = options.get("fit", lambda x, y: {"X": x, "y": y})(x, y)
    model.fit(**fit)
    if xgb and isinstance(model, xgb.XGBModel) and model.early_stopping_rounds:
        assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
    model = getattr(model, "booster", model) if isinstance(model, LightBooster) else untimed(model)
    if options.get("frozen alone"):
        model = FrozenEstimator(model)
    if options.get("frozen"):
        model = CalibratedClassifierCV(FrozenEstimator(model), method="isotonic").fit(x, y)
    file = skops.io.dumps(model)
    if not large:
        file = numbered(file, name)
    (folder / f"{name}.skops").write_bytes(file)
    model = skops.io.loads(file, trusted=skops.io.get_untrusted_types(data=file))
    rows = adversarial(rng, 2400 if large else 50, columns, model, frame)
    taken = prepared(rows, options, columns, levels)
    expected = grouped_predictions(model, taken, may_be_refused(rows)) if large else predictions(model, taken)
    described = []
    for column in columns:
        if column in TEXTS:
            values = [None if isinstance(v, float) else v for v in rows[column]]
            described.append({"name": column, "level": values})
        else:
            described.append({"name": column, "double": bits(rows[column].to_numpy())})
    explained = [row for row, (raw, _, _) in enumerate(expected) if raw is not None][: 300 if large else 8]
    shares = contributions(model, taken.iloc[explained] if isinstance(taken, pd.DataFrame) else taken[explained], columns)
    golden = {
        "rows": len(rows),
        "named": not options.get("numpy", False),
        "single": options.get("single", False),
        "features": described,
        "raw": [bits(raw) for raw, _, _ in expected],
        "probability": [bits(probability) for _, probability, _ in expected],
        "decision": [decision for _, _, decision in expected],
        "explained": None if shares is None else [[row, bits(values)] for row, values in zip(explained, shares) if values],
        "classes": ["0", "1"] if name == "lgbm_booster" else [str(c) for c in model.classes_] if hasattr(model, "classes_") else None,
    }
    (folder / f"{name}.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
    scored = sum(decision is not None or raw is not None for raw, _, decision in expected)
    print(f"{name}: {len(file):,} bytes, {len(rows)} rows, {len(rows) - scored} refused")


def write_all(folder, large, is_other=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, variant in variants(large).items():
        if is_other and FrozenEstimator is None and "frozen" in variant[3]:
            continue
        write(folder, name, variant, large)
    if large:
        return
    for name, (model, kind) in refused().items():
        rng = stream(name)
        frame = table(rng, 200)
        if kind:
            model = untimed(model.fit(frame[NUMBERS[:2]], target(kind, signal(frame, rng), rng)))
        (folder / f"{name}.skops").write_bytes(numbered(skops.io.dumps(model), name))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--large", type=Path)
    parser.add_argument("--other", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.other:
        return write_all(options.other, True, is_other=True)
    versions = (sklearn.__version__, skops.__version__, shap.__version__)
    assert versions == ("1.9.1", "0.16.0", "0.51.0"), versions
    committed = HERE / "sklearn"
    if options.large:
        write_all(options.large, True)
    elif options.compare:
        with tempfile.TemporaryDirectory() as made:
            write_all(Path(made), False)
            names = sorted({p.name for p in Path(made).iterdir()} | {p.name for p in committed.iterdir()})
            differ = [name for name in names if name not in filecmp.cmpfiles(made, committed, names, shallow=False)[0]]
        print("\n".join(["different:", *differ]) if differ else f"{len(names)} files are the same")
        raise SystemExit(bool(differ))
    else:
        write_all(committed, False)


if __name__ == "__main__":
    main()
