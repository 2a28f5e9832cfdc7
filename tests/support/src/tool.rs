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
    ("go", &["go"], "golang-go"),
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
    ("objdump", &["objdump"], "binutils"),
    ("prlimit", &["prlimit"], "util-linux"),
    ("ranlib", &["ranlib"], "binutils"),
    ("readelf", &["readelf"], "binutils"),
    ("size", &["size"], "binutils"),
    ("unshare", &["unshare"], "util-linux"),
];

/// The same for programs that make or run those of other machines.
const CROSS_TOOLS: &[(&str, &[&str], &str)] = &[
    ("aarch64-linux-gnu-g++", &["aarch64-linux-gnu-g++"], "g++-aarch64-linux-gnu"),
    ("aarch64-linux-gnu-gcc", &["aarch64-linux-gnu-gcc"], "gcc-aarch64-linux-gnu"),
    ("aarch64-linux-gnu-ld", &["aarch64-linux-gnu-ld"], "binutils-aarch64-linux-gnu"),
    ("arm-linux-gnueabihf-g++", &["arm-linux-gnueabihf-g++"], "g++-arm-linux-gnueabihf"),
    ("arm-linux-gnueabihf-gcc", &["arm-linux-gnueabihf-gcc"], "gcc-arm-linux-gnueabihf"),
    ("arm-linux-gnueabihf-ld", &["arm-linux-gnueabihf-ld"], "binutils-arm-linux-gnueabihf"),
    ("i686-linux-gnu-g++", &["i686-linux-gnu-g++"], "g++-i686-linux-gnu"),
    ("i686-linux-gnu-gcc", &["i686-linux-gnu-gcc"], "gcc-i686-linux-gnu"),
    ("i686-linux-gnu-ld", &["i686-linux-gnu-ld"], "binutils-i686-linux-gnu"),
    ("mips64el-linux-gnuabi64-g++", &["mips64el-linux-gnuabi64-g++"], "g++-mips64el-linux-gnuabi64"),
    ("mips64el-linux-gnuabi64-gcc", &["mips64el-linux-gnuabi64-gcc"], "gcc-mips64el-linux-gnuabi64"),
    ("mips64el-linux-gnuabi64-ld", &["mips64el-linux-gnuabi64-ld"], "binutils-mips64el-linux-gnuabi64"),
    ("powerpc64-linux-gnu-g++", &["powerpc64-linux-gnu-g++"], "g++-powerpc64-linux-gnu"),
    ("powerpc64-linux-gnu-gcc", &["powerpc64-linux-gnu-gcc"], "gcc-powerpc64-linux-gnu"),
    ("powerpc64-linux-gnu-ld", &["powerpc64-linux-gnu-ld"], "binutils-powerpc64-linux-gnu"),
    ("powerpc64le-linux-gnu-g++", &["powerpc64le-linux-gnu-g++"], "g++-powerpc64le-linux-gnu"),
    ("powerpc64le-linux-gnu-gcc", &["powerpc64le-linux-gnu-gcc"], "gcc-powerpc64le-linux-gnu"),
    ("powerpc64le-linux-gnu-ld", &["powerpc64le-linux-gnu-ld"], "binutils-powerpc64le-linux-gnu"),
    ("qemu-aarch64", &["qemu-aarch64-static", "qemu-aarch64"], "qemu-user-static"),
    ("qemu-arm", &["qemu-arm-static", "qemu-arm"], "qemu-user-static"),
    ("qemu-i386", &["qemu-i386-static", "qemu-i386"], "qemu-user-static"),
    ("qemu-mips64el", &["qemu-mips64el-static", "qemu-mips64el"], "qemu-user-static"),
    ("qemu-ppc64", &["qemu-ppc64-static", "qemu-ppc64"], "qemu-user-static"),
    ("qemu-ppc64le", &["qemu-ppc64le-static", "qemu-ppc64le"], "qemu-user-static"),
    ("qemu-riscv64", &["qemu-riscv64-static", "qemu-riscv64"], "qemu-user-static"),
    ("qemu-s390x", &["qemu-s390x-static", "qemu-s390x"], "qemu-user-static"),
    ("riscv64-linux-gnu-g++", &["riscv64-linux-gnu-g++"], "g++-riscv64-linux-gnu"),
    ("riscv64-linux-gnu-gcc", &["riscv64-linux-gnu-gcc"], "gcc-riscv64-linux-gnu"),
    ("riscv64-linux-gnu-ld", &["riscv64-linux-gnu-ld"], "binutils-riscv64-linux-gnu"),
    ("s390x-linux-gnu-g++", &["s390x-linux-gnu-g++"], "g++-s390x-linux-gnu"),
    ("s390x-linux-gnu-gcc", &["s390x-linux-gnu-gcc"], "gcc-s390x-linux-gnu"),
    ("s390x-linux-gnu-ld", &["s390x-linux-gnu-ld"], "binutils-s390x-linux-gnu"),
];

/// The path of a program. One that is missing fails the test, with the package to install.
#[track_caller]
pub fn tool(name: &str) -> PathBuf {
    if name == "rustup" {
        return find(name).unwrap_or_else(|| panic!("{name} is missing: install it from https://rustup.rs"));
    }
    let (_, candidates, package) = TOOLS
        .iter()
        .chain(CROSS_TOOLS)
        .find(|(known, ..)| *known == name)
        .unwrap_or_else(|| panic!("{name} is not in the list of tools"));
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
