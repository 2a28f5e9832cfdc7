//! Amends a library where Cargo put it, so that Cargo leaves it so until there is something to build.
//!
//! Cargo builds into `deps`, and gives the file a second name one folder up by a hard link, anew in every run where the
//! two are not one file. So what takes the place of one takes that of the other. Beside the library a stamp says by
//! which policy it was amended: what an older policy made is built again.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use armend::error::printable_path;
use armend::freshness::Stamp;
use armend::report::{IsolateReport, SCHEMA};
use armend::{Isolate, Output};
use serde::Serialize;

use super::build::StaticLibrary;

/// What `cargo armend` did, or found.
#[derive(Debug, Serialize)]
pub struct CargoReport {
    schema: u32,
    verb: &'static str,
    /// Whether all libraries are as their policies make them.
    pub holds: bool,
    libraries: Vec<Amended>,
}

/// What became of one library.
#[derive(Debug, Serialize)]
pub struct Amended {
    archive: String,
    /// `amended`, `current`, or in a check `not-amended` and `outdated`.
    state: &'static str,
    /// What was done, or would be; absent where it was not looked at.
    report: Option<IsolateReport>,
}

impl StaticLibrary {
    /// Where another policy than this, or another version, amended the library, takes it away, so that Cargo builds it
    /// again. Says whether it did.
    pub fn forget_outdated(&self, policy: &Isolate) -> anyhow::Result<bool> {
        let stamp = self.stamp(policy)?;
        if !stamp.is_result()? || stamp.is_current()? {
            return Ok(false);
        }
        for name in self.names()? {
            fs::remove_file(&name).with_context(|| printable_path(&name))?;
        }
        Ok(true)
    }

    pub fn amend(&self, policy: &Isolate) -> anyhow::Result<Amended> {
        let stamp = self.stamp(policy)?;
        if stamp.is_current()? {
            return Ok(self.amended("current", None));
        }
        let names = self.names()?;
        let report = policy.run(&[&self.archive], &Output::InPlace)?;
        for name in names.iter().filter(|name| **name != self.archive) {
            link_over(&self.archive, name).with_context(|| printable_path(name))?;
        }
        stamp.write()?;
        Ok(self.amended("amended", Some(report)))
    }

    pub fn check(&self, policy: &Isolate) -> anyhow::Result<Amended> {
        let stamp = self.stamp(policy)?;
        if stamp.is_current()? {
            return Ok(self.amended("current", None));
        }
        if stamp.is_result()? {
            return Ok(self.amended("outdated", None));
        }
        let report = policy.run(&[&self.archive], &Output::Nowhere)?;
        let state = if report.changed { "not-amended" } else { "current" };
        Ok(self.amended(state, Some(report)))
    }

    fn amended(&self, state: &'static str, mut report: Option<IsolateReport>) -> Amended {
        if let Some(report) = &mut report {
            report.verb = "apply";
        }
        Amended { archive: printable_path(&self.archive), state, report }
    }

    fn stamp(&self, policy: &Isolate) -> anyhow::Result<Stamp> {
        Ok(Stamp::of(&policy.files(), policy, &self.archive)?)
    }

    /// The names by which Cargo knows the file: where it says that it is, and in `deps`.
    fn names(&self) -> io::Result<Vec<PathBuf>> {
        let mut names = vec![self.archive.clone()];
        let own = fs::metadata(&self.archive)?;
        let folder = self.archive.parent().unwrap_or(Path::new("")).join("deps");
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry?;
            let other = entry.metadata()?;
            if (other.dev(), other.ino()) == (own.dev(), own.ino()) {
                names.push(entry.path());
            }
        }
        Ok(names)
    }
}

/// Makes `name` another name of `file`, in one step.
fn link_over(file: &Path, name: &Path) -> io::Result<()> {
    let mut beside = name.to_path_buf().into_os_string();
    beside.push(".armend");
    let beside = PathBuf::from(beside);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(file, &beside)?;
    fs::rename(&beside, name)
}

impl CargoReport {
    pub fn new(verb: &'static str, libraries: Vec<Amended>) -> Self {
        let holds = libraries.iter().all(|library| matches!(library.state, "amended" | "current"));
        Self { schema: SCHEMA, verb, holds, libraries }
    }

    /// Without being asked for times, which differ from run to run, nobody gets them.
    pub fn forget_times(&mut self) {
        self.libraries
            .iter_mut()
            .filter_map(|library| library.report.as_mut())
            .for_each(|report| report.phases.clear());
    }

    /// What `-v` adds, and with `-vv` every name.
    pub fn details(&self, names: bool) -> String {
        self.libraries.iter().filter_map(|library| Some(library.report.as_ref()?.details(names))).collect()
    }
}

impl fmt::Display for CargoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Amended { archive, state, report } in &self.libraries {
            match (*state, report) {
                ("amended", Some(report)) => report.fmt(f)?,
                ("not-amended", Some(report)) => {
                    writeln!(f, "{archive}: not amended since Cargo built it; cargo armend build would:")?;
                    report.fmt(f)?;
                }
                ("outdated", _) => writeln!(f, "{archive}: amended by another policy, or another armend")?,
                _ => writeln!(f, "{archive}: as its policy says")?,
            }
        }
        Ok(())
    }
}
