//! The source table that the features of a story come from, according to the data dictionary of the reference.

use super::Story;

/// A table that at least 90% of a story's members come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryTable {
    pub name: String,
    /// Number of members that come from it.
    pub features: usize,
    /// Number of members.
    pub members: usize,
}

impl StoryTable {
    /// Returns the table of a story; `None` if no table has 90% of the members, or it is not known.
    #[must_use]
    pub fn of(story: &Story) -> Option<Self> {
        let members = story.members.len();
        let tables = || story.members.iter().filter_map(|member| member.table.as_ref());
        // At most 10% of the members are of another table.
        let mut candidates = tables().take(members / 10 + 1);
        candidates.find_map(|name| {
            let features = tables().filter(|table| *table == name).count();
            (features * 10 >= members * 9).then(|| Self { name: name.clone(), features, members })
        })
    }

    /// Returns whether all members come from it.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        self.features == self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drift::Change,
        judge::{Member, Severity, StorySide},
    };

    fn table(tables: &[(usize, Option<&str>)]) -> Option<(String, usize, usize)> {
        let member = |table: Option<&str>| Member {
            feature: "A".to_owned(),
            change: Change::Absent,
            severity: Severity::Watch,
            tests: Vec::new(),
            table: table.map(ToOwned::to_owned),
        };
        let story = Story {
            members: tables.iter().flat_map(|(count, table)| vec![member(*table); *count]).collect(),
            block: None,
            change: Change::Absent,
            extent: None,
            onset: None,
            severity: Severity::Watch,
            side: StorySide::Pipeline,
            reasons: Vec::new(),
        };
        StoryTable::of(&story).map(|StoryTable { name, features, members }| (name, features, members))
    }

    #[test]
    fn a_table_is_named_if_nearly_all_features_come_from_it() {
        let bureau = |features, members| Some(("bureau".to_owned(), features, members));
        assert_eq!(table(&[(1, Some("bureau"))]), bureau(1, 1));
        assert_eq!(table(&[(25, Some("bureau"))]), bureau(25, 25));
        // The others may come first.
        assert_eq!(table(&[(1, Some("application")), (9, Some("bureau"))]), bureau(9, 10));
        assert_eq!(table(&[(2, Some("application")), (18, Some("bureau"))]), bureau(18, 20));
        assert_eq!(table(&[(1, None), (9, Some("bureau"))]), bureau(9, 10));
        assert_eq!(table(&[(1, Some("application")), (8, Some("bureau"))]), None);
        assert_eq!(table(&[(2, None), (9, Some("bureau"))]), None);
        assert_eq!(table(&[(3, None)]), None);
        assert_eq!(table(&[]), None);
    }
}
