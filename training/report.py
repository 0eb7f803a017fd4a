"""The figures of a run as Markdown tables: benchmark, number of columns, choice, test."""

from __future__ import annotations

import json
from pathlib import Path


def _json(root: Path, name: str):
    path = root / name
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}; run `python -m training run --out {root}` first")
    return json.loads(path.read_text(encoding="utf-8"))


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _benchmark(root: Path) -> str:
    benchmark, seconds = _json(root, "benchmark/results.json"), _json(root, "benchmark/seconds.json")
    rows = []
    for name in benchmark["order"]:
        r = benchmark["results"][name]
        half, best = r["at_half"], r["at_cheapest"]
        rows.append([
            name, f"{r['auc_mean']:.4f} ± {r['auc_std']:.4f}", f"{half['business_cost']:,.0f}",
            f"{best['business_cost']:,.0f} at {best['threshold']:.3f}", f"{best['recall']:.3f}", f"{best['precision']:.3f}",
            f"{best['fbeta']:.3f}", f"{seconds[name]:,.1f}",
        ])  # fmt: skip
    return _table(["model", "AUC (folds)", "cost at 0.5", "cheapest cost", "recall", "precision", "F-beta", "seconds"], rows)


def _sizes(root: Path) -> str:
    sizes = _json(root, "select/sizes.json")
    rows = [
        [size, f"{m['auc']:.4f}", f"{m['business_cost']:,.0f}"]
        for size, m in sorted(sizes["sizes"].items(), key=lambda s: int(s[0]))
    ]
    return _table(["columns", "AUC", "cheapest cost"], rows)


def _choice(root: Path) -> str:
    choice = _json(root, "choose/choice.json")
    order = sorted(choice["candidates"].items(), key=lambda c: c[1]["cost"])
    rows = [
        [f"**{name}**" if name == choice["winner"] else name, f"{c['cost']:,.0f}", f"{c['low']:,.0f} to {c['high']:,.0f}",
         "tie" if c["tie"] else "dearer", f"{c['metrics']['auc']:.4f}"]
        for name, c in order
    ]  # fmt: skip
    return _table(["candidate", "cost", "more than the cheapest (95%)", "", "AUC"], rows)


def _test(root: Path) -> str:
    results = _json(root, "final/results.json")
    order = sorted(results["all"].items(), key=lambda r: r[1]["business_cost"])
    rows = [
        [f"**{name}**" if name == results["family"] else name, f"{m['auc']:.4f}", f"{m['business_cost']:,.0f}", f"{m['threshold']:.3f}",
         f"{m['recall']:.3f}", f"{m['precision']:.3f}", f"{m['fbeta']:.3f}"]
        for name, m in order
    ]  # fmt: skip
    return _table(["model", "AUC", "cost", "threshold", "recall", "precision", "F-beta"], rows)


def report(root: Path) -> str:
    """All tables of a run."""
    split, choice, results = _json(root, "split/step.json"), _json(root, "choose/choice.json"), _json(root, "final/results.json")
    steps = [p.parent for p in root.glob("*/step.json")]
    wall = sum(_json(p, "step.json")["seconds"]["wall"] for p in steps)
    cpu = sum(_json(p, "step.json")["seconds"]["cpu"] for p in steps)
    reads = "once" if results["test_reads"] == 1 else f"{results['test_reads']} times"
    return "\n".join([
        f"Seed {split['seed']}; {choice['clients']:,} clients in train and valid ({choice['defaults']:,} defaults), "
        f"{results['clients']:,} in test ({results['defaults']:,}). All steps: {wall:,.0f} s, {cpu:,.0f} s of processor time.\n",
        "Benchmark, out of fold, each fold with its own columns:\n", _benchmark(root),
        "Number of columns (LightGBM, out of fold):\n", _sizes(root),
        f"Choice: {choice['winner']} at {choice['threshold']:.4f}, by out-of-fold cost:\n", _choice(root),
        f"Test, read {reads} after the choice:\n", _test(root),
    ])  # fmt: skip
