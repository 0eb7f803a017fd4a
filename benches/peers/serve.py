#!/usr/bin/env python3
"""`vigie serve` compared with Python services of the same model, each answering one row of 125 features, in turn on one machine.

    benches/peers/serve.py VIGIE PYTHON [--mlflow PYTHON] [--rounds 3] [--seconds 5] [--guard]

VIGIE is the release binary. PYTHON has benches/peers/serve_requirements.txt; --mlflow one with
crates/mlflow/tests/requirements.txt. `wrk` (Debian: wrk) sends the same body over 1 and 16 connections that stay open.

- vigie: with its log, `durability: written`; and `synced`, and without waiting (`queued`);
- fastapi: FastAPI, uvicorn with uvloop and httptools, CatBoost on a list of values, without any log;
- fastapi-frame: the same on a DataFrame of one row, as most services have it;
- bentoml: a BentoML service on a list of values, if it is installed;
- mlflow: `mlflow models serve`.

Each has one worker process; vigie has as many threads as the machine has cores, as it would. Medians of the rounds.
"""

import argparse
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
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

    def measure(self, folder, connections, seconds):
        script = folder / f"{self.name}.lua"
        script.write_text(
            'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
            f"wrk.body = [==[{json.dumps(self.body)}]==]\n"
        )
        url = f"http://127.0.0.1:{self.port}{self.path}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in out:
            raise SystemExit(f"{self.name}: {out}")
        shares = dict(re.findall(r"^ +(\d+)% +(\S+)$", out, re.MULTILINE))
        if "99" not in shares:
            raise SystemExit(f"{self.name} answered nothing: {out}")
        return milliseconds(shares["50"]), milliseconds(shares["99"]), float(re.search(r"Requests/sec:\s+(\S+)", out).group(1))


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
        own.mkdir()
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
    parser.add_argument("--guard", action="store_true", help="fail below a third of the ratios that are promised")
    args = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed")
    row = inputs()
    # CatBoost's own file does not take null in a categorical column.
    results = {}
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        for subject in subjects(args, folder, row):
            try:
                answer = subject.start(folder)
            except OSError as error:
                print(f"{subject.name}: not measured: {error}", file=sys.stderr)
                subject.stop()
                continue
            print(f"{subject.name}: {str(answer)[:90]}", file=sys.stderr)
            for connections in (1, 16):
                subject.measure(folder, connections, 1)
                rounds = [subject.measure(folder, connections, args.seconds) for _ in range(args.rounds)]
                results[subject.name, connections] = [statistics.median(column) for column in zip(*rounds)]
            subject.stop()
    python = [name for name, _ in results if not name.startswith("vigie")]
    best = {c: max(results[name, c][2] for name in python) for c in (1, 16)}
    print("| service | connections | p50, ms | p99, ms | rows/s | × the best in Python |\n|---|---|---|---|---|---|")
    for (name, connections), (p50, p99, rows) in results.items():
        print(f"| {name} | {connections} | {p50:.2f} | {p99:.2f} | {rows:,.0f} | {rows / best[connections]:.1f} |")
    if args.guard:
        for connections, wanted in ((1, 4), (16, 10)):
            ratio = results["vigie-written", connections][2] / best[connections]
            if ratio < wanted / 3:
                raise SystemExit(f"{connections} connections: {ratio:.1f} × the best in Python, less than a third of {wanted}")


main()
