//! The build script as it was before: a nested Cargo by hand, and a linker told to overlook what is there twice.
//! `build = "before.rs"` in Cargo.toml brings it back.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=libkrun");
    let out_dir = env::var("OUT_DIR").unwrap();
    let mut cargo = Command::new(env::var("CARGO").unwrap());
    cargo.args(["rustc", "--lib", "--crate-type", "staticlib", "--manifest-path", "libkrun/krun/Cargo.toml"]);
    cargo.args(["--target-dir", &out_dir]);
    let release = env::var("PROFILE").unwrap() == "release";
    if release {
        cargo.arg("--release");
    }
    for feature in ["blk", "net"] {
        if env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase())).is_some() {
            cargo.args(["--features", feature]);
        }
    }
    assert!(cargo.status().unwrap().success());
    println!("cargo::rustc-link-search=native={out_dir}/{}", if release { "release" } else { "debug" });
    println!("cargo::rustc-link-lib=static=krun");
    // And in the host's build script, or in .cargo/config.toml for everybody:
    // println!("cargo::rustc-link-arg=-Wl,--allow-multiple-definition");
}
