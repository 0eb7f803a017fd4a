"""Runs steps. A step is a function of files and settings: it is skipped while these have not changed, can be killed at any time,
and its folder appears complete or not at all.

Each step writes into `<run>/.<step>.partial`; when it is done, `step.json` (inputs' sha256, settings, seed, versions, seconds) is
added and the folder is renamed to `<run>/<step>`. Results of long units of work (one fold of one model, one trial) are kept in
the partial folder, so that a step that was killed continues where it stopped, provided its inputs are still the same.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import sources
from .params import Params

PACKAGES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "catboost",
    "lightgbm",
    "xgboost-cpu",
    "shap",
    "optuna",
    "mlflow",
    "skl2onnx",
)
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Step:
    """One step of the run.

    `inputs` are files (or globs) of earlier steps, relative to the run's folder; `settings` are dotted names of params;
    `sealed` outputs may be absent without the step being run again.
    `outside` gives further parts of the key, such as the address of a server.
    """

    name: str
    run: Callable[[Context], None]
    inputs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    outside: Callable[[Params], dict] = field(default=lambda params: {})


@dataclass(frozen=True)
class Context:
    """What a step sees: the run's folder, its own (partial) folder, and the settings."""

    root: Path
    folder: Path
    params: Params
    key: str

    def path(self, name: str) -> Path:
        """A file of an earlier step."""
        return self.root / name

    def write_json(self, name: str, value) -> None:
        """Writes a JSON file of this step, atomically and with sorted keys."""
        write_atomic(self.folder / name, (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode())

    def unit(self, name: str, compute: Callable[[Path], None]) -> Path:
        """A unit of work that survives a kill: `compute` writes to the path it is given unless a former run has done so."""
        target = self.folder / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.partial")
            compute(partial)
            os.replace(partial, target)
        return target


def write_atomic(path: Path, content: bytes) -> None:
    """Writes a file that appears complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide results."""
    out = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            out[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            out[name] = "absent"
    return out


def _input_files(root: Path, step: Step) -> list[Path]:
    files: list[Path] = []
    for pattern in step.inputs:
        found = sorted(p for p in root.glob(pattern) if p.is_file())
        if not found:
            raise FileNotFoundError(
                f"{step.name}: there is no {root / pattern}; run the step before it, or remove the folder of that step to make it again"
            )
        files += found
    return files


def _key(root: Path, step: Step, params: Params) -> tuple[str, dict]:
    """The hash that decides whether a step must run, and what it is made of."""
    parts = {
        "step": step.name,
        "inputs": {p.relative_to(root).as_posix(): sha256(p) for p in _input_files(root, step)},
        "settings": params.some(step.settings),
        "seed": params["seed"],
        "source": {name: sha256(_HERE / name) for name in sources.of(step.run)},
        "versions": versions(),
        "outside": step.outside(params),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(), parts


def _complete(folder: Path, step: Step, key: str) -> bool:
    record = folder / "step.json"
    if not record.exists():
        return False
    done = json.loads(record.read_text(encoding="utf-8"))
    return done["key"] == key and all((folder / name).exists() for name in done["outputs"] if name not in step.sealed)


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Holds the folder of a run for one process: a second one would remove the partial results of the first."""
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"{root} is in use by another run; wait until it has ended, or choose another folder") from None
        yield


def _cpu() -> float:
    """Seconds of processor time of this process and of those that it waited for."""
    return sum(os.times()[:4])


def run_step(root: Path, step: Step, params: Params, say: Callable[[str], None] = print) -> bool:
    """Runs a step unless its result is there; returns whether it ran."""
    key, parts = _key(root, step, params)
    final, partial = root / step.name, root / f".{step.name}.partial"
    if _complete(final, step, key):
        say(f"{step.name}: unchanged, skipped")
        return False
    marker = partial / ".key"
    if partial.exists() and (not marker.exists() or marker.read_text() != key):
        shutil.rmtree(partial)
    partial.mkdir(parents=True, exist_ok=True)
    write_atomic(marker, key.encode())
    started = time.monotonic(), _cpu()
    step.run(Context(root, partial, params, key))
    marker.unlink()
    for leftover in partial.rglob("*.partial"):
        leftover.unlink()
    record = parts | {
        "key": key,
        "outputs": {p.relative_to(partial).as_posix(): sha256(p) for p in sorted(partial.rglob("*")) if p.is_file()},
        "seconds": {"wall": round(time.monotonic() - started[0], 2), "cpu": round(_cpu() - started[1], 2)},
    }
    write_atomic(partial / "step.json", (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    if final.exists():
        shutil.rmtree(final)
    os.replace(partial, final)
    say(f"{step.name}: {record['seconds']['wall']} s")
    return True
