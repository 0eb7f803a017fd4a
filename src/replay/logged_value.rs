//! A logged probability as it was written, and the rounding needed to explain a difference from the model's.

/// Maximum number of decimals and digits that are distinguished.
const MOST: i8 = 20;
/// Rounding to this power of ten is the coarsest that is distinguished.
const COARSEST: i8 = -9;

/// How far scores may be from those of the model's library, whatever the log rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ScoreTolerance {
    /// Relative to scores above 1. 0: every bit is equal.
    pub within: f64,
    /// Whether the library returns 32-bit floats, so that its last bit is theirs.
    pub is_single: bool,
}

/// A logged value as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LoggedValue {
    pub value: f64,
    /// −1 if the last digit that is not zero is that of tens, and so on. The lowest number for 0, which any rounding gives.
    pub decimals: i8,
    pub digits: u8,
    /// The power of ten of its first digit.
    exponent: i32,
    /// Whether it is the shortest text of a single-precision number.
    pub is_single: bool,
    /// Whether it is a single-precision number widened to double, with all of its digits. Decimals and digits are then those
    /// of its shortest text as a single-precision number.
    pub is_cast: bool,
    /// Whether it is a half-precision number.
    pub is_half: bool,
    /// Error from reading and scaling, in units of the last bit.
    noise: f64,
    scale: f64,
}

impl LoggedValue {
    /// Analyses a logged probability. `scale` is the factor that the reader multiplied it by.
    pub(super) fn new(value: f64, scale: f64) -> Self {
        #[expect(clippy::float_cmp, reason = "exactly one: the value is as logged")]
        let is_as_logged = scale == 1.0;
        let text = if is_as_logged {
            format!("{value:e}")
        } else {
            // Drops the digits that scaling added.
            let logged = format!("{:.14e}", value / scale);
            logged.parse::<f64>().map_or(logged, |logged| format!("{logged:e}"))
        };
        let value = text.parse().unwrap_or(value);
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
        let single = value as f32;
        let is_single = single.to_string().parse::<f64>() == Ok(value);
        // 15 digits hide the error of scaling; hardly any other double is this close.
        let near = if is_as_logged { 0.0 } else { 1e-14 * f64::from(single).abs() };
        let is_exact = (value - f64::from(single)).abs() <= near;
        let is_cast = !is_single && is_exact;
        let text = if is_cast { format!("{single:e}") } else { text };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        let decimals = i32::try_from(digits).unwrap_or(i32::MAX).saturating_sub(1).saturating_sub(exponent);
        Self {
            value,
            decimals: if value == 0.0 { i8::MIN } else { clamped(decimals, COARSEST) },
            digits: clamped(i32::try_from(digits).unwrap_or(i32::MAX), 0).unsigned_abs(),
            exponent,
            is_single,
            is_cast,
            is_half: is_exact && is_half(single),
            // Implementations of `exp` and of division may differ in the last bit; scaling adds more.
            noise: if is_as_logged { 1.0 } else { 4.0 },
            scale,
        }
    }

    /// The precision at which rounding would explain a difference of `off` in the unit of the log, of which the tolerance
    /// of the score explains a part.
    pub(super) fn required_precision(&self, off: f64, tolerance: ScoreTolerance) -> RequiredPrecision {
        let last_bit = if tolerance.is_single { f64::from(f32::EPSILON) } else { f64::EPSILON };
        let promised = tolerance.within * (self.value * self.scale).abs().max(1.0) / self.scale;
        let off = off - self.noise * last_bit * self.value.abs().max(f64::MIN_POSITIVE) - promised;
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
        let half_single = f64::from((self.value as f32).next_up() - self.value as f32) * 0.5;
        // A rounded value was rounded once more, to single precision.
        let rounded_again = if self.is_cast { half_single } else { 0.0 };
        let half = |place: i32| 0.5 * 10f64.powi(place) * (1.0 + 1e-9) + rounded_again;
        let fewest =
            |from: i8, of: &dyn Fn(i8) -> f64| (from..=MOST).find(|places| off > of(*places)).unwrap_or(MOST + 1);
        RequiredPrecision {
            is_unexplainable: off.is_nan() || off == f64::INFINITY,
            is_zero: off <= 0.0,
            is_cast: self.is_cast,
            is_half: self.is_half,
            length: self.digits,
            decimals: fewest(COARSEST, &|decimals| half(-i32::from(decimals))),
            digits: fewest(1, &|digits| half(self.exponent - i32::from(digits) + 1)).unsigned_abs(),
            // The shortest text of a single-precision number adds up to another half of its last place.
            single: off <= half_single * if self.is_cast { 1.0 } else { 2.0 } * (1.0 + 1e-9),
            half: off <= half_unit_of_half(self.value) * (1.0 + 1e-9),
        }
    }
}

/// The rounding required to explain a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequiredPrecision {
    /// No rounding explains it.
    pub is_unexplainable: bool,
    /// There is no difference.
    pub is_zero: bool,
    pub is_cast: bool,
    pub is_half: bool,
    /// Significant digits of the value.
    pub length: u8,
    /// Rounding to fewer decimals than this explains it.
    pub decimals: i8,
    /// Rounding to fewer significant digits than this explains it.
    pub digits: u8,
    /// Rounding to single precision explains it.
    pub single: bool,
    /// Rounding to half precision explains it.
    pub half: bool,
}

/// A number of places, not below `least`, and at most one more than is distinguished.
fn clamped(places: i32, least: i8) -> i8 {
    i8::try_from(places.clamp(i32::from(least), i32::from(MOST) + 1)).unwrap_or(MOST)
}

/// Whether a number has at most the 11 significant bits, and the exponents, of half precision.
fn is_half(single: f32) -> bool {
    // The smallest normal number; subnormal ones have fewer bits.
    let unit = 2.0 * half_unit_of_half(f64::from(single));
    let units = f64::from(single) / unit;
    single.abs() <= 65_504.0 && units.fract() == 0.0
}

/// Half the distance between half-precision numbers of this size.
fn half_unit_of_half(value: f64) -> f64 {
    const SMALLEST_EXPONENT: i32 = -14;
    let exponent = if value == 0.0 { SMALLEST_EXPONENT } else { ilog2(value).max(SMALLEST_EXPONENT) };
    2f64.powi(exponent - 11)
}

/// The exponent of the power of two at or below a number that is not zero.
fn ilog2(value: f64) -> i32 {
    let biased = ((value.to_bits() >> 52) & 0x7ff) as i32;
    biased - 1023
}
