"""The test clients: their target is a file that only `final` reads, once, after a written choice."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import fbeta_score, precision_score, recall_score, roc_auc_score

from training import cli, final, frame, params, pipeline, select, split, steps
from training.models.families import make
from training.models.spaces import FAMILIES
from training.steps import sha256
from training.tests.conftest import FEW, execute

BEFORE = ["select", "benchmark", "search", "choose"]


def test_only_final_names_the_file_with_the_target_of_test():
    assert [s.name for s in pipeline.STEPS if any("test_target" in i for i in s.inputs)] == ["final"]


def other_target_of_test(root):
    """Permutes the target of the test clients in the prepared features, and lets the step `split` pass for unchanged."""
    path = root / "prepare/features.parquet"
    table = pq.read_table(path)
    at, ids = table.column_names.index("TARGET"), table.column("SK_ID_CURR").to_numpy()
    parts = pd.read_parquet(root / "split/parts.parquet").set_index("SK_ID_CURR")["part"].loc[ids]
    target, test = table.column("TARGET").to_numpy().copy(), (parts == "test").to_numpy()
    target[test] = 1 - target[test]
    pq.write_table(table.set_column(at, "TARGET", pa.array(target)), path)
    args = cli._parser().parse_args(["run", "--out", str(root), "--scale", "tiny", *FEW])
    settings = params.load(args.scale, dict(args.set) | {"clients": args.clients})
    record = json.loads((root / "split/step.json").read_text())
    record["key"] = steps._key(root, next(s for s in pipeline.STEPS if s.name == "split"), settings)[0]
    (root / "split/step.json").write_text(json.dumps(record))


def test_without_the_target_of_test_the_steps_before_give_the_same_bytes(once, tmp_path):
    root = tmp_path / "run"
    for name in ("tables", "prepare", "split"):
        shutil.copytree(once / name, root / name)
    (root / "split/test_target.parquet").unlink()
    other_target_of_test(root)
    printed = execute(root, *FEW, "--until", "choose")
    assert "split: unchanged" in printed and not (root / "split/test_target.parquet").exists()
    for name in BEFORE:
        ours, theirs = (json.loads((r / name / "step.json").read_text())["outputs"] for r in (root, once))
        strip = lambda files: {k: v for k, v in files.items() if "seconds" not in k}  # noqa: E731
        assert strip(ours) == strip(theirs), name
    printed = execute(root, *FEW, code=2)
    assert "test_target.parquet" in printed and not (root / "final").exists()


def test_final_refuses_a_choice_without_its_hash_and_one_that_was_changed(run, tmp_path):
    shutil.copytree(run.root / "choose", tmp_path / "choose")
    context = run.context()
    there = type(context)(tmp_path, tmp_path, context.params, "x")
    assert (
        final.read_choice(there)[1] == sha256(tmp_path / "choose/choice.json") == run.json("final/results.json")["choice_sha256"]
    )
    text = (tmp_path / "choose/choice.json").read_text()
    (tmp_path / "choose/choice.json").write_text(text.replace('"threshold"', '"threshold" '))
    with pytest.raises(PermissionError, match="not what the step choose wrote"):
        final.read_choice(there)
    (tmp_path / "choose/choice.json").write_text(text)
    (tmp_path / "choose/step.json").unlink()
    with pytest.raises(PermissionError, match="no hash"):
        final.read_choice(there)


def test_test_is_read_for_one_choice_only(run, tmp_path):
    context = run.context()
    there = type(context)(tmp_path, tmp_path, context.params, "x")
    assert final.readings(there, "first") == ["first"]
    (tmp_path / final.READS).write_text('["first"]')
    assert final.readings(there, "first") == ["first"]
    with pytest.raises(PermissionError, match="no longer unseen"):
        final.readings(there, "second")
    allowed = run.context(**{"final.read_test_again": True}).params
    assert final.readings(type(context)(tmp_path, tmp_path, allowed, "x"), "second") == ["first", "second"]
    assert json.loads((run.root / final.READS).read_text()) == [run.json("final/results.json")["choice_sha256"]]
    assert run.json("final/results.json")["test_reads"] == 1


def test_figures_on_test_are_those_of_scikit_learn(run):
    results = run.json("final/results.json")
    scores = pd.read_parquet(run.root / "final/scores.parquet").set_index("SK_ID_CURR")
    target = pd.read_parquet(run.root / "split/test_target.parquet").set_index("SK_ID_CURR")["TARGET"].loc[scores.index]
    holdout = pd.read_parquet(run.root / "final/holdout.parquet").set_index("SK_ID_CURR")
    assert holdout["TARGET"].equals(target.astype(holdout["TARGET"].dtype)) and np.array_equal(
        holdout["probability"], scores[results["family"]]
    )
    for name, said in results["all"].items():
        score, called = scores[name], scores[name] >= said["threshold"]
        assert said["auc"] == roc_auc_score(target, score) and said["recall"] == recall_score(target, called), name
        assert said["precision"] == pytest.approx(precision_score(target, called), rel=1e-14)
        assert said["fbeta"] == pytest.approx(fbeta_score(target, called, beta=3), rel=1e-14)
        assert said["business_cost"] == 10 * np.sum((target == 1) & ~called) + np.sum((target == 0) & called)
    assert results["test"] == results["all"][results["family"]]


def test_thresholds_and_parameters_are_those_of_the_choice(run):
    choice, results = run.json("choose/choice.json"), run.json("final/results.json")
    assert set(results["all"]) == {"baseline", *FAMILIES} and results["all"]["baseline"]["candidate"] == results["family"]
    for name, said in results["all"].items():
        candidate = choice["candidates"][said["candidate"]]
        assert said["threshold"] == candidate["threshold"], name
        if name in FAMILIES and name != choice["family"]:
            own = [c["cost"] for c in choice["candidates"].values() if c["family"] == name]
            assert candidate["family"] == name and candidate["cost"] == min(own)
        found = (
            run.json("search/results.json")[candidate["family"]]["best"]
            if said["candidate"].endswith("-tuned")
            else (run.json("benchmark/results.json")["results"][said["candidate"]])
        )
        folder = "final/baseline" if name == "baseline" else f"final/models/{name}"
        assert run.json(f"{folder}/inputs.json")["params"] == found["params"], name
    assert results["all"][choice["family"]]["candidate"] == choice["winner"]
    assert run.json(f"final/models/{choice['family']}/inputs.json")["params"] == choice["params"]


@pytest.mark.parametrize("family", ["catboost", "lightgbm"])
def test_the_final_model_is_trained_on_train_and_valid_alone(run, family):
    """Trained again on these rows, it gives the same scores of test, which it would not if it had seen those rows."""
    ids, target, _ = split.read_folds(run.context())
    path, columns = run.root / split.FEATURES, select.kept(run.context())
    assert set(ids) == set(pd.read_parquet(run.root / "split/target.parquet")["SK_ID_CURR"])
    settings = run.json(f"final/models/{family}/inputs.json")["params"]
    model = make(family, settings, 42, 1).fit(frame.read(path, columns, ids), target)
    saved = pd.read_parquet(run.root / "final/scores.parquet").set_index("SK_ID_CURR")[family]
    assert np.array_equal(model.probability(frame.read(path, columns, saved.index.to_numpy())), saved)


def test_the_holdout_has_the_prepared_features_of_the_test_clients(run):
    holdout = pd.read_parquet(run.root / "final/holdout.parquet").set_index("SK_ID_CURR")
    features = pd.read_parquet(run.root / "prepare/features.parquet").set_index("SK_ID_CURR").loc[holdout.index]
    for name in select.kept(run.context()):
        if holdout[name].dtype.kind in "fiub":
            assert np.array_equal(holdout[name].astype(float), features[name].astype(float), equal_nan=True), name
        else:
            assert holdout[name].tolist() == features[name].fillna("__MISSING__").tolist(), name
