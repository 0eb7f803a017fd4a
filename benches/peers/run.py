#!/usr/bin/env python3
"""vigie beside other tools on the same rows and machine, in turn, as whole processes: times, peak memory, ratios.

    benches/peers/run.py                     everything, about 12 minutes once the workload is made
    benches/peers/run.py check learn         these sections only; what was measured before is kept in the table
    benches/peers/run.py --guard             small sizes, limits three times looser; fails when one is broken (CI)

The workload, the venvs and the figures live in $VIGIE_BENCH_WORK (default ~/.cache/vigie-bench) and are used again.
Needs nothing but Python 3.10, pip and cargo. Writes benches/RESULTS.md (--guard and --no-write do not).
"""

import argparse
import datetime
import gzip
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "benches" / "RESULTS.md"
WINDOW = ["--from", "2026-09-21T00:00:00Z", "--to", "2026-09-23T00:00:00Z"]
FLAT = "{timestamp: timestamp, probability: score, latency_ms: latency_ms%s}"
NESTED = (
    "{timestamp: ts, features: inputs, probability: outputs.proba_default, decision: outputs.decision, "
    "latency_ms: latency_ms, status: status_code, error: error, id: request_id}"
)
NUMERIC = ",".join(f"f{i:03d}" for i in range(105))
CATEGORICAL = ",".join(f"c{j:02d}" for j in range(20))
GIVE_UP = 900  # seconds


