"""Compares prepared features with the independent recomputation, for clients drawn at random."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import pyarrow.parquet as pq

from . import names
from .recompute import read_rows, recompute

_INNER = ("_MEAN", "_SUM", "_STD", "RATIO", "UTILIZATION", "DRAWINGS_TOTAL", "PREV_CREDIT_TO", "DOWNPAYMENT_TO")


def tolerance(name: str, size: float) -> float:
    """The allowed absolute difference of a column whose values have the absolute size `size`.

    Counts, minimum and maximum of raw columns are exact; sums, means and ratios are within 1e-12 of the value, standard
    deviations (also inside another statistic) within 1e-9 of the largest value.
    """
    if name in names.APPLICATION_TEXT or not name.startswith(("BUREAU_", "PREV_")):
        return 0.0
    if "_STD" in name:
        return 1e-9 * size
    return 1e-12 * size if any(part in name for part in _INNER) else 0.0


def differences(expected: list[dict], actual: list[dict], scale: dict[str, float] | None = None) -> list[str]:
    """One sentence per column that differs, with the first client and the largest difference.

    `scale` gives the largest absolute raw value behind a standard deviation where it is known; otherwise the largest of the
    column's own values and its mean is used.
    """
    out = []
    for name in expected[0]:
        size = (scale or {}).get(name) or max(
            [abs(r[base]) for r in expected for base in _sizes(name) if isinstance(r.get(base), (int, float))] or [0.0]
        )
        for want, got in zip(expected, actual, strict=True):
            a, b = want[name], got[name]
            same = (a is None) == (b is None) and (
                a is None
                or a == b
                or (
                    _number(a)
                    and _number(b)
                    and abs(a - b)
                    <= tolerance(name, max(abs(a), size if "_STD" in name or "_SUM" in name or "_MEAN" in name else 0.0))
                )
            )
            if not same:
                out.append(f"{name}: client {want['SK_ID_CURR']} has {b!r}, expected {a!r}")
                break
    return out


def _sizes(name: str):
    """The columns whose values bound those behind `name`."""
    stem = name.rsplit("_", 1)[0]
    return (name, f"{stem}_MAX", f"{stem}_MIN")


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
