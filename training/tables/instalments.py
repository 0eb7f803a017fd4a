"""The table `installments_payments`: one row per payment of an instalment of a loan or card."""

from __future__ import annotations

import numpy as np

from . import draw
from .clients import Clients


def installments_payments(seed: int, who: Clients, loans: dict, cards: dict) -> dict:
    """Payments of all instalments that were due before today, by client, loan and number."""
    rng = draw.stream(seed, "installments_payments", who.block)
    loan, number, due, amount, version = _schedule(rng, loans, cards)
    habit = _habits(rng, who, loans)
    client = loans["_owner"][loan]
    rows = len(loan)
    partial = rng.random(rows) < habit["partial"][client]
    source, part = draw.children(1 + partial)
    loan, number, due, amount, version, client, partial = (
        x[source] for x in (loan, number, due, amount, version, client, partial)
    )
    rows = len(loan)
    first_share = rng.beta(0.8, 0.9, len(habit["partial"]))[client] * rng.uniform(0.6, 1.0, rows)
    share = np.where(partial, np.where(part == 0, first_share, 1 - first_share), 1.0)
    overpaid = ~partial & (rng.random(rows) < habit["over"][client])
    paid = np.where(overpaid, amount * rng.uniform(1.05, 3.0, rows), amount * share)
    early = habit["days"][client] * habit["loan_days"][loan] * np.exp(0.45 * rng.standard_normal(rows)) + habit["floor"][client]
    early = np.where(rng.random(rows) < habit["on_the_day"][client], 0.0, np.maximum(np.round(early), 1))
    late = rng.random(rows) < habit["late"][client]
    delay = np.where(late, np.ceil(rng.exponential(9, rows) * np.where(rng.random(rows) < 0.02, 15, 1)), -early)
    entry = np.minimum(due + delay, -1.0)
    unpaid = rng.random(rows) < 0.0003
    return {
        "SK_ID_PREV": loans["SK_ID_PREV"][loan],
        "SK_ID_CURR": loans["SK_ID_CURR"][loan],
        "NUM_INSTALMENT_VERSION": version.astype(float),
        "NUM_INSTALMENT_NUMBER": number.astype(int),
        "DAYS_INSTALMENT": due,
        "DAYS_ENTRY_PAYMENT": np.where(unpaid, np.nan, entry),
        "AMT_INSTALMENT": amount,
        "AMT_PAYMENT": np.where(unpaid, np.nan, draw.grid(paid, 0.045)),
    }


def _habits(rng, who: Clients, loans: dict) -> dict:
    """How each client pays: days in advance, how often on the day, late, in parts or too much."""
    n = len(who.ids)
    return {
        "days": np.exp(1.85 - 0.2 * who.late + 0.55 * rng.standard_normal(n)),
        "loan_days": np.exp(0.35 * rng.standard_normal(len(loans["_owner"]))),
        "floor": np.where(rng.random(n) < 0.45, rng.exponential(4, n), 0.0),
        "on_the_day": np.where(rng.random(n) < 0.55, rng.beta(1.0, 7.0, n), 0.0),
        "late": np.clip(np.exp(-4.4 + 1.15 * who.late + 1.2 * rng.standard_normal(n)), 0, 0.7),
        "partial": np.clip(
            np.where(rng.random(n) < 0.5, np.exp(-2.9 + 0.3 * who.late + 0.9 * rng.standard_normal(n)), 0.001), 0, 0.6
        ),
        "over": np.where(rng.random(n) < 0.15, rng.beta(0.8, 8.0, n), 0.0005),
    }


def _schedule(rng, loans: dict, cards: dict):
    """Instalments due before today: loan (position in the block), number, day, amount, version (0 for cards)."""
    n = len(loans["_owner"])
    term = np.nan_to_num(loans["CNT_PAYMENT"], nan=0.0)
    first = np.nan_to_num(loans["DAYS_FIRST_DUE"], nan=1.0)
    until = np.minimum(loans["_last"], -1)
    count = np.where(loans["_granted"] & (term > 0) & (first < 0), np.floor((until - first) / 30) + 1, 0)
    count = np.where(rng.random(n) < 0.99, np.clip(count, 0, term), 0).astype(int)
    loan, position = draw.children(count)
    settled = (loans["_repaid_early"] & (count < term) & (loans["_last"] < 0))[loan] & (position == count[loan] - 1)
    annuity = np.nan_to_num(loans["AMT_ANNUITY"], nan=0.0)[loan]
    rest = annuity * (term[loan] - count[loan] + 1) * 0.85
    regular = (first[loan] + 30 * position, np.where(settled, draw.grid(rest, 0.045), annuity), np.where(settled, 2, 1))
    small = (position == term[loan] - 1) & ~settled & (rng.random(len(loan)) < 0.5)  # the last one is often a remainder
    amount = np.where(small, draw.grid(regular[1] * rng.uniform(0.3, 1.0, len(loan)), 0.045), regular[1])
    due_on_card = np.flatnonzero(cards["_due"] > 0)
    card_loan = cards["SK_ID_PREV"][due_on_card] - loans["SK_ID_PREV"][0] if n else due_on_card
    card_day = cards["MONTHS_BALANCE"][due_on_card] * 30.0 - 3
    everything = np.concatenate([loan, card_loan])
    number = np.concatenate([position + 1, -cards["MONTHS_BALANCE"][due_on_card]])
    days = np.concatenate([regular[0], card_day])
    order = np.lexsort((days, everything))
    amounts = np.concatenate([amount, cards["_due"][due_on_card]])
    versions = np.concatenate([regular[2], np.zeros(len(due_on_card), int)])
    return everything[order], number[order], days[order], amounts[order], versions[order]
