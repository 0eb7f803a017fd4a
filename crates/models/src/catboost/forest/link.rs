//! From raw outputs to probabilities and decisions, depending on the loss function of the model.

use super::{
    exponent::{exponential, softmax},
    model_info::{ClassParams, ModelInfo},
};
use crate::{
    allowance::Allowance,
    catboost::file::refusal::{damaged, excerpt},
    error::Result,
    link::Link,
};

/// The link of a loss function. If the loss is unknown or user-defined, depends on the dimension, as in CatBoost.
fn link_of_loss(loss: &str, dimension: usize) -> Link {
    match loss {
        "Logloss" | "CrossEntropy" | "Focal" => Link::Sigmoid,
        "MultiClass" => Link::Softmax,
        "MultiClassOneVsAll" => Link::OneVersusAll,
        "MultiLogloss" | "MultiCrossEntropy" => Link::Labels,
        // As `CatBoostRegressor.predict` does by default; `CatBoost.predict` returns raw outputs.
        "Poisson" | "Tweedie" if dimension == 1 => Link::Exp,
        "" | "PythonUserDefinedPerObject" | "PythonUserDefinedMultiTarget" => {
            if dimension == 1 {
                Link::Sigmoid
            } else {
                Link::Softmax
            }
        }
        _ => Link::Identity,
    }
}

/// Outputs of a model, its classes, and how they relate.
#[derive(Debug, PartialEq)]
pub(crate) struct Outputs {
    pub link: Link,
    /// Class names; none for [`Link::Identity`].
    pub classes: Vec<String>,
    /// The output of each dimension. A class that did not occur in training has an output, −∞, but no dimension.
    pub by_dimension: Vec<usize>,
    /// Number of outputs per row.
    pub count: usize,
    /// The raw output above which a row is in the second class.
    pub raw_threshold: f64,
    /// The probability above which a row is in the second class.
    pub threshold: f64,
}

impl Outputs {
    pub(crate) fn new(info: &ModelInfo, dimension: usize, allowance: &Allowance) -> Result<Self> {
        let link = link_of_loss(&info.loss(), dimension);
        let is_number = matches!(link, Link::Identity | Link::Exp);
        if (link == Link::Sigmoid) != (dimension == 1) && !is_number {
            let loss = info.loss();
            return Err(damaged(format_args!(
                "its loss {:?} and its {dimension} dimensions do not match",
                excerpt(&loss)
            )));
        }
        let threshold = info.threshold();
        let mut outputs = Self {
            link,
            classes: Vec::new(),
            by_dimension: (0..dimension).collect(),
            count: dimension,
            raw_threshold: -(1.0 / threshold - 1.0).ln(),
            threshold,
        };
        let class_params = info.class_params();
        match link {
            Link::Identity | Link::Exp if dimension == 1 => {}
            Link::Sigmoid => outputs.classes = two_classes(info)?,
            _ => {
                if let Some(params) = class_params {
                    outputs.assign_classes(params, allowance)?;
                } else if link != Link::Identity {
                    outputs.classes = (0..dimension).map(|class| class.to_string()).collect();
                }
            }
        }
        if is_number {
            outputs.classes.clear();
        }
        Ok(outputs)
    }

    /// Assigns the outputs of dimensions to the declared classes. Source: CatBoost's `TExternalLabelsHelper`.
    fn assign_classes(&mut self, params: &ClassParams, allowance: &Allowance) -> Result<()> {
        let wrong = || damaged("its classes and its dimensions do not match");
        let declared = usize::try_from(params.classes_count).map_err(|_| wrong())?;
        let count = declared.max(params.class_names.len());
        let trained = &params.class_to_label;
        if trained.len() != self.by_dimension.len() {
            return Err(wrong());
        }
        if count == 0 {
            self.classes = trained.iter().map(ToString::to_string).collect();
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
        for (output, &label) in self.by_dimension.iter_mut().zip(trained) {
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

/// The names of two classes. Source: CatBoost's `TFullModel::GetModelClassLabels`.
fn two_classes(info: &ModelInfo) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if let Some(params) = info.class_params() {
        names.extend(params.class_names.iter().map(|label| label.0.clone()));
        if names.is_empty() && params.classes_count == 0 {
            names.extend(params.class_to_label.iter().map(ToString::to_string));
        }
    }
    if names.is_empty() {
        names.extend(info.trained_class_names().iter().map(|label| label.0.clone()));
    }
    if names.is_empty() {
        names.extend(["0", "1"].map(str::to_owned));
    }
    if names.len() == 2 { Ok(names) } else { Err(damaged("it has two classes, but not two class names")) }
}

impl Outputs {
    /// Turns the raw outputs of rows into what the library predicts, in place: probabilities, of the second class for
    /// [`Link::Sigmoid`]; or numbers, and then returns false.
    pub(crate) fn probabilities(&self, raw: &mut [f64]) -> bool {
        match self.link {
            Link::Identity | Link::Probability | Link::Log1pExp | Link::SignedSquare => {}
            Link::Exp => raw.iter_mut().for_each(|value| *value = exponential(*value)),
            Link::Sigmoid | Link::OneVersusAll | Link::Labels => {
                raw.iter_mut().for_each(|value| *value = 1.0 / (1.0 + (-*value).exp()));
            }
            Link::Softmax => raw.chunks_exact_mut(self.count.max(1)).for_each(softmax),
        }
        !matches!(self.link, Link::Identity | Link::Exp)
    }

    /// The class of a row from its raw outputs; `None` if the model does not decide for one class.
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
        let allowance = Allowance::for_file(&[0; 1000]);
        Outputs::new(&ModelInfo::from_entries(entries, &allowance)?, dimension, &allowance)
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
    fn classes_absent_from_training_have_an_output() {
        let params = r#"{"class_names":[],"class_to_label":[0,2,4],"classes_count":5}"#;
        let outputs = outputs(vec![MULTICLASS, ("class_params", params)], 3).unwrap();
        assert_eq!((outputs.count, &outputs.by_dimension[..]), (5, &[0, 2, 4][..]));
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
