"""Golden models and outputs for the crate vigie-models, computed by the official catboost library and never by vigie.

Usage: python tests/oracle/forest_golden.py                (small models and 50 rows each, into tests/oracle/forest)
       python tests/oracle/forest_golden.py --compare      (makes them again and compares with the committed files)
       python tests/oracle/forest_golden.py --large DIR    (larger models and 10,000 rows each, into DIR)
Needs catboost 1.2.10, numpy, pandas. Every expected value comes from a model loaded from its .cbm file, never from JSON, because
catboost's JSON loader loses bits. Floats are written as the hexadecimal digits of their bits. Deterministic: the same versions
on the same kind of machine write the same bytes. On another machine --compare may report different models, since training depends
on the machine. Then check new models instead: set VIGIE_FOREST to the output of --large.

Rows contain edge cases: NaN, infinities, numbers exactly on a border and next to it, doubles that round to a border, both zeros,
levels unseen in training, empty and non-ASCII levels, levels of 33 to 64 bytes.
"""

import argparse
import filecmp
import json
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import catboost
import numpy as np
import pandas as pd
from catboost import CatBoost, CatBoostClassifier, CatBoostRegressor, Pool

SEED = 20261124
HERE = Path(__file__).resolve().parent
LEVELS = ["", "a", "b", "été", "日本", "Business Entity Type 3", "XNA", "1", "True", "-1", "1.0", " a", "a level of more than thirty-two bytes",
          "a level of more than sixty-four bytes, which CityHash takes another way through", "nan", "__MISSING__"]  # fmt: skip
MISSING = "__MISSING__"
UNSEEN = ["never seen", "Ä", "b ", "\u0000", "🦀", "x" * 40, "y" * 200]


def stream(name):
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


# -- rows -------------------------------------------------------------------------------------------------------------


def numbers(rng, n, nan=0.0):
    x = rng.normal(size=n).astype(np.float32)
    x[rng.random(n) < 0.1] = 0.0
    x[rng.random(n) < nan] = np.nan
    return x


def levels(rng, n, count):
    """Draws levels, some common, some rare; the first is the empty string."""
    names = LEVELS[:count] + [f"level {i}" for i in range(len(LEVELS), count)]
    weights = 1.0 / (1 + np.arange(count)) ** 0.7
    return np.array(names, object)[rng.choice(count, n, p=weights / weights.sum())]


def table(columns):
    """Builds a data frame in which levels stay Python strings in object columns."""
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})


def training(rng, n, floats, cats=(), nan=0.0):
    """Training data: `floats` numeric columns, and one categorical column for each number of levels in `cats`."""
    columns = {f"number {i}": numbers(rng, n, nan if i % 2 == 0 else 0.0) for i in range(floats)}
    for i, count in enumerate(cats):
        columns[f"level {i}"] = levels(rng, n, count)
    names = list(columns)
    order = rng.permutation(len(names))  # mixes numbers and levels, so that the two kinds of feature indices differ
    return table({names[i]: columns[names[i]] for i in order})


def signal(frame, rng):
    """A target to learn: smooth in numbers, irregular in levels and in pairs of levels, whose effect depends on a number."""
    total = rng.normal(size=len(frame)) * 0.4
    levels, turn = [], 1.0
    for i, name in enumerate(frame):
        column = frame[name]
        if column.dtype == object:
            levels.append(column.to_numpy())
            total = total + [jump(f"{name}{v}") for v in column]
        else:
            total = total + np.where(np.isnan(column), 0.7, np.sin(2.0 * np.nan_to_num(column.to_numpy(float)) + i))
            turn = np.where(column > 0.3, -1.0, 1.0)
    for one, other in zip(levels, levels[1:]):
        total = total + 2.0 * turn * np.array([jump(f"{a}|{b}") for a, b in zip(one, other)])
    return total


def jump(text):
    return zlib.crc32(text.encode()) % 1000 / 500 - 1


