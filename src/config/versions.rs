//! `model.versions`: versions of a registered model that are watched side by side, each as a model of its own.

use std::path::{Path, PathBuf};

use vigie_mlflow::{ModelAddress, VersionSelector};

use super::{Problem, WatchedModel};
use crate::judge::Limits;

/// In `model.version`, the number that the registry gives to the version.
pub(crate) const VERSION_NUMBER: &str = "{version}";

/// The config key.
const KEY: &str = "versions";

/// One model for each alias in `versions`; the first keeps the name. Without the key, the model itself.
pub(super) fn side_by_side(watched: WatchedModel) -> Result<Vec<WatchedModel>, Problem> {
    if watched.model.versions.is_empty() {
        return Ok(vec![watched]);
    }
    let problem =
        |why: &str, hint: &str| Problem::new("model.versions", format!("`{KEY}` {why}")).hint(hint.to_owned());
    let file = watched.model.file.as_deref().and_then(alias_address);
    let Some(ModelAddress::Registered { name, .. }) = file else {
        return Err(problem(
            "needs the address of a registered model",
            "set `model.file` to an address such as models:/NAME@champion",
        ));
    };
    if watched.source.fields.model_version.is_none() {
        return Err(problem(
            "needs to know which version made a row",
            "map `source.fields.model_version`, so that the rows of each version are compared with its own reference",
        ));
    }
    let aliases = watched.model.versions.clone();
    let is_repeated = |index: usize| aliases.iter().take(index).any(|other| Some(other) == aliases.get(index));
    if (0..aliases.len()).any(is_repeated) {
        return Err(problem("names an alias twice", "name each alias once"));
    }
    aliases
        .iter()
        .enumerate()
        .map(|(index, alias)| {
            let address = format!("models:/{name}@{alias}");
            if address.parse::<ModelAddress>().is_err() {
                return Err(problem(
                    "has a name that no alias can have",
                    "use letters, digits, - and _, such as [champion, challenger]",
                ));
            }
            let mut one = watched.clone();
            one.model.versions = Vec::new();
            one.model.version.get_or_insert_with(|| VERSION_NUMBER.to_owned());
            one.model.file = Some(PathBuf::from(&address));
            if alias_address(&one.reference).is_some_and(|reference| is_of(&reference, &name)) {
                one.reference = PathBuf::from(&address);
            }
            // Rows of the other versions are expected.
            one.policy.model_version = Limits::off();
            if index > 0 {
                one.model.name = format!("{}-{alias}", one.model.name);
            }
            Ok(one)
        })
        .collect()
}

fn is_of(address: &ModelAddress, model: &str) -> bool {
    matches!(address, ModelAddress::Registered { name, .. } if name == model)
}

/// The address of a registered model whose version may change.
fn alias_address(path: &Path) -> Option<ModelAddress> {
    let address: ModelAddress = path.to_str()?.parse().ok()?;
    matches!(&address, ModelAddress::Registered { version: VersionSelector::Alias(_), .. }).then_some(address)
}
