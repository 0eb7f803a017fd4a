//! Features that share the beginning of their name, as those of one source table often do.

use std::collections::BTreeMap;

/// Features whose names begin with the same tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameBlock {
    /// Common beginning, with its last separator: `BUREAU_`, `BUREAU_DAYS_`.
    pub prefix: String,
    /// At least three indices, ascending.
    pub features: Vec<usize>,
}

/// Fewest features of a block.
const MIN_FEATURES: usize = 3;

/// All blocks of names, by prefix. Tokens end at `_`, `.`, `-`, `:` or `/`; a feature is in one block for each beginning of its
/// name that at least three share.
#[must_use]
pub fn name_blocks<'a>(names: impl Iterator<Item = &'a str>) -> Vec<NameBlock> {
    let mut by_prefix: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, name) in names.enumerate() {
        for (end, separator) in name.match_indices(['_', '.', '-', ':', '/']).filter(|(start, _)| *start > 0) {
            if let Some(prefix) = name.get(..end + separator.len()) {
                let features = by_prefix.entry(prefix).or_default();
                features.push(index);
            }
        }
    }
    let blocks = by_prefix.into_iter().filter(|(_, features)| features.len() >= MIN_FEATURES);
    blocks.map(|(prefix, features)| NameBlock { prefix: prefix.to_owned(), features }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_beginning_that_three_names_share() {
        let names = [
            "BUREAU_DAYS_A",
            "BUREAU_DAYS_B",
            "AGE",
            "BUREAU_DAYS_C",
            "BUREAU_AMT",
            "EXT_1",
            "EXT_2",
            "_x",
            "_y",
            "_z",
        ];
        let blocks = name_blocks(names.into_iter());
        let listed: Vec<(&str, &[usize])> =
            blocks.iter().map(|block| (block.prefix.as_str(), block.features.as_slice())).collect();
        assert_eq!(listed, [("BUREAU_", &[0, 1, 3, 4][..]), ("BUREAU_DAYS_", &[0, 1, 3][..])]);
    }
}