def edge_case_rows(frame, model, rng, n):
    """Rows to score. Some numeric columns are doubles that differ from a border by less than single precision."""
    borders = model.get_borders() if model.tree_count_ else {}
    out = {}
    for i, name in enumerate(frame):
        column = frame[name]
        if column.dtype == object:
            known = column.unique()
            values = np.array(known, object)[rng.integers(0, len(known), n)]
            strange = rng.random(n) < 0.2
            values[strange] = np.array(UNSEEN + LEVELS, object)[rng.integers(0, len(UNSEEN) + len(LEVELS), strange.sum())]
            out[name] = values
            continue
        values = numbers(rng, n, 0.12)
        on = np.array(borders.get(i, []), np.float32)
        if len(on):
            picked = on[rng.integers(0, len(on), n)]
            kind = rng.integers(0, 8, n)
            values = np.where(kind == 0, picked, values)
            values = np.where(kind == 1, np.nextafter(picked, np.float32(3e38)), values)
            values = np.where(kind == 2, np.nextafter(picked, np.float32(-3e38)), values)
        special = np.array([np.inf, -np.inf, 0.0, -0.0, 3.4028235e38, -3.4028235e38, 1e-45, np.nan], np.float32)
        odd = rng.random(n) < 0.15
        values[odd] = special[rng.integers(0, len(special), odd.sum())]
        values = values.astype(np.float32)
        if i % 3 == 1:  # a column of doubles
            with np.errstate(invalid="ignore"):
                values = values.astype(np.float64)
                nudged = rng.random(n) < 0.5
                values[nudged] = values[nudged] * (1 + rng.choice([-1e-12, 1e-12, 3e-8], nudged.sum()))
        out[name] = values
    return table(out)


# -- models -----------------------------------------------------------------------------------------------------------

MODELS = {}
QUIET = dict(thread_count=1, verbose=0, allow_writing_files=False, random_seed=7)


@dataclass
class Made:
    model: CatBoost
    frame: pd.DataFrame
    shap: bool | None = False  # explain many rows (True) or few; None: the model has no SHAP values
    refused: bool = False  # vigie refuses the model
    no_trees: bool = False  # the library refuses to evaluate the model
    missing: dict = field(default_factory=dict)  # per column, the level that stands for a missing value: a null in the golden file


def model(build):
    MODELS[build.__name__] = build
    return build


def fit(kind, frame, y, shap=False, **options):
    made = kind(**(QUIET | options))
    made.fit(frame, y, cat_features=[c for c in frame if frame[c].dtype == object])
    return Made(made, frame, shap)


def exported(path):
    with tempfile.TemporaryDirectory() as temporary:
        CatBoost().load_model(str(path)).save_model(f"{temporary}/m.json", format="json")
        return json.loads(Path(f"{temporary}/m.json").read_text(encoding="utf-8"))


def tables(path):
    """The CTR tables of a model: kind, and elements of the key."""
    names = exported(path).get("ctr_data") or {}
    parts = [json.loads(name) for name in names]
    return sorted({p["type"] + ": " + " + ".join(e["combination_element"] for e in p["identifier"]) for p in parts})


def binary(name, large, floats, cats=(), nan=0.0, rows=2000, iterations=(5, 60), depth=6, shap=False, **options):
    rng = stream(name)
    frame = training(rng, rows * (3 if large else 1), floats, cats, nan)
    score = signal(frame, rng)
    y = (score > np.median(score)).astype(int)
    return fit(CatBoostClassifier, frame, y, shap, iterations=iterations[large], depth=depth,
               learning_rate=0.3, **options)  # fmt: skip


@model
def depth_1(name, large):
    return binary(name, large, 5, depth=1, iterations=(25, 300))


@model
def depth_0(name, large):
    """Some trees without conditions. Training does not produce them, but a model edited as JSON and saved as .cbm can."""
    made = depth_1(name, large)
    with tempfile.TemporaryDirectory() as temporary:
        path = f"{temporary}/m.json"
        made.model.save_model(path, format="json")
        edited = json.loads(Path(path).read_text(encoding="utf-8"))
        bare = {"leaf_values": [0.1], "leaf_weights": [2000], "splits": []}
        edited["oblivious_trees"] = [bare, *edited["oblivious_trees"][:5], bare, bare, *edited["oblivious_trees"][5:9]]
        Path(path).write_text(json.dumps(edited), encoding="utf-8")
        return Made(CatBoostClassifier().load_model(path, format="json"), made.frame)


