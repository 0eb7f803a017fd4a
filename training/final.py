"""Trains the chosen model on train and valid, and reads the target of the test clients: once, after the choice has been written.

The other families and the baseline are trained on the same rows and exported too; their test figures are reported and decide
nothing.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from . import choose, frame, money, select, split
from .models.families import make, save
from .models.spaces import FAMILIES
from .steps import Context, sha256, write_atomic

READS = "test_reads.json"


def read_choice(context: Context) -> tuple[dict, str]:
    """The written choice and its hash; refuses a choice that is not the one that the step `choose` recorded."""
    path, record = context.path("choose/choice.json"), context.path("choose/step.json")
    if not record.exists():
        raise PermissionError("final: there is no choose/step.json, so the choice has no hash; run the step choose")
    recorded = json.loads(record.read_text(encoding="utf-8"))["outputs"]["choice.json"]
    if sha256(path) != recorded:
        raise PermissionError(
            "final: choice.json is not what the step choose wrote; test is read only after a written choice: run choose again"
        )
    return json.loads(path.read_text(encoding="utf-8")), recorded


def readings(context: Context, choice_hash: str) -> list[str]:
    """The choices that test was read for, this one included. A second one is refused unless `final.read_test_again` allows it."""
    path = context.path(READS)
    reads = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    if choice_hash in reads:
        return reads
    if reads and not context.params["final.read_test_again"]:
        raise PermissionError(
            "final: test was read for another choice, so it is no longer unseen. Start a run with another --seed in a new folder, "
            "which has other test clients; with --set final.read_test_again=true test is read again, and the report says how often"
        )
    return [*reads, choice_hash]


def best_candidate(choice: dict, candidates: dict, family: str) -> str:
    """The name of the cheaper candidate of a family: its benchmark or its search."""
    names = [n for n, c in candidates.items() if c["family"] == family]
    return min(names, key=lambda n: (choice["candidates"][n]["cost"], n))


def run(context: Context) -> None:
    """The step `final`: `models/<family>/`, `baseline/`, `holdout.parquet`, `scores.parquet`, `results.json`."""
    params = context.params
    choice, choice_hash = read_choice(context)
    reads = readings(context, choice_hash)
    columns, found = select.kept(context), choose.candidates(context)
    ids, y, _ = split.read_folds(context)
    test_ids = split.test_clients(context)
    path = context.path(split.FEATURES)
    x, x_test = frame.read(path, columns, ids), frame.read(path, columns, test_ids)

    scores = {}
    for family in FAMILIES:
        name = choice["winner"] if family == choice["family"] else best_candidate(choice, found, family)
        model = make(family, found[name]["params"], params["seed"], params["threads"]).fit(x, y)
        save(model, context.folder / "models" / family)
        scores[family] = model.probability(x_test)
    baseline = make(choice["family"], params[f"models.{choice['family']}"], params["seed"], params["threads"]).fit(x, y)
    save(baseline, context.folder / "baseline")
    scores["baseline"] = baseline.probability(x_test)

    write_atomic(context.path(READS), (json.dumps(reads) + "\n").encode())
    target = frame.read_target(context.path(split.TEST_TARGET)).loc[test_ids].to_numpy()
    cost, beta = money.Cost(**params["cost"]), params["beta"]
    results = {}
    for name, score in scores.items():
        family = choice["family"] if name == "baseline" else name
        candidate = (
            family
            if name == "baseline"
            else choice["winner"]
            if family == choice["family"]
            else best_candidate(choice, found, family)
        )
        threshold = choice["candidates"][candidate]["threshold"]
        results[name] = money.metrics(target, score, threshold, cost, beta) | {"threshold": threshold, "candidate": candidate}
    probability = scores[choice["family"]]
    holdout = x_test.assign(**{frame.TARGET: target, "probability": probability})
    frame.write(context.folder / "holdout.parquet", holdout)
    frame.write(context.folder / "scores.parquet", pd.DataFrame(scores, index=pd.Index(test_ids, name=frame.ID)))
    context.write_json("results.json", {
        "family": choice["family"], "winner": choice["winner"], "threshold": choice["threshold"], "test": results[choice["family"]],
        "all": results, "choice_sha256": choice_hash, "test_reads": len(reads), "clients": len(test_ids),
        "defaults": int(np.sum(target)), "columns": len(columns),
    })  # fmt: skip
