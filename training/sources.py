"""The source files that decide the result of a step: its own module and all that this one imports from the package."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_OTHER = {_HERE / "steps.py", _HERE / "params.py"}
"""How steps are run and settings are read; the settings themselves are part of a step's key."""


def of(function: Callable) -> list[str]:
    """The file of a function of the package and those that it imports, relative to the package; imports inside functions count."""
    found: set[Path] = set()
    waiting = [Path(inspect.getfile(function))]
    while waiting:
        file = waiting.pop()
        if file not in found | _OTHER:
            found.add(file)
            waiting += _imports(file)
    return sorted({file.relative_to(_HERE).as_posix() for file in found})


@cache
def _imports(file: Path) -> tuple[Path, ...]:
    """Files of the package that a file imports: all of its imports are relative."""
    out: list[Path] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            named = [folder / f"{alias.name}.py" for alias in node.names]
            out += [path for path in (folder.with_suffix(".py"), *named) if path.exists()]
    return tuple(out)
