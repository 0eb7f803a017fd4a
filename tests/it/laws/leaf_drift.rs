//! Drift among the leaves: its figures equal a plain implementation, without drift p is small as often as it states, and a
//! permutation of one feature among the rows, which changes no feature by itself, is seen and named.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{ArrayRef, Float32Array};
use serde_json::json;
use vigie::replay::{LeafBaseline, LeafCounts, LeafDrift};
use vigie_models::Model;

use crate::support::{
    draw::Draw,
    leaf_lab::{LeafLab, permute},
};

/// Number of windows per test; `VIGIE_DRAWS` sets it.
fn draws(default: usize) -> usize {
    std::env::var("VIGIE_DRAWS").ok().and_then(|draws| draws.parse().ok()).unwrap_or(default)
}

// A plain implementation, of rows instead of counts.

/// Conditions of three trees on three features with the borders 0, and the values of their leaves.
const TREES: [(&[usize], &[f64]); 3] =
    [(&[0, 1], &[0.0, 1.0, 2.0, 5.0]), (&[2, 0, 1], &[1.0, 0.0, 0.0, 3.0, 0.5, 2.0, 1.0, 8.0]), (&[2], &[0.25, 0.75])];

fn small_model() -> Model {
    let feature = |index: usize| json!({"feature_index": index, "flat_feature_index": index, "feature_id": format!("f{index}"), "borders": [0]});
    let tree = |(splits, values): &(&[usize], &[f64])| {
        let splits: Vec<_> = splits.iter().map(|split| json!({ "split_index": split })).collect();
        json!({ "leaf_values": values, "splits": splits })
    };
    let model = json!({
        "features_info": {"float_features": [feature(0), feature(1), feature(2)]},
        "oblivious_trees": TREES.iter().map(tree).collect::<Vec<_>>(),
        "model_info": {"params": {"loss_function": {"type": "Logloss"}}},
    });
    Model::from_bytes("small.json", model.to_string().as_bytes()).unwrap()
}

type Row = [f32; 3];

/// Rows of which the first two features are tied. One leaf in a hundred is thin.
fn tied_rows(rows: usize, draw: &mut Draw) -> Vec<Row> {
    (0..rows)
        .map(|_| {
            let common = draw.normal();
            [common + 0.2 * draw.normal(), common + 0.2 * draw.normal(), draw.normal() - 1.5].map(|x| x as f32)
        })
        .collect()
}

/// The leaf as its conditions, in the order of the tree.
fn leaf(splits: &[usize], row: &Row) -> Vec<bool> {
    splits.iter().map(|feature| row[*feature] > 0.0).collect()
}

fn count<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, f64> {
    let mut counts = BTreeMap::new();
    keys.for_each(|key| *counts.entry(key).or_insert(0.0) += 1.0);
    counts
}

/// Pearson's statistic by its definition over shares.
#[expect(clippy::many_single_char_names, reason = "the letters of the formula")]
fn plain_pearson<K: Ord>(reference: &BTreeMap<K, f64>, window: &BTreeMap<K, f64>) -> (f64, usize) {
    let (m, n): (f64, f64) = (reference.values().sum(), window.values().sum());
    let keys: std::collections::BTreeSet<&K> = reference.keys().chain(window.keys()).collect();
    let of = |counts: &BTreeMap<K, f64>, key: &K| counts.get(key).copied().unwrap_or(0.0);
    let statistic = keys.iter().map(|key| {
        let (r, w) = (of(reference, key) / m, of(window, key) / n);
        let p = (of(reference, key) + of(window, key)) / (m + n);
        (w - r) * (w - r) / p / (1.0 / n + 1.0 / m)
    });
    (statistic.sum(), keys.len())
}

/// Both summaries.
fn plain_shift(reference: &[Row], window: &[Row]) -> (f64, f64) {
    let (mut weighted, mut expected, mut largest) = (0.0, 0.0, f64::NEG_INFINITY);
    for (splits, values) in TREES {
        let m = reference.len() as f64;
        let shares = count(reference.iter().map(|row| leaf(splits, row)));
        let thick = |leaf: &Vec<bool>| shares.get(leaf).is_some_and(|rows| rows / m >= 0.01);
        let rest = shares.iter().filter(|(leaf, _)| !thick(leaf)).map(|(_, rows)| rows).sum::<f64>() / m;
        // The first of the smallest, in the order of leaf numbers, in which the first condition is the lowest bit.
        let number = |leaf: &[bool]| leaf.iter().rev().fold(0, |number, bit| 2 * number + usize::from(*bit));
        let cells: Vec<&Vec<bool>> = shares.keys().filter(|leaf| thick(leaf)).collect();
        let smallest = cells
            .iter()
            .min_by(|a, b| shares[**a].total_cmp(&shares[**b]).then(number(a.as_slice()).cmp(&number(b.as_slice()))));
        let cell = |row: &Row| {
            let own = leaf(splits, row);
            if thick(&own) {
                Some(own)
            } else if rest >= 0.01 {
                None
            } else {
                smallest.map(|leaf| (**leaf).clone())
            }
        };
        let (statistic, _) = plain_pearson(&count(reference.iter().map(cell)), &count(window.iter().map(cell)));
        let dof = (cells.len() + usize::from(rest >= 0.01)) as f64 - 1.0;
        let value = |row: &Row| values[number(&leaf(splits, row))];
        let mean = reference.iter().map(value).sum::<f64>() / m;
        let variance = reference.iter().map(|row| (value(row) - mean).powi(2)).sum::<f64>() / m;
        weighted += variance * statistic;
        expected += variance * dof;
        // 5% of three trees is one.
        largest = largest.max((statistic - dof) / (2.0 * dof).sqrt());
    }
    (weighted / expected, largest)
}

