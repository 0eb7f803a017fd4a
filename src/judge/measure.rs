//! The measures of drift, one row each. Policy, rules, evidence, pages, metrics and messages walk this table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::layout::Kind;

use super::{Bound, Effect, Limits};
use crate::drift::FeatureDrift;

/// Defines [`Measure`] and [`PerMeasure`] from the same list of measures, each with its word.
macro_rules! measures {
    ($($(#[$description:meta])* $measure:ident $word:ident,)*) => {
        /// A measure of drift.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Measure {
            $($measure,)*
        }

        impl Measure {
            /// All measures, in the order of reports.
            pub const ALL: &'static [Self] = &[$(Self::$measure,)*];

            /// Returns the name used in the config, in JSON and as a test.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$measure => stringify!($word),)*
                }
            }
        }

        /// A value for each measure.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, bound(serialize = "T: Serialize + Copy + Into<Option<Limits>>"))]
        #[schemars(bound = "T: JsonSchema + Serialize + Copy + Into<Option<Limits>>, Self: Default")]
        pub struct PerMeasure<T> {
            $(
                $(#[$description])*
                #[serde(skip_serializing_if = "is_unset")]
                pub $word: T,
            )*
        }

        impl<T> PerMeasure<T> {
            pub fn from_fn(of: impl Fn(Measure) -> T) -> Self {
                Self { $($word: of(Measure::$measure),)* }
            }

            #[must_use]
            pub fn get(&self, measure: Measure) -> &T {
                match measure {
                    $(Measure::$measure => &self.$word,)*
                }
            }

            pub fn get_mut(&mut self, measure: Measure) -> &mut T {
                match measure {
                    $(Measure::$measure => &mut self.$word,)*
                }
            }

            pub(super) fn each_mut(&mut self) -> impl Iterator<Item = (Measure, &mut T)> {
                [$((Measure::$measure, &mut self.$word),)*].into_iter()
            }
        }
    };
}

measures! {
    Psi psi,
    /// Kolmogorov–Smirnov D.
    Ks ks,
    /// Cramér's V with both sides weighted equally.
    Chi2 chi2,
    /// First Wasserstein distance in standard deviations of the reference; off unless set.
    Wasserstein wasserstein,
    /// Jensen–Shannon distance over the bins of PSI, 0–1; off unless set.
    JensenShannon jensen_shannon,
    /// Change of the share, 0–1.
    Missing missing,
    /// Share in excess of the share expected from the reference.
    Unseen unseen,
}

fn is_unset<T: Copy + Into<Option<Limits>>>(limits: &T) -> bool {
    Into::<Option<Limits>>::into(*limits).is_none()
}

impl<T> Default for PerMeasure<Option<T>> {
    fn default() -> Self {
        Self::from_fn(|_| None)
    }
}

impl Default for PerMeasure<Limits> {
    fn default() -> Self {
        Self::from_fn(|measure| measure.spec().limits)
    }
}

/// How the value of a measure is shown, and which values it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number from 0 without an upper bound.
    Number,
    /// A number from 0 to 1.
    Fraction,
    /// A share from 0 to 1, shown in percent.
    Share,
    /// The change of a share, from −1 to 1, shown in points.
    Change,
}

/// What shows that an effect is more than chance.
#[derive(Debug, Clone, Copy)]
enum Significance {
    /// The measure's own p-value, which is pooled with those of all features.
    Own(fn(&FeatureDrift, Bound) -> Option<f64>),
    /// The test of another measure of the same values.
    Of(Measure),
}

/// The row of a measure.
#[derive(Debug, Clone, Copy)]
struct Spec {
    /// Kind of features that it applies to; `None`: both.
    kind: Option<Kind>,
    unit: Unit,
    /// Default limits.
    limits: Limits,
    effect: fn(&FeatureDrift) -> Option<Effect>,
    significance: Significance,
    /// Name and help of the metric.
    feature_metric: (&'static str, &'static str),
    /// The same for the score, if it has such a metric.
    score_metric: Option<(&'static str, &'static str)>,
}

const PSI: Spec = Spec {
    kind: None,
    unit: Unit::Number,
    limits: Limits::new(0.10, 0.25),
    effect: |drift| drift.psi.value.map(Effect::exact),
    significance: Significance::Own(|drift, _| drift.psi.p_value),
    feature_metric: ("vigie_feature_psi", "Population stability index."),
    score_metric: Some(("vigie_score_psi", "PSI of the score.")),
};

const KS: Spec = Spec {
    kind: Some(Kind::Numeric),
    unit: Unit::Fraction,
    limits: Limits::watch_only(0.10),
    effect: |drift| {
        let ks = drift.ks.as_ref()?;
        let bounds = (!ks.exact).then_some((ks.statistic, ks.upper_bound));
        Some(Effect { bounds, ..Effect::exact(ks.statistic) })
    },
    significance: Significance::Own(|drift, bound| {
        let ks = drift.ks.as_ref()?;
        match bound {
            Bound::Lower => ks.p_value,
            Bound::Upper => ks.p_at_bound,
        }
    }),
    feature_metric: ("vigie_feature_ks", "KS statistic."),
    score_metric: Some(("vigie_score_ks", "KS statistic of the score.")),
};

const CHI2: Spec = Spec {
    kind: Some(Kind::Categorical),
    unit: Unit::Fraction,
    limits: Limits::watch_only(0.10),
    effect: |drift| Some(Effect::exact(drift.chi2?.cramers_v)),
    significance: Significance::Own(|drift, _| drift.chi2?.p_value),
    feature_metric: ("vigie_feature_cramers_v", "Cramér's V, 0 to 1."),
    score_metric: None,
};

