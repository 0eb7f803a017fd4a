"""The names of the 1,658 prepared columns, in order, written down a second time and independently of the preparation.

A column of an aggregated table is `PREFIX_` + column + `_STAT`. Columns that carry the name of their table already get it
twice: `BUREAU_` + `BUREAU_DEBT_RATIO` + `_MAX`. Counts of levels keep the spelling of the level.
"""

from __future__ import annotations

STATS = ("MEAN", "MIN", "MAX", "SUM", "STD")

APPLICATION_TEXT = (
    "NAME_CONTRACT_TYPE CODE_GENDER NAME_TYPE_SUITE NAME_INCOME_TYPE NAME_EDUCATION_TYPE NAME_FAMILY_STATUS NAME_HOUSING_TYPE "
    "OCCUPATION_TYPE WEEKDAY_APPR_PROCESS_START ORGANIZATION_TYPE FONDKAPREMONT_MODE HOUSETYPE_MODE WALLSMATERIAL_MODE "
    "EMERGENCYSTATE_MODE"
).split()
APPLICATION_BOOLEAN = (
    "FLAG_OWN_CAR FLAG_OWN_REALTY FLAG_MOBIL FLAG_EMP_PHONE FLAG_WORK_PHONE FLAG_CONT_MOBILE FLAG_PHONE FLAG_EMAIL "
    "REG_REGION_NOT_LIVE_REGION REG_REGION_NOT_WORK_REGION LIVE_REGION_NOT_WORK_REGION REG_CITY_NOT_LIVE_CITY "
    "REG_CITY_NOT_WORK_CITY LIVE_CITY_NOT_WORK_CITY"
).split() + [f"FLAG_DOCUMENT_{i}" for i in range(2, 22)]

BUREAU_NUMBERS = (
    "DAYS_CREDIT CREDIT_DAY_OVERDUE DAYS_CREDIT_ENDDATE DAYS_ENDDATE_FACT AMT_CREDIT_MAX_OVERDUE CNT_CREDIT_PROLONG "
    "AMT_CREDIT_SUM AMT_CREDIT_SUM_DEBT AMT_CREDIT_SUM_LIMIT AMT_CREDIT_SUM_OVERDUE DAYS_CREDIT_UPDATE AMT_ANNUITY"
).split()
BUREAU_LEVELS = {
    "CREDIT_ACTIVE": ["Active", "Bad debt", "Closed", "Sold"],
    "CREDIT_CURRENCY": [f"currency {i}" for i in (1, 2, 3, 4)],
    "CREDIT_TYPE": [
        "Another type of loan", "Car loan", "Cash loan (non-earmarked)", "Consumer credit", "Credit card", "Interbank credit",
        "Loan for business development", "Loan for purchase of shares (margin lending)",
        "Loan for the purchase of equipment", "Loan for working capital replenishment", "Microloan", "Mobile operator loan",
        "Mortgage", "Real estate loan", "Unknown type of loan",
    ],
}  # fmt: skip
BUREAU_DERIVED = ["BUREAU_DEBT_RATIO", "BUREAU_OVERDUE_RATIO", "BUREAU_CREDIT_DURATION", "BUREAU_REAL_DELAY"]
BUREAU_FLAGS = ["BUREAU_IS_ACTIVE", "BUREAU_IS_CLOSED", "BUREAU_IS_OVERDUE"]
BUREAU_RATIOS = {"ACTIVE": "Active", "CLOSED": "Closed", "SOLD": "Sold", "BAD_DEBT": "Bad debt"}

MONTH_STATUS = ["0", "1", "2", "3", "4", "5", "C", "UNKNOWN"]
BB = (
    [f"BB_MONTHS_{s}" for s in ("MIN", "MAX", "COUNT", "NUNIQUE", "SPAN")]
    + [f"BB_STATUS_{s}{r}" for s in MONTH_STATUS for r in ("", "_RATIO")]
    + [f"BB_{s}{r}" for s in ("LATE", "SEVERE_LATE") for r in ("", "_RATIO")]
)

