//! Where a verb's results go, and whether it writes any: the options of every verb that rewrites.

use std::path::PathBuf;

use armend::Output;
use clap::Args;

use super::Outcome;

/// `-o`, `--dry-run`, `--check`.
#[derive(Debug, Args)]
pub struct Destination {
    /// Where the result goes: a file, a folder (DIR/), or - for standard output [default: replace the input]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Plan and report, write nothing
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
    /// Write nothing; exit 1 if the run would change anything
    #[arg(long)]
    check: bool,
}

impl Destination {
    pub fn output(&self) -> Output {
        match &self.output {
            _ if self.dry_run || self.check => Output::Nowhere,
            Some(path) => Output::from_path(path.clone()),
            None => Output::InPlace,
        }
    }

    /// Whether any of the options is.
    pub fn is_given(&self) -> bool {
        self.output.is_some() || self.dry_run || self.check
    }

    /// What a run came to that changes, or would change, something or not.
    pub fn outcome(&self, changed: bool) -> Outcome {
        if self.check && changed { Outcome::Found } else { Outcome::Done }
    }
}
