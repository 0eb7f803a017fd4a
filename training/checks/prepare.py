"""The independent recomputation with the command line of `vigie-prepare`: slow, for tests where that program is not built.

VIGIE_PREPARE="python -m training.checks.prepare" python -m training run …
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from . import names
from .recompute import recompute

BLOCK = 1_000


def columns_of(rows: list[dict]) -> pa.Table:
    """Rows as a table: ids and target as integers, booleans, levels as text, all else as floats."""
    fields = {}
    for name in rows[0]:
        values = [r[name] for r in rows]
        if name in ("SK_ID_CURR", "TARGET"):
            kind = pa.int64()
        elif name in names.APPLICATION_TEXT:
            kind = pa.string()
        elif name in names.APPLICATION_BOOLEAN or name == "FLAG_DAYS_EMPLOYED_SENTINEL":
            kind = pa.bool_()
        else:
            kind, values = pa.float64(), [None if v is None else float(v) for v in values]
        fields[name] = pa.array(values, kind)
    return pa.table(fields)


def listed(text: str) -> list[str]:
    """`A,B` or `@FILE` with one name a line."""
    return Path(text[1:]).read_text(encoding="utf-8").split("\n")[:-1] if text.startswith("@") else text.split(",")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--columns")
    parser.add_argument("--clients")
    parser.add_argument("--dictionary", type=Path)
    args = parser.parse_args()
    ids = pq.read_table(args.tables / "application.parquet", columns=["SK_ID_CURR"]).column(0).to_pylist()
    if args.clients:
        wanted = {int(i) for i in listed(args.clients)}
        ids = [i for i in ids if i in wanted]
    parts = []
    for start in range(0, len(ids), BLOCK):
        table = columns_of(recompute(args.tables, ids[start : start + BLOCK]))
        if args.columns:
            table = table.select(
                ["SK_ID_CURR", "TARGET", *(c for c in listed(args.columns) if c not in ("SK_ID_CURR", "TARGET"))]
            )
        parts.append(table)
    pq.write_table(pa.concat_tables(parts), args.out, compression="zstd")
    if args.dictionary:
        args.dictionary.write_text(json.dumps({n: {"sentence": n} for n in parts[0].column_names}), encoding="utf-8")


if __name__ == "__main__":
    main()
