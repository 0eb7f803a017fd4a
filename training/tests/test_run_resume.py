"""One command, killed at any time and run again, gives the same result; so do two runs under one seed."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path

import pandas as pd
from mlflow import MlflowClient

from training import pipeline
from training.tests.conftest import FEW, execute, start


def outputs(root: Path) -> dict[str, str]:
    """The hash of every output of every step but those that name what MLflow made, without seconds."""
    out = {}
    for record in sorted(r for r in root.glob("*/step.json") if r.parent.name not in ("track", "register")):
        for name, digest in json.loads(record.read_text())["outputs"].items():
            if "seconds" not in name:
                out[f"{record.parent.name}/{name}"] = digest
    return out


def alike(first: dict, second: dict) -> list[str]:
    """Files that differ, except for what CatBoost writes into its file (a time stamp and a GUID), and what depends on that."""
    assert set(first) == set(second)
    free = ("model.cbm", "handover/reference.vigie", "handover/vigie.yaml")
    return [name for name in first if first[name] != second[name] and not name.endswith(free)]


def test_a_run_that_is_killed_in_every_step_ends_with_the_same_files(once, server, tmp_path):
    root, draw, killed = tmp_path / "run", random.Random(8), []
    more = [word.replace("few", "killed") for word in FEW]
    for step in (s.name for s in pipeline.STEPS if s.name not in ("split", "choose")):  # these are over before a kill comes
        attempt = start(root, *more, server=server)
        partial = root / f".{step}.partial"
        while attempt.process.is_alive() and not partial.exists():
            time.sleep(0.002)
        time.sleep(draw.uniform(0.0, 0.2 if step != "register" else 1.0))
        if attempt.process.is_alive():
            attempt.kill()
            killed += [] if (root / step).exists() else [step]
        else:
            assert attempt.wait() == 0, attempt.printed()
    execute(root, *more, server=server)
    assert len(killed) >= 6, killed
    assert alike(outputs(once), outputs(root)) == []
    scores = [pd.read_parquet(r / "final/scores.parquet") for r in (once, root)]
    pd.testing.assert_frame_equal(*scores, check_exact=True)
    assert not list(root.rglob("*partial*"))
    assert trees(once, tmp_path) == trees(root, tmp_path)
    assert logged(server, once, "few") == logged(server, root, "killed")


def logged(server: str, root: Path, prefix: str) -> dict:
    """What a run left in MLflow: its finished runs by experiment, and the versions of the model that its aliases name."""
    client = MlflowClient(server)
    experiments = [e for e in client.search_experiments() if e.name.startswith(f"{prefix}_")]
    runs = {
        e.name.removeprefix(prefix): sorted((r.info.run_name, r.info.status) for r in client.search_runs([e.experiment_id]))
        for e in experiments
    }
    family = json.loads((root / "final/results.json").read_text())["family"]
    model = client.get_registered_model(f"{prefix}_{family}")
    versions = client.search_model_versions(f"name = '{prefix}_{family}'")
    roles = {v.version: v.tags["role"] for v in versions}
    return {"runs": runs, "aliases": {a: roles[v] for a, v in model.aliases.items()}, "roles": sorted(roles.values())}


def trees(root: Path, scratch: Path) -> dict:
    """CatBoost's model without what names the moment of its training (a time stamp and a GUID)."""
    from catboost import CatBoostClassifier

    CatBoostClassifier().load_model(str(root / "final/models/catboost/model.cbm")).save_model(
        str(scratch / "model.json"), format="json"
    )
    content = json.loads((scratch / "model.json").read_text())
    content.pop("model_info")
    return content


def test_another_run_is_skipped_throughout(once, server):
    printed = execute(once, *FEW, server=server)
    assert printed.count("unchanged, skipped") == len(printed.splitlines()) == len(pipeline.STEPS)


def test_another_seed_gives_another_run_and_its_overlap_is_reported(once, tmp_path):
    root = tmp_path / "run"
    for name in ("tables", "prepare"):
        shutil.copytree(once / name, root / name)
    execute(root, *FEW, "--until", "select", "--seed", "7")
    first, second = (set((r / "select/kept.txt").read_text().split("\n")[:-1]) for r in (once, root))
    jaccard = len(first & second) / len(first | second)
    assert 0.0 < jaccard < 1.0
    overlap = json.loads((once / "select/sizes.json").read_text())["jaccard_with_folds"]
    assert len(overlap) == 2 and all(0 < o < 1 for o in overlap)
