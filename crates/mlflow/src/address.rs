//! Addresses of models, as MLflow's users write them.

use std::{fmt, str::FromStr};

use crate::{
    error::{MlflowError, Result},
    server_url::percent_decoded,
};

/// Which version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSelector {
    /// `models:/NAME@ALIAS`: the version that has the alias at the moment.
    Alias(String),
    /// `models:/NAME/3`.
    Number(u64),
    /// `models:/NAME/latest`: the newest version of any stage.
    Latest,
    /// `models:/NAME/Production`: the newest version in a stage. MLflow 2.9 deprecated stages.
    Stage(String),
}

/// The address of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelAddress {
    /// A version of a registered model.
    Registered {
        /// The registered model.
        name: String,
        /// The version.
        version: VersionSelector,
    },
    /// `models:/m-<id>`: a logged model of MLflow 3, whether registered or not.
    Logged {
        /// `m-` and 32 hexadecimal digits.
        model_id: String,
    },
    /// `runs:/RUN_ID/PATH`: a model logged by a run.
    Run {
        /// The run.
        run_id: String,
        /// The path below the run's artefacts, without a slash at either end.
        path: String,
    },
}

const ALLOWED: &str =
    "write models:/NAME@ALIAS, models:/NAME/3, models:/NAME/latest, models:/m-ID or runs:/RUN_ID/PATH";

const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];

