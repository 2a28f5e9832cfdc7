//! The fixture's library, as built and with exports in every state, and programs that use it.

use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Link, Linker, Lto, Scratch, Staticlib, fixtures, link_c, run_ok, run_program, tool};

/// The library: exports `js_free`, `js_part`, `js_sum`, `js_text`, `js_version`.
pub fn demo(lto: Lto) -> PathBuf {
    Staticlib { workspace: "exports", package: "demo", lto, ..Staticlib::foreign() }.build()
}

/// The same with raw bitcode for members, but for std's.
pub fn linker_plugin_lto() -> PathBuf {
    let config = &["build.rustflags=[\"-Clinker-plugin-lto\"]"];
    Staticlib { workspace: "exports", package: "demo", lto: Lto::Thin, config, ..Staticlib::foreign() }.build()
}

/// What the library's author says it exports: `js_lost` and `js_plain` too.
pub fn header() -> String {
    fixtures().join("exports/demo.h").display().to_string()
}

/// `lib.a` in the folder: `js_text` is local, `js_free` hidden, `js_version` weak.
pub fn lame(scratch: &Scratch) -> PathBuf {
    let archive = scratch.path("lib.a");
    let mut objcopy = Command::new(tool("llvm-objcopy"));
    objcopy.args(["--localize-symbol=js_text", "--set-symbol-visibility=js_free=hidden"]);
    run_ok(objcopy.arg("--weaken-symbol=js_version").arg(demo(Lto::Off)).arg(&archive));
    archive
}

/// The name of the member that a crate's code is in.
pub fn member_of(archive: &Path, krate: &str) -> String {
    let members = run_ok(Command::new(tool("llvm-ar")).arg("t").arg(archive));
    let mut members = members.lines().filter(|name| name.contains(&format!(".{krate}.")));
    let member = members.next().expect("the crate has a member").to_owned();
    assert_eq!(members.next(), None, "the crate has one member");
    member
}

/// The program that calls all exports, linked with the library.
pub fn link(linker: Linker, archive: &Path, program: &Path) -> Link {
    link_c(linker, &fixtures().join("exports/main.c"), &[archive], &[], program)
}

/// That every linker makes of it a program that runs.
#[track_caller]
pub fn assert_links_and_runs(archive: &Path, scratch: &Scratch) {
    for linker in Linker::WITH_GOLD {
        let program = scratch.path("program");
        let link = link(linker, archive, &program);
        assert!(link.outcome.success(), "{}: {}", linker.name(), link.outcome.describe());
        assert_eq!(run_program(&program, &[]).expect_success().stdout, "number 7\n", "{}", linker.name());
    }
}

/// That a linker misses `name`.
#[track_caller]
pub fn assert_misses(linker: Linker, archive: &Path, scratch: &Scratch, name: &str) {
    let outcome = link(linker, archive, &scratch.path("program")).outcome;
    let missed = outcome.stderr.lines().any(|line| line.contains("undefined") && line.contains(name));
    assert!(!outcome.success() && missed, "{}: {}", linker.name(), outcome.describe());
}