class Bench:
    def __init__(self, args):
        self.args = args
        work = pathlib.Path(os.environ.get("VIGIE_BENCH_WORK", "~/.cache/vigie-bench")).expanduser()
        self.work = work / "guard" if args.guard else work
        self.data = self.work / "data"
        self.venvs = work / "venvs"
        self.scale = 0.2 if args.guard else 1
        self.data.mkdir(parents=True, exist_ok=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        self.vigie = target / "release" / "vigie"
        self.floor = target / "release" / "examples" / "decode_floor"
        self.open = target / "release" / "examples" / "open_reference"

    # what is needed

    def build(self):
        if self.args.no_build:
            return
        for what in (["--bin", "vigie"], ["--example", "decode_floor", "--example", "open_reference"]):
            subprocess.run(["cargo", "build", "--release", "--quiet", *what], cwd=ROOT, check=True)

    def python(self, name):
        """A Python with the packages of a tool; `hand`'s also makes the workload."""
        venv = self.venvs / name
        python = venv / "bin" / "python"
        if not (venv / "complete").exists():
            say(f"installing {name} into {venv}")
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements(name)], check=True)
            (venv / "complete").touch()
        return str(python)

    def make(self, *parts):
        script = [self.python("hand"), str(HERE / "workload.py"), str(self.data), str(self.scale), *parts]
        subprocess.run(script, check=True)

    def learn_command(self, out, data=None):
        named = ["--features", f"{NUMERIC},{CATEGORICAL}", "--categorical", CATEGORICAL, "--probability", "score"]
        return [self.vigie, "learn", "--data", data or self.data / "reference.parquet", "--out", out, *named]

    def reference(self):
        self.make("reference")
        run([*self.learn_command(self.data / "reference.vigie")])

    def check_command(self, name, window, fields, reference=None):
        config = self.work / f"{name}.yaml"
        config.write_text(
            f"model: {{name: {name}}}\nreference: {reference or self.data / 'reference.vigie'}\n"
            f"source:\n  path: {self.data / window}\n  fields: {fields}\n"
            f"reports: {{dir: {self.work}/reports}}\nstate: {self.work}/state\n"
        )
        return [self.vigie, "check", "--config", config, *WINDOW]

    # what is measured

    def measure(self, subjects, repeats=None):
        """Runs each in turn, so often; {name: {times, median, memory}}, or {name: {failed}}."""
        repeats = repeats or self.args.repeats
        seen = {name: {"times": [], "memory": 0} for name in subjects}
        for round_ in range(repeats):
            for name, (command, most) in subjects.items():
                if "failed" in seen[name] or round_ >= (most or repeats):
                    continue
                try:
                    seconds, memory = run(command)
                except Failed as failure:
                    seen[name]["failed"] = str(failure)
                    say(f"  {name}: {failure}")
                    continue
                seen[name]["times"].append(seconds)
                seen[name]["memory"] = max(seen[name]["memory"], memory)
        for name, figures in seen.items():
            if figures["times"]:
                figures["median"] = statistics.median(figures["times"])
                say(f"  {name}: {figures['median']:.3f} s, {figures['memory'] / 1e6:.0f} MB")
        return seen

    def peer(self, venv, script, *args):
        return [self.python(venv), HERE / script, *args], self.args.slow

    def check(self):
        self.make("window1m")
        self.reference()
        window = self.data / "window1m.parquet"
        both = (self.data / "reference.parquet", window)
        subjects = {
            "vigie check": (self.check_command("window", "window1m.parquet", FLAT % ", id: prediction_id"), None),
            "vigie check, no id mapped": (self.check_command("no-id", "window1m.parquet", FLAT % ""), None),
            "decode floor": ([self.floor, window], None),
        }
        if not self.args.guard:
            subjects |= {
                "polars + scipy by hand": self.peer("hand", "by_hand.py", *both),
                "NannyML": self.peer("nannyml", "nannyml_drift.py", *both),
                "scouter (PSI of numeric features only)": self.peer("scouter", "scouter_psi.py", *both),
            }
        return self.measure(subjects)

    def evidently(self):
        self.make("window100k")
        self.reference()
        window = self.data / "window100k.parquet"
        evidently, _ = self.peer(
            "evidently", "evidently_report.py", self.data / "reference.parquet", window, self.work
        )
        return self.measure(
            {
                "vigie check": (self.check_command("small", "window100k.parquet", FLAT % ", id: prediction_id"), None),
                "Evidently": (evidently, 1),
            }
        )

    def rows(self):
        self.make("window1m", "window10m")
        self.reference()
        once = 3
        return self.measure(
            {
                "1,000,000 rows": (self.check_command("one", "window1m.parquet", FLAT % ""), None),
                "10,000,000 rows": (self.check_command("ten", "window10m", FLAT % ""), once),
                "1,000,000 rows, id mapped": (
                    self.check_command("one-id", "window1m.parquet", FLAT % ", id: prediction_id"),
                    None,
                ),
                "10,000,000 rows, id mapped": (
                    self.check_command("ten-id", "window10m", FLAT % ", id: prediction_id"),
                    once,
                ),
            }
        )

    def ndjson(self):
        self.make("ndjson")
        self.reference()
        plain = self.data / "window200k.ndjson"
        packed = self.data / "window200k.ndjson.gz"
        if not packed.exists():
            with open(plain, "rb") as lines, gzip.open(packed.with_suffix(".part"), "wb", compresslevel=1) as out:
                shutil.copyfileobj(lines, out, 1 << 20)
            packed.with_suffix(".part").rename(packed)
        zst = self.data / "window200k.ndjson.zst"
        if not zst.exists():
            pack = (
                "import sys, pyarrow as pa\n"
                "with open(sys.argv[1], 'rb') as lines, pa.CompressedOutputStream(sys.argv[2], 'zstd') as out:\n"
                "    while block := lines.read(1 << 20):\n"
                "        out.write(block)\n"
            )
            subprocess.run([self.python("hand"), "-c", pack, plain, zst.with_suffix(".part")], check=True)
            zst.with_suffix(".part").rename(zst)
        long = self.data / "window800k.ndjson"
        if not long.exists():
            with open(long.with_suffix(".part"), "wb") as out:
                for _ in range(4):
                    with open(plain, "rb") as lines:
                        shutil.copyfileobj(lines, out, 1 << 20)
            long.with_suffix(".part").rename(long)
        no_id = NESTED.replace(", id: request_id", "")
        return self.measure(
            {
                "vigie check": (self.check_command("ndjson", plain.name, NESTED), None),
                "polars scan_ndjson + scipy by hand": self.peer(
                    "hand", "by_hand.py", self.data / "reference.parquet", plain
                ),
                "vigie check, the same file as .gz": (self.check_command("ndjson-gz", packed.name, NESTED), 3),
                "vigie check, the same file as .zst": (self.check_command("ndjson-zst", zst.name, NESTED), 3),
                "vigie check, four times the rows in one file, no id mapped": (
                    self.check_command("ndjson-long", long.name, no_id),
                    1,
                ),
            }
        )

    def outcomes(self):
        """What a reference costs that knows how its rows turned out: its target is drawn from the scores."""
        self.make("window1m", "reference")
        data = self.data / "reference-target.parquet"
        if not data.exists():
            draw = (
                "import sys, numpy as np, polars as pl\n"
                "table = pl.read_parquet(sys.argv[1])\n"
                "came_true = np.random.default_rng(5).random(table.height) < table['score'].to_numpy()\n"
                "table.with_columns(target=pl.Series(came_true.astype(np.int8))).write_parquet(sys.argv[2])\n"
            )
            parts = [self.python("hand"), "-c", draw, self.data / "reference.parquet", data.with_suffix(".part")]
            subprocess.run(parts, check=True)
            data.with_suffix(".part").rename(data)
        plain, known = self.data / "reference.vigie", self.data / "reference-target.vigie"
        run(self.learn_command(plain))
        run([*self.learn_command(known, data), "--target", "target"])
        fields = FLAT % ", id: prediction_id"
        return self.measure(
            {
                "reference without a target": (self.check_command("plain", "window1m.parquet", fields), None),
                "reference with a target": (self.check_command("known", "window1m.parquet", fields, known), None),
            }
        )

    def learn(self):
        self.make("reference")
        return self.measure(
            {
                "vigie learn": (self.learn_command(self.data / "again.vigie"), None),
                "decode floor": ([self.floor, self.data / "reference.parquet"], None),
                "the reference opened": ([self.open, self.data / "again.vigie"], None),
            }
        )


