#!/usr/bin/env python3
"""Makes the example: a synthetic credit-scoring model, its reference and two weeks of its prediction log.

    python generate.py            # writes beside this file
    python generate.py --out DIR  # writes elsewhere

Seeded: the same versions (requirements.txt) give the same rows, scores and log. Everything the README promises is asserted
here; a run that ends without an error has kept all of it. The expected findings are computed by `psi.py`, which knows
nothing of vigie, before vigie reads a row.
"""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from catboost import CatBoostClassifier, Pool
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

import prediction_log
from incidents import DAYS, ROWS
from population import Population, is_whole
from psi import Yardstick

SEED = 2026
TRAINING_ROWS, HOLDOUT_ROWS = 60_000, 20_000
DRAWS = 300  # windows drawn to learn how far an incident's PSI scatters
LIMITS = {"psi": (0.10, 0.25), "unseen": (0.01, 0.10), "missing": (0.05, 0.20), "share_refused": (0.05, 0.10)}
FIRST_CLIENT = 100_001


def stream(name):
    """A random stream of its own for each purpose, so that one part can change without moving the others."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


# -- model ------------------------------------------------------------------------------------------------------------


def as_pool(frame, population, label=None):
    """What the model reads: numbers (missing as NaN, booleans as 0 and 1) and levels as text."""
    out = frame.copy()
    for name in population.boolean:
        out[name] = out[name].astype(float)
    return Pool(out, label, cat_features=population.categorical)


def score(model, frame, population):
    return model.predict_proba(as_pool(frame, population), thread_count=2)[:, 1]


def train(frame, default, population):
    model = CatBoostClassifier(
        iterations=260, depth=6, learning_rate=0.06, l2_leaf_reg=12, class_weights=[1, 10], max_ctr_complexity=3,
        random_seed=SEED, thread_count=2, allow_writing_files=False, verbose=False)  # fmt: skip
    model.fit(as_pool(frame, population, default))
    about = model.get_metadata()  # the two entries that would differ from run to run
    about["train_finish_time"], about["model_guid"] = "2026-09-01T00:00:00Z", "0-0-0-0"
    return model


# -- expectations -----------------------------------------------------------------------------------------------------


def band(value, limits):
    return "alarm" if value >= limits[1] else "watch" if value >= limits[0] else "stable"


def spread(values):
    values = np.asarray(values, float)
    return {"mean": round(float(values.mean()), 4), "sd": round(float(values.std(ddof=1)), 4), "draws": len(values)}


def clear_band(measure, limits, what):
    """The band of a measure; refuses one that lies within three standard deviations of a limit."""
    low, high = (band(measure["mean"] + side * 3 * measure["sd"], limits) for side in (-1, 1))
    assert low == high, f"{what}: {measure} is too near a limit of {limits}"
    return low


def rehearse(day, pool, before, model, population, yardstick, refused_reference):
    """Draws windows of 700 rows, applies the day's incident to each, and measures what it does."""
    rng = stream("rehearse " + day.date)
    everything = pool.copy()  # every row changed, scored once: a window picks its touched rows' scores from here
    part = everything.copy()
    if day.change is not None:
        day.change(part, stream("rehearse change " + day.date))
        for name in day.features:
            everything[name] = part[name]
    after = score(model, everything, population)
    psi, moved, unseen = {name: [] for name in day.features}, [], []
    score_psi, refused = [], []
    for _ in range(DRAWS):
        rows = rng.choice(len(pool), day.candidates, replace=False)
        rows = rows[day.pick(pool.iloc[rows], rng)]
        window, touched = day.apply(pool.iloc[rows].reset_index(drop=True), rng)
        for name in day.features:
            counts = yardstick.bins[name].counts(window[name])
            psi[name].append(yardstick.psi(name, window[name]))
            moved.append(abs(counts[-1] / ROWS - yardstick.reference[name][-1] / HOLDOUT_ROWS))
            if name in population.categorical:
                unseen.append(counts[-2] / ROWS - yardstick.good_turing(name))
        p = np.where(touched, after[rows], before[rows])
        score_psi.append(yardstick.psi("probability", p))
        refused.append(np.mean(p >= prediction_log.THRESHOLD) - refused_reference)
    measures = {name: {"psi": spread(values)} for name, values in psi.items()}
    for name, severity in day.features.items():
        found = clear_band(measures[name]["psi"], LIMITS["psi"], f"{day.date} {name} psi")
        assert found == severity, f"{day.date} {name}: {measures[name]} is {found}, not {severity}"
    if len(day.features) == 1:
        name = next(iter(day.features))
        measures[name]["missing_share_moved_by"] = spread(moved)
        clear_band(spread(moved), LIMITS["missing"], f"{day.date} {name} missing")
        if unseen:
            measures[name]["unseen_share_in_excess"] = spread(unseen)
            clear_band(spread(unseen), LIMITS["unseen"], f"{day.date} {name} unseen")
    return measures, {"psi": spread(score_psi), "share_refused_moved_by": spread(refused)}


