//! `armend index`.

use std::path::PathBuf;

use armend::Output;
use clap::Args;

use super::{Global, Outcome};

/// Rebuild the archive's index, as ranlib does
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend index libfoo.a            replace it if its index is missing or stale
  armend index libfoo.a --check    exit 1 if it is")]
pub struct Command {
    /// The archives; - is standard input
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    /// Where the result goes: a file, a folder (DIR/), or - for standard output [default: replace the input]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Report, write nothing
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
    /// Write nothing; exit 1 if an index is not current
    #[arg(long)]
    check: bool,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let output = match &self.output {
            _ if self.check || self.dry_run => Output::Nowhere,
            Some(path) => Output::from_path(path.clone()),
            None => Output::InPlace,
        };
        global.check_output(&output)?;
        let report = armend::index::index(&self.archives, &output)?;
        global.print(&report, "", &output)?;
        Ok(if self.check && report.changed { Outcome::Found } else { Outcome::Done })
    }
}
