"""Golden ONNX models and outputs for the crate vigie-models, converted by skl2onnx and scored by onnxruntime, never by vigie.

Usage: python tests/oracle/onnx_golden.py                (small models and 50 rows each, into tests/oracle/onnx)
       python tests/oracle/onnx_golden.py --compare      (makes them again and compares with the committed files)
       python tests/oracle/onnx_golden.py --large DIR    (larger models and 2,500 rows each, into DIR)
Needs Python 3.11 with onnx 1.23.2, onnxruntime 1.32.0, scikit-learn 1.9.1, skl2onnx 1.20.0, numpy 2.4.6, pandas 3.1.1. onnxruntime runs on one
thread with all its optimizations. Floats are written as the hexadecimal digits of their bits, singles with eight. Deterministic: the
same versions on the same kind of machine write the same bytes. On another machine --compare may report different files, since training
depends on the machine. Then check new models instead: set VIGIE_ONNX to the output of --large.

Rows contain edge cases: NaN, infinities, both zeros, denormals, numbers on a threshold and next to it, levels unseen in training, empty and
non-ASCII levels, integers that no single-precision float holds.
"""

import argparse
import filecmp
import json
import os
import sys
import tempfile
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import skl2onnx
import sklearn
from onnx import TensorProto, helper
from skl2onnx.common import _container
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

SEED = 20261201
HERE = Path(__file__).resolve().parent
LEVELS = ["", "a", "b", "été", "日本", "Business Entity Type 3", "XNA", "nan", " a", "a level of more than thirty-two bytes"]
UNSEEN = ["never seen", "Ä", "b ", "🦀", "x" * 40]
SPECIAL = np.array([np.inf, -np.inf, 0.0, -0.0, 3.4028235e38, -3.4028235e38, 1e-45, -1e-39, 1e30, np.nan], np.float32)


def stream(name):
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


# -- rows -------------------------------------------------------------------------------------------------------------


def training(rng, n, nan):
    """Five numbers of different scales, a whole number, and two columns of levels."""
    columns = {f"number {i}": (rng.normal(size=n) * [1, 1, 1000, 0.01, 5][i]).astype(np.float32) for i in range(5)}
    columns["number 2"] = np.round(columns["number 2"], 1)  # as prices are
    for values in list(columns.values())[:3]:
        values[rng.random(n) < nan] = np.nan
    columns["whole"] = rng.integers(0, 6, n)
    columns["level 0"] = np.array(LEVELS, object)[rng.integers(0, len(LEVELS), n)]
    columns["level 1"] = np.array(["x", "y", "z z"], object)[rng.integers(0, 3, n)]
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})


def signal(frame, rng):
    numbers = [np.nan_to_num(frame[f"number {i}"].to_numpy(float)) / [1, 1, 1000, 0.01, 5][i] for i in range(5)]
    jumps = [zlib.crc32(level.encode()) % 1000 / 500 - 1 for level in frame["level 0"]]
    return numbers[0] + np.sin(2 * numbers[1]) + 0.5 * numbers[2] * (frame["whole"] > 2) + jumps + 0.3 * rng.normal(size=len(frame))


def edge_case_rows(frame, edges, rng, n, known_only):
    """Rows to score: `edges` are thresholds of the model, which may belong to any column."""
    out = {}
    for name in frame:
        values = frame[name].to_numpy()[rng.integers(0, len(frame), n)]
        odd = rng.random(n)
        if values.dtype == object:
            if not known_only:
                values[odd < 0.2] = np.array(UNSEEN, object)[rng.integers(0, len(UNSEEN), (odd < 0.2).sum())]
        elif values.dtype == np.int64:
            if not known_only:
                strange = np.array([-1, 7, 16_777_217, 2**40 + 1, -(2**53) - 1])
                values[odd < 0.2] = strange[rng.integers(0, len(strange), (odd < 0.2).sum())]
        else:
            fresh = rng.normal(size=n).astype(values.dtype) * np.nanstd(values)
            values = np.where(rng.random(n) < 0.5, fresh, values)
            if len(edges):
                on = edges[rng.integers(0, len(edges), n)].astype(values.dtype)
                values = np.where(odd < 0.15, on, values)
                values = np.where(odd < 0.10, np.nextafter(on, values.dtype.type(3e38)), values)
                values = np.where(odd < 0.05, np.nextafter(on, values.dtype.type(-3e38)), values)
            values = np.where(odd > 0.9, SPECIAL[rng.integers(0, len(SPECIAL), n)].astype(values.dtype), values)
        out[name] = values
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in out.items()})


