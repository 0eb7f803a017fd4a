"""Collects model files of other projects, with the predictions that those projects publish for them, for the test
`crates/models/tests/public_models.rs`. Nothing of it is committed here.

Usage: python tests/oracle/public_models.py DIR       (then VIGIE_PUBLIC_MODELS=DIR cargo test -p vigie-models --test public_models)
Needs cargo, git and no Python package. Sources that cannot be reached are reported as NOT RUN. VIGIE_GIT_BASE names another place
of the git repositories than https://github.com/, such as a folder with clones (OWNER/NAME).

Writes DIR/FAMILY/NAME.model and NAME.json: {"source", "columns": [{"code": bits of doubles}] per feature, "raw": whether raw outputs were
published (else predictions), "expected": bits per row and output, "within": relative tolerance, 0 for equal bits}.
"""

import argparse
import csv
import json
import math
import os
import re
import struct
import subprocess
import tempfile
from pathlib import Path

NAN = math.nan


def bits(value):
    return struct.pack(">d", float(value)).hex()


def write(folder, family, name, source, model, rows, expected, raw=False, within=0.0):
    """Writes one model with its rows and answers. `expected`: a number per row, or a list of one per output."""
    folder = folder / family
    folder.mkdir(parents=True, exist_ok=True)
    assert len(rows) == len(expected) > 0, (name, len(rows), len(expected))
    answers = [value for row in expected for value in (row if isinstance(row, (list, tuple)) else [row])]
    columns = [{"code": [bits(row[column]) for row in rows]} for column in range(len(rows[0]))]
    (folder / f"{name}.model").write_bytes(model)
    out = {"source": source, "columns": columns, "raw": raw, "expected": [bits(value) for value in answers], "within": within}
    (folder / f"{name}.json").write_text(json.dumps(out) + "\n")
    print(f"{family}: {name}, {len(rows)} rows, {len(answers)} {'raw outputs' if raw else 'predictions'}, from {source}")


# -- sources ----------------------------------------------------------------------------------------------------------


class Unreachable(Exception):
    pass