PREV_NUMBERS = (
    "AMT_ANNUITY AMT_APPLICATION AMT_CREDIT AMT_DOWN_PAYMENT AMT_GOODS_PRICE HOUR_APPR_PROCESS_START NFLAG_LAST_APPL_IN_DAY "
    "RATE_DOWN_PAYMENT RATE_INTEREST_PRIMARY RATE_INTEREST_PRIVILEGED DAYS_DECISION SELLERPLACE_AREA CNT_PAYMENT "
    "DAYS_FIRST_DRAWING DAYS_FIRST_DUE DAYS_LAST_DUE_1ST_VERSION DAYS_LAST_DUE DAYS_TERMINATION NFLAG_INSURED_ON_APPROVAL"
).split()
PREV_DERIVED = [
    f"PREV_{name}"
    for name in "CREDIT_TO_APPLICATION DOWNPAYMENT_TO_GOODSPRICE CREDIT_TO_GOODSPRICE DURATION DECISION_TO_FIRST_DUE "
    "DECISION_TO_LAST_DUE".split()
]
PREV_LEVELS = {
    "NAME_CONTRACT_STATUS": ["Approved", "Canceled", "Refused", "Unused offer"],
    "NAME_CONTRACT_TYPE": ["Cash loans", "Consumer loans", "Revolving loans", "XNA"],
    "NAME_PAYMENT_TYPE": [
        "Cash through the bank",
        "Cashless from the account of the employer",
        "Non-cash from your account",
        "XNA",
    ],
    "NAME_CLIENT_TYPE": ["New", "Refreshed", "Repeater", "XNA"],
    "NAME_PORTFOLIO": ["Cards", "Cars", "Cash", "POS", "XNA"],
    "NAME_PRODUCT_TYPE": ["XNA", "walk-in", "x-sell"],
    "CODE_REJECT_REASON": ["CLIENT", "HC", "LIMIT", "SCO", "SCOFR", "SYSTEM", "VERIF", "XAP", "XNA"],
}
PREV_RATIOS = {
    "APPROVED": ("NAME_CONTRACT_STATUS", "Approved"),
    "REFUSED": ("NAME_CONTRACT_STATUS", "Refused"),
    "CANCELED": ("NAME_CONTRACT_STATUS", "Canceled"),
    "UNUSED_OFFER": ("NAME_CONTRACT_STATUS", "Unused offer"),
    "REVOLVING": ("NAME_CONTRACT_TYPE", "Revolving loans"),
}

POS_STATUS = ["Active", "Amortized debt", "Approved", "Canceled", "Completed", "Demand", "Returned to the store", "Signed"]
CARD_STATUS = ["Active", "Approved", "Completed", "Demand", "Refused", "Sent proposal", "Signed"]
CARD_NUMBERS = (
    "AMT_BALANCE AMT_CREDIT_LIMIT_ACTUAL AMT_DRAWINGS_ATM_CURRENT AMT_DRAWINGS_CURRENT AMT_DRAWINGS_OTHER_CURRENT "
    "AMT_DRAWINGS_POS_CURRENT AMT_INST_MIN_REGULARITY AMT_PAYMENT_CURRENT AMT_PAYMENT_TOTAL_CURRENT AMT_RECEIVABLE_PRINCIPAL "
    "AMT_RECIVABLE AMT_TOTAL_RECEIVABLE CNT_DRAWINGS_ATM_CURRENT CNT_DRAWINGS_CURRENT CNT_DRAWINGS_OTHER_CURRENT "
    "CNT_DRAWINGS_POS_CURRENT CNT_INSTALMENT_MATURE_CUM SK_DPD SK_DPD_DEF"
).split()


