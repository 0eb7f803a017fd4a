//! How well a change of some rows explains a window: all of its values, and those that are rare in the reference.

use vigie_profile::sketch::ValueDistribution;
use vigie_stats::{Mixture, MixturePoint, RarePart, normal_score};

use super::distinct_values::DistinctValues;

/// Quantiles of the reference and of the window at which distributions are compared.
const REFERENCE_POINTS: u32 = 200;
const WINDOW_POINTS: u32 = 100;
/// Relative distance at which two values are the same: more than rounding to 32 bits, less than any two prices.
const ROUNDING: f64 = 2e-7;
/// Share of the rows that is nearly all.
const NEARLY_ALL: f64 = 0.9;
/// Share of the reference's values that are rare because they are small, and because they are large.
const RARE: f64 = 0.005;
/// Share of the changed values that are rare in the reference, if these alone are evidence.
const CLEAR: f64 = 0.9;
/// The same share, if the changed values are apart from the reference's at all.
const APART: f64 = 0.5;
/// Between the negative values and 0, also if divided by a factor.
const BELOW_ZERO: f64 = -1e-300;

/// What some of the rows may have become.
#[derive(Clone, Copy)]
pub(super) enum RowChange {
    /// Multiplied by a factor, in an unknown share of the rows or in this one.
    By { factor: f64, share: Option<f64> },
    /// One value, in this share of the rows.
    To { value: f64, share: f64 },
    /// Moved by an amount, in all rows.
    Plus { amount: f64 },
    /// Other ranks, in all rows: the normal scores moved by this much, as those of other applicants do.
    Ranks { by: f64 },
}

/// How well a change explains a window.
pub(super) struct ShapeFit {
    whole: Mixture,
    /// The values that are rare in the reference, if there are more of them.
    rare: Option<RarePart>,
    /// Whether the change explains more of all values than it leaves open, and the same of the rare ones.
    explains_whole: bool,
    explains_rare: bool,
    /// Share of the changed values that are rare in the reference.
    rare_share: f64,
}

/// Sides of a comparison.
#[derive(Clone, Copy)]
struct Sides<'a> {
    reference: &'a DistinctValues<'a>,
    window: &'a ValueDistribution,
    change: RowChange,
}

/// Where values are rare in the reference: up to `low` and above `high`, without zeros, which are zeros in any unit.
struct RareValues {
    low: f64,
    high: f64,
    /// Shares of zeros.
    zeros: MixturePoint,
}

impl ShapeFit {
    /// Fits the change. `None` if chance does not explain what it leaves open.
    pub(super) fn new(reference: &DistinctValues<'_>, window: &ValueDistribution, change: RowChange) -> Option<Self> {
        let sides = Sides { reference, window, change };
        let places = sides.places();
        let points: Vec<MixturePoint> = places.iter().map(|at| sides.at(*at)).collect();
        let whole = match change {
            RowChange::By { share: Some(share), .. } | RowChange::To { share, .. } => {
                Mixture::with_share(&points, share)
            }
            RowChange::Plus { .. } | RowChange::Ranks { .. } => Mixture::with_share(&points, 1.0),
            RowChange::By { share: None, .. } => Mixture::fit(&points)?,
        };
        let (n, m) = (reference.rows(), window.rows());
        if !whole.is_possible(n, m) {
            return None;
        }
        let explains_whole = whole.is_accepted(n, m);
        let mut fit = Self { whole, rare: None, explains_whole, explains_rare: false, rare_share: 0.0 };
        if let Some(values) = RareValues::new(&sides) {
            fit.compare_rare(&values, &sides, &places);
        }
        Some(fit)
    }

    fn compare_rare(&mut self, values: &RareValues, sides: &Sides<'_>, places: &[f64]) {
        let point = |at: &f64| values.without_zeros(*at, sides.at(*at));
        let below: Vec<MixturePoint> = places.iter().filter(|at| **at <= values.low).map(point).collect();
        let above: Vec<MixturePoint> = places.iter().filter(|at| **at > values.high).map(point).collect();
        let (low, high) = (point(&values.low), point(&values.high));
        // The share of a single value is one of all rows, zeros included.
        let share = match sides.change {
            RowChange::By { share, .. } => share,
            RowChange::Plus { .. } | RowChange::Ranks { .. } => Some(1.0),
            RowChange::To { .. } => None,
        };
        let (n, m) = (
            values_but_zeros(values.zeros.reference, sides.reference.rows()),
            values_but_zeros(values.zeros.window, sides.window.rows()),
        );
        self.rare = RarePart::fit(&below, &above, (low, high), share);
        self.explains_rare = self.rare.is_some_and(|rare| rare.is_accepted(n, m));
        self.rare_share = low.changed + 1.0 - high.changed;
    }

