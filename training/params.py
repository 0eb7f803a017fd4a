"""Reads params.yaml with the overrides of a scale and of the command line.

A key that params.yaml does not have and a value that cannot be right are errors before the first step.
"""

from __future__ import annotations

import copy
import datetime
from pathlib import Path

import yaml

from .models import spaces

FILE = Path(__file__).with_name("params.yaml")

_WHOLE = {"seed": 0, "threads": 1, "clients": 1, "folds": 2, "select.columns": 1, "search.trials": 1, "search.trees": 6, "search.folds": 1,
          "choose.resamples": 1, "explain.rows": 1, "handover.days": 1, "handover.rows_per_day": 1}  # fmt: skip
"""Settings that are whole numbers, with the smallest value."""
_SHARES = ("split.valid", "split.test", "choose.level")
_POSITIVE = ("cost.false_negative", "cost.false_positive", "beta")
_SWITCHES = ("final.read_test_again", "handover.learn", "handover.dictionary")
_FAMILIES = ("benchmark.all_columns", "search.families", "choose.prefer")


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
            _merge(base[key], value, name, closed=closed and not _is_open(name))
        else:
            base[key] = value.isoformat() if isinstance(value, datetime.date) else copy.deepcopy(value)


def _is_open(section: str) -> bool:
    """Whether the keys of a section are parameters of a library, which `models.spaces` checks."""
    return section == "select.ranker" or section.startswith("models.")


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check(params: Params) -> None:
    """Raises for a value of the wrong kind or out of range, and for a parameter that a library does not know."""

    def require(name: str, fits: bool, expected: str) -> None:
        if not fits:
            raise ValueError(f"params: {name} is {params[name]!r}, expected {expected}")

    for name, least in _WHOLE.items():
        require(name, type(params[name]) is int and params[name] >= least, f"a whole number of at least {least}")
    for name in _SHARES:
        require(name, _is_number(params[name]) and 0 < params[name] < 1, "a number between 0 and 1")
    require("split", params["split.valid"] + params["split.test"] < 1, "shares that leave rows for train")
    for name in _POSITIVE:
        require(name, _is_number(params[name]) and params[name] > 0, "a number above 0")
    for name in _SWITCHES:
        require(name, isinstance(params[name], bool), "true or false")
    for name in _FAMILIES:
        known = isinstance(params[name], list) and all(family in spaces.FAMILIES for family in params[name])
        require(name, known, f"a list of families, for example [catboost]; known: {', '.join(spaces.FAMILIES)}")
    require("search.families", params["search.families"] != [], "at least one family")
    sizes = params["select.sizes"]
    require("select.sizes", isinstance(sizes, list) and all(type(n) is int and n >= 1 for n in sizes), "a list of whole numbers")
    require("search.folds", params["search.folds"] <= params["folds"], f"at most the number of folds, {params['folds']}")
    try:
        datetime.date.fromisoformat(params["handover.first_day"])
    except (TypeError, ValueError):
        require("handover.first_day", False, "a date such as 2026-11-02")
    for family, values in params["models"].items():
        spaces.check(family, values)
    spaces.check("lightgbm", params["select.ranker"])


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
    params = Params(values)
    _check(params)
    return params
