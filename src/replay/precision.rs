//! How precisely a log writes its probabilities, inferred from the probabilities: the most that rounding can explain.
//!
//! A log that rounds to six decimals has no value with more; one that keeps fifteen significant digits, or single
//! precision, shows that too. Any rounding consistent with every value of a window may be the one that the log used, so the
//! loosest one decides: if the shortest texts of the values have at most `d` decimals, or `g` digits, a value may be off by
//! half a unit of its last place. For unrounded doubles the allowance is zero, as some have 17 digits.
//!
//! One service may round where another does not. About one in ten unrounded doubles has a text of 15 digits, one in a
//! hundred of 14, and so on. Values of a length that occurs too often for that were rounded, and are judged separately from
//! longer ones.

use std::collections::BTreeSet;

use super::logged_value::{LoggedValue, RequiredPrecision};

/// Digits that only unrounded doubles have. Values with fewer are rounded, or short by chance.
const FULL: usize = 16;
/// The same for single-precision numbers.
const FULL_SINGLE: usize = 7;
/// Maximum number of digits in the shortest text of a double.
const LONGEST: usize = 17;
/// Upper bound on the number of unrounded doubles with a text of 15 digits, relative to those with more: 1.4% from 0.1 to
/// 0.125, 12% from 0.5 to 1, and at most 28%, just below 0.001. With each digit fewer, there are a tenth as many. Of
/// single-precision numbers, at most 12% have a text of 6 digits.
const SHORTER: f64 = 0.3;
/// Share of single-precision numbers that are half-precision numbers by chance: 13 bits are zero.
const HALVES: f64 = 1.0 / 8192.0;
/// Significant digits of half precision.
const DIGITS_OF_HALF: u8 = 3;
/// Values of up to this many digits next to unrounded ones were rounded only if there are this many distinct ones.
const SHORTEST: usize = 2;
const VARIED: usize = 3;
/// With fewer values, whole numbers that are all multiples of ten are so by chance.
const ROUND_ROWS: u64 = 10;
/// Rounding to a higher power of ten than a billion is not distinguished.
const LEAST: i8 = -9;
/// Natural logarithm of 10⁻⁶: below this probability, the number of values of a length is not due to chance.
const UNLIKELY: f64 = -13.8;

/// Values of one or several lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Class {
    rows: u64,
    /// Maximum number of decimals, and of significant digits.
    decimals: i8,
    digits: u8,
    /// Whether every value is the shortest text of a single-precision number.
    is_single: bool,
    /// Bits of some distinct values, the smallest patterns in ascending order; `None` where there are fewer.
    distinct: [Option<u64>; VARIED],
}

impl Class {
    const EMPTY: Self = Self { rows: 0, decimals: i8::MIN, digits: 0, is_single: true, distinct: [None; VARIED] };

    /// Whether there are enough distinct values to be those of a scale: constants such as 0 and 1, which a service logs on
    /// errors, or bounds that it cuts scores off at, are not.
    fn is_varied(&self) -> bool {
        self.distinct.iter().all(Option::is_some)
    }

    fn merged(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            decimals: self.decimals.max(other.decimals),
            digits: self.digits.max(other.digits),
            is_single: self.is_single && other.is_single,
            distinct: smallest(self.distinct, other.distinct),
        }
    }

    /// Number of decimals that the values were rounded to. Below 0, to tens, hundreds, …, only if there are enough values.
    fn decimals(self) -> i8 {
        if self.decimals < 0 && (self.rows < ROUND_ROWS || !self.is_varied()) { 0 } else { self.decimals.max(LEAST) }
    }

    fn explains(self, required: RequiredPrecision) -> bool {
        self.decimals() < required.decimals || self.digits < required.digits || self.is_single && required.single
    }
}

/// The smallest distinct values of both.
fn smallest(ours: [Option<u64>; VARIED], theirs: [Option<u64>; VARIED]) -> [Option<u64>; VARIED] {
    let all: BTreeSet<u64> = ours.into_iter().chain(theirs).flatten().collect();
    let mut all = all.into_iter();
    std::array::from_fn(|_| all.next())
}

/// Values by their number of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lengths([Class; LONGEST + 1]);

