//! What can stand in for symbols that older releases of glibc lack.

use crate::object::architecture::Architecture;
use crate::object::thunk::Thunk;

/// How a symbol is made of what was there before.
#[derive(Debug, Clone, Copy)]
pub enum Replacement {
    /// Another symbol does the same.
    Alias(&'static str),
    /// A function that calls this one.
    Call(&'static str, Thunk),
    /// Data of so many zero bytes.
    Zeros(u8),
    /// It would be a function, but there is no code for this machine.
    NoCode,
}

/// The replacement of `name` on a machine, whether or not the release in question has what it is made of.
pub fn of(name: &str, architecture: Architecture) -> Option<Replacement> {
    if let Some(other) = alias(name) {
        return Some(Replacement::Alias(other));
    }
    // Whether the process has one thread alone: false is what it says when that is not known.
    if name == "__libc_single_threaded" {
        return Some(Replacement::Zeros(1));
    }
    let (callee, arguments, first) = stat(name, architecture).or_else(|| system_call(name, architecture))?;
    let thunk = first.map(|first| Thunk { arguments, first });
    let thunk = thunk.filter(|thunk| thunk.exists_on(architecture));
    Some(thunk.map_or(Replacement::NoCode, |thunk| Replacement::Call(callee, thunk)))
}

/// Whether newer releases have what stands in for others only for programs that are linked already.
pub fn is_retired(name: &str) -> bool {
    name.starts_with("__") && !name.starts_with("__isoc99_")
}

fn alias(name: &str) -> Option<&'static str> {
    Some(match name {
        // C23's: binary numbers (`0b1`) are not read.
        "__isoc23_strtol" => "strtol",
        "__isoc23_strtoll" => "strtoll",
        "__isoc23_strtoul" => "strtoul",
        "__isoc23_strtoull" => "strtoull",
        "__isoc23_strtoimax" => "strtoimax",
        "__isoc23_strtoumax" => "strtoumax",
        "__isoc23_wcstol" => "wcstol",
        "__isoc23_wcstoll" => "wcstoll",
        "__isoc23_wcstoul" => "wcstoul",
        "__isoc23_wcstoull" => "wcstoull",
        "__isoc23_wcstoimax" => "wcstoimax",
        "__isoc23_wcstoumax" => "wcstoumax",
        "__isoc23_scanf" => "__isoc99_scanf",
        "__isoc23_fscanf" => "__isoc99_fscanf",
        "__isoc23_sscanf" => "__isoc99_sscanf",
        "__isoc23_vscanf" => "__isoc99_vscanf",
        "__isoc23_vfscanf" => "__isoc99_vfscanf",
        "__isoc23_vsscanf" => "__isoc99_vsscanf",
        "__isoc23_wscanf" => "__isoc99_wscanf",
        "__isoc23_fwscanf" => "__isoc99_fwscanf",
        "__isoc23_swscanf" => "__isoc99_swscanf",
        "__isoc23_vwscanf" => "__isoc99_vwscanf",
        "__isoc23_vfwscanf" => "__isoc99_vfwscanf",
        "__isoc23_vswscanf" => "__isoc99_vswscanf",
        // Before 2.28 `fcntl` was what `fcntl64` is, also where words have 32 bits (glibc, `fcntl64.c`).
        "fcntl64" => "fcntl",
        // No compiler sees the call, so none takes it away; and the check of fortified code goes with its argument.
        "explicit_bzero" | "__explicit_bzero_chk" => "bzero",
        // glibc's own are these.
        "aligned_alloc" => "memalign",
        "secure_getenv" => "__secure_getenv",
        // `<resolv.h>` called them so.
        "dn_comp" => "__dn_comp",
        "dn_expand" => "__dn_expand",
        "dn_skipname" => "__dn_skipname",
        "res_mkquery" => "__res_mkquery",
        "res_nmkquery" => "__res_nmkquery",
        "res_nquery" => "__res_nquery",
        "res_nquerydomain" => "__res_nquerydomain",
        "res_nsearch" => "__res_nsearch",
        "res_nsend" => "__res_nsend",
        "res_query" => "__res_query",
        "res_querydomain" => "__res_querydomain",
        "res_search" => "__res_search",
        "res_send" => "__res_send",
        _ => return None,
    })
}

/// What to call, how many arguments the caller gives, and what goes in front of them, where that is known.
type Call = (&'static str, u8, Option<u16>);

/// `stat` and its kind are 2.33's. Where kernel and C library have one structure, each is a system call. Elsewhere they
/// are what they were in each program before: calls of functions that take the structure's version first (`_STAT_VER`
/// of each machine's `bits/stat.h`).
fn stat(name: &str, architecture: Architecture) -> Option<Call> {
    use Architecture::{Aarch64, Arm, I386, Ppc64le, Riscv64, S390x, X32, X86_64};
    let (numbers, callee, arguments): ([u16; 3], _, _) = match name {
        "stat" => ([4, 106, 106], "__xstat", 2),
        "stat64" => ([4, 106, 106], "__xstat64", 2),
        "lstat" => ([6, 107, 107], "__lxstat", 2),
        "lstat64" => ([6, 107, 107], "__lxstat64", 2),
        "fstat" => ([5, 108, 108], "__fxstat", 2),
        "fstat64" => ([5, 108, 108], "__fxstat64", 2),
        "fstatat" => ([262, 293, 291], "__fxstatat", 4),
        "fstatat64" => ([262, 293, 291], "__fxstatat64", 4),
        _ => return None,
    };
    Some(match architecture {
        X86_64 => ("syscall", arguments, Some(numbers[0])),
        S390x => ("syscall", arguments, Some(numbers[1])),
        Ppc64le => ("syscall", arguments, Some(numbers[2])),
        Aarch64 | Riscv64 => (callee, arguments, Some(0)),
        X32 => (callee, arguments, Some(1)),
        I386 | Arm => (callee, arguments, Some(3)),
        Architecture::Loongarch64 | Architecture::Mips64el | Architecture::Mipsel | Architecture::Sparc64 => {
            (callee, arguments, None)
        }
    })
}

/// Functions that are a system call and nothing else: `syscall` sets `errno` as they do, to `ENOSYS` where the kernel
/// is older still. Numbers from the kernel's tables (`arch/*/entry/syscalls`, `asm-generic/unistd.h`).
fn system_call(name: &str, architecture: Architecture) -> Option<Call> {
    use Architecture::{Aarch64, Arm, I386, Ppc64le, Riscv64, S390x, X86_64};
    const MACHINES: [Architecture; 7] = [X86_64, I386, Aarch64, Arm, Riscv64, S390x, Ppc64le];
    let (arguments, numbers): (u8, [u16; 7]) = match name {
        "close_range" => (3, [436; 7]),
        "execveat" => (5, [322, 358, 281, 387, 281, 354, 362]),
        "fsconfig" => (5, [431; 7]),
        "fsmount" => (3, [432; 7]),
        "fsopen" => (2, [430; 7]),
        "fspick" => (3, [433; 7]),
        "getcpu" => (2, [309, 318, 168, 345, 168, 311, 302]),
        "getdents64" => (3, [217, 220, 61, 217, 61, 220, 202]),
        "getrandom" => (3, [318, 355, 278, 384, 278, 349, 359]),
        "gettid" => (0, [186, 224, 178, 224, 178, 236, 207]),
        "memfd_create" => (2, [319, 356, 279, 385, 279, 350, 360]),
        "mlock2" => (3, [325, 376, 284, 390, 284, 374, 378]),
        "mount_setattr" => (5, [442; 7]),
        "move_mount" => (5, [429; 7]),
        "open_tree" => (3, [428; 7]),
        "pidfd_getfd" => (3, [438; 7]),
        "pidfd_open" => (2, [434; 7]),
        "pidfd_send_signal" => (4, [424; 7]),
        "pkey_alloc" => (2, [330, 381, 289, 395, 289, 385, 384]),
        "pkey_free" => (1, [331, 382, 290, 396, 290, 386, 385]),
        "process_madvise" => (5, [440; 7]),
        "process_mrelease" => (2, [448; 7]),
        "renameat2" => (5, [316, 353, 276, 382, 276, 347, 357]),
        "statx" => (5, [332, 383, 291, 397, 291, 379, 383]),
        "tgkill" => (3, [234, 270, 131, 268, 131, 241, 250]),
        _ => return None,
    };
    let machine = MACHINES.iter().position(|&machine| machine == architecture);
    Some(("syscall", arguments, machine.map(|machine| numbers[machine])))
}
