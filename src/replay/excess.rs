//! How many differences rounding cannot explain, counted before it is known how the log was rounded.

use super::grain::{Grain, Need};

const DECIMALS: usize = 22;
const DIGITS: usize = 22;
const CELLS: usize = DECIMALS * DIGITS * 2;

/// Rows by the grains that would explain them: integers, so that no order of rows or threads can change a count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excess {
    rounded: Vec<u64>,
    /// Explained by single precision, and by nothing.
    full: [u64; 2],
    always: u64,
}

impl Default for Excess {
    fn default() -> Self {
        Self { rounded: vec![0; CELLS], full: [0; 2], always: 0 }
    }
}

impl Excess {
    pub fn observe(&mut self, need: &Need) {
        if need.always {
            self.always += 1;
        } else if need.never {
        } else if need.is_full {
            let [single, nothing] = &mut self.full;
            *(if need.single { single } else { nothing }) += 1;
        } else {
            let cell = (need.decimals * DIGITS + need.digits) * 2 + usize::from(need.single);
            if let Some(rows) = self.rounded.get_mut(cell) {
                *rows += 1;
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.rounded.iter_mut().zip(&other.rounded).for_each(|(ours, theirs)| *ours += theirs);
        self.full.iter_mut().zip(&other.full).for_each(|(ours, theirs)| *ours += theirs);
        self.always += other.always;
    }

    /// Rows that a log of this grain does not explain.
    pub fn beyond(&self, grain: Grain) -> u64 {
        let need =
            |is_full, decimals, digits, single| Need { always: false, never: false, is_full, decimals, digits, single };
        let rounded = self.rounded.iter().enumerate().filter(|(cell, _)| {
            let (decimals, digits) = (cell / 2 / DIGITS, cell / 2 % DIGITS);
            !grain.explains(&need(false, decimals, digits, cell % 2 == 1))
        });
        let [single, nothing] = self.full;
        let single = if grain.explains(&need(true, 0, 0, true)) { 0 } else { single };
        self.always + nothing + single + rounded.map(|(_, rows)| rows).sum::<u64>()
    }
}