def rehearse_latency(day):
    rng = stream("rehearse latency " + day.date)
    n = day.rows + day.errors
    p95 = spread([np.quantile(prediction_log.latencies(n, day.latency, rng)[0], 0.95) for _ in range(DRAWS)])
    clear_band(p95, (25.0, 100.0), f"{day.date} latency")
    return p95


# -- checks -----------------------------------------------------------------------------------------------------------


def check_reference(frame, default, probability, population, model):
    """Quartiles, ranges and missing shares as published; the model as strong as promised, for the right reasons."""
    worst = 0.0
    for spec in population.specs[population.specs.kind == "numeric"].itertuples():
        x = frame[spec.feature]
        known = x.dropna()
        for q, want in ((0.25, spec.p25), (0.50, spec.p50), (0.75, spec.p75)):
            got = np.quantile(known, q)
            off = abs(got - want) / abs(want) if want else abs(got)
            worst = max(worst, off)
            assert off <= (0.05 if want else 1e-12), f"{spec.feature}: quantile {q} is {got}, not {want}"
        assert np.float32(spec.min) <= np.float32(known.min()) and np.float32(known.max()) <= np.float32(spec.max), spec.feature
        assert abs(x.isna().mean() - spec.missing_share) < 0.012, f"{spec.feature}: missing {x.isna().mean()}"
    for row in population.level_shares.itertuples():
        assert abs((frame[row.feature] == row.level).mean() - row.share) < 0.012, row
    auc, rate = roc_auc_score(default, probability), float(np.mean(default))
    importance = pd.Series(model.get_feature_importance(type="PredictionValuesChange"), index=model.feature_names_)
    importance = importance.sort_values(ascending=False)
    print(f"worst quartile is off by {worst:.2%}; default rate {rate:.4f}; hold-out AUC {auc:.4f}; "
          f"refused {np.mean(probability >= 0.5):.4f}; trees {model.tree_count_}")  # fmt: skip
    print("most important:", ", ".join(f"{name} {value:.2f}" for name, value in importance.head(12).items()))
    assert 0.07 <= rate <= 0.09 and 0.70 <= auc <= 0.78
    assert {"EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"} <= set(importance.index[:5])
    return {"rows": len(frame), "auc": round(auc, 6), "default_rate": round(rate, 6),
            "share_refused": round(float(np.mean(probability >= 0.5)), 6),
            "most_important": {name: round(float(value), 4) for name, value in importance.head(10).items()}}  # fmt: skip


def check_calm(day, window, reference, psi, population):
    """No feature that the day leaves alone may look drifted."""
    for name in population.features:
        if name in day.features:
            continue
        assert psi[name] < LIMITS["psi"][0], f"{day.date} {name}: PSI {psi[name]:.3f} without an incident"
        if name in population.categorical:
            continue
        a, b = (np.asarray(frame[name], float) for frame in (reference, window))
        ks = ks_2samp(a[~np.isnan(a)], b[~np.isnan(b)], method="asymp")
        assert ks.statistic < 0.10 or ks.pvalue > 1e-3, f"{day.date} {name}: KS {ks}"
        assert abs(np.isnan(a).mean() - np.isnan(b).mean()) < 0.075, f"{day.date} {name}: missing share"


