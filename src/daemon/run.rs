//! The daemon's main loop. It checks models as they become due; a signal stops it after the current run, or within seconds.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant as StdInstant},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Notify, mpsc, watch},
    time::{MissedTickBehavior, interval, sleep_until, timeout, timeout_at},
};
use tracing::{error, info, warn};
use vigie_profile::window::Instant;

use super::{
    check::check_model,
    clock::{Clock, watch_steps},
    cron::Cron,
    lock::{Lock, lock, lock_channel},
    sender::{compose_messages, outbox_channels, send_due, send_due_on},
    serve::{self, Prepared, Server},
    wake::WakeQueue,
    watchdog::{Watchdog, notify},
    window::{CheckContext, CheckSummary},
};
use crate::{
    archive,
    config::{self, Problems, Settings},
    crash,
    fault::{Fault, Remedy, Result},
    ledger::Ledger,
    monitor::ScanOptions,
};

/// How long the current run may take to finish after a stop signal. After that it is rolled back.
const STOP_TIMEOUT: Duration = Duration::from_secs(7);
/// How long to wait for the ledger. After that the check is retried later.
const LEDGER_TIMEOUT: Duration = Duration::from_secs(10);

/// Options of the daemon.
#[derive(Debug, Clone)]
pub struct DaemonOptions {
    pub config: PathBuf,
    pub cores: usize,
    pub clock: Clock,
    /// Check once, send the outbox once, and exit.
    pub once: bool,
}

/// Runs until a signal stops it.
pub fn run(options: &DaemonOptions) -> Result<()> {
    let fleet = load(options)?;
    let state = fleet.first().map(|settings| settings.state.clone()).unwrap_or_default();
    let lock = lock(&state)?;
    crash::point("start.locked");
    if let Some(settings) = fleet.first() {
        archive::remove_leftovers(&settings.reports);
    }
    // Setup errors are reported before the daemon is ready; a busy ledger is retried later.
    match Ledger::open(&state, Duration::from_secs(1)) {
        Err(fault) if fault.remedy() != Remedy::Retry || options.once => return Err(fault),
        Err(fault) => warn!("{fault}"),
        Ok(_) => {}
    }
    crash::point("start.ledger");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Fault::retry(format!("cannot start the daemon: {error}")))?;
    let ended = runtime.block_on(async { Daemon::new(options.clone(), fleet, lock).run().await });
    // A run that did not finish in time is abandoned: its report is not in place and its transaction not committed.
    runtime.shutdown_background();
    ended
}

fn load(options: &DaemonOptions) -> Result<Vec<Settings>> {
    let fleet = Settings::load_all(&options.config).map_err(Problems::into_fault)?;
    for warning in config::of_all(&fleet, config::warnings) {
        warn!("{}", Problems::new(&options.config, vec![warning]));
    }
    Ok(fleet)
}

/// States once that the ledger is not the one of the last check: it was removed or replaced while the daemon was running.
fn recognise(ledger: &mut Ledger, state: &Path, known: &Mutex<Option<String>>) -> Result<()> {
    let id = ledger.identity()?;
    let before = known.lock().unwrap_or_else(PoisonError::into_inner).replace(id.clone());
    if before.is_some_and(|before| before != id) {
        error!(
            state = %state.display(),
            "the ledger was removed or replaced while the daemon was running: open alerts and unsent messages are lost; \
             `vigie status --rebuild` restores the runs and trends from the reports"
        );
    }
    Ok(())
}

struct Daemon {
    options: DaemonOptions,
    fleet: Arc<Vec<Settings>>,
    wakes: WakeQueue,
    stop: Arc<AtomicBool>,
    /// Wakes the sender of each channel.
    outbox_signals: Vec<(&'static str, Arc<Notify>)>,
    /// The current settings, for senders and the HTTP server.
    settings: watch::Sender<Arc<Vec<Settings>>>,
    watchdog: Watchdog,
    server: Option<Server>,
    /// Id of the ledger at the last check.
    ledger: Arc<Mutex<Option<String>>>,
    _lock: Lock,
}

/// Why the main loop woke up.
enum WakeReason {
    Tick(usize),
    Due,
    WatchdogInterval,
    /// The clock was set ahead by this many microseconds.
    ClockStep(i64),
    Reload,
    Stop,
}

impl Daemon {
    fn new(options: DaemonOptions, fleet: Vec<Settings>, lock: Lock) -> Self {
        let fleet = Arc::new(fleet);
        Self {
            wakes: WakeQueue::all_due(fleet.len()),
            options,
            settings: watch::Sender::new(Arc::clone(&fleet)),
            fleet,
            stop: Arc::default(),
            outbox_signals: outbox_channels().into_iter().map(|channel| (channel, Arc::default())).collect(),
            server: None,
            watchdog: Watchdog::default(),
            ledger: Arc::default(),
            _lock: lock,
        }
    }

