"""Divides the clients, stratified by target: train, valid and test, and folds over train and valid together.

The target of the test clients goes to a file of its own, which only the step `final` reads.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.model_selection import StratifiedKFold, train_test_split

from . import frame
from .steps import Context

FEATURES = "prepare/features.parquet"
PARTS, FOLDS = "split/parts.parquet", "split/folds.parquet"
FIT_TARGET, TEST_TARGET = "split/target.parquet", "split/test_target.parquet"


def parts(ids: np.ndarray, target: np.ndarray, valid: float, test: float, seed: int) -> np.ndarray:
    """`train`, `valid` or `test` for each client, stratified."""
    rest, held = train_test_split(np.arange(len(ids)), test_size=test, stratify=target, random_state=seed)
    train, checked = train_test_split(rest, test_size=valid / (1 - test), stratify=target[rest], random_state=seed)
    out = np.full(len(ids), "train", object)
    out[checked], out[held] = "valid", "test"
    del train
    return out


def folds(target: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The number of the fold that each client is held out in, stratified to within one client."""
    out = np.zeros(len(target), np.int64)
    for number, (_, held) in enumerate(StratifiedKFold(count, shuffle=True, random_state=seed).split(target, target)):
        out[held] = number
    return out


def run(context: Context) -> None:
    """The step `split`."""
    params = context.params
    table = pq.read_table(context.path(FEATURES), columns=list(frame.NOT_FEATURES)).to_pandas().sort_values(frame.ID)
    ids, target = table[frame.ID].to_numpy(), table[frame.TARGET].to_numpy().astype(int)
    if len(np.unique(ids)) != len(ids):
        raise ValueError(f"{FEATURES}: {frame.ID} occurs more than once; prepare the features again")
    part = parts(ids, target, params["split.valid"], params["split.test"], params["seed"])
    table = pd.DataFrame({frame.ID: ids, frame.TARGET: target})
    fit = part != "test"
    frame.write(context.folder / "parts.parquet", pd.DataFrame({frame.ID: ids, "part": part}))
    frame.write(context.folder / "target.parquet", table[fit].reset_index(drop=True))
    frame.write(context.folder / "test_target.parquet", table[~fit].reset_index(drop=True))
    number = folds(target[fit], params["folds"], params["seed"])
    frame.write(context.folder / "folds.parquet", pd.DataFrame({frame.ID: ids[fit], "fold": number}))


def read_folds(context: Context) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clients of train and valid, their targets and their folds, sorted by client."""
    table = pq.read_table(context.path(FOLDS)).to_pandas().sort_values(frame.ID)
    target = frame.read_target(context.path(FIT_TARGET))
    ids = table[frame.ID].to_numpy()
    return ids, target.loc[ids].to_numpy(), table["fold"].to_numpy()


def test_clients(context: Context) -> np.ndarray:
    """Clients of test, sorted."""
    table = pq.read_table(context.path(PARTS)).to_pandas()
    return np.sort(table.loc[table["part"] == "test", frame.ID].to_numpy())
