"""The benchmark of the six families with class weights, out of fold: cost, AUC, recall, precision, F-beta, seconds."""

from __future__ import annotations

import numpy as np

from . import frame, money, oof, split
from .models.spaces import FAMILIES
from .steps import Context


def summary(scores, target, params) -> dict:
    """Metrics over all clients at 0.5 and at the cheapest threshold, and AUC and cost at 0.5 of each fold."""
    cost, beta = money.Cost(**params["cost"]), params["beta"]
    probability, number = scores["probability"].to_numpy(), scores["fold"].to_numpy()
    threshold, _ = money.cheapest(target, probability, cost)
    by_fold = [money.metrics(target[number == f], probability[number == f], 0.5, cost, beta) for f in np.unique(number)]
    return {
        "at_half": money.metrics(target, probability, 0.5, cost, beta),
        "at_cheapest": money.metrics(target, probability, threshold, cost, beta) | {"threshold": threshold},
        "folds": by_fold,
        "auc_mean": float(np.mean([m["auc"] for m in by_fold])),
        "auc_std": float(np.std([m["auc"] for m in by_fold], ddof=1)) if len(by_fold) > 1 else 0.0,
    }


def run(context: Context) -> None:
    """The step `benchmark`: scores of each family out of fold, `results.json`, and `seconds.json`, which nothing depends on."""
    params = context.params
    folds = oof.Folds(context)
    results, seconds = {}, {}

    def measure(name, family, everything=None):
        scores = oof.score(folds, context, name, family, params[f"models.{family}"], everything)
        frame.write(context.folder / f"{name}.parquet", scores)
        results[name] = summary(scores, folds.target, params) | {"family": family, "params": params[f"models.{family}"]}
        seconds[name] = oof.seconds(context.folder / name)

    for family in FAMILIES:
        measure(family, family)
    if wide := params["benchmark.all_columns"]:
        path = context.path(split.FEATURES)
        everything = frame.read(path, frame.features_of(path), folds.ids, single=True)
        for family in wide:
            measure(f"{family}-all", family, everything)
    order = sorted(
        results,
        key=lambda n: (
            results[n]["at_cheapest"]["business_cost"],
            -results[n]["at_cheapest"]["recall"],
            -results[n]["at_half"]["auc"],
            n,
        ),
    )
    context.write_json("results.json", {"results": results, "order": order})
    context.write_json("seconds.json", seconds)
