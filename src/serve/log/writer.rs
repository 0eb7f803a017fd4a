//! Writes records: all that wait at once, and then lets their requests be answered.
//!
//! If the log is files, and records need not be synced, the task of a request writes them, because that takes less time than
//! waking up a thread. Otherwise a thread of its own waits for the disk or the database.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{
    day_file::DayFiles,
    sink::LogSink,
    status::{LogError, LogStatus, WaitingBytes},
    turns::Turns,
};
use crate::{
    config::{Durability, RequestLogOptions, WhenFull},
    daemon::Clock,
    fault::{Fault, Result, describe_io},
    source::{RowInsert, SourceOptions},
};

/// Number of requests whose records may wait.
const MAX_WAITING: usize = 4_096;
/// Bytes of records that may wait.
const MAX_WAITING_BYTES: usize = 64 << 20;
/// Records are written together up to these limits.
const MAX_GROUP: usize = 256;
const MAX_GROUP_BYTES: usize = 1 << 20;
/// How often a log that cannot be written is tried again without a request.
const RETRY: Duration = Duration::from_secs(1);

/// Records of one request, which are written together.
struct Entry {
    /// Each begins after the `{` and the fields that the writer adds, and ends with `}` and a line feed.
    records: Vec<Vec<u8>>,
    waiting: WaitingBytes,
    /// `None` if the request does not wait.
    written: Option<oneshot::Sender<Result<(), LogError>>>,
}

/// A log with its writer.
#[derive(Debug)]
pub(in crate::serve) struct RequestLog {
    sender: Option<SyncSender<Entry>>,
    /// Writes records, or only tries again while the log cannot be written.
    thread: Option<JoinHandle<()>>,
    /// The writer, if requests write their records themselves.
    turns: Option<Arc<Turns<RecordWriter>>>,
    /// Ends the thread when it is dropped.
    open: Option<Sender<()>>,
    pub status: Arc<LogStatus>,
    durability: Durability,
    when_full: WhenFull,
}

impl RequestLog {
    /// Starts the writer. `instance`: unique among processes that write to the folder.
    /// `source`: the log that the config reads, whose database a table is in unless it says otherwise. `outcome`: what happens
    /// while it cannot be written.
    pub(in crate::serve) fn start(
        options: &RequestLogOptions,
        source: &SourceOptions,
        instance: &str,
        clock: Clock,
        outcome: &'static str,
    ) -> Result<Self> {
        let mut sink = open_sink(options, source, instance)?;
        sink.probe().map_err(|why| Fault::setup(format!("{why}; set it to a place that vigie can write to")))?;
        let (sender, entries) = sync_channel(MAX_WAITING);
        let status = Arc::new(LogStatus::new(outcome));
        let writer = RecordWriter {
            entries,
            sink,
            instance: instance.to_owned(),
            failures: 0,
            sequence: 0,
            status: Arc::clone(&status),
            dropped: 0,
            clock,
        };
        let is_quick = writer.sink.is_certain() && options.durability == Durability::Written;
        let thread = thread::Builder::new().name("request-log".to_owned());
        let (open, closed) = channel();
        let (turns, thread) = if is_quick {
            let turns = Arc::new(Turns::new(writer, RecordWriter::write_waiting));
            let own = Arc::clone(&turns);
            (Some(turns), thread.spawn(move || retry(&own, &closed)))
        } else {
            (None, thread.spawn(move || writer.run()))
        };
        let thread = thread.map_err(|error| Fault::retry(format!("cannot start a thread: {}", describe_io(&error))))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
            turns,
            open: Some(open),
            status,
            durability: options.durability,
            when_full: options.when_full,
        })
    }

    /// Logs the records of a request, and waits until they are as durable as configured.
    pub(in crate::serve) async fn append(&self, records: Vec<Vec<u8>>) -> Result<(), LogError> {
        let bytes: usize = records.iter().map(Vec::len).sum();
        let count = records.len() as u64;
        let (waiting, before) = WaitingBytes::add(&self.status, bytes);
        let (written, answer) = oneshot::channel();
        let waits = self.durability != Durability::Queued;
        let entry = Entry { records, waiting, written: waits.then_some(written) };
        let is_full = before > 0 && before + bytes > MAX_WAITING_BYTES;
        let sent = match &self.sender {
            Some(sender) if !is_full => sender.try_send(entry),
            Some(_) => Err(TrySendError::Full(entry)),
            None => Err(TrySendError::Disconnected(entry)),
        };
        match sent {
            Ok(()) => self.turns.iter().for_each(Turns::added),
            Err(refused) => {
                return match (refused, self.when_full) {
                    (TrySendError::Full(_), WhenFull::Refuse) => Err(LogError::Full),
                    (TrySendError::Full(_), WhenFull::Drop) => {
                        self.status.dropped.fetch_add(count, Ordering::SeqCst);
                        Ok(())
                    }
                    (TrySendError::Disconnected(_), _) => Err(self.stopped()),
                };
            }
        }
        if !waits {
            return self.status.failure().map_or(Ok(()), |why| Err(LogError::Failed(why)));
        }
        answer.await.unwrap_or_else(|_| Err(self.stopped()))
    }

    /// The writer ended without an answer, so that the server is not ready.
    fn stopped(&self) -> LogError {
        let why = "serve.log: the writer of records has stopped; restart vigie serve".to_owned();
        self.status.note(&Err(why.clone()), "");
        LogError::Failed(why)
    }
}