class Failed(Exception):
    pass


def say(what):
    print(what, file=sys.stderr, flush=True)


def requirements(name):
    """The lines of requirements.txt below [name]."""
    found, here = [], False
    for line in (HERE / "requirements.txt").read_text().splitlines():
        if line.startswith("["):
            here = line == f"[{name}]"
        elif here and line and not line.startswith("#"):
            found.append(line)
    return found


def run(command):
    """Runs a whole process; seconds by the wall, bytes of memory at its peak."""
    command = [str(word) for word in command]
    started = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=subprocess.PIPE)
        try:
            said = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            process.kill()
            raise
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines()[-1:] or ["no word"]
        raise Failed(f"ended with {process.returncode}: {last[0][:200]}")
    return seconds, usage.ru_maxrss * 1024


# what must hold: section, sentence, what is compared, the limit, whether it is a least or a most


def over(a, b):
    return lambda s: s[a]["median"] / s[b]["median"]


def memory(a):
    return lambda s: s[a]["memory"] / 1e6


def per_row(s):
    more = s["10,000,000 rows, id mapped"]["memory"] - s["10,000,000 rows"]["memory"]
    return more / 1e7


MUST = [
    ("check", "time relative to the decode floor, id mapped", over("vigie check", "decode floor"), "≤", 2.0, "×"),
    ("check", "time relative to the decode floor, no id", over("vigie check, no id mapped", "decode floor"), "≤", 2.0, "×"),
    ("check", "speed-up over hand-written code", over("polars + scipy by hand", "vigie check"), "≥", 10, "×"),
    ("check", "speed-up over NannyML", over("NannyML", "vigie check"), "≥", 12, "×"),
    (
        "check",
        "speed-up over scouter",
        over("scouter (PSI of numeric features only)", "vigie check"),
        "≥",
        4,
        "×",
    ),
    ("check", "peak memory", memory("vigie check"), "≤", 300, " MB"),
    ("evidently", "speed-up over Evidently, 100,000 rows", over("Evidently", "vigie check"), "≥", 200, "×"),
    ("rows", "time for 10,000,000 rows relative to 1,000,000", over("10,000,000 rows", "1,000,000 rows"), "≤", 11, "×"),
    (
        "rows",
        "memory for 10,000,000 rows relative to 1,000,000",
        lambda s: s["10,000,000 rows"]["memory"] / s["1,000,000 rows"]["memory"],
        "≤",
        1.2,
        "×",
    ),
    ("rows", "memory per mapped id", per_row, "≤", 20, " bytes"),
    (
        "ndjson",
        "speed-up over hand-written polars scan_ndjson and scipy",
        over("polars scan_ndjson + scipy by hand", "vigie check"),
        "≥",
        3,
        "×",
    ),
    (
        "ndjson",
        "peak memory, four times the rows",
        memory("vigie check, four times the rows in one file, no id mapped"),
        "≤",
        300,
        " MB",
    ),
    (
        "outcomes",
        "time with a target relative to without",
        over("reference with a target", "reference without a target"),
        "≤",
        1.1,
        "×",
    ),
    ("learn", "time relative to the decode floor", over("vigie learn", "decode floor"), "≤", 4, "×"),
    ("learn", "time to open the reference", lambda s: s["the reference opened"]["median"] * 1e3, "≤", 20, " ms"),
]
GUARDED = {"check", "ndjson", "learn"}
TITLES = {
    "check": "1,000,000 rows × 125 features, Parquet",
    "evidently": "100,000 rows × 125 features, Parquet",
    "rows": "Scaling to ten times the rows",
    "ndjson": "200,000 rows × 125 features, NDJSON in the service-table layout",
    "outcomes": "1,000,000 rows, with and without a target in the reference",
    "learn": "`vigie learn` on 307,511 rows × 125 features",
}


