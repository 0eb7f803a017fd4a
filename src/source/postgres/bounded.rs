//! A connection whose server cannot make this process hold more than a row: the driver would buffer a message of any length.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{
    config::{SslMode, SslNegotiation},
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Maximum length of a message with a row, in bytes.
const MAX_ROW: u64 = 32 << 20;
/// Maximum length of all other messages of a session together: errors, notices, settings, results of small queries.
const MAX_OTHERS: u64 = 16 << 20;
/// Tag of a message with a part of a `COPY`.
const COPY_DATA: u8 = b'd';

/// Counts the messages that pass: a tag, the length with itself as four bytes, and the content.
struct MessageMeter {
    header: [u8; 5],
    /// Number of bytes of the header so far, and of the content that are left.
    filled: usize,
    left: u64,
    budget: u64,
}

impl MessageMeter {
    fn new() -> Self {
        Self { header: [0; 5], filled: 0, left: 0, budget: MAX_OTHERS }
    }

    fn count(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let too_much = || io::Error::other("the server sends more than a row and its messages can hold");
        while !bytes.is_empty() {
            if self.left > 0 {
                let skipped = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                bytes = bytes.get(skipped..).unwrap_or_default();
                self.left -= skipped as u64;
                continue;
            }
            if let (Some(slot), Some((byte, rest))) = (self.header.get_mut(self.filled), bytes.split_first()) {
                *slot = *byte;
                bytes = rest;
                self.filled += 1;
            }
            if self.filled == self.header.len() {
                let [tag, length @ ..] = self.header;
                let length = u64::from(u32::from_be_bytes(length));
                if tag == COPY_DATA {
                    if length > MAX_ROW {
                        return Err(too_much());
                    }
                } else {
                    self.budget = self.budget.checked_sub(length.saturating_add(1)).ok_or_else(too_much)?;
                }
                (self.filled, self.left) = (0, length.saturating_sub(4));
            }
        }
        Ok(())
    }
}

/// What the bytes of a stream are.
enum PeerContent {
    /// The answer to the request for TLS: `S`, or `N` and messages.
    Answer,
    Messages(MessageMeter),
    /// TLS, which has its own limits.
    Encrypted,
}

/// A stream that fails if its server sends too much.
pub(super) struct BoundedPeer<S> {
    stream: S,
    content: PeerContent,
}

impl<S> BoundedPeer<S> {
    /// A connection before TLS, if there is any.
    pub(super) fn new(stream: S, mode: SslMode, negotiation: SslNegotiation) -> Self {
        let content = match (mode, negotiation) {
            (SslMode::Disable, _) => PeerContent::Messages(MessageMeter::new()),
            (_, SslNegotiation::Direct) => PeerContent::Encrypted,
            _ => PeerContent::Answer,
        };
        Self { stream, content }
    }

    fn count(&mut self, bytes: &[u8]) -> io::Result<()> {
        let rest = match (&self.content, bytes.split_first()) {
            (PeerContent::Answer, Some((answer, rest))) => {
                let is_accepted = *answer == b'S';
                self.content =
                    if is_accepted { PeerContent::Encrypted } else { PeerContent::Messages(MessageMeter::new()) };
                rest
            }
            _ => bytes,
        };
        match &mut self.content {
            PeerContent::Messages(meter) => meter.count(rest),
            PeerContent::Answer | PeerContent::Encrypted => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for BoundedPeer<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => Poll::Ready(self.count(buffer.filled().get(before..).unwrap_or_default())),
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundedPeer<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for BoundedPeer<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// TLS of one connection, whose decrypted messages are counted.
pub(super) struct BoundedTls<T>(T);

impl<T> BoundedTls<T> {
    pub(super) fn new<S>(mut tls: MakeRustlsConnect, host: &str) -> Option<Self>
    where
        MakeRustlsConnect: MakeTlsConnect<S, TlsConnect = T>,
    {
        <MakeRustlsConnect as MakeTlsConnect<S>>::make_tls_connect(&mut tls, host).ok().map(Self)
    }
}

impl<S, T> TlsConnect<S> for BoundedTls<T>
where
    T: TlsConnect<S>,
    T::Future: Send + 'static,
{
    type Stream = BoundedPeer<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let handshake = self.0.connect(stream);
        Box::pin(async move {
            let stream = handshake.await?;
            Ok(BoundedPeer { stream, content: PeerContent::Messages(MessageMeter::new()) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, length: u32) -> Vec<u8> {
        [vec![tag], (length + 4).to_be_bytes().to_vec(), vec![0; length as usize]].concat()
    }

    #[test]
    fn messages_are_counted_wherever_the_stream_is_split() {
        let bytes = [message(b'R', 4), message(b'S', 20), message(b'd', 5_000), message(b'Z', 1)].concat();
        for size in [1, 2, 3, 7, 64, bytes.len()] {
            let mut meter = MessageMeter::new();
            bytes.chunks(size).for_each(|piece| meter.count(piece).unwrap());
            assert_eq!((meter.filled, meter.left), (0, 0), "in pieces of {size}");
            assert_eq!(MAX_OTHERS - meter.budget, 9 + 25 + 6, "in pieces of {size}");
        }
    }

    #[test]
    fn too_much_is_an_error() {
        // An error of two gigabytes, a row of a gigabyte, and notices without end.
        assert!(MessageMeter::new().count(&[b'E', 0x7f, 0xff, 0xff, 0xff]).is_err());
        assert!(MessageMeter::new().count(&[b'd', 0x40, 0, 0, 0]).is_err());
        let mut meter = MessageMeter::new();
        let notice = message(b'N', 100_000);
        assert_eq!((0..1_000).position(|_| meter.count(&notice).is_err()), Some(167));
        let mut meter = MessageMeter::new();
        let row = message(b'd', 1_000_000);
        assert!((0..100).all(|_| meter.count(&row).is_ok()), "rows pass without end");
    }
}
