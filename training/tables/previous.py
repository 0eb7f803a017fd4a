"""The table `previous_application`: earlier requests of a client to the same lender, granted or not."""

from __future__ import annotations

import numpy as np

from . import draw
from .clients import Clients
from .levels import PREVIOUS as LEVELS

FIRST_LOAN = 1_000_000
IDS_PER_BLOCK = 1_000_000
NOT_YET = 365_243
"""Days of events that have not happened: due dates of revolving loans, the end of running loans. Kept as numbers in the table."""


def previous_application(seed: int, who: Clients) -> dict:
    """The requests of the block, by client and from the oldest to the newest, and hidden columns that start with `_`."""
    rng = draw.stream(seed, "previous_application", who.block)
    counts = np.where(who.in_previous, np.minimum(1 + rng.poisson(3.4 * np.exp(1.0 * who.activity - 0.35)), 70), 0)
    owner, position = draw.children(counts)
    n = len(owner)
    age = np.clip(2_922 * rng.beta(0.95, 1.75, n), 2, 2_922)
    age = age[np.lexsort((-age, owner))]  # oldest first within each client
    kind = _kind(rng, n, position)
    status = _status(rng, kind, position, who.risk[owner])
    granted = status == "Approved"
    money = _amounts(rng, kind, status, who.wealth[owner])
    days = _days(rng, kind, status, age, money["CNT_PAYMENT"])
    words = _words(rng, kind, status)
    cash, consumer = kind == "Cash loans", kind == "Consumer loans"
    seller = np.where(
        consumer,
        np.round(draw.lognormal(rng, 150, 1.5, n=n)),
        np.where(rng.random(n) < 0.75, -1, np.round(draw.lognormal(rng, 30, 1.0, n=n))),
    )
    return money | days | words | {
        "SK_ID_PREV": FIRST_LOAN + who.block * IDS_PER_BLOCK + np.arange(n),
        "SK_ID_CURR": who.ids[owner],
        "NAME_CONTRACT_TYPE": kind,
        "NAME_CONTRACT_STATUS": status,
        "HOUR_APPR_PROCESS_START": np.clip(np.round(12.5 + 3.3 * rng.standard_normal(n)), 0, 23).astype(int),
        "NFLAG_LAST_APPL_IN_DAY": (rng.random(n) < 0.9965).astype(int),
        "DAYS_DECISION": -np.round(age).astype(int),
        "SELLERPLACE_AREA": np.minimum(seller, 4_000_000).astype(int),
        "NFLAG_INSURED_ON_APPROVAL": np.where(granted, (rng.random(n) < 0.33).astype(float), np.nan),
        "_owner": owner,
        "_granted": granted,
        "_repaid_early": granted & (cash | consumer) & (rng.random(n) < 0.33),
    }  # fmt: skip


def _kind(rng, n, position):
    """A first request is mostly a purchase on credit; later ones are also cash and cards."""
    u = rng.random(n)
    first = np.where(u < 0.86, "Consumer loans", np.where(u < 0.97, "Cash loans", "Revolving loans"))
    later = np.where(u < 0.36, "Consumer loans", np.where(u < 0.845, "Cash loans", np.where(u < 0.999, "Revolving loans", "XNA")))
    return np.where(position == 0, first, later).astype(object)


def _status(rng, kind, position, risk):
    """Refusals grow with risk; cash and unknown kinds are often cancelled; nearly every first request is granted."""
    n = len(kind)
    refused = draw.sigmoid(-1.75 + 0.55 * risk)
    refused = np.where(kind == "Consumer loans", 0.6 * refused, 1.25 * refused)
    cancelled = np.where(kind == "Cash loans", 0.30, np.where(kind == "Revolving loans", 0.18, 0.01))
    unused = np.where(kind == "Consumer loans", 0.045, 0.0)
    u = rng.random(n)
    out = np.where(
        u < refused,
        "Refused",
        np.where(u < refused + cancelled, "Canceled", np.where(u < refused + cancelled + unused, "Unused offer", "Approved")),
    )
    out = np.where((position == 0) & (rng.random(n) < 0.985), "Approved", out)
    return np.where(kind == "XNA", "Canceled", out).astype(object)


def _amounts(rng, kind, status, wealth):
    """Amounts, number of payments and annuity. Cancelled requests often name no amount."""
    n = len(kind)
    cash, consumer, card = kind == "Cash loans", kind == "Consumer loans", kind == "Revolving loans"
    asked = np.where(consumer, 66_000, np.where(cash, 230_000, 180_000)) * np.exp(
        0.30 * wealth + np.where(consumer, 0.78, 0.95) * rng.standard_normal(n)
    )
    asked = np.where(consumer, draw.grid(asked, 4.5), np.maximum(draw.grid(asked, 4_500), 4_500))
    none = ((status == "Canceled") & (rng.random(n) < 0.85)) | (kind == "XNA")
    down_share = np.where(rng.random(n) < 0.42, 0.0, np.clip(rng.gamma(2.2, 0.06, n), 0.02, 0.9))
    insurance = 1 + np.where(rng.random(n) < 0.45, rng.uniform(0.08, 0.22, n), 0.0)
    credit = np.where(
        consumer, draw.grid(asked * (1 - down_share) * insurance, 4.5), draw.grid(asked * np.where(cash, insurance, 1.0), 4.5)
    )
    term = np.where(consumer, rng.choice([6, 8, 10, 12, 18, 24], n, p=[0.17, 0.05, 0.24, 0.36, 0.08, 0.10]),
                    rng.choice([12, 18, 24, 36, 48, 60], n, p=[0.25, 0.13, 0.26, 0.19, 0.11, 0.06])).astype(float)  # fmt: skip
    annuity = np.where(card, 0.05 * credit, credit / np.where(card, 20, term) * (1 + 0.012 * term))
    gone = none | ((status == "Refused") & (rng.random(n) < 0.12)) | ((status == "Unused offer") & (rng.random(n) < 0.8))
    down = np.where(consumer & ~gone, draw.grid(asked * down_share, 4.5), np.nan)
    goods = np.where(none | (card & (rng.random(n) < 0.6)), np.nan, asked)
    return {
        "AMT_APPLICATION": np.where(none, 0.0, np.where(card & (rng.random(n) < 0.6), 0.0, asked)),
        "AMT_CREDIT": np.where(none, 0.0, credit),
        "AMT_ANNUITY": np.where(gone, np.nan, draw.grid(annuity, 0.045)),
        "AMT_DOWN_PAYMENT": down,
        "AMT_GOODS_PRICE": goods,
        "RATE_DOWN_PAYMENT": np.where(np.isnan(down), np.nan, np.round(down / np.maximum(asked, 1), 6)),
        "RATE_INTEREST_PRIMARY": np.where(consumer & (rng.random(n) < 0.006), np.round(rng.uniform(0.1, 0.9, n), 6), np.nan),
        "RATE_INTEREST_PRIVILEGED": np.where(consumer & (rng.random(n) < 0.006), np.round(rng.uniform(0.4, 1.0, n), 6), np.nan),
        "CNT_PAYMENT": np.where(gone, np.nan, np.where(card, 0.0, term)),
    }


