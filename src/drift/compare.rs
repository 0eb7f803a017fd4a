//! Reference and window profile → [`Drift`].

use vigie_profile::{
    layout::{Layout, Precision, Shape},
    profile::{Counts, Profile},
};
use vigie_stats::{self, EmptyBins, chance, proportion};

use super::{BinCount, FeatureDrift, Psi, Refused, Step, categorical, histogram, numeric};
use crate::reference::{Reference, on_cores};

/// The distances of all features and of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    pub n_reference: u64,
    /// Used rows of the window.
    pub n_window: u64,
    /// In the reference's order.
    pub features: Vec<FeatureDrift>,
    pub score: Option<ScoreDrift>,
}

/// The score's distances, as those of a numeric feature, and the decisions that follow from it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreDrift {
    pub distance: FeatureDrift,
    pub refused: Refused,
    /// In equal steps from 0 to 1.
    pub histogram: Vec<Step>,
}

/// Measures a window against its reference. Fails when they were not counted on the same layout, or the reference is damaged.
pub fn compare(reference: &Reference, window: &Profile, empty: EmptyBins, threshold: f64) -> Result<Drift, String> {
    let layout = reference.layout();
    window.is_on(layout.id())?;
    let mut features = features(layout, reference.profile(), window, empty);
    let mut score = match (layout.score(), reference.profile().score(), window.score()) {
        (Some(cells), Some(ours), Some(theirs)) => Some(ScoreDrift {
            distance: numeric::compare("score", cells, ours, theirs, Precision::F64, empty),
            refused: refused(reference, window, threshold)?,
            histogram: histogram::histogram(cells, ours, theirs),
        }),
        _ => None,
    };
    if reference.provenance().reduced {
        features.iter_mut().chain(score.as_mut().map(|score| &mut score.distance)).for_each(FeatureDrift::psi_only);
    }
    Ok(Drift { n_reference: reference.profile().rows(), n_window: window.rows(), features, score })
}

/// The distances of all features of a layout between two counts on it.
pub(super) fn features(layout: &Layout, ours: &Profile, theirs: &Profile, empty: EmptyBins) -> Vec<FeatureDrift> {
    let (ours, theirs) = (ours.features(), theirs.features());
    let one = |number: usize| {
        let feature = layout.features().get(number)?;
        match (&feature.shape, ours.get(number)?, theirs.get(number)?) {
            (Shape::Numeric(cells), Counts::Numeric(ours), Counts::Numeric(theirs)) => {
                Some(numeric::compare(&feature.name, cells, ours, theirs, layout.precision(), empty))
            }
            (Shape::Categorical(levels), Counts::Categorical(ours), Counts::Categorical(theirs)) => {
                Some(categorical::compare(&feature.name, levels, ours, theirs, empty))
            }
            _ => None,
        }
    };
    on_cores(layout.features().len(), 8, &one).into_iter().flatten().collect()
}

fn refused(reference: &Reference, window: &Profile, threshold: f64) -> Result<Refused, String> {
    let scored = window.score().map_or(0, vigie_profile::profile::CellCounts::present);
    if reference.provenance().reduced {
        // Bins do not say on which side of the threshold a score was.
        return Ok(Refused { reference: None, window: share(window.refused(), scored), p_value: None });
    }
    let (rows, refused) = reference.refused(threshold).ok_or_else(|| reference.damaged())?;
    Ok(Refused {
        reference: share(refused, rows),
        window: share(window.refused(), scored),
        p_value: proportion::two_proportions(refused, rows, window.refused(), scored),
    })
}

/// `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// PSI over the bins, each told what it adds; bins empty on both sides are left out.
pub(super) fn psi(bins: &mut Vec<BinCount>, empty: EmptyBins) -> Psi {
    let reference: Vec<u64> = bins.iter().map(|bin| bin.reference).collect();
    let window: Vec<u64> = bins.iter().map(|bin| bin.window).collect();
    let places: Vec<vigie_stats::Place> = bins.iter().map(|bin| bin.kind.place()).collect();
    let law = chance::chance(&reference, &window, &places, empty);
    for (bin, contribution) in bins.iter_mut().zip(vigie_stats::psi::contributions(&reference, &window, empty)) {
        bin.contribution = contribution;
    }
    bins.retain(|bin| bin.reference > 0 || bin.window > 0);
    Psi {
        value: vigie_stats::psi::psi(&reference, &window, empty),
        critical: law.critical,
        p_value: law.p_value,
        p_bins: law.bins,
    }
}
