//! `armend apply`.

use std::path::{Path, PathBuf};

use armend::policy_file;
use clap::Args;

use super::destination::Destination;
use super::{Advised, Global, Outcome, isolate};

/// Do what a policy file says
///
/// A policy is what `armend isolate` is to do, in TOML: the keys are its long options. It is the whole of an
/// armend.toml, or [package.metadata.armend] of a Cargo.toml, and all of it is done in one pass over each archive.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend apply libkrun.a                        as armend.toml here says, or Cargo.toml
  armend apply --config ci/armend.toml libkrun.a -o out/libkrun.a
  armend apply libkrun.a --check                exit 1 if it would change anything

A policy:
  keep = [\"krun_*\"]
  strip-bitcode = true
  glibc = \"2.17\"")]
pub struct Command {
    /// The archives, taken together; - is standard input
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    /// The policy [default: armend.toml or Cargo.toml in this folder]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    destination: Destination,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let config = match &self.config {
            Some(config) => config.clone(),
            None => policy_file::find(Path::new(""))?.ok_or(Advised {
                what: "there is neither an armend.toml here nor a Cargo.toml with [package.metadata.armend]",
                help: "an armend.toml with the line `keep = [\"NAME_*\"]` is one, and --config FILE names another",
            })?,
        };
        let policy = policy_file::read(&config)?;
        let changed = isolate::run("apply", &policy, &self.archives, &self.destination, global)?;
        Ok(self.destination.outcome(changed))
    }
}
