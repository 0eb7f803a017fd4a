//! Why values of a feature are null in `report.json`.

use std::collections::BTreeMap;

use vigie_profile::layout::Kind;

use crate::drift::FeatureDrift;

/// Returns the reason for each null value, by its path.
pub(super) fn null_reasons(drift: &FeatureDrift) -> BTreeMap<String, String> {
    let mut reasons = BTreeMap::new();
    let mut add = |is_null: bool, path: &str, reason: &str| {
        if is_null {
            reasons.insert(path.to_owned(), reason.to_owned());
        }
    };
    let numeric = drift.kind == Kind::Numeric;
    add(drift.psi.value.is_none(), "psi.value", "the window has no used rows");
    add(drift.psi.p_value.is_none(), "psi.p_value", "fewer than two bins remain after merging sparse ones");
    add(drift.distances.jensen_shannon.is_none(), "jensen_shannon.value", "the window has no used rows");
    add(drift.missing.p_value.is_none(), "missing.p_value", "no value, or every value, is missing on both sides");
    let reduced = "the reference was imported as distributions, which support PSI only";
    let unless_reduced = |reason| if drift.reduced { reduced } else { reason };
    add(numeric && drift.ks.is_none(), "ks", unless_reduced("one side has no values"));
    let no_distance = if drift.ks.is_none() { "one side has no values" } else { "a value is infinite" };
    add(numeric && drift.distances.wasserstein.is_none(), "wasserstein", unless_reduced(no_distance));
    add(
        drift.distances.wasserstein.is_some_and(|distance| distance.normalised.is_none()),
        "wasserstein.normalised",
        "the standard deviation of the reference is 0",
    );
    add(numeric && drift.out_of_range.is_none(), "out_of_range", "the reference has no values");
    add(!numeric, "ks", "not a numeric feature");
    add(!numeric, "wasserstein", "not a numeric feature");
    add(!numeric, "out_of_range", "not a numeric feature");
    add(numeric, "chi2", "not a categorical feature");
    add(numeric, "unseen", "not a categorical feature");
    add(!numeric && drift.chi2.is_none(), "chi2", unless_reduced("one side has no rows"));
    add(
        drift.chi2.is_some_and(|chi2| chi2.p_value.is_none()),
        "chi2.p_value",
        "fewer than two levels remain after pooling rare ones; group levels to test their shares",
    );
    add(
        drift.unseen.as_ref().is_some_and(|unseen| unseen.p_value.is_none()),
        "unseen.p_value",
        "the reference has no level that occurs once and the window has no unseen level",
    );
    reasons
}
