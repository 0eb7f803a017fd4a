//! Which requests are taken on: bodies are read within limits on size, time and memory, and only so many requests are answered
//! at the same time. What exceeds the limits is refused at once, so that it does not delay the rest.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{BodyDataStream, Bytes},
    extract::{ConnectInfo, Request},
    http::{StatusCode, header},
};
use futures_core::Stream as _;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::block_in_place,
    time::{sleep, timeout},
};

use super::refusal::ScoringRefusal;
use crate::{
    config::ServeOptions,
    web::{Busy, Place, RequestPlace},
};

/// Time in which a body must arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// Bodies up to this size are always read; larger ones share a limit on memory.
const SMALL_BODY: usize = 64 << 10;
/// What large bodies may have together, in KiB; at least eight of the largest size.
const LARGE_BODIES_KIB: u32 = 64 << 10;
/// How long the rest of a body that is refused is read.
const LINGER: Duration = Duration::from_secs(2);
/// After a stop, the server waits for connections until no request has been in progress for this time.
const QUIET: Duration = Duration::from_secs(2);

/// The limits of a server, and what is in progress.
#[derive(Debug)]
pub(super) struct Admission {
    max_body: usize,
    max_rows: usize,
    /// Requests that may be answered at the same time.
    requests: Arc<Semaphore>,
    /// Requests that may compute for long at the same time: one for each thread.
    long: Arc<Semaphore>,
    /// KiB of large bodies.
    large: Arc<Semaphore>,
    in_progress: Arc<AtomicUsize>,
    /// Requests that were refused because too many were in progress.
    pub shed: AtomicU64,
}

impl Admission {
    pub(super) fn new(options: &ServeOptions, threads: usize) -> Self {
        let count = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        let large = LARGE_BODIES_KIB.max(options.max_body_kib.saturating_mul(8));
        Self {
            max_body: count(options.max_body_kib).saturating_mul(1_024),
            max_rows: count(options.max_rows),
            requests: Arc::new(Semaphore::new(count(options.max_requests))),
            long: Arc::new(Semaphore::new(threads)),
            large: Arc::new(Semaphore::new(count(large))),
            in_progress: Arc::default(),
            shed: AtomicU64::default(),
        }
    }

    /// Counts a request as in progress until the guard is dropped.
    pub(super) fn enter(&self) -> RequestInProgress {
        self.in_progress.fetch_add(1, Ordering::SeqCst);
        RequestInProgress(Arc::clone(&self.in_progress))
    }

    /// Waits until no request has been in progress for some time.
    pub(super) async fn quiet(&self) {
        const STEP: Duration = Duration::from_millis(50);
        let mut quiet = Duration::ZERO;
        while quiet < QUIET {
            sleep(STEP).await;
            quiet = if self.in_progress.load(Ordering::SeqCst) == 0 { quiet + STEP } else { Duration::ZERO };
        }
    }

