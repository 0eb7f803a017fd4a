"""Finds the binary and runs it."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from ._report import Report

_NOTE = "note: "
_ERROR = "\nvigie: "


class VigieError(Exception):
    """What failed, where, and what to do next. `report` is the page of a check of which half of the rows or more are unusable."""

    report: Report | None = None


def program() -> str:
    """Return the path of the binary: the environment variable `VIGIE`, or where pip puts the scripts of this package."""
    if named := os.environ.get("VIGIE"):
        return named
    name = "vigie" + (sysconfig.get_config_var("EXE") or "")
    folders = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")),
        str(Path(__file__).parents[1] / "bin"),  # pip install --target
    ]
    for folder in folders:
        if (path := Path(folder) / name).is_file():
            return str(path)
    raise VigieError(
        f"the binary `{name}` is in none of {', '.join(folders)}; install the wheel again with pip, or set VIGIE to its path"
    )


def run(arguments: Sequence[str], called: Mapping[str, str]) -> tuple[int, str, list[str], str]:
    """Run the binary. Return its exit code, standard output, notes, and the sentence of the error.

    `called` maps paths of temporary files to what messages shall call them.
    """
    try:
        # The report is in English and UTF-8 whatever the locale is.
        done = subprocess.run([program(), *arguments], capture_output=True, encoding="utf-8", errors="replace", check=False)
    except OSError as error:
        raise VigieError(f"{program()}: {error.strerror}; install the wheel again with pip, or set VIGIE to its path") from None
    messages = done.stderr
    for path, name in called.items():
        messages = messages.replace(path, name)
    notes = [line.removeprefix(_NOTE) for line in messages.splitlines() if line.startswith(_NOTE)]
    # What precedes the sentence is for maintainers: why a decoder gave up.
    _, found, sentence = f"\n{messages}".rpartition(_ERROR)
    if not found:
        sentence = f"vigie ended with code {done.returncode}: {messages}"
    return done.returncode, done.stdout, notes, sentence.strip()
