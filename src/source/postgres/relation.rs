//! The table, or the operator's own SELECT, as what stands after FROM; and the columns it has.

use super::{column::Column, name::qualified, session::Session};
use crate::fault::{Fault, Result};

/// What rows are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    /// The section of the config that says so.
    section: &'static str,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// Quoted.
    Table(String),
    /// SQL of the operator: the transaction it runs in can write nothing.
    Query(String),
}

/// A database may have thousands of tables; so many are named.
const NAMED: i64 = 20;

impl Relation {
    pub(super) fn of(section: &'static str, table: Option<&str>, query: Option<&str>) -> Result<Self> {
        let what = match (table, query) {
            (Some(table), None) => What::Table(qualified(section, table)?),
            (None, Some(query)) => {
                let query = query.trim().trim_end_matches(';').trim_end();
                if query.contains('\0') || query.is_empty() {
                    return Err(Fault::setup(format!("{section}.query is no SELECT; write one, or name a `table`")));
                }
                What::Query(query.to_owned())
            }
            _ => {
                return Err(Fault::setup(format!(
                    "{section}: rows in PostgreSQL need `table` or `query`, one of the two"
                )));
            }
        };
        Ok(Self { section, what })
    }

    /// The quoted name of a table.
    pub(super) fn table(&self) -> Option<&String> {
        match &self.what {
            What::Table(name) => Some(name),
            What::Query(_) => None,
        }
    }

    /// What stands after FROM. A comment at the end of a query ends with its line.
    pub(super) fn from(&self) -> String {
        match &self.what {
            What::Table(name) => format!("{name} AS log"),
            What::Query(query) => format!("(\n{query}\n) AS log"),
        }
    }

    /// As people may see it.
    pub(super) fn shown(&self) -> String {
        match &self.what {
            What::Table(name) => format!("table {name}"),
            What::Query(_) => "a query".to_owned(),
        }
    }

    /// The key of the config that it comes from.
    pub(super) fn key(&self) -> String {
        let key = if self.table().is_some() { "table" } else { "query" };
        format!("{}.{key}", self.section)
    }

    /// Its columns; nothing is read.
    pub(super) fn describe(&self, session: &Session) -> Result<Vec<Column>> {
        let sql = format!("SELECT * FROM {}", self.from());
        let described = session.wait(|client| async move {
            match client.prepare(&sql).await {
                Ok(statement) => Ok(Ok(statement)),
                Err(error) if error.code().is_some_and(|code| code.code() == "42P01") && self.table().is_some() => {
                    // The refused statement has ended the transaction.
                    client.batch_execute("ROLLBACK").await?;
                    Ok(Err(tables(client).await?))
                }
                Err(error) => Err(error),
            }
        })?;
        let statement = described.map_err(|tables| self.missing(session, &tables))?;
        Ok(statement.columns().iter().map(|column| Column::new(column.name(), column.type_())).collect())
    }

    fn missing(&self, session: &Session, tables: &[String]) -> Fault {
        let (What::Table(name) | What::Query(name)) = &self.what;
        let there = match tables {
            [] => format!(
                "the user of `{}.url` may read no table of this database: grant SELECT on it",
                session.database().section
            ),
            tables => format!("name one that is there, such as {}", tables.join(", ")),
        };
        Fault::setup(format!("{}: the database has no table {name}; {there}", self.key()))
    }
}

/// The tables and views that may be read, as `source.table` takes them.
async fn tables(client: &tokio_postgres::Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let sql = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
               WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)' \
               AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') \
               ORDER BY 1 LIMIT $1";
    let rows = client.query(sql, &[&NAMED]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
