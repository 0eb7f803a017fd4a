"""The table `application`: one row per client, with the current request, the target and what the client stated."""

from __future__ import annotations

import numpy as np

from . import draw, target
from .clients import Clients
from .levels import APPLICATION as LEVELS
from .schema import DOCUMENTS, HOUSING, PERIODS

NOT_EMPLOYED = 365_243
"""DAYS_EMPLOYED of clients without an employer."""

_DOCUMENT_SHARES = {3: 0.71, 6: 0.088, 8: 0.081, 5: 0.015, 11: 0.0039, 9: 0.0039, 13: 0.0035, 14: 0.0029, 16: 0.0099, 18: 0.0081,
                    15: 0.0012}  # fmt: skip
_REQUESTS = {
    "HOUR": (0.0064, 0.0),
    "DAY": (0.0070, 0.0),
    "WEEK": (0.034, 0.0),
    "MON": (0.15, 0.3),
    "QRT": (0.55, 0.15),
    "YEAR": (1.9, 0.4),
}
_HOUSING = {  # median, spread of the logarithm or of the value, further missing share, kind
    "APARTMENTS": (0.0876, 0.70, 0.02, "log"), "BASEMENTAREA": (0.0763, 0.75, 0.20, "log"),
    "YEARS_BEGINEXPLUATATION": (0.9816, 0.006, 0.0, "linear"), "YEARS_BUILD": (0.7552, 0.09, 0.36, "linear"),
    "COMMONAREA": (0.0211, 0.90, 0.42, "log"), "ELEVATORS": (0.0, 0.0, 0.08, "steps"), "ENTRANCES": (0.1379, 0.55, 0.02, "log"),
    "FLOORSMAX": (0.1667, 0.55, 0.0, "log"), "FLOORSMIN": (0.2083, 0.55, 0.39, "log"), "LANDAREA": (0.0481, 0.80, 0.23, "log"),
    "LIVINGAPARTMENTS": (0.0756, 0.70, 0.39, "log"), "LIVINGAREA": (0.0745, 0.75, 0.0, "log"),
    "NONLIVINGAPARTMENTS": (0.0, 0.01, 0.41, "zeros"), "NONLIVINGAREA": (0.0036, 1.6, 0.13, "zeros"),
}  # fmt: skip


def application(seed: int, who: Clients) -> dict:
    """The columns of the block, target included."""
    rng = draw.stream(seed, "application", who.block)
    columns = (
        _request(rng, who) | _person(rng, who) | _work(rng, who) | _scores(rng, who) | _building(rng, who) | _flags(rng, who)
    )
    columns["SK_ID_CURR"] = who.ids
    columns["TARGET"] = target.target(draw.stream(seed, "target", who.block), who, columns)
    return columns


def _request(rng, who: Clients) -> dict:
    n = len(who.ids)
    income = draw.lognormal(rng, 157_500, 0.36, 0.34 * who.wealth)
    income = np.where(rng.random(n) < 0.35, draw.grid(income, 45_000), draw.grid(income, 4_500))
    z = 0.55 * who.wealth + np.sqrt(1 - 0.55**2) * rng.standard_normal(n)
    credit = np.exp(draw.quartiles(z, np.log(262_000), np.log(450_000), np.log(690_000)))
    revolving = rng.random(n) < 0.0997
    credit = np.where(revolving, draw.grid(np.clip(credit * 0.6, 135_000, 900_000), 45_000), credit)
    insured = 1 + np.where((rng.random(n) < 0.65) & ~revolving, rng.uniform(0.05, 0.22, n), 0.0)
    goods = np.maximum(draw.grid(credit / insured, 4_500), 45_000)
    goods = np.where(rng.random(n) < 0.5, np.maximum(draw.grid(goods, 45_000), 45_000), goods)
    credit = np.clip(draw.grid(goods * insured, 4.5), 45_000, 2_245_500)
    share = np.where(revolving, 0.05, 0.0585 * np.exp(0.33 * rng.standard_normal(n)))
    annuity = np.maximum(draw.grid(credit * share * (450_000 / credit) ** 0.12, 4.5), 2_295)
    return {
        "NAME_CONTRACT_TYPE": np.where(revolving, "Revolving loans", "Cash loans").astype(object),
        "AMT_INCOME_TOTAL": np.clip(income, 27_000, 4_410_000),
        "AMT_CREDIT": credit,
        "AMT_ANNUITY": draw.blank(rng, annuity, 0.0005),
        "AMT_GOODS_PRICE": draw.blank(rng, np.minimum(goods, 2_245_500), 0.0004),
        "NAME_TYPE_SUITE": draw.levels(rng, LEVELS["NAME_TYPE_SUITE"], n),
        "WEEKDAY_APPR_PROCESS_START": draw.levels(rng, LEVELS["WEEKDAY_APPR_PROCESS_START"], n),
        "HOUR_APPR_PROCESS_START": np.clip(np.round(12 + 3.2 * rng.standard_normal(n)), 0, 23).astype(int),
    }