    /// Returns whether the change explains more than it leaves open. If a part of the rows changed, and not to values that the
    /// reference hardly has, other applicants would look alike.
    pub(super) fn is_explanation(&self) -> bool {
        let is_apart = |least: f64| self.explains_rare && self.rare_share >= least;
        is_apart(CLEAR) || self.explains_whole && (self.is_of_all_rows() || is_apart(APART))
    }

    pub(super) fn is_of_all_rows(&self) -> bool {
        self.whole.share >= NEARLY_ALL
    }

    pub(super) fn explains_whole(&self) -> bool {
        self.explains_whole
    }

    pub(super) fn explains_rare(&self) -> bool {
        self.explains_rare
    }

    /// Returns whether the change explains at least as much of all values as it leaves open.
    pub(super) fn explains_half(&self) -> bool {
        self.whole.reach >= self.whole.residual
    }

    /// Share of the rows that changed. Rare values show it without the sampling noise of the others.
    pub(super) fn share(&self) -> f64 {
        self.rare.filter(|_| self.explains_rare).map_or(self.whole.share, |rare| rare.share)
    }

    /// Largest distance between the window and the mixture: of all values, or of the rare ones, where it is infinite if there
    /// are no more of them than in the reference.
    pub(super) fn residual(&self, is_of_rare: bool) -> f64 {
        if is_of_rare { self.rare.map_or(f64::INFINITY, |rare| rare.residual) } else { self.whole.residual }
    }
}

impl Sides<'_> {
    /// The three distribution functions at a value.
    fn at(&self, value: f64) -> MixturePoint {
        let changed = match self.change {
            RowChange::By { factor, .. } => self.reference.multiplied_up_to(factor, value),
            RowChange::To { value: only, .. } => f64::from(u8::from(value >= only)),
            RowChange::Plus { amount } => self.reference.share_up_to(value - amount),
            RowChange::Ranks { by } => {
                normal_score::share_up_to(normal_score::quantile(self.reference.share_up_to(value)) - by)
            }
        };
        MixturePoint { window: self.window.share_up_to(value), reference: self.reference.share_up_to(value), changed }
    }

    /// Values at which the distributions are compared: quantiles of the reference, changed or not, and of the window.
    fn places(&self) -> Vec<f64> {
        let quantiles = |count: u32| (0..count).map(move |step| (f64::from(step) + 0.5) / f64::from(count));
        let ours: Vec<f64> = quantiles(REFERENCE_POINTS).filter_map(|q| self.reference.quantile(q)).collect();
        let theirs = quantiles(WINDOW_POINTS).filter_map(|q| self.window.quantile(q));
        let (factor, amount) = match self.change {
            RowChange::By { factor, .. } => (factor, 0.0),
            RowChange::Plus { amount } => (1.0, amount),
            RowChange::To { .. } | RowChange::Ranks { .. } => (1.0, 0.0),
        };
        let changed = ours.iter().map(|value| value * factor + amount);
        let all = ours.iter().copied().chain(changed).chain(theirs).filter(|value| value.is_finite());
        all.map(|at| at + at.abs() * ROUNDING).collect()
    }
}

impl RareValues {
    /// `None` if a side has only zeros.
    fn new(sides: &Sides<'_>) -> Option<Self> {
        let (to, from) = (sides.at(0.0), sides.at(BELOW_ZERO));
        let zeros = MixturePoint {
            window: to.window - from.window,
            reference: to.reference - from.reference,
            changed: to.changed - from.changed,
        };
        let quantile = |q: f64| {
            let below = q * (1.0 - zeros.reference);
            sides.reference.quantile(if below <= from.reference { below } else { below + zeros.reference })
        };
        let (low, high) = (quantile(RARE)?, quantile(1.0 - RARE)?);
        let is_known = low.is_finite() && high.is_finite();
        let has_values = zeros.window.max(zeros.reference).max(zeros.changed) < 1.0;
        (is_known && has_values).then(|| Self {
            low: (low - low.abs() * ROUNDING).next_down(),
            high: high + high.abs() * ROUNDING,
            zeros,
        })
    }

    /// Returns the distribution functions at a value, of all values but zeros.
    fn without_zeros(&self, at: f64, point: MixturePoint) -> MixturePoint {
        let without = |share: f64, zeros: f64| {
            let up_to = if at > BELOW_ZERO { share - zeros } else { share };
            up_to / (1.0 - zeros)
        };
        MixturePoint {
            window: without(point.window, self.zeros.window),
            reference: without(point.reference, self.zeros.reference),
            changed: without(point.changed, self.zeros.changed),
        }
    }
}

/// Number of values that are not zeros, given the share that are.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to the number of rows, which is far below 2^53"
)]
fn values_but_zeros(zeros: f64, all: u64) -> u64 {
    ((1.0 - zeros) * all as f64).round().max(0.0) as u64
}
