//! `application`: one row per client, with the current application, the target and what the client stated.

use crate::spec::{
    CellTest, FeatureColumn, FeatureSource, RawColumn, RawTable, flag, key, number, text, whole, yes_no,
};

/// `DAYS_EMPLOYED` of clients without an employer.
const NOT_EMPLOYED: f64 = 365_243.0;

const CONTRACTS: &[&str] = &["Cash loans", "Revolving loans"];
const GENDERS: &[&str] = &["F", "M"];
const SUITES: &[&str] =
    &["Children", "Family", "Group of people", "Other_A", "Other_B", "Spouse, partner", "Unaccompanied"];
const INCOMES: &[&str] = &[
    "Businessman",
    "Commercial associate",
    "Maternity leave",
    "Pensioner",
    "State servant",
    "Student",
    "Unemployed",
    "Working",
];
const EDUCATIONS: &[&str] =
    &["Academic degree", "Higher education", "Incomplete higher", "Lower secondary", "Secondary / secondary special"];
const FAMILIES: &[&str] = &["Civil marriage", "Married", "Separated", "Single / not married", "Unknown", "Widow"];
const HOMES: &[&str] = &[
    "Co-op apartment",
    "House / apartment",
    "Municipal apartment",
    "Office apartment",
    "Rented apartment",
    "With parents",
];
const OCCUPATIONS: &[&str] = &[
    "Accountants",
    "Cleaning staff",
    "Cooking staff",
    "Core staff",
    "Drivers",
    "HR staff",
    "High skill tech staff",
    "IT staff",
    "Laborers",
    "Low-skill Laborers",
    "Managers",
    "Medicine staff",
    "Private service staff",
    "Realty agents",
    "Sales staff",
    "Secretaries",
    "Security staff",
    "Waiters/barmen staff",
];
const WEEKDAYS: &[&str] = &["FRIDAY", "MONDAY", "SATURDAY", "SUNDAY", "THURSDAY", "TUESDAY", "WEDNESDAY"];
#[rustfmt::skip]
const ORGANIZATIONS: &[&str] = &[
    "Advertising", "Agriculture", "Bank", "Business Entity Type 1", "Business Entity Type 2", "Business Entity Type 3",
    "Cleaning", "Construction", "Culture", "Electricity", "Emergency", "Government", "Hotel", "Housing",
    "Industry: type 1", "Industry: type 10", "Industry: type 11", "Industry: type 12", "Industry: type 13",
    "Industry: type 2", "Industry: type 3", "Industry: type 4", "Industry: type 5", "Industry: type 6",
    "Industry: type 7", "Industry: type 8", "Industry: type 9", "Insurance", "Kindergarten", "Legal Services", "Medicine",
    "Military", "Mobile", "Other", "Police", "Postal", "Realtor", "Religion", "Restaurant", "School", "Security",
    "Security Ministries", "Self-employed", "Services", "Telecom", "Trade: type 1", "Trade: type 2", "Trade: type 3",
    "Trade: type 4", "Trade: type 5", "Trade: type 6", "Trade: type 7", "Transport: type 1", "Transport: type 2",
    "Transport: type 3", "Transport: type 4", "University",
];
const FUNDS: &[&str] = &["not specified", "org spec account", "reg oper account", "reg oper spec account"];
const HOUSES: &[&str] = &["block of flats", "specific housing", "terraced house"];
const WALLS: &[&str] = &["Block", "Mixed", "Monolithic", "Others", "Panel", "Stone, brick", "Wooden"];
const EMERGENCIES: &[&str] = &["No", "Yes"];

/// Properties of the building; each has an average, a mode and a median column.
const BUILDING: [(&str, &str); 14] = [
    ("APARTMENTS", "size of apartments"),
    ("BASEMENTAREA", "basement area"),
    ("YEARS_BEGINEXPLUATATION", "years in use"),
    ("YEARS_BUILD", "age"),
    ("COMMONAREA", "common area"),
    ("ELEVATORS", "number of lifts"),
    ("ENTRANCES", "number of entrances"),
    ("FLOORSMAX", "highest number of floors"),
    ("FLOORSMIN", "lowest number of floors"),
    ("LANDAREA", "land area"),
    ("LIVINGAPARTMENTS", "size of living apartments"),
    ("LIVINGAREA", "living area"),
    ("NONLIVINGAPARTMENTS", "size of non-living apartments"),
    ("NONLIVINGAREA", "non-living area"),
];

