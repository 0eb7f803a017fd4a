//! How finely a log writes its probabilities, told by the probabilities themselves: the most that rounding can explain.
//!
//! A log that rounds to six decimals holds no value of more; one that keeps fifteen significant digits, or single
//! precision, shows that too. Whatever explains all values of a window may be how it was written, so the loosest
//! explanation decides: values whose shortest texts have at most `d` decimals, or `g` digits, may be off by half a unit
//! of the last. For doubles as they are that is nothing, as some have 17 digits.
//!
//! One service may round where another does not. Of doubles as they are, one in about ten has a text of 15 digits, one
//! in a hundred of 14, and so on; what is too many for that was rounded, and is judged apart from the longer ones.

use super::written::{Need, Written};

/// Digits that only doubles as they are have: fewer are rounded, or chance.
const FULL: usize = 16;
/// Digits that the shortest text of a double needs, at most.
const LONGEST: usize = 17;
/// Doubles as they are with a text of 15 digits, as a share of those with more: 1.4 % from 0.1 to 0.125, 12 % from 0.5 to
/// 1, and at most, just below 0.001, 28 %. Of each digit fewer there are a tenth as many.
const SHORTER: f64 = 0.3;
/// Chance makes no more values of a length than are seen, by the logarithm of its probability: 10⁻⁶.
const UNLIKELY: f64 = -13.8;

/// Values of some length, or of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Class {
    rows: u64,
    /// The most decimals, and the most significant digits.
    decimals: u8,
    digits: u8,
    /// Whether every value is how a single-precision number is written.
    is_single: bool,
}

impl Class {
    const EMPTY: Self = Self { rows: 0, decimals: 0, digits: 0, is_single: true };

    fn and(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            decimals: self.decimals.max(other.decimals),
            digits: self.digits.max(other.digits),
            is_single: self.is_single && other.is_single,
        }
    }

    fn explains(self, need: Need) -> bool {
        self.decimals < need.decimals || self.digits < need.digits || self.is_single && need.single
    }
}

/// What was seen of a log's values. Merging is commutative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grain {
    /// By the number of their digits.
    lengths: [Class; LONGEST + 1],
    /// Single-precision numbers that were never written in decimals.
    casts: u64,
}

impl Default for Grain {
    fn default() -> Self {
        Self { lengths: [Class::EMPTY; LONGEST + 1], casts: 0 }
    }
}

impl Grain {
    pub(super) fn observe(&mut self, written: &Written) {
        if written.is_cast {
            self.casts += 1;
        } else if let Some(class) = self.lengths.get_mut(usize::from(written.digits)) {
            let Written { decimals, digits, is_single, .. } = *written;
            *class = class.and(Class { rows: 1, decimals, digits, is_single });
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.lengths.iter_mut().zip(&other.lengths).for_each(|(ours, theirs)| *ours = ours.and(*theirs));
        self.casts += other.casts;
    }

    /// What the log is taken to do, now that all its values are seen.
    pub(super) fn rounding(&self) -> Rounding {
        let of = |lengths: &[Class]| lengths.iter().fold(Class::EMPTY, |all, one| all.and(*one));
        let full = of(self.lengths.get(FULL..).unwrap_or_default());
        let was_rounded = |length: &usize| {
            let rows = self.lengths.get(*length).map_or(0, |class| class.rows);
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let (rows, full) = (rows as f64, full.rows as f64);
            #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most 17")]
            let chance = SHORTER * full * 10f64.powi(*length as i32 + 1 - FULL as i32);
            // Chernoff's bound of a Poisson count; if nothing is expected, −∞.
            rows > chance && rows - chance + rows * (chance / rows).ln() < UNLIKELY
        };
        let longest = (0..FULL).rev().find(was_rounded);
        let (rounded, others) = self.lengths.split_at(longest.map_or(0, |length| length + 1));
        let (rounded, full) = (of(rounded), of(others));
        if longest.is_some() && full.decimals <= rounded.decimals {
            // Of 16 decimals, the largest values have as many digits as doubles have.
            return Rounding {
                longest: Some(LONGEST),
                rounded: rounded.and(full),
                full: Class::EMPTY,
                casts: self.casts,
            };
        }
        Rounding { longest, rounded, full, casts: self.casts }
    }
}

/// How a log was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rounding {
    /// The digits of the longest values that were rounded, if any were.
    longest: Option<usize>,
    rounded: Class,
    full: Class,
    casts: u64,
}

impl Rounding {
    /// Whether rounding explains what needs this.
    pub(super) fn explains(&self, need: Need) -> bool {
        if need.always || need.never {
            return need.never;
        }
        let is_rounded = self.longest.is_some_and(|longest| usize::from(need.length) <= longest);
        match (need.is_cast, is_rounded) {
            (true, _) => need.single,
            (false, true) => self.rounded.explains(need),
            (false, false) => self.full.explains(need),
        }
    }

    /// Whether rounding is worth a word: a few round values among longer ones are not.
    fn is_rounded(&self) -> bool {
        let all = self.rounded.rows + self.full.rows + self.casts;
        self.longest.is_some() && self.rounded.rows.saturating_mul(100) >= all
    }

