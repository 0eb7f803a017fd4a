//! From the bytes of a config file to [`Options`]: every problem is looked for before any is told.

use serde_json::Value;

use super::{Options, Problem, complete::complete, fit::Fit, key::Key, rules, shape::Shape, tree};

/// What the file says, and the tree that knows where; or all that is wrong with it.
pub(super) fn understand(bytes: &[u8]) -> Result<(Options, tree::Node), Vec<Problem>> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        vec![Problem { line: Some(line), ..Problem::new("", "this is not UTF-8 text").hint("save the file as UTF-8") }]
    })?;
    let root = tree::read(text).map_err(|problem| vec![problem])?;
    let shape = Shape::of_the_file();
    let mut fit = Fit { file: &shape, problems: Vec::new() };
    let mut value = fit.value(&root, &shape, &Key::top(), None).unwrap_or_default();
    if value.is_object() {
        require(&value, &root, &mut fit);
    }
    let mut problems = fit.problems;
    complete(&mut value);
    rules::hold(&value, &Key::top(), &root, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    match serde_json::from_value(value) {
        Ok(options) => Ok((options, root)),
        Err(error) => Err(vec![Problem::new("", format!("the config is not understood: {error}"))]),
    }
}

/// One model has to be described, or several.
const REQUIRED: [&str; 3] = ["model", "reference", "source"];

fn require(value: &Value, root: &tree::Node, fit: &mut Fit<'_>) {
    let there = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    if there("models") && !REQUIRED.into_iter().any(there) {
        return;
    }
    let keys = fit.file.keys();
    for (name, member) in REQUIRED.into_iter().filter_map(|name| Some((name, keys?.get(name)?))) {
        let named = root.key_place(name);
        // What is there but does not fit has been told already.
        if named.is_none() || value.get(name).is_some_and(Value::is_null) {
            fit.missing(&Key::of(name), &member.shape, named);
        }
    }
}
