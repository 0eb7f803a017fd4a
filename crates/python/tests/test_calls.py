"""The three calls, on tables of each library and on files."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import vigie


def drifted(report: vigie.Report) -> dict[str, object]:
    """What a report says, whatever library the tables are of."""
    whole = report.to_dict()
    return {key: whole[key] for key in ("verdict", "features")}


def test_each_library_and_files_give_the_same_report(reference: pd.DataFrame, current: pd.DataFrame, tmp_path: Path) -> None:
    report = vigie.compare(reference, current)
    assert report.severity == "alarm"
    assert {finding["feature"] for finding in report.findings} == {"amount"}
    assert report.sentence in str(report)
    reference.to_csv(tmp_path / "reference.csv", index=False)
    current.to_parquet(tmp_path / "current.parquet")
    for tables in (
        (pl.from_pandas(reference), pl.from_pandas(current).lazy()),
        (pa.table(reference), pa.table(current).to_batches()[0]),
        (tmp_path / "reference.csv", str(tmp_path / "current.parquet")),
    ):
        assert drifted(vigie.compare(*tables)) == drifted(report)


def test_options_reach_the_binary(reference: pd.DataFrame, current: pd.DataFrame, tmp_path: Path) -> None:
    for frame in (reference, current):
        frame.insert(0, "a,b", frame["amount"])
    report = vigie.compare(reference, current, ignore=["a,b"], categorical="bad", out=tmp_path / "kept")
    kinds = {feature["name"]: feature["kind"] for feature in report.to_dict()["features"]}
    assert kinds == {"amount": "numeric", "region": "categorical", "bad": "categorical"}
    assert (tmp_path / "kept/report.html").read_text(encoding="utf-8") == report.html
    report.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == report.html


def test_a_reference_is_learnt_and_a_log_checked(reference: pd.DataFrame, tmp_path: Path) -> None:
    scores = pd.Series(range(len(reference))) / len(reference)
    rows = reference.assign(score=scores)
    learnt = vigie.learn(rows, tmp_path / "reference.vigie", target="bad", probability="score", holdout=True)
    assert learnt.path.is_file()
    assert "2 features" in learnt.summary
    start = datetime(2026, 10, 1, tzinfo=UTC)
    times = [start + timedelta(seconds=second) for second in range(len(rows))]
    rows.drop(columns="bad").assign(time=times).to_parquet(tmp_path / "log.parquet")
    config = tmp_path / "vigie.yaml"
    config.write_text(
        "model: {name: credit}\n"
        f"reference: {tmp_path}/reference.vigie\n"
        "source: {path: log.parquet, fields: {timestamp: time, probability: score}}\n"
        "reports: {dir: reports}\nstate: state\n"
    )
    report = vigie.check(config, start="2026-10-01", end=start + timedelta(days=1))
    assert report.severity == "stable"
    assert report.to_dict()["window"]["rows_used"] == len(rows)
    with pytest.raises(vigie.VigieError, match=r"nowhere\.yaml"):
        vigie.check("nowhere.yaml")


def test_errors_are_the_sentence_of_the_binary(reference: pd.DataFrame, current: pd.DataFrame) -> None:
    with pytest.raises(vigie.VigieError, match=r"^--target: reference/table\.parquet has no column `worse`; available: "):
        vigie.compare(reference, current, target="worse")
    with pytest.raises(vigie.VigieError, match=r"^CUR: missing\.parquet: no such file"):
        vigie.compare(reference, "missing.parquet")


def test_the_report_of_unusable_rows_is_kept(reference: pd.DataFrame, current: pd.DataFrame) -> None:
    scored = reference.assign(score=0.5)
    percentages = current.assign(score=[50.0, 50.0, 0.5, 50.0] * 500)
    with pytest.raises(vigie.VigieError, match=r"75\.0% of rows.*; the report is the `report` of this error$") as caught:
        vigie.compare(scored, percentages, probability="score")
    assert caught.value.report is not None
    assert caught.value.report.to_dict()["window"]["rows_used"] == 500


def test_the_binary_is_on_path_and_runs_as_a_module() -> None:
    versions = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for command in ([str(Path(sys.executable).with_name("vigie")), "--version"], [sys.executable, "-m", "vigie", "--version"])
    ]
    assert versions[0] == versions[1]
    assert versions[0].startswith("vigie ")


def test_a_missing_binary_is_named(monkeypatch: pytest.MonkeyPatch, reference: pd.DataFrame) -> None:
    monkeypatch.setenv("VIGIE", "/nowhere/vigie")
    with pytest.raises(vigie.VigieError, match=r"^/nowhere/vigie: No such file or directory; install the wheel again"):
        vigie.compare(reference, reference)
