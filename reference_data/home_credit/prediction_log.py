"""The prediction log as a scoring service would write it: one gzipped NDJSON file a day, one JSON object a request."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta, timezone

import numpy as np

THRESHOLD = 0.5  # refused when the probability is at least this
MODEL_VERSION = "1"
HEALTH_CHECKS = 20
LOCAL = timezone(timedelta(hours=2))  # Europe/Paris in October 2026, until the 25th


def request_ids(n, rng):
    return [rng.bytes(16).hex() for _ in range(n)]


def times(date, n, rng):
    """Sorted instants of one day, busiest around 11 and 15 o'clock local time.

    All lie between 04:30 and 19:30 UTC: a day cut at midnight in UTC and one cut at midnight in Paris hold the same rows.
    """
    start = datetime.fromisoformat(date).replace(tzinfo=timezone.utc)
    morning = rng.random(n) < 0.55
    hours = np.where(morning, rng.normal(9.0, 1.4, n), rng.normal(13.2, 1.7, n))
    hours = np.where((hours < 4.6) | (hours > 19.4), rng.uniform(7, 16, n), hours)
    millis = np.sort((hours * 3_600_000).astype(np.int64))
    return [start + timedelta(milliseconds=int(ms)) for ms in millis]


def stamp(instant):
    return instant.astimezone(LOCAL).isoformat(timespec="milliseconds")


def latencies(n, factor, rng):
    """Gamma-shaped, 95th percentile about 12 ms; split into database and inference."""
    total = rng.gamma(4.0, 1.55, n) * factor + 0.3
    database = total * rng.uniform(0.3, 0.6, n)
    inference = (total - database) * rng.uniform(0.5, 0.9, n)
    return np.round(total, 2), np.round(database, 2), np.round(inference, 2)


def inputs_of(frame, whole, boolean, categorical):
    """Rows as JSON objects: null for missing, whole numbers without a point, booleans as such, no `__MISSING__`."""
    columns = []
    for name in frame.columns:
        values = frame[name].tolist()
        if name in boolean:
            columns.append([bool(v) for v in values])
        elif name in categorical:
            columns.append([None if v == "__MISSING__" else v for v in values])
        elif name in whole:
            columns.append([None if v != v else int(v) for v in values])
        else:
            columns.append([None if v != v else v for v in values])
    return [dict(zip(frame.columns, row)) for row in zip(*columns)]


def records(day, inputs, probability, ids, first_client, rng):
    """All records of one day, in the order of time."""
    n, failed = len(inputs), day.errors
    instants = times(day.date, n + failed, rng)
    is_failed = np.zeros(n + failed, bool)
    is_failed[rng.choice(n + failed, failed, replace=False)] = True
    total, database, inference = latencies(n + failed, day.latency, rng)
    failed_ids = request_ids(failed + HEALTH_CHECKS, rng)
    lines, row = [], 0
    for i, instant in enumerate(instants):
        head = {"ts": stamp(instant), "endpoint": "/predict"}
        if is_failed[i]:
            client = int(rng.integers(900_000, 999_999))
            lines.append((instant, head | {
                "status_code": 404, "latency_ms": float(total[i]), "request_id": failed_ids.pop(),
                "model_version": MODEL_VERSION, "sk_id_curr": str(client), "inputs": {"SK_ID_CURR": client},
                "outputs": {"details": f"client {client} is not in the feature store"}, "error": "NOT_FOUND"}))  # fmt: skip
            continue
        p = float(probability[row])
        refused = p >= THRESHOLD
        lines.append((instant, head | {
            "status_code": 200, "latency_ms": float(total[i]), "request_id": ids[row],
            "model_version": MODEL_VERSION, "sk_id_curr": str(first_client + row), "inputs": inputs[row],
            "outputs": {"proba_default": round(p, 6), "score": int(refused), "decision": "REFUSED" if refused else "ACCEPTED",
                        "threshold": THRESHOLD, "timing": {"db_ms": float(database[i]), "inference_ms": float(inference[i])}},
            "error": None}))  # fmt: skip
        row += 1
    for instant in times(day.date, HEALTH_CHECKS, rng):
        lines.append((instant, {
            "ts": stamp(instant), "endpoint": "/health", "status_code": 200, "latency_ms": round(float(rng.gamma(3.0, 0.1)) + 0.05, 2),
            "request_id": failed_ids.pop(), "model_version": MODEL_VERSION, "sk_id_curr": None, "inputs": None,
            "outputs": None, "error": None}))  # fmt: skip
    lines.sort(key=lambda pair: pair[0])
    return [line for _, line in lines]


def write(path, lines):
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n" for line in lines)
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as packed:
        packed.write(text.encode())
