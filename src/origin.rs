//! Whose symbol is it: the standard library's, the Rust runtime's, compiler-builtins', a crate's, or C's. Judged from
//! the member's name, as rustc gives it, and from the symbol's own name.

use std::fmt;

use crate::mangling;

/// Where a definition comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The Rust standard library: `std`, `core`, `alloc` and the crates inside them.
    Std,
    /// What rustc and std agree on by fixed names: the allocator shims, the panic entry points, `rust_eh_personality`.
    Runtime,
    /// compiler-builtins, in Rust or C.
    CompilerBuiltins,
    /// Another Rust crate.
    Crate(String),
    /// C, C++, assembly: whatever rustc did not make.
    C,
}

impl Origin {
    /// The kind, as reports give it: `std`, `runtime`, `compiler-builtins`, `crate` or `c`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Std => "std",
            Self::Runtime => "runtime",
            Self::CompilerBuiltins => "compiler-builtins",
            Self::Crate(_) => "crate",
            Self::C => "c",
        }
    }

    /// Whether every Rust program of the same toolchain defines the same name.
    pub fn is_in_every_rust_program(&self) -> bool {
        matches!(self, Self::Std | Self::Runtime | Self::CompilerBuiltins)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crate(name) => f.write_str(name),
            other => f.write_str(other.kind()),
        }
    }
}

/// Crates that are the standard library wherever they stand.
const STD_CRATES: &[&str] = &[
    "std",
    "core",
    "alloc",
    "proc_macro",
    "test",
    "panic_abort",
    "panic_unwind",
    "unwind",
    "std_detect",
    "__rustc",
    "rustc_std_workspace_alloc",
    "rustc_std_workspace_core",
    "rustc_std_workspace_std",
    "profiler_builtins",
];

/// Crates from the registry that std carries its own copies of. They count as std behind std's own member only: that
/// is where rustc, which lists dependents before what they depend on, puts std's copies.
const STD_DEPENDENCIES: &[&str] = &[
    "addr2line",
    "adler",
    "adler2",
    "backtrace",
    "cfg_if",
    "foldhash",
    "gimli",
    "hashbrown",
    "libc",
    "memchr",
    "miniz_oxide",
    "object",
    "rustc_demangle",
    "rustc_literal_escaper",
    "vex_sdk",
];

/// Names fixed between rustc and std, by prefix. (`rustc_ast::expand::allocator`, `library/panic_unwind`,
/// `library/std/src/panicking.rs`, `rustc_span::symbol` for the language items.)
const RUNTIME_PREFIXES: &[&str] = &[
    "__rdl_",
    "__rg_",
    "__rust_",
    "__rustc_",
    "rust_eh_personality",
    "rust_eh_unwind_resume",
    "rust_begin_unwind",
    "rust_panic",
    "rust_oom",
    "_rust_eh_personality",
    "__ehabi_",
];

/// The functions whose definition replaces the whole program's allocator: glibc manual, "Replacing malloc".
const ALLOCATOR: &[&[u8]] = &[
    b"malloc",
    b"free",
    b"calloc",
    b"realloc",
    b"reallocarray",
    b"aligned_alloc",
    b"malloc_usable_size",
    b"memalign",
    b"posix_memalign",
    b"pvalloc",
    b"valloc",
];

/// Whether a definition of this name replaces the whole program's allocator: C's, or C++'s global `operator new` and
/// `delete` (Itanium C++ ABI, `nw`, `na`, `dl`, `da`).
pub fn replaces_allocator(name: &[u8]) -> bool {
    let operators: [&[u8]; 4] = [b"_Znw", b"_Zna", b"_Zdl", b"_Zda"];
    ALLOCATOR.contains(&name) || operators.iter().any(|operator| name.starts_with(operator))
}

/// Judges the members of one archive, in their order.
#[derive(Debug, Default)]
pub struct MemberOrigins {
    std_seen: bool,
}

impl MemberOrigins {
    /// The origin of the next member: `producers` is its `.comment`.
    pub fn next(&mut self, member: &[u8], producers: &[u8]) -> Origin {
        let Some(name) = rust_crate(member) else {
            // rustc's own intrinsics in C, as "45c91108d938afe8-muldc3.o", stand behind std as well.
            return if self.std_seen && is_builtins_object(member) { Origin::CompilerBuiltins } else { Origin::C };
        };
        self.std_seen |= name == "std";
        if name == "compiler_builtins" {
            // With LTO no member of std's is left, but this one is, and what follows it.
            self.std_seen = true;
            return Origin::CompilerBuiltins;
        }
        if STD_CRATES.contains(&name) || self.std_seen && STD_DEPENDENCIES.contains(&name) {
            return Origin::Std;
        }
        let made_by_rustc = producers.is_empty() || memchr::memmem::find(producers, b"rustc").is_some();
        if made_by_rustc { Origin::Crate(name.to_owned()) } else { Origin::C }
    }
}