def crate(work, name, version):
    """The folder of a crate's sources, as crates.io has them. The crate is not built."""
    project = work / name
    (project / "src").mkdir(parents=True)
    (project / "src" / "lib.rs").touch()
    dependency = f'{name} = {{ version = "={version}", default-features = false }}'
    (project / "Cargo.toml").write_text(f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\n{dependency}\n')
    found = run(["cargo", "metadata", "--format-version", "1", "--manifest-path", project / "Cargo.toml"], f"crate {name}")
    manifests = [package["manifest_path"] for package in json.loads(found)["packages"] if package["name"] == name]
    return Path(manifests[0]).parent


def repository(work, name, commit):
    """The folder of a git repository at a commit."""
    folder = work / name.replace("/", "+")
    base = os.environ.get("VIGIE_GIT_BASE", "https://github.com/")
    run(["git", "clone", "--quiet", f"{base.rstrip('/')}/{name}", folder], name)
    run(["git", "-C", folder, "checkout", "--quiet", commit], name)
    return folder


def run(command, what):
    try:
        quiet = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
        return subprocess.run(command, check=True, capture_output=True, timeout=120, env=quiet).stdout
    except (OSError, subprocess.SubprocessError) as error:
        why = (getattr(error, "stderr", None) or str(error).encode()).decode(errors="replace").strip()
        raise Unreachable(f"{what}: {why.splitlines()[-1] if why else error}") from error


def table(path, delimiter):
    with open(path, newline="") as lines:
        return [[number(cell) for cell in row] for row in csv.reader(lines, delimiter=delimiter) if row]


def number(cell):
    return NAN if cell.strip().lower() in ("", "nan", "na") else float(cell)


def libsvm(path, columns, absent):
    """Labels are left out; a column that a row does not name is `absent`."""
    rows = []
    for line in Path(path).read_text().splitlines():
        row = [absent] * columns
        for cell in line.split()[1:]:
            column, value = cell.split(":")
            row[int(column)] = float(value)
        rows.append(row)
    return rows


def doubles(path):
    data = Path(path).read_bytes()
    return [value for (value,) in struct.iter_unpack("<d", data)]


# -- LightGBM ---------------------------------------------------------------------------------------------------------


def lightgbm_treeshap(out, work):
    """crates.io, MIT or Apache-2.0: files of LightGBM 4.7 with raw outputs to the bit."""
    tests = crate(work, "treeshap", "0.1.0") / "tests" / "fixtures"
    for name in ("lgb_binary", "lgb_reg_small", "lgb_reg_deep"):
        rows = table(tests / f"{name}.x.csv", ",")
        write(out, "lightgbm", f"treeshap_{name}", "treeshap 0.1.0", (tests / f"{name}.model.txt").read_bytes(), rows,
              doubles(tests / f"{name}.margin.bin"), raw=True)  # fmt: skip


def lightgbm_bosk(out, work):
    """crates.io, MIT or Apache-2.0: files of LightGBM 4.6; its tests state the predictions, with 15 digits or more."""
    folder = crate(work, "bosk", "0.1.0")
    source = (folder / "src" / "lgb.rs").read_text()
    array = r"\[([^\[\]]*)\]"
    numbers = lambda text: [number(cell.replace("f64::NAN", "nan")) for cell in text.split(",") if cell.strip()]  # noqa: E731
    pair = lambda test: re.search(rf"fn {test}\(.*?let features = {array};.*?let expected = ([-\d.]+);", source, re.S).groups()  # noqa: E731
    cases = {}
    for name, test in (("tiny_binary", "test_lightgbm_parity"), ("tiny_nan", "test_lightgbm_nan_parity")):
        features, expected = pair(test)
        cases[name] = [(numbers(features), float(expected))]
    for name, test in (("tiny_zero", "test_lightgbm_zero_as_missing_parity"), ("tiny_sqrt", "test_lightgbm_sqrt_parity")):
        body = re.search(rf"fn {test}\(.*?let cases[^=]*=\s*\[(.*?)\];", source, re.S).group(1)
        cases[name] = [(numbers(row), float(value)) for row, value in re.findall(rf"\({array},\s*([-\d.]+)\)", body)]
    body = re.search(r"const CAT_FIXTURE_CASES.*?&\[(.*?)\n    \];", source, re.S).group(1)
    expected = numbers(re.search(rf"const CAT_EXPECTED[^=]*=\s*{array}", source, re.S).group(1))
    cases["tiny_cat"] = [(numbers(row), expected[int(place)]) for row, place in re.findall(rf"\({array},\s*CAT_EXPECTED\[(\d)\]\)", body)]
    for name, pairs in cases.items():
        model = (folder / "tests" / "fixtures" / f"{name}.lgb").read_bytes()
        write(out, "lightgbm", f"bosk_{name}", "bosk 0.1.0", model, [row for row, _ in pairs], [value for _, value in pairs],
              within=1e-15)  # fmt: skip


def lightgbm_leaves(out, work):
    """GitHub, MIT: files of LightGBM 2 and 3. All digits are published; exponentials are those of other platforms."""
    folder = repository(work, "dmitryikh/leaves", "25d19a787328d95da30a16e531808c0e1f0f7237") / "testdata"
    source = "dmitryikh/leaves"

    def put(name, model, rows, expected, **more):
        write(out, "lightgbm", f"leaves_{name}", source, (folder / model).read_bytes(), rows, expected, **more)

    answers = lambda name, delimiter="\t": [row if len(row) > 1 else row[0] for row in table(folder / name, delimiter)]  # noqa: E731
    put("dart", "lg_dart_breast_cancer.model", table(folder / "breast_cancer_test.tsv", "\t"), answers("lg_dart_breast_cancer_true_predictions.txt"))
    put("kddcup99", "lg_kddcup99.model", table(folder / "kddcup99_test.tsv", "\t"), answers("lg_kddcup99_true_predictions.txt"), raw=True)
    # Before LightGBM 2.2.3, a random forest predicted the mean of 30 trees as it is; later versions apply the sigmoid to it.
    forest = [30 * mean for mean in answers("lg_rf_iris_true_predictions.txt")]
    put("forest", "lg_rf_iris.model", libsvm(folder / "iris_test.libsvm", 4, 0.0), forest, raw=True, within=1e-15)
    rows = [row[1:] for row in table(folder / "multiclass_test.tsv", "\t")]
    put("multiclass", "lgmulticlass.model", rows, answers("lgmulticlass_true_predictions.txt"), within=1e-15)
    put("multiclass_raw", "lgmulticlass.model", rows, answers("lgmulticlass_true_raw_predictions.txt"), raw=True)
    for name in ("gamma_AvgClaimAmount", "poisson_Frequency", "tweedie_PurePremium"):
        stem = f"genlin_fmtp_{name}"
        put(name.split("_")[0], f"{stem}.model", table(folder / f"{stem}_features.tsv", "\t"), answers(f"{stem}_true_predictions.txt"),
            within=1e-15)  # fmt: skip


def lightgbm_treelite(out, work):
    """GitHub, Apache-2.0: files of LightGBM 2 with large sets of categories."""
    folder = repository(work, "dmlc/treelite", "35b90e80018d8337a7eb3f18bdcffe79062b1eea") / "tests" / "examples"
    for name, columns, answer, raw in (("toy_categorical", 2, "pred", False), ("sparse_categorical", 5057, "margin", True)):
        part = folder / name
        rows = libsvm(part / f"{name}.test", columns, NAN)
        expected = [row[0] for row in table(part / f"{name}.test.{answer}", ",")]
        write(out, "lightgbm", f"treelite_{name}", "dmlc/treelite", (part / f"{name}_model.txt").read_bytes(), rows, expected, raw=raw)


SOURCES = [lightgbm_treeshap, lightgbm_bosk, lightgbm_leaves, lightgbm_treelite]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=Path)
    parser.add_argument("--only", help="beginning of the names of sources, such as `lightgbm`")
    args = parser.parse_args()
    for source in SOURCES:
        if args.only and not source.__name__.startswith(args.only):
            continue
        with tempfile.TemporaryDirectory() as work:
            try:
                source(args.dir, Path(work))
            except Unreachable as error:
                print(f"NOT RUN: {source.__name__} ({error})")


if __name__ == "__main__":
    main()
