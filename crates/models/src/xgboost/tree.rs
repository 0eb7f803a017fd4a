//! Reads one tree: arrays with an entry per node, of which deleted nodes are left out.

use crate::{
    allowance::Allowance,
    ensemble::{
        codes::XGBOOST_CODES,
        trees::{Child, MissingValues, Node, SplitCondition, Tree},
    },
    error::{ModelError, Result},
    xgboost::{
        file::source::{ModelSource, for_each_key, numbers, parameter, reserve, skip},
        refusal::{damaged, over_allowance},
    },
};

/// The child of a leaf.
const NO_CHILD: i32 = -1;

/// The arrays of a tree. Kept from tree to tree, so that they are allocated once.
#[derive(Debug, Default)]
pub(crate) struct TreeArrays {
    /// Values per leaf; 0 and 1 both stand for one value, in `conditions`.
    leaf_size: usize,
    left: Vec<i32>,
    right: Vec<i32>,
    features: Vec<i32>,
    /// Thresholds, and the values of leaves.
    conditions: Vec<f32>,
    default_left: Vec<bool>,
    /// Whether the node tests membership in a set. Absent from old files.
    is_set: Vec<bool>,
    covers: Vec<f32>,
    /// For leaves with several values: those of each leaf, or, in files of XGBoost 3.0 and 3.1, of each node.
    leaf_weights: Vec<f32>,
    base_weights: Vec<f32>,
    /// Members of all sets, the node of each set, and where its members are.
    categories: Vec<i32>,
    set_nodes: Vec<i32>,
    set_starts: Vec<i64>,
    set_sizes: Vec<i64>,
    places: Vec<NodePlace>,
}

/// What becomes of a node of the file.
#[derive(Debug, Clone, Copy)]
enum NodePlace {
    /// Nothing leads to it.
    Unreachable,
    /// Something leads to it.
    Reached,
    Child(Child),
}

