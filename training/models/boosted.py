"""The three boosting libraries. Levels are passed natively: text to CatBoost, categories of fixed order to the other two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from .. import frame
from . import spaces


def balance(target: np.ndarray) -> float:
    """The weight of a default that makes both classes count alike."""
    bad = float(np.sum(target == 1))
    return (len(target) - bad) / bad


class CatBoost:
    """CatBoost, with its own treatment of levels."""

    family, file = "catboost", "model.cbm"

    def __init__(self, params: dict, seed: int, threads: int):
        spaces.check(self.family, params)
        self.params, self.seed, self.threads = params, seed, threads

    def fit(self, x: pd.DataFrame, y: np.ndarray):
        """Trains on rows whose text columns are levels."""
        from catboost import CatBoostClassifier, Pool

        self.columns, self.text = list(x.columns), [c for c in x.columns if x[c].dtype == object]
        self.model = CatBoostClassifier(**self.params, auto_class_weights="Balanced", random_seed=self.seed, thread_count=self.threads,
                                        verbose=False, allow_writing_files=False)  # fmt: skip
        self.model.fit(Pool(x, y, cat_features=self.text))
        return self

    def pool(self, x: pd.DataFrame):
        """The rows as the library reads them."""
        from catboost import Pool

        return Pool(x[self.columns], cat_features=self.text)

    def probability(self, x: pd.DataFrame) -> np.ndarray:
        return self.model.predict_proba(self.pool(x), thread_count=self.threads)[:, 1]

    def raw(self, x: pd.DataFrame) -> np.ndarray:
        return self.model.predict(self.pool(x), prediction_type="RawFormulaVal", thread_count=self.threads)

    def gains(self) -> np.ndarray:
        return np.asarray(self.model.get_feature_importance())

    def contributions(self, x: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (rows × features) and the expected raw score of each row."""
        values = self.model.get_feature_importance(self.pool(x), type="ShapValues", thread_count=self.threads)
        return values[:, :-1], values[:, -1]

    def save(self, folder: Path) -> Path:
        self.model.save_model(str(folder / self.file), format="cbm")
        return folder / self.file


class _Categories:
    """Levels as categories: the declared ones, or those of the training rows of a column that is not declared."""

    def learn(self, x: pd.DataFrame) -> None:
        self.columns = list(x.columns)
        self.levels = {c: frame.LEVELS.get(c) or sorted(set(x[c]) | {frame.MISSING}) for c in x.columns if x[c].dtype == object}

    def encode(self, x: pd.DataFrame) -> pd.DataFrame:
        out = x[self.columns]
        for c, levels in self.levels.items():
            index = pd.Index(levels, dtype=object)  # a level that is not in it becomes missing
            out = out.assign(**{c: pd.Categorical.from_codes(index.get_indexer(x[c]), dtype=pd.CategoricalDtype(index))})
        return out


class LightGBM(_Categories):
    """LightGBM's booster; its text file holds the levels."""

    family, file = "lightgbm", "model.txt"

    def __init__(self, params: dict, seed: int, threads: int):
        spaces.check(self.family, params)
        self.params, self.seed, self.threads = params, seed, threads

    def fit(self, x: pd.DataFrame, y: np.ndarray):
        import lightgbm

        self.learn(x)
        params = dict(self.params)
        rounds = params.pop("n_estimators")
        params |= {"objective": "binary", "scale_pos_weight": balance(y), "seed": self.seed, "num_threads": self.threads, "verbosity": -1,
                   "deterministic": True, "force_row_wise": True}  # fmt: skip
        self.model = lightgbm.train(params, lightgbm.Dataset(self.encode(x), y, free_raw_data=True), rounds)
        return self

    def probability(self, x: pd.DataFrame) -> np.ndarray:
        return self.model.predict(self.encode(x), num_threads=self.threads)

    def raw(self, x: pd.DataFrame) -> np.ndarray:
        return self.model.predict(self.encode(x), raw_score=True, num_threads=self.threads)

    def gains(self) -> np.ndarray:
        return self.model.feature_importance("gain")

    def contributions(self, x: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (rows × features) and the expected raw score of each row."""
        values = self.model.predict(self.encode(x), pred_contrib=True, num_threads=self.threads)
        return values[:, :-1], values[:, -1]

    def save(self, folder: Path) -> Path:
        self.model.save_model(str(folder / self.file))
        return folder / self.file


class XGBoost(_Categories):
    """XGBoost's booster; its JSON file holds the levels."""

    family, file = "xgboost", "model.json"

    def __init__(self, params: dict, seed: int, threads: int):
        spaces.check(self.family, params)
        self.params, self.seed, self.threads = params, seed, threads

    def matrix(self, x: pd.DataFrame, y=None):
        """The rows as the library reads them."""
        import xgboost

        return xgboost.DMatrix(self.encode(x), y, enable_categorical=True, nthread=self.threads)

    def fit(self, x: pd.DataFrame, y: np.ndarray):
        import xgboost

        self.learn(x)
        params = dict(self.params)
        rounds = params.pop("n_estimators")
        params |= {"objective": "binary:logistic", "scale_pos_weight": balance(y), "seed": self.seed, "nthread": self.threads,
                   "tree_method": "hist", "validate_parameters": True}  # fmt: skip
        self.model = xgboost.train(params, self.matrix(x, y), rounds)
        return self

    def probability(self, x: pd.DataFrame) -> np.ndarray:
        return self.model.predict(self.matrix(x)).astype(float)

    def raw(self, x: pd.DataFrame) -> np.ndarray:
        return self.model.predict(self.matrix(x), output_margin=True).astype(float)

    def contributions(self, x: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (rows × features) and the expected raw score of each row; the library computes them in 32 bits."""
        values = self.model.predict(self.matrix(x), pred_contribs=True).astype(float)
        return values[:, :-1], values[:, -1]

    def save(self, folder: Path) -> Path:
        self.model.save_model(str(folder / self.file))
        return folder / self.file
