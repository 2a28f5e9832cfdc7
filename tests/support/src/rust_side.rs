//! Two Rust libraries of a C program, each with a std of its own: one source makes both.

use crate::{Toolchain, cached, content_hash, run_ok};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the two call themselves. Their exports are `first_*` and `second_*`.
pub const SIDES: [&str; 2] = ["first", "second"];

/// What the program is called with.
pub const SIDE_ARGUMENTS: [&str; 2] = ["one", "two"];

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

/// The C program that prepares both and runs both.
pub fn two_sides_source() -> PathBuf {
    sample("two_sides.c")
}

/// One of [`SIDES`] as a static archive with std in it, from the cache or built.
pub fn rust_side(side: &str, toolchain: Toolchain, target: &str, flags: &[&str]) -> PathBuf {
    let source = sample("side.rs");
    let text = fs::read_to_string(&source).unwrap();
    let key = content_hash(&[], &[side, toolchain.version(), target, &flags.join(" "), &text]);
    let name = format!("lib{side}.a");
    let build = |draft: &Path| {
        let mut rustc = Command::new(toolchain.rustc_for(target));
        rustc.args(["--crate-type", "staticlib", "--edition", "2021", "-O", "--crate-name", side, "--cfg", side]);
        rustc.args(["--target", target]).args(flags).env("SIDE", side);
        run_ok(rustc.arg(source).arg("-o").arg(draft.join(&name)));
    };
    cached(&format!("sides/{side}-{target}-{}-{key}", toolchain.name()), build).join(name)
}

/// What one of [`SIDES`] must print, whose panic hook saw this many panics.
pub fn side_prints(side: &str, panics: u32) -> Vec<String> {
    let lines = [
        "threads {1: 500500, 2: 2001000, 3: 4501500, 4: 8002000}, dropped 10".to_owned(),
        "format     3.142 0x3fc0000000000000000000000 1.5e300 Some((\"a\", [1, 2]))".to_owned(),
        "parse Ok(0.0025) Err(\"invalid digit found in string\")".to_owned(),
        "caught \"unwell after 3 words\", a thread's too: true".to_owned(),
        format!("panics its hook saw: {panics}"),
        "arguments [\"one\", \"two\"]".to_owned(),
    ];
    lines.into_iter().map(|line| format!("{side}: {line}")).collect()
}
