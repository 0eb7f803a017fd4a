"""Golden models and outputs for the crate vigie-models, computed by the official lightgbm library and never by vigie.

Usage: python tests/oracle/lightgbm_golden.py                (small models and 50 rows each, into tests/oracle/lightgbm)
       python tests/oracle/lightgbm_golden.py --compare      (makes them again and compares with the committed files)
       python tests/oracle/lightgbm_golden.py --large DIR    (larger models and 2,500 rows each, into DIR)
Needs lightgbm 4.7.0, numpy, pandas, scipy. Every expected value comes from a model loaded from its text, in one thread. Floats are
written as the hexadecimal digits of their bits. Deterministic: the same versions on the same kind of machine write the same
bytes. On another machine --compare may report different models, since training depends on the machine. Then check new models
instead: set VIGIE_LIGHTGBM to the output of --large.

Rows contain edge cases: NaN, both zeros, denormals, 1e-35 and its neighbours, infinities, numbers on a threshold and one step next
to it; codes of categories that are unseen, negative, fractional, huge.
"""

import argparse
import filecmp
import json
import os
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import lightgbm as lgb
import numpy as np
import pandas as pd

SEED = 20261129
HERE = Path(__file__).resolve().parent
QUIET = dict(verbose=-1, num_threads=1, deterministic=True, force_row_wise=True, seed=7)
CODES = 40
ZERO = float(np.float32(1e-35))


def stream(name):
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


# -- training data ----------------------------------------------------------------------------------------------------


@dataclass
class Data:
    X: np.ndarray | pd.DataFrame
    score: np.ndarray
    coded: list = field(default_factory=list)  # columns with codes of categories


def numeric(rng, n, columns=6, nan=0.15):
    X = rng.normal(size=(n, columns))
    X[:, 0] = np.round(X[:, 0], 1)
    X[:, 1][rng.random(n) < 0.3] = 0.0
    X[:, 2] = np.exp(3 * X[:, 2])
    X[rng.random((n, columns)) < nan] = np.nan
    score = np.nan_to_num(X[:, 0]) + np.where(np.isnan(X[:, 1]), 1.0, -0.5 * np.sign(np.nan_to_num(X[:, 1]))) + np.log1p(np.nan_to_num(X[:, 2])) / 3
    return Data(X, score + np.sin(2 * np.nan_to_num(X[:, min(3, columns - 1)])) + 0.5 * rng.normal(size=n))


def coded(rng, n):
    """Numbers, and two columns with codes of categories."""
    data = numeric(rng, n, 5)
    many, few = rng.integers(0, CODES, n).astype(float), rng.integers(0, 5, n).astype(float)
    many[rng.random(n) < 0.1] = np.nan
    effect = rng.normal(size=CODES)
    score = data.score + 1.5 * effect[np.nan_to_num(many).astype(int)] + np.where(few == 2, 1.0, 0.0)
    return Data(np.column_stack([data.X, many, few]), score, [5, 6])


def frame(rng, n):
    """A pandas table with every kind of category: texts, integers, floats, ordered, constant, truth values."""
    data = numeric(rng, n, 3)
    texts = rng.choice(["été", "b", "a long level", "1"], n)
    columns = {
        "n 0": data.X[:, 0],
        "text level": pd.Categorical(np.where(rng.random(n) < 0.1, None, texts)),
        "n1": data.X[:, 1],
        "whole": pd.Categorical(rng.choice([10, -3, 7], n)),
        "float": pd.Categorical(rng.choice([0.0, 2.5, 1.0], n)),
        "ordered": pd.Categorical(rng.choice(["low", "mid", "top"], n), categories=["low", "mid", "top"], ordered=True),
        "constant": pd.Categorical(["only"] * n),
        "truth": pd.Categorical(rng.random(n) < 0.4),
        "flag": rng.random(n) < 0.5,
        "n2=x": data.X[:, 2],
    }
    score = data.score + np.where(texts == "b", 1.5, 0) + np.where(columns["whole"] == 7, -1, 0) + np.where(columns["float"] == 2.5, 0.7, 0)
    score = score + columns["ordered"].codes * 0.8 + np.where(columns["truth"] == True, 0.9, 0)  # noqa: E712
    return Data(pd.DataFrame(columns), score)


# -- models -----------------------------------------------------------------------------------------------------------

MODELS = {}