impl Default for Lengths {
    fn default() -> Self {
        Self([Class::EMPTY; LONGEST + 1])
    }
}

impl Lengths {
    fn observe(&mut self, written: &LoggedValue) {
        let LoggedValue { decimals, digits, is_single, .. } = *written;
        if let Some(class) = self.0.get_mut(usize::from(digits)) {
            let distinct = std::array::from_fn(|place| (place == 0).then(|| written.value.to_bits()));
            *class = class.merged(Class { rows: 1, decimals, digits, is_single, distinct });
        }
    }

    fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(ours, theirs)| *ours = ours.merged(*theirs));
    }

    /// Separates values that were rounded from others. From `full` digits on, values are unrounded.
    fn separate(&self, full: usize) -> Separated {
        let merge = |lengths: &[Class]| lengths.iter().fold(Class::EMPTY, |all, one| all.merged(*one));
        let unrounded = merge(self.0.get(full..).unwrap_or_default()).rows;
        let was_rounded = |length: &usize| {
            let class = self.0.get(*length).copied().unwrap_or(Class::EMPTY);
            if *length <= SHORTEST && unrounded > 0 && !class.is_varied() {
                return false;
            }
            let rows = class.rows;
            #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most 17")]
            let shorter = SHORTER * 10f64.powi(*length as i32 + 1 - full as i32);
            is_more_than_chance(rows, shorter, unrounded)
        };
        let longest = (0..full).rev().find(was_rounded);
        let (rounded, others) = self.0.split_at(longest.map_or(0, |length| length + 1));
        Separated { longest, rounded: merge(rounded), full: merge(others) }
    }
}

/// Whether a count is too large to be due to chance, if that is a share of this number of other rows.
fn is_more_than_chance(rows: u64, share: f64, of: u64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let (rows, chance) = (rows as f64, share * of as f64);
    // Chernoff bound of a Poisson count; −∞ if none is expected.
    rows > chance && rows - chance + rows * (chance / rows).ln() < UNLIKELY
}

/// Values that a service rounds, and others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Separated {
    /// Number of digits of the longest rounded values, if any were rounded.
    longest: Option<usize>,
    rounded: Class,
    full: Class,
}

impl Separated {
    fn is_rounded(&self, length: u8) -> bool {
        self.longest.is_some_and(|longest| usize::from(length) <= longest)
    }

    /// The rounded values, if there are enough of them among `all` to mention it.
    fn mentioned(&self, all: u64) -> Option<Class> {
        (self.longest.is_some() && self.rounded.rows.saturating_mul(100) >= all).then_some(self.rounded)
    }
}

/// Lengths of a log's values. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PrecisionTally {
    doubles: Lengths,
    /// Single-precision numbers widened to double, by the digits of their shortest text.
    casts: Lengths,
    /// How many of `casts` are half-precision numbers.
    halves: u64,
}

impl PrecisionTally {
    pub(super) fn observe(&mut self, written: &LoggedValue) {
        if written.is_cast {
            self.casts.observe(written);
            self.halves += u64::from(written.is_half);
        } else {
            self.doubles.observe(written);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.doubles.merge(&other.doubles);
        self.casts.merge(&other.casts);
        self.halves += other.halves;
    }

    /// Infers how the log rounds, once all its values are counted.
    pub(super) fn rounding(&self) -> Rounding {
        let mut doubles = self.doubles.separate(FULL);
        if doubles.longest.is_some() && doubles.full.decimals <= doubles.rounded.decimals {
            // With 16 decimals, the largest values have as many digits as unrounded doubles.
            let rounded = doubles.rounded.merged(doubles.full);
            doubles = Separated { longest: Some(LONGEST), rounded, full: Class::EMPTY };
        }
        let casts = self.casts.separate(FULL_SINGLE);
        let singles = casts.rounded.rows + casts.full.rows;
        let are_halves = is_more_than_chance(self.halves, HALVES, singles - self.halves);
        Rounding { doubles, casts, halves: if are_halves { self.halves } else { 0 } }
    }
}

/// How precisely a service logs a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedPrecision {
    /// As a half-precision number.
    Half,
    /// As a single-precision number.
    Single,
    /// Rounded to this many significant digits.
    Digits(u8),
    /// Rounded to this many decimals: −1 to tens, −2 to hundreds, and so on.
    Decimals(i8),
    /// As a double, unrounded.
    Full,
}

