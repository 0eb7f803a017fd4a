//! Exit status of a command that completed.

/// Exit status of a command that completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    Success,
    /// An alarm, with `--exit-code`.
    Alarm,
}
