"""Logs a run to MLflow: experiments, runs, parameters, metrics by step, tags and artefacts, from the files that the steps wrote.

Each MLflow run carries the key of this step as a tag. A run that is there already is not logged again, and one that a killed
run left unfinished is deleted first, so that the step can be repeated.
"""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import frame, select
from .steps import Context

KEY = "training.key"
SERVER = os.environ.get("MLFLOW_TRACKING_URI", "")
"""As it was at the start: mlflow sets the variable itself."""

_FOLD_METRICS = {
    "auc": "fold_auc",
    "business_cost": "fold_business_cost_fixed_threshold",
    "recall": "fold_recall",
    "precision": "fold_precision",
    "fbeta": "fold_fbeta",
}


def address(root: Path) -> str:
    """The tracking server: MLFLOW_TRACKING_URI, or a database in the folder of the run."""
    return SERVER or f"sqlite:///{(root / 'mlflow.db').resolve()}"


def server(params) -> dict:
    """The part of a step's key that says where it logs to, without user and password."""
    del params
    return {"server": _shown()}


def unreachable() -> str | None:
    """Why the tracking server does not answer; `None` if it does, or if there is none."""
    if not SERVER.startswith("http"):
        return None
    try:
        with urllib.request.urlopen(f"{_shown().rstrip('/')}/health", timeout=10):
            return None
    except urllib.error.HTTPError:
        return None  # it answers; what it forbids is said by the first request that matters
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def check_address(root: Path, warn: Callable[[str], None]) -> None:
    """At the start of a run: a folder that no database can be in is an error, a server that does not answer is a warning."""
    if not SERVER and (bad := sorted(set("#?%") & set(str(root.resolve())))):
        raise ValueError(
            f"{root}: MLflow cannot keep its database in a folder with {' '.join(bad)} in its path; choose another folder"
        )
    if (why := unreachable()) is not None:
        warn(f"warning: the MLflow server {_shown()} does not answer ({why}); the steps track and register need it")


def _shown() -> str:
    """The address of the server without user and password."""
    return re.sub(r"//[^/@]*@", "//", SERVER)


def connect(context: Context):
    """The module mlflow, set to the tracking server. A server that does not answer is an error at once: MLflow would retry for minutes."""
    if (why := unreachable()) is not None:
        raise RuntimeError(
            f"the MLflow server {_shown()} does not answer ({why}); start it, or unset MLFLOW_TRACKING_URI to log to a database in "
            "the folder of the run, and repeat the command"
        )
    os.environ.setdefault("MLFLOW_ENABLE_ASYNC_LOGGING", "false")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow

    mlflow.set_tracking_uri(address(context.root))
    mlflow.set_registry_uri(address(context.root))
    return mlflow


def experiment(context: Context, mlflow, suffix: str) -> str:
    """The id of the experiment `<prefix>_<suffix>`, made if it is absent; artefacts of a local database stay in the run's folder."""
    name = f"{context.params['mlflow.experiment']}_{suffix}"
    if found := mlflow.get_experiment_by_name(name):
        return found.experiment_id
    local = not address(context.root).startswith("http")
    place = (context.root / "mlartifacts" / suffix).resolve().as_uri() if local else None
    return mlflow.create_experiment(name, artifact_location=place)


@contextmanager
def logged(context: Context, mlflow, suffix: str, name: str, tags: dict) -> Iterator[object | None]:
    """A run named `name`; `None` if it has been logged with this key before."""
    where = experiment(context, mlflow, suffix)
    client = mlflow.MlflowClient()
    found = client.search_runs([where], f"tags.`{KEY}` = '{context.key}' and tags.`mlflow.runName` = '{name}'")
    if any(r.info.status == "FINISHED" for r in found):
        yield None
        return
    for stale in found:
        client.delete_run(stale.info.run_id)
    with mlflow.start_run(
        experiment_id=where, run_name=name, tags={k: str(v) for k, v in (tags | common(context)).items()} | {KEY: context.key}
    ) as run:
        yield run


def common(context: Context) -> dict:
    """Tags of every run."""
    params = context.params
    return {
        "dataset": f"synthetic-{params['clients']}-seed-{params['seed']}", "cost_fn": params["cost.false_negative"],
        "cost_fp": params["cost.false_positive"], "fbeta_beta": params["beta"], "n_features": params["select.columns"],
        "feature_set": f"top{params['select.columns']}",
    }  # fmt: skip


