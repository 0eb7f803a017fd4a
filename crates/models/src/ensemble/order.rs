//! Numbers the leaves of a tree from left to right, so that those below a node are consecutive.

use super::trees::{Child, Node, Tree};

/// The leaves of a tree from left to right.
#[derive(Debug)]
pub(crate) struct LeafOrder {
    /// For each node, the first leaf below it, the first of its right side, and the end.
    pub sides: Vec<[usize; 3]>,
    /// The new number of each leaf.
    pub numbers: Vec<usize>,
}

impl LeafOrder {
    /// Numbers the leaves of a valid tree.
    pub(crate) fn new(tree: &Tree) -> Self {
        let mut counts = vec![[0_usize; 2]; tree.nodes.len()];
        // Children come after their parents.
        for (at, Node { left, right, .. }) in tree.nodes.iter().enumerate().rev() {
            let below = |child: &Child| match child {
                Child::Node(node) => counts.get(*node).map_or(0, |[left, right]| left.saturating_add(*right)),
                Child::Leaf(_) => 1,
            };
            let own = [below(left), below(right)];
            counts.get_mut(at).into_iter().for_each(|count| *count = own);
        }
        let mut order = Self { sides: vec![[0; 3]; tree.nodes.len()], numbers: vec![0; tree.leaves()] };
        for (at, (node, [left, right])) in tree.nodes.iter().zip(counts).enumerate() {
            let Some([first, middle, end]) = order.sides.get_mut(at) else { continue };
            *middle = first.saturating_add(left);
            *end = middle.saturating_add(right);
            let firsts = [(node.left, *first), (node.right, *middle)];
            for (child, first) in firsts {
                match child {
                    Child::Node(node) => order.sides.get_mut(node).into_iter().for_each(|sides| sides[0] = first),
                    Child::Leaf(leaf) => order.numbers.get_mut(leaf).into_iter().for_each(|number| *number = first),
                }
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::trees::{MissingValues, SplitCondition};

    #[test]
    fn leaves_are_numbered_from_left_to_right() {
        let node = |left, right| Node {
            feature: 0,
            condition: SplitCondition::Threshold { threshold: 0.0, missing: MissingValues::Nan, missing_left: true },
            left,
            right,
            cover: 1.0,
        };
        let nodes = vec![
            node(Child::Node(1), Child::Node(2)),
            node(Child::Leaf(3), Child::Leaf(0)),
            node(Child::Node(3), Child::Leaf(1)),
            node(Child::Leaf(2), Child::Leaf(4)),
        ];
        let order = LeafOrder::new(&Tree { nodes, values: vec![0.0; 5], width: 1, ..Tree::default() });
        assert_eq!(order.sides, [[0, 2, 5], [0, 1, 2], [2, 4, 5], [2, 3, 4]]);
        assert_eq!(order.numbers, [1, 4, 2, 0, 3]);
        assert_eq!(LeafOrder::new(&Tree::constant(vec![1.0], 0, 1.0)).numbers, [0]);
    }
}
