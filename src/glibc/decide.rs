//! What becomes of one reference to glibc, and what it binds to as it is.

use super::Version;
use super::history::{Entry, History};
use super::replacements::{self, Replacement};
use super::sysroot::Sysroot;
use crate::object::architecture::Architecture;
use crate::object::thunk::Thunk;

/// All references to one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'d> {
    /// The name, with a version where the objects give one (`pow@GLIBC_2.2.5`).
    pub name: &'d [u8],
    /// Whether no reference requires it.
    pub weak: bool,
    /// Whether rustc made all of the objects that refer to it.
    pub in_rust: bool,
}

impl<'d> Use<'d> {
    /// The name without its version, and the version.
    pub fn split(&self) -> (&'d [u8], Option<&'d [u8]>) {
        match memchr::memchr(b'@', self.name) {
            None => (self.name, None),
            Some(at) => {
                let node = &self.name[at..];
                (&self.name[..at], Some(&node[node.iter().take_while(|&&c| c == b'@').count()..]))
            }
        }
    }
}

/// How the references to a name come to need no more than the release asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// They need no more.
    Fits,
    /// They name an older version.
    Pin(Target),
    /// They name another symbol.
    Alias(Target),
    /// They go to a new function, which calls another symbol.
    Call(Target, Thunk),
    /// They go to new data, of so many zero bytes.
    Zeros(u8),
    /// Weak ones go to a name that nothing defines: the code looks whether it is there.
    Absent,
    /// Nothing here helps, for a reason.
    Unmet(&'static str),
}

/// A symbol of a version that is old enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name, with the version where a reference without one would bind to another.
    pub name: Vec<u8>,
    /// The version, and where it is.
    pub entry: Entry,
}

/// What decides.
#[derive(Debug)]
pub struct Decider {
    /// The machine.
    pub architecture: Architecture,
    /// What there was when.
    pub history: History,
    /// The libraries that will be linked, where they are given.
    pub sysroot: Option<Sysroot>,
}

impl Decider {
    /// The version that a linker binds these references to; `None` where they are not to glibc.
    pub fn binds(&self, used: &Use<'_>) -> Option<Version> {
        let (name, node) = used.split();
        match (node, &self.sysroot) {
            (Some(node), _) => Version::of_node(node),
            (None, Some(sysroot)) => sysroot.default_version(name),
            (None, None) => self.history.at(name, self.history.newest).map(|entry| entry.version),
        }
    }

    /// What it takes for these references, which bind to `binds`, to need no more than `limit`.
    pub fn remedy(&self, used: &Use<'_>, binds: Version, limit: Version) -> Remedy {
        let (name, node) = used.split();
        let known = self.history.of_symbol(name);
        if node.is_some() && !known.is_empty() && known.iter().all(|entry| entry.version != binds) {
            return Remedy::Unmet("glibc never had this version of it");
        }
        if let Some(entry) = self.history.at(name, limit) {
            // Whoever links against another release than the one at hand binds to the newest it has.
            let newest = self.history.at(name, self.history.newest).map_or(binds, |entry| entry.version);
            let fits = binds <= limit && (node.is_some() || newest <= limit);
            return if fits { Remedy::Fits } else { Remedy::Pin(Target { name: versioned(name, entry), entry }) };
        }
        if binds <= limit {
            return Remedy::Fits;
        }
        // Rust has no weak references but those that are looked at first (`extern_weak`), std's among them.
        if used.weak && used.in_rust {
            return Remedy::Absent;
        }
        let too_new = || Remedy::Unmet("what could stand in for it is not that old either");
        match replacements::of(std::str::from_utf8(name).unwrap_or_default(), self.architecture) {
            Some(Replacement::Alias(other)) => self.target(other, limit).map_or_else(too_new, Remedy::Alias),
            Some(Replacement::Call(callee, thunk)) => {
                self.target(callee, limit).map_or_else(too_new, |target| Remedy::Call(target, thunk))
            }
            Some(Replacement::Zeros(size)) => Remedy::Zeros(size),
            Some(Replacement::NoCode) => Remedy::Unmet("there is no code for this machine"),
            None if used.weak => Remedy::Unmet("weak, in code that may not look whether it is there"),
            None => Remedy::Unmet("it has no older version"),
        }
    }

    /// What stands in for another symbol. Its version is named only where it has to be: static links know no versions,
    /// and mold 1.10 does not know the default one by its name.
    fn target(&self, name: &'static str, limit: Version) -> Option<Target> {
        let entry = self.history.at(name.as_bytes(), limit)?;
        let is_newest = self.history.of_symbol(name.as_bytes()).last() == Some(&entry);
        let plain = is_newest && !replacements::is_retired(name);
        let name = if plain { name.as_bytes().to_vec() } else { versioned(name.as_bytes(), entry) };
        Some(Target { name, entry })
    }
}

fn versioned(name: &[u8], entry: Entry) -> Vec<u8> {
    [name, b"@", entry.version.node().as_bytes()].concat()
}
