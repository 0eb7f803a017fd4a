//! Ensembles that a damaged file could lead to are refused.

use proptest::prelude::*;

use super::random::{Random, TreeShape, ensemble};
use crate::ensemble::{
    Ensemble,
    trees::{Child, LinearLeaf, SplitCondition},
};

fn refusal(change: impl Fn(&mut Ensemble)) -> String {
    // Three outputs and trees of several leaves.
    let mut ensemble = ensemble(TreeShape { seed: 11, features: 4, outputs: 3, trees: 6, leaves: 30 });
    assert!(ensemble.trees[2].nodes.len() > 3 && ensemble.trees[2].width == 1, "{:?}", ensemble.trees[2]);
    change(&mut ensemble);
    ensemble.validated().unwrap_err().to_string()
}

#[test]
fn broken_references_are_refused() {
    type Change = fn(&mut Ensemble);
    let cases: [(&str, Change); 13] = [
        ("its leaves have no values", |e| e.trees[2].values.clear()),
        ("its leaves have no values", |e| e.trees[2].width = 0),
        ("its leaves have no values", |e| e.trees[2].leaf_covers.truncate(1)),
        ("it adds to an output that does not exist", |e| e.trees[2].output = 3),
        ("it adds to an output that does not exist", |e| e.trees[2].output = usize::MAX),
        ("its linear leaves do not match its leaves", |e| e.trees[2].linear = vec![LinearLeaf::default()]),
        ("a linear leaf reads a feature that does not exist", |e| {
            let leaf = LinearLeaf { constant: 0.0, terms: vec![(4, 1.0)] };
            e.trees[2].linear = vec![leaf; e.trees[2].leaves()];
        }),
        ("it has leaves but no conditions", |e| e.trees[2].nodes.clear()),
        ("a condition reads a feature that does not exist", |e| e.trees[2].nodes[1].feature = 4),
        ("a child comes before its parent", |e| e.trees[2].nodes[1].left = Child::Node(1)),
        ("a condition leads nowhere", |e| e.trees[2].nodes[1].left = Child::Node(9999)),
        ("two conditions lead to the same place", |e| e.trees[2].nodes[0].left = e.trees[2].nodes[0].right),
        ("a set of categories is missing", |e| {
            e.trees[2].nodes[1].condition =
                SplitCondition::Set { words: 7..999, members_left: true, missing_left: true };
        }),
    ];
    for (expected, change) in cases {
        assert_eq!(refusal(change), format!("the file is damaged: tree 2: {expected}"));
    }
    let nan = refusal(|e| {
        let missing = crate::ensemble::trees::MissingValues::Nan;
        e.trees[2].nodes[1].condition = SplitCondition::Threshold { threshold: f64::NAN, missing, missing_left: true };
    });
    assert!(nan.ends_with("a threshold is not a number"), "{nan}");
}

proptest! {
    /// Whatever the references are, an ensemble is refused, or scored without a panic.
    #[test]
    fn changed_references_are_refused_or_scored(seed: u64, changes in 1..4_usize) {
        let mut ensemble = ensemble(TreeShape { seed, features: 3, outputs: 2, trees: 3, leaves: 12 });
        let random = &mut Random(seed ^ 1);
        for _ in 0..changes {
            let place = random.below(ensemble.trees.len());
            let tree = &mut ensemble.trees[place];
            let node = random.below(tree.nodes.len());
            let to = random.below(14);
            let child = if random.chance(2) { Child::Node(to) } else { Child::Leaf(to) };
            match (random.below(6), tree.nodes.get_mut(node)) {
                (0, Some(node)) => node.left = child,
                (1, Some(node)) => node.right = child,
                (2, Some(node)) => node.feature = to,
                (3, _) => tree.width = to,
                (4, _) => tree.output = to,
                _ => tree.values.truncate(to),
            }
        }
        if let Ok(ensemble) = ensemble.validated() {
            let mut raw = vec![0.0; 70 * ensemble.outputs()];
            crate::ensemble::TreeScorer::from(ensemble).raw(&[], 0..70, &mut raw);
        }
    }
}
