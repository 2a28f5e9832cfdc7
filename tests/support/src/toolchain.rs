//! The Rust toolchains that tests build with.

use crate::built_std;
use crate::packaged::{RUST_1_63, RUST_1_78, RUST_1_96};
use crate::{run_ok, tool};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// One Rust toolchain: rustc with its std, and a Cargo that can drive it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Toolchain {
    /// What rustup calls `stable`.
    Stable,
    /// What rustup calls `nightly`.
    Nightly,
    /// rustc 1.63 of Debian's packages.
    Debian1_63,
    /// rustc 1.78 of Debian's packages.
    Debian1_78,
    /// rustc 1.96 of Debian's packages, which builds its own std for targets that have no package.
    Debian1_96,
}

impl Toolchain {
    /// A short name, for paths and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Nightly => "nightly",
            Self::Debian1_63 => RUST_1_63.name,
            Self::Debian1_78 => RUST_1_78.name,
            Self::Debian1_96 => RUST_1_96.name,
        }
    }

    /// The compiler itself, not rustup's proxy: a test's own toolchain must not leak in.
    pub fn rustc(self) -> PathBuf {
        static PATHS: [OnceLock<PathBuf>; 5] = [const { OnceLock::new() }; 5];
        let find = || match self {
            Self::Stable | Self::Nightly => self.rustup_program("rustc"),
            Self::Debian1_63 => RUST_1_63.programs().join("rustc"),
            Self::Debian1_78 => RUST_1_78.programs().join("rustc"),
            Self::Debian1_96 => RUST_1_96.programs().join("rustc"),
        };
        PATHS[self as usize].get_or_init(find).clone()
    }

    /// The compiler with a std for another target than the machine's.
    pub fn rustc_for(self, target: &str) -> PathBuf {
        match self {
            Self::Debian1_96 => built_std::rustc(self, target),
            _ => self.rustc(),
        }
    }

    /// The Cargo that drives it.
    pub fn cargo(self) -> PathBuf {
        match self {
            Self::Stable | Self::Nightly => self.rustup_program("cargo"),
            // Newer ones pass flags that these compilers do not know.
            Self::Debian1_63 | Self::Debian1_78 => RUST_1_63.programs().join("cargo"),
            Self::Debian1_96 => Self::Stable.cargo(),
        }
    }

    /// Whether its Cargo reads the registry as it is served today; else crates must be vendored.
    pub(crate) fn reads_the_registry(self) -> bool {
        !matches!(self, Self::Debian1_63 | Self::Debian1_78)
    }

    fn rustup_program(self, program: &str) -> PathBuf {
        let outcome = crate::run(Command::new(tool("rustup")).args(["which", "--toolchain", self.name(), program]));
        assert!(
            outcome.success(),
            "the toolchain {0} is missing: rustup toolchain install {0}\n{1}",
            self.name(),
            outcome.stderr
        );
        PathBuf::from(outcome.stdout.trim())
    }

    /// The folder of its std and its own linker.
    pub fn sysroot(self) -> PathBuf {
        PathBuf::from(run_ok(Command::new(self.rustc()).args(["--print", "sysroot"])).trim())
    }

    /// LLVM's `objcopy` as it comes with the toolchain, ready to be run.
    pub fn rust_objcopy(self) -> Command {
        let sysroot = self.sysroot();
        let mut command = Command::new(sysroot.join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-objcopy"));
        command.env("LD_LIBRARY_PATH", sysroot.join("lib"));
        command
    }

    /// What `rustc -Vv` says: it keys what the toolchain builds.
    pub fn version(self) -> &'static str {
        static VERSIONS: [OnceLock<String>; 5] = [const { OnceLock::new() }; 5];
        VERSIONS[self as usize].get_or_init(|| run_ok(Command::new(self.rustc()).arg("-Vv")))
    }

    /// Cargo of this toolchain, in an environment that no outer Cargo set up.
    pub fn cargo_command(self) -> Command {
        let mut command = Command::new(self.cargo());
        clean_environment(&mut command);
        command.env("RUSTC", self.rustc());
        command
    }

    /// rustup's `cargo +TOOLCHAIN`, as people call it: what it starts is told of the toolchain.
    pub fn rustups_cargo(self) -> Command {
        let mut command = Command::new(tool("rustup").with_file_name("cargo"));
        clean_environment(&mut command);
        command.arg(format!("+{}", self.name()));
        command
    }
}

/// LLVM's objcopy as the stable toolchain brings it: newer than any distribution's.
pub fn rust_objcopy() -> Command {
    let sysroot = Toolchain::Stable.sysroot();
    let host = Toolchain::Stable.version().lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let program = sysroot.join("lib/rustlib").join(host).join("bin/rust-objcopy");
    assert!(program.is_file(), "{}: rustup component add llvm-tools --toolchain stable", program.display());
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", sysroot.join("lib"));
    command
}

/// Takes away what an outer `cargo test` and its caller set for their own build.
fn clean_environment(command: &mut Command) {
    const OURS: &[&str] = &["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_TERM_"];
    let foreign = |name: &str| {
        name.starts_with("CARGO") && !OURS.iter().any(|kept| name.starts_with(kept))
            || name.starts_with("RUSTC")
            || ["RUSTFLAGS", "RUSTDOCFLAGS", "RUSTUP_TOOLCHAIN", "MAKEFLAGS", "LD_LIBRARY_PATH"].contains(&name)
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(foreign)) {
        command.env_remove(name);
    }
}
