//! A connection with one read-only transaction, so that all reads see one snapshot.

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

use super::{connect::connect, database::Database, error};
use crate::fault::{Fault, Result};

/// Maximum time to wait for a table that another session has locked.
const LOCK_TIMEOUT: &str = "10s";

/// Blocking interface to the driver, which runs while a caller waits.
pub(super) struct Session {
    database: Arc<Database>,
    runtime: Runtime,
    client: Option<Client>,
    connection: Option<JoinHandle<()>>,
    /// The first error, after which the transaction is aborted.
    broken: OnceLock<Fault>,
}

impl Session {
    /// Connects and begins the transaction.
    pub(super) fn open(database: &Arc<Database>) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Fault::retry(format!("{}: cannot connect: {error}", database.rows_section)))?;
        let connected = runtime.block_on(async {
            let (client, driver) = connect(database).await?;
            let connection = tokio::spawn(driver);
            client.batch_execute(&begin(database)).await.map_err(|error| error::fault(database, &error))?;
            Ok::<_, Fault>((client, connection))
        });
        let (client, connection) = connected?;
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

    /// Runs `work` on the connection; an error is described for the operator.
    pub(super) fn wait<'s, T, F>(&'s self, work: impl FnOnce(&'s Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Error>> + 's,
    {
        if let Some(fault) = self.broken.get() {
            return Err(fault.clone());
        }
        let Some(client) = &self.client else { return Err(Fault::retry("the connection is closed")) };
        let result = self.runtime.block_on(work(client));
        result.map_err(|error| self.broken.get_or_init(|| error::fault(&self.database, &error)).clone())
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

/// Closes the connection cleanly, so that the server does not log a lost client.
impl Drop for Session {
    fn drop(&mut self) {
        drop(self.client.take());
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(1), connection).await });
        }
    }
}
