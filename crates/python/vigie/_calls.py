"""The three calls: `compare`, `learn`, `check`. Each runs the command of the same name."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ._binary import VigieError, run
from ._report import Report
from ._tables import Stored, Table, store

_Names: TypeAlias = str | Sequence[str | int] | None
_PAGE = "\nreport: "


@dataclass(frozen=True)
class Reference:
    """A reference that was learnt: the path of its file, which `vigie.yaml` names, and what was assumed about the columns."""

    path: Path
    summary: str
    notes: tuple[str, ...]

    def __fspath__(self) -> str:
        """Return the path."""
        return str(self.path)


def compare(
    reference: Table,
    current: Table,
    *,
    target: str | None = None,
    event: str | None = None,
    probability: str | None = None,
    prediction: str | None = None,
    features: _Names = None,
    categorical: _Names = None,
    ignore: _Names = None,
    timestamp: str | None = None,
    model: str | os.PathLike[str] | None = None,
    holdout: bool | None = None,
    threshold: float | None = None,
    out: str | os.PathLike[str] | None = None,
) -> Report:
    """Compare two tables, as `vigie compare` does.

    A table is a pandas, polars or Arrow table, or the path of a Parquet, CSV or NDJSON file, a folder or a glob.

    target: column with the outcome, 0 or 1, or `event` and something else.
    probability, prediction: column of the score, as a probability or as the number that a regression predicts.
    features: columns to compare; all without another role if not given.
    categorical: columns that hold categories although they look like numbers.
    ignore: columns to leave out.
    timestamp: column of `current` with the time of its rows, to find out since when something changed.
    model: file of a model, whose features are compared, weighted by their importance.
    holdout: whether the rows of `reference` were held out of training.
    threshold: the event is predicted at this probability or above.
    out: folder to keep `report.html` and `report.json` in.
    """
    with tempfile.TemporaryDirectory(prefix="vigie-") as temporary:
        work = Path(temporary)
        stored = store(reference, "reference", work)
        other = store(current, "current", work)
        options: dict[str, object] = {
            "target": target,
            "event": event,
            "probability": probability,
            "prediction": prediction,
            "timestamp": timestamp,
            "model": model,
            "holdout": _holdout(holdout),
            "threshold": threshold,
            "out": work / "report" if out is None else out,
        }
        options |= _lists(stored, features, categorical, ignore, options)
        arguments = ["compare", str(stored.path), str(other.path), *_flags(options, work)]
        called = {str(work / "report" / "report.html"): "the `report` of this error", f"{work}{os.sep}": ""}
        return _report(arguments, stored.notes + other.notes, called)


def learn(
    data: Table,
    out: str | os.PathLike[str],
    *,
    target: str | None = None,
    event: str | None = None,
    probability: str | None = None,
    prediction: str | None = None,
    features: _Names = None,
    categorical: _Names = None,
    ignore: _Names = None,
    model: str | os.PathLike[str] | None = None,
    holdout: bool | None = None,
) -> Reference:
    """Learn the reference `out` from training or hold-out rows, as `vigie learn` does; the options are those of `compare`."""
    with tempfile.TemporaryDirectory(prefix="vigie-") as temporary:
        work = Path(temporary)
        stored = store(data, "data", work)
        options: dict[str, object] = {
            "target": target,
            "event": event,
            "probability": probability,
            "prediction": prediction,
            "model": model,
            "holdout": _holdout(holdout),
            "out": out,
        }
        options |= _lists(stored, features, categorical, ignore, options)
        rows = stored.path / "table.parquet" if stored.path.is_relative_to(work) else stored.path
        code, output, notes, error = run(["learn", f"--data={rows}", *_flags(options, work)], {f"{work}{os.sep}": ""})
    if code != 0:
        raise VigieError(error)
    return Reference(Path(out), output.strip(), (*stored.notes, *notes))


def check(
    config: str | os.PathLike[str] = "config/vigie.yaml",
    *,
    start: str | datetime.date | None = None,
    end: str | datetime.date | None = None,
    model: str | None = None,
) -> Report:
    """Check one window of the log of a config, as `vigie check` does: from `start` to `end`, or the latest complete one.

    model: name of the model to check, if the config defines several.
    """
    options = {"config": config, "from": _time(start), "to": _time(end), "model": model}
    return _report(["check", *_flags(options)], [], {})


def _report(arguments: Sequence[str], notes: Sequence[str], called: Mapping[str, str]) -> Report:
    """Run a command that writes a report, and read it."""
    code, output, own_notes, error = run(arguments, called)
    text, _, place = output.rstrip("\n").rpartition(_PAGE)
    report = None
    if place:
        page = Path(place)
        document = page.with_suffix(".json").read_text(encoding="utf-8")
        report = Report(document, page.read_text(encoding="utf-8"), text.rstrip(), [*notes, *own_notes])
    if code != 0 or report is None:
        failed = VigieError(error)
        failed.report = report
        raise failed
    return report


def _lists(
    stored: Stored,
    features: _Names,
    categorical: _Names,
    ignore: _Names,
    others: Mapping[str, object],
) -> dict[str, object]:
    """Return the options that list columns. What the table declares as categories is categorical, unless a model decides."""
    lists = {"features": _names(features), "categorical": _names(categorical), "ignore": _names(ignore)}
    if others["model"] is None:
        kept = lists["features"] or stored.categorical
        taken = [*lists["categorical"], *lists["ignore"], *others.values()]
        lists["categorical"] += [name for name in stored.categorical if name in kept and name not in taken]
    return {name: names for name, names in lists.items() if names}


def _names(names: _Names) -> list[str]:
    return [names] if isinstance(names, str) else [str(name) for name in names or []]


def _flags(options: Mapping[str, object], work: Path | None = None) -> list[str]:
    """Write options as flags. Lists become files, because names may hold commas."""
    flags = []
    for name, value in options.items():
        if isinstance(value, list) and work is not None:
            file = work / f"{name}.txt"
            file.write_text("".join(f"{item}\n" for item in value), encoding="utf-8")
            value = f"@{file}"
        if value is not None:
            flags.append(f"--{name}={value}")
    return flags


def _holdout(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _time(value: str | datetime.date | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime.date) else value
