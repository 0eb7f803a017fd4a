//! Unequal rows of a feature, by the side that has a value.

use super::kind::{SkewKind, are_nearly_all};
use crate::drift::CommonValue;

/// Unequal rows of a feature.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unequal {
    pub missing_in_log: u64,
    pub missing_in_table: u64,
    pub different: u64,
}

impl Unequal {
    pub(super) fn rows(self) -> u64 {
        self.missing_in_log + self.missing_in_table + self.different
    }

    /// The kind if nearly all rows lack a value on one side. `constant`: the logged value that nearly all share.
    pub(super) fn of_missing(self, constant: &dyn Fn() -> Option<CommonValue>) -> Option<SkewKind> {
        if are_nearly_all(self.missing_in_log, self.rows()) {
            return Some(SkewKind::MissingInLog);
        }
        are_nearly_all(self.missing_in_table, self.rows()).then(|| match constant() {
            Some(value) => SkewKind::Constant { value, of_missing: true },
            None => SkewKind::MissingInTable,
        })
    }
}