/// The crate of a member that rustc named: `CRATE-HASH.CGU-cgu.0.rcgu.o`, `CRATE.CGU.rcgu.o`.
fn rust_crate(member: &[u8]) -> Option<&str> {
    let stem = member.strip_suffix(b".rcgu.o")?;
    let end = memchr::memchr2(b'-', b'.', stem)?;
    let name = std::str::from_utf8(&stem[..end]).ok()?;
    // Cargo and rustc name the artifact of a staticlib after the file: "libfoo.foo.…".
    let inner = stem[end..].strip_prefix(b".").and_then(|rest| rest.split(|&c| c == b'.' || c == b'-').next());
    match inner.and_then(|inner| std::str::from_utf8(inner).ok()) {
        Some(inner) if name.strip_prefix("lib") == Some(inner) => Some(inner),
        _ => Some(name),
    }
}

/// `HASH-NAME.o`, 16 hexadecimal digits, as the `cc` crate names the objects of compiler-builtins' C part.
fn is_builtins_object(member: &[u8]) -> bool {
    member.len() > 17 && member[16] == b'-' && member[..16].iter().all(u8::is_ascii_hexdigit)
}

/// The origin of a definition called `name` in a member of origin `member`.
pub fn of_symbol(name: &[u8], member: &Origin) -> Origin {
    let personality = name.strip_prefix(b"DW.ref.").unwrap_or(name);
    let is_runtime = || RUNTIME_PREFIXES.iter().any(|prefix| personality.starts_with(prefix.as_bytes()));
    if *member != Origin::C && is_runtime() {
        return Origin::Runtime;
    }
    let crates = mangling::rust_crates(name);
    if crates.is_empty() {
        return member.clone();
    }
    let named = |wanted: &str| crates.iter().any(|name| name == wanted);
    // An implementation is in its type's crate or its trait's (the orphan rule): if one is not std's, it is there.
    match crates.iter().find(|name| !STD_CRATES.contains(&name.as_str()) && *name != "compiler_builtins") {
        // std's copies of registry crates are told apart from the user's by their member, not by name.
        Some(_) if matches!(member, Origin::Std | Origin::CompilerBuiltins) => member.clone(),
        Some(name) => Origin::Crate(name.clone()),
        None if named("__rustc") => Origin::Runtime,
        None if named("compiler_builtins") => Origin::CompilerBuiltins,
        None => Origin::Std,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_as_rustc_names_them() {
        let mut origins = MemberOrigins::default();
        let mut next = |name: &str| origins.next(name.as_bytes(), b"").to_string();
        assert_eq!(next("libf.f.16fea65ad06b91e5-cgu.0.rcgu.o"), "f");
        assert_eq!(next("libf.e1ukfohfvgpve9pnospov0wua.rcgu.o"), "libf");
        assert_eq!(next("foreign-0f1e2d3c4b5a6978.foreign.0a1b-cgu.0.rcgu.o"), "foreign");
        assert_eq!(next("hashbrown-aaaaaaaaaaaaaaaa.hashbrown.0a1b-cgu.0.rcgu.o"), "hashbrown");
        assert_eq!(next("45c91108d938afe8-zutil.o"), "c");
        assert_eq!(next("std-aaaaaaaaaaaaaaaa.std.0a1b-cgu.0.rcgu.o"), "std");
        assert_eq!(next("hashbrown-bbbbbbbbbbbbbbbb.hashbrown.0a1b-cgu.0.rcgu.o"), "std");
        assert_eq!(
            next("compiler_builtins-bbbbbbbbbbbbbbbb.compiler_builtins.0a1b-cgu.105.rcgu.o"),
            "compiler-builtins"
        );
        assert_eq!(next("45c91108d938afe8-muldc3.o"), "compiler-builtins");
        assert_eq!(next("zstd.o"), "c");
    }

    #[test]
    fn symbols_by_name_and_member() {
        let user = Origin::Crate("foreign".to_owned());
        assert_eq!(of_symbol(b"rust_eh_personality", &user), Origin::Runtime);
        assert_eq!(of_symbol(b"DW.ref.rust_eh_personality", &user), Origin::Runtime);
        assert_eq!(of_symbol(b"__rust_alloc", &Origin::C), Origin::C);
        assert_eq!(of_symbol(b"fx_start", &user), user);
        assert_eq!(of_symbol(b"_ZN4core9panicking5panic17h0123456789abcdefE", &user), Origin::Std);
    }
}