@model
def depth_6_nan_min(name, large):
    return binary(name, large, 6, nan=0.2, nan_mode="Min", shap=True)


@model
def depth_8_nan_max(name, large):
    return binary(name, large, 5, nan=0.2, depth=8, nan_mode="Max", iterations=(2, 40))


@model
def depth_10_nan_forbidden(name, large):
    return binary(name, large, 5, depth=10, nan_mode="Forbidden", iterations=(1, 15))


@model
def depth_16(name, large):
    """Leaf numbers of 16 bits. A megabyte per tree, so only in the large set."""
    return binary(name, large, 13, depth=16, iterations=(1, 3), border_count=8) if large else None


@model
def nan_max_trained_without_nan(name, large):
    """Exported as AsIs: a missing number is below every border, not above."""
    return binary(name, large, 4, nan_mode="Max")


@model
def one_hot(name, large):
    return binary(name, large, 3, cats=(4, 9, 16), one_hot_max_size=20, nan=0.1, shap=True)


@model
def one_hot_beyond_254(name, large):
    """A tree for almost every one of 330 levels, so that there are two bin columns."""
    rng = stream(name)
    frame = training(rng, 6000, 0, (330,))
    y = np.array([10 * jump(f"{level}") for level in frame["level 0"]])
    return fit(CatBoostRegressor, frame, y, False, iterations=(310, 600)[large], depth=1, learning_rate=1.0, l2_leaf_reg=0,
               one_hot_max_size=400, random_strength=0)  # fmt: skip


@model
def ctr_every_kind(name, large):
    kinds = ["Borders:Prior=0.5/1:Prior=0/1", "Buckets:Prior=0.3/1", "BinarizedTargetMeanValue:Prior=0.1/1", "Counter:Prior=0/1:Prior=1/1"]
    return binary(name, large, 3, cats=(5, 12, 16, 3), nan=0.15, nan_mode="Max", rows=900, iterations=(9, 80), depth=4, shap=True,
                  simple_ctr=kinds, combinations_ctr=kinds, max_ctr_complexity=4, one_hot_max_size=3)  # fmt: skip


@model
def ctr_of_combinations(name, large):
    """Keys of levels, borders and one-hot levels together. The last two come first in a tree, so they must matter most."""
    rng = stream(name)
    n = 6000 if large else 1200
    few, some, more = (levels(rng, n, count) for count in (3, 5, 5))
    number = numbers(rng, n, 0.1)
    main = 3.0 * np.array([jump(f"a{v}") for v in few]) + 2.5 * np.where(number > 0.4, 1, -1)
    joint = np.array([jump(f"{a}|{b}|{c}|{d}") for a, b, c, d in zip(few, some, more, number > 0.4)])
    frame = table({"some": some, "number": number, "few": few, "more": more})
    return fit(CatBoostClassifier, frame, (main + 4 * joint > 0).astype(int), True, iterations=(3, 80)[large], depth=6,
               learning_rate=0.5, one_hot_max_size=3, max_ctr_complexity=6, model_size_reg=0, random_strength=0,
               combinations_ctr=["Borders:Prior=0.5/1", "BinarizedTargetMeanValue:Prior=0/1", "Buckets:Prior=1/1", "Counter:Prior=0/1"])  # fmt: skip


@model
def ctr_counter_full(name, large):
    return binary(name, large, 1, cats=(16, 40), rows=800, depth=4, iterations=(8, 60), counter_calc_method="Full",
                  simple_ctr=["Counter:Prior=0/1"], combinations_ctr=["Counter:Prior=0.5/1"], max_ctr_complexity=2)  # fmt: skip


@model
def ctr_regression_borders(name, large):
    """Several target binarizations, so that one combination has several tables of the same kind."""
    rng = stream(name)
    frame = training(rng, 1000 * (3 if large else 1), 2, (6, 16), 0.1)
    kinds = [f"{kind}:TargetBorderCount={n}:Prior=0.5/1" for kind, n in (("Borders", 1), ("Borders", 3), ("Buckets", 2))]
    return fit(CatBoostRegressor, frame, signal(frame, rng), False, iterations=(10, 60)[large], depth=5, learning_rate=0.3,
               simple_ctr=kinds, combinations_ctr=kinds, max_ctr_complexity=2)  # fmt: skip


