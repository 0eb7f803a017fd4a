"""The declared levels of every text column of the raw tables, with the share of rows that each takes.

Shares are relative: they are raised to at least `FLOOR` and scaled to a sum of one, so that 20,000 clients show every level.
`None` is a missing value. Columns that follow from others (loan status, portfolio, …) list their levels here, and the file of
their table decides which one a row gets.
"""

from __future__ import annotations

import csv
from pathlib import Path

FLOOR = 0.0004

_EXAMPLE = Path(__file__).resolve().parents[2] / "reference_data" / "home_credit" / "levels.csv"


def _published() -> dict[str, dict[str | None, float]]:
    """Shares of the six categorical features of the example; `__MISSING__` becomes `None`."""
    out: dict[str, dict[str | None, float]] = {}
    with _EXAMPLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            level = None if row["level"] == "__MISSING__" else row["level"]
            out.setdefault(row["feature"], {})[level] = float(row["share"])
    return out


_WEEKDAYS = {
    "MONDAY": 0.165,
    "TUESDAY": 0.175,
    "WEDNESDAY": 0.169,
    "THURSDAY": 0.165,
    "FRIDAY": 0.164,
    "SATURDAY": 0.110,
    "SUNDAY": 0.052,
}
_SUITES = {"Unaccompanied": 0.81, "Family": 0.13, "Spouse, partner": 0.037, "Children": 0.011, "Other_B": 0.006,
           "Other_A": 0.003, "Group of people": 0.001, None: 0.004}  # fmt: skip

APPLICATION = _published() | {
    "FLAG_OWN_CAR": {"N": 0.66, "Y": 0.34},
    "FLAG_OWN_REALTY": {"Y": 0.69, "N": 0.31},
    "NAME_TYPE_SUITE": _SUITES,
    "NAME_INCOME_TYPE": {"Working": 0.64, "Commercial associate": 0.28, "State servant": 0.08, "Unemployed": 0.0004,
                         "Student": 0.0004, "Businessman": 0.0004, "Maternity leave": 0.0004, "Pensioner": 0.0},
    "NAME_HOUSING_TYPE": {"House / apartment": 0.887, "With parents": 0.048, "Municipal apartment": 0.036,
                          "Rented apartment": 0.016, "Office apartment": 0.009, "Co-op apartment": 0.004},
    "WEEKDAY_APPR_PROCESS_START": _WEEKDAYS,
    "FONDKAPREMONT_MODE": {"reg oper account": 0.76, "reg oper spec account": 0.12, "not specified": 0.06, "org spec account": 0.06},
    "HOUSETYPE_MODE": {"block of flats": 0.982, "specific housing": 0.010, "terraced house": 0.008},
    "WALLSMATERIAL_MODE": {"Panel": 0.44, "Stone, brick": 0.43, "Block": 0.062, "Wooden": 0.036, "Mixed": 0.015,
                           "Monolithic": 0.012, "Others": 0.011},
    "EMERGENCYSTATE_MODE": {"No": 0.985, "Yes": 0.015},
}  # fmt: skip
APPLICATION["CODE_GENDER"] = APPLICATION["CODE_GENDER"] | {"XNA": 0.0004}
APPLICATION["NAME_FAMILY_STATUS"] = APPLICATION["NAME_FAMILY_STATUS"] | {"Unknown": 0.0004}

BUREAU = {
    "CREDIT_ACTIVE": {"Closed": 0.628, "Active": 0.367, "Sold": 0.004, "Bad debt": 0.0004},
    "CREDIT_CURRENCY": {"currency 1": 0.999, "currency 2": 0.0007, "currency 3": 0.0004, "currency 4": 0.0004},
    "CREDIT_TYPE": {
        "Consumer credit": 0.725, "Credit card": 0.232, "Car loan": 0.017, "Mortgage": 0.011, "Microloan": 0.010,
        "Loan for business development": 0.0012, "Another type of loan": 0.0006, "Unknown type of loan": 0.0005,
        "Loan for working capital replenishment": 0.0004, "Cash loan (non-earmarked)": 0.0004, "Real estate loan": 0.0004,
        "Loan for the purchase of equipment": 0.0004, "Loan for purchase of shares (margin lending)": 0.0004,
        "Interbank credit": 0.0004, "Mobile operator loan": 0.0004,
    },
}  # fmt: skip

BUREAU_BALANCE = {"STATUS": {"C": 0.50, "0": 0.275, "X": 0.212, "1": 0.009, "5": 0.002, "2": 0.001, "3": 0.0005, "4": 0.0005}}

