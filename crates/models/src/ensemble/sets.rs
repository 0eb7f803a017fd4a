//! Bits for the conditions on sets of categories of one feature: whether each sends a level to the right.

use std::{collections::BTreeMap, ops::Range};

use super::trees::{SplitCondition, Tree};

/// A condition on a set of categories.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CategorySet {
    /// Bits of the members, 32 per word, without trailing zeros.
    words: Vec<u32>,
    members_left: bool,
    missing_left: bool,
}

/// The distinct conditions on one feature. They fill [`SetColumns::width`] columns, with a bit per condition.
#[derive(Debug)]
pub(crate) struct SetColumns {
    pub feature: usize,
    /// The first column.
    pub first: usize,
    sets: Vec<CategorySet>,
    lookup: Option<SetLookup>,
}

/// The bytes of all columns for each class of codes that are in the same sets.
#[derive(Debug)]
struct SetLookup {
    /// The class of each code. Codes beyond are in class 0, which is in no set.
    classes: Vec<u16>,
    /// Column by column, one byte per class; the last class is that of a missing level.
    bytes: Vec<u8>,
    count: usize,
}

/// Maximum size of all tables of a model, in bytes. It is limited because a file that was made for it could ask for much:
/// a set of a few bytes may contain a large code.
pub(crate) const MAX_LOOKUPS: usize = 1 << 24;

impl CategorySet {
    /// The set of a condition; `None` for a threshold.
    pub(crate) fn new(tree: &Tree, condition: &SplitCondition) -> Option<Self> {
        let SplitCondition::Set { words, members_left, missing_left } = condition else { return None };
        let words: &[u32] = tree.sets.get(Range::clone(words)).unwrap_or_default();
        let used = words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        let words = words.get(..used).unwrap_or_default().to_vec();
        Some(Self { words, members_left: *members_left, missing_left: *missing_left })
    }

    /// Whether a value goes right.
    fn sends_right(&self, code: Code) -> bool {
        let Code::Level(code) = code else { return !self.missing_left };
        let word = self.words.get(code / 32);
        word.is_some_and(|word| word >> (code % 32) & 1 == 1) != self.members_left
    }
}

/// The level of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Missing,
    /// A code; `usize::MAX` if it is in no set.
    Level(usize),
}

impl Code {
    /// The code of a value as read.
    #[expect(clippy::cast_possible_truncation, reason = "truncating and saturating is the rule")]
    pub(crate) fn from_value(value: f64) -> Self {
        if value.is_nan() { Self::Missing } else { Self::Level(usize::try_from(value as i64).unwrap_or(usize::MAX)) }
    }
}

impl SetColumns {
    /// `sets` have numbers from 0; `budget` is what remains of [`MAX_LOOKUPS`].
    pub(crate) fn new(feature: usize, first: usize, sets: &BTreeMap<CategorySet, usize>, budget: &mut usize) -> Self {
        let mut by_number: Vec<(usize, &CategorySet)> = sets.iter().map(|(set, number)| (*number, set)).collect();
        by_number.sort_unstable_by_key(|(number, _)| *number);
        let sets = by_number.into_iter().map(|(_, set)| set.clone()).collect();
        let mut columns = Self { feature, first, sets, lookup: None };
        columns.lookup = columns.lookup(budget);
        columns
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        self.sets.len().div_ceil(8)
    }

    /// The byte of a column for a level.
    fn byte(&self, column: usize, code: Code) -> u8 {
        let sets = self.sets.iter().skip(8 * column).take(8).enumerate();
        sets.fold(0, |byte, (bit, set)| byte | u8::from(set.sends_right(code)) << bit)
    }

    /// Tables, unless they exceed the budget.
    fn lookup(&self, budget: &mut usize) -> Option<SetLookup> {
        let codes = self.sets.iter().map(|set| set.words.len()).max().unwrap_or(0).checked_mul(32)?;
        let rest = budget.checked_sub(codes.checked_mul(2)?)?;
        let mut is_member = vec![false; codes];
        for set in &self.sets {
            for (at, word) in set.words.iter().enumerate() {
                let members = (0..32).filter(|bit| word >> bit & 1 == 1);
                members.for_each(|bit| is_member.get_mut(32 * at + bit).into_iter().for_each(|is| *is = true));
            }
        }
        let members: Vec<usize> = (0..codes).filter(|code| is_member.get(*code) == Some(&true)).collect();
        let count = members.len() + 2;
        u16::try_from(count).ok()?;
        *budget = rest.checked_sub(count.checked_mul(self.width())?)?;
        let mut classes = vec![0_u16; codes];
        for (class, code) in (1..).zip(&members) {
            classes.get_mut(*code).into_iter().for_each(|own| *own = class);
        }
        let all = || [usize::MAX].iter().chain(&members).map(|code| Code::Level(*code)).chain([Code::Missing]);
        let bytes = (0..self.width()).flat_map(|column| all().map(move |code| self.byte(column, code))).collect();
        Some(SetLookup { classes, bytes, count })
    }

    /// Fills the columns for some rows. `out` begins with the first of them; there are `stride` bytes per column.
    pub(crate) fn fill(&self, codes: impl Iterator<Item = Code> + Clone, stride: usize, out: &mut [u8]) {
        let columns = out.chunks_mut(stride.max(1)).take(self.width()).enumerate();
        let Some(lookup) = &self.lookup else {
            columns.for_each(|(column, bins)| {
                bins.iter_mut().zip(codes.clone()).for_each(|(bin, code)| *bin = self.byte(column, code));
            });
            return;
        };
        let class = |code| match code {
            Code::Missing => lookup.count - 1,
            Code::Level(code) => lookup.classes.get(code).copied().unwrap_or(0).into(),
        };
        let classes: Vec<usize> = codes.map(class).collect();
        for ((_, bins), bytes) in columns.zip(lookup.bytes.chunks_exact(lookup.count)) {
            bins.iter_mut().zip(&classes).for_each(|(bin, class)| *bin = bytes.get(*class).copied().unwrap_or(0));
        }
    }
}
