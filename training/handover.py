"""What vigie needs to watch the model: model file, hold-out, reference, configuration, and a log made by the run's own scoring.

The log is of further clients, whose raw tables are generated and prepared like a service would do it: only the kept columns.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml

from . import frame, prepare, select
from .models.families import load
from .steps import Context
from .tables.draw import BLOCK
from .tables.write import write_tables


def fresh_clients(context: Context, columns: list[str], count: int) -> tuple[pd.DataFrame, pd.Series]:
    """Features and targets of clients that the run has not seen, in a block after its own."""
    first = -(-context.params["clients"] // BLOCK)
    with tempfile.TemporaryDirectory(dir=context.folder) as folder:
        tables, out = Path(folder) / "tables", Path(folder) / "features.parquet"
        write_tables(count, tables, context.params["seed"], first_block=first)
        prepare.prepare(tables, out, columns)
        target = (
            pq.read_table(tables / "application.parquet", columns=list(frame.NOT_FEATURES))
            .to_pandas()
            .set_index(frame.ID)[frame.TARGET]
        )
        return frame.read(out, columns, target.index.to_numpy()), target


def cell(value):
    """A feature as JSON: null for missing, whole numbers without a point."""
    if isinstance(value, str):
        return None if value == frame.MISSING else value
    if value != value:
        return None
    return int(value) if float(value).is_integer() else float(value)


def records(
    x: pd.DataFrame, probability: np.ndarray, threshold: float, first_day: str, per_day: int, version: str, rng
) -> dict[str, list[dict]]:
    """Log records by day, in the order of time."""
    out = {}
    rows = x.astype(object).to_dict("records")
    start = datetime.fromisoformat(first_day).replace(tzinfo=UTC)
    for day in range(-(-len(rows) // per_day)):
        part = range(day * per_day, min((day + 1) * per_day, len(rows)))
        seconds = np.sort(rng.uniform(6 * 3600, 20 * 3600, len(part)))
        date = start + timedelta(days=day)
        out[date.date().isoformat()] = [
            {
                "ts": (date + timedelta(milliseconds=round(1000 * float(s)))).isoformat(timespec="milliseconds"),
                "request_id": hashlib.sha256(f"{x.index[i]}".encode()).hexdigest()[:32],
                "sk_id_curr": int(x.index[i]),
                "model_version": version,
                "status_code": 200,
                "latency_ms": round(float(rng.gamma(4.0, 1.5)) + 0.3, 2),
                "inputs": {name: cell(value) for name, value in rows[i].items()},
                "outputs": {"proba_default": round(float(probability[i]), 6),
                            "decision": "REFUSED" if probability[i] >= threshold else "ACCEPTED"},
            }
            for s, i in zip(seconds, part, strict=True)
        ]  # fmt: skip
    return out


def write_log(folder: Path, days: dict[str, list[dict]]) -> None:
    """One gzipped NDJSON file a day; the same records give the same bytes."""
    folder.mkdir()
    for day, lines in days.items():
        text = "".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in lines)
        with (folder / f"predictions-{day}.ndjson.gz").open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(text.encode())


def config(context: Context, results: dict, model_file: str) -> dict:
    """The content of vigie.yaml; paths are relative to it."""
    params = context.params
    return {
        "model": {
            "name": params["mlflow.model"].format(family=results["family"]).replace("_", "-"), "version": "2", "file": model_file,
            "threshold": results["threshold"], "cost": params["cost"], "beta": params["beta"], "missing_level": frame.MISSING,
        },
        "reference": "reference.vigie",
        "source": {
            "kind": "files", "path": "log",
            "fields": {"timestamp": "ts", "features": "inputs", "probability": "outputs.proba_default", "decision": "outputs.decision",
                       "latency_ms": "latency_ms", "status": "status_code", "id": "request_id", "model_version": "model_version"},
        },
        "reports": {"dir": "reports"},
        "state": "state",
    }  # fmt: skip


def learn(folder: Path, model_file: str, dictionary: Path | None) -> None:
    """Calls `vigie learn` on the hold-out; the reference is `reference.vigie`."""
    command = [*prepare.program("vigie", "VIGIE"), "learn", "--data", str(folder / "holdout.parquet"), "--model", str(folder / model_file),
               "--target", frame.TARGET, "--probability", "probability", "--holdout", "yes",
               "--out", str(folder / "reference.vigie")]  # fmt: skip
    if dictionary is not None:
        command += ["--dictionary", str(dictionary)]
    code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    if code != 0:
        raise RuntimeError(f"vigie learn ended with code {code}; its message is above")


def run(context: Context) -> None:
    """The step `handover`."""
    params, folder = context.params, context.folder
    results = json.loads(context.path("final/results.json").read_text(encoding="utf-8"))
    source = context.path(f"final/models/{results['family']}")
    about = json.loads((source / "inputs.json").read_text(encoding="utf-8"))
    columns, model_file = select.kept(context), about["files"][0]
    shutil.copy(source / model_file, folder / model_file)
    shutil.copytree(context.path("final/models"), folder / "models", dirs_exist_ok=True)
    shutil.copy(context.path("final/holdout.parquet"), folder / "holdout.parquet")
    (folder / "features.txt").write_text("".join(f"{c}\n" for c in columns), encoding="utf-8")
    context.write_json(
        "decision.json",
        {"threshold": results["threshold"], "cost": params["cost"], "model_file": model_file, "test": results["test"]},
    )
    days = params["handover.days"]
    x, target = fresh_clients(context, columns, days * params["handover.rows_per_day"])
    probability = load(source, params["threads"]).probability(x)
    rng = np.random.default_rng([params["seed"], 11])
    log = records(x, probability, results["threshold"], params["handover.first_day"], params["handover.rows_per_day"], "2", rng)
    shutil.rmtree(folder / "log", ignore_errors=True)
    write_log(folder / "log", log)
    ids = [r["request_id"] for lines in log.values() for r in lines]
    pd.DataFrame({"request_id": ids, "actual": target.to_numpy()}).to_parquet(folder / "labels.parquet", index=False)
    everything = json.loads(context.path("prepare/dictionary.json").read_text(encoding="utf-8"))
    context.write_json(
        "dictionary.json", {c: everything[c] for c in columns if c in everything} if isinstance(everything, dict) else everything
    )
    (folder / "vigie.yaml").write_text(
        "# Configuration of vigie for this model. Paths are relative to this file.\n"
        + yaml.safe_dump(config(context, results, model_file), sort_keys=False)
        + "# How the logged loans turned out, which is known months later:\n"
        + "# labels: {path: labels.parquet, id: request_id, target: actual}\n",
        encoding="utf-8",
    )
    if params["handover.learn"]:
        learn(folder, model_file, folder / "dictionary.json" if params["handover.dictionary"] else None)
