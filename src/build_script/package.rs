//! A crate that is built first: what is asked of it.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A crate that is built as a static library, by a Cargo of its own.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its folder or manifest.
    path: PathBuf,
    pub(super) features: Vec<String>,
    pub(super) default_features: bool,
    pub(super) profile: Option<String>,
    pub(super) toolchain: Option<String>,
    pub(super) target: Option<String>,
    pub(super) variables: Vec<(String, String)>,
}

impl Package {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            features: Vec::new(),
            default_features: true,
            profile: None,
            toolchain: None,
            target: None,
            variables: Vec::new(),
        }
    }

    /// Its manifest, as an absolute path.
    ///
    /// # Errors
    /// I/O, where there is none.
    pub(super) fn manifest(&self) -> Result<PathBuf> {
        let manifest = if self.path.is_dir() { self.path.join("Cargo.toml") } else { self.path.clone() };
        let found = |path: &Path| path.metadata().and_then(|_| std::path::absolute(path));
        found(&manifest).map_err(|error| {
            let error = Error::io("cannot find the crate's manifest", error).in_archive(&manifest);
            error.with_help("the path is relative to the folder of the package that has the build script")
        })
    }
}
