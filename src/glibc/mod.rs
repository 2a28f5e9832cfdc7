//! Which glibc an archive needs, and how it comes to need an older one.
//!
//! A reference without a version binds to the newest that the linker's libc has. Written as `NAME@VERSION` in the
//! object it binds to that one, and the linked file runs wherever glibc has it.

mod decide;
pub mod history;
mod pin;
mod replacements;
mod report;
mod sysroot;
mod version;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, printable};
use crate::input::{Input, ParsedArchive};
use crate::object::Object;
use crate::object::architecture::Architecture;
use crate::object::symbol::Binding;
use crate::origin::Origin;
use crate::output::Output;
use crate::plan::{self, MemberSymbols, SymbolDb, tag};
use crate::report::{ArchiveSummary, Clock};
use crate::rewrite::{self, ArchiveEdits};
use crate::strip::Strip;
use decide::{Decider, Use};
use history::History;
pub(crate) use sysroot::Sysroot;

pub(crate) use pin::Pins;
pub use report::{GlibcNeeds, GlibcReport, GlibcSymbol};
pub use version::Version;

/// What to find out, and what to do about it.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::Output;
/// use armend::glibc::Glibc;
///
/// let glibc = Glibc { pin: Some("2.17".parse()?), ..Glibc::default() };
/// let report = glibc.run(&["libplugin.a"], &Output::InPlace)?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Glibc {
    /// The release that is to suffice. Without one, nothing is written.
    pub pin: Option<Version>,
    /// Where the libraries are that will be linked; without it, the newest release that is known counts.
    pub sysroot: Option<PathBuf>,
}

impl Glibc {
    /// Reports what the archives together need, and pins it. They see each other's symbols.
    ///
    /// # Errors
    /// I/O, malformed input; usage for a version that never was, and for archives that are not for one target with
    /// glibc. Nothing was replaced then, but for an I/O error in the final renames of several archives.
    pub fn run(&self, archives: &[impl AsRef<Path>], output: &Output) -> Result<GlibcReport> {
        let inputs = Input::open_all(archives)?;
        let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
        parsed.iter().try_for_each(ParsedArchive::check_whole)?;
        let db = SymbolDb::build(&parsed)?;
        let survey = Survey::of(&parsed, &db, self.sysroot.as_deref(), self.pin)?;
        let mut report = GlibcReport::of(GlibcNeeds::of(&parsed, &db, &survey, self.pin));
        if let Some(limit) = self.pin {
            report.archives = carry_out(&survey.pins(limit), &parsed, &inputs, &db, output)?;
            report.changed = report.archives.iter().any(|archive| archive.changed);
        }
        Ok(report)
    }
}

fn carry_out<'d>(
    pins: &Pins<'d>,
    parsed: &[ParsedArchive<'d>],
    inputs: &[Input],
    db: &SymbolDb<'d>,
    output: &Output,
) -> Result<Vec<ArchiveSummary>> {
    plan::check_not_thin(parsed)?;
    plan::check_mergeable(parsed, db, Strip::default())?;
    let tag = tag::derive(&parsed.iter().map(|parsed| &parsed.archive).collect::<Vec<_>>());
    let suffixes = tag::suffixes(&tag)?;
    let edits = parsed.iter().enumerate().map(|(archive, parsed)| {
        let mut edits = ArchiveEdits::unchanged(&suffixes, db.members_of(archive).map(|member| &member.object));
        pins.add_to(&mut edits, parsed, db.members_of(archive)).map(|()| edits)
    });
    let edits = edits.collect::<Result<Vec<_>>>()?;
    rewrite::carry_out(parsed, inputs, edits.into_iter(), output, &mut Clock::start())
}

/// The oldest release that an archive can do with, as linked against the newest that is known.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GlibcFloor {
    /// The release.
    pub version: Version,
    /// What asks for it, by name.
    pub names: Vec<String>,
}

/// What archives refer to, and what decides about it.
#[derive(Debug)]
pub(crate) struct Survey<'d> {
    decider: Decider,
    uses: Vec<Use<'d>>,
}

