"""Compares prepared features with the independent recomputation, for clients drawn at random."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import pyarrow.parquet as pq

from . import names
from .recompute import read_rows, recompute

_ROUNDED = ("_MEAN", "_SUM", "_STD", "RATIO", "UTILIZATION", "DRAWINGS_TOTAL", "PREV_CREDIT_TO", "DOWNPAYMENT_TO")
"""Parts of the names of columns that hold sums, means, deviations or quotients; all others are exact."""


def tolerance(name: str, size: float) -> float:
    """The allowed absolute difference of a column, where `size` is the largest absolute value behind it.

    Counts, minimum and maximum of raw columns are exact; sums, means and ratios are within 1e-12 of `size`, standard deviations
    (also inside another statistic) within 1e-9 of it.
    """
    if not name.startswith(("BUREAU_", "PREV_")) or not any(part in name for part in _ROUNDED):
        return 0.0
    return (1e-9 if "_STD" in name else 1e-12) * size


def bounds(name: str) -> list[str]:
    """Columns whose values bound those that `name` was computed from: its own extremes, and those of the rows of one loan."""
    out = []
    for outer in names.STATS:
        if name.endswith(f"_{outer}"):
            stem = name.removesuffix(f"_{outer}")
            out += [f"{stem}_MAX", f"{stem}_MIN"]
            out += [
                f"{stem.removesuffix(f'_{inner}')}_{e}_{e}"
                for inner in names.STATS
                if stem.endswith(f"_{inner}")
                for e in ("MAX", "MIN")
            ]
    return out


def same(name: str, expected: dict, actual: dict) -> bool:
    """Whether a client's cell is what it should be: both missing, equal, or within the tolerance."""
    a, b = expected[name], actual[name]
    if a is None or b is None:
        return a is b
    if a == b:
        return True
    if not (_number(a) and _number(b)):
        return False
    behind = [expected[n] for n in bounds(name) if _number(expected.get(n))]
    return abs(a - b) <= tolerance(name, max(map(abs, [a, *behind])))


def differences(expected: list[dict], actual: list[dict]) -> list[str]:
    """One sentence per column that differs, with the first client that differs in it."""
    out = []
    for name in expected[0]:
        wrong = next(((w, g) for w, g in zip(expected, actual, strict=True) if not same(name, w, g)), None)
        if wrong is not None:
            out.append(f"{name}: client {wrong[0]['SK_ID_CURR']} has {wrong[1][name]!r}, expected {wrong[0][name]!r}")
    return out


def _number(x) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def compare(tables: Path, features: Path, count: int, seed: int) -> tuple[int, list[str]]:
    """Compares all columns of `count` random clients; returns how many clients were compared and what differs."""
    ids = pq.read_table(features, columns=["SK_ID_CURR"]).column(0).to_pylist()
    chosen = sorted(random.Random(seed).sample(ids, min(count, len(ids))))
    expected = recompute(tables, chosen)
    rows = {r["SK_ID_CURR"]: r for r in read_rows(features, "SK_ID_CURR", chosen)}
    order = list(expected[0])
    have = pq.read_schema(features).names
    if have != order:
        strange = [n for n in have if n not in expected[0]][:5]
        lost = [n for n in order if n not in have][:5]
        return len(chosen), [
            f"columns: {len(have)} instead of {len(order)}, or in another order; not expected {strange}, absent {lost}"
        ]
    return len(chosen), differences(expected, [rows[i] for i in chosen])


def main() -> None:
    """The command line; exits with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="folder of the seven raw tables")
    parser.add_argument("--features", type=Path, required=True, help="prepared features, one row per client")
    parser.add_argument("--clients", type=int, default=200, help="how many clients to recompute")
    parser.add_argument(
        "--draw", type=int, default=random.SystemRandom().randrange(2**32), help="seed of the draw; fresh by default"
    )
    args = parser.parse_args()
    count, wrong = compare(args.tables, args.features, args.clients, args.draw)
    for line in wrong[:50]:
        print(line)
    print(f"{count} clients (draw {args.draw}): {len(wrong)} of 1,658 columns differ")
    sys.exit(1 if wrong else 0)
