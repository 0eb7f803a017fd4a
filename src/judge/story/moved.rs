//! Why a numeric feature's values moved: features that are related to it in the reference move along if the applicants changed,
//! and stand still if only this feature did.

use std::collections::{BTreeMap, BTreeSet};

use vigie_profile::layout::Kind;
use vigie_stats::normal_score;

use super::{StoryCase, StoryReason, StorySide, companion::explains_levels, group::Suspect};
use crate::drift::{Change, FeatureDrift, MeanShift};

/// Correlation of a feature that must move along, and of one that may be compared at all.
const CLOSE: f64 = 0.5;
const RELATED: f64 = 0.3;
/// Correlation from which a move may be part of another's.
const TIED: f64 = 0.1;
/// Number of close features that may prove that the applicants did not change.
const WITNESSES: usize = 3;
/// A witness stands still if it moved by less than this part of what its correlation leads to expect.
const STILL: f64 = 0.5;
/// Related features move along if they moved by more than this part, on average.
const ALONG: f64 = 0.2;
/// Largest standard error of that average with which it says anything.
const MAX_ERROR: f64 = 0.25;
/// A move may be part of another's if it is at most this many times what their correlation leads to expect.
const MOST_OF_EXPECTED: f64 = 3.0;
/// Least part of a gap that a move must explain, and the most that it may leave over: a part of the gap, or so many errors.
const EXPLAINED: f64 = 0.3;
const LEFT_OVER: f64 = 0.4;
const LEFT_OVER_ERRORS: f64 = 2.6;
/// Factors that differ by less may be one: the median of 700 amounts is off by a few percent. Features with one factor prove
/// nothing about each other, because prices, a currency and other applicants move them alike.
const MAYBE_SAME_FACTOR: f64 = 1.15;
/// Number of features that a reason names.
const MAX_NAMED: usize = 3;

/// How far every numeric feature moved, and which of them may be compared.
pub(super) struct Moves<'a> {
    case: &'a StoryCase<'a>,
    shifts: BTreeMap<usize, MeanShift>,
    /// Features with a finding, and the factors of those that are multiplied by one.
    suspects: BTreeSet<usize>,
    factors: BTreeMap<usize, f64>,
    /// Categorical features with a finding, of which only the shares of levels changed.
    levels: Vec<usize>,
}

