//! Arithmetic on one number for each of eight rows, with the instructions of a kernel.

/// Number of rows that are walked together.
pub(crate) const LANES: usize = 8;

/// One number for each row.
pub(crate) type Lanes = [f64; LANES];

/// The instructions of a kernel. All compute the same bits.
pub(super) trait Vectors: Copy {
    /// One number for each row.
    type Vector: Copy;
    /// Whether something holds for each row.
    type Mask: Copy;

    fn mask(self, bits: u8) -> Self::Mask;
    fn splat(self, value: f64) -> Self::Vector;
    fn load(self, lanes: &Lanes) -> Self::Vector;
    fn store(self, vector: Self::Vector, lanes: &mut Lanes);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a` where the mask holds, otherwise `b`.
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector;
}

/// Plain Rust.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain;

impl Vectors for Plain {
    type Vector = Lanes;
    type Mask = [u64; LANES];

    #[inline]
    fn mask(self, bits: u8) -> [u64; LANES] {
        std::array::from_fn(|lane| if bits >> lane & 1 == 1 { u64::MAX } else { 0 })
    }

    #[inline]
    fn splat(self, value: f64) -> Lanes {
        [value; LANES]
    }

    #[inline]
    fn load(self, lanes: &Lanes) -> Lanes {
        *lanes
    }

    #[inline]
    fn store(self, vector: Lanes, lanes: &mut Lanes) {
        *lanes = vector;
    }

    #[inline]
    fn add(self, mut a: Lanes, b: Lanes) -> Lanes {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    }

    #[inline]
    fn mul(self, mut a: Lanes, b: Lanes) -> Lanes {
        a.iter_mut().zip(b).for_each(|(a, b)| *a *= b);
        a
    }

    #[inline]
    fn select(self, mask: [u64; LANES], mut a: Lanes, b: Lanes) -> Lanes {
        for ((a, b), mask) in a.iter_mut().zip(b).zip(mask) {
            *a = f64::from_bits(a.to_bits() & mask | b.to_bits() & !mask);
        }
        a
    }
}

/// Eight times the same byte.
#[inline]
pub(crate) fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; LANES])
}

/// Which of eight bytes are at least `least`, as bits; the lowest byte becomes the lowest bit.
#[inline]
pub(crate) fn at_least(bytes: u64, least: u8) -> u8 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let least = repeat(least);
    // Compares the lower seven bits of each byte by a subtraction that does not borrow from the next, then the highest.
    let lower = (bytes | HIGH) - (least & !HIGH);
    let holds = (bytes & !least | !(bytes ^ least) & lower) & HIGH;
    // Moves the bit of each byte to the highest byte of the product.
    let [.., highest] = (holds >> 7).wrapping_mul(0x0102_0408_1020_4080).to_le_bytes();
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_as_unsigned_numbers() {
        for least in 0..=u8::MAX {
            for first in 0..=u8::MAX {
                let bytes =
                    std::array::from_fn(|at| first.wrapping_mul(37).wrapping_add(u8::try_from(41 * at).unwrap_or(3)));
                let expected = bytes.iter().rev().fold(0, |bits, byte| bits << 1 | u8::from(*byte >= least));
                assert_eq!(at_least(u64::from_le_bytes(bytes), least), expected, "{bytes:?} and {least}");
            }
        }
    }
}
