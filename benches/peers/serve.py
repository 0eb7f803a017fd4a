#!/usr/bin/env python3
"""`vigie serve` compared with Python services of the same model, each answering one row of 125 features, in turn on one machine.

    benches/peers/serve.py VIGIE PYTHON [--mlflow PYTHON] [--rounds 3] [--seconds 5] [--load] [--guard]

VIGIE is the release binary. PYTHON has benches/peers/serve_requirements.txt; --mlflow one with
crates/mlflow/tests/requirements.txt. `wrk` (Debian: wrk) sends the same body over 1 and 16 connections that stay open.

- vigie: with its log, `durability: written`; and `synced`, and without waiting (`queued`);
- fastapi: FastAPI, uvicorn with uvloop and httptools, CatBoost on a list of values, without any log;
- fastapi-frame: the same on a DataFrame of one row, as most services have it;
- bentoml: a BentoML service on a list of values, if it is installed;
- mlflow: `mlflow models serve`.

Each has one worker process; vigie has as many threads as the machine has cores, as it would. In each round, all are measured
one after the other. Medians of the rounds; the ratio to the best in Python is the median of the ratios of the rounds.

With --load: vigie at half of its highest load, from 64 connections that wait a random time between requests; then with
`vigie check` running again and again at the same time. The two have the weights and the niceness of `systemd/*.service`, through
control groups if they can be made (as root), else niceness alone.
"""

import argparse
import gzip
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "reference_data" / "home_credit"

FASTAPI = """
import json, os
from catboost import CatBoostClassifier
from fastapi import FastAPI, Request
model = CatBoostClassifier()
model.load_model(os.environ["MODEL"])
names = model.feature_names_
categorical = set(model.get_cat_feature_indices())
app = FastAPI()

def value(inputs, place, name):
    found = inputs.get(name)
    if place in categorical:
        return "__MISSING__" if found is None else str(found)
    return float("nan") if found is None else found

@app.post("/predict")
async def predict(request: Request):
    inputs = await request.json()
    row = [value(inputs, place, name) for place, name in enumerate(names)]
    if os.environ.get("FRAME"):
        import pandas as pd
        probability = model.predict_proba(pd.DataFrame([row], columns=names))[0, 1]
    else:
        probability = model.predict_proba([row])[0][1]
    return {"proba_default": float(probability), "decision": "REFUSED" if probability >= 0.5 else "ACCEPTED"}

@app.get("/healthz")
async def health():
    return "ok"
"""

BENTOML = """
import os
import bentoml
from catboost import CatBoostClassifier

@bentoml.service(workers=1)
class Scorer:
    def __init__(self):
        self.model = CatBoostClassifier()
        self.model.load_model(os.environ["MODEL"])
        self.names = self.model.feature_names_
        self.categorical = set(self.model.get_cat_feature_indices())

    @bentoml.api(route="/predict")
    def predict(self, inputs: dict) -> dict:
        row = []
        for place, name in enumerate(self.names):
            found = inputs.get(name)
            if place in self.categorical:
                row.append("__MISSING__" if found is None else str(found))
            else:
                row.append(float("nan") if found is None else found)
        return {"proba_default": float(self.model.predict_proba([row])[0][1])}
"""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def inputs():
    for file in sorted((EXAMPLE / "log").glob("*.ndjson.gz")):
        with gzip.open(file, "rt") as lines:
            for line in lines:
                record = json.loads(line)
                if record.get("outputs", {}).get("proba_default") is not None:
                    return record["inputs"]
    raise SystemExit("the example has no record")


class Subject:
    def __init__(self, name, command, environment, port, path, health, body):
        self.name, self.command, self.environment, self.port = name, command, environment, port
        self.path, self.health, self.body = path, health, body

    def start(self, folder):
        self.log = open(folder / f"{self.name}.log", "wb")
        environment = {**os.environ, **self.environment}
        self.process = subprocess.Popen(
            self.command, cwd=folder, env=environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.health}", timeout=5).read()
                break
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path}", json.dumps(self.body).encode(), {"content-type": "application/json"}
        )
        return json.load(urllib.request.urlopen(request, timeout=60))

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
        self.log.close()

    def measure(self, folder, connections, seconds, wait_ms=0, group=None):
        """Median and 99th percentile of the answer times in milliseconds, and rows a second. `wait_ms`: between the requests
        of a connection, on average."""
        script = folder / f"{self.name}.lua"
        script.write_text(
            'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
            f"wrk.body = [==[{json.dumps(self.body)}]==]\n"
            + (f"function delay() return math.random(0, {round(2 * wait_ms)}) end\n" if wait_ms else "")
        )
        url = f"http://127.0.0.1:{self.port}{self.path}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
        command = group.command(command) if group else command
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in out:
            raise SystemExit(f"{self.name}: {out}")
        shares = dict(re.findall(r"^ +(\d+)% +(\S+) *$", out, re.MULTILINE))
        if "99" not in shares:
            raise SystemExit(f"{self.name} answered nothing: {out}")
        return milliseconds(shares["50"]), milliseconds(shares["99"]), float(re.search(r"Requests/sec:\s+(\S+)", out).group(1))


