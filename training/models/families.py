"""Makes a model of a family from its parameters."""

from __future__ import annotations

from .boosted import CatBoost, LightGBM, XGBoost
from .pipelines import SkLearn


def make(family: str, params: dict, seed: int, threads: int = 1):
    """An untrained model; an unknown family or parameter is an error.

    All models have `fit(x, y)`, `probability(x)`, `raw(x)`, `contributions(x)` and `save(folder)`.
    """
    boosted = {"catboost": CatBoost, "lightgbm": LightGBM, "xgboost": XGBoost}
    if family in boosted:
        return boosted[family](params, seed, threads)
    return SkLearn(family, params, seed, threads)
