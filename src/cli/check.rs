//! `armend check`.

use std::path::PathBuf;

use armend::Output;
use clap::Args;

use super::{Global, Outcome};

/// Tell whether archives are still what a manifest says
///
/// Every verb that rewrites writes a manifest with --manifest FILE: sizes, checksums and exports. Archives are known
/// in it by their file names. Exit status 1 if any of them differs, or is not in it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend isolate libkrun.a --keep 'krun_*' --manifest release.json
  armend check --manifest release.json libkrun.a")]
pub struct Command {
    /// The manifest
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The archives
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let report = armend::manifest::check(&self.manifest, &self.archives)?;
        global.print(&report, "", &Output::Nowhere)?;
        Ok(if report.holds { Outcome::Done } else { Outcome::Found })
    }
}
