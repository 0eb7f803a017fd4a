"""What the tests share: one small run of all steps against a real MLflow server on loopback, and the programs that it calls."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from training import params, prepare
from training.steps import Context
from training.tests.forked import Forked, stop

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = int(os.environ.get("TRAINING_TEST_CLIENTS", "6000"))


_SMALLER = ("folds=2", "search.trials=2", "search.trees=40", "select.columns=60", "select.sizes=[60]", "select.ranker.n_estimators=20",
            "models.catboost.iterations=40", "models.xgboost.n_estimators=30", "models.forest.n_estimators=20", "models.mlp.max_iter=5",
            "explain.rows=100", "handover.rows_per_day=50", "mlflow.experiment=few", "mlflow.model=few_{family}")  # fmt: skip
FEW = ["--clients", "1000", *(word for setting in _SMALLER for word in ("--set", setting))]
"""Arguments of a smaller run, for tests that run steps again."""


def _built(name: str, variable: str) -> bool:
    try:
        command = prepare.program(name, variable)
    except FileNotFoundError:
        return False
    return shutil.which(command[0]) is not None


def environment(server: str | None = None) -> dict[str, str]:
    """The environment of a run. Without `vigie-prepare`, the independent recomputation prepares the features, more slowly."""
    out = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    for name, variable in (("vigie-prepare", "VIGIE_PREPARE"), ("vigie", "VIGIE")):
        if _built(name, variable):  # by `env`, since a step hashes the program it names, and debug builds are large
            out[variable] = shlex.join(["/usr/bin/env", *prepare.program(name, variable)])
    if not _built("vigie-prepare", "VIGIE_PREPARE"):
        out["VIGIE_PREPARE"] = f"{sys.executable} -m training.checks.prepare"
    out.pop("MLFLOW_TRACKING_URI", None)
    return out | ({"MLFLOW_TRACKING_URI": server} if server else {})


def arguments(out: Path, *more: str) -> list[str]:
    """Of a run of the tests' scale."""
    learn = [] if _built("vigie", "VIGIE") else ["--set", "handover.learn=false"]
    return ["run", "--scale", "tiny", "--clients", str(CLIENTS), "--out", str(out), *learn, *more]


def start(out: Path, *more: str, server: str | None = None) -> Forked:
    """Starts a run; what it prints goes to a file next to its folder."""
    return Forked.start(arguments(out, *more), environment(server), out.with_name(f"{out.name}.log"))


def execute(out: Path, *more: str, server: str | None = None, code: int = 0) -> str:
    """Runs and returns what was printed; fails with it if the run ends with another exit code."""
    run = start(out, *more, server=server)
    assert run.wait() == code, run.printed()
    return run.printed()


@dataclass(frozen=True)
class Run:
    """A finished run."""

    root: Path
    server: str
    printed: str

    def json(self, name: str):
        """A JSON file of the run."""
        return json.loads((self.root / name).read_text(encoding="utf-8"))

    def context(self, folder: Path | None = None, **overrides) -> Context:
        """The context of a further step that reads this run."""
        settings = params.load("tiny", {"clients": CLIENTS} | overrides)
        return Context(self.root, folder or self.root, settings, "test")


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pytest_sessionfinish():
    """Ends what the session started."""
    stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A real MLflow server: SQLite, artefacts through the server."""
    folder, port = tmp_path_factory.mktemp("mlflow"), _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder / "artefacts")],
        env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}, cwd=folder, stdout=(folder / "log").open("w"), stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).read()
                break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.2)
        else:
            pytest.fail("the MLflow server did not start within two minutes: " + (folder / "log").read_text())
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait()


@pytest.fixture(scope="session")
def run(server, tmp_path_factory) -> Run:
    """One run of all steps."""
    root = tmp_path_factory.mktemp("run") / "run"
    command = [sys.executable, "-m", "training", *arguments(root)]
    done = subprocess.run(command, env=environment(server), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(root, server, done.stdout)


@pytest.fixture(scope="session")
def once(server, tmp_path_factory) -> Path:
    """The folder of a smaller run that nobody disturbed."""
    root = tmp_path_factory.mktemp("once") / "run"
    execute(root, *FEW, server=server)
    return root


@pytest.fixture(scope="session")
def vigie() -> list[str]:
    """The command `vigie`."""
    if not _built("vigie", "VIGIE"):
        pytest.fail("vigie is not built: run `cargo build`, or set VIGIE to its path")
    return prepare.program("vigie", "VIGIE")
