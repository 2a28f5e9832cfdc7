//! Who provides what the archive refers to: the archive itself, the libraries that a link names anyway, or nobody.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::OnceLock;

use super::facts::Facts;
use crate::error::printable;
use crate::mangling;
use crate::object::symbol::{Binding, Spelling};
use crate::object::{LinkerNames, Object};
use crate::plan::NameId;
use crate::undefined::is_of_cxx;

/// The names that system libraries provide.
const PROVIDED: &str = include_str!("provided.txt");

/// Who provides a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Provider {
    Archive,
    Libc,
    Pthread,
    Libm,
    CompilerRuntime,
    Libatomic,
    Cxx,
    Linker,
    Rust,
    Elsewhere,
    Nobody,
}

impl Provider {
    fn word(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Libc => "libc",
            Self::Pthread => "pthread",
            Self::Libm => "libm",
            Self::CompilerRuntime => "compiler-runtime",
            Self::Libatomic => "libatomic",
            Self::Cxx => "c++",
            Self::Linker => "linker",
            Self::Rust => "rust",
            Self::Elsewhere => "elsewhere",
            Self::Nobody => "nobody",
        }
    }
}

/// What one provider is needed for.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Needs {
    /// `archive`, `libc`, `pthread`, `libm`, `compiler-runtime`, `libatomic`, `c++`, `linker`, `rust` (another crate or
    /// std), or `nobody` that is known; `elsewhere` in its place for platforms whose libraries are not known.
    pub provider: &'static str,
    /// How many names have a reference that must be resolved.
    pub strong: usize,
    /// How many have none but such as may stay unresolved.
    pub weak: usize,
    /// The names; the archive's own are not listed.
    pub names: Vec<String>,
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.provider, self.strong + self.weak)?;
        if self.weak > 0 { write!(f, " ({} weak)", self.weak) } else { Ok(()) }
    }
}

/// Names by who provides them.
pub(super) type References<'a> = BTreeMap<Provider, Vec<(&'a [u8], bool)>>;

/// The names that are referred to, by who provides them; with each whether a reference must be resolved. By name, but for
/// the archive's own.
pub(super) fn references<'a>(facts: &Facts<'a>) -> References<'a> {
    let mut strong: Vec<Option<bool>> = vec![None; facts.db.names().len()];
    for member in facts.db.members() {
        for (symbol, id) in member.object.symbols.iter().zip(&member.names) {
            if !symbol.is_definition() {
                *strong[id.0 as usize].get_or_insert(false) |= symbol.binding != Binding::Weak;
            }
        }
    }
    let object = facts.parsed().objects.iter().find(|object| object.is_linked());
    let linker_names = &object.map(Object::facts).unwrap_or_default().linker_names;
    let is_for_glibc = facts.is_for_glibc();
    let mut found = BTreeMap::<Provider, Vec<_>>::new();
    for (at, strong) in strong.into_iter().enumerate() {
        let Some(strong) = strong else { continue };
        let name = facts.db.name(NameId(at as u32));
        let provider = if name.definitions > 0 {
            Provider::Archive
        } else {
            match provider(name.spelling(), linker_names) {
                Provider::Nobody if !is_for_glibc => Provider::Elsewhere,
                provider => provider,
            }
        };
        found.entry(provider).or_default().push((name.bytes, strong));
    }
    // The archive's own are many, and only counted.
    let listed = found.iter_mut().filter(|(provider, _)| **provider != Provider::Archive);
    listed.for_each(|(_, names)| names.sort_unstable());
    found
}

/// The same, to be reported.
pub(super) fn needs(facts: &Facts<'_>) -> Vec<Needs> {
    let row = |(provider, names): (&Provider, &Vec<(&[u8], bool)>)| {
        let strong = names.iter().filter(|(_, strong)| *strong).count();
        let listed = names.iter().filter(|_| *provider != Provider::Archive).map(|(name, _)| printable(name));
        Needs { provider: provider.word(), strong, weak: names.len() - strong, names: listed.collect() }
    };
    facts.references().iter().map(row).collect()
}

