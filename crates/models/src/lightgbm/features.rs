//! The features of a model: names, kinds and levels.

use std::borrow::Cow;

use super::{
    header::ModelHeader,
    refusal::{damaged, over_allowance, unsupported},
    text::{excerpt, reserved, tokens},
};
use crate::{
    allowance::Allowance,
    ensemble::trees::{SplitCondition, Tree},
    error::{ModelError, Result},
    feature::{InputKind, ModelFeature},
};

/// Maximum number of lists of levels to describe in a message.
const DESCRIBED: usize = 6;

/// What the header says about the values of a feature in training.
#[derive(Debug, Clone, Copy, PartialEq)]
enum TrainingRange {
    /// `none`: a constant.
    Constant,
    /// `[min:max]`.
    Numbers(f64, f64),
    /// `a:b:c`: codes of categories, of which the greatest is here. −1 stands for missing values.
    Codes(i64),
}

impl TrainingRange {
    fn new(text: &str) -> Result<Self> {
        let wrong = || damaged(format_args!("its `feature_infos` contain `{}`", excerpt(text)));
        if text == "none" {
            return Ok(Self::Constant);
        }
        if let Some(range) = text.strip_prefix('[') {
            let ends = range.strip_suffix(']').and_then(|range| range.split_once(':'));
            let ends =
                ends.and_then(|(least, greatest)| Some(Self::Numbers(least.parse().ok()?, greatest.parse().ok()?)));
            return ends.ok_or_else(wrong);
        }
        let codes = text.split(':').map(|code| code.parse::<i64>().map_err(|_| wrong()));
        codes.reduce(|greatest, code| Ok(greatest?.max(code?))).unwrap_or_else(|| Err(wrong())).map(Self::Codes)
    }

    /// Whether the codes of so many levels can be the values in training.
    fn fits(self, levels: usize) -> bool {
        match self {
            Self::Constant => true,
            #[expect(clippy::cast_precision_loss, reason = "a number of levels in memory")]
            Self::Numbers(_, greatest) => greatest < levels as f64,
            Self::Codes(greatest) => usize::try_from(greatest).is_ok_and(|greatest| greatest < levels) || greatest < 0,
        }
    }

    /// Whether a column of so many levels may have this range: a category without an order has codes, an ordered one numbers,
    /// and a constant one neither.
    fn may_be_levels(self, levels: usize) -> bool {
        let is_code = |number: f64| number >= 0.0 && number.fract() == 0.0;
        self.fits(levels)
            && match self {
                Self::Numbers(least, greatest) => is_code(least) && is_code(greatest),
                Self::Constant | Self::Codes(_) => true,
            }
    }
}

/// How trees read a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct FeatureUse {
    /// By thresholds or linear leaves.
    as_number: bool,
    /// By sets of categories.
    as_category: bool,
}

fn uses(trees: &[Tree], features: usize, allowance: &Allowance) -> Result<Vec<FeatureUse>> {
    let mut uses: Vec<FeatureUse> = reserved(features, allowance)?;
    uses.resize(features, FeatureUse::default());
    for tree in trees {
        for node in &tree.nodes {
            if let Some(seen) = uses.get_mut(node.feature) {
                let is_category = matches!(node.condition, SplitCondition::Set { .. });
                seen.as_category |= is_category;
                seen.as_number |= !is_category;
            }
        }
        for (feature, _) in tree.linear.iter().flat_map(|leaf| &leaf.terms) {
            if let Some(seen) = uses.get_mut(*feature) {
                seen.as_number = true;
            }
        }
    }
    Ok(uses)
}

/// The features of a model.
#[derive(Debug)]
pub(crate) struct TrainedFeatures {
    /// In the order of their columns at training.
    pub columns: Vec<ModelFeature>,
    pub has_names: bool,
    /// For each feature, its levels, if the file lists them; empty if the file lists no levels at all.
    pub levels: Vec<Option<Vec<String>>>,
    /// Which features the lists of levels were matched with, for the user.
    pub note: Option<String>,
}

