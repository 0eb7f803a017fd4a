//! Significance test of a PSI: its 95% critical value and p-value, after merging thin bins.

use super::{
    chi2::{quantile, survival},
    psi::{EmptyBins, psi},
    real::{columns, real, total},
};

/// Expected window rows in a bin below which the chi-square approximation of the PSI fails.
const THIN: u128 = 20;

/// Kind of a bin, which decides which bins it is merged with when it is thin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinRole {
    /// An interval, an atom or a level: merged with its neighbours in order.
    Value,
    /// Missing values, a guard bin or unseen levels: merged with the other special bins.
    Special,
}

/// Result of the significance test of a PSI.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PsiTest {
    /// Number of bins after merging: degrees of freedom plus one.
    pub bins: usize,
    /// The PSI that a window without drift exceeds with a probability of 5%.
    pub critical: Option<f64>,
    /// Probability that a window without drift has a PSI this large or larger.
    pub p_value: Option<f64>,
}

/// Reference rows and window rows of one or more merged bins.
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

/// Critical value and p-value of the PSI under `PSI ≈ (1/n + 1/m) · χ²(B − 1)`, after merging thin bins.
///
/// A bin is thin when the window is expected to hold fewer than 20 rows in it. This depends on the reference and on the
/// size of the window, never on the window's counts. The PSI tested is that of the merged bins. Both values are `None`
/// when fewer than two bins are left or one side has no rows. Bins beyond the end of `roles` are [`BinRole::Value`].
/// Source: Yurdakul, *Statistical Properties of Population Stability Index* (2018).
#[must_use]
pub fn psi_test(reference: &[u64], window: &[u64], roles: &[BinRole], empty: EmptyBins) -> PsiTest {
    let groups = merge(reference, window, roles);
    let (merged_reference, merged_window): (Vec<u64>, Vec<u64>) =
        groups.iter().map(|group| (group.reference, group.window)).unzip();
    match psi(&merged_reference, &merged_window, empty) {
        Some(value) => from_psi(value, groups.len(), total(reference), total(window)),
        None => PsiTest { bins: groups.len(), critical: None, p_value: None },
    }
}

/// Critical value and p-value of a PSI of `bins` bins over `n` reference rows and `m` window rows, without merging.
///
/// `critical = (1/n + 1/m) · χ²₀.₉₅(bins − 1)`, `p = P(χ²(bins − 1) ≥ psi / (1/n + 1/m))`. Source: see [`psi_test`].
#[must_use]
pub fn from_psi(psi: f64, bins: usize, n: u64, m: u64) -> PsiTest {
    if bins < 2 || n == 0 || m == 0 {
        return PsiTest { bins, critical: None, p_value: None };
    }
    let scale = 1.0 / real(n) + 1.0 / real(m);
    let freedom = bins - 1;
    PsiTest { bins, critical: Some(scale * quantile(0.95, freedom)), p_value: Some(survival(psi / scale, freedom)) }
}

/// Merges thin bins until none is left, or only one bin is.
fn merge(reference: &[u64], window: &[u64], roles: &[BinRole]) -> Vec<Group> {
    let (n, m) = (u128::from(total(reference)), u128::from(total(window)));
    // Integer arithmetic for m · r / n < 20, so that rounding cannot change the result.
    let thin = |group: &Group| u128::from(group.reference) * m < THIN * n || n == 0;

    let (mut values, mut specials): (Vec<Group>, Vec<Group>) = (Vec::new(), Vec::new());
    let (mut open, mut pool): (Option<Group>, Option<Group>) = (None, None);
    for (index, (in_reference, in_window)) in columns(reference, window).enumerate() {
        let bin = Group { reference: in_reference, window: in_window };
        match roles.get(index).copied().unwrap_or(BinRole::Value) {
            BinRole::Special if thin(&bin) => pool.get_or_insert_default().add(bin),
            BinRole::Special => specials.push(bin),
            BinRole::Value => {
                open.get_or_insert_default().add(bin);
                values.extend(open.take_if(|group| !thin(group)));
            }
        }
    }
    add_remainder(&mut values, open);
    match pool.take_if(|group| !thin(group)) {
        Some(thick) => specials.push(thick),
        None if values.is_empty() => add_remainder(&mut specials, pool),
        None => add_remainder(&mut values, pool),
    }
    // All values together may still be thin (a feature that is nearly always missing).
    if values.len() == 1 && !specials.is_empty() {
        let lone = values.pop_if(|group| thin(group));
        add_remainder(&mut specials, lone);
    }
    values.append(&mut specials);
    values
}

