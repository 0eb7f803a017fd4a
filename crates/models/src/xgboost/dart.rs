//! Dart models: by how much the two ways of XGBoost below 3.3 to predict with weighted trees differ.
//!
//! `Booster.predict` on a `DMatrix` adds leaf · weight to the sum. `inplace_predict`, which the scikit-learn wrapper uses, adds
//! ((base score + leaf) − base score) · weight, so that each leaf is rounded as the base score is. Since 3.3 both are alike.

use crate::{ensemble::trees::Tree, promise::Agreement};

/// Half the distance from 1 to the next 32-bit float: the largest relative error of one operation.
const ROUNDING: f64 = 0.5 * f32::EPSILON as f64;

/// Two steps of the largest probabilities, by which a sigmoid of nearly equal raw outputs may differ.
const LEAST: f64 = 2.0 * f32::EPSILON as f64;

/// How closely the raw outputs of both ways agree. `trees`: without their weights; `base`: what each raw output starts from.
pub(crate) fn in_place_agreement(trees: &[Tree], weights: &[f32], base: &[f32]) -> Agreement {
    let (mut rounded_away, mut total) = (0.0, 0.0);
    for (tree, weight) in trees.iter().zip(weights) {
        let weight = f64::from(weight.abs());
        let (mut farthest, mut largest) = (0.0_f64, 0.0_f64);
        for (at, value) in tree.values.iter().enumerate() {
            let base = base.get(tree.output + at % tree.width.max(1)).copied().unwrap_or_default();
            #[expect(clippy::cast_possible_truncation, reason = "it is a widened 32-bit float")]
            let leaf = *value as f32;
            farthest = farthest.max(f64::from((base + leaf) - base - leaf).abs());
            largest = largest.max(value.abs());
        }
        rounded_away += weight * farthest;
        total += weight * largest;
    }
    if rounded_away <= 0.0 {
        return Agreement::Bits;
    }
    let base = base.iter().fold(0.0_f64, |largest, base| largest.max(f64::from(base.abs())));
    let tolerance = (rounded_away + 2.0 * ROUNDING * (base + total)).max(LEAST);
    // Infinite leaves have no tolerance that would mean anything.
    if tolerance.is_finite() { Agreement::Within(one_digit(tolerance)) } else { Agreement::Bits }
}

/// Rounds a number up to one significant digit.
fn one_digit(number: f64) -> f64 {
    let scale = (0..20).map(|places| 10_f64.powi(places)).find(|scale| number * scale >= 1.0).unwrap_or(1e20);
    (number * scale).ceil() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(leaf: f32) -> Tree {
        Tree { values: vec![f64::from(leaf), 0.0], width: 1, ..Tree::default() }
    }

    #[test]
    fn leaves_that_survive_the_base_score_agree_to_the_bit() {
        let trees = [tree(0.1), tree(-0.3)];
        assert_eq!(in_place_agreement(&trees, &[0.5, 0.25], &[0.0]), Agreement::Bits);
        assert_eq!(in_place_agreement(&[tree(0.5), tree(-0.25)], &[0.5, 0.3], &[2.0]), Agreement::Bits);
        // 2 + 0.1 is rounded to 2.0999999046, so that 9.7e-8 is lost, and 1 − 0.3 loses 1.2e-8: 5.2e-8 of the weighted sum.
        // The rounding of sums of 2.125 adds 2.5e-7.
        assert_eq!(in_place_agreement(&trees, &[0.5, 0.25], &[2.0]), Agreement::Within(4e-7));
        let infinite = [tree(f32::INFINITY), tree(0.1)];
        assert_eq!(in_place_agreement(&infinite, &[1.0, 1.0], &[2.0]), Agreement::Bits);
    }

    #[test]
    fn tolerances_have_one_digit() {
        for (number, rounded) in [(2.34e-7, "3e-7"), (9.1e-6, "1e-5"), (3e-7, "3e-7"), (1e-3, "1e-3"), (42.5, "4.3e1")]
        {
            assert_eq!(format!("{:e}", one_digit(number)), rounded);
        }
    }
}
