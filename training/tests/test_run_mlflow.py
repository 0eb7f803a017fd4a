"""What the run left in a real MLflow server, read by REST only."""

from __future__ import annotations

import hashlib
import json
import shutil
import urllib.parse
import urllib.request
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from training import register, track
from training.models.families import load
from training.models.spaces import FAMILIES
from training.steps import Context
from training.tests.conftest import execute


@pytest.fixture(scope="module")
def api(run):
    """A function that calls the server's REST API."""

    def call(method, body=None, **query):
        address = f"{run.server}/api/2.0/mlflow/{method}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(address, data, {"Content-Type": "application/json"}), timeout=30
        ) as reply:
            return json.load(reply)

    return call


@pytest.fixture(scope="module")
def registered(run, api):
    """The registered model and its versions by number."""
    name = f"home_credit_{run.json('final/results.json')['family']}"
    model = api("registered-models/get", name=name)["registered_model"]
    versions = api("model-versions/search", filter=f"name='{name}'")["model_versions"]
    return model, {v["version"]: v for v in versions}


def runs_of(api, experiment):
    """Runs of an experiment by name."""
    where = api("experiments/get-by-name", experiment_name=experiment)["experiment"]["experiment_id"]
    found = api("runs/search", {"experiment_ids": [where], "max_results": 100})["runs"]
    return {next(t["value"] for t in r["data"]["tags"] if t["key"] == "mlflow.runName"): r for r in found}


def pairs(items):
    return {i["key"]: i["value"] for i in items}


def test_two_versions_and_two_aliases(registered):
    model, versions = registered
    assert set(versions) == {"1", "2"}
    assert {a["alias"]: a["version"] for a in model["aliases"]} == {"champion": "2", "challenger": "1"}
    assert [pairs(versions[v]["tags"])["role"] for v in ("1", "2")] == ["baseline", "final"]
    assert all(v["status"] == "READY" for v in versions.values())


def files_of(api, run_id, path=None):
    """Paths of the artefacts in one folder of a run."""
    reply = api("artifacts/list", run_id=run_id, **({"path": path} if path else {}))
    return {f["path"] for f in reply.get("files", [])}


def test_the_final_version_has_shap_and_what_a_service_needs(run, api, registered):
    _, versions = registered
    source = versions["2"]["run_id"]
    record = api("runs/get", run_id=source)["run"]
    tags, metrics, params = pairs(record["data"]["tags"]), pairs(record["data"]["metrics"]), pairs(record["data"]["params"])
    results = run.json("final/results.json")
    assert (
        tags["phase"] == "final_with_shap" and tags["cost_fn"] == "10" and tags["cost_fp"] == "1" and tags["n_features"] == "125"
    )
    assert (tags["fbeta_beta"], tags["feature_set"], tags["model_name"]) == ("3", "top125", results["family"])
    assert metrics["test.auc"] == results["test"]["auc"] and metrics["threshold_business"] == results["threshold"]
    assert metrics["test.business_cost"] == results["test"]["business_cost"]
    assert params == {k: str(v) for k, v in run.json("choose/choice.json")["params"].items()}
    shap = files_of(api, source, "shap")
    assert {
        "shap/shap.parquet",
        "shap/bar.png",
        "shap/beeswarm.png",
        "shap/waterfall_most_risky.png",
        "shap/importance.csv",
    } <= shap
    assert files_of(api, source, "api_artifacts") == {
        f"api_artifacts/{n}" for n in ("kept.txt", "choice.json", "threshold.json", "cat_features.json")
    }
    assert "shap" not in files_of(api, versions["1"]["run_id"])
    assert pairs(api("runs/get", run_id=versions["1"]["run_id"])["run"]["data"]["tags"])["phase"] == "baseline_registry"


def test_downloads_by_alias_are_the_files_of_the_run(run, api, registered):
    model, _ = registered
    family = run.json("final/results.json")["family"]
    for alias, folder in (("champion", f"final/models/{family}"), ("challenger", "final/baseline")):
        version = api("registered-models/alias", name=model["name"], alias=alias)["model_version"]
        root = api("logged-models/" + version["source"].removeprefix("models:/"))["model"]["info"]["artifact_uri"]
        assert root.startswith("mlflow-artifacts:/")
        base = f"{run.server}/api/2.0/mlflow-artifacts/artifacts/{root.removeprefix('mlflow-artifacts:/').lstrip('/')}"
        description = urllib.request.urlopen(f"{base}/MLmodel", timeout=30).read().decode()
        assert "signature:" in description and "saved_input_example_info:" in description
        ours = run.json(f"{folder}/inputs.json")["files"][0]
        listed = json.load(
            urllib.request.urlopen(
                f"{run.server}/api/2.0/mlflow-artifacts/artifacts?path={urllib.parse.quote(base.split('/artifacts/', 1)[1])}",
                timeout=30,
            )
        )
        names = [
            f["path"]
            for f in listed["files"]
            if f["path"].endswith((".cb", ".cbm", ".lgb", ".txt", ".json", ".skops"))
            and "input" not in f["path"]
            and "serving" not in f["path"]
        ]
        theirs = [urllib.request.urlopen(f"{base}/{n}", timeout=30).read() for n in names if n != "requirements.txt"]
        expected = (run.root / folder / ours).read_bytes()
        if family in ("catboost", "xgboost", "lightgbm"):
            assert hashlib.sha256(expected).hexdigest() in {hashlib.sha256(t).hexdigest() for t in theirs}, (alias, names)


