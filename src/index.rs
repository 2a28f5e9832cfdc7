//! Rebuilds the index of archives, and nothing else in them.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::archive::ArchiveIndex;
use crate::archive::header::{DATE, date_field};
use crate::error::{Error, Result};
use crate::input::ParsedArchive;
use crate::object::symbol::{GCC_SLIM, ObjectEdits, Suffixes};
use crate::object::{Object, UNSERVED_HELP};
use crate::output::{Output, Staged, Target};
use crate::parallel;
use crate::patch::Patch;
use crate::report::{ArchiveSummary, Clock, SCHEMA};
use crate::rewrite::{ArchiveEdits, each_archive, to_be_indexed};

/// What becomes of the dates and owners in headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Stamps {
    /// The members' stay as they are, the index has none.
    #[default]
    Keep,
    /// The members' become zero as well, and their modes 0644.
    Zero,
    /// The members' stay, the index has the time of the run.
    Now,
}

/// How to rebuild indexes.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::Output;
/// use armend::index::Index;
///
/// let report = Index::default().run(&["libkrun.a"], &Output::InPlace)?;
/// println!("the index was {}, and has {} names", report.archives[0].was, report.archives[0].names);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Index {
    /// What becomes of dates and owners.
    pub stamps: Stamps,
    /// Where the last member has to start for an index with 64-bit offsets; at 4 GiB by default. For tests, as
    /// LLVM's SYM64_THRESHOLD.
    pub wide_from: Option<u64>,
}

/// What `index` did.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct IndexReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `index`.
    pub verb: &'static str,
    /// Whether any archive changed, or would.
    pub changed: bool,
    /// Each archive.
    pub archives: Vec<IndexSummary>,
}

/// One archive's index.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct IndexSummary {
    /// The archive.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub archive: ArchiveSummary,
    /// What its index was: `missing`, `stale` or `current`; `unchecked` where only its date was asked about.
    pub was: &'static str,
    /// How many names it has now.
    pub names: usize,
}

impl Index {
    /// Gives each archive the index that its members' symbols make, as `ranlib` does.
    ///
    /// # Errors
    /// I/O, malformed input; unsupported for members whose symbols cannot be read, as an index without them would be
    /// wrong.
    pub fn run(&self, archives: &[impl AsRef<Path>], output: &Output) -> Result<IndexReport> {
        let summaries = each_archive(archives, output, |parsed, target| self.rebuild(parsed, target, output))?;
        Ok(IndexReport::of(summaries))
    }

    /// Gives each archive's index the time of the run as its date, without a look at the members; for BSD's linkers,
    /// which compare it with the file's. The other kinds' indexes have no date that counts, and stay as they are.
    ///
    /// # Errors
    /// I/O, malformed input; usage, for an archive that has no index.
    pub fn touch(archives: &[impl AsRef<Path>], output: &Output) -> Result<IndexReport> {
        let summaries = each_archive(archives, output, |parsed, target| touch(parsed, target, output))?;
        Ok(IndexReport::of(summaries))
    }

    fn rebuild(
        &self,
        parsed: &mut ParsedArchive<'_>,
        target: Target,
        output: &Output,
    ) -> Result<(IndexSummary, Option<Staged>)> {
        let index = self.index_for(parsed)?;
        let names = index.len();
        let members = vec![ObjectEdits::default(); parsed.objects.len()];
        let suffixes = Suffixes::NONE;
        let edits = ArchiveEdits { members, index, ..ArchiveEdits::new(&suffixes) };
        let was = match edits.would_change(parsed) {
            _ if parsed.archive.index.is_empty() && edits.index.is_written(parsed.archive.kind) => "missing",
            true => "stale",
            false => "current",
        };
        let sizes = parsed.archive.thin && stale_sizes(parsed);
        let stamps = self.stamps == Stamps::Zero && parsed.archive.make_deterministic();
        let changed = was != "current" || sizes || stamps || self.stamps == Stamps::Now;
        let (archive, staged) = edits.carry_out(parsed, target, output, changed, &mut Clock::start())?;
        Ok((IndexSummary { archive, was, names }, staged))
    }

    fn index_for<'d>(&self, parsed: &ParsedArchive<'d>) -> Result<ArchiveIndex<'d>> {
        let names = parallel::try_map(parsed.objects.len(), |at| {
            match &parsed.objects[at] {
                Object::Unserved(kind) => {
                    let what = format!("{kind}, whose symbols cannot be read: the index would lack them");
                    Err(Error::unsupported(what).with_help(UNSERVED_HELP))
                }
                object => names_of(object),
            }
            .map_err(|error| parsed.locate(error, at))
        })?;
        let mut index = ArchiveIndex::default();
        for (names, at) in names.into_iter().zip(0..) {
            names.into_iter().for_each(|name| index.push(name, at));
        }
        index.has_objects = parsed.objects.iter().any(|object| !matches!(object, Object::Other));
        index.date = if self.stamps == Stamps::Now { now() } else { 0 };
        index.wide_from = self.wide_from.unwrap_or(index.wide_from);
        Ok(index)
    }
}

impl IndexReport {
    fn of(archives: Vec<IndexSummary>) -> Self {
        let changed = archives.iter().any(|summary| summary.archive.changed);
        Self { schema: SCHEMA, verb: "index", changed, archives }
    }
}

/// The names that an index lists of an object. All else is only read where a name says that there may be no machine code.
fn names_of<'d>(object: &Object<'d>) -> Result<Vec<Cow<'d, [u8]>>> {
    let names = object.indexed_names()?;
    if names.iter().any(|name| **name == *GCC_SLIM) {
        to_be_indexed(object.symbols()?)?;
    }
    Ok(names)
}

/// Whether a thin archive's headers give other sizes than the files have now.
fn stale_sizes(parsed: &ParsedArchive<'_>) -> bool {
    parsed.archive.members.iter().any(|member| member.header.size() != Some(member.data.len() as u64))
}

fn touch(parsed: &mut ParsedArchive<'_>, target: Target, output: &Output) -> Result<(IndexSummary, Option<Staged>)> {
    let path = &parsed.input.path;
    let Some(&table) = parsed.archive.index.first() else {
        return Err(Error::usage("it has no index whose date could change").in_archive(path));
    };
    let mut patch = Patch::default();
    if parsed.archive.kind.is_bsd_like() {
        let start = table.header_offset as usize;
        patch.replace(start + DATE.start..start + DATE.end, date_field(now()));
    }
    let bytes = parsed.input.bytes();
    let parts = patch.parts(bytes);
    let changed = !patch.is_empty();
    let mut summary = ArchiveSummary::before(parsed, &target, 0, changed);
    let mut staged = None;
    if *output != Output::Nowhere && (changed || *output != Output::InPlace) {
        let result = target.stage().map_err(|error| error.in_archive(path))?;
        let written = parts.iter().try_for_each(|part| result.file().write_all(part));
        written.map_err(|error| Error::io("cannot write the archive", error).in_archive(path))?;
        summary.output_bytes = Some(bytes.len() as u64);
        staged = Some(result);
    }
    let names = table.entries().map_or(0, |entries| entries.len());
    Ok((IndexSummary { archive: summary, was: "unchecked", names }, staged))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

impl fmt::Display for IndexReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for IndexSummary { archive, was, names } in &self.archives {
            writeln!(f, "{}: {names} names in the index, which was {was}", archive.archive)?;
        }
        Ok(())
    }
}
