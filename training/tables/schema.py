"""The seven raw tables: file names, keys, columns in order and their types.

Types: `int` (64 bits, never missing), `float` (64 bits, null where missing), `text` (null where missing).
"""

from __future__ import annotations

import pyarrow as pa

_ARROW = {"int": pa.int64(), "float": pa.float64(), "text": pa.string()}

HOUSING = (
    "APARTMENTS BASEMENTAREA YEARS_BEGINEXPLUATATION YEARS_BUILD COMMONAREA ELEVATORS ENTRANCES FLOORSMAX FLOORSMIN LANDAREA "
    "LIVINGAPARTMENTS LIVINGAREA NONLIVINGAPARTMENTS NONLIVINGAREA"
).split()
"""Properties of the building a client lives in; each has an average, a mode and a median column."""

DOCUMENTS = [f"FLAG_DOCUMENT_{i}" for i in range(2, 22)]
PERIODS = ["HOUR", "DAY", "WEEK", "MON", "QRT", "YEAR"]


def _columns(text: str) -> dict[str, str]:
    """`"float: A B, text: C"` as `{"A": "float", "B": "float", "C": "text"}`."""
    out = {}
    for part in text.split(","):
        kind, names = part.split(":")
        out.update(dict.fromkeys(names.split(), kind.strip()))
    return out


_APPLICATION = _columns(
    "int: SK_ID_CURR TARGET, text: NAME_CONTRACT_TYPE CODE_GENDER FLAG_OWN_CAR FLAG_OWN_REALTY, int: CNT_CHILDREN,"
    "float: AMT_INCOME_TOTAL AMT_CREDIT AMT_ANNUITY AMT_GOODS_PRICE,"
    "text: NAME_TYPE_SUITE NAME_INCOME_TYPE NAME_EDUCATION_TYPE NAME_FAMILY_STATUS NAME_HOUSING_TYPE,"
    "float: REGION_POPULATION_RELATIVE, int: DAYS_BIRTH DAYS_EMPLOYED, float: DAYS_REGISTRATION, int: DAYS_ID_PUBLISH,"
    "float: OWN_CAR_AGE, int: FLAG_MOBIL FLAG_EMP_PHONE FLAG_WORK_PHONE FLAG_CONT_MOBILE FLAG_PHONE FLAG_EMAIL,"
    "text: OCCUPATION_TYPE, float: CNT_FAM_MEMBERS, int: REGION_RATING_CLIENT REGION_RATING_CLIENT_W_CITY,"
    "text: WEEKDAY_APPR_PROCESS_START, int: HOUR_APPR_PROCESS_START REG_REGION_NOT_LIVE_REGION REG_REGION_NOT_WORK_REGION "
    "LIVE_REGION_NOT_WORK_REGION REG_CITY_NOT_LIVE_CITY REG_CITY_NOT_WORK_CITY LIVE_CITY_NOT_WORK_CITY,"
    "text: ORGANIZATION_TYPE, float: EXT_SOURCE_1 EXT_SOURCE_2 EXT_SOURCE_3"
)
_APPLICATION |= {f"{name}_{stat}": "float" for stat in ("AVG", "MODE", "MEDI") for name in HOUSING}
_APPLICATION |= _columns(
    "text: FONDKAPREMONT_MODE HOUSETYPE_MODE, float: TOTALAREA_MODE, text: WALLSMATERIAL_MODE EMERGENCYSTATE_MODE,"
    "float: OBS_30_CNT_SOCIAL_CIRCLE DEF_30_CNT_SOCIAL_CIRCLE OBS_60_CNT_SOCIAL_CIRCLE DEF_60_CNT_SOCIAL_CIRCLE,"
    "float: DAYS_LAST_PHONE_CHANGE"
)
_APPLICATION |= dict.fromkeys(DOCUMENTS, "int") | {f"AMT_REQ_CREDIT_BUREAU_{p}": "float" for p in PERIODS}

