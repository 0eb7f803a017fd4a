#!/usr/bin/env python3
"""Reads the example back and checks that its files agree with each other.

    python verify.py [DIR]

Nothing of the generator is imported: what is checked here is what stands in the files.
"""

from __future__ import annotations

import gzip
import json
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, Pool
from sklearn.metrics import roc_auc_score


def check_incidents(folder, names, score):
    """The further days: scores are those of the logged inputs, and each incident is in the file as told."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert {p.name for p in (folder / "log").iterdir()} == {f"predictions-{day['date']}.ndjson.gz" for day in expected["days"]}
    yesterday = None
    for day in expected["days"]:
        with gzip.open(folder / "log" / f"predictions-{day['date']}.ndjson.gz", "rt", encoding="utf-8") as file:
            rows = [line for line in map(json.loads, file) if line["endpoint"] == "/predict" and line["error"] is None]
        frame = pd.DataFrame([line["inputs"] for line in rows], columns=names)
        assert len(rows) == day["rows"]
        scored = [round(p, 6) for p in score(frame).tolist()]
        percent = [line["outputs"]["proba_default"] != p for line, p in zip(rows, scored)]
        assert all(line["outputs"]["proba_default"] == round(100 * p, 4) for line, p, is_percent in zip(rows, scored, percent) if is_percent)
        decided = sum((line["outputs"]["decision"] == "REFUSED") != (p >= 0.5) for line, p in zip(rows, scored))
        assert sum(percent) == (day["rows_touched"] if "left_out" in day["findings"] else 0) == day["rows"] - day["rows_used"]
        assert decided == (day["rows_touched"] if "decision" in day["findings"] else 0)
        for story in day["stories"]:
            block = frame[[name for name in names if name.startswith(story.get("block", "AMT_CREDIT"))]]
            if story["kind"] == ["gap"]:
                assert block.isna().all(axis=None)
            elif story["kind"] == ["stale"]:
                ours, theirs = (sorted(map(repr, part.to_numpy(float).tolist())) for part in (block, yesterday[block.columns]))
                assert ours == theirs
            elif story["kind"] == ["unit"]:
                late = np.array([line["ts"][11:16] for line in rows]) >= f"{int(story['onset'][:2]) + 2}{story['onset'][2:]}"  # +02:00
                assert (block["AMT_CREDIT"][late] < 3000).all() and (block["AMT_CREDIT"][~late] >= 45_000).all()
        yesterday = frame
        print(day["date"], len(rows), "rows,", day["what"])


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    specs = pd.read_csv(Path(__file__).resolve().parent / "features.csv")
    names, categorical = list(specs.feature), list(specs.feature[specs.kind == "categorical"])
    model = CatBoostClassifier().load_model(str(folder / "model.cbm"))
    assert model.feature_names_ == names
    assert [names[i] for i in model.get_cat_feature_indices()] == categorical

    def score(frame):
        frame = frame[names].copy()
        for name in names:
            if name in categorical:
                frame[name] = frame[name].astype(object).where(frame[name].notna(), "__MISSING__")
            else:
                frame[name] = frame[name].astype(float)
        return model.predict_proba(Pool(frame, cat_features=categorical), thread_count=2)[:, 1]

    reference = pd.read_parquet(folder / "reference.parquet")
    assert reference.shape == (20_000, 127) and list(reference.columns) == [*names, "TARGET", "probability"]
    assert np.array_equal(score(reference), reference["probability"].to_numpy())
    off = 0.0
    for spec in specs[specs.kind == "numeric"].itertuples():
        x = reference[spec.feature].dropna().astype(float)
        for q, want in ((0.25, spec.p25), (0.5, spec.p50), (0.75, spec.p75)):
            got = x.quantile(q)
            assert got == 0 if want == 0 else abs(got / want - 1) <= 0.05, (spec.feature, q, got, want)
            off = max(off, abs(got / want - 1) if want else 0.0)
    auc = roc_auc_score(reference["TARGET"], reference["probability"])
    print(f"reference: 20000 rows, default rate {reference['TARGET'].mean():.4f}, AUC {auc:.4f}, quartiles within {off:.2%}")

    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    labels = pd.read_parquet(folder / "labels.parquet").set_index("request_id")["actual"]
    seen, sizes = set(), 0
    for day in expected["days"]:
        path = folder / "log" / f"predictions-{day['date']}.ndjson.gz"
        assert path.exists() == (day["rows"] > 0), path
        if not path.exists():
            print(day["date"], "no file")
            continue
        sizes += path.stat().st_size
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        instants = [datetime.fromisoformat(line["ts"]) for line in lines]
        start, end = datetime.fromisoformat(day["from"]), datetime.fromisoformat(day["to"])
        assert instants == sorted(instants) and min(instants).timestamp() > start.timestamp() + 3600
        assert max(instants).timestamp() < end.timestamp() - 3 * 3600  # midnight in Paris is 22:00 UTC
        rows = [line for line in lines if line["endpoint"] == "/predict" and line["error"] is None]
        failed = [line for line in lines if line["error"] is not None]
        assert (len(rows), len(failed), len(lines) - len(rows) - len(failed)) == (day["rows"], day["errors"], day["health_checks"])
        assert all(list(line["inputs"]) == names for line in rows)
        frame = pd.DataFrame([line["inputs"] for line in rows], columns=names)
        logged = np.array([line["outputs"]["proba_default"] for line in rows])
        again = np.array([round(p, 6) for p in score(frame).tolist()])
        assert np.array_equal(logged, again), f"{day['date']}: {np.sum(logged != again)} scores differ"
        assert all((line["outputs"]["decision"] == "REFUSED") == (p >= 0.5) == bool(line["outputs"]["score"])
                   for line, p in zip(rows, logged))  # fmt: skip
        ids = [line["request_id"] for line in rows]
        assert not seen & set(ids) and labels.index.isin(ids).sum() == len(ids)
        seen |= set(ids)
        truth = labels.loc[ids]
        p95 = np.quantile([line["latency_ms"] for line in lines if line["endpoint"] == "/predict"], 0.95)
        print(day["date"], len(rows), "rows,", len(failed), "failed, refused", f"{np.mean(logged >= 0.5):.3f},",
              f"defaults {truth.mean():.3f}, p95 {p95:.1f} ms, all scores reproduced")  # fmt: skip
        if day["date"] == expected["days"][-1]["date"]:
            before = pd.read_parquet(folder / "incident_amounts_before.parquet")
            restored = frame.assign(request_id=ids).merge(before, on="request_id", suffixes=("_logged", ""), sort=False)
            assert len(restored) == len(rows) and np.array_equal(score(restored), restored["probability"].to_numpy())
            put_back = round(float(np.mean(restored["probability"] >= 0.5)), 6)
            assert put_back == day["before"]["share_refused"] and day["share_refused"] != put_back
            print("  amounts put back: refused", f"{np.mean(restored['probability'] >= 0.5):.3f}")
    assert seen == set(labels.index)
    check_incidents(folder / "incidents", names, score)
    total = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    print(f"labels: {len(labels)}; log {sizes / 1e6:.2f} MB; everything {total / 1e6:.2f} MB")
    assert total < 20e6


if __name__ == "__main__":
    main()
