"""Folds, fitting inside folds, and the choice by cost, recomputed from the files of a run by other programs."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score, roc_auc_score

from training import choose, frame, money, oof, select, split
from training.models.families import make


@pytest.fixture(scope="module")
def data(run):
    """Clients of train and valid, their target and their fold, read without the package."""
    target = pd.read_parquet(run.root / "split/target.parquet").set_index("SK_ID_CURR")["TARGET"]
    folds = pd.read_parquet(run.root / "split/folds.parquet").set_index("SK_ID_CURR")["fold"]
    return target, folds.loc[target.index]


def test_parts_and_folds_are_stratified_partitions(run, data):
    target, folds = data
    parts = pd.read_parquet(run.root / "split/parts.parquet").set_index("SK_ID_CURR")["part"]
    test = pd.read_parquet(run.root / "split/test_target.parquet").set_index("SK_ID_CURR")["TARGET"]
    everyone = pd.read_parquet(run.root / "prepare/features.parquet", columns=["SK_ID_CURR", "TARGET"]).set_index("SK_ID_CURR")[
        "TARGET"
    ]
    assert parts.index.is_unique and set(parts.index) == set(everyone.index) and set(parts) == {"train", "valid", "test"}
    assert set(test.index) == set(parts.index[parts == "test"]) and set(target.index) == set(parts.index[parts != "test"])
    pd.testing.assert_series_equal(pd.concat([target, test]).sort_index(), everyone.sort_index(), check_dtype=False)
    n, bad = len(parts), everyone.mean()
    for part, share in (("train", 0.70), ("valid", 0.15), ("test", 0.15)):
        own = everyone.loc[parts.index[parts == part]]
        assert abs(len(own) - share * n) <= 1.5 and abs(own.sum() - bad * len(own)) <= 1.5, part
    count = run.context().params["folds"]
    assert sorted(set(folds)) == list(range(count))
    for outcome in (0, 1):
        sizes = folds[target == outcome].value_counts()
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("seed", range(5))
def test_every_part_is_stratified_under_any_seed(seed):
    """One seed alone may give the right shares by chance."""
    target = (np.random.default_rng(9).random(2_000) < 0.08).astype(int)
    part = split.parts(np.arange(2_000), target, 0.15, 0.15, seed)
    for name, share in (("train", 0.70), ("valid", 0.15), ("test", 0.15)):
        assert abs((part == name).sum() - share * 2_000) <= 1, name
        assert abs(target[part == name].sum() - share * target.sum()) <= 1, name


def test_the_ranking_of_a_fold_is_made_without_its_rows(run, data):
    target, folds = data
    context = run.context()
    path = run.root / split.FEATURES
    columns = list(frame.features_of(path))
    x = frame.read(path, columns, target.index.to_numpy(), single=True)
    for fold in sorted(set(folds)):
        fit = (folds != fold).to_numpy()
        gains = select.rank(x[fit], target.to_numpy()[fit], context.params["select.ranker"], 42, 1)
        saved = pd.read_parquet(run.root / f"select/fold-{fold}.parquet")
        assert saved["feature"].tolist() == gains.index.tolist() and np.array_equal(saved["gain"], gains)
        assert select.fold_columns(context, fold) == gains.index[:125].tolist()


@pytest.mark.parametrize("family", ["logistic", "lightgbm"])
def test_scores_of_a_fold_come_from_a_model_of_the_other_rows(run, data, family):
    target, folds = data
    context = run.context()
    columns = select.fold_columns(context, 0)
    x = frame.read(run.root / split.FEATURES, columns, target.index.to_numpy())
    held = (folds == 0).to_numpy()
    model = make(family, context.params[f"models.{family}"], 42, 1).fit(x[~held], target.to_numpy()[~held])
    saved = pd.read_parquet(run.root / f"benchmark/{family}.parquet").set_index("SK_ID_CURR")
    assert np.array_equal(saved.loc[x.index[held], "probability"], model.probability(x[held])) and set(
        saved.loc[x.index[held], "fold"]
    ) == {0}
    if family == "logistic":
        numbers = [c for c in columns if x[c].dtype != object]
        impute = model.model.named_steps["columns"].named_transformers_["numbers"].named_steps["impute"]
        medians = x.loc[~held, numbers].median()
        assert np.array_equal(impute.statistics_, medians.fillna(0.0))
        whole = x[numbers].median()
        assert (medians != whole).any()
        scale = model.model.named_steps["columns"].named_transformers_["numbers"].named_steps["scale"]
        filled = x.loc[~held, numbers].fillna(medians.fillna(0.0))
        assert np.allclose(scale.mean_[: len(numbers)], filled.mean(), rtol=1e-12, atol=1e-12)
        assert np.allclose(scale.scale_[: len(numbers)], filled.std(ddof=0).replace(0.0, 1.0), rtol=1e-9)
        text = [c for c in columns if c not in numbers]
        levels = model.model.named_steps["columns"].named_transformers_["levels"].categories_
        assert [list(own) for own in levels] == [frame.LEVELS[c] for c in text]


def costs_of(target, score):
    """The cheapest threshold by trying each distinct score, one after the other."""
    best = (np.inf, None)
    y = np.asarray(target)
    for threshold in sorted(set(score)):
        cost = 10 * int(np.sum((y == 1) & (score < threshold))) + int(np.sum((y == 0) & (score >= threshold)))
        best = min(best, (cost, threshold))
    return best


def test_another_program_finds_the_same_choice_from_the_saved_scores(run, data):
    target, _ = data
    choice = run.json("choose/choice.json")
    found = {}
    for name in choice["candidates"]:
        file = f"search/{name.removesuffix('-tuned')}.parquet" if name.endswith("-tuned") else f"benchmark/{name}.parquet"
        score = pd.read_parquet(run.root / file).set_index("SK_ID_CURR")["probability"].loc[target.index].to_numpy()
        cost, threshold = costs_of(target, score)
        assert (cost, threshold) == (choice["candidates"][name]["cost"], choice["candidates"][name]["threshold"]), name
        each = np.where(target == 1, 10.0 * (score < threshold), 1.0 * (score >= threshold))
        found[name] = (cost, each)
    cheapest = min(found, key=lambda n: (found[n][0], n))
    rng, n = np.random.default_rng(5), len(target)
    draws = rng.integers(0, n, (1_000, n))
    for name, (_, each) in found.items():
        not_dearer = np.mean((each - found[cheapest][1])[draws].sum(axis=1) <= 0)
        said = choice["candidates"][name]
        assert abs(not_dearer - said["share_not_dearer"]) < 0.06 or name == cheapest
        if not 0.01 < not_dearer < 0.12:
            assert said["tie"] == bool(not_dearer >= 0.05), name
    assert choice["tied"] == sorted(n for n, c in choice["candidates"].items() if c["tie"]) and cheapest in choice["tied"]
    prefer = ["catboost", "lightgbm", "xgboost", "logistic", "forest", "mlp"]
    rule = min(choice["tied"], key=lambda n: (prefer.index(n.removesuffix("-tuned")), found[n][0], n))
    assert choice["winner"] == rule and choice["threshold"] == choice["candidates"][rule]["threshold"]


def test_figures_of_the_benchmark_are_those_of_its_saved_scores(run, data):
    target, folds = data
    for name, said in run.json("benchmark/results.json")["results"].items():
        score = pd.read_parquet(run.root / f"benchmark/{name}.parquet").set_index("SK_ID_CURR")["probability"].loc[target.index]
        assert said["at_half"]["recall"] == recall_score(target, score >= 0.5), name
        assert (
            said["at_half"]["business_cost"]
            == 10 * ((target == 1) & (score < 0.5)).sum() + ((target == 0) & (score >= 0.5)).sum()
        )
        assert (said["at_cheapest"]["business_cost"], said["at_cheapest"]["threshold"]) == costs_of(target, score.to_numpy())
        by_fold = [roc_auc_score(target[folds == f], score[folds == f]) for f in sorted(set(folds))]
        assert [f["auc"] for f in said["folds"]] == by_fold and said["auc_mean"] == pytest.approx(np.mean(by_fold), rel=1e-14)


def test_the_choice_follows_the_predictions(run, data):
    """A strong and a weak file of scores, then swapped between two models: the choice moves with them."""
    target, _ = data
    rng = np.random.default_rng(6)
    strong, weak = 0.6 * target.to_numpy() + rng.random(len(target)), rng.random(len(target))
    families = {"catboost": "catboost", "mlp": "mlp"}
    settings = run.context().params
    for first, second, winner in ((strong, weak, "catboost"), (weak, strong, "mlp")):
        choice = choose.decide({"catboost": first, "mlp": second}, target.to_numpy(), families, settings)
        assert choice["winner"] == winner and choice["tied"] == [winner]
    same = choose.decide({"catboost": weak, "mlp": weak}, target.to_numpy(), families, settings)
    assert same["tied"] == ["catboost", "mlp"] and same["winner"] == "catboost"


def test_with_the_files_of_two_models_swapped_the_figures_follow_the_files(run, tmp_path):
    for name in ("split", "benchmark", "search"):
        shutil.copytree(run.root / name, tmp_path / name)
    first, second = tmp_path / "benchmark/forest.parquet", tmp_path / "benchmark/xgboost.parquet"
    moved = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(moved)
    (tmp_path / "choose").mkdir()
    context = run.context()
    choose.run(type(context)(tmp_path, tmp_path / "choose", context.params, "x"))
    before = run.json("choose/choice.json")["candidates"]
    after = json.loads((tmp_path / "choose/choice.json").read_text())["candidates"]
    for name, source in (("forest", "xgboost"), ("xgboost", "forest"), ("mlp", "mlp")):
        assert all(after[name][k] == before[source][k] for k in ("cost", "threshold")), name
    assert before["forest"]["cost"] != before["xgboost"]["cost"]


def test_scores_of_other_clients_are_refused(data):
    target, _ = data
    scores = pd.DataFrame({"SK_ID_CURR": target.index[:-1], "fold": 0, "probability": 0.5})
    with pytest.raises(ValueError, match="not of the clients"):
        oof.aligned(scores, target.index.to_numpy())


def test_search_reports_costs_that_its_models_reproduce(run, data):
    target, folds = data
    context = run.context()
    cost = money.Cost(**context.params["cost"])
    for family, result in run.json("search/results.json").items():
        costs = [t["cost"] for t in result["trials"]]
        assert len(costs) == context.params["search.trials"] and len(set(costs)) > 1, family
        assert result["best"]["cost"] == min(costs)
        scores = []
        for fold in range(context.params["search.folds"]):
            x = frame.read(run.root / split.FEATURES, select.fold_columns(context, fold), target.index.to_numpy())
            held = (folds == fold).to_numpy()
            model = make(family, result["best"]["params"], 42, 1).fit(x[~held], target.to_numpy()[~held])
            scores.append(pd.Series(model.probability(x[held]), x.index[held]))
        score = pd.concat(scores)
        assert money.cheapest(target.loc[score.index].to_numpy(), score.to_numpy(), cost)[1] == result["best"]["cost"], family


def test_the_seconds_of_models_decide_nothing(run):
    inputs = run.json("choose/step.json")["inputs"] | run.json("final/step.json")["inputs"]
    assert not [name for name in inputs if "seconds" in name or "step.json" in name]


def test_the_kept_list(run):
    kept = (run.root / "select/kept.txt").read_text().split()
    ranking = pd.read_parquet(run.root / "select/ranking.parquet")
    assert (run.root / "select/kept.txt").read_text() == "".join(f"{c}\n" for c in ranking["feature"][:125])
    assert len(ranking) == 1_656 and not {"SK_ID_CURR", "TARGET"} & set(ranking["feature"])
    assert {"EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"} <= set(kept[:10])
