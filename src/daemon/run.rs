//! The daemon's loop: whatever wakes it, it looks at what is due; a signal ends it between two runs, or within seconds.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant as Stopwatch},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Notify, mpsc, watch},
    time::{MissedTickBehavior, interval, sleep_until, timeout, timeout_at},
};
use tracing::{error, info, warn};
use vigie_profile::window::Instant;

use super::{
    clock::Clock,
    cron::Cron,
    lock::{Lock, lock, lock_channel},
    look::{Hands, Looked, look},
    post::{compose, round, rounds},
    pulse::{Pulse, notify},
    serve::{self, Prepared, Server},
    wake::Wakes,
};
use crate::{
    config::Settings,
    crash,
    fault::{Fault, Result, Remedy},
    ledger::{Channel, Ledger},
    monitor::Looking,
};

/// The run in flight may take so long to end when the daemon is told to; then it is rolled back.
const GRACE: Duration = Duration::from_secs(7);
/// The ledger is waited for so long; then the look is tried again later.
const LEDGER_WAIT: Duration = Duration::from_secs(10);

/// What the daemon is started with.
#[derive(Debug, Clone)]
pub struct Start {
    pub config: PathBuf,
    pub cores: usize,
    pub clock: Clock,
    /// Look once, send what is to be sent, and end.
    pub once: bool,
}

/// Runs until a signal ends it.
pub fn run(start: &Start) -> Result<()> {
    let fleet = load(start)?;
    let state = fleet.first().map(|settings| settings.state.clone()).unwrap_or_default();
    let lock = lock(&state)?;
    crash::point("start.locked");
    // What only a person can mend is said before anything is promised; a ledger that is busy is waited for later.
    match Ledger::open(&state, Duration::from_secs(1)) {
        Err(fault) if fault.remedy() != Remedy::Retry || start.once => return Err(fault),
        Err(fault) => warn!("{fault}"),
        Ok(_) => {}
    }
    crash::point("start.ledger");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Fault::retry(format!("the daemon cannot be started: {error}")))?;
    let ended = runtime.block_on(async { Daemon::new(start.clone(), fleet, lock).live().await });
    // A run that did not end in time is abandoned: its report was not moved into place, its transaction not committed.
    runtime.shutdown_background();
    ended
}

fn load(start: &Start) -> Result<Vec<Settings>> {
    Settings::load_all(&start.config).map_err(crate::config::Problems::into_fault)
}

struct Daemon {
    start: Start,
    fleet: Arc<Vec<Settings>>,
    wakes: Wakes,
    stop: Arc<AtomicBool>,
    /// Wakes the postman of each channel.
    letters: [(Channel, Arc<Notify>); 2],
    /// The config that letters are sent by.
    channels: watch::Sender<Arc<Vec<Settings>>>,
    pulse: Pulse,
    server: Option<Server>,
    _lock: Lock,
}

/// Why the loop went on.
enum Woken {
    Tick(usize),
    Due,
    Beat,
    Reload,
    End,
}

impl Daemon {
    fn new(start: Start, fleet: Vec<Settings>, lock: Lock) -> Self {
        let fleet = Arc::new(fleet);
        Self {
            wakes: Wakes::all(fleet.len()),
            start,
            channels: watch::Sender::new(Arc::clone(&fleet)),
            fleet,
            stop: Arc::default(),
            letters: Channel::ALL.map(|channel| (channel, Arc::default())),
            server: None,
            pulse: Pulse::default(),
            _lock: lock,
        }
    }

