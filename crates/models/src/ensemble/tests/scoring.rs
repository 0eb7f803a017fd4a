//! Scores and leaves equal the definition to the bit.

use std::ops::Range;

use proptest::prelude::*;

use super::random::{TreeShape, add_linear_leaves, columns, ensemble};
use crate::{
    catboost::Kernel,
    ensemble::{Ensemble, TreeScorer, codes::number, order::LeafOrder},
    inputs::ColumnValues,
};

fn shapes(leaves: Range<usize>) -> impl Strategy<Value = TreeShape> {
    (any::<u64>(), 1..6_usize, 1..4_usize, 0..12_usize, leaves)
        .prop_map(|(seed, features, outputs, trees, leaves)| TreeShape { seed, features, outputs, trees, leaves })
}

/// The raw outputs and the leaves of the definition, row by row.
fn definition(ensemble: &Ensemble, columns: &[ColumnValues], rows: usize) -> (Vec<f64>, Vec<Vec<u32>>) {
    let mut raw = vec![0.0; rows * ensemble.outputs()];
    let orders: Vec<LeafOrder> = ensemble.trees.iter().map(LeafOrder::new).collect();
    let mut leaves = vec![Vec::new(); ensemble.trees.len()];
    for (row, out) in raw.chunks_exact_mut(ensemble.outputs()).enumerate() {
        let value = |feature: usize| number(&columns[feature], row);
        ensemble.raw_of(&value, out);
        for ((tree, order), leaves) in ensemble.trees.iter().zip(&orders).zip(&mut leaves) {
            let leaf = tree.leaf_of(&ensemble.rules, &|feature| ensemble.rules.read(value(feature)));
            leaves.push(u32::try_from(order.numbers[leaf]).unwrap());
        }
    }
    (raw, leaves)
}

fn bits(values: &[f64]) -> Vec<u64> {
    // The sign and the payload of a NaN are not defined.
    values.iter().map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() }).collect()
}

