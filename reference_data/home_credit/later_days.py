#!/usr/bin/env python3
"""Makes `incidents/`: eight further days of the log, each with one cause, and the story that a monitor should tell of it.

    python later_days.py            # after generate.py, whose model it reads; writes beside this file
    python later_days.py --out DIR

An incident edits the logged record, as a fault in the application would; the application scores what it logs. So wherever an
edit touches inputs, the logged score is the model's answer to the edited inputs. The expected story (kind, members, side,
onset, severity) is written down here, before vigie has read a row, and copied to `incidents/expected.json` as it stands.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier

import prediction_log
from generate import DRAWS, FIRST_CLIENT, HOLDOUT_ROWS, check_calm, score, spread, stream
from incidents import DAYS, ROWS, Day
from population import Population, is_whole, six_digits
from psi import Yardstick

ONSET = "14:20"  # UTC, the time zone of the windows
ONSET_TOLERANCE_MINUTES = 10
AMOUNTS = ["AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL"]
# Hidden scores of the applicants of the campaign, and by how many standard deviations they are drawn towards less. Chosen so
# that the PSI of AMT_INCOME_TOTAL is about that of the amounts in thousands: by size alone the two cannot be told apart.
CAMPAIGN = {"AMT_INCOME_TOTAL": -0.9, "AMT_CREDIT": -0.2}
POOL = 20_000  # applicants among whom the campaign finds its own


@dataclass(frozen=True)
class LaterDay(Day):
    """`inputs` edits the day's answered records given those of the day before; `outputs` edits them after scoring."""

    inputs: Callable | None = None
    outputs: Callable | None = None
    campaign: dict[str, float] = field(default_factory=dict)
    used: int = ROWS  # rows that a monitor can use
    severity: str = "stable"
    stories: tuple = ()
    findings: dict[str, str] = field(default_factory=dict)  # of the run as a whole, by test

    @property
    def candidates(self):
        return POOL if self.campaign else self.rows


# -- edits ------------------------------------------------------------------------------------------------------------


def block(lines, prefix):
    return [name for name in lines[0]["inputs"] if name.startswith(prefix)]


def lose_bureau(lines, _yesterday, _rng):
    for line in lines:
        line["inputs"].update(dict.fromkeys(block(lines, "BUREAU_")))


def is_late(instant):
    """At or after the onset, in UTC."""
    return f"{instant.astimezone(timezone.utc):%H:%M}" >= ONSET


def amounts_in_thousands(lines, _yesterday, _rng):
    for line in lines:
        if is_late(datetime.fromisoformat(line["ts"])):
            for name in AMOUNTS:
                if line["inputs"][name] is not None:
                    line["inputs"][name] = float(six_digits(line["inputs"][name] / 1000))


def repeat_yesterday(lines, yesterday, rng):
    names = block(lines, "PREV_INST_")
    for line, source in zip(lines, rng.permutation(len(yesterday))):
        line["inputs"].update({name: yesterday[source]["inputs"][name] for name in names})


def refuse_everyone(lines, _rng):
    for line in lines:
        line["outputs"]["decision"] = "REFUSED"


def percent(lines, rng):
    for row in rng.choice(len(lines), round(0.3 * len(lines)), replace=False):
        lines[row]["outputs"]["proba_default"] = round(100 * lines[row]["outputs"]["proba_default"], 4)


# -- the days ---------------------------------------------------------------------------------------------------------


def story(kind, members, side, severity, onset=None, block=None, may=()):
    """`members` must all be named; those of `may` can be. `onset`: the time of day, or none if every row is affected."""
    out = {"kind": [kind], "members": members, "may": list(may), "side": side, "onset": onset, "severity": severity}
    return out | ({"block": block} if block else {})


