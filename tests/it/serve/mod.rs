//! `vigie serve` as a process: endpoints, refusals, the log under kills and full disks, models that are replaced.

pub(crate) mod days;
mod endpoints;
mod example;
mod inputs;
pub(crate) mod kills;
mod log_failures;
mod own_log;
mod power_loss;
pub(crate) mod process;
mod reload;
mod sequence;
mod storage;