/// What the decisions of a feature explain in all trees, given all other conditions.
fn plain_excess(feature: usize, reference: &[Row], window: &[Row]) -> f64 {
    let mut excess = 0.0;
    for (splits, _) in TREES.iter().filter(|(splits, _)| splits.contains(&feature)) {
        let place = splits.iter().position(|split| *split == feature).unwrap();
        let others = |row: &Row| {
            let mut leaf = leaf(splits, row);
            leaf.remove(place);
            leaf
        };
        for group in count(reference.iter().chain(window).map(others)).into_keys() {
            let side =
                |rows: &[Row]| count(rows.iter().filter(|row| others(row) == group).map(|row| row[feature] > 0.0));
            let (ours, theirs) = (side(reference), side(window));
            if ours.is_empty() || theirs.is_empty() {
                continue;
            }
            let (statistic, parts) = plain_pearson(&ours, &theirs);
            let rows: f64 = ours.values().chain(theirs.values()).sum();
            excess += statistic - (parts - 1) as f64 * rows / (rows - 1.0);
        }
    }
    excess
}

fn counted(model: &Model, rows: &[Row]) -> LeafCounts {
    let column =
        |place: usize| -> ArrayRef { Arc::new(rows.iter().map(|row| Some(row[place])).collect::<Float32Array>()) };
    let columns: Vec<_> = (0..3).map(|place| Some(column(place))).collect();
    let inputs = model.inputs(rows.len(), &columns).unwrap();
    let mut counts = LeafCounts::empty(&model.leaf_trees().unwrap());
    let mut raw = vec![0.0; rows.len()];
    let sink = &mut |tree: usize, _: usize, leaves: &[u32]| counts.observe(tree, leaves.iter().copied());
    model.predict_raw_with_leaves(&inputs, 0..rows.len(), &mut raw, sink).unwrap();
    counts
}

fn compared(model: &Model, reference: &[Row], window: &[Row]) -> LeafDrift {
    let trees = model.leaf_trees().unwrap();
    let number = |splits: &[usize], row: &Row| {
        leaf(splits, row).iter().rev().fold(0, |number, bit| 2 * number + usize::from(*bit))
    };
    let learnt = LeafBaseline::learn(model, &trees, counted(model, reference), |poolings| {
        let cells = |row: &Row| -> Vec<u8> {
            let trees = poolings.iter().zip(TREES);
            trees.map(|(pooling, (splits, _))| pooling.cell(number(splits, row)).unwrap()).collect()
        };
        Ok(reference.iter().flat_map(cells).collect())
    });
    let learnt = learnt.unwrap().unwrap();
    let baseline = LeafBaseline::new(model, learnt).unwrap();
    baseline.compare(&counted(model, window), |feature| format!("f{feature}")).unwrap()
}

