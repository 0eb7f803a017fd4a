//! One pass over a log: pieces are taken by whichever thread is free, each with a tally of its own.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    batch::Records,
    source::{Found, Plan, Unreadable},
};

/// The tallies of all threads, and what readers met.
pub(super) struct Pass<T> {
    pub tallies: Vec<T>,
    pub found: Found,
    pub unreadable: Vec<Unreadable>,
}

/// Told how many of how many pieces are read.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Reads every piece of `plan`, handing each batch of records to `each` with the thread's tally.
pub(super) fn pass<T: Send>(
    plan: &Plan,
    threads: usize,
    progress: Progress<'_>,
    empty: &(dyn Fn() -> T + Sync),
    each: &(dyn Fn(&mut T, Records) + Sync),
) -> Pass<T> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let read = Mutex::new(Pass { tallies: Vec::new(), found: Found::default(), unreadable: plan.unreadable.clone() });
    let work = || {
        let mut tally = empty();
        let mut found = Found::default();
        let mut unreadable = Vec::new();
        while let Some(piece) = plan.pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            let reading = plan.read(piece, &mut |records| each(&mut tally, records));
            found.merge(reading.found);
            unreadable.extend(reading.unreadable);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, plan.pieces.len());
        }
        let mut read = read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        read.tallies.push(tally);
        read.found.merge(found);
        read.unreadable.extend(unreadable);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(plan.pieces.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut read = read.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Row groups of one file that fail alike are one file that could not be read.
    read.unreadable.sort();
    read.unreadable.dedup();
    read
}
