#!/usr/bin/env python3
"""Draws further applicants of the example's population, to measure how often a monitor tells the right story.

    python fresh_rows.py --rows 60000 --out FOLDER      # then: VIGIE_FRESH=FOLDER cargo test --test it rates

No row is in the reference, in training or in the logs. Files are `rows-NN.ndjson.gz`, a JSON object with `inputs` a line, as
the application logs them; scores are left to the reader, who has the model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import prediction_log
from generate import HOLDOUT_ROWS, stream
from population import Population, is_whole

ROWS_PER_FILE = 5_000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--seed", default="0", help="other rows for another seed")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    population = Population()
    population.anchor(population.draw(HOLDOUT_ROWS, stream("hold-out")))
    frame, _ = population.frame(population.draw(options.rows, stream("fresh rows " + options.seed)))
    whole = {name for name in population.features if is_whole(name)}
    for number, start in enumerate(range(0, options.rows, ROWS_PER_FILE)):
        part = frame.iloc[start : start + ROWS_PER_FILE]
        lines = [{"inputs": inputs} for inputs in prediction_log.inputs_of(part, whole, population.boolean, population.categorical)]
        prediction_log.write(options.out / f"rows-{number:02}.ndjson.gz", lines)


if __name__ == "__main__":
    main()
