//! The table or the operator's SELECT: its FROM clause and its columns.

use super::{column::TableColumn, name::qualified, session::Session};
use crate::fault::{Fault, Result};

/// The table or query that rows are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    /// The config section that defines it.
    section: &'static str,
    kind: RelationKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum RelationKind {
    /// A quoted name.
    Table(String),
    /// SQL of the operator, run in a read-only transaction.
    Query(String),
}

/// Maximum number of tables to list in a message.
const NAMED: i64 = 20;

impl Relation {
    pub(super) fn new(section: &'static str, table: Option<&str>, query: Option<&str>) -> Result<Self> {
        let kind = match (table, query) {
            (Some(table), None) => RelationKind::Table(qualified(section, table)?),
            (None, Some(query)) => {
                let query = query.trim().trim_end_matches(';').trim_end();
                if query.contains('\0') || query.is_empty() {
                    return Err(Fault::setup(format!(
                        "{section}.query is not a SELECT; write one, or set `table` instead"
                    )));
                }
                RelationKind::Query(query.to_owned())
            }
            _ => {
                return Err(Fault::setup(format!("{section}: `kind: postgres` needs either `table` or `query`")));
            }
        };
        Ok(Self { section, kind })
    }

    /// The quoted name of a table.
    pub(super) fn table(&self) -> Option<&String> {
        match &self.kind {
            RelationKind::Table(name) => Some(name),
            RelationKind::Query(_) => None,
        }
    }

    /// The FROM clause. The line break ends a comment at the end of a query.
    pub(super) fn from(&self) -> String {
        match &self.kind {
            RelationKind::Table(name) => format!("{name} AS log"),
            RelationKind::Query(query) => format!("(\n{query}\n) AS log"),
        }
    }

    /// Display name.
    pub(super) fn shown(&self) -> String {
        match &self.kind {
            RelationKind::Table(name) => format!("table {name}"),
            RelationKind::Query(_) => "a query".to_owned(),
        }
    }

    /// The config key that defines it.
    pub(super) fn key(&self) -> String {
        let key = if self.table().is_some() { "table" } else { "query" };
        format!("{}.{key}", self.section)
    }

    /// Returns its columns, without reading rows.
    pub(super) fn describe(&self, session: &Session) -> Result<Vec<TableColumn>> {
        let sql = format!("SELECT * FROM {}", self.from());
        let described = session.wait(|client| async move {
            match client.prepare(&sql).await {
                Ok(statement) => Ok(Ok(statement)),
                Err(error) if error.code().is_some_and(|code| code.code() == "42P01") && self.table().is_some() => {
                    // The failed statement has aborted the transaction.
                    client.batch_execute("ROLLBACK").await?;
                    Ok(Err(tables(client).await?))
                }
                Err(error) => Err(error),
            }
        })?;
        let statement = described.map_err(|tables| self.missing(session, &tables))?;
        Ok(statement.columns().iter().map(|column| TableColumn::new(column.name(), column.type_())).collect())
    }

    fn missing(&self, session: &Session, tables: &[String]) -> Fault {
        let (RelationKind::Table(name) | RelationKind::Query(name)) = &self.kind;
        let hint = match tables {
            [] => format!(
                "the user in `{}.url` cannot read any table in this database; grant it SELECT",
                session.database().server_section
            ),
            tables => format!("use an existing one, such as {}", tables.join(", ")),
        };
        Fault::setup(format!("{}: the database has no table {name}; {hint}", self.key()))
    }
}

/// Returns the readable tables and views, as `source.table` expects them.
async fn tables(client: &tokio_postgres::Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let sql = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
               WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)' \
               AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') \
               ORDER BY 1 LIMIT $1";
    let rows = client.query(sql, &[&NAMED]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
