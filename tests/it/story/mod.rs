//! End-to-end tests: the real program on real files, from log to report.

pub(crate) mod bad_input;
pub(crate) mod cost_alert;
pub(crate) mod decimals;
pub(crate) mod dirty_logs;
pub(crate) mod distances;
pub(crate) mod estimate;
pub(crate) mod example;
pub(crate) mod explain;
pub(crate) mod failing;
pub(crate) mod french_money;
pub(crate) mod hostile;
pub(crate) mod importance;
pub(crate) mod inputs;
pub(crate) mod late_labels;
pub(crate) mod layouts;
pub(crate) mod logging;
pub(crate) mod parity;
pub(crate) mod performance;
pub(crate) mod publish;
pub(crate) mod replay;
pub(crate) mod rounds;
pub(crate) mod score;
pub(crate) mod score_shift;
pub(crate) mod segments;
pub(crate) mod showcase;
pub(crate) mod silence;
