//! SHAP values of all leaves of an oblivious tree at once.
//!
//! In an oblivious tree, contributions depend only on the leaf of a row, so they are tabulated by leaf. Let each condition
//! be answered by the row with weight `t` and by the training weights with weight `1 − t`. Folding a level replaces the
//! two values below each node by `t · (the row's side) + (1 − t) · (the weighted mean)`. For the contribution of one
//! player, its own levels are instead folded to `(the row's side) − (the weighted mean)`, and the result is integrated
//! over `t` (see `quadrature`). Folding works in place: the bit of the node in the leaf number becomes the bit of the row.
//! Levels are folded from the lowest (the first condition, the lowest bit of the leaf number) to the root.
//!
//! A player with several levels answers all of them or none, so both cases are kept as separate states from its lowest
//! level to its highest. A tree of `d` levels costs about `d³ 2^d / 4` operations; a recursion over all leaves and paths
//! would cost `d² 4^d`.

use super::leaves::is_negligible;

/// Number of values of `t` that are folded together.
const LANES: usize = 4;
/// Maximum number of values kept while folding. A deep tree with interleaved players needs more; it is walked row by row
/// instead.
const MAX_VALUES: usize = 1 << 24;

type FourLanes = [f64; LANES];

/// The levels of a tree, the lowest first.
#[derive(Debug)]
pub(crate) struct TreeLevels {
    /// The player of each level, numbered from 0 by first appearance.
    players: Vec<usize>,
    player_count: usize,
    /// For each level and node, the shares of training rows on both sides.
    shares: Vec<Vec<[f64; 2]>>,
    points: Vec<(FourLanes, FourLanes)>,
}

/// The values of a tree, folded up to some level.
#[derive(Debug, Clone)]
struct FoldState {
    /// The player whose contribution this will be; `None` while no player's own levels have been folded.
    owner: Option<usize>,
    /// Bit set of unfinished players that are answered by the training weights.
    averaged: u64,
    values: Vec<FourLanes>,
}

impl TreeLevels {
    /// `None` if folding would take too much memory. `points` integrate polynomials of degree `levels − 1`.
    pub(crate) fn new(players: Vec<usize>, mut weights: Vec<f64>, points: &[(f64, f64)]) -> Option<Self> {
        let count = players.iter().max().map_or(0, |most| most + 1);
        let is_open = |player: usize, level: usize| {
            let mut own = players.iter().enumerate().filter(|(_, other)| **other == player).map(|(at, _)| at);
            let first = own.next().unwrap_or(level);
            first < level && level <= own.next_back().unwrap_or(first)
        };
        let open = (0..players.len()).map(|level| (0..count).filter(|player| is_open(*player, level)).count());
        let states = (count + 1).checked_shl(u32::try_from(open.max().unwrap_or(0)).ok()?)?;
        if states.checked_mul(weights.len().checked_mul(LANES)?)? > MAX_VALUES {
            return None;
        }
        let mut shares = Vec::new();
        for _ in &players {
            let pairs = weights.as_chunks::<2>().0;
            let share = |[left, right]: &[f64; 2]| {
                [*left, *right].map(|weight| if is_negligible(weight) { 0.0 } else { weight / (left + right) })
            };
            shares.push(pairs.iter().map(share).collect());
            weights = pairs.iter().map(|[left, right]| left + right).collect();
        }
        let points = points.chunks(LANES).map(|points| {
            let each = |at: usize| points.get(at).copied().unwrap_or((0.5, 0.0));
            (std::array::from_fn(|at| each(at).0), std::array::from_fn(|at| each(at).1))
        });
        let points = points.collect();
        Some(Self { players, player_count: count, shares, points })
    }

    /// Computes the contributions of every player for every leaf. `leaves` must be 0 for leaves without weight.
    pub(crate) fn fold(&self, leaves: &[f64]) -> Vec<Vec<f64>> {
        let mut tables = vec![vec![0.0; leaves.len()]; self.player_count];
        for (t, weights) in &self.points {
            let values = leaves.iter().map(|value| [*value; LANES]).collect();
            let mut states = vec![FoldState { owner: None, averaged: 0, values }];
            for (level, player) in self.players.iter().enumerate() {
                let others = |levels: &[usize]| levels.contains(player);
                let is_first = !self.players.get(..level).is_some_and(others);
                let is_last = !self.players.get(level + 1..).is_some_and(others);
                let shares = self.shares.get(level).map_or(&[][..], |shares| shares);
                states = fold_level(states, *player, level, shares, is_first, is_last, t);
            }
            for state in &states {
                let Some(table) = state.owner.and_then(|owner| tables.get_mut(owner)) else { continue };
                for (sum, values) in table.iter_mut().zip(&state.values) {
                    *sum += values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
                }
            }
        }
        tables
    }
}

