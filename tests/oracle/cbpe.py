"""Compares estimated and realised performance on NannyML's data sets with NannyML and scikit-learn.

Usage: python tests/oracle/cbpe.py path/to/vigie      (requires performance_requirements.txt)

Data: the car loans in chunks of 5,000 rows and the US census (employment) in chunks of 20,000 rows, in file order, from the wheel of
nannyml 0.13.1. Each chunk is a window of vigie. The estimated AUC must be within 0.001 of NannyML's CBPE and within 0.010 of the
realised AUC; the realised AUC must equal scikit-learn's.

Bands: also on windows of a fifth of a chunk. The expected cost of all rows must be within 10% of the realised cost. On the car loans,
which have no concept drift by design, the realised cost must be inside its 95% band in 90% of the windows. (The census spans several
years with real concept drift, which no estimate without labels can detect, so in file order its bands are only printed.)

No concept drift by construction: reference and log together, shuffled and split again, for the car loans, the census and the
hold-out of the example (its first half as reference). Both conditions must hold for all three, which shows that failures in file
order are due to the order.

NannyML's band is three times its sampling error, the spread of the realised metric over the reference scaled to the chunk. The
standard error of vigie is printed next to it and to the spread of the realised AUC over reference chunks of the window length.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
warnings.filterwarnings("ignore")

import nannyml  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

HOLD_OUT = Path(__file__).parents[2] / "reference_data/home_credit/reference.parquet"
CAR_LOANS = [0.971, 0.970, 0.976, 0.968, 0.970, 0.960, 0.959, 0.959, 0.963, 0.958]


def instant(at):
    return at.isoformat() + "Z"


def estimated(reference, log, score, target, decision, rows):
    """AUC and sampling error by chunk, from NannyML."""
    cbpe = nannyml.CBPE(y_pred_proba=score, y_true=target, y_pred=decision, problem_type="classification_binary",
                        metrics=["roc_auc"], chunk_size=rows).fit(reference)
    estimates = cbpe.estimate(log).to_df()
    estimates = estimates[estimates[("chunk", "period")] == "analysis"]["roc_auc"]
    return estimates["value"].tolist(), estimates["sampling_error"].tolist()


def prepared(program, folder, reference, log, score, target, features, group):
    """Writes reference, log, labels and config. Returns the log with times and ids, and a function that checks a window."""
    folder.mkdir()
    log = log.copy()
    log["at"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(range(len(log)), unit="s")
    log["id"] = [f"r{number}" for number in range(len(log))]
    reference[[*features, score, target]].to_parquet(folder / "reference.parquet")
    log[[*features, score, "at", "id"]].to_parquet(folder / "log.parquet", row_group_size=group)
    log[["id", target]].to_parquet(folder / "labels.parquet")

    def vigie(*arguments):
        result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
        if result.returncode:
            sys.exit(f"vigie {arguments[0]}: {result.stderr}")
        return result.stdout

    vigie("learn", "--data", folder / "reference.parquet", "--target", target, "--probability", score, "--holdout", "yes",
          "--out", folder / "reference.vigie")
    config = {"model": {"name": "oracle"}, "reference": "reference.vigie",
              "source": {"path": "log.parquet", "fields": {"timestamp": "at", "probability": score, "id": "id"}},
              "labels": {"path": "labels.parquet", "id": "id", "target": target},
              "reports": {"dir": "reports"}, "state": "state"}
    (folder / "vigie.yaml").write_text(json.dumps(config))

    def check(part):
        until = part["at"].iloc[-1] + pd.Timedelta(seconds=1)
        return json.loads(vigie("check", "--config", folder / "vigie.yaml", "--from", instant(part["at"].iloc[0]), "--to",
                                instant(until), "--format", "json"))

    return log, check


def data_set(program, folder, name, reference, log, score, target, decision, rows):
    features = [column for column in reference.columns if column not in (score, target, decision, "id", "timestamp", "year")]
    texts = [column for column in features if not pd.api.types.is_numeric_dtype(reference[column])]
    for frame in (reference, log):
        frame[texts] = frame[texts].astype(str)
    log, check = prepared(program, folder, reference, log, score, target, features, 5_000)
    theirs, sampling = estimated(reference, log.drop(columns=[target]), score, target, decision, rows)
    failures, worst, worst_realised, errors = [], 0.0, 0.0, []
    for chunk, want in enumerate(theirs):
        part = log.iloc[chunk * rows:(chunk + 1) * rows]
        report = check(part)
        got, known = report["performance"]["estimated"], report["performance"]["realised"]
        errors.append((got["auc"]["high"] - got["auc"]["low"]) / 2 / 1.959964)
        true = roc_auc_score(part[target], part[score])
        gap = abs(got["auc"]["value"] - want)
        worst, worst_realised = max(worst, gap), max(worst_realised, abs(got["auc"]["value"] - true))
        print(f"{name} chunk {chunk}: {len(part)} rows; estimated {got['auc']['value']:.5f}, NannyML {want:.5f}; "
              f"realised {known['auc']['value']:.5f}, scikit-learn {true:.5f}")
        refused = part[score] >= 0.5
        cost = 10 * (part[target].astype(bool) & ~refused).sum() + (~part[target].astype(bool) & refused).sum()
        wrong = {
            "estimated AUC": gap > 0.001, "estimated against realised AUC": abs(got["auc"]["value"] - true) > 0.010,
            "realised AUC": abs(known["auc"]["value"] - true) > 1e-12, "rows": known["rows"] != len(part),
            "cost": report["cost"]["realised"]["total"]["value"] != cost,
            "expected AUC": name == "car loans" and round(true, 3) != CAR_LOANS[chunk],
        }
        failures += [f"{name} chunk {chunk}: {what}" for what, is_wrong in wrong.items() if is_wrong]
    failures += bands(check, name, chunks(log, rows // 5), is_judged=name == "car loans")
    spread = pd.Series([roc_auc_score(part[target], part[score]) for part in chunks(reference, rows)]).std()
    print(f"{name}: standard error of the estimated AUC {sum(errors) / len(errors):.5f}; NannyML's sampling error "
          f"{sum(sampling) / len(sampling):.5f}; spread of the realised AUC over {len(chunks(reference, rows))} chunks of the reference {spread:.5f}")
    print(f"{name}: {len(theirs)} chunks; largest difference to NannyML {worst:.1e}, to the realised AUC {worst_realised:.4f}")
    return failures


def chunks(frame, rows):
    """Full chunks only."""
    return [frame.iloc[at:at + rows] for at in range(0, len(frame) - rows + 1, rows)]


def shuffled(program, folder, name, rows, score, target, learnt, window):
    """Checks bands on shuffled rows, which have no concept drift by construction."""
    rows = rows.iloc[np.random.default_rng(8).permutation(len(rows))].reset_index(drop=True)
    rows["feature"] = rows[score]
    log, check = prepared(program, folder, rows.iloc[:learnt], rows.iloc[learnt:], score, target, ["feature"], window)
    return bands(check, f"{name}, shuffled", chunks(log, window), is_judged=True)


def bands(check, name, windows, is_judged):
    """Checks how often realised values are inside their expected bands."""
    inside, inside_auc, expected, realised = 0, 0, 0.0, 0.0
    for part in windows:
        report = check(part)
        band, actual = report["cost"]["expected"]["total"], report["cost"]["realised"]["total"]["value"]
        inside += band["low"] <= actual <= band["high"]
        auc = report["performance"]["estimated"]["auc"]
        inside_auc += auc["low"] <= report["performance"]["realised"]["auc"]["value"] <= auc["high"]
        expected, realised = expected + band["value"], realised + actual
    off, rows = expected / realised - 1, sum(map(len, windows))
    print(f"{name}: {len(windows)} windows of {len(windows[0])} rows; realised cost inside its 95% band {inside} times, AUC "
          f"{inside_auc} times; total cost {expected:.0f} expected, {realised:.0f} realised ({off:+.1%} on {rows} rows)")
    wrong = {"cost outside its band": is_judged and inside < 0.9 * len(windows), "total cost": abs(off) > 0.10,
             "too few rows": rows < 10_000}
    return [f"{name}: {what}" for what, is_wrong in wrong.items() if is_wrong]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    program, failures = Path(sys.argv[1]).resolve(), []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        reference, log, labels = nannyml.load_synthetic_car_loan_dataset()
        log["repaid"] = labels["repaid"].to_numpy()
        both = pd.concat([reference, log])
        failures += data_set(program, folder / "loans", "car loans", reference, log, "y_pred_proba", "repaid", "y_pred", 5_000)
        failures += shuffled(program, folder / "any loans", "car loans", both, "y_pred_proba", "repaid", len(reference), 1_000)
        reference, log, labels = nannyml.load_us_census_ma_employment_data()
        log["employed"] = labels["employed"].astype(int).to_numpy()
        reference["employed"] = reference["employed"].astype(int)
        both = pd.concat([reference, log])
        failures += data_set(program, folder / "census", "census", reference, log, "predicted_probability", "employed",
                             "prediction", 20_000)
        failures += shuffled(program, folder / "any census", "census", both, "predicted_probability", "employed", len(reference), 4_000)
        example = pd.read_parquet(HOLD_OUT, columns=["probability", "TARGET"])
        failures += shuffled(program, folder / "example", "the example's hold-out", example, "probability", "TARGET", 10_000, 500)
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(bool(failures))


main()