impl TrainedFeatures {
    /// `lists`: the lists of levels. `categories`: names of their features, if the user gives them.
    pub(crate) fn new(
        header: &ModelHeader<'_>,
        trees: &[Tree],
        lists: Vec<Vec<String>>,
        categories: Option<&[String]>,
        allowance: &Allowance,
    ) -> Result<Self> {
        let count = header.features;
        let (matched, note) = match_lists(header, &lists, categories, allowance)?;
        let mut levels = Vec::new();
        if !lists.is_empty() {
            levels = reserved(count, allowance)?;
            levels.resize(count, None);
        }
        for (feature, list) in matched.into_iter().zip(lists) {
            if let Some(slot) = levels.get_mut(feature) {
                *slot = Some(list);
            }
        }
        let (mut columns, mut has_names) = (reserved(count, allowance)?, false);
        let uses = uses(trees, count, allowance)?;
        let described = tokens(header.names).zip(tokens(header.ranges)).zip(uses);
        for (column, ((name, range), seen)) in described.enumerate() {
            allowance.spend(name.len(), 1).ok_or_else(over_allowance)?;
            has_names |= name.strip_prefix("Column_").and_then(|number| number.parse().ok()) != Some(column);
            // A feature that is compared with thresholds as well is read as a number, which serves both.
            let is_coded =
                !seen.as_number && (seen.as_category || matches!(TrainingRange::new(range)?, TrainingRange::Codes(_)));
            let has_levels = matches!(levels.get(column), Some(Some(_)));
            columns.push(ModelFeature {
                name: name.to_owned(),
                kind: if is_coded || has_levels { InputKind::Categorical } else { InputKind::Numeric },
                column,
                used: seen != FeatureUse::default(),
            });
        }
        Ok(Self { columns, has_names, levels, note })
    }
}

/// Finds the feature of each list of levels, and describes what was found if the user did not name the features.
fn match_lists(
    header: &ModelHeader<'_>,
    lists: &[Vec<String>],
    categories: Option<&[String]>,
    allowance: &Allowance,
) -> Result<(Vec<usize>, Option<String>)> {
    if lists.is_empty() && categories.is_none_or(<[_]>::is_empty) {
        return Ok((Vec::new(), None));
    }
    let mut ranges = reserved(header.features, allowance)?;
    for range in tokens(header.ranges) {
        ranges.push(TrainingRange::new(range)?);
    }
    let matched: Vec<usize> = match categories {
        Some(names) => named(header, names, lists)?,
        None => marked(&ranges, lists, allowance)?,
    };
    for (number, (feature, list)) in matched.iter().zip(lists).enumerate() {
        if ranges.get(*feature).is_some_and(|range| !range.fits(list.len())) {
            let name = tokens(header.names).nth(*feature).unwrap_or_default();
            return Err(unsupported(format_args!(
                "had more levels of `{}` in training than its list {} has; {NAME_THEM}; {}",
                excerpt(name),
                number.saturating_add(1),
                described(lists)
            )));
        }
    }
    let is_marked = |feature: &usize| matches!(ranges.get(*feature), Some(TrainingRange::Codes(_)));
    let has_unmarked = !matched.iter().all(is_marked);
    let note = categories.is_none().then(|| {
        let is_matched = |feature| matched.binary_search(&feature).is_ok();
        let names = tokens(header.names).enumerate().filter(|(feature, _)| is_matched(*feature)).take(DESCRIBED);
        let names: Vec<String> = names.map(|(_, name)| format!("`{}`", excerpt(name))).collect();
        format!(
            "The file lists the levels of {} without their names; they were matched in order with {} {}{}.",
            counted(lists.len(), "column"),
            if has_unmarked { "the only features that fit," } else { "the categorical features" },
            names.join(", "),
            if lists.len() > names.len() { ", …" } else { "" }
        )
    });
    Ok((matched, note))
}

/// The features that the user names.
fn named(header: &ModelHeader<'_>, names: &[String], lists: &[Vec<String>]) -> Result<Vec<usize>> {
    if lists.is_empty() {
        return Err(unsupported("does not list levels, so its features need no names; remove `model.categories`"));
    }
    if names.len() != lists.len() {
        return Err(unsupported(format_args!(
            "lists the levels of {}, but `model.categories` names {}; {}",
            counted(lists.len(), "column"),
            names.len(),
            described(lists)
        )));
    }
    let mut matched = Vec::new();
    for name in names {
        match tokens(header.names).position(|own| is_name(own, name)) {
            Some(feature) if !matched.contains(&feature) => matched.push(feature),
            Some(_) => {
                return Err(ModelError::new(format!("`model.categories` names `{}` twice", excerpt(name))));
            }
            None => {
                return Err(unsupported(format_args!(
                    "has no feature `{}`, which `model.categories` names",
                    excerpt(name)
                )));
            }
        }
    }
    Ok(matched)
}