@dataclass
class Made:
    text: str  # the model file
    data: Data
    contributions: bool = True  # the library explains the model
    categories: list | None = None  # vigie's `model.categories`
    single: bool = False  # scored on 32-bit inputs, with vigie's `model.inputs: f32`
    first: int | None = None  # scored with the first iterations only
    reference: str | None = None  # the text that the library scores, if vigie reads another form of the same model


def model(build):
    MODELS[build.__name__] = build
    return build


def train(data, y, rounds, made=None, dataset=None, **params):
    options = QUIET | dict(objective="binary", num_leaves=8, learning_rate=0.2, min_data_in_leaf=10) | params
    given = dict(categorical_feature=data.coded) if data.coded else {}
    train_set = lgb.Dataset(data.X, y, params=options, free_raw_data=False, **given, **(dataset or {}))
    booster = lgb.train(options, train_set, rounds)
    return Made(booster.model_to_string(), data, **(made or {}))


def rows_of(large, small=1200):
    return 6000 if large else small


def binary_model(name, large, make=numeric, rounds=(5, 60), made=None, dataset=None, **params):
    rng = stream(name)
    data = make(rng, rows_of(large))
    return train(data, (data.score > np.median(data.score)).astype(float), rounds[large], made, dataset, **params)


def regression_model(name, large, target=lambda score: score, make=numeric, rounds=(5, 60), made=None, dataset=None, **params):
    rng = stream(name)
    data = make(rng, rows_of(large))
    return train(data, target(data.score), rounds[large], made, dataset, **params)


positive = lambda score: np.exp(score / 2)  # noqa: E731


@model
def binary(name, large):
    return binary_model(name, large)


@model
def categorical(name, large):
    return binary_model(name, large, coded, rounds=(4, 60), min_data_per_group=5, cat_smooth=1)


@model
def categorical_one_hot(name, large):
    return binary_model(name, large, coded, max_cat_to_onehot=50, min_data_per_group=5, cat_smooth=1)


@model
def zero_as_missing(name, large):
    return binary_model(name, large, zero_as_missing=True)


@model
def no_missing(name, large):
    return binary_model(name, large, coded, use_missing=False, rounds=(4, 60))


@model
def sigmoid_factor(name, large):
    """The library reads this factor with one rounding too many."""
    return binary_model(name, large, sigmoid=1.00544)


@model
def random_forest(name, large):
    return binary_model(name, large, boosting="rf", bagging_freq=1, bagging_fraction=0.6, feature_fraction=0.7)


@model
def random_forest_regression(name, large):
    return regression_model(name, large, objective="regression", boosting="rf", bagging_freq=1, bagging_fraction=0.6)


@model
def dart(name, large):
    return binary_model(name, large, boosting="dart", drop_rate=0.3, rounds=(8, 60))


@model
def goss(name, large):
    return binary_model(name, large, data_sample_strategy="goss")


@model
def custom_objective(name, large):
    """No line `objective`."""
    rng = stream(name)
    data = numeric(rng, rows_of(large))
    y = (data.score > 0).astype(float)

    def gradients(raw, train_set):
        p = 1 / (1 + np.exp(-raw))
        return p - y, p * (1 - p)

    return train(data, y, (5, 60)[large], objective=gradients)


@model
def weights(name, large):
    rng = stream(name)
    return binary_model(name, large, dataset=dict(weight=rng.random(rows_of(large)) + 0.1))


@model
def init_score(name, large):
    rng = stream(name)
    return binary_model(name, large, dataset=dict(init_score=rng.normal(size=rows_of(large))))


@model
def large_trees(name, large):
    return binary_model(name, large, num_leaves=255 if large else 63, min_data_in_leaf=1, rounds=(2, 100))


@model
def regression(name, large):
    return regression_model(name, large, objective="regression")


@model
def regression_sqrt(name, large):
    return regression_model(name, large, objective="regression", reg_sqrt=True)


@model
def l1(name, large):
    return regression_model(name, large, objective="regression_l1")


@model
def quantile(name, large):
    return regression_model(name, large, objective="quantile", alpha=0.8)


@model
def huber(name, large):
    return regression_model(name, large, objective="huber", reg_sqrt=True)


@model
def fair(name, large):
    return regression_model(name, large, objective="fair")


