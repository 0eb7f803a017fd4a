//! How finely a log writes its probabilities, told by the probabilities themselves: the most that rounding can explain.
//!
//! A log that rounds to six decimals holds no value of more; one that keeps six significant digits, or single
//! precision, shows that too. Whatever explains all values of a window may be how it was written, so the loosest
//! explanation decides. Values of full length are a class of their own: one service may round where another does not.

/// Digits from which a value is taken as not rounded: a double needs up to 17.
const FULL: u8 = 15;
/// Decimals and digits that are told apart.
const MOST: u8 = 20;

/// The least precision that explains every value seen. Merging is commutative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grain {
    /// Of rounded values: the most decimals, and the most significant digits.
    decimals: u8,
    digits: u8,
    rounded: bool,
    /// Whether every rounded value is how a single-precision number is written.
    rounded_single: bool,
    full: bool,
    /// Whether every full value is a single-precision number.
    full_single: bool,
}

impl Default for Grain {
    fn default() -> Self {
        Self { decimals: 0, digits: 0, rounded: false, rounded_single: true, full: false, full_single: true }
    }
}

/// A logged value as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Written {
    pub value: f64,
    decimals: u8,
    digits: u8,
    /// The power of ten of its first digit.
    exponent: i32,
}

impl Written {
    /// A logged probability, in the unit of the log: `scale` is what the reader multiplied it by.
    pub fn of(value: f64, scale: f64) -> Self {
        #[expect(clippy::float_cmp, reason = "exactly one: the value is as it was logged")]
        let text = if scale == 1.0 {
            format!("{value:e}")
        } else {
            // What multiplying has added to the last digits was never in the log.
            let logged = format!("{:.14e}", value / scale);
            logged.parse::<f64>().map_or(logged, |logged| format!("{logged:e}"))
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        let decimals = i32::try_from(digits).unwrap_or(i32::MAX).saturating_sub(1).saturating_sub(exponent).max(0);
        Self {
            value: text.parse().unwrap_or(value),
            decimals: u8::try_from(decimals).unwrap_or(u8::MAX).min(MOST + 1),
            digits: u8::try_from(digits).unwrap_or(u8::MAX).min(MOST + 1),
            exponent,
        }
    }

    fn is_full(&self) -> bool {
        self.digits >= FULL
    }

    /// How loose a log would have to be written for rounding to explain this much.
    pub fn need(&self, off: f64) -> Need {
        // Two roundings of `exp` and of the division may differ by the last bit.
        let off = off - f64::EPSILON * self.value.abs().max(f64::MIN_POSITIVE);
        let half = |place: i32| 0.5 * 10f64.powi(place) * (1.0 + 1e-9);
        let count = |of: &dyn Fn(u8) -> f64| (0..=MOST).take_while(|places| off <= of(*places)).count();
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
        let half_single = f64::from((self.value as f32).next_up() - self.value as f32) * 0.5;
        // The shortest text of a single-precision number is itself rounded, by as much again.
        let of_single = if self.is_full() { half_single } else { 2.0 * half_single };
        Need {
            always: off.is_nan() || off == f64::INFINITY,
            never: off <= 0.0,
            is_full: self.is_full(),
            decimals: count(&|decimals| half(-i32::from(decimals))),
            digits: count(&|digits| {
                if digits == 0 { f64::INFINITY } else { half(self.exponent - i32::from(digits) + 1) }
            }),
            single: off <= of_single * (1.0 + 1e-9),
        }
    }
}

/// Which grains explain a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    /// No grain does.
    pub always: bool,
    /// The difference is none.
    pub never: bool,
    pub is_full: bool,
    /// Any of fewer decimals than this.
    pub decimals: usize,
    /// Any of fewer significant digits than this.
    pub digits: usize,
    /// Single precision.
    pub single: bool,
}

