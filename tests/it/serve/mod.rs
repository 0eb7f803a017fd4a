//! `vigie serve` as a process: endpoints, refusals, the log under kills and full disks, models that are replaced.

mod aliases;
pub(crate) mod days;
mod description;
mod endpoints;
mod example;
pub(crate) mod hostile;
mod inputs;
pub(crate) mod kills;
mod load;
mod log_failures;
mod own_log;
mod power_loss;
pub(crate) mod process;
pub(crate) mod raw;
mod reload;
mod sequence;
mod shipped;
pub(crate) mod slow;
mod soak;
mod storage;