# -- outputs ----------------------------------------------------------------------------------------------------------


def write_parquet(path, columns):
    pq.write_table(pa.table(columns), path, compression="zstd", compression_level=19)


def write_reference(path, frame, default, probability, population):
    columns = {}
    for name in frame.columns:
        if name in population.categorical:
            columns[name] = pa.array(frame[name], pa.string())
        elif name in population.boolean:
            columns[name] = pa.array(frame[name], pa.bool_())
        else:
            columns[name] = pa.array(frame[name].to_numpy(np.float32), pa.float32(), from_pandas=True)
    columns["TARGET"] = pa.array(default, pa.int8())
    columns["probability"] = pa.array(probability, pa.float64())
    write_parquet(path, columns)


def incident_table(days):
    """The table of the README."""
    lines = ["| day | rows | what happens | expected (mean ± sd of 300 rehearsals) |", "|---|---|---|---|"]
    for day, facts in zip(DAYS, days):
        said = []
        for name, severity in day.features.items():
            m = facts["measures"][name]["psi"]
            said.append(f"`{name}` **{severity}**, PSI {m['mean']:.3f} ± {m['sd']:.3f}")
        for test, severity in day.service.items():
            said.append(f"`{test}` **{severity}**, " + (
                f"p95 {facts['latency_p95_ms']['mean']:.1f} ± {facts['latency_p95_ms']['sd']:.1f} ms" if test == "latency"
                else f"{facts['error_rate']:.2%}"))  # fmt: skip
        if not said:
            said = [{"quiet": "stable", "too_few": "`too_few`", "no_data": "`no_data`"}[day.kind]]
        lines.append(f"| {day.date} | {day.rows} | {day.story} | {'; '.join(said)} |")
    return "\n".join(lines)


def put_in_readme(path, table):
    begin, end = "<!-- incidents: written by generate.py -->", "<!-- end of incidents -->"
    if path.exists():
        text = path.read_text(encoding="utf-8")
        head, tail = text.split(begin)[0], text.split(end)[1]
        path.write_text(f"{head}{begin}\n{table}\n{end}{tail}", encoding="utf-8")


