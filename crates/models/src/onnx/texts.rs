//! The texts that a graph compares its inputs with, as codes.

use super::messages::OnnxNode;
use crate::allowance::Allowance;

/// All texts of a graph, sorted, in one string. A text's code is its place.
#[derive(Debug, Default)]
pub(crate) struct TextTable {
    all: String,
    /// The end of each text.
    ends: Vec<u32>,
}

impl TextTable {
    /// The code of a text that the graph does not contain.
    pub(crate) const UNKNOWN: u32 = u32::MAX;

    /// The texts in attributes of these nodes; `None` if the allowance does not cover them or one is not UTF-8.
    pub(crate) fn collect<'a>(
        nodes: impl Iterator<Item = OnnxNode<'a>> + Clone,
        allowance: &Allowance,
    ) -> Option<Self> {
        // Trees repeat the names of their comparisons for every node.
        let attributes = nodes.flat_map(|node| node.attributes()).filter(|attribute| attribute.name != "nodes_modes");
        let texts = attributes.flat_map(|attribute| {
            let tensor = attribute.tensor();
            let inner = tensor.into_iter().flat_map(|tensor| tensor.texts());
            attribute.texts().chain(attribute.text().map(Some)).chain(inner)
        });
        let count = texts.clone().count();
        allowance.spend(count, size_of::<&str>())?;
        let mut sorted = Vec::with_capacity(count);
        for text in texts {
            sorted.push(text?);
        }
        sorted.sort_unstable();
        sorted.dedup();
        let bytes = sorted.iter().map(|text| text.len()).sum();
        allowance.spend(bytes, 1)?;
        allowance.spend(sorted.len(), size_of::<u32>())?;
        let mut table = Self { all: String::with_capacity(bytes), ends: Vec::with_capacity(sorted.len()) };
        for text in sorted {
            table.all.push_str(text);
            table.ends.push(u32::try_from(table.all.len()).ok()?);
        }
        Some(table)
    }

    fn get(&self, code: usize) -> Option<&str> {
        let end = |code: usize| usize::try_from(*self.ends.get(code)?).ok();
        let start = code.checked_sub(1).and_then(end).unwrap_or(0);
        self.all.get(start..end(code)?)
    }

    /// The code of a text, [`Self::UNKNOWN`] if the graph does not contain it.
    pub(crate) fn code(&self, text: &str) -> u32 {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).map(|own| own.cmp(text)) {
                Some(std::cmp::Ordering::Less) => low = middle.saturating_add(1),
                Some(std::cmp::Ordering::Equal) => return u32::try_from(middle).unwrap_or(Self::UNKNOWN),
                _ => high = middle,
            }
        }
        Self::UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_codes() {
        // Two attributes with texts, one of them in a list; "b" twice.
        let node = [0x2a, 6, 0x22, 1, b'b', 0x0a, 1, b'n', 0x2a, 9, 0x4a, 2, 0xc3, 0xa9, 0x4a, 1, b'b', 0x4a, 0];
        let node = OnnxNode::parse(&node).unwrap();
        let table = TextTable::collect([node, node].into_iter(), &Allowance::for_file(&[0; 99])).unwrap();
        assert_eq!(["", "b", "é"].map(|text| table.code(text)), [0, 1, 2]);
        assert_eq!(["a", "ê", "bb"].map(|text| table.code(text)), [TextTable::UNKNOWN; 3]);
        assert_eq!(TextTable::default().code(""), TextTable::UNKNOWN);
    }
}
