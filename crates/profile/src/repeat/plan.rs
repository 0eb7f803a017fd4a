//! Which features of a window are hashed together.

use std::collections::BTreeSet;

use super::hash::{mix, mix_text};
use crate::{
    layout::{Layout, PrefixBlock, prefix_blocks},
    profile::{Counts, Profile},
};

/// Minimum number of features in a hash: the value of a single feature can be guessed from it.
const MIN_HASHED: usize = 3;
/// Maximum number of features in a hash.
const MAX_HASHED: usize = 4;
/// Bits above which a fourth feature adds nothing: two of 30,000 rows agree by chance once.
const ENOUGH_BITS: f64 = 30.0;
/// Bits below which so many rows agree by chance that copies cannot be distinguished from them.
const MIN_BITS: f64 = 12.0;
/// A value of at least a tenth of the rows is common.
const COMMON_ONE_IN: u128 = 10;
/// Fewer rows than a twentieth say nothing about a feature.
const RARE_ONE_IN: u128 = 20;
/// Maximum number of blocks. Each costs three or four multiplications a row, where counting costs as much a feature.
const MAX_BLOCKS: usize = 12;

/// A block of features, and those of them that are hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedBlock {
    /// Empty for the features outside all blocks, whose rows show whether whole records come again.
    pub prefix: String,
    /// Positions of the hashed features in the layout, ascending.
    pub features: Vec<usize>,
}

/// The blocks whose rows are hashed, with the key. Derived from the reference alone.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatPlan {
    key: u64,
    blocks: Vec<HashedBlock>,
    named: Vec<PrefixBlock>,
}

impl RepeatPlan {
    /// Chooses the features to hash: in each block those in which two rows of the reference agree least often.
    ///
    /// Blocks are those of two words (`PREV_INST_`); of one word where none of two words can be hashed; and the features
    /// outside all blocks. A block whose rows are not diverse enough is left out, and so are the smallest beyond twelve.
    /// Features of one hash must be read together, in the same group of `together` consecutive features.
    #[must_use]
    pub fn new(layout: &Layout, reference: &Profile, key: u64, together: usize) -> Self {
        let named = prefix_blocks(layout.features().iter().map(|feature| feature.name.as_str()));
        let diversity = Diversity { bits: reference.features().iter().map(bits).collect(), together: together.max(1) };
        let mut chosen: Vec<(usize, HashedBlock)> = Vec::new();
        for words in [2, 1] {
            for block in named.iter().filter(|block| block.words() == words) {
                let has_part = chosen.iter().any(|(_, part)| part.prefix.starts_with(&block.prefix));
                let features = if has_part { None } else { diversity.choose(&block.features) };
                chosen
                    .extend(features.map(|features| {
                        (block.features.len(), HashedBlock { prefix: block.prefix.clone(), features })
                    }));
            }
        }
        chosen.sort_by(|(ours, a), (theirs, b)| theirs.cmp(ours).then_with(|| a.prefix.cmp(&b.prefix)));
        chosen.truncate(MAX_BLOCKS);
        let mut blocks: Vec<HashedBlock> = chosen.into_iter().map(|(_, block)| block).collect();
        let inside: BTreeSet<usize> = named.iter().flat_map(|block| block.features.iter().copied()).collect();
        let outside: Vec<usize> = (0..layout.features().len()).filter(|feature| !inside.contains(feature)).collect();
        blocks.extend(diversity.choose(&outside).map(|features| HashedBlock { prefix: String::new(), features }));
        blocks.sort_by(|a, b| a.prefix.cmp(&b.prefix));
        Self { key, blocks, named }
    }

    /// Blocks in the order of their prefixes.
    #[must_use]
    pub fn blocks(&self) -> &[HashedBlock] {
        &self.blocks
    }

    /// Number of features whose names begin with a prefix.
    #[must_use]
    pub fn size(&self, prefix: &str) -> usize {
        self.named.iter().find(|block| block.prefix == prefix).map_or(0, |block| block.features.len())
    }

