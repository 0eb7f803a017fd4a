"""What a model file and a feature table cost a check: `vigie check` without them, with the model, with `policy.attribution`
too, and with a feature table of as many rows as the log (`features:`), in turn.

Usage: python benches/peers/parity.py target/release/vigie [--rows N] [--runs N] [--without-leaves REFERENCE]
Needs pandas and pyarrow. The rows are those of the example's reference, over and over, each with an id of its own: as
Parquet of columns, and as JSON lines. Prints the medians, and how many times the first each of them is. With a reference of
the example that has no leaves (an earlier version's), also the time without counting them.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(__file__).resolve().parents[2] / "reference_data" / "home_credit"
MODEL = f", file: {DATA}/model.cbm"
LOOKUP = "features: {path: features.parquet, id: request_id}\n"
CASES = {  # of `model`, of `policy`, and further lines of the config
    "no model": ("", "", ""),
    "model": (MODEL, "", ""),
    "attribution": (MODEL, ", attribution: true", ""),
    "features": ("", "", LOOKUP),
    "model and features": (MODEL, "", LOOKUP),
}


def write(folder, rows, references):
    table = pq.read_table(DATA / "reference.parquet")
    table = pa.concat_tables([table] * (rows // table.num_rows + 1)).slice(0, rows)
    table = table.append_column("request_id", pa.array([f"h-{row:032d}" for row in range(rows)]))
    pq.write_table(table, folder / "features.parquet", row_group_size=100_000)
    table = table.append_column("ts", pa.array([1_790_812_800.0 + row * 86_000 / rows for row in range(rows)]))
    for kind in ("parquet", "ndjson"):
        (folder / kind).mkdir()
    pq.write_table(table, folder / "parquet" / "a.parquet", row_group_size=100_000)
    with open(folder / "ndjson" / "a.ndjson", "w", encoding="utf-8") as lines:
        for batch in table.to_batches(10_000):
            lines.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())
    for kind in ("parquet", "ndjson"):
        for case, (model, policy, lines) in CASES.items():
            (folder / f"{kind} {case}.yaml").write_text(
                f"model: {{name: m{model}}}\nreference: {references.get(case, DATA / 'reference.vigie')}\nsource:\n  path: {kind}\n"
                "  fields: {timestamp: ts, probability: probability, id: request_id, entity: request_id}\n"
                f"policy: {{min_rows: 100{policy}}}\nreports: {{dir: reports}}\n{lines}",
                encoding="utf-8",
            )


def seconds(vigie, folder, config, rows):
    days = ["--from", "2026-10-01", "--to", "2026-10-02"]
    start = time.perf_counter()
    ran = subprocess.run([vigie, "check", "--config", config, *days, "--format", "json"], cwd=folder, capture_output=True, text=True, check=True)
    taken = time.perf_counter() - start
    report = json.loads(ran.stdout)
    replay, skew = report["replay"], report.get("skew")
    assert replay is None or (replay["rows"], replay["mismatches"]) == (rows, 0), replay
    assert skew is None or (skew["compared"] > 0 and not skew["features"]), skew
    return taken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vigie", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--without-leaves", type=Path, metavar="REFERENCE")
    args = parser.parse_args()
    references = {}
    if args.without_leaves:
        CASES["model, no leaves"] = CASES["model"]
        references["model, no leaves"] = args.without_leaves.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write(folder, args.rows, references)
        for kind in ("parquet", "ndjson"):
            taken = {case: [] for case in CASES}
            for _ in range(args.runs):
                for case, all_of in taken.items():
                    all_of.append(seconds(args.vigie.resolve(), folder, f"{kind} {case}.yaml", args.rows))
            medians = {case: statistics.median(all_of) for case, all_of in taken.items()}
            for case, median in medians.items():
                print(f"{kind}, {args.rows} rows, {case}: {median:.3f} s, {median / medians['no model']:.2f} of the first")


if __name__ == "__main__":
    main()
