//! `CityHash64` 1.0. CatBoost identifies a level by the low 32 bits; later versions of `CityHash` give other values.
//!
//! The crate `naive-cityhash` computes the same hash, but panics in debug builds on strings of 33 to 64 bytes, and was
//! last released in 2021. Source: `CityHash` v1.0.3 as in `ClickHouse` and CatBoost (Pike and Alakuijala, MIT).

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;
const K3: u64 = 0xc949_d7c7_509e_6557;
const MULTIPLIER: u64 = 0x9ddf_ea08_eb38_2d69;

/// The hash by which CatBoost identifies a level of a categorical feature.
#[must_use]
pub fn level_hash(text: &str) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "CatBoost keeps the low half")]
    let low = city_hash_64(text.as_bytes()) as u32;
    low
}

fn city_hash_64(text: &[u8]) -> u64 {
    match text.len() {
        0..=16 => up_to_16(text),
        17..=32 => up_to_32(text),
        33..=64 => up_to_64(text),
        _ => long(text),
    }
}

/// The eight bytes at `at`. Callers do not read beyond the end.
fn word(text: &[u8], at: usize) -> u64 {
    text.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn half(text: &[u8], at: usize) -> u64 {
    text.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
}

fn byte(text: &[u8], at: usize) -> u64 {
    text.get(at).map_or(0, |&byte| u64::from(byte))
}

fn shift_mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

fn mix(low: u64, high: u64) -> u64 {
    let a = shift_mix((low ^ high).wrapping_mul(MULTIPLIER));
    let b = shift_mix((high ^ a).wrapping_mul(MULTIPLIER));
    b.wrapping_mul(MULTIPLIER)
}

fn up_to_16(text: &[u8]) -> u64 {
    let length = text.len();
    let count = length as u64;
    match length {
        9.. => {
            let (a, b) = (word(text, 0), word(text, length - 8));
            #[expect(clippy::cast_possible_truncation, reason = "at most 16")]
            let turned = b.wrapping_add(count).rotate_right(length as u32);
            mix(a, turned) ^ b
        }
        4.. => mix(count.wrapping_add(half(text, 0) << 3), half(text, length - 4)),
        1.. => {
            let y = byte(text, 0).wrapping_add(byte(text, length / 2) << 8);
            let z = count.wrapping_add(byte(text, length - 1) << 2);
            shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K3)).wrapping_mul(K2)
        }
        0 => K2,
    }
}

