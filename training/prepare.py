"""The first two steps: raw tables, and features of all clients by the program `vigie-prepare`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from . import frame
from .steps import Context, sha256
from .tables.write import write_tables

ROOT = Path(__file__).resolve().parents[1]


def program(name: str, variable: str) -> list[str]:
    """The command of a program of this repository: the environment variable if set, else the newest build."""
    if given := os.environ.get(variable):
        return [given] if Path(given).is_file() else shlex.split(given)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    builds = [p for p in (target / "release" / name, target / "debug" / name) if p.exists()]
    if not builds:
        raise FileNotFoundError(f"{name} is not built; run `cargo build --release -p {name}`, or set {variable} to its path")
    return [str(max(builds, key=lambda p: p.stat().st_mtime))]


def identity(name: str = "vigie-prepare", variable: str = "VIGIE_PREPARE") -> str:
    """What decides a program's output: its hash, and the arguments that the variable gives."""
    command = program(name, variable)
    path = shutil.which(command[0])
    if path is None:
        raise FileNotFoundError(f"{variable}: there is no program {command[0]}")
    return " ".join([sha256(Path(path)), *command[1:]])


def make_tables(context: Context) -> None:
    """The step `tables`."""
    rows = write_tables(context.params["clients"], context.folder, context.params["seed"])
    context.write_json("rows.json", rows)


def prepare(tables: Path, out: Path, columns: list[str] | None = None, dictionary: Path | None = None) -> None:
    """Calls `vigie-prepare`; its messages go to standard error."""
    command = [*program("vigie-prepare", "VIGIE_PREPARE"), "--tables", str(tables), "--out", str(out)]
    listed = out.with_name(f".{out.name}.columns")
    try:
        if columns is not None:
            listed.write_text("".join(f"{c}\n" for c in columns), encoding="utf-8")
            command += ["--columns", f"@{listed}"]
        if dictionary is not None:
            command += ["--dictionary", str(dictionary)]
        code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    finally:
        listed.unlink(missing_ok=True)
    if code != 0:
        raise RuntimeError(f"vigie-prepare ended with code {code}; its message is above; command: {shlex.join(command)}")


def run(context: Context) -> None:
    """The step `prepare`: `features.parquet`, one row per client, and `dictionary.json`, a sentence per column."""
    out = context.folder / "features.parquet"
    prepare(context.path("tables"), out, dictionary=context.folder / "dictionary.json")
    names, clients = pq.read_schema(out).names, pq.read_metadata(context.path("tables/application.parquet")).num_rows
    if lost := [n for n in frame.NOT_FEATURES if n not in names]:
        raise ValueError(f"{out.name}: the column {', '.join(lost)} is absent")
    if (rows := pq.read_metadata(out).num_rows) != clients:
        raise ValueError(f"{out.name} has {rows} rows, but there are {clients} clients")
