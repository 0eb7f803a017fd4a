"""Runs the package's command line in processes that are forked from one that has loaded the libraries."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import signal
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["training.tests.loaded"])


def _child(arguments: list[str], variables: dict[str, str], log: str) -> None:
    """Runs in the forked process, as the leader of a group of its own, so that a kill reaches the programs that it calls."""
    os.setsid()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ.clear()
    os.environ.update(variables)
    from training import cli, track

    track.SERVER = variables.get("MLFLOW_TRACKING_URI", "")  # the module was loaded before the server was known
    cli.main(arguments)


def stop() -> None:
    """Ends the process that runs are forked from and waits for it, so that its processor time counts as that of the tests."""
    multiprocessing.forkserver._forkserver._stop()  # there is no public function


@dataclass
class Forked:
    """A run in a process of its own; what it prints goes to a file."""

    process: BaseProcess
    log: Path

    @classmethod
    def start(cls, arguments: list[str], variables: dict[str, str], log: Path) -> Forked:
        """Starts `python -m training` with these arguments and only these environment variables."""
        process = _FORKS.Process(target=_child, args=(arguments, variables, str(log)))
        process.start()
        return cls(process, log)

    def wait(self) -> int:
        """The exit code, once the run has ended."""
        self.process.join()
        return self.process.exitcode

    def kill(self) -> None:
        """Ends the run and the programs that it started, without a warning."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()

    def printed(self) -> str:
        """Standard output and standard error."""
        return self.log.read_text(encoding="utf-8")
