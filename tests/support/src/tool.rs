//! Finds the programs that tests run, and names the package of one that is missing.

use std::env;
use std::path::{Path, PathBuf};

/// A program by its usual name: what it may be called here, best first, and the Debian package.
const TOOLS: &[(&str, &[&str], &str)] = &[
    ("addr2line", &["addr2line"], "binutils"),
    ("apt-cache", &["apt-cache"], "apt"),
    ("apt-get", &["apt-get"], "apt"),
    ("ar", &["ar"], "binutils"),
    ("bazel", &["bazel"], "bazel-bootstrap"),
    ("clang", &["clang-19", "clang"], "clang-19"),
    ("clang++", &["clang++-19", "clang++"], "clang-19"),
    ("cmake", &["cmake"], "cmake"),
    ("cpio", &["cpio"], "cpio"),
    ("dh", &["dh"], "debhelper"),
    ("dpkg-buildpackage", &["dpkg-buildpackage"], "dpkg-dev"),
    ("dpkg-deb", &["dpkg-deb"], "dpkg"),
    ("g++", &["g++"], "g++"),
    ("gcc", &["gcc"], "gcc"),
    ("gcc-ar", &["gcc-ar"], "gcc"),
    ("gdb", &["gdb"], "gdb"),
    ("go", &["go"], "golang-go"),
    ("groff", &["groff"], "groff-base"),
    ("ld.bfd", &["ld.bfd"], "binutils"),
    ("ld.gold", &["ld.gold"], "binutils"),
    ("ld.lld", &["ld.lld-19", "ld.lld"], "lld-19"),
    ("llvm-ar", &["llvm-ar-19", "llvm-ar"], "llvm-19"),
    ("llvm-cat", &["llvm-cat-19", "llvm-cat"], "llvm-19"),
    ("llvm-modextract", &["llvm-modextract-19", "llvm-modextract"], "llvm-19"),
    ("ld64.lld", &["ld64.lld-19", "ld64.lld"], "lld-19"),
    ("lld-link", &["lld-link-19", "lld-link"], "lld-19"),
    ("llvm-dlltool", &["llvm-dlltool-19", "llvm-dlltool"], "llvm-19"),
    ("llvm-lib", &["llvm-lib-19", "llvm-lib"], "llvm-19"),
    ("llvm-libtool-darwin", &["llvm-libtool-darwin-19", "llvm-libtool-darwin"], "llvm-19"),
    ("llvm-lipo", &["llvm-lipo-19", "llvm-lipo"], "llvm-19"),
    ("llvm-nm", &["llvm-nm-19", "llvm-nm"], "llvm-19"),
    ("llvm-nm-14", &["llvm-nm-14"], "llvm-14"),
    ("llvm-objdump", &["llvm-objdump-19", "llvm-objdump"], "llvm-19"),
    ("llvm-objcopy", &["llvm-objcopy-19", "llvm-objcopy"], "llvm-19"),
    ("llvm-ranlib", &["llvm-ranlib-19", "llvm-ranlib"], "llvm-19"),
    ("llvm-readobj", &["llvm-readobj-19", "llvm-readobj"], "llvm-19"),
    ("make", &["make"], "make"),
    ("valgrind", &["valgrind"], "valgrind"),
    ("meson", &["meson"], "meson"),
    ("mold", &["mold"], "mold"),
    ("ninja", &["ninja"], "ninja-build"),
    ("nm", &["nm"], "binutils"),
    ("node", &["node", "nodejs"], "nodejs"),
    ("objcopy", &["objcopy"], "binutils"),
    ("objdump", &["objdump"], "binutils"),
    ("opt", &["opt-19", "opt"], "llvm-19"),
    ("prlimit", &["prlimit"], "util-linux"),
    // Debian's own, which has Debian's modules, whatever else is on the PATH.
    ("python3", &["/usr/bin/python3"], "python3 and python3-yaml"),
    ("ranlib", &["ranlib"], "binutils"),
    ("readelf", &["readelf"], "binutils"),
    ("rpm2cpio", &["rpm2cpio"], "rpm2cpio"),
    ("rpmbuild", &["rpmbuild"], "rpm"),
    ("script", &["script"], "util-linux"),
    ("size", &["size"], "binutils"),
    ("strace", &["strace"], "strace"),
    ("timeout", &["timeout"], "coreutils"),
    ("unshare", &["unshare"], "util-linux"),
    ("wasm-ld", &["wasm-ld-19", "wasm-ld"], "lld-19"),
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
    ("mips-linux-gnu-g++", &["mips-linux-gnu-g++"], "g++-mips-linux-gnu"),
    ("mips-linux-gnu-gcc", &["mips-linux-gnu-gcc"], "gcc-mips-linux-gnu"),
    ("mips-linux-gnu-ld", &["mips-linux-gnu-ld"], "binutils-mips-linux-gnu"),
    ("mips64-linux-gnuabi64-g++", &["mips64-linux-gnuabi64-g++"], "g++-mips64-linux-gnuabi64"),
    ("mips64-linux-gnuabi64-gcc", &["mips64-linux-gnuabi64-gcc"], "gcc-mips64-linux-gnuabi64"),
    ("mips64-linux-gnuabi64-ld", &["mips64-linux-gnuabi64-ld"], "binutils-mips64-linux-gnuabi64"),
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
    ("qemu-mips", &["qemu-mips-static", "qemu-mips"], "qemu-user-static"),
    ("qemu-mips64", &["qemu-mips64-static", "qemu-mips64"], "qemu-user-static"),
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
    ("x86_64-linux-gnux32-g++", &["x86_64-linux-gnux32-g++"], "g++-x86-64-linux-gnux32"),
    ("x86_64-linux-gnux32-gcc", &["x86_64-linux-gnux32-gcc"], "gcc-x86-64-linux-gnux32"),
    ("wine64", &["wine64", "/usr/lib/wine/wine64"], "wine64"),
    ("wineserver", &["wineserver", "/usr/lib/wine/wineserver64"], "wine64"),
    ("i686-w64-mingw32-ar", &["i686-w64-mingw32-ar"], "binutils-mingw-w64-i686"),
    ("i686-w64-mingw32-g++", &["i686-w64-mingw32-g++"], "g++-mingw-w64-i686"),
    ("i686-w64-mingw32-gcc", &["i686-w64-mingw32-gcc"], "g++-mingw-w64-i686"),
    ("x86_64-w64-mingw32-ar", &["x86_64-w64-mingw32-ar"], "binutils-mingw-w64-x86-64"),
    ("x86_64-w64-mingw32-dlltool", &["x86_64-w64-mingw32-dlltool"], "binutils-mingw-w64-x86-64"),
    ("x86_64-w64-mingw32-nm", &["x86_64-w64-mingw32-nm"], "binutils-mingw-w64-x86-64"),
    ("x86_64-w64-mingw32-objcopy", &["x86_64-w64-mingw32-objcopy"], "binutils-mingw-w64-x86-64"),
    ("x86_64-w64-mingw32-gcc", &["x86_64-w64-mingw32-gcc"], "g++-mingw-w64-x86-64"),
    ("x86_64-w64-mingw32-g++", &["x86_64-w64-mingw32-g++"], "g++-mingw-w64-x86-64"),
    ("x86_64-linux-gnux32-ld", &["x86_64-linux-gnux32-ld"], "binutils-x86-64-linux-gnux32"),
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

/// LLVM's plugin for GNU nm, ar and ranlib, of LLVM 14 or 19.
#[track_caller]
pub fn llvm_plugin(version: u32) -> PathBuf {
    let file = PathBuf::from(format!("/usr/lib/llvm-{version}/lib/LLVMgold.so"));
    assert!(file.exists(), "{} is missing: install llvm-{version}-linker-tools", file.display());
    file
}

fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
