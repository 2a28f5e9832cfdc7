//! The exports to keep: patterns, each with where it came from and whether it has to match something.

use std::path::{Path, PathBuf};

use super::{PatternId, Patterns};
use crate::error::Result;

/// One `--keep`, `--keep-file` or `--keep-from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepSource {
    /// A pattern; it has to match a definition.
    Pattern(String),
    /// A list of names or patterns: plain, a GNU version script or a Windows `.def`; each has to match a definition.
    List(PathBuf),
    /// A shared object, an archive or a C header whose exports are kept as far as the archive defines them.
    Artifact(PathBuf),
}

/// All that is to be kept.
#[derive(Debug, Default)]
pub struct Keep {
    patterns: Patterns,
    /// For each pattern, the file it stands in and whether it has to match.
    entries: Vec<(Option<PathBuf>, bool)>,
}

impl Keep {
    /// From patterns, the file each stands in, and whether each has to match.
    ///
    /// # Errors
    /// Usage, for a pattern that cannot be used.
    pub fn new(entries: Vec<(String, Option<PathBuf>, bool)>) -> Result<Self> {
        let (texts, entries) = entries.into_iter().map(|(text, file, required)| (text, (file, required))).unzip();
        Ok(Self { patterns: Patterns::parse(texts)?, entries })
    }

    /// The patterns.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// Whether nothing says what to include, so that the exports are to be found.
    pub fn is_automatic(&self) -> bool {
        self.patterns.is_empty() || self.patterns.only_excludes()
    }

    /// The file in which a pattern stands.
    pub fn file(&self, id: PatternId) -> Option<&Path> {
        self.entries[id.0 as usize].0.as_deref()
    }

    /// Whether it is an error for the pattern to match nothing.
    pub fn is_required(&self, id: PatternId) -> bool {
        self.entries[id.0 as usize].1
    }
}
