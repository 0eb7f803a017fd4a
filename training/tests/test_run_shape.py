"""The prepared features have the shape of the published summary of the example: medians and missing shares."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

SUMMARY = Path(__file__).resolve().parents[2] / "reference_data/home_credit/features.csv"


def test_at_least_105_of_117_medians_and_missing_shares_are_close(run):
    summary = pd.read_csv(SUMMARY).set_index("feature")
    summary = summary[summary["kind"] == "numeric"]
    assert len(summary) == 117
    x = pd.read_parquet(run.root / "prepare/features.parquet", columns=list(summary.index)).astype(float)
    allowed = 0.5 * pd.concat([summary["p50"].abs(), summary["p75"] - summary["p25"]], axis=1).max(axis=1)
    medians = (x.median() - summary["p50"]).abs() <= allowed
    missing = (x.isna().mean() - summary["missing_share"]).abs() <= 0.05
    assert medians.sum() >= 105, list(medians.index[~medians])
    assert missing.sum() >= 105, list(missing.index[~missing])


def test_a_model_of_the_published_columns_finds_the_external_scores(run):
    importance = pd.read_parquet(run.root / "select/ranking.parquet")["feature"].tolist()
    assert sum(importance.index(f"EXT_SOURCE_{i}") < 8 for i in (1, 2, 3)) == 3
