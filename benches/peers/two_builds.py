#!/usr/bin/env python3
"""Two builds of vigie on the same rows, in turn, as whole processes: ratios of time and of peak memory.

    benches/peers/two_builds.py OLD NEW [--repeats 7] [--only NDJSON]

OLD and NEW are `vigie` binaries. The workload is that of run.py, in $VIGIE_BENCH_WORK (default ~/.cache/vigie-bench).
The ratio is the median of the ratios of each round, so that a machine that slows down slows both. Each build has reports
and a state of its own, because an older one does not write to the ledger of a newer one, which would save it time.
"""

import argparse
import pathlib
import statistics
import tempfile

import run as peers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="a word of the names of those to run")
    args = parser.parse_args()
    bench = peers.Bench(argparse.Namespace(guard=False, no_build=True, repeats=args.repeats, slow=1))
    bench.vigie = args.new.resolve()
    bench.make("reference", "window1m", "ndjson")
    bench.reference()
    with tempfile.TemporaryDirectory(dir=bench.work) as work:
        folders = {args.old: pathlib.Path(work) / "old", args.new: pathlib.Path(work) / "new"}
        compare(args, {binary: commands(bench, folder) for binary, folder in folders.items()})


def commands(bench, work):
    """What one build runs, by name; its reports and state are in `work`."""
    work.mkdir()
    bench.work = work
    no_id = peers.FLAT % ""
    return {
        "learn, 307,511 × 125": bench.learn_command(work / "again.vigie"),
        "check, 1,000,000 × 125, Parquet, id mapped": bench.check_command(
            "window", "window1m.parquet", peers.FLAT % ", id: prediction_id"
        ),
        "check, 1,000,000 × 125, Parquet": bench.check_command("no-id", "window1m.parquet", no_id),
        "check, 200,000 × 125, NDJSON": bench.check_command("ndjson", "window200k.ndjson", peers.NESTED),
    }


def compare(args, builds):
    print(f"{'':45} {'old':>9} {'new':>9} {'time':>7} {'memory':>7}")
    for name in builds[args.new]:
        if args.only not in name:
            continue
        times, memory = {args.old: [], args.new: []}, {args.old: 0, args.new: 0}
        for turn in range(args.repeats):
            for binary in (args.old, args.new) if turn % 2 else (args.new, args.old):
                seconds, peak = peers.run([binary.resolve(), *builds[binary][name][1:]])
                times[binary].append(seconds)
                memory[binary] = max(memory[binary], peak)
        ratio = statistics.median(new / old for old, new in zip(times[args.old], times[args.new]))
        old, new = (statistics.median(times[binary]) for binary in (args.old, args.new))
        print(f"{name:45} {old:8.3f}s {new:8.3f}s {ratio:6.3f}× {memory[args.new] / memory[args.old]:6.3f}×", flush=True)


main()
