"""The model families: parameters, class weights, levels, files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from training import frame, params
from training.models import export, spaces
from training.models.families import load, make, save

SETTINGS = params.load("tiny")


def rows(n=1_500, seed=0):
    """Numbers with missing cells, a declared and an undeclared text column, and a target that depends on them."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({"A": rng.normal(size=n), "B": rng.gamma(2.0, 1e5, n)})
    x.loc[rng.random(n) < 0.3, "A"] = np.nan
    x["CODE_GENDER"] = rng.choice(np.array(["F", "M", frame.MISSING], object), n, p=[0.6, 0.38, 0.02])
    x["COLOUR"] = rng.choice(np.array(["red", "blue", "Ärger"], object), n)
    odds = -2.6 + np.nan_to_num(x["A"], nan=1.0) + (x["CODE_GENDER"] == "M") + 2e-6 * x["B"]
    y = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    return x.astype({"CODE_GENDER": object, "COLOUR": object}), y.to_numpy()


@pytest.fixture(scope="module", params=spaces.FAMILIES)
def fitted(request):
    x, y = rows()
    return make(request.param, SETTINGS[f"models.{request.param}"], 1).fit(x, y)


def test_every_family_learns_and_its_files_give_the_same_scores(fitted, tmp_path):
    x, y = rows(800, 5)
    score = fitted.probability(x)
    assert roc_auc_score(y, score) > 0.68
    about = save(fitted, tmp_path)
    assert about["columns"] == list(x.columns)
    assert np.array_equal(load(tmp_path).probability(x), score)
    if "model.onnx" in about["files"]:
        assert np.abs(export.onnx_scores(tmp_path / "model.onnx", x) - score).max() < 2e-5


def test_classes_are_weighted_so_that_scores_reach_a_half(fitted):
    x, y = rows(800, 5)
    assert 0.3 < np.mean(fitted.probability(x) >= 0.5) < 0.75 and y.mean() < 0.3


def test_a_level_that_training_has_not_seen_is_scored(fitted):
    x, _ = rows(20, 7)
    x["COLOUR"] = "violet"
    assert np.isfinite(fitted.probability(x)).all()


def test_the_order_of_columns_and_the_levels_present_do_not_matter(fitted):
    x, _ = rows(50, 8)
    score = fitted.probability(x)
    assert np.array_equal(fitted.probability(x[x.columns[::-1]]), score)
    women = x["CODE_GENDER"] == "F"
    alone = fitted.probability(x[women])
    assert np.allclose(alone, score[women], rtol=0, atol=1e-12)


@pytest.mark.parametrize("family", spaces.FAMILIES)
def test_an_unknown_parameter_is_an_error(family):
    with pytest.raises(ValueError, match=f"{family}: the parameter lerning_rate is unknown"):
        make(family, {"lerning_rate": 0.1}, 1)


def test_a_parameter_of_another_library_is_an_error():
    for family, name in (("lightgbm", "depth"), ("xgboost", "l2_leaf_reg"), ("catboost", "num_leaves")):
        with pytest.raises(ValueError, match="is unknown"):
            make(family, {name: 4}, 1)
    with pytest.raises(ValueError, match="family forrest is unknown"):
        make("forrest", {}, 1)


@pytest.mark.parametrize("family", spaces.FAMILIES)
def test_each_family_has_a_space_of_its_own_parameters(family):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
    seen = [str(spaces.suggest(family, study.ask(), 40)) for _ in range(4)]
    assert len(set(seen)) == 4


def test_equal_seeds_give_equal_models():
    x, y = rows()
    for family in spaces.FAMILIES:
        first, second = (make(family, SETTINGS[f"models.{family}"], 9).fit(x, y).probability(x) for _ in range(2))
        assert np.array_equal(first, second), family


@pytest.mark.parametrize("family", ["catboost", "lightgbm", "forest", "mlp"])
def test_another_seed_gives_another_model(family):
    """A seed that a family ignores would make runs under two seeds the same."""
    x, y = rows()
    settings = SETTINGS[f"models.{family}"]
    first, second = (make(family, settings, seed).fit(x, y).probability(x) for seed in (9, 10))
    assert not np.array_equal(first, second)


def test_id_and_target_are_never_read_as_features(tmp_path):
    path = tmp_path / "f.parquet"
    pd.DataFrame(
        {frame.ID: [2, 1], frame.TARGET: [0, 1], "A": [0.5, None], "CODE_GENDER": [None, "F"], "FLAG": [True, False]}
    ).to_parquet(path)
    assert frame.features_of(path) == ["A", "CODE_GENDER", "FLAG"]
    x = frame.read(path, ["A", "CODE_GENDER", "FLAG"], np.array([1, 2]))
    assert x["CODE_GENDER"].tolist() == ["F", frame.MISSING] and x["FLAG"].tolist() == [0.0, 1.0] and np.isnan(x.loc[1, "A"])
    for name in frame.NOT_FEATURES:
        with pytest.raises(ValueError, match="is not a feature"):
            frame.read(path, [name], np.array([1]))
    with pytest.raises(ValueError, match="client 3 is not there"):
        frame.read(path, ["A"], np.array([3]))
