//! SHAP values equal Shapley values by their definition.

use proptest::prelude::*;

use super::random::{Random, TreeShape, columns, ensemble};
use crate::{
    catboost::Kernel,
    ensemble::{
        Ensemble, TreeScorer,
        codes::number,
        shap::EnsembleShap,
        trees::{Child, EnsembleRules, LinearLeaf, MissingValues, Node, SplitCondition, Tree},
    },
    inputs::ColumnValues,
};

/// The expected outputs of a row if only the features of a set are known.
fn expectation(ensemble: &Ensemble, known: usize, value: &impl Fn(usize) -> f64) -> Vec<f64> {
    let mut out = ensemble.base.clone();
    for tree in &ensemble.trees {
        let mut pending = vec![(if tree.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) }, 1.0)];
        while let Some((child, weight)) = pending.pop() {
            let at = match child {
                Child::Node(at) => at,
                Child::Leaf(leaf) => {
                    let values = &tree.values[leaf * tree.width..][..tree.width];
                    values.iter().zip(&mut out[tree.output..]).for_each(|(value, out)| *out += weight * value);
                    continue;
                }
            };
            let node = &tree.nodes[at];
            if known >> node.feature & 1 == 1 {
                let is_left = ensemble.rules.goes_left(tree, &node.condition, ensemble.rules.read(value(node.feature)));
                pending.push((if is_left { node.left } else { node.right }, weight));
                continue;
            }
            let cover = |child: Child| match child {
                Child::Node(node) => tree.nodes[node].cover,
                Child::Leaf(leaf) => tree.leaf_covers[leaf],
            };
            for child in [node.left, node.right] {
                let share = if node.cover > 0.0 { cover(child) / node.cover } else { 0.5 };
                pending.push((child, weight * share));
            }
        }
    }
    out
}