def verdicts(results, looser=1):
    for section, what, figure, kind, limit, unit in MUST:
        if section not in results:
            continue
        try:
            value = figure(results[section]["figures"])
        except KeyError:
            yield section, what, None, kind, limit, unit, None
            continue
        # A peak of memory does not depend on how busy a machine is.
        if looser > 1 and unit in ("×", " ms"):
            limit = limit * looser if kind == "≤" else limit / looser
        yield section, what, value, kind, limit, unit, value <= limit if kind == "≤" else value >= limit


def short(value):
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def page(results, scorer):
    lines = [
        "# Benchmark results",
        "",
        "Generated by `benches/peers/run.py`: medians of whole processes, run in turn on the same machine. Compare ratios within a",
        "section; absolute times depend on the machine. `benches/peers/workload.py` generates the random workload. The decode floor",
        "(`examples/decode_floor.rs`) decodes the same 125 columns with the same library and number of threads, and computes nothing.",
        "`vigie check` includes writing JSON and HTML to disk.",
        "",
        "| target | limit | measured | |",
        "|---|---|---|---|",
    ]
    for section, what, value, kind, limit, unit, holds in verdicts(results):
        measured = "not measured" if value is None else f"{short(value)}{unit}"
        word = "" if holds is None else "met" if holds else "**missed**"
        lines.append(f"| {section}: {what} | {kind} {limit:g}{unit} | {measured} | {word} |")
    for section, title in TITLES.items():
        if section not in results:
            continue
        result = results[section]
        ours = next(iter(result["figures"].values())).get("median")
        lines += ["", f"## {title}", "", "| | median | relative to first | peak memory | runs |", "|---|---|---|---|---|"]
        for name, figures in result["figures"].items():
            if "median" not in figures:
                lines.append(f"| {name} | failed: {figures.get('failed', '')} | | | |")
                continue
            ratio = f"{figures['median'] / ours:.2f} ×" if ours else ""
            lines.append(
                f"| {name} | {figures['median']:.3f} s | {ratio} | {figures['memory'] / 1e6:.0f} MB | {len(figures['times'])} |"
            )
        lines += ["", f"{result['when']}: {result['machine']}"]
    if scorer:
        lines += ["", scorer.strip()]
    lines += ["", (HERE / "notes.md").read_text().strip()]
    return "\n".join(lines) + "\n"