@model
def ctr_multiclass(name, large):
    rng = stream(name)
    frame = training(rng, 800 * (3 if large else 1), 2, (6, 16, 4), 0.1)
    y = np.digitize(signal(frame, rng), [-1.0, 0.3, 1.2])
    return fit(CatBoostClassifier, frame, y, False, loss_function="MultiClass", iterations=(5, 40)[large], depth=4,
               learning_rate=0.3, one_hot_max_size=5)  # fmt: skip


@model
def home_credit_like(name, large):
    """Six categorical features with as many levels as in Home Credit, default CTRs, combinations of up to three."""
    return binary(name, large, 10, cats=(58, 8, 5, 19, 3, 7), nan=0.3, rows=2500, iterations=(6, 120), depth=5, shap=True,
                  max_ctr_complexity=3, l2_leaf_reg=12, class_weights=[1, 10])  # fmt: skip


@model
def depthwise(name, large):
    return binary(name, large, 4, cats=(3, 12), nan=0.2, grow_policy="Depthwise", iterations=(4, 60), depth=5, shap=True, nan_mode="Max")


@model
def lossguide(name, large):
    return binary(name, large, 5, cats=(7,), nan=0.2, grow_policy="Lossguide", max_leaves=20, depth=12, iterations=(4, 60), shap=True)


@model
def depthwise_multiclass(name, large):
    rng = stream(name)
    frame = training(rng, 1500, 5, (), 0.2)
    y = np.digitize(signal(frame, rng), [-0.7, 0.7])
    return fit(CatBoostClassifier, frame, y, True, loss_function="MultiClass", grow_policy="Depthwise",
               iterations=(3, 40)[large], depth=4, learning_rate=0.3)  # fmt: skip


@model
def multiclass(name, large):
    rng = stream(name)
    frame = training(rng, 1500, 5, (), 0.2)
    y = np.array(["low", "middle", "haut", "très haut"], object)[np.digitize(signal(frame, rng), [-1.5, 0.0, 1.5])]
    return fit(CatBoostClassifier, frame, y, True, loss_function="MultiClass", iterations=(4, 60)[large], depth=4, learning_rate=0.3)


@model
def multiclass_with_absent_classes(name, large):
    """Seven declared classes, three of which occur: the raw outputs of the others are minus infinity."""
    rng = stream(name)
    frame = training(rng, 800, 4)
    y = np.array([0, 2, 5])[np.digitize(signal(frame, rng), [-0.7, 0.7])]
    return fit(CatBoostClassifier, frame, y, False, loss_function="MultiClass", classes_count=7, iterations=(5, 40)[large],
               depth=3, learning_rate=0.3)  # fmt: skip


@model
def one_versus_all(name, large):
    rng = stream(name)
    frame = training(rng, 1500, 4, (5,), 0.2)
    y = np.digitize(signal(frame, rng), [-0.7, 0.7])
    return fit(CatBoostClassifier, frame, y, False, loss_function="MultiClassOneVsAll", iterations=(6, 60)[large], depth=4,
               learning_rate=0.3)  # fmt: skip


@model
def multi_regression(name, large):
    rng = stream(name)
    frame = training(rng, 1500, 5, (), 0.2)
    y = np.stack([signal(frame, rng) for _ in range(3)], axis=1) * [1.0, 100.0, 1e-3]
    return fit(CatBoostRegressor, frame, y, False, loss_function="MultiRMSE", iterations=(6, 60)[large], depth=4, learning_rate=0.3)


@model
def multi_label(name, large):
    rng = stream(name)
    frame = training(rng, 1200, 4)
    y = np.stack([signal(frame, rng) > bound for bound in (-1.0, 0.0, 0.8)], axis=1).astype(int)
    return fit(CatBoostClassifier, frame, y, False, loss_function="MultiLogloss", iterations=(6, 60)[large], depth=4, learning_rate=0.3)


@model
def scale_and_bias(name, large):
    made = binary(name, large, 5, nan=0.1, depth=4)
    made.model.set_scale_and_bias(1.7, -0.3)
    made.shap = None
    return made


