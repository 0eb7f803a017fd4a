//! Packs a feature's sorted distinct values and counts. Blocks are read only for exact KS.
//!
//! Short decimals (most values) are stored as integers times a power of ten, others by their bits in numeric order (32 bits
//! if the model compares in 32); both are delta-encoded, then compressed with zstd. Features are stored separately, so rows
//! cannot be reconstructed.

use vigie_profile::layout::Precision;

use super::{
    bytes::{Reader, Writer, decompress},
    validity::are_distinct,
};

const BITS: u64 = 255;
const SINGLE_BITS: u64 = 254;
/// Raw float bits hardly compress: higher levels take ten times as long and save a tenth of the size.
const LEVEL: i32 = 1;
/// Values processed at a time.
const CHUNK: usize = 64;
/// 1.5 · 2^52; see `profile::moments`.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// 2^51: limit up to which adding `MAGIC` rounds to the nearest integer.
const EXACT: f64 = 2_251_799_813_685_248.0;

/// Packs columns one after the other, reusing its buffers.
#[derive(Default)]
pub(super) struct Packer {
    keys: Vec<u64>,
    raw: Writer,
    zstd: Option<zstd::bulk::Compressor<'static>>,
    packed: Vec<u8>,
}

impl Packer {
    /// Packs `values`, which must be ascending and contain no NaN.
    pub(super) fn pack(&mut self, values: &[(f64, u64)], precision: Precision) -> Vec<u8> {
        let out = &mut self.raw;
        out.0.clear();
        out.integer(values.len() as u64);
        let mut previous = 0;
        let mut delta = |key: u64| key.wrapping_sub(std::mem::replace(&mut previous, key));
        if let Some(exponent) =
            (0..=9).find(|exponent| to_integers(values, power(*exponent), precision, &mut self.keys))
        {
            out.integer(exponent);
            out.run(&self.keys, |key| delta(*key));
        } else if precision == Precision::F32 {
            out.integer(SINGLE_BITS);
            out.run(values, |(value, _)| delta(ordered_single(*value)));
        } else {
            out.integer(BITS);
            out.run(values, |(value, _)| delta(ordered_bits(*value)));
        }
        out.run(values, |(_, count)| *count);
        self.compress().unwrap_or_default()
    }

    fn compress(&mut self) -> std::io::Result<Vec<u8>> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(zstd::bulk::Compressor::new(LEVEL)?),
        };
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(self.raw.0.len()));
        zstd.compress_to_buffer(&self.raw.0, &mut self.packed)?;
        Ok(self.packed.clone())
    }
}

/// Packs one column; see [`Packer::pack`].
pub(super) fn pack(values: &[(f64, u64)], precision: Precision) -> Vec<u8> {
    Packer::default().pack(values, precision)
}

/// Fills `keys` with the values times a power of ten; returns whether all values are short decimals.
fn to_integers(values: &[(f64, u64)], power: f64, precision: Precision, keys: &mut Vec<u64>) -> bool {
    keys.clear();
    keys.reserve(values.len());
    values.chunks(CHUNK).all(|values| {
        // Branch-free so that the compiler vectorises it. The low bits of such a sum are the nearest integer.
        let sum = |value: f64| value * power + MAGIC;
        let is_short = |value: f64| {
            let back = precision.round((sum(value) - MAGIC) / power);
            (value * power).abs() < EXACT && back.to_bits() == value.to_bits()
        };
        let integer = |value: f64| sum(value).to_bits().wrapping_sub(MAGIC.to_bits()).cast_signed();
        keys.extend(values.iter().map(|(value, _)| ordered_integer(integer(*value))));
        values.iter().fold(true, |all, (value, _)| all & is_short(*value))
    })
}

