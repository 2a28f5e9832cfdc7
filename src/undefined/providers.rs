//! Who provides a name that the archives refer to and do not define.

use std::collections::HashSet;
use std::path::Path;

use super::libraries::Library;
use super::runtime;
use crate::error::{Error, Result, printable_path};
use crate::glibc::history::History;
use crate::glibc::{Sysroot, Version, architecture};
use crate::input::ParsedArchive;
use crate::object::architecture::Architecture;
use crate::object::symbol::Spelling;
use crate::object::{LinkerNames, Object};
use crate::plan::SymbolDb;

/// What a link is made of beside the archives.
#[derive(Debug)]
pub struct Providers<'d> {
    /// What the archives are made for; `None` where that is not known, or there is no object.
    pub architecture: Option<Architecture>,
    /// Whether the C library could be glibc, by the format: of other platforms none is known by its names.
    pub for_glibc: bool,
    libraries: Vec<Library>,
    c: Option<CLibrary>,
    compiler: HashSet<&'static [u8]>,
    /// Whether C++'s runtime library is known by its names, so that their looks do not count.
    has_cxx: bool,
    /// What the linkers of another format than ELF define by themselves.
    linker_names: Option<&'static LinkerNames>,
    /// Names of sections that linkers bound by `__start_NAME` and `__stop_NAME`.
    bounded: HashSet<&'d [u8]>,
}

/// The C library where none is among the libraries given.
#[derive(Debug)]
enum CLibrary {
    /// glibc, whatever release has it.
    Any(History),
    /// The target's.
    Sysroot(Sysroot),
}

/// Who provides a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// A library that was named.
    Library(String),
    /// glibc.
    Glibc,
    /// A library of the target's.
    Target,
    /// The linker, or a start file.
    Linker,
    /// The compiler's runtime library.
    Compiler,
    /// C++'s runtime library, by the looks of the name.
    Cxx,
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Library(path) => f.write_str(path),
            Self::Glibc => f.write_str("glibc"),
            Self::Target => f.write_str("the target's libraries"),
            Self::Linker => f.write_str("the linker"),
            Self::Compiler => f.write_str("the compiler's runtime library"),
            Self::Cxx => f.write_str("C++'s runtime library"),
        }
    }
}

impl<'d> Providers<'d> {
    /// Reads what is to be linked.
    ///
    /// # Errors
    /// I/O, malformed; usage where a library is for another machine, or no C library is known for this one.
    pub fn of<P: AsRef<Path>>(
        libs: &[P],
        sysroot: Option<&Path>,
        parsed: &[ParsedArchive<'d>],
        db: &SymbolDb<'d>,
    ) -> Result<Self> {
        let defines = |name: &str| db.find(name.as_bytes()).is_some_and(|id| db.name(id).definitions > 0);
        let mut linked = parsed.iter().flat_map(|parsed| &parsed.objects).filter(|object| object.is_linked());
        let first = linked.clone().next();
        let is_linked = first.is_some();
        // No C library but glibc is known by its names.
        let for_glibc = linked.all(Object::is_for_glibc);
        let made_for = match first {
            Some(_) if for_glibc => Some(architecture(parsed)),
            Some(object) => object.architecture().map(Ok),
            None => None,
        };
        let known = made_for.as_ref().and_then(|found| found.as_ref().ok()).copied();
        let mut libraries = Vec::new();
        for path in libs {
            libraries.extend(Library::read(path.as_ref(), known)?);
        }
        let among = |name: &str| libraries.iter().any(|library: &Library| library.defines(name.as_bytes()));
        // Whoever brings or names a C library says what there is of one.
        let has_c = ["__libc_start_main", "__libc_init"].iter().any(|name| among(name) || defines(name));
        let architecture = match made_for {
            Some(Err(error)) if !has_c => {
                let help = "name the C library that will be linked with --libs";
                return Err(if error.help().is_some() { error } else { error.with_help(help) });
            }
            other => other.and_then(Result::ok),
        };
        let c = match (architecture, sysroot) {
            (Some(architecture), Some(root)) if for_glibc => {
                Some(CLibrary::Sysroot(Sysroot::read(root, architecture)?))
            }
            (Some(architecture), None) if for_glibc && !has_c => Some(CLibrary::Any(History::of(architecture))),
            (_, Some(root)) if is_linked => {
                return Err(Error::usage("no system libraries are known for this machine").in_archive(root));
            }
            _ => None,
        };
        let has_cxx = among("__cxa_throw") || matches!(&c, Some(CLibrary::Sysroot(sysroot)) if sysroot.has_cxx());
        let sections = db.members().iter().flat_map(|member| &member.object.bounded_sections);
        Ok(Self {
            architecture,
            for_glibc,
            libraries,
            c,
            compiler: architecture.map(runtime::of_compiler).unwrap_or_default(),
            has_cxx,
            linker_names: first.filter(|_| !for_glibc).map(|object| &object.facts().linker_names),
            bounded: sections.map(|section| section.name).collect(),
        })
    }

    /// Who provides a name; `None`: nobody. One with a version (`pow@GLIBC_2.2.5`) only who has that version.
    pub fn of_name(&self, name: Spelling<'_>) -> Option<Provider> {
        let (name, linkage) = (name.source(), name.linkage);
        if let Some(library) = self.libraries.iter().find(|library| library.defines(linkage)) {
            return Some(Provider::Library(printable_path(&library.path)));
        }
        if self.is_linked(linkage) {
            return Some(Provider::Linker);
        }
        let (base, version) = match memchr::memchr(b'@', name) {
            Some(at) => (&name[..at], Some(&name[at + 1..])),
            None => (name, None),
        };
        let of_c = match &self.c {
            Some(CLibrary::Any(history)) => {
                let wanted = version.and_then(Version::of_node);
                let fits = |entry: &&crate::glibc::history::Entry| wanted.is_none_or(|wanted| entry.version == wanted);
                history.of_symbol(base).iter().find(fits).map(|_| Provider::Glibc)
            }
            Some(CLibrary::Sysroot(sysroot)) => sysroot.defines(base).then_some(Provider::Target),
            None => None,
        };
        let nonshared = || (self.c.is_some() && runtime::is_nonshared(name)).then_some(Provider::Glibc);
        of_c.or_else(nonshared)
            .or_else(|| self.compiler.contains(base).then_some(Provider::Compiler))
            .or_else(|| (!self.has_cxx && runtime::is_of_cxx(name)).then_some(Provider::Cxx))
    }

    /// Whether the linker or a start file defines it: by its name, or because it bounds a section that the archives have.
    fn is_linked(&self, name: &[u8]) -> bool {
        if self.linker_names.map_or_else(|| runtime::is_linked(name), |names| names.contains(name)) {
            return true;
        }
        let section = name.strip_prefix(b"__start_").or_else(|| name.strip_prefix(b"__stop_"));
        section.is_some_and(|section| self.bounded.contains(section))
    }

    /// What is looked among beside the archives, for reports.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.libraries.iter().map(|library| printable_path(&library.path)).collect();
        match &self.c {
            Some(CLibrary::Any(_)) => names.push("glibc".to_owned()),
            Some(CLibrary::Sysroot(sysroot)) => names.push(printable_path(&sysroot.folder)),
            None => {}
        }
        if !self.compiler.is_empty() {
            names.push("the compiler's runtime library".to_owned());
        }
        names
    }
}