    /// Decimals of the rounded values; `None` if (almost) none is.
    pub(super) fn decimals(&self) -> Option<u8> {
        self.is_rounded().then_some(self.rounded.decimals)
    }

    /// The precision in words.
    pub(super) fn words(&self) -> String {
        let Class { decimals, digits, is_single, .. } = self.rounded;
        let rounded = self.is_rounded().then(|| match () {
            () if is_single && digits > 7 => "single precision".to_owned(),
            () if decimals > digits + 1 => format!("{digits} significant digits"),
            () => format!("{decimals} decimals"),
        });
        let casts = (self.casts > 0).then(|| "single precision".to_owned());
        let full = (self.full.rows > 0).then(|| "full precision".to_owned());
        let mut all: Vec<String> = rounded.into_iter().chain(casts).chain(full).collect();
        all.dedup();
        if all.is_empty() { "nothing".to_owned() } else { all.join(" or ") }
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

    fn explained(grain: &Grain, logged: f64, exact: f64) -> bool {
        grain.rounding().explains(Written::of(logged, 1.0).need((logged - exact).abs()))
    }

    #[test]
    fn six_decimals_explain_half_a_unit_of_the_sixth() {
        let grain = grain(&[0.5, 0.504_841, 0.25]);
        assert_eq!(grain.rounding().words(), "6 decimals");
        assert!(explained(&grain, 0.5, 0.500_000_5));
        assert!(!explained(&grain, 0.5, 0.500_000_6));
        // 0.5 is written with one decimal, but others show that it was rounded to six.
        assert!(!explained(&grain, 0.5, 0.52));
    }

    #[test]
    fn full_doubles_may_differ_in_the_last_bit_only() {
        let values = [0.1 + 0.2, 1.0 / 3.0, 2.0 / 7.0];
        let grain = grain(&values);
        assert_eq!(grain.rounding().words(), "full precision");
        for value in values {
            assert!(explained(&grain, value, value.next_up()));
            assert!(!explained(&grain, value, value + 1e-14));
        }
    }

    #[test]
    fn a_service_that_rounds_beside_one_that_does_not() {
        let grain = grain(&[0.504_841, 1.0 / 3.0]);
        assert!(explained(&grain, 0.504_841, 0.504_841_4));
        assert!(!explained(&grain, 1.0 / 3.0, 0.333_333_4));
    }

    #[test]
    fn round_values_among_doubles_as_they_are_say_nothing_of_the_others() {
        let mut values: Vec<f64> = (1..1000).map(|row| f64::from(row).sqrt() / 100.1).collect();
        let full = grain(&values).rounding();
        assert_eq!((full.words().as_str(), full.decimals()), ("full precision", None));
        values.push(0.5);
        let grain = grain(&values);
        assert_eq!(grain.rounding().words(), "full precision");
        assert!(!explained(&grain, values[1], values[1] + 1e-15));
    }

    #[test]
    fn many_of_each_of_two_services_are_told_apart() {
        // Of 5,000 doubles as they are some end early, with 13 digits and more: they do not make the rounded ones finer.
        let exact: Vec<f64> = (1..10_000).map(|row| f64::from(row).sqrt() / 100.1).collect();
        let write = |row: usize, value: f64| if row.is_multiple_of(2) { (value * 1e6).round() / 1e6 } else { value };
        let logged: Vec<f64> = exact.iter().enumerate().map(|(row, value)| write(row, *value)).collect();
        let grain = grain(&logged);
        assert_eq!(grain.rounding().words(), "6 decimals or full precision");
        assert_eq!(grain.rounding().decimals(), Some(6));
        assert!(logged.iter().zip(&exact).all(|(logged, exact)| explained(&grain, *logged, *exact)));
        let moved = logged.iter().zip(&exact).filter(|(logged, exact)| !explained(&grain, **logged, **exact + 1e-6));
        assert_eq!(moved.count(), exact.len());
    }

    #[test]
    fn nothing_explains_what_is_no_number() {
        assert!(!explained(&grain(&[0.5]), 0.5, f64::NAN));
        assert!(!explained(&grain(&[0.5]), 0.5, f64::INFINITY));
    }

    #[test]
    fn a_percentage_was_rounded_as_it_was_written() {
        let (mut grain, scale) = (Grain::default(), 0.01);
        let logged: Vec<Written> =
            [50.48, 3.1, 99.99].iter().map(|percent| Written::of(percent * scale, scale)).collect();
        logged.iter().for_each(|written| grain.observe(written));
        assert_eq!(grain.rounding().words(), "2 decimals");
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
            let grain = grain(&logged);
            for (logged, exact) in logged.iter().zip(&exact) {
                prop_assert!(explained(&grain, *logged, *exact), "{} for {} by {:?}", logged, exact, grain);
            }
        }

        #[test]
        fn merging_is_seeing_both(values in prop::collection::vec(0.0f64..1.0, 2..40), at in 0usize..40) {
            let (left, right) = values.split_at(at % values.len());
            let mut merged = grain(left);
            merged.merge(&grain(right));
            prop_assert_eq!(merged, grain(&values));
        }
    }
}
