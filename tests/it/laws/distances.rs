//! Wasserstein distances from counts: for any values, the exact distance is between the bounds.

use proptest::prelude::*;
use vigie_stats::wasserstein::wasserstein;

use crate::support::{
    draw::Draw,
    lab::{Data, distinct, one},
};

/// Distributions of features: a bell, a heavy tail, a counter with many zeros, amounts in cents with a sentinel.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Bell,
    Tail,
    Counter,
    Sentinel,
}

fn value(shape: Shape, draw: &mut Draw) -> f64 {
    match shape {
        Shape::Bell => draw.normal(),
        Shape::Tail => (draw.normal() * 2.0 + 8.0).exp(),
        Shape::Counter if draw.chance(0.7) => 0.0,
        Shape::Counter => (draw.normal().abs() * 60.0).floor(),
        Shape::Sentinel if draw.chance(0.1) => 365_243.0,
        Shape::Sentinel => (draw.uniform() * 1e6).round() / 100.0,
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop_oneof![Just(Shape::Bell), Just(Shape::Tail), Just(Shape::Counter), Just(Shape::Sentinel)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_distance_is_between_its_bounds(
        (shape, other) in (shapes(), prop::option::weighted(0.2, shapes())),
        seed in any::<u64>(),
        rows in (2_000_usize..9_000, 1_usize..3_000),
        scale in prop_oneof![Just(1.0), 0.5_f64..2.0, Just(-1.0), Just(1e6)],
        by in prop_oneof![Just(0.0), -2.0_f64..2.0, Just(1e7)],
    ) {
        let mut draw = Draw::seeded(seed);
        let reference: Vec<f64> = (0..rows.0).map(|_| value(shape, &mut draw)).collect();
        let window: Vec<f64> = (0..rows.1).map(|_| value(other.unwrap_or(shape), &mut draw) * scale + by + 0.0).collect();
        let exact = wasserstein(&distinct(&reference), &distinct(&window)).unwrap();
        let got = one(Data::Numbers(reference), Data::Numbers(window)).distances.wasserstein.unwrap();
        prop_assert!(got.lower_bound <= got.value && got.value <= got.upper_bound, "{:?}", got);
        if got.exact {
            prop_assert!((got.value - exact).abs() <= 1e-9 * exact, "{:?} {}", got, exact);
        } else {
            let rounding = 1e-12 * exact;
            prop_assert!(got.lower_bound <= exact + rounding && exact - rounding <= got.upper_bound, "{:?} {}", got, exact);
        }
    }

    /// A feature that grew everywhere has moved by the difference of its means, which counting knows.
    #[test]
    fn a_shift_is_exact_without_values(seed in any::<u64>(), by in 6.0_f64..9.0) {
        let mut draw = Draw::seeded(seed);
        let reference: Vec<f64> = (0..9_000).map(|_| draw.uniform()).collect();
        let window: Vec<f64> = (0..1_500).map(|_| draw.uniform() + by).collect();
        let exact = wasserstein(&distinct(&reference), &distinct(&window)).unwrap();
        let got = one(Data::Numbers(reference), Data::Numbers(window)).distances.wasserstein.unwrap();
        prop_assert!(got.exact, "{:?}", got);
        prop_assert!((got.value - exact).abs() <= 1e-9 * exact, "{:?} {}", got, exact);
    }
}

#[test]
fn the_unit_is_the_standard_deviation_of_the_reference() {
    let reference: Vec<f64> = (0..1_000).map(|row| f64::from(row % 10)).collect();
    let window: Vec<f64> = reference.iter().map(|value| value + 2.0).collect();
    let got = one(Data::Numbers(reference), Data::Numbers(window)).distances.wasserstein.unwrap();
    // The variance of 0, 1, …, 9 is 99/12.
    let expected = 2.0 / (99.0_f64 / 12.0).sqrt();
    assert!((got.normalised.unwrap() - expected).abs() < 1e-9, "{got:?}");
}

#[test]
fn constants_and_infinities() {
    let constant = |value: f64, rows: usize| Data::Numbers(vec![value; rows]);
    let moved = one(constant(0.3, 700), constant(0.7, 600)).distances.wasserstein.unwrap();
    assert!((moved.value - 0.4).abs() < 1e-12 && moved.exact);
    assert_eq!(moved.normalised, None, "the standard deviation is 0");
    assert_eq!(one(constant(0.3, 700), constant(f64::INFINITY, 5)).distances.wasserstein, None);
    assert_eq!(one(constant(0.3, 700), constant(f64::NAN, 5)).distances.wasserstein, None);
    let missing = one(constant(f64::NAN, 700), constant(0.3, 5));
    assert_eq!(missing.distances.wasserstein, None);
    assert_eq!(missing.distances.jensen_shannon, Some(1.0), "all rows moved from the missing bin to another");
}