/// Who provides a name that the archive does not define.
fn provider(name: Spelling<'_>, linker_names: &LinkerNames) -> Provider {
    if linker_names.contains(name.linkage) {
        return Provider::Linker;
    }
    let name = name.source();
    // A reference may name a version: `pow@GLIBC_2.2.5`.
    let name = memchr::memchr(b'@', name).map_or(name, |at| &name[..at]);
    let starts = |prefixes: &[&[u8]]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let table = Table::get();
    // ISO C's and POSIX's threads, in a library of their own before glibc 2.34.
    const THREADS: &[&[u8]] = &[b"pthread_", b"sem_", b"thrd_", b"mtx_", b"cnd_", b"tss_"];
    match table.find(name) {
        _ if starts(&[b"__start_", b"__stop_"]) => Provider::Linker,
        Some(Provider::Libc) if starts(THREADS) => Provider::Pthread,
        Some(provider) => provider,
        None if !mangling::rust_crates(name).is_empty() || starts(&[b"__rust_", b"rust_eh_", b"__rg_"]) => {
            Provider::Rust
        }
        None if is_of_cxx(name) => Provider::Cxx,
        None => Provider::Nobody,
    }
}

/// [`PROVIDED`], to be searched.
struct Table {
    names: HashMap<&'static [u8], Provider>,
    /// What names may begin with.
    prefixes: Vec<(&'static [u8], Provider)>,
}

impl Table {
    fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| Self::parse(PROVIDED))
    }

    fn parse(text: &'static str) -> Self {
        let mut table = Self { names: HashMap::new(), prefixes: Vec::new() };
        let mut provider = Provider::Nobody;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            provider = match line {
                "[libc]" => Provider::Libc,
                "[libm]" => Provider::Libm,
                "[compiler-runtime]" => Provider::CompilerRuntime,
                "[libatomic]" => Provider::Libatomic,
                names => {
                    names.split_whitespace().for_each(|name| table.add(name, provider));
                    continue;
                }
            };
        }
        table
    }

    fn add(&mut self, name: &'static str, provider: Provider) {
        match name.strip_suffix('*') {
            Some(prefix) => self.prefixes.push((prefix.as_bytes(), provider)),
            None => _ = self.names.entry(name.as_bytes()).or_insert(provider),
        }
    }

    fn find(&self, name: &[u8]) -> Option<Provider> {
        let prefix =
            || self.prefixes.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, provider)| *provider);
        self.names.get(name).copied().or_else(prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::elf::LINKER_NAMES;

    #[test]
    fn who_provides_what() {
        let cases = [
            ("write", Provider::Libc),
            ("pow@GLIBC_2.2.5", Provider::Libm),
            ("pthread_create", Provider::Pthread),
            ("__udivti3", Provider::CompilerRuntime),
            ("_Unwind_Resume", Provider::CompilerRuntime),
            ("__atomic_load_16", Provider::Libatomic),
            ("_ZNSt6thread4joinEv", Provider::Cxx),
            ("_ZNSi3getERc", Provider::Cxx),
            ("_ZTVN10__cxxabiv117__class_type_infoE", Provider::Cxx),
            ("_ZTIPKc", Provider::Cxx),
            ("_Znwm", Provider::Cxx),
            ("_ZTI3Foo", Provider::Nobody),
            ("_ZN3foo3barEv", Provider::Nobody),
            ("__cxa_atexit", Provider::Libc),
            ("__cxa_throw", Provider::Cxx),
            ("__start_linkme_X", Provider::Linker),
            ("_ZN4core9panicking5panic17h0123456789abcdefE", Provider::Rust),
            ("ZSTD_compress", Provider::Nobody),
        ];
        cases.iter().for_each(|(name, expected)| {
            assert_eq!(provider(name.as_bytes().into(), &LINKER_NAMES), *expected, "{name}")
        });
    }
}