def _person(rng, who: Clients) -> dict:
    n = len(who.ids)
    family = draw.levels(rng, LEVELS["NAME_FAMILY_STATUS"], n)
    children = np.minimum(rng.poisson(0.55 * np.exp(0.35 * who.youth)), 9) * (who.age < 58)
    adults = 1 + np.isin(family, ["Married", "Civil marriage"])

    def days(low, median, high):
        return np.round(np.clip(draw.quartiles(rng.standard_normal(n), low, median, high), -who.age * 365 + 4_000, 0))  # noqa: E731

    return {
        "CODE_GENDER": draw.levels(rng, LEVELS["CODE_GENDER"], n),
        "FLAG_OWN_REALTY": draw.levels(rng, LEVELS["FLAG_OWN_REALTY"], n),
        "CNT_CHILDREN": children,
        "NAME_EDUCATION_TYPE": _education(rng, who),
        "NAME_FAMILY_STATUS": family,
        "NAME_HOUSING_TYPE": draw.levels(rng, LEVELS["NAME_HOUSING_TYPE"], n),
        "CNT_FAM_MEMBERS": draw.blank(rng, children + adults, 0.0001),
        "REGION_POPULATION_RELATIVE": np.clip(draw.lognormal(rng, 0.0188, 0.6, 0.1 * who.wealth), 0.00029, 0.072508).round(6),
        "DAYS_BIRTH": -np.round(who.age * 365.25).astype(int),
        "DAYS_REGISTRATION": days(-7_480, -4_504, -2_010),
        "DAYS_ID_PUBLISH": np.clip(days(-4_448, -3_234, -1_706), -6_400, 0).astype(int),
        "DAYS_LAST_PHONE_CHANGE": draw.blank(rng, np.clip(days(-1_766, -863, -363), -4_300, 0), 0.00003),
    }


def _education(rng, who: Clients):
    names = ["Lower secondary", "Secondary / secondary special", "Incomplete higher", "Higher education", "Academic degree"]
    z = 0.3 * who.wealth + np.sqrt(1 - 0.3**2) * rng.standard_normal(len(who.ids))
    return draw.ordered_levels(z, {name: LEVELS["NAME_EDUCATION_TYPE"][name] for name in names})


def _work(rng, who: Clients) -> dict:
    n = len(who.ids)
    days = np.exp(
        draw.quartiles(
            0.35 * -who.youth - 0.1 * who.risk + 0.93 * rng.standard_normal(n), np.log(861), np.log(1_765), np.log(3_329)
        )
    )
    days = np.clip(np.round(days), 1, np.maximum((who.age - 16) * 365, 30)).astype(int)
    organisation = {k: v for k, v in LEVELS["ORGANIZATION_TYPE"].items() if k != "XNA"}
    occupation = dict(LEVELS["OCCUPATION_TYPE"])
    occupation[None] -= 0.19  # the rest of the missing share are clients without an employer
    income = draw.levels(rng, LEVELS["NAME_INCOME_TYPE"], n)
    car = draw.levels(rng, LEVELS["FLAG_OWN_CAR"], n)
    car_age = np.clip(
        np.exp(draw.quartiles(-0.3 * who.wealth + 0.95 * rng.standard_normal(n), np.log(4.4), np.log(9), np.log(15))), 0, 74
    )
    return {
        "NAME_INCOME_TYPE": np.where(who.retired, "Pensioner", income),
        "DAYS_EMPLOYED": np.where(who.retired, NOT_EMPLOYED, -days),
        "OCCUPATION_TYPE": np.where(who.retired, None, draw.levels(rng, occupation, n)),
        "ORGANIZATION_TYPE": np.where(who.retired, "XNA", draw.levels(rng, organisation, n)),
        "FLAG_OWN_CAR": car,
        "OWN_CAR_AGE": np.where((car == "Y") & (rng.random(n) < 0.9995), np.round(car_age), np.nan),
        "FLAG_EMP_PHONE": (~who.retired).astype(int),
    }


