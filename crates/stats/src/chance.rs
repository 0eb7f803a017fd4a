//! How far chance alone moves a PSI: its 95 % critical value and its p-value, with thin bins joined first.

use super::{
    chi2::{quantile, survival},
    psi::{EmptyBins, psi},
    real::{columns, real, total},
};

/// Expected window rows below which the chi-square law of the PSI fails for a bin.
const THIN: u128 = 20;

/// What a bin holds, which decides whom it joins when it is thin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An interval, an atom or a level: joins its neighbours in order.
    Value,
    /// Missing, a guard bin or unseen: joins the others of its kind.
    Special,
}

/// What chance alone would do to a PSI.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// Bins that remain after joining; degrees of freedom plus one.
    pub bins: usize,
    /// The PSI that a window without drift exceeds one time in twenty.
    pub critical: Option<f64>,
    /// The probability that a window without drift has a PSI this large or larger.
    pub p_value: Option<f64>,
}

/// Reference rows and window rows of one or more joined bins.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    reference: u64,
    window: u64,
}

impl Group {
    fn add(&mut self, other: Self) {
        self.reference = self.reference.saturating_add(other.reference);
        self.window = self.window.saturating_add(other.window);
    }
}

/// Critical value and p-value of a PSI under `PSI ≈ (1/n + 1/m) · χ²(B − 1)`, after joining thin bins.
///
/// A bin is thin when the window is expected to hold fewer than 20 rows in it: the reference and the window's size decide,
/// never the window's counts. The PSI tested is that of the joined bins. Both figures are None with fewer than two bins
/// left or with an empty side. Source: Yurdakul, *Statistical Properties of Population Stability Index* (2018).
#[must_use]
pub fn chance(reference: &[u64], window: &[u64], places: &[Place], empty: EmptyBins) -> Chance {
    let groups = join(reference, window, places);
    let (joined_reference, joined_window): (Vec<u64>, Vec<u64>) =
        groups.iter().map(|group| (group.reference, group.window)).unzip();
    match psi(&joined_reference, &joined_window, empty) {
        Some(value) => law(value, groups.len(), total(reference), total(window)),
        None => Chance { bins: groups.len(), critical: None, p_value: None },
    }
}

/// The law itself, no bins joined: what chance does to a PSI of `bins` bins over `n` reference and `m` window rows.
///
/// `critical = (1/n + 1/m) · χ²₀.₉₅(bins − 1)`, `p = P(χ²(bins − 1) ≥ psi / (1/n + 1/m))`. Source: as [`chance`].
#[must_use]
pub fn law(psi: f64, bins: usize, n: u64, m: u64) -> Chance {
    if bins < 2 || n == 0 || m == 0 {
        return Chance { bins, critical: None, p_value: None };
    }
    let scale = 1.0 / real(n) + 1.0 / real(m);
    let freedom = bins - 1;
    Chance { bins, critical: Some(scale * quantile(0.95, freedom)), p_value: Some(survival(psi / scale, freedom)) }
}

/// Joins thin bins until none is left, or one bin is.
fn join(reference: &[u64], window: &[u64], places: &[Place]) -> Vec<Group> {
    let (n, m) = (u128::from(total(reference)), u128::from(total(window)));
    // Whole numbers, so that no rounding decides: m · r / n < 20.
    let thin = |group: &Group| u128::from(group.reference) * m < THIN * n || n == 0;

    let (mut values, mut specials): (Vec<Group>, Vec<Group>) = (Vec::new(), Vec::new());
    let (mut open, mut pool): (Option<Group>, Option<Group>) = (None, None);
    for (index, (in_reference, in_window)) in columns(reference, window).enumerate() {
        let bin = Group { reference: in_reference, window: in_window };
        match places.get(index).copied().unwrap_or(Place::Value) {
            Place::Special if thin(&bin) => pool.get_or_insert_default().add(bin),
            Place::Special => specials.push(bin),
            Place::Value => {
                open.get_or_insert_default().add(bin);
                values.extend(open.take_if(|group| !thin(group)));
            }
        }
    }
    settle(&mut values, open);
    match pool.take_if(|group| !thin(group)) {
        Some(stands) => specials.push(stands),
        None if values.is_empty() => settle(&mut specials, pool),
        None => settle(&mut values, pool),
    }
    // The values together may still be thin (a feature that is nearly always missing).
    if values.len() == 1 && !specials.is_empty() {
        let lone = values.pop_if(|group| thin(group));
        settle(&mut specials, lone);
    }
    values.append(&mut specials);
    values
}

