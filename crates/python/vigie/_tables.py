"""Tables in memory become Parquet files. pandas, polars and pyarrow are imported only if a table is one of theirs."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from ._binary import VigieError


class ArrowTable(Protocol):
    """A pandas or polars DataFrame, a pyarrow Table, a DuckDB relation, …"""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the rows."""


class LazyTable(Protocol):
    """A polars LazyFrame."""

    def collect(self) -> Any:  # noqa: ANN401
        """Read the rows."""


Table: TypeAlias = str | os.PathLike[str] | ArrowTable | LazyTable


@dataclass
class Stored:
    """A table as a file, and what the binary cannot see in it."""

    path: Path
    notes: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    """Columns of numbers that the table declares as categories."""


def store(table: Table, name: str, folder: Path) -> Stored:
    """Write a table as `folder/name/table.parquet`; a path stays what it is."""
    if isinstance(table, str | os.PathLike):
        return Stored(Path(table))
    path = folder / name
    path.mkdir()
    file = path / "table.parquet"
    library, kind = _origin(table)
    if library == "polars" and kind in ("DataFrame", "LazyFrame"):
        return Stored(path, *_store_polars(table, name, file))
    if library == "pandas" and kind == "DataFrame":
        arrow, notes = _from_pandas(table, name)
    elif hasattr(table, "__arrow_c_stream__") and not kind.endswith(("Series", "ChunkedArray")):
        arrow, notes = _import("pyarrow", name, "Arrow").table(table), []
    else:
        raise VigieError(f"{name}: a {kind} is not a table; pass a pandas, polars or pyarrow table, or the path of a file")
    return Stored(path, notes, _store_arrow(arrow, name, file))


def _origin(table: object) -> tuple[str, str]:
    """Return the library of the class of a table, and the name of the class, also of a subclass in another library."""
    for base in type(table).__mro__:
        library = base.__module__.partition(".")[0]
        if library in ("pandas", "polars", "pyarrow"):
            return library, base.__name__
    return "", type(table).__name__


def _import(module: str, name: str, kind: str) -> Any:  # noqa: ANN401
    try:
        return importlib.import_module(module)
    except ImportError:
        raise VigieError(
            f"{name}: {kind} tables need pyarrow, which is not installed; "
            "install it with `pip install pyarrow`, or pass the path of a Parquet or CSV file"
        ) from None


def _must_be_a_table(name: str, columns: Iterable[str], rows: int) -> None:
    counts = Counter(columns)
    if not counts:
        raise VigieError(f"{name}: the table has no columns; check how they were selected")
    if twice := [column for column, count in counts.items() if count > 1]:
        raise VigieError(f"{name}: more than one column is called `{twice[0]}`; rename or drop all but one")
    if rows == 0:
        raise VigieError(f"{name}: the table has no rows; check how they were filtered")


def _store_polars(table: Any, name: str, file: Path) -> tuple[list[str], list[str]]:  # noqa: ANN401
    frame = table.collect() if hasattr(table, "collect") else table
    _must_be_a_table(name, frame.columns, frame.height)
    for column, dtype in frame.schema.items():
        if str(dtype) in ("Object", "Int128", "UInt128"):
            raise VigieError(f"{name}: column `{column}` has type {dtype}, which vigie does not read; cast it, or drop it")
    try:
        frame.write_parquet(file, compression="lz4")
    except Exception as error:  # polars has no common class of exceptions
        raise VigieError(f"{name}: polars cannot write the table as Parquet: {_first_line(error)}") from error
    return [], []


def _from_pandas(frame: Any, name: str) -> tuple[Any, list[str]]:  # noqa: ANN401
    pyarrow = _import("pyarrow", name, "pandas")
    if frame.columns.nlevels > 1:
        raise VigieError(
            f"{name}: the columns have {frame.columns.nlevels} levels; join them, for example with "
            'df.columns = ["_".join(map(str, column)) for column in df.columns]'
        )
    columns = [str(column) for column in frame.columns]
    _must_be_a_table(name, columns, len(frame))
    arrays = [_array(pyarrow, frame.iloc[:, place], f"{name}: column `{column}`") for place, column in enumerate(columns)]
    notes = []
    if index := _named_index(frame.index):
        notes.append(f"{name}: {index} is left out; reset_index() makes it a column")
    return pyarrow.Table.from_arrays(arrays, names=columns), notes


def _named_index(index: Any) -> str | None:  # noqa: ANN401
    """Describe an index that holds more than the numbers of rows."""
    named: list[Hashable] = [level for level in index.names if level is not None]
    if named:
        return "the index " + ", ".join(f"`{level}`" for level in named)
    return None if index.dtype.kind in "iu" else f"the index of type {index.dtype}"


def _array(pyarrow: Any, series: Any, place: str) -> Any:  # noqa: ANN401
    kind = type(series.dtype).__name__
    if kind in ("PeriodDtype", "IntervalDtype"):
        series = series.astype("string")
    elif kind == "SparseDtype":
        series = series.sparse.to_dense()
    elif kind == "CategoricalDtype" and type(series.cat.categories.dtype).__name__ in ("PeriodDtype", "IntervalDtype"):
        series = series.cat.rename_categories(series.cat.categories.astype(str))
    try:
        return pyarrow.array(series, from_pandas=True)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError) as error:
        kinds = sorted({type(value).__name__ for value in series.dropna()})
        if len(kinds) > 1:
            raise VigieError(
                f"{place} mixes {', '.join(kinds[:3])}; give it one type, for example with df[…].astype(str)"
            ) from error
        why = f"{series.dtype}: {_first_line(error)}"
        raise VigieError(f"{place} cannot be stored as Parquet ({why}); convert it, or drop it") from error


def _store_arrow(table: Any, name: str, file: Path) -> list[str]:  # noqa: ANN401
    """Write the table. Return the columns of numbers that it declares as categories."""
    pyarrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    _must_be_a_table(name, table.column_names, table.num_rows)
    types = pyarrow.types
    texts, categories = [], []
    for place, column in enumerate(table.schema):
        of_dictionary = types.is_dictionary(column.type)
        kind = column.type.value_type if of_dictionary else column.type
        if types.is_string(kind) or types.is_large_string(kind):
            texts.append(column.name)
        elif of_dictionary:
            categories.append(column.name)
            table = table.set_column(place, column.name, table.column(place).cast(kind))
    try:
        # Encoding numbers that hardly repeat as dictionaries takes long, and makes no smaller file.
        parquet.write_table(table.replace_schema_metadata(None), file, compression="lz4", use_dictionary=texts)
    except pyarrow.ArrowException as error:
        raise VigieError(f"{name}: pyarrow cannot write the table as Parquet: {_first_line(error)}") from error
    return categories


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