def _scores(rng, who: Clients) -> dict:
    n = len(who.ids)

    def external(loadings, low, median, high, missing):
        own = np.sqrt(1 - sum(w * w for _, w in loadings))
        z = sum(w * score for score, w in loadings) + own * rng.standard_normal(n)
        logit = [np.log(q / (1 - q)) for q in (low, median, high)]
        return np.where(missing, np.nan, np.clip(draw.sigmoid(draw.quartiles(z, *logit)), 1e-6, 0.97).round(9))

    unknown = np.where(who.in_bureau, 0.122, 0.55)  # the third source needs a file at the bureau
    requests = np.where(who.in_bureau, 0.058, 0.56) > rng.random(n)
    counts = {}
    for period in PERIODS:
        mean, weight = _REQUESTS[period]
        counts[f"AMT_REQ_CREDIT_BUREAU_{period}"] = np.where(
            requests, np.nan, rng.poisson(mean * np.exp(weight * who.activity - weight**2 / 2))
        )
    seen = rng.poisson(1.4 * np.exp(0.6 * rng.standard_normal(n))).astype(float)
    defaults = rng.binomial(seen.astype(int), np.clip(0.085 * np.exp(0.25 * who.risk), 0, 1)).astype(float)
    social = rng.random(n) < 0.0006
    return counts | {
        "EXT_SOURCE_1": external([(who.risk, -0.60), (who.youth, -0.35)], 0.3437, 0.5068, 0.6660, rng.random(n) < 0.4212),
        "EXT_SOURCE_2": external([(who.risk, -0.64), (who.wealth, 0.15)], 0.4083, 0.5588, 0.6585, rng.random(n) < 0.0006),
        "EXT_SOURCE_3": external([(who.risk, -0.64)], 0.3639, 0.5191, 0.6529, rng.random(n) < unknown),
        "OBS_30_CNT_SOCIAL_CIRCLE": np.where(social, np.nan, seen),
        "DEF_30_CNT_SOCIAL_CIRCLE": np.where(social, np.nan, defaults),
        "OBS_60_CNT_SOCIAL_CIRCLE": np.where(social, np.nan, np.maximum(seen - (rng.random(n) < 0.01), 0)),
        "DEF_60_CNT_SOCIAL_CIRCLE": np.where(social, np.nan, rng.binomial(defaults.astype(int), 0.7)),
    }


def _building(rng, who: Clients) -> dict:
    """47 columns about the building. For about half of the clients nothing is known, so all of them are missing together."""
    n = len(who.ids)
    unknown = rng.random(n) < 0.475
    quality = 0.3 * who.wealth + np.sqrt(1 - 0.3**2) * rng.standard_normal(n)
    out = {}
    for name in HOUSING:
        median, spread, missing, kind = _HOUSING[name]
        z = 0.7 * quality + np.sqrt(1 - 0.7**2) * rng.standard_normal(n)
        if kind == "log":
            x = median * np.exp(spread * z)
        elif kind == "linear":
            x = median + spread * z
        elif kind == "steps":
            x = np.floor(np.maximum(z, 0) * 3) * 0.08
        else:
            x = np.where(z > 0.2, np.maximum(median, 0.004) * np.exp(spread * z), 0.0)
        gone = unknown | (rng.random(n) < missing / (1 - 0.475) * 0.9)
        for stat, sway in (("AVG", 0.0), ("MODE", -0.025), ("MEDI", -0.005)):
            value = np.clip(x * (1 + sway + 0.01 * rng.standard_normal(n) * (sway != 0)), 0, 1).round(4)
            out[f"{name}_{stat}"] = np.where(gone, np.nan, value)
    out["TOTALAREA_MODE"] = np.where(unknown, np.nan, np.clip(0.0688 * np.exp(0.75 * quality), 0, 1).round(4))
    for name, further in (("FONDKAPREMONT", 0.39), ("HOUSETYPE", 0.05), ("WALLSMATERIAL", 0.07), ("EMERGENCYSTATE", 0.0)):
        value = draw.levels(rng, LEVELS[f"{name}_MODE"], n, floor=0.001)
        out[f"{name}_MODE"] = np.where(unknown | (rng.random(n) < further), None, value)
    return out


def _flags(rng, who: Clients) -> dict:
    n = len(who.ids)
    flag = lambda share: (rng.random(n) < share).astype(int)  # noqa: E731
    z = -0.35 * who.wealth + 0.1 * who.risk + 0.93 * rng.standard_normal(n)
    rating = 1 + (z > -1.25).astype(int) + (z > 1.13)
    out = {
        "FLAG_MOBIL": flag(0.99999), "FLAG_WORK_PHONE": flag(0.199), "FLAG_CONT_MOBILE": flag(0.998), "FLAG_PHONE": flag(0.281),
        "FLAG_EMAIL": flag(0.057), "REGION_RATING_CLIENT": rating,
        "REGION_RATING_CLIENT_W_CITY": np.clip(rating - (rng.random(n) < 0.03), 1, 3),
        "REG_REGION_NOT_LIVE_REGION": flag(0.015), "REG_REGION_NOT_WORK_REGION": flag(0.051),
        "LIVE_REGION_NOT_WORK_REGION": flag(0.041),
        "REG_CITY_NOT_LIVE_CITY": (draw.normal_rank(0.3 * who.youth + 0.95 * rng.standard_normal(n)) > 0.922).astype(int),
        "REG_CITY_NOT_WORK_CITY": flag(0.23), "LIVE_CITY_NOT_WORK_CITY": flag(0.18),
    }  # fmt: skip
    for name in DOCUMENTS:
        out[name] = flag(_DOCUMENT_SHARES.get(int(name.rsplit("_", 1)[1]), 0.0006))
    return out
