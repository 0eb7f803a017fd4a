//! Arithmetic as onnxruntime does it.

/// Rounds to single precision.
#[expect(clippy::cast_possible_truncation, reason = "rounding is the purpose")]
pub(crate) fn to_single(value: f64) -> f32 {
    value as f32
}

/// Truncates toward zero. Values beyond 64 bits and NaN become the smallest integer, as on x86-64.
#[expect(clippy::cast_possible_truncation, reason = "checked before")]
pub(crate) fn to_integer(value: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&value) { value as i64 } else { i64::MIN }
}

/// The nearest double.
#[expect(clippy::cast_precision_loss, reason = "rounding is the rule")]
pub(crate) fn from_integer(value: i64) -> f64 {
    value as f64
}

/// The nearest single.
#[expect(clippy::cast_precision_loss, reason = "rounding is the rule")]
pub(crate) fn single_from_integer(value: i64) -> f32 {
    value as f32
}

/// A floating-point type of the graph.
pub(crate) trait FloatElement: super::tensor::TensorElement + PartialOrd {
    const ZERO: Self;
    fn wide(self) -> f64;
    fn rounded(value: f64) -> Self;

    /// `a · b + c`, rounded once, as the processors on which onnxruntime multiplies matrices do it. (For singles the
    /// product is exact in double precision; rounding the sum twice differs from rounding it once in one case in 2²⁸.)
    fn fused(a: Self, b: Self, c: Self) -> Self;

    /// 1 / (1 + e⁻ˣ), mirrored for negative numbers.
    fn sigmoid(self) -> Self {
        let value = 1.0 / (1.0 + (-self.wide().abs()).exp());
        Self::rounded(if self.wide() < 0.0 { 1.0 - value } else { value })
    }
}

impl FloatElement for f32 {
    const ZERO: Self = 0.0;

    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn rounded(value: f64) -> Self {
        to_single(value)
    }

    fn fused(a: Self, b: Self, c: Self) -> Self {
        to_single(f64::from(a) * f64::from(b) + f64::from(c))
    }
}

impl FloatElement for f64 {
    const ZERO: Self = 0.0;

    fn wide(self) -> f64 {
        self
    }

    fn rounded(value: f64) -> Self {
        value
    }

    fn fused(a: Self, b: Self, c: Self) -> Self {
        a.mul_add(b, c)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    #[test]
    fn conversions_to_integers_are_those_of_the_processor() {
        assert_eq!([to_integer(-2.9), to_integer(2.9)], [-2, 2]);
        assert_eq!([f64::NAN, f64::INFINITY, 1e19, -1e19].map(to_integer), [i64::MIN; 4]);
    }

    #[test]
    fn the_sigmoid_of_any_number_is_a_probability() {
        assert_eq!([0.0_f32, f32::INFINITY, f32::NEG_INFINITY].map(FloatElement::sigmoid), [0.5, 1.0, 0.0]);
        assert!(f32::NAN.sigmoid().is_nan());
        assert_eq!(2.0_f64.sigmoid() + (-2.0_f64).sigmoid(), 1.0);
    }

    #[test]
    fn sums_of_products_are_rounded_once() {
        let (a, b) = (1.0 + f32::EPSILON, 1.0 - f32::EPSILON);
        assert_eq!(f32::fused(a, b, -1.0), -f32::EPSILON * f32::EPSILON);
        assert_eq!(f64::fused(3.0, 4.0, 5.0), 17.0);
    }
}
