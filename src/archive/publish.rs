//! Publishes a report and the window's counts atomically, keeping the previous report if its content differs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use vigie_profile::window::Window;

use super::leftovers::{remove_from, write_locked};
use crate::{
    crash,
    fault::{Fault, Result, describe_io},
    report::revision as report_revision,
};

/// Paths of a published report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub json: PathBuf,
    pub html: PathBuf,
}

/// `reports/<model>/<from>_<to>`.
#[must_use]
pub fn report_folder(reports: &Path, model: &str, window: Window) -> PathBuf {
    reports.join(model).join(window.folder())
}

/// Returns the revision for a new report: that of the previous report if only the `run` section differs, one more if
/// anything else does, and 0 if there is no previous report.
#[must_use]
pub fn next_revision(folder: &Path, json: &str) -> u32 {
    let Some(previous) = fs::read_to_string(folder.join("report.json")).ok() else { return 0 };
    let Some(revision) = report_revision(&previous) else { return 0 };
    if same_content(&previous, json) { revision } else { revision.saturating_add(1) }
}

/// Compares two reports without their `run` sections: first as text, which suffices for one version of vigie, then as
/// parsed JSON, which ignores whitespace and the order of keys.
fn same_content(previous: &str, json: &str) -> bool {
    text_without_run(previous).is_some_and(|text| Some(text) == text_without_run(json))
        || value_without_run(previous).is_some_and(|content| Some(content) == value_without_run(json))
}

/// Returns the text before and after the `run` section. JSON strings contain no raw line breaks, so the match is safe.
fn text_without_run(json: &str) -> Option<(&str, &str)> {
    let (before, rest) = json.split_once("\n  \"run\": {\n")?;
    let (_, after) = rest.split_once("\n  },\n")?;
    Some((before, after))
}

/// Parses a report and removes its `run` section.
fn value_without_run(json: &str) -> Option<Value> {
    let mut document: Value = serde_json::from_str(json).ok()?;
    document.as_object_mut()?.remove("run")?;
    Some(document)
}

/// Name of the file with a window's counts. It is for vigie alone: unlike a report, it may name any unseen level.
pub(super) const PROFILE: &str = "profile.bin";

/// Holds the digest of the JSON while the two files of a report are put in place, the page first.
const UNFINISHED: &str = ".unfinished";

/// Returns whether the two files in a folder may be of different reports, because a run was killed between them. The
/// window's next run replaces both.
pub(super) fn is_unfinished(folder: &Path) -> bool {
    let Ok(wanted) = fs::read_to_string(folder.join(UNFINISHED)) else { return false };
    fs::read_to_string(folder.join("report.json")).map_or(true, |json| digest(&json) != wanted)
}

fn digest(json: &str) -> String {
    Sha256::digest(json).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Creates the folder of a report, `depth` levels below the reports folder. A link on the way is not followed.
pub(super) fn create_folder(folder: &Path, depth: usize) -> Result<()> {
    if let Some(link) = folder.ancestors().take(depth).find(|part| part.is_symlink()) {
        return Err(Fault::setup(format!(
            "reports.dir: {} is a symbolic link, which vigie does not follow; replace it by a folder",
            link.display()
        )));
    }
    fs::create_dir_all(folder).map_err(|error| write_fault("create the folder", folder, &error))
}

/// Content of the files of a report.
#[derive(Debug, Clone, Copy)]
pub struct ReportFiles<'a> {
    pub json: &'a str,
    pub html: &'a str,
    /// The window's counts, for later windows; `None`: they are not kept.
    pub profile: Option<&'a [u8]>,
}