impl<'d> Survey<'d> {
    /// Of archives that are for one target with glibc, and a release to suffice that there was.
    ///
    /// # Errors
    /// As [`Glibc::run`].
    pub fn of(
        parsed: &[ParsedArchive<'d>],
        db: &SymbolDb<'d>,
        sysroot: Option<&Path>,
        limit: Option<Version>,
    ) -> Result<Self> {
        let architecture = architecture(parsed)?;
        let history = History::of(architecture);
        if let Some(limit) = limit {
            history.check(limit, architecture)?;
        }
        check_libc(parsed, db)?;
        let sysroot = sysroot.map(|root| Sysroot::read(root, architecture)).transpose()?;
        Ok(Self { decider: Decider { architecture, history, sysroot }, uses: uses(db) })
    }

    /// The oldest release that has all that is referred to, and what asks for it; `None` where nothing does.
    pub fn floor(&self) -> Option<GlibcFloor> {
        let binds = self.uses.iter().filter_map(|used| Some((self.decider.binds(used)?, used)));
        let binds: Vec<_> = binds.collect();
        let version = binds.iter().map(|&(version, _)| version).max()?;
        let asks = binds.iter().filter(|&&(needed, _)| needed == version);
        Some(GlibcFloor { version, names: asks.map(|(_, used)| printable(used.name)).collect() })
    }

    /// What makes `limit` suffice.
    pub fn pins(&self, limit: Version) -> Pins<'d> {
        Pins::of(&self.decider, &self.uses, limit)
    }
}

/// What all objects are made for. Bitcode says so elsewhere, and is what the others are.
pub(crate) fn architecture(parsed: &[ParsedArchive<'_>]) -> Result<Architecture> {
    let mut found = None;
    let mut bitcode = None;
    for archive in parsed {
        for (at, object) in archive.objects.iter().enumerate().filter(|(_, object)| object.is_linked()) {
            let unknown = || match object {
                Object::Unserved(kind) => Error::unsupported(format!("{kind}, whose references cannot be read")),
                _ => Error::unsupported("no release of glibc is known for this machine"),
            };
            if !object.is_for_glibc() && !matches!(object, Object::Unserved(_)) {
                let what = format!("{}: its platforms have no glibc", object.capabilities().format);
                return Err(archive.locate(Error::unsupported(what), at));
            }
            if matches!(object, Object::Bitcode(_)) {
                bitcode.get_or_insert((archive, at));
                continue;
            }
            let architecture = object.architecture().ok_or_else(|| archive.locate(unknown(), at))?;
            if *found.get_or_insert(architecture) != architecture {
                return Err(archive.locate(Error::unsupported("it is for another machine than those before it"), at));
            }
        }
    }
    found.ok_or_else(|| match bitcode {
        Some((archive, at)) => archive.locate(Error::unsupported("an LLVM bitcode file, and no machine code here"), at),
        None => Error::usage("there is no object in it").in_archive(&parsed[0].input.path),
    })
}

/// That the C library is glibc, as far as objects tell.
fn check_libc(parsed: &[ParsedArchive<'_>], db: &SymbolDb<'_>) -> Result<()> {
    let definition = |name: &str| db.find(name.as_bytes()).and_then(|id| db.name(id).first_definition);
    if let Some(member) = definition("__libc_start_main").map(|id| db.member(id)) {
        let what = "it brings a C library of its own: it defines __libc_start_main";
        return Err(parsed[member.archive].locate(Error::unsupported(what), member.position));
    }
    // Where `errno` is: glibc and musl have `__errno_location`, bionic and newlib have these.
    for name in ["__errno", "___errno"].into_iter().filter(|name| definition(name).is_none()) {
        let refers = |member: &&MemberSymbols<'_>| member.names.iter().any(|&id| db.name(id).bytes == name.as_bytes());
        if let Some(member) = db.members().iter().find(refers) {
            let what = format!("it is not made for glibc: it refers to {name}, which glibc never had");
            return Err(parsed[member.archive].locate(Error::unsupported(what), member.position));
        }
    }
    Ok(())
}

/// Every name that something refers to and nothing defines, by name.
fn uses<'d>(db: &SymbolDb<'d>) -> Vec<Use<'d>> {
    let mut uses = BTreeMap::<&'d [u8], Use<'d>>::new();
    for member in db.members() {
        let rust = member.origin != Origin::C;
        for (symbol, &id) in member.object.symbols.iter().zip(&member.names) {
            if db.name(id).definitions > 0 {
                continue;
            }
            let name = symbol.name;
            let entry = uses.entry(name).or_insert(Use { name, weak: true, in_rust: true });
            entry.weak &= symbol.binding == Binding::Weak;
            entry.in_rust &= rust;
        }
    }
    uses.into_values().collect()
}