@model
def scale_and_biases(name, large):
    made = multi_regression(name, large)
    made.model.set_scale_and_bias(0.37, [0.1, -70.0, 1e-4])
    made.shap = None
    return made


@model
def regression(name, large):
    rng = stream(name)
    frame = training(rng, 1500, 5, (), 0.2)
    return fit(CatBoostRegressor, frame, 1000 + 300 * signal(frame, rng), False, iterations=(8, 60)[large], depth=5, learning_rate=0.3)


def counted(name, large, loss):
    rng = stream(name)
    frame = training(rng, 1500, 4, (), 0.2)
    y = rng.poisson(np.exp(0.5 * signal(frame, rng)))
    return fit(CatBoostRegressor, frame, y, False, loss_function=loss, iterations=(8, 60)[large], depth=4, learning_rate=0.3)


@model
def poisson(name, large):
    """`CatBoostRegressor.predict` returns the exponential."""
    return counted(name, large, "Poisson")


@model
def tweedie(name, large):
    return counted(name, large, "Tweedie:variance_power=1.5")


@model
def uncertainty(name, large):
    """A mean and a variance; SHAP values for the mean only."""
    rng = stream(name)
    frame = training(rng, 1000, 3, (), 0.2)
    return fit(CatBoostRegressor, frame, signal(frame, rng), False, loss_function="RMSEWithUncertainty",
               iterations=(4, 40)[large], depth=4, learning_rate=0.3)  # fmt: skip


@model
def borders_beyond_254(name, large):
    """One feature with more borders than fit into a bin column."""
    rng = stream(name)
    frame = training(rng, 6000, 2)
    y = np.sin(40 * np.nan_to_num(frame["number 0"])) + rng.normal(size=len(frame)) * 0.1
    return fit(CatBoostRegressor, frame, y, False, iterations=(420, 1200)[large], depth=1, learning_rate=0.9, border_count=2000,
               feature_border_type="Median")  # fmt: skip


@model
def borders_and_combinations(name, large):
    return binary(name, large, 2, cats=(9,), rows=3000, depth=4, iterations=(6, 60), border_count=1000, max_ctr_complexity=3, nan=0.1)


@model
def threshold_and_labels(name, large):
    rng = stream(name)
    frame = training(rng, 800, 4)
    y = np.where(signal(frame, rng) > 0, "refusé", "accordé").astype(object)
    made = fit(CatBoostClassifier, frame, y, False, iterations=(8, 60)[large], depth=3, learning_rate=0.3)
    made.model.set_probability_threshold(0.3)
    return made


@model
def zero_trees(name, large):
    """The library refuses to evaluate it; the expected output is the bias."""
    made = regression(name, large)
    made.model.shrink(0)
    return Made(made.model, made.frame, no_trees=True)


@model
def summed_models(name, large):
    """The average of the counts of two models. (KeepAllTables gives a model that catboost 1.2.10 cannot save.)"""
    rng = stream(name)
    frame = training(rng, 700, 2, (6, 12), 0.1)
    cats = [c for c in frame if frame[c].dtype == object]
    parts = []
    for seed in range(2):
        part = CatBoostRegressor(**(QUIET | dict(iterations=(3, 40)[large], depth=4, learning_rate=0.3, max_ctr_complexity=2)))
        parts.append(part.fit(frame, signal(frame, rng) * (1 + seed), cat_features=cats))
    return Made(catboost.sum_models(parts, weights=[0.7, 0.3], ctr_merge_policy="IntersectingCountersAverage"), frame)


@model
def columns_dropped(name, large):
    """Features that no tree uses are removed from the file; the others keep their column numbers."""
    rng = stream(name)
    frame = training(rng, 800, 12)
    used = list(frame)[3::4]
    y = signal(frame[used], rng)
    made = fit(CatBoostRegressor, frame, y, False, iterations=(5, 30)[large], depth=2, learning_rate=0.3, random_strength=0)
    made.model.drop_unused_features()
    return made


