//! Previews a table for `vigie config check --connect`: its size and time span, an index, and the latest records.

use vigie_profile::{batch::Records, window::Instant};

use super::{
    log::{TableLog, TableQuery},
    pushdown::Time,
};
use crate::{
    fault::Result,
    source::mapping::{Mapping, ReadSummary},
};

/// Overview of a table.
#[derive(Debug)]
pub struct TablePreview {
    /// Display name: server, database and table.
    pub place: String,
    pub columns: usize,
    /// The server's estimate of the row count; `None` for a query or view.
    pub rows: Option<i64>,
    /// The time column with its type, or why every window has to read all rows.
    pub time: Result<String, String>,
    /// Whether an index starts with the time column; `None` if unknown.
    pub indexed: Option<bool>,
    pub span: Option<(Instant, Instant)>,
    /// The latest records, or any records if they cannot be sorted.
    pub records: Vec<Records>,
    pub found: ReadSummary,
    /// Number of rows read.
    pub read: u64,
}

impl TableLog {
    /// Describes the table and reads at most `max_rows` rows.
    pub(in crate::source) fn preview(&self, mapping: &Mapping, max_rows: u64) -> Result<TablePreview> {
        let time = self.time(mapping)?;
        let order = time.latest_first().map(|order| format!("ORDER BY {order}")).unwrap_or_default();
        let (mut records, mut read) = (Vec::new(), 0);
        let query = self.query(mapping, None, &format!("{order} LIMIT {max_rows}"), None);
        let (found, result) = query.stream(mapping, &mut read, &mut |batch| records.push(batch));
        result?;
        let (estimate, indexed) = self.catalogue(&time)?;
        Ok(TablePreview {
            place: format!("PostgreSQL at {}, {}", self.table.database, self.table.relation.shown()),
            columns: self.table.columns.len(),
            rows: estimate,
            span: self.span(mapping, &time)?,
            time: match &time {
                Time::Column { name, .. } => Ok(format!("{name} ({})", self.type_name(name))),
                Time::Unordered(why) => Err(why.clone()),
            },
            indexed,
            records,
            found,
            read,
        })
    }

    fn type_name(&self, name: &str) -> &str {
        self.table.columns.iter().find(|column| column.name == name).map_or("", |column| column.type_name.as_str())
    }

    /// Returns the first and the last time in the table, regardless of `where`.
    fn span(&self, mapping: &Mapping, time: &Time) -> Result<Option<(Instant, Instant)>> {
        let (Some(timeless), Some(last)) = (time.timeless(), time.latest_first()) else { return Ok(None) };
        let bare = Mapping {
            features: Some(Vec::new()),
            mapped: Vec::new(),
            only: Vec::new(),
            columns: Vec::new(),
            window: None,
            ..mapping.clone()
        };
        let at = |order: &str| {
            let tail = format!("ORDER BY {order} LIMIT 1");
            let query: TableQuery = self.query(&bare, Some(&format!("NOT ({timeless})")), &tail, None);
            let mut at = None;
            let (_, result) = query.stream(&bare, &mut 0, &mut |records: Records| {
                at = at.max(records.timestamp.first().copied());
            });
            result.map(|()| at.map(Instant))
        };
        let first = last.replace(" DESC NULLS LAST", "");
        Ok(at(&first)?.zip(at(&last)?))
    }

    /// Queries the server's catalogue for the estimated row count, and whether an index starts with the time column.
    pub(super) fn catalogue(&self, time: &Time) -> Result<(Option<i64>, Option<bool>)> {
        const SQL: &str = "SELECT CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END, EXISTS (\
             SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a \
             ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
             WHERE i.indrelid = c.oid AND i.indisvalid AND a.attname = $2) \
             FROM pg_catalog.pg_class c WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'm')";
        let Some(table) = self.table.relation.table() else { return Ok((None, None)) };
        let name = match time {
            Time::Column { name, .. } => Some(name.as_str()),
            Time::Unordered(_) => None,
        };
        let row = self.table.session().wait(|client| async move { client.query_opt(SQL, &[table, &name]).await })?;
        let cells = row.map(|row| (row.try_get(0).ok().flatten(), row.try_get(1).ok()));
        Ok(cells.map_or((None, None), |(rows, indexed)| (rows, name.and(indexed))))
    }
}
