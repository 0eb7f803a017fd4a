#!/usr/bin/env python3
"""Whether two builds of vigie say the same: the reports' JSON, byte for byte but for its `run` section.

    benches/peers/same.py OLD NEW CONFIG DAY…       days like 2026-10-01, or FROM..TO

Both check every window on a copy of the config that writes elsewhere. Exit code 1: they differ.
"""

import datetime
import pathlib
import re
import subprocess
import sys
import tempfile


def report(binary, config, begin, end):
    with tempfile.TemporaryDirectory() as folder:
        text = re.sub(r"^reports:.*(\n[ ]+.*)*", f"reports: {{dir: {folder}/reports}}", config.read_text(), flags=re.M)
        text = re.sub(r"^state:.*", f"state: {folder}/state", text, flags=re.M)
        # Paths of a config are seen from its folder.
        copy = config.with_name(f".same-{pathlib.Path(folder).name}.yaml")
        copy.write_text(text)
        try:
            command = [binary, "check", "--config", copy, "--from", begin, "--to", end]
            subprocess.run(command, check=True, capture_output=True)
        finally:
            copy.unlink()
        (place,) = pathlib.Path(folder, "reports").rglob("report.json")
        before, rest = place.read_text().split('\n  "run": {\n', 1)
        return before + rest.split("\n  },\n", 1)[1]


def main():
    old, new, config, *days = sys.argv[1:]
    differ = 0
    for day in days:
        begin, _, end = day.partition("..")
        end = end or str(datetime.date.fromisoformat(begin) + datetime.timedelta(days=1))
        reports = [report(binary, pathlib.Path(config), begin, end) for binary in (old, new)]
        same = reports[0] == reports[1]
        differ += not same
        print(f"{day}: {'the same' if same else 'DIFFERENT'} ({len(reports[0])} characters)")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
