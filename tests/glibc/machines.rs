//! The machines, and glibcs of two releases for each: this Debian's, and the one before (2.31) unpacked.

use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Outcome, run, tool, unpacked};

/// A machine with its ABI.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// As armend calls it.
    pub name: &'static str,
    /// As the cross compilers' names begin.
    pub triple: &'static str,
    /// As qemu calls it; programs for the machine at hand run by themselves.
    qemu: Option<&'static str>,
    /// What its archives are pinned to: the oldest there is, or 2.17.
    pub pin: &'static str,
}

const fn other(name: &'static str, triple: &'static str, qemu: &'static str) -> Machine {
    Machine { name, triple, qemu: Some(qemu), pin: "2.17" }
}

pub const X86_64: Machine = Machine { name: "x86_64", triple: "x86_64-linux-gnu", qemu: None, pin: "2.17" };
pub const I386: Machine = other("i386", "i686-linux-gnu", "i386");
pub const AARCH64: Machine = other("aarch64", "aarch64-linux-gnu", "aarch64");
pub const ARM: Machine = other("arm", "arm-linux-gnueabihf", "arm");
pub const RISCV64: Machine = Machine { pin: "2.27", ..other("riscv64", "riscv64-linux-gnu", "riscv64") };
pub const S390X: Machine = other("s390x", "s390x-linux-gnu", "s390x");
pub const PPC64LE: Machine = other("ppc64le", "powerpc64le-linux-gnu", "ppc64le");
pub const MIPS64EL: Machine = other("mips64el", "mips64el-linux-gnuabi64", "mips64el");

impl Machine {
    /// The C compiler for it, its linker included.
    pub fn gcc(&self) -> Command {
        Command::new(tool(if self.qemu.is_none() {
            "gcc"
        } else {
            GCC.iter().find(|gcc| gcc.starts_with(self.triple)).expect("listed")
        }))
    }

    /// Runs a program on this Debian's glibc.
    pub fn start(&self, program: &Path, arguments: &[&str]) -> Outcome {
        self.run_below(Path::new(&format!("/usr/{}", self.triple)), program, arguments)
    }

    /// Runs a program where the root is another.
    fn run_below(&self, root: &Path, program: &Path, arguments: &[&str]) -> Outcome {
        let Some(qemu) = self.qemu else {
            return run(Command::new(program).args(arguments));
        };
        run(Command::new(tool(&format!("qemu-{qemu}"))).arg("-L").arg(root).arg(program).args(arguments))
    }
}

const GCC: [&str; 7] = [
    "aarch64-linux-gnu-gcc",
    "arm-linux-gnueabihf-gcc",
    "i686-linux-gnu-gcc",
    "mips64el-linux-gnuabi64-gcc",
    "powerpc64le-linux-gnu-gcc",
    "riscv64-linux-gnu-gcc",
    "s390x-linux-gnu-gcc",
];

/// A glibc unpacked.
#[derive(Debug)]
pub struct OldGlibc {
    machine: Machine,
    pub root: PathBuf,
    /// As Debian's folders are named.
    triplet: &'static str,
}

impl OldGlibc {
    /// bullseye's, 2.31.
    pub fn of(machine: Machine) -> Self {
        let (architecture, triplet) = match machine.name {
            "x86_64" => ("amd64", "x86_64-linux-gnu"),
            "i386" => ("i386", "i386-linux-gnu"),
            "aarch64" => ("arm64", "aarch64-linux-gnu"),
            other => panic!("{other}'s is not unpacked"),
        };
        let names = ["libc6", "libc6-dev", "libgcc-s1", "libstdc++6"];
        Self { machine, root: unpacked("bullseye", architecture, &names), triplet }
    }

    /// The folder with `libc.so.6`.
    pub fn libraries(&self) -> PathBuf {
        self.root.join("lib").join(self.triplet)
    }

    /// Makes a compiler link against it.
    pub fn link_with<'c>(&self, gcc: &'c mut Command) -> &'c mut Command {
        let development = self.root.join("usr/lib").join(self.triplet);
        gcc.arg(format!("--sysroot={}", self.root.display()));
        gcc.arg(format!("-B{}", development.display()));
        for folder in [&development, &self.libraries()] {
            gcc.arg("-L").arg(folder);
        }
        gcc
    }

    /// Runs a program on it.
    pub fn start(&self, program: &Path, arguments: &[&str]) -> Outcome {
        if self.machine.qemu.is_some() {
            return self.machine.run_below(&self.root, program, arguments);
        }
        let mut loader = Command::new(self.libraries().join("ld-2.31.so"));
        loader.arg("--library-path").arg(self.search_path()).arg(program).args(arguments);
        run(&mut loader)
    }

    /// The C++ and compiler runtimes lie apart.
    fn search_path(&self) -> String {
        format!("{}:{}", self.libraries().display(), self.root.join("usr/lib").join(self.triplet).display())
    }
}
