//! What names the exports: the options of every verb that has to know them.

use std::path::PathBuf;

use armend::policy::KeepSource;
use clap::Args;

/// `--keep`, `--keep-file`, `--keep-from`.
#[derive(Debug, Args)]
pub struct KeepArgs {
    /// The exports: what the pattern matches
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    keep: Vec<String>,
    /// The exports: the names in a list; plain, a version script, a .def, Apple's exported symbols, a C header
    #[arg(long, visible_alias = "exports", value_name = "FILE")]
    keep_file: Vec<PathBuf>,
    /// The exports: those of a .so, .dylib, .dll, .rlib, archive or C header, as far as they are there
    #[arg(long, value_name = "FILE")]
    keep_from: Vec<PathBuf>,
}

impl KeepArgs {
    /// As the library takes them.
    pub fn sources(&self) -> Vec<KeepSource> {
        let patterns = self.keep.iter().cloned().map(KeepSource::Pattern);
        let lists = self.keep_file.iter().cloned().map(KeepSource::List);
        let artifacts = self.keep_from.iter().cloned().map(KeepSource::Artifact);
        patterns.chain(lists).chain(artifacts).collect()
    }
}
