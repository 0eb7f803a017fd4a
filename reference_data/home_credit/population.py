"""A synthetic population of loan applicants: 125 features and whether the loan defaulted.

Each feature has a hidden normal score, made of factors it shares with related features and of noise of its own (a Gaussian
copula). The score's rank then picks a value from the feature's marginal. Ranks are taken in the hold-out, so that the
hold-out has the published quartiles, and every other draw is mapped by the hold-out's ranks: all draws come from one
population. Row-wise identities (minimum <= mean, for one) are likely but not enforced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import brentq

import marginals

HERE = Path(__file__).resolve().parent
DEFAULT_RATE = 0.080

# feature pattern -> (factor, loading), first match wins. A factor may be a feature listed before.
# `risk`: unobserved unreliability. `stem`: one factor for all columns that aggregate the same thing.
RULES = [
    (r"EXT_SOURCE_1", {"risk": -0.40, "age": 0.40}),
    (r"EXT_SOURCE_2", {"risk": -0.45, "wealth": 0.15}),
    (r"EXT_SOURCE_3", {"risk": -0.45}),
    (r"DAYS_BIRTH", {"age": -0.95}),
    (r"DAYS_EMPLOYED", {"age": -0.35, "risk": 0.20}),
    (r"DAYS_ID_PUBLISH", {"age": -0.30}),
    (r"DAYS_LAST_PHONE_CHANGE", {"age": -0.10, "risk": 0.15}),
    (r"OWN_CAR_AGE", {"wealth": -0.30, "risk": 0.10}),
    (r"AMT_CREDIT", {"wealth": 0.60}),
    (r"AMT_GOODS_PRICE", {"AMT_CREDIT": 0.987}),
    (r"AMT_ANNUITY", {"AMT_CREDIT": 0.78}),
    (r"AMT_INCOME_TOTAL", {"wealth": 0.65, "AMT_CREDIT": 0.10}),
    (r"AMT_REQ_CREDIT_BUREAU_QRT", {"bureau_count": 0.15}),
    (r"REGION_RATING_CLIENT_W_CITY", {"wealth": -0.35, "risk": 0.10}),
    (r"REG_CITY_NOT_LIVE_CITY", {"age": -0.20}),
    (r"FLAG_DOCUMENT_3", {"risk": 0.10}),
    (r"APARTMENTS_MODE", {"wealth": 0.25}),
    (r"DEF_[36]0_CNT_SOCIAL_CIRCLE", {"social": 0.93, "risk": 0.10}),
    (r"BUREAU_BUREAU_DEBT_RATIO_", {"stem": 0.82, "risk": 0.25, "bureau_count": 0.15}),
    (r"BUREAU_AMT_CREDIT_MAX_OVERDUE_", {"stem": 0.88, "risk": 0.15}),
    (r"BUREAU_AMT_CREDIT_SUM_MIN", {"bureau_amount": 0.45, "wealth": 0.10, "bureau_count": -0.50}),
    (r"BUREAU_AMT_CREDIT_SUM_", {"bureau_amount": 0.80, "wealth": 0.25, "bureau_count": 0.35}),
    (r"BUREAU_DAYS_CREDIT_(SUM|MIN)", {"bureau_days": 0.40, "bureau_count": -0.75, "risk": 0.15}),
    (r"BUREAU_DAYS_CREDIT_(MAX|UPDATE_MAX)", {"bureau_days": 0.65, "bureau_count": 0.45, "risk": 0.10}),
    (r"BUREAU_DAYS_CREDIT_MEAN", {"bureau_days": 0.88, "risk": 0.20}),
    (r"BUREAU_(DAYS_CREDIT_ENDDATE|BUREAU_CREDIT_DURATION)_MAX", {"bureau_end": 0.88, "bureau_count": 0.20}),
    (r"BUREAU_DAYS_ENDDATE_FACT_MAX", {"bureau_days": 0.55, "bureau_count": 0.40}),
    (r"BUREAU_DAYS_ENDDATE_FACT_STD", {"bureau_days": -0.35, "bureau_count": 0.40}),
    (r"BUREAU_CREDIT_TYPE_Mortgage", {"bureau_amount": 0.45, "wealth": 0.15}),
    (r"BUREAU_CREDIT_TYPE_Microloan", {"risk": 0.25, "bureau_count": 0.40}),
    (r"BUREAU_", {"bureau_days": 0.40}),
    (r"PREV_CC_CNT_DRAWINGS", {"drawings": 0.90, "risk": 0.15}),
    (r"PREV_CC_CC_UTILIZATION", {"utilisation": 0.92, "risk": 0.20}),
    (r"PREV_INST_RATIO_EARLY_(MEAN|MAX)", {"late": -0.75, "risk": -0.15}),
    (r"PREV_INST_(RATIO_LATE|COUNT_LATE)_", {"late": 0.85, "risk": 0.20}),
    (r"PREV_INST_INST_DAYSLATE_", {"late": 0.70, "risk": 0.15}),
    (r"PREV_INST_COUNT_EARLY_SUM", {"loan_count": 0.75, "late": -0.15}),
    (r"PREV_INST_COUNT_EARLY_MEAN", {"late": -0.30, "term": 0.50}),
    (r"PREV_INST_COUNT_OVERPAID_", {"overpaid": 0.93}),
    (r"PREV_INST_INST_PAYMENTDIFF_", {"overpaid": -0.60, "late": 0.30}),
    (r"PREV_INST_AMT_(PAYMENT|INSTALMENT)_SUM_SUM", {"previous_amount": 0.60, "wealth": 0.20, "loan_count": 0.72}),
    (r"PREV_INST_AMT_PAYMENT_SUM_", {"previous_amount": 0.75, "wealth": 0.20, "term": 0.45}),
    (r"PREV_INST_AMT_\w+_MIN_MIN", {"previous_amount": 0.70, "loan_count": -0.45}),
    (r"PREV_INST_AMT_\w+_MIN_SUM", {"previous_amount": 0.70, "loan_count": 0.55}),
    (r"PREV_INST_AMT_", {"previous_amount": 0.88, "wealth": 0.15}),
    (r"PREV_INST_INST_PAYMENTRATIO_SUM_MEAN", {"term": 0.65}),
    (r"PREV_AMT_ANNUITY_", {"previous_amount": 0.75, "wealth": 0.25}),
    (r"PREV_AMT_DOWN_PAYMENT_", {"down_payment": 0.90, "wealth": 0.15}),
    (r"PREV_INST_DAYS_\w+_SUM_MIN", {"term": -0.55, "loan_count": -0.50}),
    (r"PREV_INST_DAYS_\w+_MAX_MAX", {"prev_days": 0.90, "loan_count": 0.25}),
    (r"PREV_INST_DAYS_INSTALMENT_MAX_STD", {"prev_days": 0.20, "loan_count": 0.50}),
    (r"PREV_DAYS_DECISION_MEAN", {"prev_days": 0.75}),
    (r"PREV_DAYS_LAST_DUE_1ST_VERSION_", {"prev_days": 0.65, "loan_count": 0.25, "not_due": 0.55}),
    (r"PREV_PREV_DECISION_TO_FIRST_DUE_MEAN", {"not_due": 0.65}),
    (r"PREV_PREV_CREDIT_TO_", {"credit_ratio": 0.95}),
    (r"PREV_RATIO_REFUSED", {"refused": 0.85, "risk": 0.30, "loan_count": 0.25}),
    (r"PREV_RATIO_APPROVED", {"refused": -0.75, "risk": -0.25, "loan_count": -0.30}),
    (r"PREV_POS_SK_DPD_DEF_", {"late": 0.35, "past_due": 0.90}),
    (r"PREV_POS_MONTHS_MAX_MAX", {"prev_days": 0.80}),
    (r"PREV_POS_STATUS_ACTIVE_RATIO_STD", {"term": -0.30}),
    (r"PREV_(POS_INSTALMENT_FUTURE|POS_STATUS_ACTIVE|CNT_PAYMENT)_", {"term": 0.88}),
    (r"PREV_NAME_PRODUCT_TYPE_walk-in", {"loan_count": 0.60, "refused": 0.30}),
    (r"PREV_SELLERPLACE_AREA_MEAN", {"down_payment": 0.30}),
]

# What makes a loan default, on the hidden scores. EXT_SOURCE_* come first, as in the real model.
SIGNAL = {
    "EXT_SOURCE_3": -0.40, "EXT_SOURCE_2": -0.39, "EXT_SOURCE_1": -0.47,
    "AMT_ANNUITY": 0.52, "AMT_CREDIT": -0.30,
    "DAYS_EMPLOYED": 0.18, "DAYS_BIRTH": 0.08, "BUREAU_BUREAU_DEBT_RATIO_MAX": 0.16, "PREV_RATIO_REFUSED": 0.12,
    "PREV_INST_RATIO_LATE_MEAN": 0.12, "PREV_INST_AMT_PAYMENT_MIN_SUM": -0.12, "PREV_CC_CC_UTILIZATION_MAX_MAX": 0.12,
    "OWN_CAR_AGE": 0.10, "BUREAU_DAYS_CREDIT_MEAN": 0.10, "PREV_POS_INSTALMENT_FUTURE_MEAN_MEAN": 0.10,
    "DEF_60_CNT_SOCIAL_CIRCLE": 0.08, "REGION_RATING_CLIENT_W_CITY": 0.08, "DAYS_ID_PUBLISH": 0.06,
    "AMT_REQ_CREDIT_BUREAU_QRT": 0.04, "FLAG_DOCUMENT_3": 0.08,
}  # fmt: skip
LEVEL_SIGNAL = {
    ("CODE_GENDER", "M"): 0.32,
    ("NAME_EDUCATION_TYPE", "Higher education"): -0.38,
    ("NAME_EDUCATION_TYPE", "Lower secondary"): 0.25,
    ("NAME_FAMILY_STATUS", "Married"): -0.12,
    ("NAME_FAMILY_STATUS", "Widow"): -0.10,
    ("NAME_CONTRACT_TYPE", "Revolving loans"): -0.40,
}
LEVEL_SPREAD = {"ORGANIZATION_TYPE": 0.36, "OCCUPATION_TYPE": 0.22}  # levels not named above: drawn once

# Values stand on the grid the real columns stand on.
WHOLE = re.compile(
    r"^(DAYS_|OWN_CAR_AGE|REGION_RATING|AMT_REQ|DEF_[36]0_|BUREAU_CREDIT_TYPE_|PREV_NAME_PRODUCT)"
    r"|^BUREAU_(DAYS_\w+|BUREAU_CREDIT_DURATION)_(MAX|MIN|SUM)$"
    r"|^PREV_(INST_COUNT_EARLY_SUM|DAYS_LAST_DUE_1ST_VERSION_MAX|POS_MONTHS_MAX_MAX)$"
    r"|^PREV_INST_DAYS_\w+_(MAX_MAX|SUM_MIN)$|^PREV_INST_INST_DAYSLATE_(MAX_(MAX|MIN|SUM)|SUM_MAX)$"
)
STEPS = [
    (re.compile(r"^AMT_(CREDIT|ANNUITY)$"), 4.5),
    (re.compile(r"^AMT_(GOODS_PRICE|INCOME_TOTAL)$"), 4500.0),
    (re.compile(r"^(BUREAU|PREV)\w*_AMT_\w*(MAX|MIN)$"), 0.045),
]
LOAN_MEANS = re.compile(  # a mean over an applicant's few former loans: a multiple of 1 / loans
    r"^PREV_(CNT_PAYMENT_MEAN|INST_COUNT_(EARLY|OVERPAID)_MEAN|POS_STATUS_ACTIVE_MEAN|POS_INSTALMENT_FUTURE_MAX_MEAN"
    r"|POS_SK_DPD_DEF_MAX_MEAN)$"
)
CLUMPED = {"AMT_GOODS_PRICE": 0.45, "AMT_INCOME_TOTAL": 0.35}  # share of rows at round sums (multiples of 45 000)


def is_whole(name) -> bool:
    return WHOLE.search(name) is not None


def six_digits(x):
    """Round to six significant digits; the nearest double of that decimal, as a JSON reader would parse it."""
    x = np.asarray(x, float)
    size = np.where((x == 0) | ~np.isfinite(x), 1.0, np.abs(x))
    digits = 5 - np.floor(np.log10(size)).astype(int)
    up, down = 10.0 ** np.clip(digits, 0, 22), 10.0 ** np.clip(-digits, 0, 22)
    return np.where(digits >= 0, np.round(x * up) / up, np.round(x / down) * down) + 0.0


@dataclass
class Draw:
    """Applicants before their scores become values."""

    scores: dict[str, np.ndarray]
    missing: dict[str, np.ndarray]
    levels: dict[str, np.ndarray]
    loans: np.ndarray  # former loans, 1 or more
    clump: np.ndarray  # uniform; who asks for a round sum
    coin: np.ndarray  # uniform; whether the loan defaults

    def __len__(self):
        return len(self.coin)


@dataclass
class Population:
    """Knows features, marginals and, once `anchor` has seen the hold-out, the map from scores to values."""

    specs: pd.DataFrame = field(default_factory=lambda: pd.read_csv(HERE / "features.csv"))
    level_shares: pd.DataFrame = field(default_factory=lambda: pd.read_csv(HERE / "levels.csv"))

    def __post_init__(self):
        self.features = list(self.specs.feature)
        kinds = dict(zip(self.specs.feature, self.specs.kind))
        self.categorical = [f for f in self.features if kinds[f] == "categorical"]
        self.boolean = [f for f in self.features if kinds[f] == "boolean"]
        self.numeric = [f for f in self.features if kinds[f] == "numeric"]
        self.missing_share = dict(zip(self.specs.feature, self.specs.missing_share.fillna(0.0)))
        self.marginals = {s.feature: marginals.fit(s, is_whole(s.feature)) for s in self.specs.itertuples()
                          if s.kind != "categorical"}  # fmt: skip
        self.ranks, self.intercept = {}, 0.0
        taste = np.random.default_rng(20261001)
        self.level_effect = {(r.feature, r.level): LEVEL_SIGNAL.get((r.feature, r.level), LEVEL_SPREAD.get(r.feature, 0.0) * taste.standard_normal())
                             for r in self.level_shares.itertuples()}  # fmt: skip

    # -- hidden scores ------------------------------------------------------------------------------------------------

    def draw(self, n, rng) -> Draw:
        factors = {}

        def factor(name):
            if name not in factors:
                factors[name] = rng.standard_normal(n)
            return factors[name]

        scores = {}
        for pattern, loadings in RULES:
            for name in self.numeric + self.boolean:
                if name in scores or not re.match(pattern, name):
                    continue
                own = 1.0 - sum(w * w for w in loadings.values())
                total = np.sqrt(max(own, 0.01)) * rng.standard_normal(n)
                for source, weight in loadings.items():
                    source = name.rsplit("_", 1)[0] if source == "stem" else source
                    total = total + weight * (scores[source] if source in scores else factor(source))
                scores[name] = total
        if forgotten := set(self.numeric + self.boolean) - set(scores):
            raise ValueError(f"no rule for {sorted(forgotten)}")
        missing = self._missing(n, rng, factor)
        no_card = missing["PREV_CC_CC_UTILIZATION_MAX_MAX"]
        for name in scores:  # a sum over no card is zero: those rows take the lowest ranks
            if name.startswith("PREV_CC_") and name.endswith("_SUM"):
                scores[name] = np.where(no_card, scores[name] - 20.0, scores[name])
        levels = self._levels(n, rng, factor, missing)
        former = np.where(missing["PREV_CNT_PAYMENT_STD"], 1, 2 + np.floor(np.exp(0.7 + 0.6 * factor("loan_count"))))
        return Draw(scores, missing, levels, former, rng.random(n), rng.random(n))

    def _missing(self, n, rng, factor):
        """Missing as the source tables would give it: who is unknown to a table misses all of its columns."""
        thin = 0.5 * factor("age") + np.sqrt(0.75) * rng.standard_normal(n)
        thin_file = np.argsort(np.argsort(thin)) / n  # unknown to the credit bureau: low
        first_loan, card, own = rng.random(n), rng.random(n), {}
        pensioner = np.argsort(np.argsort(-(0.75 * factor("age") + 0.66 * rng.standard_normal(n)))) / n
        factor_shared = rng.random(n)
        for name in self.numeric:
            share = self.missing_share[name]
            if name.startswith("BUREAU_"):
                own[name] = thin_file < share
            elif name.startswith("PREV_CC_") and share > 0.1:
                own[name] = (first_loan < 0.0194) | (card < (share - 0.0194) / (1 - 0.0194))
            elif name.startswith("PREV_"):
                own[name] = first_loan < share
            elif name == "DAYS_EMPLOYED":
                own[name] = pensioner < share
            elif name.startswith("DEF_"):
                own[name] = factor_shared < share
            elif name in ("EXT_SOURCE_3", "AMT_REQ_CREDIT_BUREAU_QRT"):  # both come from the bureau
                lucky = rng.random(n)
                own[name] = np.where(thin_file < 0.1318, lucky < 0.55, lucky < (share - 0.0725) / 0.8682)
            else:
                own[name] = rng.random(n) < share
        own["pensioner"] = pensioner
        return own

    def _levels(self, n, rng, factor, missing):
        out = {}
        tilt = {"NAME_EDUCATION_TYPE": 0.3 * factor("wealth"), "CODE_GENDER": 0.1 * factor("risk")}
        pensioner = missing["pensioner"]
        for name in self.categorical:
            table = self.level_shares[self.level_shares.feature == name]
            levels, shares = table.level.to_numpy(object), table.share.to_numpy()
            if name in ("ORGANIZATION_TYPE", "OCCUPATION_TYPE"):  # pensioners have neither employer nor occupation
                blank = "XNA" if name == "ORGANIZATION_TYPE" else "__MISSING__"
                share = shares[levels == blank][0]
                always = min(share, self.missing_share["DAYS_EMPLOYED"])
                rest = np.where(levels == blank, share - always, shares)
                picked = rng.choice(levels, n, p=rest / rest.sum())
                out[name] = np.where(pensioner < always, blank, picked)
                continue
            z = tilt.get(name, 0.0) + rng.standard_normal(n)
            ranks = np.argsort(np.argsort(z)) / n
            out[name] = levels[np.minimum(np.searchsorted(np.cumsum(shares) / shares.sum(), ranks, side="right"), len(levels) - 1)]
        return out

    # -- values -------------------------------------------------------------------------------------------------------

    def anchor(self, holdout: Draw):
        """Take ranks and the default rate from the hold-out."""
        for name, score in holdout.scores.items():
            self.ranks[name] = np.sort(score[~holdout.missing.get(name, np.zeros(len(score), bool))])
        logit = self._logit(holdout)
        self.intercept = brentq(lambda b: np.mean(1 / (1 + np.exp(-logit - b))) - DEFAULT_RATE, -12, 5)

    def _logit(self, draw):
        total = sum(weight * draw.scores[name] for name, weight in SIGNAL.items())
        for name, levels in draw.levels.items():
            total = total + pd.Series(levels).map(lambda level, f=name: self.level_effect[f, level]).to_numpy(float)
        return total

    def frame(self, draw: Draw):
        """Features as the model is trained on them, and whether each loan defaulted."""
        columns = {}
        for name in self.features:
            if name in self.categorical:
                columns[name] = pd.Series(draw.levels[name], dtype=object)
                continue
            ranks = self.ranks[name]
            known = np.concatenate([[ranks[0] - 1], ranks, [ranks[-1] + 1]])
            shares = np.concatenate([[0.0], (np.arange(len(ranks)) + 0.5) / len(ranks), [1.0]])
            x = self.marginals[name].quantile(np.interp(draw.scores[name], known, shares))
            x = self._on_grid(name, x, draw)
            if name in draw.missing:
                x[draw.missing[name]] = np.nan
            columns[name] = x > 0.5 if name in self.boolean else self._rounded(name, x)
        default = draw.coin < 1 / (1 + np.exp(-self._logit(draw) - self.intercept))
        return pd.DataFrame(columns), default.astype(np.int8)

    def _rounded(self, name, x):
        """Six significant digits, and still within the published minimum and maximum."""
        low, high = self.marginals[name].minimum, self.marginals[name].maximum
        low_digits, high_digits = six_digits(low), six_digits(high)
        if low_digits < low:
            low_digits = six_digits(low + 1e-5 * abs(low))
        if high_digits > high:
            high_digits = six_digits(high - 1e-5 * abs(high))
        return np.clip(six_digits(x), low_digits, high_digits)

    def _on_grid(self, name, x, draw):
        marginal = self.marginals[name]
        step = next((step for pattern, step in STEPS if pattern.search(name)), None)
        if is_whole(name):
            x = np.round(x)
        elif LOAN_MEANS.search(name):
            x = np.round(x * draw.loans) / draw.loans
        elif step is not None:
            x = np.round(x / step) * step
            if name in CLUMPED:
                x = np.where(draw.clump < CLUMPED[name], np.round(x / 45000) * 45000, x)
        return np.clip(x, marginal.minimum, marginal.maximum)
