//! Population stability index (PSI), in total and per bin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::real::{columns, real, total};

/// Rule for a bin without rows on one side, where the logarithm would be infinite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmptyBins {
    /// Counts an empty bin as half a row: its share is `0.5 / n`. Other bins are unchanged.
    #[default]
    HalfCount,
    /// Raises all shares to at least this value, as other tools do (1e-4 and 1e-6 are common).
    Floor(f64),
}

impl EmptyBins {
    /// Name of the rule in reports: `half_count`, `floor: 0.0001`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::HalfCount => "half_count".to_owned(),
            Self::Floor(floor) => format!("floor: {floor}"),
        }
    }

    /// Share of a bin, always above 0. A floor that is not a valid share (0, negative, NaN, above 1) is clamped to one.
    fn share(self, count: u64, rows: u64) -> f64 {
        let share = real(count) / real(rows);
        match self {
            Self::HalfCount if count == 0 => 0.5 / real(rows),
            Self::HalfCount => share,
            Self::Floor(floor) if floor.is_nan() => share.max(f64::MIN_POSITIVE),
            Self::Floor(floor) => share.max(floor.clamp(f64::MIN_POSITIVE, 1.0)),
        }
    }
}

/// Contribution of each bin to the PSI: `(w − r) · ln(w / r)`, where `r` and `w` are the shares of the reference and of
/// the window.
///
/// Shares are not renormalised after `empty` has been applied. A bin that is empty on both sides contributes 0, as does
/// every bin when one side has no rows. The sum is the Jeffreys divergence of the two rows. Source: Siddiqi, *Credit
/// Risk Scorecards* (2006).
#[must_use]
pub fn contributions(reference: &[u64], window: &[u64], empty: EmptyBins) -> Vec<f64> {
    let (n, m) = (total(reference), total(window));
    columns(reference, window)
        .map(|(in_reference, in_window)| {
            if n == 0 || m == 0 || (in_reference == 0 && in_window == 0) {
                return 0.0;
            }
            let (r, w) = (empty.share(in_reference, n), empty.share(in_window, m));
            (w - r) * (w / r).ln()
        })
        .collect()
}

/// Population stability index `Σ (w − r) · ln(w / r)`: the sum of [`contributions`]. `None` when one side has no rows.
#[must_use]
pub fn psi(reference: &[u64], window: &[u64], empty: EmptyBins) -> Option<f64> {
    let filled = total(reference) > 0 && total(window) > 0;
    // Folded from +0.0: the `sum` of no values is -0.0, which a report would print.
    filled.then(|| contributions(reference, window, empty).into_iter().fold(0.0, |sum, part| sum + part))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REFERENCE: [u64; 7] = [253, 302, 204, 134, 72, 26, 8];
    const WINDOW: [u64; 7] = [177, 262, 285, 158, 88, 25, 6];

    #[test]
    fn golden_value() {
        let value = psi(&REFERENCE, &WINDOW, EmptyBins::HalfCount).unwrap();
        assert!((value - 0.067_693).abs() < 5e-7, "{value}");
    }

    #[test]
    fn an_empty_bin_counts_as_half_a_row() {
        let parts = contributions(&[100, 0], &[50, 50], EmptyBins::HalfCount);
        let expected = (0.5 - 0.005) * (0.5_f64 / 0.005).ln();
        assert!((parts[1] - expected).abs() < 1e-15, "{parts:?}");
    }

    #[test]
    fn a_floor_raises_small_and_empty_shares() {
        let parts = contributions(&[99_999, 1, 0], &[50_000, 0, 50_000], EmptyBins::Floor(1e-4));
        assert_eq!(parts[1], 0.0, "both shares are at the floor");
        assert!((parts[2] - (0.5 - 1e-4) * (0.5_f64 / 1e-4).ln()).abs() < 1e-12, "{parts:?}");
    }

    #[test]
    fn a_bin_empty_on_both_sides_contributes_nothing() {
        assert_eq!(contributions(&[5, 0, 5], &[5, 0, 5], EmptyBins::Floor(0.1)), [0.0; 3]);
    }

    #[test]
    fn a_side_without_rows_has_no_psi() {
        assert_eq!(psi(&[0, 0], &[1, 2], EmptyBins::HalfCount), None);
        assert_eq!(psi(&[1, 2], &[], EmptyBins::HalfCount), None);
    }

    #[test]
    fn rules_have_names() {
        assert_eq!(EmptyBins::HalfCount.name(), "half_count");
        assert_eq!(EmptyBins::Floor(1e-4).name(), "floor: 0.0001");
        assert_eq!(EmptyBins::Floor(1e-6).name(), "floor: 0.000001");
    }

    proptest! {
        #[test]
        fn psi_of_equal_rows_is_zero(row in prop::collection::vec(0_u64..1000, 1..30)) {
            prop_assume!(total(&row) > 0);
            prop_assert_eq!(psi(&row, &row, EmptyBins::HalfCount), Some(0.0));
        }

        #[test]
        fn psi_is_symmetric_and_not_negative(rows in prop::collection::vec((1_u64..1000, 1_u64..1000), 1..30)) {
            let (a, b): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
            let forth = psi(&a, &b, EmptyBins::HalfCount).unwrap();
            let back = psi(&b, &a, EmptyBins::HalfCount).unwrap();
            prop_assert!(forth >= 0.0);
            prop_assert!((forth - back).abs() <= 1e-12 * forth.max(1.0));
        }

        #[test]
        fn psi_is_always_finite(
            rows in prop::collection::vec((any::<u64>(), any::<u64>()), 1..10),
            floor in prop::num::f64::ANY,
        ) {
            let (a, b): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
            prop_assert!(psi(&a, &b, EmptyBins::Floor(floor)).is_none_or(f64::is_finite));
            prop_assert!(psi(&a, &b, EmptyBins::HalfCount).is_none_or(f64::is_finite));
        }
    }
}
