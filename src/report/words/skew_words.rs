//! Sentences about logged inputs that are compared with the feature table.

use crate::{
    fault::LeftOut,
    skew::{Skew, SkewKind},
};

/// What a language says about skew between training and serving, apart from the finding.
pub trait SkewWords {
    /// States which rows were compared with the feature table, and which were not: whole sentences.
    fn skew_compared(&self, skew: &Skew) -> Vec<String>;

    /// States how logged values differ from the feature table, as a noun phrase.
    fn skew_how(&self, kind: &SkewKind) -> String;

    /// States why nothing was compared with the feature table: a whole sentence.
    fn skew_not_compared(&self, input: &LeftOut) -> String;
}
