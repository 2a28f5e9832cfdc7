//! Finds the programs that tests run, and names the package of one that is missing.

use std::env;
use std::path::{Path, PathBuf};

/// A program by its usual name: what it may be called here, best first, and the Debian package.
const TOOLS: &[(&str, &[&str], &str)] = &[
    ("addr2line", &["addr2line"], "binutils"),
    ("apt-cache", &["apt-cache"], "apt"),
    ("apt-get", &["apt-get"], "apt"),
    ("ar", &["ar"], "binutils"),
    ("clang", &["clang-19", "clang"], "clang-19"),
    ("clang++", &["clang++-19", "clang++"], "clang-19"),
    ("dpkg-deb", &["dpkg-deb"], "dpkg"),
    ("g++", &["g++"], "g++"),
    ("gcc", &["gcc"], "gcc"),
    ("gdb", &["gdb"], "gdb"),
    ("ld.bfd", &["ld.bfd"], "binutils"),
    ("ld.lld", &["ld.lld-19", "ld.lld"], "lld-19"),
    ("llvm-ar", &["llvm-ar-19", "llvm-ar"], "llvm-19"),
    ("llvm-nm", &["llvm-nm-19", "llvm-nm"], "llvm-19"),
    ("llvm-objcopy", &["llvm-objcopy-19", "llvm-objcopy"], "llvm-19"),
    ("llvm-ranlib", &["llvm-ranlib-19", "llvm-ranlib"], "llvm-19"),
    ("llvm-readobj", &["llvm-readobj-19", "llvm-readobj"], "llvm-19"),
    ("mold", &["mold"], "mold"),
    ("nm", &["nm"], "binutils"),
    ("objcopy", &["objcopy"], "binutils"),
    ("prlimit", &["prlimit"], "util-linux"),
    ("ranlib", &["ranlib"], "binutils"),
    ("readelf", &["readelf"], "binutils"),
    ("size", &["size"], "binutils"),
    ("unshare", &["unshare"], "util-linux"),
];

/// The path of a program. One that is missing fails the test, with the package to install.
#[track_caller]
pub fn tool(name: &str) -> PathBuf {
    if name == "rustup" {
        return find(name).unwrap_or_else(|| panic!("{name} is missing: install it from https://rustup.rs"));
    }
    let (_, candidates, package) =
        TOOLS.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("{name} is not in the list of tools"));
    candidates
        .iter()
        .find_map(|candidate| find(candidate))
        .unwrap_or_else(|| panic!("{name} is missing: install {package} (scripts/setup-tests installs all)"))
}

fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
