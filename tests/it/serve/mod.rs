//! `vigie serve` as a process: endpoints, refusals, the log under kills and full disks, models that are replaced.

mod endpoints;
mod example;
mod hostile;
mod inputs;
mod kills;
mod log_failures;
pub(crate) mod process;
pub(crate) mod raw;
mod reload;