/// Inverse of [`pack`]; `None` if the bytes are damaged.
pub(super) fn unpack(packed: &[u8], precision: Precision) -> Option<Vec<(f64, u64)>> {
    let bytes = decompress(packed)?;
    let mut reader = Reader(&bytes);
    let count = reader.count(1)?;
    let kind = reader.integer()?;
    let power = power(kind.min(9));
    let mut values = match kind {
        BITS => read_keys(&mut reader, count, |key| Some(from_bits(key))),
        SINGLE_BITS => read_keys(&mut reader, count, from_single),
        _ => read_keys(&mut reader, count, |key| Some(decimal(from_ordered(key), power, precision))),
    }?;
    for (_, count) in &mut values {
        *count = reader.integer()?;
    }
    are_distinct(&values).then_some(values)
}

/// Reads `count` delta-encoded keys and converts them to values with count 0.
fn read_keys(reader: &mut Reader<'_>, count: usize, value: impl Fn(u64) -> Option<f64>) -> Option<Vec<(f64, u64)>> {
    let mut key = 0u64;
    // `count` was checked against the number of bytes.
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        key = key.wrapping_add(reader.integer()?);
        values.push((value(key)?, 0));
    }
    Some(values)
}

fn power(exponent: u64) -> f64 {
    // Powers of ten up to 10^22 are exact.
    10f64.powi(i32::try_from(exponent).unwrap_or(0))
}

fn decimal(integer: i64, power: f64, precision: Precision) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "written only when exact")]
    let value = integer as f64 / power;
    precision.round(value)
}

fn ordered_integer(integer: i64) -> u64 {
    integer.cast_unsigned() ^ (1 << 63)
}

fn from_ordered(key: u64) -> i64 {
    (key ^ (1 << 63)).cast_signed()
}

/// Bits that sort as integers in the order of the floats.
fn ordered_bits(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

/// Like [`ordered_bits`], for a value that is an f32.
fn ordered_single(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the value is an f32 already")]
    let bits = (value as f32).to_bits();
    u64::from(if bits >> 31 == 1 { !bits } else { bits | (1 << 31) })
}

fn from_single(key: u64) -> Option<f64> {
    let key = u32::try_from(key).ok()?;
    Some(f64::from(f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })))
}

fn from_bits(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        #[expect(clippy::cast_possible_truncation, reason = "hundredths of less than 100")]
        fn packing_round_trips_bit_for_bit(
            mut values in prop::collection::vec(prop_oneof![
                any::<f64>(),
                (-1000i32..1000).prop_map(|v| f64::from(v) / 100.0),
                (51i32..55).prop_map(|power| f64::from(power).exp2()),
            ], 0..200),
            short in any::<bool>(),
            single in any::<bool>(),
        ) {
            let precision = if single { Precision::F32 } else { Precision::F64 };
            values.retain(|value| !value.is_nan() && (!short || ((value * 100.0).round() / 100.0).to_bits() == value.to_bits()));
            values.iter_mut().for_each(|value| *value = precision.round(*value) + 0.0);
            values.sort_unstable_by(f64::total_cmp);
            values.dedup();
            let counted: Vec<(f64, u64)> = values.into_iter().zip(1..).collect();
            let packed = pack(&counted, precision);
            prop_assert_eq!(unpack(&packed, precision).unwrap(), &counted[..]);
            // Hundredths are recognised.
            let is_short = |value: f64| value.abs() < 100.0 && precision.round((value * 100.0).round() / 100.0).to_bits() == value.to_bits();
            if counted.iter().all(|(value, _)| is_short(*value)) {
                let mut keys = Vec::new();
                prop_assert!(to_integers(&counted, power(2), precision, &mut keys));
                let wanted = counted.iter().map(|(value, _)| ordered_integer((value * 100.0).round() as i64));
                prop_assert_eq!(keys, wanted.collect::<Vec<_>>());
            }
            // Reused buffers do not affect the result.
            let mut packer = Packer::default();
            packer.pack(&[(0.1, 7), (1e300, 1 << 40)], Precision::F64);
            packer.pack(counted.get(counted.len() / 2..).unwrap(), precision);
            prop_assert_eq!(packer.pack(&counted, precision), packed);
        }

        #[test]
        fn damaged_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = unpack(&bytes, Precision::F64);
        }
    }
}