@model
def trees_without_conditions(name, large):
    """Growth that finds nothing to split: every tree is a single leaf. ShapValues crashes catboost 1.2.10 (segmentation fault)."""
    return binary(name, large, 3, grow_policy="Depthwise", min_data_in_leaf=100000, iterations=(4, 8), shap=None)


@model
def text_features(name, large):
    rng = stream(name)
    frame = pd.DataFrame({"number": numbers(rng, 200), "text": [" ".join(rng.choice(["good", "bad", "ugly"], 4)) for _ in range(200)]})
    y = np.array(["good" in t for t in frame["text"]]).astype(int)
    made = CatBoostClassifier(**(QUIET | dict(iterations=2, depth=2))).fit(frame, y, text_features=["text"])
    return Made(made, frame, refused=True)


@model
def home_credit(name, large):
    """The model and hold-out rows of the example. Missing levels are nulls in the golden file; each column has its own word for them."""
    folder = HERE.parent.parent / "reference_data" / "home_credit"
    if not large or not (folder / "model.cbm").exists():
        return None
    table = pd.read_parquet(folder / "reference.parquet")
    model = CatBoost().load_model(str(folder / "model.cbm"))
    columns = {}
    for n in model.feature_names_:
        level = table[n].dtype == object or str(table[n].dtype).startswith("str")
        columns[n] = table[n].astype(object).where(table[n].notna(), MISSING) if level else table[n].astype(np.float32)
    words = {n: word for n, c in columns.items() for word in ("XNA", MISSING) if (c == word).any()}
    return Made(model, pd.DataFrame(columns), missing=words)


# -- files ------------------------------------------------------------------------------------------------------------


def bits(values):
    values = np.asarray(values)
    if values.dtype == np.float32:
        return [f"{b:08x}" for b in values.view(np.uint32).tolist()]
    return [f"{b:016x}" for b in np.ascontiguousarray(values, np.float64).view(np.uint64).ravel().tolist()]


def column(values, missing):
    if values.dtype == object:
        return {"level": [None if missing is not None and value == missing else value for value in values.tolist()]}
    return {"single" if values.dtype == np.float32 else "double": bits(values.to_numpy())}


