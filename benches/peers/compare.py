"""Time of `vigie compare` next to `learn` and `check` of the same two tables: compare.py VIGIE [ROWS] [ROUNDS].

The tables have 125 columns (120 numbers, 5 of other kinds), an identifier and a time; three columns drift. Prints medians in
seconds, and the median of the ratio within a round."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

CONFIG = """model: {name: compare}
reference: reference.vigie
source: {path: current.parquet, fields: {timestamp: created}}
reports: {dir: reports}
state: state
"""


def table(rows: int, seed: int, shift: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns: dict[str, object] = {"SK_ID_CURR": np.arange(rows) + seed * rows}
    for number in range(120):
        mean = number % 7 + (shift if number in (3, 17, 40) else 0)
        columns[f"F{number:03d}"] = rng.normal(mean, 1 + number % 5, rows).round(4)
    columns["JOB"] = rng.choice(["clerk", "cook", "driver", "none"], rows, p=[0.4, 0.3, 0.2, 0.1])
    columns["REGION"] = rng.choice(list("ABCDEF"), rows)
    columns["OWNS"] = rng.random(rows) < 0.4
    columns["MAYBE"] = np.where(rng.random(rows) < 0.3, np.nan, rng.gamma(2, 3, rows).round(2))
    columns["CONSTANT"] = 1.0
    day = pd.Timestamp("2026-10-01")
    columns["created"] = [str(day + pd.Timedelta(seconds=row % 86_400)) for row in range(rows)]
    return pd.DataFrame(columns)


def seconds(command: list[str], folder: Path) -> float:
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def main(vigie: str, rows: int = 100_000, rounds: int = 15) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        table(rows, 1, 0.0).to_parquet(folder / "reference.parquet")
        table(rows, 2, 0.5).to_parquet(folder / "current.parquet")
        (folder / "vigie.yaml").write_text(CONFIG)
        window = ["--from", "2026-10-01", "--to", "2026-10-02"]
        commands = {
            "compare": [vigie, "compare", "reference.parquet", "current.parquet"],
            "learn": [vigie, "learn", "--data", "reference.parquet", "--out", "reference.vigie"],
            "check": [vigie, "check", "--config", "vigie.yaml", *window],
        }
        seconds(commands["learn"], folder)
        times = [{name: seconds(command, folder) for name, command in commands.items()} for _ in range(rounds)]
    for name in commands:
        print(f"{name:8} {statistics.median(each[name] for each in times):.2f} s")
    ratio = statistics.median(each["compare"] / (each["learn"] + each["check"]) for each in times)
    print(f"compare / (learn + check): {ratio:.2f}")


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), *map(int, sys.argv[2:]))
