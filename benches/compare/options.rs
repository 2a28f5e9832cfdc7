//! The bench's own arguments.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::workloads;

const USAGE: &str = "\
usage: cargo bench [-- OPTIONS]
  --quick          few rounds, and no instructions
  --only NAME      one workload: small, large, index, stale, many, scale
  --in FOLDER      measure in this folder, on copies of the inputs: another file system, or memory
  --large FILE --keep PATTERN
                   this archive in place of Debian's LLVM and clang";

/// What is asked for.
pub struct Options {
    pub quick: bool,
    pub only: Option<String>,
    /// Where inputs are copied to and outputs are written; without one, beside the cached inputs.
    pub folder: Option<PathBuf>,
    /// An archive to take for the large one, and what stays public of it.
    pub large: Option<(PathBuf, String)>,
}

impl Options {
    /// Fails, with the usage, on what it does not know.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut quick, mut only, mut folder, mut large, mut keep) = (false, None, None, None, None);
        while let Some(argument) = arguments.next() {
            let into = match argument.as_str() {
                // Cargo's own, which it passes to every bench.
                "--bench" => continue,
                "--quick" => {
                    quick = true;
                    continue;
                }
                "--only" => &mut only,
                "--in" => &mut folder,
                "--large" => &mut large,
                "--keep" => &mut keep,
                _ => bail!("unknown argument `{argument}`\n{USAGE}"),
            };
            *into = Some(arguments.next().context(USAGE)?);
        }
        if let Some(unknown) = only.iter().find(|only| workloads::ALL.iter().all(|known| known.name != **only)) {
            bail!("no workload is called `{unknown}`\n{USAGE}");
        }
        if large.is_some() != keep.is_some() {
            bail!("--large and --keep go together\n{USAGE}");
        }
        let large = large.map(PathBuf::from).zip(keep);
        Ok(Self { quick, only, folder: folder.map(PathBuf::from), large })
    }

    /// Whether a workload is to run.
    pub fn wants(&self, workload: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == workload)
    }
}
