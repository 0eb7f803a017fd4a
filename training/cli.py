"""The command line: `python -m training tables`, `run` and `report`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def _set(text: str) -> tuple[str, object]:
    import yaml

    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, for example search.trials=5")
    return name, yaml.safe_load(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="From seven raw tables to a registered, monitored model."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    tables = commands.add_parser("tables", help="generate the seven raw tables")
    tables.add_argument(
        "--clients", type=int, default=20_000, help="number of clients; the first ones are the same at every number"
    )
    tables.add_argument("--seed", type=int, default=42)
    tables.add_argument("--out", type=Path, required=True, help="folder for seven Parquet files")
    run = commands.add_parser("run", help="run all steps; those whose inputs have not changed are skipped")
    run.add_argument("--out", type=Path, required=True, help="folder of the run, for example runs/small")
    run.add_argument("--scale", default="small", help="tiny, small or large (params.yaml)")
    run.add_argument("--clients", type=int, help="number of clients, instead of that of the scale")
    run.add_argument("--seed", type=int, help="instead of that of params.yaml")
    run.add_argument("--until", metavar="STEP", help="stop after this step")
    run.add_argument("--set", type=_set, action="append", default=[], metavar="NAME=VALUE", help="a setting of params.yaml")
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
    from . import pipeline, steps

    names = [s.name for s in pipeline.STEPS]
    if args.until is not None and args.until not in names:
        raise ValueError(f"there is no step {args.until}; steps: {', '.join(names)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for step in pipeline.STEPS:
        steps.run_step(args.out, step, settings, lambda line: print(line, flush=True))
        if step.name == args.until:
            break


def main(arguments: list[str] | None = None) -> None:
    """Parses the arguments and runs the command; errors of the user end with code 2 and one sentence."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin cost more than they save on a shared machine
    args = _parser().parse_args(arguments)
    try:
        {"tables": _tables, "run": _run, "report": _report}[args.command](args)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        sys.exit(f"error: {error.args[0] if isinstance(error, KeyError) else error}")
