"""Evidently: its drift preset over all features, HTML and JSON written. evidently_report.py REFERENCE WINDOW FOLDER"""

import os
import sys

os.environ["DO_NOT_TRACK"] = "1"

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

NUMERIC = [f"f{i:03d}" for i in range(105)]
CATEGORICAL = [f"c{j:02d}" for j in range(20)]
reference, window = (pd.read_parquet(path, columns=NUMERIC + CATEGORICAL) for path in sys.argv[1:3])
kinds = DataDefinition(numerical_columns=NUMERIC, categorical_columns=CATEGORICAL)
snapshot = Report([DataDriftPreset()]).run(Dataset.from_pandas(window, kinds), Dataset.from_pandas(reference, kinds))
snapshot.save_html(f"{sys.argv[3]}/evidently.html")
snapshot.save_json(f"{sys.argv[3]}/evidently.json")
