//! Which rows are compared with a model, and how their logged scores are read.

use arrow_array::Array;
use vigie_stats::Price;

use super::context::RunContext;
use crate::{
    engine::KeyedRows,
    judge::ParityOf,
    replay::{FeatureSegments, ParityOptions, Rescorer, ScoreKind, ScorePrice, Shift, ShiftTally},
    source::Scaled,
};

/// Where a record has the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoggedScore {
    /// The score or prediction of the record.
    Own,
    /// The probability of this class, by the order of the config's names.
    Class(usize),
}

/// Which rows are compared, how logged scores are read, and what decisions cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ParityRequest {
    pub rows: ParityOf,
    pub options: ParityOptions,
    logged: LoggedScore,
    price: ScorePrice,
}

impl ParityRequest {
    /// `None` where the config maps no score of the kind that the model has. `class`: the one whose probability it is, if the
    /// model has several.
    pub(crate) fn new(run: &RunContext<'_>, model: &Rescorer, class: Option<&str>, rows: ParityOf) -> Option<Self> {
        let (options, fields) = (&run.settings.model, &run.settings.source.fields);
        let of_class = || fields.probabilities.as_ref()?.keys().position(|name| Some(name.as_str()) == class);
        let (logged, scale, rule) = match (model.scoring().kind(), &fields.probability, &fields.prediction) {
            (ScoreKind::Probability, Some(field), _) => (LoggedScore::Own, Scaled::scale(field), Some(options.rule())),
            (ScoreKind::Probability, None, _) => (LoggedScore::Class(of_class()?), 1.0, None),
            (ScoreKind::Prediction, _, Some(field)) => (LoggedScore::Own, Scaled::scale(field), None),
            (ScoreKind::Prediction, _, None) => return None,
        };
        Some(Self {
            rows,
            options: ParityOptions { rule, scale, tolerance: model.scoring().promise().tolerance },
            logged,
            price: ScorePrice {
                of_error: Price {
                    false_negative: options.cost.false_negative,
                    false_positive: options.cost.false_positive,
                },
                high_score: options.high_score(),
            },
        })
    }

    /// Whether decisions follow from the scores, so that another model's can be compared with them.
    pub(crate) fn has_decisions(&self) -> bool {
        self.options.rule.is_some()
    }

    /// The logged score of each row.
    pub(crate) fn logged(&self, keyed: &KeyedRows) -> Vec<Option<f64>> {
        match self.logged {
            LoggedScore::Own => match &keyed.rows.probability {
                Some(scores) => scores.iter().collect(),
                None => vec![None; keyed.rows.len],
            },
            LoggedScore::Class(class) => keyed.classes.iter().map(|classes| classes.get(class).copied()).collect(),
        }
    }

    /// Whether each row was refused as logged; `None` where it is not known.
    pub(crate) fn refused(keyed: &KeyedRows, row: usize) -> Option<bool> {
        let refused = keyed.rows.refused.as_ref()?;
        refused.is_valid(row).then(|| refused.value(row))
    }

    pub(crate) fn finish(self, run: &RunContext<'_>, shift: &ShiftTally, segments: &[FeatureSegments]) -> Shift {
        shift.finish(run.reference.layout(), segments, self.price, run.settings.policy.empty_bins)
    }
}
