//! Bytes of a config file → [`ConfigFile`], collecting every problem before reporting any.

use serde_json::Value;

use super::{
    ConfigFile, Problem, complete::complete, key::KeyPath, rules, tree, type_check::TypeChecker, value_type::ValueType,
};

/// Parses the file into its options and the tree that knows their locations, or returns all problems.
pub(super) fn parse(bytes: &[u8]) -> Result<(ConfigFile, tree::YamlNode), Vec<Problem>> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        let problem = Problem::new("", "the file is not valid UTF-8").hint("save it as UTF-8");
        vec![Problem { line: Some(line), ..problem }]
    })?;
    let root = tree::parse(text).map_err(|problem| vec![problem])?;
    let file_type = ValueType::config_file();
    let mut checker = TypeChecker { file: &file_type, problems: Vec::new(), is_own_log: false };
    let mut value = checker.value(&root, &file_type, &KeyPath::top(), None).unwrap_or_default();
    if value.is_object() {
        require_model(&value, &root, &mut checker);
    }
    let mut problems = checker.problems;
    complete(&mut value);
    rules::check(&value, &KeyPath::top(), &root, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    match serde_json::from_value(value) {
        Ok(options) => Ok((options, root)),
        Err(error) => Err(vec![Problem::new("", format!("cannot parse the config: {error}"))]),
    }
}

/// Keys required unless `models` is used.
const REQUIRED: [&str; 3] = ["model", "reference", "source"];

/// Reports missing keys unless the file describes one model or several.
fn require_model(value: &Value, root: &tree::YamlNode, checker: &mut TypeChecker<'_>) {
    let is_present = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    if is_present("models") && !REQUIRED.into_iter().any(is_present) {
        return;
    }
    let keys = checker.file.keys();
    for (name, spec) in REQUIRED.into_iter().filter_map(|name| Some((name, keys?.get(name)?))) {
        let location = root.key_location(name);
        // A value of the wrong type has been reported already.
        if location.is_none() || value.get(name).is_some_and(Value::is_null) {
            checker.missing(&KeyPath::from_dotted(name), &spec.value_type, location);
        }
    }
}
