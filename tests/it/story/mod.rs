//! The real program over real files, from log to report.

pub mod bad_input;
pub mod cost_alert;
pub mod decimals;
pub mod dirt;
pub mod estimate;
pub mod example;
pub mod explain;
pub mod failing;
pub mod french_money;
pub mod hostile;
pub mod importance;
pub mod late_labels;
pub mod layouts;
pub mod logging;
pub mod looks;
pub mod parity;
pub mod performance;
pub mod publish;
pub mod replay;
pub mod score;
pub mod score_shift;
pub mod segments;
pub mod showcase;
pub mod silence;
