//! Counts of the values of a feature in logarithmic buckets: mergeable, and equal for any split of the rows.

use super::distribution::{Bucket, ValueDistribution};

/// Most buckets, used or not: 400 kB.
const MAX_BUCKETS: usize = 16_384;
/// Each power of two has 2^8 buckets of equal width, so a bucket is at most 1/256 of its values wide.
const FINEST: u32 = 8;
const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const MAX_EXPONENT: u16 = 0x7ff;

/// Values of one feature, by bucket: sign, power of two, and leading bits of the fraction. Zero is a bucket of its own.
///
/// Each bucket has its rows and its least and greatest value. A quantile is within 0.4% of the exact one while the values span
/// up to 64 powers of two (signs count separately), and within 0.8% up to 128; beyond that, buckets are joined further, so
/// that no input takes more memory. How finely depends only on the values, so a merged sketch equals that of all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    zeros: u64,
    /// Buckets per power of two, as a power of two.
    bits: u32,
    /// Ascending by value.
    octaves: Vec<Octave>,
    /// Place of each octave among `octaves`, by its number; empty without octaves. (A search would take as long as the rest.)
    places: Vec<u16>,
}

/// Values of one sign and power of two.
#[derive(Debug, Clone, PartialEq)]
struct Octave {
    /// Position among all octaves, in the order of their values.
    number: u16,
    /// Ascending by value.
    buckets: Vec<Bucket>,
}

/// First octave of positive values.
const POSITIVE: u16 = MAX_EXPONENT + 1;
const OCTAVES: usize = 2 * POSITIVE as usize;
/// Place of an octave without values.
const ABSENT: u16 = u16::MAX;

impl Default for Sketch {
    fn default() -> Self {
        Self { zeros: 0, bits: FINEST, octaves: Vec::new(), places: Vec::new() }
    }
}

impl Sketch {
    /// Counts a value; NaN is ignored.
    #[inline]
    pub fn observe(&mut self, value: f64) {
        if value == 0.0 {
            self.zeros += 1;
        } else if !value.is_nan() {
            let (number, place) = address(value);
            if self.places.get(usize::from(number)).is_none_or(|octave| *octave == ABSENT) {
                self.add_octave(number);
            }
            let octave = usize::from(self.places.get(usize::from(number)).copied().unwrap_or(ABSENT));
            let place = place >> (FINEST - self.bits);
            if let Some(bucket) = self.octaves.get_mut(octave).and_then(|octave| octave.buckets.get_mut(place)) {
                bucket.observe(value);
            }
        }
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, mut other: Self) {
        self.zeros += other.zeros;
        let bits = self.bits.min(other.bits);
        self.coarsen(bits);
        other.coarsen(bits);
        for theirs in other.octaves {
            match self.octaves.binary_search_by_key(&theirs.number, |octave| octave.number) {
                Ok(place) => {
                    let ours = self.octaves.get_mut(place).into_iter().flat_map(|octave| &mut octave.buckets);
                    ours.zip(&theirs.buckets).for_each(|(ours, theirs)| ours.merge(theirs));
                }
                Err(place) => self.octaves.insert(place, theirs),
            }
        }
        self.note_places();
        self.limit();
    }

    /// Number of values.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.zeros + self.used().map(|bucket| bucket.rows).sum::<u64>()
    }

    /// The distribution of the values.
    #[must_use]
    pub fn distribution(&self) -> ValueDistribution {
        let mut buckets: Vec<Bucket> = self.used().copied().collect();
        if self.zeros > 0 {
            let place = buckets.partition_point(|bucket| bucket.greatest < 0.0);
            buckets.insert(place, Bucket { least: 0.0, greatest: 0.0, rows: self.zeros });
        }
        ValueDistribution::new(buckets)
    }

    fn used(&self) -> impl Iterator<Item = &Bucket> {
        self.octaves.iter().flat_map(|octave| &octave.buckets).filter(|bucket| bucket.rows > 0)
    }

    #[cold]
    fn add_octave(&mut self, number: u16) {
        let place = self.octaves.partition_point(|octave| octave.number < number);
        self.octaves.insert(place, Octave { number, buckets: vec![Bucket::EMPTY; 1 << self.bits] });
        self.note_places();
        self.limit();
    }

    fn note_places(&mut self) {
        if !self.octaves.is_empty() {
            self.places.resize(OCTAVES, ABSENT);
        }
        for (place, octave) in (0..).zip(&self.octaves) {
            if let Some(noted) = self.places.get_mut(usize::from(octave.number)) {
                *noted = place;
            }
        }
    }

    /// Joins buckets until there are few enough, which depends only on the number of octaves: as a part of the rows has no
    /// more octaves than all of them, its buckets are at least as fine, and merging gives the same as counting all rows.
    fn limit(&mut self) {
        while self.octaves.len() << self.bits > MAX_BUCKETS && self.bits > 0 {
            self.coarsen(self.bits - 1);
        }
    }

    /// Joins neighbouring buckets until there are 2^`bits` in each octave.
    fn coarsen(&mut self, bits: u32) {
        if bits >= self.bits {
            return;
        }
        let joined = 1 << (self.bits - bits);
        for octave in &mut self.octaves {
            let join = |buckets: &[Bucket]| {
                let mut all = Bucket::EMPTY;
                buckets.iter().for_each(|bucket| all.merge(bucket));
                all
            };
            octave.buckets = octave.buckets.chunks(joined).map(join).collect();
        }
        self.bits = bits;
    }
}

