//! The result of reading labels: what was not readable, apart from the labels handed to the caller.

use arrow_array::{Array, StringArray};
use vigie_profile::{
    batch::{Reason, Records},
    near::suggestions,
};

use crate::{
    fault::{LeftOut, LostInput},
    source::mapping::{Field, Mapping, ReadSummary},
};

/// Problems met while reading labels.
#[derive(Debug, Default)]
pub struct LabelScan {
    /// Number of lines or rows that are not records.
    pub malformed: u64,
    /// Parts that could not be read.
    pub unreadable: Vec<LeftOut>,
    /// Files of which no line is a record.
    pub lost: Vec<LostInput>,
    /// Whether a read stopped halfway. Labels read before that must not count, because a retry may return them all.
    pub interrupted: bool,
}

/// Passes the id and outcome of each record to `each`; returns the number of malformed lines.
pub(super) fn for_each_label(records: &Records, each: &mut dyn FnMut(Option<&str>, Option<&str>)) -> u64 {
    let text = |texts: &Option<StringArray>, row| {
        texts.as_ref().filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).to_owned())
    };
    for row in 0..records.len {
        each(text(&records.id, row).as_deref(), text(&records.decision, row).as_deref());
    }
    records.complaints.count(Reason::Malformed)
}

/// Describes the mapped field that no record of a place has, if any. The columns of a table or CSV file are known from
/// the start (`is_fixed`), whereas a JSON record gets the key along with its outcome.
pub(super) fn missing_field(place: &str, is_fixed: bool, mapping: &Mapping, found: &ReadSummary) -> Option<LeftOut> {
    let is_absent = |field: &Field| found.records > 0 && !found.fields.contains(field);
    let field = [Field::Id, Field::Decision].into_iter().find(is_absent)?;
    let key = if field == Field::Id { "labels.id" } else { "labels.target" };
    let path = mapping.fields().remove(&field).unwrap_or_default();
    let names = suggestions(&path, found.names.iter());
    let cause = if is_fixed && !path.contains('.') {
        format!("{place} has no column `{path}`; available: {names}")
    } else if field == Field::Id {
        format!("no record in {place} has `{path}`; the records have: {names}")
    } else {
        format!(
            "no record in {place} has `{path}`: either no outcome has arrived yet (nothing to do) or the name is wrong; \
             the records have: {names}"
        )
    };
    Some(LeftOut { place: Some(key.to_owned()), cause: Some(cause) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_outcome_may_still_arrive_but_a_missing_column_may_not() {
        let mapping = Mapping::for_labels("request_id", "outcome");
        let mut found = ReadSummary { records: 3, ..ReadSummary::default() };
        let missing = |is_fixed: bool, found: &ReadSummary| {
            missing_field("a.file", is_fixed, &mapping, found).map(|input| input.to_string())
        };
        let id = missing(false, &found).unwrap();
        assert!(id.starts_with("labels.id: no record in a.file has `request_id`; the records have: "), "{id}");
        found.fields.insert(Field::Id);
        found.names.note("request_id");
        assert_eq!(
            missing(false, &found).unwrap(),
            "labels.target: no record in a.file has `outcome`: either no outcome has arrived yet (nothing to do) or the name \
             is wrong; the records have: request_id"
        );
        assert_eq!(
            missing(true, &found).unwrap(),
            "labels.target: a.file has no column `outcome`; available: request_id"
        );
        // JSON in a column.
        let nested =
            missing_field("a.file", true, &Mapping::for_labels("request_id", "y.bad"), &found).unwrap().to_string();
        assert!(nested.contains("either no outcome has arrived yet"), "{nested}");
        found.fields.insert(Field::Decision);
        assert_eq!(missing(false, &found), None);
        assert_eq!(missing(false, &ReadSummary::default()), None, "an empty file is not an error");
    }
}
