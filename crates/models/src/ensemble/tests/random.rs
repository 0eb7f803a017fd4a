//! Random ensembles and rows, full of values at which conditions change.

use arrow_array::{Float32Array, Float64Array};

use crate::{
    ensemble::{
        Ensemble, SplitComparison,
        codes::{MISSING_CODE, UNKNOWN_CODE},
        trees::{Child, EnsembleRules, LinearLeaf, MissingValues, Node, SplitCondition, Tree},
    },
    feature::InputPrecision,
    inputs::ColumnValues,
};

/// A generator of numbers (`SplitMix64`).
pub(super) struct Random(pub u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub(super) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    /// From −1 to 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The sizes of a random ensemble.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeShape {
    pub seed: u64,
    pub features: usize,
    pub outputs: usize,
    pub trees: usize,
    pub leaves: usize,
}

const CORNERS: [f64; 16] = [
    0.0,
    -0.0,
    5e-324,
    1e-45,
    1.000_000_018_002_509_5e-35,
    -1.000_000_018_002_509_5e-35,
    1e-36,
    0.1,
    0.100_000_001_490_116_12,
    -1.5,
    16_777_217.0,
    3.5e38,
    -3.5e38,
    1e300,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

fn number(random: &mut Random) -> f64 {
    match random.below(3) {
        0 => random.pick(&CORNERS),
        1 => f64::from(i32::try_from(random.below(9)).unwrap() - 3),
        _ => (random.unit() * 64.0).round() / 16.0 + 1e-9 * f64::from(u8::from(random.chance(4))),
    }
}

pub(super) fn ensemble(shape: TreeShape) -> Ensemble {
    let random = &mut Random(shape.seed);
    let precision = |random: &mut Random| random.pick(&[InputPrecision::Single, InputPrecision::Double]);
    let rules = EnsembleRules {
        input: precision(random),
        sum: precision(random),
        comparison: random.pick(&[SplitComparison::AtMost, SplitComparison::Below]),
        zero_within: random.pick(&[0.0, f64::from(1e-35_f32)]),
    };
    let is_vector = random.chance(3);
    let trees = (0..shape.trees).map(|_| tree(random, &shape, is_vector)).collect();
    let base = (0..shape.outputs).map(|_| random.unit()).collect();
    Ensemble { features: shape.features, base, trees, rules }.validated().unwrap()
}

fn tree(random: &mut Random, shape: &TreeShape, is_vector: bool) -> Tree {
    let leaves = 1 + random.below(shape.leaves);
    let width = if is_vector { shape.outputs } else { 1 };
    let output = if is_vector { 0 } else { random.below(shape.outputs) };
    let mut tree = Tree { width, output, ..Tree::default() };
    // A chain, or any shape.
    let is_chain = random.chance(4);
    let mut open: Vec<Option<(usize, bool)>> = vec![None];
    while open.len() < leaves {
        let place = if is_chain { open.len() - 1 } else { random.below(open.len()) };
        let parent = open.swap_remove(place);
        let at = tree.nodes.len();
        if let Some((parent, is_left)) = parent {
            let parent: &mut Node = &mut tree.nodes[parent];
            *(if is_left { &mut parent.left } else { &mut parent.right }) = Child::Node(at);
        }
        let condition = condition(random, &mut tree.sets);
        let feature = random.below(shape.features);
        let cover = 0.0;
        tree.nodes.push(Node { feature, condition, left: Child::Leaf(0), right: Child::Leaf(0), cover });
        open.extend([Some((at, true)), Some((at, false))]);
    }
    for leaf in 0..open.len() {
        let slot = open.swap_remove(random.below(open.len()));
        if let Some((parent, is_left)) = slot {
            let parent = &mut tree.nodes[parent];
            *(if is_left { &mut parent.left } else { &mut parent.right }) = Child::Leaf(leaf);
        }
    }
    tree.values = (0..leaves * width).map(|_| random.unit()).collect();
    tree.leaf_covers =
        (0..leaves).map(|_| if random.chance(8) { 0.0 } else { 1.0 + random.below(90) as f64 }).collect();
    for at in (0..tree.nodes.len()).rev() {
        let cover = |child: Child| match child {
            Child::Node(node) => tree.nodes[node].cover,
            Child::Leaf(leaf) => tree.leaf_covers[leaf],
        };
        tree.nodes[at].cover = cover(tree.nodes[at].left) + cover(tree.nodes[at].right);
    }
    tree
}

fn condition(random: &mut Random, sets: &mut Vec<u32>) -> SplitCondition {
    if random.chance(3) {
        let from = sets.len();
        let words = random.below(4);
        sets.extend((0..words).map(|_| random.next() as u32 & random.next() as u32));
        let words = from..sets.len();
        return SplitCondition::Set { words, members_left: random.chance(2), missing_left: random.chance(2) };
    }
    let missing = random.pick(&[MissingValues::Nothing, MissingValues::Zero, MissingValues::Nan]);
    SplitCondition::Threshold { threshold: number(random), missing, missing_left: random.chance(2) }
}

/// Makes some leaves of each tree linear functions.
pub(super) fn add_linear_leaves(ensemble: &mut Ensemble, seed: u64) {
    let random = &mut Random(seed);
    for tree in ensemble.trees.iter_mut().filter(|tree| tree.width == 1) {
        let leaf = |_| LinearLeaf {
            constant: random.unit(),
            terms: (0..random.below(3)).map(|_| (random.below(ensemble.features), random.unit())).collect(),
        };
        tree.linear = (0..tree.leaves()).map(leaf).collect();
    }
}

/// Columns of `rows` rows with values around the thresholds of an ensemble.
pub(super) fn columns(ensemble: &Ensemble, rows: usize, seed: u64) -> Vec<ColumnValues> {
    let random = &mut Random(seed);
    let mut thresholds = CORNERS.to_vec();
    for node in ensemble.trees.iter().flat_map(|tree| &tree.nodes) {
        if let SplitCondition::Threshold { threshold, .. } = node.condition {
            thresholds.push(threshold);
        }
    }
    let value = |random: &mut Random| {
        let near = random.pick(&thresholds);
        match random.below(8) {
            0 => None,
            1 => Some(f64::NAN),
            2 => Some(random.pick(&[-1.0, -0.5, 2.5, 31.0, 32.0, 63.9, 1e9, 3e10, -3e10])),
            3 => Some(near.next_up()),
            4 => Some(near.next_down()),
            5 => Some(f64::from((near as f32).next_up())),
            6 => Some(near),
            _ => Some(number(random)),
        }
    };
    let column = |_| match random.below(9) {
        0 => ColumnValues::AllMissing,
        1 => ColumnValues::Levels(
            (0..rows)
                .map(|_| match random.below(6) {
                    0 => MISSING_CODE,
                    1 => UNKNOWN_CODE,
                    _ => u32::try_from(random.below(130)).unwrap(),
                })
                .collect(),
        ),
        2..6 => {
            // Not at the start of its buffer.
            let all = (0..rows + 3).map(|_| value(random).map(|value| value as f32));
            ColumnValues::Single(all.collect::<Float32Array>().slice(3, rows))
        }
        _ => ColumnValues::Double((0..rows + 5).map(|_| value(random)).collect::<Float64Array>().slice(5, rows)),
    };
    (0..ensemble.features).map(column).collect()
}