def machine():
    model, cores = platform.processor() or platform.machine(), os.cpu_count()
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1:2]
    load = os.getloadavg()[0]
    return (
        f"{model}, {cores} cores, {gigabytes:.0f} GiB, Linux {platform.release()}, rustc {''.join(rust)}, "
        f"load before {load:.1f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", help=f"of {' '.join(TITLES)} scorer; none: all")
    parser.add_argument("--guard", action="store_true", help="small sizes, loose limits, exit 1 when one is broken")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--slow", type=int, help="runs of by hand, NannyML and scouter, if fewer")
    parser.add_argument("--no-build", action="store_true", help="the binaries in target/release are those to measure")
    parser.add_argument("--no-write", action="store_true", help="print the page instead of writing RESULTS.md")
    args = parser.parse_args()
    unknown = set(args.sections) - set(TITLES) - {"scorer"}
    if unknown:
        parser.error(f"no section is called {', '.join(sorted(unknown))}")
    wanted = args.sections or (sorted(GUARDED) if args.guard else [*TITLES, "scorer"])
    bench = Bench(args)
    bench.build()
    store = bench.work / "figures.json"
    results = json.loads(store.read_text()) if store.exists() and not args.guard else {}
    for section in TITLES:
        if section not in wanted:
            continue
        say(f"{section}: {TITLES[section]}")
        before = machine()
        figures = getattr(bench, section)()
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        results[section] = {"figures": figures, "machine": before, "when": when}
        if not args.guard:
            store.write_text(json.dumps(results, indent=1))
    if args.guard:
        broken = False
        for section, what, value, kind, limit, unit, holds in verdicts(results, looser=3):
            if holds is None:
                continue
            print(f"{section}: {what}: {short(value)}{unit}, {kind} {limit:.3g}{unit}: {'ok' if holds else 'BROKEN'}")
            broken |= not holds
        return 1 if broken else 0
    scorer_page = bench.work / "scorer.md"
    script = HERE / "scorer.py"
    if "scorer" in wanted and script.exists():
        # A script of its own, which prints its tables.
        say("scorer: compared with CatBoost")
        speed = bench.vigie.parent / "examples" / "score_speed"
        printed = None
        if not args.no_build or speed.exists():
            if not args.no_build:
                subprocess.run(["cargo", "build", "--release", "--quiet", "--example", "score_speed"], cwd=ROOT, check=True)
            command = [bench.python("scorer"), script, speed, "--out", bench.work / "scorer.json"]
            command += ["--models", bench.work / "models"]
            printed = subprocess.run(command, capture_output=True, text=True, cwd=bench.work)
        if printed and printed.returncode == 0:
            scorer_page.write_text(f"## The scorer compared with CatBoost\n\n{printed.stdout}")
        else:
            say(f"  failed: {printed.stderr.strip()[-300:] if printed else 'the example score_speed is not built'}")
    text = page(results, scorer_page.read_text() if scorer_page.exists() else "")
    if args.no_write:
        print(text)
    else:
        # What benches/peers/postgres.sh measures is written by hand, at the end.
        _, heading, apart = (RESULTS.read_text() if RESULTS.exists() else "").partition("\n## PostgreSQL")
        RESULTS.write_text(text + heading + apart)
        say(f"written: {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
