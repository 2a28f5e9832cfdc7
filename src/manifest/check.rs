//! `check`: whether archives are still what a manifest says.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::record::exports;
use super::{ArchiveRecord, Digest, Manifest};
use crate::error::{Error, Result, printable_path};
use crate::input::Input;
use crate::parallel;
use crate::report::SCHEMA;
use crate::report::text::entry;

/// What `check` found.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `check`.
    pub verb: &'static str,
    /// The manifest's path as given, made printable.
    pub manifest: String,
    /// Whether all archives are what it says.
    pub holds: bool,
    /// Each archive, in the order given.
    pub archives: Vec<ArchiveCheck>,
}

/// What came of one archive.
#[derive(Debug, Clone, Serialize)]
pub struct ArchiveCheck {
    /// The path as given, made printable.
    pub archive: String,
    /// Whether it is what the manifest says.
    pub holds: bool,
    /// What is not.
    pub differences: Vec<Difference>,
}

/// What an archive is not, or is instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `unlisted`, `bytes`, `crc32`, `sha256` or `export`.
    pub what: &'static str,
    /// As the manifest has it; absent where it has none.
    pub manifest: Option<String>,
    /// As the archive has it; absent where it has none.
    pub archive: Option<String>,
}

impl Manifest {
    /// Reads the manifest in the file at `path`.
    ///
    /// # Errors
    /// I/O; usage, for what is no manifest; unsupported, for one of another schema.
    pub fn read(path: &Path) -> Result<Self> {
        let input = Input::open(path)?;
        let no_manifest = |error| Error::usage(format!("it is no manifest: {error}")).in_archive(path);
        let manifest: Self = serde_json::from_slice(input.bytes()).map_err(no_manifest)?;
        if manifest.schema != SCHEMA {
            let what = format!("a manifest of schema {}, and only {SCHEMA} is known", manifest.schema);
            return Err(Error::unsupported(what).in_archive(path));
        }
        Ok(manifest)
    }

    /// What it says of an archive, which it knows by its file name.
    fn record_of(&self, path: &Path) -> Option<&ArchiveRecord> {
        let name = printable_path(Path::new(path.file_name().unwrap_or(path.as_os_str())));
        self.archives.iter().find(|record| record.archive == name)
    }
}

/// Holds archives against the manifest in the file `manifest`: sizes, checksums and exports. What is the archives' is
/// read from the files alone.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// let report = armend::manifest::check("release.json".as_ref(), &["libkrun.a"])?;
/// assert!(report.holds, "{report}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// I/O, a file that is no manifest, malformed archives that are none of its.
pub fn check(manifest: &Path, archives: &[impl AsRef<Path> + Sync]) -> Result<CheckReport> {
    let known = Manifest::read(manifest)?;
    let archives = parallel::try_map(archives.len(), |at| ArchiveCheck::of(archives[at].as_ref(), &known))?;
    let holds = archives.iter().all(|archive| archive.holds);
    Ok(CheckReport { schema: SCHEMA, verb: "check", manifest: printable_path(manifest), holds, archives })
}

impl ArchiveCheck {
    fn of(path: &Path, manifest: &Manifest) -> Result<Self> {
        let input = Input::open(path)?;
        let differences = match manifest.record_of(path) {
            None => vec![Difference { what: "unlisted", manifest: None, archive: None }],
            Some(record) => differences(record, &input)?,
        };
        Ok(Self { archive: printable_path(path), holds: differences.is_empty(), differences })
    }
}

fn differences(record: &ArchiveRecord, input: &Input) -> Result<Vec<Difference>> {
    let (was, is) = (&record.output, Digest::of(input.bytes()));
    let mut found = Vec::new();
    let mut hold = |what, was: String, is: String| {
        if was != is {
            found.push(Difference { what, manifest: Some(was), archive: Some(is) });
        }
    };
    hold("bytes", was.bytes.to_string(), is.bytes.to_string());
    hold("crc32", was.crc32.clone(), is.crc32);
    hold("sha256", was.sha256.clone(), is.sha256);
    let (was, is) = (BTreeSet::from_iter(record.exports.iter().cloned()), BTreeSet::from_iter(exports(input)?));
    let export = |manifest, archive| Difference { what: "export", manifest, archive };
    found.extend(was.difference(&is).map(|name| export(Some(name.clone()), None)));
    found.extend(is.difference(&was).map(|name| export(None, Some(name.clone()))));
    Ok(found)
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ArchiveCheck { archive, holds, differences } in &self.archives {
            let outcome = if *holds { "is" } else { "is not" };
            writeln!(f, "{archive} {outcome} what {} says", self.manifest)?;
            differences.iter().try_for_each(|difference| entry(f, difference.what, &difference.to_string()))?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.manifest, &self.archive) {
            (Some(was), Some(is)) => write!(f, "was {was}, is {is}"),
            (Some(was), None) => write!(f, "{was} is gone"),
            (None, Some(is)) => write!(f, "{is} is new"),
            (None, None) => f.write_str("no archive of this name is there"),
        }
    }
}
