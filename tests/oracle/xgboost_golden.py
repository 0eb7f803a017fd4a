"""Golden models and outputs for the crate vigie-models, computed by the official xgboost library and never by vigie.

Usage: python tests/oracle/xgboost_golden.py                (small models and 50 rows each, into tests/oracle/xgboost)
       python tests/oracle/xgboost_golden.py --compare      (makes them again and compares with the committed files)
       python tests/oracle/xgboost_golden.py --large DIR    (larger models and 2,400 rows each, into DIR)
Needs xgboost 3.2.0 (the last version for Python 3.11) or 3.4.1 (Python 3.12), numpy, pandas. With 3.4.1, the names of all
files end in `_3_4`, and only some of the small models are made. Every expected value comes from a model loaded from its
file, on a fresh DMatrix (a DMatrix that is predicted twice returns cached results; what `inplace_predict` of 3.2, which rounds
dart differently, gives has keys of its own). Floats are written as the hexadecimal digits of their bits. Deterministic: the same versions on the same kind of
machine write the same bytes.

Rows contain edge cases: NaN, numbers on a threshold and one step next to it, doubles that round to one, both zeros, denormals,
the largest finite numbers, unknown, negative, fractional and huge category codes. The last rows are those that the library
refuses: infinities, numbers beyond 32-bit floats, unknown levels. Where `inplace_predict` takes them, its output is expected.
"""

import argparse
import filecmp
import json
import os
import tempfile
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import pandas as pd
import xgboost as xgb

SEED = 20261129
HERE = Path(__file__).resolve().parent
SUFFIX = {"3.2.0": "", "3.4.1": "_3_4"}
QUIET = dict(nthread=1, seed=7, verbosity=0)
F32_MAX = np.float32(3.4028235e38)


def stream(name):
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


# -- models -----------------------------------------------------------------------------------------------------------

MODELS = {}
SMALL_3_4 = ["logistic", "dart", "pandas_categories", "softprob_vector_leaf", "multi_target_vector_leaf", "quantile_three",
             "categories_partition", "gblinear_multiclass"]  # fmt: skip


@dataclass
class Made:
    booster: xgb.Booster
    frame: pd.DataFrame  # training rows; columns are features
    types: list | None = None  # feature types, if the model was trained on codes of categories
    options: dict = field(default_factory=dict)  # ModelOptions that the reader needs
    iterations: tuple = (0, 0)  # what `predict` uses; (0, 0) is all
    edited: bytes | None = None  # a file that the library reads, but does not write
    missing: float = np.nan  # what stands for a missing value, besides NaN


def model(build):
    MODELS[build.__name__] = build
    return build


def numbers(rng, n, count, nan=0.1):
    """Numeric columns without names; some with many equal values, some doubles."""
    frame = pd.DataFrame({i: rng.normal(size=n).astype(np.float32) for i in range(count)})
    frame[1] = np.round(frame[1] * 4) / 4
    frame[2] = frame[2].astype(np.float64) * 1000 / 7
    for i in range(0, count, 2):
        frame.loc[rng.random(n) < nan, i] = np.nan
    return frame


def signal(frame, rng):
    total = rng.normal(size=len(frame)) * 0.3
    for i, name in enumerate(frame):
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            total += np.array([zlib.crc32(f"{name}{v}".encode()) % 1000 / 400 - 1.2 for v in column])
        else:
            x = column.to_numpy(float)
            total += np.where(np.isnan(x), 0.7, np.sin(2.0 * np.nan_to_num(x) / max(1.0, np.nanstd(x)) + i))
    return total


def size(large):
    return 3000 if large else 400


def rounds(large, small=3, big=30):
    return big if large else small


def matrix(frame, types=None, missing=np.nan, **labels):
    """As users make it: names only if the columns have names."""
    if types or all(isinstance(name, int) for name in frame):
        values = frame.to_numpy(np.float64)
        return xgb.DMatrix(values, missing=missing, feature_types=types, enable_categorical=bool(types), nthread=1, **labels)
    return xgb.DMatrix(frame, missing=missing, enable_categorical=True, nthread=1, **labels)


