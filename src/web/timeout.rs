//! Connections with limits: on their number, on the time for a request, and on their lifetime.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep, sleep_until},
};

/// Concurrent connections; further ones wait in the kernel's accept backlog.
const MAX_CONNECTIONS: usize = 256;
/// Time from the end of a response (or the start of the connection) to the first byte of the next response. Cuts off idle
/// clients and those that send their request byte by byte.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Maximum lifetime of a connection. Cuts off clients that read their response byte by byte.
const MAX_LIFETIME: Duration = Duration::from_mins(5);

/// Listener whose connections time out.
pub(super) struct TimeoutListener {
    listener: TcpListener,
    permits: Arc<Semaphore>,
}

impl TimeoutListener {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)) }
    }
}

impl Listener for TimeoutListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { continue };
            match self.listener.accept().await {
                Ok((stream, peer)) => return (Connection::new(stream, permit), peer),
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

/// Stream that fails with `TimedOut` after its deadline.
pub(super) struct Connection {
    stream: TcpStream,
    deadline: Pin<Box<Sleep>>,
    lifetime_deadline: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: TcpStream, permit: OwnedSemaphorePermit) -> Self {
        let _ = stream.set_nodelay(true);
        let now = Instant::now();
        Self {
            stream,
            deadline: Box::pin(sleep_until(now + REQUEST_TIMEOUT)),
            lifetime_deadline: now + MAX_LIFETIME,
            _permit: permit,
        }
    }

    /// Returns whether the deadline has passed; registers for a wake-up if not.
    fn is_expired(&mut self, context: &mut Context<'_>) -> bool {
        self.deadline.as_mut().poll(context).is_ready()
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
            let deadline = (Instant::now() + REQUEST_TIMEOUT).min(self.lifetime_deadline);
            self.deadline.as_mut().reset(deadline);
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
