//! Reads models while an allocator counts. One test per binary: the count is global.

#[path = "../../../../tests/counting/mod.rs"]
mod allocator;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use vigie_models::{Model, Result};

/// The most memory so far beyond the fixed amount, in hundredths of the size of a file.
static WORST: AtomicUsize = AtomicUsize::new(0);

/// Reads a model, and checks that it takes at most four times the file, and a fixed amount for the smallest model and an
/// error message. `more`: bytes that are allowed in addition, of a file that does not count in [`worst`] then.
pub(crate) fn read_within(name: &str, file: &[u8], more: usize) -> Result<Model> {
    let (cost, model) = allocator::cost(|| Model::from_bytes(name, file));
    assert!(cost <= allocator::limit(file.len()) + more, "{name}: {cost} bytes for a file of {}", file.len());
    if more == 0 {
        WORST.fetch_max(100 * cost.saturating_sub(allocator::FIXED) / file.len().max(1), Relaxed);
    }
    model
}

/// The most memory that [`read_within`] has seen, in sizes of the file, after the fixed amount.
pub(crate) fn worst() -> f64 {
    f64::from(u32::try_from(WORST.load(Relaxed)).unwrap_or(u32::MAX)) / 100.0
}
