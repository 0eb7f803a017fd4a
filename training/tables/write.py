"""Writes the seven tables, block by block, so that memory does not grow with the number of clients."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from . import draw
from .application import application
from .bureau import bureau
from .bureau_balance import bureau_balance
from .clients import clients
from .credit_card import credit_card_balance
from .instalments import installments_payments
from .pos_cash import pos_cash_balance
from .previous import previous_application
from .schema import TABLES, arrow_schema, arrow_table


def block(seed: int, number: int) -> dict[str, dict]:
    """All columns of the seven tables for one whole block of clients; hidden columns start with `_`."""
    who = clients(seed, number)
    credits = bureau(seed, who)
    loans = previous_application(seed, who)
    cards = credit_card_balance(seed, who, loans)
    return {
        "application": application(seed, who),
        "bureau": credits,
        "bureau_balance": bureau_balance(seed, who, credits),
        "previous_application": loans,
        "POS_CASH_balance": pos_cash_balance(seed, who, loans),
        "installments_payments": installments_payments(seed, who, loans, cards),
        "credit_card_balance": cards,
    }


def _cut(tables: dict[str, dict], keep: int) -> dict[str, dict]:
    """The rows of the first `keep` clients of a block, without hidden columns."""
    last = tables["application"]["SK_ID_CURR"][keep - 1]
    credits = tables["bureau"]
    last_credit = credits["SK_ID_BUREAU"][credits["SK_ID_CURR"] <= last].max(initial=0)
    out = {}
    for name, columns in tables.items():
        key, end = ("SK_ID_BUREAU", last_credit) if name == "bureau_balance" else ("SK_ID_CURR", last)
        rows = int(np.searchsorted(columns[key], end, side="right"))  # every table is sorted by client
        out[name] = {c: x[:rows] for c, x in columns.items() if not c.startswith("_")}
    return out


def write_tables(
    count: int, out: Path, seed: int, progress: Callable[[int], None] = lambda done: None, first_block: int = 0
) -> dict[str, int]:
    """Writes `<table>.parquet` of the first `count` clients from `first_block` on to `out`; returns the rows of each table.

    Each file appears under its name only once it is complete. `progress` is called with the number of clients done.
    """
    if count < 1:
        raise ValueError(f"clients: {count} is too few; ask for at least 1")
    out.mkdir(parents=True, exist_ok=True)
    rows = dict.fromkeys(TABLES, 0)
    partial = {name: out / f".{name}.parquet.partial" for name in TABLES}
    writers = {name: pq.ParquetWriter(partial[name], arrow_schema(name), compression="zstd") for name in TABLES}
    try:
        for number in range(-(-count // draw.BLOCK)):
            keep = min(draw.BLOCK, count - number * draw.BLOCK)
            for name, columns in _cut(block(seed, first_block + number), keep).items():
                table = arrow_table(name, columns)
                writers[name].write_table(table, row_group_size=max(len(table), 1))
                rows[name] += len(table)
            progress(number * draw.BLOCK + keep)
    finally:
        for writer in writers.values():
            writer.close()
    for name in TABLES:
        os.replace(partial[name], out / f"{name}.parquet")
    return rows
