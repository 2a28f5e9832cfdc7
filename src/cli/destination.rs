//! Where a verb's results go, whether it writes any, and the manifest of it: the options of every verb that rewrites.

use std::path::PathBuf;

use armend::Output;
use armend::manifest::Recorder;
use clap::Args;
use serde::Serialize;

use super::Outcome;

/// `-o`, `--dry-run`, `--check`, `--manifest`.
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
    /// Write what was made of what, and how, to this file: `armend check` holds archives against it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "check"])]
    manifest: Option<PathBuf>,
    /// Write the whole report there too, with every symbol's fate
    #[arg(long, requires = "manifest", hide_short_help = true)]
    manifest_symbols: bool,
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
        self.output.is_some() || self.dry_run || self.check || self.manifest.is_some()
    }

    /// Runs `verb`, which does what `policy` says with these archives, and writes the manifest of it if one is wanted.
    pub fn recorded<R: Serialize>(
        &self,
        verb: &str,
        policy: &impl Serialize,
        archives: &[PathBuf],
        output: &Output,
        run: impl FnOnce() -> armend::Result<R>,
    ) -> anyhow::Result<R> {
        let Some(manifest) = &self.manifest else { return Ok(run()?) };
        let recorder = Recorder::start(manifest, archives, output)?;
        let report = run()?;
        recorder.finish(verb, policy, self.manifest_symbols.then_some(&report))?;
        Ok(report)
    }

    /// Whether the manifest asks for every name.
    pub fn lists_names(&self) -> bool {
        self.manifest_symbols
    }

    /// What a run came to that changes, or would change, something or not.
    pub fn outcome(&self, changed: bool) -> Outcome {
        if self.check && changed { Outcome::Found } else { Outcome::Done }
    }
}