def _days(rng, kind, status, age, payments):
    """Days of first and last due date, relative to today; 365243 for events that have not happened. Missing unless granted."""
    n = len(kind)
    granted, card = status == "Approved", kind == "Revolving loans"
    first = np.round(-age + np.where(rng.random(n) < 0.88, rng.integers(28, 36, n), rng.integers(36, 75, n)))
    planned = first + 30 * (np.nan_to_num(payments, nan=1.0) - 1)
    early = np.round(first + (planned - first) * np.where(rng.random(n) < 0.33, rng.uniform(0.2, 0.95, n), 1.0))
    running = (early > 0) | card
    last = np.where(running, NOT_YET, early)
    undrawn = card & (rng.random(n) < 0.36)
    values = {
        "DAYS_FIRST_DRAWING": np.where(card & ~undrawn, np.round(-age + rng.integers(1, 40, n)), NOT_YET),
        "DAYS_FIRST_DUE": np.where(undrawn, NOT_YET, first),
        "DAYS_LAST_DUE_1ST_VERSION": np.where(card, NOT_YET, planned),
        "DAYS_LAST_DUE": last,
        "DAYS_TERMINATION": np.where(running, NOT_YET, np.minimum(last + rng.integers(2, 12, n), -1)),
    }
    return {name: np.where(granted, x, np.nan) for name, x in values.items()} | {
        "_last": np.where(running, np.minimum(planned, 10_000), early)
    }


def _words(rng, kind, status):
    """Text columns that follow from kind and status of the loan."""
    n = len(kind)
    cash, consumer, card = kind == "Cash loans", kind == "Consumer loans", kind == "Revolving loans"
    named = status != "Canceled"
    refused = status == "Refused"
    reason = draw.pick(rng, refused, LEVELS["CODE_REJECT_REASON"], "XAP")
    reason[status == "Unused offer"] = "CLIENT"
    portfolio = np.where(consumer, "POS", np.where(cash & named, "Cash", np.where(card & named, "Cards", "XNA"))).astype(object)
    portfolio[consumer & (rng.random(n) < 0.001)] = "Cars"
    product = draw.pick(rng, (cash | card) & named, {"x-sell": 0.66, "walk-in": 0.34}, "XNA")
    combination = LEVELS["PRODUCT_COMBINATION"]
    some = lambda start: {k: v for k, v in combination.items() if k.startswith(start)}  # noqa: E731
    text = draw.pick(rng, consumer, some("POS"), "Cash")
    text[cash] = draw.levels(rng, some("Cash"), int(cash.sum()))
    text[card] = draw.levels(rng, some("Card"), int(card.sum()))
    return {
        "WEEKDAY_APPR_PROCESS_START": draw.levels(rng, LEVELS["WEEKDAY_APPR_PROCESS_START"], n),
        "FLAG_LAST_APPL_PER_CONTRACT": draw.levels(rng, LEVELS["FLAG_LAST_APPL_PER_CONTRACT"], n),
        "NAME_CASH_LOAN_PURPOSE": draw.pick(rng, cash, LEVELS["NAME_CASH_LOAN_PURPOSE"], "XAP"),
        "NAME_PAYMENT_TYPE": draw.levels(rng, LEVELS["NAME_PAYMENT_TYPE"], n),
        "CODE_REJECT_REASON": reason,
        "NAME_TYPE_SUITE": draw.levels(rng, LEVELS["NAME_TYPE_SUITE"], n),
        "NAME_CLIENT_TYPE": draw.levels(rng, LEVELS["NAME_CLIENT_TYPE"], n),
        "NAME_GOODS_CATEGORY": draw.pick(rng, consumer, LEVELS["NAME_GOODS_CATEGORY"], "XNA"),
        "NAME_PORTFOLIO": portfolio,
        "NAME_PRODUCT_TYPE": product,
        "CHANNEL_TYPE": draw.levels(rng, LEVELS["CHANNEL_TYPE"], n),
        "NAME_SELLER_INDUSTRY": draw.pick(rng, consumer, LEVELS["NAME_SELLER_INDUSTRY"], "XNA"),
        "NAME_YIELD_GROUP": draw.pick(rng, named, LEVELS["NAME_YIELD_GROUP"], "XNA"),
        "PRODUCT_COMBINATION": np.where(kind == "XNA", None, text),
    }
