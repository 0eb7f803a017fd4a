//! The measures of drift in French: their names, and how a distance is stated.

use super::numbers::number;
use crate::judge::{self, Measure};

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
    // The noun agrees with the number as shown: 1.996 is shown as 2,00.
    let is_plural = judge::number(value).parse().is_ok_and(|shown: f64| shown >= 2.0);
    let noun = if is_plural { "écarts-types" } else { "écart-type" };
    let (name, value) = (measure_name(measure), number(value));
    match (in_unit, bounds) {
        (None, _) => format!("{name} {value}"),
        (Some(in_unit), None) => format!("{name} {value} {noun} ({} dans son unité)", number(in_unit)),
        (Some(_), Some((least, greatest))) => {
            format!("{name} {value} {noun} (entre {} et {})", number(least), number(greatest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_agrees_with_the_number_as_shown() {
        let stated = |value| distance(Measure::Wasserstein, value, Some((0.0, 3.0)), Some(1.0));
        assert!(stated(1.99).contains("1,99 écart-type "), "{}", stated(1.99));
        assert!(stated(1.996).contains("2,00 écarts-types "), "{}", stated(1.996));
    }
}