@model
def poisson(name, large):
    return regression_model(name, large, lambda score: np.round(positive(score)), objective="poisson")


@model
def gamma(name, large):
    return regression_model(name, large, positive, objective="gamma")


@model
def tweedie(name, large):
    return regression_model(name, large, lambda score: np.maximum(score, 0), objective="tweedie")


@model
def mape(name, large):
    return regression_model(name, large, positive, objective="mape")


@model
def cross_entropy(name, large):
    return regression_model(name, large, lambda score: 1 / (1 + np.exp(-score)), objective="cross_entropy")


@model
def cross_entropy_lambda(name, large):
    return regression_model(name, large, lambda score: 1 / (1 + np.exp(-score)), objective="cross_entropy_lambda")


@model
def multiclass(name, large):
    classes = lambda score: np.digitize(score, np.quantile(score, [0.2, 0.5, 0.8]))  # noqa: E731
    return regression_model(name, large, classes, coded, (3, 40), objective="multiclass", num_class=4)


@model
def multiclass_ova(name, large):
    classes = lambda score: np.digitize(score, np.quantile(score, [0.3, 0.7]))  # noqa: E731
    return regression_model(name, large, classes, rounds=(3, 40), objective="multiclassova", num_class=3, sigmoid=1.3)


@model
def multiclass_forest(name, large):
    classes = lambda score: np.digitize(score, np.quantile(score, [0.3, 0.7]))  # noqa: E731
    return regression_model(name, large, classes, rounds=(3, 40), objective="multiclass", num_class=3, boosting="rf", bagging_freq=1,
                            bagging_fraction=0.6)  # fmt: skip


def ranking(name, large, objective):
    groups = [30] * (rows_of(large) // 30)
    relevance = lambda score: np.digitize(score, np.quantile(score, [0.5, 0.8, 0.95]))  # noqa: E731
    return regression_model(name, large, relevance, objective=objective, dataset=dict(group=groups))


@model
def lambdarank(name, large):
    return ranking(name, large, "lambdarank")


@model
def rank_xendcg(name, large):
    return ranking(name, large, "rank_xendcg")


@model
def linear(name, large):
    return regression_model(name, large, objective="regression", linear_tree=True, made=dict(contributions=False))


@model
def linear_categorical(name, large):
    return binary_model(name, large, coded, linear_tree=True, made=dict(contributions=False), rounds=(4, 60))


@model
def linear_constant(name, large):
    """A linear tree with a single leaf. Training leaves it without terms; these are added to its text."""
    made = regression_model(name, large, objective="regression", linear_tree=True, min_gain_to_split=1e9, made=dict(contributions=False))
    terms = "num_features=2\nleaf_features=0 3  \nleaf_coeff=0.12345678901234567 -1.5  \n"
    made.text = without_sizes(made.text).replace("num_features=0\nleaf_features= \nleaf_coeff= \n", terms)
    return made


@model
def one_leaf(name, large):
    return binary_model(name, large, min_gain_to_split=1e9)


@model
def stumps(name, large):
    return binary_model(name, large, num_leaves=2, rounds=(30, 300))


@model
def chain(name, large):
    """Deep trees: most nodes have a leaf on one side."""
    rng = stream(name)
    n = rows_of(large)
    X = np.sort(rng.exponential(size=n))[:, None] * np.array([[1.0, -1.0]])
    return train(Data(X, X[:, 0]), np.exp(2 * X[:, 0]), (3, 20)[large], objective="regression", num_leaves=30, min_data_in_leaf=1)


@model
def monotone(name, large):
    return binary_model(name, large, monotone_constraints=[1, 0, 1, 0, 0, -1], monotone_constraints_method="advanced")


@model
def extra_trees(name, large):
    return binary_model(name, large, extra_trees=True, path_smooth=2.0)


@model
def named(name, large):
    made = binary_model(name, large, dataset=dict(feature_name=["a", "b=1", "é", "d\te", "Column_4", "f.g"]))
    return made


PANDAS_CATEGORIES = ["text level", "whole", "float", "ordered", "constant", "truth"]


@model
def pandas_categories(name, large):
    """The file does not say which columns the lists of levels belong to."""
    return binary_model(name, large, frame, (5, 60), dict(categories=PANDAS_CATEGORIES), min_data_per_group=5, cat_smooth=1)


@model
def pandas_plain(name, large):
    """The categorical features of the file are the columns of its lists of levels."""
    rng = stream(name)
    data = frame(rng, rows_of(large))
    data.X = data.X.drop(columns=["ordered", "constant"])
    y = (data.score > np.median(data.score)).astype(float)
    return train(data, y, (4, 60)[large], min_data_per_group=5, cat_smooth=1)


@model
def early_stopping(name, large):
    """Saved up to the best iteration."""
    rng = stream(name)
    data = numeric(rng, rows_of(large))
    y = (data.score > 0).astype(float)
    half = len(y) // 2
    options = QUIET | dict(objective="binary", num_leaves=8, learning_rate=0.5, min_data_in_leaf=5)
    train_set = lgb.Dataset(data.X[:half], y[:half], params=options)
    valid = lgb.Dataset(data.X[half:], y[half:], reference=train_set)
    booster = lgb.train(options, train_set, 200, valid_sets=[valid], callbacks=[lgb.early_stopping(5, verbose=False)])
    assert 0 < booster.best_iteration < 195, "stopped too late"
    return Made(booster.model_to_string(), data)


@model
def slice_of_iterations(name, large):
    made = binary_model(name, large, rounds=(10, 60))
    made.text = lgb.Booster(model_str=made.text).model_to_string(start_iteration=3, num_iteration=5)
    return made


@model
def first_iterations(name, large):
    made = random_forest_regression(name, large)
    made.first = 3
    return made


@model
def single_inputs(name, large):
    return binary_model(name, large, made=dict(single=True))


@model
def continued(name, large):
    """A model that was trained further."""
    rng = stream(name)
    data = coded(rng, rows_of(large))
    y = (data.score > 0).astype(float)
    options = QUIET | dict(objective="binary", num_leaves=6)
    first = lgb.train(options, lgb.Dataset(data.X, y, params=options, categorical_feature=data.coded, free_raw_data=False), 3)
    more = lgb.Dataset(data.X, y, params=options, categorical_feature=data.coded, free_raw_data=False)
    return Made(lgb.train(options, more, (2, 30)[large], init_model=first).model_to_string(), data)


# Edited texts: other spellings of the same model.


def edited(name, large, edit, **made):
    original = categorical("categorical", large)
    return Made(edit(original.text), original.data, reference=original.text, **made)


@model
def edited_line_ends(name, large):
    """The library aborts the process on this file, whose sizes of trees no longer count bytes."""
    return edited(name, large, lambda text: text.replace("\n", "\r\n"))


@model
def edited_without_sizes(name, large):
    return edited(name, large, lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("tree_sizes")))


