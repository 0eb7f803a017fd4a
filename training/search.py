"""Searches the parameters of the best families, each in its own space, by out-of-fold cost at the cheapest threshold."""

from __future__ import annotations

import zlib

import pandas as pd

from . import frame, money, oof
from .benchmark import summary
from .models import spaces
from .steps import Context


def run(context: Context) -> None:
    """The step `search`: trials and best parameters per family, and the scores of the best over all folds.

    Trials are replayed when a killed step runs again: the sampler is seeded and asks for the same parameters once it has been
    given the same costs, and the costs of finished folds are kept.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    params = context.params
    folds = oof.Folds(context)
    cost = money.Cost(**params["cost"])
    some = params["search.folds"]
    if not 1 <= some <= folds.count:
        raise ValueError(f"search.folds is {some}, but there are {folds.count} folds")
    results = {}
    for family in params["search.families"]:
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=(params["seed"] + zlib.crc32(family.encode())) % 2**32)
        )
        trials = []
        for number in range(params["search.trials"]):
            trial = study.ask()
            chosen = spaces.suggest(family, trial, params["search.trees"])
            scores = oof.score(folds, context, f"{family}/trial-{number}", family, chosen, count=some)
            value = search_cost(scores, folds, cost)
            study.tell(trial, value)
            trials.append({"number": number, "params": chosen, "cost": value})
        best = min(trials, key=lambda t: (t["cost"], t["number"]))
        if len(trials) > 1 and len({t["cost"] for t in trials}) == 1:
            raise RuntimeError(
                f"search: all trials of {family} cost {best['cost']}; its parameters have no effect or its scores are not used"
            )
        scores = oof.score(folds, context, f"{family}/best", family, best["params"])
        frame.write(context.folder / f"{family}.parquet", scores)
        results[family] = {"trials": trials, "best": best, "summary": summary(scores, folds.target, params)}
    context.write_json("results.json", results)


def search_cost(scores: pd.DataFrame, folds: oof.Folds, cost: money.Cost) -> float:
    """The cost of the clients that were scored, at their cheapest threshold."""
    target = pd.Series(folds.target, index=folds.ids).loc[scores[frame.ID]].to_numpy()
    return money.cheapest(target, scores["probability"].to_numpy(), cost)[1]
