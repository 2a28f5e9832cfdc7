//! The exports to keep: patterns, each with where it came from and whether it has to match something.

use std::path::{Path, PathBuf};

use super::{PatternId, Patterns};
use crate::error::Result;

/// One `--keep`, `--keep-file` or `--keep-from`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum KeepSource {
    /// A pattern; it has to match a definition.
    Pattern(String),
    /// A file that names them: a list of any kind, or an artifact; each has to match a definition.
    List(PathBuf),
    /// The same, and what it names is kept as far as the archive defines it.
    Artifact(PathBuf),
}

impl KeepSource {
    /// The file that names them.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Pattern(_) => None,
            Self::List(path) | Self::Artifact(path) => Some(path),
        }
    }
}

/// One pattern, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepEntry {
    /// The pattern.
    pub pattern: String,
    /// What it is in C, where it is a name of a platform that puts `_` in front.
    pub alias: Option<String>,
    /// The file in which it stands.
    pub file: Option<PathBuf>,
    /// Whether it is an error for the pattern to match nothing.
    pub required: bool,
}

/// All that is to be kept.
#[derive(Debug, Default)]
pub struct Keep {
    patterns: Patterns,
    entries: Vec<KeepEntry>,
}

impl Keep {
    /// From patterns.
    ///
    /// # Errors
    /// Usage, for a pattern that cannot be used.
    pub fn new(entries: Vec<KeepEntry>) -> Result<Self> {
        let texts = entries.iter().map(|entry| (entry.pattern.clone(), entry.alias.clone())).collect();
        Ok(Self { patterns: Patterns::with_aliases(texts)?, entries })
    }

    /// The patterns.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether nothing says what to include, so that the exports are to be found.
    pub fn is_automatic(&self) -> bool {
        self.patterns.is_empty() || self.patterns.only_excludes()
    }

    /// The file in which a pattern stands.
    pub fn file(&self, id: PatternId) -> Option<&Path> {
        self.entries[id.0 as usize].file.as_deref()
    }

    /// Whether it is an error for the pattern to match nothing.
    pub fn is_required(&self, id: PatternId) -> bool {
        self.entries[id.0 as usize].required
    }
}
