//! Scores rows by walking every tree.

use super::trees::{Child, Ensemble, EnsembleRules, MissingValues, SplitCondition, Tree};
use crate::feature::InputPrecision;

impl EnsembleRules {
    /// The value as conditions read it.
    pub(crate) fn read(&self, value: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
        let value = if self.input == InputPrecision::Single { f64::from(value as f32) } else { value };
        if value.abs() <= self.zero_within { 0.0 } else { value }
    }

    /// The sum as the family rounds it.
    pub(crate) fn round(&self, sum: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
        if self.sum == InputPrecision::Single { f64::from(sum as f32) } else { sum }
    }

    /// Whether a condition sends a value, as read, to the left.
    pub(crate) fn goes_left(&self, tree: &Tree, condition: &SplitCondition, value: f64) -> bool {
        match condition {
            SplitCondition::Threshold { threshold, missing, missing_left } => {
                let (is_missing, value) = match missing {
                    MissingValues::Nan => (value.is_nan(), value),
                    MissingValues::Nothing if value.is_nan() => (false, 0.0),
                    MissingValues::Nothing => (false, value),
                    MissingValues::Zero => (value.is_nan() || value == 0.0, value),
                };
                match self.comparison {
                    _ if is_missing => *missing_left,
                    super::SplitComparison::AtMost => value <= *threshold,
                    super::SplitComparison::Below => value < *threshold,
                }
            }
            SplitCondition::Set { missing_left, .. } if value.is_nan() => *missing_left,
            SplitCondition::Set { words, members_left, .. } => {
                #[expect(clippy::cast_possible_truncation, reason = "truncating and saturating is the rule")]
                let code = usize::try_from(value as i64).ok();
                let set = tree.sets.get(words.clone()).unwrap_or_default();
                let word = code.and_then(|code| Some((set.get(code / 32)?, code % 32)));
                word.is_some_and(|(word, bit)| word >> bit & 1 == 1) == *members_left
            }
        }
    }
}

impl Tree {
    /// The leaf of a row; `value` is the value of a feature as read.
    pub(crate) fn leaf_of(&self, rules: &EnsembleRules, value: &impl Fn(usize) -> f64) -> usize {
        let mut at = match self.nodes.first() {
            Some(_) => Child::Node(0),
            None => Child::Leaf(0),
        };
        loop {
            match at {
                Child::Leaf(leaf) => return leaf,
                Child::Node(node) => {
                    let Some(node) = self.nodes.get(node) else { return 0 };
                    let is_left = rules.goes_left(self, &node.condition, value(node.feature));
                    at = if is_left { node.left } else { node.right };
                }
            }
        }
    }
}

impl Ensemble {
    /// The raw outputs of one row: the definition that faster ways of scoring must equal to the bit. `value` is the value
    /// of a feature as given.
    pub(crate) fn raw_of(&self, value: &impl Fn(usize) -> f64, out: &mut [f64]) {
        let read = |feature: usize| self.rules.read(value(feature));
        out.iter_mut().zip(&self.base).for_each(|(out, base)| *out = *base);
        for tree in &self.trees {
            let leaf = tree.leaf_of(&self.rules, &read);
            let values = tree.values.iter().skip(leaf * tree.width);
            if let Some(linear) = tree.linear.get(leaf)
                && linear.terms.iter().all(|(feature, _)| !read(*feature).is_nan())
            {
                let own = linear.terms.iter().fold(linear.constant, |sum, (feature, by)| sum + by * read(*feature));
                out.iter_mut().skip(tree.output).take(1).for_each(|out| *out = self.rules.round(*out + own));
                continue;
            }
            let own = out.iter_mut().skip(tree.output).zip(values).take(tree.width);
            own.for_each(|(out, value)| *out = self.rules.round(*out + value));
        }
    }
}
