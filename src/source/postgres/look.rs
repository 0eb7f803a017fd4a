//! A first look at a table, before anything is watched: what there is, since when, and how it would be read.

use vigie_profile::{batch::Records, window::Instant};

use super::{
    log::{Rows, TableLog},
    pushdown::Time,
};
use crate::{
    fault::Result,
    source::mapping::{Found, Mapping},
};

/// What a look found.
#[derive(Debug)]
pub struct Looked {
    /// Server, database and table, for people.
    pub place: String,
    pub columns: usize,
    /// The server's own estimate; `None` for a query or view.
    pub rows: Option<i64>,
    /// The time column with its type, or why every row has to be read for each window.
    pub time: Result<String, String>,
    /// Whether an index begins with the time column; `None`: it cannot be told.
    pub indexed: Option<bool>,
    pub span: Option<(Instant, Instant)>,
    /// The latest records, as far as they can be ordered.
    pub records: Vec<Records>,
    pub found: Found,
    /// Rows that were read for that.
    pub read: u64,
}

impl TableLog {
    /// Looks at no more than `most` rows.
    pub(in crate::source) fn look(&self, mapping: &Mapping, most: u64) -> Result<Looked> {
        let time = self.time(mapping)?;
        let order = time.latest_first().map(|order| format!("ORDER BY {order}")).unwrap_or_default();
        let (mut records, mut read) = (Vec::new(), 0);
        let rows = self.rows(mapping, None, &format!("{order} LIMIT {most}"), None);
        let (found, outcome) = rows.stream(mapping, &mut read, &mut |some| records.push(some));
        outcome?;
        let (estimate, indexed) = self.catalogue(&time)?;
        Ok(Looked {
            place: format!("PostgreSQL at {}, {}", self.table.database, self.table.relation.shown()),
            columns: self.table.columns.len(),
            rows: estimate,
            span: self.span(mapping, &time)?,
            time: match &time {
                Time::Column { name, .. } => Ok(format!("{name} ({})", self.kind_of(name))),
                Time::Unordered(why) => Err(why.clone()),
            },
            indexed,
            records,
            found,
            read,
        })
    }

    fn kind_of(&self, name: &str) -> &str {
        self.table.columns.iter().find(|column| column.name == name).map_or("", |column| column.kind.as_str())
    }

    /// The first and the last time there is, whatever `where` says.
    fn span(&self, mapping: &Mapping, time: &Time) -> Result<Option<(Instant, Instant)>> {
        let (Some(timeless), Some(last)) = (time.timeless(), time.latest_first()) else { return Ok(None) };
        let bare = Mapping {
            features: Some(Vec::new()),
            places: Vec::new(),
            only: Vec::new(),
            columns: Vec::new(),
            window: None,
            ..mapping.clone()
        };
        let at = |order: &str| {
            let tail = format!("ORDER BY {order} LIMIT 1");
            let rows: Rows = self.rows(&bare, Some(&format!("NOT ({timeless})")), &tail, None);
            let mut at = None;
            let (_, outcome) = rows.stream(&bare, &mut 0, &mut |records: Records| {
                at = at.max(records.timestamp.first().copied());
            });
            outcome.map(|()| at.map(Instant))
        };
        let first = last.replace(" DESC NULLS LAST", "");
        Ok(at(&first)?.zip(at(&last)?))
    }

    /// What the server's catalogue says of a table: rows, and whether an index begins with its time.
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
