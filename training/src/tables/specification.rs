//! All features in the order of the result, from the three tables that contribute to a client's row.

use std::collections::BTreeMap;

use crate::spec::{DictionaryEntry, RawTable, entry};

use super::{application, bureau, previous_application};

/// The key of a client.
pub const CLIENT: &str = "SK_ID_CURR";
/// The target: 1 for a client with payment difficulties, else 0.
pub const TARGET: &str = "TARGET";

/// Column → what the data dictionary says about it.
pub type DictionaryMap = BTreeMap<String, DictionaryEntry>;

/// The tables that contribute to a client's row; the other four are inner tables of these.
#[derive(Debug, Clone)]
pub struct Specification {
    /// One row per client.
    pub application: RawTable,
    /// Credits at other lenders.
    pub bureau: RawTable,
    /// Earlier applications to the same lender.
    pub previous: RawTable,
}

impl Specification {
    /// The declarations of this crate.
    #[must_use]
    pub fn declared() -> Self {
        Self { application: application::table(), bureau: bureau::table(), previous: previous_application::table() }
    }

    /// The tables in the order of their columns in the result.
    pub fn tables(&self) -> impl Iterator<Item = &RawTable> {
        [&self.application, &self.bureau, &self.previous].into_iter()
    }

    /// The names of all columns in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.tables().flat_map(|table| &table.features).map(|feature| feature.name.clone()).collect()
    }

    /// The data dictionary of all columns.
    #[must_use]
    pub fn dictionary(&self) -> DictionaryMap {
        self.tables()
            .flat_map(|table| table.features.iter().map(move |feature| (feature.name.clone(), entry(table, feature))))
            .collect()
    }
}
