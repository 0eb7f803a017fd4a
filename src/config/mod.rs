//! The config file: its keys ([`ConfigFile`]), the effective [`Settings`], and all [`Problems`] at once.
//!
//! bytes → tree (with locations) → type check (by the JSON schema) → complete, rules → [`ConfigFile`] → [`Settings`]

mod channels;
mod complete;
mod cron;
mod files;
mod key;
mod limits;
mod mlflow;
mod model_choices;
mod options;
mod parse;
mod problems;
mod rules;
mod run_registry;
mod scalar;
mod secrets;
mod serve;
mod settings;
mod show;
mod source_keys;
mod template;
mod tree;
mod type_check;
mod value_type;
mod versions;

pub use channels::{Alerts, Http};
pub use files::{check_files, note_missing_reference, of_all, warnings};
pub use mlflow::{MlflowOptions, is_address};
pub use model_choices::{InputsChoice, IterationChoice, LinkChoice, ModelChoices, NamedIterations};
pub use options::{
    BaselineOptions, ConfigFile, Cost, DecisionOptions, MissingLevel, ModelSection, ModelTags, Overrides, Reports,
    RunOptions, ScheduleOptions, SegmentOptions, WatchedModel,
};
pub use problems::{Location, Problem, Problems};
pub use run_registry::{AddressedFile, LocalFile, RegisteredFile, RegistryOutage, RunRegistry};
pub use secrets::masked;
pub use serve::{
    ChallengerOptions, Durability, FeatureCacheOptions, InputPolicy, Misfit, RequestLogOptions, ServeOptions, WhenFull,
};
pub use settings::{Schedule, Settings};
pub use show::{schema, show};
pub use template::TEMPLATE;
pub(crate) use versions::VERSION_NUMBER;