/// Shapley values and expected values: output by output, one value per feature, then the expected value.
fn by_definition(ensemble: &Ensemble, value: &impl Fn(usize) -> f64) -> Vec<f64> {
    let (features, outputs) = (ensemble.features, ensemble.outputs());
    let worth: Vec<Vec<f64>> = (0..1 << features).map(|known| expectation(ensemble, known, value)).collect();
    let factorial = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
    let mut out = Vec::new();
    for output in 0..outputs {
        let worth: Vec<f64> = worth.iter().map(|outputs| outputs[output]).collect();
        for feature in 0..features {
            let without = (0..1_usize << features).filter(|known| known >> feature & 1 == 0);
            out.push(without.fold(0.0, |sum, known| {
                let size = known.count_ones() as usize;
                let weight = factorial(size) * factorial(features - size - 1) / factorial(features);
                sum + weight * (worth[known | 1 << feature] - worth[known])
            }));
        }
        out.push(worth[0]);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn values_equal_the_definition(
        seed: u64, features in 1..7_usize, outputs in 1..4_usize, trees in 0..5_usize, leaves in 1..40_usize,
        rows in 1..30_usize,
    ) {
        let ensemble = ensemble(TreeShape { seed, features, outputs, trees, leaves });
        let columns = columns(&ensemble, rows, seed ^ 1);
        let expected: Vec<f64> = (0..rows)
            .flat_map(|row| by_definition(&ensemble, &|feature| number(&columns[feature], row)))
            .collect();
        let mut scorer = TreeScorer::from(ensemble);
        let shap = EnsembleShap::new(&scorer).unwrap();
        let mut sums = vec![0.0; rows * outputs];
        scorer.sums(&columns, 0..rows, &mut sums);
        let mut bits: Option<Vec<u64>> = None;
        for kernel in Kernel::available() {
            scorer.set_kernel(kernel);
            let mut values = vec![f64::NAN; rows * shap.width()];
            shap.values(&scorer, &columns, 0..rows, &mut values);
            for (value, expected) in values.iter().zip(&expected) {
                prop_assert!((value - expected).abs() <= 1e-12, "{kernel}: {value:e} for {expected:e}");
            }
            prop_assert!(shap.gap(&values, &sums) <= EnsembleShap::TOLERANCE);
            let own: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
            prop_assert_eq!(bits.get_or_insert_with(|| own.clone()), &own, "{}", kernel);
        }
        // Row by row, the bits are the same.
        let mut values = vec![0.0; shap.width()];
        for row in 0..rows {
            shap.values(&scorer, &columns, row..row + 1, &mut values);
            let own = values.iter().map(|value| value.to_bits());
            prop_assert!(own.eq(bits.iter().flatten().skip(row * shap.width()).take(shap.width()).copied()));
        }
    }
}

/// A tree in which every right child is a leaf.
fn chain(depth: usize, features: usize) -> Ensemble {
    let random = &mut Random(9);
    let nodes = (0..depth).map(|at| Node {
        feature: at % features,
        condition: SplitCondition::Threshold {
            threshold: (depth - at) as f64,
            missing: MissingValues::Nan,
            missing_left: random.chance(2),
        },
        left: if at + 1 == depth { Child::Leaf(depth) } else { Child::Node(at + 1) },
        right: Child::Leaf(at),
        cover: (depth - at + 1) as f64,
    });
    let tree = Tree {
        nodes: nodes.collect(),
        values: (0..=depth).map(|_| random.unit()).collect(),
        width: 1,
        leaf_covers: vec![1.0; depth + 1],
        ..Tree::default()
    };
    let rules = EnsembleRules {
        input: crate::feature::InputPrecision::Double,
        sum: crate::feature::InputPrecision::Double,
        comparison: crate::ensemble::SplitComparison::AtMost,
        zero_within: 0.0,
    };
    Ensemble { features, base: vec![0.25], trees: vec![tree], rules }.validated().unwrap()
}

#[test]
fn deep_trees_are_explained_without_recursion() {
    let ensemble = chain(10_000, 5);
    let columns: Vec<ColumnValues> = (0..5_u32)
        .map(|column| ColumnValues::Double((0..20_u32).map(|row| Some(f64::from(row * 700 + column))).collect()))
        .collect();
    let scorer = TreeScorer::from(ensemble);
    let shap = EnsembleShap::new(&scorer).unwrap();
    let (mut values, mut sums) = (vec![0.0; 20 * shap.width()], vec![0.0; 20]);
    shap.values(&scorer, &columns, 0..20, &mut values);
    scorer.sums(&columns, 0..20, &mut sums);
    assert!(shap.gap(&values, &sums) <= EnsembleShap::TOLERANCE, "{:e}", shap.gap(&values, &sums));
    let wide = EnsembleShap::new(&TreeScorer::from(chain(4_000, 4_000))).unwrap_err().to_string();
    assert_eq!(
        wide,
        "tree 0: a tree has 4000 conditions on 4000 features on one path; vigie cannot compute SHAP values for it"
    );
}

#[test]
fn many_features_on_a_path_are_explained() {
    let scorer = TreeScorer::from(chain(300, 300));
    let shap = EnsembleShap::new(&scorer).unwrap();
    let columns: Vec<ColumnValues> = (0..300_u32)
        .map(|column| ColumnValues::Double((0..9_u32).map(|row| Some(f64::from(row * 40 + column / 2))).collect()))
        .collect();
    let (mut values, mut sums) = (vec![0.0; 9 * shap.width()], vec![0.0; 9]);
    shap.values(&scorer, &columns, 0..9, &mut values);
    scorer.sums(&columns, 0..9, &mut sums);
    assert!(shap.gap(&values, &sums) <= EnsembleShap::TOLERANCE, "{:e}", shap.gap(&values, &sums));
}

#[test]
fn importance_is_the_mean_of_absolute_values() {
    let ensemble = ensemble(TreeShape { seed: 3, features: 4, outputs: 2, trees: 5, leaves: 9 });
    let columns = columns(&ensemble, 300, 4);
    let scorer = TreeScorer::from(ensemble);
    let shap = EnsembleShap::new(&scorer).unwrap();
    let mut values = vec![0.0; 300 * shap.width()];
    shap.values(&scorer, &columns, 0..300, &mut values);
    let importance = shap.importance(&scorer, &columns, 20..300);
    assert_eq!(importance.len(), 4);
    for (feature, own) in importance.iter().enumerate() {
        let of_row = |values: &[f64]| values[feature].abs() + values[5 + feature].abs();
        let mean = values.chunks_exact(shap.width()).skip(20).map(of_row).sum::<f64>() / 280.0;
        assert!((own - mean).abs() < 1e-12 && mean > 0.0, "{own} for {mean}");
    }
}

#[test]
fn models_without_shap_values_are_refused() {
    let refusal = |change: fn(&mut Ensemble)| {
        let mut ensemble = chain(3, 2);
        change(&mut ensemble);
        EnsembleShap::new(&TreeScorer::from(ensemble)).unwrap_err().to_string()
    };
    let linear = refusal(|ensemble| ensemble.trees[0].linear = vec![LinearLeaf::default(); 4]);
    assert!(linear.starts_with("tree 0: its leaves are linear functions"), "{linear}");
    let negative = refusal(|ensemble| ensemble.trees[0].nodes[1].cover = -1.0);
    assert_eq!(negative, "tree 0: the training weight of a node is negative or not finite");
    refusal(|ensemble| ensemble.trees[0].leaf_covers[1] = f64::NAN);
}
