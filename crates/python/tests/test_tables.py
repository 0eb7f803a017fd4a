"""What data scientists' tables hold: each works as expected, or is refused in one sentence."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import vigie

ROWS = 500
HALF = ROWS // 2
NUMBERS = pd.Series(np.random.default_rng(1).normal(size=ROWS))
FRAME = pd.DataFrame({"x": NUMBERS})
LEFT_OUT = None
COLUMNS: dict[str, tuple[Any, str | None]] = {
    "categories of texts": (pd.Categorical(["a", "b"] * HALF), "categorical"),
    "categories of numbers": (pd.Categorical([1, 2] * HALF), "categorical"),
    "categories of booleans": (pd.Categorical([True, False] * HALF), "categorical"),
    "categories of intervals": (pd.cut(NUMBERS, 4), "categorical"),
    "nullable integers": (pd.array([1, None] * HALF, dtype="Int64"), "numeric"),
    "nullable texts": (pd.array(["a", None] * HALF, dtype="string"), "categorical"),
    "texts and NaN": (pd.Series(["a", float("nan")] * HALF, dtype=object), "categorical"),
    "booleans": ([True, False] * HALF, "numeric"),
    "booleans and None": (pd.Series([True, None] * HALF, dtype=object), "numeric"),
    "decimals": (pd.Series([Decimal("1.5"), Decimal(2)] * HALF, dtype=object), "numeric"),
    "infinite numbers": ([float("inf"), 1.0] * HALF, "numeric"),
    "sparse": (pd.arrays.SparseArray([0, 1] * HALF), "numeric"),
    "times": (pd.date_range("2026-01-01", periods=ROWS), LEFT_OUT),
    "times of a zone": (pd.date_range("2026-01-01", periods=ROWS, tz="Europe/Paris"), LEFT_OUT),
    "durations": (pd.to_timedelta(np.arange(ROWS), unit="s"), LEFT_OUT),
    "periods": (pd.period_range("2026-01", periods=ROWS, freq="D"), LEFT_OUT),
    "NaT": ([pd.NaT] * ROWS, LEFT_OUT),
    "lists": ([[1, 2]] * ROWS, LEFT_OUT),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_pandas_columns(name: str) -> None:
    column, kind = COLUMNS[name]
    frame = pd.DataFrame({"x": NUMBERS, name: column})
    report = vigie.compare(frame, frame)
    assert report.severity == "stable"
    kinds = {feature["name"]: feature["kind"] for feature in report.to_dict()["features"]}
    assert kinds.get(name) == kind
    assert kind is not LEFT_OUT or any(note.startswith(f"{name}: ") for note in report.notes), report.notes


def test_missing_values_are_the_same_in_each_library() -> None:
    values = [None if place % 4 == 0 else float(place % 7) for place in range(ROWS)]
    nan = [float("nan") if value is None else value for value in values]
    tables: list[vigie.Table] = [pd.DataFrame({"x": nan}), pl.DataFrame({"x": nan}), pl.DataFrame({"x": values})]
    for table in tables:
        (feature,) = vigie.compare(table, table).to_dict()["features"]
        assert feature["missing"]["window_share"] == 0.25


REFUSED: dict[str, tuple[Any, str]] = {
    "no rows": (FRAME.iloc[:0], "the table has no rows; check how they were filtered"),
    "no columns": (FRAME[[]], "the table has no columns; check how they were selected"),
    "names twice": (pd.concat([FRAME, FRAME], axis=1), "more than one column is called `x`; rename or drop all but one"),
    "levels of names": (
        FRAME.set_axis(pd.MultiIndex.from_tuples([("x", "mean")]), axis=1),
        "the columns have 2 levels; join them, ",
    ),
    "mixed types": (
        pd.DataFrame({"x": [1, "a"] * HALF}, dtype=object),
        "column `x` mixes int, str; give it one type, for example with df[…].astype(str)",
    ),
    "complex": (FRAME * 1j, "column `x` cannot be stored as Parquet (complex128: "),
    "an array": (FRAME.to_numpy(), "a ndarray is not a table; pass a pandas, polars or pyarrow table, or the path of a file"),
    "a column": (FRAME["x"], "a Series is not a table; "),
    "polars without rows": (pl.DataFrame({"x": []}), "the table has no rows; "),
    "polars objects": (
        pl.DataFrame({"x": [object()]}),
        "column `x` has type Object, which vigie does not read; cast it, or drop it",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    table, sentence = REFUSED[name]
    with pytest.raises(vigie.VigieError) as caught:
        vigie.compare(FRAME, table)
    assert str(caught.value).startswith(f"current: {sentence}")
    assert "\n" not in str(caught.value)


def test_names_that_are_numbers() -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(ROWS, 3)))
    report = vigie.compare(frame, frame, ignore=[1])
    assert [feature["name"] for feature in report.to_dict()["features"]] == ["0", "2"]


def test_an_index_is_left_out_with_a_note() -> None:
    dated = FRAME.set_axis(pd.date_range("2026-01-01", periods=ROWS))
    assert vigie.compare(FRAME.rename_axis("customer"), dated).notes == (
        "reference: the index `customer` is left out; reset_index() makes it a column",
        "current: the index of type datetime64[us] is left out; reset_index() makes it a column",
    )
    assert vigie.compare(FRAME.sample(frac=1, random_state=1), FRAME).notes == ()


def test_times_date_the_rows() -> None:
    frame = FRAME.assign(at=[dt.datetime(2026, 10, 1 + place * 4 // ROWS, tzinfo=dt.UTC) for place in range(ROWS)])
    window = vigie.compare(frame, pl.from_pandas(frame), timestamp="at").to_dict()["window"]
    assert (window["from"], window["to"]) == ("2026-10-01T00:00:00Z", "2026-10-05T00:00:00Z")


def test_no_library_is_imported_without_need() -> None:
    program = (
        "import sys, vigie\n"
        "try: vigie.compare('a.csv', 'b.csv')\n"
        "except vigie.VigieError: pass\n"
        "assert not {'pandas', 'polars', 'pyarrow'} & set(sys.modules)\n"
        "sys.modules['pyarrow'] = None\n"
        "import pandas\n"
        "try: vigie.compare(pandas.DataFrame({'x': [1]}), 'b.csv')\n"
        "except vigie.VigieError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(
        "reference: pandas tables need pyarrow, which is not installed; install it with `pip install pyarrow`"
    )