# -- models -----------------------------------------------------------------------------------------------------------

MODELS = {}
NUMBERS = [f"number {i}" for i in range(5)]
MIXED = [*NUMBERS, "level 0", "level 1"]


@dataclass
class Made:
    model: onnx.ModelProto
    frame: pd.DataFrame
    classes: list | None
    inputs: str = "columns"  # "columns": one per input; "table": one input X
    dtype: type = np.float32
    known_only: bool = False  # onnxruntime fails on rows with unknown levels
    refused: str | None = None  # vigie refuses the model, and says this
    raw_scores: bool = False  # the scores are not probabilities
    extra: dict = field(default_factory=dict)


def model(build):
    MODELS[build.__name__] = build
    return build


class Recipe:
    """Trains a pipeline on the columns and converts it."""

    def __init__(self, name, large):
        self.name, self.large, self.rng = name, large, stream(name)
        self.frame = training(self.rng, 1500 if large else 400, 0.12)
        self.score = signal(self.frame, self.rng)

    def target(self, kind):
        score = self.score
        return {
            "binary": lambda: (score > np.median(score)).astype(int),
            "texts": lambda: np.array(["accordé", "refusé"], object)[(score > np.median(score)).astype(int)],
            "three": lambda: np.digitize(score, np.quantile(score, [0.3, 0.7])),
            "three texts": lambda: np.array(["low", "middle", "très haut"], object)[np.digitize(score, np.quantile(score, [0.3, 0.7]))],
            "value": lambda: score,
        }[kind]()

    def table(self, estimator, kind="binary", columns=NUMBERS, fill=True, dtype=np.float32, **options):
        """One input X without names. Only pipelines that impute are trained on missing values."""
        frame = self.frame[columns]
        frame = (frame.fillna(frame.mean()) if fill else frame).astype(dtype)
        tensor = DoubleTensorType if dtype == np.float64 else FloatTensorType
        return self.finish(estimator, frame.to_numpy(), frame, kind, [("X", tensor([None, len(columns)]))], "table", dtype, options)

    def columns(self, estimator, kind="binary", columns=MIXED, **options):
        """An input for each column."""
        frame = self.frame[columns]
        types = {"f": FloatTensorType, "i": Int64TensorType}
        inputs = [(c, types.get(frame[c].dtype.kind, StringTensorType)([None, 1])) for c in columns]
        return self.finish(estimator, frame, frame, kind, inputs, "columns", np.float32, options)

    def finish(self, estimator, data, frame, kind, inputs, style, dtype, options):
        extra = {key: options.pop(key) for key in ("known_only", "refused", "raw_scores") if key in options}
        target_opset = options.pop("target_opset", None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(data, self.target(kind))
            last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
            classes = [str(c) for c in last.classes_] if hasattr(last, "classes_") else None
            if classes and hasattr(last, "predict_proba"):
                options = {id(last): {"zipmap": False, **options}}
            converted = skl2onnx.to_onnx(estimator, initial_types=inputs, options=options or None, target_opset=target_opset)
        return Made(converted, frame, classes, style, dtype, **extra)


def mixed(estimator, scaler=None, encoder=None, strategy="median", indicator=False):
    """Imputed and scaled numbers next to encoded levels."""
    numbers = SimpleImputer(strategy=strategy, add_indicator=indicator)
    numbers = numbers if scaler is None else make_pipeline(numbers, scaler)
    encoder = encoder or OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(make_column_transformer((numbers, NUMBERS), (encoder, ["level 0", "level 1"])), estimator)


def forest(large, kind=RandomForestClassifier, **options):
    return kind(40 if large else 6, max_depth=10 if large else 4, min_samples_leaf=5, random_state=3, n_jobs=1, **options)


def boosted(large, kind=GradientBoostingClassifier, **options):
    return kind(n_estimators=40 if large else 6, max_depth=4 if large else 3, random_state=3, **options)


def network(large, activation, kind=MLPClassifier):
    return kind(hidden_layer_sizes=(60, 40) if large else (8,), activation=activation, max_iter=60, random_state=3)


def logistic():
    return LogisticRegression(max_iter=300)


@model
def logistic_bare(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), logistic()))