/// Adds a remainder to the last group, or makes it the only one.
fn settle(groups: &mut Vec<Group>, remainder: Option<Group>) {
    match (groups.last_mut(), remainder) {
        (Some(last), Some(rest)) => last.add(rest),
        (None, Some(rest)) => groups.push(rest),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use Place::{Special, Value};
    use proptest::prelude::*;

    use super::*;

    fn joined(reference: &[u64], window: &[u64], places: &[Place]) -> Vec<(u64, u64)> {
        join(reference, window, places).iter().map(|group| (group.reference, group.window)).collect()
    }

    #[test]
    fn the_golden_vector_of_the_definitions() {
        let chance = law(0.067_693, 7, 999, 1001);
        assert!((chance.critical.unwrap() - 0.025_183).abs() < 5e-7, "{chance:?}");
        assert!((chance.p_value.unwrap() / 7.2e-6 - 1.0).abs() < 0.01, "{chance:?}");
    }

    #[test]
    fn thin_values_gather_from_the_left_and_the_rest_joins_the_last() {
        let got = joined(&[10, 5, 30, 40, 9, 6], &[20, 20, 20, 20, 10, 10], &[Value; 6]);
        assert_eq!(got, [(45, 60), (55, 40)]);
    }

    #[test]
    fn thin_specials_pool_and_stand_when_thick_enough() {
        let got = joined(&[12, 50, 26, 12], &[25; 4], &[Special, Value, Value, Special]);
        assert_eq!(got, [(50, 25), (26, 25), (24, 50)]);
    }

    #[test]
    fn a_pool_that_stays_thin_joins_the_last_value() {
        let got = joined(&[0, 50, 50, 0], &[10, 40, 40, 10], &[Special, Value, Value, Special]);
        assert_eq!(got, [(50, 40), (50, 60)]);
    }

    #[test]
    fn a_thick_special_stands_alone_beside_a_thin_pool() {
        let got = joined(&[40, 0, 60], &[10, 5, 85], &[Special, Special, Value]);
        assert_eq!(got, [(60, 90), (40, 10)]);
    }

    #[test]
    fn thin_values_alone_join_the_specials() {
        assert_eq!(joined(&[5, 95], &[10, 90], &[Value, Special]), [(100, 100)]);
    }

    #[test]
    fn exactly_twenty_is_not_thin() {
        assert_eq!(joined(&[20, 80], &[50, 50], &[Value; 2]).len(), 2);
        assert_eq!(joined(&[19, 81], &[50, 50], &[Value; 2]).len(), 1);
    }

    #[test]
    fn one_bin_is_no_evidence() {
        let chance = chance(&[100], &[100], &[Value], EmptyBins::HalfCount);
        assert_eq!(chance, Chance { bins: 1, critical: None, p_value: None });
    }

    #[test]
    fn an_empty_side_is_no_evidence() {
        for (reference, window) in [(vec![], vec![]), (vec![0, 0], vec![5, 5]), (vec![5, 5], vec![0, 0])] {
            let chance = chance(&reference, &window, &[], EmptyBins::HalfCount);
            assert_eq!((chance.critical, chance.p_value), (None, None));
        }
    }

    proptest! {
        #[test]
        fn no_thin_bin_is_left_and_no_row_is_lost(
            bins in prop::collection::vec((0_u64..200, 0_u64..200, any::<bool>()), 1..30),
        ) {
            let reference: Vec<u64> = bins.iter().map(|bin| bin.0).collect();
            let window: Vec<u64> = bins.iter().map(|bin| bin.1).collect();
            let places: Vec<Place> = bins.iter().map(|bin| if bin.2 { Value } else { Special }).collect();
            let (n, m) = (total(&reference), total(&window));
            let got = joined(&reference, &window, &places);
            prop_assert_eq!(got.iter().map(|group| group.0).sum::<u64>(), n);
            prop_assert_eq!(got.iter().map(|group| group.1).sum::<u64>(), m);
            prop_assert!(got.len() < 2 || got.iter().all(|group| group.0 * m >= 20 * n));
        }

        #[test]
        fn the_windows_counts_do_not_decide(
            reference in prop::collection::vec(0_u64..200, 2..30),
            window in prop::collection::vec(0_u64..200, 2..30),
            special in any::<u32>(),
        ) {
            prop_assume!(total(&window) > 0);
            let places: Vec<Place> =
                (0..30).map(|bit| if special >> bit & 1 == 1 { Special } else { Value }).collect();
            let width = reference.len();
            let mut folded = vec![0; width];
            for (index, count) in window.iter().enumerate() {
                folded[index % width] += count;
            }
            let mut heap = vec![0; width];
            heap[width - 1] = total(&window);
            prop_assert_eq!(
                chance(&reference, &folded, &places, EmptyBins::HalfCount).bins,
                chance(&reference, &heap, &places, EmptyBins::HalfCount).bins
            );
        }
    }
}
