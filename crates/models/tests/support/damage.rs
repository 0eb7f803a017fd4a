//! Damages to the bytes of any file.

use crate::draw::Draw;

impl Draw {
    /// Flips up to so many bits.
    pub(crate) fn flip_bits(&mut self, bytes: &mut [u8], most: usize) {
        for _ in 0..=self.below(most) {
            let bit = self.below(8);
            bytes[self.below(bytes.len())] ^= 1 << bit;
        }
    }

    /// Removes the end.
    pub(crate) fn cut(&mut self, bytes: &mut Vec<u8>) {
        bytes.truncate(self.below(bytes.len()));
    }

    /// Deletes a range.
    pub(crate) fn delete(&mut self, bytes: &mut Vec<u8>) {
        let from = self.below(bytes.len());
        bytes.drain(from..(from + 1 + self.below(64)).min(bytes.len()));
    }

    /// Inserts a copy of a range elsewhere.
    pub(crate) fn copy(&mut self, bytes: &mut Vec<u8>) {
        let (from, to, count) = (self.below(bytes.len()), self.below(bytes.len()), 1 + self.below(64));
        let piece = bytes[from..(from + count).min(bytes.len())].to_vec();
        bytes.splice(to..to, piece);
    }
}