@model
def edited_version_2(name, large):
    """Without the lines that LightGBM 2.1 does not write."""
    new = ("leaf_weight", "internal_weight", "is_linear", "end of trees", "monotone_constraints")
    lines = [line for line in text_of("categorical", large).splitlines(True) if not line.startswith(new)]
    old = "".join(lines).replace("version=v4", "version=v2").replace("feature_importances:", "feature importances:")
    return edited(name, large, lambda text: old)


@model
def edited_header_order(name, large):
    def shuffle(text):
        header, trees = text.split("\nTree=", 1)
        return "\n".join(reversed(header.strip().split("\n"))) + "\n\nTree=" + trees

    return edited(name, large, shuffle)


@model
def edited_nan_leaf(name, large):
    """A leaf that is not a number, one that is infinite, and one that is too large for a number."""
    made = edited(name, large, lambda text: odd_leaves(text), contributions=False)
    made.reference = made.text = without_sizes(made.text)
    return made


def odd_leaves(text):
    head, tail = text.split("leaf_value=", 1)
    line, rest = tail.split("\n", 1)
    values = line.split(" ")
    values[0], values[1], values[2] = "nan", "-inf", "1e400"
    return f"{head}leaf_value={' '.join(values)}\n{rest}"


def without_sizes(text):
    return "".join(line for line in text.splitlines(True) if not line.startswith("tree_sizes"))


def text_of(name, large):
    return MODELS[name](name, large).text


# Texts that must be refused: the library aborts, reads beyond the buffer, or drops trees without a word.


