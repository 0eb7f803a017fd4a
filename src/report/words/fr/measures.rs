//! The measures of drift in French: their names, and how a distance is stated.

use super::numbers::number;
use crate::judge::Measure;

pub(super) fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Psi => "PSI",
        Measure::Ks => "distance KS",
        Measure::Chi2 => "V de Cramér",
        Measure::Wasserstein => "distance de Wasserstein",
        Measure::JensenShannon => "distance de Jensen–Shannon",
        Measure::Missing => "valeurs manquantes",
        Measure::Unseen => "modalités jamais vues",
    }
}

/// States a distance. Only those in standard deviations have a unit and state their bounds.
pub(super) fn distance(measure: Measure, value: f64, bounds: Option<(f64, f64)>, in_unit: Option<f64>) -> String {
    let noun = if value < 2.0 { "écart-type" } else { "écarts-types" };
    let (name, value) = (measure_name(measure), number(value));
    match (in_unit, bounds) {
        (None, _) => format!("{name} {value}"),
        (Some(in_unit), None) => format!("{name} {value} {noun} ({} dans son unité)", number(in_unit)),
        (Some(_), Some((least, greatest))) => {
            format!("{name} {value} {noun} (entre {} et {})", number(least), number(greatest))
        }
    }
}
