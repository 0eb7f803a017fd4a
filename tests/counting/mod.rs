//! An allocator that counts, and what reading a model costs by it.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use vigie_models::Forest;
use vigie_models::Result;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes set aside at once while a model is read, and the model.
pub(crate) fn cost(name: &str, file: &[u8]) -> (usize, Result<Forest>) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let forest = Forest::from_bytes(name, file);
    (PEAK.load(Relaxed).saturating_sub(before), forest)
}

/// The most that reading a file of so many bytes may cost. Beside four times the file: what the smallest model takes,
/// names of classes, an error's sentence.
pub(crate) fn limit(file: usize) -> usize {
    4 * file + FIXED
}

pub(crate) const FIXED: usize = 16 << 10;
