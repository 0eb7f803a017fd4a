//! Work that is done by the task that adds to it, if no other task is doing it: no thread has to wake up for it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A worker with a queue of its own, and whose turn it is to run it.
pub(super) struct Turns<W> {
    worker: Mutex<W>,
    state: Mutex<TurnState>,
    /// Does a part of the work. Returns whether there may be more, except for what is added in the meantime.
    step: fn(&mut W) -> bool,
}

#[derive(Debug, Default)]
struct TurnState {
    is_running: bool,
    /// Whether something was added after the last step began.
    is_waiting: bool,
}

impl<W: Send + 'static> Turns<W> {
    pub(super) fn new(worker: W, step: fn(&mut W) -> bool) -> Self {
        Self { worker: Mutex::new(worker), state: Mutex::default(), step }
    }

    /// Work was added to the queue: does it, or leaves it to the task that is doing work now.
    pub(super) fn added(self: &Arc<Self>) {
        lock(&self.state).is_waiting = true;
        self.run();
    }

    /// Waits for the worker.
    pub(super) fn worker(&self) -> MutexGuard<'_, W> {
        lock(&self.worker)
    }

    /// One step. What was added in the meantime is done in another task, so that no caller works for all others.
    fn run(self: &Arc<Self>) {
        let Some(mut turn) = Turn::take(&self.state) else { return };
        turn.has_more = (self.step)(&mut self.worker());
        drop(turn);
        if lock(&self.state).is_waiting {
            let own = Arc::clone(self);
            tokio::spawn(async move { own.run() });
        }
    }
}

/// Without the worker, whose queue may hold personal data.
impl<W> fmt::Debug for Turns<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Turns").field("state", &self.state).finish_non_exhaustive()
    }
}

/// The turn of a task; ends when dropped, also by a panic.
struct Turn<'t> {
    state: &'t Mutex<TurnState>,
    has_more: bool,
}

impl<'t> Turn<'t> {
    /// `None` if another task has the turn, or nothing waits.
    fn take(state: &'t Mutex<TurnState>) -> Option<Self> {
        let mut own = lock(state);
        if own.is_running || !own.is_waiting {
            return None;
        }
        *own = TurnState { is_running: true, is_waiting: false };
        Some(Self { state, has_more: false })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = lock(self.state);
        state.is_running = false;
        state.is_waiting |= self.has_more;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{Receiver, channel},
        time::Duration,
    };

    use tokio::{runtime::Builder, sync::oneshot, time::timeout};

    use super::*;

    struct Numbers {
        added: Receiver<(u32, oneshot::Sender<usize>)>,
        all: Vec<u32>,
    }

    /// Takes at most two.
    fn step(numbers: &mut Numbers) -> bool {
        for taken in 0..2 {
            let Ok((number, done)) = numbers.added.try_recv() else { return false };
            assert!(number != 13, "the worker panics");
            numbers.all.push(number);
            let _ = done.send(taken);
        }
        true
    }

    #[test]
    fn all_that_is_added_by_many_tasks_is_done_once() {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        let (sender, added) = channel();
        let turns = Arc::new(Turns::new(Numbers { added, all: Vec::new() }, step));
        let tasks = (100..4_100).map(|number| {
            let (turns, sender) = (Arc::clone(&turns), sender.clone());
            runtime.spawn(async move {
                let (done, is_done) = oneshot::channel();
                sender.send((number, done)).unwrap();
                turns.added();
                is_done.await.unwrap()
            })
        });
        let tasks: Vec<_> = tasks.collect();
        runtime.block_on(async {
            for task in tasks {
                timeout(Duration::from_secs(30), task).await.unwrap().unwrap();
            }
        });
        let mut all = turns.worker().all.clone();
        all.sort_unstable();
        assert!(all.into_iter().eq(100..4_100));
    }

    #[test]
    fn a_panic_ends_the_turn() {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (sender, added) = channel();
        let turns = Arc::new(Turns::new(Numbers { added, all: Vec::new() }, step));
        for number in [13, 14] {
            let (turns, sender) = (Arc::clone(&turns), sender.clone());
            let task = runtime.spawn(async move {
                sender.send((number, oneshot::channel().0)).unwrap();
                turns.added();
            });
            assert_eq!(runtime.block_on(task).is_err(), number == 13);
        }
        assert_eq!(turns.worker().all, [14]);
    }
}
