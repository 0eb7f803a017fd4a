//! Connects to the first host that answers, with keepalive and bounded messages.

use std::{io, pin::Pin, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream, lookup_host},
    time::timeout,
};
use tokio_postgres::{
    Client, Error, SimpleQueryMessage,
    config::{Host, TargetSessionAttrs},
};

use super::{
    bounded::{BoundedPeer, BoundedTls},
    database::Database,
    error,
};
use crate::fault::{Fault, Result};

/// Drives a connection until it ends.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A TCP or Unix socket.
trait AnySocket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AnySocket for S {}

/// Connects; the driver has to run while the client is used.
pub(super) async fn connect(database: &Database) -> Result<(Client, Driver)> {
    let config = &database.config;
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let mut last = error::unreachable(database, "there is no host");
    for index in 0..hosts.len().max(addresses.len()) {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let name = match hosts.get(index) {
            Some(Host::Tcp(name)) => Some(name.clone()),
            _ => None,
        };
        let places: Vec<PeerAddress> = match (addresses.get(index), hosts.get(index)) {
            (Some(address), _) => vec![PeerAddress::Tcp((*address, port).into())],
            (None, Some(Host::Unix(folder))) => vec![PeerAddress::Unix(folder.join(format!(".s.PGSQL.{port}")))],
            (None, Some(Host::Tcp(name))) => match lookup_host((name.as_str(), port)).await {
                Ok(found) => found.map(PeerAddress::Tcp).collect(),
                Err(why) => {
                    last = error::unreachable(database, &why.to_string());
                    continue;
                }
            },
            (None, None) => Vec::new(),
        };
        for place in places {
            match connect_to(database, &place, name.as_deref()).await {
                Ok(connected) => return Ok(connected),
                Err(fault) => last = fault,
            }
        }
    }
    Err(last)
}

enum PeerAddress {
    Tcp(std::net::SocketAddr),
    Unix(std::path::PathBuf),
}

async fn connect_to(database: &Database, place: &PeerAddress, name: Option<&str>) -> Result<(Client, Driver)> {
    let config = &database.config;
    let socket = open(database, place).await.map_err(|why| error::unreachable(database, &why.to_string()))?;
    let peer = BoundedPeer::new(socket, config.get_ssl_mode(), config.get_ssl_negotiation());
    let host = match (name, place) {
        (Some(name), _) => name.to_owned(),
        (None, PeerAddress::Tcp(address)) => address.ip().to_string(),
        (None, PeerAddress::Unix(_)) => String::new(),
    };
    let tls = BoundedTls::new::<BoundedPeer<Box<dyn AnySocket>>>(database.tls.clone(), &host)
        .ok_or_else(|| error::unreachable(database, "TLS cannot be set up"))?;
    let (client, connection) = config.connect_raw(peer, tls).await.map_err(|why| error::fault(database, &why))?;
    // An error of the connection is reported to the caller that waits for a reply.
    let mut driver: Driver = Box::pin(async move {
        let _ = connection.await;
    });
    let wanted = config.get_target_session_attrs();
    if wanted != TargetSessionAttrs::Any {
        let is_read_only = tokio::select! {
            answer = is_read_only(&client) => answer.map_err(|why| error::fault(database, &why))?,
            () = &mut driver => false,
        };
        if is_read_only != (wanted == TargetSessionAttrs::ReadOnly) {
            return Err(error::unreachable(database, "the session does not have the wanted target_session_attrs"));
        }
    }
    Ok((client, driver))
}

async fn is_read_only(client: &Client) -> Result<bool, Error> {
    let messages = client.simple_query("SHOW transaction_read_only").await?;
    let mut rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(rows.next() == Some("on"))
}

async fn open(database: &Database, place: &PeerAddress) -> io::Result<Box<dyn AnySocket>> {
    let config = &database.config;
    let wait = config.get_connect_timeout().copied().filter(|wait| !wait.is_zero()).unwrap_or(Duration::MAX);
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "connection timed out");
    match place {
        PeerAddress::Unix(path) => {
            let socket = timeout(wait, UnixStream::connect(path)).await.map_err(late)??;
            Ok(Box::new(socket))
        }
        PeerAddress::Tcp(address) => {
            let socket = timeout(wait, TcpStream::connect(address)).await.map_err(late)??;
            socket.set_nodelay(true)?;
            let options = SockRef::from(&socket);
            if let Some(wait) = config.get_tcp_user_timeout() {
                options.set_tcp_user_timeout(Some(*wait))?;
            }
            if config.get_keepalives() {
                let mut keepalive = TcpKeepalive::new().with_time(config.get_keepalives_idle());
                if let Some(interval) = config.get_keepalives_interval() {
                    keepalive = keepalive.with_interval(interval);
                }
                if let Some(retries) = config.get_keepalives_retries() {
                    keepalive = keepalive.with_retries(retries);
                }
                options.set_tcp_keepalive(&keepalive)?;
            }
            Ok(Box::new(socket))
        }
    }
}

/// The fault of a server whose rows have no end.
pub(super) fn endless_row(database: &Database) -> Fault {
    error::unreachable(database, "the server sends a row without an end")
}