/// How a log rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rounding {
    doubles: Separated,
    casts: Separated,
    /// Number of half-precision numbers, if there are more than by chance.
    halves: u64,
}

impl Rounding {
    /// Whether this rounding explains a difference.
    pub(super) fn explains(&self, required: RequiredPrecision) -> bool {
        if required.is_unexplainable || required.is_zero {
            return required.is_zero;
        }
        if self.halves > 0 && required.is_half && required.half {
            return true;
        }
        match (required.is_cast, required.length) {
            (true, length) if self.casts.is_rounded(length) => self.casts.rounded.explains(required),
            (true, _) => required.single,
            (false, length) if self.doubles.is_rounded(length) => self.doubles.rounded.explains(required),
            (false, _) => self.doubles.full.explains(required),
        }
    }

    fn rows(&self) -> u64 {
        [self.doubles, self.casts].iter().map(|values| values.rounded.rows + values.full.rows).sum()
    }

    /// The rounded values, if enough are rounded to mention it.
    fn rounded(&self) -> Option<Class> {
        self.doubles.mentioned(self.rows()).or_else(|| self.casts.mentioned(self.rows()))
    }

    /// Decimals of the rounded values; `None` if (almost) none is rounded.
    pub(super) fn decimals(&self) -> Option<i8> {
        self.rounded().map(Class::decimals)
    }

    /// Number of digits by which the rounded values can be told apart; `None` if (almost) none is rounded.
    pub(super) fn digits(&self) -> Option<u8> {
        let of_class = |class: Class| class.digits.max(u8::try_from(class.decimals()).unwrap_or_default());
        let halves = (self.halves > 0).then_some(DIGITS_OF_HALF);
        self.rounded().map(of_class).into_iter().chain(halves).min()
    }

