//! `armend exports`.

use std::path::PathBuf;

use armend::policy::KeepSource;
use armend::{Exports, Output, Restore};
use clap::Args;

use super::destination::Destination;
use super::keep::KeepArgs;
use super::{Global, Outcome};

/// List the exports and where each stands, or make those global again that are not
///
/// An export is global, weak, hidden, local, bitcode-only or missing. Without --keep, --exports, --keep-from and
/// --require the exports are found: global, visible, unmangled definitions outside the standard library.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend exports libfoo.a                             what it exports
  armend exports libfoo.a --require foo.h             exit 1 unless all that it declares is global
  armend exports libfoo.a --require-pattern 'foo_*'   exit 1 unless all that matches is global
  armend exports --restore libfoo.a --keep 'foo_*'    make local and hidden ones global")]
pub struct Command {
    /// The archives, taken together; - is standard input
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    keep: KeepArgs,
    /// Exit 1 unless all that FILE names is global and in the index: a list of any kind, a C header, a library
    #[arg(long, value_name = "FILE")]
    require: Vec<PathBuf>,
    /// Exit 1 unless what the pattern matches is global and in the index, and something is
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    require_pattern: Vec<String>,
    /// Make local and hidden exports global, with default visibility, and rebuild the index
    #[arg(long, conflicts_with_all = ["require", "require_pattern"])]
    restore: bool,
    #[command(flatten)]
    destination: Destination,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        if self.restore { self.restore(global) } else { self.list(global) }
    }

    fn list(&self, global: &Global) -> anyhow::Result<Outcome> {
        if self.destination.is_given() {
            anyhow::bail!("-o, --dry-run, --check and --manifest go with --restore: without it, nothing is written");
        }
        let lists = self.require.iter().cloned().map(KeepSource::List);
        let patterns = self.require_pattern.iter().cloned().map(KeepSource::Pattern);
        let exports = Exports { keep: self.keep.sources(), require: lists.chain(patterns).collect() };
        let report = exports.run(&self.archives)?;
        let details = if global.verbose > 0 { report.details() } else { String::new() };
        global.print(&report, &details, &Output::Nowhere)?;
        Ok(if report.unmet.is_empty() { Outcome::Done } else { Outcome::Found })
    }

    fn restore(&self, global: &Global) -> anyhow::Result<Outcome> {
        let output = self.destination.output();
        global.check_output(&output)?;
        let restore = Restore { keep: self.keep.sources() };
        let run = || restore.run(&self.archives, &output);
        let report = self.destination.recorded("exports", &restore, &self.archives, &output, run)?;
        global.print(&report, "", &output)?;
        Ok(self.destination.outcome(report.changed))
    }
}