    async fn run(mut self) -> Result<()> {
        let signal_fault = |error: std::io::Error| Fault::retry(format!("cannot install signal handlers: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(signal_fault)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(signal_fault)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(signal_fault)?;
        let (ticker, mut ticks) = mpsc::channel(self.fleet.len().max(1) * 2);
        let mut cron = Cron::start(&self.fleet, &ticker, self.options.clock.now()).await?;
        let mut senders = Vec::new();
        if !self.options.once {
            if let Some(prepared) = serve::prepare(&self.fleet, &mut self.server).await? {
                self.server = prepared.start(&self.settings.subscribe(), self.options.clock)?;
            }
            senders.extend(self.outbox_signals.iter().map(|(channel, signal)| self.start_sender(channel, signal)));
        }
        let mut steps = watch_steps(self.options.clock);
        let mut ping = interval(self.watchdog.interval());
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        notify(&[sd_notify::NotifyState::Ready]);
        info!(models = self.fleet.len(), config = %self.options.config.display(), "started");
        let ended = loop {
            if let Some(model) = self.wakes.take(StdInstant::now()) {
                let check = self.spawn_check(model);
                tokio::pin!(check);
                let result = loop {
                    tokio::select! {
                        result = &mut check => break Some(result),
                        _ = terminate.recv() => { if self.stop_check(&mut check).await { break None } }
                        _ = interrupt.recv() => { if self.stop_check(&mut check).await { break None } }
                        // Takes effect after the run.
                        _ = hangup.recv() => self.wakes.reload = true,
                        Some(model) = ticks.recv() => self.wakes.wake(model),
                        _ = ping.tick() => self.watchdog.ping(),
                    }
                };
                let Some(result) = result else { break Ok(()) };
                self.finish_check(
                    model,
                    result.unwrap_or_else(|error| Err(Fault::retry(format!("the check crashed: {error}")))),
                );
                if self.stop.load(Ordering::Relaxed) {
                    break Ok(());
                }
                continue;
            }
            if self.options.once {
                let mut sending = self.send_once();
                break tokio::select! {
                    sent = &mut sending => {
                        sent.unwrap_or_else(|error| Err(Fault::retry(format!("sending crashed: {error}"))))
                    }
                    // A message being sent stays in the outbox.
                    _ = terminate.recv() => Ok(()),
                    _ = interrupt.recv() => Ok(()),
                };
            }
            if std::mem::take(&mut self.wakes.reload) {
                self.reload(&mut cron, &ticker).await;
                continue;
            }
            let next = self.wakes.next();
            let reason = tokio::select! {
                _ = terminate.recv() => WakeReason::Stop,
                _ = interrupt.recv() => WakeReason::Stop,
                _ = hangup.recv() => WakeReason::Reload,
                Some(model) = ticks.recv() => WakeReason::Tick(model),
                () = sleep_until(next.into()) => WakeReason::Due,
                _ = ping.tick() => WakeReason::WatchdogInterval,
                Some(step) = steps.recv() => WakeReason::ClockStep(step),
            };
            self.watchdog.progress();
            match reason {
                WakeReason::Stop => break Ok(()),
                WakeReason::Reload => self.wakes.reload = true,
                WakeReason::Tick(model) => self.wakes.wake(model),
                WakeReason::Due => {}
                WakeReason::ClockStep(step) => {
                    self.adapt_to_step(step);
                    // The scheduler waits for an absolute time.
                    self.restart_cron(&mut cron, &ticker).await?;
                }
                WakeReason::WatchdogInterval => {
                    self.watchdog.ping();
                    if cron.is_stale(&self.fleet, self.options.clock.now()) {
                        info!("a time zone offset has changed: restarting the scheduler");
                        self.restart_cron(&mut cron, &ticker).await?;
                    }
                }
            }
        };
        notify(&[sd_notify::NotifyState::Stopping]);
        self.stop.store(true, Ordering::Relaxed);
        self.wake_senders();
        // A message being sent is sent again after the restart, with the same Message-ID.
        let end = tokio::time::Instant::now() + Duration::from_secs(1);
        for sender in senders {
            let _ = timeout_at(end, sender).await;
        }
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        info!("stopped");
        ended
    }

    async fn restart_cron(&self, cron: &mut Cron, ticker: &mpsc::Sender<usize>) -> Result<()> {
        let new = Cron::start(&self.fleet, ticker, self.options.clock.now()).await?;
        std::mem::replace(cron, new).stop().await;
        Ok(())
    }

    /// Waits for the current run. Returns `true` if it has to be abandoned.
    async fn stop_check(&self, check: &mut std::pin::Pin<&mut tokio::task::JoinHandle<Result<CheckSummary>>>) -> bool {
        notify(&[sd_notify::NotifyState::Stopping]);
        info!("stopping after the current run");
        self.stop.store(true, Ordering::Relaxed);
        let end = StdInstant::now() + STOP_TIMEOUT;
        while !check.is_finished() {
            if StdInstant::now() >= end {
                warn!(
                    "the current run is taking too long and will be rolled back; its window will be checked after the next start"
                );
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    fn spawn_check(&self, model: usize) -> tokio::task::JoinHandle<Result<CheckSummary>> {
        let (fleet, stop, watchdog, options) =
            (self.fleet.clone(), self.stop.clone(), self.watchdog.clone(), self.options.clone());
        let known = Arc::clone(&self.ledger);
        tokio::task::spawn_blocking(move || {
            let Some(settings) = fleet.get(model) else { return Ok(CheckSummary::default()) };
            let now = options.clock.now();
            let mut ledger = Ledger::open(&settings.state, LEDGER_TIMEOUT)?;
            recognise(&mut ledger, &settings.state, &known)?;
            let scan =
                ScanOptions { threads: settings.daemon_threads(options.cores), progress: &|_, _| watchdog.progress() };
            let compose = |notification: &crate::alert::Notification, report: Option<&crate::report::Report>| {
                compose_messages(settings, notification, report, now)
            };
            check_model(settings, &mut ledger, CheckContext { now, scan, compose: &compose, stop: &stop })
        })
    }

    /// Logs the result of a check and schedules the next one.
    fn finish_check(&mut self, model: usize, result: Result<CheckSummary>) {
        self.watchdog.progress();
        let name = self.fleet.get(model).map_or("", |settings| settings.model.name.as_str());
        match result {
            Ok(summary) => {
                if summary.events > 0 || summary.reported > 0 {
                    self.wake_senders();
                }
                self.wakes.finish(model, summary.failed > 0);
                if summary.more && summary.failed == 0 {
                    self.wakes.wake(model);
                }
                notify(&[sd_notify::NotifyState::Status(&format!(
                    "{name}: {} windows checked, {} failed, {} alert events; at {}",
                    summary.reported,
                    summary.failed,
                    summary.events,
                    self.options.clock.now()
                ))]);
            }
            Err(fault) => {
                error!(model = name, "{fault}");
                self.wakes.finish(model, true);
                notify(&[sd_notify::NotifyState::Status(&format!("{name}: {fault}"))]);
            }
        }
    }

    /// Reloads the config. An invalid config is reported and changes nothing.
    async fn reload(&mut self, cron: &mut Cron, ticker: &mpsc::Sender<usize>) {
        notify(&[
            sd_notify::NotifyState::Reloading,
            sd_notify::NotifyState::monotonic_usec_now().unwrap_or(sd_notify::NotifyState::MonotonicUsec(0)),
        ]);
        let state = self.fleet.first().map(|settings| settings.state.clone());
        let loaded = load(&self.options).and_then(|fleet| {
            if fleet.first().map(|settings| &settings.state) != state.as_ref() {
                return Err(Fault::setup("`state` has changed; restart the daemon to use the new folder"));
            }
            Ok(fleet)
        });
        // Everything that can fail comes before anything is changed.
        let reloaded = match loaded {
            Ok(fleet) => self.prepare(fleet, ticker).await,
            Err(fault) => Err(fault),
        };
        match reloaded {
            Ok((fleet, prepared, new)) => {
                std::mem::replace(cron, new).stop().await;
                self.wakes = WakeQueue::all_due(fleet.len());
                self.fleet = Arc::new(fleet);
                // Messages use the new config from now on.
                self.settings.send_replace(Arc::clone(&self.fleet));
                self.wake_senders();
                self.restart_server(prepared).await;
                info!(models = self.fleet.len(), "config reloaded");
            }
            Err(fault) => error!("the new config is invalid; keeping the current one: {fault}"),
        }
        notify(&[sd_notify::NotifyState::Ready]);
    }

    /// Prepares the scheduler and the server of a new config. If one fails, both stay as they are.
    async fn prepare(
        &mut self,
        fleet: Vec<Settings>,
        ticker: &mpsc::Sender<usize>,
    ) -> Result<(Vec<Settings>, Option<Prepared>, Cron)> {
        let cron = Cron::start(&fleet, ticker, self.options.clock.now()).await?;
        match serve::prepare(&fleet, &mut self.server).await {
            Ok(prepared) => Ok((fleet, prepared, cron)),
            Err(fault) => {
                cron.stop().await;
                Err(fault)
            }
        }
    }

    /// Replaces the server, so that a new token, folder or address takes effect at once.
    async fn restart_server(&mut self, prepared: Option<Prepared>) {
        if let Some(previous) = self.server.take() {
            // If the address stays the same, clients that connect meanwhile wait in the listen queue.
            previous.stop().await;
        }
        if let Some(prepared) = prepared {
            match prepared.start(&self.settings.subscribe(), self.options.clock) {
                Ok(server) => self.server = server,
                Err(fault) => error!("{fault}"),
            }
        }
    }

    /// After the clock has been set: checks every model and the outbox at once, which heals what was recorded with the wrong
    /// time.
    fn adapt_to_step(&mut self, step: i64) {
        let (seconds, now) = (step.unsigned_abs() / 1_000_000, self.options.clock.now());
        if step < 0 {
            warn!(%now, seconds, "the clock was set back: checking all models at once");
        } else {
            info!(%now, seconds, "the clock was set ahead, or the machine was suspended: checking all models at once");
        }
        (0..self.fleet.len()).for_each(|model| self.wakes.wake(model));
        self.wake_senders();
    }

    fn wake_senders(&self) {
        self.outbox_signals.iter().for_each(|(_, signal)| signal.notify_one());
    }

    /// For `--once`: sends the outbox once.
    fn send_once(&self) -> tokio::task::JoinHandle<Result<()>> {
        let (fleet, stop, clock) = (Arc::clone(&self.fleet), self.stop.clone(), self.options.clock);
        let is_failing = self.wakes.is_failing();
        tokio::task::spawn_blocking(move || {
            let Some(settings) = fleet.first() else { return Ok(()) };
            let mut ledger = Ledger::open(&settings.state, LEDGER_TIMEOUT)?;
            let stop = || stop.load(Ordering::Relaxed);
            send_due_on(&outbox_channels(), &mut ledger, settings, &|| clock.now(), &stop)?;
            if is_failing {
                return Err(Fault::retry("some windows could not be checked; see the log above"));
            }
            Ok(())
        })
    }

    /// Starts the sender of a channel: it sends new messages as they are queued, and retries when they are due.
    fn start_sender(&self, channel: &'static str, signal: &Arc<Notify>) -> tokio::task::JoinHandle<()> {
        let (settings, stop, signal, clock) =
            (self.settings.subscribe(), self.stop.clone(), Arc::clone(signal), self.options.clock);
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let (fleet, stop) = (Arc::clone(&settings.borrow()), stop.clone());
                let result = tokio::task::spawn_blocking(move || {
                    let Some(settings) = fleet.first() else { return Ok(None) };
                    let Some(_lock) = lock_channel(&settings.state, channel)? else {
                        // `vigie check --send` is sending.
                        return Ok(Some(Instant(clock.now().0 + 1_000_000)));
                    };
                    let mut ledger = Ledger::open(&settings.state, LEDGER_TIMEOUT)?;
                    let stop = || stop.load(Ordering::Relaxed);
                    send_due(&mut ledger, channel, settings, &|| clock.now(), &stop).map(|summary| summary.next)
                });
                let next = match result.await {
                    Ok(Ok(next)) => next,
                    Ok(Err(fault)) => {
                        error!("cannot read the outbox: {fault}");
                        Some(Instant(clock.now().0 + 30_000_000))
                    }
                    Err(error) => {
                        error!("sending crashed: {error}");
                        Some(Instant(clock.now().0 + 300_000_000))
                    }
                };
                // At most 15 minutes: the machine may have been suspended, or a command may have queued a message.
                let wait = next.map_or(900_000_000, |next| next.0 - clock.now().0).clamp(1_000_000, 900_000_000);
                let _ = timeout(Duration::from_micros(wait.unsigned_abs()), signal.notified()).await;
            }
        })
    }
}
