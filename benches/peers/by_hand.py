"""What a good analyst writes by hand: polars reads, PSI on deciles, scipy's KS and chi-square.

by_hand.py REFERENCE WINDOW    the window in Parquet, or in NDJSON with the features under `inputs`
"""

import json
import sys

import numpy as np
import polars as pl
from scipy import stats

NUMERIC = [f"f{i:03d}" for i in range(105)]
CATEGORICAL = [f"c{j:02d}" for j in range(20)]


def read(path):
    if path.endswith(".ndjson"):
        kinds = {name: pl.Float32 for name in NUMERIC} | {name: pl.String for name in CATEGORICAL}
        schema = {"ts": pl.String, "latency_ms": pl.Float64, "request_id": pl.String, "inputs": pl.Struct(kinds)}
        schema |= {"outputs": pl.Struct({"proba_default": pl.Float64})}
        return pl.scan_ndjson(path, schema=schema).select(pl.col("inputs")).unnest("inputs").collect()
    return pl.read_parquet(path, columns=NUMERIC + CATEGORICAL)


def psi(ours, theirs):
    edges = np.unique(np.quantile(ours, np.linspace(0, 1, 11)))
    edges[0], edges[-1] = -np.inf, np.inf
    share = lambda values: np.clip(np.histogram(values, edges)[0] / len(values), 1e-4, None)
    r, w = share(ours), share(theirs)
    return float(((w - r) * np.log(w / r)).sum())


reference, window = read(sys.argv[1]), read(sys.argv[2])
found = {}
for name in NUMERIC:
    ours, theirs = (table[name].drop_nulls().to_numpy() for table in (reference, window))
    ks = stats.ks_2samp(ours, theirs)
    found[name] = {"psi": psi(ours, theirs), "ks": float(ks.statistic), "p_value": float(ks.pvalue)}
for name in CATEGORICAL:
    both = reference[name].value_counts().join(window[name].value_counts(), on=name, how="full", suffix="_window")
    both = both.fill_null(0)
    counts = np.vstack([both["count"].to_numpy(), both["count_window"].to_numpy()])
    test = stats.chi2_contingency(counts + 1e-9)
    found[name] = {"chi2": float(test.statistic), "p_value": float(test.pvalue)}
json.dump(found, sys.stdout)