PREVIOUS = {
    "NAME_CONTRACT_TYPE": {"Cash loans": 0.447, "Consumer loans": 0.437, "Revolving loans": 0.115, "XNA": 0.001},
    "NAME_CONTRACT_STATUS": {"Approved": 0.62, "Canceled": 0.19, "Refused": 0.174, "Unused offer": 0.016},
    "WEEKDAY_APPR_PROCESS_START": _WEEKDAYS,
    "FLAG_LAST_APPL_PER_CONTRACT": {"Y": 0.995, "N": 0.005},
    "NAME_CASH_LOAN_PURPOSE": {
        "XAP": 0.0, "XNA": 0.92, "Repairs": 0.032, "Other": 0.021, "Urgent needs": 0.011, "Buying a used car": 0.004,
        "Building a house or an annex": 0.004, "Everyday expenses": 0.003, "Medicine": 0.003, "Payments on other loans": 0.003,
        "Education": 0.002, "Journey": 0.0016, "Purchase of electronic equipment": 0.0014, "Buying a new car": 0.0013,
        "Wedding / gift / holiday": 0.0013, "Buying a home": 0.0012, "Car repairs": 0.001, "Furniture": 0.001,
        "Buying a holiday home / land": 0.0007, "Business development": 0.0006, "Gasification / water supply": 0.0005,
        "Buying a garage": 0.0004, "Hobby": 0.0004, "Money for a third person": 0.0004, "Refusal to name the goal": 0.0004,
    },
    "NAME_PAYMENT_TYPE": {"Cash through the bank": 0.62, "XNA": 0.375, "Non-cash from your account": 0.005,
                          "Cashless from the account of the employer": 0.0007},
    "CODE_REJECT_REASON": {"XAP": 0.0, "HC": 0.60, "LIMIT": 0.19, "SCO": 0.13, "CLIENT": 0.0, "SCOFR": 0.045, "XNA": 0.018,
                           "VERIF": 0.013, "SYSTEM": 0.003},
    "NAME_TYPE_SUITE": _SUITES | {None: 0.49},
    "NAME_CLIENT_TYPE": {"Repeater": 0.735, "New": 0.18, "Refreshed": 0.081, "XNA": 0.001},
    "NAME_GOODS_CATEGORY": {
        "Mobile": 0.30, "Consumer Electronics": 0.16, "Computers": 0.14, "Audio/Video": 0.13, "Furniture": 0.07,
        "Photo / Cinema Equipment": 0.033, "Construction Materials": 0.033, "Clothing and Accessories": 0.031,
        "Auto Accessories": 0.01, "Jewelry": 0.008, "Homewares": 0.007, "Medical Supplies": 0.005, "Vehicles": 0.004,
        "Sport and Leisure": 0.004, "Gardening": 0.0035, "Other": 0.0034, "Office Appliances": 0.0031, "Tourism": 0.002,
        "Medicine": 0.002, "Direct Sales": 0.0006, "Fitness": 0.0004, "Additional Service": 0.0004, "Education": 0.0004,
        "Weapon": 0.0004, "Insurance": 0.0004, "Animals": 0.0004, "House Construction": 0.0004, "XNA": 0.0,
    },
    "NAME_PORTFOLIO": {"POS": 0.41, "Cash": 0.28, "XNA": 0.22, "Cards": 0.087, "Cars": 0.0004},
    "NAME_PRODUCT_TYPE": {"XNA": 0.64, "x-sell": 0.27, "walk-in": 0.09},
    "CHANNEL_TYPE": {"Credit and cash offices": 0.43, "Country-wide": 0.30, "Stone": 0.127, "Regional / Local": 0.065,
                     "Contact center": 0.043, "AP+ (Cash loan)": 0.034, "Channel of corporate sales": 0.004, "Car dealer": 0.0005},
    "NAME_SELLER_INDUSTRY": {"Consumer electronics": 0.49, "Connectivity": 0.34, "Furniture": 0.07, "Construction": 0.036,
                             "Clothing": 0.029, "Industry": 0.023, "Auto technology": 0.006, "Jewelry": 0.003,
                             "MLM partners": 0.0015, "Tourism": 0.0006, "XNA": 0.0},
    "NAME_YIELD_GROUP": {"XNA": 0.0, "middle": 0.33, "high": 0.30, "low_normal": 0.27, "low_action": 0.08},
    "PRODUCT_COMBINATION": {
        "POS household with interest": 0.36, "POS mobile with interest": 0.30, "POS industry with interest": 0.14,
        "POS household without interest": 0.12, "POS mobile without interest": 0.03, "POS other with interest": 0.03,
        "POS industry without interest": 0.02, "POS others without interest": 0.004, "Cash": 0.45, "Cash X-Sell: middle": 0.14,
        "Cash X-Sell: low": 0.13, "Cash X-Sell: high": 0.06, "Cash Street: high": 0.06, "Cash Street: middle": 0.03,
        "Cash Street: low": 0.03, "Card Street": 0.58, "Card X-Sell": 0.42,
    },
}  # fmt: skip

POS = {"NAME_CONTRACT_STATUS": {"Active": 0.915, "Completed": 0.0745, "Signed": 0.0087, "Demand": 0.0007,
                                "Returned to the store": 0.0006, "Approved": 0.0005, "Amortized debt": 0.0004, "Canceled": 0.0004,
                                "XNA": 0.0004}}  # fmt: skip

CARD = {"NAME_CONTRACT_STATUS": {"Active": 0.963, "Completed": 0.033, "Signed": 0.003, "Demand": 0.0004, "Sent proposal": 0.0004,
                                 "Refused": 0.0004, "Approved": 0.0004}}  # fmt: skip

LEVELS: dict[str, dict[str, dict[str | None, float]]] = {
    "application": APPLICATION,
    "bureau": BUREAU,
    "bureau_balance": BUREAU_BALANCE,
    "previous_application": PREVIOUS,
    "POS_CASH_balance": POS,
    "installments_payments": {},
    "credit_card_balance": CARD,
}
"""Table → text column → level → relative share."""
