//! What the tests work on: clang's objects of the sources in `inputs/`, and Rust's std as Debian has it.

use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Scratch, Toolchain, cached, content_hash, run_ok, samples, unpacked};

pub const SIDES: [(&str, u32); 2] = [("first", 1), ("second", 2)];

pub const SHARED_C: &str = include_str!("inputs/shared.c");
pub const USER_C: &str = include_str!("inputs/user.c");
pub const CLASSES_CC: &str = include_str!("inputs/classes.cc");

/// Compiles for WebAssembly, into an object of the source's name.
pub fn compile(folder: &Path, name: &str, text: &str, flags: &[&str]) -> PathBuf {
    let compiler = if name.ends_with(".cc") { "clang++" } else { "clang" };
    samples::compile(compiler, &[&["--target=wasm32", "-fno-exceptions"], flags].concat(), folder, name, text)
}

/// `lib{SIDE}.a` of these sources for each side.
pub fn sides(scratch: &Scratch, sources: &[(&str, &str)], flags: &[&str]) -> [PathBuf; 2] {
    SIDES.map(|(side, number)| {
        let folder = scratch.path(side);
        std::fs::create_dir_all(&folder).expect("a folder");
        let defines = [format!("-DSIDE={side}"), format!("-DNUMBER={number}")];
        let flags = [flags, &[&defines[0], &defines[1]]].concat();
        let objects: Vec<_> = sources
            .iter()
            .map(|(name, text)| compile(&folder, name, &text.replace("NAMED_EXPORT", &format!("host_{side}")), &flags))
            .collect();
        scratch.write(&format!("lib{side}.a"), samples::archive(&folder, &objects))
    })
}

/// A library of Rust with std in it, for each side: `lib{SIDE}.a`.
pub fn rust_sides(scratch: &Scratch, lto: &str) -> [PathBuf; 2] {
    const SOURCE: &str = include_str!("inputs/side.rs");
    let key = content_hash(&[], &[SOURCE, lto, Toolchain::Debian1_63.version()]);
    let made = cached(&format!("wasm/sides-{key}"), |draft| {
        let std = unpacked("bookworm", "amd64", &["libstd-rust-dev-wasm32"]);
        std::fs::write(draft.join("side.rs"), SOURCE).expect("the source");
        for (side, _) in SIDES {
            let mut rustc = Command::new(Toolchain::Debian1_63.rustc());
            rustc.args(["--crate-type", "staticlib", "--edition", "2021", "-O", "--crate-name", side, "--cfg", side]);
            rustc.arg(format!("-Clto={lto}")).args(["--target", "wasm32-unknown-unknown", "-L"]);
            rustc.arg(std.join("usr/lib/rustlib/wasm32-unknown-unknown/lib"));
            run_ok(rustc.arg("side.rs").current_dir(draft));
        }
    });
    SIDES.map(|(side, _)| {
        let library = scratch.path(&format!("lib{side}.a"));
        std::fs::copy(made.join(format!("lib{side}.a")), &library).expect("copy a library");
        library
    })
}
