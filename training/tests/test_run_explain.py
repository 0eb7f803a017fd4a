"""SHAP: the saved values equal the official libraries', add up to the raw score, and are what the plots are drawn from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from training import explain, frame, select, split
from training.models.families import load
from training.models.spaces import FAMILIES


def test_saved_values_equal_those_of_the_official_library_and_add_up(run):
    family = run.json("final/results.json")["family"]
    values = pd.read_parquet(run.root / "explain/shap.parquet").set_index("SK_ID_CURR")
    columns = select.kept(run.context())
    x = frame.read(run.root / split.FEATURES, columns, values.index.to_numpy())
    assert len(values) == run.context().params["explain.rows"] and list(values.columns) == ["base", "raw", *columns]
    assert set(values.index) <= set(pd.read_parquet(run.root / "split/target.parquet")["SK_ID_CURR"])
    model = load(run.root / f"final/models/{family}")
    total = values["base"] + values[columns].sum(axis=1)
    scale = values[columns].abs().sum(axis=1) + values["base"].abs()
    assert (np.abs(total - values["raw"]) <= 1e-12 * scale.clip(lower=1)).all()
    assert np.array_equal(values["raw"], model.raw(x))
    if family == "catboost":
        from catboost import CatBoostClassifier, Pool

        official = CatBoostClassifier().load_model(str(run.root / "final/models/catboost/model.cbm"))
        text = [c for c in columns if x[c].dtype == object]
        expected = official.get_feature_importance(Pool(x, cat_features=text), type="ShapValues", thread_count=1)
        assert np.abs(values[columns].to_numpy() - expected[:, :-1]).max() <= 1e-12
        assert np.array_equal(values["base"], expected[:, -1])


@pytest.mark.parametrize("family", FAMILIES)
def test_contributions_of_every_family_add_up_to_its_raw_score(run, family):
    ids, _, _ = split.read_folds(run.context())
    model = load(run.root / f"final/models/{family}")
    x = frame.read(run.root / split.FEATURES, select.kept(run.context()), ids[:40])
    rows, background = (x[:1], x[:8]) if family == "mlp" else (x, x)  # its values are sampled, row by row
    values = explain.explain(model, rows, background)
    total = values["base"] + values[model.columns].sum(axis=1)
    tolerance = 2e-4 if family == "xgboost" else 1e-9  # XGBoost computes in 32 bits
    assert np.abs(total - values["raw"]).max() < tolerance
    assert (values[model.columns].abs().sum(axis=1) > 0).all()


@pytest.mark.parametrize("family", ["lightgbm", "xgboost"])
def test_contributions_carry_the_names_of_the_library(run, family):
    """Sums would be right if the contributions of two features were swapped."""
    ids, _, _ = split.read_folds(run.context())
    model = load(run.root / f"final/models/{family}")
    x = frame.read(run.root / split.FEATURES, select.kept(run.context()), ids[:40])
    if family == "lightgbm":
        names, official = model.model.feature_name(), model.model.predict(model.encode(x), pred_contrib=True)
    else:
        names, official = model.model.feature_names, model.model.predict(model.matrix(x), pred_contribs=True)
    assert np.abs(explain.explain(model, x, x)[names].to_numpy() - official[:, :-1]).max() <= 1e-12


@pytest.mark.parametrize("family", ["logistic", "forest", "mlp"])
def test_transformed_columns_belong_to_the_features_that_scikit_learn_names(run, family):
    model = load(run.root / f"final/models/{family}")
    names = model.model.named_steps["columns"].get_feature_names_out()
    assert len(names) > len(model.columns)
    for name, source in zip(names, model._sources(), strict=True):
        feature = model.columns[source]
        kind, own = name.split("__", 1)
        if kind == "numbers":
            assert own in (feature, f"missingindicator_{feature}")
        else:
            assert feature in model.text and own.startswith(f"{feature}_")


def test_plots_are_drawn_from_the_saved_values(run, tmp_path):
    names = ["shap.parquet", "inputs.parquet", "local.parquet", "local_inputs.parquet"]
    plots = ["bar.png", "beeswarm.png", "waterfall_least_risky.png", "waterfall_most_risky.png"]
    for name in names:
        (tmp_path / name).write_bytes((run.root / "explain" / name).read_bytes())
    explain.draw(tmp_path)
    for name in plots:
        assert (tmp_path / name).read_bytes() == (run.root / "explain" / name).read_bytes(), name
    table = pd.read_parquet(tmp_path / "shap.parquet")
    first = pd.read_csv(run.root / "explain/importance.csv")["feature"][0]
    table[first] = 0.0
    table.to_parquet(tmp_path / "shap.parquet")
    explain.draw(tmp_path, ("bar.png",))
    assert (tmp_path / "bar.png").read_bytes() != (run.root / "explain/bar.png").read_bytes()


def test_importance_is_the_mean_size_of_the_values(run):
    importance = pd.read_csv(run.root / "explain/importance.csv")
    values = pd.read_parquet(run.root / "explain/shap.parquet")
    assert importance["mean_abs_shap"].is_monotonic_decreasing and len(importance) == 125
    for feature, mean in importance.head(20).itertuples(index=False):
        assert mean == pytest.approx(values[feature].abs().mean(), rel=1e-12)
    assert len({"EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"} & set(importance["feature"][:6])) >= 2


def test_local_explanations_are_of_the_least_and_the_most_risky_test_client(run):
    family = run.json("final/results.json")["family"]
    scores = pd.read_parquet(run.root / "final/scores.parquet").set_index("SK_ID_CURR")[family]
    assert pd.read_parquet(run.root / "explain/local.parquet")["SK_ID_CURR"].tolist() == [scores.idxmin(), scores.idxmax()]
