//! Recommended next steps in English.

use crate::report::words::values::Advice;

pub(super) fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::Nothing => "Nothing: everything matches the reference.",
        Advice::MoreMissing => {
            "find out which source or join stopped filling it, and when; until it is fixed, scores rely on less information."
        }
        Advice::LessMissing => {
            "it is filled more often than in the reference: check whether a default value now replaces missing values."
        }
        Advice::Absent => "the log no longer contains it: check the service’s last release and the field mapping.",
        Advice::Dead => {
            "find out which source or join no longer fills it, and since when; until it is fixed, scores rely on less information."
        }
        Advice::Constant => {
            "it varied in the reference: check for a default value, a cache or a join that returns the same row."
        }
        Advice::LeftOut => {
            "fix what these rows lack, or exclude them by source.where if they are no predictions; examples are under Data quality."
        }
        Advice::RefusalRate => "inform the owner of the credit policy; look for the cause among the drifted features.",
        Advice::ScoreNotMapped => {
            "map the field that holds the model’s probability, or learn the reference without --probability."
        }
        Advice::Score => "the score itself has drifted: examine the drifted features, most important first.",
        Advice::Latency => "check the service’s load and its last release; latency by hour is shown below.",
        Advice::ErrorRate => "examine the service’s errors; status codes and examples are shown below.",
        Advice::ModelVersion => "check which version is deployed where, and that the config names the intended one.",
        Advice::NoData => "check that the service is up and writes its log to the configured location.",
        Advice::TooFew => "wait for more rows or use a longer window; policy.min_rows sets the minimum.",
        Advice::Source => "fix or remove the unreadable input; its rows are not part of this report.",
        Advice::Labels => "fix or remove the unreadable labels; the costs in this report do not include them.",
        Advice::Parity => "the logged scores do not come from this model file: check what is deployed.",
        Advice::RunFailed => "fix what the error message names, then run vigie check.",
        Advice::Volume => "check whether a channel was opened or closed, or whether part of the log is missing.",
        Advice::StaleReference => "learn a new reference from recent rows with known outcomes.",
        Advice::Auc => {
            "check which features and segments have drifted; if the drop persists, retrain the model on recent rows."
        }
        Advice::SegmentScore => {
            "find out what changed for these applicants only: a channel, a product, or a data source specific to them."
        }
        Advice::Disparity => {
            "report it to the person responsible for fair lending, with the features that differ between the two groups."
        }
        Advice::Decision => {
            "compare what the service decides with its scores: its threshold, its version and its words; examples are in this report."
        }
        Advice::DecisionWords => {
            "state in model.decisions which words accept, which refuse, and which leave the case open."
        }
        Advice::Overrides => "ask who overrides the model and why; examples are in this report.",
        Advice::Cost => "compare the threshold with the cheapest one.",
        Advice::UnseenLevels => {
            "the model was not trained on these levels: check for a new or renamed category upstream, and map it."
        }
        Advice::OutOfRange => {
            "values fall outside the reference’s range: check for a changed unit or currency, or a sentinel value, upstream."
        }
        Advice::MissingChanged => {
            "its share of missing values has changed: find out which source or join fills it, and when that changed."
        }
        Advice::Values => {
            "find out what changed: the applicant population, or how the value is measured; if the drift persists, learn a new reference and revalidate the model."
        }
    }
}
