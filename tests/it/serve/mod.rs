//! `vigie serve` as a process: endpoints, refusals, the log under kills and full disks, models that are replaced.

mod aliases;
mod description;
mod endpoints;
mod example;
pub(crate) mod hostile;
mod inputs;
mod kills;
mod load;
mod log_failures;
pub(crate) mod process;
pub(crate) mod raw;
mod reload;
mod shipped;
pub(crate) mod slow;
mod soak;
