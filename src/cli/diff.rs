//! `armend diff`.

use std::path::PathBuf;

use armend::Output;
use clap::Args;

use super::{Global, Outcome};

/// Show what differs between two archives, by member and by symbol
///
/// Exit status 1 if anything does.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Example:
  armend diff libfoo.a isolated/libfoo.a")]
pub struct Command {
    /// The archive before
    before: PathBuf,
    /// The archive after
    after: PathBuf,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let report = armend::diff::diff(&self.before, &self.after)?;
        global.print(&report, "", &Output::Nowhere)?;
        Ok(if report.same { Outcome::Done } else { Outcome::Found })
    }
}
