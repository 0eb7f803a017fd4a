"""scouter: PSI of numeric features alone, missing values filled as it wants no null. scouter_psi.py REFERENCE WINDOW"""

import sys

import polars as pl
from scouter.drift import Drifter, PsiDriftConfig

NUMERIC = [f"f{i:03d}" for i in range(105)]
reference, window = (
    pl.read_parquet(path, columns=NUMERIC).fill_null(0).to_numpy().astype("float64") for path in sys.argv[1:3]
)
drifter = Drifter()
try:
    config = PsiDriftConfig(name="bench", space="bench", version="0.1.0")
except TypeError:  # newer versions name it later
    config = PsiDriftConfig()
profile = drifter.create_drift_profile(reference, config)
print(type(drifter.compute_drift(window, profile)).__name__)
