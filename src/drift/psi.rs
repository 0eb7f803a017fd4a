//! Shares, and PSI over counted bins.

use vigie_stats::{BinRole, EmptyBins, psi_test};

use super::{BinCount, Psi};

/// Returns the share, or `None` if there are no rows.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Computes PSI over the bins and each bin's contribution; removes bins that are empty on both sides.
pub(super) fn psi(bins: &mut Vec<BinCount>, empty: EmptyBins) -> Psi {
    let reference: Vec<u64> = bins.iter().map(|bin| bin.reference).collect();
    let window: Vec<u64> = bins.iter().map(|bin| bin.window).collect();
    let roles: Vec<BinRole> = bins.iter().map(|bin| bin.kind.role()).collect();
    let by_chance = psi_test::psi_test(&reference, &window, &roles, empty);
    for (bin, contribution) in bins.iter_mut().zip(vigie_stats::psi::contributions(&reference, &window, empty)) {
        bin.contribution = contribution;
    }
    bins.retain(|bin| bin.reference > 0 || bin.window > 0);
    Psi {
        value: vigie_stats::psi::psi(&reference, &window, empty),
        critical: by_chance.critical,
        p_value: by_chance.p_value,
        p_bins: by_chance.bins,
    }
}