const WASSERSTEIN: Spec = Spec {
    kind: Some(Kind::Numeric),
    unit: Unit::Number,
    limits: Limits::off(),
    effect: |drift| {
        let distance = drift.distances.wasserstein?;
        let bounds = if distance.exact { None } else { Some(distance.normalised_bounds()?) };
        Some(Effect { value: distance.normalised?, bounds, in_unit: Some(distance.value) })
    },
    significance: Significance::Of(Measure::Ks),
    feature_metric: (
        "vigie_feature_wasserstein",
        "First Wasserstein distance in standard deviations of the reference.",
    ),
    score_metric: Some((
        "vigie_score_wasserstein",
        "First Wasserstein distance of the score in standard deviations of the reference.",
    )),
};

const JENSEN_SHANNON: Spec = Spec {
    kind: None,
    unit: Unit::Fraction,
    limits: Limits::off(),
    effect: |drift| drift.distances.jensen_shannon.map(Effect::exact),
    significance: Significance::Of(Measure::Psi),
    feature_metric: ("vigie_feature_jensen_shannon", "Jensen–Shannon distance over the bins, 0 to 1."),
    score_metric: Some(("vigie_score_jensen_shannon", "Jensen–Shannon distance of the score over the bins, 0 to 1.")),
};

const MISSING: Spec = Spec {
    kind: None,
    unit: Unit::Change,
    limits: Limits::new(0.05, 0.20),
    effect: |drift| Some(Effect::exact(drift.missing.window_share? - drift.missing.reference_share?)),
    significance: Significance::Own(|drift, _| drift.missing.p_value),
    feature_metric: ("vigie_feature_missing_share", "Share of rows with a missing value."),
    score_metric: None,
};

const UNSEEN: Spec = Spec {
    kind: Some(Kind::Categorical),
    unit: Unit::Share,
    limits: Limits::new(0.01, 0.10),
    effect: |drift| drift.unseen.as_ref()?.excess.map(Effect::exact),
    significance: Significance::Own(|drift, _| drift.unseen.as_ref()?.p_value),
    feature_metric: ("vigie_feature_unseen_share", "Share of rows with a level that the reference does not have."),
    score_metric: None,
};

impl Measure {
    fn spec(self) -> Spec {
        match self {
            Self::Psi => PSI,
            Self::Ks => KS,
            Self::Chi2 => CHI2,
            Self::Wasserstein => WASSERSTEIN,
            Self::JensenShannon => JENSEN_SHANNON,
            Self::Missing => MISSING,
            Self::Unseen => UNSEEN,
        }
    }

    /// Parses a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|measure| measure.word() == word)
    }

    /// Returns whether the measure applies to features of this kind.
    #[must_use]
    pub fn applies_to(self, kind: Kind) -> bool {
        self.spec().kind.is_none_or(|own| own == kind)
    }

    #[must_use]
    pub fn unit(self) -> Unit {
        self.spec().unit
    }

    /// Returns whether this is a distance between distributions, and not a share of rows.
    #[must_use]
    pub fn is_distance(self) -> bool {
        matches!(self.unit(), Unit::Number | Unit::Fraction)
    }

    /// Returns the size of a feature's drift; `None` if it could not be measured.
    #[must_use]
    pub fn effect(self, drift: &FeatureDrift) -> Option<Effect> {
        (self.spec().effect)(drift)
    }

    /// Returns the measure whose test is the evidence: itself, unless it has no test.
    #[must_use]
    pub fn tested_by(self) -> Self {
        match self.spec().significance {
            Significance::Own(_) => self,
            Significance::Of(other) => other,
        }
    }

    /// Returns the p-value of the measure's own test, if the distance is at this bound.
    #[must_use]
    pub fn p_value(self, drift: &FeatureDrift, bound: Bound) -> Option<f64> {
        match self.spec().significance {
            Significance::Own(p_value) => p_value(drift, bound),
            Significance::Of(_) => None,
        }
    }

    /// Returns the name and help of the metric of features.
    #[must_use]
    pub fn feature_metric(self) -> (&'static str, &'static str) {
        self.spec().feature_metric
    }

    /// Returns the name and help of the metric of the score; `None` if there is none.
    #[must_use]
    pub fn score_metric(self) -> Option<(&'static str, &'static str)> {
        self.spec().score_metric
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_names_in_json() {
        for measure in Measure::ALL {
            assert_eq!(serde_json::to_value(measure).unwrap(), measure.word());
            assert_eq!(Measure::parse(measure.word()), Some(*measure));
        }
        assert_eq!(Measure::parse("cramers_v"), None);
    }

    #[test]
    fn evidence_comes_from_a_test_of_the_same_kind_of_features() {
        for measure in Measure::ALL {
            let tested_by = measure.tested_by();
            assert_eq!(tested_by.tested_by(), tested_by, "{measure:?}");
            for kind in [Kind::Numeric, Kind::Categorical].into_iter().filter(|kind| measure.applies_to(*kind)) {
                assert!(tested_by.applies_to(kind), "{measure:?}, {kind}");
            }
        }
    }

    #[test]
    fn values_are_stored_by_measure() {
        let mut words = PerMeasure::from_fn(Measure::word);
        *words.get_mut(Measure::Ks) = "d";
        let expected: Vec<&str> =
            Measure::ALL.iter().map(|measure| if *measure == Measure::Ks { "d" } else { measure.word() }).collect();
        let stored: Vec<&str> = Measure::ALL.iter().map(|measure| *words.get(*measure)).collect();
        assert_eq!(stored, expected);
        assert!(words.each_mut().map(|(measure, _)| measure).eq(Measure::ALL.iter().copied()));
    }
}
