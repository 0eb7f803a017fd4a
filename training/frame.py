"""Prepared features as data frames that all libraries read: numbers as floats, levels as text, never the target.

Missing levels are the text `__MISSING__`, in training, in the hold-out and in the service alike; missing numbers are NaN.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .tables.levels import APPLICATION

ID, TARGET, MISSING = "SK_ID_CURR", "TARGET", "__MISSING__"
NOT_FEATURES = (ID, TARGET)

_UNKNOWN = {None, "XNA", "XAP"}
LEVELS = {
    name: [*sorted(k for k in shares if k not in _UNKNOWN), MISSING]
    for name, shares in APPLICATION.items()
    if not name.startswith("FLAG_")
}
"""Declared levels of the text columns. Codes follow from them, so that they are the same in every frame."""


def features_of(path: Path) -> list[str]:
    """The columns of a prepared file that may be features: all but the client's id and the target."""
    return [name for name in pq.read_schema(path).names if name not in NOT_FEATURES]


def text_columns(path: Path, columns: list[str]) -> list[str]:
    """Those of `columns` that hold text."""
    schema = pq.read_schema(path)

    def is_text(t):
        return pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_dictionary(t) or pa.types.is_string_view(t)  # noqa: E731

    return [name for name in columns if is_text(schema.field(name).type)]


def _columns(path: Path, names: list[str], some: int = 100):
    """The columns of a file, a few at a time, so that memory holds no second copy of all of them."""
    for start in range(0, len(names), some):
        table = pq.read_table(path, columns=names[start : start + some])
        for name in names[start : start + some]:
            yield name, table.column(name)


def read(path: Path, columns: list[str], ids, single: bool = False) -> pd.DataFrame:
    """Features of the clients `ids`, in that order, indexed by id. `single` keeps numbers as 32-bit floats, to save memory."""
    if forbidden := [c for c in columns if c in NOT_FEATURES]:
        raise ValueError(f"{', '.join(forbidden)} is not a feature")
    position = pd.Index(pq.read_table(path, columns=[ID]).column(0).to_numpy()).get_indexer(ids)
    if (position < 0).any():
        raise ValueError(f"{path}: client {np.asarray(ids)[position < 0][0]} is not there; prepare the features again")
    out = {}
    text = set(text_columns(path, columns))
    for name, column in _columns(path, columns):
        if name in text:
            values = column.cast(pa.string()).to_pandas().to_numpy(object)[position]
            values[pd.isna(values)] = MISSING
            out[name] = pd.Series(values, dtype=object, index=ids)
        else:
            numbers = (
                column.cast(pa.float64() if not pa.types.is_boolean(column.type) else pa.uint8())
                .to_pandas()
                .to_numpy(float)[position]
            )
            out[name] = pd.Series(numbers.astype(np.float32) if single else numbers, index=ids)
    frame = pd.DataFrame(out)
    frame.index.name = ID
    return frame


def read_target(*paths: Path) -> pd.Series:
    """The target by client, from the files that `split` wrote."""
    parts = [pq.read_table(p).to_pandas().set_index(ID)[TARGET] for p in paths]
    return pd.concat(parts).sort_index().astype(int)


def write(path: Path, frame: pd.DataFrame) -> None:
    """Writes a frame as Parquet; the same rows give the same bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=frame.index.name is not None).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd")
