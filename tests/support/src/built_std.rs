//! std for targets that no package serves, built from a packaged compiler's own sources: `-Zbuild-std`.
//!
//! Built once, and given to the compiler as any other std: what is compiled with it later takes no longer.

use crate::{Toolchain, cached, content_hash, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The crate whose build brings std along.
const MANIFEST: &str = r#"[package]
name = "seed"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"
"#;

/// What is told Cargo of std: quick to build, and with bitcode beside the code, so that libraries may choose any LTO.
const CONFIG: [&str; 2] = ["profile.release.opt-level=1", "build.rustflags=[\"-Cembed-bitcode=yes\"]"];

/// The compiler with what was built for its std.
const WRAPPER: &str = r#"#!/bin/bash
exec RUSTC -L "$(dirname "$(readlink -f "$0")")/lib" "$@"
"#;

/// A compiler of `toolchain`, which has its sources, with a std for `target`.
pub(crate) fn rustc(toolchain: Toolchain, target: &str) -> PathBuf {
    let key = content_hash(&[], &[toolchain.version(), MANIFEST, &CONFIG.join(" "), WRAPPER]);
    cached(&format!("toolchains/{}-std-{target}-{key}", toolchain.name()), |draft| build(toolchain, target, draft))
        .join("rustc")
}

fn build(toolchain: Toolchain, target: &str, draft: &Path) {
    let seed = draft.join("seed");
    fs::create_dir(&seed).unwrap();
    fs::write(seed.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(seed.join("lib.rs"), "#![no_std]\n").unwrap();
    let mut cargo = toolchain.cargo_command();
    cargo.args(["build", "--release", "-j2", "-Zbuild-std=std,panic_unwind", "--target", target]);
    cargo.args(CONFIG.iter().flat_map(|config| ["--config", config])).current_dir(&seed);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", seed.join("target"));
    run(&mut cargo).expect_success();
    let libraries = draft.join("lib");
    fs::create_dir(&libraries).unwrap();
    for file in fs::read_dir(seed.join("target").join(target).join("release/deps")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap();
        if path.extension().is_some_and(|extension| extension == "rlib") && !name.to_str().unwrap().contains("seed") {
            fs::rename(&path, libraries.join(name)).unwrap();
        }
    }
    fs::remove_dir_all(seed).unwrap();
    let wrapper = draft.join("rustc");
    fs::write(&wrapper, WRAPPER.replace("RUSTC", toolchain.rustc().to_str().unwrap())).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
}
