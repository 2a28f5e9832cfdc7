//! What Cargo tells a build script, and what a Cargo below it must not hear.

use std::env;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// What concerns every Cargo on the machine, of what begins with `CARGO`: where it keeps its files, how it reaches the
/// network, and the slots that it may run jobs on.
const OF_THE_MACHINE: &[&str] = &[
    "CARGO_CACHE_",
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
];

/// What concerns the outer build alone. (Cargo book, "Environment variables Cargo sets for build scripts";
/// `CLIPPY_ARGS` makes Clippy's driver of `RUSTC_WORKSPACE_WRAPPER` say more.)
const OF_THE_OUTER_BUILD: &[&str] = &[
    "CLIPPY_ARGS",
    "DEBUG",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "TARGET",
];

/// What Cargo told this build script.
#[derive(Debug)]
pub(super) struct Environment {
    /// Where the script may write.
    pub out_dir: PathBuf,
    /// The target triple.
    pub target: String,
    /// Whether it is a release build.
    pub release: bool,
    /// The Cargo that runs the script.
    pub cargo: PathBuf,
    /// The compiler that it calls.
    pub rustc: PathBuf,
}

impl Environment {
    /// # Errors
    /// Usage, where this is no build script.
    pub fn read() -> Result<Self> {
        let variable = |name: &str| {
            env::var_os(name).ok_or_else(|| {
                let error = Error::usage(format!("the environment variable {name} is not set"));
                error.with_help("armend::build_script is for build scripts, where Cargo sets it")
            })
        };
        Ok(Self {
            out_dir: variable("OUT_DIR")?.into(),
            target: variable("TARGET")?.to_string_lossy().into_owned(),
            release: variable("PROFILE")? == "release",
            cargo: variable("CARGO")?.into(),
            rustc: variable("RUSTC")?.into(),
        })
    }

    /// What the library of this name is called on the target.
    pub fn file_name(&self, library: &str) -> String {
        if self.target.ends_with("-msvc") { format!("{library}.lib") } else { format!("lib{library}.a") }
    }
}

/// Whether a variable concerns the outer build alone, so that a Cargo below must not hear it.
pub(super) fn is_of_the_outer_build(name: &str) -> bool {
    if name.starts_with("CARGO") {
        // Which tools serve a target is the machine's affair, with which flags is not.
        let tool = name.starts_with("CARGO_TARGET_") && (name.ends_with("_LINKER") || name.ends_with("_RUNNER"));
        return !tool && !OF_THE_MACHINE.iter().any(|kept| name.starts_with(kept));
    }
    let prefixes = ["__CARGO_", "DEP_", "RUSTC", "RUSTDOC"];
    OF_THE_OUTER_BUILD.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::is_of_the_outer_build;

    #[test]
    fn what_a_nested_cargo_hears() {
        let heard = [
            "PATH",
            "HOME",
            "CC",
            "CARGO_HOME",
            "CARGO_MAKEFLAGS",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_CORP_INDEX",
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
            "RUSTUP_HOME",
            "RUST_BACKTRACE",
        ];
        let not = [
            "CARGO",
            "CARGO_BUILD_BUILD_DIR",
            "CARGO_CFG_UNIX",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_FEATURE_NET",
            "CARGO_MANIFEST_DIR",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "DEP_Z_ROOT",
            "OUT_DIR",
            "RUSTC",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTDOCFLAGS",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "TARGET",
        ];
        assert!(!heard.into_iter().any(is_of_the_outer_build));
        assert!(not.into_iter().all(is_of_the_outer_build));
    }
}
