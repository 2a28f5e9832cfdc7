//! What every link brings along: names that linkers define, that the compiler's start files and runtime libraries
//! define, and by what a name of C++'s runtime is known.

use std::collections::HashSet;

use crate::object::architecture::Architecture;

/// By target; derived by `scripts/derive-libgcc-table`.
const TABLE: &str = include_str!("libgcc.txt");

/// What linkers and start files (`crti.o`, `crtbeginS.o`) define in a shared object: what GNU ld 2.40, LLD 19 and mold
/// 1.10 all accept. `__init_array_start` and its kind are not among them: GNU ld defines these in programs only.
const LINKED: &[&str] = &[
    "_DYNAMIC",
    "_GLOBAL_OFFSET_TABLE_",
    "_TLS_MODULE_BASE_",
    "__TMC_END__",
    "__bss_start",
    "__dso_handle",
    "__ehdr_start",
    "_edata",
    "_end",
    "_etext",
    "_fini",
    "_init",
    "edata",
    "end",
    "etext",
    // Of one machine's conventions: ppc64, MIPS.
    ".TOC.",
    "_gp",
    "_gp_disp",
    "__gnu_local_gp",
];

/// What glibc has in `libc_nonshared.a`, which its `libc.so` names beside the shared library.
const NONSHARED: &[&str] = &["__stack_chk_fail_local", "at_quick_exit", "atexit", "pthread_atfork"];

/// Whether the linker or a start file defines it.
pub fn is_linked(name: &[u8]) -> bool {
    LINKED.iter().any(|known| known.as_bytes() == name)
}

/// Whether it is in the part of glibc that is linked statically.
pub fn is_nonshared(name: &[u8]) -> bool {
    NONSHARED.iter().any(|known| known.as_bytes() == name)
}

/// The names that the compiler's runtime library defines.
pub fn of_compiler(architecture: Architecture) -> HashSet<&'static [u8]> {
    let mut letter = "";
    let mut names = HashSet::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        if let Some((found, target)) = line.strip_prefix("target ").and_then(|target| target.split_once(' ')) {
            letter = if target == architecture.name() { found } else { letter };
        } else if let Some((targets, listed)) = line.split_once('\t')
            && !letter.is_empty()
            && targets.contains(letter)
        {
            names.extend(listed.split(' ').map(str::as_bytes));
        }
    }
    names
}

/// Whether a name is of those that C++'s runtime library defines, as far as a name tells: the C++ ABI's functions,
/// `operator new` and `delete`, and what is in the namespaces `std`, `__gnu_cxx` and `__cxxabiv1` or has the type
/// information of a fundamental type (Itanium C++ ABI, "Mangling" and "RTTI Layout").
pub fn is_of_cxx(name: &[u8]) -> bool {
    const FUNCTIONS: &[&[u8]] =
        &[b"__cxa_", b"__gxx_personality_", b"__dynamic_cast", b"_Znw", b"_Zna", b"_Zdl", b"_Zda"];
    if FUNCTIONS.iter().any(|start| name.starts_with(start)) {
        return true;
    }
    let Some(mut rest) = name.strip_prefix(b"_Z") else { return false };
    // Virtual tables, type information and names, guards, and thunks with the distances they add.
    const SPECIAL: &[&[u8]] = &[b"TV", b"TT", b"TI", b"TS", b"GV", b"GR", b"TW", b"TH"];
    if let Some(special) = SPECIAL.iter().find(|special| rest.starts_with(special)) {
        rest = &rest[special.len()..];
        let fundamental = rest.strip_prefix(b"PK").or_else(|| rest.strip_prefix(b"P")).unwrap_or(rest);
        if special.starts_with(b"T") && matches!(fundamental, [b'a'..=b'z'] | [b'D', b'a'..=b'z']) {
            return true;
        }
    } else if let Some(thunk) = rest.strip_prefix(b"Th").or_else(|| rest.strip_prefix(b"Tv")) {
        let digits = |c: &u8| c.is_ascii_digit() || matches!(c, b'n' | b'_');
        rest = &thunk[thunk.iter().take_while(|c| digits(c)).count()..];
    }
    // A nested name, of a function with these qualifiers.
    if let Some(nested) = rest.strip_prefix(b"N") {
        rest = &nested[nested.iter().take_while(|c| b"rVKRO".contains(c)).count()..];
    }
    const NAMESPACES: &[&[u8]] = &[b"St", b"Sa", b"Sb", b"Ss", b"Si", b"So", b"Sd", b"9__gnu_cxx", b"10__cxxabiv1"];
    NAMESPACES.iter().any(|namespace| rest.starts_with(namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_for_every_target() {
        for architecture in Architecture::ALL {
            let names = of_compiler(architecture);
            assert!(names.len() > 100, "{architecture:?}: {}", names.len());
            for name in ["_Unwind_Resume", "__gcc_personality_v0", "__popcountdi2"] {
                assert!(names.contains(name.as_bytes()), "{architecture:?}: {name}");
            }
        }
        assert!(of_compiler(Architecture::X86_64).contains(&b"__udivti3"[..]));
        assert!(!of_compiler(Architecture::I386).contains(&b"__udivti3"[..]));
    }

    #[test]
    fn names_of_cxx() {
        let of_runtime = [
            "__cxa_throw",
            "__gxx_personality_v0",
            "_Znwm",
            "_ZdlPvm",
            "_ZTIi",
            "_ZTIPKc",
            "_ZTVN10__cxxabiv120__si_class_type_infoE",
            "_ZNKSt9exception4whatEv",
            "_ZSt4cout",
            "_ZNSs4_Rep20_S_empty_rep_storageE",
            "_ZThn16_NSt9strstreamD1Ev",
        ];
        assert!(of_runtime.iter().all(|name| is_of_cxx(name.as_bytes())));
        for name in ["_ZN3Foo3barEv", "_ZTI3Foo", "_ZTV3Foo", "_Z3fooSs", "malloc", "_ZN4core3fmt5write17h0E"] {
            assert!(!is_of_cxx(name.as_bytes()), "{name}");
        }
    }
}
