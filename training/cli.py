"""The command line: `python -m training tables`, `run` and `report`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def _set(text: str) -> tuple[str, object]:
    import yaml

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, for example search.trials=5")
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError:
        raise argparse.ArgumentTypeError(f"the value of {text!r} is not YAML; a list is written [25, 50]") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="From seven raw tables to a registered, monitored model."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    tables = commands.add_parser("tables", help="generate the seven raw tables")
    tables.add_argument(
        "--clients", type=int, default=20_000, help="number of clients; the first ones are the same at every number"
    )
    tables.add_argument("--seed", type=int, default=42, help="seed of all random draws")
    tables.add_argument("--out", type=Path, required=True, help="folder for seven Parquet files")
    run = commands.add_parser("run", help="run all steps; those whose inputs have not changed are skipped")
    run.add_argument("--out", type=Path, required=True, help="folder of the run, for example runs/small")
    run.add_argument("--scale", default="small", help="tiny, small (default) or large: sections of params.yaml")
    run.add_argument("--clients", type=int, help="number of clients, instead of the number of the scale")
    run.add_argument("--seed", type=int, help="seed of all random draws, instead of that of params.yaml")
    run.add_argument("--until", metavar="STEP", help="stop after this step")
    run.add_argument(
        "--set",
        type=_set,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a setting of params.yaml; may be repeated",
    )
    report = commands.add_parser("report", help="print the figures of a run as Markdown")
    report.add_argument("--run", type=Path, required=True, help="folder of the run")
    return parser


def _report(args) -> None:
    from .report import report

    print(report(args.run))


def _tables(args) -> None:
    from .tables.write import write_tables

    rows = write_tables(
        args.clients, args.out, args.seed, lambda done: print(f"{done} of {args.clients} clients", file=sys.stderr)
    )
    for name, count in rows.items():
        print(f"{name}: {count} rows")


def _run(args) -> None:
    from . import params

    overrides = dict(args.set)
    overrides |= {name: value for name, value in (("clients", args.clients), ("seed", args.seed)) if value is not None}
    settings = params.load(args.scale, overrides)
    os.environ["OMP_NUM_THREADS"] = str(settings["threads"])  # sums of linear algebra depend on it; read when numpy is loaded
    from . import pipeline, steps, track

    names = [s.name for s in pipeline.STEPS]
    if args.until is not None and args.until not in names:
        raise ValueError(f"there is no step {args.until}; steps: {', '.join(names)}")
    args.out.mkdir(parents=True, exist_ok=True)
    chosen = pipeline.STEPS[: names.index(args.until) + 1 if args.until else None]
    if any(step.name == "track" for step in chosen):
        track.check_address(args.out, lambda line: print(line, file=sys.stderr, flush=True))
    with steps.exclusive(args.out):
        for step in chosen:
            try:
                steps.run_step(args.out, step, settings, lambda line: print(line, flush=True))
            except Exception as error:
                error.step = step.name
                raise


_LIBRARIES = {"_catboost", "catboost", "lightgbm", "xgboost", "optuna", "mlflow", "sqlalchemy"}
"""Packages whose errors are about settings or servers; their classes derive from `Exception` alone."""


def _sentence(error: Exception) -> str | None:
    """What to print for an error that a user can cause; `None` for a fault of this program, which keeps its traceback."""
    if not isinstance(error, (OSError, ValueError, RuntimeError)) and type(error).__module__.split(".")[0] not in _LIBRARIES:
        return None
    step = getattr(error, "step", None)
    return f"{error}" if step is None or f"{error}".startswith(f"{step}:") else f"{step}: {error}"


def main(arguments: list[str] | None = None) -> None:
    """Parses the arguments and runs the command; an error that a user can cause ends with code 2 and its sentence."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin cost more than they save on a shared machine
    args = _parser().parse_args(arguments)
    try:
        {"tables": _tables, "run": _run, "report": _report}[args.command](args)
    except Exception as error:
        if (sentence := _sentence(error)) is None:
            raise
        print(f"error: {sentence}", file=sys.stderr)
        sys.exit(2)
