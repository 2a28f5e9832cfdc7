//! `armend index`.

use std::path::PathBuf;

use armend::index::{Index, Stamps};
use clap::Args;

use super::destination::Destination;
use super::{Global, Outcome};

/// Rebuild the archive's index, as ranlib does
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend index libfoo.a            replace it if its index is missing or stale
  armend index libfoo.a --check    exit 1 if it is

Under a name that ends in ranlib, armend takes ranlib's arguments: ranlib [-D|-U|-t] ARCHIVE...")]
pub struct Command {
    /// The archives; - is standard input
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    destination: Destination,
    /// Make dates and owners zero, the members' as well (without it, only the index's are)
    #[arg(short = 'D', long, overrides_with = "actual")]
    deterministic: bool,
    /// Give the index the present time as its date
    #[arg(short = 'U', long, overrides_with = "deterministic", conflicts_with = "check")]
    actual: bool,
    /// Only give the index the present time as its date, where its kind has one that counts (BSD, Darwin)
    #[arg(short = 't', long, conflicts_with_all = ["check", "deterministic", "actual"])]
    touch: bool,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let output = self.destination.output();
        global.check_output(&output)?;
        let stamps = match (self.deterministic, self.actual) {
            (true, _) => Stamps::Zero,
            (false, true) => Stamps::Now,
            (false, false) => Stamps::Keep,
        };
        let index = Index { stamps, wide_from: wide_from() };
        let archives = &self.archives;
        let report = match self.touch {
            true => self.destination.recorded("index", &"touch", archives, &output, || Index::touch(archives, &output)),
            false => self.destination.recorded("index", &index, archives, &output, || index.run(archives, &output)),
        }?;
        global.print(&report, "", &output)?;
        Ok(self.destination.outcome(report.changed))
    }
}

/// LLVM's variable, by which tests get an index of 64-bit offsets without an archive of 4 GiB.
pub fn wide_from() -> Option<u64> {
    std::env::var("SYM64_THRESHOLD").ok()?.parse().ok()
}