impl TreeArrays {
    /// Reads the next tree. All values are of output 0 so far, and without a weight.
    pub(crate) fn read<'a>(&mut self, source: &mut impl ModelSource<'a>) -> Result<Tree> {
        self.clear();
        for_each_key(source, |source, key| match key {
            "tree_param" => for_each_key(source, |source, key| match key {
                "size_leaf_vector" => {
                    let size: i64 = parameter("size_leaf_vector", source)?;
                    self.leaf_size = usize::try_from(size).map_err(|_| damaged("a tree has no leaf size"))?;
                    Ok(())
                }
                _ => skip(source),
            }),
            "left_children" => numbers(key, source, &mut self.left),
            "right_children" => numbers(key, source, &mut self.right),
            "split_indices" => numbers(key, source, &mut self.features),
            "split_conditions" => numbers(key, source, &mut self.conditions),
            "default_left" => numbers(key, source, &mut self.default_left),
            "split_type" => numbers(key, source, &mut self.is_set),
            "sum_hessian" => numbers(key, source, &mut self.covers),
            "leaf_weights" => numbers(key, source, &mut self.leaf_weights),
            "base_weights" => numbers(key, source, &mut self.base_weights),
            "categories" => numbers(key, source, &mut self.categories),
            "categories_nodes" => numbers(key, source, &mut self.set_nodes),
            "categories_segments" => numbers(key, source, &mut self.set_starts),
            "categories_sizes" => numbers(key, source, &mut self.set_sizes),
            _ => skip(source),
        })?;
        self.tree(source.allowance())
    }

    fn clear(&mut self) {
        self.leaf_size = 0;
        [&mut self.left, &mut self.right, &mut self.features, &mut self.categories, &mut self.set_nodes]
            .into_iter()
            .for_each(Vec::clear);
        [&mut self.conditions, &mut self.covers, &mut self.leaf_weights, &mut self.base_weights]
            .into_iter()
            .for_each(Vec::clear);
        [&mut self.default_left, &mut self.is_set].into_iter().for_each(Vec::clear);
        [&mut self.set_starts, &mut self.set_sizes].into_iter().for_each(Vec::clear);
        self.places.clear();
    }

    fn tree(&mut self, allowance: &Allowance) -> Result<Tree> {
        let nodes = self.left.len();
        let all = [self.right.len(), self.features.len(), self.conditions.len(), self.default_left.len()];
        let optional = [self.is_set.len(), self.covers.len()];
        if nodes == 0
            || all.iter().any(|length| *length != nodes)
            || !optional.iter().all(|length| [0, nodes].contains(length))
        {
            return Err(damaged("the arrays of a tree do not match"));
        }
        reserve(&mut self.places, nodes, allowance)?;
        let (inner, leaves) = self.find_places()?;
        let width = self.leaf_size.max(1);
        let mut tree = Tree { width, ..Tree::default() };
        reserve(&mut tree.nodes, inner, allowance)?;
        reserve(&mut tree.values, leaves.saturating_mul(width), allowance)?;
        reserve(&mut tree.leaf_covers, leaves, allowance)?;
        let mut sets = Sets { next: 0, end: 0, arrays: self, allowance };
        for (at, place) in self.places.iter().enumerate() {
            let cover = f64::from(self.covers.get(at).copied().unwrap_or(0.0));
            match place {
                NodePlace::Child(Child::Node(_)) => {
                    let condition = sets.condition(at, &mut tree.sets)?;
                    let feature = self.features.get(at).and_then(|feature| usize::try_from(*feature).ok());
                    let child = |children: &[i32]| {
                        let child = children.get(at).and_then(|child| usize::try_from(*child).ok())?;
                        if let Some(NodePlace::Child(child)) = self.places.get(child) { Some(*child) } else { None }
                    };
                    let (Some(left), Some(right)) = (child(&self.left), child(&self.right)) else {
                        return Err(damaged("a condition leads nowhere"));
                    };
                    let feature = feature.ok_or_else(|| damaged("a condition has no feature"))?;
                    tree.nodes.push(Node { feature, condition, left, right, cover });
                }
                NodePlace::Child(Child::Leaf(_)) => {
                    self.add_values(at, &mut tree.values)?;
                    tree.leaf_covers.push(cover);
                }
                NodePlace::Unreachable | NodePlace::Reached => {}
            }
        }
        tree.sets.shrink_to_fit();
        Ok(tree)
    }

    /// Numbers the reachable conditions and leaves in the order of the file, and counts them.
    fn find_places(&mut self) -> Result<(usize, usize)> {
        let places = &mut self.places;
        places.resize(self.left.len(), NodePlace::Unreachable);
        places.first_mut().into_iter().for_each(|root| *root = NodePlace::Reached);
        let (mut inner, mut leaves) = (0, 0);
        for (at, (left, right)) in self.left.iter().zip(&self.right).enumerate() {
            if !matches!(places.get(at), Some(NodePlace::Reached)) {
                continue;
            }
            let child = if *left == NO_CHILD { Child::Leaf(leaves) } else { Child::Node(inner) };
            places.get_mut(at).into_iter().for_each(|place| *place = NodePlace::Child(child));
            if *left == NO_CHILD {
                leaves += 1;
                continue;
            }
            inner += 1;
            for child in [left, right] {
                let child = usize::try_from(*child).ok().filter(|child| *child > at);
                match child.and_then(|child| places.get_mut(child)) {
                    Some(place @ NodePlace::Unreachable) => *place = NodePlace::Reached,
                    Some(_) => return Err(damaged("two conditions of a tree lead to the same place")),
                    None => return Err(damaged("a condition of a tree does not lead to a later place")),
                }
            }
        }
        Ok((inner, leaves))
    }

    /// Adds the values of a leaf.
    fn add_values(&self, at: usize, values: &mut Vec<f64>) -> Result<()> {
        let found: Option<&[f32]> = if self.leaf_size <= 1 {
            self.conditions.get(at..=at)
        } else if !self.leaf_weights.is_empty() {
            // The right child of a leaf is the number of the leaf.
            let leaf = self.right.get(at).and_then(|leaf| usize::try_from(*leaf).ok());
            leaf.and_then(|leaf| row(&self.leaf_weights, leaf, self.leaf_size))
        } else {
            row(&self.base_weights, at, self.leaf_size)
        };
        let found = found.ok_or_else(|| damaged("a leaf has no values"))?;
        values.extend(found.iter().map(|value| f64::from(*value)));
        Ok(())
    }
}

fn row(values: &[f32], at: usize, width: usize) -> Option<&[f32]> {
    let start = at.checked_mul(width)?;
    values.get(start..start.checked_add(width)?)
}

/// The sets of a tree, in the order of their nodes.
struct Sets<'t> {
    /// The next set.
    next: usize,
    /// Where the members of the sets before it end.
    end: usize,
    arrays: &'t TreeArrays,
    allowance: &'t Allowance,
}