def refusals(large):
    text = text_of("categorical", large)
    sizes = next(line for line in text.split("\n") if line.startswith("tree_sizes="))
    half = text[: text.index("end of trees") // 2]
    return {
        "refused_cut_in_half": half,
        "refused_short_sizes": text.replace(sizes, sizes.rsplit(" ", 1)[0]),
        "refused_dump": json.dumps(lgb.Booster(model_str=text).dump_model())[:3000],
    }


# -- rows to score ----------------------------------------------------------------------------------------------------

SPECIAL = np.array([0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e-36, -1e-36, ZERO, -ZERO, np.nextafter(ZERO, 1), np.nextafter(-ZERO, -1),
                    1e-35, 2e-35, np.inf, -np.inf, 1e300, -1e300, np.nan, 1.0, -1.0])  # fmt: skip
ODD_CODES = np.array([-1.0, -0.5, -0.0, 0.5, 0.999, 1.5, CODES, CODES + 0.5, 31.0, 32.0, 63.0, 64.0, 1000.0, 1e9, 2**31 - 1, 2.0**31,
                      2.0**32, 3e10, 1e300, np.inf, -np.inf, -1e-36, 5e-324, -7.0, np.nan])  # fmt: skip


def thresholds(text, features):
    """The thresholds of each feature in a model text."""
    found = [[] for _ in range(features)]
    values = lambda block, key: next((line.split("=")[1].split() for line in block if line.startswith(key + "=")), [])  # noqa: E731
    for tree in text.split("\nTree=")[1:]:
        block = tree.split("\n")
        nodes = zip(values(block, "split_feature"), values(block, "threshold"), values(block, "decision_type"))
        for feature, threshold, kind in nodes:
            if not int(kind) & 1:
                found[int(feature)].append(float(threshold))
    return [np.array(each) for each in found]


def edge_case_numbers(rng, training, on, n):
    values = training[rng.integers(0, len(training), n)].copy()
    if len(on):
        picked = on[rng.integers(0, len(on), n)]
        for kind, nudged in enumerate([picked, np.nextafter(picked, np.inf), np.nextafter(picked, -np.inf), picked * (1 + 3e-8)]):
            values = np.where(rng.integers(0, 9, n) == kind, nudged, values)
    odd = rng.random(n) < 0.2
    values[odd] = SPECIAL[rng.integers(0, len(SPECIAL), odd.sum())]
    return values


def edge_case_codes(rng, training, n):
    values = training[rng.integers(0, len(training), n)].copy()
    odd = rng.random(n) < 0.4
    values[odd] = ODD_CODES[rng.integers(0, len(ODD_CODES), odd.sum())]
    return values


def edge_case_table(made, booster, rng, n):
    """The rows as the library reads them, and as columns of the golden file."""
    on = thresholds(made.reference or made.text, booster.num_feature())
    data = made.data
    if isinstance(data.X, pd.DataFrame):
        return edge_case_frame(data.X, on, rng, n)
    columns = []
    for place in range(data.X.shape[1]):
        if place in data.coded:
            columns.append(edge_case_codes(rng, data.X[:, place], n))
        else:
            columns.append(edge_case_numbers(rng, data.X[:, place], on[place], n))
    X = np.column_stack(columns)
    golden = [{"code" if place in data.coded else "double": bits(X[:, place])} for place in range(X.shape[1])]
    return (X.astype(np.float32) if made.single else X), golden


def edge_case_frame(training, on, rng, n):
    columns, golden = {}, []
    for place, name in enumerate(training):
        column = training[name]
        if column.dtype == "category":
            levels = list(column.cat.categories)
            unseen = {"O": "never seen", "i": 99, "f": 0.25, "b": None}.get(np.asarray(levels).dtype.kind, "never seen")
            pool = np.array([*levels, unseen, None], object)
            values = pool[rng.integers(0, len(pool), n)]
            known = [value for value in pool if value is not None]
            columns[name] = pd.Categorical(list(values), categories=list(dict.fromkeys(known)), ordered=column.cat.ordered)
            golden.append({"level": [None if value is None else str(value) for value in values]})
        elif column.dtype == bool:
            columns[name] = rng.random(n) < 0.5
            golden.append({"double": bits(columns[name].astype(float))})
        else:
            columns[name] = edge_case_numbers(rng, column.to_numpy(), on[place], n)
            golden.append({"double": bits(columns[name])})
    return pd.DataFrame(columns), golden


# -- files ------------------------------------------------------------------------------------------------------------


def bits(values):
    return [f"{b:016x}" for b in np.ascontiguousarray(values, np.float64).view(np.uint64).ravel().tolist()]


def short(text):
    """Removes parts of a file that no reader needs: the importances, and the parameters of the training."""
    if "\nparameters:" not in text:
        return text
    head, tail = text.split("\nparameters:", 1)
    return head + "\nparameters:\nend of parameters" + tail.split("end of parameters", 1)[1]


def golden(name, made, rows):
    booster = lgb.Booster(model_str=made.reference or made.text)
    X, columns = edge_case_table(made, booster, stream("rows " + name), rows)
    count = dict(num_iteration=made.first) if made.first else {}
    raw = booster.predict(X, raw_score=True, num_threads=1, **count)
    out = {
        "lightgbm": lgb.__version__,
        "rows": rows,
        "features": [{"name": n, **column} for n, column in zip(booster.feature_name(), columns)],
        "options": {"categories": made.categories, "single_inputs": made.single, "first": made.first},
        "raw": bits(raw),
    }
    prediction = booster.predict(X, num_threads=1, **count)
    is_raw = np.array_equal(prediction, raw, equal_nan=True)
    if not is_raw:
        out["probability"] = bits(prediction)
    objective = next((line.split()[0] for line in made.text.split("\n") if line.startswith("objective=")), "")
    if objective in ("objective=binary", "objective=cross_entropy", "objective=multiclass", "objective=multiclassova"):
        probabilities = prediction if prediction.ndim > 1 else np.vstack((1.0 - prediction, prediction)).T
        out["decision"] = np.argmax(probabilities, axis=1).tolist()
    if made.contributions:
        few = min(rows, 300 if rows > 50 else max(4, 200 // (raw[0].size * (len(columns) + 1))))
        part = X.iloc[:few] if isinstance(X, pd.DataFrame) else X[:few]
        values = booster.predict(part, pred_contrib=True, num_threads=1, **count)
        out["shap_shape"] = [few, raw[0].size, len(columns) + 1]
        out["shap"] = bits(values)
    return out


def check_coverage(name, text):
    """Checks that a model still contains what it is meant to test."""
    kinds = {int(kind) for line in text.split("\n") if line.startswith("decision_type=") for kind in line[14:].split()}
    expected = {
        "binary": {8, 10}, "categorical": {9}, "zero_as_missing": {4, 6}, "no_missing": {1, 2},
    }.get(name, set())  # fmt: skip
    assert expected <= kinds, (name, kinds)
    if name == "linear_constant":
        assert "is_linear=1" in text and "num_leaves=1\n" in text and "num_features=2" in text
    if name == "linear_categorical":
        assert "leaf_coeff=" in text and "num_cat=0\n" not in text.split("Tree=1")[1].split("\n\n")[0]
    if name == "random_forest":
        assert "\naverage_output\n" in text


def make(folder, large, only):
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in MODELS.items():
        if only and name not in only:
            continue
        made = build(name, large)
        check_coverage(name, made.text)
        if not large:
            # Sizes of trees count bytes before the importances, so they stay right.
            made.text, made.reference = short(made.text), made.reference and short(made.reference)
        path = folder / f"{name}.txt"
        path.write_bytes(made.text.encode())
        values = golden(name, made, 2_500 if large else 50)
        (folder / f"{name}.json").write_text(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{name}: {path.stat().st_size} bytes, {values['rows']} rows, {len(values['raw'])} raw outputs")
    if not only and not large:
        for name, text in refusals(large).items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", type=Path, metavar="DIR")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--only", nargs="*", help="names of models")
    args = parser.parse_args()
    assert lgb.__version__ == "4.7.0", f"needs lightgbm 4.7.0, found {lgb.__version__}"
    committed = HERE / "lightgbm"
    if args.large:
        make(args.large, True, args.only)
    elif args.compare:
        with tempfile.TemporaryDirectory() as temporary:
            make(Path(temporary), False, args.only)
            names = sorted(p.name for p in committed.iterdir())
            _, wrong, missing = filecmp.cmpfiles(committed, temporary, names, shallow=False)
        print(f"{len(names)} files, different: {wrong}, missing: {missing}")
        raise SystemExit(1 if wrong or missing else 0)
    else:
        make(committed, False, args.only)
        print("total", sum(p.stat().st_size for p in committed.iterdir()), "bytes")


if __name__ == "__main__":
    main()