@pytest.mark.parametrize("family", ["lightgbm", "xgboost", "logistic"])
def test_a_winner_of_another_family_is_registered_too(run, api, tmp_path, monkeypatch, family):
    """The run's files as they would be if another family had won."""
    for name in ("final", "explain", "select", "choose"):
        shutil.copytree(run.root / name, tmp_path / name)
    shutil.rmtree(tmp_path / "final/baseline")
    shutil.copytree(tmp_path / f"final/models/{family}", tmp_path / "final/baseline")
    results = run.json("final/results.json")
    results |= {"family": family, "test": results["all"][family], "threshold": results["all"][family]["threshold"]}
    (tmp_path / "final/results.json").write_text(json.dumps(results))
    (tmp_path / "register").mkdir()
    monkeypatch.setattr(track, "SERVER", run.server)
    name = "other_{family}"
    settings = run.context(**{"mlflow.experiment": "other", "mlflow.model": name}).params
    register.run(Context(tmp_path, tmp_path / "register", settings, f"key of {family}"))
    model = api("registered-models/get", name=name.format(family=family))["registered_model"]
    assert {a["alias"]: a["version"] for a in model["aliases"]} == {"champion": "2", "challenger": "1"}
    x = pd.read_parquet(run.root / "final/holdout.parquet").head(50)
    ours = load(run.root / f"final/models/{family}")
    folder = Path(
        mlflow.artifacts.download_artifacts(f"models:/{name.format(family=family)}@champion", dst_path=str(tmp_path / "got"))
    )
    if family == "logistic":
        theirs = mlflow.sklearn.load_model(str(folder)).predict_proba(x[ours.columns])[:, 1]
        assert np.array_equal(theirs, ours.probability(x))
    else:
        file = run.root / f"final/models/{family}" / run.json(f"final/models/{family}/inputs.json")["files"][0]
        assert file.read_bytes() in [p.read_bytes() for p in folder.rglob("*") if p.is_file()]


def test_the_two_versions_differ_when_the_search_won(run):
    choice = run.json("choose/choice.json")
    family = choice["family"]
    first, second = run.json("final/baseline/inputs.json")["params"], run.json(f"final/models/{family}/inputs.json")["params"]
    assert (first != second) == choice["winner"].endswith("-tuned")


def test_every_step_is_tracked(run, api):
    runs = runs_of(api, "home_credit_benchmark")
    assert set(FAMILIES) <= set(runs)
    results = run.json("benchmark/results.json")["results"]
    for family in FAMILIES:
        record = runs[family]
        assert record["info"]["status"] == "FINISHED" and pairs(record["data"]["tags"])["phase"] == "benchmark_baseline"
        metrics = pairs(record["data"]["metrics"])
        assert metrics["business_cost"] == results[family]["at_cheapest"]["business_cost"]
        assert metrics["seconds"] == run.json("benchmark/seconds.json")[family]
        history = api("metrics/get-history", run_id=record["info"]["run_id"], metric_key="fold_auc")["metrics"]
        assert [(int(m.get("step", 0)), m["value"]) for m in history] == [
            (i, f["auc"]) for i, f in enumerate(results[family]["folds"])
        ]
    for family, result in run.json("search/results.json").items():
        record = runs_of(api, f"home_credit_search_{family}")[f"{family}_search"]
        history = api("metrics/get-history", run_id=record["info"]["run_id"], metric_key="trial_business_cost")["metrics"]
        assert [m["value"] for m in history] == [t["cost"] for t in result["trials"]]
    assert "gain_ranking" in runs_of(api, "home_credit_selection")
    record = runs_of(api, "home_credit_choice")["choice"]
    assert pairs(record["data"]["params"])["winner"] == run.json("choose/choice.json")["winner"]


def test_repeating_the_steps_makes_no_second_version(run, api, registered, tmp_path):
    """As after a kill just before the step was complete: its folder is gone, what it did in MLflow is there."""
    before = {name: len(runs_of(api, f"home_credit_{name}")) for name in ("benchmark", "selection", "choice", "final")}
    for name in ("track", "register"):
        shutil.move(run.root / name, tmp_path / name)
    execute(run.root, server=run.server)
    assert json.loads((tmp_path / "register/registry.json").read_text()) == run.json("register/registry.json")
    versions = api("model-versions/search", filter=f"name='{registered[0]['name']}'")["model_versions"]
    assert {v["version"] for v in versions} == {"1", "2"}
    assert before == {name: len(runs_of(api, f"home_credit_{name}")) for name in before}
