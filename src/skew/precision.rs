//! How precisely a log writes a feature, and whether a stored number is the logged one at that precision.

/// Relative difference up to which two numbers are equal: sums over rows in another order differ in their last bits.
const LAST_BITS: f64 = 1e-9;
/// Unrounded doubles have more digits, but for one in ten.
const MAX_ROUNDED: i32 = 15;
/// A number with at least this many digits shows its own rounding: hardly any other number rounds to it.
const TELLING: i32 = 4;

/// The rounding of logged numbers, inferred from all of them: that of the ones with most decimals and digits. Numbers of full
/// length are not rounded, and say nothing about the rounding of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FeaturePrecision {
    decimals: i32,
    digits: i32,
}

/// The shortest text of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Digits {
    /// Significant digits.
    count: i32,
    /// The power of ten of the first one.
    exponent: i32,
}

impl Digits {
    fn of(value: f64) -> Self {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let count = mantissa.bytes().filter(u8::is_ascii_digit).count();
        Self { count: i32::try_from(count).unwrap_or(i32::MAX), exponent: exponent.parse().unwrap_or(0) }
    }

    fn decimals(self) -> i32 {
        self.count - 1 - self.exponent
    }
}

/// Half a unit of a decimal place, with the error of decimal fractions in binary.
fn half_unit(decimals: i32) -> f64 {
    0.5 * 10f64.powi(-decimals) * (1.0 + 1e-9)
}

impl FeaturePrecision {
    /// Infers it from all logged numbers. NaN is missing.
    pub(super) fn infer(logged: impl IntoIterator<Item = f64>) -> Self {
        let known = logged.into_iter().filter(|value| value.is_finite() && *value != 0.0).map(Digits::of);
        let rounded = known.filter(|digits| digits.count <= MAX_ROUNDED);
        // Whole numbers of hundreds are usual, and no sign of rounding.
        let none = Self { decimals: 0, digits: 1 };
        rounded.fold(none, |widest, digits| Self {
            decimals: widest.decimals.max(digits.decimals()),
            digits: widest.digits.max(digits.count),
        })
    }

    /// How far the number may be from the one that was rounded to it.
    pub(super) fn allowance(self, logged: f64) -> f64 {
        let own = Digits::of(logged);
        if !logged.is_finite() || own.count > MAX_ROUNDED {
            return 0.0;
        }
        let by_decimals = half_unit(self.decimals);
        // Zero is what small numbers round to, and has no first digit.
        let by_digits = if logged == 0.0 { 0.0 } else { half_unit(self.digits - 1 - own.exponent) };
        let by_own = if own.count >= TELLING { half_unit(own.decimals()) } else { 0.0 };
        by_decimals.max(by_digits).max(by_own)
    }

    /// Whether a number rounds to the logged one.
    pub(super) fn explains(self, logged: f64, stored: f64) -> bool {
        (logged - stored).abs() <= self.allowance(logged)
    }
}

/// Whether two numbers are equal but for their last bits, or are once the service has stored them as 32-bit floats.
pub(super) fn is_same(logged: f64, stored: f64) -> bool {
    #[expect(clippy::float_cmp, reason = "also infinity")]
    let is_equal = logged == stored;
    is_equal || (logged - stored).abs() <= LAST_BITS * logged.abs().max(stored.abs()) || is_single_of(logged, stored)
}

/// Whether the logged number is a stored one as a 32-bit float, with all of its digits or in its shortest text.
fn is_single_of(logged: f64, stored: f64) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
    let (single, other) = (logged as f32, stored as f32);
    #[expect(clippy::float_cmp, reason = "every bit counts")]
    let is_equal = single == other && single.is_finite();
    #[expect(clippy::float_cmp, reason = "every bit counts")]
    let is_single = || f64::from(single) == logged || single.to_string().parse::<f64>() == Ok(logged);
    is_equal && is_single()
}