def json_of(context: Context, name: str):
    """A JSON file of an earlier step."""
    return json.loads(context.path(name).read_text(encoding="utf-8"))


def _summary(mlflow, summary: dict) -> None:
    """Metrics of a cross-validation: by fold (step = fold), their mean, and at the cheapest threshold."""
    for fold, values in enumerate(summary["folds"]):
        mlflow.log_metrics({_FOLD_METRICS[k]: v for k, v in values.items() if k in _FOLD_METRICS}, step=fold)
    best = summary["at_cheapest"]
    mlflow.log_metrics({"auc_mean": summary["auc_mean"], "auc_std": summary["auc_std"], "auc": summary["at_half"]["auc"],
                        "business_cost_fixed_threshold": summary["at_half"]["business_cost"], "business_cost": best["business_cost"],
                        "recall": best["recall"], "precision": best["precision"], "fbeta": best["fbeta"],
                        "threshold_business": best["threshold"]})  # fmt: skip


def selection(context: Context, mlflow) -> None:
    """The ranking, and the cost of each number of columns (step = number)."""
    with logged(
        context, mlflow, "selection", "gain_ranking", {"phase": "feature_reduction_summary", "model_name": "lightgbm"}
    ) as run:
        if run is None:
            return
        sizes = json_of(context, "select/sizes.json")
        mlflow.log_params(context.params["select.ranker"] | {"columns": sizes["kept"]})
        for size, values in sizes["sizes"].items():
            mlflow.log_metrics({"auc": values["auc"], "business_cost": values["business_cost"]}, step=int(size))
        mlflow.log_metric("columns_with_gain", sizes["with_gain"])
        mlflow.log_artifact(str(context.path("select/kept.txt")))
        mlflow.log_artifact(str(context.path("select/ranking.parquet")))


def benchmark(context: Context, mlflow) -> None:
    """One run per family (and per family on all columns)."""
    seconds = json_of(context, "benchmark/seconds.json")
    for name, result in json_of(context, "benchmark/results.json")["results"].items():
        tags = {"phase": "benchmark_baseline", "model_name": result["family"], "threshold_fixed": 0.5}
        with logged(context, mlflow, "benchmark", name, tags) as run:
            if run is not None:
                mlflow.log_params(result["params"])
                _summary(mlflow, result)
                mlflow.log_metric("seconds", seconds[name])
                mlflow.log_artifact(str(context.path(f"benchmark/{name}.parquet")), "out_of_fold")


def search(context: Context, mlflow) -> None:
    """One run per family: the cost of each trial (step = trial), the best parameters and their figures over all folds."""
    for family, result in json_of(context, "search/results.json").items():
        with logged(
            context, mlflow, f"search_{family}", f"{family}_search", {"phase": "hyperparam_optuna_summary", "model_name": family}
        ) as run:
            if run is None:
                continue
            mlflow.log_params({f"best_{k}": v for k, v in result["best"]["params"].items()})
            for trial in result["trials"]:
                mlflow.log_metric("trial_business_cost", trial["cost"], step=trial["number"])
            mlflow.log_metric("best_business_cost", result["best"]["cost"])
            _summary(mlflow, result["summary"])
            mlflow.log_dict({"trials": result["trials"]}, "trials.json")


def choice(context: Context, mlflow) -> None:
    """The choice of model and threshold by out-of-fold cost."""
    chosen = json_of(context, "choose/choice.json")
    with logged(
        context, mlflow, "choice", "choice", {"phase": "threshold_optimization_oof", "model_name": chosen["family"]}
    ) as run:
        if run is None:
            return
        mlflow.log_params({"winner": chosen["winner"], "tied": ", ".join(chosen["tied"])})
        mlflow.log_metrics({"threshold_business": chosen["threshold"], "business_cost": chosen["cost"]})
        for name, candidate in chosen["candidates"].items():
            mlflow.log_metric(f"business_cost.{name}", candidate["cost"])
        mlflow.log_artifact(str(context.path("choose/choice.json")))


def run(context: Context) -> None:
    """The step `track`; `tracked.json` says where."""
    mlflow = connect(context)
    for part in (selection, benchmark, search, choice):
        part(context, mlflow)
    context.write_json("tracked.json", {"columns": len(select.kept(context)), "id": frame.ID, "key": context.key})
