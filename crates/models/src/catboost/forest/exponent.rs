//! CatBoost's softmax, whose table-driven exponential differs from that of libm in the last bits.
//!
//! `e^x = 2^(n / 2048) · e^t` with `n` the integer nearest to `2048 x / ln 2`: a table of mantissas for the fraction,
//! exponent bits for the power, and a cubic polynomial for `t`. Source: method and constants of Mitsunari's fmath
//! (`expd_v`), which CatBoost calls for `MultiClass`, without fused multiply-adds.

use std::sync::OnceLock;

const FRACTION_BITS: u32 = 11;
const FRACTIONS: usize = 1 << FRACTION_BITS;
/// 1.5 · 2^52: adding it rounds to an integer and leaves that in the low bits.
const ROUNDING: f64 = 6_755_399_441_055_744.0;
const SIXTH: f64 = 0.166_666_666_852_278_35;
const THREE: f64 = 3.000_000_002_795_539_4;
const LOWEST: f64 = -708.396_418_532_264_1;
const HIGHEST: f64 = 709.782_725_693_384;
const MANTISSA: u64 = (1 << 52) - 1;

fn mantissas() -> &'static [u64; FRACTIONS] {
    static TABLE: OnceLock<[u64; FRACTIONS]> = OnceLock::new();
    TABLE.get_or_init(|| {
        #[expect(clippy::cast_precision_loss, reason = "below 2048")]
        std::array::from_fn(|i| 2.0_f64.powf(i as f64 * (1.0 / FRACTIONS as f64)).to_bits() & MANTISSA)
    })
}

/// `e^x`, as CatBoost computes it for softmax and for the predictions of Poisson and Tweedie regressions.
pub(crate) fn exponential(x: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "2048")]
    let scale = FRACTIONS as f64 / 2.0_f64.ln();
    let x = x.clamp(LOWEST, HIGHEST);
    let shifted = x * scale + ROUNDING;
    let bits = shifted.to_bits();
    let t = (shifted - ROUNDING) * (1.0 / scale) - x;
    let power = (bits.wrapping_add((1023 << FRACTION_BITS) as u64) >> FRACTION_BITS) << 52;
    #[expect(clippy::cast_possible_truncation, reason = "below 2048")]
    let mantissa = mantissas().get(bits as usize % FRACTIONS).copied().unwrap_or(0);
    let polynomial = (THREE - t) * (t * t) * SIXTH - t + 1.0;
    polynomial * f64::from_bits(power | mantissa)
}

/// Turns the raw outputs of one row into probabilities, in place.
///
/// CatBoost computes four at a time (AVX2), where the exponential of −∞ is the smallest normal number, and the rest one
/// by one, where it is 0.
pub(crate) fn softmax(raw: &mut [f64]) {
    let greatest = raw.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let by_four = raw.len() & !3;
    for (at, value) in raw.iter_mut().enumerate() {
        let x = *value - greatest;
        *value = if at >= by_four && x <= LOWEST { 0.0 } else { exponential(x) };
    }
    let total = raw.iter().fold(0.0, |total, value| total + value);
    raw.iter_mut().for_each(|value| *value /= total);
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are bit-identical")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn absent_classes_have_the_probability_of_catboost() {
        // Raw outputs of the classes 0, 2 and 4 of five, from catboost 1.2.10. The absent ones are among the first four.
        let mut row = [0.023_644, f64::NEG_INFINITY, -0.054_247, f64::NEG_INFINITY, 0.030_602];
        softmax(&mut row);
        assert!(row[1] == row[3] && row[1] > 7.6e-309 && row[1] < 7.7e-309, "{row:?}");
        let mut row = [0.5, f64::NEG_INFINITY];
        softmax(&mut row);
        assert_eq!(row, [1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn the_exponential_is_accurate(x in -700.0..700.0_f64) {
            let off = exponential(x) / x.exp() - 1.0;
            prop_assert!(off.abs() < 2e-13, "{x}: {off}");
        }

        #[test]
        fn probabilities_sum_to_one(mut row in prop::collection::vec(-1e6..1e6_f64, 1..9)) {
            softmax(&mut row);
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12 && row.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}
