//! From raw sums to probabilities and decisions, as the model's loss has it.

use super::{
    about::{About, ClassParams},
    exponent::softmax,
};
use crate::{
    error::Result,
    file::{
        allowance::Allowance,
        refusal::{damaged, excerpt},
    },
};

/// What a raw output means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Two classes: one output, the probability of the second is its sigmoid.
    Sigmoid,
    /// One output a class, probabilities sum to one.
    Softmax,
    /// One output a class, each with a sigmoid of its own; one class is chosen.
    OneVersusAll,
    /// One output a label, each with a sigmoid of its own; any number of labels holds.
    Labels,
    /// No probability: a regression or a ranking.
    Identity,
}

impl Link {
    /// By the loss that training minimised. A loss of the owner's own, or none, is taken as CatBoost takes it: by
    /// dimension.
    fn of(loss: &str, dimension: usize) -> Self {
        match loss {
            "Logloss" | "CrossEntropy" | "Focal" => Self::Sigmoid,
            "MultiClass" => Self::Softmax,
            "MultiClassOneVsAll" => Self::OneVersusAll,
            "MultiLogloss" | "MultiCrossEntropy" => Self::Labels,
            "" | "PythonUserDefinedPerObject" | "PythonUserDefinedMultiTarget" => {
                if dimension == 1 {
                    Self::Sigmoid
                } else {
                    Self::Softmax
                }
            }
            _ => Self::Identity,
        }
    }
}

/// Names and order of outputs, and how they become probabilities.
#[derive(Debug, PartialEq)]
pub(crate) struct Outputs {
    pub link: Link,
    /// Names of classes; none for [`Link::Identity`].
    pub classes: Vec<String>,
    /// The output of each dimension. Classes that training has not met have an output, −∞, but no dimension.
    pub of_dimension: Vec<usize>,
    /// How many outputs a row has.
    pub count: usize,
    /// The raw sum above which a row is in the second class.
    pub raw_threshold: f64,
    pub threshold: f64,
}

impl Outputs {
    pub(crate) fn of(about: &About, dimension: usize, allowance: &Allowance) -> Result<Self> {
        let link = Link::of(&about.loss(), dimension);
        if (link == Link::Sigmoid) != (dimension == 1) && link != Link::Identity {
            let loss = about.loss();
            return Err(damaged(format_args!(
                "its loss {:?} and its {dimension} dimensions do not match",
                excerpt(&loss)
            )));
        }
        let threshold = about.threshold();
        let mut outputs = Self {
            link,
            classes: Vec::new(),
            of_dimension: (0..dimension).collect(),
            count: dimension,
            raw_threshold: -(1.0 / threshold - 1.0).ln(),
            threshold,
        };
        let class_params = about.class_params();
        match link {
            Link::Identity if dimension == 1 => {}
            Link::Sigmoid => outputs.classes = two_classes(about)?,
            _ => {
                if let Some(params) = class_params {
                    outputs.spread(params, allowance)?;
                } else if link != Link::Identity {
                    outputs.classes = (0..dimension).map(|class| class.to_string()).collect();
                }
            }
        }
        if link == Link::Identity {
            outputs.classes.clear();
        }
        Ok(outputs)
    }

    /// Source: CatBoost's `TExternalLabelsHelper`.
    fn spread(&mut self, params: &ClassParams, allowance: &Allowance) -> Result<()> {
        let wrong = || damaged("its classes and its dimensions do not match");
        let declared = usize::try_from(params.classes_count).map_err(|_| wrong())?;
        let count = declared.max(params.class_names.len());
        let met = &params.class_to_label;
        if met.len() != self.of_dimension.len() {
            return Err(wrong());
        }
        if count == 0 {
            self.classes = met.iter().map(ToString::to_string).collect();
            return Ok(());
        }
        allowance.spend(count, 64).ok_or_else(wrong)?;
        self.classes = if params.class_names.is_empty() {
            (0..count).map(|class| class.to_string()).collect()
        } else {
            params.class_names.iter().map(|label| label.0.clone()).collect()
        };
        if self.classes.len() != count {
            return Err(wrong());
        }
        for (output, &label) in self.of_dimension.iter_mut().zip(met) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; checked below")]
            let class = label as usize;
            if class >= count {
                return Err(wrong());
            }
            *output = class;
        }
        self.count = count;
        Ok(())
    }
}

/// Source: CatBoost's `TFullModel::GetModelClassLabels`.
fn two_classes(about: &About) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if let Some(params) = about.class_params() {
        names.extend(params.class_names.iter().map(|label| label.0.clone()));
        if names.is_empty() && params.classes_count == 0 {
            names.extend(params.class_to_label.iter().map(ToString::to_string));
        }
    }
    if names.is_empty() {
        names.extend(about.trained_class_names().iter().map(|label| label.0.clone()));
    }
    if names.is_empty() {
        names.extend(["0", "1"].map(str::to_owned));
    }
    if names.len() == 2 { Ok(names) } else { Err(damaged("it has two classes, but not two names for them")) }
}