class Group:
    """A control group with a weight of the processor as systemd's CPUWeight (also "idle"), if one can be made; and a niceness."""

    def __init__(self, name, weight, nice=0):
        self.nice, self.path = nice, None
        own = dict(line.split(":", 2)[1:] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines())
        kinds = [("cpu", "/sys/fs/cgroup/cpu", "cpu.shares"), ("", "/sys/fs/cgroup", "cpu.weight")]
        for kind, root, file in kinds:
            file, value = ("cpu.idle", 1) if weight == "idle" else (file, weight * 1024 // 100 if kind else weight)
            path = pathlib.Path(root + own.get(kind, "/")) / f"vigie-bench-{os.getpid()}-{name}"
            try:
                path.mkdir()
                self.path = path
                (path / file).write_text(str(value))
                return
            except OSError:
                self.remove()

    def command(self, command):
        own = ["nice", "-n", str(self.nice), *command]
        if self.path is None:
            return own
        return ["sh", "-c", f'echo $$ > {shlex.quote(str(self.path / "cgroup.procs"))} && exec "$@"', "sh", *own]

    def remove(self):
        if self.path is not None:
            self.path.rmdir()
            self.path = None


class CheckLoop:
    """`vigie check` of the example's log, again and again."""

    def __init__(self, vigie, group, folder):
        command = [str(vigie), "check", "--config", str(ROOT / "config" / "vigie.yaml"), "--from", "2026-10-01", "--to", "2026-10-15"]
        command += ["--threads", str(max(1, os.cpu_count() // 2))]  # as the daemon
        self.command, self.folder, self.ended, self.runs = group.command(command), folder, threading.Event(), 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            done = subprocess.run(self.command, cwd=self.folder, capture_output=True, text=True)
            if done.returncode not in (0, 1):
                raise SystemExit(f"vigie check: {done.stderr}")
            self.runs += 1

    def stop(self):
        self.ended.set()
        self.thread.join()


def under_load(args, folder, row, highest):
    """Answer times at half of the highest load, alone and with `vigie check` at the same time, in turn."""
    connections = 64
    wait_ms = max(1, 1000 * connections / (highest / 2) - 0.2)
    # The clients are on other machines; here they have the weight of the service.
    groups = {"serve": Group("serve", 500), "wrk": Group("wrk", 500), "check": Group("check", "idle", nice=10)}
    subject = next(subjects(args, folder, row))
    subject.command = groups["serve"].command(subject.command)
    how = "control groups" if groups["check"].path else "niceness"
    rounds = {"alone": [], "with `vigie check`": []}
    try:
        subject.start(folder)
        for _ in range(max(args.rounds, 5)):
            rounds["alone"].append(subject.measure(folder, connections, args.seconds, wait_ms, groups["wrk"]))
            check = CheckLoop(args.vigie, groups["check"], folder)
            time.sleep(0.5)
            rounds["with `vigie check`"].append(subject.measure(folder, connections, args.seconds, wait_ms, groups["wrk"]))
            check.stop()
        subject.stop()
    finally:
        for group in groups.values():
            group.remove()
    changes = [other[1] / alone[1] - 1 for alone, other in zip(*rounds.values())]
    print(f"\n| vigie-written at half load ({how}) | rows/s | p50, ms | p99, ms |\n|---|---|---|---|")
    for name, own in rounds.items():
        p50, p99, rows = (statistics.median(column) for column in zip(*own))
        print(f"| {name} | {rows:,.0f} | {p50:.2f} | {p99:.2f} |")
    print(f"\nChange of p99 by `vigie check`, round by round: {', '.join(f'{change:+.0%}' for change in changes)}")


def milliseconds(text):
    for unit, factor in (("us", 0.001), ("ms", 1), ("s", 1000)):
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    raise ValueError(text)


def subjects(args, folder, row):
    model = str(EXAMPLE / "model.cbm")
    for durability in ("written", "synced", "queued"):
        port = free_port()
        own = folder / f"vigie-{durability}"
        own.mkdir(exist_ok=True)
        (own / "vigie.yaml").write_text(
            f"model: {{name: m, file: {model}, threshold: 0.5}}\nreference: {EXAMPLE}/reference.vigie\n"
            "source: {path: log, fields: {timestamp: ts}}\n"
            f"serve: {{listen: \"127.0.0.1:{port}\", log: {{dir: log, durability: {durability}}}}}\n"
        )
        command = [str(args.vigie), "serve", "--config", str(own / "vigie.yaml")]
        yield Subject(f"vigie-{durability}", command, {}, port, "/predict", "/healthz", row)
    (folder / "app.py").write_text(FASTAPI)
    for name, environment in (("fastapi", {}), ("fastapi-frame", {"FRAME": "1"})):
        port = free_port()
        command = [args.python, "-m", "uvicorn", "app:app", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
        command += ["--no-access-log"]
        yield Subject(name, command, {"MODEL": model, **environment}, port, "/predict", "/healthz", row)
    if subprocess.run([args.python, "-c", "import bentoml"], capture_output=True).returncode == 0:
        port = free_port()
        (folder / "bento.py").write_text(BENTOML)
        command = [args.python, "-m", "bentoml", "serve", "bento:Scorer", "--port", str(port)]
        yield Subject("bentoml", command, {"MODEL": model, "BENTOML_DO_NOT_TRACK": "True"}, port, "/predict", "/healthz", {"inputs": row})
    if args.mlflow:
        port = free_port()
        saved = folder / "mlflow_model"
        code = (
            "import mlflow.catboost, catboost, sys; m = catboost.CatBoostClassifier(); m.load_model(sys.argv[1]);"
            "mlflow.catboost.save_model(m, sys.argv[2])"
        )
        subprocess.run([args.mlflow, "-c", code, model, str(saved)], check=True, capture_output=True)
        command = [args.mlflow, "-m", "mlflow", "models", "serve", "-m", str(saved), "--env-manager", "local", "--port", str(port)]
        path = f"{pathlib.Path(args.mlflow).absolute().parent}:{os.environ['PATH']}"
        body = {"dataframe_records": [row]}
        yield Subject("mlflow", command, {"PATH": path}, port, "/invocations", "/ping", body)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vigie", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("python")
    parser.add_argument("--mlflow")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--load", action="store_true", help="also measure vigie at half load, with and without `vigie check`")
    parser.add_argument("--guard", action="store_true", help="fail below a third of the ratios that are promised")
    args = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed")
    row = inputs()
    results = {}
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        running = []
        try:
            for subject in subjects(args, folder, row):
                running.append(subject)
                try:
                    answer = subject.start(folder)
                except OSError as error:
                    print(f"{subject.name}: not measured: {error}", file=sys.stderr)
                    running.pop().stop()
                    continue
                print(f"{subject.name}: {str(answer)[:90]}", file=sys.stderr)
            # Idle services take no processor time.
            for subject, connections in [(subject, connections) for connections in (1, 16) for subject in running]:
                subject.measure(folder, connections, 1)
            for _ in range(args.rounds):
                for connections in (1, 16):
                    for subject in running:
                        measured = subject.measure(folder, connections, args.seconds)
                        results.setdefault((subject.name, connections), []).append(measured)
        finally:
            for subject in running:
                subject.stop()
        python = [subject.name for subject in running if not subject.name.startswith("vigie")]

        def ratio(name, connections):
            """To the best in Python of the same round."""
            best = [max(rows for _, _, rows in own) for own in zip(*(results[other, connections] for other in python))]
            return statistics.median(own[2] / best for own, best in zip(results[name, connections], best))

        print("| service | connections | p50, ms | p99, ms | rows/s | × the best in Python |\n|---|---|---|---|---|---|")
        for (name, connections), rounds in results.items():
            p50, p99, rows = (statistics.median(column) for column in zip(*rounds))
            print(f"| {name} | {connections} | {p50:.2f} | {p99:.2f} | {rows:,.0f} | {ratio(name, connections):.1f} |")
        if args.load:
            under_load(args, folder, row, statistics.median(rows for _, _, rows in results["vigie-written", 16]))
    if args.guard:
        for connections, wanted in ((1, 4), (16, 10)):
            found = ratio("vigie-written", connections)
            if found < wanted / 3:
                raise SystemExit(f"{connections} connections: {found:.1f} × the best in Python, less than a third of {wanted}")


main()