fn up_to_32(text: &[u8]) -> u64 {
    let length = text.len();
    let a = word(text, 0).wrapping_mul(K1);
    let b = word(text, 8);
    let c = word(text, length - 8).wrapping_mul(K2);
    let d = word(text, length - 16).wrapping_mul(K0);
    let low = a.wrapping_sub(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let high = a.wrapping_add((b ^ K3).rotate_right(20)).wrapping_sub(c).wrapping_add(length as u64);
    mix(low, high)
}

/// Two running sums over the 16 bytes at `at`, starting from `a` and `z`.
fn fold_16(text: &[u8], at: usize, a: u64, z: u64) -> (u64, u64) {
    let first = a.wrapping_add(word(text, at));
    let second = first.wrapping_add(word(text, at + 8));
    let turned = a.rotate_right(37).wrapping_add(first.rotate_right(7)).wrapping_add(second.rotate_right(31));
    (second.wrapping_add(z), a.wrapping_add(z).rotate_right(52).wrapping_add(turned))
}

fn up_to_64(text: &[u8]) -> u64 {
    let length = text.len();
    let seed = (length as u64).wrapping_add(word(text, length - 16)).wrapping_mul(K0);
    let (vf, vs) = fold_16(text, 8, word(text, 0).wrapping_add(seed), word(text, 24));
    let seed = word(text, 16).wrapping_add(word(text, length - 32));
    let (wf, ws) = fold_16(text, length - 24, seed, word(text, length - 8));
    let r = shift_mix(vf.wrapping_add(ws).wrapping_mul(K2).wrapping_add(wf.wrapping_add(vs).wrapping_mul(K0)));
    shift_mix(r.wrapping_mul(K0).wrapping_add(vs)).wrapping_mul(K2)
}

/// Two running sums over the 32 bytes at `at`.
fn weak_32(text: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let z = word(text, at + 24);
    let a = a.wrapping_add(word(text, at));
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let sum = a.wrapping_add(word(text, at + 8)).wrapping_add(word(text, at + 16));
    (sum.wrapping_add(z), b.wrapping_add(sum.rotate_right(44)).wrapping_add(a))
}

#[expect(clippy::many_single_char_names, reason = "the names of the source")]
fn long(text: &[u8]) -> u64 {
    let length = text.len();
    let count = length as u64;
    let mut x = word(text, 0);
    let mut y = word(text, length - 16) ^ K1;
    let mut z = word(text, length - 56) ^ K0;
    let mut v = weak_32(text, length - 64, count, y);
    let mut w = weak_32(text, length - 32, count.wrapping_mul(K1), K0);
    z = z.wrapping_add(shift_mix(v.1).wrapping_mul(K1));
    x = z.wrapping_add(x).rotate_right(39).wrapping_mul(K1);
    y = y.rotate_right(33).wrapping_mul(K1);
    for at in (0..(length - 1) & !63).step_by(64) {
        x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(word(text, at + 16)).rotate_right(37).wrapping_mul(K1);
        y = y.wrapping_add(v.1).wrapping_add(word(text, at + 48)).rotate_right(42).wrapping_mul(K1);
        x ^= w.1;
        y ^= v.0;
        z = (z ^ w.0).rotate_right(33);
        v = weak_32(text, at, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = weak_32(text, at + 32, z.wrapping_add(w.1), y);
        std::mem::swap(&mut z, &mut x);
    }
    mix(mix(v.0, w.0).wrapping_add(shift_mix(y).wrapping_mul(K1)).wrapping_add(z), mix(v.1, w.1).wrapping_add(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Vec<u8> {
        (0..length).map(|i| u8::try_from((i * 7 + length) % 90).unwrap() + b'!').collect()
    }

    /// Low halves as catboost 1.2.10 wrote them into a model's `cat_features_hash`.
    #[test]
    fn every_length_class_matches_catboost() {
        let golden: &[(usize, u32)] = &[
            (0, 0x2f90_404f),
            (1, 0x416a_6372),
            (2, 0x757a_62c9),
            (3, 0x4e53_9e98),
            (4, 0x64d0_c985),
            (7, 0x6519_876e),
            (8, 0xbcec_dd5e),
            (9, 0x52ad_8fd8),
            (15, 0xc2b8_35bd),
            (16, 0x9e04_f21d),
            (17, 0xfc9e_b72c),
            (31, 0xe112_35a0),
            (32, 0xed27_d2a6),
            (33, 0xeeaf_5f07),
            (47, 0x82f7_7020),
            (63, 0xdb0b_65b4),
            (64, 0x33e3_4e14),
            (65, 0x0908_d001),
            (127, 0x2942_6a1d),
            (128, 0xb1ac_314c),
            (129, 0xe9e8_2b1b),
            (191, 0xe114_d9a9),
            (192, 0x4395_aaeb),
            (193, 0xcf8d_4acc),
            (300, 0x86bb_977f),
        ];
        for &(length, expected) in golden {
            let text = String::from_utf8(text(length)).unwrap();
            assert_eq!(level_hash(&text), expected, "{length} bytes");
        }
    }

    /// All 64 bits, from `naive-cityhash` 0.2.0 in a release build.
    #[test]
    fn the_high_half_is_correct() {
        assert_eq!(city_hash_64(&text(47)), 0x6d1b_68d6_82f7_7020);
        assert_eq!(city_hash_64(&text(300)), 0x8404_fa28_86bb_977f);
    }
}
