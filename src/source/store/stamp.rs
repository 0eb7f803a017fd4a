//! A cheap sign that a file has changed.

/// What changes when the content of a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) struct FileStamp {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, in a unit of the store.
    pub changed: u128,
}
