//! Appends records to a table: for the scoring API, whose log may be in a database.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{Client, Statement};

use super::{
    access::Access,
    connect::connect,
    database::Database,
    error,
    log::TableLog,
    name::{literal, quoted},
};
use crate::{
    fault::{Fault, Result, describe_io},
    source::{PlaceOptions, SourceOptions},
};

/// Time for one group of records.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Columns that are filled if the table has them, and what of a record is in each.
const COLUMNS: [(&str, &str); 19] = [
    ("ts", "(r->>'ts')::timestamptz"),
    ("endpoint", "r->>'endpoint'"),
    ("status_code", "(r->>'status_code')::int"),
    ("latency_ms", "(r->>'latency_ms')::float8"),
    ("sk_id_curr", "r->>'entity_id'"),
    ("entity_id", "r->>'entity_id'"),
    ("error", "r->>'error'"),
    ("request_id", "r->>'request_id'"),
    ("batch_id", "r->>'batch_id'"),
    ("instance", "r->>'instance'"),
    ("seq", "(r->>'seq')::int8"),
    ("dropped", "(r->>'dropped')::int8"),
    ("model_name", "r->>'model_name'"),
    ("model_version", "r->>'model_version'"),
    ("model_sha256", "r->>'model_sha256'"),
    ("timing", "r->'timing'"),
    ("features_age_s", "(r->>'features_age_s')::float8"),
    ("inputs", "r->'inputs'"),
    ("outputs", "r->'outputs'"),
];
/// Columns that a table must have.
const REQUIRED: [&str; 4] = ["ts", "status_code", "inputs", "outputs"];
/// Fields that are kept in `outputs` if the table has no column for them.
const KEPT: [&str; 8] =
    ["request_id", "batch_id", "instance", "seq", "dropped", "model_version", "model_sha256", "timing"];

/// A table to which records are appended.
pub struct RowInsert {
    runtime: Runtime,
    database: Arc<Database>,
    sql: String,
    connection: Option<InsertConnection>,
    shown: String,
}

struct InsertConnection {
    client: Client,
    statement: Statement,
    driver: JoinHandle<()>,
}

impl Drop for InsertConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl RowInsert {
    /// Connects, and finds the columns. `section`: of the config, with the connection and the table.
    pub fn open(section: &'static str, place: &PlaceOptions, log: &SourceOptions) -> Result<Self> {
        let access = Access::joined(section, place, log);
        let table = TableLog::connect(&access)?;
        let relation = &table.table.relation;
        let name = relation
            .table()
            .ok_or_else(|| Fault::setup(format!("{section}: records cannot be appended to a query; set `table`")))?;
        let has: BTreeSet<&str> = table.table.columns.iter().map(|column| column.name.as_str()).collect();
        if let Some(missing) = REQUIRED.iter().find(|column| !has.contains(**column)) {
            return Err(Fault::setup(format!(
                "{section}.table: {name} has no column `{missing}`; create the table as in config/examples/serve.sql"
            )));
        }
        let columns: Vec<&(&str, &str)> = COLUMNS.iter().filter(|(column, _)| has.contains(column)).collect();
        let kept: Vec<String> = KEPT
            .iter()
            .filter(|field| !has.contains(**field))
            .map(|field| format!("{}, r->{}", literal(field), literal(field)))
            .collect();
        let value = |(column, value): &(&str, &str)| match *column {
            "outputs" if !kept.is_empty() => {
                format!("coalesce(nullif(r->'outputs', 'null'), '{{}}') || jsonb_build_object({})", kept.join(", "))
            }
            _ => (*value).to_owned(),
        };
        let sql = format!(
            "INSERT INTO {name} ({}) SELECT {} FROM (SELECT line::jsonb AS r, place FROM unnest($1::text[]) WITH ORDINALITY AS \
             lines(line, place)) AS records ORDER BY place",
            columns.iter().map(|(column, _)| quoted(column)).collect::<Vec<_>>().join(", "),
            columns.iter().map(|column| value(column)).collect::<Vec<_>>().join(", "),
        );
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Fault::retry(format!("{section}: {}", describe_io(&why))))?;
        let shown = format!("{} of PostgreSQL at {}", relation.shown(), table.table.database);
        let database = Arc::clone(&table.table.database);
        let mut insert = Self { runtime, database, sql, connection: None, shown };
        insert.probe()?;
        Ok(insert)
    }

    /// Server and table, for people.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Appends records, each a JSON object; all of them, or none. After a lost connection, they may be there although this
    /// fails.
    pub fn append(&mut self, records: &[&str]) -> Result<()> {
        let records: Vec<String> = records.iter().map(|record| (*record).to_owned()).collect();
        self.with_connection(async move |connection: &InsertConnection| {
            connection.client.execute(&connection.statement, &[&records]).await.map(|_| ())
        })
    }

    /// Whether the table can be appended to: nothing is appended.
    pub fn probe(&mut self) -> Result<()> {
        self.with_connection(async |connection: &InsertConnection| {
            connection.client.execute(&connection.statement, &[&Vec::<String>::new()]).await.map(|_| ())
        })
    }

    fn with_connection(
        &mut self,
        work: impl AsyncFnOnce(&InsertConnection) -> Result<(), tokio_postgres::Error>,
    ) -> Result<()> {
        let Self { runtime, database, sql, connection, .. } = self;
        let done = runtime.block_on(async {
            timeout(TIMEOUT, async {
                if connection.as_ref().is_none_or(|connection| connection.client.is_closed()) {
                    *connection = Some(open(database, sql).await?);
                }
                let Some(connection) = connection.as_ref() else {
                    return Err(error::unreachable(database, "there is no connection"));
                };
                work(connection).await.map_err(|why| error::fault(database, &why))
            })
            .await
            .unwrap_or_else(|_| Err(error::unreachable(database, "the server did not answer within 5 s")))
        });
        if done.is_err() {
            self.connection = None;
        }
        done
    }
}

async fn open(database: &Database, sql: &str) -> Result<InsertConnection> {
    let (client, driver) = connect(database).await?;
    let driver = tokio::spawn(driver);
    let fault = |why| error::fault(database, &why);
    // What has been answered must survive a crash of the server.
    client.batch_execute("SET synchronous_commit = on; SET statement_timeout = 5000").await.map_err(fault)?;
    let statement = client.prepare(sql).await.map_err(fault)?;
    Ok(InsertConnection { client, statement, driver })
}

impl std::fmt::Debug for RowInsert {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RowInsert({})", self.shown)
    }
}