    /// Returns the precision of the values; several if services round differently, none without values.
    pub(super) fn precision(&self) -> Vec<LoggedPrecision> {
        let rows = self.rows();
        let of_class = |class: Class| match class.decimals() {
            decimals if i16::from(decimals) > i16::from(class.digits) + 1 => LoggedPrecision::Digits(class.digits),
            decimals => LoggedPrecision::Decimals(decimals),
        };
        let doubles = self.doubles.mentioned(rows).and_then(|class| match class {
            // Some half-precision numbers have a short text.
            Class { is_single: true, digits, .. } if digits > 7 => {
                (self.halves == 0).then_some(LoggedPrecision::Single)
            }
            class => Some(of_class(class)),
        });
        let casts = self.casts.mentioned(rows).filter(|_| self.halves == 0).map(of_class);
        let halves = (self.halves > 0).then_some(LoggedPrecision::Half);
        let singles = self.casts.rounded.rows + self.casts.full.rows - self.halves;
        let has_singles = if self.halves > 0 { singles > 0 } else { self.casts.full.rows > 0 };
        let singles = has_singles.then_some(LoggedPrecision::Single);
        let full = (self.doubles.full.rows > 0).then_some(LoggedPrecision::Full);
        let mut all: Vec<LoggedPrecision> = [doubles, casts, halves, singles, full].into_iter().flatten().collect();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::replay::ScoreTolerance;

    fn tally(values: &[f64]) -> PrecisionTally {
        let mut tally = PrecisionTally::default();
        values.iter().for_each(|value| tally.observe(&LoggedValue::new(*value, 1.0)));
        tally
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
    fn single(value: f64) -> f32 {
        value as f32
    }

    fn explained(tally: &PrecisionTally, logged: f64, exact: f64) -> bool {
        let required =
            LoggedValue::new(logged, 1.0).required_precision((logged - exact).abs(), ScoreTolerance::default());
        tally.rounding().explains(required)
    }

    #[test]
    fn six_decimals_explain_half_a_unit_of_the_sixth() {
        let tally = tally(&[0.5, 0.504_841, 0.25]);
        assert_eq!(tally.rounding().precision(), [LoggedPrecision::Decimals(6)]);
        assert!(explained(&tally, 0.5, 0.500_000_5));
        assert!(!explained(&tally, 0.5, 0.500_000_6));
        // 0.5 has one decimal, but other values show that the log rounds to six.
        assert!(!explained(&tally, 0.5, 0.52));
    }

    #[test]
    fn full_doubles_may_differ_in_the_last_bit_only() {
        let values = [0.1 + 0.2, 1.0 / 3.0, 2.0 / 7.0];
        let tally = tally(&values);
        assert_eq!(tally.rounding().precision(), [LoggedPrecision::Full]);
        for value in values {
            assert!(explained(&tally, value, value.next_up()));
            assert!(!explained(&tally, value, value + 1e-14));
        }
    }

    #[test]
    fn a_service_that_rounds_and_one_that_does_not_are_judged_separately() {
        let tally = tally(&[0.504_841, 1.0 / 3.0]);
        assert!(explained(&tally, 0.504_841, 0.504_841_4));
        assert!(!explained(&tally, 1.0 / 3.0, 0.333_333_4));
    }

    #[test]
    fn a_few_round_values_do_not_loosen_unrounded_doubles() {
        let mut values: Vec<f64> = (1..1000).map(|row| f64::from(row).sqrt() / 100.1).collect();
        let full = tally(&values).rounding();
        assert_eq!((full.precision().as_slice(), full.decimals()), (&[LoggedPrecision::Full][..], None));
        values.push(0.5);
        let tally = tally(&values);
        assert_eq!(tally.rounding().precision(), [LoggedPrecision::Full]);
        assert!(!explained(&tally, values[1], values[1] + 1e-15));
    }

    #[test]
    fn two_services_with_many_rows_each_are_separated() {
        // Some of the 5,000 unrounded doubles are short, with 13 digits or more: they do not affect the rounded ones.
        let exact: Vec<f64> = (1..10_000).map(|row| f64::from(row).sqrt() / 100.1).collect();
        let write = |row: usize, value: f64| if row.is_multiple_of(2) { (value * 1e6).round() / 1e6 } else { value };
        let logged: Vec<f64> = exact.iter().enumerate().map(|(row, value)| write(row, *value)).collect();
        let tally = tally(&logged);
        assert_eq!(tally.rounding().precision(), [LoggedPrecision::Decimals(6), LoggedPrecision::Full]);
        assert_eq!(tally.rounding().decimals(), Some(6));
        assert!(logged.iter().zip(&exact).all(|(logged, exact)| explained(&tally, *logged, *exact)));
        let moved = logged.iter().zip(&exact).filter(|(logged, exact)| !explained(&tally, **logged, **exact + 1e-6));
        assert_eq!(moved.count(), exact.len());
    }

    #[test]
    fn nothing_explains_a_value_that_is_not_a_number() {
        assert!(!explained(&tally(&[0.5]), 0.5, f64::NAN));
        assert!(!explained(&tally(&[0.5]), 0.5, f64::INFINITY));
    }

    #[test]
    fn a_percentage_is_rounded_in_the_unit_of_the_log() {
        let (mut tally, scale) = (PrecisionTally::default(), 0.01);
        let logged: Vec<LoggedValue> =
            [50.48, 3.1, 99.99].iter().map(|percent| LoggedValue::new(percent * scale, scale)).collect();
        logged.iter().for_each(|written| tally.observe(written));
        assert_eq!(tally.rounding().precision(), [LoggedPrecision::Decimals(2)]);
    }

    proptest! {
        #[test]
        fn rounding_is_always_explained(
            exact in prop::collection::vec(0.0f64..1.0, 1..60),
            places in 1usize..19,
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
            let tally = tally(&logged);
            for (logged, exact) in logged.iter().zip(&exact) {
                prop_assert!(explained(&tally, *logged, *exact), "{} for {} by {:?}", logged, exact, tally);
            }
        }

        #[test]
        fn merging_equals_observing_both(values in prop::collection::vec(0.0f64..1.0, 2..40), at in 0usize..40) {
            let (left, right) = values.split_at(at % values.len());
            let mut merged = tally(left);
            merged.merge(&tally(right));
            prop_assert_eq!(merged, tally(&values));
        }
    }
}
