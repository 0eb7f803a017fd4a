"""The generated raw tables: schema, keys, prefixes, sentinels, missing blocks, declared levels."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from training import frame
from training.tables.levels import LEVELS
from training.tables.schema import HOUSING, TABLES, arrow_schema
from training.tables.write import write_tables

SEED = 42


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """2,000 clients."""
    out = tmp_path_factory.mktemp("tables")
    write_tables(2_000, out, SEED)
    return {name: pq.read_table(out / f"{name}.parquet") for name in TABLES}


def numbers(table, name):
    """A column as floats; missing is NaN."""
    return table.column(name).cast(pa.float64()).to_pandas().to_numpy(float)


def test_another_seed_gives_other_rows_in_files_of_the_declared_columns(tables, tmp_path):
    write_tables(100, tmp_path, SEED + 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(f"{name}.parquet" for name in TABLES)
    for name in TABLES:
        assert pq.read_schema(tmp_path / f"{name}.parquet").equals(arrow_schema(name))
    assert not pq.read_table(tmp_path / "application.parquet").equals(tables["application"].slice(0, 100))


def test_widths_are_those_of_the_real_tables():
    assert {name: len(columns) for name, columns in TABLES.items()} == {
        "application": 122, "bureau": 17, "bureau_balance": 3, "previous_application": 37, "POS_CASH_balance": 8,
        "installments_payments": 8, "credit_card_balance": 23}  # fmt: skip


def test_few_clients_are_a_prefix_of_many(tables, tmp_path):
    few = 777
    write_tables(few, tmp_path, SEED)
    for name, whole in tables.items():
        part = pq.read_table(tmp_path / f"{name}.parquet")
        assert part.equals(whole.slice(0, len(part))), name
        if name != "bureau_balance":
            last = part.column("SK_ID_CURR")[-1].as_py() if len(part) else 100_000
            rest = whole.slice(len(part)).column("SK_ID_CURR")
            assert last <= 100_000 + few and (len(rest) == 0 or pc.min(rest).as_py() > 100_000 + few), name


def test_prefixes_hold_across_blocks_and_20_000_clients_show_every_declared_level(tables, tmp_path):
    write_tables(20_000, tmp_path, SEED)
    for name, part in tables.items():
        assert part.equals(pq.read_table(tmp_path / f"{name}.parquet").slice(0, len(part))), name
    ids = pq.read_table(tmp_path / "application.parquet", columns=["SK_ID_CURR"]).column(0).to_numpy()
    assert np.array_equal(ids, np.arange(100_001, 120_001))
    for key, name in (("SK_ID_BUREAU", "bureau"), ("SK_ID_PREV", "previous_application")):
        ids = pq.read_table(tmp_path / f"{name}.parquet", columns=[key]).column(0).to_numpy()
        assert len(np.unique(ids)) == len(ids) and (np.diff(ids) > 0).all()
    for name, columns in LEVELS.items():
        assert set(columns) == {c for c, kind in TABLES[name].items() if kind == "text"}, name
        for column, shares in columns.items():
            seen = set(pc.unique(pq.read_table(tmp_path / f"{name}.parquet", columns=[column]).column(0)).to_pylist())
            assert seen - {None} == set(shares) - {None}, (name, column)


def test_keys(tables):
    clients = set(tables["application"].column("SK_ID_CURR").to_pylist())
    assert len(clients) == 2_000
    credits, loans = (
        tables["bureau"].column("SK_ID_BUREAU").to_pylist(),
        tables["previous_application"].column("SK_ID_PREV").to_pylist(),
    )
    assert len(set(credits)) == len(credits) and len(set(loans)) == len(loans)
    assert set(tables["bureau"].column("SK_ID_CURR").to_pylist()) < clients
    assert set(tables["bureau_balance"].column("SK_ID_BUREAU").to_pylist()) < set(credits)
    owner = dict(zip(loans, tables["previous_application"].column("SK_ID_CURR").to_pylist(), strict=True))
    for name in ("POS_CASH_balance", "installments_payments", "credit_card_balance"):
        pairs = zip(tables[name].column("SK_ID_PREV").to_pylist(), tables[name].column("SK_ID_CURR").to_pylist(), strict=True)
        assert all(owner[loan] == client for loan, client in pairs), name


def test_all_tables_are_sorted_by_client(tables):
    for name, table in tables.items():
        key = "SK_ID_BUREAU" if name == "bureau_balance" else "SK_ID_CURR"
        assert (np.diff(table.column(key).to_numpy()) >= 0).all(), name


def test_counts_of_rows_are_near_the_real_ones(tables):
    rows = {name: len(t) / 2_000 for name, t in tables.items()}
    assert 4.5 < rows["bureau"] < 6.5 and 4.0 < rows["previous_application"] < 5.5
    assert 25 < rows["POS_CASH_balance"] < 45 and 35 < rows["installments_payments"] < 55 and 8 < rows["credit_card_balance"] < 18
    assert 60 < rows["bureau_balance"] < 110


def test_default_rate(tables):
    assert 0.07 < numbers(tables["application"], "TARGET").mean() < 0.095


def test_sentinels(tables):
    application, loans = tables["application"], tables["previous_application"]
    employed = numbers(application, "DAYS_EMPLOYED")
    assert 0.15 < (employed == 365_243).mean() < 0.24 and (employed[employed != 365_243] < 0).all()
    assert np.array_equal(employed == 365_243, np.array(application.column("ORGANIZATION_TYPE").to_pylist()) == "XNA")
    for name in ("DAYS_FIRST_DRAWING", "DAYS_FIRST_DUE", "DAYS_LAST_DUE_1ST_VERSION", "DAYS_LAST_DUE", "DAYS_TERMINATION"):
        days = numbers(loans, name)
        assert (days == 365_243).any() and np.isnan(days).any(), name
    assert {"XNA", "XAP"} <= set(loans.column("CODE_REJECT_REASON").to_pylist())


def test_columns_about_the_building_are_missing_together(tables):
    application = tables["application"]
    total = np.isnan(numbers(application, "TOTALAREA_MODE"))
    assert 0.42 < total.mean() < 0.53
    names = [f"{name}_{stat}" for name in HOUSING for stat in ("AVG", "MODE", "MEDI")]
    assert len(names) + 5 == 47
    for name in names:
        assert np.isnan(numbers(application, name))[total].all(), name
    for name in HOUSING:
        absent = [np.isnan(numbers(application, f"{name}_{stat}")) for stat in ("AVG", "MODE", "MEDI")]
        assert np.array_equal(absent[0], absent[1]) and np.array_equal(absent[0], absent[2]), name


def test_booleans_are_letters_or_zero_and_one(tables):
    application = tables["application"]
    assert set(application.column("FLAG_OWN_CAR").to_pylist()) == {"Y", "N"}
    for name, kind in TABLES["application"].items():
        if kind == "int" and name.startswith(("FLAG_", "REG_", "LIVE_")):
            assert set(application.column(name).to_pylist()) <= {0, 1}, name


def test_too_few_clients_are_refused(tmp_path):
    with pytest.raises(ValueError, match="too few"):
        write_tables(0, tmp_path, SEED)


def test_the_models_and_the_preparation_declare_the_same_levels():
    """Codes of models follow from the levels here; `vigie-prepare` declares its own, and a level of one side alone is an error."""
    source = (Path(__file__).parents[1] / "src/tables/application.rs").read_text(encoding="utf-8")
    lists = {
        name: re.findall(r'"([^"]*)"', body) for name, body in re.findall(r"const (\w+): &\[&str\] =\s*&\[(.*?)\];", source, re.S)
    }
    declared = {column: sorted(lists[name]) for column, name in re.findall(r'text\("(\w+)", (\w+),', source)}
    assert len(declared) == 14
    assert declared == {column: sorted(set(levels) - {frame.MISSING}) for column, levels in frame.LEVELS.items()}