impl<'t> Sets<'t> {
    /// The condition of a node; adds its set, if it has one, to the words.
    fn condition(&mut self, at: usize, words: &mut Vec<u32>) -> Result<SplitCondition> {
        let arrays = self.arrays;
        let missing_left = arrays.default_left.get(at).copied().unwrap_or(false);
        if !arrays.is_set.get(at).copied().unwrap_or(false) {
            let threshold = f64::from(arrays.conditions.get(at).copied().unwrap_or(f32::NAN));
            return Ok(SplitCondition::Threshold { threshold, missing: MissingValues::Nan, missing_left });
        }
        let members = self.members(at).ok_or_else(|| damaged("a set of categories is missing"))?;
        let is_code = |member: &i32| u32::try_from(*member).is_ok_and(|code| code < XGBOOST_CODES);
        if !members.iter().all(is_code) {
            return Err(damaged("a category is out of range"));
        }
        let codes = || members.iter().filter_map(|member| usize::try_from(*member).ok());
        let start = words.len();
        let count = codes().max().map_or(0, |greatest| greatest / 32 + 1);
        // A vector that grows by doubling briefly holds three times its content.
        self.allowance.spend(count, 3 * size_of::<u32>()).ok_or_else(over_allowance)?;
        words.resize(start.saturating_add(count), 0);
        for code in codes() {
            words.get_mut(start + code / 32).into_iter().for_each(|word| *word |= 1 << (code % 32));
        }
        // Members go to the right.
        Ok(SplitCondition::Set { words: start..words.len(), members_left: false, missing_left })
    }

    /// Members of the set of a node. Sets and their members are in the order of nodes; deleted nodes may have some, too.
    fn members(&mut self, at: usize) -> Option<&'t [i32]> {
        let arrays = self.arrays;
        let ahead = arrays.set_nodes.iter().skip(self.next).position(|node| usize::try_from(*node) == Ok(at))?;
        let set = self.next + ahead;
        self.next = set + 1;
        let start = usize::try_from(*arrays.set_starts.get(set)?).ok()?;
        let size = usize::try_from(*arrays.set_sizes.get(set)?).ok()?;
        // Overlapping sets would take time out of proportion to the file.
        let start = Some(start).filter(|start| *start >= self.end)?;
        self.end = start.checked_add(size)?;
        arrays.categories.get(start..self.end)
    }
}

/// Multiplies the values of a tree by its weight, in 32-bit floats.
pub(crate) fn weigh(tree: &mut Tree, weight: f32) {
    for value in &mut tree.values {
        #[expect(clippy::cast_possible_truncation, reason = "it is a widened 32-bit float")]
        let single = *value as f32;
        *value = f64::from(single * weight);
    }
}

