//! Names that Windows' linkers and the C runtimes' start files define, or look for by name.
//!
//! Of linkers: lld's `COFF/Driver.cpp` and `SymbolTable.cpp`, GNU ld's PE scripts (`ld/scripttempl/pe.sc`, `pep.sc`) and
//! `emultempl/pe.em`. Of runtimes: Microsoft's `vcruntime` sources (`internal_shared.h`, `tlssup.cpp`, `exe_common.inl`)
//! and mingw-w64's `mingw-w64-crt/crt`.

use crate::object::format::LinkerNames;

/// As 32-bit x86 has them: with an underscore in front of the name in C.
const NAMES: [&[u8]; 61] = [
    b"_DllMainCRTStartup",
    b"_WinMainCRTStartup",
    b"__CRT_MT",
    b"__DllMainCRTStartup",
    b"___CTOR_LIST__",
    b"___DTOR_LIST__",
    b"___ImageBase",
    b"___RUNTIME_PSEUDO_RELOC_LIST_END__",
    b"___RUNTIME_PSEUDO_RELOC_LIST__",
    b"___bss_end__",
    b"___bss_start__",
    b"___buildid",
    b"___castguard_check_failure_os_handled_fptr",
    b"___chk_fail",
    b"___data_end__",
    b"___data_start__",
    b"___dyn_tls_init_callback",
    b"___enclave_config",
    b"___end__",
    b"___file_alignment__",
    b"___guard_check_icall_fptr",
    b"___guard_dispatch_icall_fptr",
    b"___guard_eh_cont_count",
    b"___guard_eh_cont_table",
    b"___guard_fids_count",
    b"___guard_fids_table",
    b"___guard_flags",
    b"___guard_iat_count",
    b"___guard_iat_table",
    b"___guard_longjmp_count",
    b"___guard_longjmp_table",
    b"___hybrid_code_map",
    b"___hybrid_code_map_count",
    b"___image_base__",
    b"___major_image_version__",
    b"___major_os_version__",
    b"___major_subsystem_version__",
    b"___minor_image_version__",
    b"___minor_os_version__",
    b"___minor_subsystem_version__",
    b"___mingw_initltsdrot_force",
    b"___rt_psrelocs_end",
    b"___rt_psrelocs_size",
    b"___rt_psrelocs_start",
    b"___safe_se_handler_count",
    b"___safe_se_handler_table",
    b"___section_alignment__",
    b"___security_cookie",
    b"___size_of_heap_commit__",
    b"___size_of_heap_reserve__",
    b"___size_of_stack_commit__",
    b"___size_of_stack_reserve__",
    b"___subsystem__",
    b"___tls_end__",
    b"___tls_start__",
    b"__fltused",
    b"__load_config_used",
    b"__tls_index",
    b"__tls_used",
    b"_mainCRTStartup",
    b"_wmainCRTStartup",
];

/// What the runtimes' lists of initializers begin and end with: `__xc_a`, `__xi_z`, `__xl_a` …
const PREFIXES: [&[u8]; 8] =
    [b"___xc_", b"___xd_", b"___xi_", b"___xl_", b"___xp_", b"___xt_", b"___guard_", b"___tls_"];

static PLAIN_NAMES: [&[u8]; NAMES.len()] = without_underscore(NAMES);
static PLAIN_PREFIXES: [&[u8]; PREFIXES.len()] = without_underscore(PREFIXES);
static UNDERSCORED_NAMES: [&[u8]; NAMES.len()] = NAMES;
static UNDERSCORED_PREFIXES: [&[u8]; PREFIXES.len()] = PREFIXES;

/// As linkers for x86-64 and Arm64 have them.
pub(super) const PLAIN: LinkerNames = LinkerNames { names: &PLAIN_NAMES, prefixes: &PLAIN_PREFIXES };
/// As linkers for 32-bit x86 have them.
pub(super) const UNDERSCORED: LinkerNames = LinkerNames { names: &UNDERSCORED_NAMES, prefixes: &UNDERSCORED_PREFIXES };

const fn without_underscore<const N: usize>(mut names: [&'static [u8]; N]) -> [&'static [u8]; N] {
    let mut at = 0;
    while at < N {
        if let [_, name @ ..] = names[at] {
            names[at] = name;
        }
        at += 1;
    }
    names
}
