"""Nothing leaks: a permuted target cannot be learnt, a random column of many levels gains nothing, an id is never kept."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from training import benchmark, choose, frame, pipeline, select, split
from training.models.families import make
from training.models.spaces import FAMILIES
from training.steps import Context, run_step
from training.tests.conftest import CLIENTS

STEPS = {step.name: step for step in pipeline.STEPS}
PLANTED_LEVELS, PLANTED_ID = "PLANTED_LEVELS", "PLANTED_ID"


def bound(target) -> float:
    """Three standard errors of the AUC of scores that know nothing."""
    bad, good = int(np.sum(target == 1)), int(np.sum(target == 0))
    return 3 * np.sqrt((bad + good + 1) / (12 * bad * good))


@pytest.fixture(scope="module")
def permuted(run, tmp_path_factory):
    """Half of the run's features with a permuted target and a planted id, through split, select and benchmark."""
    root = tmp_path_factory.mktemp("permuted")
    (root / "prepare").mkdir()
    table = pq.read_table(run.root / split.FEATURES).slice(0, CLIENTS // 2)
    rng = np.random.default_rng(11)
    at = table.column_names.index("TARGET")
    target = rng.permutation(table.column("TARGET").to_numpy())
    table = table.set_column(at, "TARGET", pa.array(target))
    table = table.append_column(PLANTED_ID, pa.array(rng.permutation(len(table)) + 700_000))
    pq.write_table(table, root / split.FEATURES)
    settings = run.context(**{"benchmark.all_columns": [], "select.sizes": []}).params
    for name in ("split", "select", "benchmark"):
        run_step(root, STEPS[name], settings, lambda line: None)
    return Context(root, root, settings, "x")


def test_a_permuted_target_is_not_learnt_by_any_family(permuted):
    _, target, _ = split.read_folds(permuted)
    for family in FAMILIES:
        scores = pd.read_parquet(permuted.path(f"benchmark/{family}.parquet"))
        assert abs(roc_auc_score(target, scores["probability"]) - 0.5) < bound(target), family


def test_columns_chosen_with_the_held_out_rows_would_leak(permuted):
    """The check above can fail: columns that fit pure noise on all rows seem to predict it out of fold."""
    ids, target, folds = split.read_folds(permuted)
    path = permuted.path(split.FEATURES)
    numbers = number_columns(path)
    x = frame.read(path, numbers, ids, single=True)
    best = list(correlations(x, target).sort_values(ascending=False).index[:125])
    score = np.zeros(len(target))
    for fold in np.unique(folds):
        fit = folds != fold
        score[~fit] = (
            make("logistic", {"C": 0.01, "max_iter": 300}, 1).fit(x.loc[fit, best], target[fit]).probability(x.loc[~fit, best])
        )
    assert roc_auc_score(target, score) > 0.5 + bound(target)


def out_of_fold(rows: pd.DataFrame, target, folds, family: str, settings) -> float:
    """The AUC of scores out of fold."""
    score = np.zeros(len(target))
    for fold in np.unique(folds):
        fit = folds != fold
        score[~fit] = make(family, settings[f"models.{family}"], 1).fit(rows[fit], target[fit]).probability(rows[~fit])
    return roc_auc_score(target, score)


@pytest.fixture(scope="module")
def levels(run):
    """The first columns of the run, target and folds, and a planted text of 5,000 levels that says nothing."""
    ids, target, folds = split.read_folds(run.context())
    x = frame.read(run.root / split.FEATURES, select.kept(run.context())[:20], ids)
    drawn = np.random.default_rng(12).choice(np.array([f"level {i}" for i in range(5_000)], object), len(x))
    return x, target, folds, pd.Series(drawn, x.index, dtype=object)


@pytest.mark.parametrize("family", ["catboost", "lightgbm", "xgboost", "logistic"])
def test_a_random_column_of_many_levels_gains_nothing_out_of_fold(run, levels, family):
    x, target, folds, planted = levels
    before, after = (
        out_of_fold(rows, target, folds, family, run.context().params) for rows in (x, x.assign(**{PLANTED_LEVELS: planted}))
    )
    assert after < before + bound(target)


def test_levels_encoded_with_the_held_out_rows_would_leak(run, levels):
    """The check above can fail: replaced by the mean target of its level over all rows, the column that says nothing wins."""
    x, target, folds, planted = levels
    encoded = pd.Series(target, x.index).groupby(planted.to_numpy()).transform("mean")
    before, after = (
        out_of_fold(rows, target, folds, "lightgbm", run.context().params) for rows in (x, x.assign(**{PLANTED_LEVELS: encoded}))
    )
    assert after > before + bound(target)


def test_an_id_is_never_selected(run, permuted):
    """Neither the client's id, which is not offered, nor a planted one, which a ranking by gain might take for noise like any other."""
    assert not {frame.ID, frame.TARGET} & set(frame.features_of(run.root / split.FEATURES))
    assert PLANTED_ID in frame.features_of(permuted.path(split.FEATURES))
    for file in sorted(permuted.path("select").glob("*.parquet")):
        assert PLANTED_ID not in set(pd.read_parquet(file)["feature"]), file.name
    assert json.loads(permuted.path("select/sizes.json").read_text())["identifiers"] == [PLANTED_ID]
    assert run.json("select/sizes.json")["identifiers"] == []


def test_a_column_of_texts_that_all_differ_is_an_id_and_amounts_are_not():
    n = 500
    x = pd.DataFrame({"amount": np.random.default_rng(1).random(n), "day": np.arange(n) % 90.0, "id": np.arange(n) + 0.0})
    x["text"] = pd.Series([f"{i}" for i in range(n)], dtype=object)
    x["gaps"] = np.where(np.arange(n) == 3, np.nan, np.arange(n))
    assert select.identifiers(x) == ["id", "text"]


def number_columns(path) -> list[str]:
    """All features that are not text."""
    columns = frame.features_of(path)
    text = set(frame.text_columns(path, columns))
    return [c for c in columns if c not in text]


def correlations(x: pd.DataFrame, target) -> pd.Series:
    """|Pearson| of each column with the target; missing cells take the mean."""
    values = x.to_numpy(np.float64)
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values - mean, 0.0)
    spread = np.sqrt((centred**2).mean(axis=0))
    y = (target - target.mean()) / target.std()
    return pd.Series(np.abs(centred.T @ y / len(y)) / np.where(spread > 0, spread, np.inf), x.columns)


def test_no_prepared_column_equals_the_target(run):
    ids, target, _ = split.read_folds(run.context())
    path = run.root / split.FEATURES
    numbers = number_columns(path)
    assert correlations(frame.read(path, numbers, ids, single=True), target).max() < 0.3
    assert len(target) + len(split.test_clients(run.context())) == CLIENTS


def test_the_choice_of_noise_is_a_tie_of_all(permuted):
    """Families that know nothing cost about the same as refusing nobody, and none is declared dearer by much."""
    ids, target, _ = split.read_folds(permuted)
    scores = {f: pd.read_parquet(permuted.path(f"benchmark/{f}.parquet"))["probability"].to_numpy() for f in FAMILIES}
    choice = choose.decide(scores, target, {f: f for f in FAMILIES}, permuted.params)
    nobody = 10 * target.sum()
    assert 0.9 * nobody < choice["cost"] <= nobody and len(choice["tied"]) >= 2
    assert (
        benchmark.summary(pd.read_parquet(permuted.path("benchmark/catboost.parquet")), target, permuted.params)["auc_mean"]
        < 0.56
    )
