//! A folder for one test, and the program under test run inside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Gone, with everything in it, when dropped.
pub struct Scratch {
    folder: tempfile::TempDir,
    program: &'static str,
}

impl Scratch {
    /// For `program`: `env!("CARGO_BIN_EXE_…")`, which only a test of the package itself can name.
    pub fn new(program: &'static str) -> Scratch {
        Scratch { folder: tempfile::tempdir().expect("folder for the test"), program }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the file, and the folders above it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("make a folder");
        fs::write(&path, bytes).expect("write a file");
        path
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program with `arguments`, to be run inside the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.current_dir(self.folder()).args(arguments);
        command
    }

    pub fn program(&self) -> &'static str {
        self.program
    }

    /// Everything in the folder and below, hidden files too, in order: paths, with the contents of files.
    pub fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("list a folder") {
                let path = entry.expect("list a folder").path();
                match fs::symlink_metadata(&path).expect("look at a file").is_dir() {
                    true => folders.push(path),
                    false => found.push((path.clone(), fs::read(&path).unwrap_or_default())),
                }
            }
        }
        found.sort();
        found
    }
}