/// The features that the header marks as categorical, if there are as many as lists; otherwise those features and others, if
/// there is only one way to match them with the lists in order.
fn marked(ranges: &[TrainingRange], lists: &[Vec<String>], allowance: &Allowance) -> Result<Vec<usize>> {
    let coded = ranges.iter().enumerate().filter(|(_, range)| matches!(range, TrainingRange::Codes(_)));
    let count = coded.clone().count();
    if count < lists.len()
        && let Some(matched) = only_match(ranges, lists, allowance)
    {
        return Ok(matched);
    }
    if count != lists.len() {
        return Err(unsupported(format_args!(
            "lists the levels of {} without their names, but marks {} as categorical (ordered and constant columns are not \
             marked); {NAME_THEM}; {}",
            counted(lists.len(), "column"),
            counted(count, "feature"),
            described(lists)
        )));
    }
    let mut matched = reserved(count, allowance)?;
    matched.extend(coded.map(|(feature, _)| feature));
    Ok(matched)
}

/// Maximum number of lists times features of which matches are searched.
const SEARCHED: usize = 1 << 22;

/// The only way to match the lists, in order, with features that may be levels, among which are all that the header marks.
/// `None` if there is none, or more than one.
fn only_match(ranges: &[TrainingRange], lists: &[Vec<String>], allowance: &Allowance) -> Option<Vec<usize>> {
    let (width, height) = (ranges.len().checked_add(1)?, lists.len().checked_add(1)?);
    let cells = width.checked_mul(height).filter(|cells| *cells <= SEARCHED)?;
    allowance.spend(cells, 1)?;
    // How many ways there are to match the lists from `list` on with the features from `feature` on; 2 stands for more.
    let mut ways = vec![0_u8; cells];
    let at = |list: usize, feature: usize| list * width + feature;
    let fits = |list: usize, feature: usize| {
        let (range, list) = (ranges.get(feature), lists.get(list));
        range.zip(list).is_some_and(|(range, list)| range.may_be_levels(list.len()))
    };
    *ways.get_mut(at(lists.len(), ranges.len()))? = 1;
    for feature in (0..ranges.len()).rev() {
        let is_marked = matches!(ranges.get(feature), Some(TrainingRange::Codes(_)));
        for list in 0..=lists.len() {
            let skipped = if is_marked { 0 } else { ways.get(at(list, feature + 1)).copied()? };
            let taken = if fits(list, feature) { ways.get(at(list + 1, feature + 1)).copied()? } else { 0 };
            *ways.get_mut(at(list, feature))? = (skipped + taken).min(2);
        }
    }
    if ways.first() != Some(&1) {
        return None;
    }
    let mut matched = Vec::new();
    for feature in 0..ranges.len() {
        let list = matched.len();
        if fits(list, feature) && ways.get(at(list + 1, feature + 1)) == Some(&1) {
            matched.push(feature);
        }
    }
    Some(matched)
}

/// `1 column`, `2 columns`
fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

const NAME_THEM: &str = "name the columns of the lists, in this order, as `model.categories`";

/// Whether a column has the name of a feature: LightGBM replaces blanks in names by underscores.
fn is_name(feature: &str, column: &str) -> bool {
    feature == column || feature == trained_name(column)
}

/// The name that LightGBM gives a column.
pub(crate) fn trained_name(column: &str) -> Cow<'_, str> {
    if column.contains(' ') { Cow::Owned(column.replace(' ', "_")) } else { Cow::Borrowed(column) }
}

