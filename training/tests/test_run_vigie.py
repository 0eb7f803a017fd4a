"""The hand-over: vigie scores all six exported models as their libraries do, learns from the hold-out and finds the log stable."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from sklearn.metrics import roc_auc_score

from training import explain, frame, split
from training.models.families import load

EXPORTS = [("catboost", "model.cbm", 0.0), ("lightgbm", "model.txt", 0.0), ("xgboost", "model.json", 0.0),
           ("logistic", "model.onnx", 2e-6), ("forest", "model.onnx", 2e-6), ("mlp", "model.onnx", 2e-6),
           ("logistic", "model.skops", 1e-12), ("forest", "model.skops", 1e-12), ("mlp", "model.skops", 1e-12)]  # fmt: skip
"""Family, file, and how far a score may be from the library's."""


@pytest.fixture(scope="module")
def handed(run, tmp_path_factory):
    """A copy of the hand-over, since a check writes reports next to its configuration."""
    return shutil.copytree(run.root / "handover", tmp_path_factory.mktemp("handed") / "handover")


def call(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def by_client(path):
    """Rows by client; vigie writes ids as text."""
    rows = pd.read_parquet(path)
    return rows.assign(SK_ID_CURR=rows["SK_ID_CURR"].astype(int)).set_index("SK_ID_CURR")


@pytest.mark.parametrize(("family", "file", "tolerance"), EXPORTS)
def test_vigie_scores_the_whole_holdout_as_the_library_does(vigie, run, handed, tmp_path, family, file, tolerance):
    out = tmp_path / "scores.parquet"
    call(
        [
            *vigie,
            "score",
            "--model",
            str(handed / "models" / family / file),
            "--data",
            str(handed / "holdout.parquet"),
            "--id",
            "SK_ID_CURR",
            "--out",
            str(out),
        ]
    )
    ours = by_client(out)["probability"]
    theirs = pd.read_parquet(run.root / "final/scores.parquet").set_index("SK_ID_CURR")[family]
    assert ours.index.equals(theirs.index) and len(ours) == run.json("final/results.json")["clients"]
    difference = np.abs(ours - theirs)
    if family == "forest" and file == "model.onnx":  # values that lie on a threshold may go the other way in 32 bits
        assert (difference > tolerance).mean() < 0.05 and difference.max() < 0.05
    else:
        assert difference.max() <= tolerance


def test_contributions_by_vigie_are_the_official_ones(vigie, run, handed, tmp_path):
    """Of the CatBoost model; if it won, these are the saved values."""
    rows, out = tmp_path / "rows.parquet", tmp_path / "shap.parquet"
    pq.write_table(pq.read_table(run.root / "explain/inputs.parquet"), rows)
    model = str(handed / "models/catboost/model.cbm")
    call([*vigie, "score", "--model", model, "--data", str(rows), "--output", "shap", "--id", "SK_ID_CURR", "--out", str(out)])
    ours, inputs = by_client(out), by_client(rows)
    x = frame.read(run.root / split.FEATURES, list(inputs.columns), inputs.index.to_numpy())
    official = explain.explain(load(run.root / "final/models/catboost"), x, x)
    if run.json("final/results.json")["family"] == "catboost":
        assert official.equals(by_client(run.root / "explain/shap.parquet"))
    features = list(official.columns[2:])
    assert np.abs(ours[[f"shap_{c}" for c in features]].to_numpy() - official[features].to_numpy()).max() <= 1e-12


def test_the_folder_is_complete_and_vigie_accepts_its_configuration(vigie, run, handed):
    names = {p.name for p in handed.iterdir()}
    assert {
        "vigie.yaml",
        "holdout.parquet",
        "features.txt",
        "decision.json",
        "dictionary.json",
        "log",
        "labels.parquet",
        "models",
        "reference.vigie",
    } <= names
    assert (handed / "features.txt").read_bytes() == (run.root / "select/kept.txt").read_bytes()
    settings = yaml.safe_load((handed / "vigie.yaml").read_text())
    assert settings["model"]["threshold"] == run.json("choose/choice.json")["threshold"] and settings["model"]["cost"] == {
        "false_negative": 10,
        "false_positive": 1,
    }
    call([*vigie, "config", "check", "--config", "vigie.yaml"], cwd=handed)


def test_learning_again_from_the_holdout_works_at_once(vigie, run, handed, tmp_path):
    model = run.json("handover/decision.json")["model_file"]
    printed = subprocess.run([*vigie, "learn", "--data", "holdout.parquet", "--model", model, "--target", "TARGET", "--probability", "probability",
                              "--holdout", "yes", "--out", str(tmp_path / "reference.vigie")], cwd=handed, capture_output=True, text=True)  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    auc = run.json("final/results.json")["test"]["auc"]
    assert f"AUC {auc:.3f}" in printed.stdout + printed.stderr


def test_the_log_is_stable_and_vigie_tells_the_figures_of_the_run(vigie, run, handed):
    report = json.loads(
        call(
            [*vigie, "check", "--config", "vigie.yaml", "--from", "2026-11-02", "--to", "2026-11-05", "--format", "json"],
            cwd=handed,
        )
    )
    settings, results = run.context().params, run.json("final/results.json")
    assert report["verdict"]["severity"] == "stable", report["verdict"]
    rows = settings["handover.days"] * settings["handover.rows_per_day"]
    assert report["window"]["rows_used"] == report["replay"]["compared"] == rows and report["replay"]["mismatches"] == 0
    assert report["cost"]["threshold"] == results["threshold"]
    assert report["performance"]["estimated"]["auc"]["reference"] == pytest.approx(results["test"]["auc"], rel=1e-12)
    assert report["cost"]["reference"]["per_1000"]["value"] == pytest.approx(
        1_000 * results["test"]["business_cost"] / results["clients"], rel=1e-12
    )


def test_with_the_labels_of_the_log_vigie_reports_their_realised_figures(vigie, run, handed):
    """The lines about labels are comments in vigie.yaml, since outcomes are known months later; without the comment they work."""
    text = (handed / "vigie.yaml").read_text()
    assert text.count("\n# labels: ") == 1
    (handed / "labelled.yaml").write_text(text.replace("\n# labels: ", "\nlabels: "))
    report = json.loads(
        call(
            [*vigie, "check", "--config", "labelled.yaml", "--from", "2026-11-02", "--to", "2026-11-05", "--format", "json"],
            cwd=handed,
        )
    )
    realised = report["performance"]["realised"]
    labels = pd.read_parquet(handed / "labels.parquet").set_index("request_id")["actual"]
    logged = {r["request_id"]: r["outputs"] for p in (handed / "log").iterdir() for r in map(json.loads, gzip.open(p, "rt"))}
    score = pd.Series({i: o["proba_default"] for i, o in logged.items()}).loc[labels.index]
    assert realised["auc"]["value"] == pytest.approx(roc_auc_score(labels, score), rel=1e-9), realised


def test_the_log_is_of_clients_that_the_run_has_not_seen(run, handed):
    seen = set(pd.read_parquet(run.root / "split/parts.parquet")["SK_ID_CURR"])
    logged = [json.loads(line) for p in sorted((handed / "log").iterdir()) for line in gzip.open(p, "rt")]
    assert len(logged) == len({r["request_id"] for r in logged}) and not seen & {r["sk_id_curr"] for r in logged}
    labels = pd.read_parquet(handed / "labels.parquet").set_index("request_id")["actual"]
    assert set(labels.index) == {r["request_id"] for r in logged} and 0.05 < labels.mean() < 0.12
