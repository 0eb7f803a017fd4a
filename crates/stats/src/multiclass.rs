//! Performance of class probabilities: AUC one-versus-rest and recall, by class and on average over classes.
//!
//! The averages are scikit-learn's `roc_auc_score(multi_class="ovr", average="macro")`, `balanced_accuracy_score` and
//! `accuracy_score`; the predicted class is the one with the highest probability, the first of equals.

use super::{Interval, Outcomes, ranking, real::length};

/// Performance of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassPerformance {
    /// Rows that are of this class.
    pub rows: u64,
    /// Rows that are predicted to be of this class.
    pub predicted: u64,
    /// How well its probability ranks its rows above the others; `None` unless both occur.
    pub auc: Option<f64>,
    /// Share of its rows that are predicted to be of it; `None` without such rows.
    pub recall: Option<Interval>,
    /// Share of the rows predicted to be of it that are; `None` without such rows.
    pub precision: Option<Interval>,
}

/// Performance over all classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Multiclass {
    pub rows: u64,
    /// Share of rows whose class is predicted.
    pub accuracy: Interval,
    /// Mean AUC over classes; `None` unless all have one.
    pub auc: Option<f64>,
    /// Mean recall over classes that occur.
    pub recall: f64,
    /// In the order of the probabilities.
    pub classes: Vec<ClassPerformance>,
}

impl Multiclass {
    /// Measures rows, each with the probability of every class and the index of its own, in any order. `None` without rows.
    #[must_use]
    pub fn new(rows: &[(Vec<f64>, usize)], classes: usize) -> Option<Self> {
        let predicted: Vec<usize> = rows.iter().map(|(probabilities, _)| highest(probabilities)).collect();
        let hits = || rows.iter().zip(&predicted).filter(|((_, own), predicted)| own == *predicted);
        let accuracy = Interval::wilson(length(hits().count()), length(rows.len()))?;
        let one = |class: usize| {
            let own = rows.iter().filter(|(_, own)| *own == class).count();
            let taken = predicted.iter().filter(|predicted| **predicted == class).count();
            let hits = hits().filter(|((_, own), _)| *own == class).count();
            let scores = rows
                .iter()
                .map(|(probabilities, own)| (probabilities.get(class).copied().unwrap_or(f64::NAN), *own == class));
            ClassPerformance {
                rows: own as u64,
                predicted: taken as u64,
                auc: ranking::auc(&Outcomes::from_rows(scores)),
                recall: Interval::wilson(length(hits), length(own)),
                precision: Interval::wilson(length(hits), length(taken)),
            }
        };
        let classes: Vec<ClassPerformance> = (0..classes).map(one).collect();
        let recalls: Vec<f64> = classes.iter().filter_map(|class| Some(class.recall?.value)).collect();
        let aucs: Option<Vec<f64>> = classes.iter().map(|class| class.auc).collect();
        Some(Self {
            rows: rows.len() as u64,
            accuracy,
            auc: aucs.filter(|aucs| !aucs.is_empty()).map(|aucs| mean(&aucs)),
            recall: mean(&recalls),
            classes,
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / length(values.len()).max(1.0)
}

/// The first of the highest.
fn highest(probabilities: &[f64]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, probability) in probabilities.iter().enumerate() {
        if *probability > best.1 {
            best = (class, *probability);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn classes_that_do_not_occur() {
        let rows = [(vec![0.6, 0.4, 0.0], 0), (vec![0.5, 0.5, 0.0], 1), (vec![0.1, 0.9, 0.0], 1)];
        let measured = Multiclass::new(&rows, 3).unwrap();
        assert_eq!((measured.auc, measured.recall), (None, 0.75));
        assert!((measured.accuracy.value - 2.0 / 3.0).abs() < 1e-15, "the first of equal probabilities is predicted");
        let last = measured.classes.last().unwrap();
        assert_eq!((last.rows, last.predicted, last.auc, last.recall, last.precision), (0, 0, None, None, None));
        assert_eq!(Multiclass::new(&[], 3), None);
    }

    proptest! {
        #[test]
        fn two_classes_are_the_binary_case(
            mut rows in prop::collection::vec((0..=20_u8, any::<bool>()), 2..60).prop_map(|rows| {
                rows.into_iter().map(|(twentieth, is)| (f64::from(twentieth) / 20.0, is)).collect::<Vec<_>>()
            }),
        ) {
            let both = |rows: &[(f64, bool)]| {
                let rows: Vec<_> = rows.iter().map(|(p, is)| (vec![1.0 - p, *p], usize::from(*is))).collect();
                Multiclass::new(&rows, 2).unwrap()
            };
            let measured = both(&rows);
            let binary = ranking::auc(&Outcomes::from_rows(rows.iter().copied()));
            prop_assert_eq!(measured.classes.last().unwrap().auc, binary);
            prop_assert!(measured.auc.zip(binary).is_none_or(|(ours, binary)| (ours - binary).abs() < 1e-12));
            rows.reverse();
            prop_assert_eq!(both(&rows), measured);
        }
    }
}
