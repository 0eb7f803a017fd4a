//! Compares a window's profile with the reference: [`Drift`].

use vigie_profile::{
    decision::DecisionRule,
    layout::{Layout, Precision, Shape},
    profile::{Counts, Profile},
};
use vigie_stats::{EmptyBins, proportion};

use super::{FeatureDrift, HistogramStep, Refused, categorical, histogram, numeric, psi::share};
use crate::reference::{Reference, join, map_on_cores};

/// Distances of all features and of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    pub n_reference: u64,
    /// Number of rows used in the window.
    pub n_window: u64,
    /// In the reference's order.
    pub features: Vec<FeatureDrift>,
    pub score: Option<ScoreDrift>,
}

/// Distances of the score, measured like a numeric feature, and the decisions that follow from it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreDrift {
    pub distance: FeatureDrift,
    pub refused: Refused,
    /// Row counts in equal steps from 0 to 1; empty for a predicted number.
    pub histogram: Vec<HistogramStep>,
}

/// Compares a window with its reference, whose rows `rule` decides. Fails if the two were not counted on the same layout, or if the reference is damaged.
pub fn compare(
    reference: &Reference,
    window: &Profile,
    empty: EmptyBins,
    rule: impl Into<DecisionRule>,
) -> Result<Drift, String> {
    let layout = reference.layout();
    window.check_layout(layout.id())?;
    let rule = rule.into();
    // The reference's scores are read from its file, which takes as long as comparing many features.
    let (score, mut features) = join(
        || compare_scores(reference, window, empty, rule),
        || features(layout, reference.profile(), window, empty),
    );
    let mut score = score?;
    if reference.provenance().reduced {
        features.iter_mut().chain(score.as_mut().map(|score| &mut score.distance)).for_each(FeatureDrift::psi_only);
    }
    Ok(Drift { n_reference: reference.profile().rows(), n_window: window.rows(), features, score })
}

/// Compares all features of a layout between two profiles counted on it.
pub(super) fn features(layout: &Layout, ours: &Profile, theirs: &Profile, empty: EmptyBins) -> Vec<FeatureDrift> {
    let (ours, theirs) = (ours.features(), theirs.features());
    let one = |index: usize| {
        let feature = layout.features().get(index)?;
        match (&feature.shape, ours.get(index)?, theirs.get(index)?) {
            (Shape::Numeric(cells), Counts::Numeric(ours), Counts::Numeric(theirs)) => {
                Some(numeric::compare(&feature.name, cells, ours, theirs, layout.precision(), empty))
            }
            (Shape::Categorical(levels), Counts::Categorical(ours), Counts::Categorical(theirs)) => {
                Some(categorical::compare(&feature.name, levels, ours, theirs, empty))
            }
            _ => None,
        }
    };
    map_on_cores(layout.features().len(), 8, &one).into_iter().flatten().collect()
}

/// `None` if the reference or the window has no scores.
fn compare_scores(
    reference: &Reference,
    window: &Profile,
    empty: EmptyBins,
    rule: DecisionRule,
) -> Result<Option<ScoreDrift>, String> {
    let (layout, profile) = (reference.layout(), reference.profile());
    let (Some(cells), Some(ours), Some(theirs)) = (layout.score(), profile.score(), window.score()) else {
        return Ok(None);
    };
    Ok(Some(ScoreDrift {
        distance: numeric::compare("score", cells, ours, theirs, Precision::F64, empty),
        refused: compare_refused(reference, window, rule)?,
        histogram: if reference.provenance().has_prediction() {
            Vec::new()
        } else {
            histogram::histogram(cells, ours, theirs)
        },
    }))
}

fn compare_refused(reference: &Reference, window: &Profile, rule: DecisionRule) -> Result<Refused, String> {
    if reference.provenance().has_prediction() {
        return Ok(Refused { reference: None, window: None, p_value: None });
    }
    let scored = window.score().map_or(0, vigie_profile::profile::CellCounts::present);
    if reference.provenance().reduced {
        // Bins do not show on which side of the threshold a score was.
        return Ok(Refused { reference: None, window: share(window.refused(), scored), p_value: None });
    }
    let (rows, refused) = reference.refused(rule).ok_or_else(|| reference.damaged_message())?;
    Ok(Refused {
        reference: share(refused, rows),
        window: share(window.refused(), scored),
        p_value: proportion::two_proportions(refused, rows, window.refused(), scored),
    })
}
