"""The steps of a run, in order, with what each reads."""

from __future__ import annotations

from . import benchmark, choose, explain, final, handover, prepare, register, search, select, split, track
from .steps import Step

_FOLDS = ("split/folds.parquet", "split/target.parquet")


def _binary(params) -> dict:
    return {"binary": prepare.identity()}


def _both(params) -> dict:
    return _binary(params) | ({"vigie": prepare.identity("vigie", "VIGIE")} if params["handover.learn"] else {})


STEPS = (
    Step("tables", prepare.make_tables, settings=("clients",)),
    Step("prepare", prepare.run, inputs=("tables/*.parquet",), outside=_binary),
    Step("split", split.run, inputs=("prepare/features.parquet",), settings=("split", "folds"),
         sealed=("test_target.parquet",)),
    Step("select", select.run, inputs=("prepare/features.parquet", *_FOLDS), settings=("select", "folds", "cost", "beta", "threads", "models.lightgbm")),
    Step("benchmark", benchmark.run, inputs=("prepare/features.parquet", *_FOLDS, "select/fold-*.parquet"),
         settings=("select.columns", "folds", "models", "benchmark", "cost", "beta", "threads")),
    Step("search", search.run, inputs=("prepare/features.parquet", *_FOLDS, "select/fold-*.parquet"),
         settings=("select.columns", "folds", "search", "cost", "beta", "threads")),
    Step("choose", choose.run, inputs=(*_FOLDS, "benchmark/*.parquet", "benchmark/results.json", "search/*.parquet", "search/results.json"),
         settings=("choose", "cost", "beta")),
    Step("final", final.run, inputs=("prepare/features.parquet", *_FOLDS, "split/parts.parquet", "split/test_target.parquet", "select/kept.txt",
                                     "choose/choice.json", "benchmark/results.json", "search/results.json"),
         settings=("models", "cost", "beta", "threads")),
    Step("explain", explain.run, inputs=("prepare/features.parquet", *_FOLDS, "select/kept.txt", "final/results.json", "final/scores.parquet",
                                         "final/models/*/*"),
         settings=("explain", "threads")),
    Step("handover", handover.run, inputs=("final/results.json", "final/holdout.parquet", "final/models/*/*", "select/kept.txt", "prepare/dictionary.json"),
         settings=("clients", "handover", "cost", "beta", "threads", "mlflow.model"), outside=_both),
    Step("track", track.run, inputs=("select/kept.txt", "select/ranking.parquet", "select/sizes.json", "benchmark/results.json", "benchmark/seconds.json", "benchmark/*.parquet",
                                         "search/results.json", "choose/choice.json"),
         settings=("clients", "mlflow", "cost", "beta", "select"), outside=track.server),
    Step("register", register.run, inputs=("final/results.json", "final/holdout.parquet", "final/models/*/*", "final/baseline/*", "explain/*.parquet",
                                               "explain/*.png", "explain/importance.csv", "select/kept.txt", "choose/choice.json"),
         settings=("clients", "mlflow", "cost", "beta", "select.columns"), outside=track.server),
)  # fmt: skip
"""All steps of a run."""
