//! Blocks of features by the prefix of their names, which usually names the source that they come from.

use std::collections::BTreeMap;

/// Minimum number of features of a block.
const MIN_FEATURES: usize = 3;

/// Features whose names begin with the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixBlock {
    /// Whole words with an underscore after each: `BUREAU_`, `PREV_INST_`.
    pub prefix: String,
    /// Positions of the features among the names, ascending.
    pub features: Vec<usize>,
}

impl PrefixBlock {
    /// Number of words of the prefix.
    #[must_use]
    pub fn words(&self) -> usize {
        self.prefix.matches('_').count()
    }
}

/// Returns the blocks of at least three features, in the order of their prefixes. A block may contain others; of several
/// prefixes of the same features, only the shortest counts.
#[must_use]
pub fn prefix_blocks<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<PrefixBlock> {
    let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, name) in names.into_iter().enumerate() {
        for (end, _) in name.match_indices('_').filter(|(end, _)| *end > 0) {
            if let Some(prefix) = name.get(..=end) {
                found.entry(prefix).or_default().push(place);
            }
        }
    }
    let mut blocks: Vec<PrefixBlock> = Vec::new();
    // A prefix comes directly before the longer ones that begin with it.
    for (prefix, features) in found.into_iter().filter(|(_, features)| features.len() >= MIN_FEATURES) {
        let is_same = |block: &PrefixBlock| prefix.starts_with(&block.prefix) && block.features.len() == features.len();
        if !blocks.iter().any(is_same) {
            blocks.push(PrefixBlock { prefix: prefix.to_owned(), features });
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(names: &[&str]) -> Vec<(String, Vec<usize>)> {
        prefix_blocks(names.iter().copied()).into_iter().map(|block| (block.prefix, block.features)).collect()
    }

    #[test]
    fn blocks_are_nested_and_need_three_features() {
        let names = [
            "BUREAU_AMT_SUM",
            "AGE",
            "PREV_INST_A",
            "BUREAU_DAYS",
            "PREV_INST_B",
            "PREV_CC_A",
            "BUREAU_N",
            "PREV_INST_C",
            "_x",
            "_y",
            "_z",
            "AMT_A",
            "AMT_B",
        ];
        let expected = [("BUREAU_", vec![0, 3, 6]), ("PREV_", vec![2, 4, 5, 7]), ("PREV_INST_", vec![2, 4, 7])];
        assert_eq!(blocks(&names), expected.map(|(prefix, features)| (prefix.to_owned(), features)));
    }

    #[test]
    fn the_shortest_of_equal_blocks_counts() {
        let names = ["FLAG_DOC_1", "FLAG_DOC_2", "FLAG_DOC_3"];
        assert_eq!(blocks(&names), [("FLAG_".to_owned(), vec![0, 1, 2])]);
        assert_eq!(prefix_blocks(["A_B_1", "A_B_2", "A_C"]).iter().map(PrefixBlock::words).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn names_of_any_script_have_blocks() {
        assert_eq!(blocks(&["ω_α_1", "ω_α_2", "ω_b", "ω"]), [("ω_".to_owned(), vec![0, 1, 2])]);
        assert!(blocks(&["emp.var.rate", "INCOME"]).is_empty());
    }
}
