//! Finds the row of one id in a table, many times: for the scoring API, over a few connections that are kept.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Mutex, task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Statement};

use super::{
    access::Access,
    column::{TableColumn, Wire},
    connect::connect,
    database::Database,
    error,
    log::TableLog,
    name::quoted,
};
use crate::fault::{Fault, Result};

/// Number of connections.
const POOL: usize = 4;
/// Time for one row.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A table in which rows are found by id.
pub(in crate::source) struct RowLookup(Arc<LookupPool>);

struct LookupPool {
    database: Arc<Database>,
    sql: String,
    /// Whether an id must be a whole number.
    is_whole: bool,
    pool: Vec<Mutex<Option<Arc<LookupConnection>>>>,
    next: AtomicUsize,
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
            None => format!("(to_jsonb(log) - {})::text", super::name::literal(id)),
        };
        let given = if is_whole { "($1::text)::int8" } else { "$1::text" };
        let id = format!("log.{}{}", quoted(id), if is_whole { "" } else { "::text" });
        let sql = format!("SELECT {selected} FROM {} WHERE {id} = {given} LIMIT 2", log.table.relation.from());
        let pool = (0..POOL).map(|_| Mutex::new(None)).collect();
        let database = Arc::clone(&log.table.database);
        Ok(Self(Arc::new(LookupPool { database, sql, is_whole, pool, next: AtomicUsize::new(0) })))
    }

    /// The features of an id as a JSON object, of up to two rows that have it.
    pub(in crate::source) async fn find(&self, id: &str) -> Result<Vec<Option<String>>> {
        // A text without digits is the id of no row.
        if id.contains('\0') || self.0.is_whole && id.parse::<i64>().is_err() {
            return Ok(Vec::new());
        }
        let (pool, id) = (Arc::clone(&self.0), id.to_owned());
        // In a task of its own: a caller that goes away leaves no connection in the middle of a query.
        let rows = tokio::spawn(async move { timeout(TIMEOUT, pool.query(id)).await });
        match rows.await {
            Ok(Ok(rows)) => rows,
            Ok(Err(_)) => Err(error::unreachable(&self.0.database, "the server did not answer within 2 s")),
            Err(why) => Err(error::unreachable(&self.0.database, &why.to_string())),
        }
    }
}

impl LookupPool {
    async fn query(&self, id: String) -> Result<Vec<Option<String>>> {
        let place = self.next.fetch_add(1, Ordering::Relaxed) % self.pool.len().max(1);
        let Some(slot) = self.pool.get(place) else { return Ok(Vec::new()) };
        // A connection may have been lost since the last request, which is no reason to refuse this one.
        for attempt in 0..2 {
            let connection = self.connection(slot).await?;
            match connection.client.query(&connection.statement, &[&id]).await {
                Ok(rows) => {
                    let texts = rows.iter().map(|row| row.try_get::<_, Option<String>>(0));
                    let texts: std::result::Result<Vec<_>, _> = texts.collect();
                    return texts.map_err(|why| error::fault(&self.database, &why));
                }
                Err(why) if attempt == 0 && connection.client.is_closed() => {
                    tracing::debug!("the connection to the feature table was lost: {why}");
                    *slot.lock().await = None;
                }
                Err(why) => {
                    *slot.lock().await = None;
                    return Err(error::fault(&self.database, &why));
                }
            }
        }
        Err(error::unreachable(&self.database, "the connection was lost"))
    }

    async fn connection(&self, slot: &Mutex<Option<Arc<LookupConnection>>>) -> Result<Arc<LookupConnection>> {
        let mut slot = slot.lock().await;
        if let Some(connection) = slot.as_ref().filter(|connection| !connection.client.is_closed()) {
            return Ok(Arc::clone(connection));
        }
        let (client, driver) = connect(&self.database).await?;
        let driver = tokio::spawn(driver);
        let fault = |why| error::fault(&self.database, &why);
        client
            .batch_execute("SET default_transaction_read_only = on; SET statement_timeout = 2000")
            .await
            .map_err(fault)?;
        let statement = client.prepare(&self.sql).await.map_err(fault)?;
        let connection = Arc::new(LookupConnection { client, statement, driver });
        *slot = Some(Arc::clone(&connection));
        Ok(connection)
    }
}

impl std::fmt::Debug for RowLookup {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RowLookup({})", self.0.database)
    }
}
