//! `armend audit`.

use std::path::PathBuf;

use armend::Output;
use armend::audit::{Audit, LintList, LintPage, lint};
use clap::Args;

use super::keep::KeepArgs;
use super::{Global, Outcome};

/// Find what would break when an archive is linked or run
///
/// Named lints, each finding with the tools that it breaks and the command that mends it. Exit status 1 if there is a
/// finding of severity error or warning; with --deny, if there is one of the lints named there.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend audit libkrun.a                       all lints
  armend audit libkrun.a --keep 'krun_*'       and what is visible beyond these exports
  armend audit libkrun.a --deny embedded-bitcode,incomplete-index
  armend audit libkrun.a --sizes               where the bytes are
  armend audit --explain embedded-bitcode      what it is, what breaks, how to mend it")]
pub struct Command {
    /// The archives; - is standard input
    #[arg(required_unless_present_any = ["explain", "list"], value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    keep: KeepArgs,
    /// Exit 1 on findings of these lints and no others; all: on any
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    deny: Vec<String>,
    /// Account for the bytes, by origin and kind
    #[arg(long)]
    sizes: bool,
    /// Print a lint's page
    #[arg(long, value_name = "LINT", conflicts_with_all = ["archives", "list"])]
    explain: Option<String>,
    /// List the lints
    #[arg(long, conflicts_with = "archives")]
    list: bool,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        if let Some(name) = &self.explain {
            global.print(&LintPage::from(lint(name)?), "", &Output::Nowhere)?;
            return Ok(Outcome::Done);
        }
        if self.list {
            global.print(&LintList::default(), "", &Output::Nowhere)?;
            return Ok(Outcome::Done);
        }
        let exports = self.keep.sources();
        let report = Audit { exports, deny: self.deny.clone(), sizes: self.sizes }.run(&self.archives)?;
        global.print(&report, "", &Output::Nowhere)?;
        Ok(if report.found { Outcome::Found } else { Outcome::Done })
    }
}
