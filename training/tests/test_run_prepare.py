"""The features of `vigie-prepare` against the independent recomputation, and against themselves in other surroundings."""

from __future__ import annotations

import random
import subprocess

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from training import prepare
from training.checks.compare import compare, differences
from training.checks.recompute import read_rows
from training.tests.conftest import _built


@pytest.fixture(scope="module")
def program() -> list[str]:
    """The command `vigie-prepare`."""
    if not _built("vigie-prepare", "VIGIE_PREPARE"):
        pytest.fail("vigie-prepare is not built: run `cargo build -p vigie-prepare`, or set VIGIE_PREPARE to its path")
    return prepare.program("vigie-prepare", "VIGIE_PREPARE")


def test_200_random_clients_are_recomputed_from_the_raw_tables(program, run):
    seed = random.SystemRandom().randrange(2**32)
    count, wrong = compare(run.root / "tables", run.root / "prepare/features.parquet", 200, seed)
    assert count == 200 and wrong == [], f"draw {seed}: {wrong[:10]}"


def test_50_clients_alone_have_the_rows_that_they_have_among_all(program, run, tmp_path):
    """Their rows of all tables alone, shuffled: the same features."""
    tables, out = run.root / "tables", tmp_path / "alone.parquet"
    (tmp_path / "tables").mkdir()
    ids = pq.read_table(tables / "application.parquet", columns=["SK_ID_CURR"]).column(0).to_pylist()
    chosen = random.Random(21).sample(ids, 50)
    credits = [r["SK_ID_BUREAU"] for r in read_rows(tables / "bureau.parquet", "SK_ID_CURR", chosen)]
    for path in tables.glob("*.parquet"):
        key, some = ("SK_ID_BUREAU", credits) if path.stem == "bureau_balance" else ("SK_ID_CURR", chosen)
        rows = pq.read_table(path, filters=[(key, "in", some)])
        order = list(range(len(rows)))
        random.Random(22).shuffle(order)
        pq.write_table(rows.take(order), tmp_path / "tables" / path.name, row_group_size=137)
    done = subprocess.run([*program, "--tables", str(tmp_path / "tables"), "--out", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    alone = {r["SK_ID_CURR"]: r for r in pq.read_table(out).to_pylist()}
    among = {r["SK_ID_CURR"]: r for r in read_rows(run.root / "prepare/features.parquet", "SK_ID_CURR", chosen)}
    assert set(alone) == set(chosen) == set(among)
    assert differences([among[i] for i in chosen], [alone[i] for i in chosen]) == []


def test_the_kept_columns_alone_need_no_table_of_months_of_other_lenders_unless_one_is_kept(program, run, tmp_path):
    """What a service does: only the kept columns, without the tables that none of them needs."""
    kept = (run.root / "select/kept.txt").read_text().split("\n")[:-1]
    some = [c for c in kept if "_BB_" not in c]
    (tmp_path / "kept.txt").write_text("\n".join(some))
    (tmp_path / "tables").mkdir()
    for path in (run.root / "tables").glob("*.parquet"):
        if path.stem != "bureau_balance":
            (tmp_path / "tables" / path.name).symlink_to(path)
    out = tmp_path / "kept.parquet"
    done = subprocess.run([*program, "--tables", str(tmp_path / "tables"), "--out", str(out), "--columns", f"@{tmp_path / 'kept.txt'}"], capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    ours, whole = (
        pq.read_table(out),
        pq.read_table(run.root / "prepare/features.parquet", columns=["SK_ID_CURR", "TARGET", *some]),
    )
    assert ours.column_names == ["SK_ID_CURR", "TARGET", *some] and len(ours) == len(whole)
    assert pc.all(pc.equal(ours.column("SK_ID_CURR"), whole.column("SK_ID_CURR"))).as_py()
    assert differences(whole.to_pylist(), ours.to_pylist()) == []


def test_the_dictionary_has_a_sentence_for_every_column(program, run):
    dictionary = run.json("prepare/dictionary.json")
    names = pq.read_schema(run.root / "prepare/features.parquet").names
    assert set(names) <= set(dictionary) and all(
        entry["sentence"].endswith(".") and entry["table"] for entry in dictionary.values()
    )
    handed = run.json("handover/dictionary.json")
    assert set(handed) == set((run.root / "select/kept.txt").read_text().split("\n")[:-1])
