"""`vigie-prepare` and pandas on the same raw tables, in turn, as whole processes: seconds, peak memory, ratios, and equal values.

python -m training.checks.speed --tables runs/small/tables --rounds 5
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from training import frame, prepare

FIGURES = ("wall s", "CPU s", "peak GB")


def measure(command: list[str]) -> tuple[float, float, float]:
    """Seconds on the clock, seconds of processor time, and the largest resident memory in GB of one process."""
    started = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(process, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} ended with code {code}")
    return time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def worst_difference(first: Path, second: Path) -> tuple[int, float, str]:
    """The number of columns of numbers, and the largest relative difference with its column; other missing cells are an error.

    A standard deviation is compared with the largest value of its column, since it is a difference of nearly equal sums.
    """
    names = pq.read_schema(first).names
    if names != pq.read_schema(second).names:
        raise ValueError("the two files have different columns")
    text = set(frame.text_columns(first, names))
    worst, where, numbers = 0.0, "", 0
    for name in (n for n in names if n not in text):
        a, b = (np.asarray(pq.read_table(p, columns=[name]).column(0).to_pandas(), dtype=float) for p in (first, second))
        if not np.array_equal(np.isnan(a), np.isnan(b)):
            raise ValueError(f"{name}: other cells are missing")
        numbers += 1
        known = ~np.isnan(a)
        a, b = a[known], b[known]
        if len(a) == 0:
            continue
        scale = np.abs(a).max() if name.endswith("_STD") else np.abs(a)
        difference = float((np.abs(a - b) / np.maximum(scale, 1e-9)).max())
        if difference > worst:
            worst, where = difference, name
    return numbers, worst, where


def main() -> None:
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m training.checks.speed", description=__doc__.split("\n")[0])
    parser.add_argument("--tables", type=Path, required=True, help="folder of the raw tables")
    parser.add_argument("--rounds", type=int, default=3, help="how often each program runs (default: 3)")
    parser.add_argument("--threads", type=int, help="of vigie-prepare; pandas has one (default: all processors)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.parquet", Path(folder) / "pandas.parquet"
        threads = [] if args.threads is None else ["--threads", str(args.threads)]
        programs = {
            "vigie-prepare": [*prepare.program("vigie-prepare", "VIGIE_PREPARE"), "--tables", str(args.tables), "--out", str(ours), *threads],
            "pandas": [sys.executable, "-m", "training.checks.in_pandas", str(args.tables), str(theirs)],
        }  # fmt: skip
        figures: dict[str, list] = {name: [] for name in programs}
        for _ in range(args.rounds):
            for name, command in programs.items():
                figures[name].append(measure(command))
                print(name, *(f"{f:.2f} {what}" for f, what in zip(figures[name][-1], FIGURES, strict=True)), file=sys.stderr)
        numbers, worst, where = worst_difference(ours, theirs)
        clients = pq.read_metadata(ours).num_rows
    print(f"{clients:,} clients, {args.rounds} rounds in turn, medians (least to most):\n")
    print(f"| program | {' | '.join(FIGURES)} |\n|---{'|---' * len(FIGURES)}|")
    for name, rounds in figures.items():
        cells = [f"{statistics.median(f):.2f} ({min(f):.2f} to {max(f):.2f})" for f in zip(*rounds, strict=True)]
        print(f"| {name} | {' | '.join(cells)} |")
    ratios = [
        [theirs[i] / ours[i] for ours, theirs in zip(figures["vigie-prepare"], figures["pandas"], strict=True)] for i in range(3)
    ]
    cells = [f"{statistics.median(r):.2f} ({min(r):.2f} to {max(r):.2f})" for r in ratios]
    print(f"| pandas ÷ vigie-prepare | {' | '.join(cells)} |\n")
    print(f"{numbers} columns of numbers: the same missing cells, largest relative difference {worst:.1e} ({where}).")


if __name__ == "__main__":
    main()
