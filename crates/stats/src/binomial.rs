//! Upper tail of the binomial distribution, accurate far into the tail.

use super::{
    real::real,
    stirling::{error, log1p_minus},
};

/// Maximum number of terms in a sum: about ten standard deviations of 1e12 trials.
const MAX_TERMS: u32 = 10_000_000;

/// `P(Bin(n, p) ≥ k)` for `0 < p < 1`, summed over neighbouring probabilities starting with the largest.
///
/// Above the mean the tail itself is summed. Below it the complement is summed and subtracted from 1, which then loses
/// no digits.
pub(super) fn upper_tail(n: u64, p: f64, k: u64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if k > n {
        return 0.0;
    }
    let (rows, least) = (real(n), real(k));
    let odds = p / (1.0 - p);
    let tail = if least > rows * p {
        let mut factor = |at: f64| (rows - at) / (at + 1.0) * odds;
        probability(rows, p, least) * sum_of_ratios(least, 1.0, rows, &mut factor)
    } else {
        let mut factor = |at: f64| at / (rows - at + 1.0) / odds;
        1.0 - probability(rows, p, least - 1.0) * sum_of_ratios(least - 1.0, -1.0, 0.0, &mut factor)
    };
    tail.clamp(0.0, 1.0)
}

/// `1 + f(a) + f(a)·f(a±1) + …` from `a` to `end`, until further terms no longer change the sum.
fn sum_of_ratios(start: f64, step: f64, end: f64, factor: &mut dyn FnMut(f64) -> f64) -> f64 {
    let (mut sum, mut ratio, mut at) = (1.0, 1.0, start);
    for _ in 0..MAX_TERMS {
        if (end - at) * step <= 0.0 || ratio <= sum * f64::EPSILON {
            break;
        }
        ratio *= factor(at);
        sum += ratio;
        at += step;
    }
    sum
}

/// `P(Bin(n, p) = k)` by Loader's saddle-point form.
fn probability(n: f64, p: f64, k: f64) -> f64 {
    if k <= 0.0 {
        return (n * (-p).ln_1p()).exp();
    }
    if k >= n {
        return (n * p.ln()).exp();
    }
    let rest = n - k;
    let exponent = error(n) - error(k) - error(rest) - deviance(k, n * p) - deviance(rest, n * (1.0 - p));
    (n / (std::f64::consts::TAU * k * rest)).sqrt() * exponent.exp()
}

/// `k · ln(k / mean) + mean − k`, without the cancellation near the mean.
fn deviance(k: f64, mean: f64) -> f64 {
    // With u = (mean − k) / k this is −k · (ln(1 + u) − u).
    -k * log1p_minus((mean - k) / k)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tail_of_three_coin_tosses() {
        for (k, expected) in [(0, 1.0), (1, 0.875), (2, 0.5), (3, 0.125), (4, 0.0)] {
            assert!((upper_tail(3, 0.5, k) - expected).abs() < 1e-15);
        }
    }

    proptest! {
        #[test]
        fn tail_decreases_with_k(n in 1_u64..3000, p in 0.001_f64..0.999, k in 0_u64..3000) {
            let (here, next) = (upper_tail(n, p, k), upper_tail(n, p, k + 1));
            prop_assert!((0.0..=1.0).contains(&here));
            prop_assert!(next <= here + 1e-12);
        }

        #[test]
        fn lower_and_upper_tail_sum_to_one(n in 1_u64..2000, p in 0.01_f64..0.99, k in 0_u64..2000) {
            let k = k % (n + 1);
            let both = upper_tail(n, p, k) + upper_tail(n, 1.0 - p, n - k + 1);
            prop_assert!((both - 1.0).abs() < 1e-11);
        }
    }
}