    async fn live(mut self) -> Result<()> {
        let broken = |error: std::io::Error| Fault::retry(format!("signals cannot be heard: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(broken)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(broken)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(broken)?;
        let (ticker, mut ticks) = mpsc::channel(self.fleet.len().max(1) * 2);
        let mut cron = Cron::start(&self.fleet, &ticker, self.start.clock.now()).await?;
        let mut postmen = Vec::new();
        if !self.start.once {
            if let Some(prepared) = serve::prepare(&self.fleet, &mut self.server).await? {
                self.server = prepared.start(&self.channels.subscribe(), self.start.clock)?;
            }
            postmen.extend(self.letters.iter().map(|(channel, letters)| self.postman(*channel, letters)));
        }
        let mut beat = interval(self.pulse.rhythm());
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        notify(&[sd_notify::NotifyState::Ready]);
        info!(models = self.fleet.len(), config = %self.start.config.display(), "watching");
        let ended = loop {
            if let Some(model) = self.wakes.take(Stopwatch::now()) {
                let looking = self.spawn_look(model);
                tokio::pin!(looking);
                let outcome = loop {
                    tokio::select! {
                        outcome = &mut looking => break Some(outcome),
                        _ = terminate.recv() => { if self.end(&mut looking).await { break None } }
                        _ = interrupt.recv() => { if self.end(&mut looking).await { break None } }
                        // Heard, and done after the run.
                        _ = hangup.recv() => self.wakes.reload = true,
                        Some(model) = ticks.recv() => self.wakes.at_once(model),
                        _ = beat.tick() => self.pulse.feed(),
                    }
                };
                let Some(outcome) = outcome else { break Ok(()) };
                self.looked(
                    model,
                    outcome.unwrap_or_else(|error| Err(Fault::retry(format!("the look broke down: {error}")))),
                );
                if self.stop.load(Ordering::Relaxed) {
                    break Ok(());
                }
                continue;
            }
            if self.start.once {
                let mut sending = self.once();
                break tokio::select! {
                    sent = &mut sending => {
                        sent.unwrap_or_else(|error| Err(Fault::retry(format!("sending broke down: {error}"))))
                    }
                    // A letter in flight stays in the outbox.
                    _ = terminate.recv() => Ok(()),
                    _ = interrupt.recv() => Ok(()),
                };
            }
            if std::mem::take(&mut self.wakes.reload) {
                self.reload(&mut cron, &ticker).await;
                continue;
            }
            let next = self.wakes.next();
            let woken = tokio::select! {
                _ = terminate.recv() => Woken::End,
                _ = interrupt.recv() => Woken::End,
                _ = hangup.recv() => Woken::Reload,
                Some(model) = ticks.recv() => Woken::Tick(model),
                () = sleep_until(next.into()) => Woken::Due,
                _ = beat.tick() => Woken::Beat,
            };
            self.pulse.beat();
            match woken {
                Woken::End => break Ok(()),
                Woken::Reload => self.wakes.reload = true,
                Woken::Tick(model) => self.wakes.at_once(model),
                Woken::Due => {}
                Woken::Beat => {
                    self.pulse.feed();
                    if cron.is_stale(&self.fleet, self.start.clock.now()) {
                        info!("the clocks have changed: ticks are set anew");
                        let new = Cron::start(&self.fleet, &ticker, self.start.clock.now()).await?;
                        std::mem::replace(&mut cron, new).stop().await;
                    }
                }
            }
        };
        notify(&[sd_notify::NotifyState::Stopping]);
        self.stop.store(true, Ordering::Relaxed);
        self.wake_postmen();
        // A letter in flight is sent again after the start, under the same Message-ID.
        let end = tokio::time::Instant::now() + Duration::from_secs(1);
        for postman in postmen {
            let _ = timeout_at(end, postman).await;
        }
        if let Some(server) = self.server.take() {
            server.end().await;
        }
        info!("ended");
        ended
    }

    /// Waits for the run in flight; `true`: it has to be abandoned.
    async fn end(&self, looking: &mut std::pin::Pin<&mut tokio::task::JoinHandle<Result<Looked>>>) -> bool {
        notify(&[sd_notify::NotifyState::Stopping]);
        info!("told to end: the run in flight is finished first");
        self.stop.store(true, Ordering::Relaxed);
        let end = Stopwatch::now() + GRACE;
        while !looking.is_finished() {
            if Stopwatch::now() >= end {
                warn!(
                    "the run in flight takes too long and is rolled back; its window is looked at after the next start"
                );
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    fn spawn_look(&self, model: usize) -> tokio::task::JoinHandle<Result<Looked>> {
        let (fleet, stop, pulse, start) =
            (self.fleet.clone(), self.stop.clone(), self.pulse.clone(), self.start.clone());
        tokio::task::spawn_blocking(move || {
            let Some(settings) = fleet.get(model) else { return Ok(Looked::default()) };
            let now = start.clock.now();
            let mut ledger = Ledger::open(&settings.state, LEDGER_WAIT)?;
            let looking = Looking { threads: settings.daemon_threads(start.cores), progress: &|_, _| pulse.beat() };
            let compose = |telling: &crate::alert::Telling, report: Option<&crate::report::Report>| {
                compose(settings, telling, report, now)
            };
            look(settings, &mut ledger, Hands { now, looking, compose: &compose, stop: &stop })
        })
    }

    fn looked(&mut self, model: usize, outcome: Result<Looked>) {
        self.pulse.beat();
        let name = self.fleet.get(model).map_or("", |settings| settings.model.name.as_str());
        match outcome {
            Ok(looked) => {
                if looked.events > 0 {
                    self.wake_postmen();
                }
                self.wakes.done(model, looked.failed > 0);
                if looked.more && looked.failed == 0 {
                    self.wakes.at_once(model);
                }
                notify(&[sd_notify::NotifyState::Status(&format!(
                    "{name}: {} windows checked, {} could not be, {} events told; at {}",
                    looked.told,
                    looked.failed,
                    looked.events,
                    self.start.clock.now()
                ))]);
            }
            Err(fault) => {
                error!(model = name, "{fault}");
                self.wakes.done(model, true);
                notify(&[sd_notify::NotifyState::Status(&format!("{name}: {fault}"))]);
            }
        }
    }

    /// A good config takes the place of the old one; a bad one is named, and changes nothing.
    async fn reload(&mut self, cron: &mut Cron, ticker: &mpsc::Sender<usize>) {
        notify(&[
            sd_notify::NotifyState::Reloading,
            sd_notify::NotifyState::monotonic_usec_now().unwrap_or(sd_notify::NotifyState::MonotonicUsec(0)),
        ]);
        let state = self.fleet.first().map(|settings| settings.state.clone());
        let loaded = load(&self.start).and_then(|fleet| {
            if fleet.first().map(|settings| &settings.state) != state.as_ref() {
                return Err(Fault::setup("`state` is another folder now: that takes a restart"));
            }
            Ok(fleet)
        });
        // All that may fail comes before anything is changed.
        let reloaded = match loaded {
            Ok(fleet) => self.make_ready(fleet, ticker).await,
            Err(fault) => Err(fault),
        };
        match reloaded {
            Ok((fleet, prepared, new)) => {
                std::mem::replace(cron, new).stop().await;
                self.wakes = Wakes::all(fleet.len());
                self.fleet = Arc::new(fleet);
                // Letters go by the new config from now on.
                self.channels.send_replace(Arc::clone(&self.fleet));
                self.wake_postmen();
                self.serve_anew(prepared).await;
                info!(models = self.fleet.len(), "the config was read again");
            }
            Err(fault) => error!("the config was read again and is not good; the former one stays: {fault}"),
        }
        notify(&[sd_notify::NotifyState::Ready]);
    }

    /// The ticks and the server that a config asks for; if one of them cannot be had, both stay as they are.
    async fn make_ready(
        &mut self,
        fleet: Vec<Settings>,
        ticker: &mpsc::Sender<usize>,
    ) -> Result<(Vec<Settings>, Option<Prepared>, Cron)> {
        let cron = Cron::start(&fleet, ticker, self.start.clock.now()).await?;
        match serve::prepare(&fleet, &mut self.server).await {
            Ok(prepared) => Ok((fleet, prepared, cron)),
            Err(fault) => {
                cron.stop().await;
                Err(fault)
            }
        }
    }

    /// The server of the new config in place of the former one: another token, folder or address holds from now on.
    async fn serve_anew(&mut self, prepared: Option<Prepared>) {
        if let Some(former) = self.server.take() {
            // Whoever calls meanwhile waits at the door, if the address stays the same.
            former.end().await;
        }
        if let Some(prepared) = prepared {
            match prepared.start(&self.channels.subscribe(), self.start.clock) {
                Ok(server) => self.server = server,
                Err(fault) => error!("{fault}"),
            }
        }
    }

    fn wake_postmen(&self) {
        self.letters.iter().for_each(|(_, letters)| letters.notify_one());
    }

    /// `--once`: what is in the outbox is tried once.
    fn once(&self) -> tokio::task::JoinHandle<Result<()>> {
        let (fleet, stop, clock) = (Arc::clone(&self.fleet), self.stop.clone(), self.start.clock);
        let is_failing = self.wakes.is_failing();
        tokio::task::spawn_blocking(move || {
            let Some(settings) = fleet.first() else { return Ok(()) };
            let mut ledger = Ledger::open(&settings.state, LEDGER_WAIT)?;
            rounds(&mut ledger, settings, &|| clock.now(), &|| stop.load(Ordering::Relaxed))?;
            if is_failing {
                return Err(Fault::retry("not every window could be checked; the log above says which, and why"));
            }
            Ok(())
        })
    }

    /// Sends a channel's letters as they come, and again when it is time.
    fn postman(&self, channel: Channel, letters: &Arc<Notify>) -> tokio::task::JoinHandle<()> {
        let (channels, stop, letters, clock) =
            (self.channels.subscribe(), self.stop.clone(), Arc::clone(letters), self.start.clock);
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let (fleet, stop) = (Arc::clone(&channels.borrow()), stop.clone());
                let done = tokio::task::spawn_blocking(move || {
                    let Some(settings) = fleet.first() else { return Ok(None) };
                    let Some(_alone) = lock_channel(&settings.state, channel)? else {
                        // `vigie check --send` is at it.
                        return Ok(Some(Instant(clock.now().0 + 1_000_000)));
                    };
                    let mut ledger = Ledger::open(&settings.state, LEDGER_WAIT)?;
                    let stop = || stop.load(Ordering::Relaxed);
                    round(&mut ledger, channel, settings, &|| clock.now(), &stop).map(|round| round.next)
                });
                let next = match done.await {
                    Ok(Ok(next)) => next,
                    Ok(Err(fault)) => {
                        error!("the outbox cannot be read: {fault}");
                        Some(Instant(clock.now().0 + 30_000_000))
                    }
                    Err(error) => {
                        error!("sending broke down: {error}");
                        Some(Instant(clock.now().0 + 300_000_000))
                    }
                };
                // Not longer than a quarter of an hour: the machine may have slept, a command may have queued a letter.
                let wait = next.map_or(900_000_000, |next| next.0 - clock.now().0).clamp(1_000_000, 900_000_000);
                let _ = timeout(Duration::from_micros(wait.unsigned_abs()), letters.notified()).await;
            }
        })
    }
}
