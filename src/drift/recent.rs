//! Compares a window with the windows before it, on the reference's bins: whether it differs from the recent past.

use std::collections::VecDeque;

use vigie_profile::{
    layout::{BinKind, Cells, Shape},
    profile::{CellCounts, Counts, Profile},
};
use vigie_stats::{BinRole, EmptyBins, psi::psi, psi_test};

use super::is_rare;
use crate::reference::{Reference, map_on_cores};

/// Which windows a window is compared with, and when they differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecentTerms {
    /// Maximum number of windows.
    pub windows: usize,
    /// Minimum number of windows.
    pub least: usize,
    /// PSI and p-value at which an earlier window differs from those before it.
    pub effect: f64,
    pub p_value: f64,
    pub empty: EmptyBins,
}

/// A feature, or the score, compared with the windows before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecentDrift {
    /// PSI of the window against the sum of the earlier windows.
    pub psi: f64,
    pub p_value: Option<f64>,
    /// Place of this PSI among those of the earlier windows, each against the others: 1 is the largest.
    pub rank: usize,
    /// Number of earlier windows.
    pub windows: usize,
    /// Number of windows just before this one that are left out: they differ from those before them, up to the last.
    pub left_out: usize,
}

/// Rows of a window per bin, feature by feature, the score last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowBins(Vec<Vec<u64>>);

/// Distances from the windows before, feature by feature.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentDrifts {
    /// `None`: too few windows.
    pub features: Vec<Option<RecentDrift>>,
    pub score: Option<RecentDrift>,
}

impl WindowBins {
    /// Counts a window's rows on the reference's bins.
    #[must_use]
    pub fn new(reference: &Reference, window: &Profile) -> Self {
        let layout = reference.layout();
        let known = layout.features().iter().zip(reference.profile().features()).zip(window.features());
        let features = known.map(|((feature, ours), theirs)| bins(&feature.shape, ours, theirs));
        let score = layout.score().zip(window.score()).map(|(cells, counts)| numeric_bins(cells, counts));
        Self(features.chain(score).collect())
    }
}

/// Compares a window with those before it, oldest first.
#[must_use]
pub fn compare_recent(
    reference: &Reference,
    window: &Profile,
    past: &[WindowBins],
    terms: &RecentTerms,
) -> RecentDrifts {
    let layout = reference.layout();
    let now = WindowBins::new(reference, window);
    let one = |number: usize| -> Option<RecentDrift> {
        let roles = match layout.features().get(number) {
            Some(feature) => roles(&feature.shape, reference.profile().features().get(number)?),
            None => numeric_roles(layout.score()?),
        };
        let before: Vec<&[u64]> = past.iter().filter_map(|bins| bins.0.get(number).map(Vec::as_slice)).collect();
        compare(now.0.get(number)?, &before, &roles, terms)
    };
    let mut all = map_on_cores(layout.features().len() + 1, 8, &one);
    let score = all.pop().flatten();
    RecentDrifts { features: all, score }
}

/// `past`: rows per bin of the windows before, oldest first.
fn compare(now: &[u64], past: &[&[u64]], roles: &[BinRole], terms: &RecentTerms) -> Option<RecentDrift> {
    let differs = |window: &[u64], others: &[u64]| {
        psi(others, window, terms.empty).is_some_and(|psi| psi >= terms.effect)
            && psi_test::psi_test(others, window, roles, terms.empty).p_value.is_some_and(|p| p <= terms.p_value)
    };
    let mut baseline: VecDeque<&[u64]> = VecDeque::new();
    // A fault that lasts must not become usual: windows are left out from the first that differs, until one does not.
    let mut left_out: Vec<&[u64]> = Vec::new();
    let mut sum = vec![0; now.len()];
    for window in past {
        if baseline.len() >= terms.least && differs(window, &sum) {
            left_out.push(window);
            continue;
        }
        for added in left_out.drain(..).chain([*window]) {
            add(&mut sum, added);
            baseline.push_back(added);
            if baseline.len() > terms.windows {
                baseline.pop_front().into_iter().for_each(|oldest| subtract(&mut sum, oldest));
            }
        }
    }
    if baseline.len() < terms.least {
        return None;
    }
    let own = psi(&sum, now, terms.empty)?;
    let is_above = |window: &&&[u64]| {
        let mut others = sum.clone();
        subtract(&mut others, window);
        psi(&others, window, terms.empty).is_some_and(|psi| psi >= own)
    };
    Some(RecentDrift {
        psi: own,
        p_value: psi_test::psi_test(&sum, now, roles, terms.empty).p_value,
        rank: 1 + baseline.iter().filter(is_above).count(),
        windows: baseline.len(),
        left_out: left_out.len(),
    })
}

fn add(sum: &mut [u64], bins: &[u64]) {
    sum.iter_mut().zip(bins).for_each(|(sum, rows)| *sum += rows);
}

fn subtract(sum: &mut [u64], bins: &[u64]) {
    sum.iter_mut().zip(bins).for_each(|(sum, rows)| *sum = sum.saturating_sub(*rows));
}