    /// The blocks of one word, each of which may contain several hashed blocks.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter(|block| block.words() == 1).map(|block| block.prefix.as_str())
    }

    /// Identifies key, blocks and features: hashes of two plans with different ids cannot be compared.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.blocks.iter().fold(mix_text(self.key, "repeat"), |state, block| {
            let state = mix_text(state, &block.prefix);
            block.features.iter().fold(state, |state, feature| mix(state, *feature as u64))
        })
    }

    /// Key of the hashes of a block.
    pub(super) fn key_of(&self, block: &HashedBlock) -> u64 {
        mix_text(mix(self.key, 1), &block.prefix)
    }
}

struct Diversity {
    /// By feature: see [`bits`].
    bits: Vec<f64>,
    together: usize,
}

impl Diversity {
    /// The features to hash: of the group with the most bits, the most diverse.
    fn choose(&self, features: &[usize]) -> Option<Vec<usize>> {
        let mut best: Option<(f64, Vec<usize>)> = None;
        for group in features.chunk_by(|one, next| one / self.together == next / self.together) {
            let Some((bits, chosen)) = self.most_diverse(group) else { continue };
            if best.as_ref().is_none_or(|(most, _)| bits > *most) {
                best = Some((bits, chosen));
            }
        }
        best.map(|(_, chosen)| chosen)
    }

    fn most_diverse(&self, group: &[usize]) -> Option<(f64, Vec<usize>)> {
        let bits = |feature: &usize| self.bits.get(*feature).copied().unwrap_or(0.0);
        let mut order = group.to_vec();
        order.sort_by(|a, b| bits(b).total_cmp(&bits(a)).then(a.cmp(b)));
        let (mut total, mut chosen) = (0.0, Vec::new());
        for feature in order.into_iter().take(MAX_HASHED) {
            if chosen.len() < MIN_HASHED || total < ENOUGH_BITS {
                total += bits(&feature);
                chosen.push(feature);
            }
        }
        chosen.sort_unstable();
        (chosen.len() >= MIN_HASHED && total >= MIN_BITS).then_some((total, chosen))
    }
}

