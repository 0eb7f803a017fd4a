"""Scores of clients by models that were trained without them: one fold after the other, each with its own columns."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from . import frame, select, split
from .models.families import make
from .steps import Context


@dataclass
class Folds:
    """Clients of train and valid with their folds; rows of each fold's columns are read once."""

    context: Context

    def __post_init__(self):
        self.ids, self.target, self.number = split.read_folds(self.context)
        self.count = self.context.params["folds"]
        self._columns = [select.fold_columns(self.context, f) for f in range(self.count)]
        union = sorted({c for own in self._columns for c in own})
        self._x = frame.read(self.context.path(split.FEATURES), union, self.ids)

    def rows(self, fold: int, everything: pd.DataFrame | None = None):
        """Training rows, their target, and the held-out rows of a fold; with the fold's columns, or with all of `everything`."""
        x = self._x[self._columns[fold]] if everything is None else everything
        fit = self.number != fold
        return x[fit], self.target[fit], x[~fit]


def score_fold(folds: Folds, context: Context, name: str, family: str, params: dict, fold: int, everything=None) -> Path:
    """Scores of one fold as a unit of work: `name/fold-N.parquet` with client and probability; seconds go to a file of their own."""

    def compute(out: Path) -> None:
        started = time.monotonic()
        x, y, held = folds.rows(fold, everything)
        model = make(family, params, context.params["seed"], context.params["threads"]).fit(x, y)
        probability = model.probability(held)
        seconds = time.monotonic() - started
        (out.parent / f"seconds-{fold}.json").write_text(json.dumps(round(seconds, 3)))
        frame.write(out, pd.DataFrame({frame.ID: held.index.to_numpy(), "fold": fold, "probability": probability}))

    return context.unit(f"{name}/fold-{fold}.parquet", compute)


def score(
    folds: Folds, context: Context, name: str, family: str, params: dict, everything=None, count: int | None = None
) -> pd.DataFrame:
    """Scores of the first `count` folds (default: all), by client."""
    numbers = range(folds.count if count is None else count)
    parts = [pd.read_parquet(score_fold(folds, context, name, family, params, f, everything)) for f in numbers]
    return pd.concat(parts).sort_values(frame.ID).reset_index(drop=True)


def seconds(folder: Path) -> float:
    """Seconds that training and scoring took over all folds of a unit's folder."""
    return round(sum(json.loads(p.read_text()) for p in sorted(folder.glob("seconds-*.json"))), 2)


def read_scores(path: Path) -> pd.DataFrame:
    """Out-of-fold scores that a step wrote, by client."""
    return pd.read_parquet(path).sort_values(frame.ID).reset_index(drop=True)


def aligned(scores: pd.DataFrame, ids: np.ndarray) -> np.ndarray:
    """The probabilities in the order of `ids`; a client without a score is an error."""
    series = scores.set_index(frame.ID)["probability"]
    if len(series) != len(ids) or not np.array_equal(series.index.to_numpy(), ids):
        raise ValueError("out-of-fold scores are not of the clients of train and valid; run the step that made them again")
    return series.to_numpy()