/// Number of the octave of a value that is neither 0 nor NaN, and the place of its finest bucket.
#[inline]
fn address(value: f64) -> (u16, usize) {
    let bits = value.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as u16 & MAX_EXPONENT;
    let place = (bits >> (MANTISSA_BITS - FINEST)) as usize & ((1 << FINEST) - 1);
    if value.is_sign_negative() {
        (MAX_EXPONENT - exponent, ((1 << FINEST) - 1) - place)
    } else {
        (POSITIVE + exponent, place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.observe(*value));
        sketch
    }

    /// numpy's default quantile: linear between the two nearest values.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::float_cmp,
        reason = "a few hundred values"
    )]
    fn numpy(values: &[f64], q: f64) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = (sorted.len() - 1) as f64 * q;
        let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        if low == high { low } else { low + (high - low) * at.fract() }
    }

    fn numbers() -> impl Strategy<Value = f64> {
        prop_oneof![
            3 => (-1_000i32..1_000).prop_map(f64::from),
            3 => (-12.0f64..16.0).prop_map(f64::exp),
            2 => (-12.0f64..16.0).prop_map(|log| -log.exp()),
            1 => Just(0.0),
            1 => Just(-0.0),
            1 => Just(365_243.0),
            1 => Just(f64::INFINITY),
            1 => Just(f64::NEG_INFINITY),
            1 => any::<u64>().prop_map(f64::from_bits),
            1 => (1u64..1 << 52).prop_map(f64::from_bits),
        ]
    }

    proptest! {
        #[test]
        fn any_split_of_the_rows_gives_the_same_sketch(
            values in prop::collection::vec((numbers(), 0usize..4), 0..2_000),
            turn in 0usize..4,
        ) {
            let all: Vec<f64> = values.iter().map(|(value, _)| *value).collect();
            let mut parts: Vec<Sketch> = (0..4)
                .map(|part| sketch(&values.iter().filter(|(_, own)| *own == part).map(|(value, _)| *value).collect::<Vec<_>>()))
                .collect();
            parts.rotate_left(turn);
            let mut merged = Sketch::default();
            parts.into_iter().for_each(|part| merged.merge(part));
            let mut reversed = all.clone();
            reversed.reverse();
            prop_assert_eq!(&merged, &sketch(&all));
            prop_assert_eq!(&merged, &sketch(&reversed));
            prop_assert_eq!(merged.rows(), all.iter().filter(|value| !value.is_nan()).count() as u64);
            prop_assert!(merged.octaves.len() << merged.bits <= MAX_BUCKETS);
        }

        #[test]
        fn quantiles_are_within_half_a_percent(
            values in prop::collection::vec(
                prop_oneof![
                    (-1_000i32..1_000).prop_map(f64::from),
                    (0.0f64..9.0).prop_map(f64::exp),
                    (0.0f64..9.0).prop_map(|log| -log.exp()),
                    Just(0.0),
                    (0.0f64..9.0).prop_map(|log| 1_000.0 * log.exp()),
                ],
                1..500,
            ),
            q in 0.0f64..=1.0,
        ) {
            let distribution = sketch(&values).distribution();
            for q in [q, 0.0, 0.01, 0.5, 0.99, 1.0] {
                let (got, expected) = (distribution.quantile(q).unwrap(), numpy(&values, q));
                prop_assert!((got - expected).abs() <= 0.005 * expected.abs(), "q {}: {} instead of {}", q, got, expected);
            }
        }
    }

    #[test]
    fn extreme_values_have_buckets_of_their_own() {
        let values =
            [f64::NEG_INFINITY, f64::MIN, -1.5, -5e-324, -0.0, 0.0, 5e-324, 2.0, f64::MAX, f64::INFINITY, f64::NAN];
        let buckets = sketch(&values).distribution();
        let listed: Vec<(f64, u64)> = buckets.buckets().iter().map(|bucket| (bucket.least, bucket.rows)).collect();
        let expected = [
            (f64::NEG_INFINITY, 1),
            (f64::MIN, 1),
            (-1.5, 1),
            (-5e-324, 1),
            (0.0, 2),
            (5e-324, 1),
            (2.0, 1),
            (f64::MAX, 1),
            (f64::INFINITY, 1),
        ];
        assert_eq!(listed, expected);
        assert_eq!((buckets.quantile(0.0), buckets.quantile(1.0)), (Some(f64::NEG_INFINITY), Some(f64::INFINITY)));
        assert_eq!(Sketch::default().distribution().quantile(0.5), None);
    }

    #[test]
    fn values_of_every_size_take_bounded_memory() {
        // One value in each power of two, of both signs.
        let values: Vec<f64> = (1u64..2_047)
            .flat_map(|exponent| {
                let value = f64::from_bits(exponent << 52) * 1.25;
                [value, -value]
            })
            .collect();
        let sketch = sketch(&values);
        assert_eq!((sketch.octaves.len(), sketch.bits), (4_092, 2));
        assert_eq!(sketch.rows(), 4_092);
    }
}
