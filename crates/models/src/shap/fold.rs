//! SHAP values of all leaves of an oblivious tree at once.
//!
//! A row's leaf says everything about it, so its contributions stand in tables by leaf. Let `v` be the tree's value as
//! a function of which conditions are answered by the row (`t` of them, as it were) and which by the training weights:
//! folding a level turns the two values below each node into `t · (the row's side) + (1 − t) · (the weighted mean)`.
//! Folding all levels so, but those of one player into `(the row's side) − (the weighted mean)`, and integrating over
//! `t`, gives that player's contribution (see `quadrature`). A fold is in place: where the node's bit was, the row's
//! is. Levels are folded from the lowest (the first condition, the leaf number's lowest bit) to the root's.
//!
//! A player with several levels is answered at all of them, or at none: from its lowest level to its highest both cases
//! are kept apart. So a tree of `d` levels costs about `d³ 2^d / 4` operations where the recursion over all leaves and
//! paths costs `d² 4^d`.

use super::leaves::is_none;

/// Values of `t` that are folded side by side.
const WIDE: usize = 4;
/// Numbers a fold may keep; more, for a deep tree whose players interleave, and rows are walked instead.
const MOST: usize = 1 << 24;

type Several = [f64; WIDE];

/// A tree as levels, the lowest first.
#[derive(Debug)]
pub(crate) struct Levels {
    /// The player of each level, counted from 0 by first appearance.
    players: Vec<usize>,
    count: usize,
    /// Of each level and node the shares of training rows on both sides; 0 for none.
    shares: Vec<Vec<[f64; 2]>>,
    points: Vec<(Several, Several)>,
}

/// The values of a tree, folded up to some level.
#[derive(Debug, Clone)]
struct Lane {
    /// The player whose contribution this will be; none for what others are made of.
    owner: Option<usize>,
    /// Players, as bits, that have begun and are answered by weights.
    open: u64,
    values: Vec<Several>,
}

impl Levels {
    /// `None` if folding would take too much room. `points` integrate polynomials of degree `levels − 1`.
    pub(crate) fn of(players: Vec<usize>, mut weights: Vec<f64>, points: &[(f64, f64)]) -> Option<Self> {
        let count = players.iter().max().map_or(0, |most| most + 1);
        let is_open = |player: usize, level: usize| {
            let mut own = players.iter().enumerate().filter(|(_, other)| **other == player).map(|(at, _)| at);
            let first = own.next().unwrap_or(level);
            first < level && level <= own.next_back().unwrap_or(first)
        };
        let open = (0..players.len()).map(|level| (0..count).filter(|player| is_open(*player, level)).count());
        let kept = (count + 1).checked_shl(u32::try_from(open.max().unwrap_or(0)).ok()?)?;
        if kept.checked_mul(weights.len().checked_mul(WIDE)?)? > MOST {
            return None;
        }
        let mut shares = Vec::new();
        for _ in &players {
            let pairs = weights.as_chunks::<2>().0;
            let share = |[left, right]: &[f64; 2]| {
                [*left, *right].map(|weight| if is_none(weight) { 0.0 } else { weight / (left + right) })
            };
            shares.push(pairs.iter().map(share).collect());
            weights = pairs.iter().map(|[left, right]| left + right).collect();
        }
        let points = points.chunks(WIDE).map(|points| {
            let each = |at: usize| points.get(at).copied().unwrap_or((0.5, 0.0));
            (std::array::from_fn(|at| each(at).0), std::array::from_fn(|at| each(at).1))
        });
        let points = points.collect();
        Some(Self { players, count, shares, points })
    }

    /// The contributions of every player for every leaf, of leaf values that are 0 where there is no weight.
    pub(crate) fn fold(&self, leaves: &[f64]) -> Vec<Vec<f64>> {
        let mut tables = vec![vec![0.0; leaves.len()]; self.count];
        for (t, weights) in &self.points {
            let values = leaves.iter().map(|value| [*value; WIDE]).collect();
            let mut lanes = vec![Lane { owner: None, open: 0, values }];
            for (level, player) in self.players.iter().enumerate() {
                let others = |levels: &[usize]| levels.contains(player);
                let is_first = !self.players.get(..level).is_some_and(others);
                let is_last = !self.players.get(level + 1..).is_some_and(others);
                let shares = self.shares.get(level).map_or(&[][..], |shares| shares);
                lanes = step(lanes, *player, level, shares, is_first, is_last, t);
            }
            for lane in &lanes {
                let Some(table) = lane.owner.and_then(|owner| tables.get_mut(owner)) else { continue };
                for (sum, values) in table.iter_mut().zip(&lane.values) {
                    *sum += values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
                }
            }
        }
        tables
    }
}

/// Folds one level of all lanes.
fn step(
    lanes: Vec<Lane>,
    player: usize,
    level: usize,
    shares: &[[f64; 2]],
    is_first: bool,
    is_last: bool,
    t: &Several,
) -> Vec<Lane> {
    let bit = 1 << player;
    let mut folded: Vec<Lane> = Vec::with_capacity(2 * lanes.len());
    for lane in lanes {
        if is_first {
            let mut averaged = lane.clone();
            averaged.open |= bit;
            average(&mut averaged.values, level, shares);
            folded.extend([lane, averaged]);
        } else {
            let mut lane = lane;
            if lane.open & bit != 0 {
                average(&mut lane.values, level, shares);
            }
            folded.push(lane);
        }
    }
    if !is_last {
        return folded;
    }
    let (averaged, answered): (Vec<Lane>, Vec<Lane>) = folded.into_iter().partition(|lane| lane.open & bit != 0);
    let mut mixed = Vec::with_capacity(answered.len() + 1);
    for mut lane in answered {
        let twin = |other: &&Lane| other.owner == lane.owner && other.open == lane.open | bit;
        let Some(averaged) = averaged.iter().find(twin) else { continue };
        if lane.owner.is_none() {
            let pairs = lane.values.iter().zip(&averaged.values);
            let values = pairs.map(|(row, mean)| less(*row, mean));
            mixed.push(Lane { owner: Some(player), open: lane.open, values: values.collect() });
        }
        for (row, mean) in lane.values.iter_mut().zip(&averaged.values) {
            for ((row, mean), t) in row.iter_mut().zip(mean).zip(t) {
                *row = t * *row + (1.0 - t) * mean;
            }
        }
        mixed.push(lane);
    }
    mixed
}

fn less(mut one: Several, other: &Several) -> Several {
    one.iter_mut().zip(other).for_each(|(one, other)| *one -= other);
    one
}

/// Puts the weighted mean of both sides in place of either.
fn average(values: &mut [Several], level: usize, shares: &[[f64; 2]]) {
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

    /// The value of a tree to a row that answers some players' levels.
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

        /// Against the definition: a mean over all orders in which players can be asked.
        #[test]
        fn folds_are_shapley_values(
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
            let tables = Levels::of(players.clone(), weights.clone(), &points).unwrap().fold(&leaves);
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
    fn what_would_take_too_much_room_is_not_folded() {
        let interleaved = (0..16).map(|level| level % 8).collect();
        assert!(Levels::of(interleaved, vec![1.0; 1 << 16], &quadrature::points(8)).is_none());
        assert!(Levels::of((0..16).collect(), vec![1.0; 1 << 16], &quadrature::points(8)).is_some());
    }
}