    /// Waits until another request may compute for long.
    pub(super) async fn long(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.long).acquire_owned().await.ok()
    }

    fn overloaded(&self) -> ScoringRefusal {
        self.shed.fetch_add(1, Ordering::Relaxed);
        ScoringRefusal::unlogged("too many requests are in progress; try again in a second")
    }

    fn too_large(&self) -> ScoringRefusal {
        let most = self.max_body / 1_024;
        let why = format!("the body has more than {most} KiB; send fewer rows, or raise serve.max_body_kib");
        ScoringRefusal::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", why)
    }

    /// Reads a body, and takes on its request.
    pub(super) async fn admit(&self, request: Request) -> Result<AdmittedBody, ScoringRefusal> {
        let (parts, body) = request.into_parts();
        let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let mut chunks = pin!(body.into_data_stream());
        let read = if declared.is_some_and(|declared: usize| declared > self.max_body) {
            Err(self.too_large())
        } else {
            timeout(BODY_TIMEOUT, self.read(chunks.as_mut())).await.unwrap_or_else(|_| {
                let seconds = BODY_TIMEOUT.as_secs();
                let why = format!("the body did not arrive within {seconds} s; send it faster, or fewer rows");
                Err(ScoringRefusal {
                    is_logged: false,
                    ..ScoringRefusal::new(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", why)
                })
            })
        };
        let (bytes, memory) = match read {
            Ok(read) => read,
            Err(refusal) => {
                // A client that is still sending when the connection is closed would not see the answer.
                let _ = timeout(LINGER, discard(chunks)).await;
                return Err(refusal);
            }
        };
        // Only now is the client waiting for the server, and no longer the other way round.
        let busy = parts.extensions.get::<ConnectInfo<RequestPlace>>().map(|ConnectInfo(place)| Place::busy(&place.0));
        let turn = Arc::clone(&self.requests).try_acquire_owned().map_err(|_| self.overloaded())?;
        let long = if bytes.len() > SMALL_BODY { self.long().await } else { None };
        Ok(AdmittedBody {
            limits: RowLimits::new(self.max_rows, bytes.len()),
            bytes,
            is_large: long.is_some(),
            _kept: (turn, long, memory, busy),
        })
    }

    /// The bytes of a body, and the share of memory that they take.
    async fn read(
        &self,
        mut chunks: Pin<&mut BodyDataStream>,
    ) -> Result<(Bytes, Vec<OwnedSemaphorePermit>), ScoringRefusal> {
        let (mut bytes, mut memory) = (Vec::new(), Vec::new());
        let mut taken = SMALL_BODY;
        while let Some(chunk) = poll_fn(|context| chunks.as_mut().poll_next(context)).await {
            let chunk = chunk.map_err(|_| {
                let why = "the body ended early, or is not framed as HTTP/1.1 has it";
                ScoringRefusal { is_logged: false, ..ScoringRefusal::unreadable(why) }
            })?;
            let size = bytes.len() + chunk.len();
            if size > self.max_body {
                return Err(self.too_large());
            }
            if size > taken {
                // A share at least as large as all before, so that there are few of them.
                let more = (size - taken).max(taken).min(self.max_body.saturating_sub(taken)).div_ceil(1_024);
                let share = Arc::clone(&self.large).try_acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX));
                memory.push(share.map_err(|_| self.overloaded())?);
                taken += more * 1_024;
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((Bytes::from(bytes), memory))
    }
}

/// Reads the rest of a body that is refused.
async fn discard(mut chunks: Pin<&mut BodyDataStream>) {
    while let Some(Ok(_)) = poll_fn(|context| chunks.as_mut().poll_next(context)).await {}
}

/// How much the rows of a body may become.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowLimits {
    pub rows: usize,
    /// Bytes of all rows, each with the names of its inputs. Rows of columns repeat them, so a long name would become many.
    pub bytes: usize,
}

impl RowLimits {
    fn new(rows: usize, body: usize) -> Self {
        Self { rows, bytes: body.saturating_mul(32).saturating_add(1 << 20) }
    }

    /// Fails if there are more rows than allowed, or if names of this length in each make too many bytes.
    pub(super) fn check(self, rows: usize, names: usize) -> Result<(), ScoringRefusal> {
        let refuse = |code, why| Err(ScoringRefusal::new(StatusCode::PAYLOAD_TOO_LARGE, code, why));
        if rows > self.rows {
            let most = self.rows;
            return refuse(
                "TOO_MANY_ROWS",
                format!("the request has {rows} rows, more than {most}; send several requests"),
            );
        }
        if rows.saturating_mul(names) > self.bytes {
            return refuse(
                "BODY_TOO_LARGE",
                "the names of columns are too long for so many rows; send fewer rows".to_owned(),
            );
        }
        Ok(())
    }
}

/// A request is in progress.
pub(super) struct RequestInProgress(Arc<AtomicUsize>);

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The body of a request that was taken on. It counts as in progress until this is dropped.
pub(super) struct AdmittedBody {
    pub bytes: Bytes,
    pub limits: RowLimits,
    /// Whether it has leave to compute for long.
    pub is_large: bool,
    _kept: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>, Vec<OwnedSemaphorePermit>, Option<Busy>),
}

impl AdmittedBody {
    /// Does the work of the request: that of a large one on a thread of its own, so that it does not delay others.
    pub(super) async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        if self.is_large { block_in_place(|| Handle::current().block_on(work)) } else { work.await }
    }
}
