//! One connection in one read-only transaction: what is read through it is one snapshot.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use tokio_postgres::{Client, Error};

use super::{database::Database, trouble};
use crate::fault::{Fault, Result};

/// A table that somebody alters is not waited for longer than this.
const LOCK_TIMEOUT: &str = "10s";

/// Blocks the thread that asks; the driver's own work is done while it waits.
pub(super) struct Session {
    database: Arc<Database>,
    runtime: Runtime,
    client: Option<Client>,
    connection: Option<JoinHandle<()>>,
    /// What went wrong first: after it the transaction answers nothing any more.
    broken: OnceLock<Fault>,
}

impl Session {
    /// Connects, and begins the transaction.
    pub(super) fn open(database: &Arc<Database>) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Fault::retry(format!("{}: no connection can be made: {error}", database.rows)))?;
        let connected = runtime.block_on(async {
            let (client, connection) = database.config.connect(database.tls.clone()).await?;
            // What ends the connection reaches whoever waits for an answer.
            let connection = tokio::spawn(async move {
                let _ = connection.await;
            });
            client.batch_execute(&begin(database)).await?;
            Ok((client, connection))
        });
        let (client, connection) = connected.map_err(|error| trouble::fault(database, &error))?;
        Ok(Self {
            database: database.clone(),
            runtime,
            client: Some(client),
            connection: Some(connection),
            broken: OnceLock::new(),
        })
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Does something with the connection; the error as the operator may hear it.
    pub(super) fn wait<'s, T, F>(&'s self, work: impl FnOnce(&'s Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Error>> + 's,
    {
        if let Some(fault) = self.broken.get() {
            return Err(fault.clone());
        }
        let Some(client) = &self.client else { return Err(Fault::retry("the connection is closed")) };
        let answer = self.runtime.block_on(work(client));
        answer.map_err(|error| self.broken.get_or_init(|| trouble::fault(&self.database, &error)).clone())
    }
}

fn begin(database: &Database) -> String {
    let milliseconds = database.statement_timeout.microseconds() / 1_000;
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\
         SET LOCAL statement_timeout = {milliseconds};\
         SET LOCAL idle_in_transaction_session_timeout = {milliseconds};\
         SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"
    )
}

/// Says goodbye, so that the server's log need not tell of a client that vanished.
impl Drop for Session {
    fn drop(&mut self) {
        drop(self.client.take());
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(1), connection).await });
        }
    }
}
