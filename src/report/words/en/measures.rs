//! The measures of drift in English: their names, and how a distance is stated.

use super::numbers::number;
use crate::judge::Measure;

pub(super) fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Psi => "PSI",
        Measure::Ks => "KS distance",
        Measure::Chi2 => "Cramér's V",
        Measure::Wasserstein => "Wasserstein distance",
        Measure::JensenShannon => "Jensen–Shannon distance",
        Measure::Missing => "missing values",
        Measure::Unseen => "unseen levels",
    }
}

/// States a distance. Only those in standard deviations have a unit and state their bounds.
pub(super) fn distance(measure: Measure, value: f64, bounds: Option<(f64, f64)>, in_unit: Option<f64>) -> String {
    let (name, value) = (measure_name(measure), number(value));
    match (in_unit, bounds) {
        (None, _) => format!("{name} {value}"),
        (Some(in_unit), None) => format!("{name} {value} standard deviations ({} in its own unit)", number(in_unit)),
        (Some(_), Some((least, greatest))) => {
            format!("{name} {value} standard deviations (between {} and {})", number(least), number(greatest))
        }
    }
}
