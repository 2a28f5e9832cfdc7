//! `armend explain`.

use std::path::PathBuf;

use armend::Output;
use clap::Args;

use super::isolate::PolicyArgs;
use super::{Global, Outcome};

/// Explain one symbol: who defines it, who refers to it, what isolate would do
///
/// The symbol may be given mangled or as its demangled path.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Example:
  armend explain rust_eh_personality libkrun.a --keep 'krun_*'")]
pub struct Command {
    /// The symbol
    symbol: String,
    /// The archives
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let report = armend::explain::explain(&self.symbol, &self.archives, &self.policy.policy())?;
        global.print(&report, "", &Output::Nowhere)?;
        Ok(Outcome::Done)
    }
}
