//! Connections with limits: on their number (see `places`), on the time for a request, and on their lifetime.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Instant, Sleep, sleep, sleep_until},
};

use super::places::{Place, PlaceLimits, Places};

/// How many connections are open, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    pub places: PlaceLimits,
    /// Time from the end of a response (or the start of the connection) to the first byte of the next response. Cuts off
    /// idle clients and those that send their request byte by byte.
    pub request: Duration,
    /// Maximum lifetime of a connection. Cuts off clients that read their response byte by byte.
    pub lifetime: Duration,
}

/// Listener whose connections time out.
pub(crate) struct TimeoutListener {
    listener: TcpListener,
    limits: ConnectionLimits,
    places: Arc<Places>,
}

impl TimeoutListener {
    pub(crate) fn new(listener: TcpListener, limits: ConnectionLimits) -> Self {
        Self { listener, limits, places: Arc::new(Places::new(limits.places)) }
    }
}

impl Listener for TimeoutListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => match self.places.take(peer.ip()) {
                    Some(place) => return (Connection::new(stream, place, self), peer),
                    // Every place is busy: the connection is closed.
                    None => drop(stream),
                },
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    // Most likely out of file descriptors: wait for other connections to end.
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The place of a request's connection.
#[derive(Clone)]
pub(crate) struct RequestPlace(pub Arc<Place>);

impl Connected<IncomingStream<'_, TimeoutListener>> for RequestPlace {
    fn connect_info(stream: IncomingStream<'_, TimeoutListener>) -> Self {
        Self(Arc::clone(&stream.io().place))
    }
}

/// Stream that fails with `TimedOut` after its deadline, and when it has lost its place.
pub(crate) struct Connection {
    stream: TcpStream,
    /// See [`ConnectionLimits::request`].
    timeout: Duration,
    deadline: Pin<Box<Sleep>>,
    lifetime_deadline: Instant,
    place: Arc<Place>,
    places: Arc<Places>,
}

impl Connection {
    fn new(stream: TcpStream, place: Arc<Place>, listener: &TimeoutListener) -> Self {
        let ConnectionLimits { request: timeout, lifetime, places: _ } = listener.limits;
        let _ = stream.set_nodelay(true);
        let now = Instant::now();
        Self {
            stream,
            timeout,
            deadline: Box::pin(sleep_until(now + timeout)),
            lifetime_deadline: now + lifetime,
            place,
            places: Arc::clone(&listener.places),
        }
    }

    /// Returns whether the deadline has passed or the place is lost; registers for a wake-up if not.
    fn is_expired(&mut self, context: &mut Context<'_>) -> bool {
        self.place.is_evicted(context) || self.deadline.as_mut().poll(context).is_ready()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.places.leave(&self.place);
    }
}

fn timed_out<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_expired(context) {
            return timed_out();
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_expired(context) {
            return timed_out();
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(1..)) = written {
            // The client is reading: extend the deadline for its next request.
            let deadline = (Instant::now() + self.timeout).min(self.lifetime_deadline);
            self.deadline.as_mut().reset(deadline);
            self.place.touch();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