/// The message of a check of the finished trees, which does not know the format.
pub(crate) fn in_trees(error: &ModelError) -> ModelError {
    let what = error.to_string();
    damaged(what.strip_prefix("the file is damaged: ").unwrap_or(&what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xgboost::file::json::JsonSource;

    fn read(json: &str) -> Result<Tree> {
        let allowance = Allowance::for_file(json.as_bytes());
        TreeArrays::default().read(&mut JsonSource::new(json.as_bytes(), &allowance))
    }

    /// A tree of these children, whose conditions are the number of the node.
    fn tree(left: &[i32], right: &[i32], more: &str) -> Result<Tree> {
        let numbers: Vec<usize> = (0..left.len()).collect();
        read(&format!(
            r#"{{"left_children":{left:?},"right_children":{right:?},"split_indices":{numbers:?},"split_conditions":{numbers:?},
                "default_left":{:?}{more}}}"#,
            vec![1; left.len()]
        ))
    }

    #[test]
    fn deleted_nodes_are_left_out() {
        // Node 1 was pruned; 3 and 4 were its children.
        let tree = tree(&[1, -1, -1, -1, -1], &[2, -1, -1, -1, -1], r#","sum_hessian":[7,3,4,1,2]"#).unwrap();
        assert_eq!((tree.nodes.len(), &tree.values[..], &tree.leaf_covers[..]), (1, &[1.0, 2.0][..], &[3.0, 4.0][..]));
        let node = &tree.nodes[0];
        assert_eq!((node.left, node.right, node.cover, node.feature), (Child::Leaf(0), Child::Leaf(1), 7.0, 0));
        let condition = SplitCondition::Threshold { threshold: 0.0, missing: MissingValues::Nan, missing_left: true };
        assert_eq!(node.condition, condition);
    }

    #[test]
    fn a_single_leaf_is_a_tree() {
        let tree = tree(&[-1], &[-1], "").unwrap();
        assert_eq!((tree.nodes.len(), &tree.values[..], &tree.leaf_covers[..]), (0, &[0.0][..], &[0.0][..]));
    }

    #[test]
    fn trees_that_do_not_branch_are_refused() {
        for (left, right) in [
            (&[0][..], &[0][..]),
            (&[], &[]),
            (&[1, -1, -1], &[1, -1, -1]),
            (&[1, 0, -1], &[2, 2, -1]),
            (&[1, -1], &[7, -1]),
            (&[1, -1], &[-1, -1]),
            (&[-2], &[-2]),
            (&[1, -1, -1], &[2, -1]),
        ] {
            assert!(tree(left, right, "").is_err(), "{left:?} {right:?}");
        }
        let short = r#","sum_hessian":[1]"#;
        assert!(tree(&[1, -1, -1], &[2, -1, -1], short).is_err());
    }

    #[test]
    fn leaves_may_have_several_values() {
        let size = r#","tree_param":{"size_leaf_vector":"2"}"#;
        let weights = format!(r#"{size},"leaf_weights":[1,2,3,4]"#);
        let swapped = tree(&[1, -1, -1], &[2, 1, 0], &weights).unwrap();
        assert_eq!((swapped.width, &swapped.values[..]), (2, &[3.0, 4.0, 1.0, 2.0][..]));
        let nodes = format!(r#"{size},"base_weights":[0,0,1,2,3,4]"#);
        assert_eq!(tree(&[1, -1, -1], &[2, -1, -1], &nodes).unwrap().values, [1.0, 2.0, 3.0, 4.0]);
        assert!(tree(&[1, -1, -1], &[2, 1, 2], &weights).is_err(), "there is no leaf 2");
        assert!(tree(&[1, -1, -1], &[2, -1, -1], size).is_err(), "the leaves have no values");
        let huge = r#","tree_param":{"size_leaf_vector":"9000000000000000000"}"#;
        assert!(tree(&[1, -1, -1], &[2, -1, -1], huge).is_err());
    }

    fn sets(starts: &str, sizes: &str, categories: &str) -> Result<Tree> {
        let more = format!(
            r#","split_type":[1,1,0,0,0,0,0],"categories":[{categories}],"categories_nodes":[0,1],
                "categories_segments":[{starts}],"categories_sizes":[{sizes}]"#
        );
        tree(&[1, 3, 5, -1, -1, -1, -1], &[2, 4, 6, -1, -1, -1, -1], &more)
    }

    #[test]
    fn sets_are_bits() {
        let tree = sets("0,2", "2,1", "0,33,5").unwrap();
        assert_eq!(tree.sets, [1, 2, 32]);
        let set = |at: usize| {
            if let SplitCondition::Set { words, .. } = &tree.nodes[at].condition { words.clone() } else { 9..9 }
        };
        assert_eq!((set(0), set(1)), (0..2, 2..3));
        assert_eq!(sets("0,0", "0,1", "7").unwrap().sets, [128], "an empty set");
    }

    #[test]
    fn wrong_sets_are_refused() {
        for (starts, sizes, categories) in [
            ("0,2", "2,1", "0,33,-1"),
            ("0,2", "2,1", "0,33,16777216"),
            ("0,2", "2,2", "0,33,5"),
            ("0,1", "2,1", "0,33,5"),
            ("0", "2,1", "0,33,5"),
            ("0,-2", "2,1", "0,33,5"),
            ("0,2", "2,9223372036854775807", "0,33,5"),
            // More memory than the file allows.
            ("0,1", "1,1", "16777215,16777215"),
        ] {
            assert!(sets(starts, sizes, categories).is_err(), "{starts} {sizes} {categories}");
        }
    }

    #[test]
    fn weights_are_multiplied_in_32_bits() {
        let mut tree = Tree { values: vec![f64::from(0.1_f32)], ..Tree::default() };
        weigh(&mut tree, 0.3);
        assert_eq!(tree.values, [f64::from(0.1_f32 * 0.3_f32)]);
        assert_ne!(tree.values, [f64::from(0.1_f32) * f64::from(0.3_f32)]);
    }
}