@model
def logistic_unscaled(name, large):
    """Sums of very different terms."""
    return Recipe(name, large).table(logistic())


@model
def logistic_zipmap(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), logistic()), zipmap=True)


@model
def logistic_zipmap_texts(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), logistic()), "texts", zipmap=True)


@model
def logistic_zipmap_columns(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), logistic()), "three", zipmap="columns")


@model
def logistic_with_class_labels(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), logistic()), "texts", output_class_labels=True)


@model
def logistic_raw_scores(name, large):
    return raw(Recipe(name, large), make_pipeline(StandardScaler(), logistic()))


def raw(recipe, estimator):
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    frame = recipe.frame[NUMBERS].fillna(recipe.frame[NUMBERS].mean())
    estimator.fit(frame.to_numpy(), recipe.target("binary"))
    options = {id(last): {"zipmap": False, "raw_scores": True}}
    converted = skl2onnx.to_onnx(estimator, initial_types=[("X", FloatTensorType([None, 5]))], options=options)
    return Made(converted, frame, None, "table", raw_scores=True)


@model
def boosted_raw_scores(name, large):
    return raw(Recipe(name, large), boosted(large))


@model
def logistic_imputed(name, large):
    return Recipe(name, large).table(make_pipeline(SimpleImputer(), StandardScaler(), logistic()), fill=False)


@model
def logistic_mixed(name, large):
    return Recipe(name, large).columns(mixed(logistic(), StandardScaler()), "texts")


@model
def logistic_mixed_zipmap(name, large):
    return Recipe(name, large).columns(mixed(logistic(), StandardScaler()), "texts", zipmap=True)


@model
def logistic_three_classes(name, large):
    return Recipe(name, large).columns(mixed(logistic(), StandardScaler()), "three texts")


@model
def logistic_min_max(name, large):
    return Recipe(name, large).columns(mixed(logistic(), MinMaxScaler()))


@model
def logistic_robust(name, large):
    return Recipe(name, large).columns(mixed(logistic(), RobustScaler(), strategy="mean"), zipmap=True)


@model
def logistic_max_abs(name, large):
    return Recipe(name, large).table(make_pipeline(MaxAbsScaler(), logistic()))


@model
def logistic_normalized(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), Normalizer("l2"), logistic()))