LATER_DAYS = [
    LaterDay("2026-10-15", "incident", "the credit bureau does not answer: all 25 features of BUREAU_ are empty in every row",
        inputs=lose_bureau, severity="alarm",
        stories=(story("gap", ["BUREAU_*"], "pipeline", "alarm", block="BUREAU_"),)),
    LaterDay("2026-10-16", "incident", "a rule behind the model refuses everyone: every logged decision is REFUSED, scores and inputs are as ever",
        outputs=refuse_everyone, severity="alarm", findings={"decision": "alarm", "share_refused": "alarm"}),
    LaterDay("2026-10-17", "incident", "the score is logged in percent in 30% of the rows",
        rows=800, used=560, outputs=percent, severity="alarm", findings={"left_out": "alarm"}),
    LaterDay("2026-10-19", "incident", f"the four amounts of the application are in thousands from {ONSET} on",
        inputs=amounts_in_thousands, severity="alarm",
        stories=(story("unit", AMOUNTS, "pipeline", "alarm", onset=ONSET),)),
    LaterDay("2026-10-20"),
    LaterDay("2026-10-21", "incident", "the table of former instalments is not refreshed: the 36 features of PREV_INST_ repeat rows of the day before",
        inputs=repeat_yesterday, severity="alarm",
        stories=(story("stale", ["PREV_INST_*"], "pipeline", "alarm", block="PREV_INST_"),)),
    LaterDay("2026-10-22", "incident", "a campaign for small loans to households with low incomes; their AMT_INCOME_TOTAL drifts as much as on 2026-10-19",
        campaign=CAMPAIGN, severity="alarm",
        stories=(story("shift", AMOUNTS, "population", "alarm", may=[
            "REGION_RATING_CLIENT_W_CITY", "NAME_EDUCATION_TYPE", "OWN_CAR_AGE", "APARTMENTS_MODE", "BUREAU_AMT_CREDIT_SUM_*",
            "PREV_AMT_*", "PREV_INST_AMT_*"]),)),
    LaterDay("2026-10-23"),
]  # fmt: skip


def matches(name, patterns):
    return any(name == p or (p.endswith("*") and name.startswith(p[:-1])) for p in patterns)


def is_story_of(day, name):
    return any(matches(name, one["members"] + one["may"]) for one in day.stories)


# -- making them ------------------------------------------------------------------------------------------------------


def pick(day, draw, rng):
    """The rows of a draw that become the day's applicants."""
    if not day.campaign:
        return np.arange(day.rows)
    weight = np.exp(sum(tilt * draw.scores[name] for name, tilt in day.campaign.items()))
    return rng.choice(len(draw), day.rows, replace=False, p=weight / weight.sum())


def frame_of(lines, population):
    """The logged inputs as the application passes them to the model."""
    frame = pd.DataFrame([line["inputs"] for line in lines], columns=population.features)
    for name in population.features:
        if name in population.categorical:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "__MISSING__")
        else:
            frame[name] = frame[name].astype(float)
    return frame


def answer(line, probability):
    refused = probability >= prediction_log.THRESHOLD
    line["outputs"] |= {"proba_default": round(probability, 6), "score": int(refused), "decision": "REFUSED" if refused else "ACCEPTED"}


def answered(lines):
    return [line for line in lines if line["endpoint"] == "/predict" and line["error"] is None]


