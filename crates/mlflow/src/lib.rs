//! A thin, blocking client of MLflow's REST API.

mod address;
mod artifact;
mod client;
mod error;
mod failure;
mod json;
mod manifest;
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
pub use tracking::{Experiment, LoggedBatch, MetricPoint, NewRun, RunBatch, RunEnd, TrackedRun, safe_key};
