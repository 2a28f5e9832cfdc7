//! The machines, and the tools that build and run programs for them.

use armend_test_support::{Outcome, run, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A machine with its ABI.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As the cross compilers' names begin.
    pub triple: &'static str,
    /// As qemu calls the machine; empty where it does not know it.
    qemu: &'static str,
    /// Compiled by clang, not by gcc.
    pub clang: bool,
    /// What the compilers are told, for each way to build the programs.
    pub variants: &'static [&'static [&'static str]],
    /// Compilers, C library and linkers know functions that pick the function to call.
    pub has_ifunc: bool,
    /// The linkers that know the machine.
    pub linkers: &'static [Linker],
}

/// A linker, as the C compiler driver calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linker {
    /// GNU ld for the machine.
    Gnu,
    Lld,
    Mold,
}

use Linker::{Gnu, Lld, Mold};

/// Little-endian, 64-bit; mapping symbols (`$x`, `$d`).
pub const AARCH64: Target = Target {
    triple: "aarch64-linux-gnu",
    qemu: "aarch64",
    clang: false,
    variants: &[&["-fPIE"], &["-fno-pie", "-no-pie", "-Wl,--gc-sections"]],
    has_ifunc: true,
    linkers: &[Gnu, Lld, Mold],
};

/// 32-bit, `SHT_REL`; two instruction sets, unwinding by `.ARM.exidx`.
pub const ARMHF: Target = Target {
    triple: "arm-linux-gnueabihf",
    qemu: "arm",
    variants: &[&["-mthumb"], &["-marm", "-Wl,--gc-sections"]],
    ..AARCH64
};

/// 32-bit, `SHT_REL`; hidden COMDAT functions for the program counter.
pub const I386: Target = Target {
    triple: "i686-linux-gnu",
    qemu: "i386",
    variants: &[&["-fPIE"], &["-fno-pie", "-no-pie", "-Wl,--gc-sections"]],
    ..AARCH64
};

/// The linker shortens code, and for that relocations refer to local labels.
pub const RISCV64: Target = Target {
    triple: "riscv64-linux-gnu",
    qemu: "riscv64",
    variants: &[&["-fPIE"], &["-fno-pie", "-no-pie", "-Wl,--gc-sections", "-mno-relax"]],
    ..AARCH64
};

/// Big-endian.
pub const S390X: Target = Target {
    triple: "s390x-linux-gnu",
    qemu: "s390x",
    variants: &[&["-fPIE"], &["-fno-pie", "-no-pie", "-Wl,--gc-sections"]],
    ..AARCH64
};

/// Big-endian, first ABI: function descriptors in `.opd`. lld knows the second ABI alone.
pub const PPC64: Target = Target {
    triple: "powerpc64-linux-gnu",
    qemu: "ppc64",
    variants: &[&["-fPIE"], &["-fno-pie", "-no-pie", "-Wl,--gc-sections"]],
    linkers: &[Gnu, Mold],
    ..AARCH64
};

/// The same as older compilers write it: `.NAME` for the code of `NAME`. mold 1.10 does not link such objects, and
/// GNU ld 2.40 not with `--gc-sections`: it loses their references to shared libraries.
pub const PPC64_DOTS: Target = Target { variants: &[&["-mcall-aixdesc"]], linkers: &[Gnu], ..PPC64 };

/// Second ABI: the distance between a function's two entries is in `st_other`.
pub const PPC64LE: Target = Target {
    triple: "powerpc64le-linux-gnu",
    qemu: "ppc64le",
    variants: &[&["-fPIE"], &["-fno-pie", "-no-pie", "-Wl,--gc-sections"]],
    ..AARCH64
};

/// Three relocation types in one, in an order of its own. mold does not know the machine, and lld not the absolute
/// addresses in gcc's read-only unwinding tables.
pub const MIPS64EL: Target = Target {
    triple: "mips64el-linux-gnuabi64",
    qemu: "mips64el",
    clang: false,
    variants: &[&[], &["-fPIC"]],
    has_ifunc: false,
    linkers: &[Gnu],
};

/// Big-endian, 32-bit, `SHT_REL`: an addend is in two instructions, and a relocation of the GOT is of two kinds.
pub const MIPS: Target = Target { triple: "mips-linux-gnu", qemu: "mips", ..MIPS64EL };

/// Big-endian: three relocation types in one, in the order that other machines have too.
pub const MIPS64: Target = Target { triple: "mips64-linux-gnuabi64", qemu: "mips64", ..MIPS64EL };

/// 32-bit objects for a 64-bit machine. Few kernels run the programs, and qemu does not; lld refuses how they reach
/// thread-local variables.
pub const X32: Target = Target { triple: "x86_64-linux-gnux32", qemu: "", linkers: &[Gnu], ..I386 };

/// The machines that clang compiles for. GNU ld 2.40 and mold 1.10 do not know its relocations for RISC-V.
pub const BY_CLANG: &[Target] = &[
    AARCH64.by_clang(),
    ARMHF.by_clang(),
    I386.by_clang(),
    Target { linkers: &[Lld], ..RISCV64 }.by_clang(),
    S390X.by_clang(),
    PPC64.by_clang(),
    PPC64LE.by_clang(),
    MIPS.by_clang(),
    MIPS64.by_clang(),
    MIPS64EL.by_clang(),
];

impl Target {
    const fn by_clang(self) -> Self {
        Self { clang: true, variants: self.variants.split_at(1).0, ..self }
    }

    pub fn compiler(&self, source: &Path) -> Command {
        let is_c = source.extension().is_some_and(|extension| extension == "c");
        if self.clang {
            let mut clang = Command::new(tool(if is_c { "clang" } else { "clang++" }));
            clang.arg(format!("--target={}", self.triple));
            return clang;
        }
        Command::new(tool(&format!("{}-{}", self.triple, if is_c { "gcc" } else { "g++" })))
    }

    /// GNU ld for the machine.
    pub fn gnu_ld(&self) -> PathBuf {
        tool(&format!("{}-ld", self.triple))
    }

    /// Links as the C++ compiler does; `folder` is for the linkers' usual names.
    pub fn link(&self, linker: Linker, folder: &Path, files: &[PathBuf], flags: &[&str], program: &Path) -> Outcome {
        let mut driver = Command::new(tool(&format!("{}-g++", self.triple)));
        linker.choose(folder, &mut driver);
        driver.args(files).args(flags).args(["-pthread", "-Wl,--no-demangle", "-o"]).arg(program);
        run(&mut driver)
    }

    /// Runs a program with the machine's own C library.
    pub fn start(&self, program: &Path, arguments: &[&str]) -> Outcome {
        let mut qemu = Command::new(tool(&format!("qemu-{}", self.qemu)));
        qemu.arg("-L").arg(format!("/usr/{}", self.triple)).arg(program).args(arguments);
        run(&mut qemu)
    }
}

impl Linker {
    /// Makes the driver call it.
    fn choose(self, folder: &Path, driver: &mut Command) {
        let (name, program) = match self {
            Self::Gnu => return,
            Self::Lld => ("lld", tool("ld.lld")),
            Self::Mold => ("mold", tool("mold")),
        };
        let link = folder.join(format!("ld.{name}"));
        if !link.exists() {
            std::os::unix::fs::symlink(fs::canonicalize(program).unwrap(), link).unwrap();
        }
        driver.arg("-B").arg(folder).arg(format!("-fuse-ld={name}"));
    }
}