/// Writes all files under temporary names, then renames them. A concurrent reader, or one after a crash, sees either the
/// previous file or the new one, always complete; the index shows JSON and page of one report, or neither.
pub fn publish(folder: &Path, revision: u32, files: ReportFiles<'_>) -> Result<Published> {
    let ReportFiles { json, html, profile } = files;
    create_folder(folder, 2)?;
    remove_from(folder);
    let path = |extension: &str| folder.join(format!("report.{extension}"));
    crash::point("report.folder");
    let new_json = write_temporary(folder, json)?;
    crash::point("report.json_written");
    let new_html = write_temporary(folder, html)?;
    crash::point("report.html_written");
    let new_profile = profile.map(|profile| write_temporary(folder, profile)).transpose()?;
    crash::point("report.profile_written");
    let previous = fs::read_to_string(path("json")).ok().and_then(|json| report_revision(&json));
    if let Some(previous) = previous.filter(|previous| *previous < revision) {
        for extension in ["json", "html"] {
            let kept = folder.join(format!("report.r{previous}.{extension}"));
            keep(&path(extension), &kept).map_err(|error| write_fault("keep the previous report as", &kept, &error))?;
        }
    }
    crash::point("report.previous_kept");
    let unfinished = folder.join(UNFINISHED);
    write_temporary(folder, digest(json))?
        .persist(&unfinished)
        .map_err(|error| write_fault("write", &unfinished, &error.error))?;
    if let Some(new) = new_profile {
        let path = folder.join(PROFILE);
        new.persist(&path).map_err(|error| write_fault("write", &path, &error.error))?;
        crash::point("report.profile_placed");
    }
    for (new, extension) in [(new_html, "html"), (new_json, "json")] {
        let path = path(extension);
        new.persist(&path).map_err(|error| write_fault("write", &path, &error.error))?;
        crash::point(if extension == "html" { "report.html_placed" } else { "report.json_placed" });
    }
    match fs::remove_file(&unfinished) {
        // Another process has published the same window.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed.map_err(|error| write_fault("remove", &unfinished, &error))?,
    }
    Ok(Published { json: path("json"), html: path("html") })
}

/// Writes a temporary file in `folder`; see [`write_locked`].
pub(super) fn write_temporary(folder: &Path, content: impl AsRef<[u8]>) -> Result<tempfile::NamedTempFile> {
    write_locked(folder, content.as_ref()).map_err(|error| write_fault("write in", folder, &error))
}

fn keep(previous: &Path, kept: &Path) -> io::Result<()> {
    match fs::hard_link(previous, kept) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Some file systems do not support hard links. A new file, so that a link in its place is not followed.
        Err(_) => fs::File::create_new(kept).and_then(|mut kept| {
            io::copy(&mut fs::File::open(previous)?, &mut kept)?;
            kept.sync_all()
        }),
        Ok(()) => Ok(()),
    }
}

/// Describes a failed write and how to fix it.
pub(super) fn write_fault(action: &str, path: &Path, error: &io::Error) -> Fault {
    let next = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some disk space and try again",
        io::ErrorKind::PermissionDenied => "give the user that runs vigie write access",
        io::ErrorKind::ReadOnlyFilesystem => "choose a folder that can be written to",
        _ => "choose another folder",
    };
    Fault::retry(format!("cannot {action} {}: {}; {next}", path.display(), describe_io(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_depend_on_content_not_on_formatting() {
        let report = |revision: u32, rows: u32, format: fn(&Value) -> String| {
            let run = serde_json::json!({ "revision": revision });
            format(&serde_json::json!({ "run": run, "schema_version": 1, "window": { "rows": rows } }))
        };
        let pretty: fn(&Value) -> String = |value| serde_json::to_string_pretty(value).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let next = |json: &str| next_revision(folder.path(), json);
        assert_eq!(next(&report(0, 5, pretty)), 0);
        for previous in [pretty, ToString::to_string] {
            fs::write(folder.path().join("report.json"), report(3, 5, previous)).unwrap();
            assert_eq!(next(&report(0, 5, pretty)), 3);
            assert_eq!(next(&report(0, 6, pretty)), 4);
        }
        fs::write(folder.path().join("report.json"), "{").unwrap();
        assert_eq!(next(&report(0, 5, pretty)), 0);
    }
}