/// Adds a remainder to the last group, or makes it the only group.
fn add_remainder(groups: &mut Vec<Group>, remainder: Option<Group>) {
    match (groups.last_mut(), remainder) {
        (Some(last), Some(rest)) => last.add(rest),
        (None, Some(rest)) => groups.push(rest),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use BinRole::{Special, Value};
    use proptest::prelude::*;

    use super::*;

    fn merged(reference: &[u64], window: &[u64], roles: &[BinRole]) -> Vec<(u64, u64)> {
        merge(reference, window, roles).iter().map(|group| (group.reference, group.window)).collect()
    }

    #[test]
    fn golden_values() {
        let test = from_psi(0.067_693, 7, 999, 1001);
        assert!((test.critical.unwrap() - 0.025_183).abs() < 5e-7, "{test:?}");
        assert!((test.p_value.unwrap() / 7.2e-6 - 1.0).abs() < 0.01, "{test:?}");
    }

    #[test]
    fn thin_values_merge_from_the_left_and_the_rest_joins_the_last_group() {
        let got = merged(&[10, 5, 30, 40, 9, 6], &[20, 20, 20, 20, 10, 10], &[Value; 6]);
        assert_eq!(got, [(45, 60), (55, 40)]);
    }

    #[test]
    fn pooled_specials_form_a_bin_when_large_enough() {
        let got = merged(&[12, 50, 26, 12], &[25; 4], &[Special, Value, Value, Special]);
        assert_eq!(got, [(50, 25), (26, 25), (24, 50)]);
    }

    #[test]
    fn a_thin_pool_joins_the_last_value() {
        let got = merged(&[0, 50, 50, 0], &[10, 40, 40, 10], &[Special, Value, Value, Special]);
        assert_eq!(got, [(50, 40), (50, 60)]);
    }

    #[test]
    fn a_large_special_bin_is_kept_apart_from_a_thin_pool() {
        let got = merged(&[40, 0, 60], &[10, 5, 85], &[Special, Special, Value]);
        assert_eq!(got, [(60, 90), (40, 10)]);
    }

    #[test]
    fn a_single_thin_value_group_joins_the_specials() {
        assert_eq!(merged(&[5, 95], &[10, 90], &[Value, Special]), [(100, 100)]);
    }

    #[test]
    fn exactly_twenty_expected_rows_are_not_thin() {
        assert_eq!(merged(&[20, 80], &[50, 50], &[Value; 2]).len(), 2);
        assert_eq!(merged(&[19, 81], &[50, 50], &[Value; 2]).len(), 1);
    }

    #[test]
    fn one_bin_gives_no_p_value() {
        let test = psi_test(&[100], &[100], &[Value], EmptyBins::HalfCount);
        assert_eq!(test, PsiTest { bins: 1, critical: None, p_value: None });
    }

    #[test]
    fn an_empty_side_gives_no_p_value() {
        for (reference, window) in [(vec![], vec![]), (vec![0, 0], vec![5, 5]), (vec![5, 5], vec![0, 0])] {
            let test = psi_test(&reference, &window, &[], EmptyBins::HalfCount);
            assert_eq!((test.critical, test.p_value), (None, None));
        }
    }

    proptest! {
        #[test]
        fn merging_leaves_no_thin_bin_and_keeps_all_rows(
            bins in prop::collection::vec((0_u64..200, 0_u64..200, any::<bool>()), 1..30),
        ) {
            let reference: Vec<u64> = bins.iter().map(|bin| bin.0).collect();
            let window: Vec<u64> = bins.iter().map(|bin| bin.1).collect();
            let roles: Vec<BinRole> = bins.iter().map(|bin| if bin.2 { Value } else { Special }).collect();
            let (n, m) = (total(&reference), total(&window));
            let got = merged(&reference, &window, &roles);
            prop_assert_eq!(got.iter().map(|group| group.0).sum::<u64>(), n);
            prop_assert_eq!(got.iter().map(|group| group.1).sum::<u64>(), m);
            prop_assert!(got.len() < 2 || got.iter().all(|group| group.0 * m >= 20 * n));
        }

        #[test]
        fn merging_does_not_depend_on_window_counts(
            reference in prop::collection::vec(0_u64..200, 2..30),
            window in prop::collection::vec(0_u64..200, 2..30),
            special in any::<u32>(),
        ) {
            prop_assume!(total(&window) > 0);
            let roles: Vec<BinRole> =
                (0..30).map(|bit| if special >> bit & 1 == 1 { Special } else { Value }).collect();
            let width = reference.len();
            let mut folded = vec![0; width];
            for (index, count) in window.iter().enumerate() {
                folded[index % width] += count;
            }
            let mut heap = vec![0; width];
            heap[width - 1] = total(&window);
            prop_assert_eq!(
                psi_test(&reference, &folded, &roles, EmptyBins::HalfCount).bins,
                psi_test(&reference, &heap, &roles, EmptyBins::HalfCount).bins
            );
        }
    }
}
