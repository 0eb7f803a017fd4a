//! Which registry is asked, and where its files are kept.

use std::path::PathBuf;

use crate::config::{MlflowOptions, RunRegistry, Settings};

/// The registry that a config names, and the folder in which its files are kept.
#[derive(Debug, Clone)]
pub(crate) struct RegistryPlace<'a> {
    pub options: Option<&'a MlflowOptions>,
    pub folder: PathBuf,
    /// What is decided about the run.
    pub run: RunRegistry,
    pub kept: KeptUse,
    /// Whether there is a config that could name the server.
    pub has_config: bool,
}

/// When kept files serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptUse {
    /// While the registry cannot be reached.
    OnOutage,
    /// Never: the registry itself is wanted.
    Never,
}

impl<'a> RegistryPlace<'a> {
    /// The place that a config describes: files are kept with the state.
    pub(crate) fn of(settings: &'a Settings) -> Self {
        Self {
            options: settings.mlflow.as_ref(),
            folder: settings.state.join("models"),
            run: settings.registry.clone(),
            kept: KeptUse::OnOutage,
            has_config: true,
        }
    }

    /// Without a config: the server of the environment, and the user's cache.
    pub(crate) fn of_environment() -> RegistryPlace<'static> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        let folder = cache.unwrap_or_else(std::env::temp_dir).join("vigie").join("models");
        RegistryPlace { options: None, folder, run: RunRegistry::default(), kept: KeptUse::OnOutage, has_config: false }
    }
}
