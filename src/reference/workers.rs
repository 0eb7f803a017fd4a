//! The same work on many numbered things, by as many threads as are wanted; two works at a time.

use std::{
    panic,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// As `on_all`, by as many threads as there are cores: `each` things at least for a thread, so that it pays.
pub fn on_cores<T: Send>(all: usize, each: usize, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let threads = cores().min(all.div_ceil(each.max(1)));
    on_all(threads, all, &|(): &mut (), number| work(number), &mut |_, _| {})
}

/// Two works that do not need each other, at a time where there are cores for it.
pub fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
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

/// What `work` makes of 0, 1, … `all` − 1, in that order; each thread has a scratch pad of its own. `progress` is told
/// how many are done, on the caller's thread.
pub(super) fn on_all<S: Default, T: Send>(
    threads: usize,
    all: usize,
    work: &(dyn Fn(&mut S, usize) -> T + Sync),
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let made = Mutex::new(Vec::with_capacity(all));
    let step = |scratch: &mut S| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        (number < all).then(|| {
            let thing = work(scratch, number);
            made.lock().unwrap_or_else(PoisonError::into_inner).push((number, thing));
            done.fetch_add(1, Ordering::Relaxed) + 1
        })
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(all) {
            scope.spawn(|| {
                let mut scratch = S::default();
                while step(&mut scratch).is_some() {}
            });
        }
        let mut scratch = S::default();
        while let Some(done) = step(&mut scratch) {
            progress(done, all);
        }
    });
    let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    made.sort_by_key(|(number, _)| *number);
    made.into_iter().map(|(_, thing)| thing).collect()
}
