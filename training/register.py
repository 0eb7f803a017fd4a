"""Registers two versions of the chosen model in MLflow: V1, the family's benchmark parameters, and V2, the final model with SHAP.

The alias `champion` points to the final version and `challenger` to the baseline. Versions carry the key of this step, so that
repeating the step finds them instead of making new ones.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from pathlib import Path

import pandas as pd

from . import frame, track
from .models.families import load
from .steps import Context

_REQUIREMENTS = {"catboost": ["catboost"], "lightgbm": ["lightgbm"], "xgboost": ["xgboost-cpu"]}


def _log_model(mlflow, model, file: Path, example: pd.DataFrame):
    """Logs a model in the flavour of its library, with signature and input example; the registry holds the run's very file."""
    from mlflow.models import infer_signature

    names = [*_REQUIREMENTS.get(model.family, ["scikit-learn", "skops"]), "pandas", "numpy"]
    options = {
        "name": "model", "signature": infer_signature(example, model.probability(example)), "input_example": example,
        "pip_requirements": [f"{n}=={importlib.metadata.version(n)}" for n in names],
    }  # fmt: skip
    if model.family in _REQUIREMENTS:  # a library that writes a model it has read may write other bytes
        model.model.save_model = lambda path, *_, **__: shutil.copyfile(file, path)
    if model.family == "catboost":
        return mlflow.catboost.log_model(model.model, **options)
    if model.family == "lightgbm":
        return mlflow.lightgbm.log_model(model.model, **options)
    if model.family == "xgboost":
        return mlflow.xgboost.log_model(model.model, model_format="json", **options)
    import skops.io

    trusted = skops.io.get_untrusted_types(data=skops.io.dumps(model.model))
    return mlflow.sklearn.log_model(model.model, serialization_format="skops", skops_trusted_types=trusted, **options)


def version(context: Context, mlflow, name: str, role: str) -> str | None:
    """The version that was registered with this key and role before."""
    found = mlflow.MlflowClient().search_model_versions(f"name = '{name}'")
    return next((v.version for v in found if v.tags.get(track.KEY) == context.key and v.tags.get("role") == role), None)


def _register(context: Context, mlflow, name: str, role: str, folder: str, phase: str, extra) -> str:
    """Logs one model in a run of its own and registers it; returns the version."""
    if (known := version(context, mlflow, name, role)) is not None:
        return known
    client = mlflow.MlflowClient()
    model = load(context.path(folder), context.params["threads"])
    holdout = pd.read_parquet(context.path("final/holdout.parquet"))[model.columns].head(5)
    example = holdout.astype(dict.fromkeys(model.text, object))
    with track.logged(context, mlflow, "final", f"{role}_{model.family}", {"phase": phase, "model_name": model.family}) as run:
        if run is None:
            raise RuntimeError(
                f"register: the run {role}_{model.family} is finished, but {name} has no version of it; delete that run in MLflow and repeat"
            )
        mlflow.log_params(model.params)
        extra(mlflow)
        source = context.path(folder)
        file = json.loads((source / "inputs.json").read_text(encoding="utf-8"))["files"][0]
        logged = _log_model(mlflow, model, source / file, example)
        made = client.create_model_version(name, logged.model_uri, run.info.run_id, tags={track.KEY: context.key, "role": role},
                                           model_id=logged.model_id, description=phase)  # fmt: skip
    return str(made.version)


def run(context: Context) -> None:
    """The step `register`: `registry.json` names the model, its versions and its aliases."""
    mlflow = track.connect(context)
    results = track.json_of(context, "final/results.json")
    name = context.params["mlflow.model"].format(family=results["family"])
    client = mlflow.MlflowClient()
    try:
        client.get_registered_model(name)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        client.create_registered_model(name, description="Probability that an applicant defaults.")

    def metrics(figures):
        return {f"test.{k}": v for k, v in figures.items() if isinstance(v, float)}

    def baseline(mlflow):
        mlflow.log_metrics(metrics(results["all"]["baseline"]))

    def final(mlflow):
        mlflow.log_metrics(metrics(results["test"]) | {"threshold_business": results["threshold"]})
        for file in sorted(context.path("explain").iterdir()):
            if file.name != "step.json":
                mlflow.log_artifact(str(file), "shap")
        mlflow.log_artifact(str(context.path("select/kept.txt")), "api_artifacts")
        mlflow.log_artifact(str(context.path("choose/choice.json")), "api_artifacts")
        mlflow.log_dict({"threshold": results["threshold"], "cost": context.params["cost"]}, "api_artifacts/threshold.json")
        mlflow.log_dict(
            {"missing_level": frame.MISSING, "columns": load(context.path(f"final/models/{results['family']}")).text},
            "api_artifacts/cat_features.json",
        )

    first = _register(context, mlflow, name, "baseline", "final/baseline", "baseline_registry", baseline)
    second = _register(context, mlflow, name, "final", f"final/models/{results['family']}", "final_with_shap", final)
    client.set_registered_model_alias(name, "challenger", first)
    client.set_registered_model_alias(name, "champion", second)
    context.write_json(
        "registry.json",
        {"name": name, "versions": {"baseline": first, "final": second}, "aliases": {"challenger": first, "champion": second}},
    )