impl ModelAddress {
    /// Returns whether the text is meant as an address of MLflow rather than as a file.
    #[must_use]
    pub fn is_address(text: &str) -> bool {
        ["models:/", "runs:/"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// Whether the same address can mean another version later: an alias, a stage or `latest`.
    #[must_use]
    pub fn can_move(&self) -> bool {
        matches!(self, Self::Registered { version, .. } if !matches!(version, VersionSelector::Number(_)))
    }

    fn registered(text: &str, rest: &str) -> Result<Self> {
        let wrong = |why: &str| MlflowError::setup(format!("the model address {} {why}; {ALLOWED}", quoted(text)));
        if rest.is_empty() {
            return Err(wrong("has no name"));
        }
        let mut parts = rest.split('/');
        let (first, second, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if more.is_some() {
            return Err(wrong("has too many slashes (MLflow allows none in the name of a model)"));
        }
        let named = |name: &str, version: VersionSelector| {
            if name.trim().is_empty() {
                return Err(wrong("has no name"));
            }
            if name.contains(':') {
                return Err(wrong("has a colon in the name, which MLflow does not allow"));
            }
            Ok(Self::Registered { name: name.to_owned(), version })
        };
        let Some(suffix) = second else {
            if let Some((name, alias)) = first.rsplit_once('@') {
                let is_alias = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                if alias.is_empty() || !alias.chars().all(is_alias) {
                    return Err(wrong("has no valid alias after @ (letters, digits, _ and -)"));
                }
                return named(name, VersionSelector::Alias(alias.to_owned()));
            }
            return if is_model_id(first) {
                Ok(Self::Logged { model_id: first.to_owned() })
            } else {
                Err(wrong("names neither an alias nor a version"))
            };
        };
        if suffix.is_empty() {
            return Err(wrong("has no version after the slash"));
        }
        if suffix.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = suffix.parse().ok().filter(|number| *number > 0);
            let number = number.ok_or_else(|| wrong("has a version number that cannot exist"))?;
            return named(first, VersionSelector::Number(number));
        }
        if suffix.eq_ignore_ascii_case("latest") {
            return named(first, VersionSelector::Latest);
        }
        match STAGES.iter().find(|stage| stage.eq_ignore_ascii_case(suffix)) {
            Some(stage) => named(first, VersionSelector::Stage((*stage).to_owned())),
            None => Err(wrong(&format!(
                "has {} where a version is expected (a number, latest, or the stage Staging, Production, Archived or \
                 None); an alias is written after @",
                quoted(suffix)
            ))),
        }
    }

    fn run(text: &str, rest: &str) -> Result<Self> {
        let wrong = |why: &str| MlflowError::setup(format!("the model address {} {why}; {ALLOWED}", quoted(text)));
        let (run_id, path) = rest.split_once('/').unwrap_or((rest, ""));
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if run_id.is_empty() || run_id.len() > 256 || !run_id.chars().all(is_id) {
            return Err(wrong("has no valid run id"));
        }
        let path = path.trim_matches('/');
        if path.is_empty() {
            return Err(wrong("has no path after the run id, such as /model"));
        }
        if !is_plain_path(path) {
            return Err(wrong("has a path with `.`, `..`, or empty parts"));
        }
        Ok(Self::Run { run_id: run_id.to_owned(), path: path.to_owned() })
    }
}

/// Whether a relative path stays below its root: no `..`, `.`, empty parts, backslashes or control characters, also when
/// a server decodes it once more.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let is_plain =
        |path: &str| !path.contains(['\\', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    is_plain(path) && is_plain(&percent_decoded(path)) && !path.chars().any(char::is_control)
}

fn is_model_id(text: &str) -> bool {
    text.strip_prefix("m-").is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A text in quotation marks, cut and without control characters.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("\"{shown}\"")
}

impl FromStr for ModelAddress {
    type Err = MlflowError;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(rest) = text.strip_prefix("models:/") {
            if rest.starts_with('/') {
                return Err(MlflowError::setup(format!(
                    "the model address {} names a profile of Databricks or has one slash too many; {ALLOWED}",
                    quoted(text)
                )));
            }
            return Self::registered(text, rest);
        }
        if let Some(rest) = text.strip_prefix("runs:/") {
            return Self::run(text, rest);
        }
        Err(MlflowError::setup(format!("{} is not the address of a model in MLflow; {ALLOWED}", quoted(text))))
    }
}

impl fmt::Display for ModelAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered { name, version } => match version {
                VersionSelector::Alias(alias) => write!(f, "models:/{name}@{alias}"),
                VersionSelector::Number(number) => write!(f, "models:/{name}/{number}"),
                VersionSelector::Latest => write!(f, "models:/{name}/latest"),
                VersionSelector::Stage(stage) => write!(f, "models:/{name}/{stage}"),
            },
            Self::Logged { model_id } => write!(f, "models:/{model_id}"),
            Self::Run { run_id, path } => write!(f, "runs:/{run_id}/{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn registered(name: &str, version: VersionSelector) -> ModelAddress {
        ModelAddress::Registered { name: name.to_owned(), version }
    }

    #[test]
    fn every_form_is_parsed() {
        let id = format!("m-{}", "0123456789abcdef".repeat(2));
        for (text, expected) in [
            ("models:/credit@champion", registered("credit", VersionSelector::Alias("champion".to_owned()))),
            ("models:/a@b@c", registered("a@b", VersionSelector::Alias("c".to_owned()))),
            ("models:/crédit v1.2 [x] 50%/3", registered("crédit v1.2 [x] 50%", VersionSelector::Number(3))),
            ("models:/cat.schema.model/Latest", registered("cat.schema.model", VersionSelector::Latest)),
            ("models:/n/production", registered("n", VersionSelector::Stage("Production".to_owned()))),
            ("models:/a@b/3", registered("a@b", VersionSelector::Number(3))),
            (&format!("models:/{id}"), ModelAddress::Logged { model_id: id.clone() }),
            (
                "runs:/0a1b/some dir/model/",
                ModelAddress::Run { run_id: "0a1b".to_owned(), path: "some dir/model".to_owned() },
            ),
        ] {
            let parsed: ModelAddress = text.parse().unwrap();
            assert_eq!(parsed, expected, "{text}");
            assert_eq!(parsed.to_string().parse::<ModelAddress>().unwrap(), expected, "{text}");
        }
        assert!("models:/n/latest".parse::<ModelAddress>().unwrap().can_move());
        assert!(!"models:/n/1".parse::<ModelAddress>().unwrap().can_move());
    }

    #[test]
    fn errors_say_what_is_wrong_and_what_is_allowed() {
        for (text, part) in [
            ("models:/", "has no name"),
            ("models:/n", "neither an alias nor a version"),
            ("models:/m-123", "neither an alias nor a version"),
            ("models:/n@", "no valid alias"),
            ("models:/n@a b", "no valid alias"),
            ("models:/@a", "has no name"),
            ("models:/n/", "no version after"),
            ("models:/n/0", "cannot exist"),
            ("models:/n/99999999999999999999999", "cannot exist"),
            ("models:/n/champion", "an alias is written after @"),
            ("models:/a/b/3", "too many slashes"),
            ("models:/a:b@c", "colon"),
            ("models://profile/n/3", "Databricks"),
            ("runs:/", "no valid run id"),
            ("runs:/abc", "no path"),
            ("runs:/abc/../x", "`..`"),
            ("runs:/abc/%2e%2e/x", "`..`"),
            ("/models/x", "not the address"),
        ] {
            let error = text.parse::<ModelAddress>().unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("models:/NAME@ALIAS"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_parsed_is_shown_as_it_was(text in "(models:/|runs:/)?[a-c@/:%. 0-9m\\-é]{0,40}") {
            if let Ok(address) = text.parse::<ModelAddress>() {
                prop_assert_eq!(address.to_string().parse::<ModelAddress>().unwrap(), address);
            }
        }
    }
}
