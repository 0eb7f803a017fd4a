//! The server of `http.listen` beside the daemon's looks: reports from their folder, alerts and the outbox from the ledger.

use std::{
    fs, io,
    net::{TcpListener, ToSocketAddrs},
    path::PathBuf,
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
    fault::{Fault, Result, spoken},
    ledger::{Ended, Ledger, RunRow},
    monitor::open_alerts,
    web::{self, ModelStanding, Standing, State},
};

/// A server that runs.
pub(super) struct Server {
    task: JoinHandle<()>,
    end: Arc<Notify>,
    listen: String,
    /// Kept, so that a server with other settings can take its place without a moment in which nobody answers.
    listener: TcpListener,
    state: State,
}

/// A server that can start any moment: the address is bound, the token read.
pub(super) struct Prepared {
    listener: TcpListener,
    listen: String,
    token: Option<String>,
}

/// Prepares the server that the config asks for, if it asks for one; on the address that `present` has, where it is the
/// same. If only `present` itself is in the way (its port at another address), it ends first, and comes back if the address
/// cannot be had all the same. What it cannot listen on, or a token that is not there, is for a person to mend.
pub(super) async fn prepare(fleet: &[Settings], present: &mut Option<Server>) -> Result<Option<Prepared>> {
    let Some(http) = fleet.first().and_then(|settings| settings.http.as_ref()) else { return Ok(None) };
    let token = http.token_file.as_ref().map(token).transpose()?;
    let bound = match present.as_ref().filter(|server| server.listen == http.listen) {
        Some(server) => server.listener.try_clone(),
        None => TcpListener::bind(&http.listen),
    };
    let listener = match bound {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => match take_port(&http.listen, present) {
            Some(former) => {
                let (listener, former) = former.make_room(&http.listen).await;
                *present = former;
                listener
            }
            None => Err(error),
        },
        bound => bound,
    };
    let listener = listener.map_err(|error| not_bound(http, &error))?;
    Ok(Some(Prepared { listener, listen: http.listen.clone(), token }))
}

/// The server that has the port of an address, if it is this one.
fn take_port(listen: &str, present: &mut Option<Server>) -> Option<Server> {
    present.take_if(|server| {
        let own = server.listener.local_addr().map(|address| address.port()).ok();
        listen.to_socket_addrs().is_ok_and(|mut all| all.any(|address| Some(address.port()) == own))
    })
}

impl Prepared {
    /// Serves what the first of the fleet says.
    pub(super) fn start(self, fleet: &watch::Receiver<Arc<Vec<Settings>>>, clock: Clock) -> Result<Option<Server>> {
        let known = Arc::clone(&fleet.borrow());
        let Some((settings, http)) = known.first().and_then(|settings| Some((settings, settings.http.as_ref()?)))
        else {
            return Ok(None);
        };
        let state = State {
            reports: settings.reports.clone(),
            language: settings.language,
            token: self.token,
            standing: {
                let fleet = fleet.clone();
                Arc::new(move || standing(&fleet.borrow().clone(), clock))
            },
        };
        Server::start(self.listener, self.listen, state).map(Some).map_err(|error| not_bound(http, &error))
    }
}

impl Server {
    fn start(listener: TcpListener, listen: String, state: State) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let accepting = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        if state.token.is_none() && !address.ip().is_loopback() {
            warn!(
                "http.listen: whoever reaches {address} can read the reports; http.token_file would ask them for a token"
            );
        }
        let end = Arc::new(Notify::new());
        let (ended, served) = (Arc::clone(&end), state.clone());
        info!("serving http://{address}/");
        let task = tokio::spawn(async move {
            if let Err(error) = web::serve(accepting, served, async move { ended.notified().await }).await {
                error!("the server ended: {error}");
            }
        });
        Ok(Self { task, end, listen, listener, state })
    }

    /// Answers what is under way, for a second at most.
    pub(super) async fn end(self) {
        self.end.notify_one();
        let mut task = self.task;
        if timeout(Duration::from_secs(1), &mut task).await.is_err() {
            // Nobody is served by a former token any longer.
            task.abort();
            let _ = task.await;
        }
    }

    /// Leaves its port for another address. If that cannot be bound, it is the server again.
    async fn make_room(self, wanted: &str) -> (io::Result<TcpListener>, Option<Self>) {
        let (listen, state, own) = (self.listen.clone(), self.state.clone(), self.listener.local_addr());
        self.end().await;
        let bound = TcpListener::bind(wanted);
        if bound.is_ok() {
            return (bound, None);
        }
        let back = own.and_then(TcpListener::bind).and_then(|listener| Self::start(listener, listen.clone(), state));
        if let Err(error) = &back {
            error!("http.listen: {listen} could not be taken again: {}; nobody serves the reports now", spoken(error));
        }
        (bound, back.ok())
    }
}

fn not_bound(http: &Http, error: &io::Error) -> Fault {
    Fault::setup(format!("http.listen: {}: {}; choose another address or port", http.listen, spoken(error)))
}

fn token(file: &PathBuf) -> Result<String> {
    let fault = |why: String| {
        Fault::setup(format!("http.token_file: {}: {why}; it holds the token and nothing else", file.display()))
    };
    let text = fs::read_to_string(file).map_err(|error| fault(spoken(&error)))?;
    match text.trim() {
        "" => Err(fault("it is empty".to_owned())),
        token => Ok(token.to_owned()),
    }
}

/// What the ledger knows just now.
fn standing(fleet: &[Settings], clock: Clock) -> Standing {
    read(fleet, clock).unwrap_or_else(|fault| Standing { not_ready: Some(fault.to_string()), ..Standing::default() })
}

fn read(fleet: &[Settings], clock: Clock) -> Result<Standing> {
    let Some(settings) = fleet.first() else { return Ok(Standing::default()) };
    let Some(mut ledger) = Ledger::read(&settings.state)? else { return Ok(Standing::default()) };
    ledger.view(|entry| {
        let mut standing = Standing {
            outbox: entry
                .undelivered()?
                .iter()
                .flat_map(|letter| &letter.to)
                .filter(|recipient| recipient.waits())
                .count() as u64,
            alerts: open_alerts(entry)?,
            ..Standing::default()
        };
        for settings in fleet {
            let name = &settings.model.name;
            let runs = entry.latest(name, 100)?;
            let of = |ended: Ended| runs.iter().filter(move |run| run.ended == ended).max_by_key(|run| run.created_at);
            let cadence = settings.schedule.cadence();
            let next = cadence.after(cadence.latest_complete(clock.now(), settings.schedule.lateness));
            standing.models.push(ModelStanding {
                model: name.clone(),
                last_success: of(Ended::Told).map(|run| run.created_at),
                last_failure: of(Ended::Failed).map(|run: &RunRow| (run.created_at, run.sentence.clone())),
                next_due: Some(vigie_profile::window::Instant(
                    next.to.0.saturating_add(settings.schedule.lateness.microseconds()),
                )),
            });
        }
        Ok(standing)
    })
}
