//! Command lines that are printed for people to paste.

use vigie_mlflow::MlflowClient;

use super::registry_place::RegistryPlace;

/// The command that learns a reference and puts it next to the model.
pub(super) fn learn_command(address: &str) -> String {
    let address = quoted(address);
    format!("vigie learn --data train.parquet --target TARGET --model {address} --register --out reference.vigie")
}

/// The same for a server that is named in the config, which `learn` does not read.
pub(super) fn learn_command_on(client: &MlflowClient, place: &RegistryPlace<'_>, address: &str) -> String {
    let options = place.options;
    let variable = |name: &str, is_set: bool, server: String| {
        if is_set { format!("{name}={} ", quoted(&server)) } else { String::new() }
    };
    let tracking = options.is_some_and(|options| options.tracking_uri.is_some());
    let registry = options.is_some_and(|options| options.registry_uri.is_some());
    format!(
        "{}{}{}",
        variable("MLFLOW_TRACKING_URI", tracking, client.server()),
        variable("MLFLOW_REGISTRY_URI", registry, client.registry_server()),
        learn_command(address)
    )
}

/// An argument as a shell reads it.
pub(in crate::monitor) fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/.:_@-+,=".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn arguments_are_quoted_for_a_shell() {
        assert_eq!(quoted("models:/credit-default@champion"), "models:/credit-default@champion");
        assert_eq!(quoted("it's $x"), r"'it'\''s $x'");
        assert_eq!(quoted(""), "''");
    }
}