def train(frame, labels, large, types=None, missing=np.nan, small=3, big=30, depth=(3, 6), **params):
    params = QUIET | dict(max_depth=depth[large], eta=0.4) | params
    labels = labels if isinstance(labels, dict) else dict(label=labels)
    booster = xgb.train(params, matrix(frame, types, missing, **labels), rounds(large, small, big))
    options = {} if np.isnan(missing) else {"missing": bits64(missing)[0]}
    return Made(booster, frame, types, options, missing=missing)


def simple(name, large, target, columns=6, missing=np.nan, **params):
    rng = stream(name)
    frame = numbers(rng, size(large), columns)
    y = target(signal(frame, rng), rng)
    if not np.isnan(missing):
        # Two of the columns with missing values get the number for them, which also occurs elsewhere.
        frame[[0, 2]] = frame[[0, 2]].fillna(missing)
        frame.loc[rng.random(len(frame)) < 0.05, 3] = missing
    return train(frame, y, large, missing=missing, **params)


def binary(score, rng):
    return (score > np.median(score)).astype(int)


def positive(score, rng):
    return np.exp(score / 4) * rng.gamma(4.0, 0.25, len(score))


def classes(score, rng):
    return np.digitize(score, np.quantile(score, [0.3, 0.6, 0.8]))


counts = lambda score, rng: rng.poisson(np.exp(score / 4))
real = lambda score, rng: score


def targets(score, rng):
    return np.stack([score, score**2, rng.normal(size=len(score)) + 2], 1)


def add(name, target, **params):
    MODELS[name] = lambda name, large: simple(name, large, target, **params)


add("logistic", binary, objective="binary:logistic")
add("base_score_03", binary, objective="binary:logistic", base_score=0.3)
add("base_score_0037", binary, objective="binary:logistic", base_score=0.0037, eta=1.0)
add("logitraw", binary, objective="binary:logitraw")
add("hinge", binary, objective="binary:hinge")
add("dart", binary, objective="binary:logistic", booster="dart", rate_drop=0.4, one_drop=1, small=6)
add("dart_forest", classes, objective="multi:softprob", num_class=4, booster="dart", rate_drop=0.5, normalize_type="forest",
    num_parallel_tree=2, small=2, big=12)  # fmt: skip
add("dart_base_score", binary, objective="binary:logistic", booster="dart", rate_drop=0.4, one_drop=1, base_score=0.03, small=6)
add("gblinear", binary, objective="binary:logistic", booster="gblinear", small=5)
add("gblinear_multiclass", classes, objective="multi:softprob", num_class=4, booster="gblinear", base_score=0.3, small=5)
add("random_forest", binary, objective="binary:logistic", num_parallel_tree=20, subsample=0.7, colsample_bynode=0.6, eta=1.0,
    small=1, big=1, depth=(2, 8))  # fmt: skip