/// Rows per bin, as PSI against the reference has them: missing values, and for levels the rare and unseen ones, come last.
fn bins(shape: &Shape, reference: &Counts, window: &Counts) -> Vec<u64> {
    match (shape, reference, window) {
        (Shape::Numeric(cells), _, Counts::Numeric(window)) => numeric_bins(cells, window),
        (Shape::Categorical(_), Counts::Categorical(reference), Counts::Categorical(window)) => {
            let n_reference = reference.present() + reference.missing();
            let (mut bins, mut rare) = (Vec::new(), 0);
            for (ours, theirs) in reference.levels().iter().zip(window.levels()) {
                if is_rare(*ours, n_reference) { rare += theirs } else { bins.push(*theirs) }
            }
            bins.extend([rare, window.unseen_rows(), window.missing()]);
            bins
        }
        _ => Vec::new(),
    }
}

fn numeric_bins(cells: &Cells, window: &CellCounts) -> Vec<u64> {
    let mut bins = vec![0; cells.bins().len()];
    for (bin, rows) in cells.bin_of_cell().iter().zip(window.cells()) {
        if let Some(bin) = bins.get_mut(usize::from(*bin)) {
            *bin += rows;
        }
    }
    bins.push(window.missing());
    bins
}

/// Roles of the bins of [`bins`].
fn roles(shape: &Shape, reference: &Counts) -> Vec<BinRole> {
    match (shape, reference) {
        (Shape::Numeric(cells), _) => numeric_roles(cells),
        (Shape::Categorical(_), Counts::Categorical(reference)) => {
            let n_reference = reference.present() + reference.missing();
            let frequent = reference.levels().iter().filter(|rows| !is_rare(**rows, n_reference)).count();
            let mut roles = vec![BinRole::Value; frequent + 1];
            roles.extend([BinRole::Special; 2]);
            roles
        }
        (Shape::Categorical(_), Counts::Numeric(_)) => Vec::new(),
    }
}

fn numeric_roles(cells: &Cells) -> Vec<BinRole> {
    let role = |kind: BinKind| match kind {
        BinKind::Below | BinKind::Above => BinRole::Special,
        BinKind::Atom | BinKind::Interval => BinRole::Value,
    };
    cells.bins().iter().map(|bin| role(bin.kind)).chain([BinRole::Special]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [BinRole; 4] = [BinRole::Value; 4];

    fn terms(windows: usize, least: usize) -> RecentTerms {
        RecentTerms { windows, least, effect: 0.10, p_value: 0.01, empty: EmptyBins::HalfCount }
    }

    fn recent(now: [u64; 4], past: &[[u64; 4]]) -> Option<RecentDrift> {
        let past: Vec<&[u64]> = past.iter().map(<[u64; 4]>::as_slice).collect();
        compare(&now, &past, &ROLES, &terms(28, 7))
    }

    /// A usual window of 800 rows, a little different each day.
    fn usual(day: u64) -> [u64; 4] {
        let moved = day * 7 % 23;
        [200 + moved, 200 - moved, 200 + day % 5, 200 - day % 5]
    }

    const BROKEN: [u64; 4] = [350, 250, 150, 50];

    #[test]
    fn too_few_windows_are_no_baseline() {
        let past: Vec<[u64; 4]> = (0..6).map(usual).collect();
        assert_eq!(recent(usual(6), &past), None);
        assert_eq!(recent(usual(6), &[&past[..], &[usual(9)]].concat()).unwrap().windows, 7);
    }

    #[test]
    fn a_jump_ranks_first_and_is_not_learnt_while_it_lasts() {
        let mut past: Vec<[u64; 4]> = (0..40).map(usual).collect();
        let calm = recent(usual(40), &past).unwrap();
        assert!(calm.psi < 0.05 && calm.rank > 1 && (calm.windows, calm.left_out) == (28, 0), "{calm:?}");
        for day in 0..30 {
            let jump = recent(BROKEN, &past).unwrap();
            assert!(jump.psi > 0.25 && jump.p_value.unwrap() < 1e-6, "{day}: {jump:?}");
            assert_eq!((jump.rank, jump.windows, jump.left_out), (1, 28, day));
            past.push(BROKEN);
        }
        // Once it is over, its windows belong to the past.
        past.push(usual(70));
        let after = recent(usual(71), &past).unwrap();
        assert_eq!((after.windows, after.left_out), (28, 0));
    }

    #[test]
    fn a_slow_drift_is_never_left_out() {
        let day = |day: u64| [200 + day, 200 - day, 200 + day / 2, 200 - day / 2];
        let past: Vec<[u64; 4]> = (0..110).map(day).collect();
        let now = recent(day(110), &past).unwrap();
        assert!(now.psi < 0.10 && now.left_out == 0, "{now:?}");
        assert!(psi(&day(0), &day(110), EmptyBins::HalfCount).unwrap() > 0.15);
    }

    /// A window that differs for a day is compared with, like the others.
    #[test]
    fn a_short_fault_raises_the_bar() {
        let mut past: Vec<[u64; 4]> = (0..20).map(usual).collect();
        past.push(BROKEN);
        past.extend((20..25).map(usual));
        let now = recent(BROKEN, &past).unwrap();
        assert_eq!((now.windows, now.left_out, now.rank), (26, 0, 2));
    }
}
