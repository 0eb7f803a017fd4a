//! Parallel map over indices, and running two closures in parallel.

use std::{
    panic,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Maps 0, 1, … `all` − 1 in parallel on the available cores, with at least `min_per_thread` items per thread.
pub fn map_on_cores<T: Send>(all: usize, min_per_thread: usize, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let threads = cores().min(all.div_ceil(min_per_thread.max(1)));
    map_on_threads(threads, all, &|(): &mut (), index| work(index), &mut |_, _| {})
}

/// Runs two closures, in parallel if there is more than one core.
pub fn join<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if cores() < 2 {
        return (one(), other());
    }
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|cause| panic::resume_unwind(cause)), other)
    })
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Maps 0, 1, … `all` − 1 with `work`, in parallel, and returns the results in order. Each thread has its own state `S`.
/// `progress` is called on the caller's thread with the number of items done and the total.
pub(super) fn map_on_threads<S: Default, T: Send>(
    threads: usize,
    all: usize,
    work: &(dyn Fn(&mut S, usize) -> T + Sync),
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::with_capacity(all));
    let step = |state: &mut S| {
        let index = next.fetch_add(1, Ordering::Relaxed);
        (index < all).then(|| {
            let result = work(state, index);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            done.fetch_add(1, Ordering::Relaxed) + 1
        })
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(all) {
            scope.spawn(|| {
                let mut state = S::default();
                while step(&mut state).is_some() {}
            });
        }
        let mut state = S::default();
        while let Some(done) = step(&mut state) {
            progress(done, all);
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