add("boosted_random_forest", real, objective="reg:squarederror", num_parallel_tree=4, subsample=0.6, small=2)
add("lossguide", binary, objective="binary:logistic", grow_policy="lossguide", max_leaves=31, depth=(0, 0), small=2)
add("exact_with_deleted_nodes", binary, objective="binary:logistic", tree_method="exact", gamma=1.0, depth=(4, 8))
add("approx", binary, objective="binary:logistic", tree_method="approx")
add("squarederror", real, objective="reg:squarederror")
add("absoluteerror", real, objective="reg:absoluteerror")
add("quantile", real, objective="reg:quantileerror", quantile_alpha=0.8)
add("quantile_three", real, objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9])
add("pseudohuber", real, objective="reg:pseudohubererror", huber_slope=0.7)
add("squaredlogerror", positive, objective="reg:squaredlogerror")
add("reg_logistic", lambda score, rng: 1 / (1 + np.exp(-score)), objective="reg:logistic")
add("poisson", counts, objective="count:poisson")
add("gamma", positive, objective="reg:gamma")
add("tweedie", counts, objective="reg:tweedie", tweedie_variance_power=1.3)
add("softprob", classes, objective="multi:softprob", num_class=4)
add("softmax", classes, objective="multi:softmax", num_class=4)
add("softprob_vector_leaf", classes, objective="multi:softprob", num_class=4, multi_strategy="multi_output_tree", tree_method="hist")
add("multi_target", targets, objective="reg:squarederror")
add("multi_target_vector_leaf", targets, objective="reg:squarederror", multi_strategy="multi_output_tree", tree_method="hist")
add("multi_label", lambda score, rng: (targets(score, rng) > 1).astype(int), objective="binary:logistic")
add("rank_ndcg", lambda score, rng: dict(label=classes(score, rng), qid=np.sort(rng.integers(0, 20, len(score)))),
    objective="rank:ndcg")  # fmt: skip
add("aft", lambda score, rng: dict(label_lower_bound=positive(score, rng), label_upper_bound=np.full(len(score), np.inf)),
    objective="survival:aft")  # fmt: skip
add("cox", lambda score, rng: np.where(rng.random(len(score)) < 0.3, -1, 1) * positive(score, rng), objective="survival:cox")
add("no_split", binary, objective="binary:logistic", gamma=1e9)
add("zero_rounds", binary, objective="binary:logistic", small=0, big=0)
add("zero_rounds_poisson", counts, objective="count:poisson", small=0, big=0)
add("zero_rounds_gblinear", binary, objective="binary:logistic", booster="gblinear", small=0, big=0)
add("monotone", binary, objective="binary:logistic", monotone_constraints="(1,-1,0,0,0,0)", interaction_constraints="[[0,1,2],[3,4,5]]")


# A number for missing values; if it is infinite, the other infinity is a number.
MISSING = dict(zero=0.0, minus_999=-999.0, infinity=np.inf)
for suffix, number in MISSING.items():
    add(f"missing_{suffix}", binary, missing=number, objective="binary:logistic")
    add(f"missing_{suffix}_gblinear", binary, missing=number, objective="binary:logistic", booster="gblinear", small=5)


def codes(name, large, **params):
    """Trained on codes of categories in a plain matrix: the file has no levels."""
    rng = stream(name)
    frame = numbers(rng, size(large), 3)
    frame[3] = rng.integers(0, 6, len(frame)).astype(float)
    frame[4] = rng.choice([0.0, 3, 40, 41, 200, 1000], len(frame))
    frame[5] = rng.integers(0, 120, len(frame)).astype(float)
    frame.loc[rng.random(len(frame)) < 0.1, 4] = np.nan
    effect = np.array([zlib.crc32(f"{a},{b},{c}".encode()) % 1000 / 300 for a, b, c in zip(frame[3], frame[4], frame[5])])
    y = binary(signal(frame[[0, 1, 2]], rng) + effect, rng)
    return train(frame, y, large, types=["q", "q", "q", "c", "c", "c"], objective="binary:logistic", tree_method="hist", **params)


MODELS["categories_auto"] = codes
MODELS["categories_one_hot"] = lambda name, large: codes(name, large, max_cat_to_onehot=1000, small=6)
MODELS["missing_zero_categories"] = lambda name, large: codes(name, large, missing=0.0)
MODELS["missing_minus_half_categories"] = lambda name, large: codes(name, large, missing=-0.5)
MODELS["missing_infinity_categories"] = lambda name, large: codes(name, large, missing=-np.inf)
MODELS["categories_partition"] = lambda name, large: codes(name, large, max_cat_to_onehot=1, max_cat_threshold=200)


