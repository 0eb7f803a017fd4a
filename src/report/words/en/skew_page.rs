//! Sentences of the page about skew between training and serving, in English.

use vigie_profile::shown::harmless;

use super::{English, skew};
use crate::{
    fault::LeftOut,
    report::words::SkewWords,
    skew::{Skew, SkewKind},
};

impl SkewWords for English {
    fn skew_compared(&self, skew: &Skew) -> Vec<String> {
        skew::compared(skew)
    }

    fn skew_how(&self, kind: &SkewKind) -> String {
        skew::how(kind)
    }

    fn skew_not_compared(&self, input: &LeftOut) -> String {
        not_compared(input)
    }
}

fn not_compared(input: &LeftOut) -> String {
    match harmless(&input.to_string()) {
        why if why.is_empty() => "The logged inputs were not compared: the feature table could not be read.".to_owned(),
        why => format!("The logged inputs were not compared with the feature table: {why}."),
    }
}
