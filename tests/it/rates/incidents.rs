//! The incidents of `incidents.json`, as edits of fresh rows. What each is and what should be told of it is in that file.

use serde::Deserialize;

use super::{pool::Fresh, window::Window};
use crate::support::{draw::Draw, stories::ExpectedStory};

/// An incident with the stories that should be told.
#[derive(Deserialize)]
pub(crate) struct Incident {
    pub name: String,
    pub what: String,
    pub stories: Vec<ExpectedStory>,
}

#[derive(Deserialize)]
pub(crate) struct Incidents {
    /// Those that the rules were found on.
    pub tuned: Vec<Incident>,
    /// Those that were measured before, without a rule made for them.
    pub known: Vec<Incident>,
    /// Those that were written down before any rule had been run on them.
    pub new: Vec<Incident>,
}

impl Incidents {
    pub(crate) fn read() -> Self {
        serde_json::from_str(include_str!("incidents.json")).unwrap()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Incident> {
        self.tuned.iter().chain(&self.known).chain(&self.new)
    }
}

impl Incident {
    /// Whether somebody who knows the rows could say on which side the cause is.
    pub(crate) fn can_be_told(&self) -> bool {
        self.stories.iter().all(|story| story.side != "unknown")
    }

    /// Whether it shows only when compared with the window before.
    pub(crate) fn needs_yesterday(&self) -> bool {
        self.stories.iter().any(|story| story.kind == ["stale"])
    }
}

const BUREAU: &[&str] = &["BUREAU_*"];
const PREV_INST: &[&str] = &["PREV_INST_*"];
const THREE_AMOUNTS: &[&str] = &["AMT_CREDIT", "AMT_ANNUITY", "AMT_INCOME_TOTAL"];
const FOUR_AMOUNTS: &[&str] = &["AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL"];

fn lost(_: f64) -> f64 {
    f64::NAN
}

fn instead_of_missing(value: f64) -> impl Fn(f64) -> f64 {
    move |number| if number.is_nan() { value } else { number }
}

/// The applicants of the day, before anything happens to their records.
fn applicants(name: &str, fresh: &mut Fresh<'_>) -> Window {
    match name {
        "young" | "bureau_dead_and_young" => fresh.tilted("DAYS_BIRTH", 0.8),
        "older" | "older_and_a_score_missing" => fresh.tilted("DAYS_BIRTH", -0.8),
        "young_for_four_hours" => fresh.tilted_between("DAYS_BIRTH", 1.5, ("12:00", "16:00")),
        "higher_incomes" => fresh.tilted("AMT_INCOME_TOTAL", 0.8),
        "riskier" => fresh.tilted("EXT_SOURCE_2", -0.8),
        "smaller_loans" => fresh.tilted("AMT_CREDIT", -0.8),
        "fewer_women" => fresh.with_share("CODE_GENDER", "F", 0.40),
        "short_histories" => fresh.tilted("BUREAU_DAYS_CREDIT_MIN", 0.8),
        "late_payers" => fresh.tilted("PREV_INST_RATIO_LATE_MEAN", 0.8),
        "more_pensioners" => fresh.with_share("ORGANIZATION_TYPE", "XNA", 0.40),
        "rich_for_three_hours" => fresh.tilted_between("AMT_INCOME_TOTAL", 2.0, ("09:00", "12:00")),
        "more_revolving_loans" => fresh.with_share("NAME_CONTRACT_TYPE", "Revolving loans", 0.25),
        "older_cars" => fresh.tilted("OWN_CAR_AGE", 1.0),
        "larger_loans_and_a_score_in_percent" => fresh.tilted("AMT_CREDIT", 0.8),
        _ => fresh.window(),
    }
}

/// A window with the incident of this name, after a window like `yesterday`.
pub(crate) fn window(name: &str, yesterday: &Window, fresh: &mut Fresh<'_>) -> Window {
    let mut window = applicants(name, fresh);
    change(name, &mut window, yesterday, &mut fresh.draw);
    window
}

/// Edits of the incidents that the rules were found on.
fn change(name: &str, window: &mut Window, yesterday: &Window, draw: &mut Draw) {
    let all = window.every_row();
    let late = window.is_between("14:20", "24:00");
    let some = window.at_random(0.30, draw);
    let few = window.at_random(0.06, draw);
    let mut order: Vec<usize> = (0..window.len()).collect();
    draw.shuffle(&mut order);
    match name {
        // Only the applicants differ.
        "young" | "older" | "young_for_four_hours" | "higher_incomes" | "riskier" | "smaller_loans" | "fewer_women" => {
        }
        "bureau_dead" | "bureau_dead_and_young" => window.edit(BUREAU, &all, lost),
        "prev_inst_dead" => window.edit(PREV_INST, &all, lost),
        "bureau_missing_in_30_percent" => window.edit(BUREAU, &some, lost),
        "bureau_dead_from_1420" => window.edit(BUREAU, &late, lost),
        "bureau_dead_and_sentinel" => {
            window.edit(BUREAU, &all, lost);
            window.edit(&["DAYS_EMPLOYED"], &few, |_| 365_243.0);
        }
        "bureau_dead_and_prev_inst_in_30_percent" => {
            window.edit(BUREAU, &all, lost);
            window.edit(PREV_INST, &some, lost);
        }
        "bureau_and_prev_inst_dead" => {
            window.edit(BUREAU, &all, lost);
            window.edit(PREV_INST, &all, lost);
        }
        "two_causes_in_one_block" => {
            window.edit(&["BUREAU_DAYS_*"], &all, lost);
            let sums = ["BUREAU_AMT_CREDIT_SUM_MAX", "BUREAU_AMT_CREDIT_SUM_MEAN", "BUREAU_AMT_CREDIT_SUM_SUM"];
            window.edit(&sums, &all, |amount| amount * 1_000.0);
        }
        "amounts_in_thousands_from_1420" => window.edit(THREE_AMOUNTS, &late, |amount| amount / 1_000.0),
        "amounts_in_thousands_in_30_percent" => window.edit(THREE_AMOUNTS, &some, |amount| amount / 1_000.0),
        "sentinel_in_two_days" => window.edit(&["DAYS_EMPLOYED", "DAYS_LAST_PHONE_CHANGE"], &few, |_| 365_243.0),
        "bureau_stale" => window.copy(BUREAU, &all, yesterday, |row| order[row]),
        "bureau_stale_in_30_percent" => window.copy(BUREAU, &some, yesterday, |row| order[row]),
        "levels_in_other_case" => {
            window.respell("CODE_GENDER", &all, str::to_lowercase);
            window.respell("NAME_FAMILY_STATUS", &some, str::to_uppercase);
        }
        "income_and_score_in_other_units" => {
            window.edit(&["AMT_INCOME_TOTAL"], &all, |amount| amount / 10.0);
            window.edit(&["EXT_SOURCE_1"], &all, |score| score * 100.0);
        }
        "annuity_of_a_year" => window.edit(&["AMT_ANNUITY"], &all, |amount| amount * 12.0),
        "filled_with_zero" => window.edit(&["EXT_SOURCE_1", "OWN_CAR_AGE"], &all, instead_of_missing(0.0)),
        "credit_and_annuity_with_fees" => {
            window.edit(&["AMT_CREDIT"], &all, |amount| amount * 1.3);
            window.edit(&["AMT_ANNUITY"], &all, |amount| amount * 1.5);
        }
        "new_level" => {
            let eighth = window.at_random(0.12, draw);
            window.respell("ORGANIZATION_TYPE", &eighth, |_| "Platform work".to_owned());
        }
        "four_amounts_larger" => window.edit(FOUR_AMOUNTS, &all, |amount| amount * 1.3),
        _ => change_known(name, window, yesterday, &order, draw),
    }
}

/// Edits of further incidents, known before the rules were last changed. `order` is a permutation of the rows.
fn change_known(name: &str, window: &mut Window, yesterday: &Window, order: &[usize], draw: &mut Draw) {
    let all = window.every_row();
    let revolving: Vec<bool> =
        window.texts("NAME_CONTRACT_TYPE").iter().map(|level| level.as_deref() == Some("Revolving loans")).collect();
    match name {
        "level_merged" => window.respell("ORGANIZATION_TYPE", &all, |level| {
            if level == "Self-employed" { "Business Entity Type 3".to_owned() } else { level.to_owned() }
        }),
        "monthly_income_of_one_product" => window.edit(&["AMT_INCOME_TOTAL"], &revolving, |amount| amount / 12.0),
        "reference_date_a_year_late" => {
            let days = ["DAYS_BIRTH", "DAYS_EMPLOYED", "DAYS_ID_PUBLISH", "DAYS_LAST_PHONE_CHANGE"];
            window.edit(&days, &all, |days| days - 365.0);
        }
        "one_client_joined_to_many" => {
            let quarter = window.at_random(0.25, draw);
            let known = |row: &usize| !window.numbers("BUREAU_AMT_CREDIT_SUM_STD")[*row].is_nan();
            let client = order.iter().copied().find(known).unwrap();
            let own = window.clone();
            window.copy(BUREAU, &quarter, &own, |_| client);
        }
        "amounts_rounded" => {
            let round = |amount: f64| (amount / 100_000.0).round() * 100_000.0;
            window.edit(&["AMT_CREDIT", "AMT_GOODS_PRICE"], &all, round);
        }
        "product_in_another_currency" => {
            let amounts = ["AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE"];
            window.edit(&amounts, &revolving, |amount| amount * 25.4);
        }
        "sign_flipped" => {
            let two_fifths = window.at_random(0.40, draw);
            window.edit(&["DAYS_EMPLOYED"], &two_fifths, |days| -days);
        }
        "minus_one_for_missing" => window.edit(BUREAU, &all, instead_of_missing(-1.0)),
        "scores_down_for_two_hours" => {
            let down = window.is_between("09:00", "11:00");
            window.edit(&["EXT_SOURCE_*"], &down, lost);
        }
        "ratios_in_percent" => window.edit(&["PREV_INST_RATIO_*"], &all, |ratio| ratio * 100.0),
        "levels_cut" => window.respell("ORGANIZATION_TYPE", &all, |level| level.chars().take(10).collect()),
        "amounts_capped" => {
            window.edit(&["AMT_CREDIT", "AMT_GOODS_PRICE"], &all, |amount| amount.clamp(0.0, 675_000.0));
        }
        "older_and_a_score_missing" => {
            let eleventh = window.at_random(0.09, draw);
            window.edit(&["EXT_SOURCE_2"], &eleventh, lost);
        }
        _ => change_new(name, window, yesterday, order, draw),
    }
}

/// Edits of the incidents that were written down before any rule had been run on them.
fn change_new(name: &str, window: &mut Window, yesterday: &Window, order: &[usize], draw: &mut Draw) {
    let all = window.every_row();
    match name {
        // Only the applicants differ.
        "short_histories"
        | "late_payers"
        | "more_pensioners"
        | "rich_for_three_hours"
        | "more_revolving_loans"
        | "older_cars" => {}
        "pos_loans_missing_at_noon" => {
            let down = window.is_between("12:30", "15:00");
            window.edit(&["PREV_POS_*"], &down, lost);
        }
        "id_days_in_years_from_noon" => {
            let late = window.is_between("12:00", "24:00");
            window.edit(&["DAYS_ID_PUBLISH"], &late, |days| days / 365.25);
        }
        "bureau_days_half_a_year_late" => {
            let days = [
                "BUREAU_DAYS_CREDIT_MEAN",
                "BUREAU_DAYS_CREDIT_MIN",
                "BUREAU_DAYS_CREDIT_MAX",
                "BUREAU_DAYS_CREDIT_UPDATE_MAX",
                "BUREAU_DAYS_CREDIT_ENDDATE_MAX",
                "BUREAU_DAYS_ENDDATE_FACT_MAX",
            ];
            window.edit(&days, &all, |days| days - 180.0);
        }
        "family_status_in_codes" => window.respell("NAME_FAMILY_STATUS", &all, |status| {
            let code = match status {
                "Married" => "C1",
                "Single / not married" => "C2",
                "Civil marriage" => "C3",
                "Separated" => "C4",
                _ => "C5",
            };
            code.to_owned()
        }),
        "civil_marriages_merged" => window.respell("NAME_FAMILY_STATUS", &all, |status| {
            if status == "Civil marriage" { "Married".to_owned() } else { status.to_owned() }
        }),
        "one_former_loan_for_many" => {
            let some = window.at_random(0.15, draw);
            let known = |row: &usize| !window.numbers("PREV_POS_INSTALMENT_FUTURE_MEAN_STD")[*row].is_nan();
            let client = order.iter().copied().find(known).unwrap();
            let own = window.clone();
            window.copy(&["PREV_POS_*"], &some, &own, |_| client);
        }
        "error_code_for_a_score" => {
            let few = window.at_random(0.08, draw);
            window.edit(&["EXT_SOURCE_3"], &few, |_| -1.0);
        }
        "net_income" => window.edit(&["AMT_INCOME_TOTAL"], &all, |income| income * 0.78),
        "amounts_swapped" => window.swap("AMT_CREDIT", "AMT_ANNUITY"),
        "phone_change_defaults_from_10" => {
            let late = window.is_between("10:00", "24:00");
            window.edit(&["DAYS_LAST_PHONE_CHANGE"], &late, |_| 0.0);
        }
        "instalments_stale_and_gender_respelled" => {
            let two_fifths = window.at_random(0.40, draw);
            window.copy(PREV_INST, &two_fifths, yesterday, |row| order[row]);
            window.respell("CODE_GENDER", &all, str::to_lowercase);
        }
        "larger_loans_and_a_score_in_percent" => {
            window.edit(&["EXT_SOURCE_2"], &all, |score| score * 100.0);
        }
        other => panic!("no incident is called {other}"),
    }
}
