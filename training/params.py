"""Reads params.yaml with the overrides of a scale and of the command line. A key that params.yaml does not have is an error."""

from __future__ import annotations

import copy
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("params.yaml")
_OPEN = {"models", "ranker"}
"""Sections whose keys are parameters of a library; `models.spaces` checks those."""


class Params:
    """Settings by dotted name: `params["search.trials"]`."""

    def __init__(self, values: dict):
        self.values = values

    def __getitem__(self, name: str):
        node = self.values
        for part in name.split("."):
            if not isinstance(node, dict) or part not in node:
                raise KeyError(f"params: no setting named {name}")
            node = node[part]
        return copy.deepcopy(node)

    def some(self, names) -> dict:
        """Several settings by their dotted names."""
        return {name: self[name] for name in names}


def _merge(base: dict, over: dict, where: str, closed: bool = True) -> None:
    for key, value in over.items():
        name = f"{where}.{key}" if where else str(key)
        if closed and key not in base:
            raise ValueError(f"params: {name} is unknown; known here: {', '.join(sorted(map(str, base)))}")
        if closed and isinstance(value, dict) != isinstance(base[key], dict):
            raise ValueError(
                f"params: {name} is a {'section' if isinstance(base[key], dict) else 'single value'}; {value!r} does not fit"
            )
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            inner_closed = closed and key not in _OPEN
            _merge(base[key], value, name, closed=inner_closed)
        else:
            base[key] = copy.deepcopy(value)


def load(scale: str = "small", overrides: dict[str, object] | None = None, file: Path = FILE) -> Params:
    """The settings of a scale; `overrides` maps dotted names to values and wins."""
    values = yaml.safe_load(file.read_text(encoding="utf-8"))
    scales = values.pop("scales")
    if scale not in scales:
        raise ValueError(f"params: the scale {scale} is unknown; known: {', '.join(scales)}")
    _merge(values, scales[scale], "")
    for name, value in (overrides or {}).items():
        nested: dict = {}
        node = nested
        *path, last = name.split(".")
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
        _merge(values, nested, "")
    return Params(values)
