//! Storage that fails or loses power, as a library that is preloaded into the server: `storage.c`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::process::{Served, start};
use crate::support::world::World;

/// What has been synced: it survives a power loss.
#[derive(Debug, Default)]
struct Synced {
    /// Lengths of files.
    lengths: BTreeMap<PathBuf, u64>,
    /// Entries of folders.
    folders: BTreeMap<PathBuf, BTreeSet<String>>,
}

/// Starts the server on such storage. `mode`: see `storage.c`.
pub(super) fn start_on_storage(world: &World, mode: &str) -> Served {
    let library = world.path("storage.so");
    if !library.exists() {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/serve/storage.c");
        // Rust needs a C compiler to link programs, too.
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .args([source, "-ldl", "-lpthread"])
            .status()
            .unwrap();
        assert!(built.success());
    }
    let path = |name: &str| world.path(name).to_str().unwrap().to_owned();
    let (library, events, fault) = (path("storage.so"), path("events"), path("fault"));
    let envs = [
        ("LD_PRELOAD", library.as_str()),
        ("STORAGE_EVENTS", &events),
        ("STORAGE_FAULT", &fault),
        ("STORAGE_MODE", mode),
    ];
    start(world, &envs)
}

/// Takes from the disk what would be lost if the power failed now, after the server has been killed. Of what was written after
/// the last sync, the first half stays: disks may write that at any time.
pub(super) fn lose_power(world: &World) {
    let synced = Synced::read(&fs::read_to_string(world.path("events")).unwrap_or_default());
    let root = world.root().canonicalize().unwrap();
    for day in fs::read_dir(root.join("log")).unwrap() {
        let day = day.unwrap().path();
        for file in fs::read_dir(&day).unwrap() {
            let path = file.unwrap().path();
            if !synced.has_entries(&root, &path) {
                fs::remove_file(&path).unwrap();
                continue;
            }
            let kept = synced.lengths.get(&path).copied().unwrap_or(0);
            let file = fs::File::options().write(true).open(&path).unwrap();
            let length = file.metadata().unwrap().len();
            assert!(kept <= length, "{}: {kept} of {length} bytes were synced", path.display());
            file.set_len(kept + (length - kept) / 2).unwrap();
        }
    }
}

impl Synced {
    fn read(events: &str) -> Self {
        let mut synced = Self::default();
        let mut folder = PathBuf::new();
        for line in events.lines() {
            let (kind, rest) = line.split_once(' ').unwrap();
            match kind {
                "F" => {
                    let (length, path) = rest.split_once(' ').unwrap();
                    synced.lengths.insert(PathBuf::from(path), length.parse().unwrap());
                }
                "D" => {
                    folder = PathBuf::from(rest);
                    synced.folders.insert(folder.clone(), BTreeSet::new());
                }
                "E" => {
                    synced.folders.get_mut(&folder).unwrap().insert(rest.to_owned());
                }
                other => panic!("{other}"),
            }
        }
        synced
    }

    /// Whether a file, and each folder above it up to `root`, is an entry that was synced.
    fn has_entries(&self, root: &Path, path: &Path) -> bool {
        let below = path.ancestors().take_while(|above| *above != root);
        let is_entry = |path: &Path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            self.folders.get(path.parent().unwrap()).is_some_and(|entries| entries.contains(name))
        };
        below.into_iter().all(is_entry)
    }
}
