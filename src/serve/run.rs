//! `vigie serve`: opens the model and the log, listens, checks for other versions, and stops on a signal.

use std::{
    ffi::OsStr,
    net::TcpListener,
    os::unix::ffi::OsStrExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::block_in_place,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info, warn};

use super::{
    feature_store::open_store,
    guard::ServerAccess,
    log::RequestLog,
    server::serve,
    service::{Challenger, ScoringService},
    slot::ModelSlot,
};
use crate::{
    config::{ChallengerOptions, Problems, RequestLogOptions, ServeOptions, Settings},
    daemon::Clock,
    fault::{Fault, Result, describe_io},
    source::{FeatureLookup, writer_name},
    web::{own_host_name, read_token},
};

/// Options of `vigie serve`.
#[derive(Debug, Clone)]
pub struct ServeRequest {
    pub config: PathBuf,
    /// Name of the model to serve, if the config defines several.
    pub model: Option<String>,
    /// Number of threads that answer requests, at least 2.
    pub threads: usize,
}

/// Serves until SIGTERM or SIGINT; then waits for pending requests.
///
/// Fails if the config, the model, the log or the address cannot be used.
pub fn run(request: &ServeRequest) -> Result<()> {
    let mut settings =
        Settings::load_one(&request.config, "--model", request.model.as_deref()).map_err(Problems::into_fault)?;
    let Some(options) = settings.serve.clone() else {
        return Err(Fault::setup(format!(
            "{}: there is no `serve` section; add one, such as `serve: {{listen: \"127.0.0.1:8080\", log: {{dir: log}}}}`",
            settings.path.display()
        )));
    };
    if let Some(state) = options.state.clone().or_else(given_state) {
        settings.state = state;
    }
    let clock = Clock::from_env();
    let host = own_host_name().unwrap_or_else(|| "vigie".to_owned());
    let instance = writer_name(&host, clock.now(), std::process::id());
    let threads = request.threads.max(2);
    let service = Arc::new(open(&settings, &options, threads, &instance, clock)?);
    let token_file = options.token_file.as_ref().map(|file| read_token("serve.token_file", file));
    let hosts = options.hosts.iter().cloned().chain(own_host_name()).collect();
    let access = ServerAccess { token: token_file.transpose()?, hosts };
    let listener = TcpListener::bind(&options.listen).map_err(|error| {
        let why = describe_io(&error);
        Fault::setup(format!("serve.listen: cannot bind {}: {why}; choose another address or port", options.listen))
    })?;
    let unable = |error: std::io::Error| Fault::retry(format!("cannot serve: {}", describe_io(&error)));
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.map_err(unable)?.block_on(async {
        listener.set_nonblocking(true).map_err(unable)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(unable)?;
        let address = listener.local_addr().map_err(unable)?;
        if access.token.is_none() && !address.ip().is_loopback() {
            warn!("serve.listen: anyone who can reach {address} can have rows scored; set serve.token_file to require a token");
        }
        let (stop, stopped) = watch::channel(false);
        let (mut term, mut int) = (
            signal(SignalKind::terminate()).map_err(unable)?,
            signal(SignalKind::interrupt()).map_err(unable)?,
        );
        let mut hang_up = signal(SignalKind::hangup()).map_err(unable)?;
        tokio::spawn(async move {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
            let _ = stop.send(true);
        });
        let every = Duration::from_micros(u64::try_from(options.refresh.microseconds()).unwrap_or(60_000_000));
        let for_refresh = Arc::clone(&service);
        let refresher = tokio::spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.tick().await;
            loop {
                tokio::select! { _ = ticks.tick() => {}, _ = hang_up.recv() => {} }
                // Otherwise a file that no reader should panic on would be the last one that is looked at.
                if block_in_place(|| catch_unwind(AssertUnwindSafe(|| for_refresh.refresh()))).is_err() {
                    error!("looking for another version of the model panicked; the one in use stays");
                }
            }
        });
        let ticker = tokio::spawn(async {
            // A timer that is due before all others wakes up the thread that waits for timers, by a system call. On a server
            // with few requests, that would be the time limit of each. With this one, which is due sooner, a request over one
            // connection needs 0.3 to 0.4 such calls instead of 0.8, and a tenth less time.
            let mut ticks = interval(Duration::from_secs(1));
            loop {
                ticks.tick().await;
            }
        });
        let model = service.champion.model();
        info!(instance, sha256 = model.sha256, "serving {} at http://{address}/", model.origin);
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        let mut stopped = stopped;
        let shutdown = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let ending = Arc::clone(&service);
        let served = serve(listener, service, access, shutdown).await;
        ticker.abort();
        refresher.abort();
        if let Some(challenger) = &ending.challenger {
            challenger.finish().await;
        }
        served.map_err(unable)
    })
}

fn open(
    settings: &Settings,
    options: &ServeOptions,
    threads: usize,
    instance: &str,
    clock: Clock,
) -> Result<ScoringService> {
    let champion = ModelSlot::open(settings)?;
    let log = RequestLog::start(&options.log, &settings.source, instance, clock, "requests are refused")?;
    let model = champion.model();
    let features = settings.features.as_ref();
    let features = features.map(|own| FeatureLookup::open(own, &settings.source, model.rescorer.extra_columns()));
    let features = features.transpose()?;
    let challenger =
        options.challenger.as_ref().map(|own| challenger(settings, own, &options.log, instance, clock)).transpose()?;
    let features = open_store(features, options.feature_cache.as_ref())?;
    let models = [Some(champion.model()), challenger.as_ref().map(|own| own.slot.model())];
    for name in &options.log.omit {
        let what = if models.iter().flatten().any(|model| model.schema.has(name)) {
            "a feature of the model, without which scores cannot be verified"
        } else if features.as_ref().is_some_and(|features| features.lookup.id() == name) {
            "the id of `features`, by which records are compared with the feature table"
        } else {
            continue;
        };
        return Err(Fault::setup(format!("serve.log.omit: `{name}` is {what}; remove it from the list")));
    }
    Ok(ScoringService::new(champion, challenger, log, features, (options, threads), clock))
}

/// Opens the challenger: the same settings with another file and version.
fn challenger(
    settings: &Settings,
    own: &ChallengerOptions,
    log: &RequestLogOptions,
    instance: &str,
    clock: Clock,
) -> Result<Challenger> {
    let mut settings = settings.clone();
    settings.model.file = Some(own.file.clone());
    settings.model.version.clone_from(&own.version);
    let slot = ModelSlot::open(&settings).map_err(|fault| fault.context("serve.challenger"))?;
    let log = own.log_dir.as_ref().map(|dir| {
        let options = RequestLogOptions { dir: Some(dir.clone()), table: None, ..log.clone() };
        RequestLog::start(&options, &settings.source, instance, clock, "the challenger's scores are lost")
            .map_err(|fault| fault.context("serve.challenger"))
    });
    Ok(Challenger::new(slot, own.share, log.transpose()?))
}

/// The folder that systemd gives a service with `StateDirectory`, the first of several.
fn given_state() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    let first = folders.as_bytes().split(|byte| *byte == b':').next().unwrap_or_default();
    (!first.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(first)))
}