TABLES: dict[str, dict[str, str]] = {
    "application": _APPLICATION,
    "bureau": _columns(
        "int: SK_ID_CURR SK_ID_BUREAU, text: CREDIT_ACTIVE CREDIT_CURRENCY, int: DAYS_CREDIT CREDIT_DAY_OVERDUE,"
        "float: DAYS_CREDIT_ENDDATE DAYS_ENDDATE_FACT AMT_CREDIT_MAX_OVERDUE, int: CNT_CREDIT_PROLONG,"
        "float: AMT_CREDIT_SUM AMT_CREDIT_SUM_DEBT AMT_CREDIT_SUM_LIMIT AMT_CREDIT_SUM_OVERDUE, text: CREDIT_TYPE,"
        "int: DAYS_CREDIT_UPDATE, float: AMT_ANNUITY"
    ),
    "bureau_balance": _columns("int: SK_ID_BUREAU MONTHS_BALANCE, text: STATUS"),
    "previous_application": _columns(
        "int: SK_ID_PREV SK_ID_CURR, text: NAME_CONTRACT_TYPE, float: AMT_ANNUITY AMT_APPLICATION AMT_CREDIT AMT_DOWN_PAYMENT "
        "AMT_GOODS_PRICE, text: WEEKDAY_APPR_PROCESS_START, int: HOUR_APPR_PROCESS_START, text: FLAG_LAST_APPL_PER_CONTRACT,"
        "int: NFLAG_LAST_APPL_IN_DAY, float: RATE_DOWN_PAYMENT RATE_INTEREST_PRIMARY RATE_INTEREST_PRIVILEGED,"
        "text: NAME_CASH_LOAN_PURPOSE NAME_CONTRACT_STATUS, int: DAYS_DECISION, text: NAME_PAYMENT_TYPE CODE_REJECT_REASON "
        "NAME_TYPE_SUITE NAME_CLIENT_TYPE NAME_GOODS_CATEGORY NAME_PORTFOLIO NAME_PRODUCT_TYPE CHANNEL_TYPE,"
        "int: SELLERPLACE_AREA, text: NAME_SELLER_INDUSTRY, float: CNT_PAYMENT, text: NAME_YIELD_GROUP PRODUCT_COMBINATION,"
        "float: DAYS_FIRST_DRAWING DAYS_FIRST_DUE DAYS_LAST_DUE_1ST_VERSION DAYS_LAST_DUE DAYS_TERMINATION "
        "NFLAG_INSURED_ON_APPROVAL"
    ),
    "POS_CASH_balance": _columns(
        "int: SK_ID_PREV SK_ID_CURR MONTHS_BALANCE, float: CNT_INSTALMENT CNT_INSTALMENT_FUTURE, text: NAME_CONTRACT_STATUS,"
        "int: SK_DPD SK_DPD_DEF"
    ),
    "installments_payments": _columns(
        "int: SK_ID_PREV SK_ID_CURR, float: NUM_INSTALMENT_VERSION, int: NUM_INSTALMENT_NUMBER, float: DAYS_INSTALMENT "
        "DAYS_ENTRY_PAYMENT AMT_INSTALMENT AMT_PAYMENT"
    ),
    "credit_card_balance": _columns(
        "int: SK_ID_PREV SK_ID_CURR MONTHS_BALANCE, float: AMT_BALANCE AMT_CREDIT_LIMIT_ACTUAL AMT_DRAWINGS_ATM_CURRENT "
        "AMT_DRAWINGS_CURRENT AMT_DRAWINGS_OTHER_CURRENT AMT_DRAWINGS_POS_CURRENT AMT_INST_MIN_REGULARITY AMT_PAYMENT_CURRENT "
        "AMT_PAYMENT_TOTAL_CURRENT AMT_RECEIVABLE_PRINCIPAL AMT_RECIVABLE AMT_TOTAL_RECEIVABLE CNT_DRAWINGS_ATM_CURRENT,"
        "int: CNT_DRAWINGS_CURRENT, float: CNT_DRAWINGS_OTHER_CURRENT CNT_DRAWINGS_POS_CURRENT CNT_INSTALMENT_MATURE_CUM,"
        "text: NAME_CONTRACT_STATUS, int: SK_DPD SK_DPD_DEF"
    ),
}
"""Columns and types of each table, in the order of the files. Each table is the file `<name>.parquet`."""


def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a table."""
    return pa.schema([pa.field(name, _ARROW[kind]) for name, kind in TABLES[table].items()])


def arrow_table(table: str, columns: dict) -> pa.Table:
    """Arrays of one block as an Arrow table; a missing or an undeclared column is an error."""
    declared = TABLES[table]
    if set(columns) != set(declared):
        raise ValueError(f"{table}: columns {sorted(set(columns) ^ set(declared))} are either missing or not declared")
    schema = arrow_schema(table)
    return pa.table([pa.array(columns[f.name], f.type, from_pandas=True) for f in schema], schema)
