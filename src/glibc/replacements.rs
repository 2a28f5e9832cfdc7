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
}

/// The replacement of `name` on a machine, whether or not the release in question has what it is made of.
pub fn of(name: &str, architecture: Architecture) -> Option<Replacement> {
    alias(name, architecture).map(Replacement::Alias).or_else(|| {
        let (callee, arguments, first) = stat(name, architecture).or_else(|| system_call(name, architecture))?;
        Some(Replacement::Call(callee, Thunk { arguments, first }))
    })
}

/// C23's number formats came with names of their own; `fcntl` takes what `fcntl64` does where words have 64 bits.
fn alias(name: &str, architecture: Architecture) -> Option<&'static str> {
    Some(match name {
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
        "__isoc23_scanf" => "__isoc99_scanf",
        "__isoc23_fscanf" => "__isoc99_fscanf",
        "__isoc23_sscanf" => "__isoc99_sscanf",
        "__isoc23_vscanf" => "__isoc99_vscanf",
        "__isoc23_vfscanf" => "__isoc99_vfscanf",
        "__isoc23_vsscanf" => "__isoc99_vsscanf",
        "fcntl64" if !matches!(architecture, Architecture::I386 | Architecture::Arm | Architecture::Mipsel) => "fcntl",
        _ => return None,
    })
}

/// Before 2.33, `stat` and its kind were in each program, and called functions that take the structure's version first
/// (`_STAT_VER` of each machine's `bits/stat.h`).
fn stat(name: &str, architecture: Architecture) -> Option<(&'static str, u8, u16)> {
    let (callee, arguments) = match name {
        "stat" => ("__xstat", 2),
        "stat64" => ("__xstat64", 2),
        "lstat" => ("__lxstat", 2),
        "lstat64" => ("__lxstat64", 2),
        "fstat" => ("__fxstat", 2),
        "fstat64" => ("__fxstat64", 2),
        "fstatat" => ("__fxstatat", 4),
        "fstatat64" => ("__fxstatat64", 4),
        _ => return None,
    };
    let version = match architecture {
        Architecture::Aarch64 | Architecture::Riscv64 => 0,
        Architecture::X86_64 | Architecture::X32 | Architecture::S390x | Architecture::Ppc64le => 1,
        Architecture::I386 | Architecture::Arm | Architecture::Mips64el | Architecture::Mipsel => 3,
        // Loongarch64 never had them; SPARC has no code here.
        Architecture::Loongarch64 | Architecture::Sparc64 => return None,
    };
    Some((callee, arguments, version))
}

/// Functions that are a system call and nothing else: `syscall` sets `errno` as they do, to `ENOSYS` where the kernel
/// is older still. Numbers from the kernel's tables (`arch/*/entry/syscalls`, `asm-generic/unistd.h`).
fn system_call(name: &str, architecture: Architecture) -> Option<(&'static str, u8, u16)> {
    use Architecture::{Aarch64, Arm, I386, Ppc64le, Riscv64, S390x, X86_64};
    const MACHINES: [Architecture; 7] = [X86_64, I386, Aarch64, Arm, Riscv64, S390x, Ppc64le];
    let (arguments, numbers): (u8, [u16; 7]) = match name {
        "gettid" => (0, [186, 224, 178, 224, 178, 236, 207]),
        "getrandom" => (3, [318, 355, 278, 384, 278, 349, 359]),
        "memfd_create" => (2, [319, 356, 279, 385, 279, 350, 360]),
        "mlock2" => (3, [325, 376, 284, 390, 284, 374, 378]),
        "pidfd_open" => (2, [434; 7]),
        "pidfd_getfd" => (3, [438; 7]),
        "close_range" => (3, [436; 7]),
        "renameat2" => (5, [316, 353, 276, 382, 276, 347, 357]),
        "statx" => (5, [332, 383, 291, 397, 291, 379, 383]),
        _ => return None,
    };
    let machine = MACHINES.iter().position(|&machine| machine == architecture)?;
    Some(("syscall", arguments, numbers[machine]))
}
