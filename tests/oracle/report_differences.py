#!/usr/bin/env python3
"""Compares the reports that two builds of vigie write for every day of the committed example.

    tests/oracle/report_differences.py OLD NEW [--texts]

OLD and NEW are `vigie` binaries. Prints each path of report.json whose values differ, with the number of differences and one
example (with --texts up to 50); `run` (time, version, id) is left out. Text of more than two words on both sides is a
sentence, if its numbers are equal. Exits with 1 if anything but a sentence differs.
"""

import argparse
import collections
import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NUMBER = re.compile(r"[0-9]+(?:[.][0-9]+)?(?:e-?[0-9]+)?")
FIRST, DAYS = datetime.date(2026, 10, 1), 14


def reports(binary, work, config):
    found = []
    for day in range(DAYS):
        start = FIRST + datetime.timedelta(days=day)
        window = ["--from", f"{start}T00:00:00Z", "--to", f"{start + datetime.timedelta(days=1)}T00:00:00Z"]
        command = [binary, "check", "--config", config, *window]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{binary}: {start}: {done.stderr.strip()}")
    for path in sorted((work / "reports").rglob("report.json")):
        found.append(json.loads(path.read_text()))
    return found


def compare(old, new, path, into):
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            compare(old.get(name, "absent"), new.get(name, "absent"), f"{path}.{name}", into)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for before, after in zip(old, new):
            compare(before, after, f"{path}[]", into)
    elif old != new or type(old) is not type(new):
        is_sentence = all(isinstance(value, str) and value.count(" ") > 1 for value in (old, new))
        is_sentence = is_sentence and NUMBER.findall(old) == NUMBER.findall(new)
        into[path, is_sentence].append((old, new))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--texts", action="store_true")
    args = parser.parse_args()
    all_reports = []
    for binary in (args.old, args.new):
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            text = (ROOT / "config" / "vigie.yaml").read_text()
            text = text.replace("../reports", f"{work}/reports").replace("../.vigie", f"{work}/state")
            text = text.replace("../reference_data", str(ROOT / "reference_data"))
            config = work / "vigie.yaml"
            config.write_text(text)
            all_reports.append(reports(binary.resolve(), work, config))
    old, new = all_reports
    if len(old) != DAYS or len(new) != DAYS:
        sys.exit(f"{len(old)} and {len(new)} reports instead of {DAYS}")
    differences = collections.defaultdict(list)
    for before, after in zip(old, new):
        del before["run"], after["run"]
        compare(before, after, "", differences)
    for (path, is_sentence), pairs in sorted(differences.items()):
        print(f"{'text' if is_sentence else 'VALUE'} {path}: {len(pairs)} differ")
        for before, after in sorted({(str(before), str(after)) for before, after in pairs})[: 50 if args.texts else 1]:
            print(f"    old: {before[:300]}\n    new: {after[:300]}")
    values = sum(not is_sentence for _, is_sentence in differences)
    print(f"{DAYS} days: {values} paths with different values, {len(differences) - values} with different sentences")
    return values > 0


sys.exit(main())
