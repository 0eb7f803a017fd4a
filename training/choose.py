"""Chooses the model and its threshold by out-of-fold cost. Reads nothing of the test clients.

Candidates are the families of the benchmark and the best of each search. Those that the paired bootstrap does not find dearer
than the cheapest tie with it; of these, `choose.prefer` decides the family, and cost decides within the family.
"""

from __future__ import annotations

import json

import numpy as np

from . import money, oof, split
from .models.spaces import FAMILIES
from .steps import Context


def candidates(context: Context) -> dict[str, dict]:
    """Scores, family and parameters of each candidate: `catboost`, `catboost-tuned`, …"""
    benchmark = json.loads(context.path("benchmark/results.json").read_text(encoding="utf-8"))["results"]
    search = json.loads(context.path("search/results.json").read_text(encoding="utf-8"))
    out = {f: {"file": f"benchmark/{f}.parquet", "family": f, "params": benchmark[f]["params"]} for f in FAMILIES}
    out |= {f"{f}-tuned": {"file": f"search/{f}.parquet", "family": f, "params": r["best"]["params"]} for f, r in search.items()}
    return out


def decide(scores: dict[str, np.ndarray], target: np.ndarray, families: dict[str, str], params) -> dict:
    """The choice among candidates, from their out-of-fold scores alone."""
    cost = money.Cost(**params["cost"])
    best = {name: money.cheapest(target, s, cost) for name, s in scores.items()}
    each = {name: cost.each(target, s, best[name][0]) for name, s in scores.items()}
    compared = money.ties(each, params["choose.resamples"], params["choose.level"], params["seed"])
    tied = [name for name in sorted(scores) if compared[name]["tie"]]
    rank = {family: i for i, family in enumerate(params["choose.prefer"])}
    winner = min(tied, key=lambda name: (rank.get(families[name], len(rank)), best[name][1], name))
    table = {
        name: {"threshold": best[name][0], "cost": best[name][1], "family": families[name]} | compared[name]
        | {"metrics": money.metrics(target, scores[name], best[name][0], cost, params["beta"])}
        for name in sorted(scores)
    }  # fmt: skip
    return {"winner": winner, "threshold": best[winner][0], "cost": best[winner][1], "tied": tied, "candidates": table}


def run(context: Context) -> None:
    """The step `choose`: `choice.json`, with candidates, ties, the winner, its parameters and its threshold."""
    ids, target, _ = split.read_folds(context)
    found = candidates(context)
    scores = {name: oof.aligned(oof.read_scores(context.path(c["file"])), ids) for name, c in found.items()}
    choice = decide(scores, target, {name: c["family"] for name, c in found.items()}, context.params)
    winner = found[choice["winner"]]
    choice |= {"family": winner["family"], "params": winner["params"], "clients": len(ids), "defaults": int(target.sum())}
    context.write_json("choice.json", choice)