fn open_sink(options: &RequestLogOptions, source: &SourceOptions, instance: &str) -> Result<LogSink> {
    if let Some(place) = options.place() {
        return Ok(LogSink::Table(RowInsert::open("serve.log", &place, source)?));
    }
    let folder = options.dir.clone().unwrap_or_default();
    let is_synced = options.durability == Durability::Synced;
    let files = DayFiles::new(&folder, instance, u64::from(options.max_file_mib) << 20, is_synced);
    Ok(LogSink::Files { files, folder: folder.display().to_string() })
}

/// Writes the waiting records.
impl Drop for RequestLog {
    fn drop(&mut self) {
        drop((self.sender.take(), self.open.take()));
        if let Some(turns) = &self.turns {
            while turns.worker().write_waiting() {}
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct RecordWriter {
    entries: Receiver<Entry>,
    sink: LogSink,
    instance: String,
    /// Number of failed writes whose records may have been written nevertheless.
    failures: u64,
    /// Sequence number of the last record.
    sequence: u64,
    status: Arc<LogStatus>,
    /// Dropped records that have been given sequence numbers.
    dropped: u64,
    clock: Clock,
}

impl RecordWriter {
    fn run(mut self) {
        loop {
            match self.entries.recv_timeout(RETRY) {
                Ok(first) => {
                    self.write(first);
                }
                Err(RecvTimeoutError::Timeout) => self.probe(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Tries again if the log could not be written.
    fn probe(&mut self) {
        if self.status.failure().is_some() {
            self.status.note(&self.sink.probe(), self.sink.shown());
        }
    }

    /// Writes the entries that wait, up to the limits. Returns whether these were reached.
    fn write_waiting(&mut self) -> bool {
        let Ok(first) = self.entries.try_recv() else { return false };
        self.write(first)
    }

    /// Writes an entry and those that wait behind it, up to the limits. Returns whether these were reached.
    fn write(&mut self, first: Entry) -> bool {
        let mut group = vec![first];
        let mut bytes = group.iter().map(|entry| entry.waiting.bytes()).sum::<usize>();
        while group.len() < MAX_GROUP && bytes < MAX_GROUP_BYTES {
            let Ok(entry) = self.entries.try_recv() else { break };
            bytes += entry.waiting.bytes();
            group.push(entry);
        }
        // Dropped records have numbers, and the next record says how many they are.
        let dropped = self.status.dropped.load(Ordering::SeqCst);
        let mut dropped_here = dropped - self.dropped;
        let mut sequence = self.sequence + dropped_here;
        let mut lines = Vec::with_capacity(bytes + 96 * group.len());
        // Sequence numbers that may have been used are not used again.
        let instance = match self.failures {
            0 => self.instance.clone(),
            failures => format!("{}-{failures}", self.instance),
        };
        let prefix = format!("{{\"instance\":{},\"seq\":", serde_json::Value::from(instance));
        for record in group.iter().flat_map(|entry| &entry.records) {
            sequence += 1;
            lines.extend_from_slice(prefix.as_bytes());
            lines.extend_from_slice(sequence.to_string().as_bytes());
            lines.push(b',');
            if dropped_here > 0 {
                lines.extend_from_slice(format!("\"dropped\":{dropped_here},").as_bytes());
                dropped_here = 0;
            }
            lines.extend_from_slice(record);
        }
        let now = self.clock.now();
        let written = catch_unwind(AssertUnwindSafe(|| self.sink.write(now, &lines)));
        let is_certain = written.is_ok() && self.sink.is_certain();
        let result = written.unwrap_or_else(|_| {
            self.sink.abandon();
            Err("serve.log: writing a record panicked; see the log of vigie".to_owned())
        });
        self.status.note(&result, self.sink.shown());
        let answer = match &result {
            Ok(()) => {
                self.status.written.fetch_add(sequence - self.sequence - (dropped - self.dropped), Ordering::Relaxed);
                (self.sequence, self.dropped) = (sequence, dropped);
                Ok(())
            }
            Err(why) => {
                if !is_certain {
                    (self.sequence, self.failures) = (0, self.failures + 1);
                }
                Err(LogError::Failed(why.clone()))
            }
        };
        crate::crash::point("serve.logged");
        let is_full = group.len() >= MAX_GROUP || bytes >= MAX_GROUP_BYTES;
        for entry in group {
            if let Some(written) = entry.written {
                let _ = written.send(answer.clone());
            }
        }
        is_full
    }
}

/// Tries a log that could not be written again, until it is closed.
fn retry(turns: &Turns<RecordWriter>, closed: &Receiver<()>) {
    while closed.recv_timeout(RETRY) == Err(RecvTimeoutError::Timeout) {
        turns.worker().probe();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::runtime::Builder;

    use super::*;

    fn start(folder: &std::path::Path, when_full: &str) -> RequestLog {
        let options = format!("{{dir: {}, when_full: {when_full}}}", folder.display());
        let options: RequestLogOptions = serde_yaml::from_str(&options).unwrap();
        let source: SourceOptions = serde_yaml::from_str("{path: log, fields: {timestamp: ts}}").unwrap();
        RequestLog::start(&options, &source, "api", Clock::System, "requests are refused").unwrap()
    }

    fn append(log: &RequestLog, id: &str) -> Result<(), LogError> {
        let record = format!("\"request_id\":\"{id}\"}}\n").into_bytes();
        Builder::new_current_thread().build().unwrap().block_on(log.append(vec![record]))
    }

    fn records(folder: &std::path::Path) -> Vec<Value> {
        let days = std::fs::read_dir(folder).unwrap().map(|day| day.unwrap().path());
        let files = days.flat_map(|day| std::fs::read_dir(day).unwrap().map(|file| file.unwrap().path()));
        let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
        texts
            .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
            .collect()
    }

    /// Appends two records that find the log full, between two that do not.
    fn overflow(when_full: &str) -> (Vec<Result<(), LogError>>, Vec<Value>) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = start(folder.path(), when_full);
        append(&log, "a").unwrap();
        // A queue without a place, which nobody reads.
        let (full, _entries) = sync_channel(0);
        let own = log.sender.replace(full);
        let results = vec![append(&log, "b"), append(&log, "c")];
        log.sender = own;
        append(&log, "d").unwrap();
        drop(log);
        (results, records(folder.path()))
    }

    #[test]
    fn dropped_records_are_counted_by_the_next_record() {
        let (results, records) = overflow("drop");
        assert_eq!(results, [Ok(()), Ok(())]);
        let parts: Vec<(&Value, &Value, &Value)> =
            records.iter().map(|record| (&record["request_id"], &record["seq"], &record["dropped"])).collect();
        let (a, d, one, four, two) = ("a".into(), "d".into(), 1.into(), 4.into(), 2.into());
        assert_eq!(parts, [(&a, &one, &Value::Null), (&d, &four, &two)]);
    }

    #[test]
    fn refused_records_have_no_number() {
        let (results, records) = overflow("refuse");
        assert_eq!(results, [Err(LogError::Full), Err(LogError::Full)]);
        let numbers: Vec<&Value> = records.iter().map(|record| &record["seq"]).collect();
        assert_eq!(numbers, [&Value::from(1), &Value::from(2)]);
    }
}
