"""Model files for other programs: ONNX and .skops of scikit-learn pipelines."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

_ABSENT = np.float32(1e30)
"""Stands for a missing number while its flag is computed; larger than any amount."""


def skops_bytes(model) -> bytes:
    """A pipeline as .skops; the same model gives the same bytes (skops names members after addresses in memory)."""
    import skops.io

    source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    numbers: dict = {}

    def renamed(node):
        if isinstance(node, list):
            return [renamed(item) for item in node]
        if not isinstance(node, dict):
            return node
        out = {}
        for key, value in node.items():
            if key == "__id__":
                out[key] = numbers.setdefault(value, len(numbers))
            elif key == "file":
                stem, _, ending = value.partition(".")
                out[key] = f"{numbers.setdefault(int(stem), len(numbers))}.{ending}"
            else:
                out[key] = renamed(value)
        return out

    members = {"schema.json": json.dumps(renamed(json.loads(source.read("schema.json"))), indent=2).encode()}
    for name in source.namelist():
        if name != "schema.json":
            stem, _, ending = name.partition(".")
            members[f"{numbers[int(stem)]}.{ending}"] = source.read(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def load_skops(path: Path):
    """Reads a .skops file that this package wrote."""
    import skops.io

    return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def _imputer_shape(operator) -> None:
    """Columns in, columns and flags out."""
    from skl2onnx.common.data_types import FloatTensorType

    imputer = operator.raw_operator
    flags = len(imputer.indicator_.features_) if imputer.add_indicator else 0
    operator.outputs[0].type = FloatTensorType([None, imputer.n_features_in_ + flags])


def _imputer(scope, operator, container) -> None:
    """SimpleImputer with flags, which skl2onnx converts without them: a flag is 1 where a huge number took the missing one's place."""
    from skl2onnx.common._apply_operation import apply_concat

    imputer = operator.raw_operator
    source = operator.inputs[0].full_name
    name = scope.get_unique_variable_name
    filled = name("filled")
    container.add_node("Imputer", source, filled, op_domain="ai.onnx.ml", name=scope.get_unique_operator_name("Imputer"),
                       imputed_value_floats=imputer.statistics_.astype(np.float32).tolist(), replaced_value_float=float("nan"))  # fmt: skip
    parts = [filled]
    if imputer.add_indicator and len(imputer.indicator_.features_):
        width, positions = imputer.n_features_in_, imputer.indicator_.features_.astype(np.int64)
        marked, some, scaled, flags, at = (name(n) for n in ("marked", "some", "scaled", "flags", "at"))
        container.add_node("Imputer", source, marked, op_domain="ai.onnx.ml", name=scope.get_unique_operator_name("Imputer"),
                           imputed_value_floats=[float(_ABSENT)] * width, replaced_value_float=float("nan"))  # fmt: skip
        container.add_initializer(at, 7, [len(positions)], positions.tolist())
        container.add_node(
            "ArrayFeatureExtractor", [marked, at], some, op_domain="ai.onnx.ml", name=scope.get_unique_operator_name("Some")
        )
        half = float(_ABSENT / 2)
        container.add_node("Scaler", some, scaled, op_domain="ai.onnx.ml", name=scope.get_unique_operator_name("Scaler"),
                           offset=[half] * len(positions), scale=[1 / half] * len(positions))  # fmt: skip
        low, high = name("low"), name("high")
        container.add_initializer(low, 1, [], [0.0])
        container.add_initializer(high, 1, [], [1.0])
        container.add_node("Clip", [scaled, low, high], flags, op_version=13, name=scope.get_unique_operator_name("Clip"))
        parts.append(flags)
    apply_concat(scope, parts, operator.outputs[0].full_name, container, axis=1)


def onnx_bytes(model, columns: list[str], text: list[str]) -> bytes:
    """A fitted pipeline as ONNX, with one input per feature: numbers as 32-bit floats, levels as text."""
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.impute import SimpleImputer

    inputs = [(c, StringTensorType([None, 1]) if c in text else FloatTensorType([None, 1])) for c in columns]
    last = model.steps[-1][1]
    converted = skl2onnx.convert_sklearn(
        model, initial_types=inputs, options={id(last): {"zipmap": False}}, target_opset={"": 18, "ai.onnx.ml": 3}, name="model",
        custom_conversion_functions={SimpleImputer: _imputer}, custom_shape_calculators={SimpleImputer: _imputer_shape})  # fmt: skip
    opsets = sorted((o.domain, o.version) for o in converted.opset_import)  # their order is that of a set
    del converted.opset_import[:]
    for domain, version in opsets:
        converted.opset_import.add(domain=domain, version=version)
    return converted.SerializeToString(deterministic=True)


def onnx_scores(path: Path, x: pd.DataFrame) -> np.ndarray:
    """The probability of a default by onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {c: x[[c]].to_numpy(object).astype(str) if x[c].dtype == object else x[[c]].to_numpy(np.float32) for c in x.columns}
    wanted = {i.name for i in session.get_inputs()}
    return session.run(["probabilities"], {k: v for k, v in feed.items() if k in wanted})[0][:, 1].astype(float)
