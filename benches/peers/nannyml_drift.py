"""NannyML: KS on numeric features, chi-square on categorical ones. nannyml_drift.py REFERENCE WINDOW"""

import os
import sys

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml
import pandas as pd

NUMERIC = [f"f{i:03d}" for i in range(105)]
CATEGORICAL = [f"c{j:02d}" for j in range(20)]
reference, window = (pd.read_parquet(path, columns=NUMERIC + CATEGORICAL) for path in sys.argv[1:3])
calculator = nannyml.UnivariateDriftCalculator(
    column_names=NUMERIC + CATEGORICAL,
    treat_as_categorical=CATEGORICAL,
    continuous_methods=["kolmogorov_smirnov"],
    categorical_methods=["chi2"],
    chunk_number=2,
)
calculator.fit(reference)
print(calculator.calculate(window).to_df().shape)