def golden(name, made, path, rows, large):
    loaded = CatBoost().load_model(str(path))
    frame = edge_case_rows(made.frame, loaded, stream("rows " + name), rows)
    cats = [c for c in frame if frame[c].dtype == object]
    out = {"catboost": catboost.__version__, "rows": rows, "features": [{"name": n, **column(frame[n], made.missing.get(n))} for n in frame]}
    if made.no_trees:
        out["raw"] = bits(np.full(rows, loaded.get_scale_and_bias()[1]))
        return out
    pool = Pool(frame, cat_features=cats)
    predict = lambda kind: loaded.predict(pool, prediction_type=kind, thread_count=1)  # noqa: E731
    out["raw"] = bits(predict("RawFormulaVal"))
    if loaded.tree_count_ > 2:
        first = pool.slice(list(range(min(rows, 10))))
        out["first_two"] = bits(loaded.predict(first, prediction_type="RawFormulaVal", ntree_end=2, thread_count=1))
    if loaded.classes_ is not None and len(loaded.classes_):
        out["probability"] = bits(predict("Probability") if predict("RawFormulaVal").ndim > 1 else predict("Probability")[:, 1])
        decisions = predict("Class")
        out["classes"] = [str(c) for c in loaded.classes_]
        if decisions.ndim == 1 or decisions.shape[1] == 1:
            out["decision"] = [str(d) for d in np.ravel(decisions)]
    if name in ("poisson", "tweedie"):
        out["prediction"] = bits(predict("Exponent"))
    if made.shap is None:
        return out
    if large:
        rows = 8 if name == "depth_16" else 300
    else:  # keeps the file small
        rows = min(rows, (450 if made.shap else 160) // (predict("RawFormulaVal")[0].size * (frame.shape[1] + 1)) // 4 * 4)
    part = Pool(frame[:rows], cat_features=cats)
    mode = "NoPreCalc" if name == "depth_16" else "Auto"
    values = with_binary_nodes(loaded).get_feature_importance(part, type="ShapValues", thread_count=1, shap_mode=mode)
    out["shap_shape"], out["shap"] = list(values.shape), bits(values)
    return out


def with_binary_nodes(model):
    """The model that SHAP values are computed from. In a .cbm file, a node of a branching tree may have a single child and be a
    leaf as well. The library explains such nodes incorrectly (contributions do not add up to the raw output). Loaded from JSON,
    where every node has two children or none, the same model has correct values."""
    with tempfile.TemporaryDirectory() as temporary:
        path = f"{temporary}/m.json"
        model.save_model(path, format="json")
        if "trees" not in json.loads(Path(path).read_text(encoding="utf-8")):
            return model
        return CatBoost().load_model(path, format="json")


def strip_metadata(model, whole):
    """Removes metadata that differs from run to run or only describes the run, and (unless `whole`) irrelevant parameters."""
    metadata = model.get_metadata()
    for key in list(metadata.keys()):
        if key.endswith(("train_finish_time", "model_guid")):
            metadata[key] = "0"
        if key.endswith(("training", "output_options")):
            del metadata[key]
        if key == "catboost_version_info" and not whole:
            del metadata[key]
        if key == "params" and not whole:
            params = json.loads(metadata[key])
            names = params["data_processing_options"]["class_names"]
            metadata[key] = json.dumps({"loss_function": params["loss_function"], "data_processing_options": {"class_names": names}})


def check_coverage(name, path):
    """Checks that a model still contains what it is meant to test."""
    if name == "ctr_of_combinations":
        found = " ".join(tables(path))
        assert "value + cat_feature_value + float_feature + cat_feature_exact_value" in found, found
        assert all(kind in found for kind in ("Borders", "Buckets", "BinarizedTargetMeanValue", "Counter")), found
    if name == "borders_beyond_254":
        assert max(len(f["borders"] or []) for f in exported(path)["features_info"]["float_features"]) > 254
    if name == "one_hot_beyond_254":
        assert len(exported(path)["features_info"]["categorical_features"][0]["values"]) > 254


def make(folder, large, only):
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in MODELS.items():
        if only and name not in only:
            continue
        made = build(name, large)
        if made is None:
            continue
        if name != "home_credit":
            strip_metadata(made.model, large or name in WITH_ALL_METADATA)
        path = folder / f"{name}.cbm"
        made.model.save_model(str(path))
        if made.refused:
            print(f"{name}: {path.stat().st_size} bytes, must be refused")
            continue
        values = golden(name, made, path, 10_000 if large else 50, large)
        (folder / f"{name}.json").write_text(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        if large or name in WITH_JSON:
            with tempfile.TemporaryDirectory() as temporary:
                export = Path(temporary) / "model.json"
                made.model.save_model(str(export), format="json")
                slim = json.loads(export.read_text(encoding="utf-8"))
            (folder / f"{name}.model.json").write_text(json.dumps(slim, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        check_coverage(name, path)
        print(f"{name}: {path.stat().st_size} bytes, {made.model.tree_count_} trees, {len(values['raw'])} raw outputs")


WITH_ALL_METADATA = ["home_credit_like", "multiclass"]
WITH_JSON = ["depth_1", "one_hot", "ctr_every_kind", "depthwise_multiclass", "multiclass_with_absent_classes",
             "scale_and_biases", "threshold_and_labels", "zero_trees"]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", type=Path, metavar="DIR")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--only", nargs="*", help="names of models")
    args = parser.parse_args()
    assert catboost.__version__ == "1.2.10", f"needs catboost 1.2.10, found {catboost.__version__}"
    committed = HERE / "forest"
    if args.large:
        make(args.large, True, args.only)
    elif args.compare:
        with tempfile.TemporaryDirectory() as temporary:
            make(Path(temporary), False, args.only)
            names = sorted(p.name for p in committed.iterdir() if not p.name.startswith("text_features"))  # contains a random id
            _, wrong, missing = filecmp.cmpfiles(committed, temporary, names, shallow=False)
        print(f"{len(names)} files, different: {wrong}, missing: {missing}")
        raise SystemExit(1 if wrong or missing else 0)
    else:
        make(committed, False, args.only)
        print("total", sum(p.stat().st_size for p in committed.iterdir()), "bytes")


if __name__ == "__main__":
    main()