def levels(rng, n, ascii_only):
    names = ["a", "", "b é" if not ascii_only else "b e", "d", "Business Entity Type 3", "été" if not ascii_only else "ete", "z=1"]
    frame = pd.DataFrame({"number 0": rng.normal(size=n).astype(np.float32)})
    frame["a=b"] = pd.Categorical(rng.choice(names, n), categories=names[::-1])
    frame["int levels"] = pd.Categorical(rng.choice([10, -3, 700, 4], n))
    frame["flag"] = rng.random(n) < 0.4
    frame["count"] = rng.integers(-5, 50, n)
    frame["hôtel"] = rng.normal(size=n) * 100
    frame["ordered"] = pd.Categorical(rng.choice(["low", "high", "middle"], n), categories=["low", "middle", "high"], ordered=True)
    frame.loc[rng.random(n) < 0.1, "a=b"] = np.nan
    return frame


def pandas_levels(name, large, **params):
    rng = stream(name)
    frame = levels(rng, size(large), ascii_only=xgb.__version__ == "3.2.0")
    return train(frame, binary(signal(frame, rng), rng), large, objective="binary:logistic", max_cat_to_onehot=4, **params)


MODELS["pandas_categories"] = pandas_levels
MODELS["missing_one_pandas"] = lambda name, large: pandas_levels(name, large, missing=1.0)


def early_stopping(name, large, wrapper):
    rng = stream(name)
    frame = numbers(rng, size(large), 6)
    y = binary(signal(frame, rng) + rng.normal(size=len(frame)) * 3, rng)
    half = len(frame) // 2
    params = dict(n_estimators=200, early_stopping_rounds=3, max_depth=3, learning_rate=0.5, n_jobs=1, random_state=7)
    x = frame.to_numpy(np.float64)
    made = xgb.XGBClassifier(**params).fit(x[:half], y[:half], eval_set=[(x[half:], y[half:])], verbose=False)
    best, used = made.best_iteration + 1, made.get_booster().num_boosted_rounds()
    assert best < used
    if not wrapper:
        return Made(made.get_booster(), frame)
    with tempfile.TemporaryDirectory() as folder:
        made.save_model(f"{folder}/m.ubj")
        booster = xgb.Booster(QUIET, model_file=f"{folder}/m.ubj")
    check = made.predict_proba(x)[:, 1]
    assert (check == booster.predict(matrix(frame), iteration_range=(0, best))).all()
    return Made(booster, frame, iterations=(0, best))


# The wrapper predicts with the iterations up to the best one; `Booster.predict` uses all.
MODELS["wrapper_early_stopping"] = lambda name, large: early_stopping(name, large, True)
MODELS["booster_early_stopping"] = lambda name, large: early_stopping(name, large, False)


@model
def first_iterations(name, large):
    made = simple(name, large, classes, objective="multi:softprob", num_class=4, num_parallel_tree=2, small=4)
    made.options, made.iterations = {"iterations": 3}, (0, 3)
    return made


@model
def prune_updater(name, large):
    made = simple(name, large, binary, objective="binary:logistic", depth=(4, 7))
    data = matrix(made.frame, label=binary(signal(made.frame, stream(name)), None))
    params = QUIET | dict(process_type="update", updater="prune,refresh", gamma=2.0, objective="binary:logistic")
    made.booster = xgb.train(params, data, rounds(large), xgb_model=made.booster)
    return made


def edited(edit, base, *args, **params):
    def build(name, large):
        made = simple(name, large, base, *args, **params)
        tree = json.loads(made.booster.save_raw("json"))
        edit(tree)
        made.edited = json.dumps(tree).encode()
        return made

    return build


def as_before_1_6(tree):
    del tree["version"]
    learner = tree["learner"]
    parameters = learner["learner_model_param"]
    for key in ("num_target", "boost_from_average"):
        del parameters[key]
    parameters["base_score"] = "3.00000000000000000E-1"
    for key in ("feature_names", "feature_types"):
        del learner[key]
    booster = learner["gradient_booster"]["model"]
    del booster["cats"]
    if booster["trees"]:
        del booster["iteration_indptr"]
    for one in booster["trees"]:
        for key in ("split_type", "categories", "categories_nodes", "categories_segments", "categories_sizes"):
            del one[key]
        one["default_left"] = [bool(left) for left in one["default_left"]]
        one["tree_param"]["size_leaf_vector"] = "0"


