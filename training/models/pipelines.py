"""The scikit-learn families: numbers imputed by the median with a flag for missing and scaled, levels one-hot, then the model.

Everything is part of one pipeline, so medians, scales and levels are learnt from the training rows of each fold.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .. import frame
from . import spaces
from .boosted import balance

_KINDS = {"logistic": LogisticRegression, "forest": RandomForestClassifier, "mlp": MLPClassifier}


class SkLearn:
    """One of the three scikit-learn families."""

    file = "model.skops"

    def __init__(self, family: str, params: dict, seed: int, threads: int):
        spaces.check(family, params)
        self.family, self.params, self.seed, self.threads = family, params, seed, threads

    def fit(self, x: pd.DataFrame, y: np.ndarray):
        """Trains the pipeline; the defaults together count as much as all other rows together."""
        self.columns, self.text = list(x.columns), [c for c in x.columns if x[c].dtype == object]
        params = {k: tuple(v) if isinstance(v, list) else v for k, v in self.params.items()} | {"random_state": self.seed}
        if self.family != "mlp":  # the network takes weights of rows instead
            params |= {"class_weight": "balanced"}
        if self.family == "forest":
            params |= {"n_jobs": self.threads}
        self.model = Pipeline([("columns", self._columns(x)), (self.family, _KINDS[self.family](**params))])
        extra = {"mlp__sample_weight": np.where(y == 1, balance(y), 1.0)} if self.family == "mlp" else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `max_iter` is a setting, and stopping early is a regularisation
            self.model.fit(x, y, **extra)
        return self

    def _columns(self, x: pd.DataFrame):
        numbers = [c for c in self.columns if c not in self.text]
        levels = [np.array(frame.LEVELS.get(c) or sorted(set(x[c]) | {frame.MISSING}), object) for c in self.text]
        impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        steps = [("numbers", Pipeline([("impute", impute), ("scale", StandardScaler())]), numbers)]
        if self.text:
            steps.append(("levels", OneHotEncoder(categories=levels, handle_unknown="ignore", sparse_output=False), self.text))
        return ColumnTransformer(steps)

    def probability(self, x: pd.DataFrame) -> np.ndarray:
        return self.model.predict_proba(x[self.columns])[:, 1]

    def raw(self, x: pd.DataFrame) -> np.ndarray:
        """Log-odds of the logistic regression, the probability of the others."""
        return self.model.decision_function(x[self.columns]) if self.family == "logistic" else self.probability(x)

    def _sources(self) -> np.ndarray:
        """The position of the feature behind each column of the transformed table."""
        columns = self.model.named_steps["columns"]
        numbers = [c for c in self.columns if c not in self.text]
        impute = columns.named_transformers_["numbers"].named_steps["impute"]
        names = numbers + [numbers[i] for i in impute.indicator_.features_]
        if self.text:
            names += [
                c for c, levels in zip(self.text, columns.named_transformers_["levels"].categories_, strict=True) for _ in levels
            ]
        return np.array([self.columns.index(name) for name in names])

    def contributions(self, x: pd.DataFrame, background: pd.DataFrame | None = None) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (rows × features) and the expected raw score of each row.

        Values of the transformed columns of one feature are added up. Logistic regression and forest are exact; the network is
        sampled by permutations, on at most 100 rows.
        """
        import shap

        columns, last = self.model.named_steps["columns"], self.model.named_steps[self.family]
        rows = columns.transform(x[self.columns])
        ground = rows if background is None else columns.transform(background[self.columns])
        if self.family == "logistic":
            weights, mean = last.coef_[0], ground.mean(axis=0)
            values, base = (rows - mean) * weights, float(last.intercept_[0] + mean @ weights)
        elif self.family == "forest":
            explainer = shap.TreeExplainer(last)
            values, base = explainer.shap_values(rows)[:, :, 1], float(explainer.expected_value[1])
        else:
            explainer = shap.PermutationExplainer(lambda a: last.predict_proba(a)[:, 1], ground[:100], seed=self.seed)
            explained = explainer(rows[:100], max_evals=2 * rows.shape[1] + 1, silent=True)
            values, base = explained.values, explained.base_values
        out = np.zeros((len(values), len(self.columns)))
        np.add.at(out, (slice(None), self._sources()), values)
        return out, np.broadcast_to(base, len(values)).astype(float)

    def save(self, folder: Path) -> Path:
        from . import export

        (folder / self.file).write_bytes(export.skops_bytes(self.model))
        return folder / self.file
