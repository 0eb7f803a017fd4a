//! A thin, typed, blocking client of MLflow's REST API: which model is in production, its bytes, and what is logged about it.
//!
//! [`MlflowClient::new`] takes [`MlflowSettings`], which [`MlflowSettings::or_env`] completes from the environment as MLflow's
//! own clients do. All calls are methods of the client, which can be shared between threads. Each call ends within its time
//! limits ([`CallLimits`]), and an [`MlflowError`] is one sentence that says what failed and what to do next, without secrets.
//!
//! # Addresses
//!
//! ```
//! use vigie_mlflow::{ModelAddress, VersionSelector};
//!
//! let address: ModelAddress = "models:/credit-default@champion".parse()?;
//! let ModelAddress::Registered { name, version } = &address else { unreachable!() };
//! assert_eq!(name, "credit-default");
//! assert_eq!(*version, VersionSelector::Alias("champion".to_owned()));
//! assert!(address.can_move());
//!
//! let error = "models:/credit-default/champion".parse::<ModelAddress>().unwrap_err();
//! assert!(error.to_string().contains("an alias is written after @"));
//! # Ok::<(), vigie_mlflow::MlflowError>(())
//! ```
//!
//! # Following a model
//!
//! [`MlflowClient::resolve`] says in one call which version an alias means now; [`ResolvedModel::is_same`] whether it has
//! moved. Only then more is needed: [`MlflowClient::fetch_model`] downloads the model's file under the name of its SHA-256.
//!
//! ```no_run
//! use std::path::Path;
//! use vigie_mlflow::{MlflowClient, MlflowSettings};
//!
//! let client = MlflowClient::new(MlflowSettings::from_process_env()?)?;
//! let model = client.resolve(&"models:/credit-default@champion".parse()?)?;
//! let fetched = client.fetch_model(&model, Path::new("state/models"), 1 << 30)?;
//! println!("{} is in {}", fetched.sha256, fetched.file.display());
//! # Ok::<(), vigie_mlflow::MlflowError>(())
//! ```
//!
//! Files of a model are read through the server (`mlflow-artifacts:`), from a folder of this machine, or, of other storage
//! such as S3, by the server's own credentials or a signed address. The flavours and the signature are in
//! [`ModelManifest`]. What a file is, its content decides; a pickle is refused with the line that logs the model without one.
//! [`MlflowClient::upload_file`] puts a file next to a model, [`MlflowClient::set_version_tag`] sets a tag of a version.
//!
//! # Logging a window
//!
//! Each step is small and can be repeated on its own after a failure: [`MlflowClient::ensure_experiment`],
//! [`MlflowClient::ensure_run`] (found again by a tag), [`MlflowClient::log_batch`] or [`MlflowClient::log_missing`],
//! [`MlflowClient::upload_artifact`], [`MlflowClient::finish_run`]. A step that was done already changes nothing.
//!
//! - A revision of a window needs a `step` of its own to be a new point on MLflow's charts.
//! - Only figures for the model's own page get a `model_id`: all of them would make it unreadable.
//! - What is not a number is left out; the client refuses NaN and infinite values, which MLflow would store as others.
//! - [`safe_key`] turns the name of any feature into a key that MLflow accepts, [`distinct_keys`] those of all features of a
//!   run into keys that differ.
//!
//! # Repetitions
//!
//! Calls that change nothing when they are sent twice are repeated with growing pauses after 408, 429, 5xx and broken
//! connections. Creating a run or a version is not: the caller tries again, and finds what was created.
//!
//! # Differences from MLflow's own client
//!
//! Redirects are not followed. Credentials go to the tracking server and the registry only; to a separate artefact server
//! only if [`MlflowSettings::artifact_hosts`] lists it, and never to other storage. `~/.netrc`, AWS signatures and the logins
//! of Databricks are not supported. Servers of MLflow 2.3 and newer are; 2.22 and 3.17 are tested.

mod address;
mod artifact;
mod client;
mod error;
mod failure;
mod json;
mod manifest;
mod redact;
mod registry;
mod secret;
mod server_url;
mod server_version;
mod settings;
mod sink;
mod tls;
mod tracking;
mod wire;

pub use address::{ModelAddress, VersionSelector};
pub use artifact::{ArtifactEntry, ArtifactRoot, FetchedModel};
pub use client::MlflowClient;
pub use error::{MlflowError, MlflowErrorKind, Result};
pub use manifest::{ModelFileCandidate, ModelFlavor, ModelManifest, ModelSignature, SignatureColumn};
pub use registry::{LoggedModel, ModelVersion, NewModelVersion, RegisteredModel, ResolvedModel};
pub use secret::Secret;
pub use server_version::ServerVersion;
pub use settings::{CallLimits, MlflowSettings};
pub use sink::FetchedArtifact;
pub use tracking::{
    Experiment, LoggedBatch, MetricPoint, NewRun, RunBatch, RunEnd, TrackedRun, distinct_keys, safe_key,
};
