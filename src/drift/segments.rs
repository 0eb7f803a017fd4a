//! Compares each segment of a window with the reference's rows of the same segment, and with the other segments.

use vigie_profile::{
    decision::DecisionRule,
    layout::Precision,
    profile::Profile,
    segment::{SegmentTally, Segments},
};
use vigie_stats::{EmptyBins, Interval, proportion};

use super::{FeatureDrift, Refused, compare::features, numeric, psi::share};
use crate::{fault::Result, reference::Reference};

/// Why a segment is not compared with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCompared {
    /// Fewer rows than the config requires.
    TooFewRows,
    /// The reference was learnt without this segment.
    NotInReference,
    /// Fewer rows in the reference than the config requires.
    TooFewReferenceRows,
}

/// Acceptance rate of a segment compared with that of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Disparity {
    /// The segment of the same column with the highest acceptance rate; `None`: all rows outside the segment.
    pub against: Option<String>,
    /// The segment's acceptance rate divided by the other's: the four-fifths rule requires 0.8.
    pub ratio: Interval,
    /// Probability that chance alone separates two rates this far, times the number of candidates for the highest rate.
    pub p_value: Option<f64>,
}

/// One segment of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentDrift {
    pub name: String,
    /// The column of which the segment is a level.
    pub by: Option<String>,
    pub definition: String,
    pub rows: u64,
    /// Refusal rate of the segment, in the reference and in the window.
    pub refused: Refused,
    /// `None` if there are too few rows, if the segment is the only one of its column, or if no row is accepted.
    pub disparity: Option<Disparity>,
    /// Distance of the score from the reference's rows of the same segment.
    pub score: Option<FeatureDrift>,
    /// The same for the most important features.
    pub features: Vec<FeatureDrift>,
    /// Why `score` and `features` are absent.
    pub not_compared: Option<NotCompared>,
}

/// All segments of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentsDrift {
    pub list: Vec<SegmentDrift>,
    /// Number of rows used in the window.
    pub rows: u64,
    pub min_rows: u64,
    /// Columns with more levels than are monitored, and the number of levels left out.
    pub left_out: Vec<(String, usize)>,
}

/// Compares the segments of a window with the reference and with each other.
pub fn compare_segments(
    segments: &Segments,
    tally: &SegmentTally,
    window: &Profile,
    reference: &Reference,
    (min_rows, rule, empty): (u64, DecisionRule, EmptyBins),
) -> Result<SegmentsDrift> {
    let mut list = Vec::with_capacity(segments.list().len());
    for (segment, profile) in segments.list().iter().zip(tally.profiles()) {
        let mut drift = SegmentDrift {
            name: segment.name.clone(),
            by: segment.by.clone(),
            definition: segment.definition.clone(),
            rows: profile.rows(),
            refused: Refused { reference: None, window: share(profile.refused(), profile.rows()), p_value: None },
            disparity: disparity(segment, profile, segments, tally, (window, min_rows)),
            score: None,
            features: Vec::new(),
            not_compared: None,
        };
        let own = reference.segment(&segment.definition, segments.layout())?;
        drift.not_compared = match &own {
            _ if profile.rows() < min_rows => Some(NotCompared::TooFewRows),
            None => Some(NotCompared::NotInReference),
            Some(own) if own.profile.rows() < min_rows => Some(NotCompared::TooFewReferenceRows),
            Some(_) => None,
        };
        if let Some(own) = own.filter(|own| own.profile.rows() > 0) {
            let rows = own.scores.iter().map(|(_, rows)| rows).sum();
            let refused = own.scores.iter().filter(|(score, _)| rule.refuses(*score)).map(|(_, rows)| rows).sum();
            drift.refused.reference = share(refused, rows);
            if drift.not_compared.is_none() {
                let layout = segments.layout();
                drift.refused.p_value = proportion::two_proportions(refused, rows, profile.refused(), profile.rows());
                drift.features = features(layout, &own.profile, profile, empty);
                drift.score =
                    layout.score().zip(own.profile.score().zip(profile.score())).map(|(cells, (ours, theirs))| {
                        numeric::compare("score", cells, ours, theirs, Precision::F64, empty)
                    });
            }
        }
        list.push(drift);
    }
    Ok(SegmentsDrift { list, rows: window.rows(), min_rows, left_out: segments.left_out().to_vec() })
}

fn accepted(profile: &Profile) -> u64 {
    profile.rows().saturating_sub(profile.refused())
}

fn disparity(
    segment: &vigie_profile::segment::Segment,
    profile: &Profile,
    segments: &Segments,
    tally: &SegmentTally,
    (window, min_rows): (&Profile, u64),
) -> Option<Disparity> {
    if profile.rows() < min_rows {
        return None;
    }
    let against = |rows: (u64, u64), name: Option<String>, times: usize| {
        let ratio = proportion::ratio(accepted(profile), profile.rows(), rows.0, rows.1)?;
        let p_value = proportion::two_proportions(accepted(profile), profile.rows(), rows.0, rows.1);
        #[expect(clippy::cast_precision_loss, reason = "a number of segments")]
        Some(Disparity { against: name, ratio, p_value: p_value.map(|p| (p * times as f64).min(1.0)) })
    };
    let Some(by) = &segment.by else {
        let rest = window.rows().saturating_sub(profile.rows());
        let others = accepted(window).saturating_sub(accepted(profile));
        return if rest >= min_rows { against((others, rest), None, 1) } else { None };
    };
    // Segments of the same column with enough rows to compare with.
    let siblings: Vec<(&str, &Profile)> = segments
        .list()
        .iter()
        .zip(tally.profiles())
        .filter(|(other, profile)| other.by.as_ref() == Some(by) && profile.rows() >= min_rows)
        .map(|(other, profile)| (other.name.as_str(), profile))
        .collect();
    let is_accepted_more = |a: &Profile, b: &Profile| {
        u128::from(accepted(a)) * u128::from(b.rows()) > u128::from(accepted(b)) * u128::from(a.rows())
    };
    let (best, most) =
        siblings.iter().copied().reduce(|best, one| if is_accepted_more(one.1, best.1) { one } else { best })?;
    if best == segment.name {
        return None;
    }
    against((accepted(most), most.rows()), Some(best.to_owned()), siblings.len().saturating_sub(1))
}