MODELS["old_form"] = edited(as_before_1_6, classes, objective="multi:softprob", num_class=4, num_parallel_tree=2, base_score=0.3)
MODELS["old_form_without_trees"] = edited(as_before_1_6, binary, objective="binary:logistic", base_score=0.3, small=0, big=0)


def with_large_numbers(tree):
    """Leaves and thresholds that are not finite, and numbers that need all digits."""
    one = tree["learner"]["gradient_booster"]["model"]["trees"]
    for at, number in zip((-1, -2), (float("inf"), 1e38)):
        one[0]["split_conditions"][at] = number
    one[1]["split_conditions"][-1] = float("nan")
    one[1]["split_conditions"][0] = 0.1234567890123456789
    one[2]["split_conditions"][-1] = -float("inf")


MODELS["numbers_that_are_not_finite"] = edited(with_large_numbers, real, objective="reg:squarederror")


# -- rows -------------------------------------------------------------------------------------------------------------


def thresholds(booster, features):
    tree = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]
    trees = (tree.get("gbtree") or tree)["model"].get("trees", [])
    found = [[] for _ in range(features)]
    for one in trees:
        for left, feature, condition in zip(one["left_children"], one["split_indices"], one["split_conditions"]):
            if left != -1 and feature < features:
                found[feature].append(condition)
    return [np.array(sorted(set(f)), np.float32) for f in found]


def adversarial(rng, column, on, n, missing):
    """Values of a numeric column; doubles stay doubles that round to the values of interest."""
    kind = column.dtype
    values = column.to_numpy()[rng.integers(0, len(column), n)]
    if kind == bool or kind.kind == "i":
        return values
    values = values.astype(np.float32)
    if len(on):
        picked = on[rng.integers(0, len(on), n)]
        step = rng.integers(0, 6, n)
        values = np.where(step == 0, picked, values)
        values = np.where(step == 1, np.nextafter(picked, F32_MAX), values)
        values = np.where(step == 2, np.nextafter(picked, -F32_MAX), values)
    special = np.array([0.0, -0.0, 1e-45, -1e-45, 1e-38, F32_MAX, -F32_MAX, np.nan, 16777216.0], np.float32)
    odd = rng.random(n) < 0.15
    values[odd] = special[rng.integers(0, len(special), odd.sum())]
    if not np.isnan(missing):
        number = np.float32(missing)
        near = [number, number, np.nextafter(number, F32_MAX), np.nextafter(number, -F32_MAX), -number]
        odd = rng.random(n) < 0.2
        values[odd] = np.array(near, np.float32)[rng.integers(0, len(near), odd.sum())]
    if kind == np.float64:
        values = values.astype(np.float64)
        nudged = (rng.random(n) < 0.5) & (np.abs(values) < 1e30)
        values[nudged] = values[nudged] * (1 + rng.choice([-1e-12, 1e-12, 3e-8, 6e-8], nudged.sum()))
        if np.isinf(missing):
            # Beyond 32-bit floats, numbers are infinite.
            beyond = np.isinf(values) & (rng.random(n) < 0.5)
            values[beyond] = np.copysign(1e300, values[beyond])
    return values


CODES = [-1.0, -0.5, -0.0, 2.5, 5.99, 119.5, 6.0, 1e4, 16777215.0, 16777216.0, 1e9, -1e9, np.nan, 4294967295.0]


