//! Two things at a time.

use std::{panic, thread};

/// What both come to, `one` on a thread of its own; in turn where there is one thread only.
pub(super) fn beside<A: Send, B>(threads: usize, one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if threads < 2 {
        return (one(), other());
    }
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|cause| panic::resume_unwind(cause)), other)
    })
}
