//! Damages to bytes of any format.

use crate::draw::Draw;

impl Draw {
    /// Flips bits, truncates, deletes a range, inserts a copied range, or overwrites a number.
    pub(crate) fn damage(&mut self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length == 0 {
            return;
        }
        match self.below(8) {
            0..3 => {
                for _ in 0..=self.below(8) {
                    bytes[self.below(length)] ^= 1 << self.below(8);
                }
            }
            3 => bytes.truncate(self.below(length)),
            4 => {
                let from = self.below(length);
                bytes.drain(from..(from + 1 + self.below(64)).min(length));
            }
            5 => {
                let (from, to, count) = (self.below(length), self.below(length), 1 + self.below(64));
                let piece = bytes[from..(from + count).min(length)].to_vec();
                bytes.splice(to..to, piece);
            }
            _ => {
                let size = [1, 2, 4, 8][self.below(4)];
                let at = self.below(length.saturating_sub(size));
                let number = [0, 1, u64::MAX, 1 << self.below(64), self.next()][self.below(5)];
                for (byte, new) in bytes.iter_mut().skip(at).zip(number.to_le_bytes()).take(size) {
                    *byte = new;
                }
            }
        }
    }
}
