//! Compares a categorical feature with the reference.

use vigie_profile::{
    layout::{Kind, Levels},
    profile::LevelCounts,
};
use vigie_stats::{EmptyBins, chi2, proportion};

use super::{
    BinCount, Chi2, Commonest, Distances, EmptyRows, FeatureDrift, Missing, PsiBinKind, Summary, Unseen,
    psi::{psi, share},
};

/// Levels with less than 1% of all reference rows are pooled.
const RARE_ONE_IN: u64 = 100;
/// Maximum number of unseen levels listed by name.
const MAX_NAMES: usize = 20;

pub(super) fn compare(
    name: &str,
    levels: &Levels,
    reference: &LevelCounts,
    window: &LevelCounts,
    empty: EmptyBins,
) -> FeatureDrift {
    let (n_reference, n_window) = (reference.present() + reference.missing(), window.present() + window.missing());
    let mut bins = count_bins(levels, reference, window, n_reference);
    let psi = psi(&mut bins, empty);
    FeatureDrift {
        name: name.to_owned(),
        kind: Kind::Categorical,
        n_reference,
        n_window,
        missing: Missing {
            reference_share: share(reference.missing(), n_reference),
            window_share: share(window.missing(), n_window),
            p_value: proportion::two_by_two(reference.missing(), n_reference, window.missing(), n_window),
        },
        empty: EmptyRows::of_levels(levels, reference, window),
        commonest: Commonest::of_levels(levels, reference, window),
        unseen: Some(unseen_levels(reference, window, n_reference, n_window)),
        out_of_range: None,
        psi,
        distances: Distances::categorical(&bins),
        ks: None,
        chi2: homogeneity(reference, window),
        bins,
        reference: Summary::categorical(reference),
        window: Summary::categorical(window),
        reduced: false,
        change: None,
        onset: None,
    }
}

/// Returns whether a level with `rows` reference rows is pooled.
#[must_use]
pub fn is_rare(rows: u64, n_reference: u64) -> bool {
    rows * RARE_ONE_IN < n_reference
}

fn count_bins(levels: &Levels, reference: &LevelCounts, window: &LevelCounts, n_reference: u64) -> Vec<BinCount> {
    let mut bins = Vec::new();
    let mut rare = BinCount::new(PsiBinKind::Rare, "rare levels", 0, 0);
    for ((name, ours), theirs) in levels.names().iter().zip(reference.levels()).zip(window.levels()) {
        if is_rare(*ours, n_reference) {
            rare.reference += ours;
            rare.window += theirs;
        } else {
            bins.push(BinCount::new(PsiBinKind::Level, name.clone(), *ours, *theirs));
        }
    }
    bins.push(rare);
    bins.push(BinCount::new(PsiBinKind::Unseen, "unseen levels", 0, window.unseen_rows()));
    bins.push(BinCount::new(PsiBinKind::Missing, "missing", reference.missing(), window.missing()));
    bins
}

/// Tests homogeneity with one table column per level of either side, and one for missing values if there are any.
fn homogeneity(reference: &LevelCounts, window: &LevelCounts) -> Option<Chi2> {
    let mut ours = reference.levels().to_vec();
    let mut theirs = window.levels().to_vec();
    for rows in window.unseen().values() {
        ours.push(0);
        theirs.push(*rows);
    }
    ours.push(reference.missing());
    theirs.push(window.missing());
    chi2::homogeneity(&ours, &theirs).map(|test| Chi2 {
        statistic: test.statistic,
        dof: test.dof,
        p_value: test.p_value,
        cramers_v: test.cramers_v,
        pooled_levels: test.pooled,
    })
}

fn unseen_levels(reference: &LevelCounts, window: &LevelCounts, n_reference: u64, n_window: u64) -> Unseen {
    let singletons = reference.levels().iter().filter(|rows| **rows == 1).count() as u64;
    let expected = share(singletons, n_reference).unwrap_or(0.0);
    let share = share(window.unseen_rows(), n_window);
    let mut levels: Vec<(String, u64)> = window.unseen().iter().map(|(name, rows)| (name.clone(), *rows)).collect();
    levels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let distinct = levels.len();
    levels.truncate(MAX_NAMES);
    Unseen {
        share,
        expected,
        excess: share.map(|share| (share - expected).max(0.0)),
        levels,
        distinct,
        p_value: proportion::unseen_excess(singletons, n_reference, window.unseen_rows(), n_window),
    }
}
