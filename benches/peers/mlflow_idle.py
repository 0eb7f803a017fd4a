#!/usr/bin/env python3
"""A check with MLflow configured but idle against the same check without it, in turn, as whole processes.

    benches/peers/mlflow_idle.py VIGIE PYTHON [--rounds 15] [--rows 60000]

VIGIE is the binary, PYTHON one with crates/mlflow/tests/requirements.txt, whose MLflow server is started on a free port.
The rows are those of the example's log, repeated. Three configs, each with reports and a state of its own:

- plain: model and reference are files;
- idle server: the same, and `mlflow:` names the server, which nothing asks;
- registry: model and reference are addresses; the model is kept, and the server says that it is still the version.

The ratio is the median of the ratios of each round, so that a machine that slows down slows all.
"""

import argparse
import gzip
import json
import os
import pathlib
import resource
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

import run as peers

EXAMPLE = peers.ROOT / "reference_data" / "home_credit"
ADDRESS = "models:/credit-default@champion"
DRIVER = peers.ROOT / "crates" / "mlflow" / "tests" / "real_driver.py"


def start(python, folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--serve-artifacts"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", f"{folder}/artifacts"]
    path = f"{pathlib.Path(python).absolute().parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with open(folder / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/version", timeout=5).read()
            return server, url
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the server does not start: {(folder / 'server.log').read_text()}")


def log(folder, rows):
    """The example's records, all on one day, each repetition with ids of its own."""
    records = []
    for file in sorted((EXAMPLE / "log").glob("*.ndjson.gz")):
        with gzip.open(file, "rt") as lines:
            records += [json.loads(line) for line in lines]
    records = [record for record in records if record.get("inputs") and record.get("outputs")]
    with open(folder / "log.ndjson", "w") as out:
        for index in range(rows):
            record = {**records[index % len(records)], "request_id": f"r{index}"}
            second = index * 86_400 // rows
            record["ts"] = f"2026-10-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
            out.write(json.dumps(record) + "\n")


def commands(args, folder, url, model):
    environment = {**os.environ, "MLFLOW_TRACKING_URI": url, "XDG_CACHE_HOME": str(folder / "cache")}
    learn = [args.vigie, "learn", "--data", EXAMPLE / "reference.parquet", "--target", "TARGET", "--probability", "probability"]
    learn += ["--holdout", "yes", "--model", ADDRESS, "--register", "--out", folder / "reference.vigie"]
    subprocess.run(learn, env=environment, check=True, stdout=subprocess.DEVNULL)
    files, server = (model, folder / "reference.vigie"), f"mlflow: {{tracking_uri: \"{url}\"}}\n"
    for name, (file, reference), section in [
        ("plain", files, ""), ("idle server", files, server), ("registry", (ADDRESS, ADDRESS), server),
    ]:
        own = folder / name
        own.mkdir()
        (own / "vigie.yaml").write_text(
            f"model: {{name: m, file: \"{file}\", threshold: 0.5}}\nreference: \"{reference}\"\n{section}"
            f"source:\n  path: {folder}/log.ndjson\n  fields: {peers.NESTED}\nreports: {{dir: reports}}\n"
        )
        yield name, [args.vigie, "check", "--config", own / "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]


def compare(args, subjects):
    times = {name: [] for name in subjects}
    for turn in range(args.rounds + 1):
        names = list(subjects)
        names = names[turn % len(names):] + names[:turn % len(names)]
        for name in names:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds, _ = peers.run(subjects[name])
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if turn > 0:  # the first round fills the caches
                times[name].append((seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    print(f"{args.rows:,} rows, {args.rounds} rounds, medians: time by the wall and of the processor, each with its ratio to plain")
    for name, own in times.items():
        line = f"{name:12}"
        for which in (0, 1):
            pairs = [(a[which], b[which]) for a, b in zip(own, times["plain"])]
            ratio = statistics.median(a / b for a, b in pairs)
            difference = statistics.median(a - b for a, b in pairs)
            line += f" {statistics.median(a for a, _ in pairs):8.3f} s {ratio:7.3f} × {difference * 1000:+7.1f} ms"
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vigie", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("python")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--rows", type=int, default=60_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        server, url = start(args.python, folder)
        try:
            environment = {**os.environ, "MLFLOW_TRACKING_URI": url, "GIT_PYTHON_REFRESH": "quiet"}
            register = [args.python, DRIVER, "example", EXAMPLE / "model.cbm", EXAMPLE / "reference.parquet", folder]
            registered = subprocess.run(register, cwd=folder, env=environment, check=True, capture_output=True, text=True)
            log(folder, args.rows)
            model = json.loads(registered.stdout.splitlines()[-1])["file"]
            compare(args, dict(commands(args, folder, url, model)))
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


main()
