//! Runs a pass over a log: any free thread takes the next piece, and each thread has its own tally.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use vigie_profile::batch::Records;

use crate::{
    fault::{Fault, Result},
    source::{Plan, ReadResult, ReadSummary, Unreadable},
};

/// Tallies of all threads, and the results of the readers.
pub(super) struct Pass<T> {
    pub tallies: Vec<T>,
    pub found: ReadSummary,
    pub unreadable: Vec<Unreadable>,
}

/// Called with the number of parts read so far and the total.
pub(super) type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Reads every piece of `plan` and passes each batch of records to `each`, with the tally of the thread.
pub(super) fn pass<T: Send>(
    plan: &Plan,
    threads: usize,
    progress: Progress<'_>,
    empty: &(dyn Fn() -> T + Sync),
    each: &(dyn Fn(&mut T, Records) + Sync),
) -> Result<Pass<T>> {
    let mut pass = for_each_part(plan.pieces.len(), threads, progress, empty, &|tally, number| {
        Some(plan.read(plan.pieces.get(number)?, &mut |records| each(tally, records)))
    })?;
    pass.unreadable.extend_from_slice(&plan.unreadable);
    pass.unreadable.sort();
    pass.unreadable.dedup();
    Ok(pass)
}

/// Calls `read` for the parts 0, 1, …, `all` − 1 on any free thread, with the tally of the thread.
pub(super) fn for_each_part<T: Send>(
    all: usize,
    threads: usize,
    progress: Progress<'_>,
    empty: &(dyn Fn() -> T + Sync),
    read: &(dyn Fn(&mut T, usize) -> Option<ReadResult> + Sync),
) -> Result<Pass<T>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let passed = Mutex::new(Pass { tallies: Vec::new(), found: ReadSummary::default(), unreadable: Vec::new() });
    let fault: Mutex<Option<Fault>> = Mutex::new(None);
    let work = || {
        let mut tally = empty();
        let mut found = ReadSummary::default();
        let mut unreadable = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= all {
                break;
            }
            if let Some(reading) = read(&mut tally, index) {
                found.merge(reading.found);
                unreadable.extend(reading.unreadable);
                if let Some(met) = reading.fault {
                    // The run fails, so skip the other parts.
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
    // Several parts of one file may fail in the same way; report the file once.
    passed.unreadable.sort();
    passed.unreadable.dedup();
    Ok(passed)
}