/// The first level of each list, by which a user recognises the columns.
fn described(lists: &[Vec<String>]) -> String {
    let first =
        |list: &Vec<String>| list.first().map_or_else(|| "nothing".to_owned(), |level| format!("`{}`", excerpt(level)));
    let starts: Vec<String> = lists.iter().take(DESCRIBED).map(first).collect();
    format!("the lists begin with {}{}", starts.join(", "), if lists.len() > DESCRIBED { ", …" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lightgbm::reader::read, options::ModelOptions};

    #[test]
    fn ranges_of_training_are_constants_numbers_or_codes() {
        let range = |text| TrainingRange::new(text).unwrap();
        assert_eq!(range("none"), TrainingRange::Constant);
        assert_eq!(range("[-1.5:2e3]"), TrainingRange::Numbers(-1.5, 2000.0));
        assert_eq!(range("-1:4:0:2"), TrainingRange::Codes(4));
        assert_eq!(range("3"), TrainingRange::Codes(3));
        for wrong in ["[1:2", "[1]", "1:x", "nothing"] {
            assert!(TrainingRange::new(wrong).is_err(), "{wrong}");
        }
        assert!(range("-1:4:0").fits(5) && !range("-1:4:0").fits(4) && range("-1").fits(0));
        assert!(range("[0:2]").fits(3) && !range("[0:2]").fits(2) && range("none").fits(0));
    }

    #[test]
    fn lists_are_matched_if_there_is_one_way() {
        let found = |ranges: &str, levels: &[usize]| {
            let ranges: Vec<_> = ranges.split(' ').map(|range| TrainingRange::new(range).unwrap()).collect();
            let lists: Vec<Vec<String>> = levels.iter().map(|levels| vec!["a".to_owned(); *levels]).collect();
            only_match(&ranges, &lists, &Allowance::for_file(&[0; 1_000]))
        };
        // An ordered column, a constant one, both; next to numbers that cannot be codes.
        assert_eq!(found("[-1.5:2] [0:2] [0.5:1]", &[3]), Some(vec![1]));
        assert_eq!(found("[-1:2] none [0:3]", &[1]), Some(vec![1]));
        assert_eq!(found("none -1:0:1 [0:2] [0:90]", &[1, 2, 3]), Some(vec![0, 1, 2]));
        // All features that are marked have a list.
        assert_eq!(found("0:1 none", &[2]), Some(vec![0]));
        assert_eq!(found("0:1 2:3", &[4]), None);
        // Two ways, and none.
        assert_eq!(found("[0:1] [0:2]", &[3]), None);
        assert_eq!(found("none [0:2]", &[3]), None);
        assert_eq!(found("[0:3] [0.5:2]", &[3]), None);
        assert_eq!(found("none", &[1, 1]), None);
    }

    #[test]
    fn kinds_follow_the_conditions_and_the_ranges() {
        // Conditions on a set, on a threshold, and on both; a feature of linear leaves; codes and numbers without use.
        let text = "tree\nversion=v4\nnum_class=1\nmax_feature_idx=5\nfeature_names=set number both linear codes range\n\
                    feature_infos=none [0:1] 0:1 none 0:1 [0:1]\n\nTree=0\nnum_leaves=5\nnum_cat=2\nsplit_feature=0 1 2 2\n\
                    threshold=0 0.5 1 0.5\ndecision_type=1 2 1 2\nleft_child=-1 -2 -3 -4\nright_child=1 2 3 -5\n\
                    leaf_value=1 2 3 4 5\ncat_boundaries=0 1 2\ncat_threshold=1 2\nis_linear=1\nleaf_const=0 0 0 0 0\n\
                    num_features=1 0 0 0 0\nleaf_features=3\nleaf_coeff=2\n\nend of trees\n";
        let model = read(text.as_bytes(), &ModelOptions::default()).unwrap();
        let found: Vec<_> =
            model.features.iter().map(|f| (&*f.name, f.kind == InputKind::Categorical, f.used)).collect();
        assert_eq!(
            found,
            [
                ("set", true, true),
                ("number", false, true),
                ("both", false, true),
                ("linear", false, true),
                ("codes", true, false),
                ("range", false, false)
            ]
        );
        assert_eq!(model.promise.contributions, None, "linear leaves have no SHAP values");
    }

    #[test]
    fn blanks_in_names_of_columns_are_underscores() {
        assert!(is_name("a_b", "a b") && is_name("a_b", "a_b") && !is_name("a b", "a_b"));
        assert_eq!((trained_name("a b c"), trained_name("ab")), ("a_b_c".into(), "ab".into()));
    }
}
