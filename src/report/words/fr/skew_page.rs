//! Sentences of the page about skew between training and serving, in French.

use super::{French, findings::quoted_error, skew};
use crate::{
    fault::LeftOut,
    report::words::SkewWords,
    skew::{Skew, SkewKind},
};

impl SkewWords for French {
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
    match input.to_string() {
        why if why.is_empty() => {
            "Les entrées du journal n’ont pas été comparées\u{a0}: la table des variables n’a pas pu être lue."
                .to_owned()
        }
        why => format!(
            "Les entrées du journal n’ont pas été comparées avec la table des variables\u{a0}: {}.",
            quoted_error(&why)
        ),
    }
}
