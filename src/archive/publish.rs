//! Puts a report where people look for it, in one step; the former one is kept when it said something else.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;
use vigie_profile::window::Window;

use crate::{
    crash,
    fault::{Fault, Result, spoken},
};

/// Where a report stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub json: PathBuf,
    pub html: PathBuf,
}

/// `reports/<model>/<from>_<to>`.
#[must_use]
pub fn folder_of(reports: &Path, model: &str, window: Window) -> PathBuf {
    reports.join(model).join(window.folder())
}

/// The revision a report will be: that of the former one if it says the same (but for who made it,
/// when), else one more; 0 without a former one.
#[must_use]
pub fn next_revision(folder: &Path, json: &str) -> u32 {
    let Some(former) = fs::read_to_string(folder.join("report.json")).ok() else { return 0 };
    let Some(revision) = revision(&former) else { return 0 };
    if says_the_same(&former, json) { revision } else { revision.saturating_add(1) }
}

/// Two reports of one version of vigie that say the same are the same text but for their `run` section. What is
/// spelled otherwise may still say the same, as it is up to the order of keys and the room between them.
fn says_the_same(former: &str, json: &str) -> bool {
    without_run(former).is_some_and(|text| Some(text) == without_run(json))
        || says(former).is_some_and(|content| Some(content) == says(json))
}

/// What stands before and after the `run` section of a report as it is written: a text within holds no line end.
fn without_run(json: &str) -> Option<(&str, &str)> {
    let (before, rest) = json.split_once("\n  \"run\": {\n")?;
    let (_, after) = rest.split_once("\n  },\n")?;
    Some((before, after))
}

/// Everything of a report but its `run` section.
fn says(json: &str) -> Option<Value> {
    let mut document: Value = serde_json::from_str(json).ok()?;
    document.as_object_mut()?.remove("run")?;
    Some(document)
}

/// Which revision a report is; `None` where it is no report.
fn revision(json: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct Document {
        run: Run,
    }
    #[derive(Deserialize)]
    struct Run {
        revision: u32,
    }
    serde_json::from_str::<Document>(json).ok().map(|document| document.run.revision)
}

/// Writes both files beside their places, then moves them there. Whoever reads meanwhile, or after a
/// crash, finds the former report or the new one, whole.
pub fn publish(folder: &Path, revision: u32, json: &str, html: &str) -> Result<Published> {
    fs::create_dir_all(folder).map_err(|error| cannot("make the folder", folder, &error))?;
    let place = |ending: &str| folder.join(format!("report.{ending}"));
    crash::point("report.folder");
    let new_json = written(folder, json)?;
    crash::point("report.json_written");
    let new_html = written(folder, html)?;
    crash::point("report.html_written");
    let former = fs::read_to_string(place("json")).ok().and_then(|json| self::revision(&json));
    if let Some(former) = former.filter(|former| *former < revision) {
        for ending in ["json", "html"] {
            let kept = folder.join(format!("report.r{former}.{ending}"));
            keep(&place(ending), &kept).map_err(|error| cannot("keep the former report as", &kept, &error))?;
        }
    }
    crash::point("report.former_kept");
    for (new, ending) in [(new_html, "html"), (new_json, "json")] {
        let place = place(ending);
        new.persist(&place).map_err(|error| cannot("write", &place, &error.error))?;
        crash::point(if ending == "html" { "report.html_placed" } else { "report.json_placed" });
    }
    Ok(Published { json: place("json"), html: place("html") })
}

/// A file with this content, on the disk, not yet in its place. It vanishes if it never gets there.
pub(super) fn written(folder: &Path, content: &str) -> Result<tempfile::NamedTempFile> {
    let fault = |error: &io::Error| cannot("write in", folder, error);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // People other than the service read reports; the umask still has its say.
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.prefix(".report-").tempfile_in(folder).map_err(|error| fault(&error))?;
    file.write_all(content.as_bytes()).map_err(|error| fault(&error))?;
    file.as_file().sync_all().map_err(|error| fault(&error))?;
    Ok(file)
}

fn keep(former: &Path, kept: &Path) -> io::Result<()> {
    match fs::hard_link(former, kept) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Some file systems have no links.
        Err(_) => fs::copy(former, kept).map(|_| ()),
        Ok(()) => Ok(()),
    }
}

/// The fault of a write, with what to do about it.
pub(super) fn cannot(what: &str, path: &Path, error: &io::Error) -> Fault {
    let next = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space and run again",
        io::ErrorKind::PermissionDenied => "give the user that runs vigie the right to write there",
        io::ErrorKind::ReadOnlyFilesystem => "set reports.dir to a place that can be written",
        _ => "see reports.dir in the config",
    };
    Fault::retry(format!("cannot {what} {}: {}; {next}", path.display(), spoken(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_the_same_by_what_they_say_not_by_how_they_are_spelled() {
        let report = |revision: u32, rows: u32, spelled: fn(&Value) -> String| {
            let run = serde_json::json!({ "revision": revision, "model": { "name": "m" }, "seconds": 0.5 });
            spelled(&serde_json::json!({ "run": run, "schema_version": 1, "window": { "rows": rows } }))
        };
        let pretty: fn(&Value) -> String = |value| serde_json::to_string_pretty(value).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let next = |json: &str| next_revision(folder.path(), json);
        assert_eq!(next(&report(0, 5, pretty)), 0);
        for former in [pretty, ToString::to_string] {
            fs::write(folder.path().join("report.json"), report(3, 5, former)).unwrap();
            assert_eq!(next(&report(0, 5, pretty)), 3);
            assert_eq!(next(&report(0, 6, pretty)), 4);
        }
        fs::write(folder.path().join("report.json"), "{").unwrap();
        assert_eq!(next(&report(0, 5, pretty)), 0);
    }
}
