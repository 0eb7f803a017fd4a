//! A logged probability as it was written, and what it takes to explain that a model says another.

/// Decimals and digits that are told apart.
const MOST: u8 = 20;

/// A logged value as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Written {
    pub value: f64,
    pub decimals: u8,
    pub digits: u8,
    /// The power of ten of its first digit.
    exponent: i32,
    /// How a single-precision number is written, in its shortest text.
    pub is_single: bool,
    /// A single-precision number that was never written so: it has more digits.
    pub is_cast: bool,
    /// Last bits of the value that reading it has moved.
    noise: f64,
}

impl Written {
    /// A logged probability, in the unit of the log: `scale` is what the reader multiplied it by.
    pub(super) fn of(value: f64, scale: f64) -> Self {
        #[expect(clippy::float_cmp, reason = "exactly one: the value is as it was logged")]
        let is_as_logged = scale == 1.0;
        let text = if is_as_logged {
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
        let value = text.parse().unwrap_or(value);
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
        let single = value as f32;
        let is_single = single.to_string().parse::<f64>() == Ok(value);
        let single = f64::from(single);
        // What a scale has moved, 15 digits hide; hardly any other double lies so near.
        let near = if is_as_logged { 0.0 } else { 1e-14 * single.abs() };
        Self {
            value,
            decimals: u8::try_from(decimals).unwrap_or(u8::MAX).min(MOST + 1),
            digits: u8::try_from(digits).unwrap_or(u8::MAX).min(MOST + 1),
            exponent,
            is_single,
            is_cast: !is_single && (value - single).abs() <= near,
            // Two roundings of `exp` and of the division may differ by the last bit; a scale adds its own.
            noise: if is_as_logged { 1.0 } else { 4.0 },
        }
    }

    /// How loose a log would have to be written for rounding to explain this much.
    pub(super) fn need(&self, off: f64) -> Need {
        let off = off - self.noise * f64::EPSILON * self.value.abs().max(f64::MIN_POSITIVE);
        let half = |place: i32| 0.5 * 10f64.powi(place) * (1.0 + 1e-9);
        let first = |of: &dyn Fn(u8) -> f64| (0..=MOST).find(|places| off > of(*places)).unwrap_or(MOST + 1);
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
        let half_single = f64::from((self.value as f32).next_up() - self.value as f32) * 0.5;
        Need {
            always: off.is_nan() || off == f64::INFINITY,
            never: off <= 0.0,
            is_cast: self.is_cast,
            length: self.digits,
            decimals: first(&|decimals| half(-i32::from(decimals))),
            digits: first(&|digits| {
                if digits == 0 { f64::INFINITY } else { half(self.exponent - i32::from(digits) + 1) }
            }),
            // The shortest text of a single-precision number is off by another half of its last place.
            single: off <= half_single * if self.is_cast { 1.0 } else { 2.0 } * (1.0 + 1e-9),
        }
    }
}

/// What it takes to explain the difference of a value of some length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    /// Nothing does.
    pub always: bool,
    /// There is none.
    pub never: bool,
    pub is_cast: bool,
    /// Digits of the value.
    pub length: u8,
    /// Any rounding to fewer decimals than this.
    pub decimals: u8,
    /// Any to fewer significant digits than this.
    pub digits: u8,
    /// Single precision.
    pub single: bool,
}