impl Outputs {
    /// Turns the raw outputs of rows into probabilities, in place. For [`Link::Sigmoid`], that of the second class.
    /// False, and nothing done, for [`Link::Identity`].
    pub(crate) fn probabilities(&self, raw: &mut [f64]) -> bool {
        match self.link {
            Link::Identity => {}
            Link::Sigmoid | Link::OneVersusAll | Link::Labels => {
                raw.iter_mut().for_each(|value| *value = 1.0 / (1.0 + (-*value).exp()));
            }
            Link::Softmax => raw.chunks_exact_mut(self.count.max(1)).for_each(softmax),
        }
        self.link != Link::Identity
    }

    /// The class of a row from its raw outputs; `None` where the model does not choose one.
    pub(crate) fn decision(&self, raw: &[f64]) -> Option<usize> {
        match (self.link, raw) {
            (Link::Sigmoid, [raw]) => Some(usize::from(*raw > self.raw_threshold)),
            (Link::Softmax | Link::OneVersusAll, [first, rest @ ..]) => {
                let mut best = (0, *first);
                for (&value, class) in rest.iter().zip(1..) {
                    if value > best.1 {
                        best = (class, value);
                    }
                }
                Some(best.0)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(entries: Vec<(&str, &str)>, dimension: usize) -> Result<Outputs> {
        let entries = entries.into_iter().map(|(key, value)| (key.as_bytes(), value.as_bytes())).collect();
        let allowance = Allowance::of(&[0; 1000]);
        Outputs::of(&About::of_entries(entries, &allowance)?, dimension, &allowance)
    }

    const LOGLOSS: (&str, &str) = ("params", r#"{"loss_function":{"type":"Logloss","params":{}}}"#);
    const MULTICLASS: (&str, &str) = ("loss_function", r#"{"type":"MultiClass"}"#);

    #[test]
    fn the_threshold_is_that_of_the_file() {
        let outputs = outputs(vec![LOGLOSS, ("binclass_probability_threshold", "0.3")], 1).unwrap();
        let edge = (0.3_f64 / 0.7).ln();
        assert_eq!((outputs.decision(&[edge + 1e-9]), outputs.decision(&[edge - 1e-9])), (Some(1), Some(0)));
        assert_eq!(outputs.classes, ["0", "1"]);
    }

    #[test]
    fn names_of_classes_are_texts_numbers_or_truth_values() {
        let named = |names: &str| {
            let params = format!(r#"{{"class_names":{names},"class_to_label":[0,1],"classes_count":0}}"#);
            outputs(vec![LOGLOSS, ("class_params", &params)], 1).map(|outputs| outputs.classes)
        };
        assert_eq!(named(r#"["no","yes"]"#).unwrap(), ["no", "yes"]);
        assert_eq!(named("[-1,2]").unwrap(), ["-1", "2"]);
        assert_eq!(named("[0.5,1.0]").unwrap(), ["0.5", "1"]);
        assert_eq!(named("[false,true]").unwrap(), ["False", "True"]);
        assert!(named(r#"["no","yes","perhaps"]"#).is_err());
    }

    #[test]
    fn classes_that_training_has_not_met_have_a_place() {
        let params = r#"{"class_names":[],"class_to_label":[0,2,4],"classes_count":5}"#;
        let outputs = outputs(vec![MULTICLASS, ("class_params", params)], 3).unwrap();
        assert_eq!((outputs.count, &outputs.of_dimension[..]), (5, &[0, 2, 4][..]));
        assert_eq!(outputs.classes, ["0", "1", "2", "3", "4"]);
        assert_eq!(
            outputs.decision(&[0.1, f64::NEG_INFINITY, 0.3, f64::NEG_INFINITY, 0.3]),
            Some(2),
            "the first of equals"
        );
    }

    #[test]
    fn classes_that_contradict_the_trees_are_refused() {
        for params in [
            r#"{"class_to_label":[0,1],"classes_count":3}"#,
            r#"{"class_to_label":[0,1,7],"classes_count":3}"#,
            r#"{"class_to_label":[0,1,2],"classes_count":4000000000}"#,
            r#"{"class_names":["a"],"class_to_label":[0,1,2],"classes_count":3}"#,
        ] {
            assert!(outputs(vec![MULTICLASS, ("class_params", params)], 3).is_err(), "{params}");
        }
        assert!(outputs(vec![LOGLOSS], 3).is_err() && outputs(vec![MULTICLASS], 1).is_err());
    }
}
