//! What must hold for any input: merging, order, chance, and who may import whom.

pub mod decide;
pub mod false_alarms;
pub mod forest_mutants;
pub mod ladder;
pub mod laws;
pub mod null_calibration;
pub mod power;
pub mod sameness;
pub mod traps;
