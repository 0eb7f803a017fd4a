//! An allocator that counts, used to measure the memory for reading a model. One test per binary: the count is global.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use vigie_models::{Model, Result};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all calls are forwarded to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Reads a model, and checks that it takes at most four times the file, and a fixed amount for the smallest model and an
/// error message.
pub(crate) fn read_within_limit(name: &str, file: &[u8]) -> Result<Model> {
    read_within(name, file, 0)
}

/// Like [`read_within_limit`], with some bytes more.
pub(crate) fn read_within(name: &str, file: &[u8], more: usize) -> Result<Model> {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let model = Model::from_bytes(name, file);
    let cost = PEAK.load(Relaxed).saturating_sub(before);
    assert!(cost <= 4 * file.len() + (16 << 10) + more, "{name}: {cost} bytes for a file of {}", file.len());
    model
}
