//! One pass over a log: pieces are taken by whichever thread is free, each with a tally of its own.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use vigie_profile::batch::Records;

use crate::{
    fault::{Fault, Result},
    source::{Found, Plan, Reading, Unreadable},
};

/// The tallies of all threads, and what readers met.
pub(super) struct Pass<T> {
    pub tallies: Vec<T>,
    pub found: Found,
    pub unreadable: Vec<Unreadable>,
}

/// Told how many of how many pieces are read.
pub(super) type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Reads every piece of `plan`, handing each batch of records to `each` with the thread's tally.
pub(super) fn pass<T: Send>(
    plan: &Plan,
    threads: usize,
    progress: Progress<'_>,
    empty: &(dyn Fn() -> T + Sync),
    each: &(dyn Fn(&mut T, Records) + Sync),
) -> Result<Pass<T>> {
    let mut pass = in_turn(plan.pieces.len(), threads, progress, empty, &|tally, number| {
        Some(plan.read(plan.pieces.get(number)?, &mut |records| each(tally, records)))
    })?;
    pass.unreadable.extend_from_slice(&plan.unreadable);
    pass.unreadable.sort();
    pass.unreadable.dedup();
    Ok(pass)
}

/// Has `read` read the parts 0, 1, … `all` − 1, whichever thread is free, each with a tally of its own.
pub(super) fn in_turn<T: Send>(
    all: usize,
    threads: usize,
    progress: Progress<'_>,
    empty: &(dyn Fn() -> T + Sync),
    read: &(dyn Fn(&mut T, usize) -> Option<Reading> + Sync),
) -> Result<Pass<T>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let passed = Mutex::new(Pass { tallies: Vec::new(), found: Found::default(), unreadable: Vec::new() });
    let fault: Mutex<Option<Fault>> = Mutex::new(None);
    let work = || {
        let mut tally = empty();
        let mut found = Found::default();
        let mut unreadable = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= all {
                break;
            }
            if let Some(reading) = read(&mut tally, number) {
                found.merge(reading.found);
                unreadable.extend(reading.unreadable);
                if let Some(met) = reading.fault {
                    // Nobody needs the other parts any more.
                    next.store(all, Ordering::Relaxed);
                    fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(met);
                }
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
        }
        let mut passed = passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.tallies.push(tally);
        passed.found.merge(found);
        passed.unreadable.extend(unreadable);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(all) {
            scope.spawn(work);
        }
        work();
    });
    if let Some(fault) = fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(fault);
    }
    let mut passed = passed.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Parts of one file that fail alike are one file that could not be read.
    passed.unreadable.sort();
    passed.unreadable.dedup();
    Ok(passed)
}
