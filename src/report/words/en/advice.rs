//! Recommended next steps in English.

use crate::report::words::values::Advice;

#[expect(clippy::too_many_lines, reason = "one text for each variant")]
pub(super) fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::Nothing => "Nothing: everything matches the reference.",
        Advice::MoreMissing => {
            "find out which source or join stopped filling it, and when; until it is fixed, scores rely on less information."
        }
        Advice::LessMissing => {
            "it is filled more often than in the reference: check whether a default value now replaces missing values."
        }
        Advice::Absent => "no record has it: check the service’s last release and the field mapping.",
        Advice::Dead => {
            "find out which source or join no longer fills it, and since when; until it is fixed, scores rely on less information."
        }
        Advice::LeftOut => {
            "fix what these rows lack, or exclude them by source.where if they are no predictions; examples are under Data quality."
        }
        Advice::Percentage => {
            "have the service log probabilities from 0 to 1 again; until then, these rows are not monitored."
        }
        Advice::UnclearGap => {
            "check by channel and product whether more applicants have no record, or whether the source delivers less."
        }
        Advice::Unit => {
            "have the former unit restored, or convert it before scoring; until then, the scores of these rows are wrong."
        }
        Advice::Sentinel => {
            "find out what writes this value in place of a missing one, and have it left empty; the model takes it for a true value."
        }
        Advice::Atom => {
            "check whether a default value replaces others upstream, or applicants really have it more often."
        }
        Advice::Constant => {
            "check whether a default value or a stopped feed has replaced its values; until it is fixed, scores rely on less information."
        }
        Advice::Respelled => {
            "restore the spelling that the model was trained with; until then, these rows count as an unknown level."
        }
        Advice::PipelineMove => {
            "check how it is measured or computed upstream: related features show the same applicants as before."
        }
        Advice::PopulationMove => {
            "inform the model’s owner that the applicants have changed; if it lasts, check calibration and costs, and consider a new reference."
        }
        Advice::SharedOffset => {
            "check what the source counts from: a reference date, a time zone or a base value; until it is fixed, scores rely on values that are off by this amount."
        }
        Advice::Merged => {
            "find out why the source no longer distinguishes these levels: a list of codes or a mapping may have changed."
        }
        Advice::LevelGone => {
            "ask the source whether this level still exists: it may have been renamed, split or closed, or such applicants no longer come."
        }
        Advice::Repeated => {
            "check the join with this source: it gives one client’s answer to many; until it is fixed, scores rely on the values of another applicant."
        }
        Advice::SharedFactor => {
            "ask the source for the reason of the factor: a currency, a unit, an index, or larger loans."
        }
        Advice::UnclearMove => {
            "compare it by channel, product and hour, and with the source’s own figures; if it is the applicants and lasts, consider a new reference."
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
        Advice::ParityInputs => "check how the service prepares inputs: their order, missing values and zeros.",
        Advice::ParityReading => "find out which is right, the service or the config, and change the other.",
        Advice::RunFailed => "fix what the error message names, then run vigie check.",
        Advice::Volume => "check whether a channel was opened or closed, or whether part of the log is missing.",
        Advice::Registry => {
            "check that the MLflow server is running, reachable from here, and accepts the credentials; until then, a promotion is not noticed."
        }
        Advice::StaleReference => "learn a new reference from recent rows with known outcomes.",
        Advice::Stale => {
            "check whether the source’s table was refreshed, and whether a cache or a join returns old answers; until it is fixed, scores rely on the values of other applicants."
        }
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
        Advice::Skew => {
            "compare how serving and training prepare these features; the model was trained on the values of the feature table."
        }
        Advice::FeatureTable => "make the feature table readable, or correct `features` in the config.",
        Advice::Sequence => {
            "look for files of the log, or rows of its table, that were deleted, moved or damaged, and restore them; answers of the scoring service are without proof until then."
        }
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
    }
}
