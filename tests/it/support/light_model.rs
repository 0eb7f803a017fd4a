//! A LightGBM model of an applicant, written as text, and its probabilities by the rule of the format.

use std::fmt::Write as _;

use super::applicants::Applicant;

/// The levels of `JOB`, in the order of their codes.
const JOBS: [&str; 5] = ["<b>bold</b>", "Accordé", "Core staff", "Drivers \"night\"", "a,b"];

/// What a tree with two leaves asks.
#[derive(Clone, Copy)]
enum Question {
    /// Whether a number is at most this; a missing one goes to the given side.
    AtMost { feature: usize, threshold: f64, missing_left: bool },
    /// Whether the job has one of these codes.
    Job { codes: u32 },
}

/// A tree with two leaves.
#[derive(Clone, Copy)]
struct Stump {
    question: Question,
    left: f64,
    right: f64,
}

/// The inputs of a row, as the library reads them: age, income, rate, home ownership; and the code of the job.
pub(crate) type LightRow = ([f64; 4], Option<usize>);

/// A model of some stumps on `AGE`, `INCOME`, `emp.var.rate`, `OWNS` and `JOB`.
pub(crate) struct LightModel(Vec<Stump>);

impl LightModel {
    /// A model in which every feature matters, and thresholds on the rate are values of the rate, which 32-bit floats
    /// change.
    pub(crate) fn new() -> Self {
        let number = |feature, threshold, missing_left, left, right| Stump {
            question: Question::AtMost { feature, threshold, missing_left },
            left,
            right,
        };
        let mut stumps = vec![
            number(0, 40.5, true, -0.21, 0.37),
            number(1, 45_000.5, false, 0.4, -0.55),
            Stump { question: Question::Job { codes: 0b01010 }, left: 0.31, right: -0.17 },
            number(3, 0.5, false, 0.12, -0.9),
        ];
        // Steps by age and income, so that most rows have scores of their own.
        stumps.extend((0..10).map(|step| number(0, 22.5 + 4.0 * f64::from(step), true, 0.011, -0.013)));
        stumps.extend((0..30).map(|step| number(1, 1_500.25 + 3_000.0 * f64::from(step), false, 0.017, -0.019)));
        stumps.extend((-60..60).map(|step| number(2, f64::from(step) / 100.0, false, 0.002, -0.003)));
        Self(stumps)
    }

    /// The same without its last trees.
    pub(crate) fn first(&self, trees: usize) -> Self {
        Self(self.0[..trees].to_vec())
    }

    /// The same with another value in the left leaf of a tree.
    pub(crate) fn with_leaf(&self, tree: usize, value: f64) -> Self {
        let mut stumps = self.0.clone();
        stumps[tree].left = value;
        Self(stumps)
    }

    pub(crate) fn trees(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn row(one: &Applicant) -> LightRow {
        let job = one.job.map(|job| JOBS.iter().position(|known| *known == job).unwrap());
        let income = one.income.unwrap_or(f64::NAN);
        ([one.age as f64, income, one.rate, f64::from(u8::from(one.owns))], job)
    }

    pub(crate) fn raw(&self, (numbers, job): LightRow) -> f64 {
        let leaf = |stump: &Stump| {
            let is_left = match stump.question {
                Question::AtMost { feature, missing_left, .. } if numbers[feature].is_nan() => missing_left,
                Question::AtMost { feature, threshold, .. } => numbers[feature] <= threshold,
                Question::Job { codes } => job.is_some_and(|job| codes >> job & 1 == 1),
            };
            if is_left { stump.left } else { stump.right }
        };
        self.0.iter().fold(0.0, |sum, stump| sum + leaf(stump))
    }

    pub(crate) fn probability(&self, row: LightRow) -> f64 {
        1.0 / (1.0 + (-self.raw(row)).exp())
    }

    /// The file that the library writes.
    pub(crate) fn text(&self) -> String {
        // Columns at training: the job comes before home ownership.
        let column = |feature: usize| if feature == 3 { 4 } else { feature };
        let mut text = String::from(
            "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=4\n\
             objective=binary sigmoid:1\nfeature_names=AGE INCOME emp.var.rate JOB OWNS\n\
             feature_infos=[20:69] [0:90000] [-4:4] 0:1:2:3:4 [0:1]\n\n",
        );
        for (number, stump) in self.0.iter().enumerate() {
            let (feature, threshold, decision, sets) = match stump.question {
                // Missing values are NaN; they go left by default or not.
                Question::AtMost { feature, threshold, missing_left } => {
                    let decision = if missing_left { 10 } else { 8 };
                    (column(feature), threshold.to_string(), decision, String::new())
                }
                Question::Job { codes } => {
                    (3, "0".to_owned(), 9, format!("cat_boundaries=0 1\ncat_threshold={codes}\n"))
                }
            };
            let sets_count = usize::from(!sets.is_empty());
            let _ = write!(
                text,
                "Tree={number}\nnum_leaves=2\nnum_cat={sets_count}\nsplit_feature={feature}\nsplit_gain=1\n\
                 threshold={threshold}\ndecision_type={decision}\nleft_child=-1\nright_child=-2\nleaf_value={} {}\n\
                 leaf_weight=10 20\nleaf_count=100 200\ninternal_value=0\ninternal_weight=30\ninternal_count=300\n{sets}\
                 is_linear=0\nshrinkage=1\n\n\n",
                stump.left, stump.right
            );
        }
        let levels = serde_json::to_string(&[JOBS]).unwrap();
        let _ = write!(
            text,
            "end of trees\n\nfeature_importances:\nAGE=1\n\nparameters:\n[boosting: gbdt]\n\nend of parameters\n\n\
             pandas_categorical:{levels}\n"
        );
        text
    }
}

/// A model of three numbers, each with steps of its own.
pub(crate) struct NumberModel {
    pub(crate) names: [&'static str; 3],
}

impl NumberModel {
    const STEPS: usize = 20;

    /// The feature, threshold and left leaf of each tree; the right leaf is 0.
    fn stumps() -> impl Iterator<Item = (usize, f64, f64)> {
        let steps = (0..3).flat_map(|feature| (0..Self::STEPS).map(move |step| (feature, step)));
        steps.map(|(feature, step)| (feature, 5.0 * step as f64 + 0.5, [0.11, -0.07, 0.023][feature]))
    }

    pub(crate) fn probability(row: [f64; 3]) -> f64 {
        let leaf = |(feature, threshold, left): (usize, f64, f64)| if row[feature] <= threshold { left } else { 0.0 };
        1.0 / (1.0 + (-Self::stumps().map(leaf).sum::<f64>()).exp())
    }

    /// The file that the library writes.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=2\n\
             objective=binary sigmoid:1\nfeature_names={}\nfeature_infos=[0:100] [0:100] [0:100]\n\n",
            self.names.join(" ")
        );
        for (number, (feature, threshold, left)) in Self::stumps().enumerate() {
            let _ = write!(
                text,
                "Tree={number}\nnum_leaves=2\nnum_cat=0\nsplit_feature={feature}\nsplit_gain=1\nthreshold={threshold}\n\
                 decision_type=8\nleft_child=-1\nright_child=-2\nleaf_value={left} 0\nleaf_weight=10 20\n\
                 leaf_count=100 200\ninternal_value=0\ninternal_weight=30\ninternal_count=300\nis_linear=0\nshrinkage=1\n\n\n"
            );
        }
        text + "end of trees\n\nfeature_importances:\n\nparameters:\n[boosting: gbdt]\n\nend of parameters\n\npandas_categorical:null\n"
    }
}
