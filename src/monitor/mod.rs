//! What vigie does, command by command. Read `run/check.rs` first: one run from beginning to end.

mod atomic_file;
mod compare;
mod history;
mod init;
mod learn;
mod model;
mod on_demand;
mod registry;
mod run;
mod tracking;

pub use compare::{
    compare::{ComparedOutput, compare},
    request::CompareRequest,
};
pub use history::{
    late_labels::record_labels,
    open_alerts::{index, open_alerts},
    rebuild::rebuild,
    record::{Compose, RunAttempt, RunRecord, RunResult, record_run},
    tally::tally,
};
pub use init::{InitRequest, InitialConfig, TriedConfig, draft, write_config};
pub use learn::{
    learn::{LearnRequest, import, learn},
    log_rows::LogRows,
    meaning::describe_event,
};
pub use model::ModelFile;
pub use on_demand::{
    against::{AgainstRequest, check_against},
    check_model::{CheckedModel, check_model},
    connect::{ConnectionCheck, LabelsCheck, LabelsFound, connect, connect_labels},
    connect_features::{FeatureTableCheck, connect_features},
    explain::{ExplainRequest, ExplainedPrediction, LoggedPrediction, explain},
    range::{RangeOutput, RangeRequest, check_range},
    replay::{ReplayOutput, ReplayRequest, replay},
    score::{Output, ScoreRequest, ScoredFile, score},
    try_records::{TriedRecords, try_feature_table, try_labels, try_records},
};
pub use registry::{
    import_model::{ImportRequest, ImportedConfig, import_config},
    values::{with_current_registry_values, with_registry_values},
};
pub(crate) use run::context::{
    ConfiguredModel, configured_model_file, open_configured_reference, read_configured_model, with_missing_inputs,
};
pub use run::{
    RunOutput, RunRequest, ScanOptions, check, cost_curve, examine, examine_again, first_check_notes, is_first_check,
    open_reference, publish, subjects, terms_or_default,
};
pub use tracking::{
    message::{NOT_TRACKED, TRACKING, is_tracked},
    send::send_tracked,
};