def upper(level: str) -> str:
    """A status as part of a name: `Returned to the store` becomes `RETURNED_TO_THE_STORE`."""
    return level.upper().replace(" ", "_")


POS = (
    [f"POS_MONTHS_{s}" for s in ("MIN", "MAX", "MEAN", "COUNT")]
    + [f"POS_{c}_{s}" for c in ("INSTALMENT", "INSTALMENT_FUTURE") for s in ("MEAN", "MAX")]
    + [f"POS_{c}_{s}" for c in ("SK_DPD", "SK_DPD_DEF") for s in ("MEAN", "MAX", "SUM")]
    + [f"POS_STATUS_{upper(s)}{r}" for s in POS_STATUS for r in ("", "_RATIO")]
)
INST_NUMBERS = (
    "DAYS_INSTALMENT DAYS_ENTRY_PAYMENT AMT_INSTALMENT AMT_PAYMENT INST_DAYSLATE INST_PAYMENTDIFF INST_PAYMENTRATIO".split()
)
INST = (
    [f"INST_{c}_{s}" for c in INST_NUMBERS for s in STATS]
    + [f"INST_COUNT_{c}" for c in ("PAYMENTS", "LATE", "EARLY", "UNDERPAID", "OVERPAID", "ZERO")]
    + [f"INST_RATIO_{c}" for c in ("LATE", "EARLY", "UNDERPAID", "OVERPAID")]
    + ["INST_LASTPAYMENT_DAYS", "INST_FIRSTPAYMENT_DAYS", "INST_PAYMENTSPAN"]
)
CC = (
    [f"CC_{c}_{s}" for c in [*CARD_NUMBERS, "CC_UTILIZATION", "CC_DRAWINGS_TOTAL"] for s in STATS]
    + [f"CC_COUNT_{c}" for c in ("MONTHS", "LATE", "SEVERE_LATE")]
    + [f"CC_RATIO_{c}" for c in ("LATE", "SEVERE_LATE")]
    + [f"CC_STATUS_{upper(s)}{r}" for s in CARD_STATUS for r in ("", "_RATIO")]
    + ["CC_LAST_MONTH", "CC_FIRST_MONTH", "CC_HISTORY_SPAN"]
)

BUREAU_ALL = (
    BUREAU_NUMBERS
    + [f"BUREAU_{c}_NA" for c in [*BUREAU_NUMBERS, *BUREAU_LEVELS]]
    + BUREAU_DERIVED
    + BUREAU_FLAGS
    + BB
    + ["BB_NO_RECORDS"]
)
PREV_ALL = PREV_NUMBERS + PREV_DERIVED + POS + ["POS_NO_RECORDS"] + INST + ["INST_NO_RECORDS"] + CC + ["CC_NO_RECORDS"]


def bureau_columns() -> list[str]:
    """The 331 columns that come from other lenders' credits."""
    out = [f"BUREAU_{c}_{s}" for c in BUREAU_ALL for s in STATS]
    out += [f"BUREAU_{c}_{level}" for c, levels in BUREAU_LEVELS.items() for level in [*levels, "MISSING"]]
    return out + [f"BUREAU_RATIO_{r}" for r in BUREAU_RATIOS] + ["BUREAU_COUNT_CREDITS"]


def previous_columns() -> list[str]:
    """The 1,204 columns that come from previous requests and their monthly tables."""
    out = [f"PREV_{c}_{s}" for c in PREV_ALL for s in STATS]
    out += [f"PREV_{c}_{level}" for c, levels in PREV_LEVELS.items() for level in levels]
    return out + [f"PREV_RATIO_{r}" for r in PREV_RATIOS] + ["PREV_COUNT_APPLICATIONS"]


def all_columns(application: list[str]) -> list[str]:
    """All 1,658 names; `application` are the 122 columns of that table in the order of its file."""
    return [*application, "FLAG_DAYS_EMPLOYED_SENTINEL", *bureau_columns(), *previous_columns()]
