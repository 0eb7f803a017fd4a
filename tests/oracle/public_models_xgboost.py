"""XGBoost models that other projects trained and published together with their predictions, for the crate vigie-models.

Usage: python tests/oracle/public_models_xgboost.py DIR                     (clones the repository, which needs a network)
       python tests/oracle/public_models_xgboost.py DIR --mirror CLONE      (reads a local clone of the repository)
Then:  VIGIE_XGBOOST_PUBLIC=DIR cargo test -p vigie-models --test xgboost public
Needs git and numpy, but neither xgboost nor any code of those projects. Writes into DIR, for each model, the files as they are
(`NAME.model.json`, `NAME.ubj`) and `NAME.json` with the rows and the predictions that the project published, as in
xgboost_golden.py. Nothing of it is committed here. Prints NOT RUN, with the reason, for what cannot be had.

jpmml/jpmml-xgboost (AGPL-3.0): models of XGBoost 3.4 with categorical features, dart, forests and every kind of objective,
made by its main.py from public data sets, and the output of `Booster.predict` as CSV.
"""

import argparse
import csv
import io
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

PROJECT = "jpmml/jpmml-xgboost"
RESOURCES = "pmml-xgboost/src/test/resources"
# Algorithm, data sets with and without missing values, and which columns of the published CSV are the predictions.
MODELS = [
    ("AFT", ["LungNA"], ["_target"]),
    ("LinearRegression", ["Auto", "AutoNA"], ["_target"]),
    ("QuantileRegression", ["Auto", "AutoNA"], ["_target"]),
    ("MultiLinearRegression", ["Auto", "AutoNA"], ["_target1", "_target2"]),
    ("MultiDecisionTree", ["Auto", "AutoNA"], ["_target1", "_target2"]),
    ("MultiRandomForest", ["Auto", "AutoNA"], ["_target1", "_target2"]),
    ("PoissonRegression", ["Visit", "VisitNA"], ["_target"]),
    ("GammaRegression", ["Visit", "VisitNA"], ["_target"]),
    ("TweedieRegression", ["Visit", "VisitNA"], ["_target"]),
    ("LogisticRegression", ["Audit", "AuditNA"], ["_target"]),
    ("BinomialClassification", ["Audit", "AuditNA"], ["probability(1)"]),
    ("HingeClassification", ["Audit", "AuditNA"], ["probability(1)"]),
    ("MultinomialClassification", ["Audit", "AuditNA"], ["probability(0)", "probability(1)"]),
    ("MultiBinomialClassification", ["Audit", "AuditNA"], ["probability(_target1, 1)", "probability(_target2, 1)"]),
    ("MultinomialClassification", ["Iris", "IrisNA"], ["probability(0)", "probability(1)", "probability(2)"]),
]
# Predictions of the first iterations only.
SHORTENED = {"BinomialClassification": 31, "MultiBinomialClassification": 31, "MultinomialClassificationIris": 11}


def repository(mirror, temporary):
    """The folder of a clone of the project, with or without a work tree."""
    if mirror:
        return mirror
    subprocess.run(["git", "clone", "-q", "--depth", "1", "--bare", f"https://github.com/{PROJECT}", temporary], check=True)
    return Path(temporary)


def content(git, path):
    done = subprocess.run(["git", "-C", git, "show", f"HEAD:{RESOURCES}/{path}"], check=True, capture_output=True)
    return done.stdout


def table(git, name):
    rows = list(csv.DictReader(io.StringIO(content(git, f"csv/{name}.csv").decode())))
    return {column: [row[column] for row in rows] for column in rows[0]}


def bits(values):
    return [f"{b:08x}" for b in np.array(values, np.float32).view(np.uint32)]


def feature(name, kind, cells):
    """A column, of the type that the file gives it."""
    missing = ("NA", "")
    if kind == "c":
        return {"name": name, "level": [None if cell in missing else cell for cell in cells]}
    if kind == "i":
        return {"name": name, "boolean": [{"TRUE": True, "FALSE": False}[cell] for cell in cells]}
    values = np.array([np.nan if cell in missing else float(cell) for cell in cells])
    return {"name": name, "double": [f"{b:016x}" for b in values.view(np.uint64)]}


def published(git, algorithm, data, columns, iterations):
    name = algorithm + data
    learner = json.loads(content(git, f"xgboost/{name}.json"))["learner"]
    cells = table(git, data)
    results = table(git, f"{name}@{iterations}" if iterations else name)
    best = learner["attributes"].get("best_iteration")
    if best is not None:
        iterations = int(best) + 1  # as the project's main.py predicts
    predictions = np.array([[float(cell) for cell in results[column]] for column in columns]).T
    features = [feature(n, kind, cells[n]) for n, kind in zip(learner["feature_names"], learner["feature_types"])]
    return {
        "rows": len(predictions),
        "outputs": len(columns),
        "options": {"iterations": iterations} if iterations else {},
        "features": features,
        "prediction": bits(predictions.ravel()),
    }


def write(git, folder):
    count = 0
    for algorithm, datas, columns in MODELS:
        for data in datas:
            shortened = SHORTENED.get(algorithm + data.removesuffix("NA")) or SHORTENED.get(algorithm)
            for iterations in {None, shortened}:
                name = f"{algorithm}{data}" + (f"@{iterations}" if iterations else "")
                values = published(git, algorithm, data, columns, iterations)
                (folder / f"{name}.model.json").write_bytes(content(git, f"xgboost/{algorithm}{data}.json"))
                (folder / f"{name}.ubj").write_bytes(content(git, f"xgboost/{algorithm}{data}.ubj"))
                (folder / f"{name}.json").write_text(json.dumps(values, separators=(",", ":")) + "\n", encoding="utf-8")
                count += 1
    # A model of each kind in the old binary format, to be refused.
    (folder / "refused.model").write_bytes(content(git, "xgboost/legacy/LinearRegressionAuto.model"))
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--mirror", type=Path, metavar="CLONE", help="a local clone of the repository")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        try:
            count = write(repository(args.mirror, temporary), args.folder)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"NOT RUN: {PROJECT} cannot be read: {error}")
            raise SystemExit(1) from None
    print(f"{count} models of {PROJECT}")


if __name__ == "__main__":
    main()