/// Scores all rows with every kernel, in calls of `step` rows.
fn check(ensemble: Ensemble, columns: &[ColumnValues], rows: usize, step: usize) {
    let (expected, expected_leaves) = definition(&ensemble, columns, rows);
    let outputs = ensemble.outputs();
    let mut scorer = TreeScorer::from(ensemble);
    for kernel in Kernel::available() {
        scorer.set_kernel(kernel);
        let mut raw = vec![f64::NAN; rows * outputs];
        let mut leaves = vec![Vec::new(); scorer.trees.len()];
        for from in (0..rows).step_by(step) {
            let range = from..(from + step).min(rows);
            let own = &mut raw[range.start * outputs..range.end * outputs];
            scorer.raw(columns, range.clone(), own);
            let plain = bits(own);
            own.fill(0.0);
            scorer.raw_with_leaves(columns, range, own, &mut |tree, first, found| {
                assert_eq!(first, leaves[tree].len());
                leaves[tree].extend_from_slice(found);
            });
            assert_eq!(bits(own), plain, "{kernel}, with leaves");
        }
        assert_eq!(bits(&raw), bits(&expected), "{kernel}");
        assert_eq!(leaves, expected_leaves, "{kernel}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_kernel_gives_the_bits_of_the_definition(
        shape in shapes(1..80), rows in 1..300_usize, step in 1..300_usize,
    ) {
        let ensemble = ensemble(shape);
        let columns = columns(&ensemble, rows, shape.seed ^ 1);
        check(ensemble, &columns, rows, step);
    }

    #[test]
    fn trees_of_any_size_are_scored(shape in shapes(200..700), rows in 1..90_usize) {
        let ensemble = ensemble(shape);
        let columns = columns(&ensemble, rows, shape.seed ^ 1);
        check(ensemble, &columns, rows, rows);
    }

    #[test]
    fn linear_leaves_are_scored(shape in shapes(1..20), rows in 1..60_usize) {
        let mut ensemble = ensemble(shape);
        add_linear_leaves(&mut ensemble, shape.seed ^ 2);
        let columns = columns(&ensemble, rows, shape.seed ^ 1);
        prop_assert!(ensemble.trees.iter().all(|tree| tree.linear.is_empty()) || TreeScorer::from(ensemble.clone()).leaf_trees().is_none());
        check(ensemble, &columns, rows, 20);
    }

    #[test]
    fn values_of_leaves_add_up_to_the_sums(shape in shapes(1..80), rows in 1..40_usize) {
        let mut ensemble = ensemble(shape);
        ensemble.rules.sum = crate::feature::InputPrecision::Double;
        let (columns, outputs) = (columns(&ensemble, rows, shape.seed ^ 1), ensemble.outputs());
        let scorer = TreeScorer::from(ensemble);
        let trees = scorer.leaf_trees().unwrap_or_default();
        prop_assert_eq!(trees.len(), scorer.trees.len());
        let mut added: Vec<f64> = scorer.base.iter().copied().cycle().take(rows * outputs).collect();
        let mut raw = vec![0.0; rows * outputs];
        scorer.raw_with_leaves(&columns, 0..rows, &mut raw, &mut |tree, first, leaves| {
            for (row, leaf) in (first..).zip(leaves) {
                for output in 0..outputs {
                    added[row * outputs + output] += trees[tree].values[*leaf as usize * outputs + output];
                }
            }
        });
        prop_assert_eq!(bits(&added), bits(&raw));
        // Each decision divides consecutive leaves, and reads the feature it is listed under.
        for (tree, own) in trees.iter().zip(&scorer.trees) {
            let nodes: usize = tree.features.iter().map(|feature| match &feature.choices {
                crate::LeafChoices::Nodes(nodes) => nodes.len(),
                crate::LeafChoices::Bits(_) => 0,
            }).sum();
            prop_assert_eq!(nodes, own.nodes.len());
        }
    }
}

#[test]
fn features_without_a_column_are_missing() {
    let shape = TreeShape { seed: 5, features: 3, outputs: 1, trees: 9, leaves: 20 };
    let ensemble = ensemble(shape);
    let missing = [ColumnValues::AllMissing, ColumnValues::AllMissing, ColumnValues::AllMissing];
    let (expected, _) = definition(&ensemble, &missing, 70);
    let mut raw = vec![0.0; 70];
    TreeScorer::from(ensemble).raw(&[], 0..70, &mut raw);
    assert_eq!(bits(&raw), bits(&expected));
}

#[test]
fn a_feature_may_have_thousands_of_thresholds() {
    use crate::ensemble::trees::{Child, MissingValues, Node, SplitCondition, Tree};
    let mut base = ensemble(TreeShape { seed: 6, features: 1, outputs: 1, trees: 0, leaves: 1 });
    for (place, missing) in
        [MissingValues::Nothing, MissingValues::Zero, MissingValues::Nan].into_iter().cycle().take(3000).enumerate()
    {
        let condition =
            SplitCondition::Threshold { threshold: place as f64 / 8.0 - 100.0, missing, missing_left: place % 2 == 0 };
        let node = Node { feature: 0, condition, left: Child::Leaf(0), right: Child::Leaf(1), cover: 2.0 };
        let values = vec![place as f64, -1.0];
        base.trees.push(Tree { nodes: vec![node], values, width: 1, leaf_covers: vec![1.0; 2], ..Tree::default() });
    }
    let columns = columns(&base, 200, 7);
    check(base, &columns, 200, 200);
}

#[test]
fn sets_beyond_the_tables_are_scored() {
    use crate::ensemble::trees::{Child, Node, SplitCondition, Tree};
    let mut base = ensemble(TreeShape { seed: 8, features: 1, outputs: 1, trees: 0, leaves: 1 });
    for place in 0..20_u32 {
        // Too many codes for a table of codes in the last tree.
        let mut sets = vec![0x8421_1248 ^ place; if place == 19 { 300_000 } else { 3 }];
        sets.push(1 << place);
        let condition =
            SplitCondition::Set { words: 0..sets.len(), members_left: place % 3 == 0, missing_left: place % 2 == 0 };
        let node = Node { feature: 0, condition, left: Child::Leaf(0), right: Child::Leaf(1), cover: 2.0 };
        let values = vec![f64::from(1 << place), 0.5];
        base.trees.push(Tree {
            nodes: vec![node],
            values,
            width: 1,
            leaf_covers: vec![1.0; 2],
            sets,
            ..Tree::default()
        });
    }
    let codes = (0..200).map(|row| [row, 32 * 300_000 + row % 32, u32::MAX - row % 3][row as usize % 3]).collect();
    check(base, &[ColumnValues::Levels(codes)], 200, 200);
}
