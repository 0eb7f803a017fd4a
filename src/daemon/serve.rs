//! The HTTP server of the daemon: reports from their folder, alerts and the outbox from the ledger.

use std::{
    io,
    net::{TcpListener, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::timeout,
};
use tracing::{error, info, warn};

use super::clock::Clock;
use crate::{
    config::{Http, Settings},
    fault::{Fault, Result, describe_io},
    ledger::{Ledger, RunRow, RunStatus},
    monitor::open_alerts,
    web::{self, DaemonStatus, ModelRunStatus, State, own_host_name, read_token},
};

/// A running server.
pub(super) struct Server {
    task: JoinHandle<()>,
    stop: Arc<Notify>,
    listen: String,
    /// Kept open so that a server with new settings can take over without refusing connections.
    listener: TcpListener,
    state: State,
}

/// A server that is ready to start: its address is bound and its token read.
pub(super) struct Prepared {
    listener: TcpListener,
    listen: String,
    token: Option<String>,
}

/// Prepares the configured server, if there is one. If the address is unchanged, it shares the listener of `current`. If
/// `current` itself blocks the new address (same port, different address), it is stopped first, and started again if the new
/// address still cannot be bound. An unusable address or token is a setup fault.
pub(super) async fn prepare(fleet: &[Settings], current: &mut Option<Server>) -> Result<Option<Prepared>> {
    let Some(http) = fleet.first().and_then(|settings| settings.http.as_ref()) else { return Ok(None) };
    let token = http.token_file.as_ref().map(|file| read_token("http.token_file", file)).transpose()?;
    let bound = match current.as_ref().filter(|server| server.listen == http.listen) {
        Some(server) => server.listener.try_clone(),
        None => TcpListener::bind(&http.listen),
    };
    let listener = match bound {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => match take_if_same_port(&http.listen, current) {
            Some(previous) => {
                let (listener, previous) = previous.release_port(&http.listen).await;
                *current = previous;
                listener
            }
            None => Err(error),
        },
        bound => bound,
    };
    let listener = listener.map_err(|error| bind_fault(http, &error))?;
    Ok(Some(Prepared { listener, listen: http.listen.clone(), token }))
}

/// Takes the current server if it uses the port of `listen`.
fn take_if_same_port(listen: &str, current: &mut Option<Server>) -> Option<Server> {
    current.take_if(|server| {
        let port = server.listener.local_addr().map(|address| address.port()).ok();
        listen.to_socket_addrs().is_ok_and(|mut all| all.any(|address| Some(address.port()) == port))
    })
}

impl Prepared {
    /// Starts serving with the settings of the first model.
    pub(super) fn start(self, fleet: &watch::Receiver<Arc<Vec<Settings>>>, clock: Clock) -> Result<Option<Server>> {
        let current = Arc::clone(&fleet.borrow());
        let Some((settings, http)) = current.first().and_then(|settings| Some((settings, settings.http.as_ref()?)))
        else {
            return Ok(None);
        };
        let state = State {
            reports: settings.reports.clone(),
            language: settings.language,
            token: self.token,
            hosts: host_names(http, settings.base_url.as_deref()),
            status: {
                let fleet = fleet.clone();
                Arc::new(move || status(&fleet.borrow().clone(), clock))
            },
        };
        Server::start(self.listener, self.listen, state).map(Some).map_err(|error| bind_fault(http, &error))
    }
}

impl Server {
    fn start(listener: TcpListener, listen: String, state: State) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let accepting = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        if state.token.is_none() && !address.ip().is_loopback() {
            warn!(
                "http.listen: anyone who can reach {address} can read the reports; set http.token_file to require a token"
            );
        }
        let stop = Arc::new(Notify::new());
        let (stopped, served) = (Arc::clone(&stop), state.clone());
        info!("serving http://{address}/");
        let task = tokio::spawn(async move {
            if let Err(error) = web::serve(accepting, served, async move { stopped.notified().await }).await {
                error!("the HTTP server failed: {error}");
            }
        });
        Ok(Self { task, stop, listen, listener, state })
    }

    /// Stops the server. Requests in progress have one second to complete.
    pub(super) async fn stop(self) {
        self.stop.notify_one();
        let mut task = self.task;
        if timeout(Duration::from_secs(1), &mut task).await.is_err() {
            // No request must be answered with the previous token after this.
            task.abort();
            let _ = task.await;
        }
    }

    /// Stops the server and binds another address on its port. If that fails, the server is started again.
    async fn release_port(self, wanted: &str) -> (io::Result<TcpListener>, Option<Self>) {
        let (listen, state, address) = (self.listen.clone(), self.state.clone(), self.listener.local_addr());
        self.stop().await;
        let bound = TcpListener::bind(wanted);
        if bound.is_ok() {
            return (bound, None);
        }
        let restarted =
            address.and_then(TcpListener::bind).and_then(|listener| Self::start(listener, listen.clone(), state));
        if let Err(error) = &restarted {
            error!("http.listen: cannot bind {listen} again: {}; reports are not served", describe_io(error));
        }
        (bound, restarted.ok())
    }
}

fn bind_fault(http: &Http, error: &io::Error) -> Fault {
    Fault::setup(format!(
        "http.listen: cannot bind {}: {}; choose another address or port",
        http.listen,
        describe_io(error)
    ))
}

/// Names under which the server is known: those in the config, and this host's.
fn host_names(http: &Http, base_url: Option<&str>) -> Vec<String> {
    let authority = base_url.and_then(|url| url.split_once("://")).and_then(|(_, rest)| rest.split('/').next());
    let public = authority.and_then(|authority| authority.rsplit('@').next()?.split(':').next());
    let public = public.filter(|name| !name.is_empty()).map(ToOwned::to_owned);
    let named = own_host_name().into_iter().chain(public);
    http.hosts.iter().cloned().chain(named).collect()
}

/// Reads the current status from the ledger.
fn status(fleet: &[Settings], clock: Clock) -> DaemonStatus {
    read(fleet, clock)
        .unwrap_or_else(|fault| DaemonStatus { not_ready: Some(fault.to_string()), ..DaemonStatus::default() })
}

fn read(fleet: &[Settings], clock: Clock) -> Result<DaemonStatus> {
    let Some(settings) = fleet.first() else { return Ok(DaemonStatus::default()) };
    let Some(mut ledger) = Ledger::read(&settings.state)? else { return Ok(DaemonStatus::default()) };
    ledger.view(|tx| {
        let mut status = DaemonStatus {
            outbox: tx
                .undelivered()?
                .iter()
                .flat_map(|message| &message.to)
                .filter(|recipient| recipient.is_queued())
                .count() as u64,
            alerts: open_alerts(tx)?,
            ..DaemonStatus::default()
        };
        for settings in fleet {
            let name = &settings.model.name;
            let runs = tx.latest(name, 100)?;
            let latest = |status: RunStatus| {
                runs.iter().filter(move |run| run.status == status).max_by_key(|run| run.created_at)
            };
            let cadence = settings.schedule.cadence();
            let next = cadence.after(cadence.latest_complete(clock.now(), settings.schedule.lateness));
            status.models.push(ModelRunStatus {
                model: name.clone(),
                last_success: latest(RunStatus::Reported).map(|run| run.created_at),
                last_failure: latest(RunStatus::Failed).map(|run: &RunRow| (run.created_at, run.headline.clone())),
                next_due: Some(vigie_profile::window::Instant(
                    next.to.0.saturating_add(settings.schedule.lateness.microseconds()),
                )),
            });
        }
        Ok(status)
    })
}