#[track_caller]
fn assert_close(got: f64, wanted: f64) {
    assert!((got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{got} instead of {wanted}");
}

#[test]
fn the_summaries_equal_a_plain_implementation() {
    let model = small_model();
    for seed in 0..40 {
        let mut draw = Draw::seeded(seed);
        let reference = tied_rows(50 + 100 * draw.below(40), &mut draw);
        let window = tied_rows(1 + draw.below(900), &mut draw);
        let drift = compared(&model, &reference, &window);
        let (overall, strongest) = plain_shift(&reference, &window);
        assert_close(drift.shift.overall, overall);
        assert_close(drift.shift.strongest, strongest);
        assert_eq!((drift.rows, drift.reference_rows), (window.len() as u64, reference.len() as u64));
        assert!(drift.p_value.is_err() && drift.features.is_empty(), "too few reference rows");
    }
}

#[test]
fn a_broken_tie_is_explained_by_its_two_ends() {
    let model = small_model();
    let mut draw = Draw::seeded(7);
    let reference = tied_rows(12_000, &mut draw);
    let mut window = tied_rows(1_000, &mut draw);
    let calm = compared(&model, &reference, &window);
    assert!(calm.p_value.unwrap() > 0.001 && !calm.is_reference_small(), "{calm:?}");
    let mut first: Vec<f32> = window.iter().map(|row| row[0]).collect();
    draw.shuffle(&mut first);
    window.iter_mut().zip(first).for_each(|(row, value)| row[0] = value);
    let drift = compared(&model, &reference, &window);
    assert!(drift.p_value.unwrap() < 1e-6, "{drift:?}");
    for feature in &drift.features {
        let place = feature.name[1..].parse().unwrap();
        assert_close(feature.excess, plain_excess(place, &reference, &window));
    }
    let mut ends = drift.pair.clone().unwrap();
    ends.sort_unstable();
    assert_eq!(ends, ["f0", "f1"]);
    // The third tree does not read them.
    let moved: Vec<usize> = drift.trees.iter().take(2).map(|tree| tree.tree).collect();
    assert!(!moved.contains(&2), "{drift:?}");
    assert_eq!(drift.trees[0].features.iter().filter(|name| ends.contains(name)).count(), 2);
}

/// Windows of these sizes without drift. Every reference is drawn anew, with its own cells and laws; by default 40 windows
/// share one. `VIGIE_DRAWS=2000 VIGIE_REFERENCES=2000` draws a reference for every window.
#[test]
fn p_is_small_as_often_as_it_states() {
    const SIZES: [usize; 4] = [500, 700, 2_000, 10_000];
    let lab = LeafLab::example();
    let draws = draws(320);
    let references =
        std::env::var("VIGIE_REFERENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(draws.div_ceil(40));
    let each = draws.div_ceil(references);
    let mut low = vec![[0_usize; 4]; references];
    let mut below_half = [0_usize; 4];
    for (number, low) in low.iter_mut().enumerate() {
        let mut draw = Draw::seeded(26_000 + number as u64);
        let baseline = lab.baseline(&lab.draw(20_000, &mut draw));
        for _ in 0..each {
            for (place, size) in SIZES.into_iter().enumerate() {
                let drift = lab.compare(&baseline, &lab.counts(&lab.draw(size, &mut draw)));
                let p = drift.p_value.unwrap();
                low[place] += usize::from(p <= 0.01);
                below_half[place] += usize::from(p <= 0.5);
                assert_eq!(drift.is_reference_small(), size == 10_000);
                assert_eq!(drift.features.is_empty(), p > 0.01);
            }
        }
    }
    let all = (references * each) as f64;
    for (place, size) in SIZES.into_iter().enumerate() {
        let of_reference = || low.iter().map(|low| low[place] as f64 / each as f64);
        let share = of_reference().sum::<f64>() / references as f64;
        println!(
            "{size} rows: p ≤ 0.01 in {share:.4} of {all} windows, {:.4} to {:.4} by reference; p ≤ 0.5 in {:.3}",
            of_reference().fold(f64::INFINITY, f64::min),
            of_reference().fold(0.0, f64::max),
            below_half[place] as f64 / all
        );
        // p is twice the smaller one of two p-values, which depend on each other.
        let half = below_half[place] as f64 / all;
        assert!((0.25..=0.62).contains(&half), "{size} rows: p ≤ 0.5 in {half}");
        // A reference's own noise is shared by its windows, and matters if it has less than ten times their rows.
        if size < 10_000 || each == 1 {
            let limit = 0.015 + if all < 5_000.0 { 3.0 * (0.015 / all).sqrt() } else { 0.0 };
            assert!(share <= limit, "{size} rows: p ≤ 0.01 in {share} of {all} windows, more than {limit}");
        }
    }
}

/// 2,000 rows of which one feature is permuted: each feature is distributed as before.
#[test]
fn a_permuted_feature_is_seen_and_named() {
    let lab = LeafLab::example();
    let mut draw = Draw::seeded(2_026);
    let baseline = lab.baseline(&lab.draw(20_000, &mut draw));
    let draws = draws(60);
    for name in ["EXT_SOURCE_2", "EXT_SOURCE_3"] {
        let (mut seen, mut named) = (0, 0);
        for _ in 0..draws {
            let mut window = lab.window(&lab.draw(2_000, &mut draw));
            permute(&mut window, name, &mut draw);
            let drift = lab.compare(&baseline, &lab.counts_of(&window));
            seen += usize::from(drift.is_beyond_chance());
            named += usize::from(drift.features.first().is_some_and(|first| first.name == name));
        }
        println!("{name} permuted: seen in {seen} of {draws} windows, named first in {named}");
        // 95%, up to three standard errors.
        let share = seen as f64 / draws as f64;
        assert!(share >= 0.95 - 3.0 * (0.05 * 0.95 / draws as f64).sqrt(), "{name}: seen in {seen} of {draws}");
        assert!(named * 10 >= seen * 9, "{name}: named in {named} of {seen}");
    }
}
