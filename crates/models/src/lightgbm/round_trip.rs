//! Tests on generated models: their text, read and scored, equals LightGBM's rules applied to their arrays.

use proptest::prelude::*;

use super::reader::read;
use crate::{ensemble::trees::LinearLeaf, options::ModelOptions};

const FEATURES: usize = 4;
const ZERO: f64 = 1e-35_f32 as f64;

/// A tree in the arrays of LightGBM.
#[derive(Debug, Clone, Default)]
struct TreeLines {
    features: Vec<usize>,
    thresholds: Vec<String>,
    decisions: Vec<u8>,
    lefts: Vec<i32>,
    rights: Vec<i32>,
    leaves: Vec<f64>,
    boundaries: Vec<usize>,
    words: Vec<u32>,
    linear: Vec<LinearLeaf>,
}

/// A split to be made: of which leaf, by which feature, and how.
#[derive(Debug, Clone)]
struct GrownSplit {
    leaf: usize,
    feature: usize,
    decision: u8,
    threshold: f64,
    words: Vec<u32>,
}

impl TreeLines {
    /// Grows a tree as training does: a split turns a leaf into a node, whose right child is a new leaf.
    fn grown(splits: Vec<GrownSplit>, leaves: &[f64], linear: Vec<LinearLeaf>) -> Self {
        let mut tree = Self { boundaries: vec![0], ..Self::default() };
        for (node, split) in splits.into_iter().enumerate() {
            let leaf = !i32::try_from(split.leaf % (node + 1)).unwrap();
            let number = i32::try_from(node).unwrap();
            tree.lefts
                .iter_mut()
                .chain(&mut tree.rights)
                .filter(|child| **child == leaf)
                .for_each(|child| *child = number);
            tree.features.push(split.feature);
            tree.decisions.push(split.decision);
            tree.lefts.push(leaf);
            tree.rights.push(!(number + 1));
            if split.decision & 1 == 1 {
                tree.thresholds.push((tree.boundaries.len() - 1).to_string());
                tree.words.extend(split.words);
                tree.boundaries.push(tree.words.len());
            } else {
                tree.thresholds.push(split.threshold.to_string());
            }
        }
        let count = tree.features.len() + 1;
        tree.leaves = leaves[..count].to_vec();
        tree.linear = linear.into_iter().take(count).collect();
        tree
    }

    fn text(&self, number: usize) -> String {
        fn join<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
            values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
        }
        let mut lines = vec![
            ("Tree", number.to_string()),
            ("num_leaves", self.leaves.len().to_string()),
            ("num_cat", (self.boundaries.len() - 1).to_string()),
            ("split_feature", join(&self.features)),
            ("threshold", join(&self.thresholds)),
            ("decision_type", join(&self.decisions)),
            ("left_child", join(&self.lefts)),
            ("right_child", join(&self.rights)),
            ("leaf_value", join(&self.leaves)),
        ];
        if self.boundaries.len() > 1 {
            lines.extend([("cat_boundaries", join(&self.boundaries)), ("cat_threshold", join(&self.words))]);
        }
        if !self.linear.is_empty() {
            let terms = |part: fn(&(usize, f64)) -> String| {
                // Leaves are separated by two blanks.
                join(self.linear.iter().map(|leaf| join(leaf.terms.iter().map(part)) + " "))
            };
            lines.extend([
                ("is_linear", "1".to_owned()),
                ("leaf_const", join(self.linear.iter().map(|leaf| leaf.constant))),
                ("num_features", join(self.linear.iter().map(|leaf| leaf.terms.len()))),
                ("leaf_features", terms(|term| term.0.to_string())),
                ("leaf_coeff", terms(|term| term.1.to_string())),
            ]);
        }
        lines.iter().map(|(key, value)| format!("{key}={value}\n")).collect::<String>() + "shrinkage=1\n\n\n"
    }

    /// LightGBM's `Tree::Predict`, on values that passed its rule for zeros.
    fn predict(&self, row: &[f64]) -> f64 {
        let mut at = if self.features.is_empty() { -1 } else { 0 };
        while let Ok(node) = usize::try_from(at) {
            let is_left = self.goes_left(node, row[self.features[node]]);
            at = if is_left { self.lefts[node] } else { self.rights[node] };
        }
        let leaf = usize::try_from(!at).unwrap();
        match self.linear.get(leaf) {
            Some(LinearLeaf { constant, terms }) if terms.iter().all(|(feature, _)| !row[*feature].is_nan()) => {
                terms.iter().fold(*constant, |sum, (feature, factor)| sum + factor * row[*feature])
            }
            _ => self.leaves[leaf],
        }
    }

    fn goes_left(&self, node: usize, mut value: f64) -> bool {
        let decision = self.decisions[node];
        if decision & 1 == 1 {
            if value.is_nan() {
                return false;
            }
            // The cast of x86-64.
            #[expect(clippy::cast_possible_truncation, reason = "within 32 bits")]
            let code = if value.abs() < 2_147_483_648.0 { value as i32 } else { i32::MIN };
            let set: usize = self.thresholds[node].parse().unwrap();
            let words = &self.words[self.boundaries[set]..self.boundaries[set + 1]];
            return usize::try_from(code)
                .is_ok_and(|code| words.get(code / 32).is_some_and(|word| word >> (code % 32) & 1 == 1));
        }
        let missing = decision >> 2;
        if value.is_nan() && missing != 2 {
            value = 0.0;
        }
        if (missing == 1 && value.abs() <= ZERO) || (missing == 2 && value.is_nan()) {
            return decision & 2 == 2;
        }
        value <= self.thresholds[node].parse().unwrap()
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        -3.0..3.0_f64,
        prop::sample::select(vec![
            f64::NAN,
            0.0,
            -0.0,
            5e-324,
            -1e-36,
            ZERO,
            ZERO.next_up(),
            1.0,
            -1.0,
            -0.5,
            33.0,
            64.5,
            3e9,
            1e300,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ]),
        any::<f64>(),
    ]
}