def rehearse(population, yardstick):
    """PSI of the amounts in windows with the unit error and with the campaign: of one size."""
    rng = stream("later rehearsal")
    draw = population.draw(POOL, rng)
    frame, _ = population.frame(draw)
    unit = next(day for day in LATER_DAYS if day.inputs is amounts_in_thousands)
    campaign = next(day for day in LATER_DAYS if day.campaign)
    measured = {day.date: {name: [] for name in AMOUNTS} for day in (unit, campaign)}
    for _ in range(DRAWS):
        window = frame.iloc[rng.choice(POOL, ROWS, replace=False)].copy()
        late = rng.permutation([is_late(at) for at in prediction_log.times(unit.date, ROWS, rng)])
        window.loc[late, AMOUNTS] = window.loc[late, AMOUNTS] / 1000
        tilted = frame.iloc[pick(campaign, draw, rng)]
        for name in AMOUNTS:
            measured[unit.date][name].append(yardstick.psi(name, window[name]))
            measured[campaign.date][name].append(yardstick.psi(name, tilted[name]))
    sizes = {date: {name: spread(values) for name, values in features.items()} for date, features in measured.items()}
    ours, theirs = sizes[unit.date]["AMT_INCOME_TOTAL"]["mean"], sizes[campaign.date]["AMT_INCOME_TOTAL"]["mean"]
    assert abs(ours / theirs - 1) < 0.10, f"AMT_INCOME_TOTAL: {ours} by the unit, {theirs} by the campaign"
    credit = sizes[campaign.date]["AMT_CREDIT"]
    assert credit["mean"] - 3 * credit["sd"] > 0.25, f"the campaign's AMT_CREDIT is not clearly an alarm: {credit}"
    return sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder with the model; `incidents` is made in it")
    out = parser.parse_args().out
    (out / "incidents" / "log").mkdir(parents=True, exist_ok=True)

    population = Population()
    holdout = population.draw(HOLDOUT_ROWS, stream("hold-out"))
    population.anchor(holdout)
    reference, _ = population.frame(holdout)
    model = CatBoostClassifier().load_model(str(out / "model.cbm"))
    yardstick = Yardstick(reference, population.categorical)
    sizes = rehearse(population, yardstick)

    whole = {name for name in population.features if is_whole(name)}
    client = FIRST_CLIENT + sum(day.rows for day in DAYS)
    expected, yesterday = [], []
    for day in LATER_DAYS:
        rng = stream("later day " + day.date)
        draw = population.draw(day.candidates, rng)
        window = population.frame(draw)[0].iloc[pick(day, draw, rng)].reset_index(drop=True)
        inputs = prediction_log.inputs_of(window, whole, population.boolean, population.categorical)
        ids = prediction_log.request_ids(day.rows, rng)
        lines = prediction_log.records(day, inputs, score(model, window, population), ids, client, rng)
        client += day.rows

        rows, before = answered(lines), copy.deepcopy(answered(lines))
        if day.inputs is not None:
            day.inputs(rows, yesterday, rng)
        logged = frame_of(rows, population)
        probability = score(model, logged, population)
        assert np.min(np.abs(probability - prediction_log.THRESHOLD)) > 1e-6, "a score too near the threshold to be rounded safely"
        for line, p in zip(rows, probability.tolist()):
            answer(line, p)
        if day.outputs is not None:
            day.outputs(rows, rng)
        prediction_log.write(out / "incidents" / "log" / f"predictions-{day.date}.ndjson.gz", lines)

        psi = {name: yardstick.psi(name, logged[name]) for name in population.features}
        touched = [name for name in population.features if is_story_of(day, name)]
        check_calm(replace(day, features=dict.fromkeys(touched, "")), logged, reference, psi, population)
        end = datetime.fromisoformat(day.date) + timedelta(days=1)
        expected.append({
            "date": day.date, "from": f"{day.date}T00:00:00Z", "to": f"{end:%Y-%m-%d}T00:00:00Z", "kind": day.kind, "what": day.story,
            "rows": day.rows, "errors": day.errors, "health_checks": prediction_log.HEALTH_CHECKS, "rows_used": day.used,
            "rows_touched": sum(ours["inputs"] != theirs["inputs"] or ours["outputs"] != theirs["outputs"] for ours, theirs in zip(rows, before)),
            "severity": day.severity, "stories": list(day.stories), "findings": day.findings, "psi": sizes.get(day.date, {}),
        })  # fmt: skip
        print(day.date, day.kind, len(rows), "rows,", expected[-1]["rows_touched"], "touched, refused", f"{np.mean(probability >= 0.5):.3f}",
              {name: round(psi[name], 3) for name in touched[:6]})  # fmt: skip
        yesterday = rows

    about = {"made_by": "later_days.py", "onset_tolerance_minutes": ONSET_TOLERANCE_MINUTES, "days": expected}
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    (out / "incidents" / "expected.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