impl<'a> Moves<'a> {
    /// Features that changed in a way of their own, such as a unit, prove nothing about others.
    pub(super) fn new(case: &'a StoryCase<'a>, suspects: &[Suspect<'_>]) -> Self {
        let broken: BTreeSet<usize> =
            suspects.iter().filter(|suspect| !suspect.kind().is_move()).map(|suspect| suspect.index).collect();
        let features = case.drift.features.iter().enumerate().filter(|(index, _)| !broken.contains(index));
        let shifts = features.filter_map(|(index, drift)| Some((index, drift.mean_shift()?))).collect();
        let factors = suspects.iter().filter_map(|suspect| match suspect.change {
            Change::Factor { factor } => Some((suspect.index, factor)),
            _ => None,
        });
        let is_of_levels = |suspect: &&Suspect<'_>| suspect.drift.kind == Kind::Categorical && suspect.kind().is_move();
        let levels = suspects.iter().filter(is_of_levels).map(|suspect| suspect.index);
        Self {
            case,
            shifts,
            suspects: suspects.iter().map(|suspect| suspect.index).collect(),
            factors: factors.collect(),
            levels: levels.collect(),
        }
    }

    /// Returns how far a feature moved, without a sign.
    pub(super) fn size(&self, feature: usize) -> f64 {
        self.shifts.get(&feature).map_or(0.0, |shift| shift.value.abs())
    }

    /// Related features whose moves can be compared, strongest first, with their correlation and shift.
    fn related(&self, feature: usize) -> Vec<(usize, f64, MeanShift)> {
        let related = (self.case.related)(feature).into_iter().filter(|(_, correlation)| correlation.abs() >= RELATED);
        related.filter_map(|(other, correlation)| Some((other, correlation, *self.shifts.get(&other)?))).collect()
    }

    fn name(&self, feature: usize) -> String {
        self.case.drift.features.get(feature).map(|drift| drift.name.clone()).unwrap_or_default()
    }

    /// Returns what caused the move of a feature, and why. If numbers do not tell, levels may: nothing but other applicants changes
    /// the shares of levels as the move of a number leads to expect.
    pub(super) fn side(&self, feature: usize) -> (StorySide, StoryReason) {
        match self.side_by_numbers(feature) {
            (StorySide::Unknown, reason) => match self.companions(feature) {
                features if features.is_empty() => (StorySide::Unknown, reason),
                features => (StorySide::Population, StoryReason::MovedAlong { features }),
            },
            known => known,
        }
    }

    /// Returns what caused the moves of features that share a factor, and why: other applicants if levels show it for one of them,
    /// and the others may follow it.
    pub(super) fn side_of_shared(&self, features: &[Suspect<'_>]) -> (StorySide, StoryReason) {
        let mut leads: Vec<&Suspect<'_>> = features.iter().collect();
        leads.sort_by(|a, b| {
            self.size(b.index).total_cmp(&self.size(a.index)).then_with(|| a.drift.name.cmp(&b.drift.name))
        });
        let is_followed =
            |lead: usize| features.iter().all(|other| other.index == lead || self.may_follow(other.index, lead));
        let found = leads.iter().find_map(|lead| {
            let features = self.companions(lead.index);
            (!features.is_empty() && is_followed(lead.index)).then_some(features)
        });
        match found {
            Some(features) => (StorySide::Population, StoryReason::MovedAlong { features }),
            None => (StorySide::Unknown, StoryReason::SharedFactor),
        }
    }

    /// Names of categorical features with a finding whose shares of levels a move explains: at most three.
    fn companions(&self, feature: usize) -> Vec<String> {
        let explained = self.levels.iter().filter(|levels| {
            let drift = self.case.drift.features.get(**levels);
            drift.is_some_and(|drift| self.explains_levels(feature, (**levels, drift)))
        });
        let mut names: Vec<String> = explained.map(|levels| self.name(*levels)).collect();
        names.sort_unstable();
        names.truncate(MAX_NAMED);
        names
    }

    fn side_by_numbers(&self, feature: usize) -> (StorySide, StoryReason) {
        let related = self.related(feature);
        let Some(own) = self.shifts.get(&feature).filter(|_| !related.is_empty()) else {
            return (StorySide::Unknown, StoryReason::NoRelative);
        };
        if own.value.abs() < 3.0 * own.error {
            // The shape changed, and the mean did not.
            return (StorySide::Unknown, StoryReason::Mixed);
        }
        let close = related.iter().filter(|(_, correlation, _)| correlation.abs() >= CLOSE).take(WITNESSES);
        for (other, correlation, shift) in close {
            let expected = correlation * own.value;
            let error = shift.error / expected.abs();
            if shift.value / expected + 3.0 * error < STILL {
                return (StorySide::Pipeline, StoryReason::StoodStill { feature: self.name(*other) });
            }
        }
        self.along(feature, own, &related)
    }

    /// Whether related features moved along, on average: those without a finding, if there are any.
    fn along(&self, feature: usize, own: &MeanShift, related: &[(usize, f64, MeanShift)]) -> (StorySide, StoryReason) {
        let is_quiet = |other: &usize| !self.suspects.contains(other);
        let has_quiet = related.iter().any(|(other, ..)| is_quiet(other));
        let is_compared = |other: &usize| if has_quiet { is_quiet(other) } else { !self.share_factor(feature, *other) };
        let compared: Vec<_> = related.iter().filter(|(other, ..)| is_compared(other)).collect();
        if compared.is_empty() {
            return (StorySide::Unknown, StoryReason::SharedFactor);
        }
        let weight: f64 = compared.iter().map(|(_, correlation, _)| correlation * correlation).sum();
        let along: f64 = compared.iter().map(|(_, correlation, shift)| correlation * shift.value).sum();
        let (share, error) = (along / (own.value * weight), own.error / (own.value.abs() * weight.sqrt()));
        // An undefined error is too large.
        let is_precise = error <= MAX_ERROR;
        if !is_precise {
            return (StorySide::Unknown, StoryReason::TooFewRows);
        }
        if share - 2.0 * error <= ALONG {
            return (StorySide::Unknown, StoryReason::Mixed);
        }
        let named = compared.iter().take(MAX_NAMED).map(|(other, ..)| self.name(*other)).collect();
        (StorySide::Population, StoryReason::MovedAlong { features: named })
    }

    /// Returns whether two features may be multiplied by one factor.
    fn share_factor(&self, one: usize, other: usize) -> bool {
        let ratio = self.factors.get(&one).zip(self.factors.get(&other)).map(|(one, other)| one / other);
        ratio.is_some_and(|ratio| (1.0 / MAYBE_SAME_FACTOR..=MAYBE_SAME_FACTOR).contains(&ratio))
    }

    /// Returns whether the move of `feature` may be part of that of `lead`: in the direction that their correlation leads to
    /// expect, and not much farther. A larger move has a cause of its own.
    pub(super) fn may_follow(&self, feature: usize, lead: usize) -> bool {
        let correlation = (self.case.related)(lead).into_iter().find(|(other, _)| *other == feature);
        let own = self.case.drift.features.get(feature).and_then(FeatureDrift::mean_shift);
        let (Some((_, correlation)), Some(own), Some(leading)) = (correlation, own, self.shifts.get(&lead)) else {
            return false;
        };
        let expected = correlation * leading.value;
        correlation.abs() >= TIED
            && own.value * expected > 0.0
            && own.value.abs() <= MOST_OF_EXPECTED * expected.abs() + 3.0 * own.error
    }

    /// Returns whether the move of `lead` explains the shares of a categorical feature's levels.
    pub(super) fn explains_levels(&self, lead: usize, feature: (usize, &FeatureDrift)) -> bool {
        let shift = self.shifts.get(&lead);
        shift.is_some_and(|shift| explains_levels(self.case, (lead, shift), feature))
    }

    /// Returns whether the move of `lead` explains that a group of features is missing more often or less often; `None` if that is
    /// not known. They are missing in the same rows, so the means over the group decide, and its errors do not cancel out.
    ///
    /// The missing share is taken to change with the mean of the lead's normal scores as it does among the reference's rows. That is
    /// a straight line, which a share near 0 leaves, so a smaller change than expected is explained, too. If the reference does not
    /// show how the two go together, the move explains no more than if the rows with the largest scores had been those without
    /// a value.
    pub(super) fn explains_missing(&self, lead: usize, group: &[Suspect<'_>]) -> Option<bool> {
        let shift = self.shifts.get(&lead)?;
        let one = |suspect: &Suspect<'_>| self.missing_move((lead, shift), (suspect.index, suspect.drift));
        let all = group.iter().map(one).collect::<Option<Vec<MissingMove>>>()?;
        if all.iter().any(|one| one.is_impossible) {
            return Some(false);
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of features")]
        let mean = |sum: f64| sum / all.len() as f64;
        let moved = mean(all.iter().map(|one| one.moved).sum());
        let error = mean(all.iter().map(|one| one.error).sum());
        let expected = mean(all.iter().map(|one| one.expected).sum::<Option<f64>>()?);
        let is_enough = expected * moved > 0.0 && expected.abs() >= EXPLAINED * moved.abs();
        let is_too_much = moved.abs() < EXPLAINED * expected.abs();
        let left_over = if expected.abs() > moved.abs() && !is_too_much { 0.0 } else { (moved - expected).abs() };
        Some(is_enough && left_over <= (LEFT_OVER * moved.abs()).max(LEFT_OVER_ERRORS * error))
    }

    fn missing_move(
        &self,
        (lead, shift): (usize, &MeanShift),
        (feature, drift): (usize, &FeatureDrift),
    ) -> Option<MissingMove> {
        let (from, to) = match drift.kind {
            Kind::Numeric => drift.missing.reference_share.zip(drift.missing.window_share)?,
            // A word may stand for missing levels.
            Kind::Categorical => drift.rows_without_value().shares(),
        };
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let rows = |count: u64| (count as f64).max(1.0);
        let (moved, variance) = (to - from, from * (1.0 - from));
        let error = (to * (1.0 - to) / rows(drift.n_window) + variance / rows(drift.n_reference)).sqrt();
        let expected = (self.case.missing_with)(lead, feature)
            .map(|correlation| (from + correlation * variance.sqrt() * shift.value).clamp(0.0, 1.0) - from);
        let at_least_one = from.max(1.0 / rows(drift.n_reference));
        let most = normal_score::share_up_to(normal_score::quantile(at_least_one) + shift.value.abs());
        Some(MissingMove {
            moved,
            expected,
            error,
            is_impossible: expected.is_none() && to - most > LEFT_OVER_ERRORS * error,
        })
    }
}

/// Change of a missing share.
struct MissingMove {
    moved: f64,
    /// What the move of another feature leads to expect, if that is known.
    expected: Option<f64>,
    /// Standard error of `moved`.
    error: f64,
    /// Whether no such move can lead to so many missing values.
    is_impossible: bool,
}
