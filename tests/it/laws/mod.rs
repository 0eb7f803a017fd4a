//! What must hold for any input: merging, order, chance, and who may import whom.

pub(crate) mod decide;
pub(crate) mod false_alarms;
pub(crate) mod forest_mutants;
pub(crate) mod ladder;
pub(crate) mod laws;
pub(crate) mod null_calibration;
pub(crate) mod power;
pub(crate) mod sameness;
pub(crate) mod traps;
