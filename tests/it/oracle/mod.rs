//! Against the values of other tools: scipy, scikit-learn, CatBoost.

pub(crate) mod forest_golden;
pub(crate) mod performance_golden;
pub(crate) mod prediction_golden;
pub(crate) mod stats_golden;
pub(crate) mod threshold_golden;