/// Folds one level of all states.
fn fold_level(
    states: Vec<FoldState>,
    player: usize,
    level: usize,
    shares: &[[f64; 2]],
    is_first: bool,
    is_last: bool,
    t: &FourLanes,
) -> Vec<FoldState> {
    let bit = 1 << player;
    let mut folded: Vec<FoldState> = Vec::with_capacity(2 * states.len());
    for state in states {
        if is_first {
            let mut averaged = state.clone();
            averaged.averaged |= bit;
            average_sides(&mut averaged.values, level, shares);
            folded.extend([state, averaged]);
        } else {
            let mut state = state;
            if state.averaged & bit != 0 {
                average_sides(&mut state.values, level, shares);
            }
            folded.push(state);
        }
    }
    if !is_last {
        return folded;
    }
    let (averaged, answered): (Vec<FoldState>, Vec<FoldState>) =
        folded.into_iter().partition(|state| state.averaged & bit != 0);
    let mut mixed = Vec::with_capacity(answered.len() + 1);
    for mut state in answered {
        let twin = |other: &&FoldState| other.owner == state.owner && other.averaged == state.averaged | bit;
        let Some(averaged) = averaged.iter().find(twin) else { continue };
        if state.owner.is_none() {
            let pairs = state.values.iter().zip(&averaged.values);
            let values = pairs.map(|(row, mean)| subtract(*row, mean));
            mixed.push(FoldState { owner: Some(player), averaged: state.averaged, values: values.collect() });
        }
        for (row, mean) in state.values.iter_mut().zip(&averaged.values) {
            for ((row, mean), t) in row.iter_mut().zip(mean).zip(t) {
                *row = t * *row + (1.0 - t) * mean;
            }
        }
        mixed.push(state);
    }
    mixed
}

fn subtract(mut one: FourLanes, other: &FourLanes) -> FourLanes {
    one.iter_mut().zip(other).for_each(|(one, other)| *one -= other);
    one
}

/// Replaces both sides by their weighted mean.
fn average_sides(values: &mut [FourLanes], level: usize, shares: &[[f64; 2]]) {
    let half = 1 << level;
    for (values, [left, right]) in values.chunks_exact_mut(2 * half).zip(shares) {
        let (lower, upper) = values.split_at_mut(half);
        for (lower, upper) in lower.iter_mut().zip(upper) {
            for (lower, upper) in lower.iter_mut().zip(upper) {
                let mean = left * *lower + right * *upper;
                (*lower, *upper) = (mean, mean);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shap::quadrature;

    /// The value of a tree for a row that answers the levels of the players in `known`.
    fn value(players: &[usize], weights: &[f64], leaves: &[f64], row: usize, known: usize) -> f64 {
        let Some((&player, rest)) = players.split_last() else { return leaves[0] };
        let half = leaves.len() / 2;
        let side = |side: usize| {
            let range = side * half..(side + 1) * half;
            value(rest, &weights[range.clone()], &leaves[range], row, known)
        };
        if known >> player & 1 == 1 {
            return side(row >> rest.len() & 1);
        }
        let (left, right) = (weights[..half].iter().sum::<f64>(), weights[half..].iter().sum::<f64>());
        let share = |weight: f64, at: usize| if weight == 0.0 { 0.0 } else { weight / (left + right) * side(at) };
        share(left, 0) + share(right, 1)
    }

    fn factorial(n: u32) -> f64 {
        (1..=n).map(f64::from).product()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Compares with the definition: the mean over all orders of players.
        #[test]
        fn folding_gives_shapley_values(
            drawn in prop::collection::vec(0..5_usize, 1..=6),
            numbers in prop::collection::vec((0..4_u8, -3.0..3.0_f64), 64),
        ) {
            let mut names: Vec<usize> = Vec::new();
            let players: Vec<usize> = drawn.iter().map(|name| {
                names.iter().position(|other| other == name).unwrap_or_else(|| { names.push(*name); names.len() - 1 })
            }).collect();
            let count = names.len();
            let size = 1 << players.len();
            let mut weights: Vec<f64> = numbers.iter().take(size).map(|n| f64::from(n.0)).collect();
            weights[0] += 1.0;
            let leaves: Vec<f64> = numbers.iter().zip(&weights).map(|(n, w)| if *w == 0.0 { 0.0 } else { n.1 }).collect();
            let points = quadrature::points(players.len().div_ceil(2));
            let tables = TreeLevels::new(players.clone(), weights.clone(), &points).unwrap().fold(&leaves);
            for (player, table) in tables.iter().enumerate() {
                for (row, got) in table.iter().enumerate() {
                    let others = (0..1_usize << count).filter(|known| known >> player & 1 == 0);
                    let expected: f64 = others.map(|known| {
                        let (s, k) = (known.count_ones(), u32::try_from(count).unwrap());
                        let gain = value(&players, &weights, &leaves, row, known | 1 << player)
                            - value(&players, &weights, &leaves, row, known);
                        factorial(s) * factorial(k - s - 1) / factorial(k) * gain
                    }).sum();
                    prop_assert!((got - expected).abs() < 1e-13, "player {player}, row {row}: {got} for {expected}");
                }
            }
        }
    }

    #[test]
    fn trees_that_take_too_much_memory_are_not_folded() {
        let interleaved = (0..16).map(|level| level % 8).collect();
        assert!(TreeLevels::new(interleaved, vec![1.0; 1 << 16], &quadrature::points(8)).is_none());
        assert!(TreeLevels::new((0..16).collect(), vec![1.0; 1 << 16], &quadrature::points(8)).is_some());
    }
}
