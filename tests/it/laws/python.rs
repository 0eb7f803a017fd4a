//! The Python files of the training side and of the wheel: each has a summary and is not too long, and none import each other in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::structure::cycle;

/// A dotted name of a module, in parts.
type Module = Vec<String>;

/// Lines of one file: of the package, and of a test.
const LONGEST: usize = 300;
const LONGEST_TEST: usize = 500;

/// The Python files of a folder and the folders in it.
pub(super) fn python_files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            python_files(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "py") {
            all.push(path);
        }
    }
}

/// Violations in one file, one sentence each.
fn violations(file: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let summary = text.strip_prefix("\"\"\"").and_then(|rest| rest.split("\"\"\"").next()).unwrap_or_default();
    if !summary.split("\n\n").next().is_some_and(|first| first.trim_end().ends_with('.')) {
        violations.push(format!("{file}: add a summary, a sentence in `\"\"\"`, at the top"));
    }
    let lines = text.lines().count();
    let longest = if file.contains("/tests/") { LONGEST_TEST } else { LONGEST };
    if lines > longest {
        violations.push(format!("{file}: {lines} lines, more than {longest}; split it"));
    }
    violations
}

/// The modules of the package that a file imports when it is loaded; imports inside functions are not followed.
fn imports(module: &Module, is_package: bool, text: &str, known: &BTreeSet<Module>) -> BTreeSet<Module> {
    let mut found = BTreeSet::new();
    let flat = text.replace("(\n", "(").replace(",\n    ", ", ").replace(",\n)", ")");
    for line in flat.lines().filter_map(|line| line.strip_prefix("from ")) {
        let Some((from, names)) = line.split_once(" import ") else { continue };
        let dots = from.chars().take_while(|c| *c == '.').count();
        let mut base = if dots == 0 { Vec::new() } else { module.clone() };
        base.truncate((base.len() + usize::from(is_package)).saturating_sub(dots));
        base.extend(from[dots..].split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        for name in names.trim_matches(['(', ')']).split(',') {
            let name = name.split_whitespace().next().unwrap_or_default().to_owned();
            let child = [base.as_slice(), &[name]].concat();
            found.extend([child, base.clone()].into_iter().find(|path| known.contains(path)));
        }
    }
    found.remove(module);
    found
}

/// The module of a file below the folder of the repository, and whether it stands for a folder.
fn module_of(file: &str) -> (Module, bool) {
    let mut parts: Module = file.trim_end_matches(".py").split('/').map(str::to_owned).collect();
    let is_package = parts.last().is_some_and(|last| last == "__init__");
    if is_package {
        parts.pop();
    }
    (parts, is_package)
}

fn edges(files: &BTreeMap<String, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let known: BTreeSet<Module> = files.keys().map(|file| module_of(file).0).collect();
    let edge = |(file, text): (&String, &String)| {
        let (module, is_package) = module_of(file);
        let targets = imports(&module, is_package, text, &known);
        (module, targets)
    };
    files.iter().map(edge).collect()
}

#[test]
fn files_have_summaries_and_no_import_cycles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    python_files(&root.join("training"), &mut all);
    python_files(&root.join("crates/python"), &mut all);
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    let files: BTreeMap<String, String> = all.iter().map(read).collect();
    assert!(files.len() > 50, "only {} files found", files.len());
    let found: Vec<String> = files.iter().flat_map(|(file, text)| violations(file, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let edges = edges(&files);
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 100, "too few imports were found");
    let found = cycle(&edges);
    assert!(found.is_none(), "these files import each other: {}", found.unwrap_or_default().join(" → "));
}

#[test]
fn violations_in_python_are_found() {
    assert!(violations("training/a.py", "\"\"\"What it is for.\"\"\"\n").is_empty());
    assert!(violations("training/a.py", "import os\n").join("").contains("add a summary"));
    let long = format!("\"\"\"What it is for.\"\"\"\n{}", "x = 1\n".repeat(300));
    assert!(violations("training/a.py", &long).join("").contains("301 lines, more than 300"));
    assert!(violations("training/tests/a.py", &long).is_empty());
    let files = [
        ("training/a.py", "from . import b\n"),
        ("training/b.py", "from .deep.c import (\n    one,\n    two,\n)\n"),
        ("training/deep/__init__.py", "\n"),
        ("training/deep/c.py", "from ..d import x\n\n\ndef late():\n    from .. import b\n"),
        ("training/d.py", "import os\nfrom training.a import y\nfrom training import e\n"),
        ("training/e.py", "from os import path\n"),
    ];
    let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    let found = cycle(&edges(&files)).unwrap();
    assert_eq!(found, ["training::a", "training::b", "training::deep::c", "training::d", "training::a"]);
}
