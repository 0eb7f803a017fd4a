//! Each language's words are in its own folder.

use std::{fs, path::Path};

use super::{layering::files, python::python_files};

/// The files of `src` outside the folders of the languages, templates included, and those of `training`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    files(&root.join("src"), &mut all);
    files(&root.join("training/src"), &mut all);
    python_files(&root.join("training"), &mut all);
    let folders = ["src/report/page", "src/report/index", "src/alert"];
    let templates = folders.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    all.extend(
        templates.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|is| is == "html")),
    );
    let relative = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    let read = |path: &std::path::PathBuf| (relative(path), fs::read_to_string(path).unwrap());
    let is_language =
        |path: &str| ["src/report/words/en/", "src/report/words/fr/"].iter().any(|own| path.starts_with(own));
    all.iter().map(read).filter(|(path, _)| !is_language(path)).collect()
}

/// The one file that knows which languages there are.
const LANGUAGES: &str = "src/report/words/language.rs";

#[test]
fn only_one_file_tells_languages_apart() {
    let all = sources();
    assert!(all.len() > 300 && all.iter().any(|(path, _)| path.ends_with("page.html")), "{} files", all.len());
    for (path, text) in all.iter().filter(|(path, _)| path != LANGUAGES) {
        assert!(!text.contains("Language::French"), "{path} names a language");
        // English is the language of JSON, the terminal and logs, but is never compared with.
        for comparison in ["Language::English =>", "== Language::", "matches!(language", "match language"] {
            assert!(!text.contains(comparison), "{path}: `{comparison}`");
        }
    }
}

/// Letters that French has and English has not, except in the name of Cramér.
#[test]
fn french_is_only_in_its_folder() {
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let is_data =
                path.starts_with("src/ledger") || path.starts_with("src/source") || path.starts_with("src/web");
            let letter = line.replace("Cramér", "").chars().find(|letter| "éèêàçùâîôûœ«»".contains(*letter));
            assert!(letter.is_none() || is_data, "{path}:{}: {line}", number + 1);
        }
    }
}