impl Grain {
    pub(super) fn observe(&mut self, written: &Written) {
        let value = written.value;
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
        let single = value as f32;
        if written.is_full() {
            self.full = true;
            #[expect(clippy::float_cmp, reason = "exactly: a double that is a single-precision number")]
            let is_single = f64::from(single) == value;
            self.full_single &= is_single;
        } else {
            self.rounded = true;
            self.decimals = self.decimals.max(written.decimals);
            self.digits = self.digits.max(written.digits);
            let is_single = single.to_string().parse::<f64>() == Ok(value);
            self.rounded_single &= is_single;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.decimals = self.decimals.max(other.decimals);
        self.digits = self.digits.max(other.digits);
        self.rounded |= other.rounded;
        self.rounded_single &= other.rounded_single;
        self.full |= other.full;
        self.full_single &= other.full_single;
    }

    /// Whether rounding explains what needs this.
    pub(super) fn explains(self, need: &Need) -> bool {
        if need.always {
            return false;
        }
        need.never
            || if need.is_full {
                self.full_single && need.single
            } else {
                usize::from(self.decimals) < need.decimals
                    || usize::from(self.digits) < need.digits
                    || self.rounded_single && need.single
            }
    }

    /// Decimals of the rounded values; `None` if all are of full length.
    #[must_use]
    pub fn decimals(&self) -> Option<u8> {
        self.rounded.then_some(self.decimals)
    }

    /// The precision in words.
    #[must_use]
    pub fn words(&self) -> String {
        let full = if self.full_single { "single precision" } else { "full precision" };
        match (self.rounded, self.full) {
            (false, false) => "nothing".to_owned(),
            (false, true) => full.to_owned(),
            (true, false) if self.rounded_single && self.digits > 7 => "single precision".to_owned(),
            (true, false) if self.decimals > self.digits + 1 => format!("{} significant digits", self.digits),
            (true, false) => format!("{} decimals", self.decimals),
            // Some full values end with a nought or two.
            (true, true) if self.decimals >= 13 => full.to_owned(),
            (true, true) => format!("{} decimals or {full}", self.decimals),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grain(values: &[f64]) -> Grain {
        let mut grain = Grain::default();
        values.iter().for_each(|value| grain.observe(&Written::of(*value, 1.0)));
        grain
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
    fn single(value: f64) -> f32 {
        value as f32
    }

    fn explained(grain: Grain, logged: f64, exact: f64) -> bool {
        grain.explains(&Written::of(logged, 1.0).need((logged - exact).abs()))
    }

    #[test]
    fn six_decimals_explain_half_a_unit_of_the_sixth() {
        let grain = grain(&[0.5, 0.504_841, 0.25]);
        assert_eq!(grain.words(), "6 decimals");
        assert!(explained(grain, 0.5, 0.500_000_5));
        assert!(!explained(grain, 0.5, 0.500_000_6));
        // 0.5 is written with one decimal, but others show that it was rounded to six.
        assert!(!explained(grain, 0.5, 0.52));
    }

    #[test]
    fn full_doubles_may_differ_in_the_last_bit_only() {
        let values = [0.1 + 0.2, 1.0 / 3.0, 2.0 / 7.0];
        let grain = grain(&values);
        assert_eq!(grain.words(), "full precision");
        for value in values {
            assert!(explained(grain, value, value.next_up()));
            assert!(!explained(grain, value, value + 1e-14));
        }
    }

    #[test]
    fn a_service_that_rounds_beside_one_that_does_not() {
        let grain = grain(&[0.504_841, 1.0 / 3.0]);
        assert!(explained(grain, 0.504_841, 0.504_841_4));
        assert!(!explained(grain, 1.0 / 3.0, 0.333_333_4));
    }

    #[test]
    fn nothing_explains_what_is_no_number() {
        assert!(!explained(grain(&[0.5]), 0.5, f64::NAN));
        assert!(!explained(grain(&[0.5]), 0.5, f64::INFINITY));
    }

    #[test]
    fn a_percentage_was_rounded_as_it_was_written() {
        let (mut grain, scale) = (Grain::default(), 0.01);
        let logged: Vec<Written> =
            [50.48, 3.1, 99.99].iter().map(|percent| Written::of(percent * scale, scale)).collect();
        logged.iter().for_each(|written| grain.observe(written));
        assert_eq!(grain.words(), "2 decimals");
    }

    proptest! {
        #[test]
        fn rounding_is_always_explained(
            exact in prop::collection::vec(0.0f64..1.0, 1..60),
            places in 1usize..12,
            kind in 0..4,
        ) {
            let write = |value: f64| -> f64 {
                match kind {
                    0 => format!("{value:.places$}").parse().unwrap(),
                    1 => format!("{value:.places$e}").parse().unwrap(),
                    2 => f64::from(single(value)),
                    _ => single(value).to_string().parse().unwrap(),
                }
            };
            let logged: Vec<f64> = exact.iter().map(|value| write(*value)).collect();
            let grain = grain(&logged);
            for (logged, exact) in logged.iter().zip(&exact) {
                prop_assert!(explained(grain, *logged, *exact), "{} for {} by {:?}", logged, exact, grain);
            }
        }

        #[test]
        fn merging_is_seeing_both(values in prop::collection::vec(0.0f64..1.0, 2..40), at in 0usize..40) {
            let (left, right) = values.split_at(at % values.len());
            let mut merged = grain(left);
            merged.merge(grain(right));
            prop_assert_eq!(merged, grain(&values));
        }
    }
}
