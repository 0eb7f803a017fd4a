"""Makes a model of a family from its parameters, and reads it back from its files."""

from __future__ import annotations

import json
from pathlib import Path

from . import export
from .boosted import CatBoost, LightGBM, XGBoost
from .pipelines import SkLearn

_BOOSTED = {"catboost": CatBoost, "lightgbm": LightGBM, "xgboost": XGBoost}


def make(family: str, params: dict, seed: int, threads: int = 1):
    """An untrained model; an unknown family or parameter is an error.

    All models have `fit(x, y)`, `probability(x)`, `raw(x)`, `contributions(x)` and `save(folder)`.
    """
    return _BOOSTED[family](params, seed, threads) if family in _BOOSTED else SkLearn(family, params, seed, threads)


def save(model, folder: Path) -> dict:
    """Writes the model in its library's format, as ONNX too if it is of scikit-learn, and `inputs.json`; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [model.save(folder).name]
    if isinstance(model, SkLearn):
        (folder / "model.onnx").write_bytes(export.onnx_bytes(model.model, model.columns, model.text))
        files.append("model.onnx")
    about = {"family": model.family, "params": model.params, "seed": model.seed, "columns": model.columns, "files": files,
             "levels": getattr(model, "levels", {}), "text": getattr(model, "text", None) or sorted(getattr(model, "levels", {}))}  # fmt: skip
    (folder / "inputs.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return about


def load(folder: Path, threads: int = 1):
    """Reads a model that `save` wrote."""
    about = json.loads((folder / "inputs.json").read_text(encoding="utf-8"))
    model = make(about["family"], about["params"], about["seed"], threads)
    model.columns, model.levels, model.text = about["columns"], about["levels"], about["text"]
    path = folder / about["files"][0]
    if about["family"] == "catboost":
        from catboost import CatBoostClassifier

        model.model = CatBoostClassifier().load_model(str(path), format="cbm")
    elif about["family"] == "lightgbm":
        import lightgbm

        model.model = lightgbm.Booster(model_file=str(path))
    elif about["family"] == "xgboost":
        import xgboost

        model.model = xgboost.Booster(model_file=str(path))
    else:
        model.model = export.load_skops(path)
    return model
