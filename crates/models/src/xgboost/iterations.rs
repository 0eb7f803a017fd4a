//! Which boosting iterations of a model are used, and so which trees.

use crate::{
    error::Result,
    options::Iterations,
    xgboost::{
        parts::BoosterParts,
        refusal::{damaged, unsupported},
    },
};

/// What a file says about early stopping.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EarlyStopping {
    /// The best iteration, counted from 0.
    pub best: Option<usize>,
    /// Whether the scikit-learn wrapper saved the model. It predicts with the iterations up to the best one, whereas
    /// `Booster.predict` uses all.
    pub is_scikit_learn: bool,
}

/// The trees to use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SelectedTrees {
    /// Number of trees, from the first one on.
    pub trees: usize,
    /// A sentence for the user, if the file leaves the choice open.
    pub note: Option<String>,
}

/// Where the trees of each iteration end.
struct Ends<'b> {
    starts: &'b [i64],
    trees: usize,
    /// Trees per iteration, for files without `starts`.
    step: usize,
}

impl Ends<'_> {
    fn iterations(&self) -> usize {
        match self.starts {
            [] => self.trees / self.step,
            starts => starts.len() - 1,
        }
    }

    fn trees_of(&self, iterations: usize) -> Option<usize> {
        match self.starts {
            [] => iterations.checked_mul(self.step).filter(|trees| *trees <= self.trees),
            starts => starts.get(iterations).and_then(|trees| usize::try_from(*trees).ok()),
        }
    }
}

/// Selects trees. `outputs`: number of trees per iteration, if the model does not grow several at once.
pub(crate) fn select(
    booster: &BoosterParts,
    trees: usize,
    outputs: usize,
    stopping: EarlyStopping,
    wanted: Iterations,
) -> Result<SelectedTrees> {
    let starts = &booster.iteration_starts[..];
    let ends_well = match starts {
        [] => true,
        [0, ..] => starts.is_sorted() && starts.last().is_some_and(|last| usize::try_from(*last) == Ok(trees)),
        _ => false,
    };
    if !ends_well {
        return Err(damaged("its iterations and its trees do not match"));
    }
    let step = outputs.saturating_mul(booster.parallel_trees.max(1)).max(1);
    let ends = Ends { starts, trees, step };
    let all = ends.iterations();
    let best = stopping.best.and_then(|best| best.checked_add(1)).filter(|best| *best <= all);
    let (count, note) = match (wanted, best) {
        (Iterations::First(count), _) if (1..=all).contains(&count) => (count, None),
        (Iterations::First(count), _) => {
            return Err(unsupported(format_args!("has {all} iterations, but its options ask for the first {count}")));
        }
        (Iterations::Best, Some(best)) => (best, None),
        (Iterations::Best, None) => {
            return Err(unsupported(
                "does not say which iteration is the best, because it was trained without early stopping; leave out \
                 `iterations: best`",
            ));
        }
        (Iterations::AsLibrary, Some(best)) if best < all && stopping.is_scikit_learn => {
            let note = format!(
                "uses the first {best} of {all} iterations, up to the best one, as XGBoost's scikit-learn wrapper does; \
                 `Booster.predict` uses all (`iterations: all`)"
            );
            (best, Some(note))
        }
        (Iterations::AsLibrary, Some(best)) if best < all => {
            let note = format!(
                "uses all {all} iterations, as `Booster.predict` does, although early stopping found the first {best} \
                 to be the best (`iterations: best`)"
            );
            (all, Some(note))
        }
        (Iterations::AsLibrary | Iterations::All, _) => (all, None),
    };
    // Without a list of iterations, all trees of the file belong to one.
    let trees =
        if count == all { trees } else { ends.trees_of(count).ok_or_else(|| damaged("an iteration is missing"))? };
    Ok(SelectedTrees { trees, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select_of(starts: &[i64], trees: usize, stopping: EarlyStopping, wanted: Iterations) -> Result<SelectedTrees> {
        let booster = BoosterParts { iteration_starts: starts.to_vec(), parallel_trees: 2, ..BoosterParts::default() };
        select(&booster, trees, 3, stopping, wanted)
    }

    const STOPPED: EarlyStopping = EarlyStopping { best: Some(1), is_scikit_learn: true };
    const BOOSTER: EarlyStopping = EarlyStopping { best: Some(1), is_scikit_learn: false };
    const NEVER: EarlyStopping = EarlyStopping { best: None, is_scikit_learn: true };

    #[test]
    fn the_wrapper_stops_after_the_best_iteration_and_the_booster_does_not() {
        for starts in [&[][..], &[0, 6, 12, 18]] {
            let selected = |stopping, wanted| select_of(starts, 18, stopping, wanted).unwrap();
            let wrapper = selected(STOPPED, Iterations::AsLibrary);
            assert_eq!(wrapper.trees, 12);
            assert!(wrapper.note.unwrap().starts_with("uses the first 2 of 3 iterations"));
            let booster = selected(BOOSTER, Iterations::AsLibrary);
            assert_eq!(booster.trees, 18);
            assert!(booster.note.unwrap().starts_with("uses all 3 iterations"));
            for (stopping, wanted, trees) in [
                (NEVER, Iterations::AsLibrary, 18),
                (STOPPED, Iterations::All, 18),
                (BOOSTER, Iterations::Best, 12),
                (NEVER, Iterations::First(1), 6),
            ] {
                assert_eq!(selected(stopping, wanted), SelectedTrees { trees, note: None }, "{wanted:?}");
            }
        }
    }

    #[test]
    fn iterations_that_the_file_does_not_have_are_refused() {
        for wanted in [Iterations::First(0), Iterations::First(4), Iterations::First(usize::MAX)] {
            let error = select_of(&[0, 6, 12, 18], 18, STOPPED, wanted).unwrap_err().to_string();
            assert!(error.contains("has 3 iterations"), "{error}");
        }
        let error = select_of(&[], 18, NEVER, Iterations::Best).unwrap_err().to_string();
        assert!(error.contains("trained without early stopping"), "{error}");
    }

    #[test]
    fn iterations_that_do_not_end_with_the_trees_are_refused() {
        for starts in [&[0, 6][..], &[1, 18], &[0, 20, 18], &[0, -1, 18], &[18]] {
            assert!(select_of(starts, 18, NEVER, Iterations::All).is_err(), "{starts:?}");
        }
    }
}
