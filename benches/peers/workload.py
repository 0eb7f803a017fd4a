"""Makes the tables that everybody is measured on: 105 numeric and 20 categorical features, a score, a latency, a time.

workload.py FOLDER SCALE PART…    parts: reference window100k window1m window10m ndjson (what is there already is kept);
                                  SCALE 1 is full size, 0.2 a fifth of the rows
"""

import pathlib
import sys

import numpy as np
import polars as pl

NUMERIC = [f"f{i:03d}" for i in range(105)]
CATEGORICAL = [f"c{j:02d}" for j in range(20)]
DAY_US = 86_400_000_000
# 2026-09-21T00:00:00Z and some: the rows of a window lie within these 24 hours.
START_US = 1_790_000_000_000_000
ROW_GROUP = 131_072


def numeric(r, i, n, drift):
    """Seven shapes in turn: bell, long tail, share, counter, waiting time, whole number, skew."""
    values = [
        lambda: r.normal(0, 1, n),
        lambda: r.lognormal(10, 1, n),
        lambda: r.beta(2, 5, n),
        lambda: r.poisson(3, n).astype(float),
        lambda: r.exponential(500, n),
        lambda: np.round(r.normal(40, 12, n)),
        lambda: r.gamma(2, 3, n),
    ][i % 7]()
    if drift and i % 15 == 4:
        values = values * 1.15 + 0.1
    values = values.astype(np.float32)
    if i % 4 == 1:  # up to 58% missing
        values[r.random(n) < 0.02 * (i % 30)] = np.nan
    return pl.Series(values).fill_nan(None)


def categorical(r, j, n, drift):
    """2 to 53 levels, and two features of 200; some frequent, most rare."""
    levels = 2 + j * 3 if j < 18 else 200
    share = np.arange(1, levels + 1) ** -0.8
    share /= share.sum()
    if drift and j % 6 == 2:
        share *= np.linspace(1, 1.6, levels)
        share /= share.sum()
    return pl.Series(np.array([f"cat_{level}" for level in range(levels)])[r.choice(levels, n, p=share)])


def table(n, seed, drift, first_id=0):
    r = np.random.default_rng(seed)
    columns = {name: numeric(r, i, n, drift) for i, name in enumerate(NUMERIC)}
    columns |= {name: categorical(r, j, n, drift) for j, name in enumerate(CATEGORICAL)}
    score = r.beta(1.2, 10, n)
    columns["score"] = np.clip(score * 1.1, 0, 1) if drift else score
    columns["latency_ms"] = r.gamma(3, 4, n)
    columns["timestamp"] = pl.Series((np.sort(r.random(n)) * DAY_US).astype(np.int64) + START_US).cast(pl.Datetime("us"))
    columns["prediction_id"] = np.arange(first_id, first_id + n)
    return pl.DataFrame(columns)


def parquet(path, frame, **how):
    aside = path.with_suffix(".part")
    frame.write_parquet(aside, compression="zstd", **how)
    aside.rename(path)


def ndjson(path, n):
    """The layout of a service's own table: inputs and outputs nested in each line."""
    frame = table(n, 4, True)
    lines = frame.select(
        ts=pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"),
        endpoint=pl.lit("/predict"),
        status_code=pl.lit(200),
        latency_ms=pl.col("latency_ms").round(3),
        request_id=pl.col("prediction_id").cast(pl.String),
        inputs=pl.struct(NUMERIC + CATEGORICAL),
        outputs=pl.struct(
            proba_default=pl.col("score").round(6),
            score=(pl.col("score") >= 0.5).cast(pl.Int8),
            decision=pl.when(pl.col("score") >= 0.5).then(pl.lit("REFUSED")).otherwise(pl.lit("ACCEPTED")),
            threshold=pl.lit(0.5),
            timing=pl.struct(db_ms=pl.lit(1.0), inference_ms=pl.lit(1.2)),
        ),
        error=pl.lit(None, dtype=pl.String),
    )
    aside = path.with_suffix(".part")
    lines.write_ndjson(aside)
    aside.rename(path)


def make(folder, part, scale):
    rows = lambda n: int(n * scale)
    match part:
        case "reference":
            parquet(folder / "reference.parquet", table(rows(307_511), 1, False))
        case "window100k":
            parquet(folder / "window100k.parquet", table(rows(100_000), 2, True))
        case "window1m":
            parquet(folder / "window1m.parquet", table(rows(1_000_000), 3, True), row_group_size=ROW_GROUP)
        case "window10m":
            many = folder / "window10m"
            many.mkdir(exist_ok=True)
            n = rows(1_000_000)
            for k in range(10):
                path = many / f"part{k}.parquet"
                if not path.exists():
                    parquet(path, table(n, 10 + k, True, k * n), row_group_size=ROW_GROUP)
            (folder / "window10m.done").touch()
        case "ndjson":
            ndjson(folder / "window200k.ndjson", rows(200_000))
        case _:
            sys.exit(f"workload.py: no part is called {part}")


MADE = {
    "reference": "reference.parquet",
    "window100k": "window100k.parquet",
    "window1m": "window1m.parquet",
    "window10m": "window10m.done",
    "ndjson": "window200k.ndjson",
}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[3:]:
        if not (folder / MADE.get(part, part)).exists():
            make(folder, part, float(sys.argv[2]))
