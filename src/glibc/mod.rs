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

use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::object::architecture::Architecture;
use crate::object::symbol::Binding;
use crate::output::Output;
use crate::plan::SymbolDb;
use decide::{Decider, Use};
use history::History;
pub(crate) use sysroot::Sysroot;

pub use report::{GlibcReport, GlibcSymbol};
pub use version::Version;

/// What to find out, and what to do about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
        let inputs = archives.iter().map(|path| Input::open(path.as_ref())).collect::<Result<Vec<_>>>()?;
        let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
        parsed.iter().try_for_each(ParsedArchive::check_whole)?;
        let db = SymbolDb::build(&parsed)?;
        let decider = self.decider(&parsed)?;
        check_libc(&db).map_err(|error| error.in_archive(&inputs[0].path))?;
        let uses = uses(&db);
        let mut report = GlibcReport::of(&parsed, &db, &decider, &uses, self.pin);
        if let Some(limit) = self.pin {
            let pins = pin::Pins::of(&decider, &uses, limit);
            report.archives = pins.carry_out(&parsed, &inputs, &db, output)?;
            report.changed = report.archives.iter().any(|archive| archive.changed);
        }
        Ok(report)
    }

    fn decider(&self, parsed: &[ParsedArchive<'_>]) -> Result<Decider> {
        let architecture = architecture(parsed)?;
        let history = History::of(architecture);
        if let Some(limit) = self.pin {
            history.check(limit, architecture)?;
        }
        let sysroot = self.sysroot.as_deref().map(|root| Sysroot::read(root, architecture)).transpose()?;
        Ok(Decider { architecture, history, sysroot })
    }
}

/// What all objects are made for.
pub(crate) fn architecture(parsed: &[ParsedArchive<'_>]) -> Result<Architecture> {
    let mut found = None;
    for archive in parsed {
        for (at, object) in archive.objects.iter().enumerate().filter(|(_, object)| object.is_linked()) {
            let unknown = || Error::unsupported("no release of glibc is known for this machine");
            let architecture = object.architecture().ok_or_else(|| archive.locate(unknown(), at))?;
            if *found.get_or_insert(architecture) != architecture {
                return Err(archive.locate(Error::unsupported("it is for another machine than those before it"), at));
            }
        }
    }
    found.ok_or_else(|| Error::usage("there is no object in it").in_archive(&parsed[0].input.path))
}

/// That the C library is glibc, as far as objects tell.
fn check_libc(db: &SymbolDb<'_>) -> Result<()> {
    let defines = |name: &str| db.find(name.as_bytes()).is_some_and(|id| db.name(id).definitions > 0);
    if defines("__libc_start_main") {
        return Err(Error::unsupported("it brings a C library of its own: it defines __libc_start_main"));
    }
    // Where `errno` is: glibc and musl have `__errno_location`.
    if let Some(name) = ["__errno", "___errno"].iter().find(|name| db.find(name.as_bytes()).is_some() && !defines(name))
    {
        return Err(Error::unsupported(format!(
            "it is not made for glibc: it refers to {name}, which glibc never had"
        )));
    }
    Ok(())
}

/// Every name that something refers to and nothing defines, by name.
fn uses<'d>(db: &SymbolDb<'d>) -> Vec<Use<'d>> {
    let mut uses = BTreeMap::<&'d [u8], Use<'d>>::new();
    for member in db.members() {
        let rust = memchr::memmem::find(member.object.producers, b"rustc").is_some();
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
