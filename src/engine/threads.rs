//! One pass over a log: pieces are taken by whichever thread is free, each with a tally of its own.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    batch::Records,
    fault::{Fault, Outcome},
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
) -> Outcome<Pass<T>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let read = Mutex::new(Pass { tallies: Vec::new(), found: Found::default(), unreadable: plan.unreadable.clone() });
    let fault: Mutex<Option<Fault>> = Mutex::new(None);
    let work = || {
        let mut tally = empty();
        let mut found = Found::default();
        let mut unreadable = Vec::new();
        while let Some(piece) = plan.pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            let reading = plan.read(piece, &mut |records| each(&mut tally, records));
            found.merge(reading.found);
            unreadable.extend(reading.unreadable);
            if let Some(met) = reading.fault {
                // Nobody needs the other pieces any more.
                next.store(plan.pieces.len(), Ordering::Relaxed);
                fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(met);
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, plan.pieces.len());
        }
        let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
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
    if let Some(fault) = fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(fault);
    }
    let mut read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Row groups of one file that fail alike are one file that could not be read.
    read.unreadable.sort();
    read.unreadable.dedup();
    Ok(read)
}
