"""Ranks all columns by LightGBM's gain and keeps the first ones.

Each fold has its own ranking, made without the rows that the fold holds out, so figures from cross-validation are honest. The
final list is ranked on train and valid together.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from . import frame, money, split
from .models.families import make
from .steps import Context


def rank(x: pd.DataFrame, y: np.ndarray, params: dict, seed: int, threads: int) -> pd.Series:
    """The gain of each column in one fit, largest first; ties by name."""
    gains = make("lightgbm", params, seed, threads).fit(x, y).gains()
    table = pd.DataFrame({"feature": list(x.columns), "gain": gains})
    return table.sort_values(["gain", "feature"], ascending=[False, True]).set_index("feature")["gain"]


def identifiers(x: pd.DataFrame) -> list[str]:
    """Columns that number the rows: whole numbers or texts, none missing, and practically all different."""
    out = []
    for name in x.columns:
        values = x[name].to_numpy()
        if values.dtype == object:
            whole = not (values == frame.MISSING).any()
        else:
            whole = bool(np.isfinite(values).all() and (values == np.floor(values)).all())
        if whole and len(values) >= 100 and len(pd.unique(values)) >= 0.999 * len(values):
            out.append(name)
    return out


def run(context: Context) -> None:
    """The step `select`: `kept.txt`, `ranking.parquet`, a ranking per fold, and what other sizes would cost."""
    params = context.params
    path, seed, threads = context.path(split.FEATURES), params["seed"], params["threads"]
    ids, y, folds = split.read_folds(context)
    columns = frame.features_of(path)
    count = params["select.columns"]
    if count > len(columns):
        raise ValueError(f"select.columns is {count}, but there are only {len(columns)} columns")
    x = frame.read(path, columns, ids, single=True)
    numbering = identifiers(x)  # they carry nothing, but many values let a ranking by gain take them for something
    x = x.drop(columns=numbering)

    def ranking(name, rows):
        def compute(out):
            gains = rank(x[rows], y[rows], params["select.ranker"], seed, threads)
            pd.DataFrame({"feature": gains.index, "gain": gains.to_numpy()}).to_parquet(out, index=False)

        return pd.read_parquet(context.unit(name, compute)).set_index("feature")["gain"]

    orders = [ranking(f"fold-{f}.parquet", folds != f) for f in range(params["folds"])]
    final = ranking("ranking.parquet", np.ones(len(y), bool))
    kept = list(final.index[:count])
    (context.folder / "kept.txt").write_text("".join(f"{name}\n" for name in kept), encoding="utf-8")
    sizes = {str(n): _evaluate(context, x, y, folds, orders, n) for n in sorted(set(params["select.sizes"]))}
    overlap = [len(set(kept) & set(order.index[:count])) / len(set(kept) | set(order.index[:count])) for order in orders]
    context.write_json(
        "sizes.json",
        {
            "sizes": sizes,
            "kept": count,
            "with_gain": int((final > 0).sum()),
            "jaccard_with_folds": overlap,
            "identifiers": numbering,
        },
    )


def _evaluate(context: Context, x, y, folds, orders, size: int) -> dict:
    """AUC and cost, out of fold, of the first `size` columns of each fold's own ranking."""
    params = context.params
    cost = money.Cost(**params["cost"])

    def compute(out):
        score = np.zeros(len(y))
        for f, order in enumerate(orders):
            own, fit = list(order.index[:size]), folds != f
            model = make("lightgbm", params["models.lightgbm"], params["seed"], params["threads"])
            score[~fit] = model.fit(x.loc[fit, own], y[fit]).probability(x.loc[~fit, own])
        threshold, _ = money.cheapest(y, score, cost)
        out.write_text(json.dumps(money.metrics(y, score, threshold, cost, params["beta"]) | {"threshold": threshold}))

    return json.loads(context.unit(f"size-{size}.json", compute).read_text())


def kept(context: Context) -> list[str]:
    """The final list, in the order of the ranking."""
    return context.path("select/kept.txt").read_text(encoding="utf-8").split("\n")[:-1]


def fold_columns(context: Context, fold: int) -> list[str]:
    """The columns that a fold's own ranking keeps."""
    order = pd.read_parquet(context.path(f"select/fold-{fold}.parquet"))
    return list(order["feature"][: context.params["select.columns"]])