/// Collision entropy of the values of a feature, on its cells or levels: `-log2` of the share of pairs of rows that agree.
///
/// Missing values and the most common value, if it is common, are left out: rows in which all values are such are not
/// compared, and the others may still be distinct. Too few others say nothing.
fn bits(counts: &Counts) -> f64 {
    let (counts, missing) = match counts {
        Counts::Numeric(counts) => (counts.cells(), counts.missing()),
        Counts::Categorical(counts) => (counts.levels(), counts.missing()),
    };
    let sum = |of: &dyn Fn(u128) -> u128| counts.iter().map(|count| of(u128::from(*count))).sum::<u128>();
    let most = counts.iter().max().map_or(0, |most| u128::from(*most));
    let present = sum(&|count| count);
    let usual = if most * COMMON_ONE_IN >= present { most } else { 0 };
    let (rows, agreeing) = (present - usual, sum(&|count| count * count) - usual * usual);
    if rows * RARE_ONE_IN < present + u128::from(missing) || agreeing == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a measure of diversity")]
    let ratio = (rows * rows) as f64 / agreeing as f64;
    ratio.log2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        layout::{Cells, Feature, Precision, Shape},
        profile::{CellCounts, LevelCounts, scale},
    };

    /// A layout of numeric features with this number of equally frequent values each, counted on its reference.
    fn reference(features: &[(&str, u32)]) -> (Layout, Profile) {
        let values = |distinct: u32| -> Vec<(f64, u64)> { (0..distinct).map(|value| (f64::from(value), 1)).collect() };
        let feature = |&(name, distinct): &(&str, u32)| Feature {
            name: name.to_owned(),
            shape: Shape::Numeric(Cells::learn(&values(distinct), Precision::F64)),
        };
        let layout = Layout::new(Precision::F64, features.iter().map(feature).collect(), None);
        let counts = layout.features().iter().zip(features).map(|(feature, (_, distinct))| {
            let Shape::Numeric(cells) = &feature.shape else { unreachable!() };
            let mut counts = CellCounts::empty(cells);
            values(*distinct).iter().for_each(|(value, _)| counts.observe_n(*value, 1, cells, &scale(cells)));
            Counts::Numeric(counts)
        });
        let counts = counts.collect();
        let profile = Profile::from_parts(&layout, 1, counts, None);
        (layout, profile)
    }

    fn hashed(features: &[(&str, u32)], together: usize) -> Vec<(String, Vec<usize>)> {
        let (layout, profile) = reference(features);
        let plan = RepeatPlan::new(&layout, &profile, 7, together);
        plan.blocks().iter().map(|block| (block.prefix.clone(), block.features.clone())).collect()
    }

    #[test]
    fn the_most_diverse_features_of_a_block_are_hashed() {
        let features =
            [("A_1", 2), ("A_2", 200), ("A_3", 100), ("A_4", 4), ("A_5", 300), ("x", 500), ("y", 500), ("z", 500)];
        assert_eq!(hashed(&features, 16), [(String::new(), vec![5, 6, 7]), ("A_".to_owned(), vec![1, 2, 3, 4])]);
        // Features that are not read together are not hashed together.
        assert_eq!(hashed(&features, 4), [(String::new(), vec![5, 6, 7]), ("A_".to_owned(), vec![0, 1, 2, 3])]);
        assert!(hashed(&features, 2).is_empty());
        // Flags say nothing about a row.
        assert!(hashed(&[("A_1", 2), ("A_2", 2), ("A_3", 2), ("A_4", 2)], 16).is_empty());
    }

    #[test]
    fn a_block_of_one_word_is_hashed_by_its_parts() {
        let names = ["P_I_1", "P_I_2", "P_I_3", "P_C_1", "P_C_2", "P_C_3", "P_x", "B_1", "B_2", "B_3"];
        let blocks = hashed(&names.map(|name| (name, 900)), 16);
        let prefixes: Vec<&str> = blocks.iter().map(|(prefix, _)| prefix.as_str()).collect();
        assert_eq!(prefixes, ["B_", "P_C_", "P_I_"]);
    }

    #[test]
    fn the_id_depends_on_the_key_and_on_the_features() {
        let (layout, profile) = reference(&[("A_1", 900), ("A_2", 900), ("A_3", 900)]);
        let id = |key, layout: &Layout, profile: &Profile| RepeatPlan::new(layout, profile, key, 16).id();
        assert_eq!(id(7, &layout, &profile), id(7, &layout, &profile));
        assert_ne!(id(7, &layout, &profile), id(8, &layout, &profile));
        let (other, counts) = reference(&[("B_1", 900), ("B_2", 900), ("B_3", 900)]);
        assert_ne!(id(7, &layout, &profile), id(7, &other, &counts));
    }

    #[test]
    fn diversity_is_that_of_the_values_that_tell_rows_apart() {
        let bits = |levels: Vec<u64>, missing| bits(&Counts::Categorical(LevelCounts::from_parts(levels, missing)));
        let is =
            |bits: f64, expected: f64| assert!((bits - expected.log2()).abs() < 1e-12, "{bits}, log2 of {expected}");
        is(bits(vec![1; 900], 0), 900.0);
        is(bits(vec![1; 900], 5_000), 900.0);
        // Two thirds hold no card.
        is(bits([vec![1_800], vec![1; 900]].concat(), 0), 900.0);
        is(bits(vec![50, 50, 50], 0), 2.0);
        // A flag, and a value that nearly no row has.
        is(bits(vec![50, 50], 0), 1.0);
        is(bits([vec![100_000], vec![1; 900]].concat(), 0), 1.0);
        is(bits(vec![0, 0], 10), 1.0);
        is(bits(Vec::new(), 0), 1.0);
    }
}