fn finite() -> impl Strategy<Value = f64> {
    value().prop_map(|value| if value.is_finite() { value } else { 1.5 })
}

fn split() -> impl Strategy<Value = GrownSplit> {
    let decision = prop::sample::select(vec![0_u8, 1, 2, 4, 5, 6, 8, 9, 10]);
    let words = prop::collection::vec(any::<u32>(), 0..4);
    (any::<usize>(), 0..FEATURES, decision, value(), words).prop_map(|(leaf, feature, decision, threshold, words)| {
        let threshold = if threshold.is_nan() { f64::INFINITY } else { threshold };
        GrownSplit { leaf, feature, decision, threshold, words }
    })
}

fn tree() -> impl Strategy<Value = TreeLines> {
    let splits = prop::collection::vec(split(), 0..9);
    let terms = prop::collection::vec((0..FEATURES, finite()), 0..3);
    let leaf = (finite(), terms).prop_map(|(constant, terms)| LinearLeaf { constant, terms });
    let linear = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(leaf, 9)];
    (splits, prop::collection::vec(value(), 9), linear)
        .prop_map(|(splits, leaves, linear)| TreeLines::grown(splits, &leaves, linear))
}

fn model(trees: &[TreeLines], line_end: &str) -> String {
    let trees: String = trees.iter().enumerate().map(|(number, tree)| tree.text(number)).collect();
    let header = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=3\n\
                  feature_names=a b c d\nfeature_infos=none none none none\n";
    format!("{header}\n{trees}end of trees\n").replace('\n', line_end)
}

proptest! {
    #[test]
    fn generated_models_score_by_the_rules_of_lightgbm(
        trees in prop::collection::vec(tree(), 1..5),
        rows in prop::collection::vec(prop::collection::vec(value(), FEATURES), 1..20),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let text = model(&trees, line_end);
        // The smallest of these texts have less allowance than a model needs; real ones carry more digits per node.
        let padded = text + &" ".repeat(20_000);
        let model = read(padded.as_bytes(), &ModelOptions::default()).unwrap();
        for row in rows {
            let read: Vec<f64> = row.iter().map(|value| if value.abs() <= ZERO { 0.0 } else { *value }).collect();
            let expected = trees.iter().fold(0.0, |sum, tree| sum + tree.predict(&read));
            let mut raw = [f64::NAN];
            model.ensemble.raw_of(&|feature| row[feature], &mut raw);
            prop_assert!(
                raw[0].to_bits() == expected.to_bits() || (raw[0].is_nan() && expected.is_nan()),
                "{row:?}: {} instead of {expected}", raw[0]
            );
        }
    }
}
