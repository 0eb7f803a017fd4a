//! Each segment of a window against the reference's own rows of that segment, and against the other segments.

use vigie_profile::{
    layout::Precision,
    profile::Profile,
    segment::{SegmentTally, Segments},
};
use vigie_stats::{EmptyBins, Interval, proportion};

use super::{
    FeatureDrift, Refused,
    compare::{features, share},
    numeric,
};
use crate::{fault::Result, reference::Reference};

/// Why a segment is not compared with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Fewer rows than the config asks for.
    TooFew,
    /// The reference was learnt without this segment.
    NotLearnt,
    /// Fewer rows in the reference than the config asks for.
    TooFewLearnt,
}

/// How often a segment is accepted, beside how often others are.
#[derive(Debug, Clone, PartialEq)]
pub struct Disparity {
    /// The segment of the same column that is accepted most often; `None`: all rows outside.
    pub against: Option<String>,
    /// Share accepted of the segment, as a part of the other's: the four-fifths rule asks for 0.8.
    pub ratio: Interval,
    /// How often chance alone would take two shares as far apart; times the segments that might have been accepted most often.
    pub p_value: Option<f64>,
}

/// One segment of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentDrift {
    pub name: String,
    /// The column whose level it is.
    pub by: Option<String>,
    pub definition: String,
    pub rows: u64,
    /// Of the segment's rows in the reference and now.
    pub refused: Refused,
    /// `None` with too few rows, alone in its column, or where nobody is accepted.
    pub disparity: Option<Disparity>,
    /// The score's distance from the reference's rows of the same segment.
    pub score: Option<FeatureDrift>,
    /// Of the most important features, likewise.
    pub features: Vec<FeatureDrift>,
    /// Why there is neither.
    pub lack: Option<Lack>,
}

/// All segments of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmented {
    pub list: Vec<SegmentDrift>,
    /// Used rows of the window.
    pub rows: u64,
    pub min_rows: u64,
    /// Columns with more levels than are watched, and how many more.
    pub left_out: Vec<(String, usize)>,
}

/// Measures the segments of a window.
pub fn segmented(
    segments: &Segments,
    tally: &SegmentTally,
    window: &Profile,
    reference: &Reference,
    (min_rows, threshold, empty): (u64, f64, EmptyBins),
) -> Result<Segmented> {
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
            lack: None,
        };
        let own = reference.segment(&segment.definition, segments.layout())?;
        drift.lack = match &own {
            _ if profile.rows() < min_rows => Some(Lack::TooFew),
            None => Some(Lack::NotLearnt),
            Some(own) if own.profile.rows() < min_rows => Some(Lack::TooFewLearnt),
            Some(_) => None,
        };
        if let Some(own) = own.filter(|own| own.profile.rows() > 0) {
            let rows = own.scores.iter().map(|(_, rows)| rows).sum();
            let refused = own.scores.iter().filter(|(score, _)| *score >= threshold).map(|(_, rows)| rows).sum();
            drift.refused.reference = share(refused, rows);
            if drift.lack.is_none() {
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
    Ok(Segmented { list, rows: window.rows(), min_rows, left_out: segments.left_out().to_vec() })
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
    // Those that stand beside it, with enough rows to be an example to others.
    let beside: Vec<(&str, &Profile)> = segments
        .list()
        .iter()
        .zip(tally.profiles())
        .filter(|(other, profile)| other.by.as_ref() == Some(by) && profile.rows() >= min_rows)
        .map(|(other, profile)| (other.name.as_str(), profile))
        .collect();
    let is_more = |a: &Profile, b: &Profile| {
        u128::from(accepted(a)) * u128::from(b.rows()) > u128::from(accepted(b)) * u128::from(a.rows())
    };
    let (best, most) = beside.iter().copied().reduce(|best, one| if is_more(one.1, best.1) { one } else { best })?;
    if best == segment.name {
        return None;
    }
    against((accepted(most), most.rows()), Some(best.to_owned()), beside.len().saturating_sub(1))
}
