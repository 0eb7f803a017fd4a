"""Fourteen days: what goes wrong on which, and what a monitor should say about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from population import six_digits

SENTINEL = 365243  # "no employer" in the raw table; cleaned away before training
NEW_LEVEL = "Platform work"  # an employer type training never saw

ROWS = 700
SPACING = 10


@dataclass(frozen=True)
class Day:
    """One UTC day of the log. `change` edits the logged inputs of the rows that `touch` picks."""

    date: str
    kind: str = "quiet"  # quiet | incident | too_few | no_data
    story: str = "nothing happens"
    rows: int = ROWS
    errors: int = 2
    latency: float = 1.0
    touch: Callable | None = None  # (frame, rng) -> which rows
    change: Callable | None = None  # (frame of those rows, rng) -> nothing, edits in place
    spaced_by: str | None = None  # pick the day's applicants evenly along this feature, see `pick`
    features: dict[str, str] = field(default_factory=dict)  # expected severity; the features changed
    service: dict[str, str] = field(default_factory=dict)

    @property
    def candidates(self):
        """How many applicants to draw for this day."""
        return self.rows * (SPACING if self.spaced_by else 1)

    def pick(self, frame, rng):
        """The rows of a frame of candidates that become this day's applicants.

        Spaced: every tenth in the order of one feature (systematic sampling). A PSI between 0.10 and 0.25 scatters by
        about 2 * sqrt(PSI / rows) = 0.03 with 700 rows drawn freely, too much to stay clear of both limits by three
        standard deviations. Nothing else changes: within a tenth the draw is as random as on any other day.
        """
        if self.spaced_by is None:
            return np.arange(len(frame))
        order = np.argsort(frame[self.spaced_by].to_numpy(), kind="stable")
        return rng.permutation(order[rng.integers(SPACING) :: SPACING])

    def apply(self, frame, rng):
        """The changed frame, and which rows were touched."""
        if self.change is None:
            return frame, np.zeros(len(frame), bool)
        touched = self.touch(frame, rng)
        part = frame[touched].copy()
        self.change(part, rng)
        out = frame.copy()
        for name in self.features:
            out.loc[touched, name] = part[name]
        return out, touched


def a_share(share):
    """Exactly this share of the rows, picked at random."""

    def touch(frame, rng):
        mask = np.zeros(len(frame), bool)
        mask[rng.choice(len(frame), round(share * len(frame)), replace=False)] = True
        return mask

    return touch


def all_rows(frame, _rng):
    return np.ones(len(frame), bool)


def zeros_of_quarter(frame, rng):
    """Three of seven zeros: 70% of the known values become 40%."""
    zeros = np.flatnonzero(frame["AMT_REQ_CREDIT_BUREAU_QRT"].to_numpy() == 0)
    mask = np.zeros(len(frame), bool)
    mask[rng.choice(zeros, round(3 / 7 * len(zeros)), replace=False)] = True
    return mask


def lose_ext_source_2(part, _rng):
    part["EXT_SOURCE_2"] = np.nan


def new_employer_type(part, _rng):
    part["ORGANIZATION_TYPE"] = NEW_LEVEL


def more_requests(part, rng):
    part["AMT_REQ_CREDIT_BUREAU_QRT"] = rng.choice([1.0, 2.0, 3.0, 4.0], len(part), p=[0.60, 0.28, 0.09, 0.03])


def raw_sentinel(part, _rng):
    part["DAYS_EMPLOYED"] = float(SENTINEL)


def larger_amounts(part, _rng):
    for name, factor in (("AMT_CREDIT", 1.3), ("AMT_ANNUITY", 1.5)):
        part[name] = six_digits(part[name] * factor)


DAYS = [
    Day("2026-10-01"),
    Day("2026-10-02", "incident", "EXT_SOURCE_2 is missing in 9% of the rows (0.02% before): a provider does not answer",
        touch=a_share(0.09), change=lose_ext_source_2, features={"EXT_SOURCE_2": "alarm"}),
    Day("2026-10-03"),
    Day("2026-10-04", "too_few", "a Sunday with 40 requests: too few rows for a verdict", rows=40, errors=0),
    Day("2026-10-05", "incident", f"ORGANIZATION_TYPE: 12% of the rows carry a level never seen, “{NEW_LEVEL}”",
        touch=a_share(0.12), change=new_employer_type, features={"ORGANIZATION_TYPE": "alarm"}),
    Day("2026-10-06"),
    Day("2026-10-07", "incident", "AMT_REQ_CREDIT_BUREAU_QRT: zeros fall from 70% to 40% of the known values",
        touch=zeros_of_quarter, change=more_requests, features={"AMT_REQ_CREDIT_BUREAU_QRT": "alarm"}),
    Day("2026-10-08"),
    Day("2026-10-09", "incident", f"DAYS_EMPLOYED: the raw sentinel {SENTINEL} reaches the service in 6% of all rows",
        touch=a_share(0.06), change=raw_sentinel, features={"DAYS_EMPLOYED": "alarm"}),
    Day("2026-10-10"),
    Day("2026-10-11", "no_data", "a Sunday without any record; there is no file for this day", rows=0, errors=0),
    Day("2026-10-12", "incident", "the service is slow (latency × 4) and 3% of the requests fail; the inputs are as ever",
        errors=22, latency=4.0, service={"latency": "watch", "error_rate": "watch"}),
    Day("2026-10-13"),
    Day("2026-10-14", "incident", "fees and insurance are suddenly counted into the amounts: AMT_CREDIT × 1.3, AMT_ANNUITY × 1.5",
        touch=all_rows, change=larger_amounts, spaced_by="AMT_CREDIT",
        features={"AMT_ANNUITY": "alarm", "AMT_CREDIT": "watch"}),
]  # fmt: skip
