//! How often leaf drift is seen, for shifts that the statistics were chosen on and for others, in two models.
//!
//! Rates to read, not a test of every commit:
//!
//! ```sh
//! VIGIE_DRAWS=300 cargo test --release --test it leaf_rates -- --ignored --nocapture
//! ```
//!
//! `VIGIE_ROWS` (default 2,000) sets the rows of each window. The shifts change no feature by itself. Those marked with *
//! and the second model were written down before any rate was measured, and no rule was changed after.

use vigie::replay::LeafDrift;

use crate::support::{
    draw::Draw,
    leaf_lab::{LeafLab, Table, numbers, permute},
};

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What happens to a window.
type Change = Box<dyn Fn(&mut Table, &mut Draw)>;

fn permutation(name: &'static str) -> Change {
    Box::new(move |window, draw| permute(window, name, draw))
}

/// Permutes a feature among the rows of which another one is above its median: an interaction of the two.
fn permute_above(name: &'static str, by: &'static str) -> Change {
    Box::new(move |window, draw| {
        let of = numbers(window, by).clone();
        let mut sorted: Vec<f64> = of.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let median = sorted[sorted.len() / 2];
        let rows: Vec<usize> = (0..of.len()).filter(|row| of[*row] > median).collect();
        let mut to = rows.clone();
        draw.shuffle(&mut to);
        let values = numbers(window, name);
        let before = values.clone();
        rows.iter().zip(&to).for_each(|(row, from)| values[*row] = before[*from]);
    })
}

/// Ties two features: in half of the rows with both, they get the same ranks.
fn tie(one: &'static str, other: &'static str) -> Change {
    Box::new(move |window, draw| {
        let (a, b) = (numbers(window, one).clone(), numbers(window, other).clone());
        let mut rows: Vec<usize> = (0..a.len()).filter(|row| !a[*row].is_nan() && !b[*row].is_nan()).collect();
        draw.shuffle(&mut rows);
        rows.truncate(rows.len() / 2);
        let by = |values: &[f64]| {
            let mut order = rows.clone();
            order.sort_by(|x, y| values[*x].total_cmp(&values[*y]));
            order
        };
        let (from, to) = (by(&b), by(&a));
        let values = numbers(window, other);
        to.iter().zip(&from).for_each(|(row, from)| values[*row] = b[*from]);
    })
}

/// Changes with their names and the features that they concern.
fn changes() -> Vec<(&'static str, Vec<&'static str>, Change)> {
    let permuted = |name: &'static str| (vec![name], permutation(name));
    let nothing: Change = Box::new(|_, _| ());
    let mut all = vec![("nothing", Vec::new(), nothing)];
    for (label, (names, change)) in [
        ("EXT_SOURCE_1 permuted", permuted("EXT_SOURCE_1")),
        ("EXT_SOURCE_2 permuted", permuted("EXT_SOURCE_2")),
        ("EXT_SOURCE_3 permuted", permuted("EXT_SOURCE_3")),
        ("AMT_ANNUITY permuted", permuted("AMT_ANNUITY")),
        ("* BUREAU_BUREAU_DEBT_RATIO_MAX permuted", permuted("BUREAU_BUREAU_DEBT_RATIO_MAX")),
        ("* PREV_INST_RATIO_LATE_MEAN permuted", permuted("PREV_INST_RATIO_LATE_MEAN")),
        (
            "* EXT_SOURCE_3 permuted among the younger half",
            (vec!["EXT_SOURCE_3", "DAYS_BIRTH"], permute_above("EXT_SOURCE_3", "DAYS_BIRTH")),
        ),
        (
            "* EXT_SOURCE_2 and DAYS_EMPLOYED tied in half of the rows",
            (vec!["EXT_SOURCE_2", "DAYS_EMPLOYED"], tie("EXT_SOURCE_2", "DAYS_EMPLOYED")),
        ),
    ] {
        all.push((label, names, change));
    }
    all
}

/// Prints how often each change is seen, and how often a feature that it concerns is in the named pair.
fn print_rates(title: &str, lab: &LeafLab) {
    let (draws, rows) = (setting("VIGIE_DRAWS", 100), setting("VIGIE_ROWS", 2_000));
    println!("{title}: {draws} windows of {rows} rows, reference of 20,000");
    for (number, (label, names, change)) in changes().into_iter().enumerate() {
        let mut draw = Draw::seeded(9_000 + number as u64);
        // A new reference for every change: a single one may be favourable.
        let baseline = lab.baseline(&lab.draw(20_000, &mut draw));
        let drifts: Vec<LeafDrift> = (0..draws)
            .map(|_| {
                let mut window = lab.window(&lab.draw(rows, &mut draw));
                change(&mut window, &mut draw);
                lab.compare(&baseline, &lab.counts_of(&window))
            })
            .collect();
        let seen = drifts.iter().filter(|drift| drift.is_beyond_chance()).count();
        let pairs = drifts.iter().filter_map(|drift| drift.pair.as_ref());
        let named = pairs.filter(|pair| pair.iter().any(|name| names.contains(&name.as_str()))).count();
        println!("  {label}: seen in {seen}, the right feature in the pair in {named}");
        if names.is_empty() {
            assert!(seen * 100 <= 5 * draws.max(20), "{title}: p ≤ 0.01 in {seen} of {draws} windows without drift");
        }
    }
}

#[test]
#[ignore = "prints rates, for minutes; see the comment at the top"]
fn rates_in_the_model_of_the_example() {
    print_rates("260 oblivious trees, 125 features", LeafLab::example());
}

#[test]
#[ignore = "prints rates, for minutes; see the comment at the top"]
fn rates_in_a_second_model() {
    let features = [
        "EXT_SOURCE_1",
        "EXT_SOURCE_2",
        "EXT_SOURCE_3",
        "BUREAU_BUREAU_DEBT_RATIO_MAX",
        "DAYS_EMPLOYED",
        "AMT_CREDIT",
        "AMT_ANNUITY",
        "AMT_GOODS_PRICE",
        "DAYS_BIRTH",
        "PREV_RATIO_REFUSED",
        "PREV_INST_RATIO_LATE_MEAN",
        "OWN_CAR_AGE",
        "DAYS_ID_PUBLISH",
        "PREV_PREV_CREDIT_TO_APPLICATION_MEAN",
    ];
    print_rates("60 depthwise trees, 14 features", &LeafLab::depthwise(&features));
}
