"""SHAP values of the chosen model: global on a sample of train and valid, local for the least and the most risky test client.

The values are saved as Parquet, and every plot is drawn from that file.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from . import frame, select, split
from .models.families import load
from .models.pipelines import SkLearn
from .steps import Context


def explain(model, x: pd.DataFrame, background: pd.DataFrame) -> pd.DataFrame:
    """One row per client: `base`, `raw`, and the contribution of each feature, in units of the raw score."""
    values, base = model.contributions(x, background) if isinstance(model, SkLearn) else model.contributions(x)
    out = pd.DataFrame(values, columns=list(x.columns), index=x.index[: len(values)])
    out.insert(0, "raw", model.raw(x)[: len(values)])
    out.insert(0, "base", base)
    return out


def run(context: Context) -> None:
    """The step `explain`: `shap.parquet`, `local.parquet`, the features' values of both, `importance.csv`, four plots."""
    params = context.params
    results = json.loads(context.path("final/results.json").read_text(encoding="utf-8"))
    model = load(context.path(f"final/models/{results['family']}"), params["threads"])
    columns, path = select.kept(context), context.path(split.FEATURES)
    ids, _, _ = split.read_folds(context)
    sample = np.sort(np.random.default_rng([params["seed"], 7]).choice(ids, min(params["explain.rows"], len(ids)), replace=False))
    x = frame.read(path, columns, sample)
    values = explain(model, x, x)
    frame.write(context.folder / "shap.parquet", values)
    frame.write(context.folder / "inputs.parquet", x.loc[values.index])
    scores = pd.read_parquet(context.path("final/scores.parquet"))
    score = scores.set_index(frame.ID)[results["family"]] if frame.ID in scores else scores[results["family"]]
    ends = [int(score.idxmin()), int(score.idxmax())]
    own = frame.read(path, columns, np.array(ends))
    frame.write(context.folder / "local.parquet", explain(model, own, x))
    frame.write(context.folder / "local_inputs.parquet", own)
    importance = values[columns].abs().mean().sort_values(ascending=False, kind="stable")
    importance.rename_axis("feature").rename("mean_abs_shap").to_csv(context.folder / "importance.csv", lineterminator="\n")
    draw(context.folder)


def read(path: Path) -> pd.DataFrame:
    """A Parquet file of this step, by client."""
    return pd.read_parquet(path).set_index(frame.ID)


def _explanation(values: pd.DataFrame, inputs: pd.DataFrame):
    import shap

    columns = list(inputs.columns)
    display = inputs.apply(
        lambda c: c if c.dtype != object and not pd.api.types.is_string_dtype(c) else c.astype("category").cat.codes
    )
    return shap.Explanation(values[columns].to_numpy(), values["base"].to_numpy(), display.to_numpy(float), feature_names=columns)


def draw(folder: Path, only: tuple[str, ...] = ()) -> None:
    """Draws `bar.png`, `beeswarm.png` and two waterfalls, or `only` some of them, from the Parquet files in the folder."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import shap

    overall = _explanation(read(folder / "shap.parquet"), read(folder / "inputs.parquet"))
    local = _explanation(read(folder / "local.parquet"), read(folder / "local_inputs.parquet"))
    plots = {
        "bar.png": lambda: shap.plots.bar(overall, max_display=20, show=False),
        "beeswarm.png": lambda: shap.plots.beeswarm(overall, max_display=20, show=False),
        "waterfall_least_risky.png": lambda: shap.plots.waterfall(local[0], max_display=15, show=False),
        "waterfall_most_risky.png": lambda: shap.plots.waterfall(local[-1], max_display=15, show=False),
    }
    for name, plot in plots.items():
        if only and name not in only:
            continue
        np.random.seed(0)  # shap spreads points that lie on each other at random
        plt.figure()
        plot()
        plt.savefig(folder / name, dpi=100, bbox_inches="tight", metadata={"Software": None})
        plt.close("all")