/// The columns that say something of the request and the client, before those of the building.
fn client_columns() -> Vec<RawColumn> {
    vec![
        key("SK_ID_CURR", "identifier of the client"),
        whole("TARGET", "1 or 0", "whether the client had payment difficulties (1) or not (0)"),
        text("NAME_CONTRACT_TYPE", CONTRACTS, "type of the contract"),
        text("CODE_GENDER", GENDERS, "gender"),
        yes_no("FLAG_OWN_CAR", "whether the client owns a car"),
        yes_no("FLAG_OWN_REALTY", "whether the client owns a house or flat"),
        number("CNT_CHILDREN", "count", "number of children"),
        number("AMT_INCOME_TOTAL", "currency", "income per year"),
        number("AMT_CREDIT", "currency", "amount of the credit"),
        number("AMT_ANNUITY", "currency", "annuity"),
        number("AMT_GOODS_PRICE", "currency", "price of the goods that the credit is for"),
        text("NAME_TYPE_SUITE", SUITES, "who accompanied the client"),
        text("NAME_INCOME_TYPE", INCOMES, "kind of income"),
        text("NAME_EDUCATION_TYPE", EDUCATIONS, "highest education"),
        text("NAME_FAMILY_STATUS", FAMILIES, "family status"),
        text("NAME_HOUSING_TYPE", HOMES, "housing situation"),
        number("REGION_POPULATION_RELATIVE", "ratio", "population of the region (normalised)"),
        number("DAYS_BIRTH", "days", "day of birth (relative to the application, negative before)"),
        number(
            "DAYS_EMPLOYED",
            "days",
            "first day at the current employer (relative to the application, negative before)",
        )
        .with_sentinel(NOT_EMPLOYED),
        number(
            "DAYS_REGISTRATION",
            "days",
            "day of the last change of registration (relative to the application, negative before)",
        ),
        number(
            "DAYS_ID_PUBLISH",
            "days",
            "day of the last change of the identity document (relative to the application, negative before)",
        ),
        number("OWN_CAR_AGE", "years", "age of the car"),
        flag("FLAG_MOBIL", "whether a mobile phone was given"),
        flag("FLAG_EMP_PHONE", "whether a phone at work was given"),
        flag("FLAG_WORK_PHONE", "whether a second phone at work was given"),
        flag("FLAG_CONT_MOBILE", "whether the mobile phone could be reached"),
        flag("FLAG_PHONE", "whether a phone at home was given"),
        flag("FLAG_EMAIL", "whether an email address was given"),
        text("OCCUPATION_TYPE", OCCUPATIONS, "occupation"),
        number("CNT_FAM_MEMBERS", "count", "number of family members"),
        number("REGION_RATING_CLIENT", "rating", "rating of the region (1 to 3)"),
        number("REGION_RATING_CLIENT_W_CITY", "rating", "rating of the region with regard to the city (1 to 3)"),
        text("WEEKDAY_APPR_PROCESS_START", WEEKDAYS, "weekday of the application"),
        number("HOUR_APPR_PROCESS_START", "hour of the day", "hour of the application"),
        flag("REG_REGION_NOT_LIVE_REGION", "whether permanent and contact address are in different regions"),
        flag("REG_REGION_NOT_WORK_REGION", "whether permanent and work address are in different regions"),
        flag("LIVE_REGION_NOT_WORK_REGION", "whether contact and work address are in different regions"),
        flag("REG_CITY_NOT_LIVE_CITY", "whether permanent and contact address are in different cities"),
        flag("REG_CITY_NOT_WORK_CITY", "whether permanent and work address are in different cities"),
        flag("LIVE_CITY_NOT_WORK_CITY", "whether contact and work address are in different cities"),
        text("ORGANIZATION_TYPE", ORGANIZATIONS, "type of the employer"),
        number("EXT_SOURCE_1", "score", "first external score (normalised)"),
        number("EXT_SOURCE_2", "score", "second external score (normalised)"),
        number("EXT_SOURCE_3", "score", "third external score (normalised)"),
    ]
}

fn columns() -> Vec<RawColumn> {
    let mut columns = client_columns();
    for (suffix, statistic) in [("AVG", "average"), ("MODE", "mode"), ("MEDI", "median")] {
        columns.extend(BUILDING.map(|(name, what)| {
            number(
                format!("{name}_{suffix}"),
                "normalised",
                format!("{what} of the client's building, {statistic} (normalised)"),
            )
        }));
    }
    columns.extend([
        text("FONDKAPREMONT_MODE", FUNDS, "account for repairs of the client's building"),
        text("HOUSETYPE_MODE", HOUSES, "type of the client's building"),
        number("TOTALAREA_MODE", "normalised", "total area of the client's building, mode (normalised)"),
        text("WALLSMATERIAL_MODE", WALLS, "material of the walls of the client's building"),
        text("EMERGENCYSTATE_MODE", EMERGENCIES, "whether the client's building is in a state of emergency"),
    ]);
    for days in [30, 60] {
        for (name, what) in [("OBS", "observed to be"), ("DEF", "who defaulted at")] {
            columns.push(number(
                format!("{name}_{days}_CNT_SOCIAL_CIRCLE"),
                "count",
                format!("number of persons in the client's social circle {what} {days} days past due"),
            ));
        }
    }
    columns.push(number(
        "DAYS_LAST_PHONE_CHANGE",
        "days",
        "day of the last change of phone (relative to the application, negative before)",
    ));
    for document in 2..=21 {
        columns.push(flag(format!("FLAG_DOCUMENT_{document}"), format!("whether document {document} was provided")));
    }
    let periods = ["HOUR", "DAY", "WEEK", "MON", "QRT", "YEAR"];
    for (period, words) in periods.into_iter().zip(["hour", "day", "week", "month", "quarter", "year"]) {
        columns.push(number(
            format!("AMT_REQ_CREDIT_BUREAU_{period}"),
            "count",
            format!("number of enquiries to the credit bureau in the {words} before the application"),
        ));
    }
    columns
}

pub(super) fn table() -> RawTable {
    let columns = columns();
    let cells = columns
        .iter()
        .map(|column| FeatureColumn { name: column.name.clone(), source: FeatureSource::Cell(column.name.clone()) });
    let not_employed = FeatureColumn {
        name: "FLAG_DAYS_EMPLOYED_SENTINEL".to_owned(),
        source: FeatureSource::Holds(CellTest::Sentinel("DAYS_EMPLOYED".to_owned())),
    };
    let features = cells.chain([not_employed]).collect();
    RawTable {
        name: "application",
        rows: "clients",
        key: "SK_ID_CURR",
        row_key: Some("SK_ID_CURR"),
        order: &[],
        columns,
        missing_texts: &["XNA", "XAP"],
        renamed: &[],
        derived: Vec::new(),
        inner: Vec::new(),
        features,
    }
}
