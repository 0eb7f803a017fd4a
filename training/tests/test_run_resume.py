"""One command, killed at any time and run again, gives the same result; so do two runs under one seed."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd

from training.tests.conftest import FEW, command, environment, execute


def outputs(root: Path) -> dict[str, str]:
    """The hash of every output of every step, without seconds and plots' folders."""
    out = {}
    for record in sorted(root.glob("*/step.json")):
        for name, digest in json.loads(record.read_text())["outputs"].items():
            if "seconds" not in name:
                out[f"{record.parent.name}/{name}"] = digest
    return out


def alike(first: dict, second: dict) -> list[str]:
    """Files that differ, except for what CatBoost writes into its file (a time stamp and a GUID)."""
    assert set(first) == set(second)
    return [name for name in first if first[name] != second[name] and not name.endswith("model.cbm")]


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_files(once, tmp_path):
    root = tmp_path / "run"
    for name in ("tables", "prepare"):
        shutil.copytree(once / name, root / name)
    draw, kills, done = random.Random(8), 0, 1
    for _ in range(40):
        process = subprocess.Popen(
            command(root, *FEW), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        try:
            done = process.wait(draw.uniform(2.5, 7.0) if kills < 5 else 120)
            assert done == 0, process.stderr.read().decode()
            break
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            time.sleep(0.1)
    assert done == 0 and kills >= 3
    assert alike(outputs(once), outputs(root)) == []
    scores = [pd.read_parquet(r / "final/scores.parquet") for r in (once, root)]
    pd.testing.assert_frame_equal(*scores, check_exact=True)
    assert not list(root.rglob("*partial*"))
    assert trees(once, tmp_path) == trees(root, tmp_path)


def trees(root: Path, scratch: Path) -> dict:
    """CatBoost's model without what names the moment of its training (a time stamp and a GUID)."""
    from catboost import CatBoostClassifier

    CatBoostClassifier().load_model(str(root / "final/models/catboost/model.cbm")).save_model(
        str(scratch / "model.json"), format="json"
    )
    content = json.loads((scratch / "model.json").read_text())
    content.pop("model_info")
    return content


def test_another_run_is_skipped_throughout(once):
    printed = execute(once, *FEW)
    assert printed.count("unchanged, skipped") == len(printed.splitlines()) == 9


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