def rows(made, rng, n, refused):
    """The rows to score, of which the last `refused` are changed so that the library refuses them."""
    on = thresholds(made.booster, made.frame.shape[1])
    out = {}
    for i, name in enumerate(made.frame):
        column = made.frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            out[name] = column.iloc[rng.integers(0, len(column), n)].reset_index(drop=True)
        elif made.types and made.types[i] == "c":
            values = column.to_numpy()[rng.integers(0, len(column), n)]
            odd = rng.random(n) < 0.3
            special = CODES + ([np.inf, -np.inf, 1e39] if np.isinf(made.missing) else [])
            values[odd] = np.array(special)[rng.integers(0, len(special), odd.sum())]
            out[name] = values
        else:
            out[name] = adversarial(rng, column, on[i], n, made.missing)
    frame = pd.DataFrame(out)
    for row in range(n - refused, n):
        name = rng.choice(np.array([c for i, c in enumerate(frame) if spoils(made, i, len(on[i]) > 0)], object))
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            # Behind all levels in order: XGBoost 3.2 takes others for the next level.
            unseen = 10**6 if frame[name].dtype.categories.dtype.kind == "i" else "~never seen"
            frame[name] = frame[name].cat.add_categories([c for c in [unseen] if c not in frame[name].cat.categories])
            frame.loc[row, name] = unseen
        else:
            beyond = [np.inf, -np.inf] if frame[name].dtype == np.float32 or made.types else [np.inf, -np.inf, 1e39, -1e300]
            frame.loc[row, name] = rng.choice(beyond)
    return frame


def spoils(made, at, is_used):
    """Whether a column can have a value that the library refuses. Levels that no tree reads are not checked by vigie."""
    kind = made.frame.iloc[:, at].dtype
    is_level = isinstance(kind, pd.CategoricalDtype) or bool(made.types) and made.types[at] == "c"
    return is_used if is_level else kind.kind == "f"


def bits32(values):
    return [f"{b:08x}" for b in np.ascontiguousarray(values, np.float32).view(np.uint32).ravel()]


def bits64(values):
    return [f"{b:016x}" for b in np.ascontiguousarray(values, np.float64).view(np.uint64).ravel()]


def column(name, values, is_code):
    named = {} if isinstance(name, int) else {"name": name}
    if isinstance(values.dtype, pd.CategoricalDtype):
        return named | {"level": [None if pd.isna(v) else str(v) for v in values]}
    if is_code:
        return named | {"level": [None if np.isnan(v) else repr(float(v)) for v in values]}
    if values.dtype == bool:
        return named | {"boolean": [bool(v) for v in values]}
    if values.dtype.kind == "i":
        return named | {"integer": [int(v) for v in values]}
    return named | ({"single": bits32(values)} if values.dtype == np.float32 else {"double": bits64(values)})


def is_refused(booster, frame, made):
    try:
        booster.predict(matrix(frame, made.types, made.missing), output_margin=True)
        return False
    except xgb.core.XGBoostError as error:
        assert "Input data contains" in str(error) or "category not in" in str(error), error
        return True


