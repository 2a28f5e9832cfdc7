//! Large inputs, kept outside the checkout: made once, whole or not at all, whoever asks first.
//!
//! An entry is a folder. It is built beside its place and renamed into it, under a lock that
//! threads and processes share; a list of its files and sizes tells a damaged one, which is remade.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::Hasher;
use std::path::{Path, PathBuf};

/// The name of the list of an entry's files.
const LIST: &str = ".files";

/// `$XDG_CACHE_HOME/armend-tests`, or `~/.cache/armend-tests`.
pub fn root() -> PathBuf {
    let base =
        env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).unwrap_or_else(|| {
            PathBuf::from(env::var_os("HOME").expect("neither XDG_CACHE_HOME nor HOME is set")).join(".cache")
        });
    base.join("armend-tests")
}

/// The entry `key`, built into the given empty folder when it is not there or not whole.
pub fn cached(key: &str, build: impl FnOnce(&Path)) -> PathBuf {
    let place = root().join(key);
    let _lock = lock(&place);
    if is_whole(&place) {
        return place;
    }
    let draft = beside(&place, "draft");
    for leftover in [&place, &draft] {
        if leftover.exists() {
            fs::remove_dir_all(leftover).unwrap_or_else(|error| panic!("{}: {error}", leftover.display()));
        }
    }
    fs::create_dir_all(&draft).unwrap();
    build(&draft);
    fs::write(draft.join(LIST), list(&draft)).unwrap();
    fs::rename(&draft, &place).unwrap();
    place
}

/// Holds the lock of `place` until it is dropped; others wait.
pub fn lock(place: &Path) -> File {
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let file = File::create(beside(place, "lock")).unwrap();
    file.lock().unwrap();
    file
}

fn beside(place: &Path, suffix: &str) -> PathBuf {
    let mut name = place.file_name().unwrap().to_owned();
    name.push(".");
    name.push(suffix);
    place.with_file_name(name)
}

fn is_whole(place: &Path) -> bool {
    fs::read_to_string(place.join(LIST)).is_ok_and(|expected| expected == list(place))
}

/// Every file below, with its size, in order.
fn list(place: &Path) -> String {
    let mut text = String::new();
    for file in files(place) {
        let size = file.symlink_metadata().unwrap().len();
        writeln!(text, "{size} {}", file.strip_prefix(place).unwrap().display()).unwrap();
    }
    text
}

/// Every file and symbolic link below a folder, in order; not the list itself.
pub fn files(place: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![place.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries.map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false if entry.path() == place.join(LIST) => {}
                false => found.push(entry.path()),
            }
        }
    }
    found.sort();
    found
}

/// A hash of what these are: the files below folders by name and content, and strings.
pub fn content_hash(folders: &[&Path], strings: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    for folder in folders {
        for file in files(folder) {
            let name = file.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            // A nested build's own output is no source.
            if name.split('/').any(|part| part == "target") {
                continue;
            }
            let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            feed(&mut hasher, name.as_bytes());
            feed(&mut hasher, &bytes);
        }
    }
    strings.iter().for_each(|string| feed(&mut hasher, string.as_bytes()));
    format!("{:016x}", hasher.finish())
}

fn feed(hasher: &mut DefaultHasher, bytes: &[u8]) {
    hasher.write_usize(bytes.len());
    hasher.write(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    /// A name that no other run uses; the entry and its lock are removed at the end.
    struct Key(String);

    impl Key {
        fn new(name: &str) -> Self {
            Self(format!("self-test/{name}-{}", std::process::id()))
        }
    }

    impl Drop for Key {
        fn drop(&mut self) {
            let place = root().join(&self.0);
            let _ = (fs::remove_dir_all(&place), fs::remove_file(beside(&place, "lock")));
        }
    }

    #[test]
    fn many_ask_and_one_builds() {
        let key = Key::new("many");
        let built = AtomicUsize::new(0);
        let build = |draft: &Path| {
            built.fetch_add(1, Ordering::SeqCst);
            fs::write(draft.join("file"), "whole").unwrap();
        };
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    assert_eq!(fs::read_to_string(cached(&key.0, build).join("file")).unwrap(), "whole");
                });
            }
        });
        assert_eq!(built.into_inner(), 1);
    }

    #[test]
    fn a_damaged_or_interrupted_entry_is_remade() {
        let key = Key::new("damaged");
        let build = |draft: &Path| {
            assert!(fs::read_dir(draft).unwrap().next().is_none(), "leftovers in the draft");
            fs::write(draft.join("file"), "whole").unwrap();
        };
        let draft = beside(&root().join(&key.0), "draft");
        fs::create_dir_all(&draft).unwrap();
        fs::write(draft.join("half"), "").unwrap();
        let file = cached(&key.0, build).join("file");
        for damage in ["cut", "", "whole and more"] {
            fs::write(&file, damage).unwrap();
            assert_eq!(fs::read_to_string(cached(&key.0, build).join("file")).unwrap(), "whole");
        }
        fs::remove_file(&file).unwrap();
        assert!(cached(&key.0, build).join("file").exists());
    }

    #[test]
    fn a_hash_tells_names_contents_and_strings_apart() {
        let key = Key::new("hash");
        let folder = cached(&key.0, |draft| fs::write(draft.join("a"), "b").unwrap());
        let hash = || content_hash(&[&folder], &["x"]);
        let first = hash();
        assert_eq!(hash(), first);
        assert_ne!(content_hash(&[&folder], &["y"]), first);
        assert_ne!(content_hash(&[], &["x"]), first);
        fs::write(folder.join("a"), "c").unwrap();
        assert_ne!(hash(), first);
        fs::remove_file(folder.join("a")).unwrap();
        fs::write(folder.join("b"), "b").unwrap();
        assert_ne!(hash(), first);
    }
}
