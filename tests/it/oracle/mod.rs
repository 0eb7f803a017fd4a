//! Against the values of other tools: scipy, scikit-learn, CatBoost.

pub mod forest_golden;
pub mod performance_golden;
pub mod stats_golden;
pub mod threshold_golden;
