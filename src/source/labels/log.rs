//! Labels that have been found: read row by row, looked at, and marked so that it shows when more have come.

use std::sync::Arc;

use arrow_array::{Array, StringArray};
use vigie_profile::{
    batch::{Reason, Records},
    near::instead,
    window::Instant,
};

use super::{LabelOptions, files, table};
use crate::{
    fault::Result,
    source::{
        Kind, Options,
        file::LogFile,
        mapping::{Field, Found, Mapping},
        postgres::LabelTable,
    },
};

/// Where labels come.
#[derive(Debug)]
pub enum Opened {
    Found(Box<LabelLog>),
    /// There is nothing yet at this place, which is no mistake.
    NotYet(String),
}

/// Labels that have been found.
#[derive(Debug)]
pub struct LabelLog {
    mapping: Mapping,
    whence: Whence,
}

#[derive(Debug)]
enum Whence {
    Files(Vec<Arc<LogFile>>),
    Table(LabelTable),
}

/// What reading them told, besides the labels.
#[derive(Debug, Default)]
pub struct Heard {
    /// Lines and rows that are no record.
    pub malformed: u64,
    /// What could not be read, each a sentence.
    pub unreadable: Vec<String>,
    /// Whether a reading broke off in the middle: what came before it must not count, as another try may have it all.
    pub broken_off: bool,
}

/// What there is to see of them at first.
#[derive(Debug)]
pub struct LabelsAt {
    /// For people: files, or server, database and table.
    pub place: String,
    /// The server's own estimate of a table's rows.
    pub rows: Option<i64>,
    /// What says when a label was written, and whether an index begins with it, where that can be told.
    pub time: Option<(String, Option<bool>)>,
}

impl LabelLog {
    /// Finds the files, or connects to the database: that of `log`, unless the labels name one.
    pub fn open(options: &LabelOptions, log: &Options) -> Result<Opened> {
        let mapping = Mapping::of_labels(&options.id, &options.target);
        let whence = match options.kind {
            Kind::Files => match files::find_labels(&options.path)? {
                Ok(files) => Whence::Files(files),
                Err(place) => return Ok(Opened::NotYet(place)),
            },
            Kind::Postgres => Whence::Table(table::open(options, log)?),
        };
        Ok(Opened::Found(Box::new(Self { mapping, whence })))
    }

    /// Hands each row's id and outcome to `each`; rows that were written long before `since` may be left out.
    pub fn read(&self, since: Option<Instant>, each: &mut dyn FnMut(Option<&str>, Option<&str>)) -> Heard {
        match &self.whence {
            Whence::Files(files) => files::read(files, &self.mapping, each),
            Whence::Table(rows) => table::read(rows, &self.mapping, since, None, each),
        }
    }

    /// The same of a few rows of a table, or all of files, and what was looked at.
    pub fn look(&self, each: &mut dyn FnMut(Option<&str>, Option<&str>)) -> Result<(LabelsAt, Heard)> {
        const MOST: u64 = 100;
        match &self.whence {
            Whence::Files(files) => {
                let place = format!("{} files", files.len());
                Ok((LabelsAt { place, rows: None, time: None }, files::read(files, &self.mapping, each)))
            }
            Whence::Table(rows) => {
                let (estimate, time) = rows.catalogue()?;
                let at = LabelsAt { place: rows.shown(), rows: estimate, time };
                Ok((at, table::read(rows, &self.mapping, None, Some(MOST), each)))
            }
        }
    }

    /// A text that is another as soon as labels come or change, at little cost: of the files' sizes and times, or of
    /// hashes that the server sums over the table.
    pub fn mark(&self) -> Result<String> {
        match &self.whence {
            Whence::Files(files) => Ok(files::mark(files)),
            Whence::Table(rows) => rows.mark(),
        }
    }
}

/// Hands on what records say; answers how many lines were none.
pub(super) fn hand(records: &Records, each: &mut dyn FnMut(Option<&str>, Option<&str>)) -> u64 {
    let of = |texts: &Option<StringArray>, row| {
        texts.as_ref().filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).to_owned())
    };
    for row in 0..records.len {
        each(of(&records.id, row).as_deref(), of(&records.decision, row).as_deref());
    }
    records.complaints.of(Reason::Malformed)
}

/// A field that no record of a place has, in a sentence. A column of a file is there from the beginning (`is_fixed`); a record of
/// JSON gets the key with its outcome.
pub(super) fn lacking(place: &str, is_fixed: bool, mapping: &Mapping, found: &Found) -> Option<String> {
    let absent = |field: &Field| found.records > 0 && !found.fields.contains(field);
    let field = [Field::Id, Field::Decision].into_iter().find(absent)?;
    let key = if field == Field::Id { "labels.id" } else { "labels.target" };
    let path = mapping.fields().remove(&field).unwrap_or_default();
    let there = instead(&path, found.names.iter().map(String::as_str));
    Some(if is_fixed && !path.contains('.') {
        format!("{key}: {place} has no column `{path}`; it has: {there}")
    } else if field == Field::Id {
        format!("{key}: no record of {place} has `{path}`; it has: {there}")
    } else {
        format!(
            "{key}: no record of {place} has `{path}`: either no outcome has come yet, and nothing is to be done, or the name is \
             not right; it has: {there}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_that_no_record_has_may_still_come_but_a_column_may_not() {
        let mapping = Mapping::of_labels("request_id", "outcome");
        let mut found = Found { records: 3, ..Found::default() };
        let said = |is_fixed: bool, found: &Found| lacking("a.file", is_fixed, &mapping, found);
        let id = said(false, &found).unwrap();
        assert!(id.starts_with("labels.id: no record of a.file has `request_id`; it has: "), "{id}");
        found.fields.insert(Field::Id);
        found.name("request_id");
        assert_eq!(
            said(false, &found).unwrap(),
            "labels.target: no record of a.file has `outcome`: either no outcome has come yet, and nothing is to be done, \
             or the name is not right; it has: request_id"
        );
        assert_eq!(said(true, &found).unwrap(), "labels.target: a.file has no column `outcome`; it has: request_id");
        // JSON in a column.
        let nested = lacking("a.file", true, &Mapping::of_labels("request_id", "y.bad"), &found).unwrap();
        assert!(nested.contains("either no outcome has come yet"), "{nested}");
        found.fields.insert(Field::Decision);
        assert_eq!(said(false, &found), None);
        assert_eq!(said(false, &Found::default()), None, "an empty file is not wrong");
    }
}
