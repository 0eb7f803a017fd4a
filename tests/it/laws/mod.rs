//! Properties that must hold for any input: merging, order of rows, false alarms, and which modules may import which.

pub(crate) mod decide;
pub(crate) mod determinism;
pub(crate) mod distances;
pub(crate) mod false_alarms;
pub(crate) mod languages;
pub(crate) mod layering;
pub(crate) mod leaf_drift;
pub(crate) mod leaf_rates;
pub(crate) mod measures;
pub(crate) mod null_calibration;
pub(crate) mod pitfalls;
pub(crate) mod power;
pub(crate) mod profile_merge;
pub(crate) mod python;
pub(crate) mod reference_mutants;
pub(crate) mod stories;
pub(crate) mod story_alerts;
pub(crate) mod story_kinds;
pub(crate) mod structure;