# -- the story --------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder to write to")
    out = parser.parse_args().out
    (out / "log").mkdir(parents=True, exist_ok=True)

    population = Population()
    holdout = population.draw(HOLDOUT_ROWS, stream("hold-out"))
    population.anchor(holdout)
    reference, default = population.frame(holdout)
    pool, pool_default = population.frame(population.draw(TRAINING_ROWS, stream("training")))

    model = train(pool, pool_default, population)
    model.save_model(str(out / "model.cbm"))
    probability = score(model, reference, population)
    facts = check_reference(reference, default, probability, population, model)
    write_reference(out / "reference.parquet", reference, default, probability, population)

    yardstick = Yardstick(reference.assign(probability=probability), population.categorical)
    refused_reference = float(np.mean(probability >= prediction_log.THRESHOLD))
    fresh, _ = population.frame(population.draw(30_000, stream("rehearsal")))
    fresh_score = score(model, fresh, population)

    applicants, actual = population.frame(population.draw(sum(day.candidates for day in DAYS), stream("log")))
    whole = {name for name in population.features if is_whole(name)}
    expected, psi_rows, labels, first, client = [], [], [], 0, FIRST_CLIENT
    for day in DAYS:
        rng = stream("log " + day.date)
        own = first + day.pick(applicants.iloc[first : first + day.candidates], rng)
        first += day.candidates
        before = applicants.iloc[own].reset_index(drop=True)
        window, touched = day.apply(before, rng)
        midnight = f"{day.date}T00:00:00Z"
        entry = {"date": day.date, "from": midnight, "to": str(np.datetime64(day.date) + 1) + "T00:00:00Z", "kind": day.kind,
                 "story": day.story, "rows": day.rows, "errors": day.errors,
                 "health_checks": prediction_log.HEALTH_CHECKS if day.rows else 0,
                 "verdict": {"quiet": "stable", "incident": None}.get(day.kind, day.kind),
                 "features": day.features, "service": day.service}  # fmt: skip
        path = out / "log" / f"predictions-{day.date}.ndjson.gz"
        path.unlink(missing_ok=True)
        if day.kind == "no_data":
            expected.append(entry)
            continue

        p = score(model, window, population)
        assert np.min(np.abs(p - prediction_log.THRESHOLD)) > 1e-6, "a score too near the threshold to be rounded safely"
        ids = prediction_log.request_ids(day.rows, rng)
        inputs = prediction_log.inputs_of(window, whole, population.boolean, population.categorical)
        prediction_log.write(path, prediction_log.records(day, inputs, p, ids, client, rng))
        labels += zip(ids, actual[own].tolist())

        entry["rows_touched"] = int(touched.sum())
        entry["error_rate"] = round(day.errors / (day.rows + day.errors), 6)
        entry["share_refused"] = round(float(np.mean(p >= prediction_log.THRESHOLD)), 6)
        if day.features:  # the same applicants before anything happened to them
            unedited = score(model, before, population)
            entry["before"] = {"share_refused": round(float(np.mean(unedited >= prediction_log.THRESHOLD)), 6),
                               "mean_score": round(float(np.mean(unedited)), 6)}  # fmt: skip
        psi = {name: yardstick.psi(name, window[name]) for name in population.features} | {"probability": yardstick.psi("probability", p)}
        psi_rows += [(day.date, name, f"{value:.12f}") for name, value in psi.items()]
        if day.kind != "too_few":
            entry["latency_p95_ms"] = rehearse_latency(day)
            entry["measures"], entry["score"] = rehearse(day, fresh, fresh_score, model, population, yardstick, refused_reference)
            for name, severity in day.features.items():
                entry["measures"][name]["psi"]["of_this_log"] = round(psi[name], 6)
                assert band(psi[name], LIMITS["psi"]) == severity
            moved = entry["share_refused"] - refused_reference
            entry["score"]["psi"]["of_this_log"] = round(psi["probability"], 6)
            entry["score"]["share_refused_moved_by"]["of_this_log"] = round(moved, 6)
            assert day.features or abs(moved) < LIMITS["share_refused"][0], f"{day.date}: share refused moved by {moved:.3f}"
            assert psi["probability"] < LIMITS["psi"][0], f"{day.date}: the score's PSI is {psi['probability']:.3f}"
            check_calm(day, window, reference, psi, population)
        if day.date == DAYS[-1].date:
            write_parquet(out / "incident_amounts_before.parquet", {
                "request_id": ids, "AMT_CREDIT": pa.array(before["AMT_CREDIT"], from_pandas=True),
                "AMT_ANNUITY": pa.array(before["AMT_ANNUITY"], from_pandas=True),
                "probability": score(model, before, population)})  # fmt: skip
        calmest = max((value for name, value in psi.items() if name not in day.features and name != "probability"))
        print(day.date, day.kind, day.rows, {n: m["psi"] for n, m in entry.get("measures", {}).items()}, entry.get("score"),
              f"largest PSI elsewhere {calmest:.3f}", f"p95 {entry.get('latency_p95_ms')}")  # fmt: skip
        expected.append(entry)
        client += day.rows

    write_parquet(out / "labels.parquet", {"request_id": [i for i, _ in labels], "actual": pa.array([a for _, a in labels], pa.int8())})
    pd.DataFrame(psi_rows, columns=["date", "feature", "psi"]).to_csv(out / "psi.csv", index=False, lineterminator="\n")
    about = {"made_by": "generate.py", "seed": SEED, "limits": LIMITS, "latency_p95_ms": {"watch": 25, "alarm": 100},
             "min_rows": 500, "reference": facts, "days": expected}  # fmt: skip
    (out / "expected.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    put_in_readme(out / "README.md", incident_table(expected))


if __name__ == "__main__":
    main()
