//! Finds the row of one id in a table, many times: for the scoring API, over a few connections that are kept.

use std::{cell::RefCell, rc::Rc, sync::Arc, thread, time::Duration};

use tokio::{
    runtime::Builder,
    sync::{Semaphore, mpsc, oneshot},
    task::{JoinHandle, LocalSet, spawn_local},
    time::timeout,
};
use tokio_postgres::{Client, Statement};

use super::{
    access::Access,
    column::{TableColumn, Wire},
    connect::connect,
    database::Database,
    error,
    log::TableLog,
    name::{literal, quoted},
};
use crate::fault::{Fault, Result, describe_io};

/// Number of connections.
const POOL: usize = 4;
/// Time for one row.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Requests that are asked at the same time, and those that may wait.
const MAX_ASKED: usize = 16 * POOL;
const MAX_WAITING: usize = 4_096;

/// Up to two rows, each the features as a JSON object.
type FoundRows = Vec<Option<String>>;

/// A table in which rows are found by id. A thread has the connections.
pub(in crate::source) struct RowLookup {
    database: Arc<Database>,
    /// Whether an id must be a whole number.
    is_whole: bool,
    queries: mpsc::Sender<LookupQuery>,
}

struct LookupQuery {
    id: String,
    answer: oneshot::Sender<Result<FoundRows>>,
}

/// The connections, and the query that each prepares.
struct LookupPool {
    database: Arc<Database>,
    sql: String,
    slots: Vec<RefCell<Option<Rc<LookupConnection>>>>,
}

struct LookupConnection {
    client: Client,
    statement: Statement,
    driver: JoinHandle<()>,
}

impl Drop for LookupConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl RowLookup {
    /// Connects once, to find the columns. `features`: the column that holds the features; `None`: they are the columns.
    pub(in crate::source) fn open(access: &Access<'_>, id: &str, features: Option<&str>) -> Result<Self> {
        let log = TableLog::connect(access)?;
        let section = access.rows_section;
        let column = |key: &str, name: &str| {
            let own = log.table.columns.iter().find(|column| column.name == name);
            own.cloned().ok_or_else(|| {
                Fault::setup(format!("{section}.{key}: {} has no column `{name}`", log.table.relation.key()))
            })
        };
        let own: TableColumn = column("id", id)?;
        let is_whole = matches!(own.wire, Wire::Int2 | Wire::Int4 | Wire::Int8);
        let selected = match features {
            Some(features) => format!("log.{}::text", quoted(&column("features", features)?.name)),
            None => format!("(to_jsonb(log) - {})::text", literal(id)),
        };
        let given = if is_whole { "($1::text)::int8" } else { "$1::text" };
        let id = format!("log.{}{}", quoted(id), if is_whole { "" } else { "::text" });
        let sql = format!("SELECT {selected} FROM {} WHERE {id} = {given} LIMIT 2", log.table.relation.from());
        let database = Arc::clone(&log.table.database);
        let (queries, waiting) = mpsc::channel(MAX_WAITING);
        let pool = (Arc::clone(&database), sql);
        let started = thread::Builder::new().name("feature-lookup".to_owned()).spawn(move || answer(pool, waiting));
        started.map_err(|why| Fault::retry(format!("cannot start a thread: {}", describe_io(&why))))?;
        Ok(Self { database, is_whole, queries })
    }

    /// The features of an id as a JSON object, of up to two rows that have it.
    pub(in crate::source) async fn find(&self, id: &str) -> Result<FoundRows> {
        // An id that does not fit the column matches no row.
        if id.contains('\0') || self.is_whole && id.parse::<i64>().is_err() {
            return Ok(Vec::new());
        }
        let (answer, found) = oneshot::channel();
        let busy = || error::unreachable(&self.database, "too many requests wait for the database");
        self.queries.try_send(LookupQuery { id: id.to_owned(), answer }).map_err(|_| busy())?;
        let late = |_| Err(error::unreachable(&self.database, "the server did not answer within 2 s"));
        timeout(TIMEOUT, found).await.map_or_else(late, |found| found.unwrap_or_else(|_| Err(busy())))
    }
}

impl std::fmt::Debug for RowLookup {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RowLookup({})", self.database)
    }
}

/// Answers queries until the lookup is dropped, several at the same time.
fn answer((database, sql): (Arc<Database>, String), mut waiting: mpsc::Receiver<LookupQuery>) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    let pool = Rc::new(LookupPool { database, sql, slots: (0..POOL).map(|_| RefCell::default()).collect() });
    let places = Arc::new(Semaphore::new(MAX_ASKED));
    LocalSet::new().block_on(&runtime, async move {
        let mut turn = 0;
        while let Some(query) = waiting.recv().await {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            // Nobody waits for it any more.
            if query.answer.is_closed() {
                continue;
            }
            turn += 1;
            let pool = Rc::clone(&pool);
            spawn_local(async move {
                let _place = place;
                let own = turn % POOL;
                match timeout(TIMEOUT, pool.query(own, &query.id)).await {
                    Ok(rows) => drop(query.answer.send(rows)),
                    // The connection may be lost without a word: the next request opens another.
                    Err(_) => pool.forget(own),
                }
            });
        }
    });
}

impl LookupPool {
    fn forget(&self, place: usize) {
        if let Some(slot) = self.slots.get(place) {
            slot.replace(None);
        }
    }

    async fn query(&self, place: usize, id: &str) -> Result<FoundRows> {
        let Some(slot) = self.slots.get(place) else { return Ok(Vec::new()) };
        // A connection may have been lost since the last request: this one is sent once more over a new one.
        for attempt in 0..2 {
            let connection = self.connection(slot).await?;
            match connection.client.query(&connection.statement, &[&id]).await {
                Ok(rows) => {
                    let texts = rows.iter().map(|row| row.try_get::<_, Option<String>>(0));
                    let texts: std::result::Result<Vec<_>, _> = texts.collect();
                    return texts.map_err(|why| error::fault(&self.database, &why));
                }
                Err(why) => {
                    let is_lost = connection.client.is_closed();
                    slot.replace(None);
                    if attempt > 0 || !is_lost {
                        return Err(error::fault(&self.database, &why));
                    }
                }
            }
        }
        Err(error::unreachable(&self.database, "the connection was lost"))
    }

    async fn connection(&self, slot: &RefCell<Option<Rc<LookupConnection>>>) -> Result<Rc<LookupConnection>> {
        let kept = slot.borrow().clone().filter(|connection| !connection.client.is_closed());
        if let Some(connection) = kept {
            return Ok(connection);
        }
        let (client, driver) = connect(&self.database).await?;
        let driver = spawn_local(driver);
        let fault = |why| error::fault(&self.database, &why);
        client
            .batch_execute("SET default_transaction_read_only = on; SET statement_timeout = 2000")
            .await
            .map_err(fault)?;
        let statement = client.prepare(&self.sql).await.map_err(fault)?;
        let connection = Rc::new(LookupConnection { client, statement, driver });
        slot.replace(Some(Rc::clone(&connection)));
        Ok(connection)
    }
}