def golden(name, made, file, n, refused):
    """Outputs of the model in `file` on `n` rows."""
    booster = xgb.Booster(QUIET, model_file=str(file))
    refused = 0 if np.isinf(made.missing) else refused
    rng = stream(name + " rows")
    frame = rows(made, rng, n, refused)
    kept = frame.iloc[: n - refused]
    known = kept.copy()
    for column_name in known:
        if isinstance(made.frame[column_name].dtype, pd.CategoricalDtype):
            known[column_name] = known[column_name].cat.set_categories(made.frame[column_name].cat.categories)
    data = lambda: matrix(known, made.types, made.missing)
    span = dict(iteration_range=made.iterations)
    raw = booster.predict(data(), output_margin=True, **span).reshape(n - refused, -1)
    for row in range(n - refused, n):
        assert is_refused(booster, frame.iloc[[row]], made), f"{name}: row {row} is not refused"
    values = {"rows": n, "options": made.options, "outputs": raw.shape[1]}
    values["features"] = [column(c, frame[c], bool(made.types) and made.types[i] == "c") for i, c in enumerate(frame)]
    values["raw"] = bits32(raw)
    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    values["objective"] = objective
    prediction = booster.predict(data(), **span)
    if objective == "multi:softmax":
        values["decision"] = [int(v) for v in prediction]
        booster.set_param({"objective": "multi:softprob"})
        prediction = booster.predict(data(), **span)
    values["prediction"] = bits32(prediction)
    if name.startswith("dart") and xgb.__version__ == "3.2.0":
        # The wrapper's `predict_proba` uses this way of predicting, which rounds each tree with the base score added to it.
        plain = known.to_numpy(np.float64)
        values["in_place_raw"] = bits32(booster.inplace_predict(plain, predict_type="margin", missing=made.missing, **span))
        values["in_place"] = bits32(booster.inplace_predict(plain, missing=made.missing, **span))
    trees = json.loads(booster.save_config())["learner"]["gradient_booster"]["name"]
    if refused and trees == "gbtree" and not any(isinstance(frame[c].dtype, pd.CategoricalDtype) for c in frame) and not made.types:
        # Infinities as such, which only this way of predicting takes.
        odd = frame.iloc[n - refused :].to_numpy(np.float64)
        values["refused_raw"] = bits32(booster.inplace_predict(odd, predict_type="margin", missing=made.missing, **span))
    explained = min(n - refused, 100)
    try:
        contributions = booster.predict(matrix(known.iloc[:explained], made.types, made.missing), pred_contribs=True, **span)
        values["contributions_shape"], values["contributions"] = list(contributions.shape), bits32(contributions)
    except xgb.core.XGBoostError as error:
        assert "vector leaf" in str(error) or "multi" in str(error).lower(), error
    return values


def make(folder, large, only):
    folder.mkdir(parents=True, exist_ok=True)
    suffix = SUFFIX[xgb.__version__]
    for name, build in MODELS.items():
        if only and name not in only or suffix and not large and name not in SMALL_3_4:
            continue
        made = build(name, large)
        stem = name + suffix
        json_file, ubj_file = folder / f"{stem}.model.json", folder / f"{stem}.ubj"
        if made.edited:
            json_file.write_bytes(made.edited)
        else:
            made.booster.save_model(json_file)
            made.booster.save_model(ubj_file)
        values = golden(name, made, json_file, 2400 if large else 50, 40 if large else 5)
        if not made.edited:
            again = golden(name, made, ubj_file, 2400 if large else 50, 40 if large else 5)
            assert values == again, f"{name}: the formats differ"
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{stem}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{stem}: {json_file.stat().st_size} bytes of JSON, {values['rows']} rows, {values['outputs']} outputs")
    if not suffix and not only:
        # Levels that are not ASCII, whose list XGBoost 3.2 writes wrongly.
        rng = stream("non_ascii_levels")
        frame = levels(rng, 200, ascii_only=False)
        made = train(frame, binary(signal(frame, rng), rng), False, objective="binary:logistic")
        made.booster.save_model(folder / "non_ascii_levels.ubj")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", type=Path, metavar="DIR")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--only", nargs="*", help="names of models")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    assert xgb.__version__ in SUFFIX, f"needs xgboost {' or '.join(SUFFIX)}, found {xgb.__version__}"
    committed = HERE / "xgboost"
    if args.large:
        make(args.large, True, args.only)
    elif args.compare:
        with tempfile.TemporaryDirectory() as temporary:
            make(Path(temporary), False, args.only)
            names = sorted(p.name for p in Path(temporary).iterdir())
            _, wrong, missing = filecmp.cmpfiles(committed, temporary, names, shallow=False)
        print(f"{len(names)} files, different: {wrong}, missing: {missing}")
        raise SystemExit(1 if wrong or missing else 0)
    else:
        make(committed, False, args.only)
        print("total", sum(p.stat().st_size for p in committed.iterdir()), "bytes")


if __name__ == "__main__":
    main()