@model
def logistic_ordinal(name, large):
    """LabelEncoder without a default for unknown levels."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return Recipe(name, large).columns(mixed(logistic(), StandardScaler(), encoder))


@model
def logistic_levels_dropped(name, large):
    """Gather after OneHotEncoder, which refuses unknown levels."""
    encoder = OneHotEncoder(drop="first")
    return Recipe(name, large).columns(mixed(logistic(), StandardScaler(), encoder), known_only=True)


@model
def logistic_whole_numbers(name, large):
    """An input of integers, one-hot; another column passed through."""
    columns = ["number 3", "whole", "level 0", "number 4"]
    transform = make_column_transformer(
        (StandardScaler(), ["number 3"]), (OneHotEncoder(handle_unknown="ignore"), ["whole", "level 0"]), remainder="passthrough"
    )
    return Recipe(name, large).columns(make_pipeline(transform, logistic()), "texts", columns)


@model
def logistic_doubles(name, large):
    """MatMul, Sigmoid and the rest in double precision."""
    return Recipe(name, large).table(make_pipeline(StandardScaler(), logistic()), dtype=np.float64)


@model
def logistic_opset_9(name, large):
    return Recipe(name, large).columns(mixed(logistic(), StandardScaler()), "three texts", target_opset={"": 9, "ai.onnx.ml": 1})


@model
def logistic_indicator_dropped(name, large):
    """skl2onnx leaves out the columns of the indicator without a word; onnxruntime then reads the wrong coefficients."""
    says = "skl2onnx drops the indicator columns"
    return Recipe(name, large).columns(mixed(logistic(), indicator=True), refused=says)


@model
def forest_indicator_dropped(name, large):
    says = "skl2onnx drops the indicator columns"
    return Recipe(name, large).columns(mixed(forest(large), indicator=True), refused=says)


@model
def sgd_log_loss(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=3)), "three")


@model
def tree(name, large):
    return Recipe(name, large).table(DecisionTreeClassifier(max_depth=12 if large else 5, random_state=3))


@model
def tree_three_classes(name, large):
    return Recipe(name, large).table(DecisionTreeClassifier(max_depth=12 if large else 5, random_state=3), "three texts", zipmap=True)


@model
def forest_bare(name, large):
    return Recipe(name, large).table(forest(large))


@model
def forest_missing_values(name, large):
    """Trained on NaN, whose direction skl2onnx leaves out."""
    return Recipe(name, large).table(forest(large), fill=False)


@model
def forest_mixed(name, large):
    return Recipe(name, large).columns(mixed(forest(large), StandardScaler()), "texts", zipmap=True)


@model
def forest_three_classes(name, large):
    return Recipe(name, large).columns(mixed(forest(large)), "three texts")


@model
def forest_doubles(name, large):
    return Recipe(name, large).table(forest(large), dtype=np.float64)


@model
def forest_opset_11(name, large):
    return Recipe(name, large).table(forest(large), "texts", zipmap=True, target_opset={"": 11, "ai.onnx.ml": 1})


@model
def forest_ml_5(name, large):
    return Recipe(name, large).table(forest(large), target_opset={"": 21, "ai.onnx.ml": 5})


@model
def extra_trees(name, large):
    return Recipe(name, large).columns(mixed(forest(large, ExtraTreesClassifier), RobustScaler()))


@model
def boosted_bare(name, large):
    return Recipe(name, large).table(boosted(large))


@model
def boosted_mixed(name, large):
    return Recipe(name, large).columns(mixed(boosted(large), StandardScaler()), "texts", zipmap=True)


@model
def boosted_three_classes(name, large):
    return Recipe(name, large).table(boosted(large), "three")


@model
def histogram_boosted(name, large):
    return Recipe(name, large).table(HistGradientBoostingClassifier(max_iter=30 if large else 4, max_leaf_nodes=15, random_state=3), fill=False)


@model
def histogram_boosted_three_classes(name, large):
    estimator = HistGradientBoostingClassifier(max_iter=30 if large else 4, max_leaf_nodes=7, random_state=3)
    return Recipe(name, large).table(estimator, "three texts", fill=False, zipmap=True)


@model
def network_relu(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), network(large, "relu")))


@model
def network_tanh_mixed(name, large):
    return Recipe(name, large).columns(mixed(network(large, "tanh"), StandardScaler()), "texts", zipmap=True)


@model
def network_logistic(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), network(large, "logistic")), "three texts")


@model
def network_identity_mixed(name, large):
    return Recipe(name, large).columns(mixed(network(large, "identity"), StandardScaler()), "three")


@model
def network_doubles(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), network(large, "relu")), dtype=np.float64)


@model
def network_opset_12(name, large):
    """The old Softmax."""
    return Recipe(name, large).table(make_pipeline(StandardScaler(), network(large, "relu")), "three", target_opset={"": 12, "ai.onnx.ml": 1})


@model
def calibrated_logistic(name, large):
    return Recipe(name, large).columns(mixed(CalibratedClassifierCV(logistic(), cv=3), StandardScaler()), "texts")


@model
def calibrated_forest(name, large):
    return Recipe(name, large).table(CalibratedClassifierCV(forest(large), cv=3), "three", zipmap=True)


@model
def calibrated_forest_opset_10(name, large):
    """Clip and ReduceSum with attributes."""
    return Recipe(name, large).table(CalibratedClassifierCV(forest(large), cv=2), "three", target_opset={"": 10, "ai.onnx.ml": 1})


@model
def calibrated_isotonic(name, large):
    """ArgMin and a table: skl2onnx takes the nearest point instead of interpolating."""
    return Recipe(name, large).table(CalibratedClassifierCV(make_pipeline(StandardScaler(), logistic()), cv=3, method="isotonic"))


@model
def linear_regression(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), LinearRegression()), "value")


@model
def ridge_mixed(name, large):
    return Recipe(name, large).columns(mixed(Ridge(), StandardScaler()), "value")


@model
def tree_regression(name, large):
    return Recipe(name, large).table(DecisionTreeRegressor(max_depth=10 if large else 5, random_state=3), "value")


@model
def forest_regression(name, large):
    return Recipe(name, large).columns(mixed(forest(large, RandomForestRegressor)), "value")


@model
def extra_trees_regression(name, large):
    return Recipe(name, large).table(forest(large, ExtraTreesRegressor), "value")


@model
def boosted_regression(name, large):
    return Recipe(name, large).table(boosted(large, GradientBoostingRegressor), "value")


@model
def histogram_boosted_regression(name, large):
    return Recipe(name, large).table(HistGradientBoostingRegressor(max_iter=30 if large else 4, max_leaf_nodes=15, random_state=3), "value", fill=False)


@model
def network_regression(name, large):
    return Recipe(name, large).table(make_pipeline(StandardScaler(), network(large, "relu", MLPRegressor)), "value")


# -- graphs made by hand ----------------------------------------------------------------------------------------------


def by_hand(name, nodes, outputs, inputs=None, constants=(), classes=None, **options):
    """A graph over columns with these names, or one table of five columns."""
    inputs = inputs or [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 5])]
    graph = helper.make_graph(nodes, name, inputs, outputs, list(constants))
    opsets = [helper.make_opsetid("", options.pop("opset", 21)), helper.make_opsetid("ai.onnx.ml", options.pop("ml", 3))]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="by hand", producer_version="1")
    frame = training(stream(name), 300, 0.12)[options.pop("columns", NUMBERS)]
    return Made(made, frame, classes, "table" if len(inputs) == 1 else "columns", **options)


def out(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


@model
def by_hand_gemm(name, large):
    """A network of Gemm and Relu, then Softmax: other exporters write this."""
    rng = stream(name)
    constants = [
        onnx.numpy_helper.from_array(rng.normal(size=shape).astype(np.float32) * 0.3, key)
        for key, shape in [("w0", (20, 5)), ("b0", (20,)), ("w1", (20, 3)), ("b1", (1, 3)), ("scale", (5,))]
    ]
    nodes = [
        helper.make_node("Mul", ["X", "scale"], ["scaled"]),
        helper.make_node("Gemm", ["scaled", "w0", "b0"], ["hidden"], transB=1, alpha=0.5),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "w1", "b1"], ["scores"], beta=2.0),
        helper.make_node("Softmax", ["scores"], ["prob"], axis=-1),
        helper.make_node("ArgMax", ["prob"], ["label"], axis=1, keepdims=0),
    ]
    return by_hand(name, nodes, [out("label", TensorProto.INT64, [None]), out("prob", TensorProto.FLOAT, [None, 3])],
                   constants=constants, classes=["0", "1", "2"])  # fmt: skip


@model
def by_hand_layout(name, large):
    """Concat, Slice, Gather, Squeeze, Flatten, Reshape, Clip, Reciprocal."""
    integers = lambda key, values: onnx.numpy_helper.from_array(np.array(values, np.int64), key)  # noqa: E731
    constants = [
        integers("one", [1]), integers("three", [3]), integers("columns", [4, 0]), integers("second", 1), integers("shape", [-1, 2]),
        onnx.numpy_helper.from_array(np.float32(-2.0), "low"), onnx.numpy_helper.from_array(np.float32(2.0), "high"),
        onnx.numpy_helper.from_array(np.float32(3.0), "shift"),
    ]  # fmt: skip
    nodes = [
        helper.make_node("Slice", ["X", "one", "three", "one"], ["middle"]),  # columns 1 and 2
        helper.make_node("Gather", ["X", "columns"], ["others"], axis=1),  # columns 4 and 0
        helper.make_node("Clip", ["middle", "low", "high"], ["clipped"]),
        helper.make_node("Concat", ["clipped", "others"], ["four"], axis=-1),
        helper.make_node("Flatten", ["four"], ["flat"], axis=1),
        helper.make_node("Gather", ["flat", "second"], ["column"], axis=1),  # one dimension
        helper.make_node("Tanh", ["column"], ["bent"]),
        helper.make_node("Add", ["bent", "shift"], ["positive"]),
        helper.make_node("Reciprocal", ["positive"], ["inverse"]),
        helper.make_node("ReduceSum", ["others", "one"], ["total"], keepdims=1),
        helper.make_node("Sigmoid", ["total"], ["share"]),
        helper.make_node("Squeeze", ["share", "one"], ["flat_share"]),
        helper.make_node("Mul", ["flat_share", "inverse"], ["value"]),
    ]
    return by_hand(name, nodes, [out("value", TensorProto.FLOAT, [None])], constants=constants)


@model
def by_hand_level_table(name, large):
    """LabelEncoder from texts to floats with a default, and from integers to floats, as tensors (ai.onnx.ml 4)."""
    tensor = lambda kind, values: helper.make_tensor("t", kind, [len(values)], values)  # noqa: E731
    nodes = [
        helper.make_node("LabelEncoder", ["level 0"], ["a"], domain="ai.onnx.ml", keys_strings=["a", "été", "nan", "a"],
                         values_floats=[0.5, -1.5, 2.5, 9.0], default_float=0.25),
        helper.make_node("LabelEncoder", ["whole"], ["b"], domain="ai.onnx.ml", keys_tensor=tensor(TensorProto.INT64, [0, 3, 5]),
                         values_tensor=tensor(TensorProto.FLOAT, [1.0, 2.0, -3.0]), default_tensor=tensor(TensorProto.FLOAT, [0.125])),
        helper.make_node("Concat", ["a", "b", "number 0"], ["all"], axis=1),
        helper.make_node("Scaler", ["all"], ["scaled"], domain="ai.onnx.ml", offset=[0.1], scale=[2.0]),
        helper.make_node("LinearClassifier", ["scaled"], ["label", "prob"], domain="ai.onnx.ml", coefficients=[1.0, -0.5, 0.7],
                         intercepts=[0.2], classlabels_strings=["no", "yes"], post_transform="NONE"),
    ]  # fmt: skip
    inputs = [out("level 0", TensorProto.STRING, [None, 1]), out("whole", TensorProto.INT64, [None, 1]), out("number 0", TensorProto.FLOAT, [None, 1])]
    outputs = [out("label", TensorProto.STRING, [None]), out("prob", TensorProto.FLOAT, [None, 2])]
    return by_hand(name, nodes, outputs, inputs, columns=["level 0", "whole", "number 0"], ml=4, raw_scores=True)


def stumps(weights, labels, modes=("BRANCH_LEQ", "BRANCH_LEQ"), classifier=True, **attributes):
    """Two trees of one condition each; `weights` maps (tree, leaf) to pairs of class and weight."""
    prefix = "class" if classifier else "target"
    lists = {f"{prefix}_treeids": [], f"{prefix}_nodeids": [], f"{prefix}_ids": [], f"{prefix}_weights": []}
    for (tree, leaf), pairs in weights.items():
        for score, weight in pairs:
            for key, value in zip(lists, (tree, leaf, score, float(weight))):
                lists[key].append(value)
    kind = "TreeEnsembleClassifier" if classifier else "TreeEnsembleRegressor"
    return helper.make_node(
        kind, ["X"], ["label", "prob"] if classifier else ["value"], domain="ai.onnx.ml",
        nodes_treeids=[0, 0, 0, 1, 1, 1], nodes_nodeids=[0, 1, 2] * 2, nodes_featureids=[0, 0, 0, 1, 0, 0],
        nodes_values=[0.1, 0, 0, -0.3, 0, 0], nodes_modes=[modes[0], "LEAF", "LEAF", modes[1], "LEAF", "LEAF"],
        nodes_truenodeids=[1, 0, 0] * 2, nodes_falsenodeids=[2, 0, 0] * 2, **labels, **lists, **attributes,
    )  # fmt: skip


def one_class(values, score=0):
    return {place: [(score, value)] for place, value in zip([(0, 1), (0, 2), (1, 1), (1, 2)], values)}


def stump_model(name, node, classes, **options):
    outputs = [out("label", TensorProto.INT64, [None]), out("prob", TensorProto.FLOAT, [None, len(classes)])]
    return by_hand(name, [node], outputs, classes=None if options.get("raw_scores") else classes, **options)


TWO, THREE = {"classlabels_int64s": [0, 1]}, {"classlabels_int64s": [0, 1, 2]}


@model
def by_hand_shares(name, large):
    return stump_model(name, stumps(one_class([0.1, 0.4, 0.2, 0.3]), TWO, ("BRANCH_LT", "BRANCH_GTE")), ["0", "1"])


@model
def by_hand_logistic_base(name, large):
    node = stumps(one_class([-0.1, 0.4, -0.2, 0.3]), TWO, ("BRANCH_GT", "BRANCH_LEQ"), post_transform="LOGISTIC", base_values=[0.05])
    return stump_model(name, node, ["0", "1"])


@model
def by_hand_mirrored(name, large):
    return stump_model(name, stumps(one_class([-0.1, 0.4, -0.2, 0.3]), TWO), ["0", "1"], raw_scores=True)


@model
def by_hand_two_classes(name, large):
    """Some rows reach weights of one class only."""
    weights = {(0, 1): [(0, 0.1)], (0, 2): [(1, 0.4)], (1, 1): [(0, 0.2)], (1, 2): [(1, 0.3)]}
    return stump_model(name, stumps(weights, TWO, ("BRANCH_EQ", "BRANCH_NEQ"), post_transform="LOGISTIC"), ["0", "1"])


@model
def by_hand_second_class(name, large):
    node = stumps(one_class([-0.1, 0.4, 0.2, 0.3], 1), TWO, post_transform="SOFTMAX", nodes_missing_value_tracks_true=[1, 0, 0, 1, 0, 0])
    return stump_model(name, node, ["0", "1"])


@model
def by_hand_softmax_zero(name, large):
    weights = {(0, 1): [(0, -0.1), (2, 0.3)], (0, 2): [(1, 0.4)], (1, 1): [(0, 0.2)], (1, 2): [(1, -0.3)]}
    return stump_model(name, stumps(weights, THREE, post_transform="SOFTMAX_ZERO", base_values=[0.1, 0.2, 0.3]), ["0", "1", "2"])


@model
def by_hand_average(name, large):
    node = stumps(one_class([-0.1, 0.4, -0.2, 0.3]), {}, classifier=False, n_targets=1, aggregate_function="AVERAGE", base_values=[0.7])
    return by_hand(name, [node], [out("value", TensorProto.FLOAT, [None, 1])])


@model
def by_hand_unknown_operator(name, large):
    nodes = [helper.make_node("Erf", ["X"], ["value"])]
    return by_hand(name, nodes, [out("value", TensorProto.FLOAT, [None, 5])], refused="has the operator Erf of ai.onnx")


# -- files ------------------------------------------------------------------------------------------------------------


def bits(values):
    values = np.ascontiguousarray(values)
    if values.dtype == np.float32:
        return [f"{b:08x}" for b in values.view(np.uint32).ravel().tolist()]
    return [f"{b:016x}" for b in values.astype(np.float64).view(np.uint64).ravel().tolist()]


def column(values):
    if values.dtype == object:
        return {"level": values.tolist()}
    if values.dtype == np.int64:
        return {"whole": values.tolist()}
    return {"single" if values.dtype == np.float32 else "double": bits(values)}


def thresholds(converted):
    found = []
    for node in converted.graph.node:
        modes = next((list(a.strings) for a in node.attribute if a.name == "nodes_modes"), [])
        values = next((list(a.floats) for a in node.attribute if a.name == "nodes_values"), [])
        found += [value for value, mode in zip(values, modes) if mode != b"LEAF"]
    return np.array(found, np.float32)


def golden(name, made, rows):
    frame = edge_case_rows(made.frame, thresholds(made.model), stream("rows " + name), rows, made.known_only)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(made.model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    if made.inputs == "table":
        feed = {"X": frame.to_numpy(made.dtype)}
    else:
        # skl2onnx replaces blanks in the names of inputs.
        frame.columns = [value.name for value in session.get_inputs()]
        feed = {c: frame[[c]].to_numpy() for c in frame}
    results = session.run(None, feed)
    label, scores = None, results[-1]
    if len(results) > 1:
        label, scores = results[0], results[1]
    if isinstance(scores, list):  # ZipMap
        scores = np.array([[row[key] for key in row] for row in scores], np.float32)
        assert [str(key) for key in results[1][0]] == made.classes
    elif len(results) > 2 and results[1].ndim == 1:  # a column per class
        scores = np.stack(results[1:], axis=1)
    out = {"onnxruntime": onnxruntime.__version__, "rows": rows, "named": made.inputs == "columns", "raw_scores": made.raw_scores}
    out["features"] = [{"name": c, **column(frame[c].to_numpy())} for c in frame]
    out["classes"] = made.classes
    scores = scores.reshape(rows, -1)
    out["scores"] = bits(scores)
    if label is not None and made.classes:
        out["label"] = [str(value) for value in np.ravel(label)]
    return out


def plain_attributes(operator, *arguments, **options):
    """skl2onnx 1.20 passes truth values and numbers of numpy for HistGradientBoosting, which onnx 1.23 does not take."""

    def plain(value):
        value = value.item() if isinstance(value, np.generic) else value
        return int(value) if isinstance(value, bool) else value

    for key, value in options.items():
        if isinstance(value, (list, np.ndarray)):
            options[key] = [plain(number) for number in value]
    return helper.make_node(operator, *arguments, **options)


def make(folder, large, only):
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in MODELS.items():
        if only and name not in only:
            continue
        made = build(name, large)
        made.model.doc_string = ""
        (folder / f"{name}.onnx").write_bytes(made.model.SerializeToString())
        if made.refused:
            values = {"refused": made.refused}
        else:
            values = golden(name, made, 2500 if large else 50)
        (folder / f"{name}.json").write_text(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        operators = sorted({node.op_type for node in made.model.graph.node})
        print(f"{name}: {made.model.ByteSize()} bytes, {' '.join(operators)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", type=Path, metavar="DIR")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--only", nargs="*", help="names of models")
    args = parser.parse_args()
    versions = {onnx: "1.23.2", onnxruntime: "1.32.0", sklearn: "1.9.1", skl2onnx: "1.20.0"}
    for library, version in versions.items():
        assert library.__version__ == version, f"needs {library.__name__} {version}, found {library.__version__}"
    _container.make_node = plain_attributes
    committed = HERE / "onnx"
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
    if os.environ.get("PYTHONHASHSEED") != "0":  # skl2onnx orders some parts by hashes
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    main()
